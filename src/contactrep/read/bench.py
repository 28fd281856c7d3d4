"""A private DuckDB to work on: in memory, spilling to a scratch folder that is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contactrep.duck import IOException, Parameters, Row, Session, first_line, no_room
from contactrep.machine import scratch

__all__ = ["Bench", "Parameters", "Row", "bench"]

Bench = Session
"""The session that files are read with. Its `scratch` takes further temporary files."""


@contextmanager
def bench(
    on_query: Callable[[float], None] | None = None, *, memory_limit: str | None = None
) -> Iterator[Bench]:
    """A Bench; on every way out it is closed and its scratch folder removed.

    `memory_limit` is that of the whole run, such as `1GB`. What fails for want of disk or memory, and nobody
    has put into words closer to it, is a ContactrepError.
    """
    try:
        with scratch() as folder, Session(folder, memory_limit, on_query=on_query) as session:
            yield session
    except (OSError, IOException) as error:
        raise no_room((isinstance(error, OSError) and error.strerror) or first_line(error)) from None
