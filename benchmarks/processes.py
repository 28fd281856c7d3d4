"""Whole processes and what they take: from the start to the last byte, as a user waits for it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import sysconfig
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WIDTH, HEIGHT = 120, 40

Command = tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """What a run took: seconds on the clock and of the processors, and the most memory at once (bytes)."""

    seconds: float
    cpu: float
    memory: int

    def __add__(self, other: Measured) -> Measured:
        """One after the other."""
        return Measured(self.seconds + other.seconds, self.cpu + other.cpu, max(self.memory, other.memory))


def _nothing() -> None:
    """No preparation."""


@dataclass(frozen=True)
class Run:
    """One side of a comparison: commands that run one after another, timed together.

    `prepare` is done before and not timed; `terminal` gives the commands a terminal instead of a pipe;
    `exits` is the code with which each must end.
    """

    commands: tuple[Command, ...]
    prepare: Callable[[], None] = field(default=_nothing)
    terminal: bool = False
    exits: int = 0


class RunProblem(Exception):
    """A command did not end as it should."""


def program(*arguments: str | Path) -> Command:
    """A command line of the program that this Python has installed."""
    return (str(Path(sysconfig.get_path("scripts")) / "contactrep"), *map(str, arguments))


def bare(script: str, *arguments: str) -> Command:
    """A bare Python process that runs a few lines and heeds nothing around it."""
    return (sys.executable, "-I", "-c", script, *arguments)


def module(name: str, plan: str) -> Command:
    """A bare Python process that runs `main` of a floor or a peer, compiled beforehand as the program is."""
    script = (
        f"import sys; sys.path.append({str(ROOT)!r}); from benchmarks.{name} import main; main(sys.argv[1])"
    )
    return bare(script, plan)


@cache
def environment() -> Mapping[str, str]:
    """What every measured process finds around it, the same for both sides: a home where nothing is."""
    kept = {name: os.environ[name] for name in ("TMPDIR",) if name in os.environ}
    return kept | {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": tempfile.gettempdir() + "/contactrep-benchmarks-home",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "xterm-256color",
        "COLUMNS": str(WIDTH),
    }


def measure(run: Run) -> tuple[Measured, bytes]:
    """Run it once, and give what it took and what it printed."""
    run.prepare()
    total, printed = Measured(0, 0, 0), b""
    for command in run.commands:
        took, output = _measure(command, terminal=run.terminal, exits=run.exits)
        total, printed = total + took, printed + output
    return total, printed


def _measure(command: Command, *, terminal: bool, exits: int) -> tuple[Measured, bytes]:
    with tempfile.TemporaryFile() as errors, _output(terminal=terminal) as (reading, writing):
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            stdin=writing if terminal else subprocess.DEVNULL,
            stdout=writing,
            stderr=writing if terminal else errors,
            env=environment(),
        )
        os.close(writing)
        printed = b"".join(_chunks(reading))
        # The peak of this very child, which subprocess itself does not tell.
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != exits:
            errors.seek(0)
            said = errors.read().decode(errors="replace") or printed.decode(errors="replace")
            raise RunProblem(f"ended with {process.returncode}: {' '.join(command)[:300]}\n{said[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit), printed


@contextmanager
def _output(*, terminal: bool) -> Iterator[tuple[int, int]]:
    """The two ends of a pipe or a terminal: ours to read, and the one that a process writes."""
    reading, writing = pty.openpty() if terminal else os.pipe()
    if terminal:
        termios.tcsetwinsize(writing, (HEIGHT, WIDTH))
    try:
        yield reading, writing
    finally:
        os.close(reading)


def _chunks(reading: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(reading, 1 << 16)
        except OSError:  # how a terminal says that nobody writes any more
            return
        if not chunk:
            return
        yield chunk
