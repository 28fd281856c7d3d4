"""What a store holds, from rows that one can count by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contactrep.questions.holdings import distinct, holdings, rejects, status, timezone
from tests.questions.conftest import Holding

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)


def test_an_empty_store_has_no_bounds(holding: Holding) -> None:
    """Nothing is first, nothing is last, and no data reaches anywhere."""
    ask = holding(timezone="Asia/Tokyo")
    held = holdings(ask, NOW)
    assert (held.first, held.last, held.bounds, held.through(["added"])) == (None, None, None, None)
    told = status(ask, "s.duckdb", NOW, version="1.2.3", config=None)
    assert told.events == {"added": 0, "connected": 0, "deleted": 0, "merged": 0}
    assert (told.first, told.last, told.future, told.rejected, told.loads) == (None, None, 0, 0, ())
    assert timezone(ask) == "Asia/Tokyo"


def test_bounds_are_of_all_kinds_and_data_reaches_to_now(holding: Holding) -> None:
    """An event at this instant has happened; one a microsecond later has not."""
    ask = holding(
        {"ts": "2026-11-01T00:00:00", "event": "deleted"},
        {"ts": "2026-11-05T10:00:00"},
        {"ts": "2026-11-05T10:00:00.000001"},
        {"ts": "2026-12-01T00:00:00", "event": "merged"},
    )
    held = holdings(ask, NOW)
    assert held.bounds == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert held.through(["added", "merged"]) == NOW
    assert held.through(["deleted"]) == NOW - timedelta(days=4, hours=10)
    assert held.through(["merged"]) is None
    assert held.through(["connected"]) is None
    told = status(ask, "s.duckdb", NOW, version="1.2.3", config=None)
    assert told.events == {"added": 2, "connected": 0, "deleted": 1, "merged": 1}
    assert told.future == 2


def test_values_come_in_code_point_order_without_null(holding: Holding) -> None:
    """Each once, capitals first."""
    ask = holding(*({"source": source} for source in ("b", "B", None, "a", "b", "é")))
    assert distinct(ask, "source") == ["B", "a", "b", "é"]


def test_rejects_are_none_where_there_are_none(holding: Holding) -> None:
    """A clean store answers with an empty list."""
    found = rejects(holding())
    assert (found.total, list(found.rows)) == (0, [])
