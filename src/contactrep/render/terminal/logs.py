"""Tables, logs and rejects on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contactrep.document.blocks import Cut, Rejects
from contactrep.document.grids import Grid
from contactrep.phrases import number
from contactrep.render.columns import ASCII_RULE, RULE, TextTable
from contactrep.render.look import Look
from contactrep.render.paint import Run, painted
from contactrep.render.terminal.lines import BLANK, dimmed, flowing, table_head, table_of, title_line, wrapped
from contactrep.render.text import broken, cells, chunks, cut, visible

_NARROWEST_TEXT = 4
"""Cells that a column of texts needs; with less, a log is shown in blocks."""

_INDENT = "  "


def table_chunks(grid: Grid, look: Look) -> Iterator[str]:
    """The rows as a table; those that ids identify, on a screen too narrow for that, in blocks.

    Rows have no style, so none is made for them.
    """
    table = table_of(grid, look)
    if _is_readable(table) or not any(column.key for column in grid.columns):
        yield painted(table_head(table, look), look)
        yield from table.chunks()
    else:
        yield from _stacked(table, sum(column.key for column in grid.columns), look)


def cut_lines(block: Cut, look: Look) -> list[str]:
    """That a log is cut, and its command: not broken at the edge, so that it can be copied."""
    command = [visible(block.command)] if block.command else []
    return [f"{line}\n" for line in [*wrapped(block.said, look.width), *command]]


def _is_readable(table: TextTable) -> bool:
    """Whether times and ids are whole, and every text has room for its beginning."""
    for column, width in zip(table.columns, table.widths, strict=True):
        widest = max(map(cells, [column.heading, *column.texts]))
        if width < (min(widest, _NARROWEST_TEXT) if column.shrinks else widest):
            return False
    return True


def _stacked(table: TextTable, keys: int, look: Look) -> Iterator[str]:
    """A log on a narrow screen: time and ids (`keys` of them), and the texts below; a longer id is broken,
    not cut."""
    headings = [column.heading for column in table.columns]
    rows = zip(*(column.texts for column in table.columns), strict=True)
    head, rule = _block(headings, keys, look.width), (RULE if look.unicode else ASCII_RULE) * look.width
    yield painted([*([Run(line, bold=True)] for line in head), [Run(rule, dim=True)]], look)
    yield from chunks(f"{line}\n" for row in rows for line in _block(row, keys, look.width))


def _block(row: Sequence[str], keys: int, width: int) -> list[str]:
    """A row of a log as lines: the time and the ids whole, the others cut where a word is too long."""
    time, *ids = row[: keys + 1]
    texts = row[keys + 1 :]
    first = _INDENT.join((time, *filter(None, ids)))
    lines = [first]
    if cells(first) > width:
        lines = [cut(time, width), *(line for one in ids for line in broken(one, width))]
    room = width - len(_INDENT)
    return [*lines, *(_INDENT + line for line in flowing(filter(None, texts), room))]


def reject_chunks(rejects: Rejects, look: Look) -> Iterator[str]:
    """The rejected records as a compiler reports errors: file, line and reason, and the record below."""
    yield painted([title_line(f"{number(rejects.total)} rejected", look)], look)
    for reject in rejects.rows:
        place = visible(reject.file) + (f":{reject.line}" if reject.line is not None else "")
        reason = visible(reject.reason)
        first = [f"{place}  {reason}"]
        if cells(first[0]) > look.width:
            first = [cut(place, look.width), *(f"  {line}" for line in wrapped(reason, look.width - 2))]
        record = [f"  {cut(visible(reject.raw), look.width - 2)}"]
        yield painted([BLANK, *([Run(line)] for line in first), *dimmed(record)], look)
