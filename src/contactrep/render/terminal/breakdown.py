"""A breakdown on a terminal: the total, stacked bars, and a pie whose legend is the table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contactrep.render.charts.bars import Chart, stacked_chart
from contactrep.render.charts.cells import Series
from contactrep.render.charts.pie import pie
from contactrep.render.columns import Table, TableColumn, laid_out
from contactrep.render.figures import change, number, share
from contactrep.render.look import Look
from contactrep.render.paint import Line, Span, line_cells, part_inks
from contactrep.render.tables import OTHER, said_shares
from contactrep.render.terminal.lines import BLANK, beside, canvas_of, change_span, table_head
from contactrep.render.text import visible
from contactrep.report import Breakdown, Figure, Slice, shown_shares
from contactrep.zones import to_wall

MOST_SLICES = 8
_GAP = 3
_ROWS = 12
"""The height of the stacked bars: their parts need more of it than single bars do."""

_NARROWEST_NAME = 12
"""Before names are cut shorter than this, the column of previous counts goes: the change stays."""

_NARROWEST_CHART = 60
"""With so much room left beside pie and table, the chart stands there."""


@dataclass(frozen=True)
class Part:
    """A slice of the pie: one source or channel, or all that were gathered as `Other`.

    `shown` is the shown share of each member, in tenths of a percent.
    """

    name: str
    figure: Figure
    ink: str
    members: tuple[Slice, ...]
    shown: tuple[int, ...]

    @property
    def said(self) -> str:
        """The shown share of the whole part."""
        return share(sum(self.shown), self.figure.count)


def parts_of(breakdown: Breakdown) -> list[Part]:
    """At most eight parts in order; the eighth is the rest where there are more."""
    gathered = len(breakdown.slices) > MOST_SLICES
    own = breakdown.slices[: MOST_SLICES - 1] if gathered else breakdown.slices
    rest = breakdown.slices[len(own) :]
    inks = part_inks([*(part.name for part in own), *([OTHER] if gathered else [])], gathered=gathered)
    shown = tuple(shown_shares([one.figure.count for one in breakdown.slices]))
    parts = [
        Part(visible(one.name), one.figure, ink, (one,), (tenths,))
        for one, ink, tenths in zip(own, inks, shown, strict=False)
    ]
    if gathered:
        parts.append(Part(OTHER, _sum(rest), inks[-1], rest, shown[len(own) :]))
    return parts


def _sum(slices: Sequence[Slice]) -> Figure:
    previous = [one.figure.previous for one in slices]
    counted = [count for count in previous if count is not None]
    return Figure(
        sum(one.figure.count for one in slices), sum(counted) if len(counted) == len(previous) else None
    )


def breakdown_lines(breakdown: Breakdown, look: Look) -> list[Line]:
    """Total, chart, pie and table; beside each other where there is room."""
    parts = parts_of(breakdown)
    shares = _shares(breakdown, parts, look)
    total = _total_line(breakdown, look)
    room = look.width - max(map(line_cells, shares)) - 2 * _GAP
    if room >= _NARROWEST_CHART:
        return [total, BLANK, *beside(_chart(breakdown, parts, look, room), shares, 2 * _GAP, width=room)]
    return [total, BLANK, *_chart(breakdown, parts, look, look.width), BLANK, *shares]


def _total_line(breakdown: Breakdown, look: Look) -> Line:
    total = breakdown.total
    line = [Span(number(total.count), bold=True), Span(f" {breakdown.head.component}")]
    if total.previous is None:
        return line
    return [*line, Span("  "), change_span(total, look), Span(f"  was {number(total.previous)}", dim=True)]


def _chart(breakdown: Breakdown, parts: Sequence[Part], look: Look, width: int) -> list[Line]:
    zone = breakdown.head.range.zone
    series = [
        Series(
            part.name,
            part.ink,
            counts,
        )
        for part, counts in zip(parts, _counts(breakdown, parts), strict=True)
    ]
    starts = [to_wall(entry.bucket.start, zone) for entry in breakdown.series]
    chart = Chart(series, starts, breakdown.head.by or "day")
    return stacked_chart(chart, canvas_of(look, width, _ROWS))


def _counts(breakdown: Breakdown, parts: Sequence[Part]) -> list[list[int]]:
    """The counts of each part by bucket; a bucket lists only the few names that it has."""
    place_of = {one.name: place for place, part in enumerate(parts) for one in part.members}
    found = [[0] * len(breakdown.series) for _ in parts]
    for bucket, entry in enumerate(breakdown.series):
        for name, count in entry.counts.items():
            found[place_of[name]][bucket] += count
    return found


def _shares(breakdown: Breakdown, parts: Sequence[Part], look: Look) -> list[Line]:
    """The pie and the table that is its legend: beside each other or, where that is too wide, below."""
    rows = 10 if look.width >= 120 else 8
    disc = _pie(parts, look, rows)
    room = look.width - rows * 2 - _GAP
    table = _table(breakdown, parts, look, look.width)
    if table.widths[0] < _NARROWEST_NAME:
        table = _table(breakdown, parts, look, look.width, with_previous=False)
    if table.cells > room:
        return [*disc, BLANK, *_legend(breakdown, parts, table, look)]
    lines = _legend(breakdown, parts, table, look)
    above = max(0, len(lines) - len(disc)) // 2
    return beside([BLANK] * above + disc, lines, _GAP, width=rows * 2)


def _pie(parts: Sequence[Part], look: Look, rows: int) -> list[Line]:
    drawn = [part for part in parts if part.figure.count]
    if not drawn or look.width < rows * 2:
        return []
    whole = sum(part.figure.count for part in drawn)
    shares, inks = [part.figure.count / whole for part in drawn], [part.ink for part in drawn]
    return pie(shares, inks, canvas_of(look, rows * 2), rows=rows)


@dataclass(frozen=True)
class _Row:
    """A row of the legend: its mark, its name, its figures, and how much it matters."""

    mark: Span
    name: str
    figure: Figure
    share: str
    bold: bool = False
    dim: bool = False


def _rows(breakdown: Breakdown, parts: Sequence[Part], look: Look) -> list[_Row]:
    """A row for each part, below `Other` what was gathered in it, and the total."""
    canvas, rows = canvas_of(look, look.width), []
    for place, part in enumerate(parts):
        rows.append(_Row(canvas.mark(place, part.ink), part.name, part.figure, part.said))
        if len(part.members) > 1:
            rows += [
                _Row(
                    Span(" "), f"  {visible(one.name)}", one.figure, share(tenths, one.figure.count), dim=True
                )
                for one, tenths in zip(part.members, part.shown, strict=True)
            ]
    return [*rows, _Row(Span(" "), "Total", breakdown.total, said_shares(breakdown)[-1], bold=True)]


def _table(
    breakdown: Breakdown, parts: Sequence[Part], look: Look, room: int, *, with_previous: bool = True
) -> Table:
    rows = _rows(breakdown, parts, look)
    figures = [row.figure for row in rows]
    columns = [
        TableColumn(breakdown.dimension.capitalize(), [f"{row.mark.text} {row.name}" for row in rows]),
        _right("Count", [number(figure.count) for figure in figures]),
        _right("Share", [row.share for row in rows]),
    ]
    if breakdown.head.compared:
        before = [number(figure.previous or 0) for figure in figures]
        changes = [change(figure.change, unicode=look.unicode) for figure in figures]
        columns += [_right("Previous", before)] if with_previous else []
        columns.append(_right("Change", changes))
    return laid_out(columns, room)


def _right(heading: str, texts: Sequence[str]) -> TableColumn:
    return TableColumn(heading, texts, right=True, shrinks=False)


def _legend(breakdown: Breakdown, parts: Sequence[Part], table: Table, look: Look) -> list[Line]:
    lines = table_head(table, look)
    for row, texts in zip(_rows(breakdown, parts, look), table.rows(), strict=True):
        line = [row.mark, Span(texts[0][1:]), *map(Span, texts[1:])]
        if breakdown.head.compared:
            line[-1] = Span(texts[-1], change_span(row.figure, look).ink)
        lines.append([span._replace(bold=row.bold, dim=row.dim) for span in line])
    return lines
