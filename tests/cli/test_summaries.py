"""What load, unload, forget and users load say: in every format, and in the file that `-o` names."""

import csv
import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Ask = Callable[..., Result]
NEW = "timestamp,event,contact_id\n2026-11-06T09:00:00Z,added,9\nbad,added,10\n"


@pytest.fixture
def commands(tmp_path: Path) -> dict[str, tuple[object, ...]]:
    """A command line of each command that changes a store."""
    new, users = tmp_path / "new.csv", tmp_path / "users.csv"
    new.write_text(NEW, encoding="utf-8")
    users.write_text("id,name\nu1,Uma\n", encoding="utf-8")
    return {
        "load": ("load", new),
        "unload": ("unload", "last"),
        "forget": ("forget", "2", "--yes"),
        "users": ("users", "load", users),
    }


@pytest.mark.parametrize("name", ["load", "unload", "forget", "users"])
def test_the_suffix_picks_the_format(
    ask: Ask, tmp_path: Path, commands: dict[str, tuple[object, ...]], name: str
) -> None:
    """`-o` takes the answer, and nothing goes to stdout."""
    target = tmp_path / "answer.json"
    done = ask(*commands[name], "-o", target)
    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8"))["schema"] == 1


def test_a_load_as_csv_is_the_account_of_its_files(ask: Ask, commands: dict[str, tuple[object, ...]]) -> None:
    """Each file has a row, with the numbers of the JSON."""
    (row,) = csv.DictReader(io.StringIO(ask(*commands["load"], "--format", "csv").stdout))
    assert (row["read"], row["loaded"], row["duplicate"], row["rejected"]) == ("2", "1", "0", "1")


def test_an_unload_as_csv_is_its_counts_and_its_files(
    ask: Ask, loaded: Path, store: Path, commands: dict[str, tuple[object, ...]]
) -> None:
    """The counts are one table, the files another one."""
    assert ask(*commands["unload"], "--format", "csv").stdout == (
        f"store,load,events,rejects\n{store},1,8,0\n\npath,loaded\n{loaded},8\n"
    )


def test_a_load_as_markdown_keeps_a_line_per_sentence(
    ask: Ask, commands: dict[str, tuple[object, ...]]
) -> None:
    """Markdown joins lines of a paragraph unless they end in a backslash."""
    first, second = ask(*commands["load"], "--format", "markdown").stdout.splitlines()
    assert first.endswith("2 read = 1 loaded + 0 duplicate + 1 rejected\\")
    assert second.startswith("Load 2 into ")


@pytest.mark.parametrize("name", ["load", "unload", "forget", "users"])
@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ("missing/x.json", 1, "No such file or directory: choose another place"),
        ("store.duckdb", 1, "it is the store: choose another file"),
        ("x.parquet", 2, ".parquet is not supported here"),
    ],
)
def test_a_wrong_target_is_refused_before_the_store_is_changed(
    ask: Ask,
    tmp_path: Path,
    store: Path,
    commands: dict[str, tuple[object, ...]],
    name: str,
    target: str,
    code: int,
    message: str,
) -> None:
    """What could not be told afterwards is not done."""
    before = store.read_bytes()
    done = ask(*commands[name], "-o", tmp_path / target)
    assert done.exit_code == code
    assert message in done.stderr
    assert store.read_bytes() == before
    assert not list(tmp_path.glob(".contactrep-*"))


@pytest.mark.parametrize("name", ["load", "users"])
def test_what_is_read_is_not_written(ask: Ask, commands: dict[str, tuple[object, ...]], name: str) -> None:
    """`-o` refuses the file that is loaded, also the list of users."""
    file = commands[name][-1]
    assert isinstance(file, Path)
    before = file.read_bytes()
    assert ask(*commands[name], "-o", file).exit_code == 1
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", ["load", "unload", "forget", "users"])
def test_a_wait_for_another_writer_is_told(
    ask: Ask,
    store: Path,
    commands: dict[str, tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """After a second of waiting, one line names the store; `--quiet` hides it."""
    lock, waited = fcntl.flock, list[float]()

    def flock(descriptor: int, how: int) -> None:
        if how & fcntl.LOCK_NB:
            raise BlockingIOError
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(time, "sleep", waited.append)
    before = store.read_bytes()
    loud = ask(*commands[name])
    note = f"Note: another process is changing {store}: waiting until it has finished\n"
    assert (loud.exit_code, loud.stderr.count(note)) == (0, 1)
    assert loud.stderr.startswith(note)
    assert sum(waited) == pytest.approx(1)
    store.write_bytes(before)
    assert note not in ask(*commands[name], "--quiet").stderr


def test_ctrl_c_ends_a_wait_for_another_writer(store: Path, commands: dict[str, tuple[object, ...]]) -> None:
    """Ctrl-C ends the command at once, and it prints nothing more."""
    arguments = [*map(str, commands["load"]), "--store", str(store)]
    lock = os.open(store.with_name(f".{store.name}.lock"), os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    process = subprocess.Popen([sys.executable, "-m", "contactrep", *arguments], stderr=subprocess.PIPE)
    assert process.stderr
    assert process.stderr.readline().startswith(b"Note: another process is changing ")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"")
    assert time.monotonic() - began < 1
    os.close(lock)
