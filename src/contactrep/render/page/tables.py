"""Tables of a page: grids as cells, and long logs as data for the script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from contactrep.document.blocks import Chart, summed
from contactrep.document.grids import Column, Grid
from contactrep.phrases import number
from contactrep.render.brief import brief_chart
from contactrep.render.grids import texts_of
from contactrep.render.text import legible

MOST_ROWS = 1_000
"""Rows of a log that are HTML. Of more, the first page is, and the script has all of them as data."""

ROWS_A_PAGE = 100
MOST_BUCKETS = 400
"""Buckets of a chart that have a row each. Of more, each bar has one, as it is drawn."""

MOST_PARTS = 400
SEARCHED = 15
"""With more rows than this, a table can be searched."""

_REPEATED = 4
"""A column whose values occur so often on average is written as a list of them and their places."""


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


def table_of(grid: Grid, caption: str, *, most: int = MOST_ROWS) -> PageTable:
    """A grid with all its rows; with more than `most`, the first hundred, and all as data."""
    rows = list(islice(grid.rows, most + 1)) if not isinstance(grid.rows, Sequence) else grid.rows
    shown = rows if len(rows) <= most else rows[:ROWS_A_PAGE]
    texts = texts_of(replace(grid, rows=rows), brief=True)
    return PageTable(
        caption=caption,
        headings=[_heading(column) for column in grid.columns],
        rows=list(zip(*texts, strict=True))[: len(shown)],
        searched=len(rows) > SEARCHED,
        whole=_data(texts) if len(rows) > most else "",
        total=len(rows),
    )


def _heading(column: Column) -> ColumnHeading:
    css = (
        "number" if column.right else "time" if column.kind == "instant" else "key" if column.key else "text"
    )
    return ColumnHeading(legible(column.heading), css, column.kind in ("text", "id"))


def _data(columns: Iterable[Sequence[str]]) -> str:
    """The columns as JSON that may stand in a page: nothing in it can end the script that it is in.

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
