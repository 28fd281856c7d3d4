"""Makes the event files and the user directory in this folder again: `python examples/make.py [FOLDER]`.

The events end with 4 November 2026 in Kuala Lumpur, so 2026-11-05 is the day after the last one. They are
those of `contactrep demo --as-of 2026-11-04 --timezone Asia/Kuala_Lumpur --save events.csv`.
"""

from __future__ import annotations

import csv
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from contactrep.demo import sample_events, sample_users, saved_events
from contactrep.events import CONNECTED, KINDS, MERGED

EVENTS = 5_000
ZONE = ZoneInfo("Asia/Kuala_Lumpur")
END = datetime(2026, 11, 5, tzinfo=ZONE)

# Kuala Lumpur has had the same time all year since 1982.
LOCAL = "ts + INTERVAL 8 HOUR"

CSV = "(FORMAT csv, HEADER)"
PARQUET = "(FORMAT parquet, COMPRESSION zstd)"


def make(folder: Path) -> None:
    """Write every generated example into `folder`."""
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        write(engine, folder / "events.csv", saved_events(EVENTS, END, ZONE, native=False), CSV)
        write(engine, folder / "events.parquet", saved_events(EVENTS, END, ZONE, native=True), PARQUET)
        engine.execute(f"CREATE TABLE sample AS {sample_events(EVENTS, END, ZONE)}")
        for kind in KINDS:
            write(engine, folder / f"log-{kind}.csv", hosted_log(kind), CSV)
    with (folder / "users.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("id", "name"), *sample_users()])


def write(engine: duckdb.DuckDBPyConnection, path: Path, query: str, form: str) -> None:
    """Write a query's rows to a file."""
    engine.execute(f"COPY ({query}) TO '{path}' {form}")


def hosted_log(kind: str) -> str:
    """One log as a messaging platform exports it: newest first, local times, a removed user as an id."""
    ids = 'contact_id AS "Contact ID"'
    if kind == MERGED:
        ids = 'contact_id AS "Primary Contact ID", merged_contact_id AS "Merged Contact ID"'
    channel = ', channel AS "Channel"' if kind == CONNECTED else ""
    return f"""
        SELECT strftime({LOCAL}, '%Y-%m-%d %H:%M:%S') AS "Timestamp",
            {ids}, contact_name AS "Contact Name",
            source AS "Source", coalesce(user_name, user_id) AS "User"{channel}
        FROM sample WHERE event = '{kind}' ORDER BY ts DESC, contact_id
    """


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
