"""From options to an answerable request: which events, what time it is, which range, which filters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from contactrep.cli import hints
from contactrep.cli.options import Grouping, Place, Reading, Timing, Wanted
from contactrep.cli.output import Writing, has_no_messages, notice, warning
from contactrep.cli.settings import COMPARINGS, Settings, read_settings, store_path, workspace_zone
from contactrep.errors import ConfigProblem, StoreProblem, UsageProblem
from contactrep.filters import Filters
from contactrep.machine import scratch
from contactrep.period import (
    DEFAULT_RANGE,
    Clock,
    Comparing,
    Moment,
    Range,
    Span,
    bucket_unit,
    buckets,
    compared_with,
    resolve,
)
from contactrep.questions import Ask
from contactrep.questions.holdings import Holdings, holdings, timezone
from contactrep.questions.matching import select
from contactrep.questions.page import Request, future_events, kinds_of
from contactrep.report import Section
from contactrep.zones import find_zone

if TYPE_CHECKING:
    from contactrep.engine import Engine


@dataclass(frozen=True)
class Asked:
    """A request that can be put, at `clock`; `from_files` when it is not a store that answers."""

    engine: Engine
    clock: Clock
    request: Request
    from_files: bool

    @property
    def ask(self) -> Ask:
        """Puts a question to the engine."""
        return self.engine.ask


def is_there(store: Path) -> bool:
    """Whether there is anything at a store's path; StoreProblem when nobody lets us look."""
    try:
        return store.exists()
    except OSError as error:
        raise StoreProblem(f"cannot read the store {store}: {error.strerror}: see --store") from None


def current_time() -> datetime:
    """Now, an instant (UTC): the one reading of the clock in a run."""
    return datetime.now(UTC)


def clock_of(timing: Timing, zone: ZoneInfo, settings: Settings, now: datetime) -> Clock:
    """The run's clock: what `--as-of` says, else `now` (aware)."""
    if timing.as_of:
        return Clock.as_of(timing.as_of, zone, settings.week_start)
    return Clock.at(now, zone, settings.week_start)


@contextmanager
def engine_over_store(place: Place, settings: Settings, *, writable: Path | None = None) -> Iterator[Engine]:
    """The store, opened to be read; StoreProblem, naming `demo` and `load`, when there is none yet."""
    from contactrep import store
    from contactrep.engine import Engine

    path = store_path(place.store, settings)
    if not is_there(path):
        raise StoreProblem(
            f"no data yet ({path}): load some with 'contactrep load FILES' or try 'contactrep demo'"
        )
    with Engine(path, writable=writable, memory_limit=settings.memory_limit) as engine:
        store.check(engine.session, path)
        yield engine


@contextmanager
def engine_over_files(
    wanted: Wanted, settings: Settings, now: datetime, *, writable: Path | None = None
) -> Iterator[Engine]:
    """The files as `load` would take them, with nothing kept: as they are where that can be known, else
    loaded into a throw-away store."""
    from contactrep import store
    from contactrep.cli.loading import load_options, notices, reject_limit, warnings
    from contactrep.cli.straight import straight_engine
    from contactrep.engine import Engine

    zone, _ = workspace_zone(wanted.timing.timezone, settings)
    options = load_options(wanted.reading, settings)
    straight = straight_engine(
        wanted.files, options, zone, writable=writable, memory_limit=settings.memory_limit
    )
    if straight is not None:
        with straight:
            yield straight
        return
    with scratch() as folder:
        path = folder / "files.duckdb"
        summary = store.load(
            path,
            wanted.files,
            options,
            zone=zone,
            requested_zone=None,
            now=now,
            limit=reject_limit(wanted.reading),
            keep_rejects=False,
            memory_limit=settings.memory_limit,
        )
        for text in notices(summary.files, summary.left_out):
            notice(text)
        for text in warnings(summary.files, kept=False):
            warning(text)
        with Engine(path, writable=writable, memory_limit=settings.memory_limit) as engine:
            yield engine


@contextmanager
def asking(
    wanted: Wanted,
    components: Sequence[str] = (),
    *,
    settings: Settings | None = None,
    default_range: str | None = None,
    writable: Path | None = None,
) -> Iterator[Asked]:
    """Open what is asked about and make the request; notices that concern `components` go to stderr.

    `settings` are read unless they are given. `default_range` is that of a command whose range no setting
    chooses; `writable` the one file that the engine may write.
    """
    settings = (settings or read_settings(wanted.place.config)).within(wanted.memory_limit)
    now = wanted.now or current_time()
    with _opened(wanted, settings, now, writable) as engine:
        zone = find_zone(wanted.timing.timezone or timezone(engine.ask), now)
        clock = clock_of(wanted.timing, zone, settings, now)
        held = holdings(engine.ask, clock.now, kinds_of(*components), by_bounds=engine.knows_bounds)
        chosen = _range(wanted.timing, settings, default_range, clock, held)
        request = _request(engine, chosen, clock, held, wanted, settings)
        _notify(engine.ask, request, clock, components)
        yield Asked(engine, clock, request, from_files=bool(wanted.files))


def _opened(
    wanted: Wanted, settings: Settings, now: datetime, writable: Path | None
) -> AbstractContextManager[Engine]:
    if wanted.files:
        hints.refuse_range_as_file(wanted.timing.range, wanted.files)
        return engine_over_files(wanted, settings, now, writable=writable)
    if wanted.reading != Reading():
        raise UsageProblem(
            "--map, --event, --input-timezone, --timestamp-format and --max-rejects go with FILES only"
        )
    return engine_over_store(wanted.place, settings, writable=writable)


def _range(
    timing: Timing, settings: Settings, default_range: str | None, clock: Clock, held: Holdings
) -> Range:
    """The range of the option, else the command's own default, else that of the settings or last-7-days."""
    usual = default_range or settings.range
    try:
        return resolve(
            timing.range or usual or DEFAULT_RANGE,
            clock,
            exclude_today=timing.exclude_today,
            bounds=held.bounds,
        )
    except UsageProblem as error:
        if timing.range or usual is None or usual == default_range or timing.exclude_today:
            raise
        raise ConfigProblem(f"range in {settings.range_origin}: {error}") from None


def _request(
    engine: Engine, chosen: Range, clock: Clock, held: Holdings, wanted: Wanted, settings: Settings
) -> Request:
    chosen_filters = wanted.choosing.filters
    defaults = Filters() if wanted.choosing.clear_all else settings.filters
    grouping = wanted.grouping
    unit = bucket_unit(chosen, (grouping and grouping.by) or settings.by or "auto")
    return Request(
        range=chosen,
        by=unit,
        # A log has no buckets, so no range is too long for it.
        buckets=buckets(chosen, unit, clock.week_start) if grouping else (),
        compared=compared_with(chosen, _comparing(grouping, settings), clock) if grouping else None,
        chosen=chosen_filters,
        defaults=defaults,
        selection=select(engine.ask, chosen_filters.over(defaults)),
        holdings=held,
        by_bounds=engine.knows_bounds,
    )


def _comparing(grouping: Grouping, settings: Settings) -> Comparing:
    name = grouping.compare or settings.compare or "previous"
    return next(known for known in COMPARINGS if known == name)


def _notify(ask: Ask, request: Request, clock: Clock, components: Sequence[str]) -> None:
    texts = [
        *hints.unknown_values(request.selection.unmatched),
        *hints.comparison_incomplete(request, clock),
        *hints.future_included(_future(ask, request, clock, components)),
    ]
    for text in texts:
        notice(text)


def _future(ask: Ask, request: Request, clock: Clock, components: Sequence[str]) -> int:
    """How many of the counted events are later than now."""
    last = request.holdings.last
    if last is None or clock.now >= min(last, request.range.end.instant):
        return 0
    start = max(clock.now + timedelta(microseconds=1), request.range.start.instant)
    return future_events(ask, request, components, Span(Moment.at(start, clock.zone), request.range.end))


def notify_missing(asked: Asked, writing: Writing, *parts: Section) -> None:
    """Say on stderr what `parts` lack: their messages where the format has no place for them, and hints."""
    texts = hints.messages(parts) if has_no_messages(writing) else ()
    for text in (*texts, *hints.no_data(asked.request, asked.clock, parts, from_files=asked.from_files)):
        notice(text)
