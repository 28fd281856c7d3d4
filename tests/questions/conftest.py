"""Questions put to a plain DuckDB with rows of the test's own: no file, no load, no engine of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from contactrep.period import Clock, Range, resolve
from contactrep.questions import Ask, Question

EVENT = {
    "ts": "2026-11-05T10:00:00",
    "event": "added",
    "contact_id": "1",
    "contact_name": None,
    "channel": None,
    "source": None,
    "user_id": None,
    "user_name": None,
    "load": 1,
}
"""An event as a store keeps it, for a test to say what is different."""

Holding = Callable[..., Ask]


@pytest.fixture
def holding() -> Iterator[Holding]:
    """Make a store of these events (what they have besides EVENT) and this directory; give what asks it."""
    with duckdb.connect(":memory:") as connection:

        def hold(
            *events: dict[str, Any], users: Sequence[tuple[str, str | None]] = (), timezone: str = "UTC"
        ) -> Ask:
            connection.execute(
                "CREATE TABLE events (ts TIMESTAMP, event VARCHAR, contact_id VARCHAR, contact_name VARCHAR,"
                " channel VARCHAR, source VARCHAR, user_id VARCHAR, user_name VARCHAR, load INTEGER)"
            )
            connection.execute("CREATE TABLE users (id VARCHAR, name VARCHAR)")
            connection.execute("CREATE TABLE workspace AS SELECT 1 AS layout, $1 AS timezone", [timezone])
            connection.execute('CREATE TABLE loads (id INTEGER, "at" TIMESTAMP)')
            connection.execute("CREATE TABLE files (load INTEGER, position INTEGER, path VARCHAR)")
            connection.execute(
                "CREATE TABLE rejects (file VARCHAR, line BIGINT, reason VARCHAR, raw VARCHAR)"
            )
            for event in events:
                connection.execute(
                    "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [*(EVENT | event).values()]
                )
            for user in users:
                connection.execute("INSERT INTO users VALUES (?, ?)", [*user])
            return ask

        def ask(question: Question) -> list[tuple[Any, ...]]:
            return connection.execute(question.sql, dict(question.parameters)).fetchall()

        yield hold


@pytest.fixture
def everything() -> Range:
    """A range that covers every event of a test."""
    return resolve("2026", Clock.at(datetime(2026, 11, 5, tzinfo=UTC), ZoneInfo("UTC")))
