"""`overview` by chDB, the engine of ClickHouse in the process."""

from __future__ import annotations

import json
from typing import Any

import chdb

from benchmarks.floors.page import show

_query: Any = chdb.query  # it has no types


def main(text: str) -> None:
    """Count by kind and local day, and find the first and the newest event."""
    plan = json.loads(text)
    events = f"file('{plan['parquet']}', Parquet)"
    counted = f"""
        SELECT toInt32(toDate(timestamp, '{plan["zone"]}')) AS day, event, count(),
            max(toUnixTimestamp64Micro(timestamp))
        FROM {events}
        WHERE timestamp >= '{plan["start"]}' AND timestamp < '{plan["end"]}' AND event != 'connected'
        GROUP BY day, event"""
    rows = [line.split("\t") for line in str(_query(counted, "TabSeparated")).splitlines()]
    _query(f"SELECT min(timestamp) FROM {events}", "TabSeparated")
    show(
        plan, [(int(day), kind, int(count)) for day, kind, count, _ in rows], max(int(row[3]) for row in rows)
    )
