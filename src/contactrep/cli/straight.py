"""Reports straight from Parquet files, where these leave nothing open that only a load could tell."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from contactrep.cli.loading import notices
from contactrep.cli.output import notice
from contactrep.errors import InputProblem

if TYPE_CHECKING:
    from contactrep.engine import Engine
    from contactrep.read import LoadOptions
    from contactrep.read.sight import Found
    from contactrep.store import FileSummary


def straight_engine(
    files: Sequence[str],
    options: LoadOptions,
    zone: ZoneInfo,
    *,
    writable: Path | None,
    memory_limit: str | None,
) -> Engine | None:
    """An engine straight over files, with a load's notices on stderr; None where it takes a load."""
    from contactrep.read import content, sight, sources

    try:
        named = content.without_empty(sources.find(files))
    except InputProblem:
        return None  # a load says so, in its own time
    candidates = sight.candidates(named.files)
    if candidates is None:
        return None
    from contactrep.read.survey import survey
    from contactrep.straight import StraightEngine

    readable = [text for file in candidates for text in (file.path, file.pattern)]
    with ExitStack() as stack:
        engine = stack.enter_context(
            StraightEngine(readable, zone.key, writable=writable, memory_limit=memory_limit)
        )
        seen = survey(engine.run, candidates, options, zone)
        if seen is None:
            return None
        engine.look_at(seen)
        for text in notices(map(_summary, seen.found), named.skipped):
            notice(text)
        stack.pop_all()
    return engine


def _summary(found: Found) -> FileSummary:
    """What a load of the file would have counted."""
    from contactrep.store import FileSummary

    return FileSummary(
        path=found.label,
        read=found.rows,
        loaded=found.rows,
        duplicate=0,
        rejected=0,
        ambiguous_times=found.ambiguous_times,
        missing_times=found.missing_times,
        unknown_sources=found.unknown_sources,
        ignored_columns=found.ignored_columns,
    )
