"""What contactrep must answer, in plain Python: written from the specification alone.

Nothing here comes from the program, so the two share no mistakes. Speed is no aim: an event is one
object, and a figure is the length of a list. Three kinds of time appear, always under these names:

- an *instant* is an aware datetime in UTC,
- a *wall* time is a naive datetime, what a clock on the wall of the run's zone shows,
- a *stamp* is an instant as JSON says it: ISO 8601 with the offset of the run's zone.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

Json = dict[str, Any]
Row = Mapping[str, str]

KINDS = ("added", "connected", "deleted", "merged")
KNOWN_SOURCES = (
    "User",
    "Contact Import",
    "Developer API",
    "Incoming Message",
    "Echo Message",
    "Zapier",
    "Broadcast",
)
PRESETS = (
    "today",
    "yesterday",
    "last-7-days",
    "last-14-days",
    "last-30-days",
    "this-week",
    "this-month",
    "this-quarter",
    "this-year",
    "last-week",
    "last-month",
    "last-quarter",
    "last-year",
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LOG_LIMIT = 10_000
BUCKET_LIMIT = 10_000
UNKNOWN = "Unknown"

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
STEPS = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "year": relativedelta(years=1),
}


class UsageError(Exception):
    """The command line is wrong: exit code 2."""


def plain(text: str) -> str:
    """Give what is left of a header, kind, source or range name when matching them (SPEC §1)."""
    return re.sub("[ _-]", "", text).casefold()


# -- Time (SPEC §2) ------------------------------------------------------------------------------


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Turn wall time into an instant: the first of two, forward over a gap."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def wall_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """Give what the wall shows at an instant."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def occurs_twice(wall: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the wall shows this time at two instants."""
    instants = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return instants[0] != instants[1] and not never_occurs(wall, zone)


def never_occurs(wall: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the wall jumps over this time."""
    return wall_of(instant_of(wall, zone), zone) != wall


def stamp(instant: datetime, zone: ZoneInfo) -> str:
    """Say an instant as JSON does."""
    return instant.astimezone(zone).isoformat()


def midnight(day: date) -> datetime:
    """Give the wall time at which a day begins."""
    return datetime.combine(day, time())


ISO = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(?P<offset>Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII
)


def read_wall(text: str) -> datetime | None:
    """Give the naive time that a text says; None where it says an instant, or nothing."""
    match = ISO.fullmatch(text)
    return datetime.fromisoformat(text) if match and not match["offset"] else None


def may_be_date_and_hour(digits: str) -> bool:
    """Tell whether ten digits may be a year (1900 to 2099), month, day and hour instead of an epoch."""
    return (
        digits[:2] in ("19", "20")
        and "01" <= digits[4:6] <= "12"
        and "01" <= digits[6:8] <= "31"
        and (digits[8:] <= "23")
    )


def read_instant(text: str, zone: ZoneInfo) -> datetime | None:
    """Read one timestamp; None where it is no accepted one."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    if re.fullmatch(r"\d{10}(\.\d{1,6})?", text, re.ASCII):
        if may_be_date_and_hour(text[:10]):
            return None
        return epoch + timedelta(microseconds=int(Decimal(text) * 1_000_000))
    if re.fullmatch(r"\d{13}", text, re.ASCII):
        return epoch + timedelta(milliseconds=int(text))
    if not ISO.fullmatch(text):
        return None
    try:
        time_said = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time_said.astimezone(UTC) if time_said.tzinfo else instant_of(time_said, zone)


@dataclass(frozen=True)
class Clock:
    """The moment of a run: T, now and the zone."""

    today: date
    now: datetime
    zone: ZoneInfo

    @classmethod
    def at(cls, as_of: str, zone: ZoneInfo) -> "Clock":
        """Read `--as-of`: a date D means the first instant of D+1, a naive time is in the zone."""
        if re.fullmatch(r"\d{4}-\d\d-\d\d", as_of, re.ASCII):
            today = date.fromisoformat(as_of)
            return cls(today, instant_of(midnight(today + DAY), zone), zone)
        now = read_instant(as_of, zone)
        if now is None:
            raise UsageError(as_of)
        return cls(wall_of(now, zone).date(), now, zone)

    @property
    def wall(self) -> datetime:
        """What the wall shows now; at the end of T, no more than its midnight, even if there is a gap."""
        return min(wall_of(self.now, self.zone), midnight(self.today + DAY))


# -- Events (SPEC §1) ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """One event, its timestamp an instant."""

    timestamp: datetime
    kind: str
    contact_id: str
    merged_contact_id: str | None = None
    contact_name: str | None = None
    channel: str | None = None
    source: str | None = None
    user_id: str | None = None
    user_name: str | None = None

    @property
    def identity(self) -> tuple[str, str, datetime, str | None, str | None]:
        """What makes two events the same one."""
        return (
            self.kind,
            self.contact_id,
            self.timestamp,
            self.channel if self.kind == "connected" else None,
            self.merged_contact_id,
        )

    @property
    def may_repeat(self) -> bool:
        """Whether equal ones within one file are that many events: merges without a second id."""
        return self.kind == "merged" and self.merged_contact_id is None


def read_source(text: str, kind: str) -> str | None:
    """Spell a known source as it is stored, keep any other; `deleted` and `merged` default to User."""
    spelled = {plain(source): source for source in KNOWN_SOURCES}
    if text:
        return spelled.get(plain(text), text)
    return "User" if kind in ("deleted", "merged") else None


def read_merged_ids(text: str, kind: str) -> list[str | None]:
    """Give the contacts that went away, one for each event that a row is; only merges have any."""
    if kind != "merged" or not text.strip():
        return [None]
    if ";" not in text:
        return [text]
    return [part.strip() for part in text.split(";") if part.strip()] or [None]


def read_events(row: Row, zone: ZoneInfo) -> list[Event]:
    """Read one row under the canonical headers; no event where it must be rejected."""
    timestamp = read_instant(row.get("timestamp", ""), zone)
    kind = plain(row.get("event", ""))
    if timestamp is None or kind not in KINDS or not row.get("contact_id"):
        return []
    return [
        Event(
            timestamp=timestamp,
            kind=kind,
            contact_id=row["contact_id"],
            merged_contact_id=merged,
            contact_name=row.get("contact_name") or None,
            channel=row.get("channel") or None,
            source=read_source(row.get("source", ""), kind),
            user_id=row.get("user_id") or None,
            user_name=row.get("user_name") or None,
        )
        for merged in read_merged_ids(row.get("merged_contact_id", ""), kind)
    ]


@dataclass
class FileCount:
    """What a load says about one file."""

    read: int = 0
    loaded: int = 0
    duplicate: int = 0
    rejected: int = 0
    skipped: int = 0
    ambiguous_times: int = 0
    missing_times: int = 0
    unknown_sources: Counter[str] = field(default_factory=Counter)

    @property
    def is_refused(self) -> bool:
        """Whether no record is good, or more than a tenth and more than ten are bad."""
        return 0 < self.read == self.rejected or (self.rejected > 10 and self.rejected * 10 > self.read)


@dataclass
class Store:
    """The events that are kept, and the user directory (id → name), if there is one."""

    events: list[Event] = field(default_factory=list)
    directory: Mapping[str, str] | None = None

    def load(self, rows: Iterable[Row], zone: ZoneInfo) -> FileCount:
        """Take in one file: the first of equal events stays, of equal merges the larger number."""
        count = FileCount()
        kept_before = Counter(event.identity for event in self.events)
        seen: Counter[object] = Counter()
        for row in rows:
            events = read_events(row, zone)
            count.read += len(events) or 1
            count.rejected += not events
            for event in events:
                self._count_oddities(row, event, zone, count)
                seen[event.identity] += 1
                room = seen[event.identity] if event.may_repeat else 1
                if kept_before[event.identity] >= room or (not event.may_repeat and seen[event.identity] > 1):
                    count.duplicate += 1
                else:
                    count.loaded += 1
                    self.events.append(event)
        return count

    @staticmethod
    def _count_oddities(row: Row, event: Event, zone: ZoneInfo, count: FileCount) -> None:
        wall = read_wall(row["timestamp"])
        if wall is not None:
            count.ambiguous_times += occurs_twice(wall, zone)
            count.missing_times += never_occurs(wall, zone)
        if event.source is not None and event.source not in KNOWN_SOURCES:
            count.unknown_sources[event.source] += 1

    @property
    def first(self) -> datetime:
        """The instant of the first event."""
        return min(event.timestamp for event in self.events)

    def shown_user(self, event: Event) -> str | None:
        """Give a user's name: from the directory, where there is one, else what the event says."""
        if self.directory is None:
            return event.user_name or event.user_id
        if event.user_id is not None:
            return self.directory.get(event.user_id, event.user_id)
        if event.user_name is None:
            return None
        return self.directory.get(event.user_name, event.user_name)


# -- Ranges (SPEC §3) ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Range:
    """A half-open range on the wall, with the step to the one before it (None: there is none)."""

    name: str
    start: datetime
    end: datetime
    step: relativedelta | timedelta | None

    @property
    def is_this(self) -> bool:
        """Whether it is a `this-*`, which compares with the same elapsed part."""
        return self.name.startswith("this-") and ".." not in self.name


def first_day(day: date, unit: str, week_start: int = 0) -> date:
    """Give the first day of the unit that a day is in."""
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=(day.weekday() - week_start) % 7)
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, day.month - (day.month - 1) % 3, 1)
        case _:
            return date(day.year, 1, 1)


def preset(text: str, clock: Clock, week_start: int) -> Range | None:
    """Resolve a name like `last-7-days` or `This Month`."""
    name = plain(text)
    tomorrow = midnight(clock.today + DAY)
    if name in ("today", "yesterday"):
        start = midnight(clock.today - (DAY if name == "yesterday" else timedelta()))
        return Range(name, start, start + DAY, STEPS["day"])
    if match := re.fullmatch(r"last(\d+)days", name):
        days = int(match[1])
        if days < 1:
            raise UsageError(text)
        return Range(f"last-{days}-days", tomorrow - days * DAY, tomorrow, timedelta(days=days))
    if match := re.fullmatch("(this|last)(week|month|quarter|year)", name):
        which, unit = match.groups()
        first = midnight(first_day(clock.today, unit, week_start))
        if which == "this":
            return Range(f"this-{unit}", first, tomorrow, STEPS[unit])
        return Range(f"last-{unit}", first - STEPS[unit], first, STEPS[unit])
    return None


def calendar_unit(text: str) -> Range | None:
    """Resolve `2026-11-05`, `2026-W45`, `2026-11`, `2026-Q4` or `2026`."""
    if match := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text):
        return whole_unit(text, date.fromisoformat(text), "day")
    if match := re.fullmatch(r"(\d{4})-[Ww](\d\d)", text):
        return whole_unit(text.upper(), date.fromisocalendar(int(match[1]), int(match[2]), 1), "week")
    if match := re.fullmatch(r"(\d{4})-(\d\d)", text):
        return whole_unit(text, date(int(match[1]), int(match[2]), 1), "month")
    if match := re.fullmatch(r"(\d{4})-[Qq]([1-4])", text):
        return whole_unit(text.upper(), date(int(match[1]), 3 * int(match[2]) - 2, 1), "quarter")
    if re.fullmatch(r"\d{4}", text):
        return whole_unit(text, date(int(text), 1, 1), "year")
    return None


def whole_unit(name: str, first: date, unit: str) -> Range:
    """Give the range of one whole unit from its first day."""
    return Range(name, midnight(first), midnight(first) + STEPS[unit], STEPS[unit])


def end_point(text: str, clock: Clock, week_start: int) -> Range:
    """Resolve one end of `A..B`; a time of day is a range without length."""
    found = preset(text, clock, week_start) or calendar_unit(text)
    if found is not None:
        return found
    wall = read_wall(text)
    if wall is None:
        raise UsageError(text)
    whole_minute = (wall.second, wall.microsecond) == (0, 0)
    return Range(wall.isoformat(timespec="minutes" if whole_minute else "auto"), wall, wall, None)


def resolve(
    text: str, clock: Clock, store: Store, *, week_start: int = 0, exclude_today: bool = False
) -> Range:
    """Resolve what `--range` says."""
    if exclude_today:
        return without_today(preset(text, clock, week_start))
    if plain(text) == "all":
        return Range("all", first_midnight(clock, store), last_midnight(clock, store), None)
    if ".." not in text:
        found = preset(text, clock, week_start) or calendar_unit(text)
        if found is None:
            raise UsageError(text)
        return found
    return between(*text.split("..", 1), clock=clock, store=store, week_start=week_start)


def without_today(found: Range | None) -> Range:
    """End a `last-N-days` at T, still N days long."""
    if found is None or not isinstance(found.step, timedelta):
        raise UsageError
    return Range(found.name, found.start - DAY, found.end - DAY, found.step)


def between(from_text: str, to_text: str, *, clock: Clock, store: Store, week_start: int) -> Range:
    """Resolve `A..B`, `A..` or `..B`; an open side never ends before it starts."""
    first = end_point(from_text, clock, week_start) if from_text else None
    last = end_point(to_text, clock, week_start) if to_text else None
    if first and last:
        return closed(
            Range(f"{first.name}..{last.name}", first.start, last.end, last.end - first.start), clock.zone
        )
    if first:
        reached = last_midnight(clock, store)
        return Range(f"{first.name}..", first.start, reached if first.start <= reached else first.end, None)
    if last:
        return Range(f"..{last.name}", min(first_midnight(clock, store), last.end), last.end, None)
    raise UsageError("..")


def closed(chosen: Range, zone: ZoneInfo) -> Range:
    """Refuse a range that ends before it starts, on the wall or in a gap of it."""
    span = span_of(chosen, zone)
    if chosen.end <= chosen.start or span.end < span.start:
        raise UsageError(chosen.name)
    return chosen


def first_midnight(clock: Clock, store: Store) -> datetime:
    """Give the start of the first event's day; of T in an empty store."""
    if not store.events:
        return midnight(clock.today)
    return midnight(wall_of(store.first, clock.zone).date())


def last_midnight(clock: Clock, store: Store) -> datetime:
    """Give the end of T or of the last event's day, whichever is later."""
    days = [clock.today]
    if store.events:
        days.append(wall_of(max(event.timestamp for event in store.events), clock.zone).date())
    return midnight(max(days) + DAY)


@dataclass(frozen=True)
class Span:
    """A half-open range of instants."""

    start: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def json(self, zone: ZoneInfo) -> Json:
        """Say it as JSON does."""
        return {"start": stamp(self.start, zone), "end": stamp(self.end, zone)}


def span_of(chosen: Range, zone: ZoneInfo) -> Span:
    """Turn a range on the wall into instants."""
    return Span(instant_of(chosen.start, zone), instant_of(chosen.end, zone))


def comparison(chosen: Range, clock: Clock, compare: str) -> Span | None:
    """Give the instants that a range is compared with."""
    if compare == "none" or chosen.step is None:
        return None
    span = span_of(chosen, clock.zone)
    if compare == "previous":
        start, cap = chosen.start - chosen.step, chosen.start
    else:
        start, cap = chosen.start - STEPS["year"], chosen.end - STEPS["year"]
    end = cap
    if chosen.is_this or clock.now < span.end:
        elapsed = min(chosen.end, clock.wall) - chosen.start
        end = max(start, min(cap, start + elapsed))
    first = instant_of(start, clock.zone)
    last = min(instant_of(end, clock.zone), instant_of(cap, clock.zone))
    return Span(first, max(first, last))


def bucket_unit(chosen: Range, by: str) -> str:
    """Choose the bucket for `auto` by the range's length on the wall."""
    if by != "auto":
        return by
    length = chosen.end - chosen.start
    for days, unit in ((2, "hour"), (62, "day"), (366, "week")):
        if length <= days * DAY:
            return unit
    return "month"


def buckets(chosen: Range, unit: str, zone: ZoneInfo, week_start: int = 0) -> list[Span]:
    """Cut a range into its buckets, clipped to it; one that no instant is in (a skipped day) is none."""
    span = span_of(chosen, zone)
    edges = [span.start]
    for edge in hour_edges(span, zone) if unit == "hour" else calendar_edges(chosen, unit, zone, week_start):
        if len(edges) > BUCKET_LIMIT:
            raise UsageError(f"{unit} over {chosen.name}")
        edges.append(max(span.start, min(edge, span.end)))
    return [Span(start, end) for start, end in pairwise([*edges, span.end]) if start < end]


def calendar_edges(chosen: Range, unit: str, zone: ZoneInfo, week_start: int) -> Iterable[datetime]:
    """Give the instants at which buckets of days and longer end."""
    first = midnight(first_day(chosen.start.date(), unit, week_start))
    end = instant_of(chosen.end, zone)
    number = 1
    while (edge := instant_of(first + number * STEPS[unit], zone)) < end:
        yield edge
        number += 1


def hour_edges(span: Span, zone: ZoneInfo) -> Iterable[datetime]:
    """Give the instants at which the local hour or the offset changes."""
    edge = span.start
    while edge < span.end:
        wall = wall_of(edge, zone)
        offset = edge.astimezone(zone).utcoffset()
        ends = edge + (wall.replace(minute=0, second=0, microsecond=0) + HOUR - wall)
        if (ends - INSTANT).astimezone(zone).utcoffset() != offset:
            ends = change_of_offset(edge, ends, zone)
        edge = ends
        yield edge


def change_of_offset(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant between two at which the offset changes, by halving."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > INSTANT:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


# -- Filters (SPEC §4) ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """The chosen values: of one filter any may match, all filters must."""

    channel: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.channel or self.user or self.source or self.contact)

    def json(self) -> Json:
        """Say them as JSON does."""
        return {
            "channel": list(self.channel),
            "user": list(self.user),
            "source": list(self.source),
            "contact": list(self.contact),
        }

    def match(self, event: Event, store: Store) -> bool:
        """Tell whether an event passes all filters."""
        return (
            any_of(self.channel, lambda value: same(value, event.channel))
            and any_of(self.user, lambda value: is_user(value, event, store))
            and any_of(self.source, lambda value: same(value, event.source, plain))
            and any_of(self.contact, lambda value: is_contact(value, event))
        )


def any_of(values: Sequence[str], matches: Callable[[str], bool]) -> bool:
    """Tell whether one of the values matches, or there are none to match."""
    return not values or any(matches(value) for value in values)


def same(value: str, text: str | None, key: Callable[[str], str] = str.casefold) -> bool:
    """Match a whole value, however its accents are written; `Unknown` matches null."""
    return normalize("NFC", key(value)) == normalize("NFC", key(UNKNOWN if text is None else text))


def is_user(value: str, event: Event, store: Store) -> bool:
    """Match a user by what is shown, or by id."""
    ids = {event.user_id}
    if event.user_id is None and store.directory and event.user_name in store.directory:
        ids = {event.user_name}
    return same(value, store.shown_user(event)) or any(
        same(value, found) for found in ids if found is not None
    )


def is_contact(value: str, event: Event) -> bool:
    """Match a contact by its exact id, also as the one that went away, or by any part of its name.

    Accents may be characters of their own, or not.
    """
    ids = (event.contact_id, event.merged_contact_id)
    forms = (value, normalize("NFC", value), normalize("NFD", value))
    return any(form in ids or small(form) in small(event.contact_name or "") for form in forms)


def small(text: str) -> str:
    """Write a text without regard to case, letter by letter: ς is Σ, but ß is not SS, and İ is an i."""
    return "".join(char.casefold() if len(char.casefold()) == 1 else char.lower()[0] for char in text)


# -- Reports (SPEC §5, §6) -----------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """All that a report is asked."""

    range: str = "last-7-days"
    by: str = "auto"
    compare: str = "previous"
    filters: Filters = field(default_factory=Filters)
    exclude_today: bool = False
    limit: int = LOG_LIMIT
    oldest_first: bool = False
    week_start: int = 0


@dataclass(frozen=True)
class Component:
    """One component of the report, ready to count."""

    store: Store
    clock: Clock
    question: Question
    kinds: tuple[str, ...]

    @property
    def range(self) -> Range:
        """The range on the wall."""
        question = self.question
        return resolve(
            question.range,
            self.clock,
            self.store,
            week_start=question.week_start,
            exclude_today=question.exclude_today,
        )

    @property
    def span(self) -> Span:
        """The range as instants."""
        return span_of(self.range, self.clock.zone)

    @property
    def previous(self) -> Span | None:
        """The compared instants."""
        return comparison(self.range, self.clock, self.question.compare)

    @property
    def by(self) -> str:
        """The unit of the buckets."""
        return bucket_unit(self.range, self.question.by)

    @property
    def buckets(self) -> list[Span]:
        """The buckets as instants."""
        return buckets(self.range, self.by, self.clock.zone, self.question.week_start)

    @property
    def not_applicable(self) -> list[str]:
        """The names of the chosen filters that do not apply: a channel is only of connected contacts."""
        return ["channel"] if self.question.filters.channel and self.kinds != ("connected",) else []

    def events(self, span: Span | None) -> list[Event]:
        """Give the matching events of a span."""
        if span is None or self.not_applicable:
            return []
        return [
            event
            for event in self.store.events
            if event.kind in self.kinds
            and event.timestamp in span
            and self.question.filters.match(event, self.store)
        ]

    def head(self, name: str) -> Json:
        """Give the keys that all components share."""
        zone = self.clock.zone
        status, message = self.status()
        previous = self.previous
        seen = [
            event.timestamp
            for event in self.store.events
            if event.kind in self.kinds and event.timestamp <= self.clock.now
        ]
        return {
            "schema": 1,
            "component": name,
            "status": status,
            "message": message,
            "range": {"name": self.range.name, **self.span.json(zone), "timezone": zone.key, "by": self.by},
            "previous": previous.json(zone) if previous else None,
            "filters": self.question.filters.json(),
            "not_applicable": self.not_applicable,
            "data_through": stamp(max(seen), zone) if seen else None,
        }

    def status(self) -> tuple[str, str | None]:
        """Give the status and its message."""
        if self.not_applicable:
            return "not_applicable", "The selected filter(s) are not applicable here: channel"
        if self.events(self.span):
            return "ok", None
        if self.question.filters:
            return "no_data", "The selected filter(s) have no applicable data"
        return "no_data", "No events in this range"

    def figure(self, count: int, previous: int) -> Json:
        """Give a count beside its previous one."""
        if self.previous is None:
            return {"count": count, "previous": None, "change": None}
        change = (count - previous) / abs(previous) if previous else None
        return {"count": count, "previous": previous, "change": change}


def later_than_now(store: Store, clock: Clock, question: Question, kinds: Sequence[str]) -> int:
    """Count the events that a report of these kinds has in its range although they are later than now."""
    if question.filters.channel:
        kinds = [kind for kind in kinds if kind == "connected"]
    component = Component(store, clock, question, tuple(kinds))
    return sum(event.timestamp > clock.now for event in component.events(component.span))


def is_partial(store: Store, clock: Clock, question: Question) -> bool:
    """Tell whether the compared range begins before the store's first event."""
    previous = Component(store, clock, question, KINDS).previous
    return previous is not None and bool(store.events) and store.first > previous.start


def overview(store: Store, clock: Clock, question: Question) -> Json:
    """Answer `overview`."""
    component = Component(store, clock, question, ("added", "deleted", "merged"))
    away = {event.merged_contact_id for event in store.events if event.kind == "merged"}

    def counted(events: Iterable[Event]) -> Counter[str]:
        counts = Counter(event.kind for event in events)
        again = [event for event in events if event.kind == "deleted" and event.contact_id in away]
        counts["again"] = len(again)
        counts["net"] = counts["added"] - counts["deleted"] - counts["merged"] + counts["again"]
        return counts

    events = component.events(component.span)
    now, before = counted(events), counted(component.events(component.previous))
    names = ("added", "deleted", "merged", "net")
    series = []
    for bucket, inside in in_buckets(component.buckets, events):
        counts = counted(inside)
        partial = {"partial": bucket.end > clock.now}
        series.append({**bucket.json(clock.zone), **partial, **{name: counts[name] for name in names}})
    metrics = {name: component.figure(now[name], before[name]) for name in names}
    metrics["net"]["deleted_after_merge"] = now["again"]
    return {**component.head("overview"), "metrics": metrics, "series": series}


def in_buckets(spans: Sequence[Span], events: Sequence[Event]) -> list[tuple[Span, list[Event]]]:
    """Put every event into its bucket."""
    return [(span, [event for event in events if event.timestamp in span]) for span in spans]


def breakdown(store: Store, clock: Clock, question: Question, kind: str) -> Json:
    """Answer `added` (by source) or `connected` (by channel)."""
    component = Component(store, clock, question, (kind,))
    label = "source" if kind == "added" else "channel"

    def counted(events: Iterable[Event]) -> Counter[str]:
        return Counter(getattr(event, label) or UNKNOWN for event in events)

    events = component.events(component.span)
    now, before = counted(events), counted(component.events(component.previous))
    names = sorted(now.keys() | before.keys(), key=lambda name: (-now[name], name))
    rows = []
    for name in names:
        share = now[name] / now.total() if now.total() else None
        figure = component.figure(now[name], before[name])
        rows.append({label: name, "count": now[name], "share": share, **figure})
    series = []
    for bucket, inside in in_buckets(component.buckets, events):
        counts = counted(inside)
        parts = {name: counts[name] for name in names if counts[name]}
        series.append({**bucket.json(clock.zone), "partial": bucket.end > clock.now, "counts": parts})
    return {
        **component.head(kind),
        "total": component.figure(now.total(), before.total()),
        "breakdown": rows,
        "series": series,
    }


def log(store: Store, clock: Clock, question: Question, kind: str) -> Json:
    """Answer `log KIND`."""
    component = Component(store, clock, question, (kind,))
    events = component.events(component.span)

    def in_log(event: Event) -> str | None:
        hidden = kind in ("added", "connected") and event.source != "User" and not question.filters.user
        return None if hidden else store.shown_user(event)

    def order(event: Event) -> list[tuple[bool, str]]:
        columns = (
            *(event.contact_id, event.channel, event.merged_contact_id),
            *(event.contact_name, event.source, in_log(event)),
        )
        return [(text is None, text or "") for text in columns]

    ordered = sorted(
        sorted(events, key=order), key=lambda event: event.timestamp, reverse=not question.oldest_first
    )
    rows = []
    for event in ordered[: question.limit]:
        row = {
            "timestamp": stamp(event.timestamp, clock.zone),
            "contact_id": event.contact_id,
            "contact_name": event.contact_name,
            "source": event.source,
            "user": in_log(event),
        }
        more = {"connected": "channel", "merged": "merged_contact_id"}.get(kind)
        rows.append({**row, more: getattr(event, more)} if more else row)
    head = component.head("log")
    return {
        **head,
        "range": {**head["range"], "by": None},
        "previous": None,
        "event": kind,
        "total": len(events),
        "limit": question.limit,
        "truncated": len(events) > question.limit,
        "rows": rows,
    }


def report(store: Store, clock: Clock, question: Question) -> Json:
    """Answer `report`: the whole page."""
    newest = Question(
        range=question.range,
        filters=question.filters,
        exclude_today=question.exclude_today,
        week_start=question.week_start,
        limit=10,
    )
    return {
        "schema": 1,
        "component": "report",
        "overview": overview(store, clock, question),
        "added": breakdown(store, clock, question, "added"),
        "connected": breakdown(store, clock, question, "connected"),
        "logs": {kind: log(store, clock, newest, kind) for kind in KINDS},
    }


def ranges(clock: Clock, week_start: int = 0) -> Json:
    """Answer `ranges`: the presets and what they are compared with."""
    rows = []
    for name in PRESETS:
        chosen = preset(name, clock, week_start)
        assert chosen is not None
        previous = comparison(chosen, clock, "previous")
        assert previous is not None
        span = span_of(chosen, clock.zone)
        rows.append({"name": name, **span.json(clock.zone), "previous": previous.json(clock.zone)})
    return {"schema": 1, "as_of": stamp(clock.now, clock.zone), "timezone": clock.zone.key, "ranges": rows}
