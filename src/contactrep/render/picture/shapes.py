"""SVG elements with plain attributes only, as PowerPoint and Keynote read them: no style, class or script."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Literal

from contactrep.render.fonts import FAMILY
from contactrep.render.geometry.widths import ems, shortened
from contactrep.render.text import visible

FONTS = f"{FAMILY}, 'Helvetica Neue', Arial, sans-serif"
"""Inter is only where it is installed: a program that opens an SVG has its own."""

_BOLDER = 1.06
"""How much wider a semi-bold text is than a regular one."""

_LONGEST = 400
"""Characters of a text that are looked at: no drawing has room for more."""

_STAND_INS = re.compile("[\u2400-\u2421\ufdd0-\ufdef\ufffe\uffff\U0001fffe\U0001ffff]")
_MARKS = re.compile("([\u0300-\u036f\u0483-\u0489]{3})[\u0300-\u036f\u0483-\u0489]+")
"""Of marks on one letter that would fill the drawing, three are left."""

_STEP = 5
"""From one line of a hatching to the next."""


def safe(text: str) -> str:
    """The beginning of `text` as `visible` shows it, in characters that Inter has and XML allows."""
    shown = _STAND_INS.sub(_code_point, visible(text[:_LONGEST]))
    return _MARKS.sub(r"\1", shown)


def _code_point(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0x2400 <= code <= 0x2421:  # the picture of a control character
        code = 0x7F if code == 0x2421 else code - 0x2400
    return f"‹U+{code:04X}›"


def number(value: float) -> str:
    """A coordinate with at most two decimals."""
    return f"{round(value, 2) + 0.0:g}" if abs(value) < 100_000 else f"{value:.0f}"


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """An element; `_` in an attribute's name stands for `-`, at its end for nothing."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def group(parts: Iterable[str], x: float = 0, y: float = 0) -> str:
    """Elements together, moved by `x` and `y`."""
    return element("g", "".join(parts), transform=f"translate({number(x)} {number(y)})")


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float,
    fill: str,
    bold: bool = False,
    anchor: Literal["start", "middle", "end"] = "start",
    room: float | None = None,
) -> str:
    """One line of text on the baseline `y`, cut to `room`."""
    shown = safe(words)
    if room is not None:
        shown = fitted(shown, room, size=size, bold=bold)
    where: dict[str, str] = {} if anchor == "start" else {"text_anchor": anchor}
    return element("text", escape(shown), x=x, y=y, font_size=size, fill=fill, **_weight(bold), **where)


def texts(x: float, y: float, runs: Iterable[tuple[str, str, bool]], *, size: float) -> str:
    """Words one after the other on a line, each with its colour, and whether it is bold."""
    spans = "".join(
        element("tspan", escape(safe(words)), fill=fill, **_weight(bold)) for words, fill, bold in runs
    )
    return element("text", spans, x=x, y=y, font_size=size)


def _weight(bold: bool) -> dict[str, str]:  # noqa: FBT001 - the one argument
    return {"font_weight": "600"} if bold else {}


def fitted(words: str, room: float, *, size: float, bold: bool = False) -> str:
    """Safe text cut to `room`."""
    return shortened(words, room / size / (_BOLDER if bold else 1))


def width(words: str, *, size: float, bold: bool = False) -> float:
    """About how wide safe text is."""
    return ems(words) * size * (_BOLDER if bold else 1)


def box(x: float, y: float, wide: float, high: float, *, fill: str, radius: float = 0, line: str = "") -> str:
    """A rectangle, with rounded corners and a thin outline where asked for."""
    rounded: dict[str, float] = {"rx": radius} if radius else {}
    outlined: dict[str, str] = {"stroke": line} if line else {}
    return element("rect", x=x, y=y, width=wide, height=high, fill=fill, **rounded, **outlined)


def hatching(x: float, y: float, wide: float, high: float, *, fill: str) -> str:
    """A rectangle of diagonal lines: drawn one by one, because many programs ignore patterns."""
    lines = []
    for place in range(int((wide + high) // _STEP) + 1):
        # From the left or lower edge up to the upper or right one.
        reach = place * _STEP
        left, low = max(0, reach - high), min(reach, high)
        right, top = min(reach, wide), max(0, reach - wide)
        lines.append(f"M{number(x + left)} {number(y + low)}L{number(x + right)} {number(y + top)}")
    ground = element("rect", x=x, y=y, width=wide, height=high, fill=fill, fill_opacity=0.22)
    return ground + element("path", d="".join(lines), stroke=fill, stroke_width=1.8, fill="none")


def drawing(wide: int, high: int, parts: Iterable[str], *, title: str, ground: str) -> str:
    """A whole SVG, its title for screen readers."""
    content = "".join((element("title", escape(safe(title))), box(0, 0, wide, high, fill=ground), *parts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f'role="img" font-family="{FONTS}">{content}</svg>\n'
    )
