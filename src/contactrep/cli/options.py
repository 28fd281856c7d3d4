"""The options that several commands share. A command gets each group of options as one value."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click

from contactrep import memory
from contactrep.cli import completion
from contactrep.cli.help import (
    Decorator,
    Function,
    filter_option,
    general_option,
    mail_option,
    output_option,
    period_option,
    reading_option,
)
from contactrep.cli.output import Writing, check_writing, hush
from contactrep.cli.settings import chosen_zone
from contactrep.cli.targets import chosen_target
from contactrep.cluster import ClusterFolder, ClusterTable
from contactrep.errors import OutputProblem, UsageProblem, either
from contactrep.events import COLUMNS, KINDS, known_kind
from contactrep.filters import Filters
from contactrep.objects import is_url, shown
from contactrep.period import BYS, COMPARINGS, DEFAULT_RANGE
from contactrep.read.encodings import known_encoding
from contactrep.read.mapping import Mapping
from contactrep.render.formats import BY_SUFFIX, COMPRESSIONS, EXPORTS, Subject, formats_of
from contactrep.render.look import MailHead


class PathType(click.Path):
    """A path. A `~` or `~user` before the first `/` is expanded here: shells leave it in `--store=~/x`, and
    cron in variables. Without a `/` it is the name of a file.

    An unreadable file is not an error of the command line: reading it fails with a message of its own.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a Path; BadParameter for the home folder of an unknown user."""
        try:
            return Path(value).expanduser() if "/" in os.fspath(value) else Path(value)
        except RuntimeError:
            self.fail(f"'{value}': there is no such home folder", param, ctx)


class StoreType(PathType):
    """A store's file, or the address of a table on a cluster."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a ClusterTable for an address."""
        try:
            return ClusterTable.of(value) or super().convert(value, param, ctx)
        except UsageProblem as problem:
            raise click.BadParameter(str(problem)) from None


class OutputType(PathType):
    """A file to write, or the address of a folder that a cluster writes."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return None for stdout, a ClusterFolder for an address on a cluster. Only `export` can write to
        addresses, and to a path that ends with /."""
        folder = ClusterFolder.of(value)
        place = folder.shown if folder else shown(value) if is_url(value) else value
        if ctx and not any(one.name == "partition_by" for one in ctx.command.params):
            if folder or is_url(value):
                raise OutputProblem(
                    f"cannot write {place}: only 'contactrep export' writes to addresses: name a local file"
                )
            if value.endswith("/"):
                raise OutputProblem(f"cannot write {place}: it is a folder: name a file in it")
        name = Path(value).name.lower()
        if any(name.removesuffix(it) in {*BY_SUFFIX, *EXPORTS} for it in ("", *COMPRESSIONS)):
            raise OutputProblem(
                f"cannot write {place}: it is only an extension: name a file, e.g. report{name}"
            )
        return folder or chosen_target(super().convert(value, param, ctx))


@dataclass(frozen=True)
class Paths:
    """`--store`, `--config` and `--memory-limit`; None: the usual ones."""

    store: Path | ClusterTable | None = None
    config: Path | None = None
    memory_limit: str | None = None


@dataclass(frozen=True)
class ReadingOptions:
    """The options that say how files are read, and when a file is refused. `profile` is the name of one."""

    profile: str | None = None
    mapping: Mapping = field(default_factory=Mapping)
    max_rejects: str | None = None


class MaxAge(NamedTuple):
    """`--max-age`: its text, and how old the newest event may be."""

    text: str
    age: timedelta


@dataclass(frozen=True)
class Query:
    """All options of a report but those of its output, as typed; `workspace.Options` explains most of them.

    `now` (aware, UTC) is set where a command has read the clock already.
    """

    paths: Paths
    range: str | None = None
    exclude_today: bool = False
    as_of: str | None = None
    timezone: str | None = None
    by: str | None = None
    compare: str | None = None
    filters: Filters = field(default_factory=Filters)
    clear_all: bool = False
    files: tuple[str, ...] = ()
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    max_age: MaxAge | None = None
    now: datetime | None = None


def grouped(
    name: str, group: type, *decorators: Decorator, make: Callable[..., Any] | None = None
) -> Decorator:
    """Return a decorator that adds options to a command, which gets those of `group` as one value `name`.

    A field of `group` without an option of the command keeps its default. `make` is called with the options
    in place of `group`.
    """
    names = [it.name for it in fields(group)]

    def decorate(command: Function) -> Function:
        @functools.wraps(command)
        def gathering(**values: Any) -> Any:
            own = {it: values.pop(it) for it in names if it in values}
            return command(**values, **{name: (make or group)(**own)})

        decorated: Function = gathering
        for decorator in reversed(decorators):
            decorated = decorator(decorated)
        return decorated

    return decorate


_Keyed = tuple[tuple[str, ...], ...]
_Pairs = tuple[tuple[str, str], ...]


def _once_each(_ctx: click.Context, _param: click.Parameter, values: _Keyed) -> _Keyed:
    """Return values that begin with a key; BadParameter where one has several values."""
    keys = [":".join(value[:-1]) for value in dict.fromkeys(values)]
    if several := [key for key in keys if keys.count(key) > 1]:
        raise click.BadParameter(
            f"{several[0]} is given {keys.count(several[0])} times, with different values"
        )
    return values


def _assignment(what: str, value: str) -> tuple[str, str]:
    """Return the field and the text of FIELD=`what`."""
    field, equals, text = value.partition("=")
    if not equals or field not in COLUMNS or not (text or what == "COLUMN"):
        raise click.BadParameter(f"'{value}' is not FIELD={what} with FIELD one of {', '.join(COLUMNS)}")
    return field, text


def _event(value: str) -> tuple[str, str]:
    name, equals, column = value.partition("=")
    kind = known_kind(name)
    if kind is None or (equals and not column):
        raise click.BadParameter(f"'{value}' is neither {either(KINDS)} nor one of them with =COLUMN")
    return kind, column


def _events(_ctx: click.Context, _param: click.Parameter, pairs: _Pairs) -> _Pairs:
    if len(pairs) > 1 and (len(dict(pairs)) < len(pairs) or not all(dict(pairs).values())):
        raise click.BadParameter("give it once, or once for each event type with =COLUMN")
    return pairs


def _replacement(value: str) -> tuple[str, str, str]:
    field, _, rule = value.partition(":")
    old, equals, new = rule.rpartition("=")
    if field not in COLUMNS or not equals or not old:
        raise click.BadParameter(f"'{value}' is not FIELD:FROM=TO with FIELD one of {', '.join(COLUMNS)}")
    return field, old, new


def _mapping(*, map: _Pairs, set: _Pairs, kinds: _Pairs, values: _Keyed, **others: Any) -> Mapping:  # noqa: A002 - the option
    """Return what the options say about reading files. `--set event=KIND` is the same as `--event KIND`."""
    defaults, columns = dict(set), dict(kinds)
    event: str | None = None
    if named := defaults.pop("event", None):
        if kinds:
            raise UsageProblem("--set event=KIND is the same as --event KIND: give one of them")
        if (event := known_kind(named)) is None:
            raise UsageProblem(f"--set event={named}: unknown event (expected {either(KINDS)})")
    elif not all(columns.values()):
        event, columns = next(iter(columns)), {}
    rules: dict[str, dict[str, str]] = {}
    for name, old, new in values:
        rules.setdefault(name, {})[old] = new
    return Mapping(map=dict(map), event=event, set=defaults, kinds=columns, values=rules, **others)


def _memory(value: str) -> str:
    if not memory.is_memory(value):
        raise click.BadParameter(f"'{value}': {memory.HINT}")
    return value


_PATH_OPTIONS = (
    general_option(
        "--store",
        type=StoreType(),
        metavar="FILE",
        envvar="CONTACTREP_STORE",
        help="Store file, or a table on a Spark cluster: sc://HOST:PORT/TABLE.  [default: contacts.duckdb in "
        "your data folder]",
    ),
    general_option(
        "--config",
        type=PathType(),
        metavar="FILE",
        envvar="CONTACTREP_CONFIG",
        help="Config file.  [default: config.toml in your config folder]",
    ),
    general_option(
        "--quiet",
        "-q",
        is_flag=True,
        expose_value=False,
        callback=lambda _ctx, _param, quiet: hush(quiet=quiet),
        help="Print only warnings and errors to stderr.",
    ),
)

path_options = grouped("paths", Paths, *_PATH_OPTIONS)

store_options = grouped(
    "paths",
    Paths,
    general_option(
        "--memory-limit",
        metavar="SIZE",
        envvar="CONTACTREP_MEMORY_LIMIT",
        type=_memory,
        help=f"Memory limit; beyond it temporary files are used.  [default: {memory.DEFAULT}]",
    ),
    *_PATH_OPTIONS,
)
"""Those of `path_options`, and `--memory-limit`."""


def _max_rejects(value: str) -> str:
    if not re.fullmatch(r"(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%|[0-9]{1,18}", value):
        raise click.BadParameter(f"'{value}' is neither a percentage nor a number: write 30% or 5000")
    return value


def _encoding(value: str) -> str:
    try:
        return known_encoding(value)
    except UsageProblem as problem:
        raise click.BadParameter(str(problem)) from None


_SHAPE_OPTIONS = (
    reading_option(
        "--records",
        metavar="PATH",
        help="Path to the records in a JSON document, e.g. items or data.contacts.",
    ),
    reading_option("--sheet", metavar="NAME", help="Sheet of a workbook.  [default: the first]"),
    reading_option(
        "--encoding",
        metavar="NAME",
        type=_encoding,
        help="Text encoding: any codec of Python, e.g. cp1252 or shift_jis.  [default: UTF-8, or UTF-16 with "
        "a byte order mark]",
    ),
    reading_option(
        "--skip-lines",
        metavar="N",
        type=click.IntRange(min=0),
        help="Lines, or rows of a sheet, before the header.  [default: 0]",
    ),
)

shape_options = grouped("mapping", Mapping, *_SHAPE_OPTIONS)
"""The options for where the records of a file are, and for its encoding."""

_mapping_options = grouped(
    "mapping",
    Mapping,
    reading_option(
        "--map",
        metavar="FIELD=COLUMN",
        multiple=True,
        type=lambda value: _assignment("COLUMN", value),
        callback=_once_each,
        help="Read FIELD from COLUMN: a header, a path (data.item.id), columns to join (Date+Time), the "
        "first that is not empty (newId|id), or nothing (source=). Repeatable.",
    ),
    reading_option(
        "--set",
        metavar="FIELD=VALUE",
        multiple=True,
        type=lambda value: _assignment("VALUE", value),
        callback=_once_each,
        help="Value of FIELD where a record has none, e.g. channel=WhatsApp. Repeatable.",
    ),
    reading_option(
        "--event",
        "kinds",
        metavar="KIND[=COLUMN]",
        multiple=True,
        type=_event,
        callback=_events,
        shell_complete=completion.complete_kind,
        help="Event type for files without an event column. With COLUMN: one event of this type at the time "
        "in COLUMN, e.g. added=created_at. Repeatable.",
    ),
    reading_option(
        "--value",
        "values",
        metavar="FIELD:FROM=TO",
        multiple=True,
        type=_replacement,
        callback=_once_each,
        help="Replace a value of FIELD, e.g. event:contact.creation=added. FROM may end in *. Use - as TO "
        "to skip the record. Repeatable.",
    ),
    *_SHAPE_OPTIONS,
    reading_option(
        "--input-timezone",
        metavar="ZONE",
        callback=lambda _ctx, _param, name: chosen_zone(name) if name else None,
        help="Time zone of timestamps that have none.  [default: the store's; in a report on FILES, the "
        "report's]",
    ),
    reading_option(
        "--timestamp-format",
        "timestamp_formats",
        metavar="FORMAT",
        multiple=True,
        help="Timestamp format: strptime, e.g. %d/%m/%Y %H:%M, or epoch-s, epoch-ms, epoch-us, epoch-ns or "
        "excel. Repeat to try several.",
    ),
    make=_mapping,
)

reading_options = grouped(
    "reading",
    ReadingOptions,
    reading_option(
        "--profile",
        metavar="NAME",
        shell_complete=completion.complete_profile,
        help="Read files as this profile says, e.g. hubspot-webhooks; other options override it. See "
        "'contactrep profiles'.",
    ),
    _mapping_options,
    reading_option(
        "--max-rejects",
        metavar="LIMIT",
        type=_max_rejects,
        help="Refuse a file with more rejected rows than LIMIT, e.g. 30% or 5000.  [default: refuse if more "
        "than 10% and more than 10 rows]",
    ),
)

as_of_option = period_option(
    "--as-of",
    metavar="WHEN",
    envvar="CONTACTREP_AS_OF",
    help="Pretend that now is this date (end of day) or datetime.",
)

timezone_option = period_option(
    "--timezone",
    metavar="ZONE",
    help="Time zone for this report.  [default: the store's; with FILES the config's, else the system's]",
)


def period_options(usual_range: str = DEFAULT_RANGE) -> tuple[Decorator, ...]:
    """`--range` (default: `usual_range`), `--exclude-today`, `--as-of` and `--timezone`."""
    return (
        period_option(
            "--range",
            "-r",
            metavar="RANGE",
            shell_complete=completion.complete_range,
            help="Period to report: today, last-14-days, this-month, 2026-11, 2026-Q4, "
            f"2026-10-01..2026-10-15, all; see 'contactrep ranges'.  [default: {usual_range}]",
        ),
        period_option("--exclude-today", is_flag=True, help="Make last-N-days end yesterday."),
        as_of_option,
        timezone_option,
    )


_compare_option = period_option(
    "--compare",
    type=click.Choice(COMPARINGS, case_sensitive=False),
    envvar="CONTACTREP_COMPARE",
    help="Compare with the previous period, the same period last year, or nothing.  [default: previous]",
)

_AGE = re.compile(r"([0-9]{1,6}) ?(min|h|d|w)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _max_age(value: str) -> MaxAge:
    found = _AGE.fullmatch(value.lower())
    if found is None:
        raise click.BadParameter(f"'{value}' is not an age: write it like 90min, 26h, 2d or 1w")
    return MaxAge(value, timedelta(**{_UNITS[found[2]]: int(found[1])}))


max_age_option = period_option(
    "--max-age",
    metavar="AGE",
    envvar="CONTACTREP_MAX_AGE",
    type=_max_age,
    help="Write nothing and exit with 4 if the newest event is older, e.g. 90min, 26h, 2d or 1w.",
)

bucket_options = (
    period_option(
        "--by",
        type=click.Choice(BYS, case_sensitive=False),
        envvar="CONTACTREP_BY",
        help="Period each bar covers.  [default: auto]",
    ),
    _compare_option,
)


def _filter(
    name: str, text: str, complete: completion.Completer | None = completion.complete_stored
) -> Decorator:
    return filter_option(f"--{name}", metavar=name.upper(), multiple=True, shell_complete=complete, help=text)


filter_options = (
    grouped(
        "filters",
        Filters,
        _filter("channel", "Only this channel (connected only). Repeat to allow several."),
        _filter("user", "Only this user, by name or id."),
        _filter("source", "Only this source."),
        _filter(
            "contact", "Only this contact, by its id (in merges either one) or any part of the name.", None
        ),
    ),
    filter_option("--clear-all", is_flag=True, help="Ignore default filters from the config."),
)


def writing_options(*formats: str, subject: Subject = "anything") -> Decorator:
    """`--format` with these formats (default: those that can write `subject`), `-o` and `--raw`."""
    names = formats or formats_of(subject)

    def make(**options: Any) -> Writing:
        writing = Writing(**options, formats=names)
        if not formats:
            check_writing(writing)
        return writing

    return grouped(
        "writing",
        Writing,
        output_option(
            "--format",
            type=click.Choice(names, case_sensitive=False),
            help="Output format.  [default: from the extension of -o, else " + names[0] + "]",
        ),
        output_option(
            "--output",
            "-o",
            type=OutputType(),
            metavar="FILE",
            help="Write to FILE; - is stdout.",
        ),
        output_option("--raw", is_flag=True, help="In CSV, do not escape text that looks like a formula."),
        make=make,
    )


def _mailbox(value: str) -> str:
    from contactrep.render.mail.addresses import mailbox

    mailbox(value)
    return value


def _subject(value: str) -> str:
    from contactrep.render.mail.addresses import subject_line

    return subject_line(value)


mail_options = grouped(
    "mail",
    MailHead,
    mail_option(
        "--to",
        metavar="ADDRESS",
        multiple=True,
        type=_mailbox,
        help="Recipient of a mail, e.g. 'Ana Souza <ana@example.com>'. Repeat for several.",
    ),
    mail_option("--from", "sender", metavar="ADDRESS", type=_mailbox, help="Sender of a mail."),
    mail_option(
        "--subject",
        metavar="TEXT",
        type=_subject,
        help="Subject of a mail.  [default: the range and the headline figures]",
    ),
)

with_logs_option = output_option(
    "--with-logs",
    is_flag=True,
    help="Include the newest rows of the logs, which name people, in markdown, html and eml. Table, csv, "
    "json and xlsx always include them; svg and png cannot.",
)

files_argument = click.argument(
    "files", nargs=-1, metavar="[FILES]...", shell_complete=completion.complete_file
)


def rows_options(
    *formats: str,
    files: Decorator = files_argument,
    subject: Subject = "reports",
    usual_range: str = DEFAULT_RANGE,
    period: Sequence[Decorator] = (),
) -> Decorator:
    """All options of a command that answers about rows; `period` are those that not all of them have."""
    return grouped(
        "query",
        Query,
        files,
        *period_options(usual_range),
        *period,
        *filter_options,
        *(() if formats else (mail_options,)),
        writing_options(*formats, subject=subject),
        reading_options,
        store_options,
    )


report_options = rows_options(subject="charts", period=(*bucket_options, max_age_option))
"""All options of a report."""

log_options = rows_options(period=(max_age_option,))
"""All options of a log: those of a report without `--by` and `--compare`."""

alarm_options = rows_options(
    *("table", "json", "csv", "markdown"),  # a page or a picture of no alarm would not be silent
    files=click.argument(
        "files",
        nargs=-1,
        metavar="CONDITION... [FILES]...",
        shell_complete=completion.complete_condition_or_file,
    ),
    period=(_compare_option, max_age_option),
)
"""All options of a check: those of a report without `--by`. Its conditions are among the FILES."""

sample_options = grouped(
    "query",
    Query,
    *period_options(),
    *bucket_options,
    *filter_options,
    writing_options(subject="charts"),
    path_options,
)
"""All options of a report on sample data: those of a report without FILES, mail and `--memory-limit`."""
