"""Notices and warnings: what a user should know beside an answer, as values. Pure.

A notice says what is missing and what to type, or what a load decided. A warning must not be missed.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from contactrep.errors import counted, either, listed, quoted
from contactrep.filters import NAMES, Filters
from contactrep.period import Range, depends_on_today, today_that_covers
from contactrep.phrases import said_date, said_span
from contactrep.questions.matching import MOST_ANSWERED, UnknownValue
from contactrep.questions.page import Request
from contactrep.report import Notice, Section
from contactrep.summary import FileSummary
from contactrep.zones import to_wall

_DAY = timedelta(days=1)


# Of an answer


def of_request(request: Request, future: int) -> Iterator[Notice]:
    """What is special about a request; `future` is how many of the counted events are later than now."""
    yield from map(Notice, _unknown_values(request.selection.unmatched))
    if request.holdings.first and request.incomplete:
        start = said_date(to_wall(request.holdings.first, request.range.zone))
        yield Notice(f"the data starts on {start}, so the previous period is incomplete")
    if future:
        one, many = "event is in the future and is", "events are in the future and are"
        yield Notice(f"{counted(future, one, many)} included")


def of_config_filters(request: Request, parts: Iterable[Section], shown: Filters) -> Iterator[Notice]:
    """The filters of the config that narrow some parts of an answer, but are not among those it names."""
    held = {
        name: either(part.head.filters.values(name))
        for part in parts
        for name in NAMES
        if part.head.filters.values(name) and not (request.chosen.values(name) or shown.values(name))
    }
    if held:
        texts = " · ".join(f"{name} {values}" for name, values in held.items())
        yield Notice(f"the filters of the config hold where they apply ({texts}): --clear-all drops them")


def lack_data(parts: Iterable[Section]) -> bool:
    """Whether no component has data, although the filters apply to some."""
    statuses = {part.head.status for part in parts}
    return "no_data" in statuses and "ok" not in statuses


def of_missing_data(
    request: Request, parts: Iterable[Section], contacts: Sequence[UnknownValue], *, from_files: bool
) -> Iterator[Notice]:
    """For an answer without data: the days that have events, if another range would have data. `parts` are
    the sections of the answer, `contacts` the values of the contact filter that no event has."""
    bounds = request.holdings.bounds
    if bounds is None:
        hint = "" if from_files else " yet: load some with 'contactrep load FILES'"
        yield Notice(f"there are no events{hint}")
        return
    answered = len(request.selection.unmatched)
    yield from map(Notice, _unknown_values(contacts, most=max(MOST_ANSWERED - answered, 0)))
    start, end = request.range.start.instant, request.range.end.instant
    if not _matches_nothing(request, contacts) and not (start <= bounds[0] and bounds[1] < end):
        through = [part.head.data_through for part in parts if part.head.status == "no_data"]
        newest = max(filter(None, through), default=None)
        yield Notice(_coverage(request.range, bounds, newest, request.clock.today))


def _unknown_values(unmatched: Sequence[UnknownValue], *, most: int = MOST_ANSWERED) -> Iterator[str]:
    """Each value that no event has, with the closest known ones; after `most`, the others in one line."""
    for one in unmatched[:most]:
        near = f": did you mean {' or '.join(map(quoted, one.near))}?" if one.near else ""
        yield f"no event has the {one.filter} '{one.value}'{near}"
    if others := unmatched[most:]:
        yield f"no event has these filter values either: {listed([one.value for one in others])}"


def _matches_nothing(request: Request, contacts: Sequence[UnknownValue]) -> bool:
    """Whether all values of a filter are unknown, so that no range would have data."""
    filters: Filters = request.chosen.over(request.defaults)
    unknown = {(one.filter, one.value) for one in (*request.selection.unmatched, *contacts)}
    return any(
        filters.values(name) and all((name, value) in unknown for value in filters.values(name))
        for name in NAMES
    )


def _coverage(chosen: Range, bounds: tuple[datetime, datetime], newest: datetime | None, today: date) -> str:
    """The days of the first and the last event, and `--as-of` where the range is relative and after them.
    `newest` is the time of the last event of the kinds that the answer lacks (None: there is none)."""
    first, last = (datetime.combine(to_wall(moment, chosen.zone), datetime.min.time()) for moment in bounds)
    hint = ""
    if newest and depends_on_today(chosen.name) and bounds[1] < chosen.start.instant:
        hint = f": try --as-of {today_that_covers(to_wall(newest, chosen.zone).date(), chosen, today)}"
    return f"the data covers {said_span(first, last + _DAY)}{hint}"


# Of a table on a cluster


def of_left_out(rows: int, table: str) -> tuple[Notice, ...]:
    """The rows of a table that are no events, among those that were looked at."""
    if not rows:
        return ()
    said = counted(rows, "row is not an event and is", "rows are not events and are")
    why = "no known event, no time in the years 2 to 9998, no contact_id, or an id rounded by a spreadsheet"
    return (Notice(f"{table}: {said} left out: {why}", warning=True, begins_with_name=True),)


# Of a load


def of_load(
    files: Sequence[FileSummary], left_out: Mapping[str, str], *, kept: bool, future: bool
) -> Iterator[Notice]:
    """What a load decided or left out: a notice per kind of fact, and a warning per file with rejected rows.

    `left_out`: why entries of folders are not read. `kept`: `contactrep rejects` shows the rejected rows.
    `future`: name the events later than now; reports name those of their own range.
    """
    for text in _decisions(files, left_out, future=future):
        yield Notice(text, begins_with_name=True)
    for text in _rejections(files, kept=kept):
        yield Notice(text, warning=True, begins_with_name=True)


def _decisions(files: Iterable[FileSummary], left_out: Mapping[str, str], *, future: bool) -> Iterator[str]:
    entries: dict[str, list[str]] = {}
    for path, reason in left_out.items():
        entries.setdefault(reason, []).append(path)
    for reason, paths in entries.items():
        yield f"{listed(paths)} {'is' if len(paths) == 1 else 'are'} skipped: {reason}"
    said: dict[str, list[str]] = {}
    for file in files:
        for text in _of_file(file, future=future):
            said.setdefault(text, []).append(file.path)
    for text, (path, *others) in said.items():
        more = f" and {counted(len(others), 'more file')}" if others else ""
        yield f"{path}{more}: {text}"


def _rejections(files: Sequence[FileSummary], *, kept: bool) -> Iterator[str]:
    """The rejected rows of each file; with `kept`, the command that shows them, else the line of one."""
    from contactrep.store.refusing import brief

    for file in files:
        if file.reasons:
            most = file.reasons[0]
            where = "" if kept or most.line is None else f", line {most.line}"
            advice = _advice(file, is_alone=len(files) == 1, kept=kept)
            yield f"{file.path}: {_rejected(file)} (mostly: {brief(most.text)}{where}){advice}"


def _advice(file: FileSummary, *, is_alone: bool, kept: bool) -> str:
    """What to type for a file with rejected rows, as the end of a sentence."""
    if not file.advice:
        return ": see 'contactrep rejects'" if kept else ""
    also = "".join(f"; {text}" for text in file.also)
    way = "read it alone with" if not is_alone else "add" if kept else "use"
    again = " --again, or see 'contactrep rejects'" if kept else ""
    return f"{also}: {way} {shlex.join(file.advice)}{again}"


def _of_file(file: FileSummary, *, future: bool) -> Iterator[str]:
    if file.rejected and not file.reasons:  # an earlier load has warned of them
        yield f"{_rejected(file)}: see 'contactrep rejects'"
    yield from file.notes
    if file.ignored_columns:
        yield f"columns not used: {listed(file.ignored_columns)}"
    if file.ambiguous_times:
        one, many = "ambiguous time (clock change) was", "ambiguous times (clock change) were"
        yield f"{counted(file.ambiguous_times, one, many)} read as the first occurrence"
    if file.missing_times:
        one, many = (
            "time that does not exist (clock change) was",
            "times that do not exist (clock change) were",
        )
        yield f"{counted(file.missing_times, one, many)} moved forward"
    if future and file.future:
        yield f"{counted(file.future, 'event is', 'events are')} in the future"
    if file.unknown_sources:
        sources = [f"{source} ({count:,})" for source, count in file.unknown_sources.items()]
        yield f"non-standard sources: {listed(sources, more=file.more_sources)}"


def _rejected(file: FileSummary) -> str:
    return f"{file.rejected:,} of {file.read:,} rows rejected"
