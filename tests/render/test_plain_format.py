"""Plain text: for pipes, files and mail; nothing cut, nothing that is not text."""

from __future__ import annotations

from contactrep.render import render
from contactrep.report import Report
from tests.render import samples


def text_of(report: Report) -> str:
    """The report as plain text."""
    return b"".join(render(report, "plain")).decode()


def test_a_log_is_comments_a_head_line_and_rows() -> None:
    """A log begins with `# ` lines, has one head line and then a row a line, its fields between tabs."""
    lines = text_of(samples.log(names=samples.HOSTILE, rows=25)).split("\n")[:-1]
    assert lines[:4] == [
        "# Contact Added Log",
        "# 30 Oct – 5 Nov 2026 · last-7-days",
        "# Asia/Kuala_Lumpur · data through Thu 5 Nov 2026 14:32",
        "Timestamp\tContact ID\tContact Name\tSource\tUser",
    ]
    assert len(lines) == 4 + 25
    assert {line.count("\t") for line in lines[3:]} == {4}


def test_nothing_is_cut() -> None:
    """The longest name is whole, however long it is."""
    name = "x" * 100_000
    assert name in text_of(samples.log(names=(name,)))
    assert name in text_of(samples.breakdown(parts={name: 1.0}))


def test_a_log_without_rows_keeps_its_head_line() -> None:
    """Who reads the columns by name finds them also when nothing happened; the message is a comment."""
    log = samples.log(rows=0)
    text = text_of(samples.without_rows(log))
    assert text.split("\n")[-3:] == [
        "# No events in this range",
        "Timestamp\tContact ID\tContact Name\tSource\tUser",
        "",
    ]


def test_figures_stand_below_one_another() -> None:
    """Counts, shares and changes are aligned at their right, also below CJK names."""
    lines = text_of(samples.breakdown(component="connected", parts=samples.CHANNELS, level=5000)).split("\n")
    table = lines[lines.index("") + 1 :]
    assert table[:8] == [
        "Channel      Count    Share  Previous    Change",
        "WhatsApp    22,000   55.0 %    15,400  ▲ 42.9 %",
        "Instagram    8,001   20.0 %     6,801  ▲ 17.6 %",
        "LINE         4,800   12.0 %     4,800     0.0 %",
        "電子メール   3,200    8.0 %     3,680  ▼ 13.0 %",
        "Unknown      1,999    5.0 %     2,599  ▼ 23.1 %",
        "Total       40,000  100.0 %    33,280  ▲ 20.2 %",
        "",
    ]


def test_the_series_is_a_table() -> None:
    """Instead of a drawing there is a row for each bucket."""
    text = text_of(samples.overview())
    assert "\nFri 30 Oct 2026            180       26      12  142\n" in text
    assert "\nThu 5 Nov 2026 (so far)    131       21      12   98\n" in text
