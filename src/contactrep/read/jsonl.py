"""JSON lines: one object a line, its keys the headers of the file.

SQL reads the lines that are plainly good; whatever is not (no JSON, no object, a value with values inside,
a key twice, a number that DuckDB would write another way) is judged in Python, which knows why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def open_jsonl(bench: Bench, content: Content, otherwise: Sequence[str]) -> Table:
    """The Table of a JSONL file: its headers are all keys of its objects, or `otherwise` if it has none."""
    lines = relation(content)
    rows = bench.run(
        f"SELECT DISTINCT try(json_keys(raw)) FROM ({lines.sql})",
        lines.parameters,
    )
    keys = sorted(row[0] for row in rows if row[0])
    headers = tuple(dict.fromkeys(key for row in keys for key in row))
    return JsonLines(
        content, headers or tuple(otherwise), repeats=any(len(set(row)) < len(row) for row in keys)
    )


@dataclass(frozen=True)
class JsonLines(Table):
    """A JSONL file; `repeats` says whether an object in it has a key twice."""

    content: Content
    headers: tuple[str, ...]
    repeats: bool

    def select(self, wanted: Mapping[str, int]) -> Relation:
        """See Table.select."""
        lines = relation(self.content)
        fields = ", ".join(f'"values"[{at}] AS "{name}"' for at, name in enumerate(wanted, start=1))
        return Relation(
            f"""
            SELECT raw, {fields}, flaw AS fault,
                CASE WHEN flaw IS NOT NULL THEN {RECORD}
                     WHEN "values" IS NULL THEN
                         CASE WHEN trim(coalesce(raw, ''), '{_BLANK}') = '' THEN {NOTHING} ELSE {BROKEN} END
                     WHEN {self._doubtful()} THEN {BROKEN} ELSE {RECORD} END AS state
            FROM (SELECT raw, flaw, try(json_extract_string(raw, $paths)) AS "values" FROM ({lines.sql}))
            """,
            lines.parameters | {"paths": [_pointer(self.headers[place]) for place in wanted.values()]},
        )

    def judge(
        self, rows: Iterable[int], wanted: Mapping[str, int], looks_good: LooksGood
    ) -> Iterator[Judged]:
        """See Table.judge."""
        keys = {name: self.headers[place] for name, place in wanted.items()}
        with LineReader(self.content) as reader:
            for number in rows:
                yield _judge(next(reader.starting_at(number)), keys)

    def _doubtful(self) -> str:
        """SQL for whether Python has to look at a line; CASE spares most lines the closer look."""
        repeats = (
            "length(list_distinct(json_keys(raw))) <> length(json_keys(raw))" if self.repeats else "false"
        )
        return f"""CASE WHEN regexp_matches(raw, '{_ODD}') THEN
                         json_type(raw) <> 'OBJECT' OR regexp_matches(raw, '{_LENIENT}')
                         OR list_has_any(json_type(raw, $paths), ['DOUBLE', 'OBJECT', 'ARRAY'])
                         OR (list_contains("values", '0') AND contains(raw, '-0')) OR {repeats}
                     ELSE {repeats} END"""


def _pointer(key: str) -> str:
    """A JSON pointer (RFC 6901) to a key, whatever characters it has."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _judge(line: Line, keys: Mapping[str, str]) -> Judged:
    text = line.text.rstrip("\r")
    try:
        fields = _fields(_parsed(text), keys)
    except _NoRecordError as problem:
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


def _fields(pairs: list[tuple[str, Any]], keys: Mapping[str, str]) -> tuple[str | None, ...]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NoRecordError(f"the key {json.dumps(twice)} stands there twice")
    return tuple(_text(field, values.get(key)) for field, key in keys.items())


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
