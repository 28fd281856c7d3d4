"""Parquet: columns by name; times keep their type, all else becomes text, so the same checks hold for every
format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from contactrep.duck import Error, Session, first_line
from contactrep.errors import InputProblem
from contactrep.read.columns import (
    MERGED_CONTACT_ID,
    MERGED_SEPARATOR,
    Choice,
    Columns,
    Reference,
    field_of,
    is_step,
    joined,
)
from contactrep.read.content import Content
from contactrep.read.lines import exact
from contactrep.read.signatures import PARQUET
from contactrep.read.table import RECORD, Select, Table

Runner = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]
"""Executes SQL with bound parameters and returns the rows."""

_EXACT = {"DOUBLE": 2**53, "FLOAT": 2**24}
"""From here on the whole numbers of a type are rounded: their digits may not be those that were meant."""

_PIECE = 1 << 20  # bytes

_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")


_SCAN = "read_parquet($path, hive_partitioning = false)"
WALL, INSTANT = "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"
_WALL_TIMES = (WALL, "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")


class _Node(NamedTuple):
    """A column, or a part of one, as the metadata have it."""

    name: str
    children: int
    is_utc: bool
    is_int96: bool
    kind: str


_NODES = """
    SELECT name, coalesce(num_children, 0),
        coalesce(contains(logical_type, 'isAdjustedToUTC=1'),
            converted_type IN ('TIMESTAMP_MILLIS', 'TIMESTAMP_MICROS'), false),
        coalesce(type = 'INT96', false),
        coalesce(converted_type, '')
    FROM parquet_schema($path)
    """


def open_parquet(session: Session, content: Content) -> Table:
    """The Table of a Parquet file; InputProblem when it cannot be read."""
    try:
        schema = read_schema(session.run, exact(content.path))
        require_single(session.run, content.path)
    except Error as error:
        raise InputProblem(
            f"not a whole Parquet file ({first_line(error)}): fetch or write it again"
        ) from None
    return ParquetTable(content.path, session.run, schema)


@dataclass(frozen=True)
class Schema:
    """The columns of a Parquet file: names as written, DuckDB's names of their types, places in the metadata
    (None: it has parts), and `paths` to the values within structs. DuckDB may take times for wall times that
    are `utc` by the format, and those of `int96`, by which most writers mean UTC."""

    headers: tuple[str, ...]
    types: tuple[str, ...]
    leaves: tuple[int | None, ...]
    utc: frozenset[Reference]
    int96: frozenset[Reference]
    paths: tuple[str, ...]


def read_schema(run: Runner, path: str) -> Schema:
    """The Schema of the file at `path`, in which globs act; `run` executes SQL. duck.Error if it is broken.

    DESCRIBE gives the types, but renames columns whose names differ only in case.
    """
    parameters = {"path": path}
    types = tuple(row[1] for row in run(f"DESCRIBE FROM {_SCAN}", parameters))
    nodes = [_Node(*row) for row in run(_NODES, parameters)]
    places = [1]  # of the columns among the nodes, and the end
    for _ in types:
        places.append(_end(nodes, places[-1]))
    columns = list(zip(places, types, strict=False))
    leaves = list(accumulate((not node.children for node in nodes), initial=0))
    headers = tuple(nodes[place].name for place, _ in columns)
    values = [it for at, (place, _) in enumerate(columns) for it in _values(nodes, place, Reference(at))]
    return Schema(
        headers=headers,
        types=types,
        leaves=tuple(None if nodes[place].children else leaves[place] for place, _ in columns),
        utc=frozenset(it for it, node in values if node.is_utc),
        int96=frozenset(it for it, node in values if node.is_int96),
        paths=tuple(
            joined(headers[it.place], it.path)
            for it, _ in values
            if types[it.place].startswith("STRUCT") and all(map(is_step, it.path))
        ),
    )


def require_single(run: Runner, path: Path) -> None:
    """Raise InputProblem if the file is several files joined with `cat`: the rows of the first file would be
    read with the metadata of the last one."""
    ends = "least(nullif(dictionary_page_offset, 0), data_page_offset) + total_compressed_size"
    [(end,)] = run(f"SELECT max({ends}) FROM parquet_metadata($path)", {"path": exact(path)})
    with path.open("rb") as file:
        file.seek(end or 0)
        before = b""
        while piece := file.read(_PIECE):
            if PARQUET * 2 in before + piece:
                raise InputProblem("it is several Parquet files joined into one: load each separately")
            before = piece[-len(PARQUET * 2) :]


def _end(nodes: Sequence[_Node], place: int) -> int:
    """The place after a node and all nodes within it; nodes are in depth-first order."""
    open_nodes = 1
    while open_nodes:
        open_nodes += nodes[place].children - 1
        place += 1
    return place


def _values(nodes: Sequence[_Node], place: int, reference: Reference) -> Iterator[tuple[Reference, _Node]]:
    """The values within a node, or it alone, of a list the first one; none are within a map."""
    node, child = nodes[place], place + 1
    if node.kind == "MAP":
        return
    if node.kind == "LIST":  # it has a group of its own around each of its values, or is an older one
        yield from _values(nodes, child + (nodes[child].children == 1), _within(reference, 0))
        return
    if not node.children:
        yield reference, node
    for _ in range(node.children):
        yield from _values(nodes, child, _within(reference, nodes[child].name))
        child = _end(nodes, child)


def _within(reference: Reference, step: str | int) -> Reference:
    return replace(reference, path=(*reference.path, step))


@dataclass(frozen=True)
class ParquetTable(Table):
    """A Parquet file; `run` executes SQL."""

    path: Path
    run: Runner
    schema: Schema

    @property
    def headers(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.schema.headers

    @property
    def paths(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.schema.paths

    def with_int96_in_utc(self, columns: Columns) -> Table | None:
        times = (choice for name, choice in columns.choices.items() if field_of(name) == "timestamp")
        found = self.schema.int96.intersection(_first(it) for choice in times for it in choice.references)
        schema = replace(self.schema, utc=self.schema.utc | found)
        return replace(self, schema=schema) if found else None

    def rows(self, columns: Columns) -> Select:
        names = ", ".join(f"c{place}" for place in range(len(self.headers)))
        return Select(f"SELECT {_places(columns)} FROM {_SCAN} AS file({names})", {"path": exact(self.path)})

    def quick(self, columns: Columns) -> Select | None:
        """See Table.quick: times keep their type. To make texts of them, and times of these, takes 0.2 µs per
        row."""
        times = [name for name in columns.fields if field_of(name) == "timestamp"]
        reference = columns.choices["timestamp"].single if times == ["timestamp"] else None
        kind = self._found(columns)[1][reference] if reference else None
        if reference is None or kind not in (WALL, INSTANT):
            return None
        rows, value = self.rows(columns), reference.sql
        # A cast would ask for the zone of every row.
        moment = f"make_timestamp(epoch_us({value}))" if kind == INSTANT else value
        selected = self._selected(columns, rows.sql, moment)
        is_wall = kind == WALL and not self._is_utc(reference, kind)
        return replace(selected, parameters=rows.parameters, raw="NULL::VARCHAR", is_wall=is_wall)

    def select(self, columns: Columns, rows: str) -> Select:
        return self._selected(columns, rows)

    def _selected(self, columns: Columns, rows: str, moment: str | None = None) -> Select:
        """What `select` gives, with `moment` (SQL) in the place of "timestamp"."""
        choices, types = self._found(columns)
        for name, choice in choices.items():
            for reference in choice.references:
                self._require_text(name, reference, types[reference])
        texts = {
            name: choice.sql(lambda it: self._text(it, types[it], field_of(name)))  # noqa: B023 - called at once
            for name, choice in choices.items()
        }
        if moment:
            texts["timestamp"] = moment
        fields = ", ".join(f'{text} AS "{name}"' for name, text in texts.items())
        pairs = ", ".join(f'$key{at}, "{name}"' for at, name in enumerate(choices))
        return Select(
            f"""
            SELECT * EXCLUDE ({_places(columns)}), {fields}, {RECORD} AS state,
                {_fault(choices, types)} AS fault
            FROM ({rows})
            """,
            {f"key{at}": self._name(choice) for at, choice in enumerate(choices.values())},
            raw=f"json_object({pairs})::VARCHAR",
        )

    def _found(self, columns: Columns) -> tuple[dict[str, Choice], dict[Reference, str]]:
        """The choices without the sums that the file lacks, and DuckDB's name of the type of each reference;
        InputProblem where the file has no sum of a field."""
        choices, types = {}, {}
        for name, choice in columns.choices.items():
            for it in choice.references:
                steps = [
                    self._type(columns, replace(it, path=it.path[:at])) for at in range(len(it.path) + 1)
                ]
                within = zip(steps, it.path, strict=False)
                if all(steps) and not any(kind == "VARCHAR" or _is_key(step, kind) for kind, step in within):
                    types[it] = steps[-1]
            choices[name] = found = choice.among(types)
            if not found.sums:
                it = next(it for it in choice.references if it not in types)
                header, kind = self.headers[it.place], self._type(columns, replace(it, path=()))
                raise InputProblem(
                    f"there is no '{joined(header, it.path)}' in column '{header}' ({kind[:60]}):"
                    f" choose another column with --map {field_of(name)}=COLUMN"
                )
        return choices, types

    def _type(self, columns: Columns, reference: Reference) -> str:
        """The name of the type of a value; empty where the types of columns have no such value."""
        rows = self.rows(columns)
        try:
            return str(self.run(f"DESCRIBE SELECT {reference.sql} FROM ({rows.sql})", rows.parameters)[0][1])
        except Error:
            if not reference.path:
                raise
            return ""

    def _name(self, choice: Choice) -> str:
        """What gives a field, as a user would write it."""
        return "|".join(
            "+".join(joined(self.headers[it.place], it.path) for it in one) for one in choice.sums
        )

    def _require_text(self, field: str, reference: Reference, kind: str) -> None:
        """Raise InputProblem where values of a type cannot be the text of a field, or where DuckDB may read
        another path, which differs only in case."""
        path = joined(self.headers[reference.place], reference.path)
        alike = [it for it in self.paths if it.lower() == path.lower()]
        if len(alike) > 1:
            raise InputProblem(f"columns '{alike[0]}' and '{alike[1]}' differ only in case: rename one")
        is_ids = field == MERGED_CONTACT_ID and kind.endswith("[]") and not kind.endswith("][]")
        if (is_ids and not kind.startswith(_NESTED)) or not (kind.startswith(_NESTED) or kind.endswith("]")):
            return
        what = "list" if kind.endswith("]") else kind.partition("(")[0].lower()
        raise InputProblem(
            f"column '{path}' holds {what} values, but"
            f" {field_of(field)} needs a text or a number: choose another column with --map"
            f" {field_of(field)}=COLUMN, or write this one as text"
        )

    def _text(self, reference: Reference, kind: str, field: str) -> str:
        """SQL for a value as the text of a field: as a person would write it, times by the ISO standard."""
        if kind.endswith("[]"):
            texts = f"list_transform({reference.sql}, lambda it: {_plain('it', kind.removesuffix('[]'))})"
            return f"array_to_string({texts}, '{MERGED_SEPARATOR}')"
        if kind == "JSON" and reference.path:  # a text within a document, without its quotes
            ids = f"array_to_string({reference.sql} ->> '$[*]', '{MERGED_SEPARATOR}')"
            return f"CASE json_type({reference.sql}) WHEN 'ARRAY' THEN {ids} ELSE {reference.sql} ->> '$' END"
        if kind == "DOUBLE" and field == "timestamp":  # has enough digits for an epoch in nanoseconds
            value = reference.sql
            return f"""CASE WHEN {value} >= 1e18 AND {value} < 1e19 THEN try_cast({value} AS HUGEINT)::VARCHAR
                ELSE {_plain(value, kind)} END"""
        # The offset makes an instant of it, for DuckDB takes it for a wall time.
        return _plain(reference.sql, kind) + (" || '+00'" if self._is_utc(reference, kind) else "")

    def _is_utc(self, reference: Reference, kind: str) -> bool:
        """Whether the times of a value of this type are in UTC, although DuckDB takes them for wall times."""
        return kind in _WALL_TIMES and _first(reference) in self.schema.utc


def _is_key(step: str | int, kind: str) -> bool:
    """Whether a step is a key although the value is a list, which has no keys."""
    return isinstance(step, str) and kind.endswith("]")


def _first(reference: Reference) -> Reference:
    """The reference to the first value of a list in the place of any other: all have the same type."""
    return replace(reference, path=tuple(0 if isinstance(step, int) else step for step in reference.path))


def _plain(value: str, kind: str) -> str:
    """SQL for a value of a plain type as a person would write it."""
    if kind in ("DOUBLE", "FLOAT"):  # 1700000000123.0 is a number of milliseconds
        # Statistics leave NaN out, so DuckDB may drop isnan, any bound and, where all other values are
        # one, even a comparison of texts; it does not foresee what contains gives.
        return (
            f"CASE WHEN contains({value}::VARCHAR, 'nan') THEN NULL"
            f" WHEN abs({value}) >= {_EXACT[kind]} AND abs({value}) < 1e18"
            f" THEN format('{{:.16e}}', {value}::DOUBLE)"
            f" WHEN {value} = floor({value}) AND abs({value}) < 1e18"
            f" THEN coalesce(try_cast({value} AS BIGINT)::VARCHAR, {value}::VARCHAR)"
            f" ELSE {value}::VARCHAR END"
        )
    if kind.startswith("DECIMAL") and not kind.endswith(",0)"):  # 7.0000000000 is the id 7
        return f"regexp_replace({value}::VARCHAR, '\\.?0+$', '')"
    if kind == "BLOB":  # text whose writer did not say that it is
        return f"coalesce(try(decode({value})), {value}::VARCHAR)"
    return f"{value}::VARCHAR"


def _fault(choices: Mapping[str, Choice], types: Mapping[Reference, str]) -> str:
    """SQL for why a row is rejected: bytes that are not text, such as those of a number, or an object or list
    within JSON."""
    cases = [
        case
        for name, choice in choices.items()
        for it in choice.references
        if (case := _fault_of(field_of(name), it, types[it]))
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"


def _fault_of(field: str, it: Reference, kind: str) -> str:
    """The case of `_fault` for a value of this type, if it needs one."""
    if kind == "BLOB":
        return (
            f"WHEN {it.sql} IS NOT NULL AND coalesce(contains(try(decode({it.sql})), chr(0)), true)"
            f" THEN 'undecodable bytes in {field}: write it as text (UTF-8)'"
        )
    if kind == "JSON" and it.path:
        inside = f"json_type({it.sql}, '$[*]')" if field == MERGED_CONTACT_ID else f"[json_type({it.sql})]"
        return (
            f"WHEN json_type({it.sql}) = 'OBJECT' OR list_has_any({inside}, ['OBJECT', 'ARRAY'])"
            f" THEN '{field} is an object or a list; a text or number is needed: choose another column with"
            f" --map {field}=COLUMN'"
        )
    return ""


def _places(columns: Columns) -> str:
    """SQL for the columns that fields are read from, each once: one may give two fields."""
    return ", ".join(f"c{place}" for place in dict.fromkeys(it.place for it in columns.references))
