"""Writes tables of Arrow to a file by DuckDB's COPY, so that they match the exports of a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from contactrep.duck import Error
from contactrep.engines.duckdb import copy, locked_session
from contactrep.questions.engine import FileKind, Question


def write_arrow(
    schema: Any, tables: Iterable[Any], path: Path, kind: FileKind, *, memory_limit: str | None = None
) -> int:
    """Write tables of one schema (`pyarrow`), one after another, to `path`; return the number of rows.
    `memory_limit` is that of the whole run.

    Raises OutputProblem where the file cannot be written, and whatever the iterable raises.
    """
    import pyarrow

    failed: list[BaseException] = []

    def batches() -> Iterator[Any]:
        try:
            for table in tables:
                yield from table.cast(schema).to_batches()
        except BaseException as error:
            failed.append(error)
            raise

    reader = pyarrow.RecordBatchReader.from_batches(schema, batches())
    with locked_session(writable=path, memory_limit=memory_limit) as session:
        session.register("answer", reader)
        try:
            return copy(session, Question("SELECT * FROM answer"), path, kind)
        except Error:
            if failed:
                raise failed[0] from None
            raise
