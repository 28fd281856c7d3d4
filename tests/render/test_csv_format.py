"""CSV: bare values, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep.render import Look, render
from contactrep.report import LogPage, LogRow, Report
from tests.render import samples


def text_of(report: Report, *, raw: bool = False) -> str:
    """The report's CSV as it is written."""
    return b"".join(render(report, "csv", look=Look(raw=raw))).decode()


def rows_of(report: Report, *, raw: bool = False) -> list[list[str]]:
    """The report's CSV as a program reads it."""
    return list(csv.reader(io.StringIO(text_of(report, raw=raw), newline="")))


def log_of(texts: list[str]) -> LogPage:
    """A log whose contact names are these."""
    rows = [LogRow(samples.NOW, "1", text, None, None, None) for text in texts]
    return LogPage(samples.head("log"), "added", len(rows), 10_000, rows)


def test_an_overview_is_its_metrics() -> None:
    """An overview has a row a metric; a change is a plain number, and empty of a previous 0."""
    assert rows_of(samples.overview()) == [
        ["metric", "count", "previous", "change"],
        ["added", "1440", "1282", repr((1440 - 1282) / 1282)],
        ["deleted", "160", "171", repr((160 - 171) / 171)],
        ["merged", "73", "0", ""],
        ["net", "1207", "1111", repr((1207 - 1111) / 1111)],
    ]


@pytest.mark.parametrize(("component", "split"), [("added", "source"), ("connected", "channel")])
def test_a_breakdown_is_its_table(component: str, split: str) -> None:
    """A breakdown has its table with shares, and no total that would be counted twice."""
    rows = rows_of(samples.breakdown(component=component))
    assert rows[0] == [split, "count", "share", "previous", "change"]
    assert sum(float(row[2]) for row in rows[1:]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("event", "titles"),
    [
        ("added", ["Timestamp", "Contact ID", "Contact Name", "Source", "User"]),
        ("connected", ["Timestamp", "Contact ID", "Contact Name", "Source", "User", "Channel"]),
        ("deleted", ["Timestamp", "Contact ID", "Contact Name", "Source", "User"]),
        (
            "merged",
            ["Timestamp", "Primary Contact ID", "Merged Contact ID", "Contact Name", "Source", "User"],
        ),
    ],
)
def test_a_log_has_the_hosted_reports_columns(event: str, titles: list[str]) -> None:
    """A log's columns are titled as in the hosted report, and its times have an offset."""
    rows = rows_of(samples.log(event))
    assert rows[0] == titles
    assert rows[1][0] == "2026-11-05T14:32:10+08:00"


def test_a_log_without_merged_ids_has_no_column_for_them() -> None:
    """Merges of a platform that names only the primary contact look as in the hosted report."""
    log = samples.log("merged")
    rows = rows_of(replace(log, rows=[row._replace(merged_contact_id=None) for row in log.rows]))
    assert rows[0] == ["Timestamp", "Primary Contact ID", "Contact Name", "Source", "User"]


def test_a_page_is_its_tables_one_after_another() -> None:
    """The whole page is what its parts are, a blank line between."""
    page = samples.page()
    parts: list[Report] = [page.overview, page.added, page.connected, *page.logs.values()]
    assert text_of(page) == "\n".join(text_of(part) for part in parts)
    assert text_of(page).count("\n\n") == 6


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("+60\n=1", "'+60\n=1"),
        ("+60 12\n", "'+60 12\n"),
        ("+1e5x", "'+1e5x"),
        ("+60 12-345 6789", "+60 12-345 6789"),
        ("+1 (555) 010.0", "+1 (555) 010.0"),
        ("-5", "-5"),
        ("-1.5", "-1.5"),
        ("+1.5e-3", "+1.5e-3"),
        ("00124", "00124"),
        ("1=1", "1=1"),
        (" =1", " =1"),
        ("'=1", "'=1"),
    ],
)
def test_what_a_spreadsheet_would_run_is_guarded(text: str, written: str) -> None:
    """A text that starts like a formula gets an apostrophe; numbers, phone numbers and raw text do not."""
    assert rows_of(log_of([text]))[1][2] == written
    assert rows_of(log_of([text]), raw=True)[1][2] == text


@given(st.lists(st.text(), max_size=5))
def test_raw_text_comes_back_as_it_was(texts: list[str]) -> None:
    """Whatever a text holds, quotes and line breaks among it, a CSV reader gets it back."""
    assert [row[2] for row in rows_of(log_of(texts), raw=True)[1:]] == texts


@given(st.lists(st.text(), max_size=5))
def test_a_guard_is_all_that_is_added(texts: list[str]) -> None:
    """Without the guard's apostrophe, guarded text is what it was."""
    for row, text in zip(rows_of(log_of(texts))[1:], texts, strict=True):
        assert row[2] in (text, f"'{text}")


def test_lines_end_as_unix_tools_expect() -> None:
    """Lines end in a newline alone, and a lone surrogate never stops the output."""
    assert "\r" not in text_of(samples.log())
    text_of(log_of(["\ud800"])).encode("utf-8")


def test_an_answer_without_data_keeps_its_head_line() -> None:
    """A breakdown or a log without rows is its head line alone; a status and its loads are two tables."""
    assert text_of(samples.no_data(samples.breakdown())) == "source,count,share,previous,change\n"
    assert text_of(samples.log(rows=0)) == "Timestamp,Contact ID,Contact Name,Source,User\n"
    assert [row[0] for row in rows_of(samples.status()) if row][:3] == ["name", "version", "store"]
