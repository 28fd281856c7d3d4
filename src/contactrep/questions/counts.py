"""How many events a range has, by kind, bucket and name: the overview and both breakdowns.

One question counts for all of them. An event's bucket is found from the boundaries that Python
computed, as integers: no engine is asked what a local day is, so none can disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contactrep.events import ADDED, DELETED, MERGED, UNKNOWN
from contactrep.period import Bucket, Moment, Range, Span
from contactrep.questions.asking import Ask, Question, extent, of_kinds, utc
from contactrep.questions.matching import Selection
from contactrep.report import (
    Breakdown,
    BreakdownBucket,
    Figure,
    Head,
    Overview,
    OverviewBucket,
    Slice,
)
from contactrep.zones import epoch_us

OVERVIEW_KINDS = (ADDED, DELETED, MERGED)

_BEFORE = -1
"""The place of the compared range among the buckets, which count from 0."""

_FEW = 31
"""So many buckets are counted one by one: DuckDB counts a column that is grouped by nothing else by its
dictionary, and all kinds of it in less time than it takes to leave one out."""

# What a breakdown of the kind is by; a null name becomes `Unknown` in Python.
_NAME = "CASE event WHEN 'added' THEN source WHEN 'connected' THEN channel END"


@dataclass(frozen=True)
class Tally:
    """Counts of events: `cells` by kind, place of the bucket and name; `before` by kind and name.

    A name is a source or a channel, or empty where names were not asked for; `before` is the compared
    range, and None without one.
    """

    cells: Counter[tuple[str, int, str]]
    before: Counter[tuple[str, str]] | None
    buckets: Sequence[Bucket]

    def by_bucket(self, kind: str) -> Counter[int]:
        """The counts of a kind by the bucket's place."""
        found: Counter[int] = Counter()
        for (event, place, _), count in self.cells.items():
            if event == kind:
                found[place] += count
        return found

    def figures(self, kind: str) -> dict[str, Figure]:
        """Each name's figure, of the names that have a count in the range or in the compared one."""
        now: Counter[str] = Counter()
        for (event, _, name), count in self.cells.items():
            if event == kind:
                now[name] += count
        if self.before is None:
            return {name: Figure(count) for name, count in now.items()}
        before = {name: count for (event, name), count in self.before.items() if event == kind}
        return {name: Figure(now[name], before.get(name, 0)) for name in {**now, **before}}

    def total(self, kind: str) -> Figure:
        """The figure of a kind, all names together."""
        figures = self.figures(kind).values()
        before = None if self.before is None else sum(figure.previous or 0 for figure in figures)
        return Figure(sum(figure.count for figure in figures), before)

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
    ask: Ask,
    kinds: Sequence[str],
    chosen: Range,
    buckets: Sequence[Bucket],
    compared: Span | None,
    selection: Selection,
    *,
    named: bool,
    one_by_one: bool = False,
) -> Tally:
    """Count the events of `kinds` in the buckets of a range and in what it is compared with.

    `named` splits added by source and connected by channel; `one_by_one` counts few buckets each by itself,
    where the engine need not read all events for that. An empty `kinds` asks nothing.
    """
    cells: Counter[tuple[str, int, str]] = Counter()
    before: Counter[tuple[str, str]] | None = None if compared is None else Counter()
    one_by_one = one_by_one and not named and not selection.conditions and 0 < len(buckets) <= _FEW
    question = _question(kinds, chosen, buckets, compared, selection, named=named, one_by_one=one_by_one)
    rows = ask(question) if kinds else ()
    for place, event, name, count in (row for row in rows if row[1] in kinds):
        shown = (UNKNOWN if name is None else name) if named else ""
        if before is not None and place == _BEFORE:
            before[event, shown] += count
        else:
            cells[event, place, shown] += count
    return Tally(cells, before, buckets)


def _question(
    kinds: Sequence[str],
    chosen: Range,
    buckets: Sequence[Bucket],
    compared: Span | None,
    selection: Selection,
    *,
    named: bool,
    one_by_one: bool,
) -> Question:
    parameters = {**_bounds("start", "end", chosen), **selection.parameters}
    also = f"{of_kinds(kinds)}{selection.sql}"
    if one_by_one:
        parameters, also = {}, ""
        counted = [
            _count(str(place), _literal(bucket.start), _literal(bucket.end), also, named=named)
            for place, bucket in enumerate(buckets)
        ]
    else:
        counted = [_count(_bucket_index(buckets), "$start", "$end", also, named=named)]
    if compared is not None:
        counted.append(_count(str(_BEFORE), "$previous_start", "$previous_end", also, named=named))
        parameters |= _bounds("previous_start", "previous_end", compared)
    spans = (chosen,) if compared is None else (chosen, compared)
    return Question("\nUNION ALL\n".join(counted), parameters, extent(kinds, *spans))


def _literal(instant: datetime) -> str:
    return f"TIMESTAMP '{utc(instant)}'"


def _bounds(start: str, end: str, span: Span) -> dict[str, object]:
    return {start: utc(span.start.instant), end: utc(span.end.instant)}


def _count(index: str, start: str, end: str, also: str, *, named: bool) -> str:
    """SQL that counts from `start` until before `end`; `index` is the place of a row's bucket.

    Nothing is grouped by what is the same for all, so that DuckDB can count a column by its dictionary.
    """
    return f"""
        SELECT {index} AS bucket, event, {_NAME if named else "NULL"} AS name, count(*)
        FROM (
            SELECT *, epoch_us(ts) AS us
            FROM events
            WHERE ts >= {start} AND ts < {end}{also}
        )
        GROUP BY ALL"""


@dataclass(frozen=True)
class _Run:
    """Consecutive buckets of one length: the first one's place and start, and the length (µs)."""

    first: int
    start: int
    length: int


def _bucket_index(buckets: Sequence[Bucket]) -> str:
    """An SQL expression of `us` (microseconds since 1970, UTC) for the place of the bucket around it.

    Buckets of one length need one division; the lengths change where an offset does, with months, and
    at the clipped ends. A tree of comparisons finds the run, so that a thousand of them cost ten.
    """
    runs: list[_Run] = []
    for place, bucket in enumerate(buckets):
        start = epoch_us(bucket.start)
        length = epoch_us(bucket.end) - start
        if length and (not runs or runs[-1].length != length or _next_start(runs[-1], place) != start):
            runs.append(_Run(place, start, length))
    return _tree(runs) if runs else "0"


def _next_start(run: _Run, place: int) -> int:
    return run.start + (place - run.first) * run.length


def _tree(runs: Sequence[_Run]) -> str:
    if len(runs) == 1:
        return f"({runs[0].first} + (us - {runs[0].start}) // {runs[0].length})"
    middle = len(runs) // 2
    early, late = _tree(runs[:middle]), _tree(runs[middle:])
    return f"CASE WHEN us < {runs[middle].start} THEN {early} ELSE {late} END"


def overview(head: Head, counted: Tally) -> Overview:
    """The overview of what was counted."""
    by_kind = [counted.by_bucket(kind) for kind in OVERVIEW_KINDS]
    series = tuple(
        OverviewBucket(bucket, *(counts[place] for counts in by_kind))
        for place, bucket in enumerate(counted.buckets)
    )
    added, deleted, merged = (counted.total(kind) for kind in OVERVIEW_KINDS)
    return Overview(head, added, deleted, merged, series)


def breakdown(head: Head, counted: Tally) -> Breakdown:
    """The breakdown of one kind of what was counted; `head.component` is the kind."""
    kind, total = head.component, counted.total(head.component)
    figures = sorted(counted.figures(kind).items(), key=lambda item: (-item[1].count, item[0]))
    slices = tuple(
        Slice(name, figure, figure.count / total.count if total.count else None) for name, figure in figures
    )
    series = tuple(
        BreakdownBucket(bucket, {name: counted.cells[kind, place, name] for name, _ in figures})
        for place, bucket in enumerate(counted.buckets)
    )
    return Breakdown(head, "source" if kind == ADDED else "channel", total, slices, series)
