"""Timestamps: what is taken unasked, what needs a format, and what a naive time means in a zone."""

# ruff: noqa: DTZ001 - wall times are naive, which is what is tested

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep.errors import UsageProblem
from contactrep.read import LoadOptions, timestamps
from contactrep.read.values import WHITESPACE
from contactrep.zones import transitions
from tests.read.taking import Take, take_path

REFUSED = "is no timestamp that is taken unasked: ISO 8601, or epoch seconds or milliseconds;"


def write(*values: str) -> str:
    rows = [f'{number},added,"{value}"\n' for number, value in enumerate(values)]
    return "contact_id,event,timestamp\n" + "".join(rows)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-05T10:00:00Z", "2026-11-05 10:00:00"),
        ("2026-11-05 10:00:00Z", "2026-11-05 10:00:00"),
        ("2026-11-05T10:00Z", "2026-11-05 10:00:00"),
        ("2026-11-05T10:00:00+08:00", "2026-11-05 02:00:00"),
        ("2026-11-05T10:00:00+0800", "2026-11-05 02:00:00"),
        ("2026-11-05T10:00:00-08", "2026-11-05 18:00:00"),
        ("2026-11-05T10:00:00 +08:00", "2026-11-05 02:00:00"),
        ("2026-11-05T10:00:00+05:53:28", "2026-11-05 04:06:32"),
        ("2026-11-05T10:00:00+23:59", "2026-11-04 10:01:00"),
        ("2026-11-05t10:00:00z", "2026-11-05 10:00:00"),
        ("2026-11-05T10:00:00", "2026-11-05 10:00:00"),
        ("2026-11-05 10:00", "2026-11-05 10:00:00"),
        (" 2026-11-05 10:00\t", "2026-11-05 10:00:00"),
        ("2026-11-05", "2026-11-05 00:00:00"),
        (" 2026-11-05 ", "2026-11-05 00:00:00"),
        ("2026-11-05T10:00:00.5Z", "2026-11-05 10:00:00.500000"),
        ("2026-11-05T10:00:00,5Z", "2026-11-05 10:00:00.500000"),
        ("2026-11-05T10:00:00.123456789Z", "2026-11-05 10:00:00.123456"),
        ("2026-11-05 10:00:00.9999999", "2026-11-05 10:00:00.999999"),
        ("2028-02-29T23:59:59.999999Z", "2028-02-29 23:59:59.999999"),
        ("1700000000", "2023-11-14 22:13:20"),
        (" 1700000000 ", "2023-11-14 22:13:20"),
        ("170000000", "1975-05-22 14:13:20"),
        ("1700000000.25", "2023-11-14 22:13:20.250000"),
        ("1700000000.1234569", "2023-11-14 22:13:20.123456"),
        ("9999999999.999999", "2286-11-20 17:46:39.999999"),
        ("1700000000123", "2023-11-14 22:13:20.123000"),
        ("170000000012", "1975-05-22 14:13:20.012000"),
        ("0002-01-01T00:00:00Z", "0002-01-01 00:00:00"),
        ("9998-12-31T23:59:59.999999Z", "9998-12-31 23:59:59.999999"),
    ],
)
def test_standard_forms(take: Take, text: str, instant: str) -> None:
    """ISO 8601, dates and epochs are taken unasked, to the microsecond, further digits cut off."""
    taken = take(write(text))
    assert [str(time) for time in taken.times] == [instant]
    assert timestamps.recognizer(None)(text)


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2026", "31/12/26", "5.11.2026", "20261105", "20261105T100000Z", "2026-1-5", "26-11-05",
        "2026-11", "2026", "2026-W45-1", "2026-309", "infinity", "-infinity", "epoch", "now", "today", "NaT",
        "null",
        "2026-11-05 EST", "2026-11-05 10:00 EST", "2026-11-05 10:00 UTC", "2026-11-05T10:00 Asia/Tokyo",
        "2026-11-05T10", "2026-11-05T10Z", "2026-11-05T24:00:00", "2026-11-05T10:60", "2026-11-05T10:00:60",
        "2026-11-05T10:00+99:00", "2026-11-05T10:00+24:00", "2026-11-05T10:00+08:60", "2026-11-05T10:00+8",
        "2026-11-05Z", "2026-11-05+08:00", "2026-11-05T10:00:00.", "2026-11-05T10:00:00.Z", "2026-13-01",
        "2026-00-01", "2026-01-00", "2026-01-32", "12345678", "12345678901", "12345678901234", "1.7e9",
        "-1700000000", "+1700000000", "1700000000.", "1700000000123.5", "1,700,000,000", "2026-11-05 (BC)",
        "2026-11-05 00:00:00 BC", "10000-01-01",
        "٢٠٢٦-١١-٠٥",
        "2026-11-05T10:00:00ZZ", "2026-11-05\n",
    ],
)  # fmt: skip
def test_nothing_is_guessed(take: Take, text: str) -> None:
    """What could mean several things, or no time, is rejected, and the reason says what would do."""
    taken = take(write(text))
    assert taken.rejects[0][1].startswith(f"'{text}' {REFUSED}")
    assert taken.rejects[0][1].endswith("anything else needs --timestamp-format")


@pytest.mark.parametrize("text", ["2026-02-30", "2026-02-29T00:00Z", "2026-04-31 10:00:00.5", "1900-02-29"])
def test_dates_that_do_not_exist(take: Take, text: str) -> None:
    """A day that its month has not is rejected."""
    assert take(write(text)).reasons == {2: f"'{text}' is a time that does not exist"}


@pytest.mark.parametrize(
    "text", ["0001-12-31T23:59:59Z", "0000-01-01", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"]
)
def test_the_ends_of_time(take: Take, text: str) -> None:
    """Instants that not every zone can show are rejected."""
    taken = take(write(text))
    assert [reason for _, reason, _ in taken.rejects] == ["a time outside the years 2 to 9998"]
    assert taken.rejects[0][2] == f'0,added,"{text}"'


def test_a_missing_or_long_timestamp(take: Take) -> None:
    """No timestamp is said so, and a long one is cut in the reason, not in the raw text."""
    taken = take(write("", "  ", "x" * 100))
    assert [reason for _, reason, _ in taken.rejects[:2]] == ["no timestamp", "no timestamp"]
    assert taken.rejects[2][1].startswith(f"'{'x' * 60}…' is no timestamp")
    assert "x" * 100 in taken.rejects[2][2]


# --timestamp-format

FORMATS = [
    ("%d/%m/%Y", "05/11/2026", "2026-11-05 00:00:00"),
    ("%d/%m/%Y", "5/1/2026", "2026-01-05 00:00:00"),
    ("%m/%d/%y %I:%M %p", "11/05/26 09:05 pm", "2026-11-05 21:05:00"),
    ("%Y%m%d", "20261105", "2026-11-05 00:00:00"),
    ("%d %b %Y, %H:%M:%S", "05 Nov 2026, 10:00:01", "2026-11-05 10:00:01"),
    ("%A, %B %d %Y", "Thursday, november 5 2026", "2026-11-05 00:00:00"),
    ("%Y-%m-%d %H:%M:%S.%f", "2026-11-05 10:00:00.25", "2026-11-05 10:00:00.250000"),
    ("%Y-%m-%d %H:%M %z", "2026-11-05 10:00 +0800", "2026-11-05 02:00:00"),
    ("%Y-%m-%d %H:%M %z", "2026-11-05 10:00 -03:30", "2026-11-05 13:30:00"),
    ("%d.%m.%Y %H:%M%z", "05.11.2026 10:00Z", "2026-11-05 10:00:00"),
    ("%Y-%m-%d %H:%M %Z", "2026-11-05 10:00 UTC", "2026-11-05 10:00:00"),
    ("%j %Y", "309 2026", "2026-11-05 00:00:00"),
    ("%c", "Thu Nov  5 10:00:00 2026", "2026-11-05 10:00:00"),
    ("%x %X", "11/05/26 10:00:00", "2026-11-05 10:00:00"),
    ("%G-W%V-%u", "2026-W45-4", "2026-11-05 00:00:00"),
    ("[%d|%m|%Y] (%H.%M)", "[05|11|2026] (10.00)", "2026-11-05 10:00:00"),
    ("100%% %d/%m/%Y", "100% 05/11/2026", "2026-11-05 00:00:00"),
]


@pytest.mark.parametrize(("form", "text", "instant"), FORMATS)
def test_a_format_says_what_a_time_means(take: Take, form: str, text: str, instant: str) -> None:
    """A strptime format is read as Python reads it."""
    taken = take(write(text), timestamp_format=form)
    assert [str(time) for time in taken.times] == [instant]
    assert timestamps.recognizer(timestamps.compile_format(form))(text)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d/%m/%Y", "11/25/2026"),
        ("%d/%m/%Y", "05/11/26"),
        ("%d/%m/%Y", "05/11/2026 10:00"),
        ("%d/%m/%Y", "x05/11/2026"),
        ("%d/%m/%Y", "30/02/2026"),
        ("%Y-%m-%d %H:%M %Z", "2026-11-05 10:00 EST"),
        ("%Y-%m-%d %H:%M %z", "2026-11-05 10:00 +8"),
    ],
)
def test_a_format_takes_nothing_else(take: Take, form: str, text: str) -> None:
    """What the format does not fit, or names no day, is rejected."""
    assert take(write(text), timestamp_format=form).counts.rejected == 1


def test_standard_forms_beside_a_format(take: Take) -> None:
    """Standard forms are still taken beside a format whose output cannot be one of them."""
    taken = take(write("05/11/2026", "2026-11-06", "1700000000"), timestamp_format="%d/%m/%Y")
    assert [str(time)[:10] for time in taken.times] == ["2026-11-05", "2026-11-06", "2023-11-14"]


@pytest.mark.parametrize("form", ["%Y-%d-%m", "%Y-%d-%m %H:%M:%S", "%d%m%Y%H%M", "%y%m%d%H%M"])
def test_a_format_that_looks_like_a_standard_form_replaces_them(take: Take, form: str) -> None:
    """With `%Y-%d-%m`, 2026-11-05 is the eleventh of May, and 2026-11-25 is nothing."""
    written = datetime(2026, 5, 11, 10, 30, tzinfo=UTC).strftime(form)
    taken = take(write(written, "2026-11-25", "2026-11-25 10:00:00", "1700000000123"), timestamp_format=form)
    assert [str(time)[:10] for time in taken.times] == ["2026-05-11"]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("%Q", "'Q' is a bad directive in format '%Q'"),
        ("%", "stray %"),
        ("%H:%M", "gives no whole date: it needs year, month and day"),
        ("%d/%m", "gives no whole date: it needs year, month and day"),
        ("yyyy-mm-dd", "gives no whole date: it needs year, month and day"),
        ("%s", "bad directive"),
    ],
)
def test_a_bad_format_is_a_usage_problem(form: str, message: str) -> None:
    """A format that Python does not know, or that names no day, is refused before anything is read."""
    with pytest.raises(UsageProblem, match=re.escape(f"--timestamp-format '{form}'")) as raised:
        timestamps.compile_format(form)
    assert message in str(raised.value)


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2068, 1, 1)),
    st.sampled_from([form for form, _, _ in FORMATS]),
)
def test_formats_mean_what_python_means(tmp_path_factory: Any, moment: datetime, form: str) -> None:
    """What strftime writes is read as strptime reads it."""
    written = moment.replace(tzinfo=UTC).strftime(form)
    expected = datetime.strptime(written, form).replace(tzinfo=None)  # noqa: DTZ007 - a wall time, or UTC
    path = tmp_path_factory.mktemp("form") / "a.csv"
    path.write_text(write(written))
    assert take_path(path, LoadOptions(timestamp_format=form)).times == [expected]


# Naive times


def local(take: Take, zone: str, *texts: str) -> Any:
    taken = take(write(*texts), zone=zone)
    return [str(time) for time in taken.times], taken.counts.ambiguous_times, taken.counts.missing_times


def test_a_time_that_occurs_twice_takes_its_first_occurrence(take: Take) -> None:
    """01:30 on the day that New York leaves summer time is 05:30 UTC, and counted."""
    expected = ["2026-11-01 04:59:59", "2026-11-01 05:00:00", "2026-11-01 05:59:59", "2026-11-01 07:00:00"]
    texts = "2026-11-01 00:59:59", "2026-11-01 01:00", "2026-11-01 01:59:59", "2026-11-01 02:00"
    assert local(take, "America/New_York", *texts) == (expected, 2, 0)


def test_a_time_that_never_occurs_moves_forward(take: Take) -> None:
    """02:30 on the day that New York enters summer time is 03:30, and counted."""
    expected = ["2026-03-08 06:59:59", "2026-03-08 07:00:00", "2026-03-08 07:59:59", "2026-03-08 07:00:00"]
    texts = "2026-03-08 01:59:59", "2026-03-08 02:00", "2026-03-08 02:59:59", "2026-03-08 03:00"
    assert local(take, "America/New_York", *texts) == (expected, 0, 2)


def test_a_whole_day_that_never_occurred(take: Take) -> None:
    """Samoa skipped 30 December 2011."""
    assert local(take, "Pacific/Apia", "2011-12-30", "2011-12-31") == (
        ["2011-12-30 10:00:00", "2011-12-30 10:00:00"],
        0,
        1,
    )


def test_offsets_and_epochs_know_no_zone(take: Take) -> None:
    """What says its instant keeps it, whatever the zone."""
    texts = "2026-11-01T01:30:00Z", "2026-11-01T01:30:00-04:00", "1700000000"
    times, twice, never = local(take, "America/New_York", *texts)
    assert times == ["2026-11-01 01:30:00", "2026-11-01 05:30:00", "2023-11-14 22:13:20"]
    assert (twice, never) == (0, 0)


def test_the_input_zone_goes_before_the_workspace(take: Take) -> None:
    """`--input-timezone` says where a file's naive times are from, and no others."""
    options: dict[str, Any] = {"zone": "America/New_York", "input_timezone": ZoneInfo("Asia/Kolkata")}
    taken = take(write("2026-11-05 05:30", "2026-11-05T00:00Z"), **options)
    assert [str(time) for time in taken.times] == ["2026-11-05 00:00:00"] * 2


def test_the_first_and_the_last_naive_times(take: Take) -> None:
    """A zone is known from year 2 to 9998, its changes of each year among them."""
    zone = ZoneInfo("Europe/Berlin")
    texts = [
        "0002-01-02 00:00",
        "1800-01-01 00:00",
        "2026-07-01 00:00",
        "9998-07-01 00:00",
        "9998-12-30 00:00",
    ]
    expected = [datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) for text in texts]
    assert take(write(*texts), zone="Europe/Berlin").times == [time.replace(tzinfo=None) for time in expected]


ZONES = sorted(available_timezones() - {"localtime"})


@given(
    st.sampled_from(ZONES),
    st.lists(st.datetimes(datetime(1850, 1, 1), datetime(2045, 1, 1)), min_size=1, max_size=200),
    st.data(),
)
def test_naive_times_are_those_of_zoneinfo(
    tmp_path_factory: Any, zone: str, walls: list[datetime], data: st.DataObject
) -> None:
    """In every zone a naive time is the instant that zoneinfo gives with fold=0, near its changes too."""
    info = ZoneInfo(zone)
    first = walls[0].replace(tzinfo=UTC)
    for change in transitions(info, first, first + timedelta(days=9000)):
        wall = change.at.replace(tzinfo=None) + change.after
        walls.append(wall + timedelta(seconds=data.draw(st.integers(-9000, 9000))))
    path = tmp_path_factory.mktemp("zone") / "a.csv"
    path.write_text(write(*map(str, walls)))
    taken = take_path(path, zone=zone)
    aware = [wall.replace(tzinfo=info) for wall in walls]
    assert taken.times == [time.astimezone(UTC).replace(tzinfo=None) for time in aware]
    # PEP 495: of a time that occurs twice the first has the greater offset, of one that never does the less.
    changes = [_seconds(time) - _seconds(time.replace(fold=1)) for time in aware]
    assert taken.counts.ambiguous_times == sum(change > 0 for change in changes)
    assert taken.counts.missing_times == sum(change < 0 for change in changes)


def _seconds(time: datetime) -> float:
    return (time.utcoffset() or timedelta(0)).total_seconds()


def test_whitespace_is_pythons() -> None:
    """A contact id of nothing but these is none."""
    assert set(WHITESPACE) == {char for char in map(chr, range(0x110000)) if char.isspace()}
