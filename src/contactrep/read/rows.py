"""From a file to its records: SQL for all rows at once, Python for the few that SQL cannot read.

The result is the view `found`: (line, fault, raw, …), a row a record, where `fault` is null or says why it
is a reject, and `raw` is its text if it is one. That no line was lost is counted, not hoped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePath
from typing import Any

from contactrep.errors import InputProblem
from contactrep.events import Columns
from contactrep.read.bench import Bench
from contactrep.read.content import Content
from contactrep.read.delimited import open_delimited
from contactrep.read.jsonl import open_jsonl
from contactrep.read.parquet import open_parquet
from contactrep.read.sources import PACKED, Source
from contactrep.read.table import BROKEN, NOTHING, RECORD, Judged, LooksGood, Table

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
_BATCH = 10_000

Resolve = Callable[[Sequence[str]], object]


@dataclass(frozen=True)
class Finish:
    """What becomes of a row's texts: `sql` makes of a relation, its SQL for raw text and the columns to keep
    besides (`line, ` or nothing) a SELECT of state, fault, raw and whatever else is wanted of a record."""

    sql: Callable[[str, str, str], str]
    parameters: Mapping[str, Any] = field(default_factory=dict)


def open_table(
    bench: Bench, source: Source, content: Content, resolve: Resolve, keys: Sequence[str]
) -> Table:
    """The Table of a file of whatever format. `resolve` judges headers (raising InputProblem); `keys` are
    those of a JSONL file without any object."""
    if content.parquet:
        return open_parquet(bench, content)
    if _is_json(source, content):
        return open_jsonl(bench, content, keys)
    return open_delimited(content, resolve)


def _is_json(source: Source, content: Content) -> bool:
    """By its name, else by its first character: no header begins with a brace."""
    name = source.label.lower()
    for ending in PACKED:
        name = name.removesuffix(ending)
    if PurePath(name).suffix in JSON_SUFFIXES:
        return True
    with content.path.open("rb") as stream:
        return stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def find(
    bench: Bench,
    content: Content,
    table: Table,
    columns: Columns,
    finish: Finish,
    looks_good: LooksGood,
) -> None:
    """Make the view `found` of a file's records."""
    relation = table.select(columns)
    bench.run(
        f"CREATE OR REPLACE TEMP TABLE records AS {finish.sql(relation.sql, relation.raw, '')}",
        relation.parameters | dict(finish.parameters),
    )
    broken = bench.run(f"SELECT rowid + 1 FROM records WHERE state = {BROKEN} ORDER BY rowid")
    bench.run(_found(table.header_lines))
    if broken:
        _judge(bench, table.judge((row[0] for row in broken), columns, looks_good))
        texts = ", ".join(f'fields[{at}] AS "{name}"' for at, name in enumerate(columns.fields, start=1))
        judged = finish.sql(
            f"SELECT line, raw, {texts}, {RECORD} AS state, fault FROM judged", "raw", "line,"
        )
        bench.run(f"CREATE OR REPLACE TEMP TABLE judged_records AS {judged}", finish.parameters)
        bench.run(_found_with_judged(table.header_lines))
    if not content.parquet:
        _prove(bench, content.lines, table.header_lines, swallowed="swallowed" if broken else None)


def _judge(bench: Bench, judged: Iterator[Judged]) -> None:
    """Fill the tables `judged`, of the records that Python read, and `swallowed`, of their further lines."""
    bench.run(_JUDGED)
    while batch := list(islice(judged, _BATCH)):
        bench.append("judged", [(it.line, it.last, list(it.fields), it.fault, it.raw) for it in batch])
    bench.run(_SWALLOWED)


_JUDGED = """
    CREATE OR REPLACE TEMP TABLE judged (
        line BIGINT, last BIGINT, fields VARCHAR[], fault VARCHAR, raw VARCHAR
    )
    """

_SWALLOWED = """
    CREATE OR REPLACE TEMP TABLE swallowed AS
    SELECT unnest(range(line + 1, last + 1)) AS line FROM judged WHERE last > line
    """


def _found(header_lines: int) -> str:
    return f"""
        CREATE OR REPLACE TEMP VIEW found AS
        SELECT * EXCLUDE state FROM (SELECT rowid + 1 AS line, * FROM records)
        WHERE state = {RECORD} AND line > {header_lines}
        """


def _found_with_judged(header_lines: int) -> str:
    return f"""{_found(header_lines)} AND line NOT IN (FROM swallowed)
        UNION ALL BY NAME SELECT * EXCLUDE state FROM judged_records
        """


def _prove(bench: Bench, lines: int, header_lines: int, *, swallowed: str | None) -> None:
    """Every physical line is of the headers, blank, or of one record: InputProblem if it is not so.

    `swallowed` is the table of lines that belong to a record before them, if there are any.
    """
    rest = f"WHERE line NOT IN (FROM {swallowed})" if swallowed else ""
    read, blank, records = bench.run(
        f"""
        SELECT count(*), count(*) FILTER (state = {NOTHING} AND line > {header_lines}),
            (SELECT count(*) FROM found)
        FROM (SELECT rowid + 1 AS line, state FROM records) {rest}
        """
    )[0]
    within = bench.value(f"SELECT count(*) FROM {swallowed}") if swallowed else 0
    if not lines == read + within == header_lines + blank + records + within:
        raise InputProblem(
            f"{lines:,} lines were counted, but {read + within:,} read, {records:,} of them records:"
            " is another program writing to it?"
        )
