"""`questions.Dialect` and the detection of duplicates, in the SQL of Spark."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from contactrep.events import COLUMNS, FORMULA_STARTS, HARMLESS_START, MERGED
from contactrep.identity import qualifier, unguarded
from contactrep.questions.engine import Extent, quoted
from contactrep.read.timestamps import FIRST, LAST

INSTANT, WALL, DATE = "timestamp", "timestamp_ntz", "date"
"""The types of a column with times: instants, times without a zone, days."""

ROWS: Final = "contactrep_rows"
"""The view of the table whose columns are those of events. `own_time` is the table's own time, `own_day` its
day."""

PLACED: Final = "contactrep_placed"
"""The same with contactrep_file and contactrep_line: where a row stands, if the table has files. Spark reads
slowly with them, even if nothing asks for them."""

_IN_TIME: Final = f"(ts >= TIMESTAMP_NTZ '{FIRST}' AND ts < TIMESTAMP_NTZ '{LAST}')"
_IS_EVENT: Final = f"coalesce(event IS NOT NULL AND contact_id IS NOT NULL AND {_IN_TIME}, false)"
_FILE: Final = "url_decode(replace(contactrep_file, '+', '%2B'))"  # Spark writes a space as %20


class SparkDialect:
    """The SQL of Spark for one table. `time` is the type of `own_time`, and `day` that of `own_day` (a date
    or a text), where a condition on the column lets Spark skip files; else None."""

    def __init__(self, time: str | None = None, day: str | None = None) -> None:
        self._time, self._day = time, day

    def microseconds(self, time: str) -> str:
        return f"unix_micros(CAST({time} AS TIMESTAMP))"

    def is_within(self, start: str, end: str) -> str:
        first, last = f"${start}", f"${end}"
        conditions = [f"ts >= {first}", f"ts < {last}"]
        if self._time == INSTANT:
            # The column itself: a condition on what is computed of it narrows nothing.
            conditions += [f"own_time >= CAST({first} AS TIMESTAMP)", f"own_time < CAST({last} AS TIMESTAMP)"]
        elif self._time == WALL:
            conditions += [f"own_time >= {first} - INTERVAL 2 DAYS", f"own_time < {last} + INTERVAL 2 DAYS"]
        if self._day:
            days = [f"CAST({moment} AS DATE)" for moment in (first, last)]
            if self._day != DATE:
                days = [f"date_format({day}, 'yyyy-MM-dd')" for day in days]
            conditions.append(f"own_day BETWEEN {days[0]} AND {days[1]}")
        return f"({' AND '.join(conditions)})"

    def quotient(self, number: str, divisor: str) -> str:
        return f"({number} div {divisor})"

    def is_one_of(self, text: str, name: str) -> str:
        return f"array_contains(CAST(${name} AS ARRAY<STRING>), {text})"

    def are_one_of(self, texts: Sequence[str], name: str) -> str:
        return f"array_contains(CAST(${name} AS ARRAY<ARRAY<STRING>>), array({', '.join(texts)}))"

    def folded(self, text: str) -> str:
        return f"translate({text}, $folding_from, $folding_to)"

    def has_part(self, column: str, name: str) -> str:
        texts = f"CAST(${name} AS ARRAY<STRING>)"
        return f"exists({texts}, part -> contains({self.folded(f'events.{column}')}, {self.folded('part')}))"

    def is_formula(self, text: str) -> str:
        starts = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
        return rf"""CASE WHEN ascii({text}) IN ({starts})
            THEN NOT regexp_like({text}, r'\A(?:{HARMLESS_START})\z') ELSE false END"""

    def iso_text(self, time: str) -> str:
        whole = "yyyy-MM-dd'T'HH:mm:ss"
        zoned = f"CAST({time} AS TIMESTAMP)"
        return f"""CASE WHEN unix_micros({zoned}) % 1000000 = 0 THEN date_format({zoned}, "{whole}'Z'")
            ELSE date_format({zoned}, "{whole}.SSSSSS'Z'") END"""

    def utc_day(self, time: str) -> str:
        return f"date_format(CAST({time} AS TIMESTAMP), 'yyyy-MM-dd')"

    def instant(self, time: str) -> str:
        return f"CAST({time} AS TIMESTAMP)"

    def events(self, extent: Extent, *, once: bool, is_clean: bool) -> str:
        """SQL for the events among the rows, those outside an extent left out or not.

        With `once` each is there once. Equal merges without a second id are separate events: a table is one
        set of rows, as a file is. `is_clean`: every row has a contact_id, which need not be read.
        """
        condition = self.is_within("extent_start", "extent_end") if extent.times else "true"
        if extent.always:
            condition += f" OR event IN ({quoted(extent.always)})"
        view = PLACED if once else ROWS
        valid = f"event IS NOT NULL AND {_IN_TIME}" if is_clean else _IS_EVENT
        rows = f"SELECT * FROM {view} WHERE {valid} AND ({condition})"
        if not once:
            return rows
        contact, others = self._identity
        order = ", ".join(f"{name} NULLS FIRST" for name in COLUMNS[2:])
        return f"""
            SELECT * FROM (
                SELECT *, row_number() OVER (
                    PARTITION BY event, ts, {contact}, {others}
                    ORDER BY {_FILE}, contactrep_line, {order}
                ) AS contactrep_nth
                FROM ({rows})
            ) WHERE contactrep_nth = 1 OR (event = '{MERGED}' AND merged_contact_id IS NULL)"""

    def look(self) -> str:
        """SQL for whether an event of an extent may be in the table twice, and how many rows are no event.

        Most tables have neither, so this is all. It compares hashes: one that two events share only means
        that `events` looks closer.
        """
        contact, others = self._identity
        single = f"event = '{MERGED}' AND merged_contact_id IS NULL"
        return f"""
            SELECT coalesce(max(events) FILTER (WHERE identity IS NOT NULL), 0) > 1 AS repeated,
                coalesce(sum(left_out) FILTER (WHERE identity IS NULL), 0) AS left_out
            FROM (
                SELECT identity, count(*) AS events, sum(left_out) AS left_out
                FROM (
                    SELECT CASE WHEN {_IS_EVENT} AND NOT ({single})
                            THEN xxhash64(event, {contact}, ts, {others}) END AS identity,
                        CASE WHEN {_IS_EVENT} THEN 0 ELSE 1 END AS left_out
                    FROM {ROWS}
                    WHERE {self.is_within("extent_start", "extent_end")} OR NOT coalesce({_IN_TIME}, false)
                ) GROUP BY identity
            )"""

    @property
    def _identity(self) -> tuple[str, str]:
        """SQL for an event's contact and its `identity.QUALIFIER`."""

        def bare(text: str) -> str:
            return unguarded(text, "startswith", self.is_formula)

        return bare("contact_id"), qualifier(bare)


@cache
def folding() -> dict[str, object]:
    """The parameters of `SparkDialect.folded`: every letter that it changes, and what each becomes.

    Python's own tables, for Spark's `lower` and `upper` give several letters for one, and depend on Java.
    """
    changed = {char: _folded(char) for char in map(chr, range(0x1E944))}
    pairs = [(char, other) for char, other in changed.items() if char != other]
    return {"folding_from": "".join(a for a, _ in pairs), "folding_to": "".join(b for _, b in pairs)}


def _folded(char: str) -> str:
    upper = char.upper()
    return (upper if len(upper) == 1 else char).lower()[0]
