"""Figures and dates in words, and times in ISO 8601. Pure text, without colour or layout."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from contactrep.period import Bucket, Span
from contactrep.zones import to_wall

NOT_AVAILABLE = "n/a"
UP, DOWN = "▲", "▼"
_NEARLY_ALL = 0.999
MANY_TIMES = 9.9995
"""From here on a change is shown without a decimal: it is 1,000 % at least."""

_LESS_THAN_SHOWN = "< 0.1 %"
_DAY = timedelta(days=1)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Names are ours, not strftime's, so that a report reads the same under every locale.


def number(count: int) -> str:
    """`1,234,567`."""
    return f"{count:,}"


def capitalised(text: str) -> str:
    """The text with its first letter as a capital, and the others as they are."""
    return text[:1].upper() + text[1:]


def share(tenths: int, count: int) -> str:
    """A shown share, in tenths of a percent, of `count` events: `12.5 %`; `< 0.1 %` for 0 of some events."""
    return _LESS_THAN_SHOWN if count and not tenths else f"{tenths / 10:.1f} %"


def change(part: float | None, *, unicode: bool = True) -> str:
    """A change as `▲ 12.5 %` or `▼ 3.0 %` (`+`, `-` without Unicode); None, of a previous 0, is `n/a`.

    From 1,000 % on there is no decimal: `▲ 1,250 %`. Only a fall to nothing is `▼ 100.0 %`. Halves are
    rounded up, as Excel rounds them.
    """
    if part is None:
        return NOT_AVAILABLE
    if part == 0:
        return "0.0 %"
    sign = (f"{UP} " if part > 0 else f"{DOWN} ") if unicode else ("+" if part > 0 else "-")
    size = abs(part)
    if size < 0.0005:
        return f"{sign}{_LESS_THAN_SHOWN}"
    size = min(size, _NEARLY_ALL) if -1 < part < 0 else size
    places = Decimal("1" if size >= MANY_TIMES else "0.1")
    percent = (Decimal(repr(size)) * 100).quantize(places, ROUND_HALF_UP)
    return f"{sign}{percent:,} %"


def iso(instant: datetime | None, zone: ZoneInfo) -> str | None:
    """ISO 8601 with the zone's offset, microseconds only where there are any: `2026-11-05T09:30:00+08:00`."""
    return None if instant is None else _in_zone(instant, zone).isoformat()


def utc_text(instant: datetime) -> str:
    """ISO 8601 in UTC, as exports write it: `2026-11-05T01:30:00Z`."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def _in_zone(instant: datetime, zone: ZoneInfo) -> datetime:
    try:
        return instant.astimezone(zone)
    except OverflowError:  # the zone's calendar has no such date, within hours of the year 1 or 9999
        return instant


def clock_time(instant: datetime, zone: ZoneInfo) -> str:
    """A time as a log on a screen shows it, to the second: `2026-11-05 09:30:00`."""
    return _in_zone(instant, zone).isoformat(" ")[:19]


def said_moment(instant: datetime, zone: ZoneInfo) -> str:
    """An instant on a clock in `zone`: `Thu 5 Nov 2026 09:30`."""
    return _said_wall(_in_zone(instant, zone))


def _said_wall(wall: datetime) -> str:
    return f"{WEEKDAYS[wall.weekday()]} {said_date(wall)} {wall:%H:%M}"


def said_age(age: timedelta) -> str:
    """An age, rounded down: `35 min`, `47 h`, `12 days`."""
    minutes = age // timedelta(minutes=1)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{age.days:,} days"


def said_span(start: datetime, end: datetime, *, until: str = " until ") -> str:
    """A half-open stretch between two wall times: `30 Oct – 5 Nov 2026`, `Thu 5 Nov 2026`, `October 2026`.

    Whole days are named by the first and the last; `… until 14:32` when the last one is not whole.
    """
    if start.time() != time.min or end <= start:
        last_day = "" if start.date() == end.date() else f"{said_date(end)} "
        return f"{said_date(start)} {start:%H:%M} – {last_day}{end:%H:%M}"
    if end.time() != time.min:
        return f"{_days(start, end)}{until}{end:%H:%M}"
    return _days(start, end - _DAY)


def said_range(span: Span, *, until: str = " until ") -> str:
    """The dates of a range or of a compared one, as `said_span` puts them."""
    return said_span(span.start.wall, span.end.wall, until=until)


def bucket_labels(buckets: Iterable[Bucket], by: str | None, zone: ZoneInfo) -> list[str]:
    """What each bucket is called in a table: `Thu 5 Nov 2026 09:00`, `Thu 5 Nov 2026`, `2 – 8 Nov 2026`.

    An hour that occurs twice, when clocks go back, has its UTC offset added.
    """
    if by != "hour":
        # The days from the first to the last that a bucket touches. A last instant, not an end, has its day:
        # where midnight does not exist, the clock shows 01:00 or later at the end.
        lasts = ((it.start, it.end - timedelta(microseconds=1)) for it in buckets)
        walls = [(to_wall(start, zone), to_wall(last, zone)) for start, last in lasts]
        return [_days(start, max(last, start)) for start, last in walls]
    starts = [_in_zone(bucket.start, zone) for bucket in buckets]
    labels = [_said_wall(start) for start in starts]
    often = Counter(labels)
    return [
        f"{label} ({start.isoformat()[-6:]})" if often[label] > 1 else label
        for label, start in zip(labels, starts, strict=True)
    ]


def _days(first: datetime, last: datetime) -> str:
    """From one day to another, both included."""
    if first.date() == last.date():
        return f"{WEEKDAYS[first.weekday()]} {said_date(first)}"
    if whole := _whole_unit(first, last):
        return whole
    if first.year != last.year:
        return f"{said_date(first)} – {said_date(last)}"
    if first.month != last.month:
        return f"{first.day} {MONTHS[first.month - 1]} – {said_date(last)}"
    return f"{first.day} – {said_date(last)}"


def _whole_unit(first: datetime, last: datetime) -> str | None:
    """`2026` or `Nov 2026` where two days are the first and the last of a year or a month."""
    if first.year != last.year or first.day != 1:
        return None
    if (first.month, last.month, last.day) == (1, 12, 31):
        return f"{first.year}"
    if first.month == last.month and last.day == monthrange(last.year, last.month)[1]:
        return f"{MONTHS[first.month - 1]} {first.year}"
    return None


def said_date(wall: datetime) -> str:
    """The day of a wall time: `5 Nov 2026`."""
    return f"{wall.day} {MONTHS[wall.month - 1]} {wall.year}"
