"""The same event seen twice is one event: which rows of a load are duplicates.

Identity is (event, contact_id, ts), and the channel too for connected; nulls are equal. The first stays: in
the store, else by the order of files and lines. Merges carry no second id, so equal merges within one file
are so many merges: the n-th of them is a duplicate of the n-th elsewhere.
"""

from __future__ import annotations

from typing import Final

from contactrep.events import CONNECTED, MERGED
from contactrep.read.bench import Bench

_CHANNEL: Final = f"CASE WHEN event = '{CONNECTED}' THEN channel END"

# Most loads repeat nothing: the cheap look at hashes leaves only rows that may have an equal for the rest.
_CROWDED: Final = f"""
    CREATE OR REPLACE TEMP TABLE crowded AS
    SELECT file, line, event, contact_id, ts, {_CHANNEL} AS place
    FROM good
    WHERE hash(event, contact_id, ts, {_CHANNEL}) IN (
        SELECT hash(event, contact_id, ts, {_CHANNEL}) FROM good GROUP BY ALL HAVING count(*) > 1
    )
    """

_NUMBERED: Final = f"""
    CREATE OR REPLACE TEMP TABLE numbered AS
    SELECT file, line, nth, row_number() OVER (
        PARTITION BY event, contact_id, ts, place, nth ORDER BY file, line
    ) > 1 AS again
    FROM (
        SELECT *, CASE WHEN event = '{MERGED}' THEN row_number() OVER (
            PARTITION BY file, event, contact_id, ts ORDER BY line
        ) ELSE 1 END AS nth
        FROM crowded
    )
    """

_WITHIN: Final = "CREATE OR REPLACE TEMP TABLE duplicates AS SELECT file, line FROM numbered WHERE again"

_HELD: Final = f"""
    CREATE OR REPLACE TEMP TABLE held AS
    SELECT event, contact_id, ts, {_CHANNEL} AS place, count(*) AS times
    FROM {{catalog}}.events AS old
    WHERE ts BETWEEN $first AND $last AND EXISTS (
        FROM good WHERE good.ts = old.ts AND good.contact_id = old.contact_id AND good.event = old.event
    )
    GROUP BY ALL
    """

_AGAINST_STORE: Final = f"""
    INSERT INTO duplicates
    SELECT file, line
    FROM (SELECT *, {_CHANNEL} AS place FROM good) AS good
    JOIN held ON good.ts = held.ts AND good.contact_id = held.contact_id AND good.event = held.event
        AND good.place IS NOT DISTINCT FROM held.place
    LEFT JOIN numbered USING (file, line)
    WHERE coalesce(nth, 1) <= times AND again IS DISTINCT FROM true
    """


def mark(bench: Bench, catalog: str | None) -> None:
    """Make the table `duplicates` (file, line) of the rows of `good` that are no new events.

    `catalog` is the name under which the store is attached, None when there is none.
    """
    for statement in (_CROWDED, _NUMBERED, _WITHIN):
        bench.run(statement)
    first, last = bench.run("SELECT min(ts), max(ts) FROM good")[0]
    if catalog and first is not None:
        bench.run(_HELD.format(catalog=catalog), {"first": first, "last": last})
        bench.run(_AGAINST_STORE)


def count(bench: Bench) -> dict[int, int]:
    """How many duplicates each file has, by its position."""
    return dict(bench.run("SELECT file, count(*) FROM duplicates GROUP BY file"))
