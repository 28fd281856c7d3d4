"""`contactrep overview`."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Wanted, report_options
from contactrep.cli.output import Writing, show


@command()
@report_options
def overview(wanted: Wanted, writing: Writing) -> None:
    """Show contacts added, deleted and merged.

    If FILES are given, report on them without storing anything.

    \b
      contactrep overview --range last-14-days
      contactrep overview new/*.parquet --range 2026-11 --compare year
    """
    from contactrep.cli.session import asking, notify_missing
    from contactrep.questions import page

    with asking(wanted, ["overview"]) as asked:
        answer = page.overview(asked.ask, asked.request)
        notify_missing(asked, writing, answer)
    show(answer, writing)
