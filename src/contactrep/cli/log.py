"""`contactrep log`: the events behind a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contactrep.cli.help import command, output_option
from contactrep.cli.options import Query, log_options
from contactrep.cli.output import Writing, is_page, notice
from contactrep.events import KINDS, MOST_LOG_ROWS

if TYPE_CHECKING:
    from contactrep.report import LogPage
    from contactrep.workspace import Options, Workspace


def _limit(_ctx: click.Context, _param: click.Parameter, limit: int) -> int:
    if not 1 <= limit <= MOST_LOG_ROWS:
        raise click.BadParameter(
            f"a log shows 1 to {MOST_LOG_ROWS:,} rows: use 'contactrep export' for every row"
        )
    return limit


@command()
@click.argument("kind", type=click.Choice(KINDS, case_sensitive=False))
@output_option(
    "--limit",
    type=int,
    default=MOST_LOG_ROWS,
    callback=_limit,
    help="Maximum number of rows (1–10,000).  [default: 10,000]",
)
@output_option("--oldest-first", is_flag=True, help="Start with the oldest row, not the newest.")
@log_options
def log(kind: str, query: Query, writing: Writing, limit: int, *, oldest_first: bool) -> None:
    """List the events behind a figure, newest first.

    At most 10,000 rows; `contactrep export` has no limit. If FILES are given, report on them without
    storing anything.

    \b
      contactrep log added --range yesterday > added.txt
      contactrep log deleted --range this-month --user "Aisha Tan"
    """
    from contactrep.cli.rerun import exportable
    from contactrep.cli.session import show_report

    def ask(workspace: Workspace, options: Options) -> LogPage:
        answer = workspace.log(kind, limit=limit, oldest_first=oldest_first, **options)
        return exportable(answer, query, writing.output)

    words = ["log", kind]
    words += ["--limit", str(limit)] if limit < MOST_LOG_ROWS else []
    words += ["--oldest-first"] if oldest_first else []
    answer = show_report(query, writing, words, ask)
    if answer.cut and not is_page(writing):
        notice(answer.cut.text)
