"""Tables for a terminal, laid out to the character as `rich.table.Table` would, in a hundredth of its time.

Rich builds an object for every cell and measures each several times: 10,000 rows take it 5 seconds.
Here each column is measured once, by the same rules: the widest columns shrink first, and a text that is
still too long is cut and ends in `…`. tests/render/test_columns.py compares both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contactrep.render.text import cells, chunks, fit

_PADDING, _DIVIDER = 1, 1
"""Cells after every column but the last, and between two columns."""

RULE, ASCII_RULE = "─", "-"


@dataclass(frozen=True)
class TableColumn:
    """A heading and the column's texts, safe to show; `shrinks` when there is too little room for all."""

    heading: str
    texts: Sequence[str]
    right: bool = False
    shrinks: bool = True


@dataclass(frozen=True)
class TextTable:
    """Columns, and the width of each in cells, padding included."""

    columns: Sequence[TableColumn]
    padded: Sequence[int]

    @property
    def cells(self) -> int:
        """The width of the whole."""
        return sum(self.padded) + _DIVIDER * (len(self.padded) - 1)

    @property
    def widths(self) -> list[int]:
        """The cells that each column has for its texts."""
        *others, last = self.padded
        return [*(max(0, width - _PADDING) for width in others), last]

    def heading(self) -> list[str]:
        """The headings, each padded to its column's width, with the gap to the next."""
        return [text for (text,) in self._padded_texts([[column.heading] for column in self.columns])]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The texts of each row, each padded to its column's width, with the gap to the next."""
        return zip(*self._padded_texts([column.texts for column in self.columns]), strict=True)

    def _padded_texts(self, texts: Sequence[Sequence[str]]) -> list[list[str]]:
        """The texts of each column, padded to its width, with the gap to the next."""
        widths = self.widths
        gaps = [" " * (padded - width + _DIVIDER) for padded, width in zip(self.padded, widths, strict=True)]
        gaps[-1] = ""
        columns = zip(self.columns, texts, widths, gaps, strict=True)
        return [_fitted(own, width, gap, right=column.right) for column, own, width, gap in columns]

    def chunks(self, size: int = 1000) -> Iterator[str]:
        """The rows as text, `size` lines at a time, no line ending in spaces."""
        return chunks((f"{''.join(row).rstrip(' ')}\n" for row in self.rows()), size)


def laid_out(columns: Sequence[TableColumn], room: int) -> TextTable:
    """The table in at most `room` cells."""
    padding = [_PADDING] * (len(columns) - 1) + [0]
    widest = [max(cells(column.heading), _widest(column.texts)) for column in columns]
    room -= _DIVIDER * (len(columns) - 1)
    padded = [min(width + pad, room) for width, pad in zip(widest, padding, strict=True)]
    shrinks = [place for place, column in enumerate(columns) if column.shrinks]
    return TextTable(columns, _shrunk(padded, shrinks, room))


def _widest(texts: Sequence[str]) -> int:
    """The cells of the widest text; ASCII, whole columns at once, needs no table of characters."""
    if "".join(texts).isascii():
        return max(map(len, texts), default=0)
    return max(map(cells, texts), default=0)


def _shrunk(widths: list[int], shrinks: Sequence[int], room: int) -> list[int]:
    """`widths` reduced to `room`: the widest that may shrink first, then the next widest, at last all."""
    while shrinks and (excess := sum(widths) - room) > 0:
        widest = max(widths[place] for place in shrinks)
        following = max((widths[place] for place in shrinks if widths[place] < widest), default=0)
        if widest == 0:
            break
        places = [place for place in shrinks if widths[place] == widest]
        widths = _taken(widths, places, excess, widest - following)
    if (excess := sum(widths) - room) > 0:
        places = [place for place, width in enumerate(widths) if width]
        widths = _taken(widths, places, excess, None)
    return widths


def _taken(widths: list[int], places: Sequence[int], total: int, most: int | None) -> list[int]:
    """The widths less `total`, in equal parts from those at `places`, at most `most` from each."""
    left, widths = len(places), list(widths)
    for place in places:
        part = min(widths[place] if most is None else most, round(total / left))
        widths[place] -= part
        total -= part
        left -= 1
    return widths


def _fitted(texts: Sequence[str], width: int, gap: str, *, right: bool) -> list[str]:
    """The texts padded or cut to `width`, with the gap to the next column."""
    if "".join(texts).isascii() and max(map(len, texts), default=0) <= width:
        pad = str.rjust if right else str.ljust
        return [pad(text, width) + gap for text in texts]
    return [fit(text, width, right=right) + gap for text in texts]
