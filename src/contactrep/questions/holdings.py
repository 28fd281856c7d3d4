"""What a store holds, whatever the range: first and last events, loads, rejects, the values of filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contactrep.events import KINDS
from contactrep.questions.asking import Ask, Question, aware, utc
from contactrep.report import LoadRecord, Reject, RejectList, StoreStatus


@dataclass(frozen=True)
class Known:
    """First and last event of one kind, and its newest not later than now (instants, UTC)."""

    first: datetime
    last: datetime
    through: datetime | None


@dataclass(frozen=True)
class Holdings:
    """What is known of each event kind that the store has."""

    kinds: Mapping[str, Known]

    @property
    def first(self) -> datetime | None:
        """The first event's instant, None in an empty store."""
        return min((known.first for known in self.kinds.values()), default=None)

    @property
    def last(self) -> datetime | None:
        """The last event's instant, None in an empty store."""
        return max((known.last for known in self.kinds.values()), default=None)

    @property
    def bounds(self) -> tuple[datetime, datetime] | None:
        """First and last together, None in an empty store."""
        return None if self.first is None or self.last is None else (self.first, self.last)

    def through(self, kinds: Iterable[str]) -> datetime | None:
        """The newest event of these kinds that is not later than now."""
        known = (self.kinds[kind].through for kind in kinds if kind in self.kinds)
        return max((moment for moment in known if moment is not None), default=None)


def holdings(ask: Ask, now: datetime) -> Holdings:
    """Ask what the store holds of each kind; `now` is an instant (aware)."""
    sql = """
        SELECT event, min(ts), max(ts), max(ts) FILTER (ts <= $now)
        FROM events
        GROUP BY event
    """
    rows = ask(Question(sql, {"now": utc(now)}, repeats_matter=False))
    return Holdings(
        {
            kind: Known(aware(first), aware(last), None if through is None else aware(through))
            for kind, first, last, through in rows
        }
    )


def timezone(ask: Ask) -> str:
    """The workspace's zone, an IANA name."""
    name: str = ask(Question("SELECT timezone FROM workspace"))[0][0]
    return name


def distinct(ask: Ask, column: str) -> list[str]:
    """Every value that `column` (`source` or `channel`) has in the store, in code-point order."""
    sql = f"SELECT DISTINCT {column} FROM events WHERE {column} IS NOT NULL ORDER BY 1"
    return [row[0] for row in ask(Question(sql))]


def status(ask: Ask, store: str, now: datetime) -> StoreStatus:
    """Everything that `status` tells of a store; `now` (aware) decides which events are in the future."""
    held = holdings(ask, now)
    future = ask(Question("SELECT count(*) FROM events WHERE ts > $now", {"now": utc(now)}))[0][0]
    rejected = ask(Question("SELECT count(*) FROM rejects"))[0][0]
    found: dict[str, int] = dict(ask(Question("SELECT event, count(*) FROM events GROUP BY event")))
    counts = {kind: found.get(kind, 0) for kind in KINDS}
    return StoreStatus(
        store, timezone(ask), counts, held.first, held.last, future, rejected, tuple(loads(ask))
    )


def loads(ask: Ask) -> list[LoadRecord]:
    """The loads that the store has taken in, the oldest first."""
    rows = ask(Question('SELECT id, "at" FROM loads ORDER BY id'))
    counts = ask(Question("SELECT load, count(*) FROM events GROUP BY load"))
    events: dict[int, int] = dict(counts)
    files: dict[int, list[str]] = {}
    for load, path in ask(Question("SELECT load, path FROM files ORDER BY load, position")):
        files.setdefault(load, []).append(path)
    return [
        LoadRecord(number, aware(at), tuple(files.get(number, ())), events.get(number, 0))
        for number, at in rows
    ]


def rejects(ask: Ask) -> RejectList:
    """Every record that was not taken in, by file and line."""
    rows = ask(Question("SELECT file, line, reason, raw FROM rejects ORDER BY file, line NULLS FIRST, raw"))
    return RejectList(len(rows), [Reject(*row) for row in rows])
