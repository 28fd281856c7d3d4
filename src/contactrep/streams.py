"""The three standard streams, before anything else is opened."""

from __future__ import annotations

import os


def prepare() -> None:
    """Let each standard stream wait for its other end, and put the null device in place of a closed one.

    A non-blocking stream, as event loops leave it to the programs that they start, breaks off a read or a
    write instead. In place of a closed stream the next file to be opened would get its number, and whatever a
    library writes to stdout or stderr would be written into that file. Python itself has noticed by now: its
    `sys.stdout` is None.
    """
    for number in range(3):
        try:
            os.set_blocking(number, True)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
