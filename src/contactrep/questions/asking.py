"""A question and how it is put: the only thing that questions know of an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Question:
    """One SELECT with its named parameters (`$name` in the SQL)."""

    sql: str
    parameters: Mapping[str, object] = field(default_factory=dict)


Ask = Callable[[Question], list[Row]]
"""Puts a question to an engine and gives all rows of the answer."""


def utc(moment: datetime) -> datetime:
    """An instant as events keep it: naive, in UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def aware(stored: datetime) -> datetime:
    """A stored time (naive, UTC) as an instant."""
    return stored.replace(tzinfo=UTC)
