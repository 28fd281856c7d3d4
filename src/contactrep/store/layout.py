"""The tables of a store, and the version of their layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contactrep.duck import Error, Session
from contactrep.errors import StoreProblem

FIRST_LOAD: Final = 1
"""The number of the first load of a new store; each later one has the next."""

LAYOUT: Final = 3
"""The layout that this program writes. It reads older ones, and refuses newer ones."""

FORGOTTEN_SINCE: Final = 2
"""The first layout with the table of forgotten contacts."""

_MERGED_CONTACTS_SINCE: Final = 3  # the first layout with events.merged_contact_id

SNAPSHOTS_SINCE: Final = 3
"""The first layout with the tables of snapshots."""

MORE_SOURCES: Final = ""
"""The key in files.unknown_sources (JSON text: rows by source) for how many sources were left out."""

_SNAPSHOTS: Final = (
    # The loads that were snapshots: of which profile (empty: of none), and when they were taken (UTC).
    'CREATE TABLE IF NOT EXISTS store.snapshots (load INTEGER, profile VARCHAR, "at" TIMESTAMP)',
    # The contacts that the snapshot before had not (present), and those that it had alone (not present).
    """
    CREATE TABLE IF NOT EXISTS store.snapshot_contacts (load INTEGER, contact_id VARCHAR, present BOOLEAN)
    """,
)

# Events may be there already, in the file that a first load was staged in.
TABLES: Final = (
    # One row: the layout's number, the IANA name of the zone of naive times, and what is put before the ids
    # of forgotten contacts (random text; null until the first is forgotten).
    "CREATE TABLE IF NOT EXISTS store.workspace (layout INTEGER, timezone VARCHAR, salt VARCHAR)",
    # ts is UTC; within a load the rows are sorted by it, which reports on a range rely on for speed.
    """
    CREATE TABLE IF NOT EXISTS store.events (
        ts TIMESTAMP, event VARCHAR, contact_id VARCHAR, merged_contact_id VARCHAR, contact_name VARCHAR,
        channel VARCHAR, source VARCHAR, user_id VARCHAR, user_name VARCHAR, load INTEGER
    )
    """,
    # options is Mapping.given as JSON text.
    'CREATE TABLE IF NOT EXISTS store.loads (id INTEGER, "at" TIMESTAMP, options VARCHAR)',
    # What a load read. digest is the sha256 of a file's content (hex), fingerprint that of the content and of
    # the options that change its meaning. A fingerprint lets a load skip a file that was read before; it is
    # cleared when reading the file again would bring events: `unload` removed events of which its rows were
    # duplicates, or a contact whose events it skipped is loaded again.
    # Of an undone load one row is left, which has its number and nothing else.
    """
    CREATE TABLE IF NOT EXISTS store.files (
        load INTEGER, position INTEGER, path VARCHAR, fingerprint VARCHAR, read BIGINT, loaded BIGINT,
        duplicate BIGINT, rejected BIGINT, ambiguous_times BIGINT, missing_times BIGINT,
        unknown_sources VARCHAR, digest VARCHAR, skipped BIGINT
    )
    """,
    # load is null where a load was refused, or only its rejects were new. origin is the absolute path, a NUL
    # and the fingerprint; input without a path of its own (standard input, pipes) has its digest as the path.
    """
    CREATE TABLE IF NOT EXISTS store.rejects (
        load INTEGER, file VARCHAR, line BIGINT, reason VARCHAR, raw VARCHAR, origin VARCHAR
    )
    """,
    "CREATE TABLE IF NOT EXISTS store.users (id VARCHAR, name VARCHAR)",
    # sha256 (hex) of the salt and the id of each contact whose events later loads skip.
    "CREATE TABLE IF NOT EXISTS store.forgotten (hash VARCHAR)",
    *_SNAPSHOTS,
)

MIGRATIONS: Final[Mapping[int, tuple[str, ...]]] = {
    1: (
        "ALTER TABLE store.workspace ADD COLUMN salt VARCHAR",
        "ALTER TABLE store.loads ADD COLUMN options VARCHAR",
        "ALTER TABLE store.files ADD COLUMN digest VARCHAR",
        "ALTER TABLE store.files ADD COLUMN skipped BIGINT",
        "CREATE TABLE store.forgotten (hash VARCHAR)",
    ),
    2: ("ALTER TABLE store.events ADD COLUMN merged_contact_id VARCHAR", *_SNAPSHOTS),
}
"""From each older layout, the statements that lead to the next one."""

CATALOG: Final = "held"
"""The name under which the store is attached while files are read: read-only, so that no report must wait."""

FILES: Final = f"""(
    SELECT * FROM {CATALOG}.files
    UNION ALL BY NAME SELECT NULL::VARCHAR AS digest, NULL::BIGINT AS skipped WHERE false
)"""
LOADS: Final = f"""(
    SELECT * FROM {CATALOG}.loads UNION ALL BY NAME SELECT NULL::VARCHAR AS options WHERE false
)"""
"""SQL for these tables of a store of any layout, with null in the columns that an older one has not."""


def events(layout: int, catalog: str = CATALOG) -> str:
    """SQL for the events of a store of a layout, with null in the column that an older one has not."""
    table = f"{catalog}.events"
    if layout >= _MERGED_CONTACTS_SINCE:
        return table
    return f"(SELECT *, NULL::VARCHAR AS merged_contact_id FROM {table})"


def complete(session: Session, layout: int) -> None:
    """Let questions find today's columns in a store of an older layout, the main database of `session`."""
    if layout < _MERGED_CONTACTS_SINCE:
        catalog = session.value("SELECT current_database()").replace('"', '""')
        stored = events(layout, f'"{catalog}".main')
        session.run(f"CREATE TEMP VIEW events AS FROM {stored}")


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
    table = f"{catalog}.workspace" if catalog else "workspace"
    try:
        rows = session.run(f"SELECT layout, timezone FROM {table}")
    except Error:
        rows = []
    if len(rows) != 1 or not isinstance(rows[0][0], int) or not isinstance(rows[0][1], str):
        raise StoreProblem(f"{path} is a DuckDB file, but not a contactrep store: see --store")
    layout, timezone = rows[0]
    if layout > LAYOUT:
        raise StoreProblem(
            f"{path} has layout {layout}, and this contactrep knows layouts up to {LAYOUT}: update contactrep"
        )
    return StoreHeader(layout, timezone)


def migrate(session: Session, layout: int) -> None:
    """Bring the store open as `store` from `layout` to LAYOUT, within the caller's transaction."""
    for older in range(layout, LAYOUT):
        for statement in MIGRATIONS[older]:
            session.run(statement)
    if layout < LAYOUT:
        session.run("UPDATE store.workspace SET layout = $layout", {"layout": LAYOUT})
