"""How many events a range has, by kind, bucket and name: the overview and both breakdowns.

One question counts for all of them. An event's bucket is found from the boundaries that Python
computed, as integers: no engine is asked what a local day is, so none can disagree.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from math import gcd
from sys import getsizeof
from typing import NamedTuple

from contactrep import report
from contactrep.events import DELETED, MERGED, UNKNOWN
from contactrep.filters import PARTS
from contactrep.period import Bucket, Moment, Range, Span
from contactrep.questions.engine import Dialect, Engine, Extent, Question, bounds, of_kinds
from contactrep.questions.matching import Selection
from contactrep.zones import epoch_us

BEFORE = -1
"""The place of the compared range among the buckets, which count from 0."""

# What a breakdown of the kind is by; a null name becomes `Unknown` in Python.
_NAME = "CASE event WHEN 'added' THEN source WHEN 'connected' THEN channel END"

AWAY = "away"
"""Deletions of a contact that some merge, at whatever time, names as the one that went away."""

_MOST_RUNS = 16
"""Runs of buckets of one length that one expression may tell apart where questions are costly."""

_A_CELL = 12
_A_NAME = 200
"""Bytes that Python needs for a name beside its text, until all of a breakdown is written."""


class Cells:
    """Counts by bucket and name in a few bytes each: an hourly year of 20,000 names may have millions."""

    def __init__(self) -> None:
        self.size = 0  # bytes, about
        self._numbers: dict[str, int] = {}
        self._by_bucket: dict[int, tuple[array[int], array[int]]] = {}

    def add(self, place: int, name: str, count: int) -> None:
        """Add `count` events of a name to the bucket at `place`, or to BEFORE."""
        numbers, counts = self._by_bucket.setdefault(place, (array("I"), array("Q")))
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._numbers)
            self.size += _A_NAME + getsizeof(name)
        numbers.append(number)
        counts.append(count)
        self.size += _A_CELL

    def by_bucket(self) -> Counter[int]:
        """The counts by the bucket's place, of those that have any; that of the compared range by BEFORE."""
        return Counter({place: sum(counts) for place, (_, counts) in self._by_bucket.items()})

    def by_name(self, *, before: bool = False) -> array[int]:
        """The counts of `names`, in the buckets or in the compared range."""
        totals = array("Q", bytes(8 * len(self._numbers)))
        for place, (numbers, counts) in self._by_bucket.items():
            if (place == BEFORE) is before:
                for number, count in zip(numbers, counts, strict=True):
                    totals[number] += count
        return totals

    def of_bucket(self, place: int, ranks: Sequence[int]) -> dict[str, int]:
        """What the bucket at `place` has by name, in the order of `ranks`, which are those of `names`."""
        found: dict[str, int] = {}
        numbers, counts = self._by_bucket.get(place, ((), ()))
        for at in sorted(range(len(numbers)), key=lambda at: ranks[numbers[at]]):
            name = self.names[numbers[at]]
            found[name] = found.get(name, 0) + counts[at]
        return found

    @cached_property
    def names(self) -> list[str]:
        """All names, each once. Read it only after the last `add`."""
        return list(self._numbers)


@dataclass(frozen=True)
class Tally:
    """Counts of events: `cells` by kind, those of the compared range in the bucket BEFORE.

    A name is a source or a channel, or empty where names were not asked for; `compared` tells whether there
    is a compared range. AWAY is a kind of its own here.
    """

    cells: defaultdict[str, Cells]
    buckets: Sequence[Bucket]
    compared: bool

    def by_bucket(self, kind: str) -> Counter[int]:
        """The counts of a kind by the bucket's place."""
        counts = self.cells[kind].by_bucket()
        del counts[BEFORE]
        return counts

    def total(self, kind: str) -> report.Figure:
        """The figure of a kind, all names together."""
        counts = self.cells[kind].by_bucket()
        before = counts.pop(BEFORE, 0)
        return report.Figure(counts.total(), before if self.compared else None)

    def first_part(self, kind: str, chosen: Range, limit: int, *, oldest_first: bool = False) -> Span:
        """The part of the range that was counted, `chosen`, with its newest (or oldest) `limit` events."""
        counts, found = self.by_bucket(kind), 0
        for place in sorted(counts, reverse=not oldest_first):
            found += counts[place]
            if found >= limit:
                bucket = self.buckets[place]
                if oldest_first:
                    return Span(chosen.start, Moment.at(bucket.end, chosen.zone))
                return Span(Moment.at(bucket.start, chosen.zone), chosen.end)
        return chosen


def tally(
    engine: Engine,
    kinds: Sequence[str],
    chosen: Range,
    buckets: Sequence[Bucket],
    compared: Span | None,
    selection: Selection,
    *,
    named: bool,
    away: bool = False,
) -> Tally:
    """Count the events of `kinds` in the buckets of a range and in the span that it is compared with.

    `named` splits added by source and connected by channel; `away` counts AWAY, too. An empty `kinds` asks
    nothing.
    """
    places = _Places(buckets, engine)
    parts = [_Part(chosen, ("start", "end"), places.sql)]
    if compared is not None:
        parts.append(_Part(compared, ("previous_start", "previous_end"), str(BEFORE)))
    questions = _questions(engine, kinds, parts, selection, named=named, away=away) if kinds else []
    cells: defaultdict[str, Cells] = defaultdict(Cells)
    for batch in chain.from_iterable(map(engine.batches, questions)):
        for value, event, name, count in batch:
            shown = (UNKNOWN if name is None else name) if named else ""
            cells[event].add(value if value == BEFORE else places.of(value), shown, count)
        engine.require_room(sum(of_kind.size for of_kind in cells.values()))
    return Tally(cells, buckets, compared is not None)


class _Part(NamedTuple):
    """A span whose events are counted: the names of the parameters for its bounds, and SQL for the place of
    an event's bucket."""

    span: Span
    ends: tuple[str, str]
    place: str


def _questions(
    engine: Engine,
    kinds: Sequence[str],
    parts: Sequence[_Part],
    selection: Selection,
    *,
    named: bool,
    away: bool,
) -> list[Question]:
    """The questions that count the events of each part; one, where questions are costly."""
    spans = [part.span for part in parts]
    parameters = dict(selection.parameters)
    for part in parts:
        parameters |= bounds(part.span, *part.ends)
    columns = f"event, {_NAME if named else 'NULL'} AS name"
    counted = _count(engine.dialect, parts, columns, "events", f"{of_kinds(kinds)}{selection.sql}")
    if not away:
        return [Question(counted, parameters, Extent.of(kinds, *spans))]
    gone = _away(engine.dialect, parts, selection)
    if engine.costly:
        both = f"{counted}\nUNION ALL\n{gone}"
        return [Question(both, parameters, Extent.of(kinds, *spans, always=[MERGED]))]
    return [
        Question(counted, parameters, Extent.of(kinds, *spans)),
        Question(gone, parameters, Extent.of([DELETED], *spans, always=[MERGED])),
    ]


def _count(dialect: Dialect, parts: Sequence[_Part], columns: str, relation: str, further: str = "") -> str:
    """SQL that counts the events of a relation by bucket and by `columns`: the event and the name."""
    return "\nUNION ALL\n".join(
        f"""
        SELECT {part.place} AS bucket, {columns}, count(*) AS events
        FROM (
            SELECT *, {dialect.microseconds("ts")} AS us FROM {relation}
            WHERE {dialect.is_within(*part.ends)}{further}
        )
        GROUP BY ALL"""
        for part in parts
    )


def _away(dialect: Dialect, parts: Sequence[_Part], selection: Selection) -> str:
    """SQL that counts AWAY as `_count` counts events.

    A store without such merges knows it by the statistics of a column: 4 ms at 10M events. Else the ids of
    all merges and of the deletions are read, once: 90 ms (CPU) for 300,000 of each.
    """
    within = " OR ".join(dialect.is_within(*part.ends) for part in parts)
    return f"""
        SELECT bucket, event, name, events FROM (
            WITH gone AS (
                SELECT * FROM events WHERE ({within}){of_kinds([DELETED])}{selection.sql} AND contact_id IN (
                    SELECT merged_contact_id FROM events WHERE merged_contact_id IS NOT NULL
                )
            )
            {_count(dialect, parts, f"'{AWAY}' AS event, NULL AS name", "gone")}
        )"""


@dataclass(frozen=True)
class _Run:
    """Consecutive buckets of one length: the first one's place and start, and the length (µs)."""

    first: int
    start: int
    length: int

    def start_of(self, place: int) -> int:
        return self.start + (place - self.first) * self.length


class _Places:
    """Finds the bucket of each event: `sql` makes an integer of `us` (microseconds since 1970, UTC), and `of`
    returns the place of the bucket for this integer.

    Buckets of one length need one division. The length changes with the UTC offset, with months, and at the
    clipped ends. A tree of comparisons finds the run of buckets of one length, so that a thousand runs cost
    ten comparisons. Where questions are costly, Spark takes 8 s for a thousand of them in 10M rows: there SQL
    counts by a unit that all boundaries share (1.9 s), and the bucket of each unit is looked up here.
    """

    def __init__(self, buckets: Sequence[Bucket], engine: Engine) -> None:
        self._dialect = engine.dialect
        self._boundaries: list[int] | None = None
        runs = _runs(buckets)
        if engine.costly and len(runs) > _MOST_RUNS:
            self._use_units(buckets)
        else:
            self.sql = self._tree(runs) if runs else "0"

    def of(self, value: int) -> int:
        """The place of the bucket whose events have this value of `sql`, which is at least 0."""
        if self._boundaries is None:
            return value
        return bisect_right(self._boundaries, self._boundaries[0] + (value - 1) * self._unit)

    def _use_units(self, buckets: Sequence[Bucket]) -> None:
        # Of buckets without a length, which a change of the clock can leave, the last one gets nothing.
        self._boundaries = [epoch_us(bucket.start) for bucket in buckets[1:]]
        # The first and the last bucket may begin and end at any microsecond: what lies beyond needs no unit.
        first = self._boundaries[0]
        self._unit = gcd(*(boundary - first for boundary in self._boundaries)) or 1
        past = self._dialect.quotient(f"(us - {first})", str(self._unit))
        self.sql = f"CASE WHEN us < {first} THEN 0 ELSE 1 + {past} END"

    def _tree(self, runs: Sequence[_Run]) -> str:
        if len(runs) == 1:
            past = self._dialect.quotient(f"(us - {runs[0].start})", str(runs[0].length))
            return f"({runs[0].first} + {past})"
        middle = len(runs) // 2
        early, late = self._tree(runs[:middle]), self._tree(runs[middle:])
        return f"CASE WHEN us < {runs[middle].start} THEN {early} ELSE {late} END"


def _runs(buckets: Sequence[Bucket]) -> list[_Run]:
    runs: list[_Run] = []
    for place, bucket in enumerate(buckets):
        start = epoch_us(bucket.start)
        length = epoch_us(bucket.end) - start
        if length and (not runs or runs[-1].length != length or runs[-1].start_of(place) != start):
            runs.append(_Run(place, start, length))
    return runs


def overview(head: report.Head, counted: Tally) -> report.Overview:
    """The overview of what was counted, AWAY included."""
    kinds = (*report.COUNTED, AWAY)
    by_kind = [counted.by_bucket(kind) for kind in kinds]
    series = tuple(
        report.OverviewBucket(bucket, *(counts[place] for counts in by_kind))
        for place, bucket in enumerate(counted.buckets)
    )
    added, deleted, merged, away = (counted.total(kind) for kind in kinds)
    return report.Overview(head, added, deleted, merged, series, away)


class _Parts:
    """The parts of a breakdown, largest first, then by name; each is made when it is looked at."""

    def __init__(self, kind: str, counted: Tally) -> None:
        self._buckets = counted.buckets
        self._cells = counted.cells[kind]
        self._total = counted.total(kind).count
        self._now = self._cells.by_name()
        self._before = self._cells.by_name(before=True) if counted.compared else None
        names = self._cells.names
        order = sorted(range(len(names)), key=names.__getitem__)
        order.sort(key=self._now.__getitem__, reverse=True)
        self._order = array("I", order)
        self._ranks = array("I", order)
        for rank, number in enumerate(order):
            self._ranks[number] = rank

    @property
    def slices(self) -> report.LazySequence[report.Slice]:
        return report.LazySequence(range(len(self._order)), self._slice)

    @property
    def series(self) -> report.LazySequence[report.BreakdownBucket]:
        return report.LazySequence(range(len(self._buckets)), self._of_bucket)

    def _slice(self, rank: int) -> report.Slice:
        number = self._order[rank]
        count = self._now[number]
        figure = report.Figure(count, None if self._before is None else self._before[number])
        return report.Slice(self._cells.names[number], figure, count / self._total if self._total else None)

    def _of_bucket(self, place: int) -> report.BreakdownBucket:
        return report.BreakdownBucket(self._buckets[place], self._cells.of_bucket(place, self._ranks))


def breakdown(head: report.Head, counted: Tally) -> report.Breakdown:
    """The breakdown of one kind of what was counted; `head.component` is the kind."""
    parts = _Parts(head.component, counted)
    split = report.Split(PARTS[head.component])
    return report.Breakdown(head, split, counted.total(head.component), parts.slices, parts.series)
