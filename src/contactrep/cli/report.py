"""`contactrep report`."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Wanted, report_options
from contactrep.cli.output import Writing, show
from contactrep.cli.settings import Settings
from contactrep.events import KINDS

ROWS_A_LOG = 10
COMPONENTS = ("overview", "added", "connected", *KINDS)


@command()
@report_options
def report(wanted: Wanted, writing: Writing) -> None:
    """Show the full report, with the newest rows of each log.

    The overview, contacts added by source, contacts connected by channel, and the four logs.
    If FILES are given, report on them without storing anything.

    \b
      contactrep report --range yesterday
      contactrep report examples/events.csv --as-of 2026-11-05 -o report.md
    """
    show_report(wanted, writing)


def show_report(wanted: Wanted, writing: Writing, *, sample_settings: Settings | None = None) -> None:
    """Ask for the whole page and show it: what `report` and `demo` share.

    `sample_settings` are the settings for a sample that is thrown away: no command can export more of it.
    """
    from contactrep.cli.rerun import export_command
    from contactrep.cli.session import asking, notify_missing
    from contactrep.questions import page

    with asking(wanted, COMPONENTS, settings=sample_settings) as asked:
        covered = asked.request.range
        commands = (
            {kind: export_command(kind, covered, wanted) for kind in KINDS} if sample_settings is None else {}
        )
        answer = page.whole(asked.engine.stream, asked.request, limit=ROWS_A_LOG, export_commands=commands)
        notify_missing(asked, writing, *answer.sections)
    show(answer, writing)
