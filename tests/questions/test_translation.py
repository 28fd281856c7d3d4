"""Every question can be put to Spark: what sqlglot does not translate is written through the Dialect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import sqlglot
from click.testing import Result
from sqlglot import exp

from contactrep.engines.duckdb import DuckDbDialect, DuckDbEngine
from contactrep.questions import Dialect, Question
from contactrep.questions.matching import known_values
from tests.conftest import REPOSITORY

Run = Callable[..., Result]

SAME_IN_SPARK = {"CHR", "COALESCE", "CONTAINS", "COUNT", "COUNT_IF", "EXISTS", "IF", "MAX", "MIN"}
"""Functions that give the same in Spark and in DuckDB. Check a new one on Spark before you add it:
casts, date formats, regular expressions and letter case differ."""

ONLY_IN_A_STORE = {"loads", "files", "rejects"}

FILTERS = (
    (),
    ("--source", "user"),
    ("--user", "ann", "--contact", "zo", "--contact", "x"),
    ("--channel", "line", "--source", "broadcast"),
    [option for place in range(30) for option in ("--contact", f"c{place}")],
    ("--range", "2026", "--by", "month", "--timezone", "America/New_York", "--compare", "none"),
)
REPORTS = (
    ["overview"],
    ["added"],
    ["connected"],
    ["report"],
    ["log", "added"],
    ["log", "connected", "--limit", "2"],
    ["log", "deleted", "--oldest-first"],
)
EXPORTS = ("added.csv", "connected.jsonl", "events.parquet", "merged.xlsx", "events.csv")


class MarkedDialect(DuckDbDialect):
    """DuckDB's dialect that marks by comments what came from which of its methods."""

    def __getattribute__(self, name: str) -> Any:
        method = super().__getattribute__(name)
        return method if name.startswith("_") else lambda *given: f"/*<{name}*/{method(*given)}/*>*/"


_INNERMOST = re.compile(r"/\*<(\w+)\*/(?:(?!/\*).)*/\*>\*/", re.DOTALL)


def without_dialect(sql: str) -> tuple[str, set[str]]:
    """A question with calls of `dialect_…()` for what came from the Dialect, and the methods' names."""
    names: set[str] = set()
    while found := _INNERMOST.search(sql):
        names.add(found[1])
        sql = f"{sql[: found.start()]}dialect_{found[1]}(){sql[found.end() :]}"
    return sql, names


def faults(sql: str) -> Iterator[str]:
    """What Spark would not understand, or understand as something else."""
    (spark,) = sqlglot.transpile(
        sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE
    )
    tree = sqlglot.parse_one(spark, read="spark")
    for call in tree.find_all(exp.Func):
        name = re.match(r"(\w+)\(", call.sql(dialect="spark"))
        if name and name[1] not in SAME_IN_SPARK and not name[1].lower().startswith("dialect_"):
            yield f"function {name[1]}"
    yield from ("UNION BY NAME" for union in tree.find_all(exp.SetOperation) if union.args.get("by_name"))
    assert isinstance(tree, exp.Query)
    named = exp.Alias, exp.Column
    yield from (f"no name for {column.sql()}" for column in tree.selects if not isinstance(column, named))


@pytest.fixture
def questions(run: Run, tmp_path: Path) -> list[str]:
    """The SQL of every question that commands put to a store, with the Dialect's parts marked."""
    asked: list[str] = []

    def recording(method: Callable[..., Any]) -> Callable[..., Any]:
        def record(self: DuckDbEngine, question: Question, *given: Any) -> Any:
            asked.append(question.sql)
            return method(self, question, *given)

        return record

    store = tmp_path / "s.duckdb"
    run("load", REPOSITORY / "examples" / "events.csv", "--timezone", "UTC", "--store", store)
    patches: dict[str, Any] = {"dialect": MarkedDialect()}
    patches |= {name: recording(getattr(DuckDbEngine, name)) for name in ("batches", "write")}
    with mock.patch.multiple(DuckDbEngine, **patches):
        options = ("--store", store, "--as-of", "2026-11-03")
        for command in REPORTS:
            for filters in FILTERS:
                assert (
                    run(
                        *command, *([] if "--by" in filters and "log" in command else filters), *options
                    ).exit_code
                    == 0
                )
        for name in EXPORTS:
            kind = name.partition(".")[0]
            assert run("export", kind, "-o", tmp_path / name, *options).exit_code == 0
        days = ("-o", tmp_path / "days", "--partition-by", "day")
        assert run("export", "events", *days, *options).exit_code == 0
        assert run("status", "--store", store).exit_code == 0
        assert run("rejects", "--store", store).exit_code == 0
        with DuckDbEngine(store) as engine:
            known_values(engine, "user")
    return asked


def test_every_question_can_be_put_to_spark(questions: list[str]) -> None:
    """Its functions mean the same there, its columns have names; no method of the Dialect is unused."""
    used: set[str] = set()
    for marked in dict.fromkeys(questions):
        sql, names = without_dialect(marked)
        used |= names
        tables = {table.name for table in sqlglot.parse_one(sql, read="duckdb").find_all(exp.Table)}
        if not tables & ONLY_IN_A_STORE:
            assert not list(faults(sql)), sql
    assert used == {name for name in vars(Dialect) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT epoch_us(ts) AS us FROM events", "function EPOCH_US"),
        ("SELECT strftime(ts, '%Y') AS year FROM events", "function DATE_FORMAT"),
        (
            "SELECT contact_id FROM events WHERE regexp_full_match(contact_id, 'x')",
            "function REGEXP_FULL_MATCH",
        ),
        ("SELECT ts::TIMESTAMPTZ AS ts FROM events", "function CAST"),
        ("SELECT count(*) FROM events", "no name for COUNT(*)"),
        ("SELECT id FROM users UNION ALL BY NAME SELECT name FROM users", "UNION BY NAME"),
    ],
)
def test_what_spark_does_not_have_is_found(sql: str, fault: str) -> None:
    """The guard trips."""
    assert fault in list(faults(sql))
