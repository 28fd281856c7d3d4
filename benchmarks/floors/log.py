"""The floor of `log added`, newest first."""

from __future__ import annotations

import json

import duckdb

from benchmarks.floors.page import Plan, matching, moment, shifted, write

_MOST = 10_000


def main(text: str) -> None:
    """Count the range's events, take the newest, and find how far the data reaches."""
    plan = json.loads(text)
    connection = duckdb.connect(plan["store"], read_only=True)
    condition = f"event = 'added' AND ts >= '{plan['start']}' AND ts < '{plan['end']}'"
    if plan["contact"]:
        condition += f" AND {matching(plan['contact'])}"
    total = connection.execute(f"SELECT count(*) FROM events WHERE {condition}").fetchall()[0][0]
    rows = connection.execute(_rows(plan, condition)).fetchall()
    newest = (
        f"SELECT epoch_us(ts) FROM events WHERE event = 'added' AND ts <= '{plan['now']}' ORDER BY ts DESC"
    )
    through = connection.execute(f"{newest} LIMIT 1").fetchall()[0][0]
    write(plan, [f"{total:,}"], moment(plan, through), "".join([row[0] for row in rows]))


def _rows(plan: Plan, condition: str) -> str:
    wall = f"make_timestamp({shifted(plan, 'epoch_us(ts)')})"
    offsets = "".join(f"WHEN epoch_us(ts) < {at} THEN '{offset}' " for at, offset in plan["offsets"][:-1])
    offset = (
        f"CASE {offsets}ELSE '{plan['offsets'][-1][1]}' END" if offsets else f"'{plan['offsets'][-1][1]}'"
    )
    return f"""
        SELECT strftime({wall}, '%Y-%m-%dT%H:%M:%S') || {offset} || chr(9) || contact_id || chr(9)
            || coalesce(contact_name, '') || chr(9) || coalesce(source::VARCHAR, '') || chr(9)
            || coalesce(shown, '') || chr(10)
        FROM (
            SELECT *, CASE source WHEN 'User' THEN coalesce(user_name, user_id) END AS shown
            FROM events WHERE {condition}
            ORDER BY ts DESC, contact_id, channel NULLS LAST, contact_name NULLS LAST, source NULLS LAST,
                shown NULLS LAST
            LIMIT {_MOST}
        )"""
