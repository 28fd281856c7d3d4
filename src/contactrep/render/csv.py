"""Reports as CSV: their tables with bare values, a blank line between the parts of a whole page.

A spreadsheet runs a text that starts like a formula, so such a text gets a `'` in front, unless the
user asks for raw text. Numbers and phone numbers stay as they are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contactrep import report
from contactrep.document.grids import Column, Grid
from contactrep.events import FORMULA_STARTS, HARMLESS_START
from contactrep.phrases import iso
from contactrep.render.look import Look
from contactrep.render.tables import tables
from contactrep.render.text import writable

_LINES_A_CHUNK = 1000
_HARMLESS = re.compile(HARMLESS_START)
"""Phone numbers and numbers. A newline is not among these, so `+60\\n=…` does not pass for one."""


def write(answer: report.Answer, look: Look) -> Iterator[str]:
    """The report as CSV text, in chunks of lines; with `look.raw` no text is guarded against spreadsheets."""
    for place, (_, grid) in enumerate(tables(answer)):
        yield "\n" if place else ""
        yield from _lines(grid, raw=look.raw)


class _Lines(list[str]):
    """The lines that a csv writer has written, with `\n` at their ends.

    The writer ends lines with CR LF, because it quotes a lone CR only if its own line ends have one.
    """

    def write(self, line: str) -> None:
        self.append(line[:-2] + "\n")


def _lines(grid: Grid, *, raw: bool) -> Iterator[str]:
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([column.name for column in grid.columns])
    rows = chain.from_iterable(_rows(batch, raw=raw) for batch in grid.batches())
    while lines:
        yield "".join(lines)
        lines.clear()
        writer.writerows(islice(rows, _LINES_A_CHUNK))


def _rows(grid: Grid, *, raw: bool) -> Iterator[tuple[object, ...]]:
    columns = [
        _cells(column, values, grid.zone, raw=raw)
        for column, values in zip(grid.columns, grid.values, strict=True)
    ]
    return zip(*columns, strict=True)


def _cells(column: Column, values: Sequence[Any], zone: ZoneInfo, *, raw: bool) -> list[object]:
    if column.kind == "instant":
        return [iso(value, zone) for value in values]
    return [_text(str(value), raw=raw) if isinstance(value, str | Path) else value for value in values]


def _text(text: str, *, raw: bool) -> str:
    guarded = not raw and text.startswith(FORMULA_STARTS) and not _HARMLESS.fullmatch(text)
    return writable(f"'{text}" if guarded else text)
