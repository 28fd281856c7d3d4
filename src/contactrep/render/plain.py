"""Reports as plain text, for pipes, files and mail: the same figures, no escape codes, nothing cut.

Figures stand in aligned columns, for these are read (cron mails them). A log is for `grep`, `cut` and
`awk`: `# ` lines, one head line, then a row a line with tabs between the fields.
"""

from __future__ import annotations

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
from contactrep.render.text import cells, fit, visible
from contactrep.report import (
    Breakdown,
    ContactsReport,
    LogPage,
    Overview,
    RangeList,
    RejectList,
    Report,
    StoreStatus,
)
from contactrep.zones import find_zone

GAP = "  "
_LINES_A_CHUNK = 1000


def render_plain(report: Report) -> Iterator[str]:
    """The report as lines of UTF-8 text, each ending in a newline."""
    match report:
        case LogPage():
            yield from _log(report)
        case ContactsReport():
            yield from _page(report)
        case RangeList():
            yield from _ranges(report)
        case StoreStatus():
            yield from _status(report)
        case RejectList():
            for place, grid in enumerate(rejects_grids(report)):
                yield from islice(_tabbed(grid, ZoneInfo("UTC")), min(place, 1), None)
        case _:
            yield from _paragraph([title(report), *head_lines(report.head)])
            yield "\n"
            yield from _component(report)


def _component(report: Overview | Breakdown) -> Iterator[str]:
    if report.head.message is not None:
        yield f"{visible(report.head.message)}\n"
        return
    zone = report.head.range.zone
    figures = metrics_grid(report) if isinstance(report, Overview) else with_total(report)
    yield from _aligned(figures if report.head.compared else figures.without_comparison(), zone)
    yield "\n"
    yield from _aligned(series_grid(report), zone)


def _page(page: ContactsReport) -> Iterator[str]:
    yield from _paragraph([title(page), *head_lines(page_head(page))])
    for component in page.components:
        yield "\n"
        yield from _paragraph([title(component), "-" * len(title(component))])
        yield from _newest(component) if isinstance(component, LogPage) else _component(component)


def _newest(log: LogPage) -> Iterator[str]:
    """A few rows of a log on the whole page: to be read, so aligned."""
    if log.head.message is not None:
        yield f"{visible(log.head.message)}\n"
        return
    yield from _aligned(log_grid(log), log.head.range.zone)
    yield from _paragraph(cut_lines(log))


def _log(log: LogPage) -> Iterator[str]:
    lines = [title(log), *head_lines(log.head), *([log.head.message] if log.head.message else [])]
    yield from _paragraph([f"# {visible(line)}" for line in [*lines, *cut_lines(log)]])
    yield from _tabbed(log_grid(log), log.head.range.zone)


def _ranges(ranges: RangeList) -> Iterator[str]:
    zone = find_zone(ranges.timezone)
    yield from _paragraph(["Ranges", f"{ranges.timezone} · as of {said_moment(ranges.as_of, zone)}"])
    yield "\n"
    rows = [
        [chosen.name, said_range(chosen), said_range(compared) if compared else None]
        for chosen, compared in ranges.ranges
    ]
    yield from _aligned(Grid((Column("range"), Column("dates"), Column("compared with")), rows), zone)


def _status(status: StoreStatus) -> Iterator[str]:
    zone = find_zone(status.timezone)
    facts = [[name, value] for name, value in status_facts(status)]
    yield from _aligned(Grid((Column("store"), Column(status.store, title=status.store)), facts), zone)
    if status.loads:
        yield "\n"
        yield from _aligned(loads_grid(status), zone)


def _paragraph(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{line}\n"


def _tabbed(grid: Grid, zone: ZoneInfo) -> Iterator[str]:
    yield "\t".join(column.heading for column in grid.columns) + "\n"
    lines = map("\t".join, zip(*grid.texts(zone), strict=True))
    while chunk := "\n".join(islice(lines, _LINES_A_CHUNK)):
        yield f"{chunk}\n"


def _aligned(grid: Grid, zone: ZoneInfo) -> Iterator[str]:
    """Columns two spaces apart, figures to the right; no line ends in spaces."""
    padded = []
    for column, texts in zip(grid.columns, grid.texts(zone), strict=True):
        lines = [visible(column.heading), *texts]
        width = max(map(cells, lines))
        padded.append([fit(line, width, right=column.right) for line in lines])
    for line in zip(*padded, strict=True):
        yield GAP.join(line).rstrip() + "\n"
