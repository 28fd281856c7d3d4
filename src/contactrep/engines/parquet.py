"""Queries Parquet files in place, if a view can turn their rows into events.

`read.survey` decides whether a load is needed. Duplicates are left to this engine: before a question it
finds those among the kinds and times that the question depends on. An event and its duplicates are of one
kind and one time, so nothing else needs a look.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from contactrep.duck import Session
from contactrep.engines.duckdb import DuckDbDialect, copy, locked_session
from contactrep.errors import InputProblem
from contactrep.events import MERGED
from contactrep.identity import CONTACT, QUALIFIER, numbered
from contactrep.machine import scratch
from contactrep.questions.engine import Extent, FileKind, Question, Row, quoted
from contactrep.read import sight, sources, unpacking
from contactrep.read.mapping import Mapping
from contactrep.read.survey import survey


@contextmanager
def parquet_engine(
    files: Sequence[str],
    mapping: Mapping,
    zone: ZoneInfo,
    *,
    writable: Path | None = None,
    memory_limit: str | None = None,
) -> Iterator[ParquetEngine | None]:
    """An engine over the files that the user named; None where they must be loaded.

    Args:
        files: Paths, folders and patterns, as for a load.
        mapping: How the files are read.
        zone: The zone of the run, and of naive times unless `mapping` names one.
        writable: The one file that `write` may fill.
        memory_limit: The limit of the whole run, such as `256MB`.
    """
    try:
        named = unpacking.without_empty(sources.find_sources(files))
    except InputProblem:
        yield None  # a load reports it
        return
    with scratch() as folder:
        candidates = sight.candidates(named.files, folder)
        if candidates is None:
            yield None
            return
        readable = [text for file in candidates for text in (file.path, file.pattern)]
        with locked_session(readable=readable, writable=writable, memory_limit=memory_limit) as session:
            seen = survey(session.run, candidates, mapping, zone)
            yield None if seen is None else ParquetEngine(session, seen, zone, named.skipped)


class ParquetEngine:
    """Answers from the files of a `Sight`, in a session that may read them.

    `timezone` is that of the run; there are no user names. `skipped` says of entries of folders why they are
    not read. Every method raises InputProblem when the files cannot be read or have changed.
    """

    dialect = DuckDbDialect()
    costly = False
    keeps_loads = False

    def __init__(
        self, session: Session, files: sight.Sight, timezone: ZoneInfo, skipped: abc.Mapping[str, str]
    ) -> None:
        self.summaries = files.summaries
        self.skipped = skipped
        self._session = session
        self._files = files
        self._deduplicated: list[Extent] = []
        self._has_duplicates = False
        session.run("CREATE TABLE workspace AS SELECT $timezone AS timezone", {"timezone": timezone.key})
        session.run("CREATE TABLE users (id VARCHAR, name VARCHAR)")
        session.run("CREATE TABLE duplicates (file INTEGER, line BIGINT)")

    def batches(self, question: Question) -> Iterator[Sequence[Row]]:
        over_files = self._over_files(question)
        with self._files.guard():
            yield from self._session.batches(over_files.sql, over_files.parameters)

    def require_room(self, size: int) -> None:
        self._session.require_room(size)

    def write(self, question: Question, path: Path, kind: FileKind) -> int:
        over_files = self._over_files(question)
        with self._files.guard():
            return copy(self._session, over_files, path, kind)

    def _over_files(self, question: Question) -> Question:
        """The question, preceded by the SELECT that makes `events` of the files."""
        if question.duplicates_matter:
            self._deduplicate(question.extent)
        leave_out = question.duplicates_matter and self._has_duplicates
        times = None if question.extent.always else question.extent.times
        self._files.need(self._session.run, question.sql, times)
        select = self._files.select(times, numbered=leave_out)
        if leave_out:
            select = (
                f"SELECT * EXCLUDE (file, line, part) FROM ({select}) ANTI JOIN duplicates USING (file, line)"
            )
        # Inlined, so that a condition on the time decides which row groups are read.
        sql = f"WITH events AS NOT MATERIALIZED ({select})\n{question.sql}"
        return Question(sql, {**question.parameters, **self._files.parameters})

    def _deduplicate(self, asked: Extent) -> None:
        """Add to `duplicates` all rows of an extent that are not events of their own."""
        # Equal merges without a second id in one file are separate events.
        distinct = len(self._files.files) == 1 and not self._files.has_merged_contacts
        kinds = tuple(kind for kind in asked.kinds if not (distinct and kind == MERGED))
        extent = Extent(kinds, asked.times)
        if not kinds or any(_covers(it, extent) for it in self._deduplicated):
            return
        contact = CONTACT if self._files.may_have_guards else "contact_id"
        parameters, times = dict(self._files.parameters), extent.times
        self._files.need(self._session.run, f"event {contact}", times)
        with self._files.guard():
            rows = self._files.select(times, numbered=False)
            self._session.run(_suspects(rows, extent, contact), parameters)
            if self._session.value("SELECT EXISTS (FROM suspects)"):
                self._files.need(self._session.run, f"event {contact} {QUALIFIER}", times)
                rows = self._files.select(times, numbered=True)
                self._session.run(_duplicates(rows, extent, contact), parameters)
                self._has_duplicates = True
        self._deduplicated.append(extent)


def _suspects(rows: str, extent: Extent, contact: str) -> str:
    """SQL that makes the table `suspects`: hashes of kind, contact and time that occur more than once.

    Most files have no such events, so this is all. Hashes need less memory than what they are of; to hash
    what else tells events apart would take half as long again.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE suspects AS
        SELECT {_hash(contact)} AS identity FROM ({rows}) WHERE {_where(extent)}
        GROUP BY identity HAVING count(*) > 1
        """


def _hash(contact: str) -> str:
    return f"hash(event, {contact}, ts)"


def _duplicates(rows: str, extent: Extent, contact: str) -> str:
    """SQL that adds the suspects which are duplicates to the table `duplicates`."""
    suspects = f"""
        SELECT file, line, part, event, {contact} AS contact, ts, {QUALIFIER} AS qualifier
        FROM ({rows}) WHERE {_where(extent)} AND {_hash(contact)} IN (FROM suspects)"""
    return f"""
        INSERT INTO duplicates
        SELECT file, line FROM ({numbered(suspects)}) ANTI JOIN duplicates USING (file, line)
        WHERE again
        """


def _covers(extent: Extent, other: Extent) -> bool:
    """Whether the first of two extents includes the second."""
    if not set(other.kinds) <= set(extent.kinds):
        return False
    if extent.times is None or other.times is None:
        return extent.times is None
    return extent.times[0] <= other.times[0] and other.times[1] <= extent.times[1]


def _where(extent: Extent) -> str:
    """SQL for whether an event is in an extent; the kinds and times are the program's own."""
    kinds = f"event IN ({quoted(extent.kinds)})"
    if extent.times is None:
        return kinds
    start, end = extent.times
    return f"{kinds} AND ts >= TIMESTAMP '{start}' AND ts < TIMESTAMP '{end}'"
