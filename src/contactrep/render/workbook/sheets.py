"""The sheets of a workbook, filled from the top down, and the formats of their cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from contactrep.document.blocks import Figures, Part, Parts
from contactrep.document.grids import Column, Grid
from contactrep.phrases import DOWN, MANY_TIMES, NOT_AVAILABLE, UP, iso
from contactrep.render import xlsx
from contactrep.render.geometry.widths import ems, shortened
from contactrep.render.palette import INKS, TONES, tone_of
from contactrep.render.text import ELLIPSIS, cells, visible, writable
from contactrep.report import Figure

COUNT, PERCENT = "#,##0", "0.0 %"
_LESS_THAN_SHOWN, _NEARLY_ALL = '"< 0.1 %"', '"99.9 %"'
_CHANGE = f'"{UP} "{{0}};"{DOWN} "{{0}};0.0 %'
_NARROWEST, _WIDEST = 12, 44  # characters of a column
_MOST_MEASURED = 1_000
"""Rows that decide how wide a column is."""

_LONGEST_NAME = 15.0
"""Em of a name in a chart: longer ones would leave no room for the bars."""

_ACROSS = 8
"""Columns that a paragraph goes across."""

_LINE, _PIXELS = 15, 20
"""The height of a row in points, and in pixels."""

_LONGEST_LINE = 68.0  # em
_MOST_FROZEN = 14
"""Rows above a table that may stay in place: more would leave little of a small window."""

_NOTHING = "\ufffe\uffff"
_NO_CHARACTERS = str.maketrans({one: f"‹U+{ord(one):04X}›" for one in _NOTHING})


Cell = tuple[str | float | None, Mapping[str, object]]
"""A value and its format, by properties of XlsxWriter."""


@dataclass(frozen=True)
class Area:
    """Rows of a table on a sheet (from 0), from `first` to `last`; columns are counted from `left`."""

    sheet: str
    first: int
    last: int
    left: int = 0

    def column(self, place: int) -> list[str | int]:
        """The cells of a column, as XlsxWriter takes a range."""
        return [self.sheet, self.first, self.left + place, self.last, self.left + place]

    def heading(self, place: int) -> list[str | int]:
        """The cell above a column, as XlsxWriter takes the name of a series."""
        return [self.sheet, self.first - 1, self.left + place]


class Book:
    """A workbook that is being filled."""

    def __init__(self, workbook: Workbook) -> None:
        self.workbook = workbook
        self._forms: dict[tuple[tuple[str, object], ...], Any] = {}

    def form(self, properties: Mapping[str, object]) -> Any:
        """The format of these properties of XlsxWriter."""
        key = tuple(properties.items())
        if key not in self._forms:
            self._forms[key] = self.workbook.add_format(dict(properties))
        return self._forms[key]


_MUTED = {"font_color": TONES["muted"].light}
_HEADING = {"bold": True, "bottom": 1, "bottom_color": TONES["muted"].light, "valign": "top"}
_TOTAL = {"bold": True, "top": 1}
_RIGHT = {"align": "right"}
_NO_FIGURE = (NOT_AVAILABLE, {**_MUTED, **_RIGHT})
_LEFT = {"align": "left"}  # else texts of right-to-left scripts go to the right


class SheetPage:
    """A sheet, and the next row of it that is free. Its name is in our own words."""

    def __init__(self, book: Book, name: str) -> None:
        self.name, self.row = name, 0
        self.book, self.sheet = book, xlsx.add_sheet(book.workbook, name)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.fit_to_pages(1, 0)

    def has_charts(self, *, wide: bool) -> None:
        """Lay the sheet out for charts: below each other, or `wide`, beside a table."""
        self.sheet.hide_gridlines(2)
        if not wide:
            self.sheet.set_portrait()

    # Texts

    def title(self, text: str, *, large: bool = True) -> None:
        """A title, of the page or of a part of it."""
        if not large:
            self.gap()
        size = 16 if large else 13
        self.sheet.set_row(self.row, size * 1.6)
        self._next(text, {"bold": True, "font_size": size, "font_color": TONES["text"].light})

    def line(self, text: str, *, muted: bool = False) -> None:
        """A text that runs over the cells beside it."""
        self._next(text, _MUTED if muted else {})

    def paragraph(self, text: str, properties: Mapping[str, object] | None = None) -> None:
        """A text over several lines."""
        form = {"text_wrap": True, "valign": "top", **(properties or {})}
        text = shown(text)
        self.sheet.set_row(self.row, _LINE * ceil(ems(text) / _LONGEST_LINE) + 3)
        self.sheet.merge_range(self.row, 0, self.row, _ACROSS - 1, "", self.book.form(form))
        self._next(text, form)

    def notice(self, text: str) -> None:
        """Something that a reader of the figures should know."""
        self.paragraph(
            f"Note: {text}", {"bg_color": TONES["notice"].light, "font_color": TONES["text"].light}
        )

    def gap(self) -> None:
        """An empty row."""
        self.row += 1

    def leave(self, pixels: int) -> None:
        """Leave room for what is not in cells."""
        self.row += ceil(pixels / _PIXELS) + 1

    def _next(self, text: str, properties: Mapping[str, object]) -> None:
        self.text(self.row, 0, text, properties)
        self.row += 1

    # Cells

    def text(self, row: int, column: int, text: str, properties: Mapping[str, object] = _LEFT) -> None:
        """A text in a cell, which it stays."""
        self.sheet.write_string(row, column, shown(text), self.book.form(properties))

    def number(self, row: int, column: int, value: float, properties: Mapping[str, object]) -> None:
        """A number in a cell."""
        self.sheet.write_number(row, column, value, self.book.form(properties))

    def time(self, row: int, column: int, instant: datetime, zone: ZoneInfo, form: str = "") -> None:
        """A time as a date cell in `zone`; as text with the offset where no date cell tells it."""
        value = xlsx.time_cell(instant, zone)
        if isinstance(value, str) or (not form and instant.astimezone(zone).fold):
            self.text(row, column, iso(instant, zone) or "")
            return
        form = form or (xlsx.WITH_MILLISECONDS if value.microsecond else xlsx.DATE_AND_TIME)
        self.sheet.write_datetime(row, column, value, self.book.form({"num_format": form, **_LEFT}))

    def heading(self, row: int, column: int, text: str, *, right: bool) -> None:
        """The heading of a column, of numbers if `right`."""
        self.text(row, column, text, {**_HEADING, **(_RIGHT if right else _LEFT)})

    # Tables

    def figures(self, figures: Figures) -> None:
        """The headline figures, with their changes."""
        self.sheet.set_column(0, 0, 26)
        self.sheet.set_column(1, 3, 12)
        self._head("Metric", "Count", compared=figures.compared)
        for name, figure in figures.figures.items():
            counted = (figure.count, {"num_format": COUNT, "bold": True})
            moved = _compared(figure, name) if figures.compared else ()
            self._row((name.capitalize(), _LEFT), counted, *moved)
        self.gap()

    def parts(self, parts: Parts) -> Area:
        """Write all parts and their total, and return the rows that charts show: where these are fewer parts
        or have shorter names, they are written below."""
        width = max(_NARROWEST, *(cells(shown(part.name)) + 2 for part in parts.parts[:_MOST_MEASURED]), 26)
        self.sheet.set_column(0, 0, min(width, _WIDEST))
        self.sheet.set_column(1, 4, 12)
        self._head(parts.split.capitalize(), "Count", "Share", compared=parts.compared)
        first = self.row
        for part in parts.parts:
            self._part(part.name, part.figure, _share(part, parts.total.count), parts)
        if self.row > first:
            self.sheet.conditional_format(first, 2, self.row - 1, 2, _BARS)
        whole = (1.0, {"num_format": PERCENT}) if parts.total.count else _NO_FIGURE
        self._part("Total", parts.total, whole, parts, _TOTAL)
        if drawn_names(parts) == [shown(part.name) for part in parts.parts]:
            return Area(self.name, first, first + len(parts.parts) - 1)
        return self._drawn(parts)

    def _drawn(self, parts: Parts) -> Area:
        self.gap()
        self._row(("Shown in the charts", _MUTED), ("Count", {**_MUTED, **_RIGHT}))
        first = self.row
        for name, part in zip(drawn_names(parts), parts.drawn, strict=True):
            self._row((name, {**_MUTED, **_LEFT}), (part.figure.count, {**_MUTED, "num_format": COUNT}))
        return Area(self.name, first, self.row - 1)

    def _part(
        self, name: str, figure: Figure, share: Cell, parts: Parts, more: Mapping[str, object] | None = None
    ) -> None:
        moved = _compared(figure, parts.component) if parts.compared else ()
        cells = ((name, _LEFT), (figure.count, {"num_format": COUNT}), share, *moved)
        self._row(*((value, {**properties, **(more or {})}) for value, properties in cells))

    def _head(self, *texts: str, compared: bool) -> None:
        """Write the headings of figures, which have their names in the first column."""
        for place, text in enumerate((*texts, *(("Previous", "Change") if compared else ()))):
            self.heading(self.row, place, text, right=place > 0)
        self.row += 1

    def _row(self, *cells: Cell) -> None:
        """Write the next row."""
        for column, (value, properties) in enumerate(cells):
            if isinstance(value, str):
                self.text(self.row, column, value, properties)
            elif value is not None:
                self.number(self.row, column, value, properties)
        self.row += 1

    def data(self, grid: Grid, *, times: str = "") -> None:
        """The rows of a table; its headings, and what is above them, stay in place.

        `times` is the number format of times; without it each shows what it has.
        """
        top = self.row
        titles = [_title(column, grid.zone) for column in grid.columns]
        for place, text in enumerate(titles):
            # Between two tables there is a column without a heading. A heading that is cut is cut at its end.
            if text:
                right = grid.columns[place].right and cells(text) < _WIDEST
                self.heading(top, place, text, right=right)
        self.row = top + 1
        first: list[Sequence[object]] = []
        for batch in grid.batches():
            rows = list(batch.rows)
            first = first or rows[:_MOST_MEASURED]
            for row in rows:
                for place, value in enumerate(row):
                    self._value(place, grid.columns[place], value, grid.zone, times)
                self.row += 1
        for place, column in enumerate(grid.columns):
            width = _width(column, titles[place], [row[place] for row in first])
            self.sheet.set_column(place, place, width)
        if top < _MOST_FROZEN:
            self.sheet.freeze_panes(top + 1, 0)
        self.sheet.repeat_rows(top)
        if self.row > top + 1:
            self.sheet.autofilter(top, 0, self.row - 1, len(grid.columns) - 1)

    def _value(self, place: int, column: Column, value: object, zone: ZoneInfo, times: str) -> None:
        match value:
            case None:
                pass
            case datetime():
                self.time(self.row, place, value, zone, times)
            case int():
                self.number(self.row, place, value, {"num_format": COUNT if column.kind == "count" else "0"})
            case _:
                self.text(self.row, place, str(value), _RIGHT if column.right else _LEFT)


_BARS = {
    "type": "data_bar",
    "bar_solid": True,
    "min_type": "num",
    "max_type": "num",
    "min_value": 0,
    "max_value": 1,
    "bar_color": INKS["sky"].dark,
    "bar_no_border": True,
}


def shown(text: str) -> str:
    """A text as a cell shows it: on one line, with stand-ins, cut where a cell cannot hold it."""
    text = writable(visible(text)).translate(_NO_CHARACTERS)
    if xlsx.length(text) <= xlsx.LONGEST_CELL:
        return text
    return text.encode("utf-16-le")[: 2 * (xlsx.LONGEST_CELL - 1)].decode("utf-16-le", "ignore") + ELLIPSIS


def drawn_names(parts: Parts) -> list[str]:
    """What a chart calls the parts that it shows, short enough for a legend."""
    return [
        f"{part.name} ({part.present:,})" if part.members else shortened(shown(part.name), _LONGEST_NAME)
        for part in parts.drawn
    ]


def _title(column: Column, zone: ZoneInfo) -> str:
    """The heading of a column, which names the zone of times."""
    return f"{column.heading} ({zone.key})" if column.kind == "instant" else column.heading


def _width(column: Column, text: str, values: Sequence[object]) -> int:
    if column.kind == "instant":
        return max(22, cells(text) + 4)
    widest = max((cells(str(value)[:_WIDEST]) for value in values if value is not None), default=0)
    return min(max(widest + 2, cells(text) + 4, _NARROWEST), _WIDEST)


def _share(part: Part, total: int) -> Cell:
    """The share of a part as people see it."""
    if part.figure.count and not part.tenths:
        return part.figure.count / total, {"num_format": _LESS_THAN_SHOWN}
    return (part.tenths / 1000, {"num_format": PERCENT}) if total else _NO_FIGURE


def _compared(figure: Figure, metric: str) -> tuple[Cell, Cell]:
    """The previous count and the change, the latter in the format of `phrases.change`."""
    before = (figure.previous, {"num_format": COUNT})
    if figure.change is None:
        return before, _NO_FIGURE
    form = "#,##0 %" if abs(figure.change) >= MANY_TIMES else PERCENT
    if figure.change and abs(figure.change) < 0.0005:
        form = _LESS_THAN_SHOWN
    if -1 < figure.change < -0.999:
        form = _NEARLY_ALL
    colour = TONES[tone_of(figure.change, metric) or "muted"].light
    return before, (figure.change, {"num_format": _CHANGE.format(form), "font_color": colour})
