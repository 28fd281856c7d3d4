"""What `load` and reports over files share: their options as values, and what a load has to tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from contactrep.cli.options import Reading
from contactrep.cli.settings import Settings
from contactrep.errors import listed
from contactrep.zones import find_zone

if TYPE_CHECKING:
    from contactrep.read import LoadOptions
    from contactrep.store import FileSummary


def load_options(reading: Reading, settings: Settings) -> LoadOptions:
    """How files are read: `--map` goes before the config's map, field by field."""
    from contactrep.read import LoadOptions

    return LoadOptions(
        mapping={**settings.mapping, **dict(reading.mapping)},
        event=reading.event,
        input_timezone=find_zone(reading.input_timezone) if reading.input_timezone else None,
        timestamp_formats=reading.timestamp_formats,
    )


def notices(
    files: Iterable[FileSummary], skipped: Mapping[str, str], *, future: bool = False
) -> Iterator[str]:
    """What a load decided or left out, a line each: never a rejected row or an ignored column in silence.

    `future` names the events later than now, too; reports do that themselves, for their own now and range.
    """
    for path, reason in skipped.items():
        yield f"{path} is skipped: {reason}"
    for file in files:
        if file.rejected:
            yield f"{file.path}: records rejected: {file.rejected:,} of {file.read:,}"
        for note in file.notes:
            yield f"{file.path}: {note}"
        if file.ignored_columns:
            yield f"{file.path}: columns not used: {listed(file.ignored_columns)}"
        if file.ambiguous_times:
            times = _were(
                file.ambiguous_times, "ambiguous time (clock change)", "ambiguous times (clock change)"
            )
            yield f"{file.path}: {times} read as the first occurrence"
        if file.missing_times:
            times = _were(
                file.missing_times,
                "time that does not exist (clock change)",
                "times that do not exist (clock change)",
            )
            yield f"{file.path}: {times} moved forward"
        if future and file.future:
            events = "1 event is" if file.future == 1 else f"{file.future:,} events are"
            yield f"{file.path}: {events} in the future"
        if file.unknown_sources:
            named = [f"{source} ({count:,})" for source, count in file.unknown_sources.items()]
            yield f"{file.path}: non-standard sources: {listed(named)}"


def _were(count: int, one: str, many: str) -> str:
    return f"1 {one} was" if count == 1 else f"{count:,} {many} were"
