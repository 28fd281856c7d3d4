"""One look through a file's bytes: what they are, how many lines they make, and where to read them.

DuckDB reads a file of clean UTF-8 lines in place. It misreads anything else without an error (compressed, of
another encoding, NUL, lone or mixed line ends), so that is first written as clean lines to a private file.
Decoding takes longer than all the rest. So a file that is read in place is checked for bad UTF-8 only after
DuckDB has refused it. JSON documents and workbooks have no lines of records: `rows` makes such lines of them.
"""

from __future__ import annotations

import codecs
import errno
import glob
import gzip
import hashlib
import io
import os
import stat
import sys
import tempfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from contactrep.duck import no_room
from contactrep.errors import InputProblem
from contactrep.read import signatures
from contactrep.read.encodings import BAD_BYTE, UNICODE, codec_of, transcoded
from contactrep.read.mapping import Mapping
from contactrep.read.signatures import BYTE_ORDER_MARKS, GZIP, Shape, is_zstd
from contactrep.read.sources import Source, Sources

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 1 << 20
LONGEST_LINE = 64 << 20
"""Bytes; a longer line is a reject, for DuckDB holds many lines of the greatest length at once."""

MARK = "\x02"
STAND_INS = ((MARK, "\x02e"), ("\r", "\x02r"), ("\0", "\x020"))
"""What rewritten lines hold instead of characters that DuckDB would take for the end of a line or field."""

UNDECODABLE, OVERLONG = "\x02b", "\x02l"
"""What a rewritten line begins with that cannot be a record: its bytes are not UTF-8; it is too long."""

LINE_FEED = "\x02n"
"""What stands for LF within a cell, in the lines that are made of a workbook."""

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)  # what only writing the private copy can meet
_ASTRAY = (errno.ENOENT, errno.ELOOP)
_MARKS = codecs.BOM_UTF8 * 2  # of a program that put one before a text that had one
_TOO_WIDE = "requires too much memory"
_SMALL = 1024  # bytes; a compressed file of nothing has a name at most
_BEHIND = 4  # blocks
_KEPT_OF_OVERLONG = 1000  # bytes of raw text

OnBytes = Callable[[int], None]
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Content:
    """What a file holds and where to read it.

    `path` is the file itself or a private copy, `facts` are those about its bytes. `sha256` (hex) is of the
    bytes after decompression. `encoding` names that of the original, for messages. `stamp` identifies the
    version of a file that is read in place (None: a private copy). `rewritten` lines contain STAND_INS.
    """

    path: Path
    facts: ByteFacts
    sha256: str
    shape: Shape
    encoding: str
    stamp: Stamp | None = None
    rewritten: bool = False

    @property
    def parquet(self) -> bool:
        """Whether it is a Parquet file."""
        return self.shape is Shape.PARQUET

    @property
    def decoded(self) -> bool:
        """Whether its lines are known to be UTF-8."""
        return self.facts.decode or self.stamp is None or self.lacks_records

    @property
    def lacks_records(self) -> bool:
        """Whether its lines are not its records."""
        return self.shape in (Shape.DOCUMENT, Shape.WORKBOOK)

    @property
    def undecodable(self) -> str:
        """Why a line that cannot be decoded is not a record."""
        if self.encoding == UNICODE:
            return "bytes that are not UTF-8: use --encoding, e.g. --encoding cp1252"
        return f"bytes that are not {self.encoding}: check --encoding"

    @property
    def head(self) -> str:
        """The beginning of its text, which may be cut within a record or a character."""
        with self.path.open("rb") as stream:
            return stream.read(BLOCK).decode("utf-8", "replace")

    def unchanged(self) -> bool:
        """Whether the file is still the version that was looked through."""
        try:
            return self.stamp is None or self.stamp == stamp_of(self.path.stat())
        except OSError:
            return False

    def discard(self) -> None:
        """Delete a private copy."""
        if self.stamp is None:
            self.path.unlink(missing_ok=True)


def examine(
    source: Source,
    scratch: Path,
    on_bytes: OnBytes,
    mapping: Mapping | None = None,
    *,
    copy: bool = False,
    decode: bool = True,
) -> Content:
    """Look through `source` once; InputProblem says why it cannot be read.

    `mapping` tells the encoding, and whether records are within JSON documents. `copy` always reads from a
    private copy under `scratch`, for a file that others write to. Without `decode`, a file that is read in
    place may contain bytes that are not UTF-8. `on_bytes` is called with the bytes read since the last call
    (before decompression).
    """
    with _problems(source):
        content = _examine(source, scratch, on_bytes, mapping or Mapping(), copy=copy, decode=decode)
        if content is None:  # written to in the meantime
            content = _examine(source, scratch, on_bytes, mapping or Mapping(), copy=True, decode=True)
        assert content  # noqa: S101 - a copy stands still
        return content


def digest(source: Source, scratch: Path, on_bytes: OnBytes) -> str:
    """The `sha256` of a source's Content alone, faster than `examine`; a stream can be read only once."""
    with _problems(source), _opened(source, on_bytes, Mapping()) as opened:
        for _ in opened.raw:
            pass
        return opened.digest.hexdigest()


@contextmanager
def _problems(source: Source) -> Iterator[None]:
    """What may go wrong with a source's bytes, as an InputProblem."""
    try:
        yield
    except (EOFError, zlib.error, zstd.ZstdError, gzip.BadGzipFile) as error:
        if _TOO_WIDE in str(error):
            raise InputProblem(
                f"{source.label}: zstd would need more than 128 MB of memory to unpack it:"
                " compress it without --long or --ultra, or unpack it"
            ) from None
        what = "cut short" if isinstance(error, EOFError) else f"damaged ({error})"
        raise InputProblem(f"{source.label}: the compressed file is {what}: fetch it again") from None
    except OSError as error:
        said = error.strerror or str(error)
        if error.errno in _FULL:
            raise no_room(said) from None
        advice = ": allow reading (chmod u+r), or ask its owner" if isinstance(error, PermissionError) else ""
        if error.errno in _ASTRAY and source.path and source.path.is_symlink():
            advice = ": the link leads to no file: check where it leads"
        raise InputProblem(f"{source.label}: cannot read it: {said}{advice}") from None


def without_empty(found: Sources) -> Sources:
    """The files without the empty ones, which are skipped: some programs write empty parts of a data set. If
    all files are empty they are kept, so that the load is refused."""
    empty = {source: "empty" for source in found.files if _is_empty(source)}
    filled = tuple(source for source in found.files if source not in empty)
    if not filled:
        return found
    return Sources(filled, {**found.skipped, **{source.label: why for source, why in empty.items()}})


def _is_empty(source: Source) -> bool:
    """Whether there is nothing but white space in a regular file, after decompression."""
    try:
        if source.object:
            return source.object.size == 0
        if source.path is None or source.is_stream or source.path.stat().st_size > _SMALL:
            return False
        data = source.path.read_bytes()
        if data.startswith(GZIP):
            data = gzip.decompress(data)
        elif is_zstd(data):
            data = zstd.decompress(data)
    except (OSError, EOFError, zlib.error, zstd.ZstdError):
        return False  # reading it says why
    return not data.removeprefix(codecs.BOM_UTF8).strip()


def size_of(source: Source) -> int:
    """The bytes of a source's file, 0 where that is not known."""
    try:
        if source.object:
            return source.object.size
        return source.path.stat().st_size if source.path else 0
    except OSError:
        return 0


def _examine(
    source: Source, scratch: Path, on_bytes: OnBytes, mapping: Mapping, *, copy: bool, decode: bool
) -> Content | None:
    """The Content, or None when the file was written to between two looks at it."""
    with _opened(source, on_bytes, mapping) as opened:
        in_place = opened.in_place and not copy
        spool = None if in_place else private(scratch)
        facts = _look_through(opened.blocks, spool, decode=decode or not in_place)
    path = spool or _plainly_named(cast(Path, source.path), scratch)  # standard input is always spooled
    shape, sha256 = opened.shape, opened.digest.hexdigest()
    if shape is Shape.JSON_LINES and facts.lines == 1 and facts.longest > LONGEST_LINE:
        shape = Shape.DOCUMENT
    if facts.plain or shape not in (Shape.DELIMITED, Shape.JSON_LINES):
        return Content(path, facts, sha256, shape, opened.encoding, opened.stamp if in_place else None)
    clean = private(scratch)
    _rewrite(path, clean, facts, opened.encoding)
    if spool:
        spool.unlink()
    elif opened.stamp != stamp_of(path.stat()):
        return None
    return lines_of(clean, sha256, shape, opened.encoding)


def lines_of(
    clean: Path, sha256: str, shape: Shape, encoding: str = UNICODE, *, rewritten: bool = True
) -> Content:
    """The Content of a private file of clean lines, made of a file of this digest and encoding."""
    with clean.open("rb") as stream:
        facts = _look_through(_blocks(stream))
    return Content(clean, facts, sha256, shape, encoding, rewritten=rewritten)


def private(scratch: Path) -> Path:
    """A new, empty file that nobody else can read."""
    descriptor, name = tempfile.mkstemp(dir=scratch)
    os.close(descriptor)
    return Path(name)


def _plainly_named(path: Path, scratch: Path) -> Path:
    """The path, or a private link to it where its name is a pattern: DuckDB 2.0.1 then looks through the
    folder, and fails on names that are no UTF-8."""
    if not glob.has_magic(str(path)):
        return path
    link = private(scratch)
    with suppress(OSError):  # where links are not for everybody, the name itself mostly does
        link.unlink()
        link.symlink_to(path.absolute())
        return link
    return path


def stamp_of(status: os.stat_result) -> Stamp:
    """What identifies the version of a file."""
    return status.st_size, status.st_mtime_ns, status.st_ino


# What stands in the file, after decompression and as UTF-8


@dataclass(frozen=True)
class _Stream:
    """A source's bytes as blocks, `raw` and as UTF-8; `digest` is of those of `raw` that were read.

    `in_place` says whether just the bytes of `blocks` are in a regular file.
    """

    raw: Iterator[bytes]
    blocks: Iterator[bytes]
    digest: hashlib._Hash
    shape: Shape
    encoding: str
    in_place: bool
    stamp: Stamp | None


@contextmanager
def _opened(source: Source, on_bytes: OnBytes, mapping: Mapping) -> Iterator[_Stream]:
    with _raw(source) as raw:
        status = None if source.object else os.fstat(raw.fileno())
        head, packed = _filled(raw, 4), True
        counted = _Counted(head, raw, on_bytes)
        if head.startswith(GZIP):
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=io.BufferedReader(counted, BLOCK)))
        elif is_zstd(head):
            stream = cast(BinaryIO, zstd.ZstdFile(io.BufferedReader(counted, BLOCK)))
        else:
            stream, packed = cast(BinaryIO, counted), False
        blocks = _blocks(stream)
        first = next(blocks, b"")
        codec = signatures.codec_by_mark(first, codec_of(mapping.encoding))
        if what := signatures.refusal(first, codec):
            raise InputProblem(f"{source.label}: {what}")
        digest = hashlib.sha256()
        unpacked = _hashed(chain([first] if first else [], blocks), digest)
        text: Iterator[bytes] = _transcoded(unpacked, codec, source) if codec else unpacked
        begin = next(text, b"")
        # DuckDB takes a path as UTF-8: what is no UTF-8 has another label.
        is_file = status is not None and stat.S_ISREG(status.st_mode) and source.label == str(source.path)
        yield _Stream(
            raw=unpacked,
            blocks=chain([begin] if begin else [], text),
            digest=digest,
            shape=signatures.shape_of(source.label, begin, has_path=bool(mapping.records)),
            encoding=codec or UNICODE,
            in_place=is_file and not packed and codec is None,
            stamp=stamp_of(status) if status else None,
        )


def _raw(source: Source) -> BinaryIO:
    if source.object:
        return cast(BinaryIO, _Pieces(source.object.pieces()))
    if source.path is None:
        if sys.stdin is None:
            raise InputProblem("standard input is closed: name a file, or pipe one in")
        return open(sys.stdin.fileno(), "rb", closefd=False, buffering=0)
    return source.path.open("rb", buffering=0)


class _Pieces(io.RawIOBase):
    """Bytes that come in pieces, as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, of one piece at most."""
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        part, self._left = self._left[:size], self._left[size:]
        return bytes(part)


class _Counted(io.RawIOBase):
    """What `head` and `raw` hold, telling how much was read."""

    def __init__(self, head: bytes, raw: BinaryIO, on_bytes: OnBytes) -> None:
        self._head = head
        self._raw = raw
        self._progress = on_bytes

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, given on as they come: a buffer in between costs as much as a hash."""
        part = self._head[:size] or self._raw.read(size)
        self._head = self._head[len(part) :] if self._head else b""
        self._progress(len(part))
        return part

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The stream in blocks of BLOCK bytes, the last one shorter."""
    while block := _filled(stream, BLOCK):
        yield block


def _filled(stream: BinaryIO, missing: int) -> bytes:
    """The next `missing` bytes, fewer only at the end, however little a pipe gives at a time."""
    parts: list[bytes] = []
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _transcoded(blocks: Iterator[bytes], codec: str, source: Source) -> Iterator[bytes]:
    """The blocks as UTF-8, as `encodings.transcoded` has them."""
    try:
        yield from filter(None, transcoded(blocks, codec))
    except InputProblem as problem:
        raise InputProblem(f"{source.label}: {problem}") from None


def _hashed(blocks: Iterator[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    """The blocks; when they are read to their end, `digest` is of them all."""
    with ThreadPoolExecutor(max_workers=1) as hasher:
        # Hashing lets go of the interpreter, but has to wait for it while we hold it: so it may fall behind.
        hashed: deque[Future[None]] = deque()
        for block in blocks:
            hashed.append(hasher.submit(digest.update, block))
            yield block
            if len(hashed) > _BEHIND:
                hashed.popleft().result()
        for rest in hashed:
            rest.result()


# Facts about the bytes


@dataclass
class ByteFacts:
    """Facts about bytes, gathered block by block; whether they are `valid` UTF-8 only if they are decoded.

    `feeds` are LF, `returns` CR, `pairs` CRLF. `longest` is an upper bound of the longest line, in bytes;
    `marks` are (offset, line ends before it) of every block.
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
    marks: list[tuple[int, int]] = field(default_factory=list)

    def take(self, block: bytes) -> None:
        self.head = self.head or block[: len(_MARKS)]
        self.marks.append((self.size, self.feeds))
        self._line_ends(block)
        self.nul = self.nul or b"\0" in block
        self.quotes = self.quotes or b'"' in block
        self.valid = self.valid and (not self.decode or self._decodes(block))
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

    def _decodes(self, block: bytes, *, final: bool = False) -> bool:
        if block.isascii() and not final and not self.decoder.getstate()[0]:
            return True
        try:
            self.decoder.decode(block, final)
        except UnicodeDecodeError:
            return False
        return True

    def finish(self) -> None:
        self.valid = self.valid and (not self.decode or self._decodes(b"", final=True))

    @property
    def lines(self) -> int:
        """The physical lines."""
        return self.feeds + (1 if self.last not in (b"", b"\n") else 0)

    @property
    def plain(self) -> bool:
        """Whether DuckDB reads these lines right as they are: LF throughout, or CRLF throughout."""
        uniform = self.returns == 0 or self.returns == self.pairs == self.feeds
        marked_once = self.head not in (_MARKS, codecs.BOM_UTF8)  # nothing behind it: no line
        return self.valid and uniform and marked_once and not self.nul and self.longest <= LONGEST_LINE


def _look_through(blocks: Iterator[bytes], spool: Path | None = None, *, decode: bool = False) -> ByteFacts:
    """The facts about the bytes, which are kept in `spool` too if there is one."""
    facts = ByteFacts(decode)
    with spool.open("wb") if spool else io.BytesIO() as copy:
        for block in blocks:
            facts.take(block)
            if spool:
                copy.write(block)
    facts.finish()
    return facts


# Rewriting lines that DuckDB would misread

_MARK, _MARK_STAND_IN = (text.encode() for text in STAND_INS[0])


def _rewrite(path: Path, target: Path, facts: ByteFacts, encoding: str) -> None:
    """Write the lines of `path` to `target`: UTF-8, ended by LF, with stand-ins, each line still one line;
    `encoding` is that of the original.

    LF and CRLF end lines, and a lone CR is text; where no LF is but at the end, CR ends lines.
    """
    with path.open("rb") as original, target.open("wb") as clean:
        blocks = chain([BYTE_ORDER_MARKS.sub(b"", _filled(original, BLOCK))], _blocks(original))
        marked = (block.replace(_MARK, _MARK_STAND_IN) for block in blocks)
        if facts.feeds == facts.last.count(b"\n"):
            marked = (block.replace(b"\r", b"\n") for block in marked)
        for chunk in _whole_lines(marked):
            clean.write(_cleaned(chunk, encoding))


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


def _cleaned(chunk: bytes, encoding: str) -> bytes:
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
