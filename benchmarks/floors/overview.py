"""The floor of `overview`, over the store or straight over a Parquet file."""

from __future__ import annotations

import json

import duckdb

from benchmarks.floors.page import Plan, matching, shifted, show

_DAY = 86_400_000_000


def main(text: str) -> None:
    """Count by kind and day, compared days among them, and find the first and the newest event."""
    plan = json.loads(text)
    store = plan["store"]
    connection = duckdb.connect(store or ":memory:", read_only=store is not None)
    rows = connection.execute(_counts(plan)).fetchall()
    # For the notice that a comparison is partial.
    connection.execute(f"SELECT min({plan['time']}) FROM {plan['whole']}").fetchall()
    show(plan, [row[:3] for row in rows], _through(connection, plan, max(row[3] for row in rows)))


def _counts(plan: Plan) -> str:
    time = plan["time"]
    within = f"{time} >= '{plan['start']}' AND {time} < '{plan['end']}'"
    return f"""
        SELECT {shifted(plan, f"epoch_us({time})")} // {_DAY} AS day, event, count(*), max(epoch_us({time}))
        FROM {plan["relation"]}
        WHERE {within} AND event <> 'connected'{_contact(plan)}
        GROUP BY ALL"""


def _contact(plan: Plan) -> str:
    return f" AND {matching(plan['contact'])}" if plan["contact"] else ""


def _through(connection: duckdb.DuckDBPyConnection, plan: Plan, newest_counted: int) -> int:
    """The newest event of the three kinds: the newest counted one, unless a filter left some out."""
    if not plan["contact"]:
        return newest_counted
    sql = f"""
        SELECT epoch_us({plan["time"]}) FROM {plan["whole"]}
        WHERE event <> 'connected' AND {plan["time"]} <= '{plan["now"]}'
        ORDER BY {plan["time"]} DESC LIMIT 1"""
    newest: int = connection.execute(sql).fetchall()[0][0]
    return newest
