"""JSON lines: one object per line, whose keys are the headers of the file.

SQL reads the plainly valid lines. All others (not JSON, not an object, nested values, a repeated key, a
number that DuckDB would write differently) are parsed in Python, which gives the reason.
"""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from contactrep.duck import Error, Session
from contactrep.errors import InputProblem, MappingProblem, UnknownHeaders, listed
from contactrep.events import MERGED, is_storable
from contactrep.read import shape
from contactrep.read.broken import fault
from contactrep.read.columns import (
    MERGED_CONTACT_ID,
    MERGED_SEPARATOR,
    Choice,
    Columns,
    Reference,
    is_step,
    require_merges,
    sum_sql,
)
from contactrep.read.content import Content
from contactrep.read.lines import Line, LineReader, exact, select_lines
from contactrep.read.mapping import Mapping
from contactrep.read.sources import Folders
from contactrep.read.table import BROKEN, NOTHING, RECORD, LooksGood, ParsedRecord, Select, Table
from contactrep.read.timestamps import Forms

# What must be looked at more closely: no object; a value that is nested, true or false, a number that is more
# than digits (DuckDB writes 1e5 as 100000.0 and -0 as 0), NaN or infinity, or a comma before the end, all of
# which are JSON to DuckDB. Within a text it may match too, which costs time only.
_ODD = r'^\s*[^\s{]|"\s*:\s*(?:[\[{tf]|-?[0-9]+[.eE]|-0|-?[nN][aA]|-?[iI])|,\s*[}\]]'
# Whether one of the objects at the pointers $objects has its key of $steps twice.
_REPEATS_WITHIN = """list_filter(json_keys(raw, $objects),
    LAMBDA keys, place: length(list_filter(keys, LAMBDA one: one = $steps[place])) > 1) <> []"""
_LENIENT = r"(?i),\s*[}\]]|[\[:,]\s*-?(?:nan|inf)"
_BLANK = " \t\r"
_FIRST_OTHERS = 1000  # lines
_FIRST_KEYS = 10_000  # lines; if all have the same keys, the others are taken to have them, too
_FIRST_LINES = 1000  # whose values are looked into for advice
_LONGEST_WORD = 8  # bytes of what stands for infinity
_NO_FORMAT = "%%"  # of a time; else DuckDB would take texts for times
_MOST_PATHS = 100_000
_A_KEY = 400  # bytes that Python needs for a key
_MOST_STEPS = 50
_MOST_KEYED = 4  # steps to an object of records


def open_jsonl(session: Session, content: Content, otherwise: Sequence[str]) -> Table:
    """The Table of a JSONL file: its headers are all keys of its objects, or `otherwise` if it has none."""
    lines = select_lines(content)
    first = f"SELECT DISTINCT try(json_keys(raw)) FROM (FROM ({lines.sql}) LIMIT {_FIRST_KEYS}) LIMIT 2"
    rows = session.run(first, lines.parameters)
    keys = tuple(rows[0][0] or ()) if len(rows) == 1 else ()
    paths = _paths(session, lines)
    table = JsonLines(content, session, tuple(otherwise), keys, paths)
    return table if keys and len(set(keys)) == len(keys) else table.complete()


def _paths(session: Session, lines: Select) -> tuple[str, ...]:
    """The paths into the values of the first lines, such as `user.name`, where most of them have parts."""
    found: dict[str, dict[str, None]] = {}
    records, nested = 0, Counter[str]()
    for (raw,) in session.run(f"SELECT raw FROM ({lines.sql}) LIMIT {_FIRST_LINES}", lines.parameters):
        with suppress(_NoRecordError):
            for key, value in _parsed(raw or ""):
                if isinstance(value, list):
                    nested[key] += 1
                    found.setdefault(key, {}).update(dict.fromkeys(islice(_within(key, value), _MOST_PATHS)))
            records += 1
    paths = (path for key, inside in found.items() if nested[key] > records / 2 for path in inside)
    return tuple(islice(paths, _MOST_PATHS))


def _within(path: str, value: Any) -> Iterator[str]:
    """The paths to the values within the value at a path, at most a few steps deep."""
    if not isinstance(value, list) or path.count(".") + path.count("[") >= _MOST_STEPS:
        return
    inside = (
        ((f"{path}.{key}", part) for key, part in value if is_step(key))
        if isinstance(value, _Pairs)
        else ((f"{path}[{at}]", part) for at, part in enumerate(value[:1]))
    )
    for name, part in inside:
        if not isinstance(part, list):
            yield name
        yield from _within(name, part)


def _is_of_columns(record: _Pairs) -> bool:
    """Whether each key has the values of all records, in an array or under 0, 1, 2 …"""
    keys = [
        tuple(key for key, _ in value) if isinstance(value, _Pairs) else len(value)
        for _, value in record
        if isinstance(value, list)
    ]
    numbered = [it if isinstance(it, int) else len(it) if all(map(str.isdecimal, it)) else 0 for it in keys]
    return len(record) == len(keys) > 1 and numbered[0] > 1 and len(set(keys)) == 1


def _is_of_rows(pair: tuple[str, Any]) -> bool:
    """Whether a value is a table: arrays with texts, which those of places on a map have not."""
    _, rows = pair
    is_table = type(rows) is list and len(rows) > 1 and all(type(row) is list for row in rows)
    return is_table and any(type(cell) is str for row in rows for cell in row)


def _place_of_keyed(record: _Pairs, steps: tuple[str, ...] = ()) -> tuple[str, list[_Pairs]] | None:
    """The path of jq, without its first dot, to an object whose values are objects with the same keys, and
    these objects."""
    inside = [(key, value) for key, value in record if isinstance(value, _Pairs)]
    shared = set.intersection(*({key for key, _ in value} for _, value in inside)) if inside else set()
    if len(inside) == len(record) > 1 and len(shared) > 1:
        return ".".join(map(json.dumps, steps)), [value for _, value in inside]
    places = (_place_of_keyed(value, (*steps, key)) for key, value in inside if len(steps) < _MOST_KEYED)
    return next((it for it in places if it is not None), None)


def _have_times(records: list[_Pairs]) -> bool:
    """Whether all objects have a time under the same key."""
    looks_good = Forms().looks_good
    times = [{key for key, value in it if isinstance(value, str) and looks_good(value)} for it in records]
    return bool(set.intersection(*times))


def _keys_of_others(session: Session, lines: Select) -> set[tuple[str, ...]]:
    """The keys of lines that only Python can read, such as with half a character in a text; of the first ones
    only, for most such lines are broken."""
    rows = session.run(
        f"SELECT raw FROM ({lines.sql}) WHERE contains(raw, '{{') AND try(json_keys(raw)) IS NULL"
        f" LIMIT {_FIRST_OTHERS}",
        lines.parameters,
    )
    found = set()
    for row in rows:
        with suppress(_NoRecordError):
            found.add(tuple(key for key, _ in _parsed(row[0]) if is_storable(key)))
    return found - {()}


@dataclass(frozen=True)
class JsonLines(Table):
    """A JSONL file; `otherwise` as for `open_jsonl`.

    `assumed`: `headers` are the keys of its first lines, which all records are taken to have. `others` are
    the lists of keys that only Python can read.
    """

    content: Content
    session: Session
    otherwise: tuple[str, ...]
    headers: tuple[str, ...]
    paths: tuple[str, ...]
    assumed: bool = True
    others: Set[tuple[str, ...]] = frozenset()

    def columns(self, mapping: Mapping, folders: Folders) -> Columns:
        columns = super().columns(mapping, folders)
        has_records = self.assumed or self.headers != self.otherwise
        return columns if has_records else replace(columns, ignored=())

    def explained(self, problem: InputProblem) -> InputProblem:
        paths = shape.arrays_of_objects(self.content.head)
        if not paths:
            return self._turned(problem)
        within = f"{self.content.records}." if self.content.records else ""
        way = f"--records {shlex.quote(within + paths[0])}"
        found = f"(found: {listed(self.headers)})"
        if isinstance(problem, UnknownHeaders):
            return MappingProblem(f"its records are in an array {found}", f"use {way}")
        if isinstance(problem, MappingProblem):
            return MappingProblem(problem.what, f"{problem.way}; if its records are in an array, use {way}")
        return InputProblem(f"{problem}; if its records are in an array, use {way}")

    def _turned(self, problem: InputProblem) -> InputProblem:
        """What is wrong with an object that has all records: a path into it gives one of them, not all."""
        if self.content.facts.lines != 1:
            return problem
        lines = select_lines(self.content)
        try:
            record = _parsed(self.session.value(f"SELECT raw FROM ({lines.sql})", lines.parameters))
        except _NoRecordError:
            return problem
        way = "write one record a line, in pandas with to_json(FILE, orient='records', lines=True)"
        if _is_of_columns(record):
            return InputProblem(f"its records are in columns: {way}")
        if isinstance(problem, UnknownHeaders) and any(map(_is_of_rows, record)):
            return InputProblem(f"its records are arrays without keys: {way}")
        place, records = _place_of_keyed(record) or ("", [])
        # Objects without the named column as a key, or without times, may be parts of one record.
        is_named = any(f"'{key}'" in str(problem) for it in records[:1] for key, _ in it)
        if not records or not (isinstance(problem, UnknownHeaders) or (is_named and _have_times(records))):
            return problem
        within = re.sub(r"([^.\[\]]+)(?=[.\[]|$)", r'"\1"', self.content.records or "")
        place = ".".join(filter(None, (within, place)))
        way = f"make lines of them: jq -c '.{place}|to_entries[]|.value+{{key}}' FILE | contactrep load -"
        return InputProblem(f"its records are in an object, each under a key of its own: {way}")

    def rows(self, columns: Columns) -> Select:
        return select_lines(self.content)

    def select(self, columns: Columns, rows: str) -> Select:
        reading = _Reading(columns, self.headers)
        used = list(dict.fromkeys(self.headers[it.place] for it in columns.references))
        other_keys = "keys IS DISTINCT FROM $keys" if self.assumed else _repeats(len(used))
        steps = _steps_within(self.headers, columns)
        return Select(
            f"""
            SELECT * EXCLUDE (flaw, "values", keys), {columns.sql(reading.value)}, flaw AS fault,
                CASE WHEN flaw IS NOT NULL THEN {RECORD}
                     WHEN "values" IS NULL THEN
                         CASE WHEN trim(coalesce(raw, ''), '{_BLANK}') = '' THEN {NOTHING} ELSE {BROKEN} END
                     WHEN {other_keys} OR {self._doubtful()} OR {reading.doubtful()}
                         OR {_REPEATS_WITHIN if steps else "false"} THEN {BROKEN}
                     ELSE {RECORD} END AS state
            FROM (SELECT *, try(json_extract_string(raw, $paths)) AS "values", try(json_keys(raw)) AS keys
                  FROM ({rows}))
            """,
            {"paths": [_pointer(self.headers[it.place], it.path) for it in columns.references]}
            | ({"keys": list(self.headers)} if self.assumed else {"used": used})
            | ({"objects": [it for it, _ in steps], "steps": [key for _, key in steps]} if steps else {}),
        )

    def quick(self, columns: Columns) -> Select | None:
        """See Table.quick: DuckDB reads keys and values at once, which takes half of the time. A key that no
        first record has is an error, as long as all keys are asked for; one that a record lacks must not
        change what the others mean."""
        if not self.assumed or columns.deciding or self.content.rewritten:
            return None
        names = [f"c{place}" for place in range(len(self.headers))]
        parameters = {"path": exact(self.content.path), "no_format": _NO_FORMAT}
        read = (
            "read_json($path, format = 'newline_delimited', compression = 'none', hive_partitioning = false,"
            f" sample_size = {_FIRST_KEYS}, dateformat = $no_format, timestampformat = $no_format)"
        )
        scan = f"{read} AS file({', '.join(names)})"
        values = ", ".join(it.sql for it in columns.references)
        try:
            keys = self.session.run(f"DESCRIBE FROM {read}", parameters)
            types = self.session.run(f"DESCRIBE SELECT {values} FROM {scan}", parameters)
        except Error:
            return None
        is_text = all(kind == "VARCHAR" for _, kind, *_ in types)
        # A column of nothing but nulls has a type of its own, and is not read at all.
        is_whole = not any(kind.strip('"') == "NULL" for _, kind, *_ in keys)
        if not is_text or not is_whole or tuple(name for name, *_ in keys) != self.headers:
            return None
        doubts = [
            _hides_more(it.sql, name) for name, choice in columns.choices.items() for it in choice.references
        ]
        used = {it.place for it in columns.references}
        if others := [name for place, name in enumerate(names) if place not in used]:
            doubts.append(f"hash({', '.join(others)}) = 0")
        return Select(
            f"""
            SELECT {columns.sql(lambda it: it.sql)}, NULL::VARCHAR AS fault,
                CASE WHEN {" OR ".join(doubts)} THEN {BROKEN} ELSE {RECORD} END AS state
            FROM {scan}
            """,
            parameters,
            raw="NULL::VARCHAR",
        )

    def complete(self) -> Table:
        if not self.assumed:
            return self
        lines = select_lines(self.content)
        most = self.session.for_names // _A_KEY
        rows = self.session.run(
            f"""
            SELECT key, bool_and(same)
            FROM (SELECT keys = $keys AS same, unnest(keys) AS key, generate_subscripts(keys, 1) AS place
                  FROM (SELECT coalesce(try(json_keys(raw)), [NULL]) AS keys FROM ({lines.sql})))
            GROUP BY key ORDER BY min(place), key LIMIT {most + 1}
            """,
            {**lines.parameters, "keys": list(self.headers)},
        )
        self.session.require_room(len(rows) * _A_KEY)
        found: dict[Any, bool | None] = dict(rows)
        others = _keys_of_others(self.session, lines) if None in found else set()
        found.pop(None, None)
        if found and tuple(found) == self.headers and all(found.values()) and others <= {self.headers}:
            return self
        found |= dict.fromkeys(key for keys in sorted(others) for key in keys)
        return replace(self, headers=tuple(found) or self.otherwise, assumed=False, others=others)

    def differ(self, headers: Collection[str]) -> bool:
        if self.assumed or not headers:
            return False
        lines = select_lines(self.content)
        rows = self.session.run(
            f"""SELECT DISTINCT list_filter($headers, LAMBDA header: list_contains(keys, header))
                FROM (SELECT try(json_keys(raw)) AS keys FROM ({lines.sql})) WHERE keys <> [] LIMIT 2""",
            {**lines.parameters, "headers": list(headers)},
        )
        found = {frozenset(row[0]) for row in rows} | {frozenset(headers) & {*keys} for keys in self.others}
        return len(found) > 1

    def parse(self, rows: Iterable[int], columns: Columns, looks_good: LooksGood) -> Iterator[ParsedRecord]:
        reading = _Reading(columns, self.headers)
        with LineReader(self.content) as reader:
            for number in rows:
                yield _parse(next(reader.starting_at(number)), reading)

    def _doubtful(self) -> str:
        """SQL for whether Python has to look at a line; CASE spares most lines the closer look."""
        return f"""CASE WHEN regexp_matches(raw, '{_ODD}') THEN
                         json_type(raw) <> 'OBJECT' OR regexp_matches(raw, '{_LENIENT}')
                         OR list_has_any(json_type(raw, $paths), ['DOUBLE', 'BOOLEAN', 'OBJECT', 'ARRAY'])
                         OR (list_contains("values", '0') AND contains(raw, '-0'))
                     ELSE false END"""


def _repeats(count: int) -> str:
    """SQL for whether one of the `count` keys in $used occurs twice among the keys of an object."""
    found = (f"list_filter(keys, LAMBDA key: key = $used[{place + 1}])" for place in range(count))
    return " OR ".join(f"length({it}) > 1" for it in found)


def _hides_more(text: str, field: str) -> str:
    """SQL for whether the text of a value may be of something that DuckDB wrote in its own way, or is neither
    text nor number: an object, a list, a number with a fraction or an exponent, NaN, or for an id true or
    false."""
    words, firsts = r"-?(?:nan|inf(?:inity)?)", "nNiI"
    if field == "contact_id":
        words, firsts = f"{words}|true|false", f"{firsts}tf"
    # Comparisons cost less than functions do.
    return rf"""CASE
        WHEN {text} >= '-' AND {text} < ':' THEN CASE
            WHEN contains({text}, '.') OR contains({text}, 'e') OR {text} < '.' OR {text} = '0'
            THEN regexp_full_match({text}, '(?i)-?[0-9.]+(?:e[+-]?[0-9]+)?|{words}') END
        WHEN {text} >= '{{' AND {text} < '|' OR {text} >= '[' AND {text} < '\' THEN true
        WHEN strlen({text}) <= {_LONGEST_WORD} THEN CASE
            WHEN unicode({text}) IN ({", ".join(str(ord(it)) for it in firsts)})
            THEN regexp_full_match({text}, '(?i){words}') END END"""


@dataclass(frozen=True)
class _Reading:
    """How the fields of a record are read, whose keys are among `headers`."""

    columns: Columns
    headers: Sequence[str]

    def value(self, reference: Reference) -> str:
        """SQL for the text of a value of a record."""
        return f'"values"[{self.columns.references.index(reference) + 1}]'

    def doubtful(self) -> str:
        """SQL for whether Python has to look at a record: two keys may differ, or it may be a merge."""
        choices = self.columns.choices
        doubts = [
            f"{_how_many([sum_sql(one, self.value) for one in rank])} > 1"
            for choice in choices.values()
            for rank in choice.ranks
            if len(rank) > 1
        ]
        if self.columns.merging:
            event, merging = choices["event"].sql(self.value), map(self.value, self.columns.merging)
            doubts.append(f"{event} IS NULL AND {_how_many(list(merging))} > 0")
        return " OR ".join(doubts) or "false"

    def fields(self, pairs: _Pairs) -> tuple[str | None, ...]:
        """The fields of an object; _NoRecordError or InputProblem says why it is not a record."""
        texts = {}
        for name, choice in self.columns.choices.items():
            self._refuse_rivals(name, choice, pairs)
            texts[name] = choice.text(lambda it, name=name: _text(name, self._found(it, pairs)))  # type: ignore[misc]
        merging = [it for it in self.columns.merging if self._found(it, pairs) not in (None, "")]
        if merging and not texts["event"]:
            require_merges(self.headers[merging[0].place], self.columns.event)
            texts["event"] = MERGED
        return tuple(texts.values())

    def _found(self, reference: Reference, pairs: _Pairs) -> Any:
        value: Any = pairs
        for step in (self.headers[reference.place], *reference.path):
            value = _part(value, step)
        return value

    def _refuse_rivals(self, name: str, choice: Choice, pairs: _Pairs) -> None:
        """Raise where two keys of equal rank give a field different values."""
        for rank in choice.ranks if len(choice.sums) > 1 else ():
            found = {one[0]: self._found(one[0], pairs) for one in rank}
            values = {it: value for it, value in found.items() if value not in (None, "")}
            if len(set(map(str, values.values()))) > 1:
                names = " and ".join(f"'{self.headers[it.place]}'" for it in values)
                raise _NoRecordError(
                    f"keys {names} both mean {name}, but differ: choose one with --map {name}=COLUMN"
                )


def _part(value: Any, step: str | int) -> Any:
    """The part of a value under a key, or at a place of a list; None if there is none."""
    if isinstance(step, int):
        is_list = isinstance(value, list) and not isinstance(value, _Pairs)
        return value[step] if is_list and step < len(value) else None
    if not isinstance(value, _Pairs):
        return None
    parts = [part for key, part in value if key == step]
    if len(parts) > 1:
        raise _NoRecordError(f"the key {json.dumps(step)} occurs twice")
    return parts[0] if parts else None


def _how_many(texts: Sequence[str]) -> str:
    """SQL for how many of these texts are not empty."""
    return " + ".join(f"CASE WHEN {text} <> '' THEN 1 ELSE 0 END" for text in texts)


def _pointer(key: str, path: Sequence[str | int] = ()) -> str:
    """A JSON pointer (RFC 6901) to a key or a path within it, whatever characters it has."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in (key, *path))


def _steps_within(headers: Sequence[str], columns: Columns) -> list[tuple[str, str]]:
    """The steps of paths to values below the first: the pointer to an object, and the key within it."""
    steps = (
        (_pointer(headers[it.place], it.path[:depth]), key)
        for it in columns.references
        for depth, key in enumerate(it.path)
        if isinstance(key, str)
    )
    return list(dict.fromkeys(steps))


def _parse(line: Line, reading: _Reading) -> ParsedRecord:
    text = line.text.rstrip("\r")
    fields, fault = tuple[str | None, ...](), line.flaw
    try:
        fields = () if fault else reading.fields(_parsed(text))
    except (_NoRecordError, InputProblem) as problem:
        fault = str(problem)
    return ParsedRecord(line.number, line.number, fields, fault, text)


class _NoRecordError(Exception):
    """Why a line is not a record."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _parsed(text: str) -> _Pairs:
    """The pairs of the object that `text` is, numbers as written."""
    try:
        value = json.loads(
            text, parse_int=_Number, parse_float=_Number, parse_constant=_NotJson, object_pairs_hook=_Pairs
        )
    except RecursionError:
        raise _NoRecordError("values nested too deep") from None
    except json.JSONDecodeError as error:
        # Its own line and column would be taken for those of the file.
        what = fault(error.msg, text, error.pos)
        raise _NoRecordError(f"not JSON: {what} (character {error.pos + 1} of the record)") from None
    if not isinstance(value, _Pairs):
        way = 'write each record with its keys, such as {"contact_id": "7"}'
        raise _NoRecordError(f"not a JSON object: {way}")
    return value


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as its pairs, repeated keys and all."""


class _NotJson(str):
    """NaN or infinity: a fault only where a field wants the value."""

    __slots__ = ()


def _text(name: str, value: Any) -> str | None:
    """A value as text; _NoRecordError where that is not JSON, or DuckDB cannot hold it."""
    if isinstance(value, list):
        is_ids = name == MERGED_CONTACT_ID and not isinstance(value, _Pairs)
        if not is_ids or any(isinstance(part, list) for part in value):
            way = f"a text or number is needed: choose another key with --map {name}=COLUMN"
            raise _NoRecordError(f"{name} is an object or a list; {way}")
        return MERGED_SEPARATOR.join(filter(None, (_text("an id", part) for part in value)))
    if isinstance(value, _NotJson):
        raise _NoRecordError(f"not JSON: {value} is not a JSON value")
    if isinstance(value, str) and not is_storable(value):
        raise _NoRecordError(f"{name} has half a character (a lone surrogate)")
    if isinstance(value, bool):
        text = "true" if value else "false"
        if name.endswith("contact_id"):
            raise _NoRecordError(f"{name} is {text}: a text or number is needed")
        return text
    return None if value is None else str(value)
