"""A document by section, for writers with a two-dimensional layout, such as pictures and mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from contactrep.document import blocks
from contactrep.document.grids import Grid
from contactrep.render.palette import OVERVIEW_INKS, inks_of
from contactrep.report import Figure, Notice


class Headline(NamedTuple):
    """A headline figure of a `metric` (`added`), and the chart of it alone."""

    metric: str
    figure: Figure
    chart: blocks.Chart


@dataclass
class OutlineSection:
    """A section of a report: its figures or parts with their chart, or the rows of a log.

    `messages` say what the figures leave out, or why there are no figures or rows.
    """

    title: str
    figures: blocks.Figures | None = None
    parts: blocks.Parts | None = None
    chart: blocks.Chart | None = None
    rows: Grid | None = None
    cut: blocks.Cut | None = None
    messages: list[str] = field(default_factory=list)

    @property
    def inks(self) -> Sequence[str]:
        """The ink of each series that the chart shows."""
        return inks_of(self.parts) if self.parts else OVERVIEW_INKS

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
            case blocks.Message() | blocks.Sentences():
                self.messages += block.lines


@dataclass
class Outline:
    """A report: what it says of itself, and its sections. A single report is its own only section."""

    title: str
    facts: blocks.Facts
    lead: Sequence[str] = ()
    notices: Sequence[Notice] = ()
    command: str | None = None
    sections: list[OutlineSection] = field(default_factory=list)

    def with_commands(self, longest: int) -> Outline:
        """The report without the commands that are longer: half a command does something else."""

        def whole(command: str | None) -> str | None:
            return command if command and len(command) <= longest else None

        sections = [
            replace(one, cut=one.cut and replace(one.cut, command=whole(one.cut.command)))
            for one in self.sections
        ]
        return replace(self, command=whole(self.command), sections=sections)

    @property
    def drawn(self) -> list[tuple[OutlineSection, blocks.Chart]]:
        """The sections with a chart, and the chart of each."""
        return [(one, one.chart) for one in self.sections if one.chart is not None]

    @property
    def headline(self) -> list[Headline]:
        """The figures of the overview, and the total of each breakdown that is not among them."""
        found: dict[str, Headline] = {}
        for section, chart in self.drawn:
            if section.figures:
                series = {one.name: one for one in chart.columns}
                for name, figure in section.figures.figures.items():
                    over_time = series.get(name.capitalize(), blocks.Series(name, ()))
                    found[name] = Headline(name, figure, chart.alone(over_time))
            elif section.parts:
                name, total = section.parts.component, section.parts.total
                over_time = blocks.Series(name, blocks.summed(chart.series))
                found.setdefault(name, Headline(name, total, chart.alone(over_time)))
        return list(found.values())

    @property
    def unfinished(self) -> bool:
        """Whether a bucket of a chart is not over."""
        return any(chart.unfinished for _, chart in self.drawn)


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
                whole.notices = block.notices
            case blocks.Command():
                whole.command = block.text
            case blocks.Heading() | blocks.Facts():
                pass
            case _:
                whole.sections[-1].add(block)
    return whole
