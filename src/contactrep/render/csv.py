"""Reports as CSV: their tables with bare values, a blank line between the parts of a whole page.

A spreadsheet runs a text that starts like a formula, so such a text gets a `'` in front, unless the
user asks for raw text. Numbers and phone numbers stay as they are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from contactrep import report
from contactrep.document.blocks import Figures
from contactrep.document.grids import (
    Column,
    Grid,
    figures_grid,
    loads_grid,
    log_grid,
    range_bounds_grid,
    rejects_grid,
    users_grid,
)
from contactrep.events import FORMULA_STARTS, HARMLESS_START, KINDS
from contactrep.phrases import iso
from contactrep.render.look import Look
from contactrep.render.text import writable
from contactrep.summary import (
    ForgetSummary,
    ForgetUndoSummary,
    LoadSummary,
    Summary,
    UnloadSummary,
    UsersSummary,
)
from contactrep.zones import find_zone

_LINES_A_CHUNK = 1000
_HARMLESS = re.compile(HARMLESS_START)
"""Phone numbers and numbers. A newline is not among these, so `+60\\n=…` does not pass for one."""


def write(answer: report.Answer, look: Look) -> Iterator[str]:
    """The report as CSV text, in chunks of lines; with `look.raw` no text is guarded against spreadsheets."""
    for place, grid in enumerate(_grids(answer)):
        yield "\n" if place else ""
        yield from _lines(grid, raw=look.raw)


_ACCOUNT = (
    *("path", "read", "loaded", "duplicate", "rejected"),
    *("ambiguous_times", "missing_times", "future", "skipped"),
)


def _grids(answer: report.Answer) -> Iterator[Grid]:
    match answer:
        case report.Overview() | report.Breakdown() | report.LogPage():
            yield _section_grid(answer)
        case report.ContactsReport():
            yield from map(_section_grid, answer.sections)
        case report.Check():
            names = ("text", "holds", "value", "limit")
            rows = [(it.text, str(it.holds).lower(), it.value, it.limit) for it in answer.conditions]
            yield Grid(tuple(map(Column, names)), rows)
        case report.RangeList():
            yield range_bounds_grid(answer)
        case report.StoreStatus():
            yield _facts_grid(answer)
            yield loads_grid(answer)
        case report.RejectList():
            yield rejects_grid(answer.rows)
        case report.UserList():
            yield users_grid(answer)
        case _:
            yield from _summary_grids(answer)


def _summary_grids(summary: Summary) -> Iterator[Grid]:
    match summary:
        case LoadSummary():
            yield _records_grid(summary.files, _ACCOUNT)
        case UnloadSummary():
            yield _records_grid([summary], ("store", "load", "events", "rejects"))
            yield _records_grid(summary.files, ("path", "loaded"))
        case ForgetSummary() | ForgetUndoSummary() | UsersSummary():
            yield _records_grid([summary], tuple(vars(summary)))
        case _:
            assert_never(summary)


def _records_grid(records: Sequence[object], names: Sequence[str]) -> Grid:
    """One record per row, its fields of these names."""
    rows = [[getattr(record, name) for name in names] for record in records]
    return Grid(tuple(map(Column, names)), rows)


def _section_grid(section: report.Section) -> Grid:
    """The table of a section; without rows where a message replaces them."""
    match section:
        case report.Overview():
            grid = Figures(section.metrics, compared=True).grid
        case report.Breakdown():
            grid = figures_grid(Column(section.split), section.slices, shares=True, compared=True)
        case report.LogPage():
            grid = log_grid(section)
    return grid if section.head.message is None else replace(grid, rows=())


_FACTS = ("version", "store", "config", "timezone", *KINDS, "first", "last", "future", "rejected", "users")


def _facts_grid(status: report.StoreStatus) -> Grid:
    zone = find_zone(status.timezone)
    facts: dict[str, object] = {**vars(status), **status.events}
    facts |= {"first": iso(status.first, zone), "last": iso(status.last, zone)}
    return Grid((Column("name"), Column("value")), [[name, facts[name]] for name in _FACTS])


class _Lines(list[str]):
    """The file of a csv writer: the lines written, each with `\n` for its end.

    The writer quotes a lone CR only where its own line end has one.
    """

    def write(self, line: str) -> None:
        self.append(line[:-2] + "\n")


def _lines(grid: Grid, *, raw: bool) -> Iterator[str]:
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([column.name for column in grid.columns])
    rows = chain.from_iterable(_rows(batch, raw=raw) for batch in grid.batches())
    while lines:
        yield "".join(lines)
        lines.clear()
        writer.writerows(islice(rows, _LINES_A_CHUNK))


def _rows(grid: Grid, *, raw: bool) -> Iterator[tuple[object, ...]]:
    columns = [
        _cells(column, values, grid.zone, raw=raw)
        for column, values in zip(grid.columns, grid.values, strict=True)
    ]
    return zip(*columns, strict=True)


def _cells(column: Column, values: Sequence[Any], zone: ZoneInfo, *, raw: bool) -> list[object]:
    if column.kind == "instant":
        return [iso(value, zone) for value in values]
    return [_text(str(value), raw=raw) if isinstance(value, str | Path) else value for value in values]


def _text(text: str, *, raw: bool) -> str:
    guarded = not raw and text.startswith(FORMULA_STARTS) and not _HARMLESS.fullmatch(text)
    return writable(f"'{text}" if guarded else text)
