"""The text part of a mail: the plain report, without what would make a message too large to deliver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from contactrep.document import blocks
from contactrep.document.grids import Grid
from contactrep.phrases import number
from contactrep.render.brief import brief
from contactrep.render.plain import texts_of_blocks
from contactrep.render.text import cut, visible

_MOST_ROWS = 400
_WIDEST_CELL, _LONGEST_SENTENCE = 60, 500
"""In cells of a terminal: a name may be 100 kB long."""


def text_of(document: Iterable[blocks.Block]) -> str:
    """The text: a log has at most 400 rows, other tables are `brief`, with eight parts by bucket."""
    return "".join(texts_of_blocks(_short(brief(document))))


def _short(document: Iterable[blocks.Block]) -> Iterator[blocks.Block]:
    """Names and sentences of a readable length."""
    for block in document:
        match block:
            case blocks.Lead():
                yield blocks.Lead([cut(visible(line), _LONGEST_SENTENCE) for line in block.lines])
            case blocks.Parts():
                yield from _table(block.grid)
            case blocks.Chart():
                yield from _table(block.gathered().grid)
            case Grid():
                yield from _table(block)
            case _:
                yield block


def _table(grid: Grid) -> Iterator[blocks.Block]:
    """The first rows, and how many more there are."""
    rows = list(grid.rows)
    columns = tuple(replace(one, title=_shortened(one.heading)) for one in grid.columns)
    first = [list(map(_shown, row)) for row in rows[:_MOST_ROWS]]
    yield Grid(columns, first, grid.zone)
    if len(rows) > _MOST_ROWS:
        yield blocks.Cut(
            f"… and {number(len(rows) - _MOST_ROWS)} more rows; --format csv has all of them", None
        )


def _shown(value: object) -> object:
    return _shortened(value) if isinstance(value, str) else value


def _shortened(text: str) -> str:
    return cut(visible(text), _WIDEST_CELL)
