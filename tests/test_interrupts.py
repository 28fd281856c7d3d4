"""Signals end a run wherever they meet it, with their code, and leave nothing behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.hungry import MEASURING

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
TIMES = 24
"""Runs for each command; `python -m tests.interrupting` does as many as it is told."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the example data."""
    path = tmp_path_factory.mktemp("store") / "store.duckdb"
    events = REPOSITORY / "examples" / "events.csv"
    command = [
        sys.executable,
        "-m",
        "contactrep",
        "load",
        str(events),
        "--store",
        str(path),
        "--timezone",
        "UTC",
    ]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("overview --range all --store {store}", signal.SIGINT),
        ("added --range all --format json --store {store} -o {{}}/added.json", signal.SIGHUP),
        ("log added --range all --store {store}", signal.SIGTERM),
        ("export events --store {store} -o {{}}/events.parquet", signal.SIGINT),
        ("load {events} --store {{}}/new.duckdb", signal.SIGINT),
        ("load {events} --store {{}}/new.duckdb", signal.SIGTERM),
    ],
)
def test_a_signal_at_any_step(store: Path, tmp_path: Path, words: str, number: signal.Signals) -> None:
    """The exit code is the signal's, nothing is said, no temporary file stays, and nothing aborts."""
    arguments = words.format(store=store, events=REPOSITORY / "examples" / "events.csv").split()
    command = [
        sys.executable,
        "-m",
        "tests.interrupting",
        str(tmp_path),
        str(int(number)),
        str(TIMES),
        *arguments,
    ]
    # Its own trace takes the place of coverage's, which would only write what it did not see.
    environment = {name: value for name, value in os.environ.items() if name not in MEASURING}
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, check=True, env=environment
    )
    ended = json.loads(done.stdout)
    assert len(ended) == TIMES
    for one in ended:
        said = [line for line in one["stderr"].splitlines() if not line.startswith("Note: ")]
        assert (one["code"], said, one["left"]) == (CODES[number], [], []), one


@pytest.mark.parametrize("module", ["contactrep.errors", "click.types"])
def test_a_signal_while_everything_is_imported(module: str) -> None:
    """Start-up ends as well, before signals are heeded as after it, with the exit code and in silence."""
    arguments = [sys.executable, "-X", "importtime", "-m", "contactrep", "status", "--store", __file__]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while module not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        rest = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in "".join(rest)


@pytest.mark.parametrize("number", CODES)
def test_a_signal_while_python_ends(store: Path, number: signal.Signals) -> None:
    """A signal after all is written leaves the exit code as it is: Python's own end, where it would kill the
    process, is left out."""
    program = (
        "import os, sys\n"
        "class Late:\n"
        f"    def __del__(self, kill=os.kill, pid=os.getpid()): kill(pid, {int(number)})\n"
        "late = Late()\n"
        f"sys.argv = ['contactrep', 'status', '--store', {str(store)!r}]\n"
        "from contactrep.__main__ import run\n"
        "run()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Store")


def test_a_signal_that_meets_the_import_of_duckdb_leaves_no_part(tmp_path: Path) -> None:
    """An export has made its part by then, and DuckDB bears no exception while it is imported."""
    code = (
        "import os, pathlib, signal, contactrep.duck\n"
        "from contactrep import machine, signals\n"
        "signals.heed()\n"
        "target = machine.replacing(pathlib.Path('out'))\n"
        "target.__enter__()\n"
        "contactrep.duck.__spec__._initializing = True\n"
        "print(os.listdir(), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("['.contactrep-"), done.stderr
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (130, "", [])


def test_an_alarm_that_the_caller_has_set_ends_the_run_as_sigterm_does(tmp_path: Path) -> None:
    """`perl -e 'alarm 60; exec …'` is the `timeout` of systems that have none."""
    command = [sys.executable, "-m", "contactrep", "load", "-", "--store", str(tmp_path / "new.duckdb")]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.alarm(2),
    ) as process:
        assert process.wait(60) == 143
        assert process.stdout is not None
        assert process.stderr is not None
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")
    assert list(tmp_path.glob("*")) == []
