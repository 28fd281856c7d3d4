"""`contactrep added` and `connected`: contacts by source, and by channel."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Query, report_options
from contactrep.cli.output import Writing
from contactrep.events import ADDED, CONNECTED


@command()
@report_options
def added(query: Query, writing: Writing) -> None:
    """Show contacts added, by source.

    If FILES are given, report on them without storing anything.

    \b
      contactrep added --range this-month
      contactrep added --range 2026-Q3 --by month --format json
    """
    _show_breakdown(ADDED, query, writing)


@command()
@report_options
def connected(query: Query, writing: Writing) -> None:
    """Show contacts connected, by channel.

    If FILES are given, report on them without storing anything.

    \b
      contactrep connected --range this-month --source broadcast
      contactrep connected --channel WhatsApp --channel LINE
    """
    _show_breakdown(CONNECTED, query, writing)


def _show_breakdown(kind: str, query: Query, writing: Writing) -> None:
    from contactrep.cli.session import show_report

    show_report(query, writing, [kind], lambda workspace, options: workspace.breakdown(kind, **options))
