"""The whole program against the oracle: random events through real files, answers compared whole."""

import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from hypothesis import event, given, note

from tests import oracle
from tests.oracle import Clock, Store, UsageError
from tests.strategies import WEEK_STARTS, Asked, Case, File, cases

Run = Callable[..., Result]
Answer = Callable[[Store, Clock, oracle.Question], oracle.Json]

COMPONENTS: dict[str, tuple[list[str], Answer]] = {
    "overview": (["overview"], oracle.overview),
    "added": (["added"], partial(oracle.breakdown, kind="added")),
    "connected": (["connected"], partial(oracle.breakdown, kind="connected")),
    **{f"log {kind}": (["log", kind], partial(oracle.log, kind=kind)) for kind in oracle.KINDS},
    "report": (["report"], oracle.report),
}


def differences(found: Any, expected: Any, path: str = "") -> Iterator[str]:
    """Name every place at which two JSON values differ."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in found.keys() | expected.keys():
            missing = "(no such key)"
            yield from differences(found.get(key, missing), expected.get(key, missing), f"{path}.{key}")
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for number, pair in enumerate(zip(found, expected, strict=True)):
            yield from differences(*pair, f"{path}[{number}]")
    elif found != expected:
        yield f"{path}: program {found!r}, oracle {expected!r}"


@contextmanager
def written(case: Case) -> Iterator[tuple[Path, list[Path]]]:
    """Write the case's files as CSV; give the directory and their paths."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        paths = [directory / f"{number}.csv" for number in range(len(case.files))]
        for path, content in zip(paths, case.files, strict=True):
            write(path, content)
        yield directory, paths


def write(path: Path, content: File) -> None:
    """Write one file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(content.headers.values())
        lines.writerows([row[column] for column in content.headers] for row in content.rows)


def taken_in(case: Case, zone: ZoneInfo) -> tuple[Store, list[oracle.FileCount]]:
    """Load the case's files into the oracle."""
    store = Store()
    return store, [store.load(content.rows, zone) for content in case.files]


def is_refused(counts: list[oracle.FileCount]) -> bool:
    """Tell whether a file has records but no good one, so that the load is refused."""
    return any(count.read and count.read == count.rejected for count in counts)


def load_summary(counts: list[oracle.FileCount], directory: Path, paths: list[Path]) -> oracle.Json:
    """Give what `load` says as JSON, but for the id of the load."""
    names = ("read", "loaded", "duplicate", "rejected")
    return {
        "schema": 1,
        "store": str(directory / "store.db"),
        "load": None,
        "files": [
            {"path": str(path), **vars(count), "unknown_sources": dict(count.unknown_sources)}
            for path, count in zip(paths, counts, strict=True)
        ],
        "total": {name: sum(vars(count)[name] for count in counts) for name in names},
    }


def load(run: Run, case: Case, directory: Path, paths: list[Path]) -> Store | None:
    """Load the case into a store of the program, check what it says, and give the oracle's store."""
    store, counts = taken_in(case, ZoneInfo(case.zone))
    path = directory / "store.db"
    result = run("load", "--timezone", case.zone, "--store", path, "--format", "json", *paths)
    if is_refused(counts):
        assert result.exit_code == 1, result.output
        return None
    assert result.exit_code == 0, result.output
    expected = load_summary(counts, directory, paths)
    found = sorted(differences(json.loads(result.stdout) | {"load": None}, expected))
    assert not found, "\n".join(found)
    if case.directory is not None:
        users = directory / "users.csv"
        users.write_text("id,name\n" + "".join(f"{key},{name}\n" for key, name in case.directory.items()))
        assert run("users", "load", "--store", path, users).exit_code == 0
        store.directory = case.directory
    return store


def answer_or_usage_error(
    answer: Answer, store: Store, clock: Clock, question: oracle.Question
) -> oracle.Json | None:
    """Ask the oracle; None is a usage error."""
    try:
        return answer(store, clock, question)
    except UsageError as error:
        note(f"oracle: usage error {error}")
        return None


def check(
    run: Run, component: str, asked: Asked, store: Store, *, zone: str, where: list[str | Path]
) -> None:
    """Ask the program and the oracle the same, and compare."""
    command, answer = COMPONENTS[component]
    arguments = [*command, *where, *asked.arguments(is_log=command[0] == "log")]
    note(f"contactrep {' '.join(map(repr, arguments))}")
    clock = Clock.at(asked.as_of, ZoneInfo(asked.timezone or zone))
    expected = answer_or_usage_error(answer, store, clock, asked.question)
    result = run(*arguments)
    event(f"{command[0]}: {expected.get('status', 'page') if expected else 'usage error'}")
    assert result.exit_code == (0 if expected else 2), result.output
    if expected is None:
        return
    found = sorted(differences(json.loads(result.stdout), expected))
    assert not found, "\n".join(found)


def ask_store(run: Run, case: Case, components: list[str]) -> None:
    """Load once, then ask every question of every component."""
    with written(case) as (directory, paths):
        store = load(run, case, directory, paths)
        if store is None:
            return
        for asked in case.asked:
            for component in components:
                check(run, component, asked, store, zone=case.zone, where=["--store", directory / "store.db"])


@given(case=cases())
def test_overview(run: Run, case: Case) -> None:
    """The overview is the oracle's, every key of it."""
    ask_store(run, case, ["overview"])


@given(case=cases(questions=4))
def test_breakdowns(run: Run, case: Case) -> None:
    """The breakdowns by source and by channel are the oracle's, every key of them."""
    ask_store(run, case, ["added", "connected"])


@given(case=cases(questions=3))
def test_logs(run: Run, case: Case) -> None:
    """The four logs are the oracle's, row by row."""
    ask_store(run, case, [f"log {kind}" for kind in oracle.KINDS])


@given(case=cases(questions=3))
def test_report(run: Run, case: Case) -> None:
    """The whole page is the oracle's."""
    ask_store(run, case, ["report"])


@pytest.mark.parametrize("component", ["overview", "added", "connected", "log merged"])
@given(case=cases(questions=2, most_files=2))
def test_straight_from_files(run: Run, component: str, case: Case) -> None:
    """Asked over files, the answer is what a store loaded from them would give."""
    with written(case) as (_, paths):
        for asked in case.asked:
            zone = asked.timezone or case.zone
            store, counts = taken_in(case, ZoneInfo(zone))
            if not is_refused(counts):
                check(run, component, asked, store, zone=zone, where=["--timezone", zone, *paths])


@given(case=cases(questions=3), week_start=WEEK_STARTS)
def test_week_start(run: Run, case: Case, week_start: str) -> None:
    """Weeks begin on the configured day, in ranges and in buckets."""
    with written(case) as (directory, paths):
        store = load(run, case, directory, paths)
        config = directory / "config.toml"
        config.write_text(f'week_start = "{week_start}"\n')
        for asked in case.asked if store is not None else ():
            asked_so = asked.with_week_start(oracle.WEEKDAYS.index(week_start))
            where: list[str | Path] = ["--store", directory / "store.db", "--config", config]
            check(run, "overview", asked_so, store or Store(), zone=case.zone, where=where)
