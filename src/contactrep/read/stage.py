"""Staging: files become events and rejects in tables of a private DuckDB session (`relations`), before any
store is touched.

`Stage.take` is the story of a file: pass 1 copies its rows (`first_pass`), pass 2 finds the records on the
lines that were left over (`rows`), and both are settled and counted (`account`).
"""

from __future__ import annotations

import shlex
from collections import abc
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from contactrep.duck import Error, Relation, Session, first_line
from contactrep.errors import InputProblem, MappingProblem, listed
from contactrep.events import COLUMNS
from contactrep.read import timestamps
from contactrep.read.account import Exclusion, settle
from contactrep.read.advice import Advice, advise, advised_encoding
from contactrep.read.columns import Choice, Columns, resolve_columns
from contactrep.read.content import Content, examine
from contactrep.read.delimited import Delimited
from contactrep.read.first_pass import Batch, FirstPass
from contactrep.read.mapping import Mapping
from contactrep.read.relations import LATE, PLAIN, SPANS, make_all
from contactrep.read.rows import find_records, lines_of_records, open_table
from contactrep.read.signatures import Shape
from contactrep.read.sources import Source
from contactrep.read.table import Table
from contactrep.read.unpacking import OnBytes, digest
from contactrep.summary import FileSummary

_LONGEST_HEADER: Final = 100_000  # bytes
_MOST_HEADERS: Final = 100
_INT96_NOTE: Final = "INT96 times were read as UTC; use --input-timezone for another zone"


class Stage:
    """The tables of a load, in a file that can become the store, and the methods that fill them. Events later
    than `now` (aware, UTC) are counted as future; `alone` is whether there is only one file. `is_distinct`:
    after `take`, all events are known to differ. Events of the contacts in `exclusion` are skipped."""

    def __init__(
        self, session: Session, mapping: Mapping, on_bytes: OnBytes, *, now: datetime, alone: bool = False
    ) -> None:
        self._session = session
        self.read_with(mapping)
        self._on_bytes = on_bytes
        self._now = now.replace(tzinfo=None)
        self.exclusion: Exclusion | None = None
        self._file = session.scratch / "stage.duckdb"
        self._first_pass = FirstPass(session, sorts=alone)
        self.is_distinct = False
        # Nobody reads the file of a load that fails: a log of it would only wait for the disk.
        session.run("ATTACH $path AS stage (RECOVERY_MODE NO_WAL_WRITES)", {"path": str(self._file)})
        make_all(session)

    def read_with(self, mapping: Mapping) -> None:
        """Examine and read the next files with this mapping."""
        self._mapping = mapping
        self._forms = timestamps.Forms([timestamps.compile_format(it) for it in mapping.timestamp_formats])

    def examine(self, source: Source) -> Content:
        """Look through a source's bytes; InputProblem when they cannot be read."""
        return examine(source, self._session.scratch, self._on_bytes, self._mapping, decode=False)

    def digest(self, source: Source) -> str:
        """The SHA-256 of a source's bytes (hex); InputProblem when they cannot be read."""
        return digest(source, self._on_bytes, self._mapping)

    def take(
        self, position: int, source: Source, content: Content, zone: ZoneInfo
    ) -> tuple[FileSummary, Content]:
        """Stage the records of one file, from a copy if it is written to meanwhile; return its account and
        the content that was read. Naive times are in the zone that their header names, else in the mapping's
        zone, else in `zone`. InputProblem when it cannot be read at all."""
        while (copied := self._attempt(source, content, zone)) is None:
            copy = not content.unchanged()
            content = examine(source, self._session.scratch, self._on_bytes, self._mapping, copy=copy)
        batch, found = copied
        summary = settle(self._session, position, source.label, batch, found, self.exclusion, self._now)
        has_late = bool(self._session.value(f"SELECT EXISTS (FROM {LATE})"))
        if batch.is_sorted and has_late:
            # An event that needed a closer look may repeat another one: which of them is the first?
            self._first_pass.sorts = False
            make_all(self._session)
            return self.take(position, source, content, zone)
        self.is_distinct = batch.is_distinct and not has_late
        summary = replace(summary, notes=(*summary.notes, *_not_applicable(self._mapping, content.shape)))
        if summary.rejected and (advice := self._advice(source, content, summary)):
            summary = replace(summary, advice=advice.options, also=advice.also)
        content.discard()
        return summary, content

    def drop_good(self, position: int) -> None:
        """Remove the good rows of one file from the stage; its rejects stay."""
        for table in (SPANS, LATE):
            self._session.run(f"DELETE FROM {table} WHERE file = $file", {"file": position})

    def can_be_store(self, loaded: int) -> bool:
        """Whether the stage's own file can become a store's: it has only the `loaded` events, in order of
        time. A row that must go would leave its bytes, and slow every query."""
        if self._first_pass.has_deleted:
            return False
        if self._session.value(f"SELECT count(*) FROM {PLAIN}") != loaded:
            return False
        if self._session.value(f"SELECT EXISTS (FROM {LATE})"):
            return False
        # Without a join: that would not keep the order of rows.
        back = f"SELECT ts < lag(ts) OVER () AS back FROM {PLAIN}"
        return self.is_distinct or not self._session.value(f"SELECT EXISTS (FROM ({back}) WHERE back)")

    def become_events(self, load: int) -> Path:
        """Turn the stage's file into a database file whose table `events` has the rows of this load. Returns
        the path, which the caller moves; the stage cannot be used afterwards."""
        for statement in (
            f"ALTER TABLE {PLAIN} DROP COLUMN batch",
            f"ALTER TABLE {PLAIN} ADD COLUMN load INTEGER DEFAULT {load:d}",
            f"ALTER TABLE {PLAIN} ALTER COLUMN load DROP DEFAULT",
            f"ALTER TABLE {PLAIN} RENAME TO events",
            "CHECKPOINT stage",
            "DETACH stage",
        ):
            self._session.run(statement)
        return self._file

    def _attempt(
        self, source: Source, content: Content, zone: ZoneInfo
    ) -> tuple[Batch, Relation | None] | None:
        """Both passes over a file, with the records of the second; None when it was written to meanwhile,
        or has to be decoded."""
        try:
            with lines_of_records(self._session, content, self._mapping) as lines:
                batch = self._copy(source, lines, zone)
                how = batch.content, batch.table, batch.columns, batch.conversion
                found = find_records(self._session, *how, only=batch.odd) if batch.odd else None
                if found and isinstance(batch.table, Delimited):
                    self._require_one_header(batch.table, batch.columns, found, source)
        except (InputProblem, Error) as error:
            if not content.decoded or not content.unchanged():
                return None
            if isinstance(error, MappingProblem):
                raise self._advised(error, source, content) from None
            problem = first_line(error) if isinstance(error, Error) else error
            advice = ": fetch or write it again" if content.parquet and problem is not error else ""
            raise InputProblem(f"{source.label}: {problem}{advice}") from None
        return (batch, found) if content.unchanged() else None

    def _require_one_header(
        self, table: Delimited, columns: Columns, found: Relation, source: Source
    ) -> None:
        """Raise InputProblem where a row is a header with other columns, as in files joined with `cat`: the
        rows after it would be read under the wrong names."""
        rows = self._session.run(
            f"""SELECT DISTINCT line, raw FROM {found} WHERE strlen(raw) < {_LONGEST_HEADER} AND (
                regexp_matches(fault, $no_time) OR contains(fault, $width) AND NOT regexp_matches(raw, $year)
            ) ORDER BY line LIMIT {_MOST_HEADERS}""",
            {
                "no_time": "^'[^0-9'].*' is not a recognised timestamp",
                "width": "but the header names",
                "year": "[0-9]{4}",
            },
        )
        for line, raw in rows:
            headers = table.fields_of(line, raw)
            if self._choices(headers, source) not in (None, columns.choices):
                raise InputProblem(
                    f"{table.line_name} {line} is a second header with other columns ({listed(headers)}):"
                    " move it and the rows after it to a separate file"
                )

    def _choices(self, headers: Sequence[str], source: Source) -> abc.Mapping[str, Choice] | None:
        """Where the fields come from under these headers; None if they are not headers of events."""
        try:
            return resolve_columns(headers, self._mapping, source.folders).choices
        except InputProblem:
            return None

    def _advice(self, source: Source, content: Content, summary: FileSummary) -> Advice | None:
        """The options that would read the rows that were rejected, if they can be guessed: if most rows are
        good, only the encoding is in doubt."""
        if 2 * summary.rejected > summary.read:
            return advise(self._session, source, content, self._mapping)
        codec = advised_encoding(content)
        return Advice(("--encoding", codec)) if codec else None

    def _advised(self, problem: MappingProblem, source: Source, content: Content) -> MappingProblem:
        """The problem of a file with the options that would read it, if they can be guessed."""
        what = f"{source.label}: {problem.what}"
        advice = advise(self._session, source, content, self._mapping)
        if advice is None:
            return MappingProblem(what, problem.way)
        what = "; ".join((what, *advice.also))
        return MappingProblem(
            what, f"use {shlex.join(advice.options)}", options=advice.options, path=source.label
        )

    def _copy(self, source: Source, content: Content, zone: ZoneInfo) -> Batch:
        """Pass 1: the rows of a file."""
        mapping = self._mapping
        resolve = partial(resolve_columns, mapping=mapping, folders=source.folders)
        named = (*mapping.map.values(), *mapping.kinds.values(), *COLUMNS)
        table = open_table(self._session, content, mapping, resolve, named)
        batch = self._copy_table(table, source, content, zone)
        if batch.odd and (complete := table.complete()) is not table:
            self._first_pass.drop(batch)
            batch = self._copy_table(complete, source, content, zone)
        return batch

    def _copy_table(self, table: Table, source: Source, content: Content, zone: ZoneInfo) -> Batch:
        mapping = self._mapping
        try:
            columns = table.columns(mapping, source.folders)
        except InputProblem as problem:
            raise table.explained(problem) from None
        named = columns.zone or mapping.input_timezone
        int96 = None if named else table.with_int96_in_utc(columns)
        table = int96 or table
        batch = self._first_pass.copy(content, table, columns, mapping, self._forms, named or zone)
        return replace(batch, notes=(*batch.notes, _INT96_NOTE)) if int96 else batch


def _not_applicable(mapping: Mapping, kind: Shape) -> tuple[str, ...]:
    """What a notice says of the options that mean nothing for a kind of file."""
    return tuple(
        f"{option} is ignored: it is for {kinds[0]}"
        for option, given, kinds in (
            ("--records", mapping.records, ("JSON", Shape.DOCUMENT, Shape.JSON_LINES)),
            ("--sheet", mapping.sheet, ("workbooks", Shape.WORKBOOK)),
            ("--skip-lines", mapping.skip_lines, ("CSV and workbooks", Shape.DELIMITED, Shape.WORKBOOK)),
            ("--encoding", mapping.encoding, ("text", Shape.DELIMITED, Shape.DOCUMENT, Shape.JSON_LINES)),
        )
        if given and kind not in kinds
    )
