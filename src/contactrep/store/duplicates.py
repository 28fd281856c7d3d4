"""Find the rows of a load that duplicate an event of the store or an earlier row."""

from __future__ import annotations

from typing import Final

from contactrep.duck import MachineProblem, Relation, Session
from contactrep.identity import CONTACT, QUALIFIER, numbered
from contactrep.read.relations import GOOD
from contactrep.store.layout import CATALOG
from contactrep.store.state import StoreState

DUPLICATES: Final = Relation("duplicates", "file, line, part")
"""The rows of GOOD that are not new events."""

NUMBERED: Final = Relation("numbered", "file, line, part, nth, again")
"""The rows of GOOD that may have an equal among them, as `identity.numbered` has them."""

STORED: Final = Relation("stored", "event, contact, ts, qualifier, times")
"""The events of the store that may equal a row of GOOD, with how often each is there."""

_IN_STRETCH: Final = "ts >= $start::TIMESTAMP AND ts < $end::TIMESTAMP"

_IDENTIFIED: Final = f"""(
    SELECT file, line, part, event, {CONTACT} AS contact, ts, {QUALIFIER} AS qualifier FROM {GOOD}
)"""


def mark(session: Session, state: StoreState, *, distinct: bool = False) -> Relation:
    """Make DUPLICATES; `state` is that of the store. `distinct`: all events are known to differ."""
    # Most loads repeat nothing: the cheap look at hashes leaves only rows that may have an equal.
    crowded = f"""
        FROM {_IDENTIFIED}
        WHERE {not distinct} AND hash(event, contact, ts, qualifier) IN (
            SELECT hash(event, {CONTACT}, ts, {QUALIFIER}) FROM {GOOD} GROUP BY ALL HAVING count(*) > 1
        )
        """
    repeated = session.make(NUMBERED, numbered(crowded))
    session.make(DUPLICATES, f"SELECT file, line, part FROM {repeated} WHERE again")
    if state.exists:
        _mark_stored(session, repeated, "-infinity", "infinity")
    return DUPLICATES


def _mark_stored(session: Session, repeated: Relation, start: str, end: str) -> None:
    """Add to DUPLICATES the rows of GOOD from `start` to `end` (times as SQL has them) that equal an event of
    the store: at once, or half by half where memory does not suffice for that."""
    stretch = {"start": start, "end": end}
    try:
        known = f"""
            SELECT event, {CONTACT} AS contact, ts, {QUALIFIER} AS qualifier, count(*) AS times
            FROM {CATALOG}.events AS known
            WHERE {_IN_STRETCH} AND (event, {CONTACT}, ts) IN (
                SELECT event, {CONTACT}, ts FROM {GOOD} WHERE {_IN_STRETCH}
            )
            GROUP BY ALL
            """
        stored = session.make(STORED, known, stretch)
        session.run(
            f"""
            INSERT INTO {DUPLICATES}
            SELECT file, line, part
            FROM (FROM {_IDENTIFIED} WHERE {_IN_STRETCH}) AS good
            JOIN {stored} ON good.ts = stored.ts AND good.contact = stored.contact
                AND good.event = stored.event AND good.qualifier IS NOT DISTINCT FROM stored.qualifier
            LEFT JOIN {repeated} USING (file, line, part)
            WHERE coalesce(nth, 1) <= times AND again IS DISTINCT FROM true
            """,
            stretch,
        )
    except MachineProblem:
        middle = f"SELECT approx_quantile(ts, 0.5) FROM {GOOD} WHERE {_IN_STRETCH}"
        later = f"{_IN_STRETCH} AND ts > $start::TIMESTAMP AND ts >= ({middle})"
        half: str | None = session.value(f"SELECT min(ts)::VARCHAR FROM {GOOD} WHERE {later}", stretch)
        if half is None:  # all are of one instant
            raise
        _mark_stored(session, repeated, start, half)
        _mark_stored(session, repeated, half, end)


def count(session: Session, duplicates: Relation) -> dict[int, int]:
    """How many duplicates each file has, by its position."""
    return dict(session.run(f"SELECT file, count(*) FROM {duplicates} GROUP BY file"))
