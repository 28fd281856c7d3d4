"""A DuckDB session: opened offline, bounded in memory, cancelled by signals. DuckDB's settings and the
texts of its errors are here, too.

Only the native module `_duckdb` is imported: the package `duckdb` around it offers expressions, relations and
data frames, which are not used here, and takes 50 of the 240 ms of an overview to import.

A signal reaches Python only between two steps of the main thread. A call of DuckDB has no such steps, so
every call is made on a thread of the session's own while the main thread waits.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Self, TypeVar

import _duckdb as duckdb
from _duckdb import CatalogException, Error, IOException

from contactrep import machine, signals
from contactrep.errors import ContactrepError, StoreProblem
from contactrep.jobs import Job
from contactrep.memory import for_duckdb, for_names, most_threads

__all__ = ["CatalogException", "Error", "IOException", "MachineProblem", "Relation", "Session", "first_line"]

Row = tuple[Any, ...]
Parameters = Mapping[str, Any] | None
Settings = Mapping[str, object]

_Answer = TypeVar("_Answer")
_Connection = duckdb.DuckDBPyConnection

_OFFLINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    # Either of these would fetch from the network for a path that looks like a URL.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_NOT_DUCKDB: Final = "not a DuckDB file"
_DAMAGED: Final = re.compile(r"Corrupt database file|in MetadataReader")
_NO_SYNC: Final = "fsync failed"
_FOREIGN_LOG: Final = "WAL does not match database file"
_HELD: Final = re.compile(r"Conflicting lock is held in (?P<path>.+) \(PID (?P<process>\d+)\)")
_BATCH: Final = 10_000  # rows
_LOOK: Final = 0.1  # seconds between two looks at a running query
_NUDGE: Final = 0.005  # seconds between two interrupts
_PATIENCE: Final = 0.6  # seconds until DuckDB must have heeded an interrupt


class MachineProblem(ContactrepError):
    """There is too little memory, or no room for temporary files: no fault of a file or a store."""


@dataclass(frozen=True)
class Relation:
    """A table or view of a session: its name, which is also its text in an f-string, and the names of its
    columns as SQL, with their types where it is made without rows."""

    name: str
    columns: str

    def __str__(self) -> str:
        return self.name


class Session:
    """A DuckDB in memory, or over `store` (read-only), to be used as a context manager.

    `scratch` is a private folder for what does not fit in memory; `memory_limit` is that of the whole run,
    such as `256MB`; `further` are settings to make last. `on_query` is told how far a query is (percent), ten
    times a second. A lack of memory or of room in the folder is a MachineProblem, which gives `advice`; a
    store with damaged blocks is a StoreProblem, which names `named` (at first `store`); other failures are
    Errors of DuckDB's. A signal ends the statement and leaves a session that can go on.
    """

    def __init__(
        self,
        scratch: Path,
        memory_limit: str | None = None,
        *,
        store: str | None = None,
        further: Settings | None = None,
        on_query: Callable[[float], None] | None = None,
        advice: str = "raise --memory-limit",
    ) -> None:
        self.scratch = scratch
        self.for_names = for_names(memory_limit)
        self._on_query = on_query
        self._advice = advice
        self.named = store or ""
        self._only_reads = bool(store)
        self._connection: _Connection | None = None
        self._statement = 0
        self._jobs: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        # It holds no query yet, so a signal that meets its start leaves nothing that would have to end.
        self._thread = threading.Thread(target=_work, args=(self._jobs,), daemon=True)
        self._thread.start()
        try:
            self._hand_over(lambda: self._connect(store, memory_limit, further or {}))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, sql: str, parameters: Parameters = None) -> list[Row]:
        """The rows of one statement; `$name` parameters are bound."""
        return self._do(lambda it: self._execute(it, sql, parameters).fetchall())

    def value(self, sql: str, parameters: Parameters = None) -> Any:
        """The first column of the first row."""
        return self.run(sql, parameters)[0][0]

    def batches(self, sql: str, parameters: Parameters = None) -> Iterator[list[Row]]:
        """The rows of one statement, some thousands at a time; StoreProblem if another one was run before all
        are read."""

        def begin(connection: _Connection) -> int:
            self._execute(connection, sql, parameters)
            return self._statement

        def fetch(connection: _Connection) -> list[Row]:
            if self._statement != this:
                raise StoreProblem("another question was asked before all rows were read: read them first")
            return connection.fetchmany(_BATCH)

        this = self._do(begin)
        while rows := self._do(fetch):
            yield rows

    def make(self, table: Relation, sql: str | None = None, parameters: Parameters = None) -> Relation:
        """Create or replace the temporary table, with the rows of a SELECT or none; return the table."""
        rows = f" AS {sql}" if sql else ""
        self.run(f"CREATE OR REPLACE TEMP TABLE {table} ({table.columns}){rows}", parameters)
        return table

    def append(self, table: Relation, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows to a table of the session."""
        waiting = iter(rows)
        while batch := list(islice(waiting, _BATCH)):
            self._do(partial(_append, table=table.name, rows=batch))

    def register(self, name: str, reader: object) -> None:
        """Make a stream of Arrow (`pyarrow.RecordBatchReader`) a relation, which can be read once."""
        import duckdb as _  # noqa: F401 - the package tells its native module how to read Arrow

        self._do(lambda it: it.register(name, reader))

    def close(self) -> None:
        """End what still runs, and close the database. A second call does nothing.

        After a signal nothing waits for a store that was only read: to free 2 GB of an export takes 0.6 s.
        A store that was written must be closed before its file is removed.
        """
        connection, self._connection = self._connection, None
        if connection is not None and self._ended(connection):
            self._jobs.put(connection.close)
            if not (self._only_reads and signals.received()):
                self._ended(None)
        self._jobs.put(None)

    def require_room(self, size: int) -> None:
        """Raise MachineProblem if the limit has no room for names and counts of `size` bytes in Python."""
        if size > self.for_names:
            raise self._out_of_memory()

    def _out_of_memory(self) -> MachineProblem:
        return MachineProblem(f"not enough memory for this: {self._advice}")

    def _connect(self, store: str | None, memory_limit: str | None, further: Settings) -> None:
        try:
            connection = duckdb.connect(store or ":memory:", read_only=self._only_reads, config=_OFFLINE)
        except CatalogException:
            # DuckDB takes a text file for a table of a database in memory, which cannot be read-only.
            raise IOException(_NOT_DUCKDB) from None
        self._connection = connection
        [(threads,)] = connection.execute("SELECT current_setting('threads')").fetchall()
        settings: Settings = {
            "TimeZone": "UTC",
            "threads": min(most_threads(memory_limit), threads),
            "temp_directory": str(self.scratch / "spill"),
            "memory_limit": for_duckdb(memory_limit),
            # A row's place tells its line, and a store's rows are in the order of time.
            "preserve_insertion_order": True,
            "enable_progress_bar": True,
            "enable_progress_bar_print": False,
            **further,
        }
        for name, value in settings.items():
            connection.execute(f"SET {name} = $value", {"value": value})

    def _execute(self, connection: _Connection, sql: str, parameters: Parameters) -> _Connection:
        self._statement += 1
        return connection.execute(sql, dict(parameters or {}))

    def _do(self, work: Callable[[_Connection], _Answer]) -> _Answer:
        connection = self._connection
        if connection is None:
            raise _closed()
        return self._hand_over(lambda: work(connection))

    def _hand_over(self, work: Callable[[], _Answer]) -> _Answer:
        """Have the session's thread do the work, and wait for it."""
        job = Job(work)
        try:
            self._jobs.put(job)
            while not job.wait(_LOOK):
                if self._on_query and self._connection is not None:
                    self._on_query(self._connection.query_progress())
        except BaseException:
            job.cancelled = True
            if not self._ended(self._connection):
                # DuckDB does not react, perhaps during a checkpoint: closing must not wait for it.
                self._connection = None
            raise
        if job.error is not None:
            raise self._spelled(job.error)
        return job.answer

    def _ended(self, connection: _Connection | None) -> bool:
        """Interrupt, again and again, until the thread has done all that it was given: an interrupt before
        DuckDB executes is lost. After a signal False if that takes too long; a further one changes nothing.

        Without a signal nothing presses, and Python aborts the process if DuckDB still runs when it ends: to
        roll back a large load that ran out of memory takes seconds.
        """
        job = Job(lambda: None)
        self._jobs.put(job)
        until = time.monotonic() + _PATIENCE
        while (
            not job.is_over
            and self._thread.is_alive()
            and (time.monotonic() < until or not signals.received())
        ):
            with suppress(BaseException):
                if connection is not None:
                    connection.interrupt()
                job.wait(_NUDGE)
        return job.is_over

    def _spelled(self, error: BaseException) -> BaseException:
        """The error that a user meets: one of ours for lack of memory or room, and for a damaged store."""
        if _is_out_of_room(error, self.scratch):
            return no_room(first_line(error))
        if _is_out_of_memory(error):
            return self._out_of_memory()
        if isinstance(error, duckdb.InterruptException):  # by `close` on another thread
            return _closed()
        if _is_damage(error, self.named):
            return StoreProblem(
                f"{self.named or 'the store'} is damaged or incomplete ({first_line(error)}):"
                " restore a copy of it, or load its files into a new --store"
            )
        return error


@contextmanager
def scratch_session(
    on_query: Callable[[float], None] | None = None, *, memory_limit: str | None = None
) -> Iterator[Session]:
    """A Session in memory, with a private scratch folder; on every way out it is closed and the folder
    removed.

    `memory_limit` is that of the whole run, such as `1GB`. A failure for lack of disk or memory that has no
    closer explanation is a MachineProblem.
    """
    try:
        with machine.scratch() as folder, Session(folder, memory_limit, on_query=on_query) as session:
            yield session
    except (OSError, IOException, duckdb.FatalException) as error:
        if isinstance(error, duckdb.FatalException) and _NO_SYNC not in str(error):
            raise
        raise no_room((isinstance(error, OSError) and error.strerror) or first_line(error)) from None


def _closed() -> StoreProblem:
    """The error for rows that are read after `close`, or while it ends their query."""
    return StoreProblem(
        "the workspace was closed (by close, load or export) before all rows were read: read all rows first"
    )


def _work(jobs: SimpleQueue[Callable[[], object] | None]) -> None:
    """Do one job after another, until there is None."""
    for job in iter(jobs.get, None):
        job()


def _append(connection: _Connection, table: str, rows: list[Sequence[Any]]) -> None:
    appender = connection.appender(table)
    appender.append_rows(rows)
    appender.flush()


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether there was too little memory; a commit says so in a TransactionException."""
    return isinstance(error, (duckdb.OutOfMemoryException, MemoryError)) or (
        isinstance(error, duckdb.TransactionException) and "failed to pin block" in str(error)
    )


def _is_damage(error: BaseException, store: str) -> bool:
    """Whether it is a store's file that is damaged, or ends too early; other files may be cut short, too."""
    said = str(error)
    is_short = bool(store) and "Could not read enough bytes" in said and f'"{store}"' in said
    return isinstance(error, Error) and (is_short or bool(_DAMAGED.search(said)))


def _is_out_of_room(error: BaseException, scratch: Path) -> bool:
    """Whether this program's own temporary files could not be written."""
    said = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return "max_temp_directory_size" in said
    return isinstance(error, IOException) and "Could not write" in said and str(scratch) in said


def no_room(said: str) -> MachineProblem:
    """The problem of temporary files that cannot be written; `said` is why."""
    return MachineProblem(
        f"no room for temporary files: {said}: make room in {tempfile.gettempdir()},"
        " or set TMPDIR to another folder"
    )


def first_line(error: BaseException) -> str:
    """The message of an error of DuckDB, in one line."""
    line = str(error).partition("\n")[0].rstrip(". ")
    return _NOT_DUCKDB if "not a valid DuckDB database file" in line else line


def refused(store: Path | None, error: BaseException, otherwise: str) -> StoreProblem:
    """The error for a store that DuckDB does not open: whose log is beside it, who has it open, or
    `otherwise`."""
    if _FOREIGN_LOG in str(error):
        return StoreProblem(
            f"the log {store}.wal belongs to another database than {store}: move the log away"
        )
    if not (held := _HELD.search(str(error))):
        return StoreProblem(otherwise)
    program = f"{Path(held['path']).name}, process {held['process']}"
    return StoreProblem(f"{store} is in use ({program}): close the other program and retry")
