"""From a file to its records, one by one: SQL for most, Python for the few that SQL cannot read.

The result is the view `found`: (line, fault, raw, …), one row per record. `fault` is null, or why the record
is rejected; then `raw` is its text. The lines are counted, so that none is lost. A load uses this module only
for the lines that its first pass left over, because line numbers and texts take time.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from contactrep.duck import Session
from contactrep.errors import InputProblem
from contactrep.read import shape
from contactrep.read.columns import Columns
from contactrep.read.content import Content, Shape
from contactrep.read.delimited import open_delimited
from contactrep.read.documents import lines_of_document
from contactrep.read.jsonl import open_jsonl
from contactrep.read.lines import Relation
from contactrep.read.mapping import Mapping
from contactrep.read.parquet import open_parquet
from contactrep.read.table import BROKEN, NOTHING, RECORD, LooksGood, ParsedRecord, Table
from contactrep.read.workbook import lines_of_sheet, open_sheet

_AT_ONCE = 10_000

Resolve = Callable[[Sequence[str]], object]


@dataclass(frozen=True)
class Finish:
    """How texts become values: `sql(relation, also)` builds the SELECT from text fields to (state, fault,
    raw, …). `also`: columns to pass through, e.g. `line,`."""

    sql: Callable[[Relation, str], str]
    parameters: abc.Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def lines_of_records(session: Session, content: Content, mapping: Mapping) -> Iterator[Content]:
    """The content whose lines are a file's records: that of the file itself, or of private lines, which are
    deleted afterwards."""
    if not content.lacks_records:
        yield content
        return
    lines = (
        lines_of_sheet(session.scratch, content, mapping.sheet)
        if content.shape is Shape.WORKBOOK
        else lines_of_document(session, content, _path_to_records(content, mapping))
    )
    try:
        yield lines
    finally:
        lines.discard()


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
    if content.shape is Shape.WORKBOOK:
        return open_sheet(content, resolve, mapping.skip_lines or 0)
    return open_delimited(content, resolve, mapping.skip_lines or 0)


def find_records(
    session: Session,
    content: Content,
    table: Table,
    columns: Columns,
    finish: Finish,
    looks_good: LooksGood,
    *,
    only: str | None = None,
) -> None:
    """Make the view `found` of a file's records, and the table `swallowed` of lines that belong to the record
    of a line before them; `only` is a table of the lines to look at, all of them unless it is given."""
    rows = table.rows(columns)
    lines = f"line IN (FROM {only})" if only else f"line > {table.header_lines}"
    session.run(
        f"""
        CREATE OR REPLACE TEMP TABLE chosen AS
        FROM (SELECT row_number() OVER () + {table.skipped} AS line, * FROM ({rows.sql})) WHERE {lines}
        """,
        rows.parameters,
    )
    relation = table.select(columns, "FROM chosen")
    session.run(
        f"CREATE OR REPLACE TEMP TABLE records AS {finish.sql(relation, 'line,')}",
        relation.parameters | dict(finish.parameters),
    )
    session.run("CREATE OR REPLACE TEMP TABLE swallowed (line BIGINT)")
    session.run(_FOUND)
    broken = session.run(f"SELECT DISTINCT line FROM records WHERE state = {BROKEN} ORDER BY line")
    if broken:
        _parse(session, table.parse((row[0] for row in broken), columns, looks_good))
        _add_parsed(session, columns, finish)
    if only:
        _prove(session, session.value(f"SELECT count(*) FROM {only}"), len(columns.kinds) or 1)
    elif not content.parquet:
        _prove(session, content.facts.lines - table.header_lines)


def _add_parsed(session: Session, columns: Columns, finish: Finish) -> None:
    """Let `found` have the records that Python read, too."""
    texts = ", ".join(f'fields[{at}] AS "{name}"' for at, name in enumerate(columns.fields, start=1))
    relation = Relation(f"SELECT line, raw, {texts}, {RECORD} AS state, fault FROM parsed")
    parsed = finish.sql(relation, "line,")
    session.run(f"CREATE OR REPLACE TEMP TABLE parsed_records AS {parsed}", finish.parameters)
    session.run(f"{_FOUND} UNION ALL BY NAME SELECT * EXCLUDE state FROM parsed_records")


def _parse(session: Session, parsed: Iterator[ParsedRecord]) -> None:
    """Fill the tables `parsed`, of the records that Python read, and `swallowed`, of their further lines."""
    session.run(
        "CREATE OR REPLACE TEMP TABLE parsed"
        " (line BIGINT, last BIGINT, fields VARCHAR[], fault VARCHAR, raw VARCHAR)"
    )
    while batch := list(islice(parsed, _AT_ONCE)):
        session.append("parsed", [(it.line, it.last, list(it.fields), it.fault, it.raw) for it in batch])
    session.run(
        "INSERT INTO swallowed SELECT unnest(range(line + 1, last + 1)) FROM parsed WHERE last > line"
    )


_FOUND = f"""
    CREATE OR REPLACE TEMP VIEW found AS
    SELECT * EXCLUDE state FROM records WHERE state = {RECORD} AND line NOT IN (FROM swallowed)
    """


def _prove(session: Session, lines: int, parts: int = 1) -> None:
    """Each of so many lines was read in so many `parts`, and is blank, or of one record: InputProblem if it
    is not so."""
    read, blank, within, records = session.run(
        f"""
        SELECT sum(parts) / $parts, count(*) FILTER (blank AND NOT inside), count(*) FILTER (inside),
            (SELECT count(DISTINCT line) FROM found)
        FROM (
            SELECT line, count(*) AS parts, bool_and(state = {NOTHING}) AS blank,
                line IN (FROM swallowed) AS inside
            FROM records GROUP BY line
        )
        """,
        {"parts": parts},
    )[0]
    read = read or 0
    if not lines == read == blank + within + records:
        raise InputProblem(
            f"{lines:,} lines were counted, but {read:,.0f} read, {records:,} of them records:"
            " is another program writing to it?"
        )
