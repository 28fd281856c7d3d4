"""The floor of `export events`: one COPY of the same rows in the same order."""

from __future__ import annotations

import json
import os

import duckdb

_REST = ("contact_id", "merged_contact_id", "contact_name", "channel", "source", "user_id", "user_name")

_TEXT = """CASE WHEN epoch_us(ts) % 1000000 = 0 THEN strftime(ts, '%Y-%m-%dT%H:%M:%SZ')
    ELSE strftime(ts, '%Y-%m-%dT%H:%M:%S.%fZ') END"""

# What a spreadsheet would run gets a ' before it; numbers and phone numbers do not.
_GUARDED = """CASE WHEN left({0}, 1) IN ('=', '+', '-', '@', chr(9), chr(13)) AND NOT regexp_full_match({0},
    '[+-][0-9 .()-]+|[+-]?[0-9]+(\\.[0-9]*)?([eE][+-]?[0-9]+)?') THEN chr(39) || {0} ELSE {0} END AS {0}"""

_FORMATS = {"csv": "FORMAT csv, HEADER true", "parquet": "FORMAT parquet, COMPRESSION zstd"}


def main(text: str) -> None:
    """Write the plan's store as a file of the plan's format, and have it on the disk."""
    plan = json.loads(text)
    connection = duckdb.connect(plan["store"], read_only=True)
    if plan["memory_limit"]:
        connection.execute(f"SET memory_limit = '{plan['memory_limit']}'")
    csv = plan["format"] == "csv"
    moment, rest = (_TEXT, [_GUARDED.format(name) for name in _REST]) if csv else ("ts::TIMESTAMPTZ", _REST)
    connection.execute(
        f"""
        COPY (
            SELECT {moment} AS timestamp, event, {", ".join(rest)} FROM events
            ORDER BY ts, events.contact_id, events.channel NULLS LAST, events.merged_contact_id NULLS LAST,
                events.contact_name NULLS LAST,
                events.source NULLS LAST, events.user_id NULLS LAST, events.user_name NULLS LAST, event
        ) TO '{plan["file"]}' ({_FORMATS[plan["format"]]})"""
    )
    descriptor = os.open(plan["file"], os.O_RDONLY)
    os.fsync(descriptor)
