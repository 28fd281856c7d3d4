"""The engine over a store: DuckDB, read-only, locked down, offline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Self

from contactrep import duck
from contactrep.errors import StoreProblem, unwritable
from contactrep.events import FORMULA_SQL
from contactrep.machine import openable, scratch
from contactrep.questions.engine import FileKind, Question, Row

# Text is written as strictly as it is read: quoted where needed, one record per line.
_FORMATS: Final = {
    "csv": "FORMAT csv, HEADER true, COMPRESSION {}",
    "jsonl": "FORMAT json, COMPRESSION {}",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}


class DuckDbDialect:
    """DuckDB's spelling of what `questions.Dialect` describes."""

    def microseconds(self, time: str) -> str:
        return f"epoch_us({time})"

    def is_within(self, start: str, end: str) -> str:
        return f"ts >= ${start} AND ts < ${end}"

    def quotient(self, number: str, divisor: str) -> str:
        return f"{number} // {divisor}"

    def is_one_of(self, text: str, name: str) -> str:
        return f"list_contains(${name}::VARCHAR[], {text})"

    def are_one_of(self, texts: Sequence[str], name: str) -> str:
        return f"list_contains(${name}::VARCHAR[][], [{', '.join(texts)}])"

    def folded(self, text: str) -> str:
        return f"lower(upper({text}))"

    def has_part(self, column: str, name: str) -> str:
        # A comparison per text would take DuckDB minutes to plan: instead, all parts of a value that are as
        # long as one of the texts are looked up among the texts.
        return f"""events.{column} IN (
            WITH texts AS (SELECT lower(upper(unnest(${name}::VARCHAR[]))) AS text),
                columns AS (SELECT DISTINCT {column}, lower(upper({column})) AS folded FROM events),
                starts AS (SELECT *, unnest(range(1, length(folded) + 1)) AS start FROM columns)
            SELECT {column}
            FROM starts CROSS JOIN (SELECT DISTINCT length(text) AS size FROM texts)
            WHERE substring(folded, start, size) IN (SELECT text FROM texts)
        )"""

    def is_formula(self, text: str) -> str:
        return FORMULA_SQL.format(text)

    def iso_text(self, time: str) -> str:
        return f"""CASE WHEN epoch_us({time}) % 1000000 = 0 THEN strftime({time}, '%Y-%m-%dT%H:%M:%SZ')
            ELSE strftime({time}, '%Y-%m-%dT%H:%M:%S.%fZ') END"""

    def utc_day(self, time: str) -> str:
        return f"strftime({time}, '%Y-%m-%d')"

    def instant(self, time: str) -> str:
        return f"{time}::TIMESTAMPTZ"


class DuckDbEngine:
    """Answers from a store. Without one it answers questions that need no data, as for the demo.

    A context manager. `writable` is the one file that `write` may fill. `memory_limit` (such as `256MB`) is
    for the whole run; whatever exceeds it goes to a private temporary folder, removed at the end. Raises
    StoreProblem when the store cannot be read.
    """

    dialect = DuckDbDialect()
    costly = False
    keeps_loads = True

    def __init__(
        self, store: Path | None, *, writable: Path | None = None, memory_limit: str | None = None
    ) -> None:
        self._store = store
        self._opened = ExitStack()
        with self._errors():
            self.session = self._opened.enter_context(
                locked_session(store, writable=writable, memory_limit=memory_limit)
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def batches(self, question: Question) -> Iterator[Sequence[Row]]:
        with self._errors():
            yield from self.session.batches(question.sql, question.parameters)

    def require_room(self, size: int) -> None:
        self.session.require_room(size)

    def write(self, question: Question, path: Path, kind: FileKind) -> int:
        with self._errors():
            return copy(self.session, question, path, kind)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise what a user can meet in place of errors of DuckDB."""
        try:
            yield
        except duck.IOException as error:
            reason = f"cannot read the store {self._store}: {duck.first_line(error)}: see --store"
            raise duck.refused(self._store, error, reason) from None
        except duck.CatalogException:
            # One of the store's tables is missing.
            reason = "is a DuckDB file, but not a contactrep store: see --store"
            raise StoreProblem(f"{self._store} {reason}") from None


@contextmanager
def locked_session(
    store: Path | None = None,
    *,
    readable: Sequence[str] = (),
    writable: Path | None = None,
    memory_limit: str | None = None,
) -> Iterator[duck.Session]:
    """A DuckDB session for questions: other files, the network, extensions and further settings are off.

    `readable`: paths of further files that it may read, and the glob patterns that mean exactly these.
    """
    paths = [*readable, *([openable(writable)] if writable else [])]
    settings: duck.Settings = {
        **({"allowed_paths": paths} if paths else {}),
        **({"allowed_directories": [openable(writable)]} if writable and writable.is_dir() else {}),
        "enable_external_access": False,
        "lock_configuration": True,  # last: it locks all settings
    }
    # An engine without store and files makes sample data, which has neither a limit nor a range.
    is_sample = store is None and not readable
    advice = "ask for fewer events" if is_sample else "raise --memory-limit, or choose a shorter range"
    opened = openable(store) if store else None
    with (
        scratch() as folder,
        duck.Session(folder, memory_limit, store=opened, further=settings, advice=advice) as session,
    ):
        yield session


def copy(session: duck.Session, question: Question, path: Path, kind: FileKind) -> int:
    """Write an answer to `path` by DuckDB's COPY, and return its number of rows: see Engine.write."""
    options = _FORMATS[kind.form].format(kind.compression)
    options += f", PARTITION_BY ({kind.partition_by})" if kind.partition_by else ", USE_TMP_FILE false"
    sql = f"COPY ({question.sql}) TO $path ({options})"
    try:
        count: int = session.value(sql, {**question.parameters, "path": openable(path)})
    except duck.IOException as error:
        # DuckDB's message may be JSON, with the name of a temporary file that means nothing to a user.
        found = re.search(r'": ([^"]+)', str(error).replace("\\", ""))
        said = found[1] if found else duck.first_line(error)
        raise unwritable("the export", said) from None
    return count
