"""What a report says on stderr beside its answer: what is missing in it, and what would help."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from contactrep.document import title
from contactrep.errors import UsageProblem, listed
from contactrep.filters import NAMES, Filters
from contactrep.period import Clock, Range, canonical_name, depends_on_today
from contactrep.phrases import said_date, said_span
from contactrep.questions.matching import MOST_ANSWERED, Unmatched
from contactrep.questions.page import Request
from contactrep.read.sources import STANDARD_INPUT
from contactrep.report import Section
from contactrep.zones import to_wall

_MOST_WORDS = 4
"""Words that a range without quotes can have: `2026-11-05 09:30 .. 2026-11-06`."""

_DAY = timedelta(days=1)


def refuse_range_as_file(chosen: str | None, files: Sequence[str]) -> None:
    """Raise UsageProblem if FILES that do not exist are a range, or the rest of the range `chosen`.

    So `overview yesterday` and `--range=last 7 days` are answered with the option that was meant.
    """
    missing = [file for file in files if file == ".." or not _exists(file)]
    for first in range(len(missing)):
        for end in range(min(len(missing), first + _MOST_WORDS), first, -1):
            words = " ".join(missing[first:end])
            for text in (f"{chosen or ''} {words}", words):
                if name := canonical_name(text):
                    raise UsageProblem(f"{words}: no such file: did you mean --range {name}?")


def _exists(file: str) -> bool:
    return file == STANDARD_INPUT or os.path.lexists(file)


def unknown_values(unmatched: Sequence[Unmatched]) -> Iterator[str]:
    """Each filter value that no event has with the closest known ones; after five, the others in one line."""
    for one in unmatched[:MOST_ANSWERED]:
        near = f": did you mean {' or '.join(map(repr, one.near))}?" if one.near else ""
        yield f"no event has the {one.filter} '{one.value}'{near}"
    if others := unmatched[MOST_ANSWERED:]:
        yield f"no event has these filter values either: {listed([one.value for one in others])}"


def comparison_incomplete(request: Request, clock: Clock) -> Iterator[str]:
    """Where the data starts, if that is after the compared range starts."""
    first, compared = request.holdings.first, request.compared
    if compared is not None and first is not None and first > compared.start.instant:
        start = said_date(to_wall(first, clock.zone))
        yield f"the data starts on {start}, so the previous period is incomplete"


def future_included(count: int) -> Iterator[str]:
    """How many of the counted events are later than now."""
    if count:
        yield (
            "1 event is in the future and is included"
            if count == 1
            else (f"{count:,} events are in the future and are included")
        )


def messages(parts: Sequence[Section]) -> Iterator[str]:
    """The messages that stand in the place of components, for a format that has no place for them.

    Of several parts, each message once, after the titles of its components.
    """
    titles: dict[str, list[str]] = {}
    for part in parts:
        if part.head.message is not None:
            titles.setdefault(part.head.message, []).append(title(part))
    for message, names in titles.items():
        yield message if len(parts) == 1 else f"{listed(names)}: {message}"


def no_data(request: Request, clock: Clock, parts: Iterable[Section], *, from_files: bool) -> Iterator[str]:
    """Where no component has data: what there is, and what to ask for instead, if that would help."""
    statuses = {part.head.status for part in parts}
    if "no_data" not in statuses or "ok" in statuses:
        return
    bounds = request.holdings.bounds
    if bounds is None:
        yield "there are no events" + ("" if from_files else " yet: load some with 'contactrep load FILES'")
    elif not _matches_nothing(request) and not _covers(request.range, bounds):
        yield _coverage(request.range, bounds, clock)


def _matches_nothing(request: Request) -> bool:
    """Whether a filter has unknown values alone, so that no range would have data."""
    filters: Filters = request.chosen.over(request.defaults)
    unknown = {(one.filter, one.value) for one in request.selection.unmatched}
    return any(
        filters.values(name) and all((name, value) in unknown for value in filters.values(name))
        for name in NAMES
    )


def _covers(chosen: Range, bounds: tuple[datetime, datetime]) -> bool:
    return chosen.start.instant <= bounds[0] and bounds[1] < chosen.end.instant


def _coverage(chosen: Range, bounds: tuple[datetime, datetime], clock: Clock) -> str:
    """The days of the first and the last event, and `--as-of` where today alone made the range too late."""
    first, last = (datetime.combine(to_wall(moment, clock.zone), datetime.min.time()) for moment in bounds)
    hint = ""
    if depends_on_today(chosen.name) and bounds[1] < chosen.start.instant:
        hint = f": try --as-of {last.date()}"
    return f"the data covers {said_span(first, last + _DAY)}{hint}"
