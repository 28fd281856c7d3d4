"""What is written is on disk before it takes a name, and the name before the program says that it is done."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import Result

from contactrep.read import stage
from tests.cli.conftest import EVENTS

Run = Callable[..., Result]
Identity = tuple[int, int]
"""Device and inode of a file or folder."""

State = tuple[int, int, int]
"""Size, time of the last change, and mode."""


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino


def _state(status: os.stat_result) -> State:
    return status.st_size, status.st_mtime_ns, status.st_mode


@dataclass
class Disk:
    """What this process had synced, and which files took another's place, in order."""

    steps: list[tuple[str, Identity, State | Path]] = field(default_factory=list)

    def assert_replaced(self, target: Path) -> None:
        """A file took the place of `target` once, after all of it was synced."""
        replaced = [n for n, (step, _, name) in enumerate(self.steps) if (step, name) == ("replace", target)]
        assert len(replaced) == 1, self.steps
        status = target.stat()
        synced = [("sync", _identity(status), _state(status))]
        assert [step for step in self.steps[: replaced[0]] if step in synced], "it was not synced as it is"

    def assert_named(self, target: Path) -> None:
        """Its folder was synced after that."""
        last = [step for step, _, _ in self.steps].index("replace")
        folder = _identity(target.parent.stat())
        assert [step for step, what, _ in self.steps[last:] if what == folder] == ["sync"]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Records what this process syncs and replaces."""
    seen = Disk()
    fsync, replace = os.fsync, os.replace

    def syncing(descriptor: int) -> None:
        fsync(descriptor)
        status = os.fstat(descriptor)
        seen.steps.append(("sync", _identity(status), _state(status)))

    def replacing(source: Path, target: Path) -> None:
        moved = _identity(Path(source).stat())
        replace(source, target)
        seen.steps.append(("replace", moved, Path(target)))

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", replacing)
    return seen


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of files that change a store, in which the program runs."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "events.csv").write_text(EVENTS)
    (folder / "more.csv").write_text("timestamp,event,contact_id\n2026-11-06,added,9\n")
    (folder / "users.csv").write_text("id,name\nu1,Uma\n")
    return folder / "events.csv"


@pytest.mark.parametrize("whole", [True, False])
def test_a_new_store_is_on_disk(
    run: Run, events: Path, tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    """The first load syncs the store before it takes its name, and its folder after that, whether or not the
    file of the stage becomes the store."""
    monkeypatch.setattr(stage.Stage, "can_be_store", lambda *_: whole)
    path = tmp_path / "store.duckdb"
    assert run("load", events, "--store", path).exit_code == 0
    disk.assert_replaced(path)
    disk.assert_named(path)


def sync_that_fails_for_folders(number: int) -> Callable[[int], None]:
    """`os.fsync`, but folders are answered with this error."""
    fsync = os.fsync

    def sync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    return sync


def test_a_folder_that_cannot_be_synced(
    run: Run, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some network file systems: the store has its place already, so the load is no failure."""
    monkeypatch.setattr(os, "fsync", sync_that_fails_for_folders(errno.EINVAL))
    path = tmp_path / "store.duckdb"
    result = run("load", events, "--store", path)
    assert (result.exit_code, "Load 1 into" in result.stdout) == (0, True)


def test_a_disk_that_fails_after_the_store_has_its_place(
    run: Run, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error does not say that the store is as it was."""
    path = tmp_path / "store.duckdb"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", sync_that_fails_for_folders(errno.EIO))
        result = run("load", events, "--store", path)
    said = f"Error: the store {path} is changed, but its disk does not confirm that: Input/output error"
    assert (result.exit_code, result.stderr) == (1, f"{said}: check the disk\n")
    assert run("status", "--store", path).exit_code == 0


@pytest.mark.parametrize("words", ["load more.csv", "unload 1", "forget 1 --yes", "users load users.csv"])
def test_a_changed_store_is_on_disk(run: Run, events: Path, tmp_path: Path, disk: Disk, words: str) -> None:
    """So does every command that changes it."""
    path = tmp_path / "store.duckdb"
    assert run("load", events, "--store", path).exit_code == 0
    disk.steps.clear()
    assert run(*words.split(), "--store", path).exit_code == 0
    disk.assert_replaced(path)
    disk.assert_named(path)


@pytest.mark.parametrize("before", [None, "before"])
@pytest.mark.parametrize(
    "words",
    [
        "report events.csv --range all -o {}/out.md",
        "export events events.csv -o {}/out.csv",
        "export events events.csv -o {}/out.jsonl.gz",
        "export events events.csv -o {}/out.parquet",
        "export events events.csv -o {}/out.xlsx",
        "demo --events 1000 --save {}/out.csv",
    ],
)
def test_an_answer_is_on_disk(
    run: Run, events: Path, tmp_path: Path, disk: Disk, words: str, before: str | None
) -> None:
    """A file that `-o` or `--save` names is synced before it takes its name, new or not."""
    target = tmp_path / Path(words).name
    if before:
        target.write_text(before)
    assert run(*words.format(tmp_path).split()).exit_code == 0
    disk.assert_replaced(target)
