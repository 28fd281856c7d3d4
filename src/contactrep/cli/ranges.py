"""`contactrep ranges`."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import click

from contactrep.cli.options import Place, grouped, place_options, writing_options
from contactrep.cli.output import Writing, show
from contactrep.cli.settings import Settings, workspace_zone
from contactrep.zones import find_zone


@dataclass(frozen=True)
class Moment:
    """`--as-of` and `--timezone`, as written."""

    as_of: str | None
    timezone: str | None


@click.command()
@grouped(
    "moment",
    Moment,
    click.option(
        "--as-of", metavar="WHEN", envvar="CONTACTREP_AS_OF", help="Take this date or datetime for now."
    ),
    click.option("--timezone", metavar="ZONE", help="The zone.  [default: the workspace's]"),
)
@writing_options()
@place_options
def ranges(place: Place, moment: Moment, writing: Writing) -> None:
    """The presets, and the dates they mean now.

    \b
      contactrep ranges
      contactrep ranges --as-of 2026-11-05 --timezone Europe/Berlin
    """
    from contactrep.cli.options import Timing
    from contactrep.cli.session import clock_of
    from contactrep.cli.settings import read_settings
    from contactrep.period import PRESETS, compared_with, resolve
    from contactrep.report import RangeList

    settings = read_settings(place.config)
    zone = find_zone(moment.timezone) if moment.timezone else _usual_zone(place, settings)
    clock = clock_of(Timing(as_of=moment.as_of), zone, settings)
    resolved = [resolve(name, clock) for name in PRESETS]
    listed = tuple((found, compared_with(found, "previous", clock)) for found in resolved)
    show(RangeList(clock.now, zone.key, listed), writing)


def _usual_zone(place: Place, settings: Settings) -> ZoneInfo:
    """The store's zone where there is a store, else the one that a new store would take."""
    from contactrep.cli.session import engine_over_store, store_path

    if not store_path(place.store, settings).exists():
        return workspace_zone(None, settings)[0]
    from contactrep.questions.holdings import timezone

    with engine_over_store(place, settings) as engine:
        return find_zone(timezone(engine.ask))
