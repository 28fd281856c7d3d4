"""Which bucket an event is counted in, by DuckDB itself."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep.period import UNITS, Clock, Unit, buckets, resolve
from contactrep.questions.counts import _bucket_index
from contactrep.zones import epoch_us

ZONES = ("America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu")


@given(
    zone=st.sampled_from(ZONES),
    unit=st.sampled_from(UNITS),
    first=st.dates(min_value=datetime(1985, 1, 1).date(), max_value=datetime(2030, 1, 1).date()),  # noqa: DTZ001
    days=st.integers(0, 100),
    places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=20),
)
def test_an_event_is_counted_in_the_bucket_whose_boundaries_lie_around_it(
    zone: str, unit: Unit, first: datetime, days: int, places: list[float]
) -> None:
    """The arithmetic over runs of equal buckets finds what a plain search among all of them finds."""
    clock = Clock.at(datetime(2026, 11, 5, tzinfo=UTC), ZoneInfo(zone))
    chosen = resolve(f"{first}..{first + timedelta(days=days)}", clock)
    series = buckets(chosen, unit)
    length = chosen.end.instant - chosen.start.instant
    last = chosen.end.instant - timedelta(microseconds=1)
    for moment in (min(chosen.start.instant + length * place, last) for place in places):
        expected = [place for place, bucket in enumerate(series) if bucket.start <= moment < bucket.end]
        found = duckdb.execute(
            f"SELECT {_bucket_index(series)} FROM (SELECT $us AS us)",
            {"us": epoch_us(moment)},
        )
        assert [found.fetchall()[0][0]] == expected


@pytest.mark.parametrize("unit", UNITS)
def test_the_buckets_of_a_range_touch_and_cover_it(unit: Unit) -> None:
    """No instant of a range is outside all buckets, and none is in two."""
    clock = Clock.at(datetime(2026, 11, 5, tzinfo=UTC), ZoneInfo("America/St_Johns"))
    chosen = resolve("2006-03-15..2007-11-20", clock) if unit != "hour" else resolve("2006-10-29", clock)
    series = buckets(chosen, unit)
    assert series[0].start == chosen.start.instant
    assert series[-1].end == chosen.end.instant
    assert all(early.end == late.start for early, late in pairwise(series))
