"""A report, or what a load did → a document: what is said, and not how it looks. Pure.

Terminal, plain text and Markdown are written from documents; CSV and JSON straight from the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from contactrep import filters
from contactrep.document import blocks
from contactrep.document.grids import loads_grid, log_grid, ranges_grid, users_grid
from contactrep.document.summaries import sentences
from contactrep.events import KINDS
from contactrep.phrases import number, said_moment, said_range
from contactrep.report import (
    Answer,
    Breakdown,
    ContactsReport,
    Head,
    LogPage,
    Overview,
    RangeList,
    RejectList,
    Section,
    StoreStatus,
    UserList,
    shown_shares,
)
from contactrep.zones import find_zone

_MOST_SERIES = 100
"""Parts that a table of buckets has a column for; the smallest of more parts are gathered in the last one."""


def document(report: Answer) -> Iterator[blocks.Block]:
    """What the report or the summary says, block by block in reading order."""
    match report:
        case Overview() | Breakdown() | LogPage():
            yield blocks.Heading(title(report))
            yield _facts(report.head)
            yield from _section(report)
        case ContactsReport():
            yield from _page(report)
        case RangeList():
            moment = said_moment(report.as_of, find_zone(report.timezone))
            yield blocks.Heading("Ranges")
            yield blocks.AsOf(f"as of {moment}", report.timezone)
            yield ranges_grid(report)
        case StoreStatus():
            yield blocks.Properties("Store", report.store, _properties(report))
            if report.loads:
                yield loads_grid(report)
        case RejectList():
            yield blocks.Rejects(report.total, report.rows)
        case UserList():
            yield blocks.Heading("Users")
            yield users_grid(report)
        case _:
            yield blocks.Sentences(list(sentences(report)))


def title(report: Section | ContactsReport) -> str:
    """The hosted report's name of a section or of the whole page."""
    match report:
        case Overview():
            return "Contacts Overview"
        case Breakdown():
            return f"Contacts {report.head.component.capitalize()}"
        case LogPage():
            return f"Contact {report.event.capitalize()} Log"
        case ContactsReport():
            return "Contacts Report"


def _page(page: ContactsReport) -> Iterator[blocks.Block]:
    """The whole page. Its sections share everything but how far their data reaches."""
    heads = [page.overview.head, page.added.head, page.connected.head]
    through = max((head.data_through for head in heads if head.data_through), default=None)
    yield blocks.Heading(title(page))
    yield _facts(replace(page.overview.head, data_through=through))
    for section in page.sections:
        yield blocks.Heading(title(section), level=2)
        yield from _section(section)


def _section(report: Section) -> Iterator[blocks.Block]:
    """The blocks below a section's title: its message if it has one, else its figures or rows."""
    if report.head.message is not None:
        yield blocks.Message(report.head.message)
        return
    compared = report.head.compared is not None
    match report:
        case Overview():
            yield blocks.Figures(report.metrics, compared)
            yield _overview_chart(report)
        case Breakdown():
            shares = shown_shares([part.figure.count for part in report.slices])
            slices = zip(report.slices, shares, strict=True)
            parts = tuple(blocks.Part(part.name, part.figure, tenths) for part, tenths in slices)
            yield blocks.Parts(report.head.component, report.split, report.total, parts, compared)
            yield _breakdown_chart(report)
        case LogPage():
            yield log_grid(report)
            if report.truncated:
                yield _cut(report)


def _overview_chart(overview: Overview) -> blocks.Chart:
    series = (
        blocks.Series("Added", [entry.added for entry in overview.series]),
        blocks.Series("Deleted", [entry.deleted for entry in overview.series]),
        blocks.Series("Merged", [entry.merged for entry in overview.series]),
    )
    buckets = [entry.bucket for entry in overview.series]
    return blocks.Chart(series, buckets, overview.head.by or "day", overview.head.range.zone)


def _breakdown_chart(breakdown: Breakdown) -> blocks.Chart:
    """A series per part. The buckets are read once, because each is computed when it is read."""
    names = [part.name for part in breakdown.slices]
    if len(names) > _MOST_SERIES:
        names = [*names[: _MOST_SERIES - 1], blocks.OTHER]
    last = len(names) - 1
    places = {part.name: min(place, last) for place, part in enumerate(breakdown.slices)}
    counts = [[0] * len(breakdown.series) for _ in names]
    buckets = []
    for bucket, entry in enumerate(breakdown.series):
        buckets.append(entry.bucket)
        for name, count in entry.counts.items():
            counts[places[name]][bucket] += count
    series = tuple(map(blocks.Series, names, counts))
    return blocks.Chart(series, buckets, breakdown.head.by or "day", breakdown.head.range.zone, stacked=True)


def _cut(log: LogPage) -> blocks.Cut:
    shown = f"Showing {number(len(log.rows))} of {number(log.total)}"
    return blocks.Cut(f"{shown}. For all rows:" if log.export_command else shown, log.export_command)


def _facts(head: Head) -> blocks.Facts:
    zone = head.range.zone
    through = f"data through {said_moment(head.data_through, zone)}" if head.data_through else "no data yet"
    return blocks.Facts(
        dates=said_range(head.range),
        range_name=head.range.name,
        zone=zone.key,
        data_through=through,
        compared=f"compared with {said_range(head.compared)}" if head.compared else None,
        filters=_filters(head.filters),
    )


def _filters(chosen: filters.Filters) -> str | None:
    """The chosen filters: `only source Broadcast or Zapier · user Ana`."""
    texts = [f"{name} {' or '.join(chosen.values(name))}" for name in filters.NAMES if chosen.values(name)]
    return f"only {' · '.join(texts)}" if texts else None


def _properties(status: StoreStatus) -> tuple[tuple[str, str], ...]:
    """What a store holds, as names and values."""
    zone = find_zone(status.timezone)

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
