"""Reports straight from Parquet files, where these leave nothing open that only a load could tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    from contactrep.read.sources import Sources
    from contactrep.read.straight import Found


def straight_engine(
    files: Sequence[str],
    options: LoadOptions,
    zone: ZoneInfo,
    *,
    writable: Path | None,
    memory_limit: str | None,
) -> Engine | None:
    """An engine straight over files, with a load's notices on stderr; None where it takes a load."""
    from contactrep.read import sources, straight

    try:
        named = sources.find(files)
    except InputProblem:
        return None  # a load says so, in its own time
    candidates = straight.candidates(named.files)
    if candidates is None:
        return None
    from contactrep.straight import StraightEngine

    readable = [text for file in candidates for text in (file.path, file.pattern)]
    with ExitStack() as stack:
        engine = stack.enter_context(
            StraightEngine(readable, zone.key, writable=writable, memory_limit=memory_limit)
        )
        sight = straight.survey(engine.run, candidates, options, zone)
        if sight is None:
            return None
        stack.pop_all()
    engine.look_at(sight)
    for text in _notices(named, sight.found, zone):
        notice(text)
    return engine


def _notices(named: Sources, found: Sequence[Found], zone: ZoneInfo) -> Iterator[str]:
    """What a load of the files would have to tell."""
    from contactrep.store import FileSummary, LoadSummary

    files = tuple(
        FileSummary(
            path=it.label,
            read=it.rows,
            loaded=it.rows,
            duplicate=0,
            rejected=0,
            ambiguous_times=it.ambiguous_times,
            missing_times=it.missing_times,
            unknown_sources=it.unknown_sources,
            ignored_columns=it.ignored_columns,
        )
        for it in found
    )
    return notices(LoadSummary(Path(), None, zone.key, created=False, files=files, skipped=named.skipped))
