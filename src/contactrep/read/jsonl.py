"""JSON lines: one object a line, its keys the headers of the file.

SQL reads the lines that are plainly good; whatever is not (no JSON, no object, a value with values inside,
a key twice, a number that DuckDB would write another way) is judged in Python, which knows why.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from contactrep.errors import InputProblem
from contactrep.events import Columns, Keyed
from contactrep.read.bench import Bench
from contactrep.read.content import Content
from contactrep.read.lines import Line, LineReader, Relation, relation
from contactrep.read.table import BROKEN, NOTHING, RECORD, Judged, LooksGood, Table

# What must be looked at more closely: no object; a value that is nested, a number that is more than digits
# (DuckDB writes 1e5 as 100000.0 and -0 as 0), NaN or infinity, or a comma before the end, all of which are
# JSON to DuckDB. Within a text it may match too, which costs time only.
_ODD = r'^\s*[^\s{]|"\s*:\s*(?:[\[{]|-?[0-9]+[.eE]|-0|-?[nN][aA]|-?[iI])|,\s*[}\]]'
_LENIENT = r"(?i),\s*[}\]]|[\[:,]\s*-?(?:nan|inf)"
_BLANK = " \t\r"
_ARRAY = re.compile(r"\[\s*\{")
_ONE_PER_LINE = "but one object per line is needed: convert it"
_HEAD = 1 << 20  # bytes
_FIRST_OTHERS = 1000  # lines


def open_jsonl(bench: Bench, content: Content, otherwise: Sequence[str]) -> Table:
    """The Table of a JSONL file: its headers are all keys of its objects, or `otherwise` if it has none."""
    if problem := _not_lines(content):
        raise InputProblem(problem)
    lines = relation(content)
    rows = bench.run(f"SELECT DISTINCT try(json_keys(raw)) FROM ({lines.sql})", lines.parameters)
    found = {tuple(row[0]) for row in rows if row[0]}
    if any(row[0] is None for row in rows):
        found |= _keys_of_others(bench, lines)
    if not found and _begins_with_two(content):
        raise InputProblem(f"it has several JSON objects on a line, {_ONE_PER_LINE} with jq -c . FILE")
    lists = sorted(found) or [tuple(otherwise)]
    return JsonLines(content, tuple(dict.fromkeys(key for row in lists for key in row)), lists)


def _keys_of_others(bench: Bench, lines: Relation) -> set[tuple[str, ...]]:
    """The keys of lines that only Python can read, such as with half a character in a text; of the first ones
    only, for most such lines are broken."""
    rows = bench.run(
        f"SELECT raw FROM ({lines.sql}) WHERE contains(raw, '{{') AND try(json_keys(raw)) IS NULL"
        f" LIMIT {_FIRST_OTHERS}",
        lines.parameters,
    )
    found = set()
    for row in rows:
        with suppress(_NoRecordError):
            found.add(tuple(key for key, _ in _parsed(row[0]) if not _has_half(key)))
    return found - {()}


def _not_lines(content: Content) -> str | None:
    """What a JSON file is that has not one object per line, and what to do; None if it may have."""
    text = _beginning(content)
    if text.startswith("["):
        line = text.partition("\n")[0].rstrip()
        if _ends_with(content, b"]") or (_ARRAY.match(text) and _first_value(line) != line):
            return f"it is a JSON array, {_ONE_PER_LINE} with jq -c '.[]' FILE"
    if "\n" in _first_value(text):
        return f"its JSON objects have several lines, {_ONE_PER_LINE} with jq -c . FILE"
    return None


def _begins_with_two(content: Content) -> bool:
    """Whether another object follows the first one on its line."""
    text = _beginning(content)
    first = _first_value(text)
    return bool(first) and text[len(first) :].lstrip(_BLANK).startswith("{")


def _beginning(content: Content) -> str:
    with content.path.open("rb") as stream:
        return stream.read(_HEAD).removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").lstrip()


def _ends_with(content: Content, end: bytes) -> bool:
    with content.path.open("rb") as stream:
        stream.seek(max(content.path.stat().st_size - _HEAD, 0))
        return stream.read().rstrip().endswith(end)


def _first_value(text: str) -> str:
    """The JSON value that a text begins with; nothing if it is broken."""
    try:
        return text[: json.JSONDecoder().raw_decode(text)[1]]
    except (ValueError, RecursionError):
        return ""


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
            SELECT * EXCLUDE (flaw, "values", kind), {fields}, flaw AS fault,
                CASE WHEN flaw IS NOT NULL THEN {RECORD}
                     WHEN "values" IS NULL THEN
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
            for number in rows:
                yield _judge(next(reader.starting_at(number)), columns.fields, own)

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


def _judge(line: Line, names: Sequence[str], own: _Own) -> Judged:
    text = line.text.rstrip("\r")
    if line.flaw:
        return Judged(line.number, line.number, (), line.flaw, text)
    try:
        fields = _fields(_parsed(text), names, own)
    except (_NoRecordError, InputProblem) as problem:
        return Judged(line.number, line.number, (), str(problem), text)
    return Judged(line.number, line.number, fields, None, text)


class _NoRecordError(Exception):
    """Why a line is no record."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _parsed(text: str) -> list[tuple[str, Any]]:
    """The pairs of the object that `text` is, numbers as written."""
    try:
        value = json.loads(
            text, parse_int=_Number, parse_float=_Number, parse_constant=_NotJson, object_pairs_hook=_Pairs
        )
    except RecursionError:
        raise _NoRecordError("values nested too deep") from None
    except ValueError as error:
        raise _NoRecordError(f"not JSON: {error}") from None
    if not isinstance(value, _Pairs):
        raise _NoRecordError("not a JSON object: one object per line is needed")
    return value


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as its pairs, repeated keys and all."""


class _NotJson(str):
    """NaN or infinity: a fault only where a field wants the value."""

    __slots__ = ()


def _fields(pairs: list[tuple[str, Any]], names: Sequence[str], own: _Own) -> tuple[str | None, ...]:
    values = dict(pairs)
    keys, unsaid = own(tuple(values))
    if len(values) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        for key in keys.values():
            if counts[key] > 1:
                raise _NoRecordError(f"the key {json.dumps(key)} stands there twice")
    _refuse_nested([name for name, key in keys.items() if isinstance(values.get(key), list)])
    texts = {name: _text(name, values.get(key)) for name, key in keys.items()}
    return tuple(texts.get(name, unsaid.get(name)) for name in names)


def _refuse_nested(names: Sequence[str]) -> None:
    """Raise if any of these fields has an object or a list for its value."""
    if not names:
        return
    what = f"{names[0]} is an object or a list"
    if len(names) > 1:
        what = f"{' and '.join(names)} are objects or lists"
    ways = " ".join(f"--map {name}=COLUMN" for name in names)
    raise _NoRecordError(f"{what}; a text or number is needed: choose another key with {ways}")


def _text(field: str, value: Any) -> str | None:
    if isinstance(value, _NotJson):
        raise _NoRecordError(f"not JSON: {value} is no JSON")
    if value is None or isinstance(value, str):
        return _held(field, value)
    return "true" if value else "false"


def _has_half(text: str) -> bool:
    """Whether a text has a lone surrogate, which is no character."""
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _held(field: str, value: str | None) -> str | None:
    """The value, if DuckDB can hold it: lone surrogates are no characters."""
    if value is not None and _has_half(value):
        raise _NoRecordError(f"{field} has half a character (a lone surrogate)")
    return None if value is None else str(value)
