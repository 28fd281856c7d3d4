"""`contactrep added` and `contactrep connected`."""

from __future__ import annotations

import click

from contactrep.cli.options import Choosing, Grouping, Place, Reading, Timing, report_options
from contactrep.cli.output import Writing, show


@click.command()
@report_options
def added(
    files: tuple[str, ...],
    place: Place,
    reading: Reading,
    timing: Timing,
    grouping: Grouping,
    choosing: Choosing,
    writing: Writing,
) -> None:
    """Contacts added, by source.

    With FILES the answer comes from them, and nothing is kept.

    \b
      contactrep added --range this-month
      contactrep added --range 2026-Q3 --by month --format json
    """
    _show_breakdown("added", files, place, reading, timing, grouping, choosing, writing)


@click.command()
@report_options
def connected(
    files: tuple[str, ...],
    place: Place,
    reading: Reading,
    timing: Timing,
    grouping: Grouping,
    choosing: Choosing,
    writing: Writing,
) -> None:
    """Contacts connected, by channel.

    With FILES the answer comes from them, and nothing is kept.

    \b
      contactrep connected --range this-month --source broadcast
      contactrep connected --channel WhatsApp --channel LINE
    """
    _show_breakdown("connected", files, place, reading, timing, grouping, choosing, writing)


def _show_breakdown(
    kind: str,
    files: tuple[str, ...],
    place: Place,
    reading: Reading,
    timing: Timing,
    grouping: Grouping,
    choosing: Choosing,
    writing: Writing,
) -> None:
    from contactrep.cli.session import asking, notify_no_data
    from contactrep.questions import page

    with asking(files, place, reading, timing, choosing, grouping, components=[kind]) as asked:
        answer = page.breakdown(asked.ask, asked.request, kind)
        notify_no_data(asked, answer)
    show(answer, writing)
