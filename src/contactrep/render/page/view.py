"""What a page shows, from the blocks of a document: a head, headline figures, sections and a foot.

Every text is as it is in the blocks. The templates make it safe to show and escape it for HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from contactrep.document import blocks
from contactrep.phrases import number
from contactrep.render.outline import Headline, Outline, OutlineSection, outline
from contactrep.render.page.tables import MOST_ROWS
from contactrep.report import Notice


@dataclass
class Page:
    """A whole page. `tiles` are its headline figures, `facts` names and values; `dates` and `made` are those
    of a report."""

    title: str = "contactrep"
    dates: str = ""
    facts: Sequence[tuple[str, str]] = ()
    lead: Sequence[str] = ()
    notices: Sequence[Notice] = ()
    tiles: Sequence[Headline] = ()
    sections: list[OutlineSection] = field(default_factory=list)
    made: str = ""
    command: str | None = None


def page_of(document: Iterable[blocks.Block]) -> Page:
    """The page of a document."""
    found = list(document)
    if any(isinstance(block, blocks.Facts) for block in found):
        return _report(outline(found))
    return _answer(found)


def _report(report: Outline) -> Page:
    has_figures = any(section.figures for section in report.sections)
    return Page(
        title=report.title,
        dates=report.facts.dates,
        facts=_facts(report.facts),
        lead=report.lead,
        notices=report.notices,
        tiles=report.headline if has_figures else (),
        sections=report.sections,
        made=report.facts.made,
        command=report.command,
    )


def _facts(facts: blocks.Facts) -> list[tuple[str, str]]:
    found = (
        ("Range", facts.range_name),
        ("Time zone", facts.zone),
        ("Compared with", facts.compared),
        ("Data through", facts.data_through or blocks.NO_DATA),
        ("Only", facts.filters),
    )
    return [(name, value) for name, value in found if value]


def _answer(document: Iterable[blocks.Block]) -> Page:
    """The page of any answer other than a report: one section."""
    page, section = Page(), OutlineSection("")
    for block in document:
        match block:
            case blocks.Heading():
                page.title = section.title = block.text
            case blocks.AsOf():
                page.facts = [("As of", block.moment), ("Time zone", block.zone)]
            case blocks.Properties():
                page.title, section.title, page.facts = block.title, block.subject, block.pairs
            case blocks.Rejects():
                page.title = f"{number(block.total)} rejected"
                section.rows = replace(block.grid, rows=list(islice(block.rows, MOST_ROWS)))
                if block.total > MOST_ROWS:
                    section.cut = blocks.cut(MOST_ROWS, block.total, block.command)
            case blocks.Notices():
                page.notices = block.notices
            case _:
                section.add(block)
    if section.rows or section.messages:
        page.sections = [section]
    return page
