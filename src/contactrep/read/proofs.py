"""What the statistics of a Parquet file prove of its times and contact ids, so that no row has to be read.

They save 0.26 s of the 0.61 s that an overview of one file of 10 million events takes.

- **Times.** Every row group has no null, and a first and last time between the years 2 and 9998.
- **contact_id.** Every row group has no null, and its least and greatest id begin with visible ASCII
  characters, so no id is blank. Only `min_value` and `max_value` count, which are ordered by bytes. An id
  that begins with a backslash proves nothing, because DuckDB may show other bytes so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contactrep.read.parquet import Runner
from contactrep.read.timestamps import FIRST, LAST, MARGIN

_EARLIEST: Final = datetime.fromisoformat(FIRST) + MARGIN
_LATEST: Final = datetime.fromisoformat(LAST) - MARGIN
_VISIBLE: Final = frozenset(map(chr, range(ord("!"), ord("~") + 1))) - {"\\"}

RowGroup = tuple[Any, ...]
"""Of a column in a row group: its type, whether it has no null, and its least and greatest value."""


@dataclass(frozen=True)
class Proof:
    """The first and last times of the row groups, and whether a contact_id may begin with the `'` that guards
    a formula."""

    times: tuple[datetime, ...]
    may_have_guards: bool


def prove(run: Runner, pattern: str, time: int | None, contact: int | None) -> Proof | None:
    """The Proof that all times and contact ids of the file at `pattern` are valid; None if there is none.

    `time` and `contact` are the places of these columns in the metadata.
    """
    if time is None or contact is None:
        return None
    rows = run(
        """
        SELECT column_id, type, coalesce(stats_null_count = 0, false), stats_min_value, stats_max_value
        FROM parquet_metadata($path) WHERE column_id IN ($time, $contact) AND row_group_num_rows > 0
        """,
        {"path": pattern, "time": time, "contact": contact},
    )
    times = _times([row[1:] for row in rows if row[0] == time])
    ids = [row[1:] for row in rows if row[0] == contact]
    if times is None or not all(map(_is_visible, ids)):
        return None
    return Proof(times, any(least[0] <= "'" for _, _, least, _ in ids))


def _times(groups: Sequence[RowGroup]) -> tuple[datetime, ...] | None:
    """The first and last times, None where they prove nothing."""
    times = []
    for kind, filled, *bounds in groups:
        moments = [_moment(text) for text in bounds]
        if kind != "INT64" or not filled or not all(it and _EARLIEST <= it <= _LATEST for it in moments):
            return None
        times += [it for it in moments if it]
    return tuple(times)


def _is_visible(group: RowGroup) -> bool:
    """Whether every id begins with a visible character."""
    kind, filled, *bounds = group
    return kind == "BYTE_ARRAY" and filled and all(text and text[0] in _VISIBLE for text in bounds)


def _moment(text: str | None) -> datetime | None:
    """A time of the statistics: a wall time, or an instant in UTC, without its zone."""
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:  # infinity, or a year that Python does not have
        return None
