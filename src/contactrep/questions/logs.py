"""The rows behind the figures: a page of a log, and every row for an export."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from contactrep.events import ADDED, COLUMNS, CONNECTED, FORMULA_SQL, KINDS, USER_SOURCE
from contactrep.period import Range, Span, pieces
from contactrep.questions.asking import Ask, Extent, Question, Stream, aware, extent, of_kinds, utc
from contactrep.questions.counts import tally
from contactrep.questions.matching import Selection
from contactrep.questions.people import JOIN_DIRECTORY, SHOWN
from contactrep.report import LogRow

# A null sorts last in either direction of time, text by code point (DuckDB's binary collation). A bare name
# would mean the column that an export makes of it, with its guard.
_TIES = """events.contact_id, events.channel NULLS LAST, events.contact_name NULLS LAST,
            events.source NULLS LAST"""


ALL_EVENTS = "events"
"""In the place of an event kind: every kind."""

_INSTANT = timedelta(microseconds=1)
_PIECES = 1_000
"""Into so many a range is cut to find the first rows of a log."""

_IDENTITY = ("contact_id", "channel")

Form = Literal["native", "text", "guarded"]

_TIMESTAMP_TEXT = """CASE WHEN epoch_us(ts) % 1000000 = 0 THEN strftime(ts, '%Y-%m-%dT%H:%M:%SZ')
            ELSE strftime(ts, '%Y-%m-%dT%H:%M:%S.%fZ') END"""

_GUARDED = "CASE WHEN {1} THEN chr(39) || {0} ELSE {0} END"


def total(ask: Ask, kind: str, span: Span, selection: Selection, *, also: str = "") -> int:
    """How many events of a kind (or of all, for `events`) the span has; `also` is a further condition."""
    sql = f"SELECT count(*) FROM events WHERE {_within(kind, selection)}{also}"
    count: int = ask(Question(sql, _parameters(span, selection), _extent(kind, span)))[0][0]
    return count


def first_part(
    ask: Ask, kind: str, chosen: Range, selection: Selection, *, limit: int, oldest_first: bool
) -> tuple[int, Span]:
    """How many rows a log has, and the part of its range that has the first `limit` of them.

    Filters are dear: where there are any, one pass counts piece by piece, so that the rows are looked for
    in the first pieces alone. Without any, rows are quickly counted.
    """
    if not selection.conditions:
        return _count(ask, kind, chosen), chosen
    counted = tally(ask, [kind], chosen, pieces(chosen, _PIECES), None, selection, named=False)
    return counted.total(kind).count, counted.first_part(kind, chosen, limit, oldest_first=oldest_first)


def _count(ask: Ask, kind: str, span: Span) -> int:
    """How many events of one kind a span has: looked up in the column's dictionary, which WHERE is not."""
    sql = f"SELECT count_if(event = '{kind}') FROM events WHERE ts >= $start AND ts < $end"
    # Of no rows at all it counts null.
    return ask(Question(sql, _parameters(span, Selection()), _extent(kind, span)))[0][0] or 0


def log_rows(
    ask: Stream, event: str, span: Span, selection: Selection, *, limit: int, oldest_first: bool
) -> list[LogRow]:
    """The first `limit` rows of a log, newest first unless `oldest_first`.

    In the logs of added and connected the user is empty unless the source is User; deleted and merged
    always show it (the hosted report's rule). The time of the last row is asked first, unless that would
    check filters twice: a store looks for it at its end, and what lies beyond is neither joined nor sorted.
    """
    shown = SHOWN
    if event in (ADDED, CONNECTED):
        shown = f"CASE WHEN events.source = '{USER_SOURCE}' THEN {SHOWN} END"
    order = "ASC" if oldest_first else "DESC"
    within = _within(event, selection)
    last = f"SELECT ts FROM events WHERE {within} ORDER BY ts {order} LIMIT 1 OFFSET $limit - 1"
    sql = f"""
        SELECT ts, contact_id, contact_name, source, {shown} AS shown, channel
        FROM events {JOIN_DIRECTORY}
        WHERE {within}
        ORDER BY ts {order}, {_TIES}, shown NULLS LAST
        LIMIT $limit
    """
    parameters = {**_parameters(span, selection), "limit": limit}
    part = _extent(event, span)
    for (ts,) in () if selection.conditions else ask(Question(last, parameters, part)):
        parameters |= {"end": ts + _INSTANT} if oldest_first else {"start": ts}
    return [LogRow(aware(row[0]), *row[1:]) for row in ask(Question(sql, parameters, part))]


def export(event: str, span: Span, selection: Selection, *, form: Form) -> Question:
    """Every event of a kind, or of all kinds for `events`: the canonical columns, oldest first.

    `form` decides how a value is written: a Parquet file has an instant of its own, text has UTC with
    `Z`; `guarded` text puts `'` before what a spreadsheet would run, and changes no order.
    """
    columns = ",\n            ".join(f"{_exported(column, form)} AS {column}" for column in COLUMNS)
    sql = f"""
        SELECT
            {columns}
        FROM events
        WHERE {_within(event, selection)}
        ORDER BY ts, {_TIES}, events.user_id NULLS LAST, events.user_name NULLS LAST, events.event
    """
    return Question(sql, _parameters(span, selection), _extent(event, span))


def guarded_identities(ask: Ask, kind: str, span: Span, selection: Selection) -> int:
    """In how many rows a guard changes what an event is known by: its contact_id or its channel."""
    changed = " OR ".join(FORMULA_SQL.format(f"events.{name}") for name in _IDENTITY)
    return total(ask, kind, span, selection, also=f" AND ({changed})")


def _exported(column: str, form: Form) -> str:
    if column == "timestamp":
        return "ts::TIMESTAMPTZ" if form == "native" else _TIMESTAMP_TEXT
    if form == "guarded" and column != "event":
        return _GUARDED.format(f"events.{column}", FORMULA_SQL.format(f"events.{column}"))
    return f"events.{column}"


def _within(kind: str, selection: Selection) -> str:
    return f"ts >= $start AND ts < $end{of_kinds(_kinds(kind))}{selection.sql}"


def _parameters(span: Span, selection: Selection) -> dict[str, object]:
    bounds = {"start": utc(span.start.instant), "end": utc(span.end.instant)}
    return {**bounds, **selection.parameters}


def _extent(kind: str, span: Span) -> Extent:
    return extent(_kinds(kind), span)


def _kinds(kind: str) -> tuple[str, ...]:
    return KINDS if kind == ALL_EVENTS else (kind,)
