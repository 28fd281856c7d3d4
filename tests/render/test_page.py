"""HTML pages: whole, valid and harmless, whatever the data; tests/test_browser.py opens them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from contactrep.filters import Filters
from contactrep.render import Look, render
from contactrep.report import Answer, LogRow, Notice
from tests import nasty
from tests.render import samples
from tests.render.goldens import ANSWERS

COMMAND = "contactrep report --range last-7-days"
VOID_TAGS = {"meta", "link"}


class Parsed(HTMLParser):
    """The tags of a page with their attributes, its text, and what its scripts and style hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.raw: dict[str, str] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID_TAGS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            self.raw[self.open[-1]] = data
        else:
            self.text.append(data)

    @property
    def said(self) -> str:
        """All text, with single spaces."""
        return " ".join(" ".join(self.text).split())

    def ids(self) -> list[str]:
        """Every id."""
        return [attributes["id"] or "" for _, attributes in self.tags if "id" in attributes]


def page_of(answer: Answer, look: Look = Look()) -> str:  # noqa: B008 - frozen
    """The answer as a page."""
    return b"".join(render(answer, "html", look=look)).decode()


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_is_a_valid_page(name: str) -> None:
    """Every tag is closed, ids are unique, references have targets, nothing is styled in place, and the
    browser's tab has a title."""
    page = page_of(ANSWERS[name], Look(with_logs=True, command=COMMAND))
    parsed = Parsed(page)
    assert not parsed.open
    assert page.endswith("</html>\n")
    assert re.search("<title>[^<]+</title>", page)
    ids = Counter(parsed.ids())
    assert set(ids.values()) <= {1}
    for tag, attributes in parsed.tags:
        assert not attributes.keys() & {"style", "onclick", "onload", "onerror", "src", "action"}
        if tag == "svg":
            assert {"width", "height", "fill"} <= attributes.keys()
        for reference in ("aria-labelledby", "data-rows"):
            assert reference not in attributes or attributes[reference] in ids
        if "href" in attributes:
            assert re.match("(#|data:image/svg)", attributes["href"] or "")
    for hatch in re.findall(r"url\(#([^)]*)\)", parsed.raw["style"]):
        assert hatch in ids


def test_only_the_style_and_the_script_of_the_page_may_run() -> None:
    """The policy forbids everything but the hashes of what stands in the page."""
    parsed = Parsed(page_of(samples.page()))
    policy = next(
        of["content"] for tag, of in parsed.tags if of.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for name in ("style", "script"):
        digest = b64encode(sha256(parsed.raw[name].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy


def test_the_head_and_the_foot_say_what_the_page_covers() -> None:
    """Dates, range, zone, comparison, filters, how far the data reaches, notices, and the command."""
    made = samples.overview(filters=Filters(source=("Broadcast", "Zapier")))
    made = replace(made, head=replace(made.head, notices=(Notice("3 events are in the future"),)))
    said = Parsed(page_of(made, Look(command=COMMAND))).said
    for text in (
        "Contacts Overview 30 Oct – 5 Nov 2026",
        "Range last-7-days",
        "Time zone Asia/Kuala_Lumpur",
        "Compared with 23 – 29 Oct 2026 until 14:32",
        "Data through Thu 5 Nov 2026 14:32",
        "Only source Broadcast or Zapier",
        "3 events are in the future",
        "1,440 contacts were added, 12.3 % more than in the previous period.",
        "As of Thu 5 Nov 2026 14:32. Made by contactrep with: contactrep report --range last-7-days",
    ):
        assert text in said


def test_every_figure_is_in_a_table() -> None:
    """The bars' counts stand in a table of their own, the parts' figures beside the donut."""
    page = samples.page()
    said = Parsed(page_of(page)).said
    for entry in page.overview.series:
        wall = entry.bucket.start.astimezone(samples.ZONE)
        row = f"{wall:%a} {wall.day} {wall:%b %Y}"
        assert re.search(
            rf"{row}( \(so far\))? {entry.added} {entry.deleted} {entry.merged} {entry.net} ", said
        )
    for part in page.added.slices:
        assert re.search(rf"{part.name} {part.figure.count:,} [\d.]+ % .* {part.figure.previous:,} ", said)
    assert "Contact Added Log" not in said
    assert "Contact Added Log" in Parsed(page_of(page, Look(with_logs=True))).said


@pytest.mark.parametrize("made", [samples.overview(), samples.breakdown()], ids=["overview", "added"])
def test_a_section_without_figures_says_why(made: object) -> None:
    """Not applicable and no data stand in the place of the charts."""
    for empty in (samples.not_applicable(made), samples.no_data(made)):  # type: ignore[arg-type]
        parsed = Parsed(page_of(empty))
        assert empty.head.message is not None
        assert empty.head.message in parsed.said
        assert not {"figure", "table"} & {tag for tag, _ in parsed.tags}


def test_without_a_comparison_nothing_is_compared() -> None:
    """No change and no previous count, in the head, the headline figures and the tables."""
    for answer in (samples.overview(comparing="none"), samples.breakdown(comparing="none")):
        said = Parsed(page_of(answer)).said
        assert not re.search("Compared|Change|Previous|▲|▼|n/a", said)


def test_what_a_figure_leaves_out_is_said_below_its_chart() -> None:
    """The note on deletions of merged contacts comes before the table that opens on request."""
    said = Parsed(page_of(samples.deleted_after_merge(samples.overview()))).said
    assert said.index("12 deletions of merged contacts are not subtracted") < said.index("Figures by day")


def test_bars_that_may_grow_are_hatched() -> None:
    """The last bucket of a running range is marked, in bars, legend and table; a past range has none."""
    running = Parsed(page_of(samples.overview()))
    groups = [
        of["class"] or "" for tag, of in running.tags if tag == "g" and "bucket" in (of.get("class") or "")
    ]
    assert ["unfinished" in css for css in groups] == ([False] * 6 + [True]) * 2
    assert "not over yet" in running.said
    assert "(so far)" in running.said
    over = page_of(samples.overview("last-week"))
    assert "not over yet" not in over
    assert 'class="bucket unfinished"' not in over


def hostile(names: list[str]) -> Answer:
    """A page whose parts and contacts have these names."""
    parts = {name: 1 / place for place, name in enumerate(names, 1)}

    def row(place: int) -> LogRow:
        name = names[place % len(names)]
        return LogRow(samples.NOW, name, name, name, name, name)

    made = samples.page()
    logs = {kind: samples.log(kind, rows=len(names), each=row) for kind in made.logs}
    return replace(made, added=samples.breakdown(parts=parts), logs=logs)


@pytest.mark.parametrize("place", range(4))
def test_no_name_is_anything_but_text(place: int) -> None:
    """Whatever a part or a contact is called, the page has the tags of a harmless one and shows the name."""
    names = [*nasty.EVERY[place::4], *nasty.LONE, "</script><b>", "]]>", "__proto__", "x" * 5_000]
    harmless = [f"name {place}" for place in range(len(names))]
    look = Look(with_logs=True)
    parsed = Parsed(page_of(hostile(names), look))
    expected = Parsed(page_of(hostile(harmless), look))
    assert [tag for tag, _ in parsed.tags] == [tag for tag, _ in expected.tags]
    assert [sorted(of) for _, of in parsed.tags] == [sorted(of) for _, of in expected.tags]
    assert parsed.ids() == expected.ids()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", parsed.said)


def test_a_long_log_is_data_for_the_script() -> None:
    """Of more than 1,000 rows the page has the first 100, and all as data that no name can end."""
    made = samples.log(
        "connected", rows=1_001, total=1_001, names=[*samples.HOSTILE, "</script><script>x", "<!--"]
    )
    page = page_of(made, Look(command=COMMAND))
    parsed = Parsed(page)
    assert sum(tag == "tr" for tag, _ in parsed.tags) == 101
    found = re.search(r'<script type="application/json" id="([^"]*)">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    assert ("table", found[1]) in [(tag, of.get("data-rows")) for tag, of in parsed.tags]
    assert not set("<>&\u2028\u2029") & set(found[2])
    columns = [
        [values[place] for place in places[0]] if places else values
        for values, *places in json.loads(found[2])
    ]
    assert columns[1] == [row.contact_id for row in made.rows]
    assert columns[3] == [row.source for row in made.rows]
    assert "</script><script>x" in columns[2]
    assert "contactrep report --range last-7-days --format csv" in parsed.said


def test_a_log_of_a_thousand_rows_is_html() -> None:
    """Up to 1,000 rows are there without a script."""
    page = page_of(samples.log(rows=1_000))
    assert page.count("<tr>") == 1_001
    assert "application/json" not in page


@pytest.mark.parametrize(
    ("answer", "most"),
    [
        (samples.page("last-30-days"), 200_000),
        (samples.log("connected", rows=10_000), 1_000_000),
        (samples.overview("2025-10-01..2026-11-05", by="hour"), 1_000_000),
        (samples.breakdown("2025-10-01..2026-11-05", by="hour", parts=samples.TWELVE), 1_000_000),
        (samples.breakdown(parts={f"part {place}": 1 / (place + 1) for place in range(20_000)}), 1_000_000),
    ],
    ids=["month", "10,000 rows", "overview by hour", "added by hour", "20,000 parts"],
)
def test_pages_are_small(answer: Answer, most: int) -> None:
    """However much there is, a page can be opened and mailed, and says where the rest is."""
    page = page_of(answer)
    assert len(page.encode()) < most
    if "2025" in Parsed(page).said:
        assert "Each row is 78 hours; --format json has every hour." in Parsed(page).said


def test_few_of_many_parts_are_shown() -> None:
    """A table has 400 parts and says that CSV has the others."""
    parts = {f"part {place}": 1.0 for place in range(410)}
    said = Parsed(page_of(samples.breakdown(parts=parts))).said
    assert "10 smaller parts are left out; --format csv has all of them." in said
