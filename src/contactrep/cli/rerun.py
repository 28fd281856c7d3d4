"""Command lines to run later: that make a report again, or write all rows of a log or all rejects."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from contactrep import PROGRAM
from contactrep.cli.options import Paths, Query
from contactrep.cli.targets import is_stream
from contactrep.cluster import ClusterTable
from contactrep.filters import NAMES
from contactrep.period import Moment, Range
from contactrep.read.sources import STANDARD_INPUT
from contactrep.render.text import visible
from contactrep.zones import to_instant

if TYPE_CHECKING:
    from contactrep.report import LogPage


def exportable(log: LogPage, query: Query, output: Path | None) -> LogPage:
    """Return the log, if it is cut, with the command that exports all of its rows (see `export_command`)."""
    if not log.truncated:
        return log
    return replace(log, export_command=export_command(query, log.event, log.head.range, output))


def export_command(query: Query, kind: str, covered: Range, output: Path | None) -> str | None:
    """Return `contactrep export …` for the rows of `kind` in `covered`, with the options that selected them.

    The range is written as dates, because a named range may mean other days later. The rows do not go to
    `output`, to which the report is written. None if the rows came from a pipe, which cannot be read again,
    if the address of a table has credentials, or if a word contains control characters.
    """
    period = [("--range", written(covered)), _zone(query, covered)]
    return _command(query, ["export", kind], period, ["-o", _target(kind, output)])


def rejects_command(paths: Paths, output: Path | None) -> str | None:
    """Return the command that writes all rejected rows of the store."""
    return _command(Query(paths), ["rejects"], [], ["-o", _target("rejects", output)])


def report_command(query: Query, words: Sequence[str], covered: Range) -> str | None:
    """Return `contactrep` with `words` and the options of the query: the command that makes such a report.

    A named range keeps its name, also if it comes from the environment or the config. None where
    `export_command` gives None.
    """
    period = [
        ("--range", query.range or covered.name),
        ("--as-of", query.as_of),
        _zone(query, covered),
        ("--by", query.by),
        ("--compare", query.compare),
    ]
    return _command(query, words, period, ["--exclude-today"] if query.exclude_today else [])


def _zone(query: Query, covered: Range) -> tuple[str, str | None]:
    """Return the option of the time zone: FILES have no zone of their own, so it is named."""
    return "--timezone", query.timezone or (covered.zone.key if query.files else None)


def _command(
    query: Query, words: Sequence[str], period: Sequence[tuple[str, str | None]], ending: Sequence[str]
) -> str | None:
    """Return the command: `words`, FILES, `period`, the options that select and read events, and `ending`."""
    reading, paths = query.reading, query.paths
    if any(file == STANDARD_INPUT or is_stream(Path(file)) for file in query.files):
        return None
    if isinstance(paths.store, ClusterTable) and paths.store.secrets:
        return None  # it would show them
    options = [
        *period,
        *((f"--{name}", value) for name in NAMES for value in query.filters.values(name)),
        ("--profile", reading.profile),
        *reading.mapping.typed,
        ("--max-rejects", reading.max_rejects),
        ("--store", paths.store),
        ("--config", paths.config),
    ]
    files = (f"./{file}" if file.startswith("-") else file for file in query.files)  # no option
    parts = [PROGRAM, *words, *files]
    for option, value in options:
        if value is not None:
            parts += [option, str(value)]
    if query.clear_all:
        parts.append("--clear-all")
    command = shlex.join([*parts, *ending])
    return command if visible(command) == command else None


def _target(kind: str, output: Path | None) -> str:
    """Return the first name that no file has, as such a file may have been loaded, and that is not `output`;
    else the last name."""
    names = (f"{kind}.csv", f"all-{kind}.csv", *(f"all-{kind}-{number}.csv" for number in range(2, 100)))
    taken = output and output.resolve()
    free = (name for name in names if not os.path.lexists(name) and Path(name).resolve() != taken)
    return next(free, names[-1])


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
