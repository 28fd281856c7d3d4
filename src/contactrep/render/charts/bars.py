"""Bars over time: grouped, in lanes, or stacked.

A count of one is always visible, and gridlines are exactly at the value of their label. Where there are more
buckets than cells, the drawing merges neighbours and says so; the data does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from contactrep.document.blocks import Chart, Series
from contactrep.render.charts.axis import Slots, axis_lines
from contactrep.render.charts.cells import SOLID, Canvas, bar_cell, hatched, stack_cell
from contactrep.render.charts.scale import Scale, fitting_scale
from contactrep.render.paint import ASCII_GLYPHS, Run, StyledLine
from contactrep.render.text import visible

_WIDEST_GROUP, _WIDEST_BAR = 20, 12
_WIDEST_MARGIN, _NARROWEST_PLOT = 8, 4
BASE, ASCII_BASE = "▔", "-"
GRID, SPARSE_GRID, ASCII_GRID = "▔ ", "▔   ", " "
"""A gridline is dashed along the upper edge of its row; sparser without colour, where nothing can dim it."""


@dataclass(frozen=True)
class _Bar:
    """A bar: its position, its width, its cell in each row (None above its end), and whether its bucket is
    not over yet."""

    left: int
    width: int
    cell: Callable[[int], Run | None]
    unfinished: bool = False

    def cells(self, row: int, canvas: Canvas) -> list[Run]:
        """The cells of a row; none above the bar's end."""
        run = self.cell(row)
        if run is None:
            return []
        return hatched(run, row, self.width, canvas) if self.unfinished else [run] * self.width


def bar_chart(chart: Chart, inks: Sequence[str], canvas: Canvas) -> list[StyledLine]:
    """The chart with an ink for each series: parts of a whole stacked, other series side by side."""
    draw = stacked_chart if chart.stacked else grouped_chart
    return draw(chart, inks, canvas)


def grouped_chart(chart: Chart, inks: Sequence[str], canvas: Canvas) -> list[StyledLine]:
    """The series side by side in each bucket, or, where that does not fit, each in a lane of its own."""
    scale = fitting_scale(max(max(one.counts, default=0) for one in chart.series), canvas.rows)
    plot = canvas.width - scale.label_width - 1
    pitch = min(_WIDEST_GROUP, plot // max(len(chart.buckets), 1))
    width = (pitch - max(1, round(pitch * 0.2))) // len(chart.series)
    if width < 1:
        return _lanes(chart, inks, canvas)
    bars: list[_Bar] = []
    for place, (one, ink) in enumerate(zip(chart.series, inks, strict=True)):
        own = Slots(len(chart.buckets), pitch, width, place * width)
        bars += _bars(one, scale, own, ink, canvas.glyph(place), chart.unfinished)
    slots = Slots(len(chart.buckets), pitch, width * len(chart.series))
    rows = _rows(bars, slots, scale, canvas, scale.label_width)
    return [*rows, *_foot(chart, slots, canvas, scale.label_width, 1)]


def _lanes(chart: Chart, inks: Sequence[str], canvas: Canvas) -> list[StyledLine]:
    """A lane for each series, each on its own scale, over one time axis."""
    chart, each = chart.merged(canvas.width - _WIDEST_MARGIN)
    rows_each = max(3, canvas.rows * 2 // 5)
    scales = [fitting_scale(max(one.counts, default=0), rows_each, most_ticks=2) for one in chart.series]
    margin = max(scale.label_width for scale in scales)
    if canvas.width - margin - 1 < _NARROWEST_PLOT:
        return []
    slots = _slots(len(chart.buckets), canvas.width - margin - 1)
    glyph = SOLID if canvas.unicode else ASCII_GLYPHS[0]
    lines: list[StyledLine] = []
    for place, (one, ink, scale) in enumerate(zip(chart.series, inks, scales, strict=True)):
        lines += [_baseline(slots, margin, canvas)] if place else []
        # A lane has its name above it, so without colour it needs no glyph of its own.
        mark = [canvas.mark(0, ink), Run(" ")] if canvas.solid else []
        lines.append([Run(" " * (margin + 1)), *mark, Run(visible(one.name), dim=True)])
        bars = _bars(one, scale, slots, ink, glyph, chart.unfinished)
        lines += _rows(bars, slots, scale, canvas, margin)
    return [*lines, *_foot(chart, slots, canvas, margin, each)]


def stacked_chart(chart: Chart, inks: Sequence[str], canvas: Canvas) -> list[StyledLine]:
    """The series of each bucket on top of each other, the first at the bottom."""
    chart, each = chart.merged(canvas.width - _WIDEST_MARGIN)
    columns = list(zip(*(one.counts for one in chart.series), strict=True))
    scale = fitting_scale(max(map(sum, columns), default=0), canvas.rows)
    plot = canvas.width - scale.label_width - 1
    if plot < max(_NARROWEST_PLOT, len(chart.buckets)):
        return []
    slots = _slots(len(chart.buckets), plot)
    bars = []
    for place, counts in enumerate(columns):
        # Rounded as sums from the bottom, the parts end where the whole does.
        edges = [scale.eighths(total) for total in accumulate(counts)]
        cell = partial(stack_cell, edges, inks=inks, canvas=canvas)
        unfinished = place >= len(columns) - chart.unfinished
        bars.append(_Bar(place * slots.pitch, slots.width, cell, unfinished))
    rows = _rows(bars, slots, scale, canvas, scale.label_width)
    return [*rows, *_foot(chart, slots, canvas, scale.label_width, each)]


def _slots(count: int, plot: int) -> Slots:
    """One bar a bucket: as wide as fits, about a third of it gap once there is room for one."""
    pitch = min(_WIDEST_GROUP, plot // max(count, 1))
    width = pitch if pitch == 1 else max(1, min(_WIDEST_BAR, round(pitch * 0.68)))
    return Slots(count, pitch, width)


def _bars(one: Series, scale: Scale, slots: Slots, ink: str, glyph: str, unfinished: int) -> list[_Bar]:
    """The bars of a series; the buckets of the last `unfinished` are not over."""
    over = len(one.counts) - unfinished
    bars = []
    for place, count in enumerate(one.counts):
        cell = partial(bar_cell, scale.eighths(count), ink=ink, glyph=glyph)
        bars.append(_Bar(slots.left + place * slots.pitch, slots.width, cell, place >= over))
    return bars


def _rows(bars: Sequence[_Bar], slots: Slots, scale: Scale, canvas: Canvas, margin: int) -> list[StyledLine]:
    """The rows from the top down: a number where a tick is, the gridline, and the bars before it."""
    lines = []
    grid = (GRID if canvas.colour else SPARSE_GRID) if canvas.unicode else ASCII_GRID
    for row in reversed(range(scale.rows)):
        label = scale.label_at(row)
        behind = grid if label else " "
        cells = [Run(behind[place % len(behind)], dim=True) for place in range(slots.cells)]
        for bar in bars:
            if drawn := bar.cells(row, canvas):
                cells[bar.left : bar.left + bar.width] = drawn
        lines.append([Run(f"{label:>{margin}} ", dim=True), *cells])
    return lines


def _foot(chart: Chart, slots: Slots, canvas: Canvas, margin: int, each: int) -> list[StyledLine]:
    """The baseline with its 0, the dates below, how many buckets each bar covers, and which are not over."""
    notes = axis_lines(chart.starts, chart.by, slots, canvas.width - margin - 1)
    covered = []
    if each > 1 or chart.by == "week":  # a day's date under a bar does not say that it is a week
        covered.append(f"{each} {chart.by}{'s' * (each > 1)} a bar")
    if chart.unfinished:
        bars = f"{chart.unfinished} bars" if chart.unfinished > 1 else "bar"
        covered.append(f"last {bars} so far")
    notes += [", ".join(covered)] if covered else []
    indent = " " * (margin + 1)
    return [_baseline(slots, margin, canvas, "0"), *([Run(indent), Run(note, dim=True)] for note in notes)]


def _baseline(slots: Slots, margin: int, canvas: Canvas, label: str = "") -> StyledLine:
    base = BASE if canvas.unicode else ASCII_BASE
    return [Run(f"{label:>{margin}} ", dim=True), Run(base * slots.cells, dim=True)]
