"""Signals that end a run: Ctrl-C, SIGTERM and SIGHUP, each with its exit code.

A signal becomes an exception, so that whatever is open is closed and temporary files go. Where nothing is
open yet, or no more, it ends the process at once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED: Final = 130
_CODES: Final = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: 143, signal.SIGHUP: 129}
_DEFAULTS: Final = (signal.SIG_DFL, signal.default_int_handler)
_AGAIN: Final = 0.1  # seconds until an exception that was lost is raised again

before_leaving: Final[list[Callable[[], None]]] = []
"""What removes temporary files that a signal in the midst of closing has left."""

_received: list[int] = []
_nothing_open = False


def received() -> int | None:
    """The exit code of the signal that is to end this run. Its exception may have become another error."""
    return _received[0] if _received else None


def heed() -> None:
    """Have signals end the run that begins now. One that the process was started to ignore stays ignored, as
    nohup and shells want it, and one that somebody else handles is left to them."""
    global _nothing_open
    _received.clear()
    _nothing_open = False
    with suppress(ValueError):  # not on the main thread
        for number in _CODES:
            if signal.getsignal(number) in _DEFAULTS:
                signal.signal(number, _end)


def heed_at_once() -> None:
    """Have signals end the process itself, at once: nothing is open yet, or no more."""
    global _nothing_open
    heed()
    _nothing_open = True
    # What is raised in a finalizer, as the import system has them, is lost: let it be raised again.
    sys.unraisablehook = _lost
    signal.signal(signal.SIGALRM, _again)


def leave() -> None:
    """All is closed. After a signal the process ends here: a thread may still be within DuckDB, which Python
    would abort for."""
    global _nothing_open
    _nothing_open = True
    if _received:
        for clear in before_leaving:
            clear()
        os._exit(_received[0])


def _end(number: int, _frame: FrameType | None) -> None:
    _received.append(_CODES[signal.Signals(number)])
    # DuckDB aborts the process if an exception meets its import.
    if _nothing_open or getattr(getattr(sys.modules.get("duckdb"), "__spec__", None), "_initializing", False):
        os._exit(_received[0])
    if signal.getsignal(signal.SIGALRM) is _again:
        signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)
    _raise()


def _again(_number: int, _frame: FrameType | None) -> None:
    if _nothing_open:
        os._exit(_received[0])
    _raise()


def _raise() -> None:
    """End the run as an error does, unless it is on its way out: a second signal must not break that off."""
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
