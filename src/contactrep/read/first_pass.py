"""Pass 1: every row of a file is copied to PLAIN, and the lines that need a closer look are listed in ODD.

Rows are copied in file order, so `rowid` gives the line. `ts` is set only where a row certainly is an event.

If a load has one file, and it is not in order of time or has records to leave out, the rows are sorted
instead. Then PLAIN contains only events, `rowid` does not give the line, and sequences count the other rows.
If two rows may be duplicates, their order in the file matters, so the file is read again unsorted. That is
done, too, if memory does not suffice to sort it.
"""

from __future__ import annotations

from collections import abc
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from contactrep.duck import Error, MachineProblem, Relation, Session
from contactrep.errors import InputProblem
from contactrep.read import timestamps, values
from contactrep.read.columns import Columns
from contactrep.read.content import Content
from contactrep.read.mapping import Mapping
from contactrep.read.relations import PLAIN, make_plain
from contactrep.read.table import BROKEN, NOTHING, Conversion, Select, Table
from contactrep.zones import may_mean

ODD: Final = Relation("odd", "line")
"""The lines of a batch that pass 2 reads."""

_FIRST: Final = Relation("first_rows", values.CONVERTED)

_OTHERS: Final = {
    "skipped_rows": f"event = '{values.SKIPPED}'",
    "absent_rows": f"event = '{values.ABSENT}'",
    "odd_rows": f"(event IS NULL OR event NOT IN ('{values.SKIPPED}', '{values.ABSENT}'))",
}
"""What a row without `ts` is, as SQL, by the name of the sequence that counts such rows."""

_NEIGHBOURS: Final = 8

# Of events in the order of time, the keys of those that may be duplicates of others more than 8 rows away.
# The key is null for an event that has the time, kind and contact of one of the 8 before, or the `'` before
# its id that exports put before formulas, or a time before that of the row before. `near` are the rows to
# look at, with those around them. Takes 0.04 µs a row; to group all rows, 0.2 µs.
_UNCLEAR: Final = f"""
    SELECT CASE WHEN may_repeat THEN NULL ELSE key END AS key FROM (
        SELECT place, key, -- of equal times further apart, both have an equal one 9 rows away
            ts = lag(ts, {_NEIGHBOURS + 1}) OVER () OR ts = lead(ts, {_NEIGHBOURS + 1}) OVER () AS is_crowded,
            ts < lag(ts) OVER () OR is_quoted
            OR key IN ({", ".join(f"lag(key, {before}) OVER ()" for before in range(1, _NEIGHBOURS + 1))})
                AS may_repeat
        FROM (
            SELECT rowid AS place, ts, hash(ts, event, contact_id) AS key,
                starts_with(contact_id, chr(39)) AS is_quoted
            FROM {PLAIN} WHERE ts IS NOT NULL AND rowid {{near}}
        )
    ) WHERE place {{rows}} AND (may_repeat OR is_crowded)
    """

_NULL_MARK: Final = r"values \N look like nulls, but are kept as text: use "

_DOUBTFUL: Final = (
    "times without an offset were read in {zone}, although '{header}' names {offset}: if that is wrong, use"
    " --input-timezone with a city"
)

_FIRST_LOOK: Final = 10_000
"""Records that tell how kinds and sources are spelled, and whether times are naive."""


@dataclass(frozen=True)
class Batch:
    """One attempt at a file: its rows in PLAIN, which begin at `first`; how they were read, naive times in
    `zone`; and `odd`, the lines that need a closer look (None: there are none). `has_rules`: records may be
    left out on purpose; `skipped` of them are not in PLAIN. `is_sorted`: the rows are in the order of time
    instead of the file's. `is_distinct`: no two of its events can be duplicates."""

    number: int
    content: Content
    table: Table
    columns: Columns
    conversion: Conversion
    zone: ZoneInfo
    notes: tuple[str, ...]
    has_rules: bool
    first: int = 0
    odd: Relation | None = None
    skipped: int = 0
    is_sorted: bool = False
    is_distinct: bool = False

    @property
    def header_rows(self) -> int:
        """The rows in PLAIN of the headers."""
        return self.table.header_lines * self.columns.parts

    @property
    def passed_rows(self) -> int:
        """The rows that PLAIN would have of the lines that the table leaves out."""
        return self.table.skipped * self.columns.parts

    def require_all(self, *counts: int) -> None:
        """Raise InputProblem unless all counts of the rows read match the lines of the file (Parquet: match
        each other)."""
        parts = self.columns.parts
        of_lines = self.content.facts.lines * parts - self.passed_rows
        expected = max(counts) if self.content.parquet else of_lines
        if set(counts) != {expected}:
            raise InputProblem(
                f"{expected // parts:,} lines were counted, but {min(counts) // parts:,} read:"
                " is another program writing to it?"
            )


@dataclass(frozen=True)
class _FirstLook:
    """What the first records of a file show: how kinds and sources are spelled; whether a time is naive, and
    SQL for the `offset` of naive times; which fields have a mark for null; whether no record needs a closer
    look; whether they are in the order of time, and whether the file is better sorted while it is copied."""

    meanings: values.Meanings
    is_naive: bool
    offset: str
    null_marked: tuple[str, ...]
    is_good: bool
    is_in_order: bool
    is_sorted_better: bool


class FirstPass:
    """Copies the rows of files. `sorts`: they may be sorted, because the load has only one file.
    `has_deleted`: PLAIN has deleted rows, so it cannot become a store's table: every query would be slow."""

    def __init__(self, session: Session, *, sorts: bool) -> None:
        self._session = session
        self.sorts = sorts
        self.has_deleted = False
        self._batches = 0

    def copy(
        self,
        content: Content,
        table: Table,
        columns: Columns,
        mapping: Mapping,
        forms: timestamps.Forms,
        zone: ZoneInfo,
    ) -> Batch:
        """Copy the rows of a file; naive times are in `zone`."""
        conversion = values.conversion(forms, columns, mapping)
        rows = table.rows(columns)
        # The limit within, lest whole row groups of Parquet be looked at (0.2 s).
        first = table.select(columns, f"FROM ({rows.sql}) LIMIT {_FIRST_LOOK}").binding(rows.parameters)
        look = _first_look(self._session, conversion.of(first), columns.event, zone)
        self._batches += 1
        notes = _notes(look, content, columns, zone)
        has_rules = bool(mapping.values)
        batch = Batch(self._batches, content, table, columns, conversion, zone, notes, has_rules)
        # The quick rows are valid only if every line is one record with as many fields as the header. If
        # their number shows otherwise, they are dropped and the file is read the usual way.
        quick = table.quick(columns) if look.is_good else None
        needs_texts = bool(forms.formats) or "timestamp" in {*mapping.values, *mapping.set}  # of times
        if quick and not (quick.is_wall is not None and needs_texts):
            with suppress(Error, InputProblem):
                return self._copied(quick, batch, look)
            self.drop(batch)
        return self._copied(table.select(columns, rows.sql).binding(rows.parameters), batch, look)

    def _copied(self, texts: Select, batch: Batch, look: _FirstLook) -> Batch:
        """Copy the rows of these texts, in the order of time if that is allowed and better."""
        converted = batch.conversion.of(texts)
        sql = values.plain(converted.sql, batch.columns.event, look.offset)
        plain = Select(sql, {**converted.parameters, **look.meanings.parameters()})
        # A line before the header may look like a record that a rule leaves out.
        if self.sorts and look.is_sorted_better and batch.header_rows == batch.passed_rows:
            # To sort while a file is parsed takes more memory than to sort its rows afterwards.
            with suppress(MachineProblem):
                if by_time := _copy_sorted(self._session, plain, batch):
                    return by_time
            make_plain(self._session)
        copy = _copy_in_order(self._session, plain, batch)
        return replace(copy, is_distinct=self.sorts and look.is_in_order and _all_differ(self._session))

    def drop(self, batch: Batch) -> None:
        """Take the rows of a batch off PLAIN again."""
        if self.sorts:
            make_plain(self._session)
        elif self._session.value(f"DELETE FROM {PLAIN} WHERE batch = $batch", {"batch": batch.number}):
            self.has_deleted = True


def _first_look(session: Session, converted: Select, default: str | None, zone: ZoneInfo) -> _FirstLook:
    """What the first records show."""
    first = session.make(_FIRST, converted.sql, converted.parameters)
    seen = session.run(f"SELECT DISTINCT event, source, naive, {values.NULL_MARKED} FROM {first}")
    is_in_order, leaves_out, is_good = session.run(
        f"""
        SELECT coalesce(bool_and(moment >= before), true),
            coalesce(bool_or(left_out OR state = {NOTHING}), false),
            coalesce(bool_and(left_out OR (fault IS NULL AND state <> {BROKEN})), true)
        FROM (SELECT *, lag(moment) OVER () AS before FROM {first})
        """
    )[0]
    meanings = values.Meanings.of((row[0] for row in seen), (row[1] for row in seen), default)
    is_naive = any(row[2] for row in seen)
    offset = timestamps.usual_offset_sql(zone) if is_naive else "NULL::BIGINT"
    null_marked = tuple(dict.fromkeys(field for row in seen for field in row[3]))
    # Naive times that occur twice or never are left to pass 2, which needs their places in the file.
    is_certain = is_good and not (is_naive and "NULL" in offset)
    is_sorted_better = is_certain and (leaves_out or not is_in_order)
    return _FirstLook(meanings, is_naive, offset, null_marked, is_good, is_in_order, is_sorted_better)


def _notes(look: _FirstLook, content: Content, columns: Columns, zone: ZoneInfo) -> tuple[str, ...]:
    """What a notice says of doubtful values; naive times are in `zone`."""
    notes = []
    if look.null_marked and not content.parquet:
        notes.append(_NULL_MARK + " ".join(rf"--value '{field}:\N='" for field in look.null_marked))
    if columns.doubtful and look.is_naive:
        header, offset = columns.doubtful
        if not may_mean(offset, zone):
            notes.append(_DOUBTFUL.format(zone=zone.key, header=header, offset=offset))
    return tuple(notes)


def _copy_in_order(session: Session, plain: Select, batch: Batch) -> Batch:
    """Copy all rows as they come, so that `rowid` tells the line."""
    number = {"batch": batch.number}
    added = session.value(
        f"INSERT INTO {PLAIN} SELECT *, {batch.number} FROM ({plain.sql})", plain.parameters
    )
    span = "coalesce(min(rowid), 0), coalesce(max(rowid) - min(rowid) + 1, 0)"
    [(first, places)] = session.run(f"SELECT {span} FROM {PLAIN} WHERE batch = $batch", number)
    batch.require_all(added, places)
    first -= batch.passed_rows  # where the first line would be
    rows = f"SELECT rowid - $first AS place, ts, event FROM {PLAIN} WHERE batch = $batch"
    return replace(batch, first=first, odd=_find_odd(session, rows, batch, {"first": first, **number}))


def _copy_sorted(session: Session, plain: Select, batch: Batch) -> Batch | None:
    """Copy the rows that are events in the order of time, so that they need not be written twice; the others
    are counted as they pass. None where the place of a row in the file matters: it may be a duplicate, or
    within a value in quotes. Then the caller empties PLAIN."""
    passing = " ".join(f"WHEN {sql} THEN nextval('{name}') < 0" for name, sql in _OTHERS.items())
    for name in _OTHERS:
        session.run(f"CREATE OR REPLACE TEMP SEQUENCE {name}")
    added = session.value(
        f"""
        INSERT INTO {PLAIN} SELECT *, {batch.number} FROM ({plain.sql})
        WHERE CASE WHEN ts IS NOT NULL THEN true {passing} END
        ORDER BY ts
        """,
        plain.parameters,
    )
    counts = "SELECT sequence_name, coalesce(last_value, 0) FROM duckdb_sequences() WHERE temporary"
    others: dict[str, int] = dict(session.run(counts))
    read = added + sum(others.values())
    batch.require_all(read)
    is_odd = others["odd_rows"] > 0
    if (is_odd and (batch.content.facts.quotes or batch.columns.parts > 1)) or not _all_differ(session):
        return None
    rows = f"SELECT row_number() OVER () - 1 + $passed AS place, ts, event FROM ({plain.sql})"
    passed = {**plain.parameters, "passed": batch.passed_rows}
    odd = _find_odd(session, rows, batch, passed) if is_odd else None
    first = -batch.header_rows  # no row of PLAIN is a header
    skipped = others["skipped_rows"]
    return replace(batch, first=first, odd=odd, skipped=skipped, is_sorted=True, is_distinct=True)


def _all_differ(session: Session) -> bool:
    """Whether no two events of PLAIN can be duplicates; they have to be in the order of time."""
    [(rows, events)] = session.run(f"SELECT count(*), count(ts) FROM {PLAIN}")
    # Windows are computed on one thread: two halves, which overlap, take 0.21 s instead of 0.37 of 10M rows.
    middle = rows // 2 if rows == events else 0
    halves = (
        _UNCLEAR.format(rows=f"< {middle}", near=f"<= {middle + _NEIGHBOURS}"),
        _UNCLEAR.format(rows=f">= {middle}", near=f">= {middle - _NEIGHBOURS - 1}"),
    )
    repeated = f"({' UNION ALL '.join(halves)}) GROUP BY key HAVING key IS NULL OR count(*) > 1"
    return not session.value(f"SELECT EXISTS (SELECT key FROM {repeated})")


def _find_odd(
    session: Session, rows: str, batch: Batch, parameters: abc.Mapping[str, Any]
) -> Relation | None:
    """The lines that need a closer look, None if there are none; `rows` is SQL for (place, ts, event), the
    places of rows counted from 0."""
    odd = session.make(
        ODD,
        f"""
        SELECT {"" if batch.columns.parts == 1 else "DISTINCT"} place // $parts + 1 FROM ({rows})
        WHERE ts IS NULL AND place >= $header AND {_OTHERS["odd_rows"]}
        """,
        {**parameters, "parts": batch.columns.parts, "header": batch.header_rows},
    )
    return odd if session.value(f"SELECT EXISTS (FROM {odd})") else None
