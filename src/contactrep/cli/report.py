"""`contactrep report`."""

from __future__ import annotations

from functools import partial

from contactrep.cli.help import command
from contactrep.cli.options import Query, report_options, with_logs_option
from contactrep.cli.output import Writing


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
    from contactrep.cli.rerun import export_command
    from contactrep.cli.session import show_report

    command = partial(export_command, query)
    show_report(query, writing, ["report"], lambda workspace, options: workspace.report(command, **options))
