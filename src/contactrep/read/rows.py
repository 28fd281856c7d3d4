"""From a file to its records, one by one: SQL for most, Python for the few that SQL cannot read.

The result has one row per record: (line, fault, raw, …). `fault` is null, or why the record is rejected; then
`raw` is its text. The lines are counted, so that none is lost. A load uses this module only for the lines
that its first pass left over, because line numbers and texts take time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Final

from contactrep.duck import Relation, Session
from contactrep.errors import InputProblem
from contactrep.read import shape
from contactrep.read.columns import Columns
from contactrep.read.content import Content
from contactrep.read.delimited import Delimited, Resolve, open_delimited
from contactrep.read.documents import lines_of_document
from contactrep.read.jsonl import open_jsonl
from contactrep.read.mapping import Mapping
from contactrep.read.parquet import open_parquet
from contactrep.read.signatures import Shape
from contactrep.read.table import BROKEN, NOTHING, RECORD, Conversion, ParsedRecord, Select, Table
from contactrep.read.workbook import Sheet, lines_of_sheet, name_of_sheet

SWALLOWED: Final = Relation("swallowed", "line BIGINT")
"""The lines that belong to the record of a line before them."""

_BROKEN: Final = Relation("broken", "line")
"""The lines, in order, that SQL cannot read."""

_AT_ONCE: Final = 10_000  # lines

_PARSED: Final = Relation("parsed", "line BIGINT, last BIGINT, fields VARCHAR[], fault VARCHAR, raw VARCHAR")
"""The records that Python read."""


@contextmanager
def lines_of_records(session: Session, content: Content, mapping: Mapping) -> Iterator[Content]:
    """The content whose lines are a file's records: that of the file itself, or of private lines, which are
    deleted afterwards."""
    if not content.lacks_records:
        yield content
        return
    if content.shape is Shape.WORKBOOK:
        lines = lines_of_sheet(session.scratch, content, mapping.sheet)
    else:
        path = _path_to_records(content, mapping)
        lines = replace(lines_of_document(session, content, path), records=path)
    try:
        yield lines
    finally:
        lines.discard()


def as_read(session: Session, content: Content, mapping: Mapping) -> Mapping:
    """The mapping with `records` and `sheet` as this file is read: the path to the records of a document; the
    sheet of a workbook as the workbook spells it, if it is not the default one; None in other cases."""
    path = _path_to_records(content, mapping) if content.shape is Shape.DOCUMENT else None
    sheet = None
    if mapping.sheet and content.shape is Shape.WORKBOOK:
        sheet = name_of_sheet(session.scratch, content, mapping.sheet)
    return replace(mapping, records=path, sheet=sheet)


def _path_to_records(content: Content, mapping: Mapping) -> str | None:
    """The path to the records of a document; None where it may lead nowhere, as the first object shows."""
    if mapping.records is None or "records" not in mapping.optional:
        return mapping.records
    return mapping.records if shape.has_key(content.head, mapping.records) else None


def open_table(
    session: Session, content: Content, mapping: Mapping, resolve: Resolve, keys: Sequence[str]
) -> Table:
    """The Table of `lines_of_records`. `resolve` judges headers (raising InputProblem); `keys` are those of a
    JSON file without any object."""
    if content.shape is Shape.PARQUET:
        return open_parquet(session, content)
    if content.shape is Shape.JSON_LINES:
        return open_jsonl(session, content, keys)
    kind = Sheet if content.shape is Shape.WORKBOOK else Delimited
    return open_delimited(kind, content, resolve, mapping.skip_lines or 0)


def find_records(
    session: Session,
    content: Content,
    table: Table,
    columns: Columns,
    conversion: Conversion,
    only: Relation | None = None,
) -> Relation:
    """The records of a file, or those that begin on the lines of `only`."""
    rows = table.rows(columns)
    lines = f"line IN (FROM {only})" if only else f"line > {table.header_lines}"
    session.run(
        f"""
        CREATE OR REPLACE TEMP TABLE chosen AS
        FROM (SELECT row_number() OVER () + {table.skipped} AS line, * FROM ({rows.sql})) WHERE {lines}
        """,
        rows.parameters,
    )
    read = _converted(session, "records", table.select(columns, "FROM chosen"), conversion)
    session.make(SWALLOWED)
    found = f"FROM {read} WHERE state = {RECORD} AND line NOT IN (FROM {SWALLOWED})"
    session.make(_BROKEN, f"SELECT DISTINCT line FROM {read} WHERE state = {BROKEN} ORDER BY line")
    if session.value(f"SELECT EXISTS (FROM {_BROKEN})"):
        parsed = table.parse(_broken(session), columns, conversion.looks_good)
        found += f" UNION ALL FROM {_parse(session, parsed, columns, conversion)} WHERE state = {RECORD}"
    records = Relation("found", read.columns)
    session.run(f"CREATE OR REPLACE TEMP VIEW {records} AS {found}")
    if only or not content.parquet:
        of_file = content.facts.lines - table.header_lines
        expected = session.value(f"SELECT count(*) FROM {only}") if only else of_file
        _prove(session, read, records, expected, columns.parts)
    return records


def _broken(session: Session) -> Iterator[int]:
    """The lines of _BROKEN; other statements may be run meanwhile."""
    for start in count(0, _AT_ONCE):
        places = {"start": start, "end": start + _AT_ONCE}
        lines = session.run(f"SELECT line FROM {_BROKEN} WHERE rowid >= $start AND rowid < $end", places)
        if not lines:
            return
        yield from (line for (line,) in lines)


def _converted(session: Session, name: str, texts: Select, conversion: Conversion) -> Relation:
    """A table of the values of texts, by line."""
    values = conversion.of(texts, "line,")
    return session.make(Relation(name, f"line, {conversion.columns}"), values.sql, values.parameters)


def _parse(
    session: Session, parsed: Iterator[ParsedRecord], columns: Columns, conversion: Conversion
) -> Relation:
    """The records that Python read; their further lines are SWALLOWED."""
    session.make(_PARSED)
    session.append(_PARSED, ((it.line, it.last, list(it.fields), it.fault, it.raw) for it in parsed))
    within = f"SELECT unnest(range(line + 1, last + 1)) FROM {_PARSED} WHERE last > line"
    session.run(f"INSERT INTO {SWALLOWED} {within}")
    texts = ", ".join(f'fields[{at}] AS "{name}"' for at, name in enumerate(columns.fields, start=1))
    select = Select(f"SELECT line, raw, {texts}, {RECORD} AS state, fault FROM {_PARSED}")
    return _converted(session, "parsed_records", select, conversion)


def _prove(session: Session, read: Relation, found: Relation, lines: int, parts: int) -> None:
    """Each of so many lines was read in so many `parts`, and is blank, or of one record: InputProblem if it
    is not so."""
    rows, blank, within, records = session.run(
        f"""
        SELECT sum(parts) / $parts, count(*) FILTER (blank AND NOT inside), count(*) FILTER (inside),
            (SELECT count(DISTINCT line) FROM {found})
        FROM (
            SELECT line, count(*) AS parts, bool_and(state = {NOTHING}) AS blank,
                line IN (FROM {SWALLOWED}) AS inside
            FROM {read} GROUP BY line
        )
        """,
        {"parts": parts},
    )[0]
    rows = rows or 0
    if not lines == rows == blank + within + records:
        raise InputProblem(
            f"{lines:,} lines were counted, but {rows:,.0f} read, {records:,} of them records:"
            " is another program writing to it?"
        )
