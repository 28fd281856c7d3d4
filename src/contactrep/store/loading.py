"""A load: the good rows of files become events of the store, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from contactrep.errors import InputProblem
from contactrep.read import LoadOptions
from contactrep.read.bench import Bench, bench
from contactrep.read.content import Content, size_of, without_empty
from contactrep.read.sources import PACKED, Source, find
from contactrep.read.stage import Counts, Stage
from contactrep.store import duplicates
from contactrep.store.holding import Held, Taken, fingerprint, hold
from contactrep.store.replacing import locked, prepare, resolved
from contactrep.store.summary import FileSummary, LoadSummary, Progress
from contactrep.store.writing import write


def load(
    path: Path,
    sources: Sequence[str],
    options: LoadOptions,
    *,
    zone: ZoneInfo,
    requested_zone: str | None,
    now: datetime,
    strict: bool = False,
    dry_run: bool = False,
    keep_rejects: bool = True,
    memory_limit: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> LoadSummary:
    """Load files (paths, directories, globs, `-`) into the store at `path`, made if there is none.

    `zone` is what a new store gets; `requested_zone` is an explicit `--timezone`, refused where the store
    has another. `now` (aware, UTC) is the load's date. `strict` refuses the load if a row is bad, `dry_run`
    only counts. InputProblem and StoreProblem say why nothing was loaded; the store then is as it was, but
    for the rejects of a file without any good record, unless `keep_rejects` is off (a store that is thrown
    away is no place to look at them). `memory_limit` bounds the whole run, such as `1GB`.
    """
    found = without_empty(find(sources))
    store = resolved(path)
    tracker = _Tracker(sum(map(size_of, found.files)), progress)
    with bench(tracker.on_query, memory_limit=memory_limit) as work:
        stage = Stage(work, options, tracker.on_bytes, now=now, size=_unpacked_size(found.files))
        # What another program still writes is waited for before the lock is taken, not with it.
        early = {place: stage.examine(it) for place, it in enumerate(found.files) if it.is_stream}
        with nullcontext() if dry_run else locked(store):
            if not dry_run:
                prepare(store)
            held = hold(work, store, zone, requested_zone)
            taken = _take_all(work, stage, found.files, early, held, options, tracker)
            tracker.store()
            _refuse(work, stage, store, taken, held, strict=strict, keep=keep_rejects and not dry_run)
            load_id = None if dry_run else write(work, stage, store, taken, held, now)
    summaries = tuple(it.summary for it in taken)
    return LoadSummary(store, load_id, held.zone.key, held.unsettled, summaries, found.skipped)


def _unpacked_size(sources: Sequence[Source]) -> int | None:
    """The bytes of files; None with a pipe or a file named as packed: who knows what it holds?"""
    if any(it.is_stream or it.label.lower().endswith(PACKED) for it in sources):
        return None
    return sum(map(size_of, sources))


class _Tracker:
    """Tells how far a load is: half of a file's bytes are done when it is looked through, half when read."""

    def __init__(self, total: int, tell: Callable[[Progress], None] | None) -> None:
        self._total = total
        self._tell = tell
        self._seen = 0
        self._read = 0
        self._current = 0
        self._part = 0.0
        self._rows = 0
        self._stage = "reading"

    def on_bytes(self, count: int) -> None:
        self._seen += count
        self._say()

    def on_query(self, percent: float) -> None:
        self._part = max(self._part, percent / 100)
        self._say()

    def begin(self, size: int) -> None:
        self._current, self._part = size, 0.0

    def finish(self, rows: int) -> None:
        self._read += self._current
        self._current = 0
        self._rows += rows
        self._say()

    def store(self) -> None:
        self._stage = "storing"
        self._say()

    def _say(self) -> None:
        if self._tell:
            done = (self._seen + self._read + int(self._part * self._current)) // 2
            # A file that was known by another content is looked through twice.
            done = min(done, self._total) if self._total else done
            self._tell(Progress(done, self._total, self._rows, self._stage))


def _take_all(
    work: Bench,
    stage: Stage,
    files: Sequence[Source],
    early: Mapping[int, Content],
    held: Held,
    options: LoadOptions,
    tracker: _Tracker,
) -> list[Taken]:
    """What each file gives, with its duplicates counted."""
    taken: list[Taken] = []
    known = dict(held.known)
    paths = {before.path for before in known.values()}
    for position, source in enumerate(files):
        tracker.begin(size_of(source))
        one = None
        if source.label in paths and position not in early:
            one = _known(position, source, fingerprint(stage.digest(source), options, source), held, known)
        if one is None:
            content = early.get(position) or stage.examine(source)
            one = _take(stage, position, source, content, held, known, options)
        known[one.fingerprint] = one.summary
        taken.append(one)
        tracker.finish(one.summary.read)
    duplicates.mark(work, held.catalog)
    twice = duplicates.count(work)
    return [_counted(one, twice.get(one.position, 0)) if one.fresh else one for one in taken]


def _known(
    position: int, source: Source, mark: str, held: Held, known: Mapping[str, FileSummary]
) -> Taken | None:
    """What a file gives whose fingerprint is known: nothing new. None if it must be read."""
    before = known.get(mark)
    if before is None or not held.has_rejects_of(source, before):
        return None
    good = before.read - before.rejected
    again = replace(before, path=source.label, loaded=0, duplicate=good, ignored_columns=(), notes=())
    return Taken(position, source, mark, again, fresh=False)


def _take(
    stage: Stage,
    position: int,
    source: Source,
    content: Content,
    held: Held,
    known: Mapping[str, FileSummary],
    options: LoadOptions,
) -> Taken:
    again = _known(position, source, fingerprint(content.sha256, options, source), held, known)
    if again:
        content.discard()
        return again
    counts, content = stage.take(position, source, content, held.zone)
    mark = fingerprint(content.sha256, options, source)
    taken = Taken(position, source, mark, _summary(source, counts), fresh=True)
    if mark not in known:
        return taken
    # Read for its rejects alone: its events are known, and those that were forgotten stay so.
    stage.drop_good(position)
    return _counted(taken, taken.summary.loaded)


def _summary(source: Source, counts: Counts) -> FileSummary:
    return FileSummary(
        path=source.label,
        read=counts.read,
        loaded=counts.read - counts.rejected,
        duplicate=0,
        rejected=counts.rejected,
        ambiguous_times=counts.ambiguous_times,
        missing_times=counts.missing_times,
        future=counts.future,
        unknown_sources=counts.unknown_sources,
        ignored_columns=counts.ignored_columns,
        notes=counts.notes,
    )


def _counted(taken: Taken, duplicate: int) -> Taken:
    summary = taken.summary
    counted = replace(summary, loaded=summary.loaded - duplicate, duplicate=summary.duplicate + duplicate)
    return replace(taken, summary=counted)


def _refuse(
    work: Bench, stage: Stage, store: Path, taken: Sequence[Taken], held: Held, *, strict: bool, keep: bool
) -> None:
    """Raise InputProblem if nothing is to be loaded; `keep` the rejects of a file without any good record."""
    hopeless = [one for one in taken if one.fresh and one.summary.read == one.summary.rejected > 0]
    if hopeless:
        if keep:
            write(work, stage, store, hopeless, held, None)
        one = hopeless[0]
        count, where = one.summary.read, "" if not keep else ": contactrep rejects shows them"
        raise InputProblem(
            f"{one.source.label}: none of its {count:,} records is good, the first for this:"
            f" {_first_reject(work, one)}; nothing was loaded{where}"
        )
    bad = [one for one in taken if one.summary.rejected]
    if strict and bad:
        count = sum(one.summary.rejected for one in bad)
        raise InputProblem(
            f"{bad[0].source.label}: {_first_reject(work, bad[0])};"
            f" nothing was loaded, for --strict allows no bad row and there are {count:,}"
        )


def _first_reject(work: Bench, taken: Taken) -> str:
    rows = work.run(
        "SELECT line, reason FROM rejects WHERE file = $file ORDER BY line LIMIT 1", {"file": taken.position}
    )
    return f"line {rows[0][0]}: {rows[0][1]}" if rows else "bad rows that an earlier load has shown"
