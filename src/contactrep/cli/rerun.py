"""The exact command line that exports every row of a log that was cut."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, time, timedelta

from contactrep.cli.options import Choosing, Place, Reading, Timing
from contactrep.filters import NAMES
from contactrep.period import Moment, Range
from contactrep.zones import to_instant


def export_command(
    kind: str,
    covered: Range,
    files: Sequence[str],
    place: Place,
    reading: Reading,
    timing: Timing,
    choosing: Choosing,
) -> str:
    """`contactrep export …` for the rows of `kind` in `covered`, with everything that chose them.

    The range is written out, for a preset may mean other days by the time the command is run.
    """
    words = ["contactrep", "export", kind, *files, "--range", _written(covered)]
    options = [
        ("--timezone", timing.timezone),
        *((f"--{name}", value) for name in NAMES for value in choosing.filters.values(name)),
        *(("--map", f"{field}={column}") for field, column in reading.mapping),
        ("--event", reading.event),
        ("--input-timezone", reading.input_timezone),
        ("--timestamp-format", reading.timestamp_format),
        ("--store", place.store),
        ("--config", place.config),
    ]
    for option, value in options:
        if value is not None:
            words += [option, str(value)]
    if choosing.clear_all:
        words.append("--clear-all")
    return shlex.join([*words, "-o", f"{kind}.csv"])


def _written(covered: Range) -> str:
    """A range that means the same instants whenever it is read."""
    if covered.start.instant == covered.end.instant:
        return covered.name
    if covered.start.wall.time() == covered.end.wall.time() == time.min:
        first, last = covered.start.wall.date(), covered.end.wall.date() - timedelta(days=1)
        return first.isoformat() if first == last else f"{first}..{last}"
    return "..".join(_moment(moment, covered) for moment in (covered.start, covered.end))


def _moment(moment: Moment, covered: Range) -> str:
    # The second occurrence of a wall time can only be written with its offset.
    if to_instant(moment.wall, covered.zone) != moment.instant:
        return moment.instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return moment.wall.isoformat()
