"""Workbooks: the figures of the JSON in real cells, native charts, and no text that acts."""

# ruff: noqa: DTZ001 - a sheet shows wall times, which are naive

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from contactrep.errors import OutputProblem
from contactrep.period import Clock
from contactrep.render import Look, render
from contactrep.render.text import visible
from contactrep.report import (
    Answer,
    Breakdown,
    ContactsReport,
    Figure,
    LogRow,
    Notice,
    Overview,
    Reject,
    RejectList,
    shown_shares,
)
from tests import nasty
from tests.render import samples
from tests.render.goldens import ANSWERS

# openpyxl does not read data bars of newer programs.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
ACTING = [
    f"{{http://schemas.openxmlformats.org/spreadsheetml/2006/main}}{name}" for name in ("f", "hyperlink", "r")
]
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"

NASTY = samples.breakdown(parts=dict.fromkeys(nasty.EVERY, 1.0), component="connected", level=2)
EVERY: dict[str, Answer] = {
    **ANSWERS,
    "hostile": NASTY,
    "long": samples.breakdown(parts=dict.fromkeys(nasty.LONG[:3], 1.0)),
    "formulas": samples.breakdown(parts=dict.fromkeys(nasty.FORMULAS[:7], 1.0)),
    "markup": samples.breakdown(parts=dict.fromkeys(["<r><t>x</t></r>", "Sheet1!A1", "'a'!B2"], 1.0)),
    "no comparison": samples.overview(comparing="none"),
    "one bucket": samples.overview("today", by="day"),
    "yearly": samples.breakdown("1890..2026", by="year"),
    "months": samples.overview("2025..2026", by="month"),
    "quarters": samples.overview("2025..2026", by="quarter"),
    "empty log": samples.without_rows(samples.log()),
}


def written(answer: Answer, look: Look = Look()) -> bytes:  # noqa: B008 - frozen
    """The bytes of a workbook."""
    return b"".join(render(answer, "xlsx", look=look))


def opened(answer: Answer, look: Look = Look()) -> Any:  # noqa: B008 - frozen
    """The workbook as a reader of its own sees it."""
    return openpyxl.load_workbook(io.BytesIO(written(answer, look)))


def texts_of(sheet: Any) -> list[str]:
    """The texts of a sheet, cell by cell."""
    return [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]


def table(sheet: Any, heading: str) -> list[list[Any]]:
    """The rows below the first cell with this text, up to the first empty one; without empty columns."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(place for place, row in enumerate(rows) if row[0] == heading)
    width = next((place for place, value in enumerate(rows[start]) if value is None), len(rows[start]))
    end = next((place for place in range(start, len(rows)) if rows[place][0] is None), len(rows))
    return [row[:width] for row in rows[start:end]]


def charts(data: bytes) -> Iterator[ElementTree.Element]:
    """The charts of a workbook, as XML."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("xl/charts/chart"))
        for name in names:
            yield ElementTree.fromstring(archive.read(name))  # noqa: S314 - our own file


@pytest.mark.parametrize("name", EVERY)
def test_no_text_acts(name: str) -> None:
    """There is no formula and no link, sheets have names of our own, and charts name by cells alone."""
    data = written(EVERY[name], Look(command="contactrep report"))
    sheets = openpyxl.load_workbook(io.BytesIO(data)).sheetnames
    assert all(re.fullmatch("[A-Za-z ]{1,31}", sheet) for sheet in sheets)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.namelist():
            root = ElementTree.fromstring(archive.read(part))  # noqa: S314 - our own file
            acting = [it.tag for it in root.iter() if it.tag in ACTING]
            assert "External" not in archive.read(part).decode()
            if not part.startswith("xl/charts/"):
                assert not acting, part
    for chart in charts(data):
        named = "|".join(map(re.escape, sheets))
        for formula in chart.iter(f"{CHART}f"):
            assert re.fullmatch(rf"'?({named})'?!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", formula.text or "")
        titles = ["".join(it.itertext()) for it in chart.iter(f"{DRAWING}t")]
        assert all(re.fullmatch(r"[A-Za-z0-9, ]+", title) for title in titles)


@pytest.mark.parametrize("name", [name for name, it in EVERY.items() if isinstance(it, Overview)])
def test_an_overview_has_the_figures_of_its_json(name: str) -> None:
    """Counts and changes are numbers, and so are the buckets behind the chart, a row each."""
    answer = EVERY[name]
    value, book = json.loads(b"".join(render(answer, "json"))), opened(answer)
    if value["message"]:
        assert book.sheetnames == ["Overview"]
        assert value["message"] in texts_of(book["Overview"])
        return
    head, *rows = table(book["Overview"], "Metric")
    compared = value["previous"] is not None
    assert head == ["Metric", "Count", *(["Previous", "Change"] if compared else [])]
    for row, (metric, figure) in zip(rows, value["metrics"].items(), strict=True):
        expected = [metric.capitalize(), figure["count"], figure["previous"], _change(figure)]
        assert row == expected[: len(head)]
    head, *rows = table(book[book.sheetnames[1]], "Start (Asia/Kuala_Lumpur)")
    assert head[2:] == ["Added", "Deleted", "Merged", "Net", "Partial"]
    for row, bucket in zip(rows, value["series"], strict=True):
        start = datetime.fromisoformat(bucket["start"]).replace(tzinfo=None)
        partial = "yes" if bucket["partial"] else "no"
        counts = [bucket[one] for one in ("added", "deleted", "merged", "net")]
        assert [row[0], *row[2:]] == [start, *counts, partial]


@pytest.mark.parametrize(
    "name", ["added", "added-twelve-weekly", "hostile", "long", "yearly", "formulas", "markup"]
)
def test_a_breakdown_has_the_figures_of_its_json(name: str) -> None:
    """Each part has its count, the share that people see, and its change; of its buckets there is a table."""
    answer = EVERY[name]
    assert isinstance(answer, Breakdown)
    value, book = json.loads(b"".join(render(answer, "json"))), opened(answer)
    page, buckets = book[book.sheetnames[0]], book[book.sheetnames[1]]
    rows = table(page, answer.split.capitalize())[1:]
    shares = shown_shares([part["count"] for part in value["breakdown"]])
    total = value["total"]
    assert rows[-1] == ["Total", total["count"], 1, total["previous"], _change(total)]
    for row, part, tenths in zip(rows, value["breakdown"], shares, strict=False):
        shown = pytest.approx(part["share"], rel=1e-15) if part["count"] and not tenths else tenths / 1000
        assert row[0][:200] == _stands_for(part[answer.split])[:200]
        assert row[1:] == [part["count"], shown, part["previous"], _change(part)]
    top = [part[answer.split] for part in value["breakdown"][:8]]
    for row, bucket in zip(list(buckets.iter_rows(values_only=True))[1:], value["series"], strict=True):
        assert list(row[2 : 2 + len(top)]) == [bucket["counts"].get(one, 0) for one in top]


def _change(figure: dict[str, Any]) -> Any:
    """The change of a figure, as a cell keeps it: 16 digits."""
    return "n/a" if figure["change"] is None else pytest.approx(figure["change"], rel=1e-15)


def _stands_for(name: str) -> str:
    return visible(name).translate({0xFFFE: "‹U+FFFE›", 0xFFFF: "‹U+FFFF›"})


def test_cells_are_shown_as_people_read_them() -> None:
    """Counts have thousands, shares and changes are percentages, times are dates, ids are texts."""
    page = opened(samples.page(level=40_000))
    added, log = page["Added"], page["Added Log"]
    first = next(row for row in added.iter_rows() if row[0].value == "Incoming Message")
    assert [cell.number_format for cell in first[1:3]] == ["#,##0", "0.0 %"]
    assert first[4].number_format == '"▲ "0.0 %;"▼ "0.0 %;0.0 %'
    head, newest = table(log, "Timestamp (Asia/Kuala_Lumpur)")[:2]
    assert head[1:] == ["Contact ID", "Contact Name", "Source", "User"]
    assert newest[0] == datetime(2026, 11, 5, 14, 32, 10)
    assert newest[1] == "100200300"
    start = page["Added by day"]["A2"]
    assert (start.value, start.number_format) == (datetime(2026, 10, 30), "yyyy-mm-dd")


def test_a_part_too_small_for_its_share_says_so() -> None:
    """The cell has the exact share, and shows that it is less than is shown."""
    parts = {"much": 1_000_000.0} | {f"part {place}": 1.0 for place in range(30)}
    sheet = opened(samples.breakdown("today", parts=parts, level=1))["Added"]
    row = next(row for row in sheet.iter_rows() if row[0].value == "part 3")
    assert 0 < row[2].value < 0.0005
    assert row[2].number_format == '"< 0.1 %"'


def test_a_fall_to_nearly_nothing_is_not_one_to_nothing() -> None:
    """The cell has the exact change, and shows what every other format says."""
    made = replace(samples.overview(), added=Figure(1, 5_000), deleted=Figure(0, 5_000))
    change = {row[0].value: row[3] for row in opened(made)["Overview"].iter_rows()}
    assert change["Added"].value == pytest.approx(-0.9998)
    assert change["Added"].number_format == '"▲ ""99.9 %";"▼ ""99.9 %";0.0 %'
    assert change["Deleted"].number_format == '"▲ "0.0 %;"▼ "0.0 %;0.0 %'


def test_the_page_has_two_sheets_per_section_and_one_per_log() -> None:
    """Tables have a frozen header, charts none, for they would be cut."""
    book = opened(samples.page())
    assert book.sheetnames == [
        *("Overview", "Overview by day", "Added", "Added by day", "Connected", "Connected by day"),
        *("Added Log", "Connected Log", "Deleted Log", "Merged Log"),
    ]
    frozen = {sheet.title: sheet.freeze_panes for sheet in book.worksheets}
    assert (
        frozen.pop("Overview by day") == frozen.pop("Added by day") == frozen.pop("Connected by day") == "C2"
    )
    assert [frozen.pop(name) for name in ("Overview", "Added", "Connected")] == [None] * 3
    for name, cell in frozen.items():
        assert book[name].cell(int(cell[1:]) - 1, 1).value == "Timestamp (Asia/Kuala_Lumpur)"
    assert [len(sheet._charts) for sheet in book.worksheets][:6] == [2, 0, 2, 0, 2, 0]
    assert all(len(sheet.column_dimensions) >= 2 for sheet in book.worksheets)


def test_the_first_sheet_says_what_the_report_is() -> None:
    """Title, range, zone, comparison, the command, the lead, and each notice."""
    page = replace(
        samples.page(), notices=(Notice("the comparison is incomplete"), Notice("=2+3", warning=True))
    )
    first = opened(page, Look(command="contactrep report --range last-7-days")).worksheets[0]
    texts = texts_of(first)
    assert texts[0] == "Contacts Report"
    for text in (
        "30 Oct – 5 Nov 2026 · last-7-days",
        "Asia/Kuala_Lumpur · data through Thu 5 Nov 2026 14:32",
        "compared with 23 – 29 Oct 2026 until 14:32",
        "contactrep report --range last-7-days",
        "Note: the comparison is incomplete",
        "Note: =2+3",
    ):
        assert text in texts
    assert any(text.startswith("1,440 contacts were added, 12.3 % more") for text in texts)


def test_a_command_that_no_cell_can_hold_is_left_out() -> None:
    """Half a command does something else."""
    command = f"contactrep report {'x.csv ' * 9_000}"
    log = replace(samples.log(rows=3, total=9), export_command=command)
    texts = texts_of(opened(log, Look(command=command)).worksheets[0])
    assert "Showing 3 of 9" in texts
    assert not any("contactrep" in text for text in texts)


@pytest.mark.parametrize("answer", [samples.overview(), samples.breakdown(), samples.overview("2026-10")])
def test_bars_that_are_not_over_are_hatched(answer: Overview | Breakdown) -> None:
    """As many bars of each series as there are such buckets, at the end."""
    unfinished = sum(map(answer.head.unfinished, (entry.bucket for entry in answer.series)))
    assert unfinished == (answer.head.range.name == "last-7-days")
    for chart in charts(written(answer)):
        for bars in chart.iter(f"{CHART}barChart"):
            for series in bars.iter(f"{CHART}ser"):
                hatched = [
                    int(point.find(f"{CHART}idx").get("val", ""))  # type: ignore[union-attr]
                    for point in series.iter(f"{CHART}dPt")
                    if next(point.iter(f"{DRAWING}pattFill"), None) is not None
                ]
                assert hatched == [len(answer.series) - 1] * unfinished


def test_charts_show_few_parts_and_few_bars() -> None:
    """Of more than eight parts the smallest are one, and of many buckets neighbours; the tables have all."""
    many = samples.breakdown("2025-09-20..2026-11-05", parts=samples.TWELVE, by="hour")
    data = written(many)
    drawn = list(charts(data))
    names = [[it.text for it in chart.iter(f"{CHART}v")] for chart in drawn]
    assert all("Other (5)" in values for values in names)
    assert "Contacts added by hour and source, 80 hours a bar" in [
        "".join(it.itertext()) for it in drawn[0].iter(f"{DRAWING}t")
    ]
    counts = [it.get("val") for it in drawn[0].iter(f"{CHART}ptCount")]
    assert set(counts) == {"1", "124"}
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Added by hour"]
    assert sheet.max_row == len(many.series) + 1
    gathered = [row[25].value for row in sheet.iter_rows(max_row=125)]
    assert gathered[0] == "Other (5)"
    others = sum(sum(list(entry.counts.values())[7:]) for entry in many.series)
    assert sum(int(str(value)) for value in gathered[1:]) == others


@pytest.mark.parametrize("name", ["nan", "inf", "Infinity", "１２"])
def test_names_that_read_as_numbers_are_texts_of_a_ring(name: str) -> None:
    """Excel repairs a workbook that has such a number in what a chart keeps of the names."""
    *_, ring = charts(written(samples.breakdown(parts={name: 2.0, "7": 1.0})))
    (categories,) = ring.iter(f"{CHART}cat")
    assert [it.tag for it in categories] == [f"{CHART}strRef"]
    assert {(it.text or "").rstrip() for it in categories.iter(f"{CHART}v")} == {name, "7"}


def test_an_hour_that_occurs_twice_is_told_apart() -> None:
    """The bucket has its offset in its label; the second row of a log has it in its time."""
    zone, at = ZoneInfo("Europe/Berlin"), datetime(2026, 10, 25, 12, tzinfo=UTC)
    clock = Clock.at(at, zone)
    overview = samples.overview("today", at=clock, by="hour")
    rows = table(opened(overview)["Overview by hour"], "Start (Europe/Berlin)")[1:]
    assert [row[:2] for row in rows[2:4]] == [
        [datetime(2026, 10, 25, 2), "Sun 25 Oct 2026 02:00 (+02:00)"],
        [datetime(2026, 10, 25, 2), "Sun 25 Oct 2026 02:00 (+01:00)"],
    ]
    hours = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    log = samples.log(rows=2, each=lambda place: LogRow(hours[place], str(place), None, None, None))
    log = replace(log, head=samples.head("log", "today", at=clock))
    rows = table(opened(log)["Added Log"], "Timestamp (Europe/Berlin)")[1:]
    assert [row[0] for row in rows] == [datetime(2026, 10, 25, 2, 30), "2026-10-25T02:30:00+01:00"]


def test_a_text_that_no_cell_holds_is_cut() -> None:
    """It ends in … and the workbook is whole."""
    for letter, most in (("x", 32_766), ("é", 32_766), ("🎂", 16_383)):
        sheet = opened(samples.log(rows=1, names=[letter * 40_000]))["Added Log"]
        name = max(texts_of(sheet), key=len)
        assert name == letter * most + "…"


def test_lists_are_a_sheet_for_each_table() -> None:
    """What is no report has the tables of its CSV, with real dates and numbers."""
    status = opened(samples.status())
    assert status.sheetnames == ["Store", "Loads"]
    head, first, _ = table(status["Loads"], "Load")
    assert head[:2] == ["Load", "At (Asia/Kuala_Lumpur)"]
    assert first[:3] == [1, datetime(2026, 11, 2, 2, 0), 22_000]
    load = table(opened(samples.load())["Files"], "Path")
    assert load[1][:5] == ["events/october.csv", 22_002, 22_000, 1, 1]
    assert table(opened(samples.users())["Users"], "ID")[2] == ["48102", "=1+1[red]␛[31m"]


def test_more_rejects_than_a_sheet_has_rows_are_refused() -> None:
    """Nothing is cut in silence."""
    rejects = RejectList(1_048_576, iter([Reject("a.csv", 1, "no event", "x")]))
    message = "1,048,576 rows do not fit a sheet, which ends at 1,048,575: write CSV instead"
    with pytest.raises(OutputProblem, match=message):
        written(rejects)


def test_sections_without_figures_say_why() -> None:
    """A message takes the place of figures and charts, and there is no sheet of buckets."""
    page = samples.page()
    added = samples.not_applicable(page.added)
    assert isinstance(added, Breakdown)
    book = opened(replace(page, added=added))
    assert "Added by day" not in book.sheetnames
    assert "The selected filter(s) are not applicable here: channel" in texts_of(book["Added"])
    assert isinstance(page, ContactsReport)
