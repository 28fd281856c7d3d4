"""`contactrep report`."""

from __future__ import annotations

from functools import partial

from contactrep.cli.help import command
from contactrep.cli.options import Query, report_options
from contactrep.cli.output import Writing
from contactrep.cli.settings import Settings


@command()
@report_options
def report(query: Query, writing: Writing) -> None:
    """Show the full report, with the newest rows of each log.

    The overview, contacts added by source, contacts connected by channel, and the four logs.
    If FILES are given, report on them without storing anything.

    \b
      contactrep report --range yesterday
      contactrep report examples/events.csv --as-of 2026-11-05 -o report.md
    """
    show_report(query, writing)


def show_report(query: Query, writing: Writing, *, sample_settings: Settings | None = None) -> None:
    """Show the whole page, for `report` and `demo`.

    `sample_settings` are the settings for a temporary sample: no command can export more of it.
    """
    from contactrep.cli.rerun import export_command
    from contactrep.cli.session import present, report_workspace, workspace_options

    command = partial(export_command, query) if sample_settings is None else None
    with report_workspace(query, sample_settings) as workspace:
        present(workspace.report(export_command=command, **workspace_options(query)), writing)
