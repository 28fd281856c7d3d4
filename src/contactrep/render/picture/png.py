"""A picture in SVG → PNG. Needs the extra `png`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unicodedata import east_asian_width

import resvg_py

from contactrep.errors import listed
from contactrep.render import fonts, picture
from contactrep.render.look import Look
from contactrep.report import Answer

_BOX = "□"
"""Stands for a character that no font has."""


def write(answer: Answer, look: Look) -> Iterator[bytes]:
    """The picture of a report as PNG."""
    yield drawn("".join(picture.write(answer, look)), look.tell)


def drawn(svg: str, tell: Callable[[str], None] | None = None, *, zoom: int = 1) -> bytes:
    """The picture, with `zoom` pixels for each of the SVG's; `tell` gets a notice of characters without a
    font."""
    files, missing = fonts.fallbacks(svg)
    if missing and tell:
        tell(_notice(missing))
    return resvg_py.svg_to_bytes(
        svg_string=svg.translate(dict.fromkeys(map(ord, missing), _BOX)),
        skip_system_fonts=True,
        font_files=[str(file) for file in (*fonts.own(), *files)],
        zoom=zoom,
    )


def _notice(missing: str) -> str:
    packages = " and ".join(sorted(set(map(_package, missing))))
    return f"no font has {listed(missing)}, shown as {_BOX}: install fonts, such as Debian's {packages}"


def _package(char: str) -> str:
    """The package of Debian with a font that has the character; a font of colours has no outlines to draw."""
    if "\u2000" <= char < "\u2c00" or "\U0001f000" <= char < "\U00020000":  # the blocks of symbols and emoji
        return "fonts-symbola"
    return "fonts-noto-cjk" if east_asian_width(char) in "WF" else "fonts-noto-core"
