"""Streams that are closed, full or no terminal: what a real process makes of them."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import AS_OF

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full and a POSIX shell")

CLOSED = "Error: stdout is closed: redirect it to a file (> FILE)\n"
FULL = "Error: cannot write to stdout: No space left on device: choose another place\n"
COMMANDS = ["overview --as-of 2026-11-05 -q", "export added", "log added --range all", "status"]

Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shell(store: Path, tmp_path: Path) -> Shell:
    """Run the program on the store by a line of `sh` with its redirections."""

    def run_it(command: str, redirections: str) -> "subprocess.CompletedProcess[str]":
        line = f'"$0" -m contactrep {command} {redirections}'
        environment = {**os.environ, "CONTACTREP_STORE": str(store)}
        return subprocess.run(
            ["sh", "-c", line, sys.executable],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run_it


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_behind_stdout_is_told(shell: Shell, command: str) -> None:
    """An answer that nobody got is no success."""
    done = shell(command, ">/dev/full")
    assert (done.returncode, done.stderr) == (1, FULL)


@pytest.mark.parametrize("command", ["--version", "--help", "overview --help", ""])
def test_a_full_disk_behind_help_is_told(shell: Shell, command: str) -> None:
    """What Click prints by itself ends like everything else."""
    done = shell(command, ">/dev/full")
    assert (done.returncode, done.stderr) == (1, FULL)


@pytest.mark.parametrize("command", [*COMMANDS, "profiles", "completion zsh"])
def test_a_closed_stdout_is_told(shell: Shell, command: str) -> None:
    """As from a broken crontab: the line says how to get the answer."""
    done = shell(command, ">&-")
    assert (done.returncode, done.stderr) == (1, CLOSED)


@pytest.mark.parametrize("command", ["--version", "--help", "overview --help", ""])
def test_help_with_stdout_closed_is_no_error(shell: Shell, command: str) -> None:
    """There is nobody to read it, and nothing that could fail."""
    done = shell(command, ">&-")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_without_stderr_the_answer_is_the_same(shell: Shell, redirection: str) -> None:
    """Notices that nobody can read change neither answer nor exit code, errors keep their code."""
    asked = "overview --as-of 2026-11-05"
    loud, silent = shell(asked, ""), shell(asked, redirection)
    assert loud.stderr.startswith("Note: ")
    assert (silent.returncode, silent.stdout) == (0, loud.stdout)
    assert shell("overview --range nonsense", redirection).returncode == 2
    assert shell("overview --store none.duckdb", redirection).returncode == 1


def test_a_closed_stdin_is_told(shell: Shell) -> None:
    """`-` needs something to read; whoever reads nothing does not care."""
    done = shell("load -", "<&-")
    said = "Error: standard input is closed: name a file, or pipe one in\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
    assert shell("status", "<&-").returncode == 0


@pytest.mark.parametrize("command", ["export added", "demo --events 100 --save"])
def test_a_full_disk_behind_an_export_is_told(shell: Shell, command: str) -> None:
    """The line says that it is the export, and why."""
    done = shell(command, f"{'' if command.endswith('save') else '-o'} /dev/full")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("Error: cannot write the export: ")
    assert "No space left on device" in done.stderr


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "csv.gz", "parquet"])
def test_a_file_that_may_not_grow_is_told(store: Path, tmp_path: Path, suffix: str) -> None:
    """The reason alone, without the temporary file and the words of the database; no part is left.

    Coverage is not measured, because its file may not grow either.
    """
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40)); "
    code = limit + "from contactrep.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-Bc", code, "export", "events", "--store", store, "-o", f"x.{suffix}"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1,
        "Error: cannot write the export: File too large: choose another place\n",
    )
    assert not list(tmp_path.glob("*x.*"))


def test_a_full_disk_behind_a_sheet_is_told(shell: Shell) -> None:
    """The library and the archive that it writes add nothing to the line."""
    done = shell("export added --format xlsx -o /dev/full", "")
    said = "Error: cannot write the export: No space left on device: choose another place\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_a_full_disk_behind_a_report_is_told(shell: Shell) -> None:
    """A device is written as it stands, and its error told."""
    done = shell("status", "-o /dev/full")
    assert (done.returncode, done.stderr) == (
        1,
        "Error: cannot write /dev/full: No space left on device: choose another place\n",
    )


def test_a_traceback_is_for_those_who_ask(shell: Shell) -> None:
    """With CONTACTREP_DEBUG an error of ours, and only such, is shown whole."""
    done = shell("overview --range nonsense", "")
    debugged = subprocess.run(
        [sys.executable, "-m", "contactrep", "overview", "--range", "nonsense", *AS_OF, "--store", "none"],
        env={**os.environ, "CONTACTREP_DEBUG": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    for ended in (done, debugged):
        assert ended.stderr.count("\n") == 1
        assert ended.stderr.startswith("Error: ")


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_a_load_needs_no_standard_stream(shell: Shell, tmp_path: Path, events: Path, closed: str) -> None:
    """What it does is in the store, and nothing else is: no file gets the number of a stream."""
    done = shell(f"load {events} --store new.duckdb --timezone UTC", closed)
    assert (done.returncode, done.stderr) == (0, "")
    held = shell("status --store new.duckdb --format json", "")
    assert json.loads(held.stdout)["events"] == {"added": 4, "connected": 2, "deleted": 1, "merged": 1}
    again = shell(f"unload 1 --store {tmp_path / 'new.duckdb'}", closed)
    assert (again.returncode, again.stderr) == (0, "")


def test_forget_with_stdin_closed_asks_for_yes(shell: Shell) -> None:
    """There is nobody to ask; with --yes nobody is asked."""
    done = shell("forget 1", "<&-")
    assert (done.returncode, done.stderr) == (
        2,
        "Error: this cannot be undone: add --yes to run without a terminal\n",
    )
    assert shell("forget 1 --yes -q", "<&- >&-").returncode == 0


@pytest.mark.parametrize("command", ["overview events.csv", "load events.csv", "demo"])
@pytest.mark.parametrize("limit", [100_000, 300_000])
def test_too_little_address_space_is_told(events: Path, command: str, limit: int) -> None:
    """In one line, whether Python, a library or DuckDB would have met it first."""
    line = f'ulimit -v {limit}; exec "$0" -m contactrep {command}'
    ended = subprocess.run(
        ["sh", "-c", line, sys.executable], cwd=events.parent, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Error: not enough memory")
    assert ended.stderr.count("\n") == 1


def test_a_stdin_that_does_not_block_is_waited_for(tmp_path: Path) -> None:
    """As event loops leave it: the rows come late, but they come."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    started = subprocess.Popen(
        [sys.executable, "-m", "contactrep", "load", "-", "--timezone", "UTC", "--store", tmp_path / "s.db"],
        stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        pipe.write("timestamp,event,contact_id\n")
        pipe.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            started.wait(1)
        pipe.write("2026-11-04T10:00Z,added,7\n")
    out, err = started.communicate(timeout=60)
    assert (started.returncode, err) == (0, "")
    assert out.startswith("-: 1 read = 1 loaded + 0 duplicate + 0 rejected\n")


@pytest.mark.parametrize("command", ["--save -", "--range 2026-10 --by hour --format json"])
def test_a_stdout_that_does_not_block_gets_everything(command: str) -> None:
    """A reader that is slower than the program loses nothing."""
    program = [sys.executable, "-m", "contactrep", "demo", *AS_OF, *command.split()]
    expected = subprocess.run(program, capture_output=True, check=True).stdout
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen(program, stdout=writing, stderr=subprocess.PIPE) as started:
        os.close(writing)
        with pytest.raises(subprocess.TimeoutExpired):
            started.wait(1)
        with os.fdopen(reading, "rb") as pipe:
            assert pipe.read() == expected
        assert started.wait(60) == 0
    assert len(expected) > 100_000


def test_a_socket_named_by_its_path_is_told(tmp_path: Path) -> None:
    """Node.js gives the programs that it starts sockets, which cannot be opened by a path."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        done = subprocess.run(
            [sys.executable, "-m", "contactrep", "overview", "/dev/stdin", "--store", str(tmp_path / "s")],
            stdin=theirs.fileno(), capture_output=True, text=True, check=False,
        )  # fmt: skip
    said = "No such device or address: it is a socket: for standard input, use -"
    assert (done.returncode, done.stderr) == (1, f"Error: /dev/stdin: cannot read it: {said}\n")
