"""The tables of a store, and the version of their layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contactrep.duck import Error, Session
from contactrep.errors import StoreProblem

FIRST_LOAD: Final = 1
"""The number of the first load of a new store; each later one has the next."""

LAYOUT: Final = 3
"""The layout that this program writes. It reads older ones, and refuses newer ones."""

MORE_SOURCES: Final = ""
"""The key in files.unknown_sources (JSON text: rows by source) for how many sources were left out."""

TABLES: Final = {
    # One row: the layout's number, the IANA name of the zone of naive times, and what is put before the ids
    # of forgotten contacts (random text; null until the first is forgotten).
    "workspace": "layout INTEGER, timezone VARCHAR, salt VARCHAR",
    # ts is UTC; within a load the rows are sorted by it, which reports on a range rely on for speed.
    "events": "ts TIMESTAMP, event VARCHAR, contact_id VARCHAR, merged_contact_id VARCHAR,"
    " contact_name VARCHAR, channel VARCHAR, source VARCHAR, user_id VARCHAR, user_name VARCHAR,"
    " load INTEGER",
    # options is Mapping.given as JSON text.
    "loads": 'id INTEGER, "at" TIMESTAMP, options VARCHAR',
    # What a load read. digest is the sha256 of a file's content (hex), fingerprint that of the content and of
    # the options that change its meaning. A fingerprint lets a load skip a file that was read before; it is
    # cleared when reading the file again would bring events: `unload` removed events of which its rows were
    # duplicates, or a contact whose events it skipped is loaded again.
    # Of an undone load one row is left, which has its number and nothing else.
    "files": "load INTEGER, position INTEGER, path VARCHAR, fingerprint VARCHAR, read BIGINT, loaded BIGINT,"
    " duplicate BIGINT, rejected BIGINT, ambiguous_times BIGINT, missing_times BIGINT,"
    " unknown_sources VARCHAR, digest VARCHAR, skipped BIGINT",
    # load is null where a load was refused, or only its rejects were new. origin is the absolute path (then
    # a line break and the sheet or the path to records, if one is named), a NUL and the fingerprint. For a
    # refused file it is the path, a NUL and `refused`. Input without a path of its own (standard input,
    # pipes) has its digest as the path.
    "rejects": "load INTEGER, file VARCHAR, line BIGINT, reason VARCHAR, raw VARCHAR, origin VARCHAR",
    "users": "id VARCHAR, name VARCHAR",
    # sha256 (hex) of the salt and the id of each contact whose events later loads skip.
    "forgotten": "hash VARCHAR",
    # The loads that were snapshots: of which profile (empty: of none), and when they were taken (UTC).
    "snapshots": 'load INTEGER, profile VARCHAR, "at" TIMESTAMP',
    # The contacts that are new since the previous snapshot (present), and those that are missing.
    "snapshot_contacts": "load INTEGER, contact_id VARCHAR, present BOOLEAN",
}
"""The tables of a store, each with its columns as SQL. Older layouts lack some tables and columns."""

CATALOG: Final = "held"
"""The name under which the store is attached while files are read: read-only, so that no report must wait."""


def make_tables(session: Session) -> None:
    """Make the tables that the database open as `store` lacks."""
    for table, columns in TABLES.items():
        session.run(f"CREATE TABLE IF NOT EXISTS store.{table} ({columns})")


def migrate(session: Session) -> None:
    """Bring the store open as `store` from an older layout to LAYOUT, within the caller's transaction."""
    make_tables(session)
    for table, columns in TABLES.items():
        for column in columns.split(", "):
            session.run(f"ALTER TABLE store.{table} ADD COLUMN IF NOT EXISTS {column}")
    session.run("UPDATE store.workspace SET layout = $layout", {"layout": LAYOUT})


def show_tables(session: Session, older: str, catalog: str) -> None:
    """Make views in `catalog` of all TABLES for a store of an older layout, which is open as `older`.

    Columns that the store lacks are null in the views, and tables that it lacks are empty.
    """
    tables = "SELECT table_name FROM duckdb_tables() WHERE database_name = $older"
    stored = {table for (table,) in session.run(tables, {"older": older})}
    create = "CREATE TEMP" if catalog == "temp" else "CREATE"
    quoted = older.replace('"', '""')
    for table, columns in TABLES.items():
        empty = f"{catalog}.empty_{table}"
        session.run(f"{create} TABLE {empty} ({columns})")
        rows = f'FROM "{quoted}".main.{table} UNION ALL BY NAME' if table in stored else ""
        session.run(f"{create} VIEW {catalog}.{table} AS {rows} FROM {empty}")


@dataclass(frozen=True)
class StoreHeader:
    """What a store says of itself: its layout's number and its zone (an IANA name)."""

    layout: int
    timezone: str


def check(session: Session, path: Path, *, catalog: str | None = None) -> StoreHeader:
    """The StoreHeader of the store open as `catalog` of `session`, or as its main database.

    StoreProblem when it is no contactrep store, or one of a layout newer than LAYOUT; `path` is for the
    message.
    """
    prefix = f"{catalog}." if catalog else ""
    foreign = StoreProblem(f"{path} is a DuckDB file, but not a contactrep store: see --store")
    try:
        [(layout, timezone)] = session.run(f"SELECT layout, timezone FROM {prefix}workspace")
    except (Error, ValueError):
        raise foreign from None
    if not isinstance(layout, int) or not isinstance(timezone, str):
        raise foreign
    if layout > LAYOUT:
        raise StoreProblem(
            f"{path} has layout {layout}, and this contactrep knows layouts up to {LAYOUT}: update contactrep"
        )
    try:
        session.run(f"FROM {prefix}events LIMIT 0")
    except Error:
        raise foreign from None
    return StoreHeader(layout, timezone)
