"""`contactrep load`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from contactrep.cli.completion import complete_file
from contactrep.cli.help import command, reading_option
from contactrep.cli.options import (
    Paths,
    Query,
    ReadingOptions,
    reading_options,
    store_options,
    writing_options,
)
from contactrep.cli.output import (
    Writing,
    notice,
    prepare_change,
    show_if_open,
    show_in_place,
    shows_changing_line,
)
from contactrep.cli.settings import Settings, UnclearZoneProblem, read_settings, workspace_zone
from contactrep.errors import UsageProblem
from contactrep.zones import are_same

if TYPE_CHECKING:
    from contactrep.read.mapping import Feed
    from contactrep.store.snapshots import Snapshot
    from contactrep.summary import Progress


@command()
@click.argument("files", nargs=-1, metavar="[FILES]...", shell_complete=complete_file)
@reading_options
@reading_option(
    "--timezone",
    metavar="ZONE",
    help="Time zone of a new store.  [default: the config's, else the system's]",
)
@reading_option("--strict", is_flag=True, help="Cancel if any row is invalid.")
@reading_option("--dry-run", is_flag=True, help="Show what would be loaded, without loading.")
@reading_option(
    "--snapshot",
    is_flag=True,
    help="FILES are a full export: contacts of the previous snapshot that are missing count as deleted.",
)
@reading_option(
    "--at",
    metavar="WHEN",
    help="Time of the snapshot.  [default: the modification time of the newest of FILES]",
)
@reading_option("--again", is_flag=True, help="Read files again whose content was loaded before.")
@writing_options()
@store_options
def load(
    files: tuple[str, ...],
    paths: Paths,
    reading: ReadingOptions,
    timezone: str | None,
    strict: bool,  # noqa: FBT001 - click passes options by name
    dry_run: bool,  # noqa: FBT001
    snapshot: bool,  # noqa: FBT001
    at: str | None,
    again: bool,  # noqa: FBT001
    writing: Writing,
) -> None:
    """Load event files into the store.

    FILES are CSV, JSON, Parquet or Excel files (also .gz, .zst), folders, globs, or - for standard input.
    Without FILES, it loads the files that are named in the profiles of the config. Duplicates and the events
    of forgotten contacts are skipped; invalid rows are kept for `contactrep rejects`. Either all files are
    loaded or none. A file is refused if more than ten rows, and more than a tenth of its rows, are invalid,
    because its format has changed or the options are wrong. A file that an earlier load read with other
    options is refused, too: undo that load first, or add --again.

    With --snapshot, FILES together are a full export of contacts. A contact that the store does not have is
    added at the time in its row. A contact of the previous snapshot (of the same profile) that is missing
    from the new one counts as deleted at the time of the new one. A snapshot is refused if it has an invalid
    row, or if more than ten contacts, and more than a tenth, of the previous one are missing. --max-rejects
    allows more.

    \b
      contactrep load events/*.csv
      contactrep load log-added.csv --event added --timezone Asia/Kuala_Lumpur
      contactrep load --profile hubspot-webhooks webhooks/*.jsonl
      contactrep load --snapshot contacts.csv --map contact_id=ID --map 'timestamp=Created at'
    """
    from contactrep.cli.session import feeds_of, reject_limit, tell, workspace_of
    from contactrep.notices import of_load

    prepare_change(writing)
    settings = read_settings(paths.config, paths.store, paths.memory_limit)
    settings.store_path()  # refuses a table on a cluster
    feeds = feeds_of(files, reading, settings)
    taken = _snapshot(feeds, at) if snapshot or at else None
    if at and not snapshot:
        raise UsageProblem("--at is the time of a snapshot: add --snapshot")
    zone, origin = _zone(timezone, settings)
    named = bool(timezone or settings.timezone)
    workspace = workspace_of(Query(paths), settings, zone, zone_is_named=named)
    with _progress() as progress:
        summary = workspace.load(
            *feeds,
            timezone=timezone,
            strict=strict,
            dry_run=dry_run,
            again=again,
            limit=reject_limit(reading),
            snapshot=taken,
            progress=progress,
        )
    is_told = bool(timezone) or all(feed.mapping.input_timezone for feed in feeds)
    if settings.timezone and not is_told and not are_same(zone, ZoneInfo(summary.timezone)):
        notice(
            f"{summary.store} uses {summary.timezone}, not {zone.key} ({origin}), which is for new stores:"
            " use --input-timezone for the zone of these files"
        )
    tell(of_load(summary.files, summary.left_out, kept=not dry_run, future=True))
    show_if_open(replace(summary, zone_origin=origin, dry_run=dry_run), writing)


def _snapshot(feeds: Sequence[Feed], at: str | None) -> Snapshot:
    """Return what the options say of a snapshot; UsageProblem for a time that is none, or several feeds."""
    from contactrep.store.snapshots import Snapshot

    if len(feeds) > 1:
        raise UsageProblem("a snapshot is of one profile: name FILES, or a profile with --profile")
    try:
        return Snapshot(feeds[0].profile or "", datetime.fromisoformat(at) if at else None)
    except ValueError:
        raise UsageProblem(f"--at '{at}' is not a time: write 2026-11-04, or 2026-11-04T18:00") from None


def _zone(requested: str | None, settings: Settings) -> tuple[ZoneInfo, str]:
    """The zone of a new store, and its origin in words; an existing store has its own zone."""
    from contactrep.cli.session import stored_zone

    try:
        return workspace_zone(requested, settings)
    except UnclearZoneProblem:
        if (zone := stored_zone(settings)) is None:
            raise
        return zone, "from the store"


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None] | None]:
    """Show how far the load is (bytes, rows, time left) on a terminal, unless `--quiet` hides it."""
    if not shows_changing_line():
        yield None
        return
    start = time.monotonic()

    def show(done: Progress) -> None:
        whole = left = ""
        if done.bytes_total:
            whole = f" of {done.bytes_total / 1e6:,.1f}"
        if 0 < done.bytes_done < done.bytes_total:
            seconds = (time.monotonic() - start) * (done.bytes_total / done.bytes_done - 1)
            left = f", {timedelta(seconds=round(seconds))} left"
        show_in_place(f"{done.stage}: {done.bytes_done / 1e6:,.1f}{whole} MB, {done.rows:,} rows{left}")

    try:
        yield show
    finally:
        show_in_place("")
