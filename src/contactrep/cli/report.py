"""`contactrep report`: the whole page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contactrep.cli.help import command
from contactrep.cli.options import Query, report_options, with_logs_option
from contactrep.cli.output import Writing

if TYPE_CHECKING:
    from contactrep.report import ContactsReport
    from contactrep.workspace import Options, Workspace


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
    from contactrep.cli.rerun import exportable
    from contactrep.cli.session import show_report

    def ask(workspace: Workspace, options: Options) -> ContactsReport:
        page = workspace.report(**options)
        logs = {kind: exportable(log, query, writing.output) for kind, log in page.logs.items()}
        return replace(page, logs=logs)

    show_report(query, writing, ["report"], ask)
