"""`contactrep unload`: what it prints, and what it says when it cannot."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.test_completion import _completions

Run = Callable[..., Result]

HEADER = "timestamp,event,contact_id\n"
NEW = "2026-11-06T09:00:00Z,added,5\n"
KNOWN = "2026-11-01T09:00:00Z,added,1\n"


@pytest.fixture
def later(tmp_path: Path, ask: Run) -> Path:
    """A file of a second load: a new event, one that is a duplicate, and a bad row."""
    path = tmp_path / "later.csv"
    path.write_text(f"{HEADER}{NEW}{KNOWN}yesterday,added,6\n")
    assert ask("load", path).exit_code == 0
    return path


def test_what_was_taken_out_is_printed(ask: Run, store: Path, later: Path) -> None:
    """Files, load and counts on stdout, and nothing on stderr where nothing is to be done."""
    done = ask("unload", "2")
    lines = done.stdout.splitlines()
    assert lines[0] == f"{later}: 1 loaded, and out again"
    assert lines[1].startswith("Load 2 of 20")
    assert lines[1].endswith(f" UTC is out of {store}: 1 event, 1 reject")
    assert (done.exit_code, done.stderr) == (0, "")
    status = json.loads(ask("status", "--format", "json").stdout)
    assert (sum(status["events"].values()), status["rejected"]) == (8, 0)
    assert [load["id"] for load in status["loads"]] == [1]


def test_later_files_that_had_duplicates_are_named(ask: Run, events: Path, later: Path) -> None:
    """Whoever takes the first of two overlapping loads out is told to load the other again."""
    done = ask("unload", "1")
    assert done.stderr == (
        f"Note: 1 later file had duplicates, perhaps of events that are out now: load it again: {later}\n"
    )
    again = ask("load", later)
    assert again.exit_code == 0
    assert "2 read = 1 loaded" not in again.stdout
    status = json.loads(ask("status", "--format", "json").stdout)
    assert sum(status["events"].values()) == 2
    assert ask("load", events).exit_code == 0


def test_many_later_files_are_counted(ask: Run, tmp_path: Path) -> None:
    """No more than ten are named."""
    for number in range(12):
        path = tmp_path / f"n{number:02}.csv"
        path.write_text(HEADER + KNOWN + NEW.replace(",5", f",x{number}"))
        assert ask("load", path).exit_code == 0
    said = ask("unload", "1").stderr
    assert said.startswith("Note: 12 later files had duplicates,")
    assert "load them again: " in said
    assert said.endswith(f"{tmp_path / 'n09.csv'} and 2 more\n")


def test_as_json(ask: Run, store: Path, events: Path, later: Path) -> None:
    """The same for programs."""
    assert json.loads(ask("unload", "1", "--format", "json").stdout) == {
        "schema": 1,
        "store": str(store),
        "load": 1,
        "events": 8,
        "rejects": 0,
        "files": [{"path": str(events), "loaded": 8}],
        "to_reload": [str(later)],
    }


def test_a_load_that_is_not_there_is_answered_with_those_that_are(ask: Run, store: Path) -> None:
    """One line, exit code 1, the store as it was."""
    before = store.read_bytes()
    done = ask("unload", "3")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"Error: there is no load 3 in {store}: it has only load 1\n"
    assert store.read_bytes() == before


def test_a_load_is_a_number(ask: Run) -> None:
    """A file's name is no load."""
    done = ask("unload", "events.csv")
    assert done.exit_code == 2
    assert "'events.csv' is not a valid integer" in done.stderr


def test_loads_are_completed(store: Path, later: Path) -> None:
    """The newest comes first."""
    assert _completions(store, "unload", "") == ["2", "1"]
    assert _completions(store, "unload", "1") == ["1"]
    assert _completions(later.with_name("none.duckdb"), "unload", "") == []
