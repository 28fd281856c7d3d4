"""Charts of a page: plots in per cent across and pixels down, as the templates write them.

A bar keeps its place when the page gets wider, and a label its size, because only widths are relative.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from contactrep.document.blocks import Chart, Parts, Series
from contactrep.phrases import number
from contactrep.render.geometry.axis import axis_number
from contactrep.render.geometry.dates import Label
from contactrep.render.geometry.plot import Bar, Group, Plot, net_plot, plot_of
from contactrep.render.geometry.ring import arcs_of
from contactrep.render.geometry.widths import ems
from contactrep.render.palette import NET_INK, OTHER_INK, OVERVIEW_INKS, part_inks
from contactrep.render.text import legible

_HEIGHT, _NET_HEIGHT = 208, 72
_TOP = 8
"""Pixels above the highest gridline: half of its label."""

_ROW = 17
"""Pixels of a row of labels below the bars."""

_FONT = 12
"""Pixels of an em of labels."""

_LOWEST = 1.5
"""Pixels of the lowest bar: one event is never drawn as none."""

_NARROW, _MEDIUM, _WIDE = 264 / _FONT, 530 / _FONT, 930 / _FONT
"""Em of three widths of a plot; page.css shows the labels for the widest that fits."""

_SPARK_BARS = 31
_OUTER, _INNER = 58, 39
"""The radii of a donut in a square of 120."""


@dataclass(frozen=True)
class Tick:
    """A gridline and its number."""

    y: str
    text: str
    zero: bool


@dataclass(frozen=True)
class Rectangle:
    """A bar."""

    series: int
    ink: str
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True)
class Bars:
    """The bars of one bucket: `label` names it, `said` says its counts, `values` are these for the script."""

    x: str
    width: str
    label: str
    said: list[str]
    values: str
    rectangles: list[Rectangle]
    unfinished: bool


@dataclass(frozen=True)
class Text:
    """A label below the bars, centred at `x`."""

    x: str
    text: str


@dataclass(frozen=True)
class Drawing:
    """One plot: its axis, weekends, bars, and the rows of labels of each level, from narrow to wide."""

    name: str
    stacked: bool
    margin: int
    top: int
    plot_height: int
    height: int
    ticks: list[Tick]
    weekends: list[tuple[str, str]]
    bars: list[Bars]
    levels: list[list[list[Text]]]


@dataclass(frozen=True)
class Key:
    """An entry of a chart's legend."""

    name: str
    ink: str


@dataclass(frozen=True)
class Figure:
    """A chart with its legend; an overview has the net below. `note` says what a bar is, if not obvious."""

    kind = "figure"
    label: str
    keys: list[Key]
    drawings: list[Drawing]
    note: str
    unfinished: bool


def figure_of(chart: Chart) -> Figure:
    """The chart, drawn."""
    plot, net = plot_of(chart), net_plot(chart)
    names = [legible(one.name) for one in plot.chart.series]
    inks = _inks(chart, plot.chart)
    margin = max(_margin(one) for one in (plot, net) if one)
    drawings = [_drawing(plot, names, inks, _HEIGHT, margin, labelled=net is None)]
    if net is not None:
        drawings.append(_drawing(net, ["Net"], [NET_INK], _NET_HEIGHT, margin, labelled=True, name="Net"))
    return Figure(
        label=f"Bar chart by {chart.by} of {', '.join(names)}",
        keys=[Key(name, ink) for name, ink in zip(names, inks, strict=True)],
        drawings=drawings,
        note=_note(plot),
        unfinished=bool(chart.unfinished),
    )


def _inks(chart: Chart, drawn: Chart) -> Sequence[str]:
    if not chart.stacked:
        return OVERVIEW_INKS
    return part_inks([one.name for one in drawn.series], gathered=len(chart.series) > len(drawn.series))


def _note(plot: Plot) -> str:
    by = plot.chart.by
    if plot.each > 1:
        return f"Each bar is {number(plot.each)} {by}s"
    return "Each bar is a week" if by == "week" else ""


def _margin(plot: Plot) -> int:
    return round(max(ems(axis_number(tick)) for tick in plot.axis.ticks) * _FONT) + 10


def _drawing(
    plot: Plot,
    names: Sequence[str],
    inks: Sequence[str],
    height: int,
    margin: int,
    *,
    labelled: bool,
    name: str = "",
) -> Drawing:
    levels = [_level(plot.labels(width)) for width in (_NARROW, _MEDIUM, _WIDE)] if labelled else []
    rows = max(map(len, levels), default=0)
    return Drawing(
        name=name,
        stacked=plot.chart.stacked,
        margin=margin,
        top=_TOP,
        plot_height=height,
        height=_TOP + height + (rows * _ROW + 6 if rows else 8),
        ticks=[
            Tick(pixels(_y(plot.axis.height(tick), height)), axis_number(tick), tick == 0)
            for tick in plot.axis.ticks
        ],
        weekends=[(per_cent(band.left), per_cent(band.width)) for band in plot.weekends],
        bars=list(_bars(plot, names, inks, height)),
        levels=levels,
    )


def _level(rows: list[list[Label]]) -> list[list[Text]]:
    return [[Text(per_cent(label.left + label.width / 2), label.text) for label in row] for row in rows]


def _bars(plot: Plot, names: Sequence[str], inks: Sequence[str], height: int) -> Iterator[Bars]:
    for label, group in zip(plot.chart.labels, plot.groups, strict=True):
        yield Bars(
            x=per_cent(group.left),
            width=per_cent(group.width),
            label=label,
            said=[f"{names[bar.series]} {number(bar.count)}" for bar in group.bars if bar.count],
            values=" ".join(str(bar.count) for bar in group.bars),
            rectangles=[_rectangle(bar, inks[bar.series], height) for bar in group.bars if bar.count],
            unfinished=group.unfinished,
        )


def _rectangle(bar: Bar, ink: str, height: int) -> Rectangle:
    tall = max((bar.high - bar.low) * height, _LOWEST)
    top = _y(bar.low, height) - tall if bar.count > 0 else _y(bar.high, height)
    return Rectangle(bar.series, ink, per_cent(bar.left), per_cent(bar.width), pixels(top), pixels(tall))


def _y(fraction: float, height: int) -> float:
    return _TOP + (1 - fraction) * height


def per_cent(fraction: float) -> str:
    """`12.5%`, to a hundredth."""
    return f"{round(fraction * 100, 2):g}%"


def pixels(length: float) -> str:
    """`12.5`, to a tenth."""
    return f"{round(length, 1):g}"


@dataclass(frozen=True)
class Spark:
    """Small bars in a square of 100 by 100: those of finished buckets as one path, the others as another."""

    finished: str
    unfinished: str


def spark_of(chart: Chart, name: str | None = None) -> Spark | None:
    """The small bars of one series or, without a name, of their total; None of fewer than three buckets."""
    series = (*chart.series, *([chart.net] if chart.net else []))
    found = [one for one in series if name is None or one.name == name]
    totals = [sum(counts) for counts in zip(*(one.counts for one in found), strict=True)]
    plot = plot_of(replace(chart, series=(Series("", totals),), net=None, stacked=False), most=_SPARK_BARS)
    if len(plot.groups) < 3:
        return None
    return Spark(
        "".join(_spark_bar(group) for group in plot.groups if not group.unfinished),
        "".join(_spark_bar(group) for group in plot.groups if group.unfinished),
    )


def _spark_bar(group: Group) -> str:
    (bar,) = group.bars
    if not bar.count:
        return ""
    tall = max((bar.high - bar.low) * 100, 3)
    top = (1 - bar.low) * 100 - tall if bar.count > 0 else (1 - bar.high) * 100
    left, width = group.left * 100, group.width * 100
    return f"M{left + width * 0.15:.4g} {top:.4g}h{width * 0.7:.4g}v{tall:.4g}h-{width * 0.7:.4g}z"


@dataclass(frozen=True)
class Slice:
    """An arc of a donut: the place of its part, its path, and what it says."""

    place: int
    ink: str
    path: str
    said: str


def donut_of(parts: Parts, inks: Sequence[str]) -> list[Slice]:
    """The arcs of the donut of a breakdown, in the inks of its gathered parts."""
    return [
        Slice(
            arc.place,
            inks[arc.place],
            arc.path(_OUTER, _INNER),
            f"{legible(arc.part.name)} {number(arc.part.figure.count)}, {arc.part.share}",
        )
        for arc in arcs_of(parts)
    ]


def inks_of(parts: Parts) -> list[str]:
    """The ink of every part, those that `Other` gathers included."""
    gathered = parts.gathered()
    inks = part_inks([part.name for part in gathered], gathered=any(part.members for part in gathered))
    return [*inks, *[OTHER_INK] * (len(parts.parts) - len(inks))]
