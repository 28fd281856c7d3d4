"""The overview on a terminal: four headline figures and the bars of the three that are events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contactrep.document.blocks import Chart, Figures
from contactrep.phrases import number
from contactrep.render.charts.bars import bar_chart
from contactrep.render.look import Look
from contactrep.render.paint import Run, StyledLine, line_cells
from contactrep.render.palette import OVERVIEW_INKS
from contactrep.render.terminal.lines import BLANK, beside, canvas_of, change_run
from contactrep.report import Figure

_WIDE = 110
"""From this width on, the figures are beside the chart."""

_GAP = 3


@dataclass(frozen=True)
class _Headline:
    """A headline figure in its parts."""

    name: StyledLine
    count: Run
    moved: tuple[Run, Run] | None
    """The change, and the count before."""

    def block(self) -> list[StyledLine]:
        """As three lines: the name, the count with its change, the count before."""
        lines: list[StyledLine] = [self.name, [self.count]]
        if self.moved:
            lines[1] += [Run("  "), self.moved[0]]
            lines.append([self.moved[1]])
        return lines


def overview_lines(block: Figures, chart: Chart, look: Look) -> list[StyledLine]:
    """The figures, and the chart below or beside them."""
    figures = enumerate(block.figures.items())
    headlines = [_headline(name, figure, place, look) for place, (name, figure) in figures]
    if look.width >= _WIDE:
        column = [line for headline in headlines for line in (*headline.block(), BLANK)][:-1]
        taken = max(map(line_cells, column)) + 2 * _GAP
        return beside(column, _chart(chart, look, look.width - taken), 0, width=taken)
    return [*_in_a_row(headlines, look.width), BLANK, *_chart(chart, look, look.width)]


def _headline(name: str, figure: Figure, place: int, look: Look) -> _Headline:
    canvas = canvas_of(look, look.width)
    shown: StyledLine = [Run(name.capitalize())]
    if place < len(OVERVIEW_INKS):
        shown = [canvas.mark(place, OVERVIEW_INKS[place]), Run(" "), *shown]
    count = Run(number(figure.count), bold=True)
    if figure.previous is None:
        return _Headline(shown, count, None)
    before = Run(f"was {number(figure.previous)}", dim=True)
    return _Headline(shown, count, (change_run(figure, look, name), before))


def _in_a_row(headlines: Sequence[_Headline], width: int) -> list[StyledLine]:
    """The blocks side by side in equal parts of the width; where they do not fit, a line each."""
    blocks = [headline.block() for headline in headlines]
    each = max(line_cells(line) for block in blocks for line in block)
    if (each + _GAP) * len(blocks) - _GAP > width:
        return _as_lines(headlines)
    part = min((width + _GAP) // len(blocks), each + 3 * _GAP)
    lines = blocks[-1]
    for block in reversed(blocks[:-1]):
        lines = beside(block, lines, 0, width=part)
    return lines


def _as_lines(headlines: Sequence[_Headline]) -> list[StyledLine]:
    """A line each, the figures below one another."""
    marked = [one.name if len(one.name) > 1 else [Run("  "), *one.name] for one in headlines]
    names = max(map(line_cells, marked))
    counts = max(len(one.count.text) for one in headlines)
    changes = max((len(one.moved[0].text) for one in headlines if one.moved), default=0)
    lines = []
    for name, headline in zip(marked, headlines, strict=True):
        line = [*name, Run(" " * (names - line_cells(name) + 2))]
        line.append(headline.count._replace(text=headline.count.text.rjust(counts)))
        if headline.moved:
            change, before = headline.moved
            line += [Run("  "), change._replace(text=change.text.rjust(changes)), Run("  "), before]
        lines.append(line)
    return lines


def _chart(chart: Chart, look: Look, width: int) -> list[StyledLine]:
    return bar_chart(chart, OVERVIEW_INKS, canvas_of(look, width, 12 if look.width >= _WIDE else 10))
