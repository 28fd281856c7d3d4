"""`contactrep demo`."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from contactrep.cli.options import (
    Choosing,
    Grouping,
    Place,
    Reading,
    Timing,
    choosing_options,
    grouping_options,
    place_options,
    timing_options,
    writing_options,
)
from contactrep.cli.output import Writing, say

EVENTS = 5_000


@click.command()
@timing_options
@grouping_options
@choosing_options
@click.option(
    "--events",
    type=click.IntRange(1, 1_000_000_000),
    default=EVENTS,
    show_default=True,
    help="How many events to make, over 90 days.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the events to FILE (csv, parquet, jsonl; .gz, .zst) and show no report.",
)
@writing_options()
@place_options
def demo(
    place: Place,
    timing: Timing,
    grouping: Grouping,
    choosing: Choosing,
    writing: Writing,
    events: int,
    save: Path | None,
) -> None:
    """A report on invented sample data.

    The data ends now, and nothing is kept. The same --as-of and --timezone give the same events every time.

    \b
      contactrep demo
      contactrep demo --events 1000000 --save events.parquet
    """
    from contactrep.cli.report import show_report
    from contactrep.cli.session import clock_of
    from contactrep.cli.settings import read_settings, workspace_zone

    zone, _ = workspace_zone(timing.timezone, settings := read_settings(place.config))
    clock = clock_of(timing, zone, settings)
    if save is not None:
        _save(events, clock.now, zone, save)
        return
    with _sample_store(events, clock.now, zone) as store:
        sampled = Place(store, place.config)
        show_report((), sampled, Reading(), timing, grouping, choosing, writing, kept=False)


def _save(events: int, end: datetime, zone: ZoneInfo, output: Path) -> None:
    from contactrep.cli.exporting import file_kind
    from contactrep.cli.output import replacing
    from contactrep.demo import saved_events
    from contactrep.engine import Engine
    from contactrep.errors import UsageProblem
    from contactrep.questions import Question

    target = file_kind(output, None)
    if target.form == "xlsx":
        raise UsageProblem("sample data has no xlsx: use csv, parquet or jsonl")
    sample = Question(saved_events(events, end, zone, native=target.form == "parquet"))
    with replacing(output) as path, Engine(None, writable=path) as engine:
        rows = engine.write(sample, path, target.form, target.packed)
    say(f"{rows:,} events written to {output}")


@contextmanager
def _sample_store(events: int, end: datetime, zone: ZoneInfo) -> Iterator[Path]:
    """A throw-away store with the sample and its directory of users, loaded as any file is."""
    from contactrep import store
    from contactrep.cli.session import current_time
    from contactrep.demo import sample_users, saved_events
    from contactrep.engine import Engine
    from contactrep.questions import Question
    from contactrep.read import LoadOptions

    with tempfile.TemporaryDirectory(prefix="contactrep-") as name:
        folder = Path(name)
        sample, users, path = (folder / part for part in ("demo.parquet", "users.csv", "demo.duckdb"))
        with Engine(None, writable=sample) as engine:
            question = Question(saved_events(events, end, zone, native=True))
            engine.write(question, sample, "parquet", "none")
        with users.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("id", "name"), *sample_users()])
        store.load(path, [str(sample)], LoadOptions(), zone=zone, requested_zone=None, now=current_time())
        store.replace_users(path, str(users))
        yield path
