"""The overview on a terminal: four headline figures and the bars of the three that are events."""

from __future__ import annotations

from collections.abc import Sequence

from contactrep.render.charts.bars import Canvas, Chart, Series, grouped_chart, mark
from contactrep.render.figures import number
from contactrep.render.look import Look
from contactrep.render.paint import BAD, GOOD, OVERVIEW_INKS, Line, Span, line_cells
from contactrep.render.tables import series_counts, series_names
from contactrep.render.terminal.lines import BLANK, beside, change_span
from contactrep.report import Figure, Overview
from contactrep.zones import to_wall

_MORE_IS = {"added": GOOD, "deleted": BAD, "net": GOOD}
_WIDE = 110
"""From here on the figures stand beside the chart."""

_GAP = 3


def overview_lines(overview: Overview, look: Look) -> list[Line]:
    """The figures, and the chart below or beside them."""
    figures = [
        _figure_block(name, figure, place, look)
        for place, (name, figure) in enumerate(overview.metrics.items())
    ]
    if look.width >= _WIDE:
        column = [line for block in figures for line in (*block, BLANK)][:-1]
        taken = max(map(line_cells, column)) + 2 * _GAP
        return beside(column, _chart(overview, look, look.width - taken), 0, width=taken)
    return [*_in_a_row(figures, look), BLANK, *_chart(overview, look, look.width)]


def _figure_block(name: str, figure: Figure, place: int, look: Look) -> list[Line]:
    """Name, count with its change, and the count before."""
    canvas = _canvas(look, look.width)
    marked: Line = (
        [mark(OVERVIEW_INKS[place], canvas.glyph(place), canvas), Span(" ")]
        if place < len(OVERVIEW_INKS)
        else []
    )
    block: list[Line] = [[*marked, Span(name.capitalize())], [Span(number(figure.count), bold=True)]]
    if figure.previous is not None:
        block[1] += [Span("  "), change_span(figure, look, more_is=_MORE_IS.get(name))]
        block.append([Span(f"was {number(figure.previous)}", dim=True)])
    return block


def _in_a_row(blocks: Sequence[list[Line]], look: Look) -> list[Line]:
    """The blocks side by side in equal parts of the width; where they don't fit, a line each."""
    each = max(line_cells(line) for block in blocks for line in block)
    if (each + _GAP) * len(blocks) - _GAP > look.width:
        return _as_lines(blocks)
    part = min((look.width + _GAP) // len(blocks), each + 3 * _GAP)
    lines = blocks[-1]
    for block in reversed(blocks[:-1]):
        lines = beside(block, lines, 0, width=part)
    return lines


def _as_lines(blocks: Sequence[list[Line]]) -> list[Line]:
    widths = [max(line_cells(block[row]) for block in blocks) for row in range(len(blocks[0]) - 1)]
    lines = []
    for name, *rest in blocks:
        line: Line = []
        for cell, width in zip([name, *rest[:-1]], widths, strict=True):
            line += [*cell, Span(" " * (width - line_cells(cell) + 2))]
        lines.append([*line, *rest[-1]])
    return lines


def _chart(overview: Overview, look: Look, width: int) -> list[Line]:
    zone = overview.head.range.zone
    columns = list(zip(*series_counts(overview), strict=True))
    series = [
        Series(name, ink, counts)
        for name, ink, counts in zip(series_names(overview), OVERVIEW_INKS, columns, strict=True)
    ]
    starts = [to_wall(entry.bucket.start, zone) for entry in overview.series]
    return grouped_chart(Chart(series, starts, overview.head.by or "day"), _canvas(look, width))


def _canvas(look: Look, width: int) -> Canvas:
    return Canvas(width, 10 if look.width >= 60 else 8, look.colour != "none", look.unicode)
