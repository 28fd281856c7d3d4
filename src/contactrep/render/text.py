"""Make text from events safe to show, and measure it in terminal cells.

A name is data: a page shows any name on one line, and no terminal acts on it. Characters on which one would
act (C0, DEL, C1, line separators, bidi controls) and those that UTF-8 cannot hold (lone surrogates) are shown
by visible stand-ins; all others are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from unicodedata import category

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEEDS_MEASURING = re.compile("[^ -~\xa0-\xac\xae-\u02ff\u0370-\u0482–‹›…\u2400-\u2421\u2500-\u25fc]")
"""Characters that may take no cell or two. Latin, Greek, Cyrillic and the blocks of charts take one each."""

_FILLERS = "\u115f\u1160\u3164\uffa0\u2800"
"""Letters and a symbol without ink: of Hangul, and of Braille."""

ELLIPSIS = "…"


def visible(text: str) -> str:
    """`text` on one line, without characters that a terminal, an editor or a browser would act on.

    ESC is shown as `␛`, a newline as `␊`, any other C0 by its Unicode picture; a character without a picture
    by its code point, `‹U+202E›`.
    """
    # Printable text, the usual case, has none of these characters.
    return text if text.isprintable() else _UNSAFE.sub(_stand_in, text)


def _stand_in(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"‹U+{code:04X}›"


def legible(text: str) -> str:
    """`text` as `visible` shows it; one in which nothing can be seen, by code points: `‹U+3000›`."""
    shown = visible(text)
    if any(category(character)[0] in "LNPS" and character not in _FILLERS for character in shown):
        return shown
    return "".join(f"‹U+{ord(character):04X}›" for character in text)


def writable(text: str) -> str:
    """`text` as UTF-8 can hold it: a lone surrogate (from an undecodable file name) becomes U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def cells(text: str) -> int:
    """How many terminal cells `text` takes, by Rich's tables, so that every page agrees with them."""
    if not _NEEDS_MEASURING.search(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: padded, on the left if `right`, or cut and ended with `…`."""
    size = cells(text)
    if size > width:
        return cut(text, width)
    return " " * (width - size) + text if right else text + " " * (width - size)


def cut(text: str, width: int) -> str:
    """`text` as it is where it fits `width` cells, else its beginning and `…`."""
    if not _NEEDS_MEASURING.search(text):
        return text if len(text) <= width else text[: max(width - 1, 0)] + ELLIPSIS[: max(width, 0)]
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + ELLIPSIS if width > 0 else ""


def chunks(lines: Iterable[str], size: int = 1000) -> Iterator[str]:
    """The lines joined, `size` at a time."""
    waiting = iter(lines)
    while chunk := "".join(islice(waiting, size)):
        yield chunk


def broken(text: str, width: int) -> list[str]:
    """`text` in pieces of at most `width` cells, with nothing left out; one empty piece of an empty text."""
    if cells(text) <= width:
        return [text]
    from rich.cells import chop_cells

    return chop_cells(text, width)
