"""`contactrep ranges`: the presets on random days in many zones, and by hand."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from hypothesis import given, note
from hypothesis import strategies as st

from tests import oracle
from tests.oracle import Clock
from tests.strategies import WEEK_STARTS, ZONES, as_ofs, days

Run = Callable[..., Result]


def answered(run: Run, as_of: str, zone: str, *more: str | Path) -> oracle.Json:
    """Ask for the presets at a moment."""
    result = run("ranges", "--as-of", as_of, "--timezone", zone, "--format", "json", *more)
    assert result.exit_code == 0, result.output
    answer: oracle.Json = json.loads(result.stdout)
    return answer


@pytest.mark.parametrize("zone", ZONES)
@given(data=st.data())
def test_presets_in_many_zones(run: Run, zone: str, data: st.DataObject) -> None:
    """On any day of 1971 to 2037 the presets and their comparisons are the oracle's."""
    as_of = data.draw(days(zone).flatmap(lambda day: as_ofs(day, zone)), "as of")
    assert answered(run, as_of, zone) == oracle.ranges(Clock.at(as_of, ZoneInfo(zone)))


@given(
    zone=st.sampled_from(ZONES), day=st.dates(date(1971, 1, 1), date(2037, 12, 31)), week_start=WEEK_STARTS
)
def test_week_start(
    run: Run, tmp_path_factory: pytest.TempPathFactory, zone: str, day: date, week_start: str
) -> None:
    """Weeks start on the day that the config says."""
    config = tmp_path_factory.mktemp("config") / "config.toml"
    config.write_text(f'week_start = "{week_start}"\n')
    note(config.read_text())
    clock = Clock.at(day.isoformat(), ZoneInfo(zone))
    expected = oracle.ranges(clock, oracle.WEEKDAYS.index(week_start))
    assert answered(run, day.isoformat(), zone, "--config", config) == expected


BY_HAND = {
    # Thursday, 5 November 2026; the whole day is over, so nothing but a this-* is cut.
    "2026-11-05": {
        "today": "11-05 … 11-06 after 11-04 … 11-05",
        "yesterday": "11-04 … 11-05 after 11-03 … 11-04",
        "last-7-days": "10-30 … 11-06 after 10-23 … 10-30",
        "last-14-days": "10-23 … 11-06 after 10-09 … 10-23",
        "last-30-days": "10-07 … 11-06 after 09-07 … 10-07",
        "this-week": "11-02 … 11-06 after 10-26 … 10-30",
        "this-month": "11-01 … 11-06 after 10-01 … 10-06",
        "this-quarter": "10-01 … 11-06 after 07-01 … 08-06",
        "this-year": "01-01 … 11-06 after 2025-01-01 … 2025-11-06",
        "last-week": "10-26 … 11-02 after 10-19 … 10-26",
        "last-month": "10-01 … 11-01 after 09-01 … 10-01",
        "last-quarter": "07-01 … 10-01 after 04-01 … 07-01",
        "last-year": "2025-01-01 … 01-01 after 2024-01-01 … 2025-01-01",
    },
    # Noon of the same day: what is running is compared with its elapsed part.
    "2026-11-05T12:00": {
        "today": "11-05 … 11-06 after 11-04 … 11-04 12:00",
        "yesterday": "11-04 … 11-05 after 11-03 … 11-04",
        "last-7-days": "10-30 … 11-06 after 10-23 … 10-29 12:00",
        "this-week": "11-02 … 11-06 after 10-26 … 10-29 12:00",
        "this-month": "11-01 … 11-06 after 10-01 … 10-05 12:00",
        "last-month": "10-01 … 11-01 after 09-01 … 10-01",
    },
    # The last day of March: the month before has fewer days, and is not exceeded.
    "2026-03-31": {
        "this-month": "03-01 … 04-01 after 02-01 … 03-01",
        "this-quarter": "01-01 … 04-01 after 2025-10-01 … 2025-12-30",
        "last-month": "02-01 … 03-01 after 01-01 … 02-01",
    },
    # New Year's Day, a Thursday: the units before are last year's, the week spans both years.
    "2026-01-01": {
        "yesterday": "2025-12-31 … 01-01 after 2025-12-30 … 2025-12-31",
        "this-week": "2025-12-29 … 01-02 after 2025-12-22 … 2025-12-26",
        "this-year": "01-01 … 01-02 after 2025-01-01 … 2025-01-02",
        "last-month": "2025-12-01 … 01-01 after 2025-11-01 … 2025-12-01",
        "last-quarter": "2025-10-01 … 01-01 after 2025-07-01 … 2025-10-01",
        "last-year": "2025-01-01 … 01-01 after 2024-01-01 … 2025-01-01",
    },
    # A leap day.
    "2024-02-29": {
        "today": "2024-02-29 … 2024-03-01 after 2024-02-28 … 2024-02-29",
        "this-month": "2024-02-01 … 2024-03-01 after 2024-01-01 … 2024-01-30",
        "this-year": "2024-01-01 … 2024-03-01 after 2023-01-01 … 2023-03-02",
    },
}


def by_hand(text: str) -> tuple[list[str], list[str]]:
    """Spell out `11-05 … 11-06 after 11-04 … 11-05`: the year is 2026 and the time midnight unless said."""
    spelled = []
    for part in text.replace(" after ", " … ").split(" … "):
        day, _, moment = part.partition(" ")
        spelled.append(f"{day if len(day) > 5 else '2026-' + day}T{moment or '00:00'}:00+08:00")
    return spelled[:2], spelled[2:]


@pytest.mark.parametrize(
    ("as_of", "name"), [(as_of, name) for as_of, names in BY_HAND.items() for name in names]
)
def test_presets_by_hand(run: Run, as_of: str, name: str) -> None:
    """The presets mean the dates that a reader finds in a calendar."""
    found = {row["name"]: row for row in answered(run, as_of, "Asia/Singapore")["ranges"]}[name]
    own, previous = by_hand(BY_HAND[as_of][name])
    assert [found["start"], found["end"]] == own
    assert [found["previous"]["start"], found["previous"]["end"]] == previous


def test_all_presets_in_their_order(run: Run) -> None:
    """`ranges` lists the presets of the hosted picker and its kin, days before units, without `all`."""
    answer = answered(run, "2026-11-05", "Europe/Berlin")
    assert [row["name"] for row in answer["ranges"]] == list(oracle.PRESETS)
    assert (answer["as_of"], answer["timezone"]) == ("2026-11-06T00:00:00+01:00", "Europe/Berlin")


def test_days_that_begin_late(run: Run) -> None:
    """Where midnight does not exist the day begins after the gap, as in Havana in March."""
    today = answered(run, "2026-03-08", "America/Havana")["ranges"][0]
    assert (today["start"], today["end"]) == ("2026-03-08T01:00:00-04:00", "2026-03-09T00:00:00-04:00")


def test_sunday_weeks_by_hand(run: Run, tmp_path: Path) -> None:
    """With `week_start = "sunday"` Thursday's week began on Sunday, 1 November."""
    config = tmp_path / "config.toml"
    config.write_text('week_start = "sunday"\n')
    ranges = answered(run, "2026-11-05", "UTC", "--config", config)["ranges"]
    found = {row["name"]: (row["start"][:10], row["end"][:10]) for row in ranges}
    assert found["this-week"] == ("2026-11-01", "2026-11-06")
    assert found["last-week"] == ("2026-10-25", "2026-11-01")
