"""`contactrep report`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from contactrep.cli.help import command
from contactrep.cli.options import Query, report_options, with_logs_option
from contactrep.cli.output import Writing
from contactrep.cli.settings import Settings

if TYPE_CHECKING:
    from contactrep.cli.session import ReportCommand


@command()
@with_logs_option
@report_options
def report(query: Query, writing: Writing) -> None:
    """Show the full report, with the newest rows of each log.

    The overview, contacts added by source, contacts connected by channel, and the four logs.
    If FILES are given, report on them without storing anything.

    \b
      contactrep report --range yesterday
      contactrep report examples/events.csv --as-of 2026-11-05 -o report.md
    """
    from contactrep.cli.rerun import report_command

    show_report(query, writing, partial(report_command, query, "report"))


def show_report(
    query: Query,
    writing: Writing,
    again: ReportCommand,
    *,
    sample_settings: Settings | None = None,
) -> None:
    """Show the whole page, for `report` and `demo`; `again` gives the command line that makes it.

    `sample_settings` are the settings for a temporary sample: no command can export more of it.
    """
    from contactrep.cli.rerun import export_command
    from contactrep.cli.session import present, report_workspace, workspace_options

    export = partial(export_command, query) if sample_settings is None else None
    with report_workspace(query, sample_settings) as workspace:
        present(
            workspace.report(export_command=export, **workspace_options(query)), writing, again, query.max_age
        )
