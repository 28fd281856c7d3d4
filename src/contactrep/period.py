"""Ranges, what they are compared with, and their buckets: pure; the clock and the zone are arguments.

Boundaries are local times that are then converted to instants, as naive times of files are, so days are
local days across clock changes. Ranges, comparisons and buckets are half-open: [start, end).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from contactrep.errors import UsageProblem, closest
from contactrep.events import match_key
from contactrep.zones import to_instant, to_wall, transitions, utc_offset

PRESETS = (
    *("today", "yesterday"),
    *("last-7-days", "last-14-days", "last-30-days"),
    *("this-week", "this-month", "this-quarter", "this-year"),
    *("last-week", "last-month", "last-quarter", "last-year"),
)
"""The named ranges, in the order in which `ranges` lists them; `last-N-days` takes every N ≥ 1."""

DEFAULT_RANGE = "last-7-days"
ALL = "all"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_BUCKETS = 10_000

Unit = Literal["hour", "day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)
BYS = ("auto", *UNITS)
Comparing = Literal["previous", "year", "none"]
COMPARINGS: tuple[Comparing, ...] = get_args(Comparing)

_DAY = timedelta(days=1)
_STEPS: dict[str, relativedelta] = {
    "hour": relativedelta(hours=1),
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "year": relativedelta(years=1),
}
_SHORTEST = {"hour": 1 / 24, "day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
"""Days that a unit has at the least."""


@dataclass(frozen=True)
class Clock:
    """The one reading of the clock of a run.

    `now` is an instant (aware, UTC); `today` is T, the date on which presets rest. They differ by more
    than the time of day with `--as-of D`: T is D, and now is the first instant of the day after.
    `week_start` is 0 for Monday … 6 for Sunday.
    """

    now: datetime
    today: date
    zone: ZoneInfo
    week_start: int = 0

    @classmethod
    def at(cls, now: datetime, zone: ZoneInfo, week_start: int = 0) -> Clock:
        """The clock at an instant: T is the date that a calendar in `zone` shows."""
        return cls(now, to_wall(now, zone).date(), zone, week_start)

    @classmethod
    def of(cls, as_of: str | None, now: datetime, zone: ZoneInfo, week_start: int = 0) -> Clock:
        """The clock that `--as-of` says: a date D (T = D, now = the first instant of D + 1) or a datetime.
        Without it, the one at `now`."""
        if as_of is None:
            return cls.at(now, zone, week_start)
        try:
            if re.fullmatch(_DATE, as_of.strip()):
                today = date.fromisoformat(as_of.strip())
                return cls(_day(today + _DAY, zone).instant, today, zone, week_start)
            if (moment := _moment(as_of.strip(), zone)) is not None:
                return cls.at(moment.instant, zone, week_start)
        except OverflowError:
            raise UsageProblem(
                f"--as-of '{as_of}' is outside the calendar: choose a time in the years 2 to 9998"
            ) from None
        except ValueError:
            pass
        raise UsageProblem(
            f"--as-of '{as_of}' is neither a date (2026-11-05) nor a datetime (2026-11-05T09:30)"
        )


@dataclass(frozen=True)
class Moment:
    """A boundary: what the wall clock shows there (naive) and the instant it means (aware, UTC)."""

    wall: datetime
    instant: datetime

    @classmethod
    def of(cls, wall: datetime, zone: ZoneInfo) -> Moment:
        """The boundary at a wall time (naive)."""
        return cls(wall, to_instant(wall, zone))

    @classmethod
    def at(cls, instant: datetime, zone: ZoneInfo) -> Moment:
        """The boundary at an instant (aware, UTC)."""
        return cls(to_wall(instant, zone), instant)


@dataclass(frozen=True)
class Span:
    """A half-open stretch of time, [start, end)."""

    start: Moment
    end: Moment


@dataclass(frozen=True)
class Range(Span):
    """A range that a report covers.

    `name` is canonical; `step` is how far back the previous range starts (None for `all` and open
    ranges, which have none); `elapsing` marks `today` and a `this-*`, always compared by the elapsed part.
    """

    name: str
    zone: ZoneInfo
    step: relativedelta | timedelta | None
    elapsing: bool = False

    @property
    def days(self) -> float:
        """Its length on the wall clock, in days."""
        return (self.end.wall - self.start.wall) / _DAY


@dataclass(frozen=True)
class Bucket:
    """One bar's stretch of a range, clipped to it: two instants (aware, UTC)."""

    start: datetime
    end: datetime


_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATETIME = re.compile(
    _DATE + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?", re.IGNORECASE
)
_UNITS_WRITTEN: tuple[tuple[str, str, Callable[..., date]], ...] = (
    (r"([0-9]{4})-([0-9]{2})-([0-9]{2})", "day", date),
    (r"([0-9]{4})-?W([0-9]{2})", "week", lambda year, week: date.fromisocalendar(year, week, 1)),
    (r"([0-9]{4})-([0-9]{2})", "month", lambda year, month: date(year, month, 1)),
    (r"([0-9]{4})-?Q([1-4])", "quarter", lambda year, quarter: date(year, 3 * quarter - 2, 1)),
    (r"([0-9]{4})", "year", lambda year: date(year, 1, 1)),
)
"""How units are written, and the first day of one by the numbers in its text."""

_LAST_DAYS = re.compile(r"last([0-9]{1,9})days?")
_PRESET_BY_KEY = {match_key(name): name for name in PRESETS}


def depends_on_today(name: str) -> bool:
    """Whether a canonical range name, or a side of its `A..B`, means other days on another day."""
    keys = [match_key(side) for side in name.split("..")]
    return any(key in _PRESET_BY_KEY or _LAST_DAYS.fullmatch(key) is not None for key in keys)


def today_that_covers(day: date, chosen: Range, today: date) -> date:
    """The today with which a range that depends on it covers `day`: a later one, if it ends before today."""
    if chosen.end.wall.date() > today:
        return day
    is_unit = chosen.name in PRESETS and not _LAST_DAYS.fullmatch(match_key(chosen.name))
    return day + (chosen.step if is_unit and chosen.step else _DAY)


def resolve(
    text: str, clock: Clock, *, exclude_today: bool = False, bounds: tuple[datetime, datetime] | None = None
) -> Range:
    """The range that `text` names at `clock`; UsageProblem when it names none.

    `bounds` are the first and the last event's instants (aware), None for an empty store; only `all`
    and open ranges look at them. `exclude_today` ends a `last-N-days` at T, so that it covers the N
    days before today.
    """
    key = match_key(text)
    try:
        if key == ALL or ".." in text:
            found = _stretch(text.strip(), clock, bounds)
        else:
            found = _single(text.strip(), clock, exclude_today=exclude_today)
    except (ValueError, OverflowError):
        raise UsageProblem(_outside_calendar(text)) from None
    if found is None:
        near = closest(text, PRESETS, most=1)
        hint = f"did you mean {near[0]}? Or " if near else ""
        raise UsageProblem(
            f"'{text}' is not a valid range; {hint}try last-7-days, this-month, 2026-11-05, 2026-11, "
            "2026-Q4, 2026-11-01..2026-11-05 or all (see contactrep ranges)"
        )
    if exclude_today and not _LAST_DAYS.fullmatch(key):
        raise UsageProblem(f"--exclude-today goes with last-N-days only, not with '{found.name}'")
    return found


def canonical_name(text: str) -> str | None:
    """The canonical name of the range that `text` means; None if it is not a range."""
    try:
        return resolve(text, Clock(datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1), ZoneInfo("UTC"))).name
    except UsageProblem:
        return None


def _outside_calendar(name: str) -> str:
    return f"range '{name}' reaches outside the calendar: choose one within the years 2 to 9998"


def _single(text: str, clock: Clock, *, exclude_today: bool = False) -> Range | None:
    """A preset or a written unit."""
    key = match_key(text)
    if match := _LAST_DAYS.fullmatch(key):
        days, end = int(match[1]), clock.today if exclude_today else clock.today + _DAY
        step, start = relativedelta(days=days), end - timedelta(days=days)
        return _whole_days(f"last-{days}-days", start, end, step, clock.zone) if days else None
    if key in _PRESET_BY_KEY:
        return _preset(_PRESET_BY_KEY[key], clock)
    return _written(text, clock.zone)


def _preset(name: str, clock: Clock) -> Range:
    when, _, unit = {"today": "this-day", "yesterday": "last-day"}.get(name, name).partition("-")
    first, step = _first_day(clock.today, unit, clock.week_start), _STEPS[unit]
    if when == "last":
        return _whole_days(name, first - step, first, step, clock.zone)
    return _whole_days(name, first, clock.today + _DAY, step, clock.zone, elapsing=True)


def _written(text: str, zone: ZoneInfo) -> Range | None:
    """A date, an ISO week, a month, a quarter or a year, as written."""
    for pattern, unit, first_day in _UNITS_WRITTEN:
        if match := re.fullmatch(pattern, text, re.IGNORECASE):
            try:
                start = first_day(*map(int, match.groups()))
            except ValueError:
                raise UsageProblem(f"range '{text}': there is no such {unit}") from None
            return _whole_days(_unit_name(start, unit), start, start + _STEPS[unit], _STEPS[unit], zone)
    return None


def _unit_name(start: date, unit: str) -> str:
    if unit == "week":
        year, week, _ = start.isocalendar()
        return f"{year:04}-W{week:02}"
    if unit == "quarter":
        return f"{start.year:04}-Q{(start.month + 2) // 3}"
    return start.isoformat()[: {"year": 4, "month": 7, "day": 10}[unit]]


def _endpoint(text: str, clock: Clock) -> Range | None:
    """One side of `A..B`: a range, or a time of day, which is both its first instant and its end."""
    if (moment := _moment(text, clock.zone)) is not None:
        return Range(moment, moment, _moment_name(text, moment), clock.zone, None)
    return _single(text, clock)


def _moment(text: str, zone: ZoneInfo) -> Moment | None:
    """A datetime with a time of day: naive in `zone`, or exact with an offset; None when it is none."""
    if not _DATETIME.fullmatch(text):
        return None
    try:
        read = datetime.fromisoformat(text.upper())
    except ValueError:
        raise UsageProblem(f"'{text}': there is no such date and time") from None
    if read.tzinfo is None:
        return Moment.of(read, zone)
    return Moment.at(read.astimezone(UTC), zone)


def _moment_name(text: str, moment: Moment) -> str:
    offset = re.search(r"(Z|[+-][0-9]{2}:?[0-9]{2})$", text[10:], re.IGNORECASE)
    if offset:
        return text.upper().replace(" ", "T")
    whole_minute = moment.wall.second == 0 and moment.wall.microsecond == 0
    return moment.wall.isoformat(timespec="minutes" if whole_minute else "auto")


def _stretch(text: str, clock: Clock, bounds: tuple[datetime, datetime] | None) -> Range | None:
    """`all`, `A..B`, `A..` and `..B`, of any of the single ranges or of datetimes."""
    if match_key(text) == ALL:
        return _open_range(None, None, clock, bounds)
    first, _, last = (side.strip() for side in text.partition(".."))
    opening = _endpoint(first, clock) if first else None
    closing = _endpoint(last, clock) if last else None
    if (first and opening is None) or (last and closing is None) or not (first or last):
        return None
    if opening is None or closing is None:
        return _open_range(opening, closing, clock, bounds)
    start, end, name = opening.start, closing.end, f"{opening.name}..{closing.name}"
    # Where clocks go back, a later instant can show an earlier time.
    clock_goes_back = utc_offset(end.instant, clock.zone) < utc_offset(start.instant, clock.zone)
    is_later = end.wall > start.wall or (clock_goes_back and end.instant > start.instant)
    if end.instant < start.instant or not is_later:
        raise UsageProblem(f"range '{name}' ends before or where it starts: write the earlier one first")
    # From one of two equal hours into the other the clock does not advance: no period is that long.
    step = end.wall - start.wall if end.wall > start.wall else None
    return Range(start, end, name, clock.zone, step)


def _open_range(
    opening: Range | None, closing: Range | None, clock: Clock, bounds: tuple[datetime, datetime] | None
) -> Range:
    """The range that begins with `opening` or ends with `closing`, and reaches to the first event, past the
    last one, or both."""
    first_day, after_last = _covering(clock, bounds)
    start = opening.start if opening else first_day
    end = closing.end if closing else after_last
    # Where there are no events on the open side, only the given side remains.
    if end.wall < start.wall:
        start, end = (start, opening.end) if opening else (end, end)
    name = f"{opening.name}.." if opening else f"..{closing.name}" if closing else ALL
    return Range(start, end, name, clock.zone, None)


def _covering(clock: Clock, bounds: tuple[datetime, datetime] | None) -> tuple[Moment, Moment]:
    """The first event's day, and the later of T + 1 and the day after the last event; T when empty."""
    first, after = clock.today, clock.today + _DAY
    if bounds is not None:
        first = to_wall(bounds[0], clock.zone).date()
        after = max(after, to_wall(bounds[1], clock.zone).date() + _DAY)
    return _day(first, clock.zone), _day(after, clock.zone)


def _whole_days(
    name: str, start: date, end: date, step: relativedelta, zone: ZoneInfo, *, elapsing: bool = False
) -> Range:
    return Range(_day(start, zone), _day(end, zone), name, zone, step, elapsing)


def _day(day: date, zone: ZoneInfo) -> Moment:
    return Moment.of(datetime.combine(day, time.min), zone)


def _first_day(day: date, unit: str, week_start: int) -> date:
    """The first day of the unit that `day` lies in."""
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=(day.weekday() - week_start) % 7)
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[unit]
    return day.replace(month=month, day=1)


def compared_with(chosen: Range, comparing: Comparing, clock: Clock) -> Span | None:
    """What a range is compared with; None for `none`, for `all` and for open ranges.

    A range that is over is compared with the whole span before it (or a year before). A running one, `today`
    and every `this-*` are compared with the part of that span that has elapsed in the range itself.
    """
    if comparing == "none" or chosen.step is None:
        return None
    zone = chosen.zone
    try:
        if comparing == "year":
            start = Moment.of(chosen.start.wall - _STEPS["year"], zone)
            end = Moment.of(chosen.end.wall - _STEPS["year"], zone)
            latest = end.instant
        else:
            start = Moment.of(chosen.start.wall - chosen.step, zone)
            end = Moment.of(chosen.start.wall, zone)
            latest = chosen.start.instant
        if chosen.elapsing or clock.now < chosen.end.instant:
            # `--as-of D` means the end of D, also where clocks go forward there, and show 01:00.
            today_ends = datetime.combine(clock.today + _DAY, time.min)
            elapsed = min(chosen.end.wall, to_wall(clock.now, zone), today_ends) - chosen.start.wall
            end = Moment.of(min(max(start.wall + elapsed, start.wall), end.wall), zone)
    except (ValueError, OverflowError):
        return None  # nothing comes before the first year of the calendar
    # Two wall times around a change of offset can meet or cross as instants.
    last = max(min(end.instant, latest), start.instant)
    return Span(start, end if last == end.instant else Moment.at(last, zone))


def bucket_unit(chosen: Range, by: str) -> Unit:
    """The unit that `--by` means for a range: `auto` follows its length on the wall clock."""
    if by != "auto":
        return next(unit for unit in UNITS if unit == by)
    if chosen.days <= 2:
        return "hour"
    if chosen.days <= 62:
        return "day"
    return "week" if chosen.days <= 366 else "month"


def buckets(chosen: Range, unit: Unit, week_start: int = 0) -> tuple[Bucket, ...]:
    """Every bucket of the range, in order, clipped to it; UsageProblem when there are more than 10,000."""
    # Millions are not made to be counted: this estimate is never too high.
    _refuse_too_many(chosen, unit, chosen.days / _SHORTEST[unit] * 0.9)
    edges = [chosen.start.instant]
    try:
        for edge in _edges(chosen, unit, week_start):
            # A wall time that never occurs moves forward: no edge is after the end, or before another one.
            edges.append(max(edges[-1], min(edge, chosen.end.instant)))
    except (ValueError, OverflowError):
        raise UsageProblem(_outside_calendar(chosen.name)) from None
    # A day that a zone skipped (Samoa's 30 December 2011) has no instant, so it is not a bucket.
    found = tuple(Bucket(start, end) for start, end in pairwise([*edges, chosen.end.instant]) if start < end)
    _refuse_too_many(chosen, unit, len(found))
    return found


def _refuse_too_many(chosen: Range, unit: Unit, count: float) -> None:
    if count <= MOST_BUCKETS:
        return
    fitting = [other for other in UNITS if chosen.days / _SHORTEST[other] <= MOST_BUCKETS]
    way = f"use --by {fitting[0]} or a shorter range" if fitting else "use a shorter range"
    raise UsageProblem(f"range '{chosen.name}' has more than {MOST_BUCKETS:,} buckets by {unit}: {way}")


def pieces(chosen: Range, most: int) -> tuple[Bucket, ...]:
    """The range in at most `most` pieces of equal length, as buckets; the last one may be shorter."""
    start, end = chosen.start.instant, chosen.end.instant
    length = (end - start) / most + timedelta(microseconds=1)
    edges = [start + length * place for place in range((end - start) // length + 1)]
    return tuple(Bucket(early, late) for early, late in pairwise([*edges, end]) if early < late)


def _edges(chosen: Range, unit: Unit, week_start: int) -> Iterator[datetime]:
    """The instants inside the range at which a new bucket starts."""
    if unit == "hour":
        yield from _hour_edges(chosen)
        return
    anchor = datetime.combine(_first_day(chosen.start.wall.date(), unit, week_start), time.min)
    step, count = _STEPS[unit], 1
    # The next edge may be in the year 10000, which the calendar does not have: no range reaches it.
    with suppress(ValueError, OverflowError):
        while (edge := to_instant(anchor + step * count, chosen.zone)) < chosen.end.instant:
            yield edge
            count += 1


def _hour_edges(chosen: Range) -> Iterator[datetime]:
    """Where the local hour, or the offset itself, changes: a 25-hour day has 25 hours."""
    changes = transitions(chosen.zone, chosen.start.instant, chosen.end.instant)
    pieces = [chosen.start.instant, *(change.at for change in changes), chosen.end.instant]
    for start, end in pairwise(pieces):
        if start > chosen.start.instant and start < chosen.end.instant:
            yield start
        wall = to_wall(start, chosen.zone)
        edge = start + (wall.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) - wall)
        while edge < end:
            yield edge
            edge += timedelta(hours=1)
