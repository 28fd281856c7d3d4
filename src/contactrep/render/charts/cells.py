"""One cell of a chart: the character for part of a bar, or for the parts of a stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contactrep.render.paint import ASCII_GLYPHS, GLYPHS, Run

EIGHTHS = " ▁▂▃▄▅▆▇█"
"""Cells filled from below by zero to eight eighths."""

SOLID, SHADED = GLYPHS[0], "▒"


@dataclass(frozen=True)
class Canvas:
    """What a chart is drawn on: cells across, about how many rows, whether it has colour and blocks."""

    width: int
    rows: int = 10
    colour: bool = True
    unicode: bool = True

    def glyph(self, place: int) -> str:
        """What fills the parts of a series, by its place among them: with colour all are solid."""
        if self.solid:
            return SOLID
        return (GLYPHS if self.unicode else ASCII_GLYPHS)[place % len(GLYPHS)]

    @property
    def solid(self) -> bool:
        """Whether colours tell the series apart, so that no glyph needs to."""
        return self.colour and self.unicode

    def filling(self, inks: Sequence[str]) -> Filling:
        """What fills the bars of series with these inks."""
        return Filling(inks, [self.glyph(place) for place in range(len(inks))])

    def mark(self, place: int, ink: str) -> Run:
        """The mark of a series in a legend: its colour, or without colour its glyph."""
        return Run("■" if self.solid else self.glyph(place), ink)


@dataclass(frozen=True)
class Filling:
    """What fills the parts of a bar, from the bottom up: their inks, and their glyphs."""

    inks: Sequence[str]
    glyphs: Sequence[str]

    def cell(self, edges: Sequence[int], row: int) -> Run | None:
        """A row's cell (0 is the lowest) of a bar whose parts end at `edges`, in eighths from the bottom;
        None above it.

        Two parts share a cell as ink and background. Of three, the smallest is left out: the next cells,
        and the figures below, have room for it.
        """
        parts = _parts_within(edges, 8 * row)
        covered = sum(eighths for eighths, _ in parts)
        if not parts:
            return None
        most = max(parts)[1]
        if any(glyph != SOLID for glyph in self.glyphs):
            # A pattern fills whole cells: of less than half a cell, only the foot of a bar is shown.
            return Run(self.glyphs[most]) if covered >= 4 else _foot(row, self.glyphs[0])
        if covered < 8 or len(parts) == 1:
            return Run(EIGHTHS[covered], self.inks[most])
        (lower, bottom), (upper, top) = sorted(sorted(parts)[-2:], key=lambda part: part[1])
        share = max(1, min(7, round(8 * lower / (lower + upper))))
        return Run(EIGHTHS[share], self.inks[bottom], self.inks[top])


def hatched(run: Run, row: int, width: int, canvas: Canvas) -> list[Run]:
    """A row's cells of a bar that is not over yet, in place of `width` times `run`.

    With colour they are shaded, and a part of a cell is dimmed. Without, every other cell is empty; a bar of
    one cell stays whole, for gaps would change its height.
    """
    if not canvas.solid:
        return [run if width == 1 or (row + place) % 2 == 0 else Run(" ") for place in range(width)]
    if run.back is not None:  # two parts: the larger one
        larger = run.ink if EIGHTHS.index(run.text) >= 4 else run.back
        return [Run(SHADED, larger)] * width
    return [Run(SHADED, run.ink) if run.text == SOLID else run._replace(dim=True)] * width


def _parts_within(edges: Sequence[int], below: int) -> list[tuple[int, int]]:
    """How many eighths of the cell that begins at `below` each part covers, from the bottom, and which."""
    parts, above = [], below + 8
    for place, edge in enumerate(edges):
        if (covered := min(edge, above) - below) > 0:
            parts.append((covered, place))
            below += covered
    return parts


def _foot(row: int, glyph: str) -> Run | None:
    if row:
        return None
    return Run(glyph if glyph in ASCII_GLYPHS else EIGHTHS[1])
