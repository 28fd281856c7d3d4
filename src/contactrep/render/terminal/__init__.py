"""Documents as a page on a terminal: headline figures, charts, a pie beside its table, logs.

A page is lines of styled runs in a given width. A chart merges or leaves out what does not fit; figures and
tables are whole at any usual width.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from contactrep.document import blocks, document
from contactrep.document.grids import Grid
from contactrep.render.look import Look
from contactrep.render.paint import Run, painted
from contactrep.render.terminal.breakdown import breakdown_lines
from contactrep.render.terminal.lines import dimmed, fact_lines, flowing, property_lines, title_line, wrapped
from contactrep.render.terminal.logs import cut_lines, reject_chunks, table_chunks
from contactrep.render.terminal.overview import overview_lines
from contactrep.render.text import visible
from contactrep.report import Answer

_IN_ASCII = str.maketrans("·–−…", "|--~")
"""The punctuation of a page, for a terminal of ASCII. Charts choose their own characters."""


def write(answer: Answer, look: Look) -> Iterator[str]:
    """The report as text for a terminal of `look.width` cells, in chunks of whole lines."""
    page = _page(list(document(answer)), look)
    return page if look.unicode else (chunk.translate(_IN_ASCII) for chunk in page)


def _page(made: list[blocks.Block], look: Look) -> Iterator[str]:
    """The blocks with a blank line before each, but for the first and the facts below a title."""
    rest = made
    while rest:
        yield "" if rest is made or isinstance(rest[0], blocks.Facts | blocks.AsOf) else "\n"
        match rest:
            case [blocks.Figures() as figures, blocks.Chart() as chart, *rest]:
                yield painted(overview_lines(figures, chart, look), look)
            case [blocks.Parts() as parts, blocks.Chart() as chart, *rest]:
                yield painted(breakdown_lines(parts, chart, look), look)
            case [block, *rest]:
                yield from _block(block, look)


def _block(block: blocks.Block, look: Look) -> Iterable[str]:  # noqa: C901 - one case per block
    match block:
        case blocks.Heading():
            lines = [title_line(block.text, look)]
        case blocks.Facts():
            lines = fact_lines(block, look)
        case blocks.AsOf():
            lines = dimmed(flowing([f"as of {block.moment}", block.zone], look.width))
        case blocks.Message() | blocks.Lead() | blocks.Notices() | blocks.Command():
            lines = [[Run(line)] for text in block.lines for line in wrapped(visible(text), look.width)]
        case blocks.Sentences():
            return [f"{visible(line)}\n" for line in block.lines]
        case blocks.Figures() | blocks.Parts() | blocks.Chart():
            raise AssertionError("figures and their chart come together")
        case Grid():
            return table_chunks(block, look)
        case blocks.Cut():
            return cut_lines(block, look)
        case blocks.Properties():
            lines = property_lines(block, look)
        case blocks.Rejects():
            return reject_chunks(block, look)
        case _:
            assert_never(block)
    return [painted(lines, look)]
