"""Answers as a workbook (XLSX): a sheet per section, with native charts and the rows behind them.

A section has two sheets: one with figures and charts, and one with its buckets as a flat table, for pivot
tables. They are apart because the table has frozen rows, which would cut a chart. Times are dates in the
run's zone, which headers name. Texts from events stay texts: they never become formulas or links, nor names
of sheets or of series.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlsxwriter import Workbook

from contactrep import report
from contactrep.document import document, head_of
from contactrep.document.blocks import Chart
from contactrep.errors import MAKE_ROOM, OutputProblem, unwritable
from contactrep.machine import scratch
from contactrep.render.look import Look
from contactrep.render.outline import Outline, OutlineSection, outline
from contactrep.render.tables import tables
from contactrep.render.workbook.charts import bucket_sheet, draw_buckets, draw_net, draw_shares
from contactrep.render.workbook.sheets import Book, SheetPage, drawn_names
from contactrep.render.xlsx import LONGEST_CELL, MOST_ROWS, opened

_PIECE = 1 << 20  # bytes


def write(answer: report.Answer, look: Look) -> Iterator[bytes]:
    """The workbook of an answer, in pieces of a file that is made in the scratch folder.

    Raises OutputProblem where a table has more rows than a sheet, or the disk is full.
    """
    if isinstance(answer, report.RejectList) and answer.total >= MOST_ROWS:
        raise OutputProblem(
            f"{answer.total:,} rows do not fit a sheet, which ends at {MOST_ROWS - 1:,}:"
            " write CSV instead (-o FILE.csv)"
        )
    try:
        with scratch() as folder:
            path = folder / "workbook"
            with opened(path, folder) as workbook:
                _fill(workbook, answer, look)
            with path.open("rb") as file:
                yield from iter(lambda: file.read(_PIECE), b"")
    except OSError as error:
        raise unwritable("the workbook", error.strerror or str(error), MAKE_ROOM) from None


def _fill(workbook: Workbook, answer: report.Answer, look: Look) -> None:
    book = Book(workbook)
    match answer:
        case report.Overview() | report.Breakdown() | report.LogPage() | report.ContactsReport():
            workbook.set_properties({"created": head_of(answer).now.replace(tzinfo=None)})
            whole = outline(document(answer, prose=True, command=look.command))
            _add_report(book, whole.with_commands(LONGEST_CELL // 2))  # a cell counts some characters twice
        case _:
            for name, grid in tables(answer):
                SheetPage(book, name).data(grid)


def _add_report(book: Book, whole: Outline) -> None:
    """A page for each section; the first has what the report says of itself."""
    for place, section in enumerate(whole.sections):
        page = SheetPage(book, _name(section.title))
        if place == 0:
            _add_head(page, whole)
        if section.title != whole.title:
            page.title(section.title, large=place > 0)
        if place:
            page.line(f"{whole.facts.dates} · {whole.facts.zone}", muted=True)
        _add_section(page, section)


def _name(title: str) -> str:
    """The name of a section's sheet: `Added` for Contacts Added."""
    return title.removeprefix("Contacts ").removeprefix("Contact ")


def _add_head(page: SheetPage, whole: Outline) -> None:
    """What the report covers, its lead and its notices, and the command that makes it again."""
    page.title(whole.title)
    for line in (*whole.facts.lines, f"as of {whole.facts.made}"):
        page.line(line, muted=True)
    if whole.command:
        page.line(whole.command, muted=True)
    if whole.notices or whole.lead:
        page.gap()
    for notice in whole.notices:
        page.notice(notice.text)
    if whole.lead:
        page.paragraph(" ".join(whole.lead))


def _add_section(page: SheetPage, section: OutlineSection) -> None:
    """The figures or rows of a section, or why it has none."""
    for line in section.cut.lines if section.cut else ():
        page.line(line, muted=True)
    page.gap()
    if section.rows is not None:
        page.data(section.rows)
    if section.figures is not None:
        page.figures(section.figures)
    for message in section.messages:
        page.line(message)
        page.gap()
    if section.chart is not None:
        _add_chart(page, section, section.chart)


def _add_chart(page: SheetPage, section: OutlineSection, chart: Chart) -> None:
    """The charts of a section, those of parts beside their table, and the sheet of their buckets."""
    parts, name = section.parts, f"{_name(section.title)} by {chart.by}"
    page.has_charts(wide=parts is not None)
    if parts is None:
        buckets = bucket_sheet(page.book, name, chart, [one.name for one in chart.series])
        draw_buckets(page, buckets, chart)
        draw_net(page, buckets, chart)
        return
    buckets = bucket_sheet(page.book, name, chart, drawn_names(parts))
    beside = page.row
    shown = page.parts(parts)
    draw_buckets(page, buckets, chart, parts, beside=beside)
    draw_shares(page, parts, shown, beside=beside)
