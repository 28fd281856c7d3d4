"""Time zones: wall clock ↔ instant, and where a zone's offset changes. Pure; the zone is an argument.

A wall time is a naive `datetime`; an instant is an aware one in UTC. A wall time that occurs twice
means its first occurrence, one that never occurs moves forward: `zoneinfo` with fold=0 (PEP 495).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from contactrep.errors import UsageProblem, closest

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_PROBE = 3 * _DAY
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Transition:
    """An instant (UTC) from which on a zone's offset is `after`, having been `before`.

    The wall times from `starts` until before `ends` occur twice where `after` is less than `before`, never
    where it is more; from `ends` on, `after` governs.
    """

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def starts(self) -> datetime:
        """The first wall time that occurs twice or never."""
        return self.at.replace(tzinfo=None) + min(self.before, self.after)

    @property
    def ends(self) -> datetime:
        """The wall time up to which those occur twice or never."""
        return self.at.replace(tzinfo=None) + max(self.before, self.after)


def find_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; UsageProblem, with the closest names, when there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        near = closest(name, available_timezones())
        hint = f"did you mean {' or '.join(near)}?" if near else "use an IANA name such as Europe/Berlin"
        raise UsageProblem(f"there is no time zone '{name}': {hint}") from None


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant (aware, UTC) of a wall time (naive) in `zone`; OverflowError beyond years 1 to 9999."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def to_wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock in `zone` shows at an instant: a naive datetime."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def epoch_us(instant: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z, exact."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def from_epoch_us(microseconds: int, zone: ZoneInfo) -> datetime:
    """The aware datetime in `zone` of so many microseconds since 1970-01-01T00:00Z, exact."""
    return (EPOCH + timedelta(microseconds=microseconds)).astimezone(zone)


def transitions(zone: ZoneInfo, start: datetime, end: datetime) -> list[Transition]:
    """Every change of offset in (start, end], in order; `start` and `end` are instants (aware, UTC).

    `zoneinfo` does not tell its transitions, so every third day is probed and a change found to the
    second by bisection. The shortest time between two changes that any zone has known is almost four
    days (Freetown, 1939).
    """
    return list(_changes(zone, start, end))


@dataclass(frozen=True)
class Day:
    """How the wall times of a day become instants: the offset is `before` until `end`, `after` from then on.

    The times from `start` until before `end` occur twice where `after` is less than `before`, never where it
    is more; the two are equal where no offset changes. `start` and `end` are wall times, perhaps of the days
    beside.
    """

    start: datetime
    end: datetime
    before: timedelta
    after: timedelta


def day_in(zone: ZoneInfo, day: date) -> Day:
    """The Day of a date in `zone`; OverflowError within two days of the years 1 and 9999."""
    first = datetime.combine(day, time.min)
    last = first + timedelta(days=1)
    offsets = {_offset(wall, zone, fold) for wall in (first, last) for fold in (0, 1)}
    if len(offsets) > 1:
        around = first.replace(tzinfo=UTC) - 2 * _DAY, last.replace(tzinfo=UTC) + 2 * _DAY
        for change in transitions(zone, *around):
            if change.starts < last and change.ends > first:
                return Day(change.starts, change.ends, change.before, change.after)
    offset = _offset(first, zone, 0)
    return Day(first, first, offset, offset)


def _offset(wall: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    offset = wall.replace(tzinfo=zone, fold=fold).utcoffset()
    assert offset is not None  # noqa: S101 - an aware datetime has one
    return offset


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Transition]:
    low, before = start, utc_offset(start, zone)
    while low < end:
        high = low + _PROBE if end - low > _PROBE else end
        after = utc_offset(high, zone)
        if after != before:
            yield Transition(_bisect(zone, low, high, before), before, after)
        low, before = high, after


def _bisect(zone: ZoneInfo, low: datetime, high: datetime, before: timedelta) -> datetime:
    """The first whole second in (low, high] at which the offset is no longer `before`."""
    low = low.replace(microsecond=0)
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > low else low + _SECOND
        if utc_offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    return low + _SECOND


def utc_offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    """How far the wall clock of `zone` is ahead of UTC at an instant."""
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - an aware datetime has one
    return offset
