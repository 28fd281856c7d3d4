"""The tables of a load: the rows of its files, in a private DuckDB session, before any store is touched.

`file` is the position of a file within the load; `line` counts its lines, or Parquet rows, from 1; `part`
tells the events of one record apart.
"""

from __future__ import annotations

from typing import Final

from contactrep.duck import Relation, Session
from contactrep.events import COLUMNS

EVENT: Final = ", ".join(("ts", *COLUMNS[1:]))
"""The columns of an event, here and in a store; `ts` is in UTC."""

_TYPES: Final = ", ".join(
    f"{name} {'TIMESTAMP' if name == 'ts' else 'VARCHAR'}" for name in EVENT.split(", ")
)

PLAIN: Final = Relation("stage.plain", f"{_TYPES}, batch INTEGER")
"""What pass 1 copies: a row for each part of each line, with `ts` only where it certainly is an event.
`batch` is an attempt at a file: a file that is written to meanwhile is read again."""

SPANS: Final = Relation("spans", "batch INTEGER, file INTEGER, first BIGINT, parts INTEGER")
"""Which batches count: where their rows begin in PLAIN, and how many a line has."""

GONE: Final = Relation("gone", "place BIGINT")
"""The rowids of rows of PLAIN that look like events, but are headers, part of another record, or skipped."""

LATE: Final = Relation("late", f"file INTEGER, line BIGINT, part BIGINT, {_TYPES}")
"""The events that pass 2 finds, and those that no record gives."""

REJECTS: Final = Relation("rejects", "file INTEGER, line BIGINT, reason VARCHAR, raw VARCHAR")

LINES: Final = Relation("lines", f"file, line, part, place, {EVENT}")
"""PLAIN by file and line; `place` is the rowid."""

GOOD: Final = Relation("good", f"file, line, part, {EVENT}")
"""All events."""

_VIEWS: Final = {
    LINES: f"""
        SELECT file, (plain.rowid - first) // parts + 1, (plain.rowid - first) % parts, plain.rowid, {EVENT}
        FROM {PLAIN} JOIN {SPANS} USING (batch)
        """,
    GOOD: f"""
        SELECT {GOOD.columns} FROM {LINES} WHERE ts IS NOT NULL AND place NOT IN (FROM {GONE})
        UNION ALL SELECT {GOOD.columns} FROM {LATE}
        """,
}


def make_plain(session: Session) -> None:
    """Replace PLAIN, in the database `stage`, by an empty table: deleted rows would make a slow store."""
    session.run(f"CREATE OR REPLACE TABLE {PLAIN} ({PLAIN.columns})")


def make_all(session: Session) -> None:
    """Replace all tables of a load by empty ones."""
    make_plain(session)
    for table in (SPANS, GONE, LATE, REJECTS):
        session.make(table)
    for view, sql in _VIEWS.items():
        session.run(f"CREATE OR REPLACE TEMP VIEW {view} ({view.columns}) AS {sql}")
