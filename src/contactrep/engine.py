"""Puts questions to DuckDB, over a store that no report can change: read-only, locked down, offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from contactrep import duck
from contactrep.errors import OutputProblem, StoreProblem
from contactrep.machine import openable, scratch
from contactrep.questions import Question

FileFormat = Literal["csv", "parquet", "jsonl"]
Compression = Literal["none", "gzip", "zstd"]
Row = tuple[Any, ...]

# Text is written as strictly as it is read: quoted where needed, one record a line.
_FORMATS = {
    "csv": "FORMAT csv, HEADER true, COMPRESSION {}",
    "jsonl": "FORMAT json, COMPRESSION {}",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}


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
            session = duck.Session(
                stack.enter_context(scratch()),
                memory_limit,
                store=openable(store) if store else None,
                further=_lock_down([*readable, *([openable(writable)] if writable else [])]),
                # What has neither store nor files is a sample, with neither limit nor range.
                advice="raise --memory-limit, or choose a shorter range"
                if store or readable
                else "ask for fewer events",
            )
            self.session = stack.enter_context(session)
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

    def ask(self, question: Question) -> list[Row]:
        """All rows of the answer; StoreProblem when the store cannot give it."""
        with self._errors():
            return self.session.run(question.sql, question.parameters)

    def batches(self, question: Question) -> Iterator[Sequence[Row]]:
        """The rows of the answer, some thousands at a time."""
        with self._errors():
            yield from self.session.batches(question.sql, question.parameters)

    def stream(self, question: Question) -> Iterator[Row]:
        """The rows of the answer one by one, in bounded memory: all of them, before the next question."""
        for batch in self.batches(question):
            yield from batch

    def write(self, question: Question, path: Path, form: FileFormat, compression: Compression) -> int:
        """Write the answer to `path`, the engine's `writable`, and give its number of rows.

        Raises OutputProblem when the disk is full or the place cannot be written.
        """
        options = _FORMATS[form].format(compression)
        copy = f"COPY ({question.sql}) TO $path ({options}, USE_TMP_FILE false)"
        parameters = {**question.parameters, "path": openable(path)}
        with self._errors():
            try:
                count: int = self.session.value(copy, parameters)
            except duck.IOException as error:
                raise OutputProblem(f"cannot write the export: {duck.first_line(error)}") from None
        return count

    def _errors(self) -> AbstractContextManager[None]:
        """What DuckDB cannot do, as an error that a user can meet."""
        return _store_errors(self._store)


def _lock_down(allowed: Sequence[str]) -> duck.Settings:
    """The settings that leave a report nothing but its store and these paths, in the order they need."""
    paths = {"allowed_paths": list(allowed)} if allowed else {}
    return {**paths, "enable_external_access": False, "lock_configuration": True}


@contextmanager
def _store_errors(store: Path | None) -> Iterator[None]:
    try:
        yield
    except duck.IOException as error:
        raise StoreProblem(f"cannot read the store {store}: {duck.first_line(error)}: see --store") from None
    except duck.CatalogException:
        # One of the store's tables is not there.
        raise StoreProblem(f"{store} is a DuckDB file, but no contactrep store: see --store") from None
