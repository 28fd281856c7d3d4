"""Bars over time: grouped, in lanes, or stacked.

One event is never drawn as none, gridlines lie exactly where their number says, and where there are
more buckets than cells the drawing merges neighbours and says so; the data stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from contactrep.render.charts.axis import Slots, axis_lines
from contactrep.render.charts.cells import SOLID, Canvas, Series, bar_cell, stack_cell
from contactrep.render.charts.scale import Scale, fitting_scale
from contactrep.render.paint import ASCII_GLYPHS, Line, Span

_WIDEST_GROUP, _WIDEST_BAR = 20, 12
_WIDEST_MARGIN, _NARROWEST_PLOT = 8, 4
BASE, ASCII_BASE = "▔", "-"
GRID, SPARSE_GRID, ASCII_GRID = "▔ ", "▔   ", " "
"""A gridline is dashed along the upper edge of its row; sparser without colour, where nothing can dim it."""


@dataclass(frozen=True)
class Chart:
    """What a bar chart is made from: series over the buckets that begin at `starts` (wall times)."""

    series: Sequence[Series]
    starts: Sequence[datetime]
    by: str

    def merged(self, most: int) -> tuple[Chart, int]:
        """The chart with at most `most` bars, and how many neighbouring buckets each of them is."""
        each = -(-len(self.starts) // max(most, 1)) or 1
        if each == 1:
            return self, 1
        places = range(0, len(self.starts), each)
        series = [
            Series(one.name, one.ink, [sum(one.counts[place : place + each]) for place in places])
            for one in self.series
        ]
        return Chart(series, [self.starts[place] for place in places], self.by), each


@dataclass(frozen=True)
class _Bar:
    """A bar: where it stands, how wide it is, and what it shows in a row (None above its end)."""

    left: int
    width: int
    cell: Callable[[int], Span | None]


def grouped_chart(chart: Chart, canvas: Canvas) -> list[Line]:
    """The series side by side in each bucket, or, where that does not fit, each in a lane of its own."""
    scale = fitting_scale(max(max(one.counts, default=0) for one in chart.series), canvas.rows)
    plot = canvas.width - scale.label_width - 1
    pitch = min(_WIDEST_GROUP, plot // max(len(chart.starts), 1))
    width = (pitch - max(1, round(pitch * 0.2))) // len(chart.series)
    if width < 1:
        return _lanes(chart, canvas)
    slots = Slots(len(chart.starts), pitch, width * len(chart.series))
    bars = [
        bar
        for place, one in enumerate(chart.series)
        for bar in _bars(one, scale, slots, canvas.glyph(place), left=place * width, width=width)
    ]
    rows = _rows(bars, slots, scale, canvas, scale.label_width)
    return [*rows, *_foot(chart, slots, canvas, scale.label_width, 1)]


def _lanes(chart: Chart, canvas: Canvas) -> list[Line]:
    """A lane for each series, each on its own scale, over one time axis."""
    chart, each = chart.merged(canvas.width - _WIDEST_MARGIN)
    rows_each = max(3, canvas.rows * 2 // 5)
    scales = [fitting_scale(max(one.counts, default=0), rows_each, most_ticks=2) for one in chart.series]
    margin = max(scale.label_width for scale in scales)
    if canvas.width - margin - 1 < _NARROWEST_PLOT:
        return []
    slots = _slots(len(chart.starts), canvas.width - margin - 1)
    glyph = SOLID if canvas.unicode else ASCII_GLYPHS[0]
    lines: list[Line] = []
    for place, (one, scale) in enumerate(zip(chart.series, scales, strict=True)):
        lines += [_baseline(slots, margin, canvas)] if place else []
        lines.append([Span(" " * (margin + 1)), *_lane_title(one, canvas)])
        lines += _rows(_bars(one, scale, slots, glyph), slots, scale, canvas, margin)
    return [*lines, *_foot(chart, slots, canvas, margin, each)]


def _lane_title(one: Series, canvas: Canvas) -> Line:
    """A lane has its name above it, so without colour it needs no glyph of its own."""
    return [*([canvas.mark(0, one.ink), Span(" ")] if canvas.solid else []), Span(one.name, dim=True)]


def stacked_chart(chart: Chart, canvas: Canvas) -> list[Line]:
    """The series of each bucket on top of each other, the first at the bottom."""
    chart, each = chart.merged(canvas.width - _WIDEST_MARGIN)
    columns = list(zip(*(one.counts for one in chart.series), strict=True))
    scale = fitting_scale(max(map(sum, columns), default=0), canvas.rows)
    plot = canvas.width - scale.label_width - 1
    if plot < max(_NARROWEST_PLOT, len(chart.starts)):
        return []
    slots = _slots(len(chart.starts), plot)
    bars = []
    for place, counts in enumerate(columns):
        # Rounded as sums from the bottom, the parts end where the whole does.
        edges = [scale.eighths(total) for total in accumulate(counts)]
        cell = _stack(edges, chart.series, canvas)
        bars.append(_Bar(place * slots.pitch, slots.width, cell))
    rows = _rows(bars, slots, scale, canvas, scale.label_width)
    return [*rows, *_foot(chart, slots, canvas, scale.label_width, each)]


def _slots(count: int, plot: int) -> Slots:
    """One bar a bucket: as wide as fits, about a third of it gap once there is room for one."""
    pitch = min(_WIDEST_GROUP, plot // max(count, 1))
    width = pitch if pitch == 1 else max(1, min(_WIDEST_BAR, round(pitch * 0.68)))
    return Slots(count, pitch, width)


def _bars(
    one: Series, scale: Scale, slots: Slots, glyph: str, *, left: int = 0, width: int | None = None
) -> list[_Bar]:
    """The bars of one series, each `left` cells into its slot."""
    return [
        _Bar(place * slots.pitch + left, width or slots.width, _bar(scale.eighths(count), one.ink, glyph))
        for place, count in enumerate(one.counts)
    ]


def _bar(eighths: int, ink: str, glyph: str) -> Callable[[int], Span | None]:
    return lambda row: bar_cell(eighths, row, ink, glyph)


def _stack(edges: Sequence[int], series: Sequence[Series], canvas: Canvas) -> Callable[[int], Span | None]:
    return lambda row: stack_cell(edges, row, series, canvas)


def _rows(bars: Iterable[_Bar], slots: Slots, scale: Scale, canvas: Canvas, margin: int) -> list[Line]:
    """The rows from the top down: a number where a tick is, the gridline, and the bars before it."""
    lines, bars = [], list(bars)
    grid = (GRID if canvas.colour else SPARSE_GRID) if canvas.unicode else ASCII_GRID
    for row in reversed(range(scale.rows)):
        label = scale.label_at(row)
        behind = grid if label else " "
        cells = [Span(behind[place % len(behind)], dim=True) for place in range(slots.cells)]
        for bar in bars:
            if (span := bar.cell(row)) is not None:
                cells[bar.left : bar.left + bar.width] = [span] * bar.width
        lines.append([Span(f"{label:>{margin}} ", dim=True), *cells])
    return lines


def _foot(chart: Chart, slots: Slots, canvas: Canvas, margin: int, each: int) -> list[Line]:
    """The baseline with its 0, the dates below, and how many buckets a bar stands for."""
    notes = axis_lines(chart.starts, chart.by, slots, canvas.width - margin - 1)
    if each > 1 or chart.by == "week":  # a day's date under a bar does not say that it is a week
        notes.append(f"{each} {chart.by}{'s' * (each > 1)} a bar")
    indent = " " * (margin + 1)
    return [
        _baseline(slots, margin, canvas, "0"),
        *([Span(indent), Span(note, dim=True)] for note in notes),
    ]


def _baseline(slots: Slots, margin: int, canvas: Canvas, label: str = "") -> Line:
    base = BASE if canvas.unicode else ASCII_BASE
    return [Span(f"{label:>{margin}} ", dim=True), Span(base * slots.cells, dim=True)]
