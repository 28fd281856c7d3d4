"""Wall clock and instants, and where offsets change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep import zones
from contactrep.errors import UsageProblem
from contactrep.zones import (
    cities_at,
    day_in,
    epoch_us,
    find_zone,
    to_instant,
    to_wall,
    transitions,
    utc_offset,
)

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
    assert zones.EPOCH + timedelta(microseconds=epoch_us(instant)) == instant


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Berln",
        "",
        "../etc/passwd",
        "/etc/passwd",
        "Europe",
        "EST5 EDT",
        "a\0b",
        "posixrules",
        "right/UTC",
    ],
)
def test_a_name_that_is_no_zone_is_refused_in_one_line(name: str) -> None:
    """Whatever is written, no file outside the zones is looked at and nothing else is raised."""
    with pytest.raises(UsageProblem, match="unknown time zone"):
        find_zone(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("GMT+8", "use a city such as Asia/Kuala_Lumpur, Asia/Singapore or Asia/Hong_Kong"),
        ("utc+08:00", "use a city such as Asia/Kuala_Lumpur, Asia/Singapore or Asia/Hong_Kong"),
        ("+0800", "use a city such as Asia/Kuala_Lumpur, Asia/Singapore or Asia/Hong_Kong"),
        ("UTC-5", "use a city such as America/New_York, America/Bogota or America/Lima"),
        ("GMT-03:30", "use a city such as America/St_Johns"),
        ("UTC+5:45", "use a city such as Asia/Kathmandu or Asia/Katmandu"),
        ("Etc/UTC-11", "use a city such as Pacific/Pago_Pago, Pacific/Midway or Pacific/Niue"),
        ("+08:20", "use an IANA name such as Europe/Berlin"),
        ("Etc/GMT+20", "use an IANA name such as Europe/Berlin"),
        ("MYT-8", "use an IANA name such as Europe/Berlin"),
        ("IST", "use a city such as Asia/Kolkata, Europe/Dublin or Asia/Jerusalem"),
        ("jst", "use a city such as Asia/Tokyo"),
        ("HKT", "use a city such as Asia/Hong_Kong"),
        ("PST", "use a city such as America/Los_Angeles or Asia/Manila"),
        ("utc", "did you mean UTC?"),
        ("Europe/Berln", "did you mean Europe/Berlin, Europe/Dublin or Europe/Belfast?"),
        ("Mars/Base", "use an IANA name such as Europe/Berlin"),
        ("localtime", "use an IANA name such as Europe/Berlin"),
        ("Factory", "use an IANA name such as Europe/Berlin"),
    ],
)
def test_an_unknown_zone_is_answered_with_cities(name: str, said: str) -> None:
    """Cities at that offset now, or those that an abbreviation may mean; never a zone of another offset."""
    with pytest.raises(UsageProblem) as raised:
        find_zone(name, datetime(2026, 11, 27, tzinfo=UTC))
    assert str(raised.value) == f"unknown time zone '{name}': {said}"


@pytest.mark.parametrize("month", [1, 7])
@pytest.mark.parametrize("quarters", range(-48, 57))
def test_cities_at_an_offset_are_at_that_offset(month: int, quarters: int) -> None:
    """In summer and in winter, and never one of Etc."""
    offset, now = timedelta(minutes=15 * quarters), datetime(2026, month, 1, tzinfo=UTC)
    for name in cities_at(offset, now):
        assert utc_offset(now, ZoneInfo(name)) == offset
        assert not name.startswith("Etc/")


def test_abbreviations_are_no_names_and_mean_cities() -> None:
    """What an abbreviation may mean exists; one that is an IANA name needs no answer."""
    for name, cities in zones._ABBREVIATIONS.items():
        assert name not in available_timezones()
        assert set(cities) <= available_timezones()


@pytest.mark.parametrize("name", ["EST", "CET", "UTC", "GMT", "Etc/GMT+8", "EST5EDT"])
def test_every_iana_name_is_a_zone(name: str) -> None:
    """What IANA names is taken, whatever it looks like."""
    assert find_zone(name).key == name


@given(
    zone=st.sampled_from((*ZONES, "Pacific/Apia", "Europe/Berlin")),
    day=st.dates(date(1850, 1, 1), date(2050, 1, 1)),
    data=st.data(),
)
def test_a_day_tells_how_its_wall_times_become_instants(zone: str, day: date, data: st.DataObject) -> None:
    """As zoneinfo has it for every time of the day, with fold=0; days with a change are tried most."""
    place = ZoneInfo(zone)
    start = datetime.combine(day, datetime.min.time(), UTC)
    for change in transitions(place, start, start + timedelta(days=300))[:1]:
        day = data.draw(st.sampled_from([change.starts.date(), change.ends.date(), day]))
    it = day_in(place, day)
    for minute in range(0, 1440, 15):
        wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
        offset = it.before if wall < it.ends else it.after
        assert wall.replace(tzinfo=place).utcoffset() == offset
        folds = wall.replace(tzinfo=place, fold=1).utcoffset() != offset
        assert folds == (it.starts <= wall < it.ends)
