"""The whole program against the oracle: random events through real files, answers compared whole."""

import csv
import json
import re
import tempfile
from collections import abc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from hypothesis import Phase, event, given, note, settings
from hypothesis import strategies as st

from contactrep.engines.duckdb import DuckDbEngine
from contactrep.engines.parquet import parquet_engine
from contactrep.read.mapping import Mapping
from contactrep.render.text import visible
from tests import oracle
from tests.oracle import Clock, Store, UsageError
from tests.spark import running
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
COMPONENT_KINDS = {"overview": ["added", "deleted", "merged"], "report": oracle.KINDS}


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
    """Write the case's files; give the directory and their paths."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        paths = []
        for number, content in enumerate(case.files):
            path = directory / f"{number}.{'jsonl' if content.form == 'jsonl' else 'csv'}"
            (write_jsonl if content.form == "jsonl" else write_delimited)(path, content)
            paths.append(path)
        yield directory, paths


def write_delimited(path: Path, content: File) -> None:
    """Write a file of CSV or its kin."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, delimiter=content.form, lineterminator="\n")
        lines.writerow(content.headers.values())
        lines.writerows([row[column] for column in content.headers] for row in content.rows)


def write_jsonl(path: Path, content: File) -> None:
    """Write a file of JSON lines; what is empty is null or missing."""
    with path.open("w", encoding="utf-8") as file:
        for number, row in enumerate(content.rows):
            texts = {header: row[column] or None for column, header in content.headers.items()}
            kept = {header: text for header, text in texts.items() if text is not None or number % 2}
            file.write(json.dumps(kept, ensure_ascii=bool(number % 3)) + "\n")


def options_of(case: Case) -> list[str]:
    """Give the options of reading files."""
    return ["--input-timezone", case.input_zone] if case.input_zone else []


def load_summary(counts: list[oracle.FileCount], directory: Path, paths: list[Path]) -> oracle.Json:
    """Give what `load` says as JSON, but for the id of the load."""
    names = ("read", "loaded", "duplicate", "rejected", "skipped")
    filled = [path for path in paths if path.read_bytes()] or paths  # empty parts are left out
    return {
        "schema": 1,
        "store": str(directory / "store.db"),
        "load": None,
        "files": [
            {"path": str(path), **vars(count), "unknown_sources": dict(count.unknown_sources)}
            for path, count in zip(paths, counts, strict=True)
            if path in filled
        ],
        "total": {name: sum(vars(count)[name] for count in counts) for name in names},
    }


def load(run: Run, case: Case, directory: Path, paths: list[Path]) -> Store:
    """Load the case into a store of the program, check what it says, and give the oracle's store."""
    path = directory / "store.db"
    store = Store()
    for numbers in case.loads:
        named = [paths[number] for number in numbers]
        before = list(store.events)
        counts = [
            store.load(case.files[number].rows, ZoneInfo(case.input_zone or case.zone)) for number in numbers
        ]
        options = ["--timezone", case.zone, "--store", path, "--format", "json", *options_of(case)]
        result = run("load", *options, *named)
        if any(count.is_refused for count in counts):
            assert result.exit_code == 1, result.output
            store.events = before
            continue
        assert result.exit_code == 0, result.output
        expected = load_summary(counts, directory, named)
        answer = json.loads(result.stdout) | {"load": None}
        for file in answer["files"]:
            file.pop("future")  # counted at the real time of day, which the oracle does not know
        found = sorted(differences(answer, expected))
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
    if asked.timezone and "--timezone" in where:  # it can be given once
        at = where.index("--timezone")
        where = [*where[:at], *where[at + 2 :]]
    arguments = [*command, *where, *asked.arguments(is_log=command[0] == "log")]
    note(f"contactrep {' '.join(map(repr, arguments))}")
    clock = Clock.at(asked.as_of, ZoneInfo(asked.timezone or zone))
    expected = answer_or_usage_error(answer, store, clock, asked.question)
    result = run(*arguments)
    event(f"{command[0]}: {expected.get('status', 'page') if expected else 'usage error'}")
    assert result.exit_code == (0 if expected else 2), result.output
    if expected is None:
        return
    answered = json.loads(result.stdout)
    for sentence in taken_notices(answered):
        shown = visible(sentence)
        assert {f"Note: {shown}", f"Warning: {shown}"} & {*result.stderr.splitlines()}
    found = sorted(differences(answered, expected))
    assert not found, "\n".join(found)
    kinds = COMPONENT_KINDS.get(component, [command[-1]])
    is_partial = command[0] != "log" and oracle.is_partial(store, clock, asked.question)
    later = oracle.later_than_now(store, clock, asked.question, kinds)
    assert notices(result.stderr) == (later, is_partial), result.stderr


def taken_notices(answer: Any) -> set[str]:
    """Take the notices out of an answer and its parts: the oracle knows those of stderr."""
    parts = [answer, *answer.get("logs", {}).values(), *filter(None, map(answer.get, SECTIONS))]
    return {sentence for part in parts for sentence in part.pop("notices", ())}


SECTIONS = ("overview", "added", "connected")


def notices(stderr: str) -> tuple[int, bool]:
    """Read off how many events are said to be later than now, and whether the comparison is partial."""
    later = re.search(r"Note: ([\d,]+) events? (?:is|are) in the future", stderr)
    return int(later[1].replace(",", "")) if later else 0, "so the previous period is incomplete" in stderr


def over_store(run: Run, case: Case, store: Path) -> list[str | Path]:
    """Ask the store."""
    return ["--store", store]


def over_parquet(run: Run, case: Case, store: Path) -> list[str | Path]:
    """Ask a Parquet file with the store's events, which is loaded for ids beyond ASCII alone."""
    path = store.with_name("events.parquet")
    assert run("export", "events", "--store", store, "-o", path).exit_code == 0
    with parquet_engine([str(path)], Mapping(), ZoneInfo(case.zone)) as engine:
        assert engine is not None or not case.has_plain_ids
    return [path, "--timezone", case.zone]


Over = Callable[[Run, Case, Path], list[str | Path]]

COSTLY = "store where questions are costly"
"""It is asked the few large questions that a cluster is asked."""

ENGINES: dict[str, Over] = {
    "store": over_store,
    COSTLY: over_store,
    "parquet": over_parquet,
}
"""How the events of a store are put before an engine: the options of a report on them."""


def over_spark(run: Run, case: Case, store: Path) -> list[str | Path]:
    """Ask a cluster that reads a Parquet file with the store's events."""
    path, config = store.with_name("events.parquet"), store.with_name("users.toml")
    assert run("export", "events", "--store", store, "-o", path).exit_code == 0
    config.write_text('users = "users.csv"\n' if case.directory else "")
    return ["--store", f"{running.url()}/parquet:{path}", "--timezone", case.zone, "--config", config]


WITHOUT_USERS = {"parquet"}
"""Engines that have no list of user names."""

OVER_SPARK = 4
"""Random cases that are put to a cluster: a question takes about a second there."""


def ask_engines(
    run: Run, case: Case, components: list[str], engines: abc.Mapping[str, Over] = MappingProxyType(ENGINES)
) -> None:
    """Load once, then ask every engine every question of every component."""
    with written(case) as (directory, paths):
        loaded = load(run, case, directory, paths)
        if not loaded.events:
            return
        for engine, over in engines.items():
            note(engine)
            where = over(run, case, directory / "store.db")
            store = replace(loaded, directory=None) if engine in WITHOUT_USERS else loaded
            with mock.patch.object(DuckDbEngine, "costly", engine == COSTLY):
                for asked, component in product(case.asked, components):
                    check(run, component, asked, store, zone=case.zone, where=where)


@given(case=cases())
def test_overview(run: Run, case: Case) -> None:
    """The overview is the oracle's, every key of it."""
    ask_engines(run, case, ["overview"])


@given(case=cases(questions=4))
def test_breakdowns(run: Run, case: Case) -> None:
    """The breakdowns by source and by channel are the oracle's, every key of them."""
    ask_engines(run, case, ["added", "connected"])


@given(case=cases(questions=3))
def test_logs(run: Run, case: Case) -> None:
    """The four logs are the oracle's, row by row."""
    ask_engines(run, case, [f"log {kind}" for kind in oracle.KINDS])


@given(case=cases(questions=3))
def test_report(run: Run, case: Case) -> None:
    """The whole page is the oracle's."""
    ask_engines(run, case, ["report"])


@pytest.mark.parametrize("component", COMPONENTS)
@settings(max_examples=OVER_SPARK, phases=[Phase.generate])  # to shrink an example takes too long
@given(case=cases(questions=1, most_files=2))
def test_over_spark(run: Run, component: str, case: Case) -> None:
    """What a cluster answers is the oracle's, too."""
    ask_engines(run, case, [component], {"spark": over_spark})


@settings(max_examples=settings().max_examples * 2)
@given(
    case=cases(questions=2, most_files=2),
    component=st.sampled_from(["overview", "added", "connected", "log merged"]),
)
def test_straight_from_files(run: Run, component: str, case: Case) -> None:
    """Asked over files, the answer is what a store loaded from them would give.

    The component is drawn with the case: how files are read does not depend on it, and each question reads
    them again.
    """
    with written(case) as (_, paths):
        for asked in case.asked:
            zone = asked.timezone or case.zone
            store = Store()
            read_in = ZoneInfo(case.input_zone or zone)
            counts = [store.load(content.rows, read_in) for content in case.files]
            if not any(count.is_refused for count in counts):
                where: list[str | Path] = ["--timezone", zone, *options_of(case), *paths]
                check(run, component, asked, store, zone=zone, where=where)


@given(case=cases(questions=3), week_start=WEEK_STARTS)
def test_week_start(run: Run, case: Case, week_start: str) -> None:
    """Weeks begin on the configured day, in ranges and in buckets."""
    with written(case) as (directory, paths):
        store = load(run, case, directory, paths)
        config = directory / "config.toml"
        config.write_text(f'week_start = "{week_start}"\n')
        where: list[str | Path] = ["--store", directory / "store.db", "--config", config]
        for asked in case.asked if (directory / "store.db").exists() else ():
            asked_so = asked.with_week_start(oracle.WEEKDAYS.index(week_start))
            check(run, "overview", asked_so, store, zone=case.zone, where=where)


@given(
    case=cases(questions=1),
    kind=st.sampled_from(["events", "events", *oracle.KINDS]),
    suffix=st.sampled_from(["csv", "jsonl", "parquet", "csv.gz", "ndjson.zst"]),
)
def test_exports_come_back(run: Run, case: Case, kind: str, suffix: str) -> None:
    """An export loaded again adds nothing, and one of all events makes another store of the same ones."""
    with written(case) as (directory, paths):
        store = load(run, case, directory, paths)
        if not store.events:
            return
        export, kept, empty = directory / f"export.{suffix}", directory / "store.db", directory / "copy.db"
        assert run("export", kind, "--store", kept, "-o", export, "--raw").exit_code == 0
        again = run("load", "--store", kept, "--format", "json", export)
        exported = sum(kind in ("events", event.kind) for event in store.events)
        assert again.exit_code == 0, again.output
        total = {"read": exported, "loaded": 0, "duplicate": exported, "rejected": 0, "skipped": 0}
        assert json.loads(again.stdout)["total"] == total
        if kind == "events":
            assert run("load", "--timezone", case.zone, "--store", empty, export).exit_code == 0
            store.directory = None
            check(run, "report", case.asked[0], store, zone=case.zone, where=["--store", empty])
            check(run, "log merged", case.asked[0], store, zone=case.zone, where=["--store", empty])
