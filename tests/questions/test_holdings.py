"""What a store holds, from rows that one can count by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contactrep.questions.holdings import distinct, holdings, rejects, status, timezone
from tests.questions.conftest import Hold

STORE_ONLY = pytest.mark.lacking("parquet", "only a store can be empty, and has loads and rejects")
NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)


@STORE_ONLY
def test_an_empty_store_has_no_bounds(hold: Hold) -> None:
    """Nothing is first, nothing is last, and no data reaches anywhere."""
    engine = hold(timezone="Asia/Tokyo")
    held = holdings(engine, NOW)
    assert (held.first, held.last, held.bounds, held.through(["added"])) == (None, None, None, None)
    told = status(engine, "s.duckdb", NOW, version="1.2.3", config=None)
    assert told.events == {"added": 0, "connected": 0, "deleted": 0, "merged": 0}
    assert (told.first, told.last, told.future, told.rejected, told.loads) == (None, None, 0, 0, ())
    assert timezone(engine) == "Asia/Tokyo"


def test_bounds_are_of_all_kinds_and_data_reaches_to_now(hold: Hold) -> None:
    """An event at this instant has happened; one a microsecond later has not."""
    engine = hold(
        {"ts": "2026-11-01T00:00:00", "event": "deleted"},
        {"ts": "2026-11-05T10:00:00"},
        {"ts": "2026-11-05T10:00:00.000001"},
        {"ts": "2026-12-01T00:00:00", "event": "merged"},
    )
    held = holdings(engine, NOW)
    assert held.bounds == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert held.through(["added", "merged"]) == NOW
    assert held.through(["deleted"]) == NOW - timedelta(days=4, hours=10)
    assert held.through(["merged"]) is None
    assert held.through(["connected"]) is None


@STORE_ONLY
def test_status_counts_the_events_of_each_kind_and_those_later_than_now(hold: Hold) -> None:
    """Kinds without events are 0."""
    engine = hold({}, {"ts": "2026-11-05T10:00:00.000001"}, {"ts": "2026-12-01T00:00:00", "event": "merged"})
    told = status(engine, "s.duckdb", NOW, version="1.2.3", config=None)
    assert told.events == {"added": 2, "connected": 0, "deleted": 0, "merged": 1}
    assert told.future == 2


def test_values_come_in_code_point_order_without_null(hold: Hold) -> None:
    """Each once, capitals first."""
    engine = hold(
        *(
            {"contact_id": str(place), "source": source}
            for place, source in enumerate(("b", "B", None, "a", "b", "é"))
        )
    )
    assert distinct(engine, "source") == ["B", "a", "b", "é"]


@STORE_ONLY
@pytest.mark.lacking("spark", "a table has no rejects")
def test_rejects_are_none_where_there_are_none(hold: Hold) -> None:
    """A clean store answers with an empty list."""
    found = rejects(hold())
    assert (found.total, list(found.rows)) == (0, [])
