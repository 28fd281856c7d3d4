"""Clean lines: facts that tell whether bytes are such lines, and the rewriting of other ones.

DuckDB misreads NUL, lone or mixed line ends, and very long lines without an error. A rewritten line has
stand-ins for the characters that DuckDB would misread.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from contactrep.read.encodings import BAD_BYTE, UNICODE
from contactrep.read.signatures import BYTE_ORDER_MARKS
from contactrep.read.unpacking import blocks_of

LONGEST_LINE = 64 << 20
"""Bytes; a longer line is a reject, for DuckDB holds many lines of the greatest length at once."""

MARK = "\x02"
STAND_INS = ((MARK, "\x02e"), ("\r", "\x02r"), ("\0", "\x020"))
"""What rewritten lines hold instead of characters that DuckDB would take for the end of a line or field."""

UNDECODABLE, OVERLONG = "\x02b", "\x02l"
"""What a rewritten line begins with that cannot be a record: its bytes are not UTF-8; it is too long."""

CELL_STAND_INS = (*STAND_INS, ("\n", "\x02n"))
"""The same in the lines that are made of a workbook, whose cells may have LF."""

_MARKS = codecs.BOM_UTF8 * 2  # of a program that put one before a text that had one
_KEPT_OF_OVERLONG = 1000  # bytes of raw text


@dataclass
class ByteFacts:
    """Facts about bytes, gathered block by block; whether they are `valid` UTF-8 only if they are decoded.

    `feeds` are LF, `returns` CR, `pairs` CRLF. `longest` is an upper bound of the longest line, in bytes.
    """

    decode: bool
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))
    head: bytes = b""
    last: bytes = b""
    size: int = 0
    feeds: int = 0
    returns: int = 0
    pairs: int = 0
    open_line: int = 0
    longest: int = 0
    nul: bool = False
    quotes: bool = False
    valid: bool = True

    def take(self, block: bytes) -> None:
        self.head = self.head or block[: len(_MARKS)]
        self._line_ends(block)
        self.nul = self.nul or b"\0" in block
        self.quotes = self.quotes or b'"' in block
        if self.decode and self.valid:
            self.valid = self._decodes(block)
        self.size += len(block)
        self.last = block[-1:]

    def _line_ends(self, block: bytes) -> None:
        self.feeds += block.count(b"\n")
        first, final = block.find(b"\n"), block.rfind(b"\n")
        self.longest = max(self.longest, self.open_line + (len(block) if first < 0 else first), final - first)
        self.open_line = self.open_line + len(block) if final < 0 else len(block) - final - 1
        if b"\r" in block:
            self.returns += block.count(b"\r")
            self.pairs += block.count(b"\r\n")
        if self.last == b"\r" and block[:1] == b"\n":
            self.pairs += 1

    def _decodes(self, block: bytes) -> bool:
        try:
            self.decoder.decode(block)
        except UnicodeDecodeError:
            return False
        return True

    @property
    def lines(self) -> int:
        """The physical lines."""
        return self.feeds + (1 if self.last not in (b"", b"\n") else 0)

    @property
    def overlong(self) -> bool:
        """Whether a line may be too long for a record."""
        return self.longest > LONGEST_LINE

    @property
    def plain(self) -> bool:
        """Whether DuckDB reads these lines right as they are: LF throughout, or CRLF throughout."""
        uniform = self.returns == 0 or self.returns == self.pairs == self.feeds
        marked_once = self.head not in (_MARKS, codecs.BOM_UTF8)  # a file of a mark alone has no line
        is_whole = not self.decoder.getstate()[0]  # no character is cut by the end
        return self.valid and is_whole and uniform and marked_once and not self.nul and not self.overlong


def facts_of(blocks: Iterator[bytes], spool: Path | None = None, *, decode: bool = False) -> ByteFacts:
    """The facts about the bytes, which are kept in `spool` too if there is one."""
    facts = ByteFacts(decode)
    with spool.open("wb") if spool else io.BytesIO() as copy:
        for block in blocks:
            facts.take(block)
            if spool:
                copy.write(block)
    return facts


# Rewriting lines that DuckDB would misread

_MARK, _MARK_STAND_IN = (text.encode() for text in STAND_INS[0])


def rewrite(path: Path, target: Path, facts: ByteFacts, encoding: str) -> None:
    """Write the lines of `path` to `target`: UTF-8, ended by LF, with stand-ins, each line still one line;
    `encoding` is that of the original.

    LF and CRLF end lines, and a lone CR is text; where no LF is but at the end, CR ends lines.
    """
    with path.open("rb") as original, target.open("wb") as clean:
        blocks = blocks_of(original)
        unmarked = chain([BYTE_ORDER_MARKS.sub(b"", next(blocks, b""))], blocks)
        marked = (block.replace(_MARK, _MARK_STAND_IN) for block in unmarked)
        if facts.feeds == facts.last.count(b"\n"):
            marked = (block.replace(b"\r", b"\n") for block in marked)
        for chunk in _whole_lines(marked):
            clean.write(_cleaned_lines(chunk, encoding))


def _whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes in chunks of whole lines, each without the LF of its last line."""
    pending = bytearray()
    for block in blocks:
        cut = block.rfind(b"\n")
        if cut >= 0:
            yield bytes(pending) + block[:cut]
            pending = bytearray(block[cut + 1 :])
        else:
            pending += block
            if len(pending) > LONGEST_LINE:
                del pending[LONGEST_LINE + 1 :]  # longer is not needed to know that it is too long
    if pending:
        yield bytes(pending)


def _cleaned_lines(chunk: bytes, encoding: str) -> bytes:
    for character, stand_in in STAND_INS[1:]:
        chunk = chunk.replace(character.encode(), stand_in.encode())
    if len(chunk) <= LONGEST_LINE and _is_utf8(chunk):
        return chunk + b"\n"
    return b"".join(cleaned(line, encoding) + b"\n" for line in chunk.split(b"\n"))


def cleaned(line: bytes, encoding: str = UNICODE) -> bytes:
    """A line as a rewritten file has it, but for stand-ins; `encoding` is that of the original."""
    if len(line) > LONGEST_LINE:
        return OVERLONG.encode() + line[:_KEPT_OF_OVERLONG].decode("utf-8", "backslashreplace").encode()
    if _is_utf8(line):
        return line
    shown = line.replace(BAD_BYTE, b"\\") if encoding != UNICODE else line
    return UNDECODABLE.encode() + shown.decode("utf-8", "backslashreplace").encode()


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
