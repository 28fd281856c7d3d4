"""The options that several commands share. A command gets each group of options as one value."""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from contactrep import memory
from contactrep.cli.completion import (
    complete_channel,
    complete_file,
    complete_range,
    complete_source,
    complete_user,
)
from contactrep.cli.help import FILTERS, GENERAL, OUTPUT, PERIOD, READING, Decorator, Function, option
from contactrep.cli.output import Writing, hush
from contactrep.cli.settings import MEMORY_HINT
from contactrep.cli.targets import chosen_target
from contactrep.events import COLUMNS, KINDS
from contactrep.filters import Filters
from contactrep.period import BYS, COMPARINGS, DEFAULT_RANGE
from contactrep.render.formats import FORMATS

EXPORT_FORMATS = ("csv", "parquet", "jsonl", "xlsx")
# An unreadable file is not an error of the command line: reading it fails with a message of its own.
PATH = click.Path(path_type=Path, readable=False)


@dataclass(frozen=True)
class Paths:
    """`--store` and `--config`; None: the usual ones."""

    store: Path | None
    config: Path | None


@dataclass(frozen=True)
class ReadingOptions:
    """The options that say how files are read, and when a file is refused."""

    mapping: tuple[tuple[str, str], ...] = ()
    event: str | None = None
    input_timezone: str | None = None
    timestamp_formats: tuple[str, ...] = ()
    max_rejects: str | None = None


@dataclass(frozen=True)
class PeriodOptions:
    """`--range`, `--exclude-today`, `--as-of` and `--timezone`, as typed."""

    range: str | None = None
    exclude_today: bool = False
    as_of: str | None = None
    timezone: str | None = None


@dataclass(frozen=True)
class BucketOptions:
    """`--by` and `--compare`."""

    by: str | None
    compare: str | None


@dataclass(frozen=True)
class FilterOptions:
    """The filters of the command line, and whether those of the config are ignored."""

    channel: tuple[str, ...]
    user: tuple[str, ...]
    source: tuple[str, ...]
    contact: tuple[str, ...]
    clear_all: bool

    @property
    def chosen(self) -> Filters:
        """The filters of the command line."""
        return Filters(self.channel, self.user, self.source, self.contact)


@dataclass(frozen=True)
class Query:
    """All options of a report but those of its output.

    `buckets` is None for logs and exports, which have neither buckets nor a comparison. `now` (aware, UTC) is
    set where a command has read the clock already.
    """

    paths: Paths
    period: PeriodOptions
    filters: FilterOptions
    buckets: BucketOptions | None = None
    files: tuple[str, ...] = ()
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    memory_limit: str | None = None
    now: datetime | None = None


def grouped(name: str, group: type, *decorators: Decorator) -> Decorator:
    """Return a decorator that adds options to a command, which gets those of `group` as one value `name`.

    A field of `group` without an option of the command keeps its default.
    """
    fields = [field.name for field in dataclasses.fields(group)]

    def decorate(command: Function) -> Function:
        @functools.wraps(command)
        def gathering(**values: Any) -> Any:
            values[name] = group(**{field: values.pop(field) for field in fields if field in values})
            return command(**values)

        decorated: Function = gathering
        for decorator in reversed(decorators):
            decorated = decorator(decorated)
        return decorated

    return decorate


class _Assignment(click.ParamType[tuple[str, str]]):
    name = "FIELD=COLUMN"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        field, equals, column = str(value).partition("=")
        if not equals or not column or field not in COLUMNS:
            self.fail(f"'{value}' is not FIELD=COLUMN with FIELD one of {', '.join(COLUMNS)}", param, ctx)
        return field, column


path_options = grouped(
    "paths",
    Paths,
    option(
        GENERAL,
        "--store",
        type=PATH,
        metavar="FILE",
        envvar="CONTACTREP_STORE",
        help="Store file.  [default: contacts.duckdb in your data folder]",
    ),
    option(
        GENERAL,
        "--config",
        type=PATH,
        metavar="FILE",
        envvar="CONTACTREP_CONFIG",
        help="Config file.  [default: config.toml in your config folder]",
    ),
    option(
        GENERAL,
        "--quiet",
        "-q",
        is_flag=True,
        expose_value=False,
        callback=lambda _ctx, _param, quiet: hush(quiet=quiet),
        help="Print only errors to stderr.",
    ),
)


def _memory(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not memory.is_memory(value):
        raise click.BadParameter(f"'{value}': {MEMORY_HINT}")
    return value


memory_option = option(
    GENERAL,
    "--memory-limit",
    metavar="SIZE",
    envvar="CONTACTREP_MEMORY_LIMIT",
    callback=_memory,
    help=f"Memory limit; beyond it temporary files are used.  [default: {memory.DEFAULT}]",
)


def _max_rejects(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%|[0-9]{1,18}", value):
        raise click.BadParameter(f"'{value}' is neither a percentage nor a number: write 30% or 5000")
    return value


reading_options = grouped(
    "reading",
    ReadingOptions,
    option(
        READING,
        "--map",
        "mapping",
        type=_Assignment(),
        multiple=True,
        help="Read FIELD from COLUMN, e.g. contact_id=mql_id. Repeatable.",
    ),
    option(
        READING,
        "--event",
        type=click.Choice(KINDS, case_sensitive=False),
        help="Event type for files without an event column.",
    ),
    option(
        READING,
        "--input-timezone",
        metavar="ZONE",
        help="Time zone of timestamps that have none.  [default: the store's]",
    ),
    option(
        READING,
        "--timestamp-format",
        "timestamp_formats",
        metavar="FORMAT",
        multiple=True,
        help="Timestamp format: strptime, e.g. %d/%m/%Y %H:%M, or epoch-s, epoch-ms, epoch-us, epoch-ns or "
        "excel. Repeat to try several.",
    ),
    option(
        READING,
        "--max-rejects",
        metavar="LIMIT",
        callback=_max_rejects,
        help="Refuse a file with more rejected rows, e.g. 30% or 5000.  [default: 10%, and ten rows]",
    ),
)

as_of_option = option(
    PERIOD,
    "--as-of",
    metavar="WHEN",
    envvar="CONTACTREP_AS_OF",
    help="Pretend that now is this date (end of day) or datetime.",
)

timezone_option = option(
    PERIOD,
    "--timezone",
    metavar="ZONE",
    help="Time zone for this report.  [default: the store's; with FILES the config's, else the system's]",
)


def period_options(usual_range: str = DEFAULT_RANGE) -> Decorator:
    """`--range` (default: `usual_range`), `--exclude-today`, `--as-of` and `--timezone`."""
    return grouped(
        "period",
        PeriodOptions,
        option(
            PERIOD,
            "--range",
            "-r",
            metavar="RANGE",
            shell_complete=complete_range,
            help="Period to report: today, last-14-days, this-month, 2026-11, 2026-Q4, "
            f"2026-10-01..2026-10-15, all; see 'contactrep ranges'.  [default: {usual_range}]",
        ),
        option(PERIOD, "--exclude-today", is_flag=True, help="Make last-N-days end yesterday."),
        as_of_option,
        timezone_option,
    )


bucket_options = grouped(
    "buckets",
    BucketOptions,
    option(
        PERIOD,
        "--by",
        type=click.Choice(BYS, case_sensitive=False),
        envvar="CONTACTREP_BY",
        help="Period each bar covers.  [default: auto]",
    ),
    option(
        PERIOD,
        "--compare",
        type=click.Choice(COMPARINGS, case_sensitive=False),
        envvar="CONTACTREP_COMPARE",
        help="Compare with the previous period, the same period last year, or nothing.  [default: previous]",
    ),
)


filter_options = grouped(
    "filters",
    FilterOptions,
    option(
        FILTERS,
        "--channel",
        metavar="CHANNEL",
        multiple=True,
        shell_complete=complete_channel,
        help="Only this channel (connected only). Repeat to allow several.",
    ),
    option(
        FILTERS,
        "--user",
        metavar="USER",
        multiple=True,
        shell_complete=complete_user,
        help="Only this user, by name or id.",
    ),
    option(
        FILTERS,
        "--source",
        metavar="SOURCE",
        multiple=True,
        shell_complete=complete_source,
        help="Only this source.",
    ),
    option(
        FILTERS,
        "--contact",
        metavar="CONTACT",
        multiple=True,
        help="Only this contact, by its id or any part of the name.",
    ),
    option(FILTERS, "--clear-all", is_flag=True, help="Ignore default filters from the config."),
)


def _output(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    return value if value is None or ctx.resilient_parsing else chosen_target(value)


def writing_options(*formats: str) -> Decorator:
    """`--format` with these formats (default: a report's), `-o` and `--raw`."""
    names = formats or tuple(one.name for one in FORMATS)
    return grouped(
        "writing",
        Writing,
        option(
            OUTPUT,
            "--format",
            type=click.Choice(names, case_sensitive=False),
            help="Output format.  [default: from the extension of -o, else " + names[0] + "]",
        ),
        option(
            OUTPUT,
            "--output",
            "-o",
            type=PATH,
            metavar="FILE",
            callback=_output,
            help="Write to FILE; - is stdout.",
        ),
        option(OUTPUT, "--raw", is_flag=True, help="In CSV, do not escape text that looks like a formula."),
    )


files_argument = click.argument("files", nargs=-1, metavar="[FILES]...", shell_complete=complete_file)


query_options = functools.partial(grouped, "query", Query)
"""Return a decorator that adds groups of options, which a command gets together as one `query`."""

report_options = query_options(
    files_argument,
    period_options(),
    bucket_options,
    filter_options,
    writing_options(),
    reading_options,
    memory_option,
    path_options,
)
"""All options of a report."""


def rows_options(*formats: str, usual_range: str = DEFAULT_RANGE) -> Decorator:
    """All options of a log or an export: those of a report without `--by` and `--compare`."""
    return query_options(
        files_argument,
        period_options(usual_range),
        filter_options,
        writing_options(*formats),
        reading_options,
        memory_option,
        path_options,
    )
