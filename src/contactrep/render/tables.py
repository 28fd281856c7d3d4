"""The tables of an answer, with bare values: what CSV and workbooks are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from contactrep import report, summary
from contactrep.document import grids, title
from contactrep.document.blocks import Figures
from contactrep.document.grids import Column, Grid
from contactrep.events import KINDS
from contactrep.phrases import iso
from contactrep.zones import zone_of_store

_ACCOUNT = (
    *("path", "read", "loaded", "duplicate", "rejected"),
    *("ambiguous_times", "missing_times", "future", "skipped"),
)


def tables(answer: report.Answer) -> Iterator[tuple[str, Grid]]:
    """The name and the rows of each table."""
    match answer:
        case report.Overview() | report.Breakdown() | report.LogPage():
            yield title(answer), _section_grid(answer)
        case report.ContactsReport():
            yield from ((title(section), _section_grid(section)) for section in answer.sections)
        case report.Check():
            names = ("text", "holds", "value", "limit")
            rows = [(it.text, str(it.holds).lower(), it.value, it.limit) for it in answer.conditions]
            yield "Check", Grid(tuple(map(Column, names)), rows)
        case report.RangeList():
            yield "Ranges", grids.range_bounds_grid(answer)
        case report.StoreStatus():
            yield "Store", _facts_grid(answer)
            yield "Loads", grids.loads_grid(answer)
        case report.RejectList():
            yield "Rejects", grids.rejects_grid(answer.rows)
        case report.UserList():
            yield "Users", grids.users_grid(answer)
        case _:
            yield from _tables_of_summary(answer)


def _tables_of_summary(done: summary.Summary) -> Iterator[tuple[str, Grid]]:
    match done:
        case summary.LoadSummary():
            yield "Files", _records_grid(done.files, _ACCOUNT)
        case summary.UnloadSummary():
            yield "Load", _records_grid([done], ("store", "load", "events", "rejects"))
            yield "Files", _records_grid(done.files, ("path", "loaded"))
        case summary.ForgetSummary() | summary.ForgetUndoSummary():
            yield "Contact", _records_grid([done], tuple(vars(done)))
        case summary.UsersSummary():
            yield "Users", _records_grid([done], tuple(vars(done)))
        case _:
            assert_never(done)


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
            grid = grids.figures_grid(Column(section.split), section.slices, shares=True, compared=True)
        case report.LogPage():
            grid = grids.log_grid(section)
    return grid if section.head.message is None else replace(grid, rows=())


_FACTS = ("version", "store", "config", "timezone", *KINDS, "first", "last", "future", "rejected", "users")


def _facts_grid(status: report.StoreStatus) -> Grid:
    zone = zone_of_store(status.timezone)
    facts: dict[str, object] = {**vars(status), **status.events}
    facts |= {"first": iso(status.first, zone), "last": iso(status.last, zone)}
    return Grid((Column("name"), Column("value")), [[name, facts[name]] for name in _FACTS])
