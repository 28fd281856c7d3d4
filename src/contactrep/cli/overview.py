"""`contactrep overview`: contacts added, deleted and merged."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Query, report_options
from contactrep.cli.output import Writing


@command()
@report_options
def overview(query: Query, writing: Writing) -> None:
    """Show contacts added, deleted and merged.

    If FILES are given, report on them without storing anything.

    \b
      contactrep overview --range last-14-days
      contactrep overview new/*.parquet --range 2026-11 --compare year
    """
    from contactrep.cli.session import show_report

    show_report(query, writing, ["overview"], lambda workspace, options: workspace.overview(**options))
