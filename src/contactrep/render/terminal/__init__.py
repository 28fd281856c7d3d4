"""Reports as a page on a terminal: headline figures, charts, a pie beside its table, logs.

A page is lines of spans in a given width. Charts merge or leave out what does not fit; figures and
tables stay whole at any usual width.
"""

from __future__ import annotations

from collections.abc import Iterator

from contactrep.render.heading import page_head, title
from contactrep.render.look import Look
from contactrep.render.paint import painted
from contactrep.render.terminal.breakdown import breakdown_lines
from contactrep.render.terminal.lines import BLANK, head_lines, message_lines, title_line
from contactrep.render.terminal.logs import log_chunks, range_lines, reject_chunks, status_lines
from contactrep.render.terminal.overview import overview_lines
from contactrep.report import (
    Breakdown,
    Component,
    ContactsReport,
    LogPage,
    Overview,
    RangeList,
    RejectList,
    Report,
    StoreStatus,
)


def render_terminal(report: Report, look: Look) -> Iterator[str]:
    """The report as text for a terminal of `look.width` cells, in chunks of whole lines."""
    match report:
        case ContactsReport():
            yield from _page(report, look)
        case RangeList():
            yield painted(range_lines(report, look), look)
        case StoreStatus():
            yield painted(status_lines(report, look), look)
        case RejectList():
            yield from reject_chunks(report, look)
        case _:
            yield painted([title_line(title(report), look), *head_lines(report.head, look), BLANK], look)
            yield from _component(report, look)


def _page(page: ContactsReport, look: Look) -> Iterator[str]:
    yield painted([title_line(title(page), look), *head_lines(page_head(page), look)], look)
    for component in page.components:
        yield painted([BLANK, title_line(title(component), look), BLANK], look)
        yield from _component(component, look)


def _component(report: Component, look: Look) -> Iterator[str]:
    """What a component shows below its title: its message where there is one, else its figures."""
    if report.head.message is not None:
        yield painted(message_lines(report.head.message, look), look)
        return
    match report:
        case Overview():
            yield painted(overview_lines(report, look), look)
        case Breakdown():
            yield painted(breakdown_lines(report, look), look)
        case LogPage():
            yield from log_chunks(report, look)
