"""The floor of `load`: a file that DuckDB reads with its types becomes a sorted table in a new file."""

from __future__ import annotations

import json
import os

import duckdb

_TYPES = {
    "timestamp": "TIMESTAMPTZ",
    "event": "VARCHAR",
    "contact_id": "VARCHAR",
    "merged_contact_id": "VARCHAR",
    "contact_name": "VARCHAR",
    "channel": "VARCHAR",
    "source": "VARCHAR",
    "user_id": "VARCHAR",
    "user_name": "VARCHAR",
}
_NESTED = {
    "event": "VARCHAR",
    "origin": "VARCHAR",
    "data": 'STRUCT("at" TIMESTAMPTZ, item STRUCT(id VARCHAR, merged VARCHAR, name VARCHAR,'
    " inbox STRUCT(name VARCHAR)))",
    "user": "STRUCT(id VARCHAR, name VARCHAR)",
}
_LINES = "auto_detect = false, format = 'newline_delimited'"
_ROWS = {
    "csv": f"""FROM read_csv($source, columns = {_TYPES}, auto_detect = false, header = true, delim = ',',
        quote = '"', escape = '"')""",
    "parquet": "FROM read_parquet($source)",
    "jsonl": f"FROM read_json($source, columns = {_TYPES}, {_LINES})",
    "nested": f"""
        SELECT data.at AS timestamp, split_part(event, '.', 2) AS event, data.item.id AS contact_id,
            data.item.merged AS merged_contact_id, data.item.name AS contact_name,
            data.item.inbox.name AS channel, origin AS source, "user".id AS user_id, "user".name AS user_name
        FROM read_json($source, columns = {_NESTED}, {_LINES}) WHERE starts_with(event, 'contact.')""",
}


def main(text: str) -> None:
    """Load the plan's file into a new database file, checkpoint it and have it on the disk."""
    plan = json.loads(text)
    connection = duckdb.connect(plan["store"])
    if plan["memory_limit"]:
        connection.execute(f"SET memory_limit = '{plan['memory_limit']}'")
    rest = ", ".join(list(_TYPES)[1:])
    connection.execute(
        f"""
        CREATE TABLE events AS
        SELECT timestamp AT TIME ZONE 'UTC' AS ts, {rest} FROM ({_ROWS[plan["form"]]}) ORDER BY ts
        """,
        {"source": plan["source"]},
    )
    connection.execute("CHECKPOINT")
    connection.close()
    descriptor = os.open(plan["store"], os.O_RDONLY)
    os.fsync(descriptor)
