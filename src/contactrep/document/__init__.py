"""Turn a report, or the summary of a load, into blocks that are independent of the format. Pure.

CSV and JSON are written straight from the report, all other formats from its document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from contactrep import filters, report
from contactrep.document import blocks
from contactrep.document.alarms import alarms
from contactrep.document.grids import loads_grid, log_grid, ranges_grid, users_grid
from contactrep.document.lead import lead_sentences
from contactrep.document.summaries import sentences
from contactrep.errors import counted
from contactrep.events import KINDS
from contactrep.period import Bucket
from contactrep.phrases import number, said_moment, said_range
from contactrep.zones import find_zone, zone_of_store

_MOST_SERIES = 100
"""Parts that a table of buckets has a column for; the smallest of more parts are gathered in the last one."""


def document(
    answer: report.Answer, *, prose: bool = False, logs: bool = True, command: str | None = None
) -> Iterator[blocks.Block]:
    """What the report or the summary says, block by block in reading order.

    prose: with lead sentences and notices, for a reader who does not see stderr.
    logs: with the logs of a whole page.
    command: the command line that makes the report again, as the last block, or that writes all rejects.
    """
    match answer:
        case report.Overview() | report.Breakdown() | report.LogPage() | report.ContactsReport():
            yield from _page(answer, prose=prose, logs=logs)
            if command:
                yield blocks.Command(command)
        case report.Check():
            yield from _check(answer, prose=prose)
        case report.RangeList():
            yield blocks.Heading("Ranges")
            yield blocks.AsOf(said_moment(answer.as_of, find_zone(answer.timezone)), answer.timezone)
            yield ranges_grid(answer)
        case report.StoreStatus():
            yield blocks.Properties("Store", answer.store, _properties(answer))
            if answer.loads:
                yield loads_grid(answer)
        case report.RejectList():
            yield blocks.Rejects(answer.total, answer.rows, command)
        case report.UserList():
            yield blocks.Heading("Users")
            yield users_grid(answer)
        case _:
            yield blocks.Sentences(list(sentences(answer)))


def title(answer: report.Section | report.ContactsReport) -> str:
    """The hosted report's name of a section or of the whole page."""
    match answer:
        case report.Overview():
            return "Contacts Overview"
        case report.Breakdown():
            return f"Contacts {answer.head.component.capitalize()}"
        case report.LogPage():
            return f"Contact {answer.event.capitalize()} Log"
        case report.ContactsReport():
            return "Contacts Report"


def _check(answer: report.Check, *, prose: bool) -> Iterator[blocks.Block]:
    """Nothing where no condition holds, unless one could not be judged."""
    lines = list(alarms(answer))
    if lines:
        yield blocks.Sentences(lines)
    notices = [*map(report.Notice, answer.unjudged), *answer.notices]
    if prose and notices and (lines or answer.unjudged):
        yield blocks.Notices(notices)


def _page(
    answer: report.Section | report.ContactsReport, *, prose: bool, logs: bool
) -> Iterator[blocks.Block]:
    """Title, facts and sections."""
    yield blocks.Heading(title(answer))
    head = head_of(answer)
    yield _facts(head)
    if prose and (lead := list(lead_sentences(answer))):
        yield blocks.Lead(lead)
    if prose and head.notices:
        yield blocks.Notices(head.notices)
    if not isinstance(answer, report.ContactsReport):
        yield from _section(answer)
        return
    for section in answer.sections:
        if logs or not isinstance(section, report.LogPage):
            yield blocks.Heading(title(section), level=2)
            yield from _section(section)


def head_of(answer: report.Section | report.ContactsReport) -> report.Head:
    """The head of the whole answer: sections of a page share everything but how far their data reaches."""
    if not isinstance(answer, report.ContactsReport):
        return answer.head
    heads = [answer.overview.head, answer.added.head, answer.connected.head]
    through = max((head.data_through for head in heads if head.data_through), default=None)
    return replace(answer.overview.head, data_through=through, notices=answer.notices)


def _section(answer: report.Section) -> Iterator[blocks.Block]:
    """The blocks below a section's title: its message if it has one, else its figures or rows."""
    if answer.head.message is not None:
        yield blocks.Message(answer.head.message)
        return
    compared = answer.head.compared is not None
    match answer:
        case report.Overview():
            yield blocks.Figures(answer.metrics, compared)
            yield _overview_chart(answer)
            if answer.deleted_after_merge.count:
                yield blocks.Message(_deleted_after_merge(answer.deleted_after_merge.count))
        case report.Breakdown():
            yield blocks.Parts(answer.head.component, answer.split, answer.total, _parts(answer), compared)
            yield _breakdown_chart(answer)
        case report.LogPage():
            yield log_grid(answer)
            if answer.truncated:
                yield blocks.cut(len(answer.rows), answer.total, answer.export_command)


def _parts(breakdown: report.Breakdown) -> Sequence[blocks.Part]:
    slices = breakdown.slices
    shares = report.shown_shares([part.figure.count for part in slices])

    def part(place: int) -> blocks.Part:
        return blocks.Part(slices[place].name, slices[place].figure, shares[place])

    return report.LazySequence(range(len(slices)), part)


def _deleted_after_merge(count: int) -> str:
    said = counted(count, "deletion of a merged contact is", "deletions of merged contacts are")
    return f"{said} not subtracted again in net"


def _overview_chart(overview: report.Overview) -> blocks.Chart:
    def series(name: str) -> blocks.Series:
        return blocks.Series(name.capitalize(), [getattr(entry, name) for entry in overview.series])

    buckets = [entry.bucket for entry in overview.series]
    chart = _chart(overview.head, tuple(map(series, report.COUNTED)), buckets)
    return replace(chart, net=series("net"))


def _breakdown_chart(breakdown: report.Breakdown) -> blocks.Chart:
    """A series per part. The buckets are read once, because each is computed when it is read."""
    is_cut = len(breakdown.slices) > _MOST_SERIES
    own = breakdown.slices[: _MOST_SERIES - 1] if is_cut else breakdown.slices
    names = [part.name for part in own]
    places = {name: place for place, name in enumerate(names)}
    if is_cut:
        names.append(blocks.OTHER)
    counts = [[0] * len(breakdown.series) for _ in names]
    buckets = []
    for bucket, entry in enumerate(breakdown.series):
        buckets.append(entry.bucket)
        for name, count in entry.counts.items():
            counts[places.get(name, len(names) - 1)][bucket] += count
    series = tuple(map(blocks.Series, names, counts))
    return replace(_chart(breakdown.head, series, buckets), stacked=True)


def _chart(head: report.Head, series: tuple[blocks.Series, ...], buckets: Sequence[Bucket]) -> blocks.Chart:
    unfinished = sum(map(head.unfinished, buckets))
    return blocks.Chart(series, buckets, head.by or "day", head.range.zone, unfinished=unfinished)


def _facts(head: report.Head) -> blocks.Facts:
    zone = head.range.zone
    return blocks.Facts(
        dates=said_range(head.range),
        range_name=head.range.name,
        zone=zone.key,
        data_through=said_moment(head.data_through, zone) if head.data_through else None,
        compared=said_range(head.compared) if head.compared else None,
        filters=_filters(head.filters),
        made=said_moment(head.now, zone),
    )


def _filters(chosen: filters.Filters) -> str | None:
    """The chosen filters: `source Broadcast or Zapier · user Ana`."""
    texts = [f"{name} {' or '.join(chosen.values(name))}" for name in filters.NAMES if chosen.values(name)]
    return " · ".join(texts) or None


def _properties(status: report.StoreStatus) -> tuple[tuple[str, str], ...]:
    """What a store holds, as names and values."""
    zone = zone_of_store(status.timezone)

    def at(instant: datetime | None) -> str:
        return said_moment(instant, zone) if instant else "–"

    return (
        ("Time zone", status.timezone),
        *((kind.capitalize(), number(status.events.get(kind, 0))) for kind in KINDS),
        ("First event", at(status.first)),
        ("Last event", at(status.last)),
        ("In the future", number(status.future)),
        ("Rejected", number(status.rejected)),
        ("Users", number(status.users)),
        ("Config", status.config or "none"),
        ("Version", status.version),
    )
