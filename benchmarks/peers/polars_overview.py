"""`overview` by Polars: a lazy scan that reads two columns of the row groups that the range touches."""

from __future__ import annotations

import json
from datetime import date, datetime

import polars as pl

from benchmarks.floors.page import show

_FIRST_DAY = date(1970, 1, 1)


def main(text: str) -> None:
    """Count by kind and local day in one pass, and find the first and the newest event."""
    plan = json.loads(text)
    moment = pl.col("timestamp")
    events = pl.scan_parquet(plan["parquet"])
    start, end = (datetime.fromisoformat(f"{plan[bound]}+00:00") for bound in ("start", "end"))
    counted = (
        events.filter((moment >= start) & (moment < end) & (pl.col("event") != "connected"))
        .group_by(moment.dt.convert_time_zone(plan["zone"]).dt.date().alias("day"), "event")
        .agg(pl.len().alias("count"), moment.max().dt.epoch("us").alias("newest"))
    )
    found, _ = pl.collect_all([counted, events.select(moment.min())])
    rows = found.rows()
    cells = [((day - _FIRST_DAY).days, kind, count) for day, kind, count, _ in rows]
    show(plan, cells, max(row[3] for row in rows))
