"""What a file is, by how it begins: its shape and its codec, or what to do about a file that is not read."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum

from contactrep.read import shape

PARQUET = b"PAR1"
"""What a Parquet file begins with."""

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_SKIPPED = {bytes([first]) for first in range(0x50, 0x60)}
_COMPRESSED = "unpack it, or pack it with gzip or zstd"
_EXPORT = "export it as CSV, JSON lines or Parquet"
_NOT_READ = (
    (0, b"PK\x05\x06", "it is an empty zip file: check how it was made"),
    (257, b"ustar", "it is a tar archive: unpack it, and name its files"),
    (0, b"BZh91AY&SY", f"it is packed with bzip2: {_COMPRESSED}"),
    (0, b"\xfd7zXZ", f"it is packed with xz: {_COMPRESSED}"),
    (0, b"7z\xbc\xaf", "it is packed with 7-Zip: unpack it"),
    (0, b"Rar!\x1a\x07", "it is a RAR archive: unpack it, and name its files"),
    (0, b"\x04\x22\x4d\x18", f"it is packed with lz4: {_COMPRESSED}"),
    (0, b"\xff\x06\x00\x00sNaPpY", f"it is packed with snappy: {_COMPRESSED}"),
    (0, b"\x1f\x9d", f"it is packed with compress: {_COMPRESSED}"),
    (0, GZIP + b"\x08", "it is compressed twice: unpack it once"),
    (0, _ZSTD, "it is compressed twice: unpack it once"),
    (8, b"DUCK", "it is a DuckDB database: name a contactrep store with --store, or export a table as CSV"),
    (0, b"SQLite format 3\0", "it is an SQLite database: export the table as CSV"),
    (0, b"ARROW1", "it is an Arrow (Feather) file: write it as Parquet or CSV"),
    (0, b"\xff\xff\xff\xff", "it is an Arrow stream: write it as Parquet or CSV"),
    (0, b"FEA1", "it is an old Feather file: write it as Parquet or CSV"),
    (0, b"ORC", "it is an ORC file: write it as Parquet or CSV"),
    (0, b"Obj\x01", "it is an Avro file: write it as Parquet or CSV"),
    (0, b"PARE", "it is an encrypted Parquet file: write it without encryption"),
    (0, b"PGDMP", "it is a PostgreSQL dump: export the table with COPY … TO … CSV HEADER"),
    (0, b"\x89HDF", f"it is an HDF5 file: {_EXPORT}"),
    (0, b"\x93NUMPY", f"it is a NumPy file: {_EXPORT}"),
    (0, b"version https://git-lfs.", "it is a Git LFS pointer, not the data: run git lfs pull"),
    (0, b"%PDF-", f"it is a PDF: {_EXPORT} where the report comes from"),
    (0, b"{\\rtf", "it is an RTF document: save it as plain text"),
    (0, b"\x89PNG", "it is a picture (PNG): " + _EXPORT),
    (0, b"\xff\xd8\xff", "it is a picture (JPEG): " + _EXPORT),
    (0, b"GIF89a", "it is a picture (GIF): " + _EXPORT),
)
"""Offset and bytes that tell what a file is that is not read, and what to do about it."""

_MARKUP = (
    (
        re.compile(rb"<(!doctype\s+html|html|head|body|table|script|meta)\b", re.IGNORECASE),
        "it is an HTML page, not data: export it as CSV; a download may have ended on a login page",
    ),
    (re.compile(rb"<\?xml|<!doctype|<[a-z][\w:.-]*[\s>]", re.IGNORECASE), f"it is an XML file: {_EXPORT}"),
)
"""What the text of a file begins with that is not read."""

BYTE_ORDER_MARKS = re.compile(rb"\A(?:" + codecs.BOM_UTF8 + rb")+")
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_HEAD = 4096  # bytes
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\v\f\r\x1a\x1b"})
_LOCK = 165  # bytes of a file that Excel keeps beside an open workbook


class Shape(StrEnum):
    """What a file is."""

    DELIMITED = "delimited"
    JSON_LINES = "json-lines"
    DOCUMENT = "document"
    """JSON that is not one object per line."""
    WORKBOOK = "workbook"
    PARQUET = "parquet"


def is_zstd(data: bytes) -> bool:
    """Whether data begin with a frame of zstd, which may be one to be skipped (pzstd)."""
    return data.startswith(_ZSTD) or (data[:1] in _SKIPPED and data[1:4] == b"\x2a\x4d\x18")


def codec_by_mark(first: bytes, encoding: str | None) -> str | None:
    """The codec of a file that begins so, None for UTF-8; a byte order mark overrides `encoding`."""
    if first.startswith((PARQUET, _ZIP, codecs.BOM_UTF8)):
        return None
    if first.startswith(_UTF32) and encoding and encoding.startswith("utf-32"):
        return "utf-32"
    return _UTF16.get(first[:2], encoding)


def shape_of(name: str, begin: bytes, *, has_path: bool) -> Shape:
    """What a file is whose text begins so; `has_path`: a path leads to its records."""
    if begin.startswith(PARQUET):
        return Shape.PARQUET
    if begin.startswith(_ZIP):
        return Shape.WORKBOOK
    head = BYTE_ORDER_MARKS.sub(b"", begin).decode("utf-8", "replace")
    if not shape.is_json(name, head):
        return Shape.DELIMITED
    return Shape.DOCUMENT if has_path or shape.is_document(head) else Shape.JSON_LINES


def refusal(first: bytes, codec: str | None) -> str | None:
    """What a file is that begins so, and what to do about it; None if it may be read."""
    head = first[:_HEAD]
    if len(first) == _LOCK and first[55:57] == first[:1] + b"\0":  # the length of a name, twice
        return "it only says who has a workbook open in Excel: leave it out"
    if head.startswith(_OLD_OFFICE):
        if _ENCRYPTED in first:
            return "it is an encrypted workbook: open it, remove its password, and save it again"
        return "it is an old Excel file: save it as CSV"
    if head.startswith(_UTF32) and codec != "utf-32":
        return "it is UTF-32: use --encoding utf-32"
    for offset, magic, what in _NOT_READ:
        # A header may begin with PARE or ORC, but has no NUL.
        if head.startswith(magic, offset) and (b"\0" in head or not magic.isalnum()):
            return what
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    for pattern, what in _MARKUP:
        if pattern.match(text):
            return what
    return None if codec else _refusal_of_bytes(first)


def _refusal_of_bytes(first: bytes) -> str | None:
    """What the bytes of a file without a known encoding are, and what to do; None if they may be UTF-8."""
    halves = first[0:16:2], first[1:16:2]
    if len(first) > 15 and any(map(all, halves)) and not all(map(any, halves)):
        order = "le" if any(halves[0]) else "be"
        return f"it is UTF-16 without a byte order mark: use --encoding utf-16-{order}"
    head = first[:_HEAD]
    if not head.startswith((PARQUET, _ZIP)) and _is_binary(head):
        return "it does not look like text: unpack or decrypt it, or name its encoding with --encoding"
    return None


def _is_binary(head: bytes) -> bool:
    """Whether more than a twentieth are control characters and more than a twentieth are not UTF-8, as in
    compressed data."""
    few = len(head) // 20
    bad = head.decode("utf-8", "replace").count("\N{REPLACEMENT CHARACTER}")
    return bad > few and len(head) - len(head.translate(None, _CONTROLS)) > few
