"""Timestamps: what is taken unasked, what needs a format, and what a naive time means in a zone."""

# ruff: noqa: DTZ001 - wall times are naive, which is what is tested

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep.errors import InputProblem, UsageProblem
from contactrep.read import timestamps
from contactrep.read.mapping import Mapping
from contactrep.read.values import WHITESPACE
from contactrep.zones import transitions
from tests.read.taking import Take, take_path

REFUSED = "is not a recognised timestamp (ISO 8601 or epoch); give its format with --timestamp-format"


def write(*values: str) -> str:
    rows = [f'{number},added,"{value}"\n' for number, value in enumerate(values)]
    return "contact_id,event,timestamp\n" + "".join(rows)


STANDARD = {
    "2026-11-05T10:00:00Z": "2026-11-05 10:00:00",
    "2026-11-05 10:00:00Z": "2026-11-05 10:00:00",
    "2026-11-05T10:00Z": "2026-11-05 10:00:00",
    "2026-11-05T10:00:00+08:00": "2026-11-05 02:00:00",
    "2026-11-05T10:00:00+0800": "2026-11-05 02:00:00",
    "2026-11-05T10:00:00-08": "2026-11-05 18:00:00",
    "2026-11-05T10:00:00 +08:00": "2026-11-05 02:00:00",
    "2026-11-05T10:00:00+05:53:28": "2026-11-05 04:06:32",
    "2026-11-05T10:00:00+23:59": "2026-11-04 10:01:00",
    "2026-11-05t10:00:00z": "2026-11-05 10:00:00",
    "2026-11-05T10:00:00": "2026-11-05 10:00:00",
    "2026-11-05 10:00": "2026-11-05 10:00:00",
    " 2026-11-05 10:00\t": "2026-11-05 10:00:00",
    "2026-11-05": "2026-11-05 00:00:00",
    " 2026-11-05 ": "2026-11-05 00:00:00",
    "2026-11-05T10:00:00.5Z": "2026-11-05 10:00:00.500000",
    "2026-11-05T10:00:00,5Z": "2026-11-05 10:00:00.500000",
    "2026-11-05T10:00:00.123456789Z": "2026-11-05 10:00:00.123456",
    "2026-11-05 10:00:00.9999999": "2026-11-05 10:00:00.999999",
    "2028-02-29T23:59:59.999999Z": "2028-02-29 23:59:59.999999",
    "1700000000": "2023-11-14 22:13:20",
    " 1700000000 ": "2023-11-14 22:13:20",
    "1700000000.25": "2023-11-14 22:13:20.250000",
    "1700000000.1234569": "2023-11-14 22:13:20.123456",
    "9999999999.999999": "2286-11-20 17:46:39.999999",
    "1700000000123": "2023-11-14 22:13:20.123000",
    "1793786400000.0": "2026-11-04 10:00:00",
    "1793786400000.5678": "2026-11-04 10:00:00.000567",
    "1793786400123456": "2026-11-04 10:00:00.123456",
    "1793786400123456.9": "2026-11-04 10:00:00.123456",
    "1793786400123456999": "2026-11-04 10:00:00.123456",
    "9999999999999999999.9": "2286-11-20 17:46:39.999999",
    "2026-11-05 10:00:00 UTC": "2026-11-05 10:00:00",
    "2026-11-05 10:00:01.5 UTC": "2026-11-05 10:00:01.500000",
    "2026-11-05T10:00 gmt": "2026-11-05 10:00:00",
    "2026-11-05 9:14": "2026-11-05 09:14:00",
    "2026-11-05T9:14:05Z": "2026-11-05 09:14:05",
    "2026/11/05": "2026-11-05 00:00:00",
    "2026/11/05 9:14:05.25 +08:00": "2026-11-05 01:14:05.250000",
    "2026-11-05T10:00:00+01:00[Europe/Berlin]": "2026-11-05 09:00:00",
    "2026-11-05T10:00+01:00 [Europe/Berlin]": "2026-11-05 09:00:00",
    "2026-11-05T10:00:00\u22120530": "2026-11-05 15:30:00",
    "2026-11-05 10:00 \u221205": "2026-11-05 15:00:00",
    "2026-11-05T10:00:00.5-08:00[America/Los_Angeles][u-ca=gregory]": "2026-11-05 18:00:00.500000",
    "2026-11-05T10:00:00Z[UTC]": "2026-11-05 10:00:00",
    "2026-11-05\n": "2026-11-05 00:00:00",
    "2026-11-05\u00a0 10:00:00": "2026-11-05 10:00:00",
    "2026-11-05 10:00:00\u200b": "2026-11-05 10:00:00",
    "\u200e2026-11-05 10:00:00": "2026-11-05 10:00:00",
    "\u200e2026\u200e-\u200e11\u200e-\u200e05\u200e 10:00:00Z": "2026-11-05 10:00:00",
    "\ufeff2026-11-05\u202f10:00:00\u2009+08:00": "2026-11-05 02:00:00",
    "\u00ad1700000000\u3000": "2023-11-14 22:13:20",
    "2026-11-05\x0010:00": "2026-11-05 10:00:00",
    "0002-01-01T00:00:00Z": "0002-01-01 00:00:00",
    "9998-12-31T23:59:59.999999Z": "9998-12-31 23:59:59.999999",
}


def test_standard_forms(take: Take) -> None:
    """ISO 8601, dates and epochs are taken unasked, to the microsecond, further digits cut off."""
    assert list(map(str, take(write(*STANDARD)).times)) == list(STANDARD.values())


@pytest.mark.parametrize("text", STANDARD)
def test_a_standard_form_looks_good(text: str) -> None:
    """Where a line may belong to a broken record, its time shows that it is a record of its own."""
    assert timestamps.Forms().looks_good(text)


NOT_STANDARD = [
    "03/04/2026", "31/12/26", "5.11.2026", "20261105", "20261105T100000Z", "2026-1-5", "26-11-05",
    "2026-11", "2026", "2026-W45-1", "2026-309", "infinity", "-infinity", "epoch", "now", "today", "NaT",
    "null",
    "2026-11-05 EST", "2026-11-05 10:00 EST", "2026-11-05 UTC", "2026-11-05T10:00 Asia/Tokyo",
    "2026-11-05T10:00[Asia/Tokyo]", "2026-11-05 10:00 UTC+8", "2026/11-05", "2026/1/5", "26/11/05",
    "2026-11-05 9:5",
    "2026-11-05T10", "2026-11-05T10Z", "2026-11-05T24:00:00", "2026-11-05T10:60", "2026-11-05T10:00:60",
    "2026-11-05T10:00+99:00", "2026-11-05T10:00+24:00", "2026-11-05T10:00+08:60", "2026-11-05T10:00+8",
    "2026-11-05Z", "2026-11-05+08:00", "2026-11-05T10:00:00.", "2026-11-05T10:00:00.Z", "2026-13-01",
    "2026-00-01", "2026-01-00", "2026-01-32", "12345678", "12345678901", "12345678901234", "1.7e9",
    "170000000", "170000000012", "202611041000", "2026110410", "2026110410.0", "2026110410153000",
    "1.7937864E+12", "2026-11-05 10:00:00.1234567890",
    "0000000000", "0000001793786", "0000000000004651", "0000000001793786400", "0793786400.5",
    "-1700000000", "+1700000000", "1700000000.", "1,700,000,000", "2026-11-05 (BC)", "1700 000 000",
    "2026-11-05 00:00:00 BC", "10000-01-01",
    "٢٠٢٦-١١-٠٥",
    "2026-11-05T10:00:00ZZ", "2026-11-05 10\\u202f00",
]  # fmt: skip


def test_nothing_is_guessed(take: Take) -> None:
    """What could mean several things, or is not a time, is rejected, and the reason names the option."""
    reasons = [reason for _, reason, _ in take(write(*NOT_STANDARD)).rejects]
    assert reasons == [f"'{text}' {REFUSED}" for text in NOT_STANDARD]


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
    """A missing timestamp has its own reason, and a long one is cut in the reason, not in the raw text."""
    taken = take(write("", "  ", "\u200b\u00a0", "x" * 100))
    assert [reason for _, reason, _ in taken.rejects[:3]] == ["no timestamp"] * 3
    assert taken.rejects[3][1] == f"'{'x' * 60}…' {REFUSED}"
    assert "x" * 100 in taken.rejects[3][2]


def test_a_reason_shows_what_is_invisible(take: Take) -> None:
    """Characters that nobody sees are named by their code points in the reason, and kept in the raw text."""
    taken = take(write("5\u202fNov\u200b 2026"))
    assert taken.rejects[0][1] == f"'5‹U+202F›Nov‹U+200B› 2026' {REFUSED}"
    assert "5\u202fNov\u200b 2026" in taken.rejects[0][2]


@pytest.mark.parametrize("text", ["46330", "46330.4166666667", " 36526"])
def test_the_serial_number_of_a_spreadsheet_is_known(take: Take, text: str) -> None:
    """A number of days is never guessed, but the reason names the format."""
    said = f"'{text}' looks like the serial number of a date in a spreadsheet; use --timestamp-format excel"
    assert take(write(text)).reasons == {2: said}


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
    ("%H:%M:%S%z %d/%m/%Y", "10:00:30Z 05/11/2026", "2026-11-05 10:00:30"),
    ("%Y-%m-%dT%H:%M:%S%z [Etc/UTC]", "2026-11-05T10:00:30z [Etc/UTC]", "2026-11-05 10:00:30"),
    ("%d/%m/%Y %H:%M %z", "05/11/2026 10:00 +002030", "2026-11-05 09:39:30"),
    ("%d/%m %H:%M%z%Y", "05/11 10:00+02002026", "2026-11-05 08:00:00"),
    ("%Y-%m-%d %H:%M %Z", "2026-11-05 10:00 UTC", "2026-11-05 10:00:00"),
    ("%j %Y", "309 2026", "2026-11-05 00:00:00"),
    ("%c", "Thu Nov  5 10:00:00 2026", "2026-11-05 10:00:00"),
    ("%x %X", "11/05/26 10:00:00", "2026-11-05 10:00:00"),
    ("%G-W%V-%u", "2026-W45-4", "2026-11-05 00:00:00"),
    ("%G-W%V %a", "2026-W45 thu", "2026-11-05 00:00:00"),
    ("%Y, week %W, %A", "2026, week 44, Thursday", "2026-11-05 00:00:00"),
    ("%u in %U of %Y %H:%M", "7 in 44 of 2026 10:00", "2026-11-01 10:00:00"),
    ("%a %Y %W %w", "Thu 2026 44 4", "2026-11-05 00:00:00"),
    ("%a %d %b %Y (week %W)", "Thu 05 Nov 2026 (week 44)", "2026-11-05 00:00:00"),
    ("[%d|%m|%Y] (%H.%M)", "[05|11|2026] (10.00)", "2026-11-05 10:00:00"),
    ("100%% %d/%m/%Y", "100% 05/11/2026", "2026-11-05 00:00:00"),
    ("%Y-%m-%dT%H:%M:%SZ", "2026-11-05T10:00:00Z", "2026-11-05 10:00:00"),
    ("%d/%m/%Y at %H:%M", "05/11/2026 AT 10:00", "2026-11-05 10:00:00"),
]


@pytest.mark.parametrize(("form", "text", "instant"), FORMATS)
def test_a_format_says_what_a_time_means(take: Take, form: str, text: str, instant: str) -> None:
    """A strptime format is read as Python reads it."""
    taken = take(write(text), timestamp_formats=(form,))
    assert [str(time) for time in taken.times] == [instant]
    assert timestamps.Forms([timestamps.compile_format(form)]).looks_good(text)


@pytest.mark.parametrize(
    ("form", "text", "instant"),
    [
        ("%d/%m/%Y", "\u200e5\u200e/\u200e11\u200e/\u200e2026\u200e", "2026-11-04 16:00:00"),
        ("%m/%d/%Y, %I:%M:%S %p", "11/5/2026, 10:00:00\u202fPM", "2026-11-05 14:00:00"),
        ("%d/%m/%Y %H:%M %z", "05/11/2026 10:00\u202f-03:30", "2026-11-05 13:30:00"),
        ("%d/%m/%Y - %H:%M %z", "05/11/2026\u00a0-\u00a010:00 Z", "2026-11-05 10:00:00"),
        ("%m/%d/%Y,\u00a0%I:%M:%S\u202f%p", "11/5/2026, 10:00:00 PM", "2026-11-05 14:00:00"),
        ("%d-%b-%y %I.%M.%S.%f %p", "05-NOV-26 11.30.00.123456789 AM", "2026-11-05 03:30:00.123456"),
        ("%d-%b-%y %I.%M.%S.%f %p", "05-NOV-26 11.30.00.1234567 AM", "2026-11-05 03:30:00.123456"),
        ("%d/%m/%Y %H:%M:%S.%f", "05/11/2026 11:30:00.000000001", "2026-11-05 03:30:00"),
        ("%d/%m/%Y %H:%M %p", "05/11/2026 14:30 PM", "2026-11-05 06:30:00"),
        ("%d/%m/%Y %H:%M %p", "05/11/2026 08:30 am", "2026-11-05 00:30:00"),
        ("%d/%m/%Y %H:%M:%SZ", "05/11/2026 10:00:00z", "2026-11-05 10:00:00"),
        ("%d/%m/%Y %H:%M UTC", "05/11/2026 10:00 UTC", "2026-11-05 10:00:00"),
        ("%d/%m/%Y %I:%M %p (GMT)", "05/11/2026 10:00 PM (GMT)", "2026-11-05 22:00:00"),
        ("%H:%M:%S.%fZ %d/%m/%Y", "10:00:00.5Z 05/11/2026", "2026-11-05 10:00:00.500000"),
        ("%d/%m/%Y %H:%M GMT+8", "05/11/2026 10:00 GMT+8", "2026-11-05 02:00:00"),
        ("%d/%m/%Y %H:%M GMT%z", "05/11/2026 10:00 GMT-0330", "2026-11-05 13:30:00"),
        ("UTC %d/%m/%Y %H:%M", "UTC 05/11/2026 10:00", "2026-11-05 02:00:00"),
        ("%d/%mZ/%Y", "05/11Z/2026", "2026-11-04 16:00:00"),
        ("%d/%m/%Y %%HZ", "05/11/2026 %HZ", "2026-11-04 16:00:00"),
        ("epoch-s", "1793786400.123", "2026-11-04 10:00:00.123000"),
        ("epoch-s", "-1", "1969-12-31 23:59:59"),
        ("epoch-s", "0", "1970-01-01 00:00:00"),
        ("epoch-ms", "170000000012", "1975-05-22 14:13:20.012000"),
        ("EPOCH-MS", " 1793786400000.5\u00a0", "2026-11-04 10:00:00.000500"),
        ("epoch-us", "1793786400000001", "2026-11-04 10:00:00.000001"),
        ("epoch-ns", "1793786400000001999", "2026-11-04 10:00:00.000001"),
        ("excel", "46330", "2026-11-03 16:00:00"),
        ("excel", "46330.4166666667", "2026-11-04 02:00:00"),
        ("excel", "46330.999988425926", "2026-11-04 15:59:59"),
        ("excel", "25569", "1969-12-31 16:30:00"),
    ],
)
def test_formats_of_other_programs(take: Take, form: str, text: str, instant: str) -> None:
    """Epochs and serial numbers by name, literal UTC, nine digits of a second, spaces of every kind."""
    taken = take(write(text), timestamp_formats=(form,), zone="Asia/Singapore")
    assert [str(time) for time in taken.times] == [instant]
    assert timestamps.Forms([timestamps.compile_format(form)]).looks_good(text)


@pytest.mark.parametrize("text", ["60", "60.5", "0.5"])
def test_days_that_a_spreadsheet_makes_up(take: Take, text: str) -> None:
    """29 February 1900 (60) and times without a day are not dates."""
    taken = take(write(text), timestamp_formats=("excel",))
    assert taken.reasons == {2: f"'{text}' is a time that does not exist"}


def test_of_several_formats_each_value_takes_the_first_that_fits(take: Take) -> None:
    """A format fits where the date exists; the standard forms come last, and a reason names all of them."""
    forms = ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%y", "%y-%m-%d", "excel")
    texts = "05/11/2026", "11/25/2026", "31-12-26", "31-02-05", "46330", "1793786400", "2026-11-06", "x"
    taken = take(write(*texts), timestamp_formats=forms)
    days = ["2026-11-05", "2026-11-25", "2026-12-31", "2031-02-05"]
    days += ["2026-11-04", "2026-11-04", "2026-11-06"]
    assert [str(time)[:10] for time in taken.times] == days
    tried = "'%d/%m/%Y', '%m/%d/%Y', '%d-%m-%y', '%y-%m-%d', 'excel', ISO 8601 or epoch"
    reason = f"'x' is not a recognised timestamp ({tried}); give its format with --timestamp-format"
    assert taken.reasons == {9: reason}


def test_epochs_of_several_units(take: Take) -> None:
    """The unit is the first that gives a time before the year 10000."""
    taken = take(write("1793786400", "1793786400000"), timestamp_formats=("epoch-s", "epoch-ms"))
    assert [str(time) for time in taken.times] == ["2026-11-04 10:00:00"] * 2


def test_a_reason_names_ten_formats_at_most(take: Take) -> None:
    """Ten formats and a count of the others."""
    forms = tuple(f"{number} %d/%m/%Y" for number in range(12))
    reason = take(write("x"), timestamp_formats=forms).reasons[2]
    assert "'9 %d/%m/%Y', 2 more formats, ISO 8601 or epoch)" in reason
    assert "'10 %d" not in reason


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
        ("%Y-%m-%d %H:%M %z", "2026-11-05 10:00 +2400"),
    ],
)
def test_a_format_takes_nothing_else(take: Take, form: str, text: str) -> None:
    """What the format does not fit, or names no day, is rejected."""
    assert take(write(text), timestamp_formats=(form,)).counts.rejected == 1


def test_epochs_beside_a_format_that_writes_as_many_digits(take: Take) -> None:
    """With `%Y%m%d%H` ten digits are never an epoch, not even where they name no day."""
    taken = take(write("2026110410", "2026119910", "1793786400"), timestamp_formats=("%Y%m%d%H",))
    assert [str(time) for time in taken.times] == ["2026-11-04 10:00:00"]


def test_standard_forms_beside_a_format(take: Take) -> None:
    """Standard forms are still taken beside a format whose output cannot be one of them."""
    taken = take(write("05/11/2026", "2026-11-06", "1700000000"), timestamp_formats=("%d/%m/%Y",))
    assert [str(time)[:10] for time in taken.times] == ["2026-11-05", "2026-11-06", "2023-11-14"]


@pytest.mark.parametrize("form", ["%Y-%d-%m", "%Y-%d-%m %H:%M:%S", "%Y/%d/%m %H:%M UTC", "%y%m%d%H%M"])
def test_a_format_that_looks_like_a_standard_form_replaces_them(take: Take, form: str) -> None:
    """With `%Y-%d-%m`, 2026-11-05 is the eleventh of May, and 2026-11-25 is nothing."""
    written = datetime(2026, 5, 11, 10, 30, tzinfo=UTC).strftime(form)
    taken = take(
        write(written, "2026-11-25", "2026-11-25 10:00:00", "1700000000123"), timestamp_formats=(form,)
    )
    assert [str(time)[:10] for time in taken.times] == ["2026-05-11"]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("%Q", "'Q' is a bad directive in format '%Q'"),
        ("%", "stray %"),
        ("%H:%M", "gives no whole date: it needs year, month and day"),
        ("%d/%m", "gives no whole date: it needs year, month and day"),
        (
            "yyyy-mm-dd",
            "has no directive: write it like '%d/%m/%Y %H:%M', or use epoch-s, epoch-ms, epoch-us,",
        ),
        ("%Y-%m-%d %Y", "redefinition of group name"),
        ("%s", "'s' is a bad directive in format '%s': write it like '%d/%m/%Y %H:%M', or use epoch-s,"),
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
    assert take_path(path, Mapping(timestamp_formats=(form,))).times == [expected]


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


@pytest.mark.parametrize(
    ("headers", "options", "expected"),
    [
        ("timestamp (Asia/Kolkata)", {}, "2026-11-05 00:00:00"),
        ("Created At(Asia/Kolkata) ", {}, "2026-11-05 00:00:00"),
        ("timestamp (UTC)", {"zone": "Asia/Tokyo"}, "2026-11-05 05:30:00"),
        ("Created At [UTC]", {"zone": "Asia/Tokyo"}, "2026-11-05 05:30:00"),
        ("created_at (utc)", {"zone": "Asia/Tokyo"}, "2026-11-05 05:30:00"),
        ("TIMESTAMP (ASIA/KOLKATA)", {}, "2026-11-05 00:00:00"),
        ("timestamp (Asia/Kolkata)", {"input_timezone": ZoneInfo("Asia/Tokyo")}, "2026-11-05 00:00:00"),
        ("Opened (Asia/Kolkata)", {"map": {"timestamp": "Opened (Asia/Kolkata)"}}, "2026-11-05 00:00:00"),
        ("Opened (Asia/Kolkata)", {"kinds": {"added": "Opened (Asia/Kolkata)"}}, "2026-11-05 00:00:00"),
        ("Opened (USD)", {"map": {"timestamp": "Opened (USD)"}}, "2026-11-05 05:30:00"),
    ],
)
def test_the_zone_that_a_header_names(
    take: Take, headers: str, options: dict[str, Any], expected: str
) -> None:
    """Naive times of its column are in that zone, whatever the store's and the input's."""
    taken = take(f"contact_id,event,{headers}\n1,added,2026-11-05 05:30\n", **options)
    assert [str(time) for time in taken.times] == [expected]


def test_a_zone_in_a_header_counts_for_its_column_alone(take: Take) -> None:
    """A column with the plain name goes before one that names a zone, and has none."""
    rows = "1,added,2026-11-05 05:30,2026-11-05 09:00\n"
    taken = take(f"contact_id,event,timestamp (Asia/Kolkata),Date\n{rows}")
    assert [str(time) for time in taken.times] == ["2026-11-05 09:00:00"]
    with pytest.raises(
        InputProblem, match=r"columns 'timestamp \(UTC\)' and 'timestamp \(Asia/Tokyo\)' both mean"
    ):
        take(f"contact_id,event,timestamp (UTC),timestamp (Asia/Tokyo)\n{rows}")
    joined = r"both mean timestamp: use --map 'timestamp=Date \(UTC\)\+Time \(UTC\)'"
    with pytest.raises(InputProblem, match=joined):
        take("contact_id,event,Time (UTC),Date (UTC)\n1,added,05:30,2026-11-05\n")
    kinds = {"added": "A (UTC)", "deleted": "B"}
    with pytest.raises(InputProblem, match=r"'A \(UTC\)', 'B' name different time zones: use columns of one"):
        take("contact_id,A (UTC),B\n1,2026-11-05 05:30,2026-11-05 09:00\n", kinds=kinds)


def test_a_zone_in_a_header_of_other_formats(run: Any, take: Take, tmp_path: Path) -> None:
    """JSON lines and Parquet have such names too; a report straight over Parquet shows the same."""
    line = '{"timestamp (Asia/Kolkata)": "2026-11-05 05:30", "event": "added", "contact_id": "1"}\n'
    assert [str(time) for time in take(line, "a.jsonl").times] == ["2026-11-05 00:00:00"]
    path = tmp_path / "a.parquet"
    time = """TIMESTAMP '2026-11-05 05:30' AS "timestamp (Asia/Kolkata)\""""
    duckdb.execute(f"COPY (SELECT {time}, 'added' AS event, '1' AS contact_id) TO '{path}'")
    assert [str(time) for time in take_path(path).times] == ["2026-11-05 00:00:00"]
    assert (
        "2026-11-05T09:00:00+09:00"
        in run("log", "added", path, "--timezone", "Asia/Tokyo", "-r", "2026").stdout
    )


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
    st.lists(
        st.datetimes(datetime(1850, 1, 1), datetime(2045, 1, 1))
        | st.datetimes(datetime(2, 1, 3), datetime(9998, 12, 28)),
        min_size=1,
        max_size=200,
    ),
    st.data(),
)
def test_naive_times_are_those_of_zoneinfo(
    tmp_path_factory: Any, zone: str, walls: list[datetime], data: st.DataObject
) -> None:
    """In every zone a naive time is the instant that zoneinfo gives with fold=0, near its changes too."""
    info = ZoneInfo(zone)
    first = min(walls[0], datetime(9970, 1, 1)).replace(tzinfo=UTC)
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


@pytest.mark.parametrize(
    ("header", "options", "named"),
    [
        ("Created At (GMT+8)", {}, "GMT+8"),
        ("Created At (+08:00)", {}, "+08:00"),
        ("Created At [UTC+5:30]", {}, "UTC+5:30"),
        ("Created At UTC-5", {}, "UTC-5"),
        ("Created At (JST)", {}, "JST"),
        ("Created At (GMT+1)", {}, None),
        ("Created At (CEST)", {}, None),
        ("Created At (local)", {}, None),
        ("Created At (GMT+8)", {"input_timezone": ZoneInfo("Asia/Singapore")}, None),
    ],
)
def test_a_header_that_names_an_offset_is_told_of(
    take: Take, header: str, options: dict[str, Any], named: str | None
) -> None:
    """It is no zone, and naive times are read in another one, unless that has the offset, too."""
    mapping = {"map": {"timestamp": header}, **options}
    for time in ("2026-11-05 05:30", "2026-11-05T05:30:00Z"):
        taken = take(f"contact_id,event,{header}\n1,added,{time}\n", zone="Europe/Berlin", **mapping)
        told = [note for note in taken.counts.notes if "although" in note]
        said = (
            f"times without an offset were read in Europe/Berlin, although '{header}' names {named}: if that"
        )
        is_doubtful = named is not None and not time.endswith("Z")
        assert [note.startswith(said) for note in told] == [True] * is_doubtful


@pytest.mark.parametrize("header", ["Time (", "Time UTC+"])
def test_a_header_of_many_blanks_is_read(take: Take, header: str) -> None:
    """To look for an offset in it takes no longer than to read it: else this would go on for hours."""
    text = f'contact_id,event,timestamp,"{header}{" " * 1_000_000}x"\n1,added,2026-11-05,\n'
    assert take(text).counts.read == 1


@pytest.mark.parametrize(
    ("date", "time"), [("Date (GMT+8)", "Time"), ("Date", "Time (GMT+8)"), ("Date", "Time [JST]")]
)
def test_a_date_and_a_time_of_which_one_names_an_offset(take: Take, date: str, time: str) -> None:
    """Neither is taken for a time alone; joined, they are one, also where a header has a plus sign."""
    text = f"contact_id,event,{date},{time}\n1,added,2026-11-05,05:30\n"
    joined = f"timestamp={date}+{time}"
    with pytest.raises(InputProblem, match=f"both mean timestamp: .* --map '{re.escape(joined)}'"):
        take(text)
    taken = take(text, map={"timestamp": f"{date}+{time}"})
    assert [str(moment) for moment in taken.times] == ["2026-11-05 05:30:00"]


@pytest.mark.parametrize(
    "header", ["Time (JST)", "Date (GMT+8)", "Time [UTC-5]", "Date UTC+5:30", "Created At (JST)"]
)
def test_a_header_that_names_an_offset_is_taken_only_if_a_user_says_so(take: Take, header: str) -> None:
    """Its times would be read in the store's zone, and a quiet load would not tell."""
    text = f"contact_id,event,{header}\n1,added,2026-11-05 05:30\n"
    with pytest.raises(InputProblem, match="no timestamp column"):
        take(text, zone="Asia/Kolkata")
    assert len(take(text, zone="Asia/Kolkata", map={"timestamp": header}).times) == 1
