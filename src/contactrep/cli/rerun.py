"""The command line that exports all rows of a truncated log."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, time, timedelta
from pathlib import Path

from contactrep import PROGRAM
from contactrep.cli.options import Query
from contactrep.cli.targets import is_stream, links
from contactrep.filters import NAMES
from contactrep.period import Moment, Range
from contactrep.read.sources import DESCRIPTORS, STANDARD_INPUT
from contactrep.render.text import visible
from contactrep.zones import to_instant


def export_command(query: Query, kind: str, covered: Range) -> str | None:
    """Return `contactrep export …` for the rows of `kind` in `covered`, with the options that selected them.

    The range is written as dates, because a named range may mean other days later. None if the rows came from
    a pipe, which cannot be read again, or if a word contains control characters.
    """
    if any(_is_stream(file) for file in query.files):
        return None
    reading, paths = query.reading, query.paths
    options = [
        ("--timezone", query.timezone),
        *((f"--{name}", value) for name in NAMES for value in query.filters.values(name)),
        ("--profile", reading.profile),
        *(("--map", f"{field}={column}") for field, column in reading.mapping),
        *(("--set", f"{field}={value}") for field, value in reading.set),
        *(("--event", f"{kind}={column}".removesuffix("=")) for kind, column in reading.events),
        *(("--value", f"{field}:{old}={new}") for field, old, new in reading.values),
        ("--records", reading.records),
        ("--sheet", reading.sheet),
        ("--encoding", reading.encoding),
        ("--skip-lines", reading.skip_lines or None),
        ("--input-timezone", reading.input_timezone),
        *(("--timestamp-format", form) for form in reading.timestamp_formats),
        ("--store", paths.store),
        ("--config", paths.config),
    ]
    words = [PROGRAM, "export", kind, *query.files, "--range", written(covered)]
    for option, value in options:
        if value is not None:
            words += [option, str(value)]
    if query.clear_all:
        words.append("--clear-all")
    command = shlex.join([*words, "-o", _target(kind, query.files)])
    return command if visible(command) == command else None


def _is_stream(file: str) -> bool:
    """Return whether a FILE argument is standard input, a pipe or an open descriptor, also through links."""
    path = Path(file)
    is_descriptor = any(str(place).startswith(DESCRIPTORS) for place in links(path))
    return file == STANDARD_INPUT or is_descriptor or is_stream(path)


def _target(kind: str, files: Sequence[str]) -> str:
    """Return a file name for the rows; where the command reads files, one that does not exist yet."""
    name = f"{kind}.csv"
    return f"all-{name}" if files and Path(name).exists() else name


def written(covered: Range) -> str:
    """Return a text of the range that means the same instants at any time."""
    if covered.start.instant == covered.end.instant:
        return covered.name
    ends = (covered.start, covered.end)
    if all(end.wall.time() == time.min and _is_usual(end, covered) for end in ends):
        first, last = covered.start.wall.date(), covered.end.wall.date() - timedelta(days=1)
        return first.isoformat() if first == last else f"{first}..{last}"
    return "..".join(_moment(end, covered) for end in ends)


def _is_usual(moment: Moment, covered: Range) -> bool:
    """Return whether the wall time alone means this instant, which a repeated time may not."""
    return to_instant(moment.wall, covered.zone) == moment.instant


def _moment(moment: Moment, covered: Range) -> str:
    if _is_usual(moment, covered):
        return moment.wall.isoformat(timespec="auto")
    return moment.instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
