"""The functions behind the command line: load, report and export, with frozen values as answers.

    with contactrep.open("contacts.duckdb") as workspace:
        overview = workspace.overview(range="2026-10", compare="year")
        print(overview.added.count, overview.added.change)

A question takes three steps: open the events, make the request, and gather the notices for the answer.
"""

from __future__ import annotations

import os
from collections import abc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial, wraps
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypedDict, TypeVar, Unpack
from weakref import finalize
from zoneinfo import ZoneInfo

from contactrep import __version__, check, notices, opening, period
from contactrep.cluster import ClusterFolder, read_only
from contactrep.errors import ConfigProblem, ContactrepError, OutputProblem, UsageProblem, closest, either
from contactrep.events import ALL_EVENTS, KINDS, MOST_LOG_ROWS
from contactrep.exports import export_notices, file_kind, folder_kind, write_export
from contactrep.filters import NAMES, Defaults, Filters
from contactrep.machine import are_same_file, files_of, folder_replacing, replacing
from contactrep.objects import named, uploading, url_of
from contactrep.opening import Cluster, Events, Files, Source, open_events
from contactrep.period import Clock, Moment, Range, Span
from contactrep.questions import Engine, FileKind, holdings, page
from contactrep.questions.matching import known_values, select, unknown_contacts
from contactrep.questions.page import OVERVIEW, Request, kinds_of
from contactrep.read.mapping import Feed, Mapping
from contactrep.read.sources import places
from contactrep.render.formats import EXPORTS
from contactrep.report import (
    Breakdown,
    Check,
    ContactsReport,
    LogPage,
    Notice,
    Overview,
    RejectList,
    Section,
    StoreStatus,
    UserList,
    not_applicable_message,
)
from contactrep.summary import LoadSummary, Progress
from contactrep.zones import find_zone, zone_of_store

if TYPE_CHECKING:
    from contactrep.store.refusing import RejectLimit
    from contactrep.store.snapshots import Snapshot

ROWS_A_LOG = 10
"""Rows of each log in `report`."""

AnySection = TypeVar("AnySection", Overview, Breakdown, LogPage)
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class Options(TypedDict, total=False):
    """The options of a report, under the names that they have on the command line.

    range: a name (`last-7-days`), a date, week, month, quarter or year, `A..B`, or `all`. Default:
        `last-7-days`; an export covers `all`.
    exclude_today: `last-N-days` ends yesterday.
    as_of: the date (end of day) or datetime to take for now.
    timezone: the IANA name of the time zone of this answer. Default: the store's.
    by: the period that each bucket covers: `auto` (default), `hour`, `day`, `week`, `month`, `quarter` or
        `year`.
    compare: `previous` (default), `year` or `none`.
    channel, user, source, contact: one value, or several of which any may match. Different filters must all
        match.

    None is as if the option were left out.
    """

    range: str | None
    exclude_today: bool | None
    as_of: str | None
    timezone: str | None
    by: str | None
    compare: str | None
    channel: str | abc.Collection[str] | None
    user: str | abc.Collection[str] | None
    source: str | abc.Collection[str] | None
    contact: str | abc.Collection[str] | None


@dataclass(frozen=True)
class ExportSummary:
    """A finished export: how many rows it has, and its notices."""

    rows: int
    notices: tuple[Notice, ...]


def _one_at_a_time(
    method: Callable[Concatenate[Workspace, Given], Answer],
) -> Callable[Concatenate[Workspace, Given], Answer]:
    """Let threads take turns: the answers to two questions at once would get each other's rows."""

    @wraps(method)
    def in_turn(workspace: Workspace, /, *args: Given.args, **options: Given.kwargs) -> Answer:
        with workspace._turn():
            return method(workspace, *args, **options)

    return in_turn


class Workspace:
    """The events of a store or of files, and the reports on them. Use it as a context manager.

    Made by `contactrep.open`. Only `load` and `export` write. The first question opens the events; all
    reports until `load`, `export` or `close` see the same events. One workspace of a process can have a store
    open at a time; threads that share it wait for each other.
    """

    def __init__(
        self,
        source: Source,
        *,
        now: datetime,
        zone: ZoneInfo,
        zone_is_named: bool = False,
        defaults: Defaults | None = None,
        memory_limit: str | None = None,
    ) -> None:
        """`source` is a store, files or a table, `zone` the time zone of a new store, and, if the user has
        named it, of one without events; else see `open`."""
        self.store = source if isinstance(source, Path) else None
        self._source = source
        self._now, self._zone, self._zone_is_named = now, zone, zone_is_named
        self._defaults = defaults or Defaults()
        self._memory_limit = memory_limit
        self._stack = ExitStack()
        self._opened: Events | None = None
        self._process, self._lock = os.getpid(), RLock()
        # Once Python has ended the session's thread, closing would wait for it for ever.
        finalize(self, self._stack.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store or the files; a forked process leaves them to its parent. A later question opens
        them again."""
        if self._process == os.getpid():
            with self._lock:
                self._release()

    def _release(self) -> None:
        self._opened = None
        self._stack.close()

    def _turn(self) -> RLock:
        """Return the lock of this workspace; StoreProblem where it was opened before a fork."""
        if self._opened is not None:
            opening.require_own(self._process, "this workspace")
        elif self._process != os.getpid():  # a thread that is not in this process may hold the lock
            self._process, self._lock = os.getpid(), RLock()
        return self._lock

    # Changing the store

    @_one_at_a_time
    def load(
        self,
        *files: str | Path | Feed,
        mapping: Mapping | None = None,
        timezone: str | None = None,
        strict: bool = False,
        dry_run: bool = False,
        again: bool = False,
        limit: RejectLimit | None = None,
        snapshot: Snapshot | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> LoadSummary:
        """Load event files into the store, which is created if there is none.

        Args:
            files: CSV, JSON, Parquet or Excel files (also .gz, .zst), folders, globs, or `-` for standard
                input; or feeds, each with a mapping of its own.
            mapping: how to read the files that are no feeds.
            timezone: IANA name of the time zone of a new store. A store that has another refuses it.
            strict: load nothing if a row is invalid.
            dry_run: only count.
            again: read content that an earlier load has read.
            limit: refuse a file with more rejected rows; a snapshot also if more of its contacts are missing.
            snapshot: the files are all contacts there are at a moment (`contactrep.store.snapshots`).
            progress: called with the progress of the load, several times a second at most.

        Returns:
            What became of every row, by file. `contactrep.notices.of_load` puts it into words.

        Raises:
            InputProblem: a file cannot be read or was refused. Nothing was loaded.
            StoreProblem: the store cannot be changed.
            UsageProblem: `timezone` is unknown, another argument has the wrong type, or this workspace is not
                a store.
        """
        from contactrep.store import loading, refusing, snapshots

        _require_flags(strict=strict, dry_run=dry_run, again=again)
        for name, value, kind in (
            ("limit", limit, refusing.RejectLimit),
            ("snapshot", snapshot, snapshots.Snapshot),
        ):
            if not isinstance(value, kind | None):
                raise UsageProblem(f"{name} is {value!r}: give it a {kind.__module__}.{kind.__name__}")
        if progress is not None and not callable(progress):
            raise UsageProblem(f"progress is {progress!r}: give it a function that takes a Progress")
        if not files or not all(isinstance(file, str | Path | Feed) for file in files):
            raise UsageProblem("each file is an argument: write load('added.csv', 'deleted.csv')")
        path = self._store()
        self._release()
        feeds = [file for file in files if isinstance(file, Feed)]
        paths = [str(file) for file in files if not isinstance(file, Feed)]
        if paths or not feeds:
            feeds = [Feed(paths, mapping or Mapping()), *feeds]
        with opening.alone_with(path):
            return loading.load(
                path,
                feeds,
                zone=self._zone if timezone is None else find_zone(timezone, self._now),
                requested_zone=timezone,
                zone_is_named=self._zone_is_named,
                now=self._now.replace(microsecond=0),
                strict=strict,
                dry_run=dry_run,
                again=again,
                limit=limit or refusing.USUAL_LIMIT,
                snapshot=snapshot,
                memory_limit=self._memory_limit,
                progress=progress,
            )

    # Reports

    @_one_at_a_time
    def overview(self, **options: Unpack[Options]) -> Overview:
        """Return contacts added, deleted, merged and net, each with its change, and a series of buckets.

        Raises:
            StoreProblem: there is no store, or it cannot be read.
            InputProblem: a file cannot be read or was refused.
            UsageProblem: an option has no meaning, as an unknown range.
        """
        request = self._prepare(self._events(), [OVERVIEW], options)
        return self._answered(page.overview(request), request)

    @_one_at_a_time
    def breakdown(self, kind: str, **options: Unpack[Options]) -> Breakdown:
        """Return contacts `added` by source, or `connected` by channel. Raises: as `overview`."""
        _one_of("kind", kind, ("added", "connected"))
        request = self._prepare(self._events(), [kind], options)
        return self._answered(page.breakdown(request, kind), request)

    @_one_at_a_time
    def log(
        self,
        kind: str,
        *,
        limit: int = MOST_LOG_ROWS,
        oldest_first: bool = False,
        **options: Unpack[Options],
    ) -> LogPage:
        """Return the newest (or oldest) rows of a kind of event: `added`, `connected`, `deleted` or `merged`.

        Args:
            limit: the number of rows, 1 to 10,000. `export` has no limit.
            oldest_first: start with the oldest row.

        Raises: as `overview`.
        """
        _one_of("kind", kind, KINDS)
        _require_flags(oldest_first=oldest_first)
        if not (type(limit) is int and 1 <= limit <= MOST_LOG_ROWS):
            shown = f"{limit:,}" if type(limit) is int else limit
            raise UsageProblem(f"a log has 1 to {MOST_LOG_ROWS:,} rows, not {shown}: use export for all rows")
        request = self._prepare(self._events(), [kind], options, bars=False)
        return self._answered(page.log(request, kind, limit=limit, oldest_first=oldest_first), request)

    @_one_at_a_time
    def report(self, **options: Unpack[Options]) -> ContactsReport:
        """Return the overview, both breakdowns, and the newest 10 rows of each log. Raises: as `overview`."""
        request = self._prepare(self._events(), (OVERVIEW, *KINDS), options)
        answer = page.whole(request, limit=ROWS_A_LOG)
        gathered = self._notices(request, answer.sections, shown=answer.overview.head.filters)
        return ContactsReport(
            _with_notices(answer.overview, gathered),
            _with_notices(answer.added, gathered),
            _with_notices(answer.connected, gathered),
            {kind: _with_notices(log, gathered) for kind, log in answer.logs.items()},
            gathered,
        )

    @_one_at_a_time
    def check(self, *conditions: str, at_least: int = 0, **options: Unpack[Options]) -> Check:
        """Return which conditions hold, such as `deleted > 3 * previous` (docs/reference.md has the grammar).

        Args:
            conditions: each a comparison of figures and numbers.
            at_least: a condition that compares counts with each other holds only if the largest of them is
                this large.
            options: see Options; `by` has no meaning here.

        Raises: as `overview`; UsageProblem for a condition that cannot be read.
        """
        if not conditions or not all(isinstance(text, str) for text in conditions):
            raise UsageProblem("each condition is an argument: write check('added < 50', 'net < 0')")
        if type(at_least) is not int:
            raise UsageProblem(f"at_least is {at_least!r}: give it a whole number")
        parsed = [check.parse(text) for text in conditions]
        if not any(map(check.needs_previous, parsed)):
            options = {**options, "compare": "none"}  # no notices about a period that no condition uses
        used = {name for condition in parsed for name in check.components_of(condition)}
        components = [name for name in (OVERVIEW, *KINDS) if name in used]
        request = self._prepare(self._events(), components, {**options, "by": "year"})  # fits every range
        overview, breakdowns = page.sections(request, components)
        sections = check.Sections(overview, breakdowns, partial(known_values, request.engine))
        judged = tuple(check.judge(condition, sections, at_least) for condition in parsed)
        parts: list[Section] = [*([overview] if overview else []), *breakdowns.values()]
        through = request.holdings.through(kinds_of(*components))
        gathered = self._notices(request, parts, shown=Filters())
        return Check(request.range, through, request.clock.now, judged, gathered)

    @_one_at_a_time
    def status(self, *, config: str | None = None) -> StoreStatus:
        """Return what the store contains; `config` is the path of the config file to name in the answer.

        Raises:
            StoreProblem: there is no store, or it cannot be read.
        """
        engine = self._events().engine
        store = self._source.table if isinstance(self._source, Cluster) else self._store()
        return holdings.status(engine, str(store), self._now, version=__version__, config=config)

    @_one_at_a_time
    def timezone(self) -> str:
        """Return the IANA name of the time zone of the store or of the files. Raises: as `status`."""
        return holdings.timezone(self._events().engine)

    @_one_at_a_time
    def users(self) -> UserList:
        """Return the list of user names. Raises: as `status`."""
        return holdings.users(self._events().engine)

    @_one_at_a_time
    def rejects(self) -> RejectList:
        """Return the rejected rows, read one by one from the open workspace. Raises: as `status`."""
        if isinstance(self._source, Cluster):
            raise read_only(self._source.table)
        return holdings.rejects(self._events().engine)

    # Exports

    @_one_at_a_time
    def export(
        self,
        kind: str,
        path: str | Path,
        *,
        format: str | None = None,  # noqa: A002 - the name of the option
        raw: bool = False,
        partition_by: str | None = None,
        **options: Unpack[Options],
    ) -> ExportSummary:
        """Write all rows of a kind of event, or of all (`events`), to a file, oldest first.

        Args:
            kind: `added`, `connected`, `deleted`, `merged` or `events`.
            path: the file, or the URL of an object (s3, gs, az); it is replaced as a whole, or left as it is
                after an error.
            format: `csv`, `parquet`, `jsonl` or `xlsx`. Default: by the extension of `path`; .gz or .zst may
                follow csv and jsonl.
            raw: in CSV, do not escape text that looks like a formula.
            partition_by: `day` makes a new folder of Parquet files, with a folder for each day (UTC).
            options: see Options; without a range the export covers everything.

        Raises: as `overview`, and OutputProblem where the file cannot be written.
        """
        if not isinstance(path, str | Path):
            raise UsageProblem(f"path is {path!r}: name a file")
        _require_flags(raw=raw)
        self._require_other(Path(path))
        if format is not None:
            _one_of("format", format, tuple(dict.fromkeys(EXPORTS.values())))
        if partition_by is not None:
            _one_of("partition_by", partition_by, ("day",))
            with folder_replacing(Path(path)) as folder:
                target = folder_kind(Path(path), format, partition_by)
                return self.write_export(kind, folder, target, raw=raw, **options)
        target = file_kind(Path(path), format)
        url = url_of(Path(path))
        with uploading(url) if url else replacing(Path(path)) as part:
            return self.write_export(kind, part, target, raw=raw, **options)

    @_one_at_a_time
    def write_export(
        self, kind: str, path: Path, target: FileKind, *, raw: bool, **options: Unpack[Options]
    ) -> ExportSummary:
        """Write an export to `path` itself; see `export`."""
        _one_of("kind", kind, (*KINDS, ALL_EVENTS))
        _require_known(options)
        if hindering := _filters(options).not_applicable_to(kind):
            raise ContactrepError(f"{not_applicable_message(hindering)}: only 'export connected' takes it")
        if isinstance(path, ClusterFolder) and not isinstance(self._source, Cluster):
            raise OutputProblem(
                f"cannot write {path.shown}: name a local file by its path, or an object (s3://, gs://, az://);"
                " other addresses need --store sc://HOST:PORT/TABLE"
            )
        self._release()  # an engine can write only the one file that it was opened with
        with open_events(self._source, path, memory_limit=self._memory_limit) as events:
            request = self._prepare(events, (), options, bars=False, usual_range=period.ALL)
            selection = select(events.engine, request.filters_of(kind))  # a default may not apply to `kind`
            request = replace(request, selection=selection)
            early = (*request.notices, *export_notices(request, kind, target, raw=raw))
            rows = write_export(request, kind, target, path, raw=raw)
            return ExportSummary(rows, (*early, *events.late_notices()))

    def _require_other(self, target: Path) -> None:
        """Raise OutputProblem where a file to write belongs to the store, or is a file that is read."""
        used = [*files_of(self.store)] if self.store else []
        if isinstance(self._source, Files):
            read = places(self._source.paths, target)
            used = [("one of the files that are read", one) for one in read if one]
        for what, path in used:
            if are_same_file(target, path):
                raise OutputProblem(f"cannot write {named(target)}: it is {what}: choose another file")

    # The three steps

    def _store(self) -> Path:
        if isinstance(self._source, Cluster):
            raise read_only(self._source.table)
        if self.store is None:
            raise UsageProblem("these are files, not a store: open a store")
        return self.store

    def _events(self) -> Events:
        """Open the events, unless they are open."""
        if self._opened is None:
            events = open_events(self._source, memory_limit=self._memory_limit)
            self._opened = self._stack.enter_context(events)
        return self._opened

    def _prepare(
        self,
        events: Events,
        components: Sequence[str],
        options: Options,
        *,
        bars: bool = True,
        usual_range: str | None = None,
    ) -> Request:
        """Make the request of `components`. Without `bars` it has neither buckets nor a comparison.

        `usual_range` is the range where the options name none, in place of the default one.
        """
        _require_known(options)
        engine, defaults = events.engine, self._defaults
        clock = self._clock(engine, options)
        held = holdings.holdings(engine, clock.now, kinds_of(*components))
        chosen = self._range(options, usual_range, clock, held.bounds)
        by = _one_of("by", options.get("by") or defaults.by, period.BYS)
        compare = _one_of("compare", options.get("compare") or defaults.compare, period.COMPARINGS)
        unit = period.bucket_unit(chosen, by)
        filters = _filters(options)
        request = Request(
            engine,
            range=chosen,
            by=unit,
            # A log has no buckets, so no range is too long for it.
            buckets=period.buckets(chosen, unit, clock.week_start) if bars else (),
            compared=period.compared_with(chosen, compare, clock) if bars else None,
            chosen=filters,
            defaults=defaults.filters,
            selection=select(engine, filters.over(defaults.filters)),
            holdings=held,
            clock=clock,
        )
        future = _future_events(request, components)
        return replace(request, notices=(*events.notices, *notices.of_request(request, future)))

    def _clock(self, engine: Engine, options: Options) -> Clock:
        """The clock of a question: now in the zone of the store, unless the options name a time or a zone."""
        timezone = options.get("timezone")
        zone = find_zone(timezone, self._now) if timezone else zone_of_store(holdings.timezone(engine))
        return Clock.of(options.get("as_of"), self._now, zone, self._defaults.week_start)

    def _range(
        self, options: Options, usual: str | None, clock: Clock, bounds: tuple[datetime, datetime] | None
    ) -> Range:
        text = options.get("range") or usual
        exclude_today = bool(options.get("exclude_today"))
        try:
            return period.resolve(
                text or self._defaults.range, clock, exclude_today=exclude_today, bounds=bounds
            )
        except UsageProblem as error:
            if text or self._defaults.range_origin is None or exclude_today:
                raise
            raise ConfigProblem(f"range in {self._defaults.range_origin}: {error}") from None

    def _notices(self, request: Request, parts: Sequence[Section], *, shown: Filters) -> tuple[Notice, ...]:
        """Gather the notices of the request, of what an answer's parts lack, and of the questions asked.
        `shown` are the filters that the answer itself names."""
        gathered = [*request.notices, *notices.of_config_filters(request, parts, shown)]
        if notices.lack_data(parts):
            contacts = unknown_contacts(request.engine, request.chosen.over(request.defaults).contact)
            from_files = not isinstance(self._source, Path)
            gathered += notices.of_missing_data(request, parts, contacts, from_files=from_files)
        if self._opened:
            gathered += self._opened.late_notices()
        return tuple(gathered)

    def _answered(self, answer: AnySection, request: Request) -> AnySection:
        """Return the answer with its notices."""
        return _with_notices(answer, self._notices(request, [answer], shown=answer.head.filters))


def _with_notices(answer: AnySection, notices: tuple[Notice, ...]) -> AnySection:
    return replace(answer, head=replace(answer.head, notices=notices))


Name = TypeVar("Name", bound=str)


def _one_of(name: str, value: str, known: Sequence[Name]) -> Name:
    """Return the value of the argument `name`; UsageProblem unless it is one of the known values."""
    for one in known:
        if one == value:
            return one
    raise UsageProblem(f"unknown {name} '{value}': use {either(known)}")


def _require_flags(**values: object) -> None:
    """Raise UsageProblem for a value that is not a bool: the text `no` would count as true."""
    for name, value in values.items():
        if not isinstance(value, bool):
            raise UsageProblem(f"{name} is {value!r}: use True or False")


def _require_known(options: abc.Mapping[str, Any]) -> None:
    """Raise UsageProblem for an unknown option, and for a value of another type or without content.

    A misspelt filter, or one whose value got lost, must not give the figures of all events.
    """
    for name, value in options.items():
        if name not in Options.__annotations__:
            near = closest(name, Options.__annotations__, most=1)
            hint = f"did you mean {near[0]}?" if near else f"use {either(Options.__annotations__)}"
            raise UsageProblem(f"unknown option '{name}': {hint}")
        if value is not None and not _may_have(name, value):
            what = "True or False" if name == "exclude_today" else "a text that is not empty"
            raise UsageProblem(f"{name} is {value!r}: give it {what}, or leave it out")


def _may_have(name: str, value: object) -> bool:
    """Whether the option `name` may have this value: True or False, a text, or for a filter several texts."""
    if name == "exclude_today":
        return isinstance(value, bool)
    if name in NAMES and isinstance(value, abc.Collection) and not isinstance(value, str):
        return len(value) > 0 and all(isinstance(text, str) and text for text in value)
    return isinstance(value, str) and value != ""


def _filters(options: abc.Mapping[str, Any]) -> Filters:
    values = {name: options.get(name) or () for name in NAMES}
    return Filters(
        **{name: (value,) if isinstance(value, str) else tuple(value) for name, value in values.items()}
    )


def _future_events(request: Request, components: Sequence[str]) -> int:
    """How many of the counted events are later than now."""
    last = request.holdings.last
    if last is None or request.clock.now >= min(last, request.range.end.instant):
        return 0
    start = max(request.clock.now + timedelta(microseconds=1), request.range.start.instant)
    later = Span(Moment.at(start, request.range.zone), request.range.end)
    return page.future_events(request, components, later)


# Rows for other libraries


def dicts(answer: Overview | Breakdown | LogPage) -> list[dict[str, Any]]:
    """Return the rows of a log, the parts of a breakdown, or the buckets of an overview, as dictionaries.

    Times are aware datetimes.
    """
    if isinstance(answer, LogPage):
        return [row._asdict() for row in answer.rows]
    if isinstance(answer, Overview):
        return [{"start": one.bucket.start, "end": one.bucket.end, **one.counts} for one in answer.series]
    if isinstance(answer, Breakdown):
        return list(answer.rows)
    given = type(answer).__name__
    raise UsageProblem(f"{given} has no dictionaries: give an Overview, a Breakdown or a LogPage")


def arrow(answer: Overview | Breakdown | LogPage) -> Any:
    """Return `dicts(answer)` as a pyarrow.Table. Raises ContactrepError where pyarrow is not installed."""
    try:
        import pyarrow
    except ImportError:
        raise ContactrepError("Arrow tables need pyarrow: python -m pip install pyarrow") from None
    return pyarrow.Table.from_pylist(dicts(answer))
