"""`contactrep report`."""

from __future__ import annotations

import click

from contactrep.cli.options import Choosing, Grouping, Place, Reading, Timing, report_options
from contactrep.cli.output import Writing, show
from contactrep.events import KINDS

ROWS_A_LOG = 10
COMPONENTS = ("overview", "added", "connected", *KINDS)


@click.command()
@report_options
def report(
    files: tuple[str, ...],
    place: Place,
    reading: Reading,
    timing: Timing,
    grouping: Grouping,
    choosing: Choosing,
    writing: Writing,
) -> None:
    """The whole page, with the newest rows of each log.

    The overview, contacts added by source, contacts connected by channel, and the four logs.
    With FILES the answer comes from them, and nothing is kept.

    \b
      contactrep report --range yesterday
      contactrep report examples/events.csv --as-of 2026-11-05 -o report.md
    """
    show_report(files, place, reading, timing, grouping, choosing, writing)


def show_report(
    files: tuple[str, ...],
    place: Place,
    reading: Reading,
    timing: Timing,
    grouping: Grouping,
    choosing: Choosing,
    writing: Writing,
    *,
    kept: bool = True,
) -> None:
    """Ask for the whole page and show it: what `report` and `demo` share.

    Where what is asked about is not `kept`, no command can export more of it.
    """
    from contactrep.cli.rerun import export_command
    from contactrep.cli.session import asking, notify_no_data
    from contactrep.questions import page

    with asking(files, place, reading, timing, choosing, grouping, components=COMPONENTS) as asked:
        span = asked.request.range
        commands = {
            kind: export_command(kind, span, files, place, reading, timing, choosing)
            for kind in (KINDS if kept else ())
        }
        answer = page.whole(asked.ask, asked.request, limit=ROWS_A_LOG, export_commands=commands)
        notify_no_data(asked, answer.overview, answer.added, answer.connected)
    show(answer, writing)
