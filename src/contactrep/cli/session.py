"""From options to an answerable request: which events, what time it is, which range, which filters."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from contactrep.cli.options import Choosing, Grouping, Place, Reading, Timing
from contactrep.cli.output import say
from contactrep.cli.settings import COMPARINGS, Settings, default_store, read_settings, workspace_zone
from contactrep.errors import StoreProblem
from contactrep.filters import Filters
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
from contactrep.questions.matching import Unmatched, select
from contactrep.questions.page import Request, future_events
from contactrep.report import Component
from contactrep.zones import find_zone, to_wall

if TYPE_CHECKING:
    from contactrep.engine import Engine

NO_GROUPING = Grouping(by=None, compare="none")


@dataclass(frozen=True)
class Asked:
    """A request that can be put: to `ask`, at `clock`, with the `settings` of the run."""

    ask: Ask
    engine: Engine
    clock: Clock
    settings: Settings
    request: Request


def store_path(store: Path | None, settings: Settings) -> Path:
    """The store's file: the option (or CONTACTREP_STORE), else the config, else the usual place."""
    return store or settings.store or default_store()


def current_time() -> datetime:
    """Now, an instant (UTC): the one reading of the clock in a run."""
    return datetime.now(UTC)


def clock_of(timing: Timing, zone: ZoneInfo, settings: Settings) -> Clock:
    """The run's clock: `--as-of`, else the machine's."""
    if timing.as_of:
        return Clock.as_of(timing.as_of, zone, settings.week_start)
    return Clock.at(current_time(), zone, settings.week_start)


@contextmanager
def engine_over_store(place: Place, settings: Settings, *, writable: Path | None = None) -> Iterator[Engine]:
    """The store, opened to be read; StoreProblem, naming `demo` and `load`, when there is none yet."""
    from contactrep import store
    from contactrep.engine import Engine

    path = store_path(place.store, settings)
    if not path.exists():
        raise StoreProblem(
            f"there is no store {path} yet: make one with 'contactrep load FILES', "
            "or see 'contactrep demo' first"
        )
    with Engine(path, writable=writable, memory_limit=settings.memory_limit) as engine:
        store.check(engine.connection, path)
        yield engine


@contextmanager
def engine_over_files(
    files: Sequence[str],
    reading: Reading,
    timing: Timing,
    settings: Settings,
    *,
    writable: Path | None = None,
) -> Iterator[Engine]:
    """The files, loaded into a throw-away store: the same rules as `load`, and nothing kept."""
    from contactrep import store
    from contactrep.cli.loading import load_options, notices
    from contactrep.engine import Engine

    zone, _ = workspace_zone(timing.timezone, settings)
    with tempfile.TemporaryDirectory(prefix="contactrep-") as folder:
        path = Path(folder) / "files.duckdb"
        options = load_options(reading, settings)
        summary = store.load(path, files, options, zone=zone, requested_zone=None, now=current_time())
        for notice in notices(summary):
            say(f"Note: {notice}")
        with Engine(path, writable=writable, memory_limit=settings.memory_limit) as engine:
            yield engine


@contextmanager
def asking(
    files: Sequence[str],
    place: Place,
    reading: Reading,
    timing: Timing,
    choosing: Choosing,
    grouping: Grouping = NO_GROUPING,
    *,
    default_range: str = DEFAULT_RANGE,
    components: Sequence[str] = (),
    writable: Path | None = None,
) -> Iterator[Asked]:
    """Open what is asked about, and make the request; notices that concern `components` go to stderr."""
    settings = read_settings(place.config)
    if files:
        opened = engine_over_files(files, reading, timing, settings, writable=writable)
    else:
        opened = engine_over_store(place, settings, writable=writable)
    with opened as engine:
        zone = find_zone(timing.timezone or timezone(engine.ask))
        clock = clock_of(timing, zone, settings)
        held = holdings(engine.ask, clock.now)
        chosen = resolve(
            timing.range or settings.range or default_range,
            clock,
            exclude_today=timing.exclude_today,
            bounds=held.bounds,
        )
        request = _request(engine.ask, chosen, clock, held, choosing, grouping, settings)
        _notify(engine.ask, request, clock, components)
        yield Asked(engine.ask, engine, clock, settings, request)


def _request(
    ask: Ask,
    chosen: Range,
    clock: Clock,
    held: Holdings,
    choosing: Choosing,
    grouping: Grouping,
    settings: Settings,
) -> Request:
    # A log has no buckets, so no range is too long for it.
    unit = bucket_unit(chosen, grouping.by or settings.by or "auto")
    wanted = grouping is not NO_GROUPING
    defaults = Filters() if choosing.clear_all else settings.filters
    return Request(
        range=chosen,
        by=unit,
        buckets=buckets(chosen, unit, clock.week_start) if wanted else (),
        compared=compared_with(chosen, _comparing(grouping, settings), clock) if wanted else None,
        chosen=choosing.filters,
        defaults=defaults,
        selection=select(ask, choosing.filters.over(defaults)),
        holdings=held,
    )


def _comparing(grouping: Grouping, settings: Settings) -> Comparing:
    name = grouping.compare or settings.compare or "previous"
    return next(known for known in COMPARINGS if known == name)


def _notify(ask: Ask, request: Request, clock: Clock, components: Sequence[str]) -> None:
    for unmatched in request.selection.unmatched:
        say(f"Note: {_unknown_value(unmatched)}")
    first, compared = request.holdings.first, request.compared
    if compared is not None and first is not None and first > compared.start.instant:
        day = to_wall(first, clock.zone).date()
        say(f"Note: the comparison is partial: the first event is of {day}")
    if clock.now < request.range.end.instant:
        start = max(clock.now + timedelta(microseconds=1), request.range.start.instant)
        to_come = Span(Moment(to_wall(start, clock.zone), start), request.range.end)
        _notify_future(future_events(ask, request, components, to_come), clock)


def _notify_future(count: int, clock: Clock) -> None:
    if count:
        events = "1 event is" if count == 1 else f"{count:,} events are"
        now = clock.now.astimezone(clock.zone).isoformat(sep=" ", timespec="seconds")
        say(f"Note: {events} later than now ({now}) and counted")


def _unknown_value(unmatched: Unmatched) -> str:
    known = f": did you mean {' or '.join(repr(near) for near in unmatched.near)}?" if unmatched.near else ""
    return f"no event has the {unmatched.filter} '{unmatched.value}'{known}"


def notify_no_data(asked: Asked, *parts: Component) -> None:
    """Where no component has data, say what there is, and what to ask for instead."""
    statuses = {part.head.status for part in parts}
    if "no_data" not in statuses or "ok" in statuses:
        return
    bounds = asked.request.holdings.bounds
    if bounds is None:
        say("Note: there are no events yet: load some with 'contactrep load FILES'")
        return
    first, last = (to_wall(moment, asked.clock.zone).date() for moment in bounds)
    say(f"Note: events of {first} to {last}: try --as-of {last}")
