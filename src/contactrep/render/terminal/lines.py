"""What every part of a terminal page is put together from: titles, heads, figures, tables, neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from contactrep.render.charts.cells import Canvas
from contactrep.render.columns import ASCII_RULE, RULE, Table, TableColumn, laid_out
from contactrep.render.figures import change, clock_time, said_range
from contactrep.render.heading import compared_line, filter_line, through_line
from contactrep.render.look import Look
from contactrep.render.paint import BAD, GOOD, Line, Span, line_cells
from contactrep.render.tables import Column, Grid
from contactrep.render.text import cells, cut, visible
from contactrep.report import Figure, Head

BLANK: Line = []
BETWEEN = " · "
_ROOMY = 80
_KEY_HEADING = 10
"""Cells for the heading of ids on a narrower screen than `_ROOMY`: `Contact ID`, `Primary …`."""


def title_line(text: str, look: Look) -> Line:
    """A title, and a rule to the right edge."""
    rule = (RULE if look.unicode else ASCII_RULE) * max(0, look.width - cells(text) - 1)
    return [Span(cut(text, look.width), bold=True), Span(f" {rule}" if rule else "", dim=True)]


def head_lines(head: Head, look: Look) -> list[Line]:
    """What a page covers: dates, range, zone, how far the data reaches, comparison, filters."""
    said = said_range(head.range)
    pieces = [said, head.range.name, head.range.zone.key, through_line(head), compared_line(head)]
    first, *rest = flowing([visible(piece) for piece in pieces if piece], look.width)
    if first.startswith(said):
        lines = [[Span(said), Span(first[len(said) :], dim=True)], *dimmed(rest)]
    else:
        lines = dimmed([first, *rest])
    filters = filter_line(head)
    return [*lines, *([Span(line)] for line in wrapped(filters or "", look.width))]


def flowing(pieces: Iterable[str], width: int) -> list[str]:
    """Pieces with a dot between them, as many a line as fit; one that is too long is wrapped."""
    lines: list[str] = []
    for piece in pieces:
        joined = f"{lines[-1]}{BETWEEN}{piece}" if lines else piece
        if lines and cells(joined) <= width:
            lines[-1] = joined
        else:
            lines += wrapped(piece, width)
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """A text broken at its spaces; a word that is longer than a line is cut. Nothing of nothing."""
    lines: list[str] = []
    for word in text.split(" ") if text else []:
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and cells(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(cut(word, width))
    return lines


def dimmed(lines: Iterable[str]) -> list[Line]:
    """Lines that step back behind the figures."""
    return [[Span(line, dim=True)] for line in lines]


def message_lines(message: str, look: Look) -> list[Line]:
    """What stands in the place of a component, whole."""
    return [[Span(line)] for line in wrapped(visible(message), look.width)]


def change_span(figure: Figure, look: Look, *, more_is: str | None = GOOD) -> Span:
    """A change with its sign, in the ink of good or bad news; `more_is` says which one growth is."""
    part = figure.change
    text = change(part, unicode=look.unicode)
    if part is None or more_is is None or text[0] not in "▲▼+-":
        return Span(text, dim=part is None)
    grows_well = (part > 0) == (more_is == GOOD)
    return Span(text, GOOD if grows_well else BAD)


def beside(left: Sequence[Line], right: Sequence[Line], gap: int, *, width: int | None = None) -> list[Line]:
    """Two blocks next to each other; the left one takes `width` cells, or what its longest line does."""
    taken = width if width is not None else max(map(line_cells, left), default=0)
    lines = []
    for place in range(max(len(left), len(right))):
        one = left[place] if place < len(left) else BLANK
        other = right[place] if place < len(right) else BLANK
        lines.append([*one, Span(" " * (taken + gap - line_cells(one))), *other])
    return lines


def table_of(grid: Grid, zone: ZoneInfo, look: Look) -> Table:
    """A grid as a table for the screen: times to the second, figures to the right and never cut."""
    columns = [
        TableColumn(_heading(column, texts, look.width), texts, right=column.right, shrinks=_shrinks(column))
        for column, texts in zip(
            grid.columns, grid.texts(zone, time=clock_time, unicode=look.unicode), strict=True
        )
    ]
    return laid_out(columns, look.width)


def _heading(column: Column, texts: Sequence[str], width: int) -> str:
    """A column's heading; on a narrow screen the heading of ids is cut, because ids themselves are not."""
    heading = visible(column.heading)
    if not column.key or width >= _ROOMY:
        return heading
    return cut(heading, max(_KEY_HEADING, *map(cells, texts)) if texts else width)


def _shrinks(column: Column) -> bool:
    """Whether a column gives way where there is too little room: texts do, but half an id finds nobody."""
    return column.kind in ("text", "name") and not column.key


def table_head(table: Table, look: Look) -> list[Line]:
    """The headings and the rule below them."""
    rule = (RULE if look.unicode else ASCII_RULE) * table.cells
    return [[Span("".join(table.heading()), bold=True)], [Span(rule, dim=True)]]


def table_lines(table: Table, look: Look) -> Iterator[Line]:
    """A small table, its rows without style."""
    yield from table_head(table, look)
    for row in table.rows():
        yield [Span("".join(row))]


def canvas_of(look: Look, width: int, rows: int = 10) -> Canvas:
    """What charts are drawn on in so much of a page's width; on a narrow page they are lower, too."""
    return Canvas(width, rows if look.width >= 60 else 8, look.colour != "none", look.unicode)
