"""Bars over time: grouped, in lanes, or stacked.

One event is never drawn as none, gridlines lie exactly where their number says, and where there are
more buckets than cells the drawing merges neighbours and says so; the data stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contactrep.render.charts.axis import Slots, axis_lines
from contactrep.render.charts.scale import EIGHTHS, Scale, fitting_scale
from contactrep.render.paint import ASCII_GLYPHS, GLYPHS, Line, Span

_WIDEST_GROUP, _WIDEST_BAR = 14, 8
_NARROWEST_PLOT = 4
BASE, ASCII_BASE = "▔", "-"
GRID, ASCII_GRID = "⠁", " "
"""A gridline is dotted along the upper edge of its row, so that it stays behind the bars."""


@dataclass(frozen=True)
class Series:
    """One series: its name, its ink, and its count in every bucket."""

    name: str
    ink: str
    counts: Sequence[int]


@dataclass(frozen=True)
class Chart:
    """What a bar chart is made from: series over the buckets that begin at `starts` (wall times)."""

    series: Sequence[Series]
    starts: Sequence[datetime]
    by: str


@dataclass(frozen=True)
class Canvas:
    """What it is drawn on: cells across, about how many rows, and whether it has colour and blocks."""

    width: int
    rows: int = 10
    colour: bool = True
    unicode: bool = True

    def glyph(self, place: int) -> str:
        """What fills the bars of a series, by its place among them."""
        if self.colour:
            return "█"
        return (GLYPHS if self.unicode else ASCII_GLYPHS)[place % len(GLYPHS)]


def merged(chart: Chart, most: int) -> tuple[Chart, int]:
    """The chart with so many neighbouring buckets a bar that at most `most` bars remain; and how many."""
    each = -(-len(chart.starts) // max(most, 1)) or 1
    if each == 1:
        return chart, 1
    places = range(0, len(chart.starts), each)
    series = [
        Series(one.name, one.ink, [sum(one.counts[place : place + each]) for place in places])
        for one in chart.series
    ]
    return Chart(series, [chart.starts[place] for place in places], chart.by), each


def grouped_chart(chart: Chart, canvas: Canvas) -> list[Line]:
    """The series side by side in each bucket, or, where that does not fit, each in a lane of its own."""
    scale = fitting_scale(max(max(one.counts, default=0) for one in chart.series), canvas.rows)
    plot = canvas.width - scale.label_width - 1
    pitch = min(_WIDEST_GROUP, plot // max(len(chart.starts), 1))
    bar = (pitch - max(1, round(pitch * 0.2))) // len(chart.series)
    if bar < 1:
        return _lanes(chart, canvas)
    slots = Slots(len(chart.starts), pitch, bar * len(chart.series))
    rows = []
    for row in reversed(range(scale.rows)):
        cells = _grid(slots, scale, row, canvas)
        for place, one in enumerate(chart.series):
            for bucket, count in enumerate(one.counts):
                _fill(
                    cells,
                    bucket * pitch + place * bar,
                    bar,
                    _bar_cell(scale.eighths(count), row, one, place, canvas),
                )
        rows.append(_labelled(scale, row, cells))
    return _framed(rows, chart, slots, scale.label_width, plot, canvas, 1)


def _lanes(chart: Chart, canvas: Canvas) -> list[Line]:
    """A lane for each series, each on its own scale, over one time axis."""
    chart, each = merged(chart, canvas.width - 8)
    scales = [
        fitting_scale(max(one.counts, default=0), max(3, canvas.rows * 2 // 5), most_ticks=2)
        for one in chart.series
    ]
    margin = max(scale.label_width for scale in scales)
    plot = canvas.width - margin - 1
    if plot < _NARROWEST_PLOT:
        return []
    slots = _slots(len(chart.starts), plot)
    rows: list[Line] = []
    for place, (one, scale) in enumerate(zip(chart.series, scales, strict=True)):
        rows.append([Span(" " * (margin + 1)), *legend_entry(one.name, one.ink, canvas.glyph(place), canvas)])
        for row in reversed(range(scale.rows)):
            cells = _grid(slots, scale, row, canvas)
            for bucket, count in enumerate(one.counts):
                _fill(
                    cells,
                    bucket * slots.pitch,
                    slots.width,
                    _bar_cell(scale.eighths(count), row, one, place, canvas),
                )
            rows.append(_labelled(scale, row, cells, margin))
        if place < len(chart.series) - 1:
            rows.append(_baseline(slots, margin, canvas))
    return _framed(rows, chart, slots, margin, plot, canvas, each)


def stacked_chart(chart: Chart, canvas: Canvas) -> list[Line]:
    """The series of each bucket on top of each other, the first at the bottom."""
    chart, each = merged(chart, canvas.width - 8)
    totals = [sum(counts) for counts in zip(*(one.counts for one in chart.series), strict=True)]
    scale = fitting_scale(max(totals, default=0), canvas.rows)
    plot = canvas.width - scale.label_width - 1
    if plot < max(_NARROWEST_PLOT, len(chart.starts)):
        return []
    slots = _slots(len(chart.starts), plot)
    stacks = [_stack(chart.series, bucket, scale) for bucket in range(len(chart.starts))]
    rows = []
    for row in reversed(range(scale.rows)):
        cells = _grid(slots, scale, row, canvas)
        for bucket, stack in enumerate(stacks):
            _fill(cells, bucket * slots.pitch, slots.width, _stack_cell(stack, row, chart.series, canvas))
        rows.append(_labelled(scale, row, cells))
    return _framed(rows, chart, slots, scale.label_width, plot, canvas, each)


def _slots(count: int, plot: int) -> Slots:
    """One bar a bucket: as wide as fits, about a third of it gap once there is room for one."""
    pitch = min(_WIDEST_GROUP, plot // max(count, 1))
    bar = pitch if pitch == 1 else max(1, min(_WIDEST_BAR, round(pitch * 0.68)))
    return Slots(count, pitch, bar)


def legend_entry(name: str, ink: str, glyph: str, canvas: Canvas) -> Line:
    """A series' mark and name."""
    return [mark(ink, glyph, canvas), Span(f" {name}", dim=True)]


def mark(ink: str, glyph: str, canvas: Canvas) -> Span:
    """What stands for a series in a legend: its colour, or its glyph where there is none."""
    return Span("■", ink) if canvas.colour and canvas.unicode else Span(glyph, ink)


def _grid(slots: Slots, scale: Scale, row: int, canvas: Canvas) -> Line:
    """The empty cells of a row, with the gridline where its upper edge is a tick."""
    line = GRID if canvas.unicode else ASCII_GRID
    return [Span(line if scale.label_at(row) else " ", dim=True)] * slots.cells


def _fill(cells: Line, left: int, width: int, span: Span | None) -> None:
    if span is not None:
        cells[left : left + width] = [span] * width


def _bar_cell(eighths: int, row: int, one: Series, place: int, canvas: Canvas) -> Span | None:
    """A row's cell of a bar that is so many eighths tall."""
    within = min(8, eighths - 8 * row)
    if within <= 0:
        return None
    glyph = canvas.glyph(place)
    if not canvas.unicode:
        return Span(glyph) if within >= 4 or row == 0 else None
    if glyph == "█":
        return Span(EIGHTHS[within], one.ink)
    # A pattern cannot be cut: it fills the cell, or the bar's foot alone shows that there is something.
    return Span(glyph) if within >= 4 else Span(EIGHTHS[1]) if row == 0 else None


def _stack(series: Sequence[Series], bucket: int, scale: Scale) -> list[int]:
    """The upper edges of a bucket's parts, in eighths from the bottom: rounded as sums, so they add up."""
    edges, total = [], 0
    for one in series:
        total += one.counts[bucket]
        edges.append(scale.eighths(total))
    return edges


def _stack_cell(edges: Sequence[int], row: int, series: Sequence[Series], canvas: Canvas) -> Span | None:
    """A row's cell of a stack: the part that fills most of it, and the next most above or below that."""
    parts, below = [], 8 * row
    for place, edge in enumerate(edges):
        covered = min(edge, 8 * row + 8) - below
        if covered > 0:
            parts.append((covered, place))
            below += covered
    if not parts:
        return None
    empty = 8 * row + 8 - below
    if not canvas.colour:
        return _pattern_cell(parts, empty, row, canvas)
    kept = sorted(sorted(parts, reverse=True)[: 1 if empty > max(parts)[0] else 2], key=lambda part: part[1])
    if empty:
        covered = 8 - empty
        return Span(EIGHTHS[covered], series[max(parts)[1]].ink)
    if len(kept) == 1:
        return Span("█", series[kept[0][1]].ink)
    (lower, bottom), (upper, top) = kept
    share = max(1, min(7, round(8 * lower / (lower + upper))))
    return Span(EIGHTHS[share], series[bottom].ink, series[top].ink)


def _pattern_cell(parts: Sequence[tuple[int, int]], empty: int, row: int, canvas: Canvas) -> Span | None:
    if empty > 4:
        return Span(EIGHTHS[1] if canvas.unicode else ASCII_GLYPHS[0]) if row == 0 else None
    return Span(canvas.glyph(max(parts)[1]))


def _labelled(scale: Scale, row: int, cells: Line, margin: int | None = None) -> Line:
    width = scale.label_width if margin is None else margin
    return [Span(f"{scale.label_at(row):>{width}} ", dim=True), *cells]


def _baseline(slots: Slots, margin: int, canvas: Canvas) -> Line:
    return [Span(" " * (margin + 1)), Span((BASE if canvas.unicode else ASCII_BASE) * slots.cells, dim=True)]


def _framed(
    rows: list[Line], chart: Chart, slots: Slots, margin: int, plot: int, canvas: Canvas, each: int
) -> list[Line]:
    """The rows, the baseline with its 0, the dates below, and how many buckets a bar stands for."""
    indent = " " * (margin + 1)
    foot = _baseline(slots, margin, canvas)
    foot[0] = Span(f"{0:>{margin}} ", dim=True)
    dates = axis_lines(chart.starts, chart.by, slots, plot)
    lines = [*rows, foot, *([Span(indent), Span(text, dim=True)] for text in dates)]
    if each > 1:
        lines.append([Span(indent), Span(f"{each} {chart.by}s a bar", dim=True)])
    return lines
