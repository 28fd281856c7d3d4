"""Staging: the events and the rejects of files, in tables of a private DuckDB, before any store is touched.

Pass 1 copies every line to `plain` in file order; `ts` is set only where the line is certainly a valid event,
so `rowid` gives the line number. Pass 2 examines the other lines (`odd`), record by record. The view `good`
has all events as (file, line, part, ts, event, …), ts in UTC, and `rejects` the rest as (file, line, reason,
raw). `file` is the position of the file within the load; `line` counts its lines, or Parquet rows, from 1;
`part` tells the events of one record apart. Where a record has the times of several events, a line has as
many rows in `plain`.

If a load has one file, and it is not in order of time or has records to leave out, pass 1 sorts it. Then
`plain` contains only events, `rowid` does not give the line number, and sequences count the other rows. If
two rows may be duplicates, their order in the file matters, so the file is read again unsorted.
"""

from __future__ import annotations

import shlex
from collections import abc
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from contactrep.duck import Error, Session, first_line
from contactrep.errors import InputProblem, MappingProblem
from contactrep.events import COLUMNS, KNOWN_SOURCES
from contactrep.read import timestamps, values
from contactrep.read.advice import Advice, advise, advised_encoding
from contactrep.read.columns import Columns, resolve_columns
from contactrep.read.content import Content, OnBytes, Shape, digest, examine
from contactrep.read.lines import Relation
from contactrep.read.mapping import Mapping
from contactrep.read.rows import Finish, find_records, lines_of_records, open_table
from contactrep.read.sources import Source
from contactrep.read.table import BROKEN, NOTHING, LooksGood, Table
from contactrep.summary import FileSummary

SMALL: Final = 64 << 20
"""Bytes of files that are staged in memory; more go to a compressed file, which can become the store."""

_VALUE: Final = r"""[^,;|\t"]+"""
_WORD: Final = r"""[^\s,;|"'\\{}\[\]:]+"""
"""Patterns for what may be an id in the text of a record that could not be read."""

EVENT: Final = ", ".join(("ts", *COLUMNS[1:]))
"""The columns of an event, here and in a store."""

_TYPES: Final = ", ".join(
    f"{name} {'TIMESTAMP' if name == 'ts' else 'VARCHAR'}" for name in EVENT.split(", ")
)

_PLAIN: Final = f"CREATE OR REPLACE TABLE stage.plain ({_TYPES}, batch INTEGER)"
# `batch` is an attempt at a file: a file that is written to meanwhile is read again.

_TABLES: Final = (
    _PLAIN,
    # Which batches count, and where their rows begin.
    "CREATE TEMP TABLE spans (batch INTEGER, file INTEGER, first BIGINT, parts INTEGER)",
    # The rowids of lines that look like events, but are part of another record, or of a contact to skip.
    "CREATE TEMP TABLE gone (place BIGINT)",
    f"CREATE TEMP TABLE late (file INTEGER, line BIGINT, part BIGINT, {_TYPES})",
    "CREATE TABLE rejects (file INTEGER, line BIGINT, reason VARCHAR, raw VARCHAR)",
    f"""
    CREATE TEMP VIEW good AS
    SELECT file, (plain.rowid - first) // parts + 1 AS line, (plain.rowid - first) % parts AS part, {EVENT}
    FROM stage.plain JOIN spans USING (batch)
    WHERE ts IS NOT NULL AND plain.rowid NOT IN (FROM gone)
    UNION ALL SELECT file, line, part, {EVENT} FROM late
    """,
)

_GOOD: Final = "fault IS NULL AND NOT left_out"
"""SQL for whether a row of `placed` is an event."""

_OTHERS: Final = {
    "skipped_rows": f"event = '{values.SKIPPED}'",
    "absent_rows": f"event = '{values.ABSENT}'",
    "odd_rows": f"(event IS NULL OR event NOT IN ('{values.SKIPPED}', '{values.ABSENT}'))",
}
"""What a row without `ts` is, as SQL, by the name of the sequence that counts such rows."""

_NEIGHBOURS: Final = 8

_UNCLEAR: Final = f"""
    CREATE OR REPLACE TEMP TABLE unclear AS
    SELECT DISTINCT ts, may_repeat FROM (
        SELECT ts, ts = lag(ts, {_NEIGHBOURS + 1}) OVER () AS is_crowded,
            ts < lag(ts) OVER () OR is_quoted
            OR key IN ({", ".join(f"lag(key, {before}) OVER ()" for before in range(1, _NEIGHBOURS + 1))})
                AS may_repeat
        FROM (
            SELECT ts, hash(ts, event, contact_id) AS key, starts_with(contact_id, chr(39)) AS is_quoted
            FROM stage.plain WHERE ts IS NOT NULL
        )
    ) WHERE may_repeat OR is_crowded
    """
"""Times of events in `plain` that may be duplicates, if it is in the order of time: `may_repeat` where one of
the 8 events before has the same time, kind and contact, or where the id begins with the `'` that exports put
before formulas; the other times have more than 9 events. Takes 0.04 µs a row; to group all rows, 0.2 µs."""

_REPEATS: Final = """
    SELECT EXISTS (FROM unclear WHERE may_repeat) OR EXISTS (
        SELECT 1 FROM stage.plain SEMI JOIN unclear USING (ts)
        GROUP BY hash(ts, event, contact_id) HAVING count(*) > 1
    )
    """
"""SQL for whether `plain` may contain duplicates."""

MOST_SOURCES: Final = 1_000
"""Sources that are not standard, the most common ones, that are kept of a file: memory may not hold all."""

_MOST_SOURCE_BYTES: Final = 1 << 20  # of their texts

_NULL_MARK: Final = r"values \N look like nulls, but are kept as text: use "

_FIRST_LOOK: Final = (
    10_000  # records that tell how kinds and sources are spelled, and whether times are naive
)

_INT96_NOTE: Final = "INT96 times were read as UTC; use --input-timezone for another zone"


@dataclass(frozen=True)
class _Batch:
    """One attempt at a file: where its rows begin in `plain`, how many lines are left over for a closer look,
    and how they were read. `skipped` are rows that were left out on purpose and are not in `plain`;
    `is_sorted` is whether the rows of `plain` are in the order of time instead of the file's;
    `is_distinct` is whether no two of its events can be duplicates."""

    number: int
    first: int
    odd: int
    table: Table
    columns: Columns
    notes: tuple[str, ...]
    skipped: int = 0
    is_sorted: bool = False
    is_distinct: bool = False

    @property
    def parts(self) -> int:
        """The rows in `plain` of a line."""
        return len(self.columns.kinds) or 1

    @property
    def header_rows(self) -> int:
        """The rows in `plain` of the headers."""
        return self.table.header_lines * self.parts


@dataclass(frozen=True)
class _FirstLook:
    """What the first records of a file show: how kinds and sources are spelled, SQL for the offset of naive
    times, what a notice says, whether none needs a closer look, whether they are in the order of time, and
    whether the file is better sorted while it is read: it has no order, or records that are left out."""

    meanings: values.Meanings
    offset: str
    notes: tuple[str, ...]
    is_good: bool
    is_in_order: bool
    is_sorted_better: bool


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


def _finished(finish: Finish, relation: Relation) -> Relation:
    """The rows of a relation with the values that their texts mean."""
    return Relation(finish.sql(relation, ""), relation.parameters | dict(finish.parameters))


def _require_all(content: Content, table: Table, batch: _Batch, least: int, most: int) -> None:
    """Raise InputProblem unless both counts of rows read, `least` and `most`, match the lines of the file
    (Parquet: match each other)."""
    expected = most if content.parquet else (content.facts.lines - table.skipped) * batch.parts
    if not least == most == expected:
        raise InputProblem(
            f"{expected // batch.parts:,} lines were counted, but {least // batch.parts:,} read:"
            " is another program writing to it?"
        )


class Stage:
    """The tables, and how files get into them. Events later than `now` (aware, UTC) are counted as future;
    `size` is that of the files in bytes, None if unknown; `alone` is whether there is only one. `is_distinct`
    tells, after `take`, that all events are known to differ."""

    def __init__(
        self,
        session: Session,
        mapping: Mapping,
        on_bytes: OnBytes,
        *,
        now: datetime,
        size: int | None = 0,
        alone: bool = False,
    ) -> None:
        self._session = session
        self.read_with(mapping)
        self._on_bytes = on_bytes
        self._now = now.replace(tzinfo=None)
        self._left_out: tuple[str, abc.Mapping[str, Any]] | None = None
        small = size is not None and size <= SMALL
        self._file = None if small else session.scratch / "stage.duckdb"
        self._sorts = alone and not small
        self._batches = 0
        self.is_distinct = False
        self._has_deleted = False
        session.run("ATTACH $path AS stage", {"path": str(self._file or ":memory:")})
        for table in _TABLES:
            session.run(table)

    def read_with(self, mapping: Mapping) -> None:
        """Read the next files with this mapping."""
        self._mapping = mapping
        self._forms = timestamps.Forms([timestamps.compile_format(it) for it in mapping.timestamp_formats])

    def examine(self, source: Source) -> Content:
        """Look through a source's bytes; InputProblem when they cannot be read."""
        return examine(source, self._session.scratch, self._on_bytes, self._mapping, decode=False)

    def digest(self, source: Source) -> str:
        """What tells a source's bytes from all others (hex); InputProblem when they cannot be read."""
        return digest(source, self._session.scratch, self._on_bytes)

    def take(
        self, position: int, source: Source, content: Content, zone: ZoneInfo
    ) -> tuple[FileSummary, Content]:
        """Stage the records of one file, from a copy if it is written to meanwhile; return its account and
        the content that was read. Naive times are in the zone that their header names, else in the mapping's
        zone, else in `zone`.
        InputProblem when it cannot be read at all."""
        naive_zone = self._mapping.input_timezone or zone
        while (batch := self._attempt(source, content, naive_zone)) is None:
            copy = not content.unchanged()
            content = examine(source, self._session.scratch, self._on_bytes, self._mapping, copy=copy)
        summary = self._settle(position, source, batch, batch.columns.zone or naive_zone)
        has_late = bool(self._session.value("SELECT EXISTS (FROM late)"))
        if batch.is_sorted and has_late:
            # An event that needed a closer look may repeat another one: which of them is the first?
            self._sorts = False
            tables = ("spans", "gone", "late", "rejects")
            for statement in (_PLAIN, *(f"DELETE FROM {table}" for table in tables)):
                self._session.run(statement)
            return self.take(position, source, content, zone)
        self.is_distinct = batch.is_distinct and not has_late
        summary = replace(summary, notes=(*summary.notes, *_not_applicable(self._mapping, content.shape)))
        if summary.rejected and (advice := self._advice(source, content, summary)):
            summary = replace(summary, advice=advice.options, also=advice.also)
        content.discard()
        return summary, content

    def drop_good(self, position: int) -> None:
        """Remove the good rows of one file from the stage; its rejects stay."""
        for table in ("spans", "late"):
            self._session.run(f"DELETE FROM {table} WHERE file = $file", {"file": position})

    def leave_out(self, contacts: str, parameters: abc.Mapping[str, Any]) -> None:
        """Skip the events of these contacts (SQL for whether contact_id is one) in all files from now on."""
        self._left_out = contacts, parameters

    def can_be_store(self, duplicates: str) -> bool:
        """Whether the stage's own file can become a store's: all rows are events, in order of time, and none
        is in the table `duplicates`. A row that must go would leave its bytes, and slow every query."""
        value = self._session.value
        kept = f"SELECT count(*) FROM good ANTI JOIN {duplicates} USING (file, line, part)"
        if self._file is None or self._has_deleted or value(kept) < value("SELECT count(*) FROM stage.plain"):
            return False
        # Without a join: that would not keep the order of rows.
        back = "SELECT ts < lag(ts) OVER () AS back FROM stage.plain"
        return not value(f"SELECT EXISTS (FROM late) OR EXISTS (FROM ({back}) WHERE back)")

    def become_events(self, load: int) -> Path:
        """Turn the stage's file into a database file whose table `events` has the rows of this load. Returns
        the path, which the caller moves; the stage cannot be used afterwards."""
        assert self._file is not None  # noqa: S101 - see can_be_store
        for statement in (
            "ALTER TABLE stage.plain DROP COLUMN batch",
            f"ALTER TABLE stage.plain ADD COLUMN load INTEGER DEFAULT {load:d}",
            "ALTER TABLE stage.plain ALTER COLUMN load DROP DEFAULT",
            "ALTER TABLE stage.plain RENAME TO events",
            "CHECKPOINT stage",
            "DETACH stage",
        ):
            self._session.run(statement)
        return self._file

    def _attempt(self, source: Source, content: Content, zone: ZoneInfo) -> _Batch | None:
        """Find the records of a file; None when it was written to in the meantime, or has to be decoded."""
        try:
            with lines_of_records(self._session, content, self._mapping) as lines:
                batch = self._find(source, lines, zone)
        except (InputProblem, Error) as error:
            if not content.decoded or not content.unchanged():
                return None
            if isinstance(error, MappingProblem):
                raise self._advised(error, source, content) from None
            problem = first_line(error) if isinstance(error, Error) else error
            advice = ": fetch or write it again" if content.parquet and problem is not error else ""
            raise InputProblem(f"{source.label}: {problem}{advice}") from None
        return batch if content.unchanged() else None

    def _advice(self, source: Source, content: Content, summary: FileSummary) -> Advice | None:
        """The options that would read the rows that were rejected, if they can be guessed: if most rows are
        good, only the encoding is in doubt."""
        if 2 * summary.rejected > summary.read:
            return advise(self._session, source, content, self._mapping)
        codec = advised_encoding(content)
        return Advice(("--encoding", codec)) if codec else None

    def _advised(self, problem: MappingProblem, source: Source, content: Content) -> MappingProblem:
        """The problem of a file with the options that would read it, if they can be guessed."""
        what, advice = (
            f"{source.label}: {problem.what}",
            advise(self._session, source, content, self._mapping),
        )
        if advice is None:
            return MappingProblem(what, problem.way)
        what = "; ".join((what, *advice.also))
        return MappingProblem(
            what, f"use {shlex.join(advice.options)}", options=advice.options, path=source.label
        )

    def _find(self, source: Source, content: Content, zone: ZoneInfo) -> _Batch:
        """Stage a file's rows, and make the view `found` of its records that are left over."""
        mapping = self._mapping
        resolve = partial(resolve_columns, mapping=mapping, folders=source.folders)
        named = (*mapping.map.values(), *mapping.kinds.values(), *COLUMNS)
        table = open_table(self._session, content, mapping, resolve, named)
        batch = self._find_in(table, source, content, zone)
        if table.assumed and batch.odd:
            complete = table.complete()
            if complete.records != table.records:
                self._drop_batch(batch)
                batch = self._find_in(complete, source, content, zone)
        if batch.odd:
            find_records(
                self._session,
                content,
                batch.table,
                batch.columns,
                values.checked(self._forms, batch.columns, mapping),
                self._looks_good(batch.columns),
                only="odd",
            )
        return batch

    def _find_in(self, table: Table, source: Source, content: Content, zone: ZoneInfo) -> _Batch:
        """Stage the rows of a table, and make the table `odd` of the lines that are left over."""
        # The file can become the store only if every row is an event. In memory, where nothing is won by it,
        # DuckDB takes much more room to leave out a line before long ones.
        if self._file:
            table = table.without_header()
        mapping = self._mapping
        try:
            columns = table.columns(mapping, source.folders)
        except InputProblem as problem:
            raise table.explained(problem, mapping) from None
        int96 = None if columns.zone or mapping.input_timezone else table.with_int96_in_utc(columns)
        table = int96 or table
        batch = self._stage_rows(content, table, columns, columns.zone or zone)
        return replace(batch, notes=(*batch.notes, _INT96_NOTE)) if int96 else batch

    def _looks_good(self, columns: Columns) -> LooksGood:
        """A function that returns whether the fields of a line look like a record: a time column has a
        timestamp. Without a time column, every line passes."""
        times = [at for at, name in enumerate(columns.fields) if name.startswith("timestamp")]
        if not times:
            return lambda _: True
        return lambda row: any(self._forms.looks_good(row[at] or "") for at in times)

    def _stage_rows(self, content: Content, table: Table, columns: Columns, zone: ZoneInfo) -> _Batch:
        """Add the rows of a file to `plain`, and make the table `odd` of the lines that are left over."""
        finish = values.checked(self._forms, columns, self._mapping)
        self._batches += 1
        rows = table.rows(columns)

        def usual(sql: str) -> Relation:
            relation = table.select(columns, sql)
            return replace(relation, parameters=rows.parameters | relation.parameters)

        # The limit within, lest whole row groups of Parquet be looked at (0.2 s).
        first = usual(f"FROM ({rows.sql}) LIMIT {_FIRST_LOOK}")
        look = self._first_look(_finished(finish, first), columns.event, zone)
        notes = () if content.parquet else look.notes
        batch = _Batch(self._batches, 0, 0, table, columns, notes)

        def staged(relation: Relation) -> _Batch:
            checked = _finished(finish, relation)
            sql = values.plain(checked.sql, columns.event, look.offset)
            plain = Relation(sql, checked.parameters | look.meanings.parameters())
            if look.is_sorted_better and (found := self._stage_sorted(content, table, plain, batch)):
                return found
            found = self._stage_in_order(content, table, plain, batch)
            return replace(found, is_distinct=self._sorts and look.is_in_order and self._all_differ())

        # The quick rows are valid only if every line is one record with as many fields as the header. If
        # their number shows otherwise, they are dropped and the file is read the usual way.
        quick = table.quick(columns) if look.is_good else None
        if quick and (quick.is_wall is None or not self._wants_time_texts):
            with suppress(Error, InputProblem):
                return staged(quick)
            self._drop_batch(batch)
        return staged(usual(rows.sql))

    @property
    def _wants_time_texts(self) -> bool:
        """Whether times are read by rules on their texts."""
        return bool(self._forms.formats) or "timestamp" in {*self._mapping.values, *self._mapping.set}

    def _drop_batch(self, batch: _Batch) -> None:
        """Take the rows of a batch off `plain` again. A table with deleted rows would make a slow store."""
        if self._sorts:
            self._session.run(_PLAIN)
        elif self._session.value("DELETE FROM stage.plain WHERE batch = $batch", {"batch": batch.number}):
            self._has_deleted = True

    def _stage_in_order(self, content: Content, table: Table, plain: Relation, batch: _Batch) -> _Batch:
        """Add all rows as they come, so that `rowid` tells the line."""
        added = self._session.value(
            f"INSERT INTO stage.plain SELECT *, {batch.number} FROM ({plain.sql})", plain.parameters
        )
        first, last = self._session.run(
            "SELECT min(rowid), max(rowid) FROM stage.plain WHERE batch = $batch", {"batch": batch.number}
        )[0]
        first, places = (0, 0) if first is None else (first, last - first + 1)
        _require_all(content, table, batch, min(added, places), max(added, places))
        first -= table.skipped * batch.parts  # where the first line would be
        rows = "SELECT rowid - $first AS place, ts, event FROM stage.plain WHERE batch = $batch"
        odd = self._find_odd(rows, batch, {"first": first, "batch": batch.number})
        return replace(batch, first=first, odd=odd)

    def _stage_sorted(self, content: Content, table: Table, plain: Relation, batch: _Batch) -> _Batch | None:
        """Add the rows that are events in the order of time, so that they need not be written twice; the
        others are counted as they pass. None, with nothing added, where the place of a row in the file
        matters: it may be a duplicate, or within a value in quotes."""
        run, value = self._session.run, self._session.value
        passing = " ".join(f"WHEN {sql} THEN nextval('{name}') < 0" for name, sql in _OTHERS.items())
        for name in _OTHERS:
            run(f"CREATE OR REPLACE TEMP SEQUENCE {name}")
        added = value(
            f"""
            INSERT INTO stage.plain SELECT *, {batch.number} FROM ({plain.sql})
            WHERE CASE WHEN ts IS NOT NULL THEN true {passing} END
            ORDER BY ts
            """,
            plain.parameters,
        )
        others: dict[str, int] = dict(
            run("SELECT sequence_name, coalesce(last_value, 0) FROM duckdb_sequences() WHERE temporary")
        )
        read = added + sum(others.values())
        _require_all(content, table, batch, read, read)
        is_odd = others["odd_rows"] > batch.header_rows - table.skipped * batch.parts
        if (is_odd and (content.facts.quotes or batch.parts > 1)) or not self._all_differ():
            run(_PLAIN)
            return None
        odd = 0
        if is_odd:
            rows = f"SELECT row_number() OVER () - 1 + $passed AS place, ts, event FROM ({plain.sql})"
            odd = self._find_odd(rows, batch, plain.parameters | {"passed": table.skipped * batch.parts})
        first = -batch.header_rows  # no row of `plain` is a header
        skipped = others["skipped_rows"]
        return replace(batch, first=first, odd=odd, skipped=skipped, is_sorted=True, is_distinct=True)

    def _all_differ(self) -> bool:
        """Whether no two events of `plain` can be duplicates; they have to be in the order of time."""
        self._session.run(_UNCLEAR)
        return not self._session.value(_REPEATS)

    def _find_odd(self, rows: str, batch: _Batch, parameters: dict[str, Any]) -> int:
        """Make the table `odd` of the lines that need a closer look, and return how many they are; `rows` is
        SQL for (place, ts, event), the places of rows counted from 0."""
        lines = "place // $parts + 1 AS line"
        self._session.run(
            f"""
            CREATE OR REPLACE TEMP TABLE odd AS
            SELECT {lines if batch.parts == 1 else f"DISTINCT {lines}"} FROM ({rows})
            WHERE ts IS NULL AND place >= $header AND {_OTHERS["odd_rows"]}
            """,
            parameters | {"parts": batch.parts, "header": batch.header_rows},
        )
        return int(self._session.value("SELECT count(*) FROM odd"))

    def _first_look(self, checked: Relation, default: str | None, zone: ZoneInfo) -> _FirstLook:
        """What the first records show."""
        self._session.run(f"CREATE OR REPLACE TEMP TABLE first_rows AS {checked.sql}", checked.parameters)
        seen = self._session.run(
            f"SELECT DISTINCT event, source, naive, {values.NULL_MARKED} FROM first_rows"
        )
        is_in_order, leaves_out, is_good = self._session.run(
            f"""
            SELECT coalesce(bool_and(moment >= before), true),
                coalesce(bool_or(left_out OR state = {NOTHING}), false),
                coalesce(bool_and(left_out OR (fault IS NULL AND state <> {BROKEN})), true)
            FROM (SELECT *, lag(moment) OVER () AS before FROM first_rows)
            """
        )[0]
        meanings = values.Meanings.of((row[0] for row in seen), (row[1] for row in seen), default)
        offset = timestamps.usual_offset_sql(zone) if any(row[2] for row in seen) else "NULL::BIGINT"
        # Pass 2 examines naive times that occur twice or never, and needs their place in the file.
        is_certain = is_good and offset.count("NULL") <= 1
        marked = dict.fromkeys(field for row in seen for field in row[3])
        ways = " ".join(rf"--value '{field}:\N='" for field in marked)
        notes = (_NULL_MARK + ways,) if marked else ()
        is_sorted_better = self._sorts and is_certain and (leaves_out or not is_in_order)
        return _FirstLook(meanings, offset, notes, is_good, is_in_order, is_sorted_better)

    def _settle(self, position: int, source: Source, batch: _Batch, zone: ZoneInfo) -> FileSummary:
        """Register the events and rejects of a batch, those in `plain` and those that pass 2 found."""
        run, file = self._session.run, {"file": position}
        span = {"batch": batch.number, "first": batch.first}
        run("INSERT INTO spans VALUES ($batch, $file, $first, $parts)", span | file | {"parts": batch.parts})
        run(
            """
            INSERT INTO gone SELECT rowid FROM stage.plain
            WHERE batch = $batch AND rowid < $first + $header AND ts IS NOT NULL
            """,
            span | {"header": batch.header_rows},
        )
        folds, rejected = self._settle_found(position, batch, zone) if batch.odd else ({}, 0)
        skipped = self._left_out_by_rules(batch) if self._mapping.values else 0
        if self._left_out:
            unread = self._skip_rejects(position) if batch.odd else 0
            rejected -= unread
            skipped += self._skip(position) + unread
        unknown_sources, more_sources = self._sources(position, batch)
        good, future = run(
            "SELECT count(*), count(*) FILTER (ts > $now) FROM good WHERE file = $file",
            file | {"now": self._now},
        )[0]
        return FileSummary(
            source.label,
            loaded=good,
            rejected=rejected,
            ambiguous_times=folds.get("twice", 0),
            missing_times=folds.get("never", 0),
            future=future,
            unknown_sources=unknown_sources,
            more_sources=more_sources,
            ignored_columns=batch.columns.ignored,
            notes=batch.notes,
            skipped=skipped,
        )

    def _left_out_by_rules(self, batch: _Batch) -> int:
        """How many events a rule leaves out on purpose."""
        within = "AND (rowid - $first) // $parts + 1 NOT IN (FROM swallowed UNION ALL FROM odd)"
        plainly = self._session.value(
            f"""
            SELECT count(*) FROM stage.plain
            WHERE batch = $batch AND ts IS NULL AND event = '{values.SKIPPED}' AND rowid >= $first + $header
                {within if batch.odd else ""}
            """,
            {"batch": batch.number, "first": batch.first, "header": batch.header_rows}
            | ({"parts": batch.parts} if batch.odd else {}),
        )
        found = self._session.value("SELECT count(*) FROM placed WHERE left_out") if batch.odd else 0
        return batch.skipped + int(plainly) + int(found)

    def _skip(self, position: int) -> int:
        """Remove the events of contacts that are left out from the stage; how many."""
        assert self._left_out is not None  # noqa: S101 - see _settle
        contacts, parameters = self._left_out
        run, file = self._session.run, {"file": position}
        run(
            f"""
            CREATE OR REPLACE TEMP TABLE left_out AS
            FROM (
                SELECT contact_id FROM good WHERE file = $file
                UNION SELECT merged_contact_id FROM good WHERE file = $file AND merged_contact_id IS NOT NULL
            ) WHERE {contacts}
            """,
            {**file, **parameters},
        )
        of_them = "file = $file AND (contact_id IN (FROM left_out) OR merged_contact_id IN (FROM left_out))"
        skipped: int = self._session.value(f"SELECT count(*) FROM good WHERE {of_them}", file)
        if skipped:
            run(
                f"""
                INSERT INTO gone SELECT plain.rowid FROM stage.plain JOIN spans USING (batch)
                WHERE ts IS NOT NULL AND {of_them}
                """,
                file,
            )
            run(f"DELETE FROM late WHERE {of_them}", file)
        return skipped

    def _skip_rejects(self, position: int) -> int:
        """Remove the rejects that name a contact that is left out, by any value or word of them, from the
        stage; how many."""
        assert self._left_out is not None  # noqa: S101 - see _settle
        contacts, parameters = self._left_out
        self._session.run(
            f"""
            CREATE OR REPLACE TEMP TABLE naming AS
            SELECT DISTINCT line FROM (
                SELECT line, contact_id FROM placed WHERE fault IS NOT NULL
                UNION ALL
                SELECT line, trim(unnest(regexp_extract_all(raw, $value) || regexp_extract_all(raw, $word)))
                FROM placed WHERE fault IS NOT NULL
            ) WHERE contact_id IS NOT NULL AND {contacts}
            """,
            {"value": _VALUE, "word": _WORD, **parameters},
        )
        named = "file = $file AND line IN (FROM naming)"
        skipped: int = self._session.value(f"SELECT count(*) FROM rejects WHERE {named}", {"file": position})
        self._session.run(f"DELETE FROM rejects WHERE {named}", {"file": position})
        return skipped

    def _settle_found(self, position: int, batch: _Batch, zone: ZoneInfo) -> tuple[dict[str, int], int]:
        """Move what was found to `late` and `rejects`; times that occur twice or never, and rejects."""
        run, value, file = self._session.run, self._session.value, {"file": position}
        if not batch.is_sorted:  # then no line is within another record
            run(
                """
                INSERT INTO gone SELECT rowid FROM stage.plain
                WHERE batch = $batch AND ts IS NOT NULL AND (rowid - $first) // $parts + 1 IN (
                    FROM swallowed UNION ALL FROM odd
                )
                """,
                {"batch": batch.number, "first": batch.first, "parts": batch.parts},
            )
        event = batch.columns.event
        meanings = values.Meanings.of(self._distinct("event"), self._distinct("source"), event)
        has_folds = self._place_days(zone)
        run(
            f"CREATE OR REPLACE TEMP TABLE placed AS {values.placed(event, batch.parts)}",
            {**meanings.parameters(), "whitespace": values.WHITESPACE},
        )
        run(
            f"INSERT INTO late SELECT $file, line, part, {EVENT} FROM placed WHERE {_GOOD}",
            file,
        )
        # Several events of a record may have one fault, such as no contact_id.
        once = "" if batch.parts == 1 else "DISTINCT ON (line, fault)"
        bad = f"SELECT {once} $file, line, fault, raw FROM placed WHERE fault IS NOT NULL AND NOT left_out"
        rejected = value(f"INSERT INTO rejects {bad}", file)
        folds = f"SELECT fold, count(*) FROM placed WHERE {_GOOD} AND fold <> '' GROUP BY fold"
        return dict(run(folds)) if has_folds else {}, rejected

    def _distinct(self, column: str, relation: str = "found WHERE fault IS NULL") -> abc.Iterator[str | None]:
        """The distinct texts of a column one by one: all of them, before anything else is run."""
        for batch in self._session.batches(f"SELECT DISTINCT {column} FROM {relation}"):
            yield from (text for (text,) in batch)

    def _place_days(self, zone: ZoneInfo) -> bool:
        """Fill the table `days` for the naive times of what was found, and tell whether any of these days has
        times that occur twice or never. Other days are not looked up: centuries have thousands of changes.
        """
        days = self._session.run(
            f"""
            SELECT DISTINCT moment::DATE FROM found
            WHERE naive AND fault IS NULL
                AND moment BETWEEN '{timestamps.FIRST}'::DATE - 3 AND '{timestamps.LAST}'::DATE + 3
            """
        )
        self._session.run(timestamps.DAYS)
        rows = [timestamps.day_row(day, zone) for (day,) in days]
        self._session.append("days", rows)
        return any(occurs for *_, occurs in rows)

    def _sources(self, position: int, batch: _Batch) -> tuple[dict[str, int], int]:
        """Count the rows of a file per non-standard source, the most common ones first, and how many more
        such sources there are. Another spelling of a standard source that the first look missed is replaced
        by the standard one first."""
        run = self._session.run
        run(
            """
            CREATE OR REPLACE TEMP TABLE others AS SELECT source, count(*) AS rows FROM good
            WHERE file = $file AND source IS NOT NULL AND source NOT IN (SELECT unnest($known))
            GROUP BY source
            """,
            {"file": position, "known": list(KNOWN_SOURCES)},
        )
        known = values.Meanings.of((), self._distinct("source", "others"), None).sources
        for text, source in known.items():
            run(
                "UPDATE stage.plain SET source = $source WHERE batch = $batch AND source = $text",
                {"batch": batch.number, "source": source, "text": text},
            )
            run("DELETE FROM others WHERE source = $text", {"text": text})
        common = f"""
            SELECT source, rows FROM (FROM others ORDER BY rows DESC, source LIMIT {MOST_SOURCES})
            QUALIFY sum(strlen(source)) OVER (ORDER BY rows DESC, source) <= {_MOST_SOURCE_BYTES}
            ORDER BY rows DESC, source
            """
        sources: dict[str, int] = dict(run(common))
        return sources, self._session.value("SELECT count(*) FROM others") - len(sources)
