"""JSON lines: one object a line, its keys the headers of the file.

SQL reads the lines that are plainly good; whatever is not (no JSON, no object, a value with values inside,
a key twice, a number that DuckDB would write another way) is judged in Python, which knows why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from contactrep.errors import InputProblem
from contactrep.events import Columns, Keyed
from contactrep.read.bench import Bench
from contactrep.read.content import Content
from contactrep.read.lines import Line, LineReader, Relation, joined, relation, returned
from contactrep.read.table import BROKEN, NOTHING, RECORD, Judged, LooksGood, Table

# What must be looked at more closely: no object; a value that is nested, a number that is more than digits
# (DuckDB writes 1e5 as 100000.0 and -0 as 0), NaN or infinity, or a comma before the end, all of which are
# JSON to DuckDB. Within a text it may match too, which costs time only.
_ODD = r'^\s*[^\s{]|"\s*:\s*(?:[\[{]|-?[0-9]+[.eE]|-0|-?[nN][aA]|-?[iI])|,\s*[}\]]'
_LENIENT = r"(?i),\s*[}\]]|[\[:,]\s*-?(?:nan|inf)"
_BLANK = " \t\r"

MOST_PARTS = 10_000
"""An object that lone CRs part into more lines than this is taken for as many lines."""


def open_jsonl(bench: Bench, content: Content, otherwise: Sequence[str]) -> Table:
    """The Table of a JSONL file: its headers are all keys of its objects, or `otherwise` if it has none."""
    lines = relation(content)
    rows = bench.run(
        f"SELECT DISTINCT try(json_keys(raw)) FROM ({lines.sql})",
        lines.parameters,
    )
    lists = sorted(row[0] for row in rows if row[0]) or [otherwise]
    return JsonLines(content, tuple(dict.fromkeys(key for row in lists for key in row)), lists)


@dataclass(frozen=True)
class JsonLines(Table):
    """A JSONL file; `lists` are the lists of keys that its objects have."""

    content: Content
    headers: tuple[str, ...]
    lists: Sequence[Sequence[str]]

    @property
    def records(self) -> Sequence[Sequence[str]]:
        """See Table.records."""
        return self.lists

    def rows(self, columns: Columns) -> Relation:
        """See Table.rows."""
        return relation(self.content)

    def select(self, columns: Columns, rows: str) -> Relation:
        """See Table.select."""
        reading = _by_keys(columns.keyed, columns.fields) if columns.keyed else _alike(columns, self.headers)
        fields = ", ".join(f'{value} AS "{name}"' for name, value in reading.fields.items())
        return Relation(
            f"""
            SELECT * EXCLUDE (flaw, returned, "values", kind), {fields}, flaw AS fault,
                CASE WHEN flaw IS NOT NULL AND NOT returned THEN {RECORD}
                     WHEN returned OR "values" IS NULL THEN
                         CASE WHEN trim(coalesce(raw, ''), '{_BLANK}') = '' THEN {NOTHING} ELSE {BROKEN} END
                     WHEN {self._doubtful()} OR kind IS NULL THEN {BROKEN} ELSE {RECORD} END AS state
            FROM (
                SELECT *, {reading.kind} AS kind
                FROM (SELECT *, try(json_extract_string(raw, $paths)) AS "values" FROM ({rows}))
            )
            """,
            reading.parameters | {"paths": [_pointer(key) for key in reading.keys]},
        )

    def judge(self, rows: Iterable[int], columns: Columns, looks_good: LooksGood) -> Iterator[Judged]:
        """See Table.judge."""
        own = _own_keys(columns.keyed) if columns.keyed else _same_keys(columns, self.headers)
        with LineReader(self.content) as reader:
            done = apart = 0  # lone CRs up to `apart` end records
            for number in rows:
                if number <= done:
                    continue
                parts = returned(islice(reader.starting_at(number), MOST_PARTS if number > apart else 1))
                if len(parts) > 1 and not _is_object(joined(parts).text):
                    apart = parts[-1].number
                    parts = parts[:1]
                judged = _judge(parts, columns.fields, own)
                done = judged.last
                yield judged

    def _doubtful(self) -> str:
        """SQL for whether Python has to look at a line; CASE spares most lines the closer look."""
        repeats = "false"
        if any(len(set(keys)) < len(keys) for keys in self.lists):
            repeats = "length(list_distinct(json_keys(raw))) <> length(json_keys(raw))"
        return f"""CASE WHEN regexp_matches(raw, '{_ODD}') THEN
                         json_type(raw) <> 'OBJECT' OR regexp_matches(raw, '{_LENIENT}')
                         OR list_has_any(json_type(raw, $paths), ['DOUBLE', 'OBJECT', 'ARRAY'])
                         OR (list_contains("values", '0') AND contains(raw, '-0')) OR {repeats}
                     ELSE {repeats} END"""


@dataclass(frozen=True)
class _Reading:
    """How SQL reads records: the `keys` whose texts are in "values", SQL over these for every field, and for
    the kind of record that a line is, null where that is left open."""

    keys: tuple[str, ...]
    fields: Mapping[str, str]
    kind: str = "0"
    parameters: dict[str, Any] = field(default_factory=dict)


def _alike(columns: Columns, headers: Sequence[str]) -> _Reading:
    """The reading of records that all have their fields from the same keys."""
    fields = {name: f'"values"[{at}]' for at, name in enumerate(columns.positions, start=1)}
    return _Reading(tuple(headers[place] for place in columns.positions.values()), fields)


def _by_keys(keyed: Keyed, names: Sequence[str]) -> _Reading:
    """The reading of records that have their fields from the keys that are there."""
    kinds = list(keyed.readings.items())
    keys = tuple(dict.fromkeys(key for _, (fields, _) in kinds for key in fields.values()))
    parameters: dict[str, Any] = {
        "deciding": [_pointer(key) for key in keyed.deciding],
        "patterns": [[key in present for key in keyed.deciding] for present, _ in kinds],
    }
    for name in names:
        given = [fields.get(name) for _, (fields, _) in kinds]
        parameters[f"at_{name}"] = [keys.index(key) + 1 if key else 0 for key in given]
    fields = {name: f'"values"[($at_{name}::INTEGER[])[kind]]' for name in names}
    if "event" in fields:
        fields["event"] = f"coalesce({fields['event']}, ($unsaid::VARCHAR[])[kind])"
        parameters["unsaid"] = [event for _, (_, event) in kinds]
    present = "list_transform(json_type(raw, $deciding), lambda type: type IS NOT NULL)"
    kind = f'CASE WHEN "values" IS NOT NULL THEN list_position($patterns::BOOLEAN[][], {present}) END'
    return _Reading(keys, fields, kind, parameters)


_Values = Mapping[str, str | None]
_Own = Callable[[tuple[str, ...]], tuple[Mapping[str, str], _Values]]
"""From the keys of a record to the key of each field, and the fields that it need not say."""


def _same_keys(columns: Columns, headers: Sequence[str]) -> _Own:
    fields = {name: headers[place] for name, place in columns.positions.items()}
    return lambda _: (fields, {})


def _own_keys(keyed: Keyed) -> _Own:
    @cache
    def own(keys: tuple[str, ...]) -> tuple[Mapping[str, str], _Values]:
        columns = keyed.resolve(keys)
        fields = {name: keys[place] for name, place in columns.positions.items()}
        return fields, {} if "event" in fields else {"event": columns.event}

    return own


def _pointer(key: str) -> str:
    """A JSON pointer (RFC 6901) to a key, whatever characters it has."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _is_object(text: str) -> bool:
    try:
        _parsed(text)
    except _NoRecordError:
        return False
    return True


def _judge(parts: Sequence[Line], names: Sequence[str], own: _Own) -> Judged:
    line = joined(parts)
    first, last, text = line.number, parts[-1].number, line.text.rstrip("\r")
    if line.flaw:
        return Judged(first, last, (), line.flaw, text)
    try:
        fields = _fields(_parsed(text), names, own)
    except (_NoRecordError, InputProblem) as problem:
        return Judged(first, last, (), str(problem), text)
    return Judged(first, last, fields, None, text)


class _NoRecordError(Exception):
    """Why a line is no record."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _parsed(text: str) -> list[tuple[str, Any]]:
    """The pairs of the object that `text` is, numbers as written."""
    try:
        value = json.loads(
            text, parse_int=_Number, parse_float=_Number, parse_constant=_constant, object_pairs_hook=_Pairs
        )
    except RecursionError:
        raise _NoRecordError("values nested too deep") from None
    except ValueError as error:
        raise _NoRecordError(f"not JSON: {error}") from None
    if not isinstance(value, _Pairs):
        raise _NoRecordError("not a JSON object: one object a line is needed")
    return value


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as its pairs, repeated keys and all."""


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _fields(pairs: list[tuple[str, Any]], names: Sequence[str], own: _Own) -> tuple[str | None, ...]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NoRecordError(f"the key {json.dumps(twice)} stands there twice")
    keys, unsaid = own(tuple(values))
    texts = {name: _text(name, values.get(key)) for name, key in keys.items()}
    return tuple(texts.get(name, unsaid.get(name)) for name in names)


def _text(field: str, value: Any) -> str | None:
    if isinstance(value, list):
        raise _NoRecordError(f"{field} is not one value: text, a number or null is needed")
    if value is None or isinstance(value, str):
        return _held(field, value)
    return "true" if value else "false"


def _held(field: str, value: str | None) -> str | None:
    """The value, if DuckDB can hold it: lone surrogates are no characters."""
    if value is not None and not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise _NoRecordError(f"{field} has half a character (a lone surrogate)")
    return None if value is None else str(value)
