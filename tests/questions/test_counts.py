"""Which bucket an event is counted in, by DuckDB itself."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep.engines.duckdb import DuckDbEngine
from contactrep.events import KINDS
from contactrep.filters import Filters
from contactrep.period import UNITS, Clock, Range, Span, Unit, buckets, compared_with, resolve
from contactrep.questions.counts import AWAY, _Places, tally
from contactrep.questions.engine import Engine
from contactrep.questions.matching import Selection, select
from contactrep.report import Figure
from contactrep.zones import epoch_us
from tests.questions.conftest import Hold

ZONES = ("America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu")


class Costs(DuckDbEngine):
    """An engine without events, whose questions are costly or not."""

    def __init__(self, costly: bool) -> None:
        self.costly = costly


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
        for costly in (False, True):
            found = _Places(series, Costs(costly))
            sql = f"SELECT {found.sql} FROM (SELECT $us AS us)"
            [(value,)] = duckdb.execute(sql, {"us": epoch_us(moment)}).fetchall()
            assert [found.of(value)] == expected


@pytest.mark.parametrize("unit", UNITS)
def test_the_buckets_of_a_range_touch_and_cover_it(unit: Unit) -> None:
    """No instant of a range is outside all buckets, and none is in two."""
    clock = Clock.at(datetime(2026, 11, 5, tzinfo=UTC), ZoneInfo("America/St_Johns"))
    chosen = resolve("2006-03-15..2007-11-20", clock) if unit != "hour" else resolve("2006-10-29", clock)
    series = buckets(chosen, unit)
    assert series[0].start == chosen.start.instant
    assert series[-1].end == chosen.end.instant
    assert all(early.end == late.start for early, late in pairwise(series))


MERGED = {"event": "merged", "merged_contact_id": "2"}
NO_FILTER = Selection()
DELETED = {"event": "deleted", "contact_id": "2"}


def _away(
    engine: Engine, chosen: Range, unit: Unit, compared: Span | None = None, selection: Selection = NO_FILTER
) -> tuple[dict[int, int], Figure]:
    """The deletions of contacts that merges name, by bucket and in all."""
    series = buckets(chosen, unit)
    counted = tally(engine, KINDS, chosen, series, compared, selection, named=False, away=True)
    return counted.by_bucket(AWAY), counted.total(AWAY)


def test_deletions_of_contacts_that_merges_name(hold: Hold) -> None:
    """The merge may be at any time; where a range and the compared one overlap, a deletion counts in both."""
    clock = Clock.at(datetime(2026, 11, 5, tzinfo=UTC), ZoneInfo("UTC"))
    chosen = resolve("2025..2026", clock)
    engine = hold(
        {**MERGED, "ts": "2001-01-01"},
        {**MERGED, "ts": "2031-01-01", "merged_contact_id": "3"},
        {**DELETED, "ts": "2025-05-01"},
        {**DELETED, "ts": "2026-05-01"},
        {**DELETED, "ts": "2024-05-01"},
        {**DELETED, "ts": "2027-05-01"},
        {**DELETED, "ts": "2026-05-02", "contact_id": "3"},
        {**DELETED, "ts": "2026-05-02", "contact_id": "1"},
        {"event": "added", "ts": "2026-05-02", "contact_id": "2"},
    )
    assert _away(engine, chosen, "year") == ({0: 1, 1: 2}, Figure(3))
    compared = compared_with(chosen, "year", clock)
    assert _away(engine, chosen, "year", compared) == ({0: 1, 1: 2}, Figure(3, 2))


def test_deletions_after_merges_under_a_filter(hold: Hold, everything: Range) -> None:
    """A filter chooses deletions, never the merges that name their contacts."""
    engine = hold(
        {**MERGED, "user_name": "Bob"},
        {**DELETED, "user_name": "Ann"},
        {**DELETED, "ts": "2026-11-05T11:00:00", "user_name": "Bob"},
    )
    selection = select(engine, Filters(user=("ann",)))
    assert _away(engine, everything, "year", selection=selection) == ({0: 1}, Figure(1))


def test_without_merged_ids_no_deletion_is_left_out(hold: Hold, everything: Range) -> None:
    """Merges that name only the primary contact prove nothing."""
    engine = hold({**MERGED, "contact_id": "2", "merged_contact_id": None}, DELETED)
    assert _away(engine, everything, "day") == ({}, Figure(0))
