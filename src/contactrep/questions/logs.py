"""The rows behind the figures: a page of a log, and every row for an export."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Literal

from contactrep.events import ADDED, COLUMNS, CONNECTED, KINDS, USER_SOURCE
from contactrep.period import Span
from contactrep.questions.asking import Ask, Question, utc
from contactrep.questions.matching import Selection
from contactrep.questions.people import JOIN_DIRECTORY, SHOWN
from contactrep.report import LogRow

# A null sorts last in either direction of time, text by code point (DuckDB's binary collation).
_TIES = "contact_id, channel NULLS LAST, contact_name NULLS LAST, source NULLS LAST"


Form = Literal["native", "text", "guarded"]

_TIMESTAMP_TEXT = """CASE WHEN epoch_us(ts) % 1000000 = 0 THEN strftime(ts, '%Y-%m-%dT%H:%M:%SZ')
            ELSE strftime(ts, '%Y-%m-%dT%H:%M:%S.%fZ') END"""

# A spreadsheet would run these as a formula, but for numbers and phone numbers.
_GUARDED = r"""CASE WHEN left({0}, 1) IN ('=', '+', '-', '@', chr(9), chr(13))
                AND NOT regexp_full_match({0}, '[+-][0-9 .()-]+') THEN chr(39) || {0} ELSE {0} END"""


def log_total(ask: Ask, event: str, span: Span, selection: Selection) -> int:
    """How many events of a kind the span has."""
    sql = f"SELECT count(*) FROM events WHERE {_within(selection)}"
    count: int = ask(Question(sql, _parameters([event], span, selection)))[0][0]
    return count


def log_rows(
    ask: Ask, event: str, span: Span, selection: Selection, *, limit: int, oldest_first: bool
) -> list[LogRow]:
    """The first `limit` rows of a log, newest first unless `oldest_first`.

    In the logs of added and connected the user is empty unless the source is User; deleted and merged
    always show it (the hosted report's rule).
    """
    shown = SHOWN
    if event in (ADDED, CONNECTED):
        shown = f"CASE WHEN events.source = '{USER_SOURCE}' THEN {SHOWN} END"
    sql = f"""
        SELECT ts, contact_id, contact_name, source, {shown} AS shown, channel
        FROM events {JOIN_DIRECTORY}
        WHERE {_within(selection)}
        ORDER BY ts {"ASC" if oldest_first else "DESC"}, {_TIES}, shown NULLS LAST
        LIMIT $limit
    """
    parameters = {**_parameters([event], span, selection), "limit": limit}
    return [LogRow(row[0].replace(tzinfo=UTC), *row[1:]) for row in ask(Question(sql, parameters))]


def export(event: str, span: Span, selection: Selection, *, form: Form) -> Question:
    """Every event of a kind, or of all kinds for `events`: the canonical columns, oldest first.

    `form` decides how a value is written: a Parquet file has an instant of its own, text has UTC with
    `Z`; `guarded` text puts `'` before what a spreadsheet would run.
    """
    kinds = KINDS if event == "events" else (event,)
    columns = ",\n            ".join(f"{_exported(column, form)} AS {column}" for column in COLUMNS)
    sql = f"""
        SELECT
            {columns}
        FROM events
        WHERE {_within(selection)}
        ORDER BY ts, {_TIES}, user_id NULLS LAST, user_name NULLS LAST, event
    """
    return Question(sql, _parameters(kinds, span, selection))


def export_total(event: str, span: Span, selection: Selection) -> Question:
    """How many rows `export` has."""
    kinds = KINDS if event == "events" else (event,)
    return Question(
        f"SELECT count(*) FROM events WHERE {_within(selection)}", _parameters(kinds, span, selection)
    )


def _exported(column: str, form: Form) -> str:
    if column == "timestamp":
        return "ts::TIMESTAMPTZ" if form == "native" else _TIMESTAMP_TEXT
    if form == "guarded" and column != "event":
        return _GUARDED.format(f"events.{column}")
    return f"events.{column}"


def _within(selection: Selection) -> str:
    return f"list_contains($kinds::VARCHAR[], event) AND ts >= $start AND ts < $end{selection.sql}"


def _parameters(kinds: Sequence[str], span: Span, selection: Selection) -> dict[str, object]:
    bounds = {"start": utc(span.start.instant), "end": utc(span.end.instant)}
    return {"kinds": list(kinds), **bounds, **selection.parameters}
