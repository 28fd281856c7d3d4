"""`contactrep overview`."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Wanted, report_options
from contactrep.cli.output import Writing


@command()
@report_options
def overview(wanted: Wanted, writing: Writing) -> None:
    """Show contacts added, deleted and merged.

    If FILES are given, report on them without storing anything.

    \b
      contactrep overview --range last-14-days
      contactrep overview new/*.parquet --range 2026-11 --compare year
    """
    from contactrep.cli.session import present, report_options, report_workspace

    with report_workspace(wanted) as workspace:
        present(workspace.overview(**report_options(wanted)), writing)
