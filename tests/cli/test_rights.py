"""What may not be read or written: modes, and folders and files of somebody else.

Every command runs as a process of a user whom modes bind, for they do not bind root.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import AS_OF, EVENTS
from tests.unprivileged import NOBODY, Unprivileged, unprivileged

Ended = subprocess.CompletedProcess[str]
Run = Callable[..., Ended]
Forbid = Callable[[Path, int], None]


@pytest.fixture
def user() -> Iterator[Unprivileged]:
    """The user who runs the commands."""
    with unprivileged() as somebody:
        yield somebody


@pytest.fixture
def events(user: Unprivileged) -> Path:
    """The events as a file of this user."""
    path = user.folder / "events.csv"
    path.write_text(EVENTS, encoding="utf-8")
    return user.give(path)


@pytest.fixture
def store(user: Unprivileged, events: Path) -> Path:
    """A store that this user has made."""
    path = user.folder / "store.duckdb"
    loaded = user.run("load", events, "--store", path, "--timezone", "UTC")
    assert loaded.returncode == 0, loaded.stderr
    return path


@pytest.fixture
def ask(user: Unprivileged, store: Path) -> Run:
    """Run a command on the store."""
    return lambda *arguments: user.run(*arguments, "--store", store)


@pytest.fixture
def forbid() -> Iterator[Forbid]:
    """Give a path a mode for the length of the test."""
    before: dict[Path, int] = {}

    def change(path: Path, mode: int) -> None:
        before[path] = path.stat().st_mode
        path.chmod(mode)

    yield change
    for path, mode in before.items():
        path.chmod(mode)


def test_modes_bind_the_user_of_these_tests(user: Unprivileged, store: Path) -> None:
    """The store is this user's own, and root's rights do not reach the commands."""
    assert store.stat().st_uid == (NOBODY if os.geteuid() == 0 else os.geteuid()) != 0


def assert_refused(result: Ended, message: str) -> None:
    """One line on stderr, and exit code 1."""
    assert (result.returncode, result.stdout, result.stderr) == (1, "", f"Error: {message}\n")


@pytest.mark.parametrize("words", ["load more.csv", "unload 1", "forget 1 --yes", "users load users.csv"])
def test_a_folder_that_may_not_be_written(
    user: Unprivileged, ask: Run, store: Path, forbid: Forbid, words: str
) -> None:
    """Whatever changes the store is refused, and reports go on."""
    (user.folder / "users.csv").write_text("id,name\nu1,Uma\n")
    (user.folder / "more.csv").write_text("timestamp,event,contact_id\n2026-11-06,added,9\n")
    forbid(store.parent, 0o555)
    assert_refused(
        ask(*words.split()),
        f"cannot write the store {store}: Permission denied: get the right to write in {store.parent}"
        " or choose another --store; it is as it was",
    )
    assert ask("overview", *AS_OF).returncode == 0


@pytest.mark.parametrize("words", ["load events.csv", "unload 1", "forget 1 --yes"])
def test_a_store_that_may_not_be_changed(ask: Run, store: Path, forbid: Forbid, words: str) -> None:
    """Its owner has closed it, and it is not replaced behind their back."""
    forbid(store, 0)
    assert_refused(
        ask(*words.split()), f"{store} is read-only: allow writing (chmod u+w) or choose another --store"
    )


@pytest.mark.parametrize("words", ["status", "overview"])
def test_a_store_that_may_not_be_read(ask: Run, store: Path, forbid: Forbid, words: str) -> None:
    """As that of somebody else: it is no fault of the command line."""
    forbid(store, 0)
    assert_refused(
        ask(words),
        f'cannot read the store {store}: IO Error: Cannot open file "{store}": Permission denied:'
        " see --store",
    )


def test_a_store_of_another_owner_keeps_its_mode(ask: Run, user: Unprivileged, store: Path) -> None:
    """Only root may give files away, so who may write in the folder owns the store after a load."""
    if os.geteuid() == 0:
        os.chown(store, 0, 0)
    store.chmod(0o644)
    more = user.folder / "more.csv"
    more.write_text("timestamp,event,contact_id\n2026-11-06,added,9\n")
    assert ask("load", more).returncode == 0
    assert (store.stat().st_mode & 0o777, store.stat().st_uid) == (0o644, user.folder.stat().st_uid)


def test_files_that_may_not_be_read(ask: Run, user: Unprivileged, events: Path, forbid: Forbid) -> None:
    """A file, a folder, and a file in a folder that nobody may look into."""
    folder = user.folder / "folder"
    folder.mkdir()
    user.give(folder)
    forbid(events, 0)
    forbid(folder, 0)
    inside = folder / "a.csv"
    said = "Permission denied: allow reading (chmod u+r), or ask its owner"
    assert_refused(ask("load", events), f"{events}: cannot read it: {said}")
    assert_refused(
        ask("load", folder),
        f"{folder}: cannot list this folder: Permission denied: ask its owner",
    )
    assert_refused(
        ask("load", inside),
        f"{inside}: cannot open its folder: Permission denied: ask its owner",
    )


def test_a_config_that_may_not_be_read(user: Unprivileged, forbid: Forbid) -> None:
    """The message names the way round it."""
    config = user.folder / "config.toml"
    config.touch()
    forbid(user.give(config), 0)
    assert_refused(
        user.run("ranges", "--config", config),
        f"cannot read the config file {config}: Permission denied: name another with --config",
    )


def test_a_target_that_may_not_be_written(ask: Run, user: Unprivileged, forbid: Forbid) -> None:
    """A report and an export say what to do, and leave nothing."""
    folder = user.folder / "folder"
    folder.mkdir()
    forbid(user.give(folder), 0o555)
    target = folder / "a.csv"
    for words in (("overview", *AS_OF, "-q"), ("export", "added")):
        assert_refused(
            ask(*words, "-o", target),
            f"cannot write {target}: Permission denied: choose another place",
        )
