"""The rows behind the figures: the first rows for a log, and all rows for an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from contactrep.events import ADDED, COLUMNS, CONNECTED, USER_SOURCE
from contactrep.period import Range, Span, pieces
from contactrep.questions.counts import tally
from contactrep.questions.engine import (
    Dialect,
    Engine,
    Extent,
    Question,
    Row,
    ask,
    aware,
    bounds,
    of_kinds,
    value,
)
from contactrep.questions.matching import Selection
from contactrep.questions.people import JOIN_DIRECTORY, SHOWN
from contactrep.report import LogRow

# A null sorts last in either direction of time, text by code point (DuckDB's binary collation). A bare name
# would mean the column that an export makes of it, with its guard.
_TIES = """{0}contact_id, {0}channel NULLS LAST, {0}merged_contact_id NULLS LAST,
            {0}contact_name NULLS LAST, {0}source NULLS LAST"""

_INSTANT = timedelta(microseconds=1)
_PIECES = 1_000
"""Into so many a range is cut to find the first rows of a log."""

_IDENTITY = ("contact_id", "channel", "merged_contact_id")

Form = Literal["native", "stored", "text", "guarded"]


def total(engine: Engine, kinds: Sequence[str], span: Span, selection: Selection, *, also: str = "") -> int:
    """How many events of these kinds the span has; `also` is a further condition.

    DuckDB compares the kind once per dictionary entry here, and once per row in WHERE. Without rows the sum
    is null.
    """
    counted = " + ".join(f"count_if(event = '{kind}')" for kind in kinds)
    within = f"{engine.dialect.is_within('start', 'end')}{selection.sql}{also}"
    sql = f"SELECT {counted} AS total FROM events WHERE {within}"
    return value(engine, _question(sql, kinds, span, selection)) or 0


def first_part(
    engine: Engine, kind: str, chosen: Range, selection: Selection, *, limit: int, oldest_first: bool
) -> tuple[int, Span]:
    """How many rows a log has, and the part of its range that has the first `limit` of them.

    Filters are slow to check. So where there are any, one pass counts the rows by piece of the range, and the
    rows themselves are then looked for in the first pieces only. Without filters, counting is fast.
    """
    if not selection.conditions:
        return total(engine, [kind], chosen, selection), chosen
    counted = tally(engine, [kind], chosen, pieces(chosen, _PIECES), None, selection, named=False)
    return counted.total(kind).count, counted.first_part(kind, chosen, limit, oldest_first=oldest_first)


def log_rows(
    engine: Engine, event: str, span: Span, selection: Selection, *, limit: int, oldest_first: bool
) -> list[LogRow]:
    """The first `limit` rows of a log, newest first unless `oldest_first`.

    The time of the last row is asked first, unless that would check filters twice, or is costly: a store
    looks for it at its end, and what lies beyond is neither joined nor sorted.
    """
    direction = "ASC" if oldest_first else "DESC"
    sql = _log(engine.dialect, event, selection, direction)
    asked = _question(sql, [event], span, selection, limit=limit)
    if not (selection.conditions or engine.costly):
        where = _where(engine.dialect, [event], selection)
        last = f"SELECT ts FROM events WHERE {where} ORDER BY ts {direction} LIMIT 1 OFFSET $limit - 1"
        for (ts,) in ask(engine, replace(asked, sql=last)):
            end = {"end": ts + _INSTANT} if oldest_first else {"start": ts}
            asked = replace(asked, parameters={**asked.parameters, **end})
    return [_log_row(row) for row in ask(engine, asked)]


def newest_rows(
    engine: Engine, parts: Mapping[str, Span], selection: Selection, *, limit: int
) -> dict[str, list[LogRow]]:
    """The newest `limit` rows of several logs, each from a span of its own."""
    if not (engine.costly and parts):
        return {
            kind: log_rows(engine, kind, span, selection, limit=limit, oldest_first=False)
            for kind, span in parts.items()
        }
    logs, parameters = [], {**selection.parameters, "limit": limit}
    for kind, span in parts.items():
        ends = f"start_{kind}", f"end_{kind}"
        logs.append(f"SELECT * FROM ({_log(engine.dialect, kind, selection, 'DESC', ends)})")
        parameters |= bounds(span, *ends)
    sql = f"SELECT * FROM ({' UNION ALL '.join(logs)}) ORDER BY {_log_order('DESC')}"
    found: dict[str, list[LogRow]] = {kind: [] for kind in parts}
    for row in ask(engine, Question(sql, parameters, Extent.of(list(parts), *parts.values()))):
        found[row[-1]].append(_log_row(row))
    return found


def _log(
    dialect: Dialect,
    event: str,
    selection: Selection,
    direction: str,
    ends: tuple[str, str] = ("start", "end"),
) -> str:
    """SQL for the first `$limit` rows of a log in a direction of time; `ends` are the parameters of its span.

    In the logs of added and connected the user is empty unless the source is User or a user filter
    chose the row; deleted and merged always show it (the hosted report's rule).
    """
    shown = SHOWN
    if event in (ADDED, CONNECTED) and "user" not in selection.parameters:
        shown = f"CASE WHEN events.source = '{USER_SOURCE}' THEN {SHOWN} END"
    return f"""
        SELECT ts, contact_id, contact_name, source, {shown} AS shown, channel, merged_contact_id, event
        FROM events {JOIN_DIRECTORY}
        WHERE {_where(dialect, [event], selection, ends)}
        ORDER BY {_log_order(direction, "events.")}
        LIMIT $limit
    """


def _log_order(direction: str, table: str = "") -> str:
    return f"ts {direction}, {_TIES.format(table)}, shown NULLS LAST"


def _log_row(row: Row) -> LogRow:
    return LogRow(aware(row[0]), *row[1:-1])


def export(
    dialect: Dialect,
    kinds: Sequence[str],
    span: Span,
    selection: Selection,
    *,
    form: Form,
    days: bool = False,
) -> Question:
    """Every event of these kinds: the canonical columns, oldest first.

    `form` decides how a value is written: a Parquet file has an instant of its own, `stored` times are naive
    in UTC, text has UTC with `Z`; `guarded` text puts `'` before what a spreadsheet would run, and changes no
    order. `days` adds the column `day`, that of an event in UTC.
    """
    columns = ",\n            ".join(f"{_exported(dialect, column, form)} AS {column}" for column in COLUMNS)
    if days:
        columns += f",\n            {dialect.utc_day('ts')} AS day"
    sql = f"""
        SELECT
            {columns}
        FROM events
        WHERE {_where(dialect, kinds, selection)}
        ORDER BY ts, {_TIES.format("events.")},
            events.user_id NULLS LAST, events.user_name NULLS LAST, events.event
    """
    return replace(_question(sql, kinds, span, selection), by_time=True)


def times(dialect: Dialect, kinds: Sequence[str], span: Span, selection: Selection) -> Question:
    """The time of every event of these kinds, in any order."""
    sql = f"SELECT ts FROM events WHERE {_where(dialect, kinds, selection)}"
    return _question(sql, kinds, span, selection)


def guarded_identities(engine: Engine, kinds: Sequence[str], span: Span, selection: Selection) -> int:
    """The number of rows in which a guard changes the event's identity: its ids or its channel."""
    changed = " OR ".join(engine.dialect.is_formula(f"events.{name}") for name in _IDENTITY)
    return total(engine, kinds, span, selection, also=f"{of_kinds(kinds)} AND ({changed})")


def _exported(dialect: Dialect, column: str, form: Form) -> str:
    if column == "timestamp":
        return {"native": dialect.instant("ts"), "stored": "ts"}.get(form) or dialect.iso_text("ts")
    value = f"events.{column}"
    if form == "guarded" and column != "event":
        return guarded(dialect, value)
    return value


def guarded(dialect: Dialect, text: str) -> str:
    """SQL for a text with a `'` before it where a spreadsheet would run it."""
    return f"CASE WHEN {dialect.is_formula(text)} THEN chr(39) || {text} ELSE {text} END"


def _where(
    dialect: Dialect, kinds: Sequence[str], selection: Selection, ends: tuple[str, str] = ("start", "end")
) -> str:
    return f"{dialect.is_within(*ends)}{of_kinds(kinds)}{selection.sql}"


def _question(
    sql: str, kinds: Sequence[str], span: Span, selection: Selection, **further: object
) -> Question:
    parameters = {**bounds(span), **selection.parameters, **further}
    return Question(sql, parameters, Extent.of(kinds, span))
