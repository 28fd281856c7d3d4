"""Tables of a page: grids as cells, and long logs as data for the script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from contactrep.document.blocks import Chart, summed
from contactrep.document.grids import Column, Grid
from contactrep.phrases import number
from contactrep.render.brief import brief_chart
from contactrep.render.grids import texts_of
from contactrep.render.text import legible

MOST_ROWS = 1_000
"""A table of at most so many rows is HTML. Of a longer one, the first page is HTML, and the script has all
rows as data."""

ROWS_A_PAGE = 100
MOST_BUCKETS = 400
"""The table of a chart with at most so many buckets has a row for each; of more, a row for each bar."""

MOST_PARTS = 400
SEARCHED = 15
"""With more rows than this, a table can be searched."""

_REPEATED = 4
"""Where each value of a column occurs so often on average, the values are written once, then their places."""


@dataclass(frozen=True)
class ColumnHeading:
    """The heading of a column: `css` is the kind of its cells; `named` are those with texts from events."""

    text: str
    css: str
    named: bool


@dataclass(frozen=True)
class PageTable:
    """Texts in rows and columns; `caption` says what they are.

    whole: the rows that the script has as data, as JSON, and how many they are.
    """

    caption: str
    headings: list[ColumnHeading]
    rows: Sequence[Sequence[str]]
    searched: bool = False
    note: str = ""
    whole: str = ""
    total: int = 0


def table_of(grid: Grid, caption: str) -> PageTable:
    """A grid with all its rows; with more than `MOST_ROWS`, the first hundred, and all as data."""
    texts = texts_of(grid, brief=True)
    rows = list(zip(*texts, strict=True))
    is_long = len(rows) > MOST_ROWS
    return PageTable(
        caption=caption,
        headings=[_heading(column) for column in grid.columns],
        rows=rows[:ROWS_A_PAGE] if is_long else rows,
        searched=len(rows) > SEARCHED,
        whole=_data(texts) if is_long else "",
        total=len(rows),
    )


def _heading(column: Column) -> ColumnHeading:
    css = (
        "number" if column.right else "time" if column.kind == "instant" else "key" if column.key else "text"
    )
    return ColumnHeading(legible(column.heading), css, column.kind in ("text", "id"))


def _data(columns: Iterable[Sequence[str]]) -> str:
    """The columns as JSON for a page: nothing in it can end the script element that has it.

    A column with few values is `[values, place of the value in each row]`, any other `[values]`.
    """
    written: list[list[Sequence[object]]] = []
    for texts in columns:
        values = list(dict.fromkeys(texts))
        if len(values) * _REPEATED > len(texts):
            written.append([list(texts)])
        else:
            places = {value: place for place, value in enumerate(values)}
            written.append([values, [places[text] for text in texts]])
    return _escaped(json.dumps(written, ensure_ascii=False, separators=(",", ":")))


def _escaped(text: str) -> str:
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def buckets_table(chart: Chart) -> PageTable:
    """The figures of a chart: a row per bucket or, of more than 400, per bar, a column per series."""
    shown, note = brief_chart(chart.gathered(), MOST_BUCKETS)
    grid, headings = shown.grid, [_heading(column) for column in shown.grid.columns]
    headings[1:] = [replace(heading, named=shown.stacked) for heading in headings[1:]]
    texts = [list(column) for column in texts_of(grid)]
    if shown.stacked:
        headings.append(ColumnHeading("Total", "number", named=False))
        texts.append(list(map(number, summed(shown.series))))
    return PageTable(f"Figures by {chart.by}", headings, list(zip(*texts, strict=True)), note=note)
