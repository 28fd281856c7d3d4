"""Which values make an event, as SQL: one place for every format and every rule on a value.

First a `conversion` turns a row's texts into typed values or a fault. Then pass 1 (`plain`) and pass 2
(`placed`) turn these values into events. Both need `Meanings`: the kinds and sources that the texts of a file
stand for. Python finds them, because SQL does not compare Unicode ignoring case as Python does. `plain` uses
the Meanings of the first records, and sets no `ts` on rows that need a closer look. `placed` handles those
rows, with their own Meanings and the zone's offsets on each of their days.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from contactrep.duck import Relation
from contactrep.errors import either
from contactrep.events import (
    COLUMNS,
    DELETED,
    KINDS,
    MERGED,
    USER_SOURCE,
    known_kind,
    known_source,
    match_key,
)
from contactrep.read.columns import MERGED_CONTACT_ID, MERGED_SEPARATOR, Columns, field_of, time_of
from contactrep.read.mapping import LEAVE_OUT, Mapping
from contactrep.read.table import NOTHING, RECORD, Conversion, Select
from contactrep.read.timestamps import FIRST, INVISIBLE, LAST, SERIAL, Forms

TEXTS: Final = ("merged_contact_id", "contact_name", "channel", "source", "user_id", "user_name")
"""The fields that are kept as they are; empty means null."""

WHITESPACE: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""Every character for which Python's `str.isspace` is true."""

NULL_MARKED: Final = "list_filter([{}], lambda field: field IS NOT NULL)".format(
    ", ".join(rf"CASE WHEN {name} = '\N' THEN '{name}' END" for name in TEXTS)
)
"""SQL for the fields of a row that have PostgreSQL's and MySQL's mark for null in the place of a text."""

ROUNDED: Final = r"[+-]?[0-9]+[.,][0-9]+[eE][+-][0-9]+"
"""What a spreadsheet writes for a number of which it has kept the first digits only."""

_ROUNDED_REASON: Final = " was rounded by a spreadsheet: export it again with the ids as text"

NULL_TIME: Final = r"NULL|null|None|nan|NaN|NaT|\\N|0000-00-00(?: 00:00:00)?"
"""What programs write where there is no time."""

_SHOWN = 60  # characters of a bad value in a reason
_KINDS: Final = "(" + ", ".join(f"'{kind}'" for kind in KINDS) + ")"
ABSENT, SKIPPED = "absent", "skipped"
"""The event of a row that gives none: it is not a record, or it is left out on purpose."""

CONVERTED: Final = f"part, state, fault, left_out, moment, naive, contact_id, event, {', '.join(TEXTS)}, raw"
"""The columns of rows whose texts are values."""

_USERS: Final = f"('{DELETED}', '{MERGED}')"  # the kinds that are a user's doing where no source is named
_SPELLED: Final = r"lower(regexp_replace(event, '[\s_-]', '', 'g'))"
"""SQL for an event in the spelling of kinds. `Meanings` alone decide which kind it is."""

_CERTAIN: Final = f"moment BETWEEN '{FIRST}'::DATE + 3 AND '{LAST}'::DATE - 3"


def conversion(forms: Forms, columns: Columns, mapping: Mapping) -> Conversion:
    """From the texts of a row to (part, state, fault, raw, left_out, moment, naive, event, contact_id, …).

    `moment` is a TIMESTAMP in UTC, or a wall time if `naive`; `left_out` is whether a rule of the mapping
    leaves the record out on purpose. A record with the times of several events gives a row for each kind,
    told apart by `part` (from 0); the row of a kind whose time is empty is NOTHING. Without `also`, as in
    pass 1, a fault is only a mark: its text has no value.
    """
    rules = {field: _Rules(field, mapping.rules(field)) for field in COLUMNS if mapping.values.get(field)}
    constants = columns.constants
    bound: dict[str, Any] = {f"folder_{name}": value for name, value in constants.items()}
    bound |= {f"given_{name}": value for name, value in mapping.set.items()}
    for one in rules.values():
        bound |= one.parameters
    if columns.kinds:
        bound |= {"kinds": list(columns.kinds), "kind_columns": either(mapping.kinds.values())}
    present = {*columns.fields, *(("timestamp", "event") if columns.kinds else ())}
    further = "".join(
        f', {f"$folder_{name}" if name in constants else "NULL"}::VARCHAR AS "{name}"'
        for name in COLUMNS
        if name not in present
    )
    filled = ", ".join(f"coalesce(nullif({name}, ''), $given_{name}) AS {name}" for name in mapping.set)

    def sql(texts: Select, also: str) -> str:
        rows = _by_kind(texts.sql, columns, rules.get("timestamp"))
        rows = f"SELECT *{further} FROM ({rows})"
        rows = _timed_by_kind(_ruled(rows, rules), columns)
        rows = f"SELECT * REPLACE ({filled}) FROM ({rows})" if filled else rows
        timed = forms.timed_sql(rows) if texts.is_wall is None else _timed(rows, is_wall=texts.is_wall)
        # To look for empty texts takes 0.05 µs a row.
        has_empty = bool(rules or constants or mapping.set) or not texts.is_filled
        others = ", ".join(f"{_text(name, has_empty=has_empty)} AS {name}" for name in ("event", *TEXTS))
        # Half of what DuckDB parses and binds for a load is there to show bad values, which pass 1 does not.
        fault = _fault(columns, _quoted if also else lambda _: "''")
        return f"""
            SELECT {also} part, state, fault, left_out, moment, naive, contact_id, {others},
                CASE WHEN {_doubtful(columns.event)} THEN {texts.raw} END AS raw
            FROM (SELECT * EXCLUDE fault, {fault} AS fault FROM ({timed}))
            """

    times = [at for at, name in enumerate(columns.fields) if field_of(name) == "timestamp"]

    def looks_good(texts: tuple[str | None, ...]) -> bool:
        return not times or any(forms.looks_good(texts[at] or "") for at in times)

    parameters = forms.parameters | {"whitespace": WHITESPACE} | bound
    return Conversion(sql, CONVERTED, looks_good, parameters)


def _timed(rows: str, *, is_wall: bool) -> str:
    """SQL for rows whose "timestamp" is a TIMESTAMP, with what `Forms.timed_sql` adds."""
    return f"""
        SELECT * REPLACE (NULL::VARCHAR AS "timestamp"), "timestamp" AS moment,
            {"true" if is_wall else "false"} AS naive, '' AS time_text,
            CASE WHEN "timestamp" IS NOT NULL THEN 'typed' END AS form
        FROM ({rows})
        """


def _by_kind(rows: str, columns: Columns, rule: _Rules | None) -> str:
    """SQL for rows with their `part`: of a record with the times of several events, a row for each kind. A
    time that the `rule` empties is none."""
    if not columns.kinds:
        return f"SELECT *, 0 AS part FROM ({rows})"
    ruled = rule.replaced if rule else str
    times = [time_of(kind) if time_of(kind) in columns.fields else "NULL" for kind in columns.kinds]
    without = f"trim(concat({', '.join(map(ruled, times))}), $whitespace) = ''"
    absent = f"""trim(coalesce({ruled('"timestamp"')}, ''), $whitespace) = ''"""
    return f"""
        SELECT * REPLACE (
            CASE WHEN state = {RECORD} AND {absent} AND NOT (without AND part = 0) THEN {NOTHING}
                ELSE state END AS state,
            coalesce(fault, CASE WHEN without THEN 'no time in ' || $kind_columns END) AS fault
        )
        FROM (
            SELECT *, {without} AS without, unnest(range({len(times)})) AS part,
                unnest($kinds::VARCHAR[]) AS event, unnest([{", ".join(times)}]::VARCHAR[]) AS "timestamp"
            FROM ({rows})
        )
        """


def _timed_by_kind(rows: str, columns: Columns) -> str:
    """SQL for rows with the time of their own kind, where a record has one, in place of the usual one."""
    kinds = [kind for kind in KINDS if time_of(kind) in columns.fields and not columns.kinds]
    if not kinds:
        return rows
    cases = " ".join(f"WHEN '{kind}' THEN nullif({time_of(kind)}, '')" for kind in kinds)
    return (
        f'SELECT * REPLACE (coalesce(CASE {_SPELLED} {cases} END, "timestamp") AS "timestamp") FROM ({rows})'
    )


@dataclass(frozen=True)
class _Rules:
    """The rules of `--value` for one field, in the order of `Mapping.rules`: the first that fits counts."""

    field: str
    texts: abc.Mapping[str, str]

    @property
    def parameters(self) -> dict[str, Any]:
        """What the SQL wants bound."""
        starts = {f"{self.field}_start{at}": text[:-1] for at, text in self._starts.items()}
        texts = [None if text == LEAVE_OUT else text for text in self.texts.values()]
        return {f"{self.field}_from": list(self.texts), f"{self.field}_to": texts, **starts}

    @property
    def _starts(self) -> dict[int, str]:
        """The texts that end in `*`, by their places."""
        return {at: text for at, text in enumerate(self.texts, start=1) if text.endswith("*")}

    def place(self, text: str) -> str:
        """SQL for the place of the rule that a text meets, from 1; null if it meets none. An empty text and
        null meet the same rules, and `*` is none of them."""
        whole = f"nullif(list_position(${self.field}_from::VARCHAR[], coalesce({text}, '')), 0)"
        cases = " ".join(
            f"WHEN starts_with(nullif({text}, ''), ${self.field}_start{at}) THEN {at}" for at in self._starts
        )
        return f"coalesce({whole}, CASE {cases} END)" if cases else whole

    def new(self, place: str) -> str:
        """SQL for the new text of the rule at a place; null where it leaves the record out."""
        return f"(${self.field}_to::VARCHAR[])[{place}]"

    def replaced(self, text: str) -> str:
        """SQL for a text after the rules; LEAVE_OUT where they leave the record out."""
        place = self.place(text)
        return f"CASE WHEN {place} IS NULL THEN {text} ELSE coalesce({self.new(place)}, '{LEAVE_OUT}') END"


def _ruled(rows: str, rules: abc.Mapping[str, _Rules]) -> str:
    """SQL for rows with the rules applied, and `left_out`."""
    if not rules:
        return f"SELECT *, false AS left_out FROM ({rows})"
    places = ", ".join(f"""{one.place(f'"{field}"')} AS rule_{field}""" for field, one in rules.items())
    new = {field: one.new(f"rule_{field}") for field, one in rules.items()}
    texts = ", ".join(
        f'CASE WHEN rule_{field} IS NULL THEN "{field}" ELSE {text} END AS "{field}"'
        for field, text in new.items()
    )
    left_out = " OR ".join(f"(rule_{field} IS NOT NULL AND {text} IS NULL)" for field, text in new.items())
    return f"""
        SELECT * REPLACE ({texts}), state = {RECORD} AND fault IS NULL AND ({left_out}) AS left_out
        FROM (SELECT *, {places} FROM ({rows}))
        """


# Below, CASE replaces OR and AND: it stops at the first match, but DuckDB evaluates every operand of OR and
# AND.


def _fault(columns: Columns, quoted: Callable[[str], str]) -> str:
    """SQL for why a row is rejected, null if it is good; `quoted` makes SQL for a column's value in it."""
    default = columns.event
    null = ""
    if columns.kinds:  # then a record need not have every time
        null = rf"""WHEN regexp_full_match("timestamp", '{NULL_TIME}') THEN {quoted('"timestamp"')}
            || ' looks like a null: use --value ''timestamp:' || "timestamp" || '='''"""
    return rf"""coalesce(fault, CASE
        WHEN form IS NULL THEN CASE WHEN coalesce(time_text, '') = '' THEN 'no timestamp'
            {null}
            WHEN regexp_matches(time_text, '{SERIAL}') THEN {quoted('"timestamp"')}
                || ' looks like the serial number of a date in a spreadsheet; use --timestamp-format excel'
            ELSE {quoted('"timestamp"')} || $unrecognised END
        WHEN moment IS NULL THEN {quoted('"timestamp"')} || ' is a time that does not exist'
        WHEN CASE WHEN {is_visible("contact_id")} THEN false
            ELSE trim(coalesce(contact_id, ''), $whitespace) = '' END THEN 'no contact_id'
        WHEN CASE WHEN unicode(contact_id) BETWEEN unicode('+') AND unicode('9') THEN
            CASE WHEN {has_point("contact_id")} THEN regexp_full_match(contact_id, '{ROUNDED}') END END
            THEN 'contact_id ' || {quoted("contact_id")} || '{_ROUNDED_REASON}'
        WHEN CASE WHEN {has_point(MERGED_CONTACT_ID)} THEN
                CASE WHEN regexp_matches({MERGED_CONTACT_ID}, '(?:^|;)\s*{ROUNDED}\s*(?:;|$)')
                THEN {_may_be_merge(default)} END END
            THEN '{MERGED_CONTACT_ID} ' || {quoted(MERGED_CONTACT_ID)} || '{_ROUNDED_REASON}' END)"""


def _may_be_merge(default: str | None) -> str:
    """SQL for whether a row may be a merge. Other events do not use merged_contact_id, so a rounded id there
    is not a fault."""
    others = ", ".join(f"'{kind}'" for kind in KINDS if kind != MERGED)
    return f"""CASE WHEN coalesce(event, '') = '' THEN {"true" if default in (None, MERGED) else "false"}
        ELSE {_SPELLED} NOT IN ({others}) END"""


def has_point(column: str) -> str:
    """SQL for whether a text has a decimal point or comma."""
    return f"(contains({column}, '.') OR contains({column}, ','))"


def is_visible(column: str) -> str:
    """SQL for whether a text begins with a visible ASCII character, so that it is not blank."""
    return f"unicode({column}) BETWEEN unicode('!') AND unicode('~')"


def _text(name: str, *, has_empty: bool) -> str:
    """SQL for the event or one of TEXTS, null where it is empty; a blank id is none."""
    if name != MERGED_CONTACT_ID:
        return f"nullif({name}, '')" if has_empty else name
    # Most rows have none, and trim takes longest of all.
    return f"""CASE WHEN {name} IS NULL OR {name} = '' THEN NULL
        WHEN {is_visible(name)} THEN {name}
        WHEN trim({name}, $whitespace) <> '' THEN {name} END"""


def _doubtful(default: str | None) -> str:
    """SQL for whether `placed` may still find a fault, so that the raw text must be kept until then."""
    return f"""CASE
        WHEN fault IS NOT NULL OR NOT ({_CERTAIN}) THEN true
        WHEN event IN {_KINDS} THEN false
        WHEN coalesce(event, '') = '' THEN {"false" if default else "true"}
        ELSE {_SPELLED} NOT IN {_KINDS} END"""


def _quoted(column: str) -> str:
    """SQL for a value in quotes, cut where it is long, with what is invisible in it shown as ‹U+00A0›."""
    cut = f"CASE WHEN length({column}) > {_SHOWN} THEN left({column}, {_SHOWN}) || '…' ELSE {column} END"
    code = "format('‹U+{:04X}›', ord(letter))"
    shown = f"CASE WHEN regexp_matches(letter, '{INVISIBLE}') THEN {code} ELSE letter END"
    letters = f"list_transform(string_split({cut}, ''), lambda letter: {shown})"
    text = (
        f"CASE WHEN regexp_matches({cut}, '{INVISIBLE}') THEN array_to_string({letters}, '') ELSE {cut} END"
    )
    return f"chr(39) || {text} || chr(39)"


def kind_of(event: str | None, default: str | None) -> str | None:
    """The kind that an event names, None if it names none; `default` where it is null or blank."""
    return known_kind(event) if event and match_key(event) else default


@dataclass(frozen=True)
class Meanings:
    """The kinds and sources that texts of another spelling mean, as far as they occur."""

    kinds: abc.Mapping[str, str]
    sources: abc.Mapping[str, str]

    @classmethod
    def of(cls, events: Iterable[str | None], sources: Iterable[str | None], default: str | None) -> Meanings:
        """What the events and sources of a file mean; `default` is the kind of rows without an event."""

        # There may be millions of texts, so only those with another meaning are kept.
        return cls(
            {
                text: known
                for text in events
                if text and (known := kind_of(text, default)) not in (None, text)
            },
            {text: known for text in sources if text and (known := known_source(text)) and known != text},
        )

    def parameters(self, prefix: str = "seen") -> dict[str, list[str]]:
        """What `kind_sql` and `source_sql` want bound."""
        return {
            f"{prefix}_kind": list(self.kinds),
            f"{prefix}_kind_means": list(self.kinds.values()),
            f"{prefix}_source": list(self.sources),
            f"{prefix}_source_means": list(self.sources.values()),
        }


# Meanings are looked up with list_position: a join does not keep the order of rows, and DuckDB turns IN and
# list_contains with many values into a join.


def kind_sql(event: str, default: str | None, prefix: str = "seen") -> str:
    """SQL for the kind that a text means, null if none; `default` is that of rows without an event."""
    otherwise = f"'{default}'" if default else "NULL::VARCHAR"
    return f"""CASE WHEN {event} IN {_KINDS} THEN {event} WHEN {event} IS NULL THEN {otherwise}
        ELSE {_meaning(event, f"{prefix}_kind")} END"""


def source_sql(source: str, kind: str, prefix: str = "seen") -> str:
    """SQL for a source: a known one in its own spelling, and User for kinds that only users cause."""
    return f"""CASE WHEN {source} IS NOT NULL THEN coalesce({_meaning(source, f"{prefix}_source")}, {source})
        WHEN {kind} IN {_USERS} THEN '{USER_SOURCE}' END"""


def _meaning(text: str, name: str) -> str:
    return f"(${name}_means::VARCHAR[])[list_position(${name}::VARCHAR[], {text})]"


_FIELDS: Final = f"""contact_id,
    CASE WHEN kind = '{MERGED}' THEN merged_contact_id END AS merged_contact_id, contact_name, channel,
    {source_sql("source", "kind")} AS source, user_id, user_name"""
"""SQL for the fields after the event; only merges keep a merged_contact_id."""

_HAS_SEVERAL_IDS: Final = f"""CASE WHEN kind = '{MERGED}' AND merged_contact_id IS NOT NULL
    THEN contains(merged_contact_id, '{MERGED_SEPARATOR}') ELSE false END"""
"""SQL for whether a row is several merges, one for each id in its merged_contact_id."""


def plain(converted: str, default: str | None, offset: str) -> str:
    """SQL for (ts, event, contact_id, …) of each converted row, in order, ts in UTC.

    `ts` is null unless the row is certainly an event. `event` is then ABSENT (no record), SKIPPED (left out
    on purpose), or any other value for a row that pass 2 examines. `default` is the kind of rows without one;
    `offset` (µs) is what is taken off naive times, null for those that need a closer look.
    """
    return f"""
        SELECT CASE WHEN state <> {RECORD} OR fault IS NOT NULL OR kind IS NULL OR left_out THEN NULL
                WHEN NOT ({_CERTAIN}) OR {_HAS_SEVERAL_IDS} THEN NULL
                WHEN naive THEN make_timestamp(epoch_us(moment) - {offset}) ELSE moment END AS ts,
            CASE WHEN state = {NOTHING} THEN '{ABSENT}' WHEN left_out THEN '{SKIPPED}' ELSE kind END AS event,
            {_FIELDS}
        FROM (SELECT *, {kind_sql("event", default)} AS kind FROM ({converted}))
        """


def placed(found: Relation, days: Relation, default: str | None, parts: int) -> str:
    """SQL over `found` for (line, part, ts, event, …, fold, raw, left_out, fault), ts in UTC.

    `default` is the kind of rows without one; naive times become instants by their row of `days`. A merge of
    several ids gives a row for each: the parts of the first are below `parts`, those of the second above.
    """
    ids = f"""CASE WHEN fault IS NULL AND NOT left_out AND contains(merged_contact_id, '{MERGED_SEPARATOR}')
        THEN list_filter(list_transform(
            string_split(merged_contact_id, '{MERGED_SEPARATOR}'), lambda id: trim(id, $whitespace)
        ), lambda id: id <> '') ELSE [merged_contact_id] END"""
    return f"""
        SELECT * EXCLUDE (ids, place)
            REPLACE (part + {parts} * (place - 1) AS part, ids[place] AS merged_contact_id)
        FROM (
            SELECT *, unnest(range(1, greatest(length(ids), 1) + 1)) AS place
            FROM (SELECT *, {ids} AS ids FROM ({_placed(found, days, default)}))
        )
        """


def _placed(found: Relation, days: Relation, default: str | None) -> str:
    """SQL for `placed` with one row per row of `found`."""
    return f"""
        SELECT line, part, ts, kind AS event, {_FIELDS}, fold, raw, left_out,
            coalesce(fault, CASE
                WHEN kind IS NULL AND event IS NULL THEN 'no event'
                WHEN kind IS NULL THEN 'unknown event ' || {_quoted("event")} || {_expected(default)}
                WHEN ts < '{FIRST}' OR ts >= '{LAST}' THEN 'a time outside the years 2 to 9998' END) AS fault
        FROM (
            SELECT *, {kind_sql("event", default)} AS kind,
                CASE WHEN day IS NULL THEN moment
                     WHEN moment < ends THEN make_timestamp(epoch_us(moment) - before)
                     ELSE make_timestamp(epoch_us(moment) - after) END AS ts,
                CASE WHEN moment >= starts AND moment < ends THEN occurs ELSE '' END AS fold
            FROM {found} LEFT JOIN {days} AS days ON CASE WHEN naive THEN moment::DATE END = days.day
        )
        """


def _expected(default: str | None) -> str:
    """SQL for what a reason adds to an unknown event: what was expected, and the option that helps. `default`
    can only be there because `--event` was given."""
    expected = f"' (expected {either(KINDS)})'"
    if default:
        return (
            f"{expected} || '; --event is for rows without an event: read no event column with --map event='"
        )
    plain = f"length(event) <= {_SHOWN} AND NOT regexp_matches(event, '[''\"\\x00-\\x1f]|{INVISIBLE}')"
    rename = "': use --value ''event:' || event || '=KIND'' with one of these, or =- to skip such rows'"
    return f"{expected} || CASE WHEN {plain} THEN {rename} ELSE '' END"
