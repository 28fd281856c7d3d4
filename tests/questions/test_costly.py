"""Where questions are costly, a report asks few of them, and says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
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


@pytest.mark.parametrize("start", ["2022-03-05T10:11", "2022-03-31T23:30"])
def test_many_buckets_have_the_events_of_the_first_one(run: Run, tmp_path: Path, start: str) -> None:
    """Where SQL counts by a unit of time, the first bucket's events are in it, not in the compared range."""
    events, store = tmp_path / "events.csv", tmp_path / "s.duckdb"
    days = [date(2021, 1, 1) + timedelta(days=number) for number in range(1_600)]
    lines = (f"{day}T23:45:00Z,added,{day},S{day.day % 2}\n" for day in days)
    events.write_text("timestamp,event,contact_id,source\n" + "".join(lines), "ascii")
    run("load", events, "--timezone", "Europe/Berlin", "--store", store)
    for component in ("overview", "added"):
        for zone in ("UTC", "Europe/Berlin"):
            words = [component, "--range", f"{start}..2025-04", "--by", "month", "--compare", "year"]
            report = [*words, "--timezone", zone]
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
