"""`contactrep overview`."""

from __future__ import annotations

from functools import partial

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
    from contactrep.cli.rerun import report_command
    from contactrep.cli.session import present, report_workspace, workspace_options

    with report_workspace(query) as workspace:
        present(
            workspace.overview(**workspace_options(query)),
            writing,
            partial(report_command, query, "overview"),
            query.max_age,
        )
