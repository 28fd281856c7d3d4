"""The reports as frozen values, independent of the format. Pure.

Counts are events, never distinct contacts, so every figure is the length of its log. Times are instants
(aware, UTC) here; a writer shows them in the run's zone, `head.range.zone`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from heapq import nlargest
from operator import eq
from typing import Any, Generic, Literal, NamedTuple, TypeVar, overload

from contactrep.errors import LONGEST_MESSAGE
from contactrep.events import ADDED, DELETED, MERGED
from contactrep.filters import Filters
from contactrep.period import Bucket, Range, Span
from contactrep.summary import Summary

Status = Literal["ok", "no_data", "not_applicable"]
T = TypeVar("T", covariant=True)


class Component(StrEnum):
    """What a section of the report is about."""

    OVERVIEW = "overview"
    ADDED = "added"
    CONNECTED = "connected"
    LOG = "log"


class Split(StrEnum):
    """What the parts of a breakdown are."""

    SOURCE = "source"
    CHANNEL = "channel"


NO_EVENTS = "No events in this range"
NO_APPLICABLE_DATA = "The selected filter(s) have no applicable data"


def not_applicable_message(filters: Sequence[str]) -> str:
    """The message of a component that these filters do not apply to."""
    return f"The selected filter(s) are not applicable here: {', '.join(filters)}"


@dataclass(frozen=True)
class Notice:
    """What a user should know beside an answer. A warning must not be missed; a notice may be left out.

    `begins_with_name`: the text begins with the name of a file or a table, whose first letter stays as it is.
    """

    text: str
    warning: bool = False
    begins_with_name: bool = False

    @property
    def sentence(self) -> str:
        """The text with a capital letter, unless it begins with a name."""
        return self.text if self.begins_with_name else f"{self.text[:1].upper()}{self.text[1:]}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A count, and the count of the compared range where there is one."""

    count: int
    previous: int | None = None

    @property
    def change(self) -> float | None:
        """(count - previous) / |previous|; None without a previous count or where that is 0."""
        return None if not self.previous else (self.count - self.previous) / abs(self.previous)


@dataclass(frozen=True)
class Head:
    """What every component has.

    `message` replaces the figures when `status` is not `ok`. `by` is the bucket unit, None for logs.
    `filters` are the chosen filters, `not_applicable` the names of those that do not apply here.
    `data_through` is the newest event, not later than now, of the kinds that the component uses. `now`
    (aware, UTC) is the moment for which the answer holds: a bucket that ends later is not over.
    `incomplete`: the first event is later than the start of the compared range, so changes say little.
    `notices` belong beside the answer.
    """

    component: Component
    status: Status
    message: str | None
    range: Range
    by: str | None
    compared: Span | None
    filters: Filters
    not_applicable: tuple[str, ...]
    data_through: datetime | None
    now: datetime
    incomplete: bool = False
    notices: tuple[Notice, ...] = ()

    def unfinished(self, bucket: Bucket) -> bool:
        """Whether the bucket is not over at now, so that its counts may still grow."""
        return bucket.end > self.now


COUNTED = (ADDED, DELETED, MERGED)
"""The kinds of events whose counts are headline figures of an overview: its chart has bars of each."""

METRICS = (*COUNTED, "net")
"""All headline figures of an overview, in the order in which they are shown."""


class OverviewBucket(NamedTuple):
    """The counts of one bucket; `deleted_after_merge` as in Overview."""

    bucket: Bucket
    added: int
    deleted: int
    merged: int
    deleted_after_merge: int = 0

    @property
    def net(self) -> int:
        """See Overview.net."""
        return self.added - self.deleted - self.merged + self.deleted_after_merge

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the bucket by metric."""
        return {name: getattr(self, name) for name in METRICS}


@dataclass(frozen=True)
class Overview:
    """Contacts added, deleted and merged in a range.

    `deleted_after_merge` counts those of the deleted that some merge, at whatever time, names as the contact
    that went away: many platforms report such a contact as merged and as deleted.
    """

    head: Head
    added: Figure
    deleted: Figure
    merged: Figure
    series: tuple[OverviewBucket, ...]
    deleted_after_merge: Figure = Figure(0, 0)

    @property
    def net(self) -> Figure:
        """Added - deleted - merged, each contact subtracted once: by how much the number of contacts grew."""
        lost, again = (self.deleted, self.merged), self.deleted_after_merge
        count = self.added.count - sum(figure.count for figure in lost) + again.count
        if self.added.previous is None:
            return Figure(count)
        before = self.added.previous - sum(figure.previous or 0 for figure in lost)
        return Figure(count, before + (again.previous or 0))

    @property
    def metrics(self) -> Mapping[str, Figure]:
        """The headline figures by metric."""
        return {name: getattr(self, name) for name in METRICS}


_WHOLE = 1_000
"""Tenths of a percent in 100.0 %."""

_MOST_RAISED = 20
"""Parts below 0.1 % that may be raised to it: the others together then show up to 2 points less."""


def shown_shares(counts: Sequence[int]) -> list[int]:
    """The share of each count as people see it, in tenths of a percent: together 1,000, unless all are 0.

    Rounded by largest remainder, equal remainders in order. A count above zero has at least 1, a count below
    the total at most 999. If more than 20 parts would have to be raised to 1, they stay 0 ("< 0.1 %"),
    for raising them would make the shares of the others wrong.
    """
    raised: set[int] = set()
    while len(raised) <= _MOST_RAISED:
        others = [0 if place in raised else count for place, count in enumerate(counts)]
        shown = _apportioned(others, _WHOLE - len(raised))
        for place in raised:
            shown[place] = 1
        fallen = {place for place, count in enumerate(counts) if count and not shown[place]}
        if not fallen:
            return shown
        raised |= fallen
    plain = _apportioned(counts, _WHOLE)
    if _WHOLE in plain:
        plain[plain.index(_WHOLE)] -= 1
        plain[max(raised, key=lambda place: (counts[place], -place))] += 1
    return plain


def _apportioned(counts: Sequence[int], whole: int) -> list[int]:
    """`whole` split in proportion to `counts` into integers, by largest remainder; zeros if all are 0."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    shown = [count * whole // total for count in counts]
    left = whole - sum(shown)
    for place in nlargest(left, range(len(counts)), key=lambda place: counts[place] * whole % total):
        shown[place] += 1
    return shown


class LazySequence(Sequence[T], Generic[T]):
    """`make(number)` for each of `numbers`, each made when it is read, because all of them may be more than
    memory holds. It equals any sequence with equal members."""

    def __init__(self, numbers: range, make: Callable[[int], T]) -> None:
        self._numbers = numbers
        self._make = make

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> LazySequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | LazySequence[T]:
        if isinstance(place, slice):
            return LazySequence(self._numbers[place], self._make)
        return self._make(self._numbers[place])

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._numbers)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(tuple(self))


@dataclass(frozen=True, slots=True)
class Slice:
    """One source's or channel's part of a breakdown.

    `share` is 0 to 1, exact, None if the total is 0; people are shown `shown_shares`.
    """

    name: str
    figure: Figure
    share: float | None


class BreakdownBucket(NamedTuple):
    """The counts of one bucket by name: of the names that have any there, in the breakdown's order."""

    bucket: Bucket
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Breakdown:
    """Contacts added by source, or connected by channel.

    `slices` are all that have a count in the range or in the compared one, ordered by count (largest first),
    then name.
    """

    head: Head
    split: Split
    total: Figure
    slices: Sequence[Slice]
    series: Sequence[BreakdownBucket]

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """The parts as dictionaries, for JSON and for other libraries."""
        for part in self.slices:
            figure = part.figure
            counts = {"count": figure.count, "share": part.share, "previous": figure.previous}
            yield {self.split.value: part.name, **counts, "change": figure.change}


class LogRow(NamedTuple):
    """One event as a log shows it; `user` is the shown one, `channel` only in the log of connected,
    `merged_contact_id` (the contact that went away) only in that of merged."""

    timestamp: datetime
    contact_id: str
    contact_name: str | None
    source: str | None
    user: str | None
    channel: str | None = None
    merged_contact_id: str | None = None


@dataclass(frozen=True)
class LogPage:
    """The rows of one kind of event, newest first unless asked otherwise, cut at `limit`.

    `total` counts all rows of the range; `export_command` is the command line that gives them all,
    for a page that is cut.
    """

    head: Head
    event: str
    total: int
    limit: int
    rows: Sequence[LogRow]
    export_command: str | None = None

    @property
    def truncated(self) -> bool:
        """Whether the range has more rows than this page."""
        return self.total > len(self.rows)

    @property
    def cut(self) -> Notice | None:
        """How many rows a cut page shows, and the command for all rows unless it is too long for a message;
        None for a whole page."""
        if not self.truncated:
            return None
        shown = f"Showing {len(self.rows):,} of {self.total:,}"
        whole = f"{shown}. For all rows: {self.export_command}"
        return Notice(
            whole if self.export_command and len(whole) < LONGEST_MESSAGE - len("Note: ") else shown
        )


@dataclass(frozen=True)
class ContactsReport:
    """The whole page: the overview, both breakdowns, and the newest rows of each log by event kind.

    `notices` are those of the page, and each section has them too.
    """

    overview: Overview
    added: Breakdown
    connected: Breakdown
    logs: Mapping[str, LogPage]
    notices: tuple[Notice, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """All of them, in the order in which they are shown."""
        return (self.overview, self.added, self.connected, *self.logs.values())


Section = Overview | Breakdown | LogPage


@dataclass(frozen=True)
class RangeList:
    """The presets with what they mean at a moment: each range and what `previous` compares it with."""

    as_of: datetime
    timezone: str
    ranges: tuple[tuple[Range, Span | None], ...]


@dataclass(frozen=True)
class LoadRecord:
    """One load of a store: when (aware, UTC), from which files, how many events, and the options that it was
    given of those that change what a file means, by name."""

    id: int
    at: datetime
    files: tuple[str, ...]
    events: int
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StoreStatus:
    """What a store holds, the program's `version` and the path of its `config` file, None if there is none.

    `first` and `last` are instants (aware, UTC); `future` counts events later than now, `users` the list of
    user names.
    """

    version: str
    store: str
    config: str | None
    timezone: str
    events: Mapping[str, int]
    first: datetime | None
    last: datetime | None
    future: int
    rejected: int
    users: int
    loads: tuple[LoadRecord, ...]


class Reject(NamedTuple):
    """A rejected record: its file and line, the reason, and its text as it was read."""

    file: str
    line: int | None
    reason: str
    raw: str


@dataclass(frozen=True)
class RejectList:
    """The rejected records of a store. There may be millions, so `rows` come as they are read, once."""

    total: int
    rows: Iterable[Reject]


class User(NamedTuple):
    """A user's id and name."""

    id: str
    name: str | None


@dataclass(frozen=True)
class UserList:
    """The list of user names of a store, by id."""

    rows: tuple[User, ...]


@dataclass(frozen=True)
class Judgement:
    """What became of a condition of `check`.

    `sides` are the values left and right of its `comparison`, whole numbers as int; None where it cannot be
    judged for the `reason`, or, without a reason, where its counts are too small to matter. `counts` are the
    counts that it was computed from, by name. `is_percentage`: the sides are percentages (0.5 is 50 %).
    `is_limit_first`: the left side has no figure. `is_incomplete`: it uses a previous period of which the
    data has only a part.
    """

    text: str
    comparison: str
    holds: bool = False
    sides: tuple[float, float] | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    is_percentage: bool = False
    is_limit_first: bool = False
    is_incomplete: bool = False
    reason: str | None = None

    @property
    def value(self) -> float | None:
        """The value that is compared with the limit; None where the condition cannot be judged."""
        return self.sides[self.is_limit_first] if self.sides else None

    @property
    def limit(self) -> float | None:
        """The other side."""
        return self.sides[not self.is_limit_first] if self.sides else None


@dataclass(frozen=True)
class Check:
    """The conditions of `check`, judged for a range at `now`.

    `data_through` is the newest event, not later than now, of the kinds that the conditions use.
    """

    range: Range
    data_through: datetime | None
    now: datetime
    conditions: tuple[Judgement, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def unjudged(self) -> list[str]:
        """A sentence for each condition that cannot be judged."""
        judged = [one for one in self.conditions if one.reason is not None]
        return [f"'{one.text}' cannot be judged: {one.reason}" for one in judged]

    @property
    def doubtful(self) -> list[str]:
        """A sentence for each condition that might hold if the data had the whole previous period."""
        doubtful = [one for one in self.conditions if one.is_incomplete and not (one.holds or one.reason)]
        return [f"'{one.text}' does not hold, but the previous period is incomplete" for one in doubtful]


Report = Section | ContactsReport | Check | RangeList | StoreStatus | RejectList | UserList
Answer = Report | Summary
"""What a command answers, and a format writes."""
