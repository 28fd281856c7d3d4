"""Workbooks (XLSX): a sheet's rows as text, as a person sees them in the sheet.

The standard library's zipfile and expat read the parts piece by piece, so that a sheet of a million rows
takes little memory. The rows become a private file of tab-separated lines, one per row of the sheet. Dates
are known by the formats of their cells. The size that the workbook declares is ignored.
"""

from __future__ import annotations

import csv
import os
import posixpath
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from contactrep.errors import InputProblem, MappingProblem, closest, listed
from contactrep.events import match_key
from contactrep.read.cleaning import CELL_STAND_INS, cleaned
from contactrep.read.columns import Columns, Reference, field_of
from contactrep.read.content import Content, lines_of, private
from contactrep.read.delimited import Delimited
from contactrep.read.signatures import Shape
from contactrep.read.table import Select

_GUARD = "\x1e"
ERROR = f"{_GUARD}!"
"""What begins a cell that holds an error such as #N/A. A text that begins with _GUARD has one more."""

_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_PIECE = 1 << 16  # bytes
_LONGEST = 8 << 20  # bytes of a tag, or of a row
_MOST_DIGITS = 15  # that a spreadsheet keeps
_LONGEST_EXPONENT = 400
_RECENT = 1_000  # shared texts, of 32,767 characters at the most in what a spreadsheet program writes
_DAY = 86_400_000  # milliseconds
_LAST_SERIAL = 2_958_465  # 31 December 9999
_TICKS = (_LAST_SERIAL + 1) * _DAY
_NEVER = 60  # 29 February 1900
_MOST_SHEETS = 10_000
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LONG_EPOCH: Final = r"[1-9]\.[0-9]{6,18}E\+1[58]"  # some programs leave zeros out; 1.79387E+15 was rounded
_ROUNDED = re.compile(r"[+-]?\d+\.\d+[eE][+-]\d+")
_DATE_FORMATS: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_DATE: Final = "date"
_DURATION: Final = "duration"
_BUILT_IN: Final = {"46": "[h]:mm:ss"}
_PADDED = re.compile(r'((?:"[^"]*"|\\.)*)(0+)((?:"[^"]*"|\\.)*)')
_NO_DATE = re.compile(r'"[^"]*"|[\\_*].|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE | re.DOTALL)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    OSError,
    ValueError,
    expat.ExpatError,
)


def lines_of_sheet(scratch: Path, content: Content, sheet: str | None) -> Content:
    """The rows of a sheet as lines in a private file; `sheet` is its name, None for the first one.

    Raises:
        InputProblem: It is not a workbook, it is damaged, or it has no such sheet; the message lists those it
            has.
    """
    target = private(scratch)
    try:
        with zipfile.ZipFile(content.path) as parts, target.open("wb") as lines:
            _write_rows(_Workbook(parts, scratch), sheet, lines)
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if "password" in str(error):
            raise InputProblem("it is an encrypted zip file: unpack it") from None
        raise InputProblem(f"the workbook is damaged ({error}): save it again, or fetch it again") from None
    return lines_of(target, content.sha256, Shape.WORKBOOK)


def sheets_of(scratch: Path, content: Content) -> list[str]:
    """The names of a workbook's sheets, the one that is read if none is named first."""
    with zipfile.ZipFile(content.path) as parts:
        return _Workbook(parts, scratch).names


def name_of_sheet(scratch: Path, content: Content, sheet: str) -> str | None:
    """The name of a sheet as the workbook spells it; None for the sheet that is read by default. `sheet`
    itself if the workbook does not have it or cannot be read."""
    with suppress(InputProblem, *_BROKEN), zipfile.ZipFile(content.path) as parts:
        workbook = _Workbook(parts, scratch)
        name = workbook.chosen(sheet)
        return name if name != workbook.chosen(None) else None
    return sheet


def _write_rows(workbook: _Workbook, sheet: str | None, lines: BinaryIO) -> None:
    """Write a line for each row of a sheet, blank ones too, so that a line's number is that of the row."""
    done = 0
    for number, cells in workbook.rows(sheet):
        row = StringIO()
        csv.writer(row, "excel-tab").writerow(cells)
        text = row.getvalue().removesuffix("\r\n")
        for character, stand_in in CELL_STAND_INS:
            text = text.replace(character, stand_in)
        text = text if any(map(str.strip, cells)) else ""
        lines.write(b"\n" * (number - done - 1) + cleaned(text.encode()) + b"\n")
        done = number


@dataclass(frozen=True)
class Sheet(Delimited):
    """A sheet of a workbook as lines."""

    delimiters = ("\t",)
    is_typed = False
    nothing = ("the sheet", "choose another one with --sheet")
    line_name = "row"
    otherwise = ", or choose another sheet with --sheet NAME"
    whole, parting = "one cell", ""

    def select(self, columns: Columns, rows: str) -> Select:
        """The rows' texts. Of an epoch in micro- or nanoseconds, the digits that a sheet keeps are enough."""
        found = super().select(columns, rows)
        times = [name for name in columns.fields if field_of(name) == "timestamp"]
        exact = ", ".join(
            f"""CASE WHEN regexp_full_match("{name}", '{_LONG_EPOCH}')
            THEN "{name}"::DECIMAL(38, 0)::VARCHAR ELSE "{name}" END AS "{name}\""""
            for name in times
        )
        sql = f"SELECT * REPLACE ({exact}) FROM ({found.sql})" if times else found.sql
        return replace(found, sql=sql, raw=f"replace(raw, '{ERROR}', '')")

    def _value(self, reference: Reference) -> str:
        value = super()._value(reference)
        return f"CASE WHEN starts_with({value}, '{_GUARD * 2}') THEN {value}[2:] ELSE {value} END"

    def _fault(self, columns: Columns) -> str:
        """SQL for why a row is rejected: a cell that a field wants has an error. Cells beyond the last header
        are of no column."""
        cell = super()._value
        cases = "".join(
            f" WHEN starts_with({value}, '{ERROR}') THEN '{field_of(name)} is ' ||"
            f" {value}[{len(ERROR) + 1}:] || ': mend the formula in the sheet'"
            for name, choice in columns.choices.items()
            for value in map(cell, choice.references)
        )
        return f"CASE{cases} END"


class _Workbook:
    """The parts of a workbook that tell its rows."""

    def __init__(self, parts: zipfile.ZipFile, scratch: Path) -> None:
        self._parts = parts
        self._scratch = scratch
        self._names = {_key(name): name for name in parts.namelist()}
        if min((part.header_offset for part in parts.infolist()), default=0):  # one zip begins with a part
            raise InputProblem("it is several zip files joined into one: load each separately")
        main = self._find_main()
        folder, _, name = main.rpartition("/")
        self._related = {
            key: (kind, target) for key, kind, target in self._relations(main, f"{folder}/_rels/{name}.rels")
        }
        self._is_1904 = False
        self.sheets: dict[str, str] = {}
        self._visible: list[str] = []
        for element in self._children(self._names[main]):
            if element.tag == "workbookPr":
                self._is_1904 = element.get("date1904", "0").lower() in ("1", "true", "on")
            elif element.tag == "sheets":
                for sheet in element[:_MOST_SHEETS]:
                    self._add_sheet(sheet)

    def _add_sheet(self, element: Element) -> None:
        key = next((value for name, value in element.items() if name.endswith(":id")), "")
        kind, target = self._related.get(key, ("", ""))
        if kind == "worksheet" and target in self._names:
            title = element.get("name", "")
            self.sheets[title] = self._names[target]
            if element.get("state", "visible") == "visible":
                self._visible.append(title)

    @property
    def names(self) -> list[str]:
        """The names of the sheets, the one that is read if none is named first."""
        first = self.chosen(None)
        return [first, *(name for name in self.sheets if name != first)]

    def rows(self, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
        """The number (from 1) and the texts of each row that the sheet has, in order."""
        part = self.sheets[self.chosen(sheet)]
        with _Strings(self._scratch) as strings:
            for element in self._children(self._part("sharedStrings")):
                if element.tag == "si":
                    strings.add(_unescaped(_text_of(element)))
            cells = _Cells(strings, self._styles(), is_1904=self._is_1904)
            number = 0
            for row in self._children(part, "sheetData"):
                before, number = number, int(row.get("r", number + 1))
                if not before < number <= _MOST_ROWS:
                    raise ValueError(f"row {number} after row {before}")
                yield number, cells.of_row(row)

    def chosen(self, sheet: str | None) -> str:
        """The name of the sheet that is meant."""
        if not self.sheets:
            raise InputProblem("the workbook has no sheet: save it again")
        if sheet is None:
            return (self._visible or list(self.sheets))[0]
        if sheet in self.sheets:
            return sheet
        alike = [name for name in self.sheets if match_key(name) == match_key(sheet)]
        if len(alike) == 1:
            return alike[0]
        near = closest(sheet, self.sheets, most=1)
        hint = f"did you mean --sheet '{near[0]}'?" if near else "name one of them with --sheet"
        raise MappingProblem(f"no sheet '{sheet}' (found: {listed(list(self.sheets))})", hint)

    def _find_main(self) -> str:
        """The key of the part that lists the sheets."""
        for _, kind, target in self._relations("", "_rels/.rels"):
            if kind == "officeDocument" and target in self._names and target.endswith(".xml"):
                with self._parts.open(self._names[target]) as stream:
                    head = stream.read(_PIECE)
                if b"spreadsheetml" in head or b"<workbook" in head:
                    return target
        raise InputProblem(self._what_else())

    def _what_else(self) -> str:
        """What a zip file is that is not a workbook, and what to do about it."""
        if "xl/workbook.bin" in self._names:
            return "it is a binary workbook (.xlsb): save it as .xlsx"
        if "mimetype" in self._names:
            with self._parts.open(self._names["mimetype"]) as stream:
                if stream.read(_PIECE).startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
                    return "it is an OpenDocument spreadsheet: save it as .xlsx or CSV"
        if any(name.endswith(".iwa") for name in self._names):
            return "it is a Numbers spreadsheet: export it as Excel or CSV"
        return "it is a zip archive: unpack it, and name its files"

    def _relations(self, part: str, relations: str) -> Iterator[tuple[str, str, str]]:
        """The ids, the kinds and the keys of the parts to which a part is related."""
        found = self._children(self._names.get(relations))
        for element in islice(found, _MOST_SHEETS):
            target = element.get("Target", "").replace("\\", "/")
            target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target))
            yield element.get("Id", ""), element.get("Type", "").rpartition("/")[2], _key(target)

    def _part(self, kind: str) -> str | None:
        """The name of the part of a kind, if there is one."""
        targets = (target for one, target in self._related.values() if one == kind)
        return next((self._names[target] for target in targets if target in self._names), None)

    def _styles(self) -> list[_Style]:
        """How each style of cells shows a number."""
        codes = dict(_BUILT_IN)
        found: list[_Style] = []
        for element in self._children(self._part("styles"), "numFmts", "cellXfs"):
            key = element.get("numFmtId", "")
            if element.tag == "xf":
                known = _DATE if key in map(str, _DATE_FORMATS) else None
                found.append(_style(codes[key]) if key in codes else known)
            elif len(codes) < _MOST_SHEETS:
                codes[key] = element.get("formatCode", "")
        return found

    def _children(self, part: str | None, *parents: str) -> Iterator[Element]:
        """The elements within the root of a part (None: there is none), or within those of its elements with
        these tags, one by one, without prefixes. No part may define entities, or have a tag or a text that
        fills the memory."""
        if part is None:
            return
        parser, builder = expat.ParserCreate(), TreeBuilder()
        outer = builder.start("part", {})  # of which the root is a part
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = lambda name, pairs: builder.start(name.rpartition(":")[2], pairs)
        parser.EndElementHandler = builder.end
        parser.CharacterDataHandler = builder.data
        fed = passed = 0  # bytes
        piece = b"more"
        with self._parts.open(part) as stream:
            while piece:
                piece = stream.read(_PIECE)
                parser.Parse(piece, not piece)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > _LONGEST:
                    raise InputProblem(f"the workbook has a tag of more than {_LONGEST:,} bytes")
                groups = [group for root in outer for group in (root if parents else outer)]
                for group in groups:
                    end = len(group) - bool(piece and group is groups[-1])  # the last one may be open
                    yield from group[:end] if not parents or group.tag in parents else ()
                    del group[:end]
                    passed = fed if end > 0 else passed
                for root in outer:
                    del root[:-1]
                if fed - passed > _LONGEST:
                    raise InputProblem(f"the workbook has a row or text of more than {_LONGEST:,} bytes")


def _key(name: str) -> str:
    """How the name of a part is compared: some writers begin it with a slash, or put backslashes in it."""
    return name.lower().replace("\\", "/").lstrip("/")


def _refuse_doctype(*_: object) -> None:
    raise InputProblem("the workbook defines entities, which no spreadsheet program does: save it again")


_Style = str | tuple[str, int, str] | None
"""How a number is shown: as a date or time, or a duration; between texts, in so many digits at the least; or
as it is."""


def _style(code: str) -> _Style:
    """How a number format shows a positive number."""
    code = code.partition(";")[0]
    if match := _PADDED.fullmatch(code):
        before, digits, after = match.groups()
        return _literal(before), len(digits), _literal(after)
    shown = _NO_DATE.sub("", code)
    if "[" in shown:
        return _DURATION
    return _DATE if re.search("[dmyhs]", shown, re.IGNORECASE) else None


def _literal(code: str) -> str:
    """The text that a part of a number format shows: it is in quotes, or each character has a backslash."""
    return re.sub(r'"([^"]*)"|\\(.)', r"\1\2", code)


def _text_of(element: Element) -> str:
    """The text of the values and texts within an element, without phonetic guides."""
    texts = [
        (part.text or "") if part.tag in ("t", "v") else _text_of(part)
        for part in element
        if part.tag != "rPh"
    ]
    return "".join(texts)


class _Strings:
    """The texts that cells share, in a private file: there may be more than memory holds."""

    def __init__(self, scratch: Path) -> None:
        self._path = private(scratch)
        self._file = self._path.open("w+b")
        self._starts = array("Q", [0])
        self.get = lru_cache(maxsize=_RECENT)(self._get)

    def __enter__(self) -> _Strings:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._path.unlink()

    def add(self, text: str) -> None:
        """Add the next text."""
        self._starts.append(self._starts[-1] + self._file.write(text.encode()))

    def _get(self, place: int) -> str:
        """The text at a place, from 0."""
        if not 0 <= place < len(self._starts) - 1:
            raise ValueError(f"no shared text {place}")
        start, end = self._starts[place : place + 2]
        self._file.flush()
        return os.pread(self._file.fileno(), end - start, start).decode()


class _Cells:
    """The cells of a sheet as texts."""

    def __init__(self, strings: _Strings, styles: Sequence[_Style], *, is_1904: bool) -> None:
        self._strings = strings
        self._styles = styles
        self._is_1904 = is_1904

    def of_row(self, row: Element) -> list[str]:
        """The texts of a row, up to its last cell that is not empty."""
        cells: list[str] = []
        column = 0
        for cell in row:
            if cell.tag == "c":
                place = cell.get("r")
                column = column + 1 if place is None else _column_of(place.rstrip("0123456789"))
                value = cell.findtext("v")
                text = self._text(cell, value if value is not None else _text_of(cell))
                cells += [""] * (column - len(cells) if text else 0)
                if text:
                    cells[column - 1] = text
        return cells

    def _text(self, cell: Element, value: str) -> str:
        """The text of a cell of this value."""
        kind = cell.get("t", "n")
        if not value:
            return ""
        if kind == "s":
            return self._strings.get(int(value))
        if kind == "n":
            style = int(cell.get("s", 0))
            return self._number(value, self._styles[style] if style < len(self._styles) else None)
        if kind == "b":
            return "FALSE" if value.strip() in ("0", "false") else "TRUE"
        return ERROR + value if kind == "e" else _unescaped(value)

    def _number(self, value: str, style: _Style) -> str:
        """The text of a number, as its style shows it."""
        if style == _DATE and (shown := moment(value, is_1904=self._is_1904)):
            return shown
        if style == _DURATION and (ticks := _ticks(value)) is not None:
            return _clock(ticks)
        text = number(value)
        if isinstance(style, tuple) and text.isdecimal():
            before, digits, after = style
            return before + text.zfill(digits) + after
        return text


@lru_cache(_MOST_COLUMNS)
def _column_of(letters: str) -> int:
    """The number of a column, from 1: `AB` is 28."""
    column = 0
    for letter in letters.upper()[:4]:
        column = column * 26 + ord(letter) - ord("@")
    if not (letters.isascii() and letters.isalpha() and 0 < column <= _MOST_COLUMNS):
        raise ValueError(f"column {letters[:20]}")
    return column


def moment(value: str, *, is_1904: bool = False) -> str | None:
    """The date and time of a serial number as ISO text, to the millisecond. Midnight gives a date alone, a
    number below 1 a time alone. None: the number is no date."""
    if (ticks := _ticks(value)) is None:
        return None
    day, tick = divmod(ticks, _DAY)
    clock = _clock(tick)
    if day == 0:
        return clock
    if day == _NEVER and not is_1904:
        return None
    start = date(1904, 1, 1) if is_1904 else date(1899, 12, 31 if day < _NEVER else 30)
    try:
        shown = (start + timedelta(days=day)).isoformat()
    except OverflowError:
        return None
    return f"{shown}T{clock}" if tick else shown


def _ticks(value: str) -> int | None:
    """The milliseconds of a serial number; None if it is none, or beyond what a sheet shows."""
    try:
        ticks = (Decimal(value) * _DAY).to_integral_value()
        return int(ticks) if 0 <= ticks < _TICKS else None
    except ArithmeticError:
        return None


def _clock(ticks: int) -> str:
    """A time of day, or a duration, of so many milliseconds."""
    clock = f"{ticks // 3_600_000:02}:{ticks // 60_000 % 60:02}:{ticks // 1000 % 60:02}"
    return f"{clock}.{ticks % 1000:03}" if ticks % 1000 else clock


def number(value: str) -> str:
    """A number as a cell shows it: digits without an idle point. One that the spreadsheet has rounded,
    because it has more digits than it keeps or is written so, is given as `1.23457E+11`."""
    value = value.strip()
    if (value.isdecimal() and len(value) <= _MOST_DIGITS) or _ROUNDED.fullmatch(value):
        return value
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return value
    if not exact.is_finite() or abs(exact.adjusted()) > _LONGEST_EXPONENT:
        return value
    if exact == exact.to_integral_value():
        if exact.adjusted() >= _MOST_DIGITS:
            mantissa = f"{exact:E}".partition("E")[0]
            return f"{mantissa if '.' in mantissa else mantissa + '.0'}E+{exact.adjusted()}"
        return f"{exact.to_integral_value():f}".removeprefix("-0") or "0"
    return f"{Decimal(f'{exact:.{_MOST_DIGITS}g}').normalize():f}"


def _unescaped(text: str) -> str:
    """A text with its `_x000D_` as the characters that they mean, of which the first may need a _GUARD."""
    if "_x" not in text:
        return text

    def character(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)

    text = _ESCAPED.sub(character, text)
    return _GUARD + text if text.startswith(_GUARD) else text
