"""A round pie: each cell is split into 2 × 2 quarters of two colours, so that edge and cuts are smooth."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from math import atan2, pi

from contactrep.render.charts.cells import Canvas
from contactrep.render.paint import Run, StyledLine

_QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""By the bits of its filled quarters: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""


def pie(shares: Sequence[float], inks: Sequence[str], canvas: Canvas, *, rows: int) -> list[StyledLine]:
    """A disc `rows` tall and twice as many cells wide, its slices clockwise from the top.

    `shares` are 0 to 1 and sum to about 1. Without colour each slice is filled with its glyph.
    """
    ends = list(accumulate(shares))
    draw = _colour_cell if canvas.solid else _glyph_cell
    return [
        [draw(_quarters(row, column, rows, ends), inks, canvas) for column in range(rows * 2)]
        for row in range(rows)
    ]


def _quarters(row: int, column: int, rows: int, ends: Sequence[float]) -> list[int | None]:
    """Which slice each quarter of a cell shows, by its middle; None is outside the disc."""
    return [
        _slice_at((column + across) / rows - 1, (row + down) * 2 / rows - 1, ends)
        for down in (0.25, 0.75)
        for across in (0.25, 0.75)
    ]


def _slice_at(x: float, y: float, ends: Sequence[float]) -> int | None:
    """The slice at a point of the unit disc, y downwards; sums a little short end with the last."""
    if x * x + y * y > 1:
        return None
    turned = (atan2(x, -y) / (2 * pi)) % 1
    return min(bisect_right(ends, turned), len(ends) - 1)


def _colour_cell(quarters: Sequence[int | None], inks: Sequence[str], _: Canvas) -> Run:
    """Two slices share a cell as ink and background; the edge of the disc has no background."""
    if len(set(quarters)) == 1:
        return Run(" ") if quarters[0] is None else Run("█", inks[quarters[0]])
    inside = [place for place, _ in Counter(part for part in quarters if part is not None).most_common(2)]
    if None in quarters or len(inside) == 1:
        bits = sum(1 << bit for bit, part in enumerate(quarters) if part is not None)
        return Run(_QUADRANTS[bits], inks[inside[0]])
    bits = sum(1 << bit for bit, part in enumerate(quarters) if part == inside[0])
    return Run(_QUADRANTS[bits], inks[inside[0]], inks[inside[1]])


def _glyph_cell(quarters: Sequence[int | None], _: Sequence[str], canvas: Canvas) -> Run:
    most = Counter(quarters).most_common(1)[0][0]
    return Run(" " if most is None else canvas.glyph(most))
