"""Where questions are costly, a report asks few of them, and says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from click.testing import Result

from contactrep.engines.duckdb import DuckDbEngine
from tests.conftest import REPOSITORY

Run = Callable[..., Result]

NEW_YORK = ("--range", "2026-10-20..2026-11-10", "--timezone", "America/New_York", "--by", "hour")
REPORTS = (
    ["overview"],
    ["overview", *NEW_YORK],
    ["overview", "--range", "2024-03-05T10:11..2026", "--by", "month", "--compare", "year"],
    ["added", *NEW_YORK],
    ["connected", "--range", "all"],
    ["report"],
    ["report", "--range", "all", "--user", "ann", "--contact", "a"],
    ["report", "--channel", "whatsapp", "--source", "user", "--range", "2026"],
    ["log", "added", "--limit", "3"],
    ["log", "merged", "--range", "2026", "--oldest-first", "--contact", "a"],
    ["status"],
)


@pytest.fixture
def store(run: Run, tmp_path: Path) -> Path:
    """The example events in a store."""
    path = tmp_path / "s.duckdb"
    run("load", REPOSITORY / "examples" / "events.csv", "--timezone", "UTC", "--store", path)
    return path


def answer(run: Run, store: Path, report: list[str]) -> Any:
    """A report as JSON, at a time at which some events are still to come."""
    as_of = [] if report == ["status"] else ["--as-of", "2026-11-03T09:00"]
    result = run(*report, "--store", store, *as_of, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("report", REPORTS, ids=" ".join)
def test_fewer_questions_give_the_same_answer(run: Run, store: Path, report: list[str]) -> None:
    """Every report is the same where its questions are put together."""
    usual = answer(run, store, report)
    with mock.patch.object(DuckDbEngine, "costly", True):
        assert answer(run, store, report) == usual


@pytest.mark.parametrize(("report", "most"), [("report", 3), ("overview", 2), ("log added", 3)])
def test_a_report_asks_few_questions(run: Run, store: Path, report: str, most: int) -> None:
    """A page asks what there is, counts once, and lists the four logs at once."""
    asked: list[str] = []
    batches = DuckDbEngine.batches

    def counting(self: DuckDbEngine, question: Any) -> Any:
        asked.append(question.sql)
        return batches(self, question)

    with mock.patch.multiple(DuckDbEngine, costly=True, batches=counting):
        result = run(*report.split(), "--range", "all", "--store", store)
    assert result.exit_code == 0, result.stderr
    assert len([sql for sql in asked if "FROM events" in sql]) <= most, asked
