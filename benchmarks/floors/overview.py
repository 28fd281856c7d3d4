"""The floor of `overview`, over the store or straight over a Parquet file."""

from __future__ import annotations

import json

import duckdb

from benchmarks.floors.page import Plan, matching, shifted, show

_DAY = 86_400_000_000


def main(text: str) -> None:
    """Count by kind and day, compared days among them, and find the first and the newest event, and the
    deletions that a merge has taken from the contacts already."""
    plan = json.loads(text)
    store = plan["store"]
    connection = duckdb.connect(store or ":memory:", read_only=store is not None)
    rows = connection.execute(_counts(plan)).fetchall()
    # For the notice that a comparison is partial.
    connection.execute(f"SELECT min({plan['time']}) FROM {plan['whole']}").fetchall()
    away = connection.execute(_away(plan)).fetchall()
    show(plan, [row[:3] for row in rows], away, _through(connection, plan, max(row[3] for row in rows)))


def _counts(plan: Plan) -> str:
    return f"""
        SELECT {_day(plan)} AS day, event, count(*), max(epoch_us({plan["time"]}))
        FROM {plan["relation"]}
        WHERE {_within(plan)} AND event <> 'connected'{_contact(plan)}
        GROUP BY ALL"""


def _away(plan: Plan) -> str:
    merged = f"SELECT merged_contact_id FROM {plan['whole']} WHERE merged_contact_id IS NOT NULL"
    return f"""
        SELECT {_day(plan)} AS day, count(*)
        FROM {plan["relation"]}
        WHERE {_within(plan)} AND event = 'deleted' AND contact_id IN ({merged}){_contact(plan)}
        GROUP BY ALL"""


def _day(plan: Plan) -> str:
    us = f"epoch_us({plan['time']})"
    return f"{shifted(plan, us)} // {_DAY}"


def _within(plan: Plan) -> str:
    return f"{plan['time']} >= '{plan['start']}' AND {plan['time']} < '{plan['end']}'"


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
