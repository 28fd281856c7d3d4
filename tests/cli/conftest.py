"""A store with a few events that one can count by hand, and its file."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

EVENTS = """\
timestamp,event,contact_id,contact_name,channel,source,user_id,user_name
2026-11-01T09:00:00Z,added,1,Ada Anchor,,User,u1,Uma
2026-11-02T09:00:00Z,added,2,Bo Bell,,incoming_message,,
2026-11-02T10:00:00Z,connected,2,Bo Bell,WhatsApp,Incoming Message,,
2026-11-03T09:00:00Z,added,3,"=2+3",,Contact Import,u1,Uma
2026-11-03T10:00:00Z,connected,3,"=2+3",LINE,Broadcast,,
2026-11-04T09:00:00Z,deleted,1,Ada Anchor,,,u2,Ugo
2026-11-05T09:00:00Z,merged,2,Bo Bell,,,u1,Uma
2026-11-05T10:00:00Z,added,4,,,,,
"""
"""Four added, two connected, one deleted, one merged, from 1 to 5 November 2026 (UTC)."""

AS_OF = ("--as-of", "2026-11-05")


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """The events as a CSV file."""
    path = tmp_path / "events.csv"
    path.write_text(EVENTS, encoding="utf-8")
    return path


@pytest.fixture
def loaded(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Result]) -> Path:
    """The file that every `store` was loaded from; the first test that asks for it makes both."""
    folder = tmp_path_factory.getbasetemp() / "loaded"
    file, store = folder / "events.csv", folder / "store.duckdb"
    if not store.exists():
        folder.mkdir(exist_ok=True)
        file.write_text(EVENTS, encoding="utf-8")
        done = run("load", file, "--store", store, "--timezone", "UTC")
        assert done.exit_code == 0, done.stderr
    return file


@pytest.fixture
def store(tmp_path: Path, events: Path, loaded: Path) -> Path:
    """A store of the events, in UTC: a copy, because a load takes as long as three reports."""
    return copied(loaded, tmp_path)


def copied(loaded: Path, folder: Path) -> Path:
    """The store of that file in another folder, with the lock that a load leaves beside it."""
    shutil.copy(loaded.with_name(".store.duckdb.lock"), folder)
    return Path(shutil.copy(loaded.with_name("store.duckdb"), folder))


@pytest.fixture
def ask(run: Callable[..., Result], store: Path) -> Callable[..., Result]:
    """Run a command on the store."""
    return lambda *arguments: run(*arguments, "--store", store)
