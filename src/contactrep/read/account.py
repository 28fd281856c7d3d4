"""The account of a file: what became of its records, after pass 1 has copied them to PLAIN and pass 2 has
found the records on the lines that were left over."""

from __future__ import annotations

from collections import abc
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from contactrep.duck import Relation, Session
from contactrep.events import KNOWN_SOURCES
from contactrep.read import timestamps, values
from contactrep.read.first_pass import Batch
from contactrep.read.relations import EVENT, GONE, GOOD, LATE, LINES, PLAIN, REJECTS, SPANS
from contactrep.read.rows import SWALLOWED
from contactrep.summary import FileSummary

MOST_SOURCES: Final = 1_000
"""Sources that are not standard, the most common ones, that are kept of a file: memory may not hold all."""

_MOST_SOURCE_BYTES: Final = 1 << 20  # of their texts

PLACED: Final = Relation("placed", f"line, part, {EVENT}, fold, raw, left_out, fault")
"""The events and faults of pass 2."""

_GOOD: Final = "fault IS NULL AND NOT left_out"
"""SQL for whether a row of PLACED is an event."""

_VALUE: Final = r"""[^,;|\t"]+"""
_WORD: Final = r"""[^\s,;|"'\\{}\[\]:]+"""
"""Patterns for what may be an id in the text of a record that could not be read."""


class Exclusion(NamedTuple):
    """The contacts whose events are skipped: SQL for whether contact_id is one, and its parameters."""

    condition: str
    parameters: abc.Mapping[str, Any]


def settle(
    session: Session,
    file: int,
    label: str,
    batch: Batch,
    found: Relation | None,
    exclusion: Exclusion | None,
    now: datetime,
) -> FileSummary:
    """Register the events and rejects of a file, those of the batch and the records `found` by pass 2, and
    count them; future events are those after `now` (naive, UTC)."""
    span = {"batch": batch.number, "first": batch.first}
    session.run(
        f"INSERT INTO {SPANS} VALUES ($batch, $file, $first, $parts)",
        span | {"file": file, "parts": batch.columns.parts},
    )
    session.run(
        f"""
        INSERT INTO {GONE} SELECT rowid FROM {PLAIN}
        WHERE batch = $batch AND rowid < $first + $header AND ts IS NOT NULL
        """,
        span | {"header": batch.header_rows},
    )
    placed = _place(session, file, batch, found) if found else None
    rejected = _reject(session, file, batch, placed) if placed else 0
    skipped = _left_out_by_rules(session, file, batch, placed) if batch.has_rules else 0
    if exclusion:
        unread = _exclude_rejects(session, file, placed, exclusion) if placed else 0
        rejected -= unread
        skipped += _exclude_events(session, file, exclusion) + unread
    unknown_sources, more_sources = _sources(session, file, batch)
    [(good, future)] = session.run(
        f"SELECT count(*), count(*) FILTER (ts > $now) FROM {GOOD} WHERE file = $file",
        {"file": file, "now": now},
    )
    fold = f"SELECT fold, count(*) FROM {placed} WHERE {_GOOD} AND fold <> '' GROUP BY fold"
    folds: dict[str, int] = dict(session.run(fold)) if placed else {}
    return FileSummary(
        label,
        loaded=good,
        rejected=rejected,
        ambiguous_times=folds.get("twice", 0),
        missing_times=folds.get("never", 0),
        future=future,
        unknown_sources=unknown_sources,
        more_sources=more_sources,
        ignored_columns=batch.columns.ignored,
        notes=batch.notes,
        skipped=skipped,
    )


def _place(session: Session, file: int, batch: Batch, found: Relation) -> Relation:
    """The records of pass 2 as events in UTC, or with their faults; the events are late ones."""
    default = batch.columns.event
    kinds, sources = (
        _distinct(session, name, f"{found} WHERE fault IS NULL") for name in ("event", "source")
    )
    meanings = values.Meanings.of(kinds, sources, default)
    sql = values.placed(found, _days(session, found, batch.zone), default, batch.columns.parts)
    placed = session.make(
        PLACED,
        f"SELECT {PLACED.columns} FROM ({sql})",
        {**meanings.parameters(), "whitespace": values.WHITESPACE},
    )
    of_file = {"file": file}
    if not batch.is_sorted:  # of sorted rows, none is an event of pass 1 as well
        again = f"file = $file AND ts IS NOT NULL AND line IN ({_examined(batch)})"
        session.run(f"INSERT INTO {GONE} SELECT place FROM {LINES} WHERE {again}", of_file)
    late = f"SELECT $file, line, part, {EVENT} FROM {placed} WHERE {_GOOD}"
    session.run(f"INSERT INTO {LATE} {late}", of_file)
    return placed


def _examined(batch: Batch) -> str:
    """SQL for the lines that pass 2 has read: those of its records, and those within them."""
    return f"FROM {SWALLOWED} UNION ALL FROM {batch.odd}"


def _distinct(session: Session, column: str, rows: str) -> Iterator[str | None]:
    """The distinct texts of a column one by one: all of them, before anything else is run."""
    for batch in session.batches(f"SELECT DISTINCT {column} FROM {rows}"):
        yield from (text for (text,) in batch)


def _days(session: Session, found: Relation, zone: ZoneInfo) -> Relation:
    """The days of naive times that were found. Other days are not looked up: centuries have thousands of
    changes."""
    days = session.run(
        f"""
        SELECT DISTINCT moment::DATE FROM {found}
        WHERE naive AND fault IS NULL
            AND moment BETWEEN '{timestamps.FIRST}'::DATE - 3 AND '{timestamps.LAST}'::DATE + 3
        """
    )
    session.make(timestamps.DAYS)
    session.append(timestamps.DAYS, (timestamps.day_row(day, zone) for (day,) in days))
    return timestamps.DAYS


def _reject(session: Session, file: int, batch: Batch, placed: Relation) -> int:
    """Add the records with faults to the rejects, and return how many there are."""
    # Several events of a record may have one fault, such as no contact_id.
    once = "" if batch.columns.parts == 1 else "DISTINCT ON (line, fault)"
    bad = f"SELECT {once} $file, line, fault, raw FROM {placed} WHERE fault IS NOT NULL AND NOT left_out"
    return int(session.value(f"INSERT INTO {REJECTS} {bad}", {"file": file}))


def _left_out_by_rules(session: Session, file: int, batch: Batch, placed: Relation | None) -> int:
    """How many events a rule leaves out on purpose."""
    again = f"AND line NOT IN ({_examined(batch)})" if placed else ""
    plain = f"""
        SELECT count(*) FROM {LINES}
        WHERE file = $file AND line > $header AND ts IS NULL AND event = '{values.SKIPPED}' {again}
        """
    left_out = session.value(plain, {"file": file, "header": batch.table.header_lines})
    if placed:
        left_out += session.value(f"SELECT count(*) FROM {placed} WHERE left_out")
    return batch.skipped + int(left_out)


def _exclude_events(session: Session, file: int, exclusion: Exclusion) -> int:
    """Remove the events of excluded contacts, and return how many there were."""
    excluded = session.make(
        Relation("excluded", "contact_id"),
        f"""
        FROM (
            SELECT contact_id FROM {GOOD} WHERE file = $file
            UNION SELECT merged_contact_id FROM {GOOD} WHERE file = $file AND merged_contact_id IS NOT NULL
        ) WHERE {exclusion.condition}
        """,
        {"file": file, **exclusion.parameters},
    )
    of_them = f"file = $file AND (contact_id IN (FROM {excluded}) OR merged_contact_id IN (FROM {excluded}))"
    plain = f"FROM {LINES} WHERE ts IS NOT NULL AND place NOT IN (FROM {GONE}) AND {of_them}"
    removed = session.value(f"INSERT INTO {GONE} SELECT place {plain}", {"file": file})
    return int(removed + session.value(f"DELETE FROM {LATE} WHERE {of_them}", {"file": file}))


def _exclude_rejects(session: Session, file: int, placed: Relation, exclusion: Exclusion) -> int:
    """Remove the rejects with an excluded contact as any value or word, also if JSON escapes it, and return
    how many there were."""
    naming = session.make(
        Relation("naming", "line"),
        f"""
        WITH texts AS (
            SELECT line, unnest(regexp_extract_all(raw, $value) || regexp_extract_all(raw, $word)) AS text
            FROM {placed} WHERE fault IS NOT NULL
        )
        SELECT DISTINCT line FROM (
            SELECT line, contact_id FROM {placed} WHERE fault IS NOT NULL
            UNION ALL SELECT line, unnest([trim(text), rtrim(trim(text), '\\')]) FROM texts
            UNION ALL
            SELECT line, try(json_extract_string('"' || text || '"', '$'))
            FROM texts WHERE contains(text, '\\')
        ) WHERE contact_id IS NOT NULL AND {exclusion.condition}
        """,
        {"value": _VALUE, "word": _WORD, **exclusion.parameters},
    )
    named = f"DELETE FROM {REJECTS} WHERE file = $file AND line IN (FROM {naming})"
    return int(session.value(named, {"file": file}))


def _sources(session: Session, file: int, batch: Batch) -> tuple[dict[str, int], int]:
    """Count the rows of a file per non-standard source, the most common ones first, and how many more such
    sources there are. Another spelling of a standard source that the first look missed is replaced by the
    standard one first."""
    others = session.make(
        Relation("others", "source, rows"),
        f"""
        SELECT source, count(*) FROM {GOOD}
        WHERE file = $file AND source IS NOT NULL AND source NOT IN (SELECT unnest($known))
        GROUP BY source
        """,
        {"file": file, "known": list(KNOWN_SOURCES)},
    )
    known = values.Meanings.of((), _distinct(session, "source", others.name), None).sources
    for text, source in known.items():
        session.run(
            f"UPDATE {PLAIN} SET source = $source WHERE batch = $batch AND source = $text",
            {"batch": batch.number, "source": source, "text": text},
        )
        session.run(f"DELETE FROM {others} WHERE source = $text", {"text": text})
    common = f"""
        SELECT source, rows FROM (FROM {others} ORDER BY rows DESC, source LIMIT {MOST_SOURCES})
        QUALIFY sum(strlen(source)) OVER (ORDER BY rows DESC, source) <= {_MOST_SOURCE_BYTES}
        ORDER BY rows DESC, source
        """
    sources: dict[str, int] = dict(session.run(common))
    return sources, session.value(f"SELECT count(*) FROM {others}") - len(sources)
