"""What a store holds, whatever the range: first and last events, loads, rejects, the values of filters."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contactrep.events import KINDS
from contactrep.questions.asking import Ask, Extent, Question, Stream, aware, of_kinds, utc
from contactrep.report import LoadRecord, Reject, RejectList, StoreStatus

_LOADS = """
    SELECT id, "at", options
    FROM (SELECT * FROM loads UNION ALL BY NAME SELECT NULL::VARCHAR AS options WHERE false)
    ORDER BY id
    """
_DAY, _INSTANT = timedelta(days=1), timedelta(microseconds=1)


@dataclass(frozen=True)
class Holdings:
    """Where a store's events begin and end (instants, UTC): all None and empty in an empty store.

    `newest` has of each kind its newest event that is not later than now, where there is one.
    """

    first: datetime | None
    last: datetime | None
    newest: Mapping[str, datetime]

    @property
    def bounds(self) -> tuple[datetime, datetime] | None:
        """First and last together, None in an empty store."""
        return None if self.first is None or self.last is None else (self.first, self.last)

    def through(self, kinds: Iterable[str]) -> datetime | None:
        """The newest event of these kinds that is not later than now."""
        return max((self.newest[kind] for kind in kinds if kind in self.newest), default=None)


def holdings(ask: Ask, now: datetime, kinds: Sequence[str] = KINDS, *, by_bounds: bool = True) -> Holdings:
    """Ask where the events end, and how far those of `kinds` reach; `now` is an instant (aware).

    `by_bounds` looks each up as the first of an order, where the engine knows the bounds of the events' parts
    (Engine.knows_bounds); else all are scanned for the first and the last, and the last day for the others.
    """
    return _by_bounds(ask, now, kinds) if by_bounds else _by_scan(ask, now, kinds)


def _by_bounds(ask: Ask, now: datetime, kinds: Sequence[str]) -> Holdings:
    newest = "(SELECT {}, ts FROM events WHERE {} ORDER BY ts DESC LIMIT 1)"
    parts = ["(SELECT 'first', ts FROM events ORDER BY ts LIMIT 1)"]
    parts += [newest.format("'last'", "true")]
    parts += [newest.format("event", f"event = '{kind}' AND ts <= $now") for kind in kinds]
    parameters = {"now": utc(now)} if kinds else {}
    found = ask(Question("\nUNION ALL\n".join(parts), parameters, repeats_matter=False))
    ends = {name: aware(ts) for name, ts in found}
    return Holdings(ends.pop("first", None), ends.pop("last", None), ends)


def _by_scan(ask: Ask, now: datetime, kinds: Sequence[str]) -> Holdings:
    first, last = ask(Question("SELECT min(ts), max(ts) FROM events", repeats_matter=False))[0]
    if first is None:
        return Holdings(None, None, {})
    end = min(utc(now), last)
    # Most kinds have an event on the last day, so that all others need not be looked at.
    newest = _newest(ask, kinds, max(first, end - _DAY), end) if kinds else {}
    if missing := [kind for kind in kinds if kind not in newest]:
        newest |= _newest(ask, missing, first, end)
    return Holdings(aware(first), aware(last), newest)


def _newest(ask: Ask, kinds: Sequence[str], start: datetime, end: datetime) -> dict[str, datetime]:
    """The newest event of each kind from `start` to `end` (naive, UTC; both included), where there is one."""
    sql = (
        f"SELECT event, max(ts) FROM events WHERE ts BETWEEN $start AND $end{of_kinds(kinds)} GROUP BY event"
    )
    extent = Extent(tuple(kinds), ((start, end + _INSTANT),))
    rows = ask(Question(sql, {"start": start, "end": end}, extent, repeats_matter=False))
    return {kind: aware(ts) for kind, ts in rows}


def timezone(ask: Ask) -> str:
    """The workspace's zone, an IANA name."""
    name: str = ask(Question("SELECT timezone FROM workspace", repeats_matter=False))[0][0]
    return name


def distinct(ask: Ask, column: str) -> list[str]:
    """Every value that `column` (`source` or `channel`) has in the store, in code-point order."""
    sql = f"SELECT DISTINCT {column} FROM events WHERE {column} IS NOT NULL ORDER BY 1"
    return [row[0] for row in ask(Question(sql))]


def status(ask: Ask, store: str, now: datetime, *, version: str, config: str | None) -> StoreStatus:
    """Everything that `status` tells of a store; `now` (aware) decides which events are in the future."""
    held = holdings(ask, now, ())
    found: dict[str, int] = dict(ask(Question("SELECT event, count(*) FROM events GROUP BY event")))
    future = ask(Question("SELECT count(*) FROM events WHERE ts > $now", {"now": utc(now)}))[0][0]
    rejected = ask(Question("SELECT count(*) FROM rejects"))[0][0]
    users = ask(Question("SELECT count(*) FROM users"))[0][0]
    counts = {kind: found.get(kind, 0) for kind in KINDS}
    return StoreStatus(
        store,
        timezone(ask),
        counts,
        held.first,
        held.last,
        future,
        rejected,
        tuple(loads(ask)),
        users,
        version,
        config,
    )


def loads(ask: Ask) -> list[LoadRecord]:
    """The loads of the store, the oldest first; one of the first layout has no options."""
    rows = ask(Question(_LOADS))
    counts = ask(Question("SELECT load, count(*) FROM events GROUP BY load"))
    events: dict[int, int] = dict(counts)
    files: dict[int, list[str]] = {}
    for load, path in ask(Question("SELECT load, path FROM files ORDER BY load, position")):
        files.setdefault(load, []).append(path)
    return [
        LoadRecord(
            number,
            aware(at),
            tuple(files.get(number, ())),
            events.get(number, 0),
            json.loads(options) if options else {},
        )
        for number, at, options in rows
    ]


def rejects(stream: Stream) -> RejectList:
    """Every rejected record, by file and line; it is read while the engine is open."""
    ((total,),) = stream(Question("SELECT count(*) FROM rejects"))
    rows = stream(
        Question("SELECT file, line, reason, raw FROM rejects ORDER BY file, line NULLS FIRST, raw")
    )
    return RejectList(total, itertools.starmap(Reject, rows))
