"""What may not be read or written: modes, and folders and files of somebody else."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import AS_OF

Run = Callable[..., Result]

pytestmark = pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="modes do not bind root")


@pytest.fixture
def forbid() -> Iterator[Callable[[Path, int], None]]:
    """Give a path a mode for the length of the test."""
    before: dict[Path, int] = {}

    def change(path: Path, mode: int) -> None:
        before[path] = path.stat().st_mode
        path.chmod(mode)

    yield change
    for path, mode in before.items():
        path.chmod(mode)


Forbid = Callable[[Path, int], None]


def assert_refused(result: Result, message: str) -> None:
    """One line on stderr, and exit code 1."""
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"Error: {message}\n")


@pytest.mark.parametrize("words", ["load more.csv", "unload 1", "forget 1 --yes", "users load users.csv"])
def test_a_folder_that_may_not_be_written(
    ask: Run, store: Path, events: Path, forbid: Forbid, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Whatever changes the store is refused, and reports go on."""
    monkeypatch.chdir(events.parent)
    Path("users.csv").write_text("id,name\nu1,Uma\n")
    Path("more.csv").write_text("timestamp,event,contact_id\n2026-11-06,added,9\n")
    forbid(store.parent, 0o555)
    assert_refused(
        ask(*words.split()),
        f"cannot write the store {store}: Permission denied: get the right to write in {store.parent}"
        " or choose another --store; it is as it was",
    )
    assert ask("overview", *AS_OF).exit_code == 0


@pytest.mark.parametrize("words", ["load events.csv", "unload 1", "forget 1 --yes", "status", "overview"])
def test_a_store_that_may_not_be_read(
    ask: Run, store: Path, events: Path, forbid: Forbid, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """As that of somebody else: it is no fault of the command line."""
    monkeypatch.chdir(events.parent)
    forbid(store, 0)
    result = ask(*words.split())
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "--store" in result.stderr


def test_files_that_may_not_be_read(ask: Run, events: Path, tmp_path: Path, forbid: Forbid) -> None:
    """A file, a folder, and a file in a folder that nobody may look into."""
    folder = tmp_path / "folder"
    folder.mkdir()
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
        f"{inside}: cannot look into its folder: Permission denied: ask the owner of that",
    )


def test_a_config_that_may_not_be_read(run: Run, tmp_path: Path, forbid: Forbid) -> None:
    """The message names the way round it."""
    config = tmp_path / "config.toml"
    config.touch()
    forbid(config, 0)
    assert_refused(
        run("ranges", "--config", config),
        f"cannot read the config file {config}: Permission denied: name another with --config",
    )


def test_a_target_that_may_not_be_written(ask: Run, tmp_path: Path, forbid: Forbid) -> None:
    """A report and an export say what to do, and leave nothing."""
    folder = tmp_path / "folder"
    folder.mkdir()
    forbid(folder, 0o555)
    target = folder / "a.csv"
    for words in (("overview", *AS_OF, "-q"), ("export", "added")):
        assert_refused(
            ask(*words, "-o", target),
            f"cannot write {target}: Permission denied: choose another place with -o",
        )
