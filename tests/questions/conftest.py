"""Every question is tested over every engine. A new engine is one entry in ENGINES."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from contactrep.cluster import ClusterTable
from contactrep.engines.duckdb import DuckDbEngine
from contactrep.engines.parquet import parquet_engine
from contactrep.engines.spark.engine import SparkEngine
from contactrep.events import COLUMNS
from contactrep.period import Clock, Range, resolve
from contactrep.questions import Engine
from contactrep.read.mapping import Mapping
from tests.spark import running

EVENT = {
    "ts": "2026-11-05T10:00:00",
    "event": "added",
    "contact_id": "1",
    "merged_contact_id": None,
    "contact_name": None,
    "channel": None,
    "source": None,
    "user_id": None,
    "user_name": None,
    "load": 1,
}
"""An event as a store keeps it, for a test to say what is different."""

Event = abc.Mapping[str, Any]


@dataclass(frozen=True)
class Holding:
    """What an engine of a test holds: events, users (id, name) and the zone."""

    events: Sequence[Event]
    users: Sequence[tuple[str, str | None]]
    timezone: str

    def fill(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables that questions read."""
        connection.execute(
            "CREATE TABLE events (ts TIMESTAMP, event VARCHAR, contact_id VARCHAR, merged_contact_id VARCHAR,"
            " contact_name VARCHAR, channel VARCHAR, source VARCHAR, user_id VARCHAR, user_name VARCHAR,"
            " load INTEGER)"
        )
        connection.execute("CREATE TABLE users (id VARCHAR, name VARCHAR)")
        connection.execute("CREATE TABLE workspace AS SELECT 1 AS layout, $1 AS timezone", [self.timezone])
        connection.execute('CREATE TABLE loads (id INTEGER, "at" TIMESTAMP, options VARCHAR)')
        connection.execute("CREATE TABLE files (load INTEGER, position INTEGER, path VARCHAR)")
        connection.execute("CREATE TABLE rejects (file VARCHAR, line BIGINT, reason VARCHAR, raw VARCHAR)")
        for event in self.events:
            connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [*event.values()])
        for user in self.users:
            connection.execute("INSERT INTO users VALUES (?, ?)", [*user])

    def as_parquet(self, folder: Path) -> Path:
        """Write the events to a Parquet file, with naive times in UTC."""
        path = folder / "events.parquet"
        with duckdb.connect() as connection:
            self.fill(connection)
            columns = ", ".join(COLUMNS[1:])
            events = f"SELECT ts::TIMESTAMP AS timestamp, {columns} FROM events"
            connection.execute(f"COPY ({events}) TO '{path}' (FORMAT parquet)")
        return path


def store(folder: Path, holding: Holding) -> AbstractContextManager[Engine]:
    """A DuckDB store."""
    path = folder / "store.duckdb"
    with duckdb.connect(path) as connection:
        holding.fill(connection)
    return DuckDbEngine(path)


@contextmanager
def parquet(folder: Path, holding: Holding) -> Iterator[Engine]:
    """A Parquet file as it is."""
    path = holding.as_parquet(folder)
    with parquet_engine([str(path)], IN_UTC, ZoneInfo(holding.timezone)) as engine:
        assert engine is not None, "these events must be loaded"
        yield engine


def spark(folder: Path, holding: Holding) -> AbstractContextManager[Engine]:
    """A Parquet file that a cluster reads."""
    address = f"{running.url()}/parquet:{holding.as_parquet(folder)}"
    return SparkEngine(
        ClusterTable.parse(address), IN_UTC, ZoneInfo(holding.timezone), users=list(holding.users)
    )


IN_UTC = Mapping(input_timezone=ZoneInfo("UTC"))

ENGINES: dict[str, Callable[[Path, Holding], AbstractContextManager[Engine]]] = {
    "store": store,
    "parquet": parquet,
    "spark": spark,
}

Hold = Callable[..., Engine]


@pytest.fixture(params=ENGINES)
def hold(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hold]:
    """Open an engine that holds these events (what they have besides EVENT) and users.

    A test whose events or questions an engine does not have names it: `@pytest.mark.lacking("parquet", why)`.
    """
    name = request.param
    for mark in request.node.iter_markers("lacking"):
        if mark.args[0] == name:
            pytest.skip(f"{name}: {mark.args[1]}")
    with ExitStack() as engines:

        def opened(
            *events: Event, users: Sequence[tuple[str, str | None]] = (), timezone: str = "UTC"
        ) -> Engine:
            holding = Holding([{**EVENT, **event} for event in events], users, timezone)
            return engines.enter_context(ENGINES[name](tmp_path_factory.mktemp(name), holding))

        yield opened


@pytest.fixture
def everything() -> Range:
    """A range that covers every event of a test."""
    return resolve("2026", Clock.at(datetime(2026, 11, 5, tzinfo=UTC), ZoneInfo("UTC")))
