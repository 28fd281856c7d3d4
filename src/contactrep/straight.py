"""An engine that answers straight from files, where their rows need nothing but a view to be events.

Only that the same event may be there twice it must see to itself. It does so when a question is put, and
looks where the question does: an event and its repeats are of one kind and one time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from contactrep.engine import Compression, Engine, FileFormat, Row
from contactrep.events import CONNECTED, KINDS, MERGED
from contactrep.identity import CONTACT, PLACE, numbered
from contactrep.questions import Extent, Question

Span = tuple[datetime, datetime]

_ALWAYS: Span = (datetime.fromisoformat("0001-01-01"), datetime.fromisoformat("9999-12-31"))


class Sight(Protocol):
    """Files whose rows are events, as what reads files knows them."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """What `select` wants bound."""

    @property
    def single(self) -> bool:
        """Whether it is one file."""

    @property
    def may_have_guards(self) -> bool:
        """Whether a contact_id may begin with the `'` that guards a formula."""

    def select(self, span: Span | None, *, numbered: bool) -> str:
        """SQL for the events; those outside of `span` may be missing; `numbered` adds file and line."""

    def guard(self) -> AbstractContextManager[None]:
        """Around whatever reads the files, to say what is wrong with them."""


class StraightEngine(Engine):
    """An engine over files, which `readable` names: paths, and the patterns that mean just these.

    `look_at` tells it what they are. `timezone` (an IANA name) is that of the run; there is no directory of
    users. The rest is as for any Engine.
    """

    def __init__(
        self,
        readable: Sequence[str],
        timezone: str,
        *,
        writable: Path | None = None,
        memory_limit: str | None = None,
    ) -> None:
        super().__init__(None, writable=writable, readable=readable, memory_limit=memory_limit)
        self._sight: Sight | None = None
        self._settled: list[Extent] = []
        self._repeats = False
        self.run("CREATE TABLE workspace AS SELECT $timezone AS timezone", {"timezone": timezone})
        self.run("CREATE TABLE users (id VARCHAR, name VARCHAR)")
        self.run("CREATE TABLE repeats (file INTEGER, line BIGINT)")

    @property
    def knows_bounds(self) -> bool:
        """See Engine.knows_bounds: times are computed from what stands in the files."""
        return False

    def look_at(self, sight: Sight) -> None:
        """Take these files' rows for the events."""
        self._sight = sight

    def run(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a statement of our own, which has nothing to do with events."""
        return self.session.run(sql, parameters)

    def ask(self, question: Question) -> list[Row]:
        """See Engine.ask; an InputProblem when the files cannot be read, or are others by now."""
        return super().ask(self._over_files(question))

    def batches(self, question: Question) -> Iterator[Sequence[Row]]:
        """See Engine.batches."""
        return super().batches(self._over_files(question))

    def write(self, question: Question, path: Path, form: FileFormat, compression: Compression) -> int:
        """See Engine.write."""
        return super().write(self._over_files(question), path, form, compression)

    def _errors(self) -> AbstractContextManager[None]:
        return self._sight.guard() if self._sight else super()._errors()

    def _over_files(self, question: Question) -> Question:
        """The question with what `events` means in front."""
        if self._sight is None:
            return question
        if question.repeats_matter:
            self._settle(self._sight, question.extent)
        once = question.repeats_matter and self._repeats
        select = self._sight.select(_hull(question.extent), numbered=once)
        if once:
            select = f"SELECT * EXCLUDE (file, line) FROM ({select}) ANTI JOIN repeats USING (file, line)"
        # Inlined, so that a condition on the time decides which parts of the files are read.
        sql = f"WITH events AS NOT MATERIALIZED ({select})\n{question.sql}"
        return Question(sql, {**question.parameters, **self._sight.parameters})

    # The same event seen twice is one event

    def _settle(self, sight: Sight, extent: Extent | None) -> None:
        """See to it that `repeats` has every row of `extent` (None: of all) that is no event of its own."""
        wanted = _repeatable(extent or Extent(KINDS, (_ALWAYS,)), single=sight.single)
        if not (wanted.kinds and wanted.spans) or any(_covers(it, wanted) for it in self._settled):
            return
        with sight.guard():
            parameters = dict(sight.parameters)
            rows = sight.select(_hull(wanted), numbered=False)
            self.run(_crowded(sight, wanted, rows), parameters)
            if self.run("SELECT EXISTS (FROM crowded)")[0][0]:
                rows = sight.select(_hull(wanted), numbered=True)
                self.run(_repeats(sight, wanted, rows), parameters)
                self._repeats = True
        self._settled.append(wanted)


def _identity(sight: Sight, extent: Extent) -> tuple[str, str]:
    """SQL for an event's contact and place as they tell it from others, and no dearer than need be."""
    contact = CONTACT if sight.may_have_guards else "contact_id"
    return contact, PLACE if CONNECTED in extent.kinds else "NULL::VARCHAR"


def _crowded(sight: Sight, extent: Extent, rows: str) -> str:
    """The table `crowded` of what marks events that may be there twice.

    Most files repeat nothing. Then this is all: hashes, which need less room than what they are of.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE crowded AS
        SELECT {_mark(sight, extent)} AS mark FROM ({rows}) WHERE {_where(extent)}
        GROUP BY mark HAVING count(*) > 1
        """


def _mark(sight: Sight, extent: Extent) -> str:
    contact, place = _identity(sight, extent)
    return (
        f"hash(event, {contact}, ts, {place})" if CONNECTED in extent.kinds else f"hash(event, {contact}, ts)"
    )


def _repeats(sight: Sight, extent: Extent, rows: str) -> str:
    """Add to the table `repeats`."""
    contact, place = _identity(sight, extent)
    crowded = f"""
        SELECT file, line, event, {contact} AS contact, ts, {place} AS place
        FROM ({rows}) WHERE {_where(extent)} AND {_mark(sight, extent)} IN (FROM crowded)"""
    return f"""
        INSERT INTO repeats
        SELECT file, line FROM ({numbered(crowded)}) ANTI JOIN repeats USING (file, line)
        WHERE again
        """


def _repeatable(extent: Extent, *, single: bool) -> Extent:
    """What of an extent may be a repeat: equal merges of one file are so many merges."""
    kinds = tuple(kind for kind in extent.kinds if not (single and kind == MERGED))
    return Extent(kinds, _joined(extent.spans))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same times in as few spans as can be, in order: a range and the one before it are one."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _covers(settled: Extent, wanted: Extent) -> bool:
    return set(wanted.kinds) <= set(settled.kinds) and all(
        any(first <= start and end <= last for first, last in settled.spans) for start, end in wanted.spans
    )


def _hull(extent: Extent | None) -> Span | None:
    if extent is None or not extent.spans:
        return None
    return min(start for start, _ in extent.spans), max(end for _, end in extent.spans)


def _where(extent: Extent) -> str:
    """SQL for whether an event is of an extent; all of it is our own."""
    kinds = ", ".join(f"'{kind}'" for kind in extent.kinds)
    spans = " OR ".join(
        f"(ts >= TIMESTAMP '{start}' AND ts < TIMESTAMP '{end}')" for start, end in extent.spans
    )
    return f"event IN ({kinds}) AND ({spans or 'false'})"
