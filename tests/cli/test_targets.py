"""Where `-o` may write: devices, pipes and descriptors as they are, and never what the command reads."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import AS_OF

Ask = Callable[..., Result]
Run = Callable[..., Result]
Shell = Callable[..., "subprocess.CompletedProcess[str]"]
OVERVIEW = f"overview {AS_OF[0]} {AS_OF[1]} --quiet"


@pytest.fixture
def shell(store: Path, tmp_path: Path) -> Shell:
    """Run a line of bash in which $C is the program on the store."""

    def run_it(line: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "C": f"{sys.executable} -m contactrep", "CONTACTREP_STORE": str(store)}
        return subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run_it


@pytest.mark.parametrize(
    "target",
    [
        "-o /dev/stdout >> history.txt",
        "-o - >> history.txt",
        "-o /dev/fd/3 3>> history.txt",
        "-o /dev/stderr 2>> history.txt",
        "-o link 4>> history.txt",
        "-o /proc/self/fd/1 >> history.txt",
    ],
)
def test_a_descriptor_of_the_shell_is_appended_to(shell: Shell, tmp_path: Path, target: str) -> None:
    """What was in the file stays, also behind a link to the descriptor."""
    (tmp_path / "link").symlink_to("/dev/fd/4")
    (tmp_path / "history.txt").write_text("before\n")
    done = shell(f"$C {OVERVIEW} {target} && $C {OVERVIEW} {target}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    lines = (tmp_path / "history.txt").read_text().splitlines()
    assert lines[0] == "before"
    assert lines.count("Contacts Overview") == 2


def test_sample_data_goes_where_a_report_would(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` is stdout, without a notice, and a path that ends with / is a folder."""
    monkeypatch.chdir(tmp_path)
    saved = run("demo", "--events", "9", "--save", "-")
    assert (len(saved.stdout.splitlines()), saved.stderr) == (10, "")
    refused = run("demo", "--events", "9", "--save", "new/")
    assert refused.stderr == "Error: cannot write new/: it is a folder: name a file in it\n"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("command", [OVERVIEW, "export events --quiet", "demo --events 9 --save"])
def test_a_pipe_with_a_name_is_written_to(shell: Shell, tmp_path: Path, command: str) -> None:
    """The reader gets all, and the pipe is still one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    done = shell(f"$C {command} {'' if command.endswith('save') else '-o'} pipe")
    reader.join(timeout=20)
    assert done.returncode == 0, done.stderr
    assert len(read[0].splitlines()) > 8
    assert pipe.is_fifo()


def test_a_descriptor_that_is_not_open_is_refused(shell: Shell) -> None:
    """By then, the number may be that of a file of ours."""
    done = shell(f"$C {OVERVIEW} -o /dev/fd/9")
    assert (done.returncode, done.stderr) == (
        1,
        "Error: cannot write /dev/fd/9: Bad file descriptor: choose another place\n",
    )


@pytest.mark.parametrize("command", [OVERVIEW, "export events", "rejects"])
def test_a_socket_that_cannot_be_opened_is_answered_with_what_to_do(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Nobody can open a socket as a file: the line ends with the next step."""
    monkeypatch.chdir(tmp_path)  # a socket's path has at most 107 bytes
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("x.sock")
    done = shell(f"$C {command} --format csv -o x.sock")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.endswith(": No such device or address: choose another place\n")


@pytest.mark.parametrize("target", ["-o /dev/stdout", "-o -", "-o /dev/fd/1", ""])
@pytest.mark.parametrize("command", ["export events", "log added --range all"])
def test_a_reader_that_goes_away_ends_the_run_in_silence(shell: Shell, command: str, target: str) -> None:
    """As for every other writer to a pipe."""
    done = shell(f"$C {command} {target} | exec true; echo ${{PIPESTATUS[0]}}")
    assert done.stdout in ("141\n", "0\n")  # 0 where all was written before the reader went
    assert done.stderr == ""


def test_an_export_ends_in_silence_when_its_reader_goes(shell: Shell, tmp_path: Path) -> None:
    """More than a pipe can hold, to whatever name of it."""
    done = shell(
        "$C demo --events 20000 --save big.csv -q; "
        "for target in /dev/stdout /dev/fd/1 -; do "
        "$C export events big.csv -o $target | head -n 1 | wc -l; echo ${PIPESTATUS[0]}; done"
    )
    assert (done.stdout.split(), done.stderr) == (["1", "141"] * 3, "")


@pytest.mark.parametrize("name", ["store.duckdb", "symbolic", "hard"])
@pytest.mark.parametrize(
    "command",
    [
        ["overview", *AS_OF, "-o"],
        ["log", "added", *AS_OF, "-o"],
        ["status", "-o"],
        ["rejects", "-o"],
        ["ranges", "-o"],
        ["export", "events", "--format", "csv", "-o"],
        ["demo", "-o"],
        ["report", "events.csv", *AS_OF, "-o"],
    ],
)
def test_the_store_is_never_a_target(
    ask: Ask, store: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], name: str
) -> None:
    """By whatever name it is called; nothing of it changes."""
    monkeypatch.chdir(store.parent)
    Path("symbolic").symlink_to(store)
    Path("hard").hardlink_to(store)
    before = store.read_bytes()
    result = ask(*command, name)
    assert result.exit_code == 1
    assert (
        result.stderr.splitlines()[-1] == f"Error: cannot write {name}: it is the store: choose another file"
    )
    assert store.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (".store.duckdb.lock", "the store's lock"),
        ("store.duckdb.wal", "the store's write-ahead log"),
        (".store.duckdb.new-1a2b/store.duckdb", "a new copy of the store"),
    ],
)
@pytest.mark.parametrize("command", ["overview -o", "export events --format csv -o", "unload last -o"])
def test_what_belongs_to_the_store_is_never_a_target(
    ask: Ask, store: Path, command: str, name: str, what: str
) -> None:
    """Another lock would let two loads at the store at once, and a new copy takes the place of the store."""
    path = store.parent / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    result = ask(*command.split(), path)
    assert (result.exit_code, path.stat().st_size) == (1, 0)
    assert result.stderr.splitlines()[-1] == f"Error: cannot write {path}: it is {what}: choose another file"


def test_what_is_read_is_never_a_target(
    ask: Ask, run: Run, events: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a file, by itself or by its folder, nor the config, nor a store that is to be made."""
    monkeypatch.chdir(events.parent)
    Path("folder").mkdir()
    Path("folder/more.csv").hardlink_to(events)
    Path("config.toml").write_text("by = 'day'\n")
    before = events.read_bytes()
    read = "it is one of the files that are read: choose another file"
    for files in ("events.csv", "folder", "*.csv"):
        result = ask("overview", files, *AS_OF, "-o", "events.csv")
        assert result.stderr.splitlines()[-1] == f"Error: cannot write events.csv: {read}"
    config = ask("overview", *AS_OF, "--config", "config.toml", "-o", "config.toml", "--format", "csv")
    assert config.stderr.splitlines()[-1].startswith(
        "Error: cannot write config.toml: it is the config file:"
    )
    for name in ("new.duckdb", "new.duckdb.wal", ".new.duckdb.lock"):
        made = run("overview", "events.csv", *AS_OF, "--store", "new.duckdb", "-o", name)
        assert (made.exit_code, Path(name).exists()) == (1, False)
    saved = run("demo", "--save", "events.csv", "--store", "events.csv")
    assert saved.stderr == "Error: cannot write events.csv: it is the store: choose another file\n"
    assert events.read_bytes() == before


def test_stdout_that_is_the_store_is_refused(shell: Shell, store: Path) -> None:
    """A shell that appends to it has changed nothing yet."""
    before = store.read_bytes()
    for target in (">>", "-o /dev/stdout >>", "-o /dev/fd/3 3>>"):
        done = shell(f"$C {OVERVIEW} {target} store.duckdb")
        assert done.returncode == 1
        assert "it is the store" in done.stderr
    assert store.read_bytes() == before


@pytest.mark.parametrize(("name", "what"), [("pipe", "a pipe"), (".", "a folder"), ("/dev/null", "a device")])
@pytest.mark.parametrize(
    "command",
    [["overview"], ["load", "events.csv"], ["status"], ["unload", "1"], ["forget", "1", "--yes"], ["ranges"]],
)
def test_a_store_that_is_no_file_is_refused(
    run: Run, events: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], name: str, what: str
) -> None:
    """At once: a pipe would be waited for without end."""
    monkeypatch.chdir(events.parent)
    os.mkfifo("pipe")
    result = run(*command, "--store", name)
    said = f"Error: {name} is {what}, not a store: name a file with --store\n"
    assert (result.exit_code, result.stderr) == (1, said)
