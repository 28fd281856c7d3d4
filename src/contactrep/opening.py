"""Opens the events to report on, read-only: a store, files as `load` reads them, or a table on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from contactrep import notices
from contactrep.errors import StoreProblem
from contactrep.machine import require_store, scratch
from contactrep.questions import Engine
from contactrep.report import Notice

if TYPE_CHECKING:
    from contactrep.cluster import ClusterTable
    from contactrep.read.mapping import Mapping
    from contactrep.store.refusing import RejectLimit


@dataclass(frozen=True)
class Events:
    """An open engine, and the notices of reading the files that it answers from (none for a store)."""

    engine: Engine
    notices: tuple[Notice, ...] = ()
    late_notices: Callable[[], tuple[Notice, ...]] = tuple
    """Returns the notices that are known only after all questions."""


def is_there(store: Path) -> bool:
    """Return whether there is anything at a store's path; StoreProblem where that cannot be looked at."""
    try:
        store.stat()  # unlike `exists`, fails for a loop of links or a path below a file, as a load would
    except (FileNotFoundError, ValueError):
        return False
    except OSError as error:
        raise StoreProblem(f"cannot read the store {store}: {error.strerror}: see --store") from None
    return True


_open_stores: dict[str, int] = {}
"""The path of each store that is open, and the process that opened it."""


@contextmanager
def alone_with(store: Path) -> Iterator[None]:
    """Hold a store for one workspace of this process; StoreProblem where another workspace holds it.

    DuckDB shares one database between all connections of a process, with one set of locked settings.
    """
    require_store(store)
    path = os.path.realpath(store)
    if path in _open_stores:
        require_own(_open_stores[path], str(store))
        raise StoreProblem(f"{store} is open in another workspace of this process: close that one first")
    _open_stores[path] = os.getpid()
    try:
        yield
    finally:
        del _open_stores[path]


def require_own(process: int, what: str) -> None:
    """Raise StoreProblem unless `what` was opened by this process: DuckDB's threads are not in a fork."""
    if process != os.getpid():
        raise StoreProblem(f"{what} was open when this process was forked: close it before, or use spawn")


@contextmanager
def _open_store(path: Path, writable: Path | None, memory_limit: str | None) -> Iterator[Events]:
    """Open a store; StoreProblem, naming `load` and `demo`, where there is none."""
    from contactrep.engines.duckdb import DuckDbEngine
    from contactrep.store import layout

    if not is_there(path):
        raise StoreProblem(
            f"no data yet ({path}): load some with 'contactrep load FILES' or try 'contactrep demo'"
        )
    with alone_with(path), DuckDbEngine(path, writable=writable, memory_limit=memory_limit) as engine:
        if layout.check(engine.session, path).layout < layout.LAYOUT:
            layout.show_tables(engine.session, engine.session.value("SELECT current_database()"), "temp")
        yield Events(engine)


@dataclass(frozen=True)
class Files:
    """Files to report on, read with `mapping`. `zone` is that of naive times; `now` is aware.

    A file with more rejected rows than `limit` (None: the usual limit) is refused with InputProblem.
    """

    paths: Sequence[str]
    mapping: Mapping
    zone: ZoneInfo
    now: datetime
    limit: RejectLimit | None = None


@contextmanager
def _open_files(files: Files, writable: Path | None, memory_limit: str | None) -> Iterator[Events]:
    """Open files without storing anything: as they are where they need no load, else in a temporary store."""
    from contactrep.engines.duckdb import DuckDbEngine
    from contactrep.engines.parquet import parquet_engine
    from contactrep.read.mapping import Feed
    from contactrep.store import loading, refusing

    with parquet_engine(
        files.paths, files.mapping, files.zone, writable=writable, memory_limit=memory_limit
    ) as direct:
        if direct is not None:
            gathered = notices.of_load(direct.summaries, direct.skipped, kept=False, future=False)
            yield Events(direct, tuple(gathered))
            return
    with scratch() as folder:
        path = folder / "files.duckdb"
        summary = loading.load(
            path,
            [Feed(files.paths, files.mapping)],
            zone=files.zone,
            requested_zone=None,
            now=files.now,
            limit=files.limit or refusing.USUAL_LIMIT,
            keep_rejects=False,
            memory_limit=memory_limit,
        )
        gathered = notices.of_load(summary.files, summary.left_out, kept=False, future=False)
        with DuckDbEngine(path, writable=writable, memory_limit=memory_limit) as engine:
            yield Events(engine, tuple(gathered))


@dataclass(frozen=True)
class Cluster:
    """A table on a cluster, its columns read with `mapping`. `zone` is that of the reports, and of times
    without one; `users` is a file with the list of user names. `on_tasks` is told how many tasks of a running
    question are done, and of how many; 0 of 0 when it ends."""

    table: ClusterTable
    mapping: Mapping
    zone: ZoneInfo
    users: Path | None = None
    on_tasks: Callable[[int, int], None] | None = None


@contextmanager
def _open_cluster(cluster: Cluster, memory_limit: str | None) -> Iterator[Events]:
    """Open a table on a cluster; StoreProblem where the server or the table is not there."""
    from contactrep.engines.spark.engine import SparkEngine

    users: list[tuple[str, str | None]] = []
    if cluster.users is not None:
        from contactrep.store.users import read_users

        users = read_users(cluster.users, memory_limit=memory_limit)
    with SparkEngine(
        cluster.table,
        cluster.mapping,
        cluster.zone,
        users=users,
        on_tasks=cluster.on_tasks,
        memory_limit=memory_limit,
    ) as engine:
        yield Events(engine, late_notices=lambda: notices.of_left_out(engine.left_out, str(cluster.table)))


Source = Path | Files | Cluster
"""Where the events are: a store, files, or a table on a cluster."""


def open_events(
    source: Source, writable: Path | None = None, *, memory_limit: str | None = None
) -> AbstractContextManager[Events]:
    """Open the events of a source. `writable` is the one file or folder that the engine may write to."""
    if isinstance(source, Cluster):
        return _open_cluster(source, memory_limit)
    if isinstance(source, Files):
        return _open_files(source, writable, memory_limit)
    return _open_store(source, writable, memory_limit)
