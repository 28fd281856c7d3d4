"""Text codecs: the names that `--encoding` takes, and bytes of any of them as UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from encodings.aliases import aliases

from contactrep.errors import UsageProblem, closest

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
    if codec := _text_codec(name):
        return codec
    known = filter(_text_codec, {*aliases, *aliases.values()})
    near = closest(name, [alias.replace("_", "-") for alias in known], most=1)
    hint = f"did you mean {near[0]}?" if near else "use a text codec of Python, e.g. cp1252"
    raise UsageProblem(f"unknown encoding '{name}': {hint}")


def _text_codec(name: str) -> str | None:
    """Python's own name of a text codec; None if there is none."""
    with suppress(LookupError, ValueError, ImportError):
        codec = codecs.lookup(name)
        if getattr(codec, "_is_text_encoding", True):  # a hex codec is none
            _decoder(codec.name).decode(b"")
            return codec.name
    return None


def codec_of(name: str | None) -> str | None:
    """The codec with which bytes are to be read, None for UTF-8; UsageProblem as `known_encoding`."""
    codec = known_encoding(name or UNICODE)
    return None if codec in _UTF8 else codec


def transcoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The blocks as UTF-8. A byte that cannot be decoded becomes BAD_BYTE and its hex digits, so that its
    line is not UTF-8. UnicodeError where the codec has to know more."""
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
        raise UnicodeError(
            f"it cannot be read as {encoding}: {error}: name the byte order with --encoding {encoding}-le or"
            f" {encoding}-be"
        ) from None


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder(encoding)(_ERRORS)


# Guessing, for advice only


def likely_encoding(data: bytes) -> str:
    """The codec that makes the most sense of bytes that are not UTF-8: cp1252 if nothing speaks for another.

    It is for advice alone: no file is read by a guess.
    """
    best = max(_SCRIPTS, key=lambda codec: _sense(data.decode(codec, "replace"), codec))
    return best if _sense(data.decode(best, "replace"), best) else next(iter(_SCRIPTS))


def _sense(text: str, codec: str) -> float:
    """The share of the characters beyond ASCII that are common in the texts for which a codec is used."""
    is_common = _SCRIPTS[codec]
    is_latin = codec in _LATIN
    seen = common = 0
    for word in _WORDS.findall(text):
        beyond = [letter for letter in word if not letter.isascii()]
        # Latin words have plain letters beside those with accents. Words of other scripts have none, and no
        # capital letter after a small one.
        is_cased = word in (word.lower(), word.title(), word.upper())
        fits = 2 * len(beyond) <= len(word) + 1 if is_latin else len(beyond) == len(word) and is_cased
        seen += len(beyond)
        common += sum(map(is_common, beyond)) if fits or len(word) == 1 else 0
    return common / seen if seen else 0.0


def _among(letters: str) -> Callable[[str], bool]:
    both = frozenset(letters + letters.upper())
    return both.__contains__


def _between(first: str, last: str) -> Callable[[str], bool]:
    return lambda letter: first <= letter <= last


def _led_by(codec: str, first: int, last: int) -> Callable[[str], bool]:
    """Whether a character has two bytes, the first of them between these."""

    def is_common(letter: str) -> bool:
        code = letter.encode(codec, "ignore")
        return len(code) == 2 and first <= code[0] <= last and (codec != "euc_kr" or code[1] > 0xA0)

    return is_common


_WORDS = re.compile(r"[^\W\d_]+|[^\x00-\x7f]")
_LATIN = ("cp1252", "mac_roman", "cp1250", "cp1254")
_WEST = "àáâãäåæçèéêëìíîïñòóôõöøùúûüß‘’“”–—…€°«»\xa0"
# In the order of how common they are; each with what is common in its texts.
_SCRIPTS: dict[str, Callable[[str], bool]] = {
    "cp1252": _among(_WEST),
    "mac_roman": _among(_WEST),
    "cp1250": _among("ąćęłńóśźżáčďéěíňřšťúůýžöőüűäđ"),
    "cp1254": _among(_WEST + "ğışİ"),
    "cp1251": _between("\u0400", "\u045f"),
    "cp932": lambda letter: "\u3041" <= letter <= "\u30ff" or _led_by("cp932", 0x88, 0x97)(letter),
    "cp949": _led_by("euc_kr", 0xB0, 0xC8),
    "gb18030": _led_by("gb2312", 0xB0, 0xD7),
    "cp950": _led_by("cp950", 0xA4, 0xC6),
    "cp1253": _between("\u0386", "\u03ce"),
    "cp1255": _between("\u05d0", "\u05ea"),
    "cp1256": _between("\u0621", "\u06d2"),
    "cp874": _between("\u0e01", "\u0e5b"),
}
