"""Reports as CSV: their tables with bare values, a blank line between the parts of a whole page.

A spreadsheet runs a text that starts like a formula, so such a text gets a `'` in front, unless the
reader says that it wants the text raw. Numbers and phone numbers stay as they are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from contactrep.events import FORMULA_STARTS, HARMLESS_START, KINDS
from contactrep.render.figures import iso
from contactrep.render.tables import (
    Column,
    Grid,
    breakdown_grid,
    loads_grid,
    log_grid,
    metrics_grid,
    ranges_grid,
    rejects_grids,
)
from contactrep.render.text import writable
from contactrep.report import (
    Breakdown,
    Component,
    ContactsReport,
    LogPage,
    Overview,
    RangeList,
    RejectList,
    Report,
    StoreStatus,
)
from contactrep.zones import find_zone

_LINES_A_CHUNK = 1000
_HARMLESS = re.compile(HARMLESS_START)
"""Phone numbers and numbers. A newline is not among these, so `+60\\n=…` does not pass for one."""


def render_csv(report: Report, *, raw: bool) -> Iterator[str]:
    """The report as CSV text, in chunks of lines; with `raw` no text is guarded against spreadsheets."""
    if isinstance(report, RejectList):
        for place, grid in enumerate(rejects_grids(report)):
            yield from islice(_lines(grid, ZoneInfo("UTC"), raw=raw), min(place, 1), None)
        return
    for place, (grid, zone) in enumerate(_grids(report)):
        if place:
            yield "\n"
        yield from _lines(grid, zone, raw=raw)


def _grids(report: Component | ContactsReport | RangeList | StoreStatus) -> Iterator[tuple[Grid, ZoneInfo]]:
    match report:
        case Overview() | Breakdown() | LogPage():
            yield _component_grid(report), report.head.range.zone
        case ContactsReport():
            for part in report.components:
                yield _component_grid(part), part.head.range.zone
        case RangeList():
            yield ranges_grid(report), find_zone(report.timezone)
        case StoreStatus():
            zone = find_zone(report.timezone)
            yield _facts_grid(report, zone), zone
            yield loads_grid(report), zone


def _component_grid(part: Component) -> Grid:
    """The table of a component; without rows where a message stands in its place."""
    match part:
        case Overview():
            grid = metrics_grid(part)
        case Breakdown():
            grid = breakdown_grid(part)
        case LogPage():
            grid = log_grid(part)
    return grid if part.head.message is None else Grid(grid.columns, ())


def _facts_grid(status: StoreStatus, zone: ZoneInfo) -> Grid:
    facts: list[list[object]] = [
        ["version", status.version],
        ["store", status.store],
        ["config", status.config],
        ["timezone", status.timezone],
        *([kind, status.events.get(kind, 0)] for kind in KINDS),
        ["first", iso(status.first, zone)],
        ["last", iso(status.last, zone)],
        ["future", status.future],
        ["rejected", status.rejected],
        ["users", status.users],
    ]
    return Grid((Column("name"), Column("value")), facts)


class _Lines(list[str]):
    """The file of a csv writer: the lines written, each with `\n` for its end.

    The writer quotes a lone CR only where its own line end has one.
    """

    def write(self, line: str) -> None:
        self.append(line[:-2] + "\n")


def _lines(grid: Grid, zone: ZoneInfo, *, raw: bool) -> Iterator[str]:
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([column.name for column in grid.columns])
    columns = [
        _cells(column, values, zone, raw=raw)
        for column, values in zip(grid.columns, grid.values, strict=True)
    ]
    rows = zip(*columns, strict=True)
    while lines:
        yield "".join(lines)
        lines.clear()
        writer.writerows(islice(rows, _LINES_A_CHUNK))


def _cells(column: Column, values: Sequence[Any], zone: ZoneInfo, *, raw: bool) -> list[object]:
    if column.kind == "instant":
        return [iso(value, zone) for value in values]
    return [_text(value, raw=raw) if isinstance(value, str) else value for value in values]


def _text(text: str, *, raw: bool) -> str:
    guarded = not raw and text.startswith(FORMULA_STARTS) and not _HARMLESS.fullmatch(text)
    return writable(f"'{text}" if guarded else text)
