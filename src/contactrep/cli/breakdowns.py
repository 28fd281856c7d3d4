"""`contactrep added` and `contactrep connected`."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Wanted, report_options
from contactrep.cli.output import Writing
from contactrep.events import ADDED, CONNECTED


@command()
@report_options
def added(wanted: Wanted, writing: Writing) -> None:
    """Show contacts added, by source.

    If FILES are given, report on them without storing anything.

    \b
      contactrep added --range this-month
      contactrep added --range 2026-Q3 --by month --format json
    """
    _show_breakdown(ADDED, wanted, writing)


@command()
@report_options
def connected(wanted: Wanted, writing: Writing) -> None:
    """Show contacts connected, by channel.

    If FILES are given, report on them without storing anything.

    \b
      contactrep connected --range this-month --source broadcast
      contactrep connected --channel WhatsApp --channel LINE
    """
    _show_breakdown(CONNECTED, wanted, writing)


def _show_breakdown(kind: str, wanted: Wanted, writing: Writing) -> None:
    from contactrep.cli.session import present, report_options, report_workspace

    with report_workspace(wanted) as workspace:
        present(workspace.breakdown(kind, **report_options(wanted)), writing)
