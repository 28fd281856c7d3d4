"""How an export is written: by the engine where it knows the format, row by row for XLSX."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contactrep.cli.output import copy, replacing
from contactrep.cli.session import Asked
from contactrep.cli.targets import is_stream, refuse_inputs
from contactrep.engine import Compression, FileFormat
from contactrep.errors import OutputProblem, UsageProblem
from contactrep.events import COLUMNS
from contactrep.machine import scratch
from contactrep.questions import Question, logs

MOST_XLSX_ROWS = 1_048_575
"""A sheet has 1,048,576 rows, one of them the head."""

Form = Literal["csv", "parquet", "jsonl", "xlsx"]


@dataclass(frozen=True)
class FileKind:
    """A file format, and how its text is packed."""

    form: Form
    packed: Compression


_BY_SUFFIX: dict[str, Form] = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
}
_PACKED: dict[str, Compression] = {".gz": "gzip", ".zst": "zstd"}


def file_kind(output: Path | None, chosen: str | None) -> FileKind:
    """The format that `chosen` (`--format`) names or else the suffix says, CSV when neither does.

    Raises UsageProblem for a suffix that no export has, and for what cannot be packed or piped.
    """
    name = Path(output.name.lower()) if output else Path()
    packing = name.suffix if name.suffix in _PACKED else ""
    suffix = name.with_suffix("").suffix if packing else name.suffix
    if chosen is None and suffix and suffix not in _BY_SUFFIX:
        raise UsageProblem(f"no export has the suffix '{suffix}': use {', '.join(_BY_SUFFIX)} or --format")
    form = _BY_SUFFIX.get(f".{chosen}" if chosen else suffix, "csv")
    if form in ("parquet", "xlsx"):
        if output is None:
            raise UsageProblem(f"{form} cannot go to stdout: name a file with -o FILE.{form}")
        if packing:
            raise UsageProblem(f"{form} is packed already: leave '{packing}' away")
    return FileKind(form, _PACKED.get(packing, "none"))


@contextmanager
def destination(output: Path | None) -> Iterator[Path]:
    """The file to fill: when the block ends well, it takes the place of `output`, or its bytes go to a
    device, a pipe or stdout (None)."""
    refuse_inputs(output)
    if output is not None and not is_stream(output):
        with replacing(output) as path:
            yield path
        return
    with scratch() as folder:
        path = folder / "export"
        yield path
        copy(path, output, "the export")


def write_export(asked: Asked, kind: str, target: FileKind, path: Path, *, raw: bool) -> int:
    """Write every row of `kind` to `path`, and give their number."""
    span, selection = asked.request.range, asked.request.selection
    if target.form == "xlsx":
        total = logs.total(asked.ask, kind, span, selection)
        return _write_xlsx(asked, logs.export(kind, span, selection, form="text"), total, path)
    csv: logs.Form = "text" if raw else "guarded"
    written: dict[FileFormat, logs.Form] = {"parquet": "native", "jsonl": "text", "csv": csv}
    question = logs.export(kind, span, selection, form=written[target.form])
    return asked.engine.write(question, path, target.form, target.packed)


def export_notices(asked: Asked, kind: str, target: FileKind, *, raw: bool) -> Iterator[str]:
    """What is not in an export, or not as it was, for a reason that the command line does not show."""
    filters = asked.request.filters_of(kind)
    if filters != asked.request.chosen:
        yield "the filters of the config hold here too: --clear-all drops them"
    if target.form == "csv" and not raw:
        request = asked.request
        if count := logs.guarded_identities(asked.ask, kind, request.range, request.selection):
            yield (
                f"{count:,} contact ids or channels begin like a formula and get a ' before them: "
                "use --raw for a file that another store is to load"
            )


def _write_xlsx(asked: Asked, question: Question, total: int, path: Path) -> int:
    if total > MOST_XLSX_ROWS:
        raise OutputProblem(
            f"{total:,} rows do not fit a sheet, which ends at {MOST_XLSX_ROWS:,}: "
            "export to Parquet or CSV instead (-o FILE.parquet, -o FILE.csv)"
        )
    from contactrep.render.xlsx import write_xlsx

    try:
        with scratch() as folder:
            return write_xlsx(COLUMNS, asked.engine.batches(question), path, folder)
    except OSError as error:
        raise OutputProblem(f"cannot write the export: {error.strerror or error}") from None
