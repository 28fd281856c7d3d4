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


def test_what_was_removed_is_printed(ask: Run, later: Path) -> None:
    """Load, files and counts on stdout, and nothing on stderr where nothing is to be done."""
    done = ask("unload", "2")
    assert done.stdout == f"Removed load 2 ({later}): 1 event, 1 reject\n"
    assert (done.exit_code, done.stderr) == (0, "")
    status = json.loads(ask("status", "--format", "json").stdout)
    assert (sum(status["events"].values()), status["rejected"]) == (8, 0)
    assert [load["id"] for load in status["loads"]] == [1]


def test_later_files_that_had_duplicates_are_named(ask: Run, events: Path, later: Path) -> None:
    """Whoever takes the first of two overlapping loads out is told to load the other again."""
    done = ask("unload", "1")
    assert done.stderr == (
        f"Note: {later} contained duplicates, perhaps of the removed events: load it again\n"
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
    assert said.startswith(f"Note: {tmp_path / 'n00.csv'}, ")
    assert said.endswith(
        f"{tmp_path / 'n09.csv'} and 2 more contained duplicates, perhaps of the removed events:"
        " load them again\n"
    )


def test_as_json(ask: Run, store: Path, loaded: Path, later: Path) -> None:
    """The same for programs."""
    assert json.loads(ask("unload", "1", "--format", "json").stdout) == {
        "schema": 1,
        "store": str(store),
        "load": 1,
        "events": 8,
        "rejects": 0,
        "files": [{"path": str(loaded), "loaded": 8}],
        "to_reload": [str(later)],
        "to_redo": [],
    }


def test_a_load_that_is_not_there_is_answered_with_those_that_are(ask: Run, store: Path) -> None:
    """One line, exit code 1, the store as it was."""
    before = store.read_bytes()
    done = ask("unload", "3")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"Error: there is no load 3 in {store}: it has only load 1\n"
    assert store.read_bytes() == before


@pytest.mark.parametrize("word", ["events.csv", "", "1.5", "-x", "1_0", "9" * 40])
def test_a_load_is_a_number(run: Run, store: Path, word: str) -> None:
    """A file's name is not a load."""
    done = run("unload", "--store", store, "--", word)
    assert done.exit_code == 2
    assert f"'{word}' is not a load: give its number (see contactrep status) or 'last'" in done.stderr


@pytest.mark.parametrize("word", ["last", "Last"])
def test_the_last_load_needs_no_number(ask: Run, later: Path, word: str) -> None:
    """It is the newest, and the answer names its number."""
    assert ask("unload", word).stdout == f"Removed load 2 ({later}): 1 event, 1 reject\n"
    assert ask("unload", word).stdout.startswith("Removed load 1 (")
    assert ask("unload", word).exit_code == 1


def test_many_files_of_a_load_are_counted(run: Run, tmp_path: Path) -> None:
    """No more than ten are named."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(12):
        (folder / f"n{number:02}.csv").write_text(HEADER + KNOWN.replace(",1", f",{number}"))
    store = tmp_path / "new.duckdb"
    assert run("load", folder, "--store", store).exit_code == 0
    done = run("unload", "last", "--store", store)
    assert done.stdout.endswith(f"{folder / 'n09.csv'} and 2 more): 12 events, 0 rejects\n")


def test_loads_are_completed(store: Path, later: Path) -> None:
    """The newest comes first."""
    assert _completions(store, "unload", "") == ["2", "1"]
    assert _completions(store, "unload", "1") == ["1"]
    assert _completions(later.with_name("none.duckdb"), "unload", "") == []
