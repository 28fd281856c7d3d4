"""`overview` by chDB, the engine of ClickHouse in the process."""

from __future__ import annotations

import json
from typing import Any

import chdb

from benchmarks.floors.page import show

_query: Any = chdb.query  # it has no types


def main(text: str) -> None:
    """Count by kind and local day, and find the first and the newest event and the deletions after merges."""
    plan = json.loads(text)
    events = f"file('{plan['parquet']}', Parquet)"
    day = f"toInt32(toDate(timestamp, '{plan['zone']}')) AS day"
    within = f"timestamp >= '{plan['start']}' AND timestamp < '{plan['end']}'"
    rows = _rows(
        f"""
        SELECT {day}, event, count(), max(toUnixTimestamp64Micro(timestamp))
        FROM {events} WHERE {within} AND event != 'connected' GROUP BY day, event"""
    )
    away = _rows(
        f"""
        SELECT {day}, count() FROM {events}
        WHERE {within} AND event = 'deleted'
            AND contact_id IN (SELECT merged_contact_id FROM {events} WHERE merged_contact_id IS NOT NULL)
        GROUP BY day"""
    )
    _rows(f"SELECT min(timestamp) FROM {events}")
    cells = [(int(day), kind, int(count)) for day, kind, count, _ in rows]
    show(plan, cells, [(int(day), int(count)) for day, count in away], max(int(row[3]) for row in rows))


def _rows(sql: str) -> list[list[str]]:
    return [line.split("\t") for line in str(_query(sql, "TabSeparated")).splitlines()]
