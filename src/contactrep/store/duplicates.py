"""Find the rows of a load that duplicate an event of the store or an earlier row."""

from __future__ import annotations

from typing import Final

from contactrep.duck import Relation, Session
from contactrep.events import FORMULA_SQL
from contactrep.identity import CONTACT, QUALIFIER, numbered
from contactrep.read.relations import GOOD
from contactrep.store.layout import events
from contactrep.store.state import StoreState

DUPLICATES: Final = Relation("duplicates", "file, line, part")
"""The rows of GOOD that are not new events."""

# Most loads repeat nothing: the cheap look at hashes leaves only rows that may have an equal for the rest.
_CROWDED: Final = f"""
    CREATE OR REPLACE TEMP TABLE crowded AS
    FROM (SELECT file, line, part, event, {CONTACT} AS contact, ts, {QUALIFIER} AS qualifier FROM {GOOD})
    WHERE {{}} AND hash(event, contact, ts, qualifier) IN (
        SELECT hash(event, {CONTACT}, ts, {QUALIFIER}) FROM {GOOD} GROUP BY ALL HAVING count(*) > 1
    )
    """

_NUMBERED: Final = f"CREATE OR REPLACE TEMP TABLE numbered AS {numbered('FROM crowded')}"

_WITHIN: Final = "SELECT file, line, part FROM numbered WHERE again"

# The store is searched for ids as they may be written, which costs less than to compute its identities.
_SOUGHT: Final = f"""
    CREATE OR REPLACE TEMP VIEW sought AS
    SELECT ts, event, contact_id FROM {GOOD}
    UNION ALL SELECT ts, event, {CONTACT} FROM {GOOD} WHERE starts_with(contact_id, chr(39))
    UNION ALL SELECT ts, event, chr(39) || contact_id FROM {GOOD} WHERE {FORMULA_SQL.format("contact_id")}
    """

_STORED: Final = f"""
    CREATE OR REPLACE TEMP TABLE stored AS
    SELECT event, {CONTACT} AS contact, ts, {QUALIFIER} AS qualifier, count(*) AS times
    FROM {{events}} AS old
    WHERE ts BETWEEN $first AND $last AND EXISTS (
        FROM sought WHERE sought.ts = old.ts AND sought.contact_id = old.contact_id
            AND sought.event = old.event
    )
    GROUP BY ALL
    """

_AGAINST_STORE: Final = f"""
    INSERT INTO {DUPLICATES}
    SELECT file, line, part
    FROM (
        SELECT file, line, part, event, {CONTACT} AS contact, ts, {QUALIFIER} AS qualifier FROM {GOOD}
    ) AS good
    JOIN stored ON good.ts = stored.ts AND good.contact = stored.contact AND good.event = stored.event
        AND good.qualifier IS NOT DISTINCT FROM stored.qualifier
    LEFT JOIN numbered USING (file, line, part)
    WHERE coalesce(nth, 1) <= times AND again IS DISTINCT FROM true
    """


def mark(session: Session, state: StoreState, *, distinct: bool = False) -> Relation:
    """Make DUPLICATES; `state` is that of the store. `distinct`: all events are known to differ."""
    session.run(_CROWDED.format("FALSE" if distinct else "TRUE"))
    session.run(_NUMBERED)
    session.make(DUPLICATES, _WITHIN)
    session.run(_SOUGHT)
    first, last = session.run(f"SELECT min(ts), max(ts) FROM {GOOD}")[0]
    if state.catalog and first is not None:
        stored = _STORED.format(events=events(state.layout, state.catalog))
        session.run(stored, {"first": first, "last": last})
        session.run(_AGAINST_STORE)
    return DUPLICATES


def count(session: Session, duplicates: Relation) -> dict[int, int]:
    """How many duplicates each file has, by its position."""
    return dict(session.run(f"SELECT file, count(*) FROM {duplicates} GROUP BY file"))
