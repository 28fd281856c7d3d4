"""The three standard streams, before anything else is opened."""

from __future__ import annotations

import os


def fill_closed() -> None:
    """Open the null device in place of each standard stream that is closed.

    The next file to be opened would get its number, and whatever a library writes to stdout or stderr would
    be written into that file. Python itself has noticed by now: its `sys.stdout` is None.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
