"""Rows → an XLSX sheet, in a memory that does not grow with them. Needs the extra `xlsx`."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from contactrep.errors import OutputProblem
from contactrep.render.formats import XLSX_WRITER
from contactrep.render.text import writable

_LONGEST_CELL = 32_767
"""Characters that a cell can hold (the format's own limit)."""

# Text from events is text: never a formula, a link or a number that loses its leading zeros.
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_xlsx(
    head: Sequence[str], batches: Iterable[Sequence[Sequence[Any]]], path: Path, scratch: Path
) -> int:
    """Write a head and rows of texts (None: an empty cell) to `path`, and give the number of rows.

    `scratch` is a folder for what does not fit in memory.

    Raises OutputProblem when XlsxWriter is not installed or a text is longer than a cell can hold, and
    OSError when the disk is full.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise OutputProblem(f"XLSX {XLSX_WRITER.advice}, or export to CSV or Parquet") from None
    with _Target(path, "w") as target:
        workbook = xlsxwriter.Workbook(target, {**_OPTIONS, "tmpdir": str(scratch)})
        sheet = workbook.add_worksheet("contactrep")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, head, workbook.add_format({"bold": True}))
        try:
            number = 0
            for number, row in enumerate(chain.from_iterable(batches), start=1):
                _write_row(sheet, number, row)
        except BaseException:
            # XlsxWriter would leave the file of its rows open.
            sheet.row_data_fh.close()
            raise
        workbook.close()
    if target.failed:
        raise target.failed
    return number


class _Target(io.FileIO):
    """The file to fill. Its first error waits until the end: of one before, zipfile makes a traceback."""

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


def _write_row(sheet: Any, number: int, row: Sequence[Any]) -> None:
    for column, text in enumerate(row):
        if text is None:
            continue
        if len(text) > _LONGEST_CELL:
            raise OutputProblem(
                f"row {number:,} has a text of {len(text):,} characters, and a cell of XLSX holds "
                f"{_LONGEST_CELL:,}: export to CSV or Parquet instead"
            )
        sheet.write_string(number, column, writable(text))
