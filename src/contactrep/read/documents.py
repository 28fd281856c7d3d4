"""JSON documents: arrays, objects over several lines or several on a line, and records within a document.

They become a private file with one record per line, which `jsonl` reads. DuckDB writes that file where it
can; the count of bytes that are not white space verifies it. Otherwise Python's parser reads the
document piece by piece, and tells where it is broken.
"""

from __future__ import annotations

import codecs
import json
import re
import shlex
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from contactrep.duck import Error, Session
from contactrep.errors import InputProblem, MappingProblem, closest, listed
from contactrep.machine import openable
from contactrep.read import shape
from contactrep.read.broken import fault, is_cut
from contactrep.read.cleaning import cleaned
from contactrep.read.content import Content, lines_of, private
from contactrep.read.lines import exact, select_lines
from contactrep.read.signatures import Shape
from contactrep.read.unpacking import BLOCK

_MOST_OF_OBJECT = 4 << 20  # bytes of an object that DuckDB holds, several times over, for each thread
_LONGEST_RECORD = 16 << 20  # bytes that Python's parser is given at once
_NOT_STRICT = r",\s*[}\]]"  # perhaps a comma before the end, which is JSON to DuckDB
_WHITE = b" \t\n\r"
_ON_ONE_LINE = {ord("\n"): " ", ord("\r"): " "}
_SPACE = re.compile(r"[ \t\n\r]*")
_PLACE = re.compile(r"\[(\d{1,9})\]\.?")
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_MOST_KEYS = 1000
_LEVELS = 3
_NESTED = ("[", "{")


def lines_of_document(session: Session, content: Content, records: str | None) -> Content:
    """The records of a document, one per line, in a private file; `records` is the path to them.

    Raises:
        InputProblem: The document is broken, or it has no such records.
    """
    if records is None and (lines := _by_duckdb(session, content)):
        return lines
    target = private(session.scratch)
    with content.path.open("rb") as stream, target.open("wb") as clean:
        hint = next(iter(shape.arrays_of_objects(content.head)), None)
        for record in _Text(stream, hint).records(records):
            line = record.translate(_ON_ONE_LINE) if "\n" in record or "\r" in record else record
            clean.write(cleaned(line.encode("utf-8", "surrogateescape"), content.encoding) + b"\n")
    return lines_of(target, content.sha256, Shape.JSON_LINES, content.encoding)


def _by_duckdb(session: Session, content: Content) -> Content | None:
    """The records as DuckDB reads them; None where it cannot, or may not have read all there is."""
    dense, last = _dense(content.path)
    is_array = content.head.removeprefix("\ufeff").lstrip().startswith("[")
    target = private(session.scratch)
    shaped = "array" if is_array else "unstructured"
    try:
        written = session.value(
            f"""
            COPY (
                SELECT CASE WHEN contains(json, chr(10)) OR contains(json, chr(13))
                    THEN translate(json, chr(10) || chr(13), '  ') ELSE json END
                FROM read_json_objects($path, format = '{shaped}', compression = 'none',
                    maximum_object_size = {_MOST_OF_OBJECT}, hive_partitioning = false)
            ) TO $target (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '')
            """,
            {"path": exact(content.path), "target": openable(target)},
        )
    except Error:
        target.unlink()
        return None
    lines = lines_of(target, content.sha256, Shape.JSON_LINES, content.encoding, rewritten=False)
    around = len("[]") + max(written - 1, 0) if is_array else 0  # brackets, and commas between records
    is_whole = dense == _dense(target)[0] + around and (last == b"]" or not is_array)
    rows = select_lines(lines)
    # A line may be an array, or perhaps no strict JSON.
    odd = f"starts_with(raw, '[') OR regexp_matches(raw, '{_NOT_STRICT}')"
    has_odd = f"SELECT EXISTS (FROM ({rows.sql}) WHERE {odd})"
    if is_whole and lines.facts.lines == written and not session.value(has_odd, rows.parameters):
        return lines
    lines.discard()
    return None


def _dense(path: Path) -> tuple[int, bytes]:
    """How many bytes of a text are not white space or a byte order mark, and the last of them."""
    count, last = 0, b""
    with path.open("rb") as stream:
        if stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            stream.seek(0)
        while block := stream.read(BLOCK):
            block = block.translate(None, _WHITE)
            count += len(block)
            last = block[-1:] or last
    return count, last


def _nothing(_: object) -> None:
    """Make None of a value that is only checked."""


_DECODER = json.JSONDecoder(
    object_pairs_hook=_nothing, parse_float=_nothing, parse_int=_nothing, parse_constant=_nothing
)


class _Text:
    """JSON text, read piece by piece: at most a value and a piece are in memory. `hint` is the most likely
    path to records. Bytes that are not UTF-8 are surrogates, as `surrogateescape` makes them."""

    def __init__(self, stream: BinaryIO, hint: str | None) -> None:
        self._stream = stream
        self._hint = hint
        self._is_right = False  # that the path of the user leads where the hint does, or on from there
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._buffer, self._place = "", 0
        self._line, self._column = 1, 1  # of the buffer's first character
        self._read_on()
        while self._buffer.startswith("\ufeff", self._place):
            self._place += 1

    def records(self, path: str | None) -> Iterator[str]:
        """The records of each document in the text, as they are written."""
        self._is_right = bool(self._hint and re.match(rf"{re.escape(self._hint)}(?![^.\[])", path or ""))
        while self._next():
            yield from self._records(path or "", within=False)

    def _records(self, path: str, *, within: bool) -> Iterator[str]:
        """The records of the next value, of which `path` is what is left to go; `within` a document."""
        if path:
            yield from self._on_path(path)
        elif self._next() == "[":
            for _ in self._parts("]"):
                yield self._value()
        else:
            record = self._value()
            if record != "null" or not within:
                yield record

    def _on_path(self, path: str) -> Iterator[str]:
        start = self._next()
        if start == "{":
            yield from self._in_object(path)
        elif start == "[":
            step = _PLACE.match(path)
            for place in self._parts("]"):
                if step is None:
                    yield from self._on_path(path)
                elif place == int(step[1]):
                    yield from self._records(path[step.end() :], within=True)
                else:
                    self._skip()
        else:
            where, _ = self._where(), self._value()  # which may be no JSON at all
            raise InputProblem(f"{where}: no object or array with {shlex.quote(path)} of --records")

    def _in_object(self, path: str) -> Iterator[str]:
        where, keys, found = self._where(), list[str](), False
        for key in self._members():
            rest = _rest(path, key)
            if rest is None:
                self._skip()
            elif found:
                raise InputProblem(f"{self._where()}: the key {json.dumps(key)} of --records is there twice")
            else:
                found = True
                yield from self._records(rest, within=True)
            if len(keys) < _MOST_KEYS:
                keys.append(key)
        if not found:
            near = [self._hint] if self._hint else closest(path, keys, most=1)
            advice = "name another path with --records, or leave it out"
            if self._is_right:
                advice = "correct this part, or take it out of the file"
            elif near:
                advice = f"use --records {shlex.quote(near[0])}"
            raise MappingProblem(f"{where}: no {shlex.quote(path)} (found: {listed(keys)})", advice)

    def _skip(self, levels: int = _LEVELS) -> None:
        """Pass over the next value, which may be larger than memory if that is for many values in it."""
        start = self._next()
        if start not in _NESTED or not levels:
            self._value()
            return
        for _ in self._members() if start == "{" else self._parts("]"):
            self._skip(levels - 1)

    def _members(self) -> Iterator[str]:
        """The keys of the object that is next; the caller passes over the value of each."""
        for _ in self._parts("}"):
            if self._next() != '"':
                raise self._problem("Expecting property name enclosed in double quotes", self._place)
            key = json.loads(self._value(), strict=False)
            if self._next() != ":":
                raise self._problem("Expecting ':' delimiter", self._place)
            self._place += 1
            yield key

    def _parts(self, end: str) -> Iterator[int]:
        """The places (from 0) of the parts of the array or object that is next, which the caller passes over,
        up to its closing bracket."""
        self._place += 1
        if self._next() == end:
            self._place += 1
            return
        for place in count():
            yield place
            mark = self._next()
            if mark not in (",", end):
                raise self._problem("Expecting ',' delimiter", self._place)
            self._place += 1
            if mark == end:
                return

    def _next(self) -> str:
        """The next character that is not white space; nothing at the end."""
        while True:
            self._place = _SPACE.match(self._buffer, self._place).end()  # type: ignore[union-attr]
            if self._place < len(self._buffer):
                return self._buffer[self._place]
            if not self._read_on():
                return ""

    def _value(self) -> str:
        """The value that is next, as it is written."""
        self._next()
        while True:
            try:
                end = _DECODER.raw_decode(self._buffer, self._place)[1]
            except RecursionError:
                end = self._end_of_nested()
            except json.JSONDecodeError as error:
                if not (is_cut(error) and self._grow()):
                    raise self._problem(error.msg, error.pos) from None
                continue
            if end < len(self._buffer) or not self._grow():  # a number may go on
                text = self._buffer[self._place : end]
                self._place = end
                return text

    def _end_of_nested(self) -> int:
        """Where the value ends that is next, and too deep for the parser."""
        depth, done = 0, 0
        while True:
            match = _BRACKET.search(self._buffer, self._place + done)
            if match is None or (match.end() == len(self._buffer) and match[0] not in _NESTED and depth != 1):
                done = len(self._buffer) - self._place if match is None else match.start() - self._place
                if not self._grow():
                    raise self._problem("values nested too deep, and never closed", self._place)
                continue
            depth += 1 if match[0] in _NESTED else -1 if match[0] in ("]", "}") else 0
            if not depth:
                return match.end()
            done = match.end() - self._place

    def _grow(self) -> bool:
        """Read on, whether that gave more; InputProblem where the next value is too long."""
        if len(self._buffer) - self._place > _LONGEST_RECORD:
            way = f": use --records {shlex.quote(self._hint)}" if self._hint else ""
            raise InputProblem(f"{self._where()}: a value of more than {_LONGEST_RECORD:,} bytes{way}")
        return self._read_on()

    def _read_on(self) -> bool:
        """Let go of what was passed over, and read as much again as is left, a piece at least."""
        size = max(BLOCK, len(self._buffer) - self._place)
        block = self._stream.read(size)
        more = self._decoder.decode(block, final=not block)
        if not (block or more):
            return False
        self._line, self._column = self._at(self._place)
        self._buffer, self._place = self._buffer[self._place :] + more, 0
        return True

    def _at(self, place: int) -> tuple[int, int]:
        """The line and column (from 1) of a place in the buffer."""
        feed = self._buffer.rfind("\n", 0, place)
        if feed < 0:
            return self._line, self._column + place
        return self._line + self._buffer.count("\n", 0, place), place - feed

    def _where(self) -> str:
        return f"line {self._at(self._place)[0]}"

    def _problem(self, what: str, place: int) -> InputProblem:
        line, column = self._at(place)
        said = fault(what, self._buffer, place)
        return InputProblem(f"broken JSON: {said}: line {line} column {column}: fetch or export it again")


def _rest(path: str, key: str) -> str | None:
    """What is left of a path after its first key, None if that is another one; a key may have a dot."""
    if not path.startswith(key) or not key:
        return None
    rest = path[len(key) :]
    if rest.startswith("."):
        return rest[1:] or None
    return rest if rest[:1] in ("", "[") else None
