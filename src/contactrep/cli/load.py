"""`contactrep load`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from contactrep.cli.completion import complete_file
from contactrep.cli.help import OUTPUT, READING, command, option
from contactrep.cli.options import Place, Reading, memory_option, place_options, reading_options
from contactrep.cli.output import write_outcome
from contactrep.cli.settings import (
    Settings,
    UnclearZoneProblem,
    read_settings,
    store_path,
    workspace_zone,
)
from contactrep.zones import find_zone

if TYPE_CHECKING:
    from rich.console import Console

    from contactrep.store import FileSummary, LoadSummary, Progress


@command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...", shell_complete=complete_file)
@reading_options
@option(
    READING,
    "--timezone",
    metavar="ZONE",
    help="Time zone of a new store.  [default: the config's, else the system's]",
)
@option(READING, "--strict", is_flag=True, help="Cancel if any row is invalid.")
@option(READING, "--dry-run", is_flag=True, help="Show what would be loaded, without loading.")
@option(READING, "--again", is_flag=True, help="Read files again whose content was loaded before.")
@option(OUTPUT, "--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@memory_option
@place_options
def load(
    files: tuple[str, ...],
    place: Place,
    reading: Reading,
    timezone: str | None,
    strict: bool,  # noqa: FBT001 - click passes options by name
    dry_run: bool,  # noqa: FBT001
    again: bool,  # noqa: FBT001
    form: str,
    memory_limit: str | None,
) -> None:
    """Load event files into the store.

    FILES are CSV, Parquet or JSONL files (also .gz, .zst), folders, globs, or - for standard input.
    Duplicates and the events of forgotten contacts are skipped; invalid rows are kept for `contactrep
    rejects`. Either all files are loaded or none. A file of which more than a tenth, and more than ten rows,
    is invalid is refused: its format has changed, or the options are wrong. So is content that an earlier
    load read with other options: undo that load first, or add --again.

    \b
      contactrep load events/*.csv
      contactrep load log-added.csv --event added --timezone Asia/Kuala_Lumpur
    """
    from contactrep.cli.session import load_options, reject_limit, store_workspace, tell
    from contactrep.notices import of_load

    settings = read_settings(place.config).within(memory_limit)
    zone, origin = _zone(timezone, place, settings)
    workspace = store_workspace(place, settings, zone)
    with _progress() as progress:
        summary = workspace.load(
            *files,
            mapping=load_options(reading, settings),
            timezone=timezone,
            strict=strict,
            dry_run=dry_run,
            again=again,
            limit=reject_limit(reading),
            progress=progress,
        )
    tell(of_load(summary.files, summary.left_out, kept=not dry_run, future=True))
    lines = _json(summary) if form == "json" else _sentences(summary, origin, dry_run=dry_run)
    write_outcome(lines)


def _zone(requested: str | None, place: Place, settings: Settings) -> tuple[ZoneInfo, str]:
    """The zone of a new store, and its origin in words; an existing store has its own zone."""
    from contactrep.cli.session import store_workspace
    from contactrep.opening import is_there

    try:
        return workspace_zone(requested, settings)
    except UnclearZoneProblem:
        if not is_there(store_path(place.store, settings)):
            raise
        with store_workspace(place, settings) as workspace:
            return find_zone(workspace.timezone()), "from the store"


def _json(summary: LoadSummary) -> Iterator[str]:
    from contactrep.render.json import json_text

    answer = {
        "schema": 1,
        "store": str(summary.store),
        "load": summary.load,
        "files": [_file(file) for file in summary.files],
        "total": {
            "read": summary.read,
            "loaded": summary.loaded,
            "duplicate": summary.duplicate,
            "rejected": summary.rejected,
            "skipped": summary.skipped,
        },
    }
    yield json_text(answer)


def _file(file: FileSummary) -> dict[str, object]:
    return {
        "path": file.path,
        "read": file.read,
        "loaded": file.loaded,
        "duplicate": file.duplicate,
        "rejected": file.rejected,
        "skipped": file.skipped,
        "future": file.future,
        "ambiguous_times": file.ambiguous_times,
        "missing_times": file.missing_times,
        "unknown_sources": dict(file.unknown_sources),
    }


def _sentences(summary: LoadSummary, origin: str, *, dry_run: bool) -> Iterator[str]:
    """A line a file, their sum, and the store: what happened to every record that was read."""
    from contactrep.render.text import visible

    for file in summary.files:
        yield f"{visible(file.path)}: {_account(file)}\n"
    if len(summary.files) > 1:
        yield f"{len(summary.files):,} files: {_account(summary)}\n"
    if dry_run:
        yield "Dry run: nothing was loaded\n"
        return
    zone = f"time zone {summary.timezone}{f' ({origin})' if summary.created else ''}"
    store = visible(str(summary.store))
    if summary.load is not None:
        yield f"Load {summary.load} into {store}, {zone}\n"
    elif summary.created or any(file.reasons for file in summary.files):  # their rejects may be new
        yield f"No new events in {store}, {zone}\n"
    else:
        yield f"No new events; {store} unchanged, {zone}\n"


def _account(counted: FileSummary | LoadSummary) -> str:
    skipped = f" + {counted.skipped:,} skipped" if counted.skipped else ""
    return (
        f"{counted.read:,} read = {counted.loaded:,} loaded"
        f" + {counted.duplicate:,} duplicate + {counted.rejected:,} rejected{skipped}"
    )


def _console() -> Console:
    """Stderr, with the cursor left visible: a program that is stopped or killed would not bring it back."""
    from rich.console import Console

    class Steady(Console):
        def show_cursor(self, show: bool = True) -> bool:  # noqa: FBT001, FBT002 - the signature is Rich's
            return False

    return Steady(stderr=True)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None] | None]:
    """A bar on stderr where that is a terminal: bytes, rows, time left."""
    import os
    import sys

    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(compact=True),
    )
    with Bar(*columns, console=_console(), transient=True) as bar:
        task = bar.add_task("reading", total=None, rows=0)

        def show(done: Progress) -> None:
            bar.update(
                task,
                description=done.stage,
                completed=done.bytes_done,
                total=done.bytes_total or None,
                rows=done.rows,
            )

        yield show
