"""The bytes of a source, block by block: opened, unpacked, hashed, and as UTF-8."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import stat
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import BinaryIO, cast

from contactrep.duck import no_room
from contactrep.errors import InputProblem
from contactrep.objects import Object
from contactrep.read import signatures
from contactrep.read.encodings import UNICODE, codec_of, transcoded
from contactrep.read.mapping import Mapping
from contactrep.read.signatures import GZIP, Shape, is_zstd
from contactrep.read.sources import Source, Sources

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 1 << 20
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)  # what only writing the private copy can meet
_ASTRAY = (errno.ENOENT, errno.ELOOP)
_TOO_WIDE = "requires too much memory"
_SMALL = 1024  # bytes; a compressed file of nothing has a name at most
_BEHIND = 4  # blocks

OnBytes = Callable[[int], None]
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Unpacked:
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
def unpacked(source: Source, on_bytes: OnBytes, mapping: Mapping) -> Iterator[Unpacked]:
    """The bytes of a source; `mapping` tells the encoding. `on_bytes` is called with the bytes read since the
    last call (before decompression)."""
    with _opened(source) as raw:
        status = os.fstat(raw.fileno()) if raw else None
        pieces = iter(partial(raw.read, BLOCK), b"") if raw else cast(Object, source.object).pieces()
        counted, packed = _Counted(pieces, on_bytes), True
        head = counted.peek(4)
        if head.startswith(GZIP):
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=io.BufferedReader(counted, BLOCK)))
        elif is_zstd(head):
            stream = cast(BinaryIO, zstd.ZstdFile(io.BufferedReader(counted, BLOCK)))
        else:
            stream, packed = cast(BinaryIO, counted), False
        blocks = blocks_of(stream)
        first = next(blocks, b"")
        codec = signatures.codec_by_mark(first, codec_of(mapping.encoding))
        if what := signatures.refusal(first, codec):
            raise InputProblem(f"{source.label}: {what}")
        digest = hashlib.sha256()
        hashed = _hashed(chain([first] if first else [], blocks), digest)
        text = filter(None, transcoded(hashed, codec)) if codec else hashed
        begin = next(text, b"")
        is_file = source.path is not None and status is not None and stat.S_ISREG(status.st_mode)
        yield Unpacked(
            raw=hashed,
            blocks=chain([begin] if begin else [], text),
            digest=digest,
            shape=signatures.shape_of(source.label, begin, has_path=bool(mapping.records)),
            encoding=codec or UNICODE,
            in_place=is_file and not packed and codec is None,
            stamp=stamp_of(status) if status else None,
        )


def _opened(source: Source) -> AbstractContextManager[BinaryIO | None]:
    """The file of a source, None for an object in storage."""
    if source.object:
        return nullcontext()
    if source.path is None:
        if sys.stdin is None:
            raise InputProblem("standard input is closed: name a file, or pipe one in")
        return open(sys.stdin.fileno(), "rb", closefd=False, buffering=0)
    return source.path.open("rb", buffering=0)


class _Counted(io.RawIOBase):
    """The pieces of a source as a stream, telling how much was read."""

    def __init__(self, pieces: Iterator[bytes], on_bytes: OnBytes) -> None:
        self._pieces = pieces
        self._left = b""
        self._progress = on_bytes

    def readable(self) -> bool:
        return True

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end, which stay unread."""
        while len(self._left) < size and (piece := next(self._pieces, b"")):
            self._left += piece
        return self._left[:size]

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, given on as they come: a buffer in between costs as much as a hash."""
        left = self._left or next(self._pieces, b"")
        part, self._left = (left, b"") if len(left) <= size else (left[:size], left[size:])
        self._progress(len(part))
        return part

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


def blocks_of(stream: BinaryIO) -> Iterator[bytes]:
    """The stream in blocks of BLOCK bytes, the last one shorter, however little a pipe gives at a time."""
    while block := _next_block(stream):
        yield block


def _next_block(stream: BinaryIO) -> bytes:
    parts, missing = list[bytes](), BLOCK
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _hashed(blocks: Iterator[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    """The blocks; after the last one, `digest` is that of all blocks."""
    with ThreadPoolExecutor(max_workers=1) as hasher:
        # The hasher runs without the interpreter's lock, but waits for it between blocks: let it fall behind.
        hashed: deque[Future[None]] = deque()
        for block in blocks:
            hashed.append(hasher.submit(digest.update, block))
            yield block
            if len(hashed) > _BEHIND:
                hashed.popleft().result()
        for rest in hashed:
            rest.result()


def stamp_of(status: os.stat_result) -> Stamp:
    """What identifies the version of a file."""
    return status.st_size, status.st_mtime_ns, status.st_ino


def digest(source: Source, on_bytes: OnBytes, mapping: Mapping) -> str:
    """The `sha256` of a source's Content alone, faster than `examine`; a stream can be read only once."""
    with problems(source), unpacked(source, on_bytes, mapping) as opened:
        for _ in opened.raw:
            pass
        return opened.digest.hexdigest()


@contextmanager
def problems(source: Source) -> Iterator[None]:
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
    except UnicodeError as error:
        raise InputProblem(f"{source.label}: {error}") from None
    except OSError as error:
        said = error.strerror or str(error)
        if error.errno in _FULL:
            raise no_room(said) from None
        advice = ": allow reading (chmod u+r), or ask its owner" if isinstance(error, PermissionError) else ""
        if error.errno in _ASTRAY and source.path and source.path.is_symlink():
            advice = ": the link leads to no file: check where it leads"
        if error.errno == errno.ENXIO and source.path and source.path.is_socket():
            advice = ": it is a socket: for standard input, use -"
        raise InputProblem(f"{source.label}: cannot read it: {said}{advice}") from None


# What is known of a source without reading it as events


def without_empty(found: Sources) -> Sources:
    """The files without the empty ones, which are skipped: some programs write empty parts of a data set. If
    all files are empty they are kept, so that the load is refused."""
    empty = {source.label: "empty" for source in found.files if _is_empty(source)}
    others = tuple(source for source in found.files if source.label not in empty)
    return Sources(others, {**found.skipped, **empty}) if others else found


def _is_empty(source: Source) -> bool:
    """Whether there is nothing but white space in a regular file, after decompression."""
    try:
        if source.object:
            return source.object.size == 0
        if source.path is None or source.is_stream or source.path.stat().st_size > _SMALL:
            return False
        data = source.path.read_bytes()  # `unpacked` would take a thread for each of thousands of files
        if data.startswith(GZIP):
            data = gzip.decompress(data)
        elif is_zstd(data):
            data = zstd.decompress(data)
    except (OSError, EOFError, zlib.error, zstd.ZstdError):
        return False  # reading it says why
    text = data.decode(signatures.codec_by_mark(data, None) or UNICODE, "replace")
    return not text.lstrip("\ufeff").strip()


def size_of(source: Source) -> int:
    """The bytes of a source's file, 0 where that is not known."""
    try:
        if source.object:
            return source.object.size
        return source.path.stat().st_size if source.path else 0
    except OSError:
        return 0
