"""The charts of a mail: opaque PNG, because mail programs neither show SVG nor invert pictures in the
dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from contactrep.document.blocks import Chart, Series, summed
from contactrep.errors import OutputProblem
from contactrep.phrases import number
from contactrep.render.formats import RESVG
from contactrep.render.geometry.plot import plot_of
from contactrep.render.outline import Outline, OutlineSection
from contactrep.render.palette import INKS
from contactrep.render.picture import shapes
from contactrep.render.picture.charts import CARD, TEXT, Box, bar_chart

WIDTH, HEIGHT = 602, 216
_ZOOM, _MARGIN, _LEGEND = 2, 8, 28
_MOST_BARS = 62
"""Fewer than on a page: a phone shows the picture at half its size."""


@dataclass(frozen=True)
class MailChart:
    """The chart of a section as a picture with its Content-ID, and in words for who does not see it."""

    title: str
    cid: str
    png: bytes
    words: str


def charts_of(report: Outline, name: str, tell: Callable[[str], None] | None) -> list[MailChart]:
    """A chart for each section that has one, in order; their Content-IDs end in `name`."""
    return [
        MailChart(section.title, f"chart-{place}.{name}", _png(section, chart, tell), words_of(chart))
        for place, (section, chart) in enumerate(report.drawn, 1)
    ]


def _png(section: OutlineSection, chart: Chart, tell: Callable[[str], None] | None) -> bytes:
    try:
        from contactrep.render.picture.png import drawn
    except ModuleNotFoundError:
        raise OutputProblem(f"a mail with charts {RESVG.advice}") from None
    svg = shapes.drawing(WIDTH, HEIGHT, _parts(section, chart), title=section.title, ground=CARD)
    return drawn(svg, tell, zoom=_ZOOM)


def _parts(section: OutlineSection, chart: Chart) -> Iterator[str]:
    top = _MARGIN
    if not section.parts:
        yield from _legend(chart, section.inks)
        top += _LEGEND
    box = Box(_MARGIN, top, WIDTH - 2 * _MARGIN, HEIGHT - top - _MARGIN / 2)
    yield from bar_chart(plot_of(chart, most=_MOST_BARS), box, section.inks, size=14)


def _legend(chart: Chart, inks: Sequence[str]) -> Iterator[str]:
    x = float(_MARGIN)
    for series, ink in zip(chart.series, inks, strict=True):
        yield shapes.box(x, 8, 12, 12, fill=INKS[ink].light, radius=3)
        yield shapes.text(x + 19, 19, series.name, size=14, fill=TEXT)
        x += 19 + shapes.width(series.name, size=14) + 20


def words_of(chart: Chart) -> str:
    """`Bars by day: Added 1,440, most Wed 4 Nov 2026 with 299; Deleted 160, most …`."""
    series = [Series("All", summed(chart.series))] if chart.stacked else chart.series
    return f"Bars by {chart.by}: {'; '.join(_said(one, chart) for one in series)}."


def _said(series: Series, chart: Chart) -> str:
    counts = series.counts
    most = max(counts, default=0)
    whole = f"{series.name} {number(sum(counts))}"
    return f"{whole}, most {chart.labels[counts.index(most)]} with {number(most)}" if most else whole
