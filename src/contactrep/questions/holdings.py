"""What a store holds in all: first and last events, loads, rejects, users, the values of filters."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contactrep.events import KINDS
from contactrep.questions.engine import Engine, Extent, Question, Row, ask, aware, of_kinds, rows, utc, value
from contactrep.report import LoadRecord, Reject, RejectList, StoreStatus, User, UserList

_LOADS = 'SELECT id, "at", options FROM loads ORDER BY id'
_BY_SCAN = "SELECT event, max(ts) AS newest FROM events WHERE {} GROUP BY event"
# One question for all of it, where questions are costly.
_AT_ONCE = """
    SELECT event, min(ts) AS first, max(ts) AS last, max(CASE WHEN ts <= $now THEN ts END) AS newest
    FROM events GROUP BY event
    """
# 10 million events without one of the kinds: 1 ms in a store, which is sorted by time; a scan takes 25 ms.
_FROM_THE_END = "SELECT event, ts FROM events WHERE {} ORDER BY ts DESC LIMIT 1"
_REJECTED_FILES = """
    SELECT file, max(coalesce(line, 0)) AS last, sum(strlen(raw)) + 1 AS size FROM rejects
    GROUP BY file ORDER BY file
    """
_REJECTS = """
    SELECT file, line, reason, raw FROM rejects
    WHERE file = $file AND coalesce(line, 0) >= $start AND coalesce(line, 0) < $end
    ORDER BY line NULLS FIRST, raw
    """
_SORTED_AT_ONCE = 16_000_000  # bytes of the texts of rejected records
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


def holdings(engine: Engine, now: datetime, kinds: Sequence[str] = KINDS) -> Holdings:
    """Where the events begin and end, and the newest event of each of `kinds` up to `now` (aware)."""
    if engine.costly:
        return _at_once(engine, now, kinds)
    ends = Question("SELECT min(ts) AS first, max(ts) AS last FROM events", duplicates_matter=False)
    first, last = ask(engine, ends)[0]
    if first is None:
        return Holdings(None, None, {})
    end = min(utc(now), last)
    if end < first or not kinds:
        return Holdings(aware(first), aware(last), {})
    # Most kinds have an event on the last day: one small scan finds them all.
    newest = _newest(engine, _BY_SCAN, kinds, end - _DAY, end)
    for kind in set(kinds) - newest.keys():
        newest |= _newest(engine, _FROM_THE_END, [kind], first, end)
    return Holdings(aware(first), aware(last), newest)


def _at_once(engine: Engine, now: datetime, kinds: Sequence[str]) -> Holdings:
    found = ask(engine, Question(_AT_ONCE, {"now": utc(now)}, duplicates_matter=False))
    if not found:
        return Holdings(None, None, {})
    newest = {kind: aware(ts) for kind, _, _, ts in found if kind in kinds and ts is not None}
    return Holdings(aware(min(row[1] for row in found)), aware(max(row[2] for row in found)), newest)


def _newest(
    engine: Engine, sql: str, kinds: Sequence[str], start: datetime, end: datetime
) -> dict[str, datetime]:
    """The newest event of each kind from `start` to `end` (naive, UTC; both included), where there is one."""
    extent = Extent(tuple(kinds), (start, end + _INSTANT))
    sql = sql.format(f"{engine.dialect.is_within('start', 'end')}{of_kinds(kinds)}")
    question = Question(sql, {"start": start, "end": end + _INSTANT}, extent, duplicates_matter=False)
    return {kind: aware(ts) for kind, ts in ask(engine, question)}


def timezone(engine: Engine) -> str:
    """The workspace's zone, an IANA name."""
    name: str = value(engine, Question("SELECT timezone FROM workspace", duplicates_matter=False))
    return name


def distinct(engine: Engine, column: str) -> list[str]:
    """Every value of `column` (`source` or `channel`), in code-point order."""
    sql = f"SELECT DISTINCT {column} FROM events WHERE {column} IS NOT NULL ORDER BY 1"
    return [row[0] for row in ask(engine, Question(sql))]


def status(engine: Engine, store: str, now: datetime, *, version: str, config: str | None) -> StoreStatus:
    """The answer of `status`; events later than `now` (aware) are in the future."""
    held = holdings(engine, now, ())
    by_kind = ask(engine, Question("SELECT event, count(*) AS events FROM events GROUP BY event"))
    counts: dict[str, int] = dict(by_kind)
    later = "SELECT count(*) AS rows FROM events WHERE ts > $now"
    zone, events = timezone(engine), {kind: counts.get(kind, 0) for kind in KINDS}
    future = value(engine, Question(later, {"now": utc(now)}))
    rejected = 0
    records: tuple[LoadRecord, ...] = ()
    if engine.keeps_loads:
        rejected = value(engine, Question("SELECT count(*) AS rows FROM rejects"))
        records = tuple(loads(engine))
    directory = value(engine, Question("SELECT count(*) AS rows FROM users"))
    return StoreStatus(
        version, store, config, zone, events, held.first, held.last, future, rejected, directory, records
    )


def loads(engine: Engine) -> list[LoadRecord]:
    """The loads of the store, the oldest first; a load of the first layout has no options."""
    counts = ask(engine, Question("SELECT load, count(*) AS events FROM events GROUP BY load"))
    events: dict[int, int] = dict(counts)
    files: dict[int, list[str]] = {}
    for load, path in ask(engine, Question("SELECT load, path FROM files ORDER BY load, position")):
        files.setdefault(load, []).append(path)
    return [
        LoadRecord(load, aware(at), tuple(files.get(load, ())), events.get(load, 0), _shown(options))
        for load, at, options in ask(engine, Question(_LOADS))
    ]


def _shown(options: str | None) -> dict[str, Any]:
    """The options of a load without how many files each profile had, which is for later loads."""
    return {name: given for name, given in json.loads(options or "{}").items() if name != "files"}


def users(engine: Engine) -> UserList:
    """The list of user names, by id."""
    found = ask(engine, Question("SELECT id, name FROM users ORDER BY id"))
    return UserList(tuple(itertools.starmap(User, found)))


def rejects(engine: Engine) -> RejectList:
    """Every rejected record, by file and line. Read them while the engine is open."""
    total = value(engine, Question("SELECT count(*) AS rows FROM rejects"))
    return RejectList(total, itertools.starmap(Reject, _rejects(engine)))


def _rejects(engine: Engine) -> Iterator[Row]:
    """The rejected records in order: so many lines at a time that sorting their texts takes little memory."""
    for file, last, size in ask(engine, Question(_REJECTED_FILES)):
        lines = last * _SORTED_AT_ONCE // size + 1
        for start in range(0, last + 1, lines):
            part = {"file": file, "start": start, "end": start + lines}
            yield from rows(engine, Question(_REJECTS, part))
