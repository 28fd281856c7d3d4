"""`contactrep demo`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from click.core import ParameterSource

from contactrep.cli.help import command, output_option
from contactrep.cli.options import OutputType, Query, sample_options, with_logs_option
from contactrep.cli.output import Writing, destination, notice
from contactrep.cli.settings import Settings, read_settings, workspace_zone
from contactrep.errors import UsageProblem, counted
from contactrep.machine import scratch
from contactrep.objects import named
from contactrep.period import Clock

EVENTS = 5_000


@command()
@output_option(
    "--events",
    type=click.IntRange(1, 1_000_000_000),
    default=EVENTS,
    show_default=True,
    help="Number of events, over 90 days.",
)
@output_option(
    "--save",
    type=OutputType(),
    metavar="FILE",
    help="Write the events to FILE (csv, parquet, jsonl; .gz, .zst) instead of a report; - is stdout.",
)
@with_logs_option
@sample_options
def demo(query: Query, writing: Writing, events: int, save: Path | None) -> None:
    """Show a report on sample data.

    Events end now and are not stored. The same --as-of and --timezone always give the same events. Only
    timezone and week_start are read from the config.

    \b
      contactrep demo
      contactrep demo --events 1000000 --save events.parquet
    """
    from contactrep.cli.session import current_time, show_report

    settings = read_settings(query.paths.config)
    zone, _ = workspace_zone(query.timezone, settings)
    now = current_time()
    clock = Clock.of(query.as_of, now, zone)
    if not 3 <= clock.today.year <= 9998:  # loads accept 2 to 9998; data begins 90 days before
        raise UsageProblem(f"--as-of '{query.as_of}': sample data needs a date in the years 3 to 9998")
    end = clock.now
    if click.get_current_context().get_parameter_source("save") is ParameterSource.COMMANDLINE:
        if query.range or query.exclude_today or query.filters or writing.format or writing.output:
            raise UsageProblem(
                "--save writes events, not a report: leave out --range, filters, --format and -o"
            )
        _save(events, end, zone, save)
        return
    with _sample_store(events, end, zone, now) as store:
        # The filters and ranges of a config are meant for the user's own events.
        usual = Settings(store=store, week_start=settings.week_start)
        query, words = replace(query, now=now), ["demo", "--events", str(events)]
        show_report(query, writing, words, lambda workspace, it: workspace.report(**it), sample=usual)


def _save(events: int, end: datetime, zone: ZoneInfo, output: Path | None) -> None:
    from contactrep.demo import saved_events
    from contactrep.engines.duckdb import DuckDbEngine
    from contactrep.exports import file_kind
    from contactrep.questions import Question

    target = file_kind(output, None)
    if target.form == "xlsx":
        raise UsageProblem("sample data has no xlsx: use csv, parquet or jsonl")
    sample = Question(saved_events(events, end, zone, native=target.form == "parquet"))
    with destination(output) as path, DuckDbEngine(None, writable=path) as engine:
        rows = engine.write(sample, path, target)
    if output is not None:
        notice(f"{counted(rows, 'event')} written to {named(output)}")


@contextmanager
def _sample_store(events: int, end: datetime, zone: ZoneInfo, now: datetime) -> Iterator[Path]:
    """A temporary store with the sample events and their list of users."""
    from contactrep.demo import sample_users, saved_events
    from contactrep.engines.duckdb import DuckDbEngine
    from contactrep.questions import FileKind, Question
    from contactrep.read.mapping import Feed
    from contactrep.store.loading import load
    from contactrep.store.users import replace_users

    with scratch() as folder:
        sample, users, path = (folder / part for part in ("demo.parquet", "users.csv", "demo.duckdb"))
        with DuckDbEngine(None, writable=sample) as engine:
            question = Question(saved_events(events, end, zone, native=True))
            engine.write(question, sample, FileKind("parquet"))
        with users.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("id", "name"), *sample_users()])
        load(path, [Feed([str(sample)])], zone=zone, requested_zone=None, now=now)
        replace_users(path, str(users))
        yield path
