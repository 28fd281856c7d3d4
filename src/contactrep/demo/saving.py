"""The sample as a file has it: the canonical columns, times in ISO 8601 with the offset of the zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from contactrep.demo.query import DAYS, sample_events
from contactrep.events import COLUMNS
from contactrep.zones import transitions, utc_offset


def saved_events(events: int, end: datetime, zone: ZoneInfo, *, native: bool) -> str:
    """A DuckDB query of the sample under the canonical columns' own names.

    `end` and `zone` are as in `sample_events`. `native` gives instants, for formats that have such a type;
    else the timestamp is text.
    """
    timestamp = "ts::TIMESTAMPTZ" if native else _text(end, zone)
    rest = ", ".join(COLUMNS[1:])
    return f"SELECT {timestamp} AS timestamp, {rest} FROM ({sample_events(events, end, zone)})"


def _text(end: datetime, zone: ZoneInfo) -> str:
    # The first day starts at a local midnight, so its first change may be a day more than DAYS ago.
    last_instant = end.astimezone(UTC)
    changes = transitions(zone, last_instant - timedelta(days=DAYS + 2), last_instant)
    branches = "".join(
        f"WHEN ts < TIMESTAMP '{change.at.replace(tzinfo=None)}' THEN {_shifted(change.before)} "
        for change in changes
    )
    last = _shifted(utc_offset(end, zone))
    return f"CASE {branches}ELSE {last} END" if branches else last


def _shifted(offset: timedelta) -> str:
    """`ts` on the wall clock of an offset, with the offset behind it."""
    seconds = offset // timedelta(seconds=1)
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    suffix = f"{sign}{minutes // 60:02}:{minutes % 60:02}"
    return f"strftime(ts + to_seconds({seconds}), '%Y-%m-%dT%H:%M:%S{suffix}')"
