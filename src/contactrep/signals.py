"""Signals that end a run: Ctrl-C, SIGTERM and SIGHUP, each with its exit code.

A signal raises an exception, so that open files are closed and temporary files removed. Before anything is
open, and after everything is closed, it ends the process at once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

from contactrep.errors import ExitCode

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_CODES: Final = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HUNG_UP,
}
_DEFAULTS: Final = (signal.SIG_DFL, signal.default_int_handler)
_AGAIN: Final = 0.1  # seconds until a lost exception is raised again

before_leaving: Final[list[Callable[[], None]]] = []
"""Functions that remove temporary files which a signal during closing has left."""

_received: list[ExitCode] = []
_nothing_open = False


def received() -> ExitCode | None:
    """Return the exit code of the first signal of this run, None without one.

    The exception that the signal raised may have been replaced by another error meanwhile.
    """
    return _received[0] if _received else None


def heed() -> None:
    """Let signals end the run that begins now.

    A signal that the process was started to ignore (nohup) stays ignored; another handler is left in place.
    """
    global _nothing_open
    _received.clear()
    _nothing_open = False
    with suppress(ValueError):  # not on the main thread
        for number in _CODES:
            if signal.getsignal(number) in _DEFAULTS:
                signal.signal(number, _end)


def heed_at_once() -> None:
    """Let signals end the process at once, because nothing is open yet."""
    global _nothing_open
    heed()
    _nothing_open = True
    # Python drops an exception that is raised in a finalizer, as the import system has them: raise it again.
    sys.unraisablehook = _lost
    signal.signal(signal.SIGALRM, _again)


@contextmanager
def deferred() -> Iterator[None]:
    """Let the signals that end a run wait until this block, which must be short, is over."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _CODES)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave(code: int) -> NoReturn:
    """End the process with `code`, or with that of a signal, once everything is closed and written.

    Python's own end is left out. It takes 12 of the 90 ms of `--help`, a signal during it would replace the
    exit code, and it aborts the process if a thread still runs DuckDB code.
    """
    global _nothing_open
    _nothing_open = True
    if _received:
        _clear()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # whoever wrote has reported it, or the stream is closed
            if stream is not None:
                stream.flush()
    os._exit(_received[0] if _received else code)


def _end(number: int, _frame: FrameType | None) -> None:
    _received.append(_CODES[signal.Signals(number)])
    # DuckDB aborts the process if an exception meets its import, which `duck` does.
    duck = sys.modules.get("contactrep.duck")
    if _nothing_open or getattr(getattr(duck, "__spec__", None), "_initializing", False):
        _leave_now()
    if signal.getsignal(signal.SIGALRM) is _again:
        signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)
    _raise()


def _again(_number: int, frame: FrameType | None) -> None:
    if not _received:  # an alarm that was set before this program began, to end it
        _end(signal.SIGTERM, frame)
    if _nothing_open:
        _leave_now()
    _raise()


def _leave_now() -> NoReturn:
    """End the process here, where no exception may be raised: what it has made already goes with it."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    _clear()
    os._exit(_received[0])


def _clear() -> None:
    for clear in before_leaving:
        with suppress(OSError):
            clear()


def _raise() -> None:
    """Raise the exception that ends the run, unless it is on its way: a second signal must not disturb it."""
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, SystemExit):
            return
        error = error.__context__
    # Not KeyboardInterrupt: Click writes an empty line for that.
    raise SystemExit(_received[0])


def _lost(lost: UnraisableHookArgs) -> None:
    if not _received:
        sys.__unraisablehook__(lost)
