"""Styled text for a terminal: runs with an ink, the inks in a terminal's notations, and the escape codes.

The inks have a medium lightness, so that each is legible on a dark and on a light background
(contrast of 2.9 or more against white and against #1e1e1e), and lie as far apart for colour-blind eyes
as inks of one lightness can; tests/render/test_paint.py measures both. Without colour nothing is
emitted but the text: then glyphs tell the parts of a chart from one another.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from contactrep.render.look import Colour, Look
from contactrep.render.text import cells, cut


class Ink(NamedTuple):
    """One colour in the three notations of terminals: RGB, one of 256, one of 16."""

    rgb: tuple[int, int, int]
    of_256: int
    of_16: int


INKS = {
    "blue": Ink((0x14, 0x6A, 0xAC), 25, 4),
    "gold": Ink((0xBD, 0x91, 0x04), 136, 3),
    "green": Ink((0x6D, 0xA0, 0x61), 107, 2),
    "brick": Ink((0xB9, 0x40, 0x25), 167, 1),
    "sky": Ink((0x51, 0x96, 0xFF), 69, 6),
    "mauve": Ink((0xB4, 0x88, 0xBC), 176, 13),
    "violet": Ink((0x7C, 0x53, 0xFE), 99, 5),
    "grey": Ink((0x7F, 0x7F, 0x7F), 244, 8),
}
GOOD, BAD = "green", "brick"

GLYPHS = "█░▒╳▓╱▚○"
ASCII_GLYPHS = "#.o+=/%-"
"""What fills the parts of a chart without colour: neighbours look unlike each other."""


class Run(NamedTuple):
    """A stretch of text in one style; `ink` and `back` name inks."""

    text: str
    ink: str | None = None
    back: str | None = None
    bold: bool = False
    dim: bool = False


StyledLine = list[Run]


def plain_line(line: Iterable[Run]) -> str:
    """The text of a line without its style."""
    return "".join(run.text for run in line)


def line_cells(line: Iterable[Run]) -> int:
    """How many terminal cells a line takes."""
    return cells(plain_line(line))


def painted(lines: Iterable[StyledLine], look: Look) -> str:
    """The lines as a terminal draws them: none wider than it is, none with spaces at its end."""
    return "".join([f"{_painted_line(_cropped(line, look.width), look.colour)}\n" for line in lines])


def _cropped(line: StyledLine, width: int) -> StyledLine:
    if line_cells(line) <= width:
        return line
    cropped: StyledLine = []
    for run in line:
        left = width - line_cells(cropped)
        cropped.append(run._replace(text=cut(run.text, left)))
        if cells(run.text) > left:
            break
    return cropped


def _painted_line(line: StyledLine, colour: Colour) -> str:
    if colour == "none":
        return plain_line(line).rstrip(" ")
    parts: list[str] = []
    for run in _trimmed(line):
        codes = _codes(run, colour)
        parts.append(f"\x1b[{codes}m{run.text}\x1b[0m" if codes else run.text)
    return "".join(parts)


def _trimmed(line: StyledLine) -> StyledLine:
    """The line with neighbours of one style joined, without the spaces at its end that have no background."""
    styles = groupby((run for run in line if run.text), key=lambda run: run[1:])
    joined = [Run("".join(run.text for run in runs), *style) for style, runs in styles]
    while joined and joined[-1].back is None and not joined[-1].text.rstrip(" "):
        joined.pop()
    if joined and joined[-1].back is None:
        joined[-1] = joined[-1]._replace(text=joined[-1].text.rstrip(" "))
    return joined


def _codes(run: Run, colour: Colour) -> str:
    codes = [
        "1" if run.bold else "",
        "2" if run.dim else "",
        _colour_code(INKS[run.ink], colour, ground=False) if run.ink else "",
        _colour_code(INKS[run.back], colour, ground=True) if run.back else "",
    ]
    return ";".join(filter(None, codes))


def _colour_code(ink: Ink, colour: Colour, *, ground: bool) -> str:
    shift = 10 if ground else 0
    if colour == "truecolor":
        return f"{38 + shift};2;" + ";".join(map(str, ink.rgb))
    if colour == "256":
        return f"{38 + shift};5;{ink.of_256}"
    return str((30 if ink.of_16 < 8 else 82) + shift + ink.of_16)
