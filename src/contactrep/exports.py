"""Writes all rows of a kind of event to a file: by the engine where it knows the format, else row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from contactrep.cluster import ClusterFolder
from contactrep.errors import MAKE_ROOM, OutputProblem, UsageProblem, counted, unwritable
from contactrep.events import ALL_EVENTS, COLUMNS, KINDS
from contactrep.machine import scratch
from contactrep.phrases import utc_text
from contactrep.questions import FileKind, logs
from contactrep.questions.engine import Row, aware, rows
from contactrep.questions.page import Request
from contactrep.render import xlsx
from contactrep.render.formats import COMPRESSIONS, EXPORTS
from contactrep.report import Notice

MOST_XLSX_ROWS = xlsx.MOST_ROWS - 1
"""One row is the head."""


def folder_kind(output: Path | None, chosen: str | None, partition_by: str | None) -> FileKind:
    """Return the format of a folder: of one that a cluster writes, or one with a folder for each day.

    Raises UsageProblem for formats that cannot be written so, and without a folder.
    """
    if output is None:
        raise UsageProblem("--partition-by makes folders: name one with -o FOLDER")
    form = chosen or "parquet"
    if isinstance(output, ClusterFolder):
        form = chosen or output.form or EXPORTS.get(output.suffix.lower(), "parquet")
        if form == "csv" and not partition_by:
            return FileKind("csv")
    if form == "parquet":
        return FileKind("parquet", partition_by=partition_by)
    known = "Parquet files" if partition_by else "Parquet or CSV files"
    raise UsageProblem(f"a folder has {known}, not {form}: use --format parquet")


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


def write_export(request: Request, kind: str, target: FileKind, path: Path, *, raw: bool) -> int:
    """Write every row of `kind` to `path`, the engine's writable file, and return their number.

    `raw`: CSV without the `'` in front of text that looks like a formula. Raises OutputProblem where the file
    cannot be written.
    """
    engine, span, selection = request.engine, request.range, request.selection
    if target.form == "xlsx":
        return _write_xlsx(request, _kinds(kind), path)
    written: dict[str, logs.Form] = {
        "parquet": "native",
        "jsonl": "text",
        "csv": "text" if raw else "guarded",
    }
    days = target.partition_by is not None
    question = logs.export(
        engine.dialect, _kinds(kind), span, selection, form=written[target.form], days=days
    )
    return engine.write(question, path, target)


def export_notices(request: Request, kind: str, target: FileKind, *, raw: bool) -> Iterator[Notice]:
    """What an export leaves out or changes for a reason that the command line does not show."""
    filters = request.filters_of(kind)
    if filters != request.chosen:
        yield Notice("the filters of the config hold here too: --clear-all drops them")
    if target.form != "csv" or raw:
        return
    count = logs.guarded_identities(request.engine, _kinds(kind), request.range, request.selection)
    if count:
        said = counted(
            count,
            "id or channel begins like a formula and gets a ' before it",
            "ids or channels begin like a formula and get a ' before them",
        )
        yield Notice(f"{said}: use --raw for a file that another store is to load")


def _kinds(kind: str) -> tuple[str, ...]:
    return KINDS if kind == ALL_EVENTS else (kind,)


def _write_xlsx(request: Request, kinds: Sequence[str], path: Path) -> int:
    """Write a sheet whose times are wall times in the run's zone, which the header names. If any of them is
    not exact, a last column has all times in UTC, which a load reads instead."""
    engine, span, selection, zone = request.engine, request.range, request.selection, request.range.zone
    total = logs.total(engine, kinds, span, selection)
    if total > MOST_XLSX_ROWS:
        raise OutputProblem(
            f"{total:,} rows do not fit a sheet, which ends at {MOST_XLSX_ROWS:,}: "
            "export to Parquet or CSV instead (-o FILE.parquet, -o FILE.csv)"
        )
    columns = [f"{COLUMNS[0]} ({zone.key})", *COLUMNS[1:]]
    times = rows(engine, logs.times(engine.dialect, kinds, span, selection))
    inexact = sum(not xlsx.is_exact(aware(ts), zone) for (ts,) in times)
    columns += [COLUMNS[0]] if inexact else []
    question = logs.export(engine.dialect, kinds, span, selection, form="stored")
    batches = engine.batches(question)
    try:
        with scratch() as folder:
            return xlsx.write_xlsx(columns, _cells(batches, zone, utc=inexact > 0), path, folder)
    except OSError as error:
        raise unwritable("the export", error.strerror or str(error), MAKE_ROOM) from None


def _cells(batches: Iterable[Sequence[Row]], zone: ZoneInfo, *, utc: bool) -> Iterator[Sequence[Row]]:
    """Rows with their times as cells hold them; `utc`: and once more as text at the end."""
    for batch in batches:
        cells: list[Row] = []
        for stored, *texts in batch:
            at = aware(stored)
            cells.append((xlsx.time_cell(at, zone), *texts, *([utc_text(at)] if utc else [])))
        yield cells
