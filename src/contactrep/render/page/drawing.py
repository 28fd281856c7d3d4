"""Charts of a page: plots in per cent across and pixels down, as the templates write them.

A bar keeps its place when the page gets wider, and a label its size, because only widths are relative.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from contactrep.document.blocks import Chart
from contactrep.render.geometry.axis import axis_number
from contactrep.render.geometry.dates import Label
from contactrep.render.geometry.plot import Bar, BarGroup, Plot, net_plot, plot_of
from contactrep.render.geometry.widths import ems
from contactrep.render.palette import METRIC_INKS
from contactrep.render.templates import tenths
from contactrep.render.text import legible

_HEIGHT, _NET_HEIGHT = 208, 72
_TOP = 8
"""Pixels above the highest gridline: half of its label."""

_ROW = 17
"""Pixels of a row of labels below the bars."""

_FONT = 12
"""Pixels of an em of labels."""

LOWEST = 1.5
"""Pixels of the lowest bar: one event is never drawn as none."""

_NARROW, _MEDIUM, _WIDE = 264 / _FONT, 530 / _FONT, 930 / _FONT
"""Em of three widths of a plot; page.css shows the labels for the widest that fits."""

_SPARK_BARS = 31


@dataclass(frozen=True)
class Drawing:
    """One plot: the names and inks of its series, the height of its bars, and the width of the numbers beside
    it. A `name` is shown above the plot."""

    plot: Plot
    names: Sequence[str]
    inks: Sequence[str]
    plot_height: int
    margin: int
    labelled: bool = True
    name: str = ""
    top = _TOP

    @cached_property
    def levels(self) -> list[list[list[Label]]]:
        """The rows of labels below the bars, for pages from narrow to wide."""
        return [self.plot.labels(width) for width in (_NARROW, _MEDIUM, _WIDE)] if self.labelled else []

    @property
    def height(self) -> int:
        """The height of the whole."""
        rows = max(map(len, self.levels), default=0)
        return _TOP + self.plot_height + (rows * _ROW + 6 if rows else 8)

    @property
    def buckets(self) -> Iterator[tuple[str, BarGroup]]:
        """What each bucket is called, and its bars."""
        return zip(self.plot.chart.labels, self.plot.groups, strict=True)

    def line(self, tick: int) -> str:
        """Where a gridline is."""
        return tenths(_TOP + (1 - self.plot.axis.height(tick)) * self.plot_height)

    def upright(self, bar: Bar) -> tuple[str, str]:
        """The upper edge and the height of a bar."""
        top, tall = bar.upright(_TOP, self.plot_height, LOWEST)
        return tenths(top), tenths(tall)


def drawings_of(chart: Chart, inks: Sequence[str]) -> list[Drawing]:
    """The chart, drawn with an ink for each of its series; an overview has the net below."""
    plot, net = plot_of(chart), net_plot(chart)
    names = [legible(one.name) for one in plot.chart.series]
    margin = max(_margin(one) for one in (plot, net) if one)
    drawings = [Drawing(plot, names, inks, _HEIGHT, margin, labelled=net is None)]
    if net is not None:
        drawings.append(Drawing(net, ["Net"], [METRIC_INKS["net"]], _NET_HEIGHT, margin, name="Net"))
    return drawings


def _margin(plot: Plot) -> int:
    return round(max(ems(axis_number(tick)) for tick in plot.axis.ticks) * _FONT) + 10


def spark_of(chart: Chart) -> tuple[str, str] | None:
    """The small bars of a chart of one series; None of fewer than three buckets.

    They are in a square of 100 by 100: those of finished buckets as one path, the others as another.
    """
    plot = plot_of(chart, most=_SPARK_BARS)
    if len(plot.groups) < 3:
        return None
    finished, unfinished = (
        "".join(_spark_bar(group) for group in plot.groups if group.unfinished is state)
        for state in (False, True)
    )
    return finished, unfinished


def _spark_bar(group: BarGroup) -> str:
    (bar,) = group.bars
    if not bar.count:
        return ""
    top, tall = bar.upright(0, 100, 3)
    left, width = group.left * 100, group.width * 100
    return f"M{left + width * 0.15:.4g} {top:.4g}h{width * 0.7:.4g}v{tall:.4g}h-{width * 0.7:.4g}z"
