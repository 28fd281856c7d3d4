"""What the terminal can show, from the environment."""

from __future__ import annotations

import os
import shutil
import sys

from contactrep.render import Colour, Look

_WIDEST = 10_000  # characters: lines are made whole, and COLUMNS may be any number


def shows_pages() -> bool:
    """Return whether stdout is a terminal, or FORCE_COLOR requests its treatment as one."""
    return is_terminal() or _forced() is True


def is_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def shows_progress() -> bool:
    """Return whether stderr is a terminal on which a line can change."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _forced() -> bool | None:
    """The value of FORCE_COLOR: False for `0` or empty, True for anything else, None if it is not set."""
    said = os.environ.get("FORCE_COLOR")
    return None if said is None else said not in ("", "0")


def look_of_terminal() -> Look:
    """Return the terminal's width (or COLUMNS), colours and character set."""
    dumb = os.environ.get("TERM") == "dumb"
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    return Look(
        width=min(shutil.get_terminal_size().columns, _WIDEST),
        colour=_colour(dumb=dumb),
        unicode=not dumb and encoding.startswith("utf"),
    )


def _colour(*, dumb: bool) -> Colour:
    # no-color.org: set and not empty, whatever the value.
    if os.environ.get("NO_COLOR") or dumb or _forced() is False:
        return "none"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolor"
    return "256" if "256" in os.environ.get("TERM", "") else "16"
