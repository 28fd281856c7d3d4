"""Runs the program many times, a signal meeting it at another step each time.

`python -m tests.interrupting FOLDER SIGNAL TIMES ARGS`

A step is a line of Python that the main thread begins, in the program or below it. Every run is a process
of its own with its own temporary folder; `{}` in ARGS becomes a folder of its own. How each ended is printed
as JSON: a list of objects with the keys of Ended.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import pkgutil
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import contactrep

PATIENCE = 30  # seconds until a run counts as hanging
_WITHIN = ("duck.py", "threading.py", "contextlib.py", "machine.py")
"""Where signals are met more often: where a query is put to the thread, and what must be cleared away."""


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a run ended: at which line the signal met it, its exit code (negative: killed by that signal), how
    many seconds after the signal, what it said, and what it left in its temporary folder."""

    step: int
    place: str
    code: int
    seconds: float
    stderr: str
    left: list[str]


_PYTHONS_OWN = (signal.default_int_handler, signal.SIG_DFL)


class Steps:
    """Counts the lines of the main thread, and sends this process a signal at one of them."""

    def __init__(self, chosen: int, number: int, report: int, *, within: bool) -> None:
        self.count = 0
        self._chosen = chosen
        self._number = number
        self._report = report
        self._within = within

    @property
    def has_met(self) -> bool:
        """Whether the signal was sent."""
        return self.count >= self._chosen > 0

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """Take a step, as sys.settrace wants it."""
        if self._within and not frame.f_code.co_filename.endswith(_WITHIN):
            return None
        # Before, it is Python that ends the process.
        if event == "line" and signal.getsignal(self._number) not in _PYTHONS_OWN:
            self.count += 1
            if self.count == self._chosen:
                sys.settrace(None)
                place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
                os.write(self._report, json.dumps([self.count, place, time.monotonic()]).encode())
                os.kill(os.getpid(), self._number)
        return self.trace


def run(folder: Path, arguments: Sequence[str], chosen: int, number: int, *, within: bool) -> Ended:
    """Run the program in a process of its own, with the signal at the chosen step (0: none)."""
    folder.mkdir()
    (folder / "tmp").mkdir()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _become_program(folder, [word.replace("{}", str(folder)) for word in arguments])
        steps = Steps(chosen, number, write, within=within)
        _run_traced(steps, write)
    os.close(write)
    status, over = _waited(child)
    with os.fdopen(read, "rb") as pipe:
        step, place, since = json.loads(pipe.read() or '[0, "", 0]')
    left = [path.name for path in (folder / "tmp").iterdir()]
    ended = Ended(step, place, status, over - since, (folder / "stderr").read_text("utf-8"), left)
    shutil.rmtree(folder)
    return ended


def _waited(child: int) -> tuple[int, float]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), time.monotonic()
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGKILL, time.monotonic()


def _become_program(folder: Path, arguments: Sequence[str]) -> None:
    for descriptor, path in ((0, os.devnull), (1, os.devnull), (2, str(folder / "stderr"))):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), descriptor)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "tmp")
    sys.argv = ["contactrep", *arguments]


def _run_traced(steps: Steps, report: int) -> None:
    from contactrep.__main__ import run as program

    end_at_once = os._exit

    def end(status: int) -> NoReturn:
        sys.settrace(None)
        if not steps.has_met:
            os.write(report, json.dumps([steps.count, "", time.monotonic()]).encode())
        end_at_once(status)

    os._exit = end  # the program ends by it, with a signal or without
    sys.settrace(steps.trace)
    program()


def main() -> None:
    """Count the steps, and meet them evenly."""
    folder, number, times = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    signal.signal(number, signal.SIG_DFL)  # where the tests run under nohup, it would be ignored
    for module in pkgutil.walk_packages(contactrep.__path__, "contactrep."):
        if not module.name.endswith(("__main__", "spark.table")):  # the last needs Spark's client
            importlib.import_module(module.name)
    ended = list[Ended]()
    for within in (False, True):
        steps = run(folder / "all", sys.argv[4:], 0, number, within=within).step
        for place in range(times // 2):
            chosen = 1 + place * int(steps * 0.98) // (times // 2)
            one = run(folder / str(len(ended)), sys.argv[4:], chosen, number, within=within)
            if not one.place:  # it waited less often, and took fewer steps than the first run
                one = run(folder / "again", sys.argv[4:], one.step * 3 // 4, number, within=within)
            ended.append(one)
    print(json.dumps([dataclasses.asdict(one) for one in ended]))


if __name__ == "__main__":
    main()
