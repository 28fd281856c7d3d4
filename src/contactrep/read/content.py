"""One look through a file's bytes: what they are, how many lines they make, and where to read them.

DuckDB reads a file of clean UTF-8 lines in place. It misreads anything else without an error (compressed, of
another encoding, NUL, lone or mixed line ends), so that is first written as clean lines to a private file.
Decoding takes longer than all the rest. So a file that is read in place is checked for bad UTF-8 only after
DuckDB has refused it. JSON documents and workbooks have no lines of records: `documents` and `workbook` make
such lines of them.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path
from typing import cast

from contactrep.read.cleaning import ByteFacts, facts_of, rewrite
from contactrep.read.encodings import UNICODE
from contactrep.read.mapping import Mapping
from contactrep.read.signatures import Shape
from contactrep.read.sources import Source
from contactrep.read.unpacking import BLOCK, OnBytes, Stamp, blocks_of, problems, stamp_of, unpacked


@dataclass(frozen=True)
class Content:
    """What a file holds and where to read it.

    `path` is the file itself or a private copy, `facts` are those about its bytes. `sha256` (hex) is of the
    bytes after decompression. `encoding` names that of the original, for messages. `stamp` identifies the
    version of a file that is read in place (None: a private copy). `rewritten` lines contain STAND_INS.
    `records` is the path in a document at which its lines were, where one was followed.
    """

    path: Path
    facts: ByteFacts
    sha256: str
    shape: Shape
    encoding: str
    stamp: Stamp | None = None
    rewritten: bool = False
    records: str | None = None

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
    mapping: Mapping,
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
    with problems(source):
        with unpacked(source, on_bytes, mapping) as opened:
            in_place = opened.in_place and not copy
            spool = None if in_place else private(scratch)
            facts = facts_of(opened.blocks, spool, decode=decode or not in_place)
        path = spool or _plainly_named(source, scratch)
        shape, sha256 = opened.shape, opened.digest.hexdigest()
        if shape is Shape.JSON_LINES and facts.lines == 1 and facts.overlong:
            shape = Shape.DOCUMENT
        if facts.plain or shape not in (Shape.DELIMITED, Shape.JSON_LINES):
            return Content(path, facts, sha256, shape, opened.encoding, opened.stamp if in_place else None)
        clean = private(scratch)
        rewrite(path, clean, facts, opened.encoding)
        if spool:
            spool.unlink()
        elif opened.stamp != stamp_of(path.stat()):
            # It was written to in the meantime; a copy does not change.
            return examine(source, scratch, on_bytes, mapping, copy=True)
        return lines_of(clean, sha256, shape, opened.encoding)


def lines_of(
    clean: Path, sha256: str, shape: Shape, encoding: str = UNICODE, *, rewritten: bool = True
) -> Content:
    """The Content of a private file of clean lines, made of a file of this digest and encoding."""
    with clean.open("rb") as stream:
        facts = facts_of(blocks_of(stream))
    return Content(clean, facts, sha256, shape, encoding, rewritten=rewritten)


def private(scratch: Path) -> Path:
    """A new, empty file that nobody else can read."""
    descriptor, name = tempfile.mkstemp(dir=scratch)
    os.close(descriptor)
    return Path(name)


def _plainly_named(source: Source, scratch: Path) -> Path:
    """The path of a file in place, or of a private link to it if DuckDB would not open the path as it is.

    DuckDB takes a path with `*`, `?` or `[` for a pattern, and opens no path that is not UTF-8. The label of
    such a source differs from its path.
    """
    path = cast(Path, source.path)  # standard input is always spooled
    if source.label == str(path) and not has_magic(source.label):
        return path
    link = private(scratch)
    link.unlink()
    link.symlink_to(path.absolute())
    return link
