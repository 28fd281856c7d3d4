"""Ranges, comparisons and buckets, by examples that a reader can check against a calendar."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from contactrep.errors import UsageProblem
from contactrep.period import (
    Clock,
    Comparing,
    Span,
    bucket_unit,
    buckets,
    compared_with,
    pieces,
    resolve,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 28, tzinfo=UTC)
THURSDAY = Clock.of("2026-11-05", NOW, BERLIN)


def _days(chosen: Span) -> tuple[str, str]:
    return chosen.start.wall.isoformat(" ", "minutes"), chosen.end.wall.isoformat(" ", "minutes")


@pytest.mark.parametrize(
    ("written", "name", "start", "end"),
    [
        ("today", "today", "2026-11-05 00:00", "2026-11-06 00:00"),
        (" Last 7 Days ", "last-7-days", "2026-10-30 00:00", "2026-11-06 00:00"),
        ("LAST_1_day", "last-1-days", "2026-11-05 00:00", "2026-11-06 00:00"),
        ("last-007-days", "last-7-days", "2026-10-30 00:00", "2026-11-06 00:00"),
        ("thisweek", "this-week", "2026-11-02 00:00", "2026-11-06 00:00"),
        ("last-quarter", "last-quarter", "2026-07-01 00:00", "2026-10-01 00:00"),
        ("2026-w45", "2026-W45", "2026-11-02 00:00", "2026-11-09 00:00"),
        ("2020-W53", "2020-W53", "2020-12-28 00:00", "2021-01-04 00:00"),
        ("2026-q4", "2026-Q4", "2026-10-01 00:00", "2027-01-01 00:00"),
        ("2024-02-29", "2024-02-29", "2024-02-29 00:00", "2024-03-01 00:00"),
        ("2026", "2026", "2026-01-01 00:00", "2027-01-01 00:00"),
        ("2026-01..2026-10", "2026-01..2026-10", "2026-01-01 00:00", "2026-11-01 00:00"),
        ("yesterday .. Today", "yesterday..today", "2026-11-04 00:00", "2026-11-06 00:00"),
        (
            "2026-11-05 09:30..2026-11-05T18:00:00",
            "2026-11-05T09:30..2026-11-05T18:00",
            "2026-11-05 09:30",
            "2026-11-05 18:00",
        ),
        (
            "2026-11-04..2026-11-05T12:00",
            "2026-11-04..2026-11-05T12:00",
            "2026-11-04 00:00",
            "2026-11-05 12:00",
        ),
        (
            "2026-11-05T00:00Z..2026-11-05T12:00+02:00",
            "2026-11-05T00:00Z..2026-11-05T12:00+02:00",
            "2026-11-05 01:00",
            "2026-11-05 11:00",
        ),
    ],
)
def test_a_range_is_read_and_gets_its_canonical_name(written: str, name: str, start: str, end: str) -> None:
    """Names are matched like headers; what is written is kept in one form."""
    chosen = resolve(written, THURSDAY)
    assert (chosen.name, *_days(chosen)) == (name, start, end)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "..",
        "all..today",
        "20261105",
        "2026-1",
        "2026-11-5",
        "2026-11-05T10:00",
        "a..b",
        "last--days",
    ],
)
def test_what_is_not_certain_is_no_range(written: str) -> None:
    """Nothing is guessed: an incomplete or ambiguous word is refused."""
    with pytest.raises(UsageProblem):
        resolve(written, THURSDAY)


def test_exclude_today_ends_the_days_with_yesterday() -> None:
    """Seven days are seven days, whether they end today or yesterday."""
    assert _days(resolve("last-7-days", THURSDAY, exclude_today=True)) == (
        "2026-10-29 00:00",
        "2026-11-05 00:00",
    )


def test_open_ranges_reach_to_the_first_and_past_the_last_event() -> None:
    """`all` covers whole days; a running day is always inside."""
    bounds = (datetime(2026, 8, 1, 23, 30, tzinfo=UTC), datetime(2026, 11, 9, 12, tzinfo=UTC))
    assert _days(resolve("all", THURSDAY, bounds=bounds)) == ("2026-08-02 00:00", "2026-11-10 00:00")
    assert _days(resolve("2026-09..", THURSDAY, bounds=bounds)) == ("2026-09-01 00:00", "2026-11-10 00:00")
    assert _days(resolve("..2026-09", THURSDAY, bounds=bounds)) == ("2026-08-02 00:00", "2026-10-01 00:00")
    assert _days(resolve("all", THURSDAY)) == ("2026-11-05 00:00", "2026-11-06 00:00")


def test_an_open_range_beyond_all_events_is_empty_or_its_own_unit_never_an_error() -> None:
    """Nothing lies before the first or after the last event, and that is an answer."""
    bounds = (datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    early = resolve("..2025", THURSDAY, bounds=bounds)
    assert early.start == early.end
    assert buckets(early, "day") == ()
    assert _days(resolve("2027-01..", THURSDAY, bounds=bounds)) == ("2027-01-01 00:00", "2027-02-01 00:00")


@pytest.mark.parametrize(
    ("written", "comparing", "start", "end"),
    [
        ("yesterday", "previous", "2026-11-03 00:00", "2026-11-04 00:00"),
        ("last-month", "previous", "2026-09-01 00:00", "2026-10-01 00:00"),
        ("this-month", "previous", "2026-10-01 00:00", "2026-10-06 00:00"),
        ("this-quarter", "previous", "2026-07-01 00:00", "2026-08-06 00:00"),
        ("2026-11", "previous", "2026-10-01 00:00", "2026-10-06 00:00"),
        ("2026-10", "year", "2025-10-01 00:00", "2025-11-01 00:00"),
        ("2026", "year", "2025-01-01 00:00", "2025-11-06 00:00"),
        ("2024-02-29", "year", "2023-02-28 00:00", "2023-03-01 00:00"),
        ("2026-10-01..2026-10-10", "previous", "2026-09-21 00:00", "2026-10-01 00:00"),
        ("2027", "previous", "2026-01-01 00:00", "2026-01-01 00:00"),
    ],
)
def test_a_range_is_compared_with_the_span_before_it_or_its_elapsed_part(
    written: str, comparing: Comparing, start: str, end: str
) -> None:
    """A range that is over has a whole span to compare with, a running one as much as has gone by."""
    span = compared_with(resolve(written, THURSDAY), comparing, THURSDAY)
    assert span is not None
    assert (span.start.wall.isoformat(" ", "minutes"), span.end.wall.isoformat(" ", "minutes")) == (
        start,
        end,
    )


def test_the_elapsed_part_before_a_missing_midnight_has_whole_days() -> None:
    """At the end of 23 April 2026 in Cairo the clock shows 01:00 of the 24th, and 23 days have gone by."""
    clock = Clock.of("2026-04-23", NOW, ZoneInfo("Africa/Cairo"))
    span = compared_with(resolve("2026-04", clock), "previous", clock)
    assert span is not None
    assert _days(span) == ("2026-03-01 00:00", "2026-03-24 00:00")


def test_a_long_month_is_never_compared_past_the_end_of_a_short_one() -> None:
    """On 31 March, this month is compared with all of February, not with its first 31 days."""
    clock = Clock.of("2026-03-31", NOW, BERLIN)
    span = compared_with(resolve("this-month", clock), "previous", clock)
    assert span is not None
    assert (span.start.wall.day, span.end.wall.month, span.end.wall.day) == (1, 3, 1)


@pytest.mark.parametrize(
    ("end", "shown", "minutes"),
    [("01:00Z", "02:00", 30), ("02:15+01:00", "02:15", 45), ("01:30Z", "02:30", 60)],
)
def test_a_range_may_end_where_the_clock_shows_less_than_at_its_start(
    end: str, shown: str, minutes: int
) -> None:
    """An hour occurs twice: the second one is later, and no period of such a length can be compared."""
    start, end = "2026-10-25T00:30Z", f"2026-10-25T{end}"
    chosen = resolve(f"{start}..{end}", THURSDAY)
    assert _days(chosen) == ("2026-10-25 02:30", f"2026-10-25 {shown}")
    assert chosen.end.instant - chosen.start.instant == timedelta(minutes=minutes)
    assert compared_with(chosen, "previous", THURSDAY) is None
    for wrong in (f"{end}..{start}", f"{end}..{end}"):
        with pytest.raises(UsageProblem, match="ends before or where it starts"):
            resolve(wrong, THURSDAY)


def test_a_range_that_is_typed_backwards_is_refused_where_its_end_never_occurs() -> None:
    """At 02:30 it is 03:30, which is later than the start; a person has typed the earlier time last."""
    with pytest.raises(UsageProblem, match="ends before or where it starts"):
        resolve("2026-03-29T03:10..2026-03-29T02:30", THURSDAY)


@pytest.mark.parametrize(
    ("written", "comparing"),
    [("all", "previous"), ("2026-01..", "year"), ("..2026", "previous"), ("2026", "none")],
)
def test_open_ranges_and_none_have_no_comparison(written: str, comparing: Comparing) -> None:
    """There is nothing before everything."""
    assert compared_with(resolve(written, THURSDAY), comparing, THURSDAY) is None


@pytest.mark.parametrize(
    ("written", "unit", "count"),
    [
        ("today", "hour", 24),
        ("2026-10-24..2026-10-25", "hour", 49),
        ("2026-03-29", "hour", 23),
        ("2026-11-03..2026-11-05", "day", 3),
        ("2026-09-01..2026-11-01", "day", 62),
        ("2026-09-01..2026-11-02", "week", 10),
        ("2024", "week", 53),
        ("2025-01-01..2026-01-02", "month", 13),
    ],
)
def test_auto_takes_a_unit_that_keeps_the_bars_readable(written: str, unit: str, count: int) -> None:
    """Hours up to 2 days, days up to 62, weeks up to 366, months beyond: on the wall clock."""
    chosen = resolve(written, THURSDAY)
    assert bucket_unit(chosen, "auto") == unit
    assert len(buckets(chosen, bucket_unit(chosen, "auto"))) == count


def test_a_day_that_never_was_has_no_bucket() -> None:
    """Samoa skipped 30 December 2011: no event can be of that day, and no bar stands for it."""
    clock = Clock.of("2012-01-05", NOW, ZoneInfo("Pacific/Apia"))
    series = buckets(resolve("2011-12-29..2011-12-31", clock), "day")
    assert [(bucket.end - bucket.start).total_seconds() / 3600 for bucket in series] == [24, 24]


def test_an_hour_bucket_ends_where_the_offset_changes() -> None:
    """Lord Howe shifts by half an hour, which cuts an hour in two."""
    clock = Clock.of("2026-04-05", NOW, ZoneInfo("Australia/Lord_Howe"))
    series = buckets(resolve("today", clock), "hour")
    minutes = [(bucket.end - bucket.start).total_seconds() / 60 for bucket in series]
    assert (sum(minutes), len(minutes), minutes.count(30)) == (24 * 60 + 30, 25, 1)


@pytest.mark.parametrize(
    "text", ["2026-11-05", "2026-11-05T09:30", "2026-11-05 09:30:15.5", "2026-11-05T09:30+01:00"]
)
def test_as_of_takes_a_date_or_a_datetime(text: str) -> None:
    """A date means its end, so that the day itself is over."""
    clock = Clock.of(text, NOW, BERLIN)
    assert clock.today.isoformat() == "2026-11-05"
    if text == "2026-11-05":
        assert clock.now == datetime(2026, 11, 5, 23, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "now", "2026-02-30", "05.11.2026", "9999-12-31", "2026-11-05T25:00"])
def test_as_of_refuses_what_is_no_moment(text: str) -> None:
    """One line, whatever was written."""
    with pytest.raises(UsageProblem):
        Clock.of(text, NOW, BERLIN)


@pytest.mark.parametrize("text", ["2026-11-05", "2026", "1000..9998", "2026-11-05T00:00..2026-11-05T00:01"])
def test_pieces_touch_and_cover_a_range(text: str) -> None:
    """Equal but for the last, and never more than were asked for."""
    chosen = resolve(text, THURSDAY)
    found = pieces(chosen, 1000)
    assert len(found) <= 1000
    assert (found[0].start, found[-1].end) == (chosen.start.instant, chosen.end.instant)
    assert all(early.end == late.start for early, late in pairwise(found))
    assert len({piece.end - piece.start for piece in found[:-1]}) == 1
