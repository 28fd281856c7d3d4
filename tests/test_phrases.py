"""Figures and dates as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contactrep import period
from contactrep.phrases import (
    bucket_labels,
    change,
    clock_time,
    iso,
    number,
    said_range,
    said_span,
    share,
)
from tests.render import samples

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("range_text", "said"),
    [
        ("last-7-days", "30 Oct – 5 Nov 2026"),
        ("today", "Thu 5 Nov 2026"),
        ("this-week", "2 – 5 Nov 2026"),
        ("last-month", "Oct 2026"),
        ("2024-02", "Feb 2024"),
        ("2025", "2025"),
        ("2026-Q1", "1 Jan – 31 Mar 2026"),
        ("2025-12-30..2026-01-02", "30 Dec 2025 – 2 Jan 2026"),
        ("2026-11-05T09:30..2026-11-05T17:00", "5 Nov 2026 09:30 – 17:00"),
        ("2026-11-05T09:30..2026-11-06T17:00", "5 Nov 2026 09:30 – 6 Nov 2026 17:00"),
        ("2026-11-02..2026-11-05T17:00", "2 – 5 Nov 2026 until 17:00"),
        ("0033-04-03", "Sun 3 Apr 33"),
        ("9999-11", "Nov 9999"),
    ],
)
def test_ranges_are_said_as_people_say_them(range_text: str, said: str) -> None:
    """A range is named by its first and last day, without what the two share; whole units by their name."""
    assert said_range(period.resolve(range_text, samples.clock())) == said


def test_an_empty_span_has_its_times() -> None:
    """Where a span ends as it starts, both times are said."""
    moment = datetime(2026, 11, 5)  # noqa: DTZ001 - a wall time
    assert said_span(moment, moment) == "5 Nov 2026 00:00 – 00:00"


@pytest.mark.parametrize(
    ("part", "said", "ascii_said"),
    [
        (None, "n/a", "n/a"),
        (0.0, "0.0 %", "0.0 %"),
        (0.125, "▲ 12.5 %", "+12.5 %"),
        (-0.03, "▼ 3.0 %", "-3.0 %"),
        (0.0001, "▲ < 0.1 %", "+< 0.1 %"),
        (9.99, "▲ 999.0 %", "+999.0 %"),
        (9.9996, "▲ 1,000 %", "+1,000 %"),
        (0.0025, "▲ 0.3 %", "+0.3 %"),
        (12.5, "▲ 1,250 %", "+1,250 %"),
        (-1.0, "▼ 100.0 %", "-100.0 %"),
        (-0.9998, "▼ 99.9 %", "-99.9 %"),
        (-1.5, "▼ 150.0 %", "-150.0 %"),
    ],
)
def test_changes_have_a_direction(part: float | None, said: str, ascii_said: str) -> None:
    """A change says up or down with a sign, never with colour alone; without a previous count it is n/a."""
    assert change(part) == said
    assert change(part, unicode=False) == ascii_said


def test_numbers_have_separators() -> None:
    """Thousands are set apart, shares have one decimal."""
    assert number(1234567) == "1,234,567"
    assert number(-1234) == "-1,234"
    assert share(424, 7) == "42.4 %"
    assert share(0, 0) == "0.0 %"
    assert share(0, 7) == "< 0.1 %"


@pytest.mark.parametrize(
    ("range_text", "by", "labels"),
    [
        ("2026-11-05..2026-11-06", "day", ["Thu 5 Nov 2026", "Fri 6 Nov 2026"]),
        ("2026-11-05T09:30..2026-11-05T11:00", "hour", ["Thu 5 Nov 2026 09:30", "Thu 5 Nov 2026 10:00"]),
        ("2026-11-05..2026-11-10", "week", ["5 – 8 Nov 2026", "9 – 10 Nov 2026"]),
        ("2026-10-15..2026-11", "month", ["15 – 31 Oct 2026", "Nov 2026"]),
        ("2026-Q3..2026-Q4", "quarter", ["1 Jul – 30 Sep 2026", "1 Oct – 31 Dec 2026"]),
    ],
)
def test_buckets_are_named_by_what_they_cover(range_text: str, by: period.Unit, labels: list[str]) -> None:
    """A bucket that the range clips is named by its days, a whole one by its unit."""
    spans = period.buckets(period.resolve(range_text, samples.clock()), by)
    assert bucket_labels(spans, by, samples.ZONE) == labels


@pytest.mark.parametrize(
    ("range_text", "by", "week_start", "zone", "labels"),
    [
        ("2026-04-23..2026-04-24", "day", 0, "Africa/Cairo", ["Thu 23 Apr 2026", "Fri 24 Apr 2026"]),
        ("2026-04-17..2026-04-30", "week", 4, "Africa/Cairo", ["17 – 23 Apr 2026", "24 – 30 Apr 2026"]),
        ("2017-09..2017-10", "month", 0, "America/Asuncion", ["Sep 2017", "Oct 2017"]),
        ("2011-12-29..2011-12-31", "day", 0, "Pacific/Apia", ["Thu 29 Dec 2011", "Sat 31 Dec 2011"]),
    ],
)
def test_a_bucket_before_a_missing_midnight_has_its_own_days_only(
    range_text: str, by: period.Unit, week_start: int, zone: str, labels: list[str]
) -> None:
    """Where clocks go forward at midnight, the day ends at 01:00 of the next one, which it does not touch."""
    clock = samples.clock(zone=ZoneInfo(zone))
    spans = period.buckets(period.resolve(range_text, clock), by, week_start)
    assert bucket_labels(spans, by, clock.zone) == labels


def test_the_hour_that_occurs_twice_is_told_apart() -> None:
    """When clocks go back, the two hours of one name show their offsets."""
    clock = samples.clock(zone=BERLIN)
    spans = period.buckets(period.resolve("2026-10-25", clock), "hour")
    labels = bucket_labels(spans, "hour", BERLIN)
    assert labels[1:5] == [
        "Sun 25 Oct 2026 01:00",
        "Sun 25 Oct 2026 02:00 (+02:00)",
        "Sun 25 Oct 2026 02:00 (+01:00)",
        "Sun 25 Oct 2026 03:00",
    ]
    assert len(set(labels)) == 25


def test_instants_have_the_zones_offset() -> None:
    """An instant is written with the offset of its zone, microseconds only where there are any."""
    instant = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)
    assert iso(instant, BERLIN) == "2026-11-05T02:30:00+01:00"
    assert iso(instant + timedelta(microseconds=250), BERLIN) == "2026-11-05T02:30:00.000250+01:00"
    assert iso(None, BERLIN) is None
    assert clock_time(instant, BERLIN) == "2026-11-05 02:30:00"


def test_instants_at_the_ends_of_time_are_written() -> None:
    """Where a zone's calendar has no such date, the instant stays in UTC rather than failing."""
    last = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)
    assert iso(last, ZoneInfo("Asia/Tokyo")) == "9999-12-31T23:30:00+00:00"
    first = datetime(1, 1, 1, 0, 30, tzinfo=UTC)
    assert iso(first, ZoneInfo("America/New_York")) == "0001-01-01T00:30:00+00:00"
