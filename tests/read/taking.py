"""Reading a file as a load does, without a store: what was good, what was rejected, and the counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contactrep.duck import scratch_session
from contactrep.read.mapping import Mapping
from contactrep.read.sources import find_sources
from contactrep.read.stage import Stage
from contactrep.summary import FileSummary

NOW = datetime(2026, 11, 27, tzinfo=UTC)
MOST_TWICE = 1 << 20  # bytes of a file that is read in both ways
HEADER = "timestamp,event,contact_id,contact_name\n"


@dataclass(frozen=True)
class Taken:
    """What a file gave: events (ts in UTC, event, contact_id, contact_name, channel, source, user_id,
    user_name), all of them in order and the last one by line, the merged_contact_id of each, rejects as
    (line, reason, raw), and counts."""

    all: list[tuple[Any, ...]]
    merged: list[str | None]
    events: dict[int, tuple[Any, ...]]
    rejects: list[tuple[int, str, str]]
    counts: FileSummary

    @property
    def times(self) -> list[datetime]:
        return [event[0] for event in self.events.values()]

    @property
    def ids(self) -> list[str]:
        return [event[2] for event in self.events.values()]

    @property
    def names(self) -> list[str | None]:
        return [event[3] for event in self.events.values()]

    @property
    def reasons(self) -> dict[int, str]:
        return {line: reason for line, reason, _ in self.rejects}


Take = Callable[..., Taken]


def take_path(path: Path, options: Mapping | None = None, zone: str = "UTC") -> Taken:
    """Read the file at `path`, and prove that its account balances, and that a stage that sorts the rows
    of a file that is alone while it reads them gives the same."""
    taken = take_once(path, options, zone)
    if not path.is_file() or path.stat().st_size > MOST_TWICE:
        return taken
    again = take_once(path, options, zone, alone=True)
    assert _unordered(again) == _unordered(taken)
    assert again.rejects == taken.rejects
    assert again.counts == taken.counts
    return taken


def _unordered(taken: Taken) -> list[str]:
    return sorted(map(repr, zip(taken.all, taken.merged, strict=True)))


def take_once(path: Path, options: Mapping | None = None, zone: str = "UTC", *, alone: bool = False) -> Taken:
    """Read the file at `path` in one way, and prove that its account balances."""
    source = find_sources([str(path)]).files[0]
    with scratch_session() as session:
        stage = Stage(session, options or Mapping(), lambda _: None, now=NOW, alone=alone)
        counts, _ = stage.take(0, source, stage.examine(source), ZoneInfo(zone))
        merged = session.run("SELECT merged_contact_id FROM good ORDER BY line, part")
        kept = "* EXCLUDE (file, part, merged_contact_id)"
        events = session.run(f"SELECT {kept} FROM good ORDER BY line, part")
        rejects = session.run("SELECT line, reason, raw FROM rejects ORDER BY line")
    assert counts.read == len(events) + len(rejects) + counts.skipped
    assert counts.rejected == len(rejects)
    by_line = {line: tuple(rest) for line, *rest in events}
    return Taken(
        [tuple(rest) for _, *rest in events],
        [one for (one,) in merged],
        by_line,
        [tuple(row) for row in rejects],
        counts,
    )
