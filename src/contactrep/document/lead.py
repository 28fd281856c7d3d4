"""The lead: what a report says in a few sentences, for a reader in a hurry. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dateutil.relativedelta import relativedelta

from contactrep import report
from contactrep.errors import counted
from contactrep.phrases import bucket_labels, change, number, share

_YEAR = relativedelta(years=1)
_HALF = 500  # tenths of a percent
_LONGEST_NAME = 60  # characters


def lead_sentences(answer: report.Section | report.ContactsReport) -> Iterator[str]:
    """How much there was, how it moved, and where most came from; nothing of a section without data."""
    match answer:
        case report.Overview():
            yield from _overview(answer)
        case report.Breakdown():
            yield from _total(answer.head, answer.total)
            yield from _largest(answer)
        case report.ContactsReport():
            yield from _overview(answer.overview)
            yield from _largest(answer.added)
            yield from _total(answer.connected.head, answer.connected.total)
            yield from _largest(answer.connected)


def _overview(overview: report.Overview) -> Iterator[str]:
    if overview.head.message is not None:
        return
    yield f"{_counted(overview.added.count)} added{_movement(overview.head, overview.added)}."
    deleted = counted(overview.deleted.count, "deletion")
    if again := overview.deleted_after_merge.count:
        deleted += f" ({number(again)} of merged contacts)"
    merged = counted(overview.merged.count, "merge")
    yield f"After {deleted} and {merged}, there {_growth(overview.net.count)}."
    yield from _busiest(overview)


def _total(head: report.Head, total: report.Figure) -> Iterator[str]:
    if head.message is None:
        yield f"{_counted(total.count)} {head.component}{_movement(head, total)}."


def _counted(count: int) -> str:
    return counted(count, "contact was", "contacts were")


def _movement(head: report.Head, figure: report.Figure) -> str:
    """`, 16.2 % more than in the previous period`; empty without a comparison, or with an incomplete one."""
    if head.compared is None or head.incomplete or figure.previous is None:
        return ""
    start = head.range.start.wall
    # A year before 29 February is the 28th.
    year = start.year > 1 and start - _YEAR == head.compared.start.wall
    before = "a year earlier" if year else "in the previous period"
    if figure.change is None:
        return f", and none {before}" if figure.count else f", as {before}"
    if figure.change == 0:
        return f", as many as {before}"
    more = "more" if figure.change > 0 else "fewer"
    return f", {change(abs(figure.change), unicode=False)[1:]} {more} than {before}"


def _growth(net: int) -> str:
    if net == 0:
        return "are as many contacts as before"
    more = "more" if net > 0 else "fewer"
    return f"is 1 {more} contact" if abs(net) == 1 else f"are {number(abs(net))} {more} contacts"


def _busiest(overview: report.Overview) -> Iterator[str]:
    """The bucket with the most added contacts, if there are several and one is ahead of the others."""
    head, counts = overview.head, [entry.added for entry in overview.series]
    most = max(counts, default=0)
    if len(counts) < 3 or not most or counts.count(most) > 1:
        return
    labels = bucket_labels([entry.bucket for entry in overview.series], head.by, head.range.zone)
    yield f"The busiest {head.by} was {labels[counts.index(most)]}, with {number(most)} added."


def _largest(breakdown: report.Breakdown) -> Iterator[str]:
    """The largest part, if there are several and one is ahead of the others."""
    if breakdown.head.message is not None or len(breakdown.slices) < 2:
        return
    first, second = breakdown.slices[:2]
    if first.figure.count == second.figure.count:
        return
    tenths = report.shown_shares([part.figure.count for part in breakdown.slices])[0]
    said = f"{share(tenths, first.figure.count)} of those {breakdown.head.component}"
    name = first.name if len(first.name) <= _LONGEST_NAME else f"{first.name[: _LONGEST_NAME - 1]}…"
    if tenths > _HALF:
        came = "through" if breakdown.split is report.Split.CHANNEL else "from"
        yield f"Most came {came} {name}: {number(first.figure.count)}, {said}."
    else:
        yield f"The largest {breakdown.split} was {name}: {number(first.figure.count)}, {said}."
