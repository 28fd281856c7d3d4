"""Find the rows of a load that duplicate an event of the store or an earlier row."""

from __future__ import annotations

from typing import Final

from contactrep.duck import Session
from contactrep.events import FORMULA_SQL
from contactrep.identity import CONTACT, QUALIFIER, numbered
from contactrep.store.layout import events
from contactrep.store.state import StoreState

TABLE: Final = "duplicates"
"""The table (file, line, part) of the good rows that are not new events."""

# Most loads repeat nothing: the cheap look at hashes leaves only rows that may have an equal for the rest.
_CROWDED: Final = f"""
    CREATE OR REPLACE TEMP TABLE crowded AS
    FROM (SELECT file, line, part, event, {CONTACT} AS contact, ts, {QUALIFIER} AS qualifier FROM good)
    WHERE {{}} AND hash(event, contact, ts, qualifier) IN (
        SELECT hash(event, {CONTACT}, ts, {QUALIFIER}) FROM good GROUP BY ALL HAVING count(*) > 1
    )
    """

_NUMBERED: Final = f"CREATE OR REPLACE TEMP TABLE numbered AS {numbered('FROM crowded')}"

_WITHIN: Final = f"CREATE OR REPLACE TEMP TABLE {TABLE} AS SELECT file, line, part FROM numbered WHERE again"

# The store is searched for ids as they may be written, which costs less than to compute its identities.
_SOUGHT: Final = f"""
    CREATE OR REPLACE TEMP VIEW sought AS
    SELECT ts, event, contact_id FROM good
    UNION ALL SELECT ts, event, {CONTACT} FROM good WHERE starts_with(contact_id, chr(39))
    UNION ALL SELECT ts, event, chr(39) || contact_id FROM good WHERE {FORMULA_SQL.format("contact_id")}
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
    INSERT INTO {TABLE}
    SELECT file, line, part
    FROM (
        SELECT file, line, part, event, {CONTACT} AS contact, ts, {QUALIFIER} AS qualifier FROM good
    ) AS good
    JOIN stored ON good.ts = stored.ts AND good.contact = stored.contact AND good.event = stored.event
        AND good.qualifier IS NOT DISTINCT FROM stored.qualifier
    LEFT JOIN numbered USING (file, line, part)
    WHERE coalesce(nth, 1) <= times AND again IS DISTINCT FROM true
    """


def mark(session: Session, state: StoreState, *, distinct: bool = False) -> None:
    """Make TABLE of the rows of `good` that are no new events; `state` is that of the store. `distinct`: they
    are known to differ."""
    for statement in (_CROWDED.format("FALSE" if distinct else "TRUE"), _NUMBERED, _WITHIN, _SOUGHT):
        session.run(statement)
    first, last = session.run("SELECT min(ts), max(ts) FROM good")[0]
    if state.catalog and first is not None:
        stored = _STORED.format(events=events(state.layout, state.catalog))
        session.run(stored, {"first": first, "last": last})
        session.run(_AGAINST_STORE)


def count(session: Session) -> dict[int, int]:
    """How many duplicates each file has, by its position."""
    return dict(session.run(f"SELECT file, count(*) FROM {TABLE} GROUP BY file"))
