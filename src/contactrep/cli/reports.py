"""The reports: `contactrep overview`, `added`, `connected`, `log` and `report`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from contactrep.cli.help import command, output_option
from contactrep.cli.options import Query, log_options, report_options, with_logs_option
from contactrep.cli.output import Writing, is_page, notice
from contactrep.errors import LONGEST_MESSAGE
from contactrep.events import ADDED, CONNECTED, KINDS, MOST_LOG_ROWS

if TYPE_CHECKING:
    from contactrep.report import ContactsReport, LogPage
    from contactrep.workspace import Options, Workspace


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


def _limit(_ctx: click.Context, _param: click.Parameter, value: Any) -> int:
    limit = int(value)
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
    from contactrep.cli.session import show_report

    def ask(workspace: Workspace, options: Options) -> LogPage:
        return _exportable(
            workspace.log(kind, limit=limit, oldest_first=oldest_first, **options), query, writing
        )

    words = ["log", kind]
    words += ["--limit", str(limit)] if limit < MOST_LOG_ROWS else []
    words += ["--oldest-first"] if oldest_first else []
    answer = show_report(query, writing, words, ask)
    if answer.truncated and not is_page(writing):
        notice(_cut_notice(answer))


def _cut_notice(answer: LogPage) -> str:
    """How many rows are shown, with the command for all of them unless it is too long for a message."""
    shown = f"Showing {len(answer.rows):,} of {answer.total:,}"
    whole = f"{shown}. For all rows: {answer.export_command}"
    return whole if answer.export_command and len(whole) < LONGEST_MESSAGE - len("Note: ") else shown


@command()
@with_logs_option
@report_options
def report(query: Query, writing: Writing) -> None:
    """Show the full report, with the newest rows of each log.

    The overview, contacts added by source, contacts connected by channel, and the four logs.
    If FILES are given, report on them without storing anything.

    \b
      contactrep report --range yesterday
      contactrep report examples/events.csv --as-of 2026-11-05 -o report.md
    """
    from contactrep.cli.session import show_report

    def ask(workspace: Workspace, options: Options) -> ContactsReport:
        page = workspace.report(**options)
        return replace(page, logs={kind: _exportable(log, query, writing) for kind, log in page.logs.items()})

    show_report(query, writing, ["report"], ask)


def _exportable(log: LogPage, query: Query, writing: Writing) -> LogPage:
    """The log, if it is cut, with the command that exports all of its rows."""
    from contactrep.cli.rerun import export_command

    if not log.truncated:
        return log
    return replace(log, export_command=export_command(query, log.event, log.head.range, writing.output))
