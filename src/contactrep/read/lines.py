"""The lines of a text file, for SQL (all of them, in parallel) and for Python (a few, by number)."""

from __future__ import annotations

import codecs
import re
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from contactrep.machine import openable
from contactrep.read.cleaning import CELL_STAND_INS, LONGEST_LINE, MARK, OVERLONG, UNDECODABLE
from contactrep.read.content import Content
from contactrep.read.table import Select

_DEFAULT_LONGEST = 2_000_000
_ROW_GROUP, _FILLED = 122_880, 0.95
_AT_ONCE = 2
_LEAST_BUFFER, _MOST_BUFFER = 4 * _DEFAULT_LONGEST, 24 << 20  # bytes, for each thread
OVERLONG_REASON = f"a line of more than {LONGEST_LINE:,} bytes"
_FLAW = f"""CASE left(line, 2) WHEN '{UNDECODABLE}' THEN $undecodable
    WHEN '{OVERLONG}' THEN '{OVERLONG_REASON}' END"""


def select_lines(content: Content, skipped: int = 0) -> Select:
    """The lines in order as (raw, flaw): raw is null for an empty line, flaw null or why it is not a record.
    The first `skipped` lines are left out.

    The empty delimiter makes DuckDB split fields at NUL, which no line has here, so each line is one column.
    """
    scan = (
        "read_csv($path, auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, delim = '',"
        f" quote = '', escape = '', compression = 'none', skip = {skipped}{sizes(content)})"
    )
    parameters = {"path": exact(content.path)}
    if not content.rewritten:
        return Select(f"SELECT line AS raw, NULL::VARCHAR AS flaw FROM {scan}", parameters)
    return Select(
        f"SELECT {_restored_sql()} AS raw, {_FLAW} AS flaw FROM {scan}",
        parameters | {"undecodable": content.undecodable},
    )


def sizes(content: Content) -> str:
    """Options of `read_csv`: `max_line_size` where a line exceeds DuckDB's default; else a `buffer_size` of
    one or two row groups, which an ordered INSERT appends whole (5.4 s → 4.0 s for 10 million rows)."""
    longest = content.facts.longest + len("\r\n")  # DuckDB counts what ends a line, too
    if longest > _DEFAULT_LONGEST:
        return f", max_line_size = {longest}"
    if not content.facts.lines:
        return ""
    group = content.facts.size / content.facts.lines * _ROW_GROUP * _FILLED
    groups = min(_AT_ONCE, _MOST_BUFFER // group)
    return f", buffer_size = {max(int(group * groups), _LEAST_BUFFER)}" if groups else ""


def exact(path: Path) -> str:
    """The path with its glob characters escaped, and absolute, so that a `~` is not the home folder."""
    return re.sub(r"([*?\[])", r"[\1]", openable(path))


def _restored_sql() -> str:
    """SQL for the text of a rewritten line, without the CR of its line end; others are kept."""
    text = f"CASE WHEN left(line, 2) IN ('{UNDECODABLE}', '{OVERLONG}') THEN line[3:] ELSE line END"
    for character, stand_in in reversed(CELL_STAND_INS):
        text = f"replace({text}, '{stand_in}', chr({ord(character)}))"
    return rf"CASE WHEN contains(line, '{MARK}') THEN rtrim({text}, chr(13)) ELSE line END"


@dataclass(frozen=True)
class Line:
    """A physical line: its number from 1, its text with the CR of a line end, its ending (LF, or nothing at
    the end of the file), and why it is not a record."""

    number: int
    text: str
    ending: str
    flaw: str | None


class LineReader:
    """Reads lines by ascending numbers, keeping those that were read ahead."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._file: BinaryIO = content.path.open("rb")
        self._ahead: deque[Line] = deque()
        self._next = 1  # the number of the next line of the file

    def __enter__(self) -> LineReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def starting_at(self, number: int) -> Iterator[Line]:
        """The lines from `number` on, which is not less than in any call before."""
        while self._ahead and self._ahead[0].number < number:
            self._ahead.popleft()
        if not self._ahead and self._next < number:
            deque(islice(self._file, min(number - self._next, sys.maxsize)), maxlen=0)
            self._next = number
        place = 0
        while place < len(self._ahead) or self._read_on():
            yield self._ahead[place]
            place += 1

    def _read_on(self) -> bool:
        """Read one more line ahead, if there is one."""
        raw = self._file.readline()
        if raw:
            self._ahead.append(self._line(self._next, raw))
            self._next += 1
        return bool(raw)

    def _line(self, number: int, raw: bytes) -> Line:
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        body = raw.removesuffix(b"\n")
        ending = "\n" if len(body) < len(raw) else ""
        try:
            text, flaw = body.decode(), None
        except UnicodeDecodeError:  # of a file that is read in place nobody else may have looked at this line
            text, flaw = body.decode("utf-8", "replace"), self._content.undecodable
        if self._content.rewritten and MARK in text:
            text, flaw = _restored(text, self._content)
        return Line(number, text, ending, flaw)


def _restored(text: str, content: Content) -> tuple[str, str | None]:
    """The text of a rewritten line and its flaw, as `select_lines` has them in SQL."""
    flaw = {UNDECODABLE: content.undecodable, OVERLONG: OVERLONG_REASON}.get(text[:2])
    text = text[2:] if flaw else text
    for character, stand_in in reversed(CELL_STAND_INS):
        text = text.replace(stand_in, character)
    return text, flaw
