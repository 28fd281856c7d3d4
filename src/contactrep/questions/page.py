"""Build the report values for a request with as few questions as possible: one count serves the overview,
both breakdowns, and the logs of a whole page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contactrep import report
from contactrep.events import ADDED, CONNECTED, KINDS
from contactrep.filters import Filters
from contactrep.period import Bucket, Clock, Range, Span
from contactrep.questions import counts, logs
from contactrep.questions.engine import Engine
from contactrep.questions.holdings import Holdings
from contactrep.questions.matching import Selection

OVERVIEW = report.Component.OVERVIEW


@dataclass(frozen=True)
class Request:
    """What one run asks an engine for.

    `chosen` are the filters of the command line, `defaults` those of the config, which apply only where
    they can; `selection` is what both mean in this store. `clock` shows the moment of the run.
    `notices` are those of the request itself.
    """

    engine: Engine
    range: Range
    by: str
    buckets: Sequence[Bucket]
    compared: Span | None
    chosen: Filters
    defaults: Filters
    selection: Selection
    holdings: Holdings
    clock: Clock
    notices: tuple[report.Notice, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether the first event is later than the start of the compared range."""
        first = self.holdings.first
        return self.compared is not None and first is not None and first > self.compared.start.instant

    def filters_of(self, component: str) -> Filters:
        """The filters that a component is asked with."""
        return self.chosen.over(self.defaults.applicable_to(component))


def kinds_of(*components: str) -> tuple[str, ...]:
    """The event kinds that components count or list, in the order in which every report names them."""
    found = {kind for name in components for kind in (report.COUNTED if name == OVERVIEW else (name,))}
    return tuple(kind for kind in KINDS if kind in found)


def overview(request: Request) -> report.Overview:
    """Contacts added, deleted and merged in the range."""
    return _overview(request, _tally(request, (OVERVIEW,)))


def breakdown(request: Request, kind: str) -> report.Breakdown:
    """Contacts added by source, or connected by channel."""
    return _breakdown(request, kind, _tally(request, (kind,)))


def sections(
    request: Request, components: Sequence[str]
) -> tuple[report.Overview | None, dict[str, report.Breakdown]]:
    """The overview, if it is among the components, and the breakdowns among them, from one count."""
    counted = _tally(request, components)
    found = _overview(request, counted) if OVERVIEW in components else None
    return found, {kind: _breakdown(request, kind, counted) for kind in components if kind != OVERVIEW}


def log(request: Request, kind: str, *, limit: int, oldest_first: bool = False) -> report.LogPage:
    """The newest (or oldest) rows of one kind of event."""
    total, rows = 0, []
    if not request.chosen.not_applicable_to(kind):
        total, part = logs.first_part(
            request.engine, kind, request.range, request.selection, limit=limit, oldest_first=oldest_first
        )
        rows = logs.log_rows(
            request.engine, kind, part, request.selection, limit=limit, oldest_first=oldest_first
        )
    return _log(request, kind, total, limit, rows)


def whole(request: Request, *, limit: int) -> report.ContactsReport:
    """The whole page from one count, which also tells where the newest rows of each log are."""
    counted = _tally(request, (OVERVIEW, ADDED, CONNECTED))

    totals = {kind: counted.total(kind).count for kind in KINDS}
    parts = {kind: counted.first_part(kind, request.range, limit) for kind in KINDS if totals[kind]}
    newest = logs.newest_rows(request.engine, parts, request.selection, limit=limit)

    return report.ContactsReport(
        _overview(request, counted),
        _breakdown(request, ADDED, counted),
        _breakdown(request, CONNECTED, counted),
        {kind: _log(request, kind, total, limit, newest.get(kind, [])) for kind, total in totals.items()},
    )


def future_events(request: Request, components: Sequence[str], now: Span) -> int:
    """How many events the components count that lie in `now`, the part of the range that is to come."""
    kinds = _kinds(request, components)
    return logs.total(request.engine, kinds, now, request.selection) if kinds else 0


def _kinds(request: Request, components: Sequence[str]) -> tuple[str, ...]:
    return kinds_of(*(name for name in components if not request.chosen.not_applicable_to(name)))


def _tally(request: Request, components: Sequence[str]) -> counts.Tally:
    """One count for several components; those that a filter does not apply to stay without a count."""
    return counts.tally(
        request.engine,
        _kinds(request, components),
        request.range,
        request.buckets,
        request.compared,
        request.selection,
        named=set(components) != {OVERVIEW},
        away=OVERVIEW in components and not request.chosen.not_applicable_to(OVERVIEW),
    )


def _overview(request: Request, counted: counts.Tally) -> report.Overview:
    # A page's count may hold `added` for another component: nothing of it is shown where no filter applies.
    total = sum(counted.total(kind).count for kind in report.COUNTED)
    return counts.overview(_head(request, OVERVIEW, OVERVIEW, total), counted)


def _breakdown(request: Request, kind: str, counted: counts.Tally) -> report.Breakdown:
    return counts.breakdown(_head(request, report.Component(kind), kind, counted.total(kind).count), counted)


def _log(
    request: Request, kind: str, total: int, limit: int, rows: Sequence[report.LogRow]
) -> report.LogPage:
    return report.LogPage(_head(request, report.Component.LOG, kind, total), kind, total, limit, rows)


def _head(request: Request, component: report.Component, asked: str, total: int) -> report.Head:
    """`asked` is what filters may not apply to: for a log its kind of event."""
    hindering = request.chosen.not_applicable_to(asked)
    filters = request.filters_of(asked)
    status, message = _status(hindering, filters, total)
    by, compared = (None, None) if component is report.Component.LOG else (request.by, request.compared)
    through = request.holdings.through(kinds_of(asked))
    return report.Head(
        component,
        status,
        message,
        request.range,
        by,
        compared,
        filters,
        hindering,
        data_through=through,
        now=request.clock.now,
        incomplete=request.incomplete,
    )


def _status(hindering: Sequence[str], filters: Filters, total: int) -> tuple[report.Status, str | None]:
    if hindering:
        return "not_applicable", report.not_applicable_message(hindering)
    if total:
        return "ok", None
    return "no_data", report.NO_APPLICABLE_DATA if filters else report.NO_EVENTS
