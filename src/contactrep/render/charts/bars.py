"""Bars over time: grouped, in lanes, or stacked.

A count of one is always visible, and gridlines are exactly at the value of their label. Where there are more
buckets than cells, the drawing merges neighbours and says so; the data does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from contactrep.document.blocks import Chart, Series, summed
from contactrep.render.charts.axis import Slots, axis_lines
from contactrep.render.charts.cells import Canvas, Filling, hatched
from contactrep.render.charts.scale import Scale, fitting_scale
from contactrep.render.paint import Run, StyledLine
from contactrep.render.text import visible

_WIDEST_GROUP, _WIDEST_BAR = 20, 12
_WIDEST_MARGIN, _NARROWEST_PLOT = 8, 4
BASE, ASCII_BASE = "▔", "-"
GRID, SPARSE_GRID, ASCII_GRID = "▔ ", "▔   ", " "
"""A gridline is dashed along the upper edge of its row; sparser without colour, where nothing can dim it."""


@dataclass(frozen=True)
class _Bar:
    """A bar: its position, its width, where its parts end, in eighths of a row, what fills them, and whether
    its bucket is not over yet."""

    left: int
    width: int
    edges: Sequence[int]
    filling: Filling
    unfinished: bool

    def cells(self, row: int, canvas: Canvas) -> list[Run]:
        """The cells of a row; none above the bar's end."""
        run = self.filling.cell(self.edges, row)
        if run is None:
            return []
        return hatched(run, row, self.width, canvas) if self.unfinished else [run] * self.width


def bar_chart(chart: Chart, inks: Sequence[str], canvas: Canvas) -> list[StyledLine]:
    """The chart with an ink for each series: parts of a whole stacked; other series side by side in each
    bucket or, where that does not fit, each in a lane of its own."""
    return ([] if chart.stacked else _grouped(chart, inks, canvas)) or _lanes(chart, inks, canvas)


def _grouped(chart: Chart, inks: Sequence[str], canvas: Canvas) -> list[StyledLine]:
    """The series side by side; nothing where they do not fit."""
    scale = fitting_scale(max(max(one.counts, default=0) for one in chart.series), canvas.rows)
    plot = canvas.width - scale.label_width - 1
    pitch = min(_WIDEST_GROUP, plot // max(len(chart.buckets), 1))
    width = (pitch - max(1, round(pitch * 0.2))) // len(chart.series)
    if width < 1:
        return []
    bars: list[_Bar] = []
    for place, (one, ink) in enumerate(zip(chart.series, inks, strict=True)):
        own = Slots(len(chart.buckets), pitch, width, place * width)
        bars += _bars([one], scale, own, Filling([ink], [canvas.glyph(place)]), chart.unfinished)
    slots = Slots(len(chart.buckets), pitch, width * len(chart.series))
    rows = _rows(bars, slots, scale, canvas, scale.label_width)
    return [*rows, *_foot(chart, slots, canvas, scale.label_width, 1)]


def _lanes(chart: Chart, inks: Sequence[str], canvas: Canvas) -> list[StyledLine]:
    """Parts of a whole on top of each other, or a lane for each series, each on its own scale, over one time
    axis; nothing where the page is too narrow."""
    chart, each = chart.merged(canvas.width - _WIDEST_MARGIN)
    lanes = [chart.series] if chart.stacked else [(one,) for one in chart.series]
    rows, ticks = (canvas.rows, 5) if chart.stacked else (max(3, canvas.rows * 2 // 5), 2)
    scales = [fitting_scale(max(summed(lane), default=0), rows, most_ticks=ticks) for lane in lanes]
    margin = max(scale.label_width for scale in scales)
    plot = canvas.width - margin - 1
    if plot < max(_NARROWEST_PLOT, len(chart.buckets)):
        return []
    slots = _slots(len(chart.buckets), plot)
    lines: list[StyledLine] = []
    for place, (lane, scale) in enumerate(zip(lanes, scales, strict=True)):
        own = inks if chart.stacked else inks[place : place + 1]
        if not chart.stacked:
            lines += [_baseline(slots, margin, canvas)] if place else []
            # A lane has its name above it, so without colour it needs no glyph of its own.
            mark = [canvas.mark(0, *own), Run(" ")] if canvas.solid else []
            lines.append([Run(" " * (margin + 1)), *mark, Run(visible(lane[0].name), dim=True)])
        bars = _bars(lane, scale, slots, canvas.filling(own), chart.unfinished)
        lines += _rows(bars, slots, scale, canvas, margin)
    return [*lines, *_foot(chart, slots, canvas, margin, each)]


def _slots(count: int, plot: int) -> Slots:
    """One bar a bucket: as wide as fits, about a third of it gap once there is room for one."""
    pitch = min(_WIDEST_GROUP, plot // max(count, 1))
    width = pitch if pitch == 1 else max(1, min(_WIDEST_BAR, round(pitch * 0.68)))
    return Slots(count, pitch, width)


def _bars(
    series: Sequence[Series], scale: Scale, slots: Slots, filling: Filling, unfinished: int
) -> list[_Bar]:
    """A bar for each bucket, the series on top of each other; the last `unfinished` buckets are not over."""
    columns = list(zip(*(one.counts for one in series), strict=True))
    bars = []
    for place, counts in enumerate(columns):
        # Rounded as sums from the bottom, the parts end where the whole does.
        edges = [scale.eighths(total) for total in accumulate(counts)]
        left, over = slots.left + place * slots.pitch, len(columns) - unfinished
        bars.append(_Bar(left, slots.width, edges, filling, place >= over))
    return bars


def _rows(bars: Sequence[_Bar], slots: Slots, scale: Scale, canvas: Canvas, margin: int) -> list[StyledLine]:
    """The rows from the top down: a number where a tick is, its gridline, and the bars in front of it."""
    lines = []
    grid = (GRID if canvas.colour else SPARSE_GRID) if canvas.unicode else ASCII_GRID
    for row in reversed(range(scale.rows)):
        label = scale.label_at(row)
        ground = grid if label else " "
        cells = [Run(ground[place % len(ground)], dim=True) for place in range(slots.cells)]
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
