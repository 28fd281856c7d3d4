"""What every part of a terminal page is put together from: titles, heads, figures, tables, neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from contactrep.render.columns import ASCII_RULE, RULE, Table, TableColumn, laid_out
from contactrep.render.figures import change, clock_time, number, percent, said_range
from contactrep.render.heading import compared_line, filter_line, through_line
from contactrep.render.look import Look
from contactrep.render.paint import BAD, GOOD, Line, Span, line_cells
from contactrep.render.tables import Column, Grid
from contactrep.render.text import cells, cut, visible
from contactrep.report import Figure, Head

BLANK: Line = []
BETWEEN = " · "


def title_line(text: str, look: Look) -> Line:
    """A title, and a rule to the right edge."""
    rule = (RULE if look.unicode else ASCII_RULE) * max(0, look.width - cells(text) - 1)
    return [Span(cut(text, look.width), bold=True), Span(f" {rule}" if rule else "", dim=True)]


def head_lines(head: Head, look: Look) -> list[Line]:
    """What a page covers: dates, range, zone, how far the data reaches, comparison, filters."""
    pieces = [said_range(head.range), head.range.name, head.range.zone.key, through_line(head)]
    lines = flowing([*pieces, *filter(None, (compared_line(head),))], look.width)
    first = lines[0][0].text
    said = cut(pieces[0], look.width)
    lines[0] = [Span(said), Span(first[len(said) :], dim=True)]
    filters = filter_line(head)
    return [*lines, [Span(cut(filters, look.width))]] if filters else lines


def flowing(pieces: Iterable[str], width: int) -> list[Line]:
    """Pieces with a dot between them, as many a line as fit."""
    lines: list[str] = []
    for piece in pieces:
        joined = f"{lines[-1]}{BETWEEN}{piece}" if lines else piece
        if lines and cells(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(cut(piece, width))
    return [[Span(line, dim=True)] for line in lines]


def message_line(message: str, look: Look) -> list[Line]:
    """What stands in the place of a component; broken at spaces, for it must be read whole."""
    lines = [""]
    for word in visible(message).split(" "):
        joined = f"{lines[-1]} {word}".lstrip(" ")
        if lines[-1] and cells(joined) > look.width:
            lines.append(cut(word, look.width))
        else:
            lines[-1] = cut(joined, look.width)
    return [[Span(line)] for line in lines]


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


def table_of(grid: Grid, zone: ZoneInfo, width: int, *, unicode: bool = True) -> Table:
    """A grid as a table for the screen: times to the second, figures to the right and never cut."""
    values = list(zip(*grid.rows, strict=True)) or [()] * len(grid.columns)
    columns = [
        TableColumn(
            visible(column.heading),
            column_texts(column, texts, zone, unicode=unicode),
            right=column.kind in ("count", "share", "change", "id"),
            shrinks=column.kind in ("text", "name"),
        )
        for column, texts in zip(grid.columns, values, strict=True)
    ]
    return laid_out(columns, width)


def column_texts(
    column: Column, values: Sequence[object], zone: ZoneInfo, *, unicode: bool = True
) -> list[str]:
    """A column's values as the screen shows them, safe and on one line."""
    match column.kind:
        case "instant":
            return [clock_time(value, zone) if value else "" for value in values]  # type: ignore[arg-type]
        case "count":
            return ["" if value is None else number(value) for value in values]  # type: ignore[arg-type]
        case "share":
            return [percent(value) for value in values]  # type: ignore[arg-type]
        case "change":
            return [change(value, unicode=unicode) for value in values]  # type: ignore[arg-type]
        case "name":
            return [str(value).capitalize() for value in values]
        case _:
            return ["" if value is None else visible(str(value)) for value in values]


def table_head(table: Table, look: Look) -> list[Line]:
    """The headings and the rule below them."""
    rule = (RULE if look.unicode else ASCII_RULE) * table.cells
    return [[Span("".join(table.heading()), bold=True)], [Span(rule, dim=True)]]


def table_lines(table: Table, look: Look) -> Iterator[Line]:
    """A small table, its rows without style."""
    yield from table_head(table, look)
    for row in table.rows():
        yield [Span("".join(row))]
