"""`contactrep export`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from contactrep.cli.help import command
from contactrep.cli.options import EXPORT_FORMATS, Wanted, rows_options
from contactrep.cli.output import Writing, notice
from contactrep.errors import ContactrepError
from contactrep.events import KINDS
from contactrep.filters import Filters
from contactrep.period import ALL
from contactrep.questions.logs import ALL_EVENTS
from contactrep.report import not_applicable_message

if TYPE_CHECKING:
    from contactrep.cli.session import Asked


@command()
@click.argument("kind", type=click.Choice((*KINDS, ALL_EVENTS), case_sensitive=False))
@rows_options(*EXPORT_FORMATS, usual_range=ALL)
def export(kind: str, wanted: Wanted, writing: Writing) -> None:
    """Export all rows of one event type, or of all types.

    No row limit, oldest first; everything unless --range is given. The columns are those that `load`
    reads, so an export can be loaded again. The extension of -o sets the format: csv, parquet, jsonl (or
    ndjson), xlsx; .gz or .zst may follow csv and jsonl.

    \b
      contactrep export added --range 2026-01..2026-10 -o added.parquet
      contactrep export events -o backup.jsonl.zst
    """
    from contactrep.cli.exporting import destination, export_notices, file_kind, write_export
    from contactrep.cli.session import asking

    target = file_kind(writing.output, writing.format)
    _refuse_inapplicable(kind, wanted.choosing.filters)
    with (
        destination(writing.output) as path,
        asking(wanted, default_range=ALL, writable=path) as opened,
    ):
        asked = _applicable(opened, kind)
        for text in export_notices(asked, kind, target, raw=writing.raw):
            notice(text)
        rows = write_export(asked, kind, target, path, raw=writing.raw)
    if writing.output is not None:
        notice(f"{rows:,} {'row' if rows == 1 else 'rows'} written to {writing.output}")


def _refuse_inapplicable(kind: str, filters: Filters) -> None:
    hindering = filters.not_applicable_to(kind)
    if hindering:
        raise ContactrepError(f"{not_applicable_message(hindering)}: only 'export connected' takes it")


def _applicable(asked: Asked, kind: str) -> Asked:
    """The request without the config's filters that do not apply: a channel takes no event from `events`."""
    from contactrep.questions.matching import select

    request = asked.request
    return replace(asked, request=replace(request, selection=select(asked.ask, request.filters_of(kind))))
