"""Bar charts and donuts as SVG elements in a box of pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from contactrep.document.blocks import Parts
from contactrep.phrases import number
from contactrep.render.geometry.axis import axis_number
from contactrep.render.geometry.dates import Label
from contactrep.render.geometry.plot import Plot
from contactrep.render.geometry.ring import arcs_of
from contactrep.render.palette import INKS, TONES
from contactrep.render.picture import shapes

TEXT, MUTED, CARD = TONES["text"].light, TONES["muted"].light, TONES["card"].light
_GRID, _WEEKEND = TONES["grid"].light, TONES["weekend"].light

_LEAST = 1.5
"""The least height of a bar, so that one event is visible."""


@dataclass(frozen=True)
class Box:
    """A rectangle on the drawing."""

    x: float
    y: float
    width: float
    height: float


def bar_chart(plot: Plot, box: Box, inks: Sequence[str], *, size: float = 14) -> Iterator[str]:
    """The bars with their axes, each series in its ink; `size` is that of the labels."""
    numbers = [axis_number(tick) for tick in plot.axis.ticks]
    margin = max(shapes.width(one, size=size) for one in numbers) + size * 0.7
    rows = plot.labels((box.width - margin) / size)
    foot = size * (0.6 + 1.35 * len(rows) + 1.35 * bool(plot.note))
    inner = Box(box.x + margin, box.y + size * 0.5, box.width - margin, box.height - foot - size * 0.5)
    yield from _weekends(plot, inner)
    yield from _upright(plot, inner, numbers, size)
    for group in plot.groups:
        draw = shapes.hatching if group.unfinished else shapes.box
        for bar in (bar for bar in group.bars if bar.high > bar.low):
            top, tall = bar.upright(inner.y, inner.height, _LEAST)
            left, wide = inner.x + bar.left * inner.width, bar.width * inner.width
            yield draw(left, top, wide, tall, fill=INKS[inks[bar.series]].light)
    yield _line(inner, inner.y + inner.height * (1 - plot.axis.height(0)), MUTED)
    yield from _dates(plot, inner, rows, size)


def _weekends(plot: Plot, box: Box) -> Iterator[str]:
    for band in plot.weekends:
        left, wide = box.x + band.left * box.width, band.width * box.width
        yield shapes.box(left, box.y, wide, box.height, fill=_WEEKEND)


def _upright(plot: Plot, box: Box, numbers: Sequence[str], size: float) -> Iterator[str]:
    """The numbers with their lines: every one, or in a low chart every second or third."""
    step = plot.axis.height(plot.axis.step) - plot.axis.height(0)
    each = ceil(1.5 * size / (step * box.height))
    for tick, words in zip(plot.axis.ticks, numbers, strict=True):
        if tick // plot.axis.step % each == 0:
            y = box.y + box.height * (1 - plot.axis.height(tick))
            yield _line(box, y, _GRID)
            yield shapes.text(box.x - size * 0.6, y + size * 0.35, words, size=size, fill=MUTED, anchor="end")


def _line(box: Box, y: float, ink: str) -> str:
    return shapes.element("line", x1=box.x, y1=y, x2=box.x + box.width, y2=y, stroke=ink)


def _dates(plot: Plot, box: Box, rows: Sequence[Sequence[Label]], size: float) -> Iterator[str]:
    y = box.y + box.height + size * 1.5
    for row in rows:
        for label in row:
            middle = box.x + (label.left + label.width / 2) * box.width
            yield shapes.text(middle, y, label.text, size=size, fill=MUTED, anchor="middle")
        y += size * 1.35
    if plot.note:
        yield shapes.text(box.x, y, plot.note, size=size, fill=MUTED)


def small_bars(counts: Sequence[int], box: Box, ink: str) -> Iterator[str]:
    """Bars without axes, beside a figure."""
    top, bottom = max(*counts, 1), min(*counts, 0)
    pitch = box.width / len(counts)
    for place, count in enumerate(counts):
        high = max(abs(count) * box.height / (top - bottom), 1)
        zero = box.y + box.height * top / (top - bottom)
        left = box.x + place * pitch
        yield shapes.box(left, zero - high if count >= 0 else zero, max(pitch * 0.7, 0.8), high, fill=ink)


def donut(parts: Parts, middle: tuple[float, float], radius: float, inks: Sequence[str]) -> Iterator[str]:
    """The shares as a ring, with the total within it."""
    arcs = arcs_of(parts)
    line: dict[str, str | float] = {"stroke": CARD, "stroke_width": 2} if len(arcs) > 1 else {}
    rings = [
        shapes.element("path", d=arc.path(radius, radius * 0.66), fill=INKS[inks[arc.place]].light, **line)
        for arc in arcs
    ]
    yield shapes.group(rings, *middle)
    total = number(parts.total.count)
    size = min(0.36, 1.15 / shapes.width(total, size=1, bold=True)) * radius
    x, y = middle[0], middle[1] + size * 0.22
    yield shapes.text(x, y, total, size=size, fill=TEXT, bold=True, anchor="middle")
    small = radius * 0.15
    yield shapes.text(x, y + radius * 0.22, parts.component, size=small, fill=MUTED, anchor="middle")
