"""The pieces of a terminal page: titles, facts, changes, tables, and blocks beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest

from contactrep.document.blocks import Facts, Properties
from contactrep.document.grids import Column, Grid
from contactrep.phrases import change
from contactrep.render.charts.cells import Canvas
from contactrep.render.columns import ASCII_RULE, RULE, TableColumn, TextTable, laid_out
from contactrep.render.grids import texts_of
from contactrep.render.look import Look
from contactrep.render.paint import BAD, GOOD, Run, StyledLine, line_cells
from contactrep.render.palette import tone_of
from contactrep.render.text import cells, cut, visible
from contactrep.report import Figure

BLANK: StyledLine = []
BETWEEN = " · "
_ROOMY, _ROOM_FOR_AN_ID = 80, 30
"""Cells of a screen on which headings of ids are whole: with one such column, and for each other one."""

_KEY_HEADING = 10
"""Cells for the heading of ids on a narrower screen: `Contact ID`, `Primary …`."""


def title_line(text: str, look: Look) -> StyledLine:
    """A title, and a rule to the right edge."""
    rule = (RULE if look.unicode else ASCII_RULE) * max(0, look.width - cells(text) - 1)
    return [Run(cut(text, look.width), bold=True), Run(f" {rule}" if rule else "", dim=True)]


def fact_lines(facts: Facts, look: Look) -> list[StyledLine]:
    """What a page covers: as many facts per line as fit, the dates brightest, the filters on their own."""
    pieces = [facts.dates, facts.range_name, facts.zone, facts.through, facts.comparison]
    first, *rest = flowing([visible(piece) for piece in pieces if piece], look.width)
    lines = dimmed([first, *rest])
    if first.startswith(facts.dates):
        lines[0] = [Run(facts.dates), Run(first[len(facts.dates) :], dim=True)]
    return [*lines, *([Run(line)] for line in wrapped(visible(facts.only or ""), look.width))]


def property_lines(block: Properties, look: Look) -> list[StyledLine]:
    """The title, the subject, and a name and its value per line."""
    width = max(len(name) for name, _ in block.pairs)
    return [
        title_line(block.title, look),
        *dimmed(wrapped(visible(block.subject), look.width)),
        BLANK,
        *(
            [Run(f"{name:<{width}}  ", dim=True), Run(cut(visible(value), look.width - width - 2))]
            for name, value in block.pairs
        ),
    ]


def flowing(pieces: Iterable[str], width: int) -> list[str]:
    """Pieces with a dot between them, as many per line as fit; a piece that is too long is wrapped."""
    return _filled(pieces, BETWEEN, width, wrapped)


def wrapped(text: str, width: int) -> list[str]:
    """A text broken at its spaces; a word that is longer than a line is cut. No lines for an empty text."""
    return _filled(text.split(" ") if text else [], " ", width, lambda word, width: [cut(word, width)])


def _filled(
    pieces: Iterable[str], between: str, width: int, broken: Callable[[str, int], list[str]]
) -> list[str]:
    """Lines of as many pieces as fit; `broken` gives the lines of a piece that begins a line."""
    lines: list[str] = []
    for piece in pieces:
        joined = f"{lines[-1]}{between}{piece}" if lines else piece
        if lines and cells(joined) <= width:
            lines[-1] = joined
        else:
            lines += broken(piece, width)
    return lines


def dimmed(lines: Iterable[str]) -> list[StyledLine]:
    """Lines in dim style, less prominent than the figures."""
    return [[Run(line, dim=True)] for line in lines]


def change_run(figure: Figure, look: Look, metric: str) -> Run:
    """The change of a figure with its sign, in the ink of good or bad news of the `metric`."""
    text = change(figure.change, unicode=look.unicode)
    ink = {"good": GOOD, "bad": BAD}.get(tone_of(figure.change, metric))
    return Run(text, ink, dim=figure.change is None)


def beside(
    left: Sequence[StyledLine], right: Sequence[StyledLine], gap: int, *, width: int
) -> list[StyledLine]:
    """Two blocks next to each other; the left one takes `width` cells."""
    return [
        [*one, Run(" " * (width + gap - line_cells(one))), *other]
        for one, other in zip_longest(left, right, fillvalue=BLANK)
    ]


def table_of(grid: Grid, look: Look) -> TextTable:
    """A grid as a table for the screen: times to the second, figures to the right and never cut."""
    roomy = _ROOMY + _ROOM_FOR_AN_ID * (sum(column.key for column in grid.columns) - 1)
    width = look.width if look.width < roomy else None
    columns = []
    for column, texts in zip(grid.columns, texts_of(grid, brief=True, unicode=look.unicode), strict=True):
        # Texts may be cut, but not ids, because half an id cannot be looked up.
        shrinks = column.kind in ("text", "name") and not column.key
        columns.append(TableColumn(_heading(column, texts, width), texts, column.right, shrinks))
    return laid_out(columns, look.width)


def _heading(column: Column, texts: Sequence[str], width: int | None) -> str:
    """A column's heading; on a narrow screen (`width` cells, None: it is wide) the heading of ids is cut,
    because ids themselves are not."""
    heading = visible(column.heading)
    if not column.key or width is None:
        return heading
    return cut(heading, max(_KEY_HEADING, *map(cells, texts)) if texts else width)


def table_head(table: TextTable, look: Look) -> list[StyledLine]:
    """The headings and the rule below them."""
    rule = (RULE if look.unicode else ASCII_RULE) * table.cells
    return [[Run("".join(table.heading()), bold=True)], [Run(rule, dim=True)]]


def canvas_of(look: Look, width: int, rows: int = 10) -> Canvas:
    """The canvas of a chart `width` cells wide; on a narrow page it has fewer rows."""
    return Canvas(width, rows if look.width >= 60 else 8, look.colour != "none", look.unicode)
