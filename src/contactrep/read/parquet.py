"""Parquet: columns by name, whatever their types, as text; the same checks then hold for every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contactrep.duck import Error, first_line
from contactrep.errors import InputProblem
from contactrep.read.bench import Bench
from contactrep.read.columns import Columns
from contactrep.read.content import Content
from contactrep.read.lines import Relation, exact
from contactrep.read.table import RECORD, Table

Run = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]
"""Executes SQL with bound parameters and returns the rows."""

_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")


def open_parquet(bench: Bench, content: Content) -> Table:
    """The Table of a Parquet file; InputProblem when it cannot be read."""
    try:
        schema = read_schema(bench.run, exact(content.path))
    except Error as error:
        raise InputProblem(
            f"not a whole Parquet file ({first_line(error)}): fetch or write it again"
        ) from None
    return ParquetTable(content.path, schema.headers, schema.types, schema.utc, schema.int96)


_SCAN = "read_parquet($path, hive_partitioning = false)"
_WALL_TIMES = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_NODES = """
    SELECT name, coalesce(num_children, 0),
        coalesce(contains(logical_type, 'isAdjustedToUTC=1'),
            converted_type IN ('TIMESTAMP_MILLIS', 'TIMESTAMP_MICROS'), false),
        coalesce(type = 'INT96', false)
    FROM parquet_schema($path)
    """


@dataclass(frozen=True)
class Schema:
    """The columns of a Parquet file: names as written, DuckDB's names of their types, places in the metadata
    (None: it has parts), and those whose times DuckDB takes for wall times: `utc` although a legacy type says
    that they are UTC, `int96` although most writers mean UTC."""

    headers: tuple[str, ...]
    types: tuple[str, ...]
    leaves: tuple[int | None, ...]
    utc: frozenset[int]
    int96: frozenset[int]


def read_schema(run: Run, path: str) -> Schema:
    """The Schema of the file at `path`, in which globs act; `run` executes SQL. duck.Error if it is broken.

    DESCRIBE gives the types, but renames columns whose names differ only in case.
    """
    parameters = {"path": path}
    types = tuple(row[1] for row in run(f"DESCRIBE FROM {_SCAN}", parameters))
    nodes = run(_NODES, parameters)
    headers: list[str] = []
    leaves: list[int | None] = []
    utc: set[int] = set()
    int96: set[int] = set()
    place, leaf = 1, 0
    for column, kind in enumerate(types):
        name, parts, is_utc, is_int96 = nodes[place]
        headers.append(name)
        if kind in _WALL_TIMES:
            utc |= {column} if is_utc else set()
            int96 |= {column} if is_int96 else set()
        leaves.append(None if parts else leaf)
        open_nodes = 1
        while open_nodes:
            children = nodes[place][1]
            open_nodes += children - 1
            leaf += not children
            place += 1
    return Schema(tuple(headers), types, tuple(leaves), frozenset(utc), frozenset(int96))


@dataclass(frozen=True)
class ParquetTable(Table):
    """A Parquet file; `types` are DuckDB's names of the columns' types, `utc` and `int96` as in Schema."""

    path: Path
    headers: tuple[str, ...]
    types: tuple[str, ...]
    utc: frozenset[int]
    int96: frozenset[int]

    def with_int96_in_utc(self, columns: Columns) -> Table | None:
        """See Table.with_int96_in_utc."""
        places = self.int96 & {columns.positions.get("timestamp", -1)}
        return replace(self, utc=self.utc | places) if places else None

    def rows(self, columns: Columns) -> Relation:
        """See Table.rows."""
        names = ", ".join(f"c{place}" for place in range(len(self.headers)))
        return Relation(
            f"SELECT {_places(columns)} FROM {_SCAN} AS file({names})", {"path": exact(self.path)}
        )

    def select(self, columns: Columns, rows: str) -> Relation:
        """See Table.select."""
        wanted = columns.positions
        fields = ", ".join(f'{self._text(name, place)} AS "{name}"' for name, place in wanted.items())
        pairs = ", ".join(f'$key{place}, "{name}"' for name, place in wanted.items())
        return Relation(
            f"""
            SELECT * EXCLUDE ({_places(columns)}), {fields}, {RECORD} AS state, {self._fault(wanted)} AS fault
            FROM ({rows})
            """,
            {f"key{place}": self.headers[place] for place in wanted.values()},
            raw=f"json_object({pairs})::VARCHAR",
        )

    def _text(self, field: str, place: int) -> str:
        """SQL for a column's value as text: as a person would write it, times by the ISO standard."""
        kind, column = self.types[place], f"c{place}"
        if kind.startswith(_NESTED) or kind.endswith("]"):
            what = "list" if kind.endswith("]") else kind.partition("(")[0].lower()
            raise InputProblem(
                f"column '{self.headers[place]}' holds {what} values, but {field} needs a text"
                f" or a number: choose another column with --map {field}=COLUMN, or write this one as text"
            )
        if kind in ("DOUBLE", "FLOAT"):  # 1700000000123.0 is a number of milliseconds
            # Statistics leave NaN out, so DuckDB may drop isnan and any bound: only its text tells NaN.
            whole = f"CASE WHEN {column} = floor({column}) AND abs({column}) < 1e18"
            return (
                f"coalesce({whole} THEN try_cast({column} AS BIGINT) END::VARCHAR,"
                f" nullif({column}::VARCHAR, 'nan'))"
            )
        if kind == "BLOB":  # text whose writer did not say that it is
            return f"coalesce(try(decode({column})), {column}::VARCHAR)"
        # The offset makes an instant of it, for DuckDB takes it for a wall time.
        return f"{column}::VARCHAR || '+00'" if place in self.utc else f"{column}::VARCHAR"

    def _fault(self, wanted: Mapping[str, int]) -> str:
        """SQL for why a row is rejected: bytes, where its text for them is but a stand-in."""
        cases = " ".join(
            f"WHEN c{place} IS NOT NULL AND try(decode(c{place})) IS NULL"
            f" THEN 'undecodable bytes in {name}: write it as text (UTF-8)'"
            for name, place in wanted.items()
            if self.types[place] == "BLOB"
        )
        return f"CASE {cases} END" if cases else "NULL::VARCHAR"


def _places(columns: Columns) -> str:
    """SQL for the columns that fields are read from, each once: one may give two fields."""
    return ", ".join(f"c{place}" for place in dict.fromkeys(columns.positions.values()))
