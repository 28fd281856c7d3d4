"""HTML pages in a real browser: whole, quiet, legible for everyone, and as the report says.

Where there is no Chromium, or no Playwright to drive it, these tests are skipped.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from contactrep.render import Look, render
from contactrep.report import Answer, LogPage, LogRow, Notice
from tests import nasty
from tests.render import samples

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WIDTHS = (320, 390, 800, 1400)
THEMES = ("light", "dark")
MONTH = "last-30-days"
COMMAND = f"contactrep report --range {MONTH}"


def hostile_page() -> Answer:
    """A page in which every name tries something."""
    names = [*nasty.OURS, "__proto__", "constructor", "</script><img src=x onerror=fail()>", "x" * 300]
    parts = {name: 1 / place for place, name in enumerate(names[::-1], 1)}

    def row(place: int) -> LogRow:
        name = names[place % len(names)]
        return LogRow(samples.NOW, name, name, name, name, name)

    made = samples.page()
    logs = {kind: samples.log(kind, rows=30, each=row) for kind in made.logs}
    logs["added"] = samples.log("added", rows=1_200, each=row)
    return replace(made, added=samples.breakdown(parts=parts), logs=logs)


def noticed() -> Answer:
    """A month with a notice."""
    made = samples.page(MONTH)
    return replace(made, notices=(Notice("3 events are in the future and are included"),))


LONG = samples.log("connected", rows=10_000, total=25_000)
SCRIPTS = [
    "José Ångström",
    "Zoe\u0308 Łucja",
    "İpek Çağlayan",
    "山田 太郎",
    "شركة النور للتجارة",
    "한국 상사",
    "นภา",
]
"""Names in several scripts; the accent of the second is a character of its own."""

LONG_NAMES = {f"{name} " * 12: 1 / place for place, name in enumerate(SCRIPTS, 1)} | {"x" * 300: 0.1}


def many_names() -> LogPage:
    """As many rows as a log can have, with a name of each script and every hostile one."""
    names = [*SCRIPTS, *nasty.EVERY, "__proto__"]

    def row(place: int) -> LogRow:
        name = names[place % len(names)]
        return LogRow(samples.NOW, f"{place}", f"{name} {place}", name, name, name)

    return samples.log("connected", rows=10_000, each=row)


PAGES: dict[str, Answer] = {
    "report": noticed(),
    "overview-hours": samples.overview("today"),
    "overview-years": samples.overview("2000..2026", by="year"),
    "overview-falling": samples.deleted_after_merge(samples.overview("last-90-days", level=3)),
    "added-thirty": samples.breakdown(MONTH, parts={f"Source {place}": 0.9**place for place in range(30)}),
    "added-huge": samples.breakdown(MONTH, level=90_000_000),
    "added-one": samples.breakdown("yesterday", by="day", parts={"User": 1.0}),
    "not-applicable": samples.not_applicable(samples.overview()),
    "no-data": samples.no_data(samples.breakdown()),
    "hostile": hostile_page(),
    "log-long": LONG,
    "log-names": many_names(),
    "added-names": samples.breakdown("2020..2026", parts=LONG_NAMES, level=900),
    "status": samples.status(),
}


@dataclass
class Opened:
    """A page in the browser, and what it complained about or asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


class Shelf:
    """Opens the pages, each in a context of its own that is closed at the end."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self.browser, self.folder = browser, folder
        self.contexts: list[Any] = []

    def path(self, name: str) -> Path:
        """The file of a page."""
        path = self.folder / f"{name}.html"
        if not path.exists():
            look = Look(with_logs=True, command=COMMAND)
            path.write_bytes(b"".join(render(PAGES[name], "html", look=look)))
        return path

    def open(self, name: str, *, width: int = 1200, **context: Any) -> Opened:
        """Open a page from disk in a window of a width."""
        made = self.browser.new_context(viewport={"width": width, "height": 900}, **context)
        self.contexts.append(made)
        opened = Opened(made.new_page())
        opened.page.set_default_timeout(60_000)
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("dialog", lambda dialog: opened.complaints.append(dialog.message))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(self.path(name).as_uri())
        return opened


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pages are written, each once."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def shelf(browser: Any, folder: Path) -> Iterator[Shelf]:
    """The pages, and what closes them."""
    made = Shelf(browser, folder)
    yield made
    for context in made.contexts:
        context.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_and_accessible(shelf: Shelf, name: str, theme: str) -> None:
    """No error, no warning, no request but for the file itself, and nothing that axe-core finds."""
    opened = shelf.open(name, color_scheme=theme, bypass_csp=False)
    for details in opened.page.locator("details").all():
        details.evaluate("details => { details.open = true }")
    assert opened.complaints == []
    assert opened.requests == [shelf.path(name).as_uri()]
    found = axe.Axe().run(opened.page).response
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert opened.complaints == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_its_window(shelf: Shelf, name: str) -> None:
    """From a small phone to a desktop nothing makes the page scroll sideways, nor does paper."""
    page = shelf.open(name).page
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.emulate_media(media="print")
    for width in (718, 740):  # what the margins leave of A4 and Letter
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_labels_of_dates_never_touch(shelf: Shelf) -> None:
    """At every width the labels below the bars are apart from each other, by the browser's own measure."""
    for name in ("report", "overview-hours", "overview-years", "overview-falling", "added-one"):
        page = shelf.open(name).page
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            gaps = page.evaluate(
                """() => [...document.querySelectorAll('.labels')]
                .filter(level => level.getClientRects().length).flatMap(level => {
                  const boxes = [...level.children].map(text => text.getBoundingClientRect())
                  return boxes.slice(1).map((box, place) =>
                    box.top === boxes[place].top ? box.left - boxes[place].right : 99)
                })"""
            )
            assert gaps
            assert min(gaps) > 2


def test_paper_is_light(shelf: Shelf) -> None:
    """A reader with a dark screen prints dark text on white, without what only a screen can use."""
    page = shelf.open("report", color_scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(20, 26, 36)"
    assert not page.locator(".command button").first.is_visible()
    assert len(page.pdf(format="A4")) > 10_000
    assert len(page.pdf(format="Letter")) > 10_000


def test_paper_holds_whole_tables(shelf: Shelf) -> None:
    """On A4 no column is cut off, rows stay rows, and what only a screen needs is left out."""
    page = shelf.open("report", width=695).page  # 210 mm less the margins
    page.emulate_media(media="print")
    page.locator("summary").first.evaluate("it => { it.parentElement.open = true }")
    assert page.locator(".parts tr").first.evaluate("row => getComputedStyle(row).display") == "table-row"
    assert page.evaluate("document.documentElement.scrollWidth") <= 695
    cut = "tables => tables.filter(it => it.offsetWidth > it.parentElement.clientWidth).length"
    assert page.locator("table").locator("visible=true").evaluate_all(cut) == 0
    assert page.locator(".tools, .command button, .skip").locator("visible=true").count() == 0


def rows_of(page: Any, selector: str) -> list[list[str]]:
    """The texts of the rows of a table, head and foot included, with single spaces."""
    texts: list[list[str]] = page.locator(selector).first.evaluate(
        "table => [...table.rows].map(row => [...row.cells].map("
        "cell => cell.textContent.trim().replace(/\\s+/g, ' ').replace(' ↕', '')))"
    )
    return texts


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_figures_are_those_of_json(shelf: Shelf, script: bool) -> None:
    """Headline, parts and buckets have the figures of the JSON, with and without JavaScript."""
    report = json.loads(b"".join(render(PAGES["report"], "json")))
    page = shelf.open("report", java_script_enabled=script).page
    counts = page.locator(".tiles .count").all_text_contents()
    metrics = [*report["overview"]["metrics"].values(), report["connected"]["total"]]
    assert counts == [f"{one['count']:,}" for one in metrics]
    for section, split in (("added", "source"), ("connected", "channel")):
        _, *parts, total = rows_of(page, f"[aria-labelledby=contacts-{section}] .parts")
        assert [(row[0], row[1], row[4]) for row in parts] == [
            (one[split], f"{one['count']:,}", f"{one['previous']:,}") for one in report[section]["breakdown"]
        ]
        assert total[1] == f"{report[section]['total']['count']:,}"
    _, *buckets = rows_of(page, "[aria-labelledby=contacts-overview] .figures")
    names = ("added", "deleted", "merged", "net")
    series = report["overview"]["series"]
    assert [row[1:] for row in buckets] == [[f"{one[name]:,}" for name in names] for one in series]
    drawn = page.locator("[aria-labelledby=contacts-overview] .plot").first.locator(".bucket")
    said = drawn.evaluate_all("groups => groups.map(group => group.dataset.counts)")
    assert said == [" ".join(str(one[name]) for name in names[:3]) for one in series]


def test_a_page_is_complete_without_javascript(shelf: Shelf) -> None:
    """Charts have their tooltips by the browser, tables their rows, and nothing dead is offered."""
    page = shelf.open("report", java_script_enabled=False).page
    assert page.locator("button, input, .tip").count() == 0
    assert (
        page.locator(".bucket title").first.text_content()
        == "Wed 7 Oct 2026\nAdded 180\nDeleted 26\nMerged 12"
    )
    assert page.locator(".donut path title").count() == 11
    page.locator("summary").first.click()
    assert page.locator(".figures tbody tr").first.is_visible()
    log = shelf.open("log-long", java_script_enabled=False).page
    assert log.locator("tbody tr").count() == 100
    assert f"{COMMAND} --format csv" in log.locator("noscript").inner_text()


def test_a_bar_says_its_figures(shelf: Shelf) -> None:
    """Pointing at a bucket shows its counts; arrow keys do so, too, and a screen reader hears them."""
    page = shelf.open("report").page
    figure = page.locator("figure").first
    tip = figure.locator(".tip")
    assert not tip.is_visible()
    figure.locator(".plot").first.locator(".bucket").nth(3).hover(force=True)
    series = json.loads(b"".join(render(PAGES["report"], "json")))["overview"]["series"]
    said = {name: series[3][name] for name in ("added", "deleted", "merged", "net")}
    expected = ["Sat 10 Oct 2026", *(f"{name.capitalize()}\n{count}" for name, count in said.items())]
    assert tip.inner_text().split("\n") == "\n".join(expected).split("\n")
    page.locator("h1").hover()
    assert not tip.is_visible()
    area = figure.locator(".area").first
    area.press("End")
    assert tip.inner_text().startswith("Thu 5 Nov 2026 (so far)")
    area.press("ArrowLeft")
    assert tip.inner_text().startswith("Wed 4 Nov 2026")
    assert page.locator("[role=status].hidden").inner_text().startswith("Wed 4 Nov 2026 Added 1")
    area.press("Escape")
    assert not tip.is_visible()


BARS = """figure => [...figure.querySelectorAll('.plot:first-of-type .bucket rect:not(.hit)')]
    .filter(bar => bar.style.display !== 'none')
    .map(bar => ['x', 'width', 'y', 'height'].map(name => parseFloat(bar.getAttribute(name))))"""
TICKS = "figure => [...figure.querySelectorAll('.axis text')].map(text => text.textContent)"


@pytest.mark.parametrize(
    "name", ["report", "overview-hours", "overview-years", "overview-falling", "added-thirty", "hostile"]
)
def test_a_series_that_is_hidden_comes_back_as_it_was(shelf: Shelf, name: str) -> None:
    """The script places bars and numbers by the rules of the geometry: all is as it was before."""
    page = shelf.open(name).page
    for figure in page.locator("figure").all():
        bars, ticks = figure.evaluate(BARS), figure.evaluate(TICKS)
        keys = figure.locator(".keys button")
        keys.first.click()
        assert keys.first.get_attribute("aria-pressed") == "false"
        assert len(figure.evaluate(BARS)) < len(bars)
        keys.first.click()
        assert figure.evaluate(TICKS) == ticks
        for before, after in zip(bars, figure.evaluate(BARS), strict=True):
            assert after[:2] == pytest.approx(before[:2], abs=0.02)  # in per cent
            assert after[2:] == pytest.approx(before[2:], abs=0.051)  # in pixels


def test_a_series_can_be_seen_alone(shelf: Shelf) -> None:
    """A double click leaves one series, on a scale of its own; another one brings all back."""
    page = shelf.open("added-thirty").page
    figure = page.locator("figure").first
    ticks, count = figure.evaluate(TICKS), len(figure.evaluate(BARS))
    last = figure.locator(".keys button").nth(2)
    last.dblclick()
    pressed = figure.locator(".keys button").evaluate_all("all => all.map(one => one.ariaPressed)")
    assert pressed == ["false", "false", "true", *["false"] * 5]
    assert len(figure.evaluate(BARS)) == 30
    assert figure.evaluate(TICKS) != ticks
    assert page.locator(".donut path.dim").count() == 7
    last.dblclick()
    assert len(figure.evaluate(BARS)) == count


def test_a_part_and_its_row_point_at_each_other(shelf: Shelf) -> None:
    """Pointing at a row leaves its arc alone in full colour; the smallest parts share the arc of Other."""
    page = shelf.open("added-thirty").page
    arcs = page.locator(".donut path")
    for row, arc in ((2, 2), (7, 7), (20, 7)):
        page.locator(".parts tbody tr").nth(row).hover()
        aside = arcs.evaluate_all("arcs => arcs.map(arc => arc.classList.contains('aside'))")
        assert [place for place, faded in enumerate(aside) if not faded] == [arc]
    page.locator("h1").hover()
    assert page.locator(".aside").count() == 0


def test_tables_sort_by_what_they_mean(shelf: Shelf) -> None:
    """Numbers by size, changes by sign, names by letters and digits; buckets by time, also afterwards."""
    page = shelf.open("added-thirty").page
    heading = page.locator(".parts thead button")
    parts = rows_of(page, ".parts")[1:-1]

    def column(place: int) -> list[str]:
        return [row[place] for row in rows_of(page, ".parts")[1:-1]]

    heading.nth(0).click()
    assert column(0)[:3] == ["Source 0", "Source 1", "Source 2"]
    assert column(0)[-1] == "Source 29"
    heading.nth(1).click()
    assert column(1) == [row[1] for row in parts]
    assert page.locator(".parts th").nth(1).get_attribute("aria-sort") == "descending"
    heading.nth(1).click()
    assert column(1) == [row[1] for row in parts][::-1]
    heading.nth(3).click()
    changes = [
        float(text.replace("▲ ", "").replace("▼ ", "-").rstrip(" %").replace(",", "")) for text in column(3)
    ]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 0 > changes[-1]
    page.locator("summary").click()
    days = [row[0] for row in rows_of(page, ".figures")[1:]]
    for place, order in ((0, 1), (0, -1), (1, None), (0, 1), (0, -1)):
        page.locator(".figures thead button").nth(place).click()
        if order:
            assert [row[0] for row in rows_of(page, ".figures")[1:]] == days[::order]


def test_tables_can_be_searched(shelf: Shelf) -> None:
    """A search keeps the rows that have the text, whatever its case, and says how many."""
    page = shelf.open("added-thirty").page
    page.get_by_label("Search Added by source").fill("SOURCE 2")
    visible = page.locator(".parts tbody tr").locator("visible=true")
    assert visible.count() == 11
    assert page.locator(".tools [role=status]").inner_text() == "11 of 30"
    page.get_by_label("Search Added by source").fill("")
    assert visible.count() == 30


def test_a_long_log_is_sorted_and_searched_as_a_whole(shelf: Shelf) -> None:
    """All 10,000 rows are there, a hundred at a time."""
    page = shelf.open("log-long").page
    rows = LONG.rows
    ids = page.locator("tbody tr td:nth-child(2)")
    status = page.locator(".tools [role=status]")
    assert ids.all_text_contents() == [row.contact_id for row in rows[:100]]
    assert status.inner_text() == "1–100 of 10,000"
    for place, pager in enumerate(page.locator(".pager").all(), 1):
        pager.get_by_text("Next").click()
        assert ids.all_text_contents() == [row.contact_id for row in rows[100 * place : 100 * (place + 1)]]
        assert status.inner_text() == f"{place}01–{place + 1}00 of 10,000"
    assert page.locator(".tools input").is_visible()
    assert page.evaluate("scrollY") < 400
    page.locator("thead button").nth(1).click()
    assert ids.all_text_contents() == [row.contact_id for row in rows[:100]]
    page.locator("thead button").nth(1).click()
    assert ids.all_text_contents() == [row.contact_id for row in rows[:-101:-1]]
    page.locator("thead button").nth(3).click()
    assert set(page.locator("tbody tr td:nth-child(4)").all_text_contents()) == {"Contact Import"}
    page.get_by_label("Search").fill("山田")
    found = sum("山田" in (row.contact_name or "") for row in rows)
    assert status.inner_text() == f"1–100 of {found:,}"
    page.get_by_label("Search").fill("nobody has this name")
    assert status.inner_text() == "Nothing found"
    assert ids.count() == 0


def test_names_are_shown_and_never_run(shelf: Shelf) -> None:
    """Every name is text in a table and a legend, also after the script has sorted and searched."""
    opened = shelf.open("hostile")
    page = opened.page
    names = {row[0] for row in rows_of(page, ".parts")[1:-1]}
    assert {"__proto__", "constructor", "</script><img src=x onerror=fail()>"} <= names
    assert page.locator("img, iframe, object, a:not(.skip)").count() == 0
    search = page.get_by_label("Search Contact Added Log")
    for name in ("__proto__", "<img", "[bold]"):
        search.fill(name)
        assert name in page.locator("table[data-rows] tbody tr").first.inner_text()
    for button in page.locator("thead button").all():
        if button.is_visible():
            button.click()
    page.locator("figure").nth(1).locator(".keys button").nth(1).click()
    page.locator("figure").nth(1).locator(".bucket").nth(2).hover(force=True)
    assert opened.complaints == []
    assert len(opened.requests) == 1


@pytest.mark.parametrize("name", ["report", "added-names", "hostile"])
def test_a_phone_shows_every_figure_of_a_part(shelf: Shelf, name: str) -> None:
    """Names of any length and script have a line of their own, so that no column is out of sight."""
    page = shelf.open(name, width=320).page
    for table in page.locator(".parts").all():
        assert (
            table.evaluate("table => table.parentElement.scrollWidth - table.parentElement.clientWidth") == 0
        )
        [first, *figures] = table.locator("tbody tr").first.locator("th, td").all()
        assert len(figures) == 4
        boxes = [figure.bounding_box() for figure in figures]
        assert {box["y"] for box in boxes} == {boxes[0]["y"]}
        assert first.bounding_box()["y"] + first.bounding_box()["height"] <= boxes[0]["y"] + 1
        for left, right in pairwise(boxes):
            assert left["x"] + left["width"] <= right["x"] + 1


def test_a_total_fits_its_donut(shelf: Shelf) -> None:
    """Ten digits, too, stand within the ring."""
    page = shelf.open("added-huge").page
    total, ring = (page.locator(css).bounding_box() for css in (".sum", ".donut"))
    assert total["width"] < ring["width"] * 39 / 60


def test_a_screen_reader_finds_rows_and_cells(shelf: Shelf) -> None:
    """On a phone, too, where the rows of a breakdown are laid out otherwise: a table with heads and cells."""
    for width in (320, 1200):
        page = shelf.open("report", width=width).page
        table = page.get_by_role("table", name="Added by source")
        assert table.get_by_role("columnheader").all_inner_texts() == [
            *("Source", "Count", "Share", "Change", "Previous"),
        ]
        row = table.get_by_role("row").nth(1)
        assert row.get_by_role("rowheader").inner_text() == "Incoming Message"
        assert row.get_by_role("cell").count() == 4
        assert table.get_by_role("row").last.get_by_role("rowheader").inner_text() == "Total"


def test_everything_can_be_done_by_keyboard(shelf: Shelf) -> None:
    """Each stop is in sight and outlined; the skip link, a legend, a chart, a table and its order work."""
    page = shelf.open("report").page
    focus = "(() => { const it = document.activeElement; return it === document.body ? null : it })()"
    stops = 0
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focus}.className") == "skip"
    while page.evaluate(f"{focus} !== null"):
        stops += 1
        look = page.evaluate(f"getComputedStyle({focus}).outlineStyle")
        assert look == "solid", page.evaluate(f"{focus}.outerHTML")
        page.keyboard.press("Tab")
    everything = "a, button, summary, input, [tabindex='0']"
    assert stops == page.locator(everything).locator("visible=true").count()

    page.locator(".keys button").first.focus()
    page.keyboard.press("Space")
    assert page.locator(".keys button").first.get_attribute("aria-pressed") == "false"
    page.locator(".area").first.focus()
    page.keyboard.press("End")
    assert "(so far)" in page.locator("body > [role=status]").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator(".tip").first.is_visible()
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open] .figures").first.is_visible()
    page.locator(".parts thead button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".parts th").first.get_attribute("aria-sort") == "ascending"


def test_colours_and_motion_are_the_readers_choice(shelf: Shelf) -> None:
    """Forced colours leave the bars their own, so that they can be told apart."""
    page = shelf.open("report", forced_colors="active", reduced_motion="reduce").page
    fills = (
        page.locator(".stacked .bucket")
        .first.locator("rect:not(.hit)")
        .evaluate_all("bars => bars.map(bar => getComputedStyle(bar).fill)")
    )
    assert len(fills) == len({*fills}) > 3
    assert (
        page.locator(".donut path").first.evaluate("arc => getComputedStyle(arc).transitionDuration") == "0s"
    )
    page.locator(".area").first.focus()
    page.keyboard.press("Home")
    assert page.locator(".tip").first.evaluate("tip => getComputedStyle(tip).borderStyle") == "solid"


def test_names_of_any_script_are_sorted_and_found(shelf: Shelf) -> None:
    """Ten thousand rows: accents and case do not matter, nor how an accent is written."""
    opened = shelf.open("log-names")
    page = opened.page
    status = page.locator(".tools [role=status]")
    names = [row.contact_name or "" for row in many_names().rows]
    latin = {"jose angstrom": "José", "JOSÉ": "José", "zoë ł": "Zoe", "ipek cag": "İpek"}
    same = ("太郎", "النور", "한국", "นภา", "</script>", "__proto__")
    for sought, name in (latin | dict(zip(same, same, strict=True))).items():
        page.get_by_label("Search").fill(sought)
        found = sum(normalize("NFKD", name).lower() in normalize("NFKD", one).lower() for one in names)
        assert found
        assert status.inner_text() == f"1–{min(found, 100)} of {found:,}", sought
    page.get_by_label("Search").fill("")
    for place, button in enumerate(page.locator("thead button").all()):
        button.click()
        assert page.locator("thead th").nth(place).get_attribute("aria-sort") == "ascending"
        assert status.inner_text() == "1–100 of 10,000"
    page.locator("thead button").nth(1).click()
    assert page.locator("tbody tr td:nth-child(2)").first.inner_text() == "0"
    page.locator("thead button").nth(1).click()
    assert page.locator("tbody tr td:nth-child(2)").first.inner_text() == "9999"
    assert opened.complaints == []
