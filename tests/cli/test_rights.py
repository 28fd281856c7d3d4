"""What may not be read or written: modes, and folders and files of somebody else.

Every command runs as a process of a user whom modes bind, for they do not bind root.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import AS_OF, EVENTS, copied
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
def store(user: Unprivileged, events: Path, loaded: Path) -> Path:
    """A store of this user."""
    store = copied(loaded, user.folder)
    user.give(store.with_name(".store.duckdb.lock"))
    return user.give(store)


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


def test_modes_bind_the_user_of_these_tests(user: Unprivileged, events: Path) -> None:
    """A store that they make is this user's own, and root's rights do not reach the commands."""
    store = user.folder / "store.duckdb"
    loaded = user.run("load", events, "--store", store, "--timezone", "UTC")
    assert loaded.returncode == 0, loaded.stderr
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


def test_a_folder_that_may_not_be_replaced(ask: Run, user: Unprivileged, forbid: Forbid) -> None:
    """A read-only folder stays, though it is empty, and nothing is left beside it."""
    folder = user.folder / "days"
    folder.mkdir()
    forbid(user.give(folder), 0o555)
    before = sorted(user.folder.iterdir())
    assert_refused(
        ask("export", "events", "--partition-by", "day", "-o", folder),
        f"cannot write {folder}: it is read-only: allow writing (chmod u+w), or choose another",
    )
    assert sorted(user.folder.iterdir()) == before


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


TEAM = 7000
"""A group that the user of these tests is not always in."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs commands as several users")


def rights(path: Path) -> tuple[int, int, int]:
    """Owner, group and mode of a file."""
    status = path.stat()
    return status.st_uid, status.st_gid, status.st_mode & 0o777


@as_root
@pytest.mark.parametrize(("groups", "kept"), [((TEAM,), (TEAM, 0o660)), ((), (NOBODY, 0o600))])
def test_what_a_team_shares_stays_with_the_team(
    user: Unprivileged, store: Path, groups: tuple[int, ...], kept: tuple[int, int]
) -> None:
    """A store and a report keep their group when a member replaces them. Where that is not possible, another
    group gets no right to them."""
    report = user.folder / "report.txt"
    report.touch()
    for shared in (store, report):
        os.chown(shared, 0, TEAM)
        shared.chmod(0o660)
    (user.folder / "more.csv").write_text("timestamp,event,contact_id\n2026-11-06,added,9\n")
    member = replace(user, groups=groups)
    # One who is not of the team cannot read the store to change it.
    loaded = member.run("load", "more.csv", "--store", store)
    written = member.run("overview", "more.csv", "--timezone", "UTC", "--range", "all", "-o", report)
    assert (loaded.returncode, written.returncode) == (0 if groups else 1, 0)
    assert rights(report)[1:] == kept
    assert rights(store)[1:] == (TEAM, 0o660)


@as_root
def test_root_takes_nothing_away(
    user: Unprivileged, ask: Run, store: Path, run_process: Callable[..., Ended]
) -> None:
    """After a load and a report of root's, their owner can go on: the lock that root made is the owner's."""
    report, lock = user.folder / "report.txt", store.with_name(f".{store.name}.lock")
    lock.unlink()
    user.give(store)
    report.touch(0o600)
    user.give(report)
    more = user.folder / "more.csv"
    more.write_text("timestamp,event,contact_id\n2026-11-06,added,9\n")
    assert run_process("load", more, "--store", store).returncode == 0
    assert run_process("overview", "--store", store, *AS_OF, "-o", report).returncode == 0
    assert rights(lock) == rights(store) == rights(report) == (NOBODY, NOBODY, 0o600)
    assert ask("unload", "last").returncode == 0


@as_root
def test_root_gives_no_file_away_that_is_not_a_lock(
    user: Unprivileged, store: Path, events: Path, run_process: Callable[..., Ended]
) -> None:
    """Somebody may have put a file of root's in the place of the lock."""
    lock = store.with_name(f".{store.name}.lock")
    lock.unlink()
    lock.write_text("secret")
    lock.chmod(0o600)
    run_process("load", events, "--store", store)
    assert rights(lock) == (0, 0, 0o600)
    lock.unlink()
    lock.symlink_to(user.folder / "secret")
    assert run_process("load", events, "--store", store).returncode == 1
    assert not (user.folder / "secret").exists()


def test_a_folder_that_may_not_be_listed(ask: Run, store: Path, forbid: Forbid) -> None:
    """Whoever may make files in it can change the store."""
    forbid(store.parent, 0o300)
    changed = ask("unload", "last")
    assert (changed.returncode, changed.stderr) == (0, "")


@pytest.mark.parametrize("pattern", ["{}/*/*.csv", "{}/**/*.csv"])
def test_a_pattern_tells_folders_that_may_not_be_listed(
    user: Unprivileged, forbid: Forbid, pattern: str
) -> None:
    """Their files are missing in the load; where no other file matches, it is refused."""
    days = user.folder / "days"
    days.mkdir()
    user.give(days)
    for name in ("closed", "open"):
        (days / name).mkdir()
        user.give(days / name)
        (days / name / "a.csv").write_text(EVENTS, encoding="utf-8")
        user.give(days / name / "a.csv")
    forbid(days / "closed", 0)
    words = ("load", pattern.format(days), "--store", user.folder / "new.duckdb", "--timezone", "UTC")
    loaded = user.run(*words)
    said = f"{days / 'closed'} is skipped: this folder cannot be listed: ask its owner"
    assert (loaded.returncode, said in loaded.stderr) == (0, True), loaded.stderr
    (days / "open" / "a.csv").unlink()
    assert_refused(user.run(*words), f"{days / 'closed'}: cannot list this folder: ask its owner")


def test_a_lock_that_may_not_be_opened(ask: Run, store: Path, forbid: Forbid) -> None:
    """It is somebody else's, and the message names it, not its folder."""
    lock = store.with_name(f".{store.name}.lock")
    forbid(lock, 0)
    assert_refused(
        ask("unload", "last"),
        f"cannot write the store {store}: Permission denied: its owner must give {lock} the rights of the"
        " store (chmod, chgrp), or load once; or choose another --store; it is as it was",
    )
    forbid(store, 0o400)
    assert_refused(
        ask("unload", "last"),
        f"cannot write the store {store}: Permission denied: its owner must give you access to it and to"
        f" {lock} (chmod, chgrp); or choose another --store; it is as it was",
    )
