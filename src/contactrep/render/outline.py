"""A document by section, for writers with a two-dimensional layout, such as pictures and mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from contactrep.document import blocks
from contactrep.document.grids import Grid
from contactrep.report import Figure


@dataclass
class OutlineSection:
    """A section of a report: its figures or parts with their chart, or the rows of a log, or why it has none.

    `messages` are what its figures leave out; where there are none, the reason.
    """

    title: str
    figures: blocks.Figures | None = None
    parts: blocks.Parts | None = None
    chart: blocks.Chart | None = None
    rows: Grid | None = None
    cut: blocks.Cut | None = None
    messages: list[str] = field(default_factory=list)

    def add(self, block: blocks.Block) -> None:
        """Put a block where it belongs."""
        match block:
            case blocks.Figures():
                self.figures = block
            case blocks.Parts():
                self.parts = block
            case blocks.Chart():
                self.chart = block
            case Grid():
                self.rows = block
            case blocks.Cut():
                self.cut = block
            case blocks.Message():
                self.messages.append(block.text)


@dataclass
class Outline:
    """A report: what it says of itself, and its sections. A single report is its own only section."""

    title: str
    facts: blocks.Facts
    lead: Sequence[str] = ()
    notices: Sequence[str] = ()
    command: str | None = None
    sections: list[OutlineSection] = field(default_factory=list)

    @property
    def headline(self) -> list[tuple[str, Figure]]:
        """The figures of the overview by name, and the total of each breakdown that is not among them."""
        found: dict[str, Figure] = {}
        for one in self.sections:
            found |= one.figures.figures if one.figures else {}
        for one in self.sections:
            if one.parts:
                found.setdefault(one.parts.component, one.parts.total)
        return list(found.items())

    @property
    def unfinished(self) -> bool:
        """Whether a bucket of a chart is not over."""
        return any(one.chart is not None and one.chart.unfinished for one in self.sections)


def outline(document: Iterable[blocks.Block]) -> Outline:
    """The document of a report by section."""
    found = list(document)
    title = next(block.text for block in found if isinstance(block, blocks.Heading))
    whole = Outline(title, next(block for block in found if isinstance(block, blocks.Facts)))
    if not any(isinstance(block, blocks.Heading) and block.level > 1 for block in found):
        whole.sections.append(OutlineSection(title))
    for block in found:
        match block:
            case blocks.Heading(text, level) if level > 1:
                whole.sections.append(OutlineSection(text))
            case blocks.Lead():
                whole.lead = block.lines
            case blocks.Notices():
                whole.notices = block.lines
            case blocks.Command():
                whole.command = block.text
            case blocks.Heading() | blocks.Facts():
                pass
            case _:
                whole.sections[-1].add(block)
    return whole
