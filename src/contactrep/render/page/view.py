"""What a page shows: the blocks of a document as a head, headline figures, sections and a foot.

Every text here is safe to show; the templates escape it for HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import assert_never

from contactrep import report
from contactrep.document import blocks
from contactrep.document.grids import Grid
from contactrep.phrases import capitalised, number
from contactrep.render.page.drawing import Diagram, diagram_of, spark_of
from contactrep.render.page.tables import MOST_ROWS, BreakdownView, PageTable, buckets_table, table_of
from contactrep.render.palette import METRIC_INKS, OVERVIEW_INKS, inks_of
from contactrep.render.text import visible


@dataclass
class Tile:
    """A headline figure; `name` is that of its metric."""

    name: str
    figure: report.Figure
    ink: str
    compared: bool
    spark: tuple[str, str] | None = None


@dataclass(frozen=True)
class Paragraphs:
    """A paragraph per line; `empty`: instead of figures. `command` is what to type next."""

    kind = "text"
    lines: Sequence[str]
    empty: bool = False
    command: str = ""


Piece = Paragraphs | Diagram | BreakdownView | PageTable


@dataclass
class PageSection:
    """A section of the page. Its heading can be the title of the page. `tiles` are the headline figures that
    its chart shows over time."""

    name: str
    title: str
    by: str = ""
    total: Tile | None = None
    pieces: list[Piece] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    inks: Sequence[str] = OVERVIEW_INKS

    def add(self, text: Paragraphs) -> None:
        """Add a text: before a table that opens on request, which is less important."""
        end = len(self.pieces)
        self.pieces.insert(end - 1 if end and self.pieces[-1].kind == "details" else end, text)

    @property
    def has_figures(self) -> bool:
        """Whether there is more than a text that says why there is nothing."""
        return any(not isinstance(piece, Paragraphs) for piece in self.pieces)


@dataclass
class Page:
    """A whole page."""

    title: str = ""
    dates: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    lead: Sequence[str] = ()
    notices: Sequence[str] = ()
    tiles: list[Tile] = field(default_factory=list)
    sections: list[PageSection] = field(default_factory=list)
    made: str = ""
    command: str = ""


def page_of(document: Iterable[blocks.Block]) -> Page:
    """The page of a document."""
    page = Page()
    for block in document:
        match block:
            case blocks.Heading():
                _add_heading(page, visible(block.text), block.level)
            case blocks.Facts():
                page.dates, page.made = visible(block.dates), block.made
                page.facts = list(_facts(block))
            case blocks.AsOf():
                page.facts = [("As of", block.moment), ("Time zone", visible(block.zone))]
            case blocks.Lead():
                page.lead = [line.replace(" %", "\u00a0%") for line in _shown(block.lines)]
            case blocks.Notices():
                page.notices = [capitalised(line) for line in _shown(block.lines)]
            case blocks.Command():
                page.command = visible(block.text)
            case _:
                if not page.sections:
                    page.sections.append(PageSection("answer", ""))
                _add_piece(page, page.sections[-1], block)
    page.sections = [section for section in page.sections if section.pieces]
    return page


def _add_heading(page: Page, title: str, level: int) -> None:
    """The title of the page, which is also that of a section if no other follows."""
    if level == 1:
        page.title = title
    page.sections.append(PageSection(title.lower().replace(" ", "-"), title))


def _facts(facts: blocks.Facts) -> Iterable[tuple[str, str]]:
    yield ("Range", visible(facts.range_name))
    yield ("Time zone", visible(facts.zone))
    if facts.compared:
        yield ("Compared with", visible(facts.compared))
    yield ("Data through", facts.data_through or blocks.NO_DATA)
    if facts.filters:
        yield ("Only", visible(facts.filters))


def _shown(lines: Iterable[str]) -> list[str]:
    return [visible(line) for line in lines]


def _add_piece(page: Page, section: PageSection, block: blocks.SectionBlock) -> None:
    """Add a block to a section, or to the headline figures."""
    match block:
        case blocks.Figures():
            figures = block.figures.items()
            page.tiles = section.tiles = [_tile(*one, compared=block.compared) for one in figures]
        case blocks.Parts():
            _add_parts(page, section, block)
        case blocks.Chart():
            _add_chart(section, block)
        case blocks.Properties():
            page.title, section.title = page.title or block.title, visible(block.subject)
            page.facts = [(name, visible(value)) for name, value in block.pairs]
        case blocks.Rejects():
            page.title = page.title or f"{number(block.total)} rejected"
            section.pieces += _rejects(block)
        case Grid():
            section.pieces.append(table_of(block, section.title))
        case blocks.Message() | blocks.Sentences():
            empty = isinstance(block, blocks.Message) and not section.has_figures
            section.add(Paragraphs(_shown(block.lines), empty))
        case blocks.Cut():
            section.pieces.append(Paragraphs([visible(block.text)], command=visible(block.command or "")))
        case _:
            assert_never(block)


def _tile(name: str, figure: report.Figure, *, compared: bool) -> Tile:
    return Tile(name, figure, METRIC_INKS[name], compared)


def _add_parts(page: Page, section: PageSection, parts: blocks.Parts) -> None:
    tile = _tile(parts.component, parts.total, compared=parts.compared)
    section.by, section.total, section.inks = f"by {parts.split}", tile, inks_of(parts)
    section.pieces.append(BreakdownView(parts, section.inks))
    if page.tiles and tile.name not in [other.name for other in page.tiles]:
        page.tiles = [*page.tiles, tile]
        section.tiles = [tile]


def _add_chart(section: PageSection, chart: blocks.Chart) -> None:
    """A chart stands before the donut of its section, and its figures after it."""
    section.pieces.insert(0, diagram_of(chart, section.inks))
    section.pieces.append(buckets_table(chart))
    for tile in section.tiles:
        tile.spark = spark_of(chart, None if chart.stacked else tile.name.capitalize())


def _rejects(rejects: blocks.Rejects) -> Iterable[Piece]:
    grid = rejects.grid
    table = table_of(replace(grid, rows=list(islice(grid.rows, MOST_ROWS))), "Rejected records")
    if rejects.total > len(table.rows):
        shown = f"Showing {number(len(table.rows))} of {number(rejects.total)}. For all rows:"
        yield Paragraphs([shown], command="contactrep rejects -o rejects.csv")
    yield table
