"""The exact command line that exports every row of a log that was cut."""

from __future__ import annotations

import shlex
from datetime import UTC, time, timedelta

from contactrep import PROGRAM
from contactrep.cli.options import Wanted
from contactrep.filters import NAMES
from contactrep.period import Moment, Range
from contactrep.read.sources import STANDARD_INPUT
from contactrep.zones import to_instant


def export_command(kind: str, covered: Range, wanted: Wanted) -> str | None:
    """`contactrep export …` for the rows of `kind` in `covered`, with everything that chose them.

    The range is written out, for a preset may mean other days by the time the command is run. None where
    the rows came through a pipe, which cannot be read again.
    """
    if STANDARD_INPUT in wanted.files:
        return None
    reading, place = wanted.reading, wanted.place
    options = [
        ("--timezone", wanted.timing.timezone),
        *((f"--{name}", value) for name in NAMES for value in wanted.choosing.filters.values(name)),
        *(("--map", f"{field}={column}") for field, column in reading.mapping),
        ("--event", reading.event),
        ("--input-timezone", reading.input_timezone),
        *(("--timestamp-format", form) for form in reading.timestamp_formats),
        ("--store", place.store),
        ("--config", place.config),
    ]
    words = [PROGRAM, "export", kind, *wanted.files, "--range", written(covered)]
    for option, value in options:
        if value is not None:
            words += [option, str(value)]
    if wanted.choosing.clear_all:
        words.append("--clear-all")
    return shlex.join([*words, "-o", f"{kind}.csv"])


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
