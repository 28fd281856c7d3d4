"""What every test stands on: a machine without settings of its own, and ways to run the program."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings

# The fixture that isolates a test runs once for all examples of that test, which is what it is for.
_SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    max_examples=30,
    print_blob=True,
    suppress_health_check=_SLOW_IS_FINE,
)
settings.register_profile(
    "thorough", deadline=None, max_examples=1500, print_blob=True, suppress_health_check=_SLOW_IS_FINE
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# A shell starts what runs in the background with SIGINT ignored, and processes of tests would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parent.parent
"""The checkout, for the tests that read examples/ or README.md."""

SETTINGS_OF_THE_MACHINE = (
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
    "COLORTERM",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test an empty home in UTC, and none of the settings of who runs it."""
    homes = tmp_path_factory.getbasetemp() / "homes"
    homes.mkdir(exist_ok=True)
    empty = Path(tempfile.mkdtemp(dir=homes))  # `mktemp` looks through the folders of all tests before
    for name in [*SETTINGS_OF_THE_MACHINE, *(name for name in os.environ if name.startswith("CONTACTREP_"))]:
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(empty))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")
    return empty


def run_command(*arguments: str | Path, stdin: str | bytes | None = None, crash: bool = False) -> Result:
    """Run the program in this process; an exception that nobody foresaw fails the test, unless `crash`."""
    from contactrep.cli import main

    result = CliRunner().invoke(
        main, [str(argument) for argument in arguments], input=stdin, catch_exceptions=False
    )
    assert crash or foreseen(result.stderr), result.stderr
    return result


def foreseen(stderr: str) -> bool:
    """Whether a run did not end on an error that nobody foresaw: its exit code is that of other errors."""
    return "Error: unexpected " not in stderr and "Traceback (most recent call last)" not in stderr


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run the program in this process: `run("status", "--store", path).stdout`, `.stderr`, `.exit_code`."""
    return run_command


@pytest.fixture
def run_process(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the program as a process of its own, in the test's directory: for pipes, signals and streams.

    `stdin` is text; `env` is added to the isolated environment; further keywords go to subprocess.run.
    """

    def run_it(
        *arguments: str | Path, stdin: str = "", env: dict[str, str] | None = None, **options: object
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "contactrep", *(str(argument) for argument in arguments)]
        options = {"cwd": tmp_path, "timeout": 60, **options}
        environment = {**os.environ, **(env or {})}
        done: subprocess.CompletedProcess[str] = subprocess.run(  # type: ignore[call-overload]
            command,
            input=stdin,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            **options,
        )
        assert foreseen(done.stderr), done.stderr
        return done

    return run_it


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of a process, with a profile of its own: a second one cannot be driven."""
    from tests.test_browser import ARGUMENTS, CHROMIUM, playwright

    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=120_000)
        yield started
        started.close()
