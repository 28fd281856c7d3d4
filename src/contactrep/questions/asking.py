"""A question and how it is put: the only thing that questions know of an engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from contactrep.events import KINDS
from contactrep.period import Span

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Extent:
    """Which events an answer is made of: those of `kinds` in one of `spans`, [start, end) in naive UTC."""

    kinds: tuple[str, ...]
    spans: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True)
class Question:
    """One SELECT with its named parameters (`$name` in the SQL).

    `extent` says that no other events count for the answer (None: any may); `repeats_matter` is false where
    it is the same if an event is there twice. An engine over files, where that happens, looks no further.
    """

    sql: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    extent: Extent | None = None
    repeats_matter: bool = True


def extent(kinds: Sequence[str], *spans: Span) -> Extent:
    """The Extent of events of `kinds` in one of the spans."""
    return Extent(tuple(kinds), tuple((utc(span.start.instant), utc(span.end.instant)) for span in spans))


def of_kinds(kinds: Collection[str]) -> str:
    """SQL for whether an event is of `kinds`, as ` AND …`; empty for all of them, which every event is of."""
    if set(kinds) == set(KINDS):
        return ""
    return " AND event IN ({})".format(", ".join(f"'{kind}'" for kind in kinds))


Ask = Callable[[Question], list[Row]]
"""Puts a question to an engine and gives all rows of the answer."""

Stream = Callable[[Question], Iterable[Row]]
"""Puts a question to an engine and gives the rows of its answer: once, and before the next question."""


def utc(moment: datetime) -> datetime:
    """An instant as events keep it: naive, in UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def aware(stored: datetime) -> datetime:
    """A stored time (naive, UTC) as an instant."""
    return stored.replace(tzinfo=UTC)
