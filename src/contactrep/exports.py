"""Writes all rows of a kind of event to a file: by the engine where it knows the format, else row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from contactrep.errors import OutputProblem, UsageProblem
from contactrep.events import COLUMNS
from contactrep.machine import scratch
from contactrep.questions import Question, logs
from contactrep.questions.page import Request
from contactrep.render.formats import COMPRESSIONS, EXPORTS
from contactrep.report import Notice

if TYPE_CHECKING:
    from contactrep.questions.engine import Compression, Engine, FileFormat

MOST_XLSX_ROWS = 1_048_575
"""A sheet has 1,048,576 rows, one of them the head."""


class FileKind(NamedTuple):
    """A file format, and how its text is compressed."""

    form: Literal["csv", "parquet", "jsonl", "xlsx"]
    compression: Compression


def file_kind(output: Path | None, chosen: str | None) -> FileKind:
    """Return the format that `chosen` (`--format`) names, else that of the suffix of `output`, else CSV.

    Raises UsageProblem for an unknown suffix, and for formats that cannot be compressed or piped.
    """
    name = Path(output.name.lower()) if output else Path()
    packing = name.suffix if name.suffix in COMPRESSIONS else ""
    suffix = name.with_suffix("").suffix if packing else name.suffix
    if chosen is None and suffix and suffix not in EXPORTS:
        raise UsageProblem(f"exports do not support '{suffix}': use {', '.join(EXPORTS)} or --format")
    form = EXPORTS.get(f".{chosen}" if chosen else suffix, "csv")
    if form in ("parquet", "xlsx"):
        if output is None:
            raise UsageProblem(f"{form} cannot go to stdout: name a file with -o FILE.{form}")
        if packing:
            raise UsageProblem(f"{form} is compressed already: leave out '{packing}'")
    return FileKind(form, COMPRESSIONS.get(packing, "none"))


def write_export(
    engine: Engine, request: Request, kind: str, target: FileKind, path: Path, *, raw: bool
) -> int:
    """Write every row of `kind` to `path`, the engine's writable file, and return their number.

    `raw`: CSV without the `'` in front of text that looks like a formula. Raises OutputProblem where the file
    cannot be written.
    """
    span, selection = request.range, request.selection
    if target.form == "xlsx":
        total = logs.total(engine, kind, span, selection)
        question = logs.export(engine.dialect, kind, span, selection, form="text")
        return _write_xlsx(engine, question, total, path)
    csv: logs.Form = "text" if raw else "guarded"
    written: dict[FileFormat, logs.Form] = {"parquet": "native", "jsonl": "text", "csv": csv}
    question = logs.export(engine.dialect, kind, span, selection, form=written[target.form])
    return engine.write(question, path, target.form, target.compression)


def export_notices(
    engine: Engine, request: Request, kind: str, target: FileKind, *, raw: bool
) -> Iterator[Notice]:
    """What an export leaves out or changes for a reason that the command line does not show."""
    filters = request.filters_of(kind)
    if filters != request.chosen:
        yield Notice("the filters of the config hold here too: --clear-all drops them")
    if (
        target.form == "csv"
        and not raw
        and (count := logs.guarded_identities(engine, kind, request.range, request.selection))
    ):
        yield Notice(
            f"{count:,} ids or channels begin like a formula and get a ' before them: "
            "use --raw for a file that another store is to load"
        )


def _write_xlsx(engine: Engine, question: Question, total: int, path: Path) -> int:
    from contactrep.render.xlsx import write_xlsx

    if total > MOST_XLSX_ROWS:
        raise OutputProblem(
            f"{total:,} rows do not fit a sheet, which ends at {MOST_XLSX_ROWS:,}: "
            "export to Parquet or CSV instead (-o FILE.parquet, -o FILE.csv)"
        )
    try:
        with scratch() as folder:
            return write_xlsx(COLUMNS, engine.batches(question), path, folder)
    except OSError as error:
        raise OutputProblem(f"cannot write the export: {error.strerror or error}") from None
