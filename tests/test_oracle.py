"""The oracle itself, against examples worked out by hand."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests import oracle
from tests.oracle import Clock, Filters, Question, Store

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
APIA = ZoneInfo("Pacific/Apia")


def spans(name: str, as_of: str, zone: ZoneInfo = NEW_YORK, compare: str = "previous") -> list[str]:
    """Give the local start and end of a range and of what it is compared with."""
    clock = Clock.at(as_of, zone)
    chosen = oracle.resolve(name, clock, Store())
    previous = oracle.comparison(chosen, clock, compare)
    assert previous is not None
    instants = [*vars(oracle.span_of(chosen, zone)).values(), *vars(previous).values()]
    return [oracle.wall_of(instant, zone).isoformat(" ", "minutes") for instant in instants]


def test_finished_range_is_compared_with_the_whole_one_before() -> None:
    """A range that is over has the whole range before it as its comparison."""
    assert spans("last-7-days", "2026-11-05") == [
        "2026-10-30 00:00",
        "2026-11-06 00:00",
        "2026-10-23 00:00",
        "2026-10-30 00:00",
    ]


def test_this_month_is_compared_with_the_same_days_of_the_last() -> None:
    """The elapsed part is cut where the shorter month before ends."""
    assert spans("this-month", "2026-03-31") == [
        "2026-03-01 00:00",
        "2026-04-01 00:00",
        "2026-02-01 00:00",
        "2026-03-01 00:00",
    ]
    assert spans("this-month", "2026-03-10T12:00")[2:] == ["2026-02-01 00:00", "2026-02-10 12:00"]


def test_year_comparison_of_a_leap_day() -> None:
    """A year before 29 February is 28 February, and the year comparison of the day is that whole day."""
    assert spans("2024-02-29", "2024-06-01", compare="year")[2:] == ["2023-02-28 00:00", "2023-03-01 00:00"]


def test_comparison_never_reaches_the_range_itself() -> None:
    """An elapsed time that lands in a gap is cut at the start of the range."""
    # 8 March 2026 has no 02:30: as an instant it would be 03:30, after the range's start at 03:00.
    assert spans("2026-03-08T03:00..2026-03-08T09:00", "2026-03-08T08:30")[2:] == [
        "2026-03-07 21:00",
        "2026-03-08 03:00",
    ]


def test_day_of_25_hours_has_25_hour_buckets() -> None:
    """The hour that occurs twice is two buckets, one of each offset."""
    clock = Clock.at("2026-11-01", NEW_YORK)
    hours = oracle.buckets(oracle.resolve("today", clock, Store()), "hour", NEW_YORK)
    assert len(hours) == 25
    assert [oracle.stamp(hour.start, NEW_YORK)[11:] for hour in hours[:4]] == [
        "00:00:00-04:00",
        "01:00:00-04:00",
        "01:00:00-05:00",
        "02:00:00-05:00",
    ]


def test_half_hour_change_makes_a_short_bucket() -> None:
    """On Lord Howe the clock goes back from 02:00 to 01:30, so the second 01 o'clock lasts half an hour."""
    clock = Clock.at("2026-04-05", LORD_HOWE)
    hours = oracle.buckets(oracle.resolve("today", clock, Store()), "hour", LORD_HOWE)
    assert [oracle.stamp(hour.start, LORD_HOWE)[11:] for hour in hours[1:4]] == [
        "01:00:00+11:00",
        "01:30:00+10:30",
        "02:00:00+10:30",
    ]


def test_day_that_a_country_skipped_is_no_bucket() -> None:
    """Samoa had no 30 December 2011: as a range it is empty, among other days it has no bucket."""
    clock = Clock.at("2012-01-01", APIA)
    days = oracle.buckets(oracle.resolve("2011-12-29..2011-12-31", clock, Store()), "day", APIA)
    assert [oracle.stamp(day.start, APIA) for day in days] == [
        "2011-12-29T00:00:00-10:00",
        "2011-12-31T00:00:00+14:00",
    ]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-05", "2026-11-05T05:00"),
        ("2026-11-05 06:07:08.5", "2026-11-05T11:07:08.5"),
        ("2026-11-05T06:07Z", "2026-11-05T06:07"),
        ("2026-11-05T06:07+08:00", "2026-11-04T22:07"),
        ("2026-11-01 01:30", "2026-11-01T05:30"),
        ("2026-03-08 02:30", "2026-03-08T07:30"),
        ("1762300800.25", "2025-11-05T00:00:00.25"),
        ("1762300800250", "2025-11-05T00:00:00.25"),
        ("03/04/2026", None),
        ("20261105", None),
        ("2026-13-01", None),
    ],
)
def test_timestamps(text: str, utc: str | None) -> None:
    """Only unambiguous timestamps are read, and naive ones in the zone."""
    expected = datetime.fromisoformat(utc).replace(tzinfo=UTC) if utc else None
    assert oracle.read_instant(text, NEW_YORK) == expected


def test_dates_mean_the_end_of_the_day() -> None:
    """`--as-of` with a date keeps T on that date and puts now at the first instant of the next."""
    clock = Clock.at("2026-11-05", NEW_YORK)
    assert (clock.today, clock.wall) == (date(2026, 11, 5), datetime(2026, 11, 6))  # noqa: DTZ001


def test_equal_merges_are_counted_to_the_larger_number() -> None:
    """Two equal merges in one file are two, and a second file adds only what it has more."""
    merge = {"timestamp": "2026-11-05", "event": "Merged", "contact_id": "1"}
    store = Store()
    counts = [store.load([merge] * number, NEW_YORK) for number in (2, 1, 3)]
    assert [(count.loaded, count.duplicate) for count in counts] == [(2, 0), (0, 1), (1, 2)]
    assert len(store.events) == 3


def test_merged_ids_tell_merges_apart() -> None:
    """Several ids are several merges, each once; another kind has none."""
    merge = {"timestamp": "2026-11-05", "event": "merged", "contact_id": "1"}
    store = Store()
    rows = [{**merge, "merged_contact_id": ids} for ids in ("2", " 3 ;; 2", "", ";")]
    count = store.load([*rows, {**merge, "event": "added", "merged_contact_id": "2;3"}], NEW_YORK)
    assert (count.read, count.loaded, count.duplicate) == (6, 5, 1)
    assert [event.merged_contact_id for event in store.events] == ["2", "3", None, None, None]


def test_net_subtracts_a_contact_once() -> None:
    """A deletion counts as deleted, but not in net if a merge, at whatever time, names its contact."""
    store = Store()
    day = {"timestamp": "2026-11-05", "contact_id": "1"}
    rows = [
        {**day, "event": "deleted"},
        {**day, "event": "deleted", "contact_id": "2"},
        {"timestamp": "2020-01-01", "event": "merged", "contact_id": "9", "merged_contact_id": "2"},
        {"timestamp": "2020-01-01", "event": "added", "contact_id": "9", "merged_contact_id": "1"},
    ]
    store.load(rows, NEW_YORK)
    answer = oracle.overview(store, Clock.at("2026-11-05", NEW_YORK), Question(range="today", by="day"))
    assert answer["metrics"]["deleted"]["count"] == 2
    assert (answer["metrics"]["net"]["count"], answer["metrics"]["net"]["deleted_after_merge"]) == (-1, 1)
    assert [bucket["net"] for bucket in answer["series"]] == [-1]


def test_first_of_equal_events_stays() -> None:
    """A channel tells only connections apart; of equal events the first loaded stays."""
    row = {"timestamp": "2026-11-05", "contact_id": "1"}
    rows = [
        {**row, "event": event, "channel": channel}
        for event in ("added", "connected")
        for channel in ("", "x", "")
    ]
    store = Store()
    count = store.load(rows, NEW_YORK)
    assert (count.loaded, count.duplicate) == (3, 3)
    assert [event.channel for event in store.events] == [None, None, "x"]


def test_overview_by_hand() -> None:
    """Counts, previous counts and changes are those that a reader finds in the events."""
    store = Store()
    store.load(
        [
            {"timestamp": stamp, "event": event, "contact_id": str(number)}
            for number, (stamp, event) in enumerate(
                [
                    ("2026-11-05 10:00", "added"),
                    ("2026-11-05 23:59", "added"),
                    ("2026-11-05 11:00", "deleted"),
                    ("2026-11-04 11:00", "added"),
                    ("2026-11-06", "added"),
                ]
            )
        ],
        NEW_YORK,
    )
    answer = oracle.overview(store, Clock.at("2026-11-05", NEW_YORK), Question(range="today", by="day"))
    assert answer == {
        "schema": 1,
        "component": "overview",
        "status": "ok",
        "message": None,
        "range": {
            "name": "today",
            "start": "2026-11-05T00:00:00-05:00",
            "end": "2026-11-06T00:00:00-05:00",
            "timezone": "America/New_York",
            "by": "day",
        },
        "previous": {"start": "2026-11-04T00:00:00-05:00", "end": "2026-11-05T00:00:00-05:00"},
        "filters": {"channel": [], "user": [], "source": [], "contact": []},
        "not_applicable": [],
        "data_through": "2026-11-06T00:00:00-05:00",
        "metrics": {
            "added": {"count": 2, "previous": 1, "change": 1.0},
            "deleted": {"count": 1, "previous": 0, "change": None},
            "merged": {"count": 0, "previous": 0, "change": None},
            "net": {"count": 1, "previous": 1, "change": 0.0, "deleted_after_merge": 0},
        },
        "series": [
            {
                "start": "2026-11-05T00:00:00-05:00",
                "end": "2026-11-06T00:00:00-05:00",
                "partial": False,
                "added": 2,
                "deleted": 1,
                "merged": 0,
                "net": 1,
            }
        ],
    }


def test_filter_that_does_not_apply() -> None:
    """A channel filter leaves the connected breakdown alone and empties the others."""
    store = Store()
    store.load(
        [
            {"timestamp": "2026-11-05", "event": event, "contact_id": "1", "channel": "WhatsApp"}
            for event in oracle.KINDS
        ],
        NEW_YORK,
    )
    question = Question(filters=Filters(channel=("whatsapp",)))
    clock = Clock.at("2026-11-05", NEW_YORK)
    assert oracle.breakdown(store, clock, question, "connected")["status"] == "ok"
    added = oracle.breakdown(store, clock, question, "added")
    assert (added["status"], added["breakdown"], added["total"]["count"]) == ("not_applicable", [], 0)
