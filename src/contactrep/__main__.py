"""`python -m contactrep` and `contactrep`: the program as a process of its own."""

import os
import signal
from types import FrameType


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    """End on Ctrl-C while what heeds signals is imported; 130 is ExitCode.INTERRUPTED."""
    os._exit(130)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _end_at_once)

from contactrep import signals, streams  # noqa: E402 - these imports take long enough to be interrupted


def run() -> None:
    """Run the program and end the process. Signals are heeded before anything else is imported."""
    streams.prepare()
    if signal.getsignal(signal.SIGINT) is _end_at_once:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signals.heed_at_once()
    from contactrep.cli import main

    try:
        main()
    except SystemExit as end:
        signals.leave(int(end.code or 0))


if __name__ == "__main__":
    run()
