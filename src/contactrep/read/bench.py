"""A private DuckDB to work on: in memory, spilling to a scratch folder that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from contactrep.errors import ContactrepError
from contactrep.machine import for_duckdb, scratch

_PATIENCE = 0.1  # seconds between two looks at a running query

Row = tuple[Any, ...]
Parameters = Mapping[str, Any] | None


@dataclass(frozen=True)
class Bench:
    """A connection, the folder for what does not fit in memory, and who is told how far a query is."""

    connection: duckdb.DuckDBPyConnection
    scratch: Path
    on_query: Callable[[float], None]
    pool: ThreadPoolExecutor

    def run(self, sql: str, parameters: Parameters = None) -> list[Row]:
        """The rows of one statement; `$name` parameters are bound.

        It runs on a thread of its own, for on the main thread Ctrl-C would wait until the query is over.
        """
        future = self.pool.submit(self._fetch, sql, parameters)
        try:
            return self._wait(future)
        except BaseException:
            if not future.done():
                self.connection.interrupt()
                future.exception()
            raise

    def value(self, sql: str, parameters: Parameters = None) -> Any:
        """The first column of the first row."""
        return self.run(sql, parameters)[0][0]

    def append(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows to a table of the bench."""
        appender = self.connection.appender(table)
        appender.append_rows(list(rows))
        appender.flush()

    def _fetch(self, sql: str, parameters: Parameters) -> list[Row]:
        return self.connection.execute(sql, dict(parameters or {})).fetchall()

    def _wait(self, future: Future[list[Row]]) -> list[Row]:
        while True:
            try:
                return future.result(timeout=_PATIENCE)
            except TimeoutError:
                if future.done():
                    raise
                self.on_query(self.connection.query_progress())


def quiet(_: float) -> None:
    """Nobody wants to know how far a query is."""


@contextmanager
def bench(on_query: Callable[[float], None] = quiet, *, memory_limit: str | None = None) -> Iterator[Bench]:
    """A Bench; on every way out its connection is closed and its scratch folder removed.

    `memory_limit` is that of the whole run, such as `1GB`. What fails for want of disk or memory, and nobody
    has put into words closer to it, is a ContactrepError.
    """
    try:
        with (
            scratch() as folder,
            duckdb.connect(":memory:", config=settings(folder, memory_limit)) as connection,
            ThreadPoolExecutor(max_workers=1) as pool,
        ):
            # A signal while the pool starts its thread makes it forget that; so then there is nothing to do.
            pool.submit(int).result()
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = true")
            connection.execute("SET enable_progress_bar_print = false")
            yield Bench(connection, folder, on_query, pool)
    except (duckdb.Error, OSError) as error:
        if is_out_of_memory(error):
            raise ContactrepError("not enough memory for this: raise --memory-limit") from None
        said = first_line(error) if isinstance(error, duckdb.Error) else error.strerror or str(error)
        where = tempfile.gettempdir()
        raise ContactrepError(
            f"files cannot be read: {said}: make room in {where}, or set TMPDIR to another folder"
        ) from None


def is_out_of_memory(error: Exception) -> bool:
    """Whether DuckDB had too little memory; a commit says so in a TransactionException."""
    return isinstance(error, duckdb.OutOfMemoryException) or (
        isinstance(error, duckdb.TransactionException) and "failed to pin block" in str(error)
    )


def first_line(error: duckdb.Error) -> str:
    """What DuckDB says, in one line."""
    return str(error).partition("\n")[0].rstrip(". ")


OFFLINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""How every DuckDB of a load is opened: no path makes it fetch anything from the network."""


def settings(folder: Path, memory_limit: str | None) -> dict[str, str | bool | int | float | list[str]]:
    """How a bench is set up: a bound on memory, and where to go beyond it."""
    return OFFLINE | {"memory_limit": for_duckdb(memory_limit), "temp_directory": str(folder / "spill")}
