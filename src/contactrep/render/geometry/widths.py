"""How wide a text is, in em, in a usual sans-serif font: by a table, rather too wide than too narrow."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, combining, east_asian_width

from contactrep.render.text import ELLIPSIS

_ASCII = {
    **dict.fromkeys("il.,:;'|!jI", 0.29),
    **dict.fromkeys('ftr()[]{}/\\-"`', 0.39),
    " ": 0.29,
    **dict.fromkeys("0123456789", 0.63),
    **dict.fromkeys("abcdeghknopqsuvxyz", 0.6),
    **dict.fromkeys("mw", 0.88),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ&", 0.72),
    **dict.fromkeys("MW@%", 0.98),
    "J": 0.6,
}
_OTHER = 0.66
_WIDE = 1.05
_NO_WIDTH = ("Mn", "Me", "Cf")
_JOINER = "\u200d"


@lru_cache(4096)
def _em(character: str) -> float:
    if character in _ASCII:
        return _ASCII[character]
    if category(character) in _NO_WIDTH:
        return 0
    return _WIDE if east_asian_width(character) in "WF" else _OTHER


def ems(text: str) -> float:
    """The width of `text` in em; an East Asian wide character is about 1 em, a combining mark nothing."""
    return sum(map(_em, text))


def shortened(text: str, most: float) -> str:
    """`text` where it is at most `most` em wide, else its beginning and `…`.

    No mark is cut from the letter below it, and no emoji into its pieces.
    """
    if ems(text) <= most:
        return text
    room, length = most - _em(ELLIPSIS), 0
    for place, character in enumerate(text):
        room -= _em(character)
        if room < 0:
            break
        if _ends_before(text, place + 1):
            length = place + 1
    return text[:length].rstrip() + ELLIPSIS


def _ends_before(text: str, place: int) -> bool:
    """Whether a character as people see it ends before this place of the text."""
    if place >= len(text):
        return True
    following = text[place]
    return not (combining(following) or category(following) in _NO_WIDTH or text[place - 1] == _JOINER)
