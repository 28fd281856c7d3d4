"""The floor of `load`: a typed CSV becomes a sorted table in a new file."""

from __future__ import annotations

import json
import os

import duckdb

_TYPES = {
    "timestamp": "TIMESTAMPTZ",
    "event": "VARCHAR",
    "contact_id": "VARCHAR",
    "contact_name": "VARCHAR",
    "channel": "VARCHAR",
    "source": "VARCHAR",
    "user_id": "VARCHAR",
    "user_name": "VARCHAR",
}


def main(text: str) -> None:
    """Load the plan's CSV into a new database file, checkpoint it and have it on the disk."""
    plan = json.loads(text)
    connection = duckdb.connect(plan["store"])
    if plan["memory_limit"]:
        connection.execute(f"SET memory_limit = '{plan['memory_limit']}'")
    rest = ", ".join(list(_TYPES)[1:])
    connection.execute(
        f"""
        CREATE TABLE events AS
        SELECT timestamp AT TIME ZONE 'UTC' AS ts, {rest}
        FROM read_csv($csv, columns = {_TYPES}, auto_detect = false, header = true, delim = ',', quote = '"',
            escape = '"')
        ORDER BY ts
        """,
        {"csv": plan["csv"]},
    )
    connection.execute("CHECKPOINT")
    connection.close()
    descriptor = os.open(plan["store"], os.O_RDONLY)
    os.fsync(descriptor)
