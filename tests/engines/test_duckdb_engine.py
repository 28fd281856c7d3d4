"""What an engine lets a question do: read its store, and nothing else."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from contactrep.engines.duckdb import DuckDbEngine
from contactrep.errors import OutputProblem, StoreProblem
from contactrep.questions import FileKind, Question
from contactrep.questions.engine import ask


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A database with one table of three rows."""
    path = tmp_path / "some.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE events AS SELECT range AS number FROM range(3)")
    return path


@pytest.fixture
def engine(store: Path) -> Iterator[DuckDbEngine]:
    """An engine over that database."""
    with DuckDbEngine(store) as opened:
        yield opened


def test_a_question_is_answered_with_all_rows(engine: DuckDbEngine) -> None:
    """Rows come back as tuples, parameters are bound."""
    asked = Question("SELECT number FROM events WHERE number > $least ORDER BY 1", {"least": 0})
    assert ask(engine, asked) == [(1,), (2,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{other}')",
        "SELECT * FROM read_text('{other}')",
        "COPY (SELECT 1) TO '{other}'",
        "ATTACH '{other}' AS other",
        "SET enable_external_access = true",
        "SET threads = 1",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE TABLE more AS SELECT 1",
        "DELETE FROM events",
    ],
)
def test_nothing_but_reading_the_store_is_possible(engine: DuckDbEngine, tmp_path: Path, sql: str) -> None:
    """Other files, other databases, settings, extensions and changes are refused by DuckDB itself."""
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    with pytest.raises((duckdb.Error, StoreProblem)):
        ask(engine, Question(sql.format(other=other)))
    assert other.read_text() == "a\n1\n"


def test_only_the_one_writable_file_can_be_written(store: Path, tmp_path: Path) -> None:
    """An export goes where it was opened for."""
    allowed, other = tmp_path / "allowed.csv", tmp_path / "other.csv"
    question = Question("SELECT number FROM events WHERE number < $most ORDER BY 1", {"most": 2})
    with DuckDbEngine(store, writable=allowed) as engine:
        assert engine.write(question, allowed, FileKind("csv")) == 2
        with pytest.raises((duckdb.Error, OutputProblem)):
            engine.write(question, other, FileKind("csv"))
    assert allowed.read_text() == "number\n0\n1\n"
    assert not other.exists()


def test_the_store_is_not_touched_by_a_report(store: Path) -> None:
    """Neither bytes nor times of the file change, and nothing is left beside it."""
    before = (store.read_bytes(), store.stat().st_mtime_ns)
    store.chmod(stat.S_IRUSR)
    with DuckDbEngine(store) as engine:
        ask(engine, Question("SELECT count(*) FROM events"))
    assert (store.read_bytes(), store.stat().st_mtime_ns) == before
    assert [path.name for path in store.parent.iterdir()] == [store.name]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """The error is one line and says which file."""
    path = tmp_path / "notes.duckdb"
    path.write_text("not a database" * 1000)
    with pytest.raises(StoreProblem, match=r"cannot read the store .*notes\.duckdb"):
        DuckDbEngine(path)


def test_many_rows_come_in_batches(store: Path) -> None:
    """Batches together are the answer, in its order."""
    with DuckDbEngine(store) as engine:
        batches = list(engine.batches(Question("SELECT range FROM range(25000) ORDER BY 1")))
    assert len(batches) > 1
    assert [row[0] for batch in batches for row in batch] == list(range(25_000))


_INTERRUPTED = """
import os, signal, threading
from contactrep.engines.duckdb import DuckDbEngine
from contactrep.questions import Question
from contactrep.questions.engine import ask

signal.signal(signal.SIGINT, signal.default_int_handler)
with DuckDbEngine(None) as engine:
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        long = "FROM range(1000000000) a, range(1000) b WHERE a.range * b.range = 7"
        ask(engine, Question(f"SELECT count(*) {long}"))
    except KeyboardInterrupt:
        print("interrupted", ask(engine, Question("SELECT 42")))
"""


def test_a_query_that_is_broken_off_is_over_before_the_run_goes_on() -> None:
    """Ctrl-C ends a query, waits for its thread, and leaves an engine that answers."""
    done = subprocess.run([sys.executable, "-c", _INTERRUPTED], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted [(42,)]\n", "")
