"""Logs on a terminal, and the other lists of rows."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from contactrep.render.figures import number, said_moment, said_range
from contactrep.render.heading import cut_lines, status_facts
from contactrep.render.look import Look
from contactrep.render.paint import Line, Span, painted
from contactrep.render.tables import Column, Grid, loads_grid, log_grid, rejects_grid
from contactrep.render.terminal.lines import BLANK, flowing, table_head, table_lines, table_of, title_line
from contactrep.report import LogPage, RangeList, RejectList, StoreStatus
from contactrep.zones import find_zone


def log_chunks(log: LogPage, look: Look) -> Iterator[str]:
    """The rows of a log, and what a cut log says of itself, as text: rows have no style, so none is made."""
    yield from _chunks(log_grid(log), log.head.range.zone, look)
    if lines := cut_lines(log):
        yield painted([BLANK, *([Span(line)] for line in lines)], look)


def reject_chunks(rejects: RejectList, look: Look) -> Iterator[str]:
    """The rejected records."""
    yield painted([title_line(f"{number(rejects.total)} rejected", look), BLANK], look)
    yield from _chunks(rejects_grid(rejects), ZoneInfo("UTC"), look)


def _chunks(grid: Grid, zone: ZoneInfo, look: Look) -> Iterator[str]:
    table = table_of(grid, zone, look.width, unicode=look.unicode)
    yield painted(table_head(table, look), look)
    yield from table.chunks()


def range_lines(ranges: RangeList, look: Look) -> list[Line]:
    """The presets with the dates that they mean now."""
    zone = find_zone(ranges.timezone)
    rows = [
        [chosen.name, said_range(chosen), said_range(compared) if compared else None]
        for chosen, compared in ranges.ranges
    ]
    grid = Grid((Column("range"), Column("dates"), Column("compared with")), rows)
    return [
        title_line("Ranges", look),
        *flowing([f"as of {said_moment(ranges.as_of, zone)}", ranges.timezone], look.width),
        BLANK,
        *table_lines(table_of(grid, zone, look.width), look),
    ]


def status_lines(status: StoreStatus, look: Look) -> list[Line]:
    """What the store holds, and its loads."""
    zone = find_zone(status.timezone)
    facts = status_facts(status)
    width = max(len(name) for name, _ in facts)
    lines = [
        title_line("Store", look),
        *flowing([status.store, status.timezone], look.width),
        BLANK,
        *([Span(f"{name:<{width}}  ", dim=True), Span(value)] for name, value in facts),
    ]
    if status.loads:
        table = table_of(loads_grid(status), zone, look.width)
        lines += [BLANK, *table_lines(table, look)]
    return lines
