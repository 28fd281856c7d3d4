"""Puts questions to DuckDB, over a store that no report can change: read-only, locked down, offline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import duckdb

from contactrep.errors import OutputProblem, StoreProblem
from contactrep.machine import for_duckdb, openable, scratch
from contactrep.questions import Question

FileFormat = Literal["csv", "parquet", "jsonl"]
Compression = Literal["none", "gzip", "zstd"]
Row = tuple[Any, ...]

_Answer = TypeVar("_Answer")

# Text is written as strictly as it is read: quoted where needed, one record a line.
_FORMATS = {
    "csv": "FORMAT csv, HEADER true, COMPRESSION {}",
    "jsonl": "FORMAT json, COMPRESSION {}",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Either of these would fetch from the network for a path that looks like a URL.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_ROWS_A_BATCH = 10_000


class Engine:
    """A read-only connection to a store, to be used as a context manager.

    What a report does not need is switched off: other files, the network, extensions, further settings.
    Without a store it answers from its questions alone, as for generated data. `writable` is the one
    file that `write` may fill, `readable` are patterns of files that it may open besides. `memory_limit` is
    that of the whole run, such as `256MB`; what does not fit goes to a private temporary folder, removed on
    the way out.
    """

    def __init__(
        self,
        store: Path | None,
        *,
        writable: Path | None = None,
        readable: Sequence[str] = (),
        memory_limit: str | None = None,
    ) -> None:
        with ExitStack() as stack, _store_errors(store):
            allowed = [*readable, *([openable(writable)] if writable else [])]
            settings = _settings(stack.enter_context(scratch()), allowed, memory_limit)
            self._connection = _connect(store, settings)
            stack.callback(self._connection.close)
            self._opened = stack.pop_all()
        self._store = store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    @property
    def knows_bounds(self) -> bool:
        """Whether it knows the first and last time of each part of the events, so that it reads few of them
        for few times: a question may be put in many parts."""
        return True

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, for the check of a store's layout."""
        return self._connection

    def ask(self, question: Question) -> list[Row]:
        """All rows of the answer; StoreProblem when the store cannot give it."""
        with self._errors():
            return self._interruptible(lambda: self._run(question).fetchall())

    def batches(self, question: Question) -> Iterator[Sequence[Row]]:
        """The rows of the answer, some thousands at a time."""
        with self._errors():
            self._interruptible(lambda: self._run(question))
            while rows := self._interruptible(lambda: self._connection.fetchmany(_ROWS_A_BATCH)):
                yield rows

    def write(self, question: Question, path: Path, form: FileFormat, compression: Compression) -> int:
        """Write the answer to `path`, the engine's `writable`, and give its number of rows.

        Raises OutputProblem when the disk is full or the place cannot be written.
        """
        options = _FORMATS[form].format(compression)
        copy = f"COPY ({question.sql}) TO $path ({options}, USE_TMP_FILE false)"
        parameters = {**question.parameters, "path": openable(path)}
        with self._errors():
            try:
                rows = self._interruptible(lambda: self._run(Question(copy, parameters)).fetchall())
            except duckdb.IOException as error:
                raise OutputProblem(f"cannot write the export: {_first_line(error)}") from None
        count: int = rows[0][0]
        return count

    def _errors(self) -> AbstractContextManager[None]:
        """What DuckDB cannot do, as an error that a user can meet."""
        return _store_errors(self._store)

    def _run(self, question: Question) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(question.sql, dict(question.parameters))

    def _interruptible(self, work: Callable[[], _Answer]) -> _Answer:
        """Do the work on a thread: DuckDB sees Ctrl-C only after a query, a waiting main thread at once."""
        done: list[_Answer] = []
        failed: list[BaseException] = []
        over = threading.Event()  # a join that is broken off takes the thread for ended, in Python 3.11

        def run() -> None:
            try:
                done.append(work())
            except BaseException as error:
                failed.append(error)
            finally:
                over.set()

        threading.Thread(target=run, daemon=True).start()
        try:
            over.wait()
        except BaseException:
            self._connection.interrupt()
            over.wait()
            raise
        if failed:
            raise failed[0]
        return done[0]


def _settings(spill: Path, allowed: Sequence[str], memory_limit: str | None) -> dict[str, object]:
    """The settings of a locked-down connection, in the order in which they must be made."""
    settings: dict[str, object] = {"TimeZone": "UTC", "temp_directory": str(spill)}
    settings["memory_limit"] = for_duckdb(memory_limit)
    if allowed:
        settings["allowed_paths"] = list(allowed)
    return settings | {"enable_external_access": False, "lock_configuration": True}


def _connect(store: Path | None, settings: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
    read_only = store is not None
    file = openable(store) if store else ":memory:"
    try:
        connection = _patiently(lambda: duckdb.connect(file, read_only=read_only, config=_CONFIG))
    except duckdb.CatalogException:
        # DuckDB takes a text file for a table of a database in memory, which cannot be read-only.
        raise StoreProblem(f"cannot read the store {store}: it is no DuckDB file: see --store") from None
    try:
        for setting, value in settings.items():
            connection.execute(f"SET {setting} = $value", {"value": value})
    except BaseException:
        connection.close()
        raise
    return connection


def _patiently(
    connect: Callable[[], duckdb.DuckDBPyConnection], tries: int = 100
) -> duckdb.DuckDBPyConnection:
    """Connect, trying again for two seconds while a load takes in what another program left in a log.

    That is the one moment in which a load has the store itself open.
    """
    for _ in range(tries - 1):
        try:
            return connect()
        except duckdb.IOException as error:
            if "Could not set lock" not in str(error):
                raise
            time.sleep(0.02)
    return connect()


@contextmanager
def _store_errors(store: Path | None) -> Iterator[None]:
    try:
        yield
    except duckdb.IOException as error:
        raise StoreProblem(f"cannot read the store {store}: {_first_line(error)}: see --store") from None
    except duckdb.CatalogException:
        # One of the store's tables is not there.
        raise StoreProblem(f"{store} is a DuckDB file, but no contactrep store: see --store") from None
    except duckdb.OutOfMemoryException:
        # Files tell their own errors; what else has no store is a sample, with neither limit nor range.
        advice = "raise --memory-limit, or choose a shorter range" if store else "ask for fewer events"
        raise StoreProblem(f"not enough memory for this question: {advice}") from None


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
