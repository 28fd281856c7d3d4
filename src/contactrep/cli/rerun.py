"""The exact command line that exports every row of a log that was cut."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Sequence
from datetime import UTC, time, timedelta
from pathlib import Path

from contactrep import PROGRAM
from contactrep.cli.options import Query
from contactrep.filters import NAMES
from contactrep.period import Moment, Range
from contactrep.read.sources import DESCRIPTORS, STANDARD_INPUT
from contactrep.render.text import visible
from contactrep.zones import to_instant

_READ_AGAIN = (stat.S_IFREG, stat.S_IFDIR)
_MOST_LINKS = 40


def export_command(query: Query, kind: str, covered: Range) -> str | None:
    """`contactrep export …` for the rows of `kind` in `covered`, with everything that chose them.

    The range is written out, because a preset may mean other days when the command is run. None if the rows
    came from a pipe or the like, which cannot be read again, or if a word of the command cannot be shown as
    it is.
    """
    if any(_is_stream(file) for file in query.files):
        return None
    reading, paths = query.reading, query.paths
    options = [
        ("--timezone", query.period.timezone),
        *((f"--{name}", value) for name in NAMES for value in query.filters.chosen.values(name)),
        *(("--map", f"{field}={column}") for field, column in reading.mapping),
        ("--event", reading.event),
        ("--input-timezone", reading.input_timezone),
        *(("--timestamp-format", form) for form in reading.timestamp_formats),
        ("--store", paths.store),
        ("--config", paths.config),
    ]
    words = [PROGRAM, "export", kind, *query.files, "--range", written(covered)]
    for option, value in options:
        if value is not None:
            words += [option, str(value)]
    if query.filters.clear_all:
        words.append("--clear-all")
    command = shlex.join([*words, "-o", _target(kind, query.files)])
    return command if visible(command) == command else None


def _is_stream(file: str) -> bool:
    """Whether a FILE argument is standard input, a pipe or an open descriptor, also behind links."""
    path = file
    for _ in range(_MOST_LINKS):
        path = os.path.abspath(path)  # noqa: PTH100 - pathlib leaves `..` in the path
        if path.startswith(DESCRIPTORS):
            return True
        try:
            path = str(Path(path).parent / Path(path).readlink())
        except (OSError, ValueError):
            break
    try:
        return file == STANDARD_INPUT or stat.S_IFMT(Path(file).stat().st_mode) not in _READ_AGAIN
    except (OSError, ValueError):
        return False  # a glob


def _target(kind: str, files: Sequence[str]) -> str:
    """A file name for the rows; never one that exists, where the command also reads files."""
    name = f"{kind}.csv"
    return f"all-{name}" if files and Path(name).exists() else name


def written(covered: Range) -> str:
    """A range written so that it means the same instants whenever it is read."""
    if covered.start.instant == covered.end.instant:
        return covered.name
    ends = (covered.start, covered.end)
    if all(end.wall.time() == time.min and _is_usual(end, covered) for end in ends):
        first, last = covered.start.wall.date(), covered.end.wall.date() - timedelta(days=1)
        return first.isoformat() if first == last else f"{first}..{last}"
    return "..".join(_moment(end, covered) for end in ends)


def _is_usual(moment: Moment, covered: Range) -> bool:
    """Whether a wall time means this instant without more: the second of two needs its offset."""
    return to_instant(moment.wall, covered.zone) == moment.instant


def _moment(moment: Moment, covered: Range) -> str:
    if _is_usual(moment, covered):
        return moment.wall.isoformat(timespec="auto")
    return moment.instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
