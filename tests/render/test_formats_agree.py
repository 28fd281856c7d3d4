"""All formats say the same: every figure, cell by cell, is the one of the JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from contactrep.phrases import change, number, share
from contactrep.render import Look, render
from contactrep.report import Breakdown, LogPage, Overview, Report, shown_shares
from tests.render import samples
from tests.render.test_markdown_format import cells_of
from tests.render.test_terminal_page import ESCAPE

FIGURES = [
    samples.overview(),
    samples.overview("today", level=3),
    samples.overview(comparing="none"),
    samples.overview(level=12_345_678),
    samples.breakdown(),
    samples.breakdown("last-90-days", parts=samples.TWELVE),
    samples.breakdown(component="connected", parts=samples.CHANNELS, comparing="year"),
]
LOGS = [samples.log(event) for event in ("added", "connected", "deleted", "merged")]


def written(report: Report, name: str) -> str:
    """The report in a format; the page wide enough that nothing on it is cut."""
    return b"".join(render(report, name, look=Look(160, "truecolor"))).decode()


def rows_said(report: Overview | Breakdown) -> list[list[str]]:
    """The JSON's figures, as people read them: name, count, share, previous, change of each row."""
    value = json.loads(written(report, "json"))
    if isinstance(report, Overview):
        rows = [{"name": name.capitalize(), **figure} for name, figure in value["metrics"].items()]
    else:
        shown = shown_shares([row["count"] for row in value["breakdown"]])
        rows = [
            {**row, "name": row[report.split], "share": tenths}
            for row, tenths in zip(value["breakdown"], shown, strict=True)
        ]
        rows.append({"name": "Total", "share": 1000, **value["total"]})
    return [_said(row, compared=value["previous"] is not None) for row in rows]


def _said(row: dict[str, Any], *, compared: bool) -> list[str]:
    cells = [row["name"], number(row["count"])]
    cells += [share(row["share"], row["count"])] if "share" in row else []
    return [*cells, number(row["previous"]), change(row["change"])] if compared else cells


def table_after(text: str, heading: str) -> list[list[str]]:
    """The rows of the aligned table whose head line begins with a heading."""
    lines = text.split("\n")
    start = next(place for place, line in enumerate(lines) if line.startswith(heading)) + 1
    end = next((place for place in range(start, len(lines)) if not lines[place]), len(lines))
    return [re.split(" {2,}", line) for line in lines[start:end]]


@pytest.mark.parametrize(
    "report", FIGURES, ids=lambda report: f"{report.head.component} {report.head.range.name}"
)
def test_figures_agree(report: Overview | Breakdown) -> None:
    """Plain text, Markdown, CSV and the page show the counts, shares and changes of the JSON."""
    said = rows_said(report)
    heading = "Metric" if isinstance(report, Overview) else report.split.capitalize()
    assert table_after(written(report, "plain"), heading) == said
    assert cells_of(written(report, "markdown"))[1 : len(said) + 1] == said
    page = ESCAPE.sub("", written(report, "table"))
    for name, *figures in said:
        assert re.search(_on_the_page(name, figures, report), page), (name, figures)


def _on_the_page(name: str, figures: list[str], report: Overview | Breakdown) -> str:
    """A row of the page's table, or a headline figure: its name, and below it its figures."""
    if isinstance(report, Breakdown):
        return rf"(?m)\b{re.escape(name)} +{' +'.join(map(re.escape, figures))}$"
    count, *compared = map(re.escape, figures)
    if not compared:
        return rf"(?m)\b{name}\b.*\n{count} "
    previous, changed = compared
    return rf"(?m)\b{name}\b.*\n{count}  {changed}(  .*)?\nwas {previous}\b"


@pytest.mark.parametrize(
    "report", FIGURES, ids=lambda report: f"{report.head.component} {report.head.range.name}"
)
def test_csv_has_the_jsons_numbers(report: Overview | Breakdown) -> None:
    """CSV has the numbers of the JSON to the last digit."""
    value = json.loads(written(report, "json"))
    rows = list(csv.DictReader(io.StringIO(written(report, "csv"), newline="")))
    if isinstance(report, Overview):
        del value["metrics"]["net"]["deleted_after_merge"]  # in words in the texts
        expected = [{"metric": name, **figure} for name, figure in value["metrics"].items()]
    else:
        expected = value["breakdown"]
    assert [[cell or None for cell in row.values()] for row in rows] == [
        [None if cell is None else str(cell) for cell in row.values()] for row in expected
    ]


@pytest.mark.parametrize(
    "report", FIGURES, ids=lambda report: f"{report.head.component} {report.head.range.name}"
)
def test_series_agree(report: Overview | Breakdown) -> None:
    """Plain text and Markdown have every bucket of the JSON with its counts."""
    value = json.loads(written(report, "json"))
    counts = [
        [number(count) for count in (entry.get("counts") or dict(list(entry.items())[3:])).values()]
        for entry in value["series"]
    ]
    heading = (report.head.by or "").capitalize()
    assert [row[1:] for row in table_after(written(report, "plain"), heading)] == counts
    assert [row[1:] for row in cells_of(written(report, "markdown"))[-len(counts) :]] == counts


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.event)
def test_logs_agree(log: LogPage) -> None:
    """Every format of a log has the rows of the JSON; the page has them to the second."""
    found = json.loads(written(log, "json"))["rows"]
    for row in found if log.event == "merged" else ():  # beside the other id in tables, last in JSON
        others = [(name, row.pop(name)) for name in [*row][2:-1]]
        row |= others
    rows = [[cell or "" for cell in row.values()] for row in found]
    assert list(csv.reader(io.StringIO(written(log, "csv"), newline="")))[1:] == rows
    assert [line.split("\t") for line in written(log, "plain").split("\n")[4:-1]] == rows
    assert cells_of(written(log, "markdown"))[1:] == rows
    page = ESCAPE.sub("", written(log, "table")).split("\n")
    shown = [re.split(" {2,}", line) for line in page if line.startswith("2026-")]
    to_the_second = [[row[0][:19].replace("T", " "), *filter(None, row[1:])] for row in rows]
    assert shown == to_the_second
