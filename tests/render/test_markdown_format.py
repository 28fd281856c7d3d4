"""Markdown: what a renderer shows is what the report says."""

from __future__ import annotations

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from contactrep.render import Look, render
from contactrep.render.text import visible
from contactrep.report import ContactsReport, LogPage, LogRow, Report
from tests.render import samples
from tests.render.test_text import ACTS, ANYTHING

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")


def text_of(report: Report) -> str:
    """The report's Markdown as it is written."""
    return b"".join(render(report, "markdown", look=Look())).decode()


def cells_of(text: str) -> list[list[str]]:
    """The rows of all tables as a renderer shows them; fails on anything that is not plain text."""
    rows: list[list[str]] = []
    for token in PARSER.parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and token.level > 2:
            rows[-1].append(_plain(token))
    return rows


def _plain(token: Token) -> str:
    kinds = {child.type for child in token.children or ()}
    assert kinds <= {"text", "text_special"}, kinds
    return "".join(child.content for child in token.children or ())


def log_of(text: str) -> LogPage:
    """A log with one row whose texts are all this one."""
    row = LogRow(samples.NOW, text, text, text, text, text)
    return LogPage(samples.head("log"), "connected", 1, 10_000, [row])


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """Pipes, backticks, HTML, links and emphasis in a name are shown, not acted on."""
    assert cells_of(text_of(log_of(text)))[1][2].strip(" ") == visible(text).strip(" ")


@given(ANYTHING)
def test_any_text_comes_back_as_it_is_shown(text: str) -> None:
    """Rendered, every cell shows the text with its stand-ins and nothing else."""
    written = text_of(log_of(text))
    shown = visible(text).strip()
    rows = cells_of(written)
    assert len(rows) == 2
    assert [cell.strip() for cell in rows[1][1:]] == [shown] * 5
    assert set(map(ord, written)) & set(ACTS) <= {ord("\n")}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a|b", "a\\|b"),
        ("snake_case", "snake_case"),
        ("_under_", "\\_under\\_"),
        ("https://x.example", "https\\://x.example"),
        ("www.x.example", "www\\.x.example"),
        ("ana@x.example", "ana\\@x.example"),
        (":smile:", "\\:smile:"),
        ("14:32", "14:32"),
        ("<b>", "&lt;b&gt;"),
        (" x ", "&#32;x&#32;"),
    ],
)
def test_only_what_acts_is_escaped(text: str, written: str) -> None:
    """What would become a link, a mention, emoji, HTML or markup is escaped, the rest stays readable."""
    assert f"| {written} |" in text_of(log_of(text))


def test_headings_make_an_outline() -> None:
    """The page has one first heading, and one below it for each of its parts; logs only where asked for."""
    without = ["# Contacts Report", "## Contacts Overview", "## Contacts Added", "## Contacts Connected"]
    assert _headings(Look()) == without
    assert _headings(Look(with_logs=True)) == [
        *without,
        "## Contact Added Log",
        "## Contact Connected Log",
        "## Contact Deleted Log",
        "## Contact Merged Log",
    ]


def _headings(look: Look) -> list[str]:
    text = b"".join(render(samples.page(), "markdown", look=look)).decode()
    return [line for line in text.splitlines() if line.startswith("#")]


def test_the_command_of_a_cut_log_can_be_copied() -> None:
    """The command stands alone in a fence, as it is."""
    text = text_of(samples.log(rows=3, total=25_000))
    assert text.endswith(
        "Showing 3 of 25,000. For all rows:\n\n```sh\ncontactrep export added --range last-7-days\n```\n"
    )


def test_figures_stand_at_the_right() -> None:
    """Columns of numbers are aligned to the right."""
    assert "| Metric | Count | Previous | Change |\n| --- | ---: | ---: | ---: |\n" in text_of(
        samples.overview()
    )


def test_the_headline_figures_are_in_one_line() -> None:
    """A chat shows no tables: above them are all figures with their changes, where there is one."""
    figures = "Added 1,440 (▲ 12.3 %) · Deleted 160 (▼ 6.4 %) · Merged 73 · Net 1,207 (▲ 8.6 %)"
    assert f"\n\n{figures} · Connected 1,152 (▲ 20.1 %)\n\n" in text_of(samples.page())
    assert "\n\nAdded 1,439\n\n" in text_of(samples.breakdown(comparing="none"))
    assert text_of(samples.no_data(samples.overview())).split("\n\n")[2:] == ["No events in this range\n"]


def test_what_is_too_long_for_a_chat_is_gathered() -> None:
    """Buckets beyond 124 are merged and small parts left out, so that all fits; a line says so, and no
    sum changes."""
    hours = samples.overview("2025-10-27..2026-11-05T15:00", by="hour")
    users = {f"user {place}": 1.0 for place in range(3_000)}
    # 247 buckets: each of them has a count of each user, and those of a year would be 27 million.
    week = samples.breakdown("2026-10-26T09:00..2026-11-05T15:00", level=13_000, by="hour", parts=users)
    text = text_of(ContactsReport(hours, week, samples.breakdown(component="connected"), {}))
    assert len(text.encode()) < 40_000
    assert "\nEach row is 73 hours; --format json has every hour.\n" in text
    assert "\nEach row is 2 hours; --format json has every hour.\n" in text
    assert "\n2,900 smaller parts are left out; --format csv has all of them.\n" in text
    added = [int(row[1].replace(",", "")) for row in cells_of(text_of(hours))[6:]]
    assert len(added) <= 124
    assert sum(added) == hours.added.count


def test_a_week_of_hours_keeps_its_figures() -> None:
    """Merged by two, no more than needed, and with the last part of the range."""
    rows = cells_of(text_of(samples.overview("last-7-days", by="hour")))[6:]
    assert len(rows) == 84
    assert rows[-1][0].endswith("(so far)")
