"""Bars over time: side by side or stacked, in fractions of the plot's width and height."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from contactrep.document.blocks import Chart, Series, summed
from contactrep.phrases import number
from contactrep.render.geometry.axis import MOST_TICKS, Axis, fitting_axis
from contactrep.render.geometry.dates import Label, Room, label_rows
from contactrep.render.geometry.widths import ems

MOST_BARS = 124
"""The largest number of buckets that a plot draws; of more, neighbours are merged."""

GROUP = 0.72
"""The part of a bucket's width that its bars take; the rest is the gap."""

WIDEST = 0.06
"""The widest bar, so that a chart of few buckets does not become a wall."""

_CLEAR = 1.2
"""The least distance of two labels, in em."""

_LOW_TICKS = 3
"""Steps of the axis of a plot that is less than half as tall as another one."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of one series (by its place in the chart), from `low` to `high`; the two are equal for 0."""

    series: int
    count: int
    left: float
    width: float
    low: float
    high: float

    def upright(self, top: float, height: float, least: float) -> tuple[float, float]:
        """Where the bar begins, and how tall it is (`least` or more), in a plot of `height` below `top`."""
        tall = max((self.high - self.low) * height, least)
        if self.count > 0:
            return top + (1 - self.low) * height - tall, tall
        return top + (1 - self.high) * height, tall


@dataclass(frozen=True)
class BarGroup:
    """The bars of one bucket, and the part of the plot that is the bucket's: `width` wide, from `left` on.

    `unfinished`: the bucket, or the last one of those that are merged here, is not over.
    """

    left: float
    width: float
    bars: tuple[Bar, ...]
    unfinished: bool = False


class Band(NamedTuple):
    """The stretch of a weekend."""

    left: float
    width: float


@dataclass(frozen=True)
class Plot:
    """A chart that is ready to draw: small series of `chart` are gathered in one, and neighbouring buckets
    are merged.

    `each` is the number of buckets of the report per group.
    """

    chart: Chart
    each: int
    axis: Axis
    groups: tuple[BarGroup, ...]

    @property
    def note(self) -> str:
        """What a bar covers, where the dates alone do not tell; else empty."""
        if self.each > 1:
            return f"Each bar is {number(self.each)} {self.chart.by}s"
        return "Each bar is a week" if self.chart.by == "week" else ""

    @property
    def weekends(self) -> list[Band]:
        """Saturdays and Sundays, where each group is a day."""
        if self.chart.by != "day" or self.each > 1:
            return []
        days = zip(self.chart.starts, self.groups, strict=True)
        stretches = groupby(days, lambda day: day[0].weekday() >= _SATURDAY)
        weekends = [[group for _, group in found] for is_weekend, found in stretches if is_weekend]
        return [Band(one[0].left, one[-1].left + one[-1].width - one[0].left) for one in weekends]

    def labels(self, width: float) -> list[list[Label]]:
        """One or two rows of labels that fit a plot `width` em wide or wider, in fractions of it.

        A label is to be centred at `left + width / 2`.
        """
        pitch = width / max(len(self.groups), 1)
        room = Room(pitch, pitch, width, _CLEAR, ems, centred=True)
        rows = label_rows(self.chart.starts, self.chart.by, room)
        return [[Label(left / width, text, wide / width) for left, text, wide in row] for row in rows]


def plot_of(chart: Chart, *, most: int = MOST_BARS, most_ticks: int = MOST_TICKS) -> Plot:
    """The drawing of a chart with at most `most` groups of bars and eight series."""
    drawn, each = chart.gathered().merged(most)
    axis = axis_of(drawn.series, stacked=drawn.stacked, most_ticks=most_ticks)
    columns = list(zip(*(one.counts for one in drawn.series), strict=True))
    place = _stacked if drawn.stacked else _beside
    pitch, over = 1 / max(len(columns), 1), len(columns) - drawn.unfinished
    groups = tuple(
        BarGroup(bucket * pitch, pitch, tuple(place(counts, bucket * pitch, pitch, axis)), bucket >= over)
        for bucket, counts in enumerate(columns)
    )
    return Plot(drawn, each, axis, groups)


def axis_of(series: Sequence[Series], *, stacked: bool, most_ticks: int = MOST_TICKS) -> Axis:
    """The axis beside the counts of series, or beside their sums."""
    counts = summed(series) if stacked else [count for one in series for count in one.counts]
    return fitting_axis(min(counts, default=0), max(counts, default=0), most_ticks=most_ticks)


def net_plot(chart: Chart) -> Plot | None:
    """The low drawing of an overview's net, which may be below zero; None for a chart that has none."""
    if chart.net is None:
        return None
    return plot_of(chart.alone(chart.net), most_ticks=_LOW_TICKS)


def _stacked(counts: tuple[int, ...], left: float, pitch: float, axis: Axis) -> Iterator[Bar]:
    """Bars on top of each other, the first series at the bottom."""
    width = min(pitch * GROUP, WIDEST)
    left += (pitch - width) / 2
    total = 0
    for series, count in enumerate(counts):
        yield Bar(series, count, left, width, axis.height(total), axis.height(total + count))
        total += count


def _beside(counts: tuple[int, ...], left: float, pitch: float, axis: Axis) -> Iterator[Bar]:
    """Bars side by side, each from zero up or, for a count below zero, down."""
    width = min(pitch * GROUP / max(len(counts), 1), WIDEST)
    left += (pitch - width * len(counts)) / 2
    zero = axis.height(0)
    for series, count in enumerate(counts):
        end = axis.height(count)
        yield Bar(series, count, left + series * width, width, min(zero, end), max(zero, end))
