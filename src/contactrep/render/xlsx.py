"""Workbooks (XLSX) in constant memory: texts and times in cells, and the sheet of an export.

Needs the extra `xlsx`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contactrep.errors import OutputProblem
from contactrep.phrases import iso
from contactrep.render.formats import XLSX_WRITER
from contactrep.render.text import writable

MOST_ROWS = 1_048_576
"""Rows of a sheet (the format's own limit)."""

LONGEST_CELL = 32_767
"""Characters that a cell can hold (the format's own limit), in UTF-16: an emoji is two."""

DATE_AND_TIME, WITH_MILLISECONDS = "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd hh:mm:ss.000"
"""Number formats of times."""

_FIRST_DATE = datetime(1900, 3, 1)  # noqa: DTZ001 - a wall time
"""The first date that all programs read alike: Excel counts a 29 February 1900, which did not exist."""

_MILLISECOND = 1_000  # microseconds: the smallest part of a time that a date cell holds

# Text from events is text: never a formula, a link or a number that loses its leading zeros.
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

_NO_CHARACTERS = re.compile("[\ufffe\uffff]")


def time_cell(instant: datetime, zone: ZoneInfo) -> datetime | str:
    """A time (aware) as a cell holds it: the wall time in `zone` (naive), to the millisecond. Before March
    1900 and after 9999 there are no date cells: then the time as text, in ISO 8601 with its offset."""
    try:
        wall = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:
        return instant.isoformat()
    if wall < _FIRST_DATE:
        return iso(instant, zone) or ""
    return wall.replace(microsecond=wall.microsecond // _MILLISECOND * _MILLISECOND)


def is_exact(instant: datetime, zone: ZoneInfo) -> bool:
    """Whether `time_cell` tells this time from all others: it has no fraction of a millisecond, and is not
    the second of two equal wall times, when clocks go back."""
    return not instant.microsecond % _MILLISECOND and not instant.astimezone(zone).fold


@contextmanager
def opened(path: Path, scratch: Path) -> Iterator[Any]:
    """An xlsxwriter.Workbook, written to `path` when the block ends without an error.

    Each sheet takes its cells row by row, and its rows from the top down. `scratch` is a folder for what does
    not fit in memory. Raises OutputProblem where XlsxWriter is not installed, and OSError where the disk is
    full.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise OutputProblem(f"XLSX {XLSX_WRITER.advice}, or export to CSV or Parquet") from None
    problem: OSError | None = None
    with _Target(path, "w") as target:
        workbook = xlsxwriter.Workbook(target, {**_OPTIONS, "tmpdir": str(scratch)})
        workbook.use_zip64()
        try:
            yield workbook
            workbook.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            # The frames of its traceback keep the zip file, which has to be closed while the target is open.
            problem = error.args[0].with_traceback(None)
        finally:
            # After an error XlsxWriter would leave the files of its rows open.
            for sheet in workbook.worksheets():
                sheet.row_data_fh.close()
    if problem := problem or target.failed:
        raise problem


def add_sheet(workbook: Any, name: str) -> Any:
    """A new sheet in which every text stays what it is."""
    sheet = workbook.add_worksheet(name)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # ids are texts on purpose
    write = sheet._xml_inline_string
    sheet._xml_inline_string = lambda text, preserve, attributes: write(_escaped(text), preserve, attributes)
    # XlsxWriter takes a text in <r>…</r> for rich text that it has made, and would write it as XML.
    sheet._xml_rich_inline_string = lambda text, attributes: write(_escaped(text), True, attributes)  # noqa: FBT003 - XlsxWriter's signature
    return sheet


def _escaped(text: str) -> str:
    """The text of a cell with escapes for code points that are no characters of XML, which XlsxWriter would
    write as they are."""
    if text.isascii():
        return text
    return _NO_CHARACTERS.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def write_xlsx(
    head: Sequence[str], batches: Iterable[Sequence[Sequence[Any]]], path: Path, scratch: Path
) -> int:
    """Write a head and rows to `path`, and give the number of rows. A value is a text, a wall time, or None,
    which makes an empty cell.

    Raises OutputProblem when XlsxWriter is not installed or a text is longer than a cell can hold, and
    OSError when the disk is full; see `opened` for `scratch`.
    """
    with opened(path, scratch) as workbook:
        sheet = add_sheet(workbook, "contactrep")
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(head):
            sheet.set_column(column, column, max(len(name) + 2, _WIDTH))
        sheet.write_row(0, 0, head, workbook.add_format({"bold": True}))
        seconds = workbook.add_format({"num_format": DATE_AND_TIME, "align": "left"})
        fractions = workbook.add_format({"num_format": WITH_MILLISECONDS, "align": "left"})
        number = 0
        for number, row in enumerate(chain.from_iterable(batches), start=1):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    form = fractions if value.microsecond else seconds
                    sheet.write_datetime(number, column, value, form)
                elif value is not None:
                    sheet.write_string(number, column, _text(number, value))
    return number


_WIDTH = 18  # characters


def length(text: str) -> int:
    """The characters of a text as a cell counts them."""
    if text.isascii() or len(text) <= LONGEST_CELL // 2:
        return len(text)  # or up to twice as many, which fit as well
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(row: int, text: str) -> str:
    if length(text) > LONGEST_CELL:
        raise OutputProblem(
            f"row {row:,} has a text of {length(text):,} characters, and a cell of XLSX holds "
            f"{LONGEST_CELL:,}: export to CSV or Parquet instead"
        )
    return writable(text)


class _Target(io.FileIO):
    """The file to fill. It keeps its first error: zipfile would print a traceback for one that is raised."""

    failed: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of `data`: zipfile does not check how much was written."""
        rest = memoryview(data)
        try:
            while rest and not self.failed:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.failed = error
        return len(data)
