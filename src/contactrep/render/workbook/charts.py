"""Native charts of a workbook, and the sheet of buckets behind them.

Series and parts are named by cells, because a name that begins with = would become a formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from contactrep.document.blocks import Chart, Parts, Series
from contactrep.document.grids import Column, Grid
from contactrep.render.geometry.plot import MOST_BARS, axis_of
from contactrep.render.palette import INKS, METRIC_INKS, OVERVIEW_INKS, TONES, inks_of
from contactrep.render.workbook.sheets import COUNT, Area, Book, SheetPage, drawn_names, shown

_MOST_LABELS = 12
_STEPS: Mapping[str, Sequence[int]] = {
    "hour": (1, 2, 3, 6, 12, 24, 48, 168),
    "day": (1, 2, 7, 14, 28),
    "month": (1, 2, 3, 6, 12, 24, 60, 120),
}
"""Buckets from one label of an axis to the next."""

_AXIS_DATES = {"hour": "d mmm hh:mm", "month": "mmm yyyy", "quarter": "mmm yyyy", "year": "yyyy"}
_DATES, _HOURS = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_SERIAL_0 = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall time

_WIDE, _HIGH, _LOW, _RING = 1060, 340, 240, 620  # pixels
_BESIDE = 6
"""The column in which charts beside a table begin."""

_FONT = {"color": TONES["muted"].light, "size": 9}


def bucket_sheet(book: Book, name: str, chart: Chart, names: Sequence[str]) -> Area:
    """Add a sheet with a row for each bucket of a chart, and return the rows to draw.

    A drawing has at most eight series, called by the short `names`, and at most 124 buckets. Where the table
    has more, or longer names, the rows to draw are beside it.
    """
    page = SheetPage(book, name)
    drawn = chart.gathered().merged(MOST_BARS)[0]
    over = len(chart.buckets) - chart.unfinished
    columns = [*_columns(chart, [one.name for one in chart.series]), Column("partial", "flag")]
    rows: Iterable[Sequence[object]] = (
        [*row, "no" if place < over else "yes"] for place, row in enumerate(_rows(chart))
    )
    last, left = len(columns) - 1, 0
    if drawn is not chart or list(names) != [shown(one.name) for one in drawn.series]:
        left = last + 2
        columns += [Column(""), *_columns(drawn, names)]
        nothing = [None] * (len(columns) - left)
        pairs = zip_longest(rows, _rows(drawn), fillvalue=nothing)
        rows = ([*row, None, *others] for row, others in pairs)
    page.data(Grid(tuple(columns), rows, chart.zone), times=_HOURS if chart.by == "hour" else _DATES)
    page.sheet.freeze_panes(1, 2)
    page.sheet.autofilter(0, 0, len(chart.buckets), last)
    page.sheet.print_area(0, 0, len(chart.buckets), last)
    return Area(name, 1, len(drawn.buckets), left)


def _columns(chart: Chart, names: Sequence[str]) -> list[Column]:
    names = [*names, chart.net.name] if chart.net else names
    return [Column("start", "instant"), Column(chart.by), *(Column(one, "count", one) for one in names)]


def _rows(chart: Chart) -> Iterator[Sequence[object]]:
    """When each bucket starts, what it is called, and the count of each series."""
    starts = (bucket.start for bucket in chart.buckets)
    return zip(starts, chart.labels, *(one.counts for one in chart.columns), strict=True)


def draw_buckets(
    page: SheetPage, area: Area, chart: Chart, parts: Parts | None = None, *, beside: int | None = None
) -> None:
    """Draw the series of a chart on a page: below what it has, or from the row `beside` on."""
    drawn, each = chart.gathered().merged(MOST_BARS)
    *first, last = names = [it.name for it in drawn.series]
    what, inks = f"{', '.join(first)} and {last}".capitalize(), list(OVERVIEW_INKS)
    if parts:
        what, inks, names = f"Contacts {parts.component}", inks_of(parts), drawn_names(parts)
    also = f" and {parts.split}" if parts else ""
    native = _bars(page.book, area, drawn, [*zip(names, drawn.series, inks, strict=True)])
    title = f"{what} by {chart.by}{also}{_per_bar(chart, each)}"
    _insert(page, native, area, title, (_WIDE, _HIGH), legend="right" if parts else "bottom", beside=beside)


def draw_net(page: SheetPage, area: Area, chart: Chart) -> None:
    """Draw what the series come to, if the chart has it, below what the page has."""
    drawn, each = chart.merged(MOST_BARS)
    if drawn.net is None:
        return
    net = (drawn.net.name, drawn.net, METRIC_INKS["net"])
    native = _bars(page.book, area, drawn, [net], first=2 + len(drawn.series))
    _insert(page, native, area, f"Net by {chart.by}{_per_bar(chart, each)}", (_WIDE, _LOW))


def draw_shares(page: SheetPage, parts: Parts, area: Area, *, beside: int) -> None:
    """Draw the parts as a ring below the bars; `area` has their names and counts."""
    gathered = parts.drawn
    if not parts.total.count:
        return
    # Without any space, names such as `nan` would be written as numbers, which Excel cannot read.
    first, *others = drawn_names(parts)
    native = page.book.workbook.add_chart({"type": "doughnut"})
    border = {"color": TONES["card"].light, "width": 1.5}
    native.add_series(
        {
            "name": [area.sheet, area.first - 1, 1],
            "categories": area.column(0),
            "values": area.column(1),
            "categories_data": [f"{first} ", *others],
            "values_data": [part.figure.count for part in gathered],
            "points": [{"fill": {"color": INKS[ink].light}, "border": border} for ink in inks_of(parts)],
        }
    )
    native.set_hole_size(58)
    below = beside + _HIGH // 20 + 1
    _insert(page, native, area, f"Shares by {parts.split}", (_RING, _HIGH), legend="right", beside=below)


def _per_bar(chart: Chart, each: int) -> str:
    return f", {each} {chart.by}s a bar" if each > 1 else ""


def _bars(
    book: Book, area: Area, chart: Chart, series: Sequence[tuple[str, Series, str]], *, first: int = 2
) -> Any:
    """Bars of series, each with name and ink; their counts are in the columns of `area` from `first` on."""
    stacked = {"subtype": "stacked"} if chart.stacked else {}
    native = book.workbook.add_chart({"type": "column", **stacked})
    starts = [(wall - _SERIAL_0) / timedelta(days=1) for wall in chart.starts]
    for place, (name, one, ink) in enumerate(series, start=first):
        native.add_series(
            {
                "name": area.heading(place),
                "categories": area.column(0),
                "values": area.column(place),
                # For programs that do not read the cells.
                "name_data": [name],
                "categories_data": starts,
                "values_data": list(one.counts),
                "fill": {"color": INKS[ink].light},
                "points": _points(chart, ink),
                "gap": 45,
                **({"overlap": 100} if chart.stacked else {}),
            }
        )
    _set_axes(native, chart, [one for _, one, _ in series])
    return native


def _points(chart: Chart, ink: str) -> list[dict[str, Any] | None]:
    """Hatching for the bars of buckets that are not over."""
    colours = {"fg_color": INKS[ink].light, "bg_color": TONES["card"].light}
    hatched = {"pattern": {"pattern": "wide_upward_diagonal", **colours}}
    over = len(chart.buckets) - chart.unfinished
    return [*([None] * over), *([hatched] * chart.unfinished)] if chart.unfinished else []


def _set_axes(native: Any, chart: Chart, series: Sequence[Series]) -> None:
    scale = axis_of(series, stacked=chart.stacked)
    few = len(chart.buckets) / _MOST_LABELS
    steps = _STEPS.get(chart.by, range(1, 1_000))
    native.set_x_axis(
        {
            "text_axis": True,
            "num_format": _AXIS_DATES.get(chart.by, "d mmm"),
            "interval_unit": next((step for step in steps if step >= few), steps[-1]),
            "interval_tick": 1,
            "label_position": "low",
            "major_tick_mark": "none",
            "num_font": _FONT,
            "line": {"color": TONES["muted"].light},
        }
    )
    native.set_y_axis(
        {
            "num_format": COUNT,
            "num_font": _FONT,
            "min": scale.lowest,
            "max": scale.highest,
            "major_unit": scale.step,
            "line": {"none": True},
            "major_tick_mark": "none",
            "major_gridlines": {"visible": True, "line": {"color": TONES["grid"].light, "width": 0.75}},
        }
    )


def _insert(
    page: SheetPage,
    native: Any,
    area: Area,
    title: str,
    size: tuple[int, int],
    *,
    legend: str | None = None,
    beside: int | None = None,
) -> None:
    """Put a chart on a page, below what it has, or from the row `beside` on."""
    font = {"color": TONES["text"].light, "size": 12, "bold": True}
    native.set_title({"name": title, "name_font": font, "overlay": False})
    native.set_legend({"position": legend, "font": _FONT} if legend else {"none": True})
    native.set_size({"width": size[0], "height": size[1]})
    native.set_chartarea({"border": {"color": TONES["line"].light}})
    described = {"description": f"Chart; its figures are in the sheet {area.sheet}", "object_position": 2}
    if beside is not None:
        page.sheet.insert_chart(beside, _BESIDE, native, described)
        return
    page.sheet.insert_chart(page.row, 0, native, described)
    page.leave(size[1])
