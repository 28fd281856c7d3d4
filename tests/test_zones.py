"""Wall clock and instants, and where offsets change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep.errors import UsageProblem
from contactrep.zones import epoch_us, find_zone, from_epoch_us, to_instant, to_wall, transitions, utc_offset

ZONES = (
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/St_Johns",
    "Asia/Gaza",
    "UTC",
)


@given(zone=st.sampled_from(ZONES), year=st.integers(1990, 2060))
def test_every_change_of_offset_is_found_to_the_second(zone: str, year: int) -> None:
    """Between two changes the offset stays, and at each it is another: an hourly walk finds no more."""
    place = ZoneInfo(zone)
    start = datetime(year, 1, 1, tzinfo=UTC)
    found = transitions(place, start, start + timedelta(days=366))
    for change in found:
        assert utc_offset(change.at, place) == change.after
        assert utc_offset(change.at - timedelta(seconds=1), place) == change.before
    hours = [start + timedelta(hours=hour) for hour in range(366 * 24 + 1)]
    walked = sum(utc_offset(early, place) != utc_offset(late, place) for early, late in pairwise(hours))
    assert len(found) == walked


def test_a_time_that_occurs_twice_is_its_first_and_one_that_never_occurs_moves_forward() -> None:
    """As zoneinfo does with fold=0."""
    berlin = ZoneInfo("Europe/Berlin")
    assert to_instant(datetime(2026, 10, 25, 2, 30), berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # noqa: DTZ001
    moved = to_instant(datetime(2026, 3, 29, 2, 30), berlin)  # noqa: DTZ001
    assert to_wall(moved, berlin) == datetime(2026, 3, 29, 3, 30)  # noqa: DTZ001


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)))  # noqa: DTZ001
def test_microseconds_since_1970_are_exact(naive: datetime) -> None:
    """There and back is the same instant, far from 1970 too."""
    instant = naive.replace(tzinfo=UTC)
    assert from_epoch_us(epoch_us(instant), ZoneInfo("UTC")) == instant


@pytest.mark.parametrize(
    "name", ["Europe/Berln", "", "../etc/passwd", "/etc/passwd", "Europe", "EST5 EDT", "a\0b"]
)
def test_a_name_that_is_no_zone_is_refused_in_one_line(name: str) -> None:
    """Whatever is written, no file outside the zones is looked at and nothing else is raised."""
    with pytest.raises(UsageProblem, match="there is no time zone"):
        find_zone(name)
