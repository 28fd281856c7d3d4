"""Logs on a terminal, and the other lists of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from contactrep.render.columns import ASCII_RULE, RULE, Table
from contactrep.render.figures import number, said_moment, said_range
from contactrep.render.heading import cut_lines, status_facts
from contactrep.render.look import Look
from contactrep.render.paint import Line, Span, painted
from contactrep.render.tables import Column, Grid, loads_grid, log_grid
from contactrep.render.terminal.lines import (
    BLANK,
    dimmed,
    flowing,
    table_head,
    table_lines,
    table_of,
    title_line,
    wrapped,
)
from contactrep.render.text import broken, cells, cut, visible
from contactrep.report import LogPage, RangeList, RejectList, StoreStatus
from contactrep.zones import find_zone

_NARROWEST_TEXT = 4
"""Cells that a column of texts needs: with less, a log is no table."""

_INDENT = "  "
_ROWS_A_CHUNK = 1000


def log_chunks(log: LogPage, look: Look) -> Iterator[str]:
    """The rows of a log, and what a cut log says of itself, as text: rows have no style, so none is made.

    The command of a cut log is not broken at the edge: it is there to be copied.
    """
    table = table_of(log_grid(log), log.head.range.zone, look)
    if _is_readable(table):
        yield painted(table_head(table, look), look)
        yield from table.chunks()
    else:
        yield from _stacked(table, look)
    if lines := cut_lines(log):
        says, *command = lines
        yield "\n" + "".join(f"{line}\n" for line in [*wrapped(says, look.width), *command])


def _is_readable(table: Table) -> bool:
    """Whether times and ids are whole, and every text has room for its beginning."""
    for column, width in zip(table.columns, table.widths, strict=True):
        widest = max(map(cells, [column.heading, *column.texts]))
        if width < (min(widest, _NARROWEST_TEXT) if column.shrinks else widest):
            return False
    return True


def _stacked(table: Table, look: Look) -> Iterator[str]:
    """A log on a narrow screen: time and id, and the texts below; a longer id is broken, not cut."""
    headings = [column.heading for column in table.columns]
    rows = zip(*(column.texts for column in table.columns), strict=True)
    head, rule = _block(headings, look.width), (RULE if look.unicode else ASCII_RULE) * look.width
    yield painted([*([Span(line, bold=True)] for line in head), [Span(rule, dim=True)]], look)
    while chunk := [line for row in islice(rows, _ROWS_A_CHUNK) for line in _block(row, look.width)]:
        yield "".join(f"{line}\n" for line in chunk)


def _block(row: Sequence[str], width: int) -> list[str]:
    """A row of a log as lines: the first two texts whole, the others cut where a word is too long."""
    time, key, *texts = row
    first = f"{time}{_INDENT}{key}"
    lines = [first] if cells(first) <= width else [cut(time, width), *broken(key, width)]
    room = width - len(_INDENT)
    return [*lines, *(_INDENT + line for line in flowing(filter(None, texts), room))]


def reject_chunks(rejects: RejectList, look: Look) -> Iterator[str]:
    """The rejected records as a compiler would name them: where, why, and below it the record."""
    yield painted([title_line(f"{number(rejects.total)} rejected", look)], look)
    for reject in rejects.rows:
        place = visible(reject.file) + (f":{reject.line}" if reject.line is not None else "")
        reason = visible(reject.reason)
        first = [f"{place}  {reason}"]
        if cells(first[0]) > look.width:
            first = [cut(place, look.width), *(f"  {line}" for line in wrapped(reason, look.width - 2))]
        record = [f"  {cut(visible(reject.raw), look.width - 2)}"]
        yield painted([BLANK, *([Span(line)] for line in first), *dimmed(record)], look)


def range_lines(ranges: RangeList, look: Look) -> list[Line]:
    """The presets with the dates that they mean now."""
    zone = find_zone(ranges.timezone)
    rows = [
        [chosen.name, said_range(chosen), said_range(compared, until=", ") if compared else None]
        for chosen, compared in ranges.ranges
    ]
    grid = Grid((Column("range"), Column("dates"), Column("compared with")), rows)
    return [
        title_line("Ranges", look),
        *dimmed(flowing([f"as of {said_moment(ranges.as_of, zone)}", ranges.timezone], look.width)),
        BLANK,
        *table_lines(table_of(grid, zone, look), look),
    ]


def status_lines(status: StoreStatus, look: Look) -> list[Line]:
    """What the store holds, and its loads."""
    zone = find_zone(status.timezone)
    facts = status_facts(status)
    width = max(len(name) for name, _ in facts)
    lines = [
        title_line("Store", look),
        *dimmed(wrapped(visible(status.store), look.width)),
        BLANK,
        *(
            [Span(f"{name:<{width}}  ", dim=True), Span(cut(value, look.width - width - 2))]
            for name, value in facts
        ),
    ]
    if status.loads:
        table = table_of(loads_grid(status), zone, look)
        lines += [BLANK, *table_lines(table, look)]
    return lines
