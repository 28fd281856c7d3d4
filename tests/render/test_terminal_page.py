"""The page on a terminal: never wider than it, never obeying a name, whole at every width."""

from __future__ import annotations

import re
from dataclasses import replace

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from contactrep.filters import Filters
from contactrep.render import Colour, Look, render
from contactrep.report import (
    NO_APPLICABLE_DATA,
    NO_EVENTS,
    Breakdown,
    ContactsReport,
    Figure,
    LogPage,
    LogRow,
    Overview,
    Report,
    Slice,
    not_applicable_message,
)
from tests.render import samples
from tests.render.test_text import ACTS, ANYTHING

ESCAPE = re.compile(r"\x1b\[[0-9;]+m")
EVERY: dict[str, Report] = {
    "overview": samples.overview(),
    "hours": samples.overview("today"),
    "year": samples.overview("2016..2026", by="day"),
    "added": samples.breakdown(),
    "twelve": samples.breakdown("last-90-days", parts=samples.TWELVE),
    "one": samples.breakdown("today", by="day", parts={"User": 1.0}, level=1),
    "huge": samples.overview(level=123_456_789),
    "log": samples.log("connected", names=samples.HOSTILE, rows=30, total=30),
    "page": samples.page("last-30-days"),
    "ranges": samples.ranges(),
    "status": samples.status(),
    "rejects": samples.rejects(),
    "nothing": samples.no_data(samples.overview()),
    "not applicable": samples.not_applicable(samples.breakdown()),
}


def text_of(report: Report, width: int = 80, colour: Colour = "none", *, unicode: bool = True) -> str:
    """The page as it is written."""
    return b"".join(render(report, "table", look=Look(width, colour, unicode))).decode()


def lines_of(text: str) -> list[str]:
    """The lines of a page without colours and without the commands of cut logs, which are not broken."""
    lines = ESCAPE.sub("", text).split("\n")[:-1]
    return [line for line in lines if not line.startswith("contactrep export")]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200, 1000])
@pytest.mark.parametrize("name", EVERY)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    """At every width, from a watch to a wall, every page stays within it, in every colour the same text."""
    text = text_of(EVERY[name], width)
    assert max(map(cell_len, lines_of(text))) <= width
    assert ESCAPE.search(text) is None
    coloured = [lines_of(text_of(EVERY[name], width, colour)) for colour in ("16", "256", "truecolor")]
    assert coloured[0] == coloured[1] == coloured[2]
    assert text_of(EVERY[name], width, unicode=False)


@st.composite
def hostile_pages(draw: st.DrawFn) -> ContactsReport:
    """A page whose every name is any text at all."""
    names = draw(st.lists(ANYTHING, min_size=1, max_size=10, unique=True))
    counts = draw(st.lists(st.integers(0, 10**7), min_size=len(names), max_size=len(names)))
    page = samples.page()
    filters = Filters(channel=tuple(names[:2]), contact=tuple(names[2:4]))
    rows = [LogRow(samples.NOW, name, names[0], name, names[-1], name) for name in names]
    slices = tuple(
        Slice(name, Figure(count, 7), count / max(sum(counts), 1))
        for name, count in zip(names, counts, strict=True)
    )
    series = tuple(
        entry._replace(counts=dict(zip(names, counts, strict=True))) for entry in page.connected.series
    )
    connected = replace(
        page.connected,
        head=replace(page.connected.head, filters=filters),
        total=Figure(sum(counts), 3),
        slices=slices,
        series=series,
    )
    overview = replace(page.overview, head=replace(page.overview.head, filters=filters))
    log = LogPage(page.logs["connected"].head, "connected", len(rows), 10_000, rows)
    return ContactsReport(
        overview, replace(page.added, slices=slices, series=series), connected, {"connected": log}
    )


@given(hostile_pages(), st.integers(40, 200), st.sampled_from(["none", "truecolor"]))
def test_no_name_breaks_the_page(page: ContactsReport, width: int, colour: Colour) -> None:
    """Whatever names stand in it, no line is too wide and no control character reaches the terminal."""
    text = text_of(page, width, colour)
    assert max(map(cell_len, lines_of(text))) <= width
    assert set(map(ord, ESCAPE.sub("", text))) & set(ACTS) <= {ord("\n")}
    text.encode("utf-8")


@given(hostile_pages())
def test_no_name_breaks_plain_text(page: ContactsReport) -> None:
    """In a pipe a name is on its line, whole, and nothing of it acts; only a log's own tabs are left."""
    text = b"".join(render(page, "plain")).decode()
    assert set(map(ord, text)) & set(ACTS) <= {ord("\n")}
    log = b"".join(render(page.logs["connected"], "plain")).decode()
    assert set(map(ord, log)) & set(ACTS) <= {ord("\n"), ord("\t")}
    rows = [line for line in log.split("\n")[:-1] if not line.startswith("# ")]
    assert {line.count("\t") for line in rows} == {5}
    text.encode("utf-8")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("name", ["page", "log", "twelve"])
def test_a_real_screen_shows_what_was_meant(name: str, width: int) -> None:
    """On an emulated terminal each line takes one row and nothing but text, colour and newlines arrives."""
    text = text_of(EVERY[name], width, "truecolor")
    lines = ESCAPE.sub("", text).split("\n")[:-1]
    screen = pyte.Screen(width, len(lines) + 1)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    shown = [line.rstrip(" ") for line in screen.display]
    assert len(shown) == len(lines) + 1
    # The emulator composes what Unicode can, and knows no joined emoji.
    for row, line in zip(shown, lines, strict=False):
        if line.isascii() or not re.search("[\u0300-\u036f\u0489\u200d\ufe0f]", line):
            assert row == line
    assert screen.cursor.y == len(lines)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_columns_stand_below_one_another_on_a_screen(width: int) -> None:
    """With CJK and emoji names every source begins in the column of its heading."""
    text = text_of(samples.log(names=("山田 太郎", "🎉 Party 🎂", "Zoë", "김민준 " * 9)), width)
    screen = pyte.Screen(width, 40)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    head = next(row for row in range(40) if screen.display[row].startswith("Timestamp"))
    column = screen.display[head].index("Source")
    sources = [screen.buffer[row][column].data for row in range(head + 2, head + 14)]
    assert "".join(sources) == "ICUDZEICUDZE"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("no_data", NO_EVENTS),
        ("no_data", NO_APPLICABLE_DATA),
        ("not_applicable", not_applicable_message(["channel"])),
    ],
)
@pytest.mark.parametrize(
    "made", [samples.overview(), samples.breakdown(), samples.log()], ids=["overview", "added", "log"]
)
def test_a_message_stands_in_the_place_of_the_component(
    made: Overview | Breakdown | LogPage, status: str, message: str
) -> None:
    """Where there is nothing to show, the page keeps its title and dates and says why, word for word."""
    head = replace(made.head, status=status, message=message)  # type: ignore[arg-type]
    if isinstance(made, LogPage):
        made = replace(made, head=head, rows=(), total=0)
    else:
        made = replace(made, head=head)
    for text in (
        text_of(made),
        b"".join(render(made, "plain")).decode(),
        b"".join(render(made, "markdown")).decode(),
    ):
        assert message in text
        assert "30 Oct – 5 Nov 2026" in text
        assert "▲" not in text


def test_the_head_says_what_the_page_covers() -> None:
    """Dates, canonical name, zone, how far the data reaches and the compared dates stand on every page."""
    for text in (text_of(samples.overview()), b"".join(render(samples.overview(), "plain")).decode()):
        for said in (
            "Contacts Overview",
            "30 Oct – 5 Nov 2026",
            "last-7-days",
            "Asia/Kuala_Lumpur",
            "data through Thu 5 Nov 2026 14:32",
            "compared with 23 – 29 Oct 2026 until 14:32",
        ):
            assert said in text


@pytest.mark.parametrize("made", [samples.overview(), samples.breakdown()], ids=["overview", "added"])
def test_a_page_without_buckets_is_still_one(made: Overview | Breakdown) -> None:
    """A range without a single bucket draws an empty chart rather than failing."""
    assert "was" in text_of(replace(made, series=()))  # type: ignore[arg-type]


def test_the_head_says_the_filters() -> None:
    """A filtered page says which filters it has."""
    filters = Filters(source=("Broadcast", "Zapier"), contact=("an\x1ba",))
    text = text_of(samples.overview(filters=filters))
    assert "only source Broadcast or Zapier · contact an␛a" in text


def test_without_comparison_nothing_is_compared() -> None:
    """With nothing to compare with, there are no changes, no previous counts and no columns for them."""
    for report in (samples.overview(comparing="none"), samples.breakdown(comparing="none")):
        for text in (text_of(report), b"".join(render(report, "plain")).decode()):
            assert not re.search("compared|Previous|Change|n/a|was", text)


@pytest.mark.parametrize("write", ["table", "plain", "markdown"])
def test_a_cut_log_says_so_and_names_the_export(write: str) -> None:
    """A log that is cut says how much of how much it shows, and the exact command that gives all of it."""
    log = samples.log(rows=10_000, total=25_000)
    text = b"".join(render(log, write)).decode()
    assert "Showing 10,000 of 25,000" in text
    assert "contactrep export added --range last-7-days\n" in text


def test_the_command_of_a_cut_log_is_never_cut() -> None:
    """On a narrow terminal the command is wider than it, for half a command helps nobody."""
    log = replace(
        samples.log(rows=2, total=9), export_command="contactrep export added " + "--source x " * 20
    )
    assert f"\n{log.export_command}\n" in text_of(log, 40)


def test_more_than_eight_slices_are_gathered() -> None:
    """A pie and its bars have at most eight parts; the table still shows every one of them."""
    text = text_of(samples.breakdown(parts=samples.TWELVE), colour="truecolor")
    plain = ESCAPE.sub("", text)
    assert plain.count("■") == 8
    assert re.search(r"■ Other +\d", plain)
    assert all(name in plain for name in samples.TWELVE)
    assert "Other" not in text_of(samples.breakdown(parts=dict(list(samples.TWELVE.items())[:8])))


def test_colour_is_never_needed() -> None:
    """Without colour every part has a glyph of its own, in the chart, the pie and the table."""
    text = text_of(samples.breakdown("last-30-days"))
    legend = re.findall(
        r"(\S) (?:Incoming Message|Contact Import|User|Developer API|Zapier|Echo Message) ", text
    )
    assert len(set(legend)) == 6
    assert all(text.count(glyph) > 3 for glyph in legend)


def test_a_dumb_terminal_gets_ascii_drawings() -> None:
    """Without Unicode bars, rules and arrows are ASCII; what is text stays as it is."""
    text = text_of(samples.page(), unicode=False)
    assert not set(text) & set("█▇▆▅▄▃▂▁▔░▒▓▲▼─■▌▐")
    assert "+12.3 %" in text


@pytest.mark.parametrize(("width", "beside"), [(80, False), (120, True)])
def test_wide_pages_use_their_width(width: int, beside: bool) -> None:
    """On a wide terminal the figures stand beside the chart, else above it."""
    lines = lines_of(text_of(samples.overview(), width))
    merged = next(line for line in lines if "Merged" in line)
    assert ("Added" not in merged) is beside


@pytest.mark.parametrize("width", [*range(20, 61), 72, 80])
@pytest.mark.parametrize("event", ["added", "connected", "merged"])
def test_ids_of_a_log_are_whole_at_every_width(event: str, width: int) -> None:
    """What is too long ends in `…`, but never an id; no line is too wide, CJK names included."""
    log = samples.log(event, rows=20, names=samples.NAMES)
    lines = lines_of(text_of(log, width))
    assert max(map(cell_len, lines)) <= width
    ids = [text for row in log.rows for text in (row.contact_id, row.merged_contact_id) if text]
    assert all(any(text in line for line in lines) for text in ids)
    assert any("2026-11-05 14:32:10"[:width] in line for line in lines)


@pytest.mark.parametrize("width", [20, 40, 80])
def test_an_id_longer_than_the_terminal_is_broken_not_cut(width: int) -> None:
    """All of it is there, on lines that fit."""
    long = "編號" * 15 + "0123456789" * 12
    row = LogRow(samples.NOW, long, "Bob", "User", "Ana", None)
    lines = lines_of(text_of(LogPage(samples.head("log"), "added", 1, 10, [row]), width))
    assert max(map(cell_len, lines)) <= width
    assert long in "".join(lines)
    merge = row._replace(contact_id="1", merged_contact_id=long)
    lines = lines_of(text_of(LogPage(samples.head("log"), "merged", 1, 10, [merge]), width))
    assert max(map(cell_len, lines)) <= width
    assert long in "".join(lines)


def test_a_narrow_log_has_a_block_for_each_row() -> None:
    """Time and id on one line, the texts below, in the order of the headings."""
    log = samples.log("connected", rows=2)
    assert lines_of(text_of(log, 40))[-8:] == [
        "Timestamp  Contact ID",
        "  Contact Name · Source · User · Channel",
        "─" * 40,
        "2026-11-05 14:32:10  100200300",
        "  Aisyah binti Rahman · Incoming Message",
        "  WhatsApp",
        "2026-11-05 14:15:09  100200307",
        "  山田 太郎 · Contact Import · Instagram",
    ]
