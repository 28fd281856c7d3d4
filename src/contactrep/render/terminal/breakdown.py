"""A breakdown on a terminal: the total, stacked bars, and a pie whose legend is the table beside it."""

from __future__ import annotations

from collections.abc import Sequence

from contactrep.document.blocks import Chart, Part, Parts
from contactrep.document.grids import Column, PartRow, figures_grid
from contactrep.phrases import number
from contactrep.render.charts.bars import bar_chart
from contactrep.render.charts.pie import pie
from contactrep.render.columns import TableColumn, TextTable, laid_out
from contactrep.render.geometry.ring import arcs_of
from contactrep.render.grids import texts_of
from contactrep.render.look import Look
from contactrep.render.paint import Run, StyledLine, line_cells
from contactrep.render.palette import inks_of
from contactrep.render.terminal.lines import BLANK, beside, canvas_of, change_run, table_head

_GAP = 3
_ROWS = 12
"""The height of the stacked bars: their parts need more of it than single bars do."""

_NARROWEST_NAME = 12
"""Where names would be cut shorter than this, the column of previous counts is left out; the change stays."""

_NARROWEST_CHART = 60
"""Cells that the chart needs to be drawn beside pie and table."""


_Entry = tuple[Run, PartRow]
"""A row of the legend, and its mark, which has the weight (bold or dim) of the whole row."""


def breakdown_lines(block: Parts, chart: Chart, look: Look) -> list[StyledLine]:
    """Total, chart, pie and table; beside each other where there is room."""
    parts = block.drawn
    inks = inks_of(block)
    shares = _shares(block, parts, inks, look)
    opening = [_total_line(block, look), BLANK]
    chart = chart.gathered()
    room = look.width - max(map(line_cells, shares)) - 2 * _GAP
    if room >= _NARROWEST_CHART:
        bars = bar_chart(chart, inks, canvas_of(look, room, _ROWS))
        return [*opening, *beside(bars, shares, 2 * _GAP, width=room)]
    return [*opening, *bar_chart(chart, inks, canvas_of(look, look.width, _ROWS)), BLANK, *shares]


def _total_line(block: Parts, look: Look) -> StyledLine:
    total = block.total
    line = [Run(number(total.count), bold=True), Run(f" {block.component}")]
    if total.previous is None:
        return line
    change = change_run(total, look, block.component)
    return [*line, Run("  "), change, Run(f"  was {number(total.previous)}", dim=True)]


def _shares(block: Parts, parts: Sequence[Part], inks: Sequence[str], look: Look) -> list[StyledLine]:
    """The pie and the table that is its legend: beside each other or, where that is too wide, below."""
    rows = 10 if look.width >= 120 else 8
    disc = _pie(block, inks, look, rows)
    entries = _entries(block, parts, inks, look)
    columns = _columns(block, entries, look)
    table = laid_out(columns, look.width)
    if table.widths[0] < _NARROWEST_NAME:
        table = laid_out([one for one in columns if one.heading != "Previous"], look.width)
    legend = _legend(block, entries, table, look)
    if table.cells > look.width - rows * 2 - _GAP:
        return [*disc, BLANK, *legend]
    above = max(0, len(legend) - len(disc)) // 2
    return beside([BLANK] * above + disc, legend, _GAP, width=rows * 2)


def _pie(block: Parts, inks: Sequence[str], look: Look, rows: int) -> list[StyledLine]:
    arcs = arcs_of(block)
    if not arcs or look.width < rows * 2:
        return []
    shares, used = [arc.end - arc.start for arc in arcs], [inks[arc.place] for arc in arcs]
    return pie(shares, used, canvas_of(look, rows * 2), rows=rows)


def _entries(block: Parts, parts: Sequence[Part], inks: Sequence[str], look: Look) -> list[_Entry]:
    """An entry for each part, below `Other` those that it gathers, and the total."""
    canvas, entries = canvas_of(look, look.width), list[_Entry]()
    for place, (part, ink) in enumerate(zip(parts, inks, strict=True)):
        entries.append((canvas.mark(place, ink), part))
        entries += [(Run(" ", dim=True), one._replace(name=f"  {one.name}")) for one in part.members]
    return [*entries, (Run(" ", bold=True), block.total_row)]


def _columns(block: Parts, entries: Sequence[_Entry], look: Look) -> list[TableColumn]:
    """The marks and names, and the figures."""
    rows = [row for _, row in entries]
    grid = figures_grid(Column(block.split), rows, shares=True, compared=block.compared)
    names, *figures = texts_of(grid, unicode=look.unicode)
    marked = [f"{mark.text} {name}" for (mark, _), name in zip(entries, names, strict=True)]
    headings = [column.heading for column in grid.columns]
    right = [
        TableColumn(heading, texts, right=True, shrinks=False)
        for heading, texts in zip(headings[1:], figures, strict=True)
    ]
    return [TableColumn(headings[0], marked), *right]


def _legend(block: Parts, entries: Sequence[_Entry], table: TextTable, look: Look) -> list[StyledLine]:
    lines = table_head(table, look)
    for (mark, row), texts in zip(entries, table.rows(), strict=True):
        line = [mark, Run(texts[0][1:]), *map(Run, texts[1:])]
        if block.compared:
            line[-1] = Run(texts[-1], change_run(row.figure, look, block.component).ink)
        lines.append([run._replace(bold=mark.bold, dim=mark.dim) for run in line])
    return lines
