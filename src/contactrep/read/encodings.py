"""Text codecs: the names that `--encoding` takes, and bytes of any of them as UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from encodings.aliases import aliases

from contactrep.errors import InputProblem, UsageProblem, closest

UNICODE = "UTF-8"
"""The name of the encoding of bytes that are not transcoded."""

BAD_BYTE = b"\xff"
"""What `transcoded` writes instead of a byte that the codec cannot decode, before `xNN` with its hex digits:
UTF-8 has no such byte."""

_UTF8 = ("utf-8", "utf-8-sig")
_ERRORS = "contactrep.bad-bytes"
_HALF = "\udcff"  # stands for BAD_BYTE in text
_NEXT_LINE = "\x85"  # ends lines in EBCDIC


def _marked(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replace what cannot be decoded, or has no UTF-8, as `transcoded` says."""
    if isinstance(error, UnicodeDecodeError):
        return "".join(f"{_HALF}x{byte:02x}" for byte in error.object[error.start : error.end]), error.end
    if isinstance(error, UnicodeEncodeError):
        halves = error.object[error.start : error.end]
        shown = (BAD_BYTE if one == _HALF else BAD_BYTE + f"u{ord(one):04x}".encode() for one in halves)
        return b"".join(shown), error.end
    raise error


codecs.register_error(_ERRORS, _marked)


def known_encoding(name: str) -> str:
    """Python's own name of a text codec.

    Raises:
        UsageProblem: There is no such codec; the message names the closest one.
    """
    try:
        codec = codecs.lookup(name)
        is_text = getattr(codec, "_is_text_encoding", True)  # a hex codec is none
        if is_text:
            _decoder(codec.name).decode(b"")
    except (LookupError, UnicodeError, ValueError, ImportError):
        is_text = False
    if not is_text:
        near = closest(name, {alias.replace("_", "-") for alias in {*aliases, *aliases.values()}}, most=1)
        hint = f"did you mean {near[0]}?" if near else "use a text codec of Python, e.g. cp1252"
        raise UsageProblem(f"unknown encoding '{name}': {hint}")
    return codec.name


def codec_of(name: str | None) -> str | None:
    """The codec with which bytes are to be read, None for UTF-8; UsageProblem as `known_encoding`."""
    codec = known_encoding(name or UNICODE)
    return None if codec in _UTF8 else codec


def transcoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The blocks as UTF-8. A byte that cannot be decoded becomes BAD_BYTE and its hex digits, so that its
    line is not UTF-8. InputProblem where the codec has to know more."""
    decoder = _decoder(encoding)
    try:
        is_ebcdic = b"\x15".decode(encoding) == _NEXT_LINE
    except UnicodeError:
        is_ebcdic = False

    def encoded(text: str) -> bytes:
        return (text.replace(_NEXT_LINE, "\n") if is_ebcdic else text).encode("utf-8", _ERRORS)

    try:
        for block in blocks:
            yield encoded(decoder.decode(block))
        yield encoded(decoder.decode(b"", final=True))
    except UnicodeError as error:  # UTF-16 and UTF-32 without a byte order mark
        raise InputProblem(
            f"it cannot be read as {encoding}: {error}: name the byte order with --encoding {encoding}-le or"
            f" {encoding}-be"
        ) from None


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder(encoding)(_ERRORS)
