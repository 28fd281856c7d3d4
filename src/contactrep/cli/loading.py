"""What `load` and reports over files share: their options as values, and what a load has to tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from contactrep.cli.options import Reading
from contactrep.cli.settings import Settings
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
        timestamp_format=reading.timestamp_format,
    )


def notices(files: Iterable[FileSummary], skipped: Mapping[str, str]) -> Iterator[str]:
    """What a load decided or left out, a line each: never a rejected row or an ignored column in silence."""
    for path, reason in skipped.items():
        yield f"{path} is skipped: {reason}"
    for file in files:
        if file.rejected:
            yield f"{file.path}: records rejected: {file.rejected:,} of {file.read:,}"
        if file.ignored_columns:
            yield f"{file.path}: ignored columns {', '.join(file.ignored_columns)}"
        if file.ambiguous_times:
            yield f"{file.path}: times that occur twice, taken as the first: {file.ambiguous_times:,}"
        if file.missing_times:
            yield f"{file.path}: times that never occurred, moved forward: {file.missing_times:,}"
        if file.unknown_sources:
            named = ", ".join(f"{source} ({count:,})" for source, count in file.unknown_sources.items())
            yield f"{file.path}: sources beyond the known ones: {named}"
