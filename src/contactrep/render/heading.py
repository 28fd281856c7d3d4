"""The words around the figures: a page's title, and the lines that say what it covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from contactrep import filters
from contactrep.events import KINDS
from contactrep.render.figures import number, said_moment, said_range
from contactrep.render.text import visible
from contactrep.report import Breakdown, Component, ContactsReport, Head, LogPage, Overview, StoreStatus
from contactrep.zones import find_zone

_KIND_TITLES = {"added": "Contacts Added", "connected": "Contacts Connected"}


def title(report: Component | ContactsReport) -> str:
    """The hosted report's name of a component."""
    match report:
        case Overview():
            return "Contacts Overview"
        case Breakdown():
            return _KIND_TITLES[report.head.component]
        case LogPage():
            return f"Contact {report.event.capitalize()} Log"
        case ContactsReport():
            return "Contacts Report"


def range_line(head: Head) -> str:
    """Which dates, under which canonical name: `30 Oct – 5 Nov 2026 · last-7-days`."""
    return f"{said_range(head.range)} · {head.range.name}"


def zone_line(head: Head) -> str:
    """On whose clock, and how far the data reaches: `Asia/Tokyo · data through Thu 5 Nov 2026 14:32`."""
    return f"{head.range.zone.key} · {through_line(head)}"


def through_line(head: Head) -> str:
    """How far the data reaches: `data through Thu 5 Nov 2026 14:32`."""
    if head.data_through is None:
        return "no data yet"
    return f"data through {said_moment(head.data_through, head.range.zone)}"


def compared_line(head: Head) -> str | None:
    """What the changes are against: `compared with 23 – 29 Oct 2026`."""
    return f"compared with {said_range(head.compared)}" if head.compared else None


def filter_line(head: Head) -> str | None:
    """The chosen filters: `source Broadcast or Zapier · user Ana`."""
    chosen = [
        f"{name} {' or '.join(map(visible, head.filters.values(name)))}"
        for name in filters.NAMES
        if head.filters.values(name)
    ]
    return f"only {' · '.join(chosen)}" if chosen else None


def head_lines(head: Head) -> list[str]:
    """Range, zone and data, comparison, filters: whatever of them there is, a line each."""
    lines = [range_line(head), zone_line(head), compared_line(head), filter_line(head)]
    return [line for line in lines if line]


def cut_lines(log: LogPage) -> list[str]:
    """What a log that is cut says of it, and the command that gives all of it."""
    if not log.truncated:
        return []
    says = f"Showing {number(len(log.rows))} of {number(log.total)}"
    return [f"{says}. For all rows:", visible(log.export_command)] if log.export_command else [says]


def page_head(page: ContactsReport) -> Head:
    """The head of the whole page: its parts share everything but how far their data reaches."""
    heads = [page.overview.head, page.added.head, page.connected.head]
    through = max((head.data_through for head in heads if head.data_through), default=None)
    return replace(page.overview.head, data_through=through)


def status_facts(status: StoreStatus) -> list[tuple[str, str]]:
    """What a store holds, as pairs of what and how much."""
    zone = find_zone(status.timezone)

    def at(instant: datetime | None) -> str:
        return said_moment(instant, zone) if instant else "–"

    return [
        ("Time zone", status.timezone),
        *((kind.capitalize(), number(status.events.get(kind, 0))) for kind in KINDS),
        ("First event", at(status.first)),
        ("Last event", at(status.last)),
        ("In the future", number(status.future)),
        ("Rejected", number(status.rejected)),
        ("Users", number(status.users)),
        ("Config", visible(status.config or "none")),
        ("Version", status.version),
    ]
