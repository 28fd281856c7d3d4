"""Tables of a page: grids as cells, the parts of a breakdown, and long logs as data for the script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, repeat

from contactrep.document.blocks import Chart, Parts
from contactrep.document.grids import Column, Grid
from contactrep.phrases import change, number
from contactrep.render.geometry.plot import MOST_BARS
from contactrep.render.grids import texts_of
from contactrep.render.palette import OTHER_INK, inks_of, tone_of
from contactrep.render.text import legible
from contactrep.report import Figure

MOST_ROWS = 1_000
"""Rows of a log that are HTML. Of more, the first page is, and the script has all of them as data."""

ROWS_A_PAGE = 100
MOST_BUCKETS = 400
"""Buckets of a chart that have a row each. Of more, each bar has one, as it is drawn."""

MOST_PARTS = 400
_SEARCHED = 15
"""With more rows than this, a table can be searched."""

_REPEATED = 4
"""A column whose values occur so often on average is written as a list of them and their places."""


@dataclass(frozen=True)
class Heading:
    """The heading of a column: `css` is the kind of its cells; `named` are those with texts from events."""

    text: str
    css: str
    named: bool


@dataclass(frozen=True)
class Table:
    """Texts in rows and columns; `caption` says what they are, `foot` is the last row.

    keyed: the first column says what a row is.
    whole: the rows that the script has as data, as JSON, and how many they are.
    """

    kind = "table"
    caption: str
    headings: list[Heading]
    rows: Sequence[Sequence[str]]
    keyed: bool = False
    searched: bool = False
    foot: Sequence[str] | None = None
    note: str = ""
    whole: str = ""
    total: int = 0


def table_of(grid: Grid, caption: str, *, most: int = MOST_ROWS) -> Table:
    """A grid with all its rows; with more than `most`, the first hundred, and all as data."""
    rows = list(islice(grid.rows, most + 1)) if not isinstance(grid.rows, Sequence) else grid.rows
    shown = rows if len(rows) <= most else rows[:ROWS_A_PAGE]
    texts = texts_of(replace(grid, rows=rows), brief=True)
    return Table(
        caption=caption,
        headings=[_heading(column) for column in grid.columns],
        rows=list(zip(*texts, strict=True))[: len(shown)],
        searched=len(rows) > _SEARCHED,
        whole=_data(texts) if len(rows) > most else "",
        total=len(rows),
    )


def _heading(column: Column) -> Heading:
    css = (
        "number" if column.right else "time" if column.kind == "instant" else "key" if column.key else "text"
    )
    return Heading(legible(column.heading), css, column.kind in ("text", "id"))


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


def buckets_table(chart: Chart) -> Table:
    """The figures of a chart: a row per bucket or, of more than 400, per bar, a column per series."""
    shown, each = chart.gathered(), 1
    if len(chart.buckets) > MOST_BUCKETS:
        shown, each = shown.merged(MOST_BARS)
    grid, headings = shown.grid, [_heading(column) for column in shown.grid.columns]
    headings[1:] = [replace(heading, named=shown.stacked) for heading in headings[1:]]
    texts = [list(column) for column in texts_of(grid)]
    if shown.stacked:
        headings.append(Heading("Total", "number", named=False))
        texts.append(
            [number(sum(counts)) for counts in zip(*(one.counts for one in shown.series), strict=True)]
        )
    note = f"Each row is {number(each)} {chart.by}s; --format json has every {chart.by}." if each > 1 else ""
    return Table(f"Figures by {chart.by}", headings, list(zip(*texts, strict=True)), keyed=True, note=note)


@dataclass(frozen=True)
class Change:
    """How a figure changed, in words, and whether that is good or bad."""

    text: str
    tone: str
    before: str


def change_of(figure: Figure, name: str, *, compared: bool) -> Change | None:
    """The change of the figure `name`; None without a comparison."""
    if not compared:
        return None
    return Change(change(figure.change), tone_of(figure.change, name), number(figure.previous or 0))


@dataclass(frozen=True)
class PartRow:
    """A row of a breakdown: `place` and `ink` are those of its arc, `width` its share of a bar of 100.

    The row of the total has none of the three.
    """

    name: str
    count: str
    share: str
    change: Change | None
    place: int = 0
    ink: str = ""
    width: str = ""


@dataclass(frozen=True)
class PartsTable:
    """The parts of a breakdown: the legend of its donut, and all its figures."""

    caption: str
    split: str
    compared: bool
    rows: list[PartRow]
    total: PartRow
    searched: bool
    note: str


def parts_table(parts: Parts) -> PartsTable:
    """The parts, largest first, at most 400 of them."""
    rows = list(_part_rows(parts))
    left = len(parts.parts) - len(rows)
    total = change_of(parts.total, "", compared=parts.compared)
    return PartsTable(
        caption=f"{parts.component.capitalize()} by {parts.split}",
        split=parts.split.capitalize(),
        compared=parts.compared,
        rows=rows,
        total=PartRow("Total", number(parts.total.count), parts.total_share, total),
        searched=len(rows) > _SEARCHED,
        note=f"{number(left)} smaller parts are left out; --format csv has all of them." if left else "",
    )


def _part_rows(parts: Parts) -> Iterator[PartRow]:
    last, whole = len(parts.gathered()) - 1, parts.total.count or 1
    shown = zip(parts.parts[:MOST_PARTS], chain(inks_of(parts), repeat(OTHER_INK)), strict=False)
    for place, (part, ink) in enumerate(shown):
        yield PartRow(
            legible(part.name),
            number(part.figure.count),
            part.share,
            change_of(part.figure, "", compared=parts.compared),
            place=min(place, last),
            ink=ink,
            width=f"{round(part.figure.count / whole * 100, 1):g}",
        )
