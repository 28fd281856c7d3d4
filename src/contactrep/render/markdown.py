"""Reports as Markdown, with GitHub's tables: to paste into an issue, a wiki or a chat.

Text from events is escaped so that it shows as it is: no cell ends early, nothing becomes code,
emphasis, a link or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

from contactrep.render.figures import said_moment, said_range
from contactrep.render.heading import cut_lines, head_lines, page_head, status_facts, title
from contactrep.render.tables import (
    Column,
    Grid,
    loads_grid,
    log_grid,
    metrics_grid,
    rejects_grids,
    series_grid,
    with_total,
)
from contactrep.render.text import visible
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
from contactrep.zones import find_zone

_LINES_A_CHUNK = 1000
_TO_ESCAPE = re.compile(
    r"[\\`*\[\]|~$@]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # inside a word it means itself
    r"|:(?=//|[\w+-]+:)"  # an address, an emoji's name
    r"|(?<=www)\."
    r"|[&<>]|^ | $",
    re.IGNORECASE,
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", " ": "&#32;"}


def escaped(text: str) -> str:
    """Safe text as Markdown that shows it as it is, also where GitHub would link or decorate it."""
    return _TO_ESCAPE.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)


def render_markdown(report: Report) -> Iterator[str]:
    """The report as Markdown, in chunks of whole lines."""
    match report:
        case ContactsReport():
            yield from _page(report)
        case RangeList():
            yield from _ranges(report)
        case StoreStatus():
            yield from _status(report)
        case RejectList():
            yield from _headed(f"# {report.total:,} rejected", [])
            for place, grid in enumerate(rejects_grids(report)):
                yield from islice(_table(grid, ZoneInfo("UTC")), 2 * min(place, 1), None)
        case _:
            yield from _headed(f"# {title(report)}", head_lines(report.head))
            yield from _component(report)


def _page(page: ContactsReport) -> Iterator[str]:
    yield from _headed(f"# {title(page)}", head_lines(page_head(page)))
    for place, component in enumerate(page.components):
        yield "\n" if place else ""
        yield from _headed(f"## {title(component)}", [])
        yield from _component(component)


def _component(report: Component) -> Iterator[str]:
    zone = report.head.range.zone
    if report.head.message is not None:
        yield f"{escaped(visible(report.head.message))}\n"
    elif isinstance(report, LogPage):
        yield from _table(log_grid(report), zone)
        yield from _cut(report)
    else:
        yield from _figures(report, zone)


def _figures(report: Overview | Breakdown, zone: ZoneInfo) -> Iterator[str]:
    figures = metrics_grid(report) if isinstance(report, Overview) else with_total(report)
    yield from _table(figures if report.head.compared else figures.without_comparison(), zone)
    yield "\n"
    yield from _table(series_grid(report), zone)


def _cut(log: LogPage) -> Iterator[str]:
    """What a cut log says, its command in a fence: nothing in it is escaped, so that it can be copied."""
    if lines := cut_lines(log):
        says, *commands = lines
        yield f"\n{escaped(says)}\n"
        for command in commands:
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", command)), 3)
            yield f"\n{fence}sh\n{command}\n{fence}\n"


def _ranges(ranges: RangeList) -> Iterator[str]:
    zone = find_zone(ranges.timezone)
    yield from _headed("# Ranges", [f"{ranges.timezone} · as of {said_moment(ranges.as_of, zone)}"])
    rows = [
        [chosen.name, said_range(chosen), said_range(compared) if compared else None]
        for chosen, compared in ranges.ranges
    ]
    yield from _table(Grid((Column("range"), Column("dates"), Column("compared with")), rows), zone)


def _status(status: StoreStatus) -> Iterator[str]:
    zone = find_zone(status.timezone)
    yield from _headed("# Store", [status.store])
    yield from _table(Grid((Column("what"), Column("value")), status_facts(status)), zone)
    if status.loads:
        yield "\n"
        yield from _table(loads_grid(status), zone)


def _headed(heading: str, lines: Sequence[str]) -> Iterator[str]:
    """A heading, and below it the lines of one paragraph, each kept a line by the backslash before it."""
    yield f"{heading}\n\n"
    if lines:
        yield "\\\n".join(escaped(visible(line)) for line in lines) + "\n\n"


def _table(grid: Grid, zone: ZoneInfo) -> Iterator[str]:
    columns = [
        [escaped(text) for text in texts] if column.kind == "text" else texts
        for column, texts in zip(grid.columns, grid.texts(zone), strict=True)
    ]
    headings = [escaped(visible(column.heading)) for column in grid.columns]
    yield f"| {' | '.join(headings)} |\n"
    yield f"| {' | '.join('---:' if column.right else '---' for column in grid.columns)} |\n"
    lines = (f"| {' | '.join(row)} |\n" for row in zip(*columns, strict=True))
    while chunk := "".join(islice(lines, _LINES_A_CHUNK)):
        yield chunk
