"""`overview` by Polars: a lazy scan that reads few columns of the row groups that the range touches."""

from __future__ import annotations

import json
from datetime import date, datetime

import polars as pl

from benchmarks.floors.page import show

_FIRST_DAY = date(1970, 1, 1)


def main(text: str) -> None:
    """Count by kind and local day, and find the first and the newest event and the deletions after merges."""
    plan = json.loads(text)
    moment = pl.col("timestamp")
    events = pl.scan_parquet(plan["parquet"])
    start, end = (datetime.fromisoformat(f"{plan[bound]}+00:00") for bound in ("start", "end"))
    within, day = (moment >= start) & (moment < end), moment.dt.convert_time_zone(plan["zone"]).dt.date()
    counted = (
        events.filter(within & (pl.col("event") != "connected"))
        .group_by(day.alias("day"), "event")
        .agg(pl.len().alias("count"), moment.max().dt.epoch("us").alias("newest"))
    )
    merged = events.select(pl.col("merged_contact_id").drop_nulls())
    gone = (
        events.filter(within & (pl.col("event") == "deleted"))
        .join(merged, left_on="contact_id", right_on="merged_contact_id", how="semi")
        .group_by(day.alias("day"))
        .agg(pl.len().alias("count"))
    )
    found, away, _ = pl.collect_all([counted, gone, events.select(moment.min())])
    rows = found.rows()
    cells = [((day - _FIRST_DAY).days, kind, count) for day, kind, count, _ in rows]
    show(
        plan,
        cells,
        [((day - _FIRST_DAY).days, count) for day, count in away.rows()],
        max(row[3] for row in rows),
    )
