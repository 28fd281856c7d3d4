"""Detection of duplicates: when two events are one, as SQL.

Identity is (event, contact_id, ts), and the channel too for connected, the merged_contact_id for merged;
nulls are equal. The first stays: in the store, else by the order of files and lines. Merges without a
merged_contact_id have no second id, so the n-th equal merge of one file is a duplicate of the n-th in
another: two equal merges in each of two files are two events. An id or channel that an export had to guard
(`'@bob` for `@bob`) counts as the one without the guard, so that an export loaded again adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from contactrep.events import CONNECTED, FORMULA_SQL, MERGED


def unguarded(
    text: str, starts_with: str = "starts_with", is_formula: Callable[[str], str] = FORMULA_SQL.format
) -> str:
    """SQL for a text without the `'` that our own CSV puts before what a spreadsheet would run.

    The other arguments are the engine's spelling: DuckDB's unless given.
    """
    bare = f"substr({text}, 2)"
    # CASE stops at the quote that most texts have not; AND would look at all of the rest too.
    return f"""CASE WHEN {starts_with}({text}, chr(39))
        THEN CASE WHEN {is_formula(bare)} THEN {bare} ELSE {text} END ELSE {text} END"""


def qualifier(bare: Callable[[str], str] = unguarded) -> str:
    """SQL for what tells events of one kind, contact and time apart: the channel of connected events, the
    contact that went away of merges, else null; each as `bare` spells it."""
    return f"""CASE WHEN event = '{CONNECTED}' THEN {bare("channel")}
        WHEN event = '{MERGED}' THEN {bare("merged_contact_id")} END"""


CONTACT: Final = unguarded("contact_id")
"""An event's contact, as it tells the event from others."""

MERGED_CONTACT: Final = unguarded("merged_contact_id")
"""The contact that went away in a merge, as CONTACT spells it; null in other events."""

QUALIFIER: Final = qualifier()


def numbered(events: str) -> str:
    """SQL from (file, line, part, event, contact, ts, qualifier) of events to (file, line, part,
    nth, again).

    `nth` is which of equal merges without a second id of its file an event is, else 1; `again` whether it is
    a repeat.
    """
    return f"""
        SELECT file, line, part, nth, row_number() OVER (
            PARTITION BY event, contact, ts, qualifier, nth ORDER BY file, line, part
        ) > 1 AS again
        FROM (
            SELECT *, CASE WHEN event = '{MERGED}' AND qualifier IS NULL THEN row_number() OVER (
                PARTITION BY file, event, contact, ts, qualifier ORDER BY line, part
            ) ELSE 1 END AS nth
            FROM ({events})
        )"""
