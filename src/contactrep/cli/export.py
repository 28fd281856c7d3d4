"""`contactrep export`."""

from __future__ import annotations

import click

from contactrep.cli.help import command, output_option
from contactrep.cli.options import Query, rows_options
from contactrep.cli.output import Writing, destination, folder_destination, notice
from contactrep.cluster import ClusterFolder
from contactrep.errors import counted
from contactrep.events import ALL_EVENTS, KINDS
from contactrep.objects import named
from contactrep.period import ALL
from contactrep.render.formats import EXPORTS


@command()
@click.argument("kind", type=click.Choice((*KINDS, ALL_EVENTS), case_sensitive=False))
@output_option(
    "--partition-by",
    type=click.Choice(("day",), case_sensitive=False),
    help="Write a folder of Parquet files with a folder for each day (UTC), which a cluster reads in part.",
)
@rows_options(*dict.fromkeys(EXPORTS.values()), usual_range=ALL)
def export(kind: str, query: Query, writing: Writing, partition_by: str | None) -> None:
    """Export all rows of one event type, or of all types.

    No row limit, oldest first; everything unless --range is given. The columns are those that `load`
    reads, so an export can be loaded again. The extension of -o sets the format: csv, parquet, jsonl (or
    ndjson), xlsx; .gz or .zst may follow csv and jsonl. Times are in UTC; in xlsx they are dates in the
    store's time zone, or that of --timezone, which the header names.

    \b
      contactrep export added --range 2026-01..2026-10 -o added.parquet
      contactrep export events -o backup.jsonl.zst
      contactrep export events -o events --partition-by day
    """
    from contactrep.cli.session import tell, workspace_of, workspace_options
    from contactrep.exports import file_kind, folder_kind

    output = writing.output
    if partition_by or isinstance(output, ClusterFolder):
        target = folder_kind(output, writing.format, partition_by)
        place = folder_destination(output)
    else:
        target = file_kind(output, writing.format)
        place = destination(output)
    with place as path, workspace_of(query) as workspace:
        done = workspace.write_export(kind, path, target, raw=writing.raw, **workspace_options(query))
        tell(done.notices)
    if writing.output is not None:
        notice(f"{counted(done.rows, 'row')} written to {named(writing.output)}")
