"""A load: the valid rows of its files become events of the store. If it fails, the store is unchanged."""

from __future__ import annotations

from collections import abc, defaultdict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contactrep.duck import Relation, Session, scratch_session
from contactrep.errors import InputProblem, MappingProblem
from contactrep.events import ADDED
from contactrep.read.account import Exclusion
from contactrep.read.content import Content
from contactrep.read.likely import told_kind
from contactrep.read.mapping import Feed, Mapping
from contactrep.read.relations import REJECTS
from contactrep.read.rows import as_read
from contactrep.read.signatures import Shape
from contactrep.read.sources import Source, Sources, find_sources
from contactrep.read.stage import Stage
from contactrep.read.unpacking import size_of, without_empty
from contactrep.read.workbook import sheets_of
from contactrep.store import duplicates
from contactrep.store.refusing import USUAL_LIMIT, RejectLimit, reasons, refusal
from contactrep.store.replacing import locked, resolved
from contactrep.store.snapshots import Comparison, Snapshot, mark_noticed, of_contacts
from contactrep.store.state import (
    FILES_OF_EACH,
    IS_FORGOTTEN,
    PROFILES,
    SNAPSHOT,
    ContentKey,
    FileResult,
    Given,
    StoreState,
    attach,
    contradicts,
    known_files,
    salt_of_forgotten,
    with_other_options,
)
from contactrep.store.writing import Entry, write
from contactrep.summary import FileSummary, LoadSummary, Progress


def load(
    path: Path,
    feeds: Sequence[Feed],
    *,
    zone: ZoneInfo,
    requested_zone: str | None,
    zone_is_named: bool = False,
    now: datetime,
    strict: bool = False,
    dry_run: bool = False,
    again: bool = False,
    limit: RejectLimit = USUAL_LIMIT,
    keep_rejects: bool = True,
    snapshot: Snapshot | None = None,
    memory_limit: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> LoadSummary:
    """Load the files of feeds into the store at `path`, made if there is none.

    `zone` is what a new store gets, and, if the user has named it, a store without events; `requested_zone`
    is an explicit `--timezone`, refused where the store has another. `now` (aware, UTC) is the load's date.
    `strict` refuses the load if a row is bad, `dry_run` only counts, `again` reads what an earlier load has
    read, too. A file with more rejects than `limit` is refused. InputProblem and StoreProblem say why nothing
    was loaded; then only the rejects of refused files are new in the store, unless `keep_rejects` is off.
    `memory_limit` bounds the whole run, such as `1GB`.
    With a `snapshot` the files are all contacts there are: they are read again even if they are known, and
    none of their rows may be rejected unless another `limit` than the usual one allows it.
    """
    if snapshot:
        feeds = [replace(feed, mapping=of_contacts(feed.mapping)) for feed in feeds]
    found, mappings = _find_sources(feeds)
    if snapshot:
        snapshot.check(found.files)
    store = resolved(path)
    tracker = _Tracker(sum(map(size_of, found.files)), progress)
    with scratch_session(tracker.on_query, memory_limit=memory_limit) as session:
        # Of a snapshot's records of a contact the first counts: they are not sorted.
        alone = len(found.files) == 1 and not snapshot
        stage = Stage(session, feeds[0].mapping, tracker.on_bytes, now=now, alone=alone)
        # What another program still writes is waited for before the lock is taken, not with it.
        early = _examine_streams(stage, found.files, mappings)
        with nullcontext() if dry_run else locked(store):
            state = attach(session, store, zone, requested_zone, found.files, zone_is_named=zone_is_named)
            compared = Comparison(session, state, snapshot, found.files, now) if snapshot else None
            again = again or snapshot is not None
            reader = _Reader(session, stage, state, found.files, mappings, compared, tracker, again)
            try:
                results = reader.results(early)
                tracker.store()
                reader.refuse(results, None if strict else limit, keep=keep_rejects and not dry_run)
            except MappingProblem as problem:
                raise reader.beside(problem) from None
            if compared:
                compared.refuse(limit)
            entry = Entry(now, _options(feeds, mappings, compared), compared)
            load_id = None if dry_run else write(session, stage, results, state, entry)
    summaries = tuple(it.summary for it in results)
    return LoadSummary(store, load_id, state.zone.key, state.unsettled, summaries, found.skipped)


def _examine_streams(
    stage: Stage, files: Sequence[Source], mappings: Sequence[Mapping]
) -> dict[int, Content]:
    """The contents of the files that are pipes or the like, or come over a network, by position."""
    found = {}
    for position, source in enumerate(files):
        if source.is_copied:
            stage.read_with(mappings[position])
            found[position] = stage.examine(source)
    return found


def _find_sources(feeds: Sequence[Feed]) -> tuple[Sources, list[Mapping]]:
    """The files of feeds in order, with the mapping of each."""
    found = [(feed, find_sources(feed.paths)) for feed in feeds]
    files = tuple(source for _, sources in found for source in sources.files)
    skipped = {path: why for _, sources in found for path, why in sources.skipped.items()}
    mappings = {id(source): feed.mapping for feed, sources in found for source in sources.files}
    filled = without_empty(Sources(files, skipped))
    return filled, [mappings[id(source)] for source in filled.files]


def _options(
    feeds: Sequence[Feed], mappings: Sequence[Mapping], compared: Comparison | None
) -> dict[str, Any]:
    """What the store notes of how the files of a load were read: `profiles`, by name, where they have one."""
    profiles = {feed.profile: feed.mapping.given for feed in feeds if feed.profile}
    options: dict[str, Any] = {PROFILES: profiles} if profiles else feeds[0].mapping.given
    if len(feeds) > 1:
        options[FILES_OF_EACH] = [sum(it is feed.mapping for it in mappings) for feed in feeds]
    return {**options, SNAPSHOT: compared.moment} if compared else options


class _Tracker:
    """Reports the progress of a load: a file is half done when it was examined, and done when it was read."""

    def __init__(self, total: int, tell: Callable[[Progress], None] | None) -> None:
        self._total = total
        self._tell = tell
        self._seen = 0
        self._read = 0
        self._current = 0
        self._part = 0.0
        self._lines = 0
        self._rows = 0
        self._stage = "reading"

    def on_bytes(self, count: int) -> None:
        self._seen += count
        self._say()

    def on_query(self, percent: float) -> None:
        self._part = max(self._part, percent / 100)
        self._say()

    def begin(self, size: int) -> None:
        self._current, self._part, self._lines = size, 0.0, 0

    def expect(self, lines: int) -> None:
        """The lines of the current file, once they are counted: its rows so far are their share."""
        self._lines = lines

    def finish(self, rows: int) -> None:
        self._read += self._current
        self._current = self._lines = 0
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
            rows = self._rows + int(self._part * self._lines)
            self._tell(Progress(done, self._total, rows, self._stage))


@dataclass
class _Reader:
    """Reads the files of a load, except those whose content is known from this load or an earlier one."""

    session: Session
    stage: Stage
    state: StoreState
    files: Sequence[Source]
    mappings: Sequence[Mapping]
    compared: Comparison | None
    tracker: _Tracker
    again: bool

    def __post_init__(self) -> None:
        self.known = {} if self.again else dict(self.state.known)
        self.paths = {before.path for before in self.known.values()}
        self.read_now = set[str]()  # the fingerprints that are not only known
        self.given = defaultdict[str, list[tuple[str, dict[str, Any]]]](list)  # files with events, by digest

    def results(self, early: abc.Mapping[int, Content]) -> list[FileResult]:
        """The result of each file, and of what a snapshot changes: with the number of its duplicates, and the
        reasons for its rejects. `early` has the contents of files that were examined before, by position."""
        results: list[FileResult] = []
        for position, source in enumerate(self.files):
            self.tracker.begin(size_of(source))
            results.append(self._read(position, source, early.get(position)))
            self.tracker.finish(results[-1].summary.read)
        if self.compared:
            results += self.compared.stage()
        repeated = duplicates.count(self.session, self._mark_repeated())
        why = reasons(self.session) if any(one.fresh and one.summary.rejected for one in results) else {}
        for position, one in enumerate(results):
            if one.fresh:
                summary = one.summary.repeating(repeated.get(position, 0))
                summary = replace(summary, reasons=tuple(why.get(position, ())))
                results[position] = replace(one, summary=summary)
        return results

    def _mark_repeated(self) -> Relation:
        """Mark the staged rows that are no new events."""
        repeated = duplicates.mark(self.session, self.state, distinct=self.stage.is_distinct)
        if self.compared:
            self.compared.mark_known(repeated)
        else:
            mark_noticed(self.session, self.state, repeated)
        return repeated

    def _read(self, position: int, source: Source, content: Content | None) -> FileResult:
        result, mapping = None, self.mappings[position]
        self.stage.read_with(mapping)
        if content is None and source.label in self.paths:
            result = self._if_known(position, ContentKey.of(source, self.stage.digest(source), mapping))
        if result is None:
            result = self._examined(position, source, content or self.stage.examine(source))
        self.known[result.content.fingerprint] = result.summary
        if result.fresh:
            self.read_now.add(result.content.fingerprint)
        if result.summary.loaded + result.summary.duplicate > 0:
            self.given[result.content.digest].append((source.label, mapping.given))
        return result

    def _if_known(self, position: int, content: ContentKey) -> FileResult | None:
        """What a file gives whose fingerprint is known: nothing new. None if it must be read."""
        before = self._before(content.fingerprint)
        is_twice = content.fingerprint in self.read_now and content.place not in self.state.rejects
        if before is None or not (is_twice or self.state.has_rejects_of(self.session, content, before)):
            return None
        return FileResult(position, content, before.again(content.source.label), fresh=False)

    def _before(self, fingerprint: str) -> FileSummary | None:
        """What was read of a content; None if it is not known, or read again in any case."""
        if self.state.exists and not self.again and fingerprint not in self.known:
            self.known |= known_files(self.session, "fingerprint = $it", {"it": fingerprint})
        return self.known.get(fingerprint)

    def _examined(self, position: int, source: Source, content: Content) -> FileResult:
        mapping = self.mappings[position]
        read = as_read(self.session, content, mapping)
        identified = ContentKey.of(source, content.sha256, read)
        if known := self._if_known(position, identified):
            content.discard()
            return known
        self._refuse_other_options(identified, mapping, content)
        if self._salt is not None:
            self.stage.exclusion = Exclusion(IS_FORGOTTEN, {"salt": self._salt})
        self.tracker.expect(content.facts.lines)
        summary, content = self.stage.take(position, source, content, self.state.zone)
        # A file that was written to while it was read has another digest now.
        identified = ContentKey.of(source, content.sha256, read)
        if self._before(identified.fingerprint):
            # Read for its rejects alone: its events are known, and those that were forgotten stay so.
            self.stage.drop_good(position)
            summary = summary.repeating(summary.loaded)
        return FileResult(position, identified, summary, fresh=True)

    @cached_property
    def _salt(self) -> str | None:
        return salt_of_forgotten(self.session, self.state)

    def _refuse_other_options(self, identified: ContentKey, mapping: Mapping, content: Content) -> None:
        """Raise InputProblem if this load or an earlier one read events of this content in another way."""
        if self.again or identified.fingerprint in self.known:
            return
        usual = {"input_timezone": self.state.zone.key}
        problem = self._other_options(usual, identified, mapping)
        if problem and content.shape is Shape.WORKBOOK:  # one that was read, so it has a first sheet
            usual["sheet"] = sheets_of(self.session.scratch, content)[0]
            problem = self._other_options(usual, identified, mapping)
        if problem:
            raise InputProblem(problem)

    def _other_options(self, usual: Given, content: ContentKey, mapping: Mapping) -> str | None:
        """What is wrong if events of this content were read in another way; `usual` as for `contradicts`."""
        label = content.source.label
        for path, given in self.given[content.digest]:
            if contradicts(usual, given, mapping.given):
                return (
                    f"{label}: another profile reads the same content ({path}) with other options: leave it"
                    " out of the files of one, or add --again to load the content in addition"
                )
        exists = self.state.exists
        load = with_other_options(self.session, usual, content.digest, mapping) if exists else None
        if load is None:
            return None
        return (
            f"{label}: load {load:,} read this content with other options (contactrep"
            f" status shows them). Undo it with 'contactrep unload {load}', or add --again to load the"
            " content in addition"
        )

    def refuse(self, results: Sequence[FileResult], limit: RejectLimit | None, *, keep: bool) -> None:
        """Raise InputProblem if a file has no valid record, or more rejects than `limit` (None: any reject).

        `keep` the rejects of all such files, but those of a limit of None.
        """
        if self.compared and limit == USUAL_LIMIT:
            self.compared.refuse_rejects(results)
        fresh = [one for one in results if one.fresh]
        without_any = [one for one in fresh if one.summary.read == one.summary.rejected > 0]
        if limit is None and not without_any:
            _refuse_rejects(self.session, results)
        if refused := without_any or [one for one in fresh if limit and limit.refuses(one.summary)]:
            if keep:
                write(self.session, self.stage, refused, self.state, None)
            raise refusal(refused[0].summary, None if without_any else limit, kept=keep)

    def beside(self, problem: MappingProblem) -> InputProblem:
        """The problem of a file among others: what helps it does not help those that were read before it, nor
        those whose names tell of other kinds of events."""
        if not problem.options:
            return problem
        labels = [source.label for source in self.files]
        position = labels.index(problem.path)
        same = [at for at, it in enumerate(self.mappings) if it is self.mappings[position]]
        is_later = position != same[0]
        if is_later and self.compared:
            return InputProblem(
                f"{problem.what}; the parts of a snapshot are read with the same options: write it like those"
                " before it"
            )
        differs = "--event" in problem.options and len({told_kind(labels[at]) or ADDED for at in same}) > 1
        if not is_later and not differs:
            return problem
        return problem.beside([labels[at] for at in same if at != position])


def _refuse_rejects(session: Session, results: Sequence[FileResult]) -> None:
    """Raise InputProblem if any row was rejected."""
    bad = [one for one in results if one.summary.rejected]
    if bad:
        first = f"SELECT line, reason FROM {REJECTS} WHERE file = $file ORDER BY line LIMIT 1"
        rows = session.run(first, {"file": bad[0].position})
        what = f"line {rows[0][0]}: {rows[0][1]}" if rows else "invalid rows that an earlier load has shown"
        count = sum(one.summary.rejected for one in bad)
        raise InputProblem(
            f"{bad[0].summary.path}: {what};"
            f" nothing was loaded, because --strict allows no invalid row ({count:,} found)"
        )
