"""`contactrep ranges`."""

from __future__ import annotations

from contextlib import suppress
from zoneinfo import ZoneInfo

from contactrep.cli.help import command
from contactrep.cli.options import Paths, as_of_option, path_options, timezone_option, writing_options
from contactrep.cli.output import Writing, show
from contactrep.cli.settings import Settings, chosen_zone, read_settings, workspace_zone
from contactrep.errors import ConfigProblem
from contactrep.period import PRESETS, Clock, compared_with, resolve


@command()
@as_of_option
@timezone_option
@writing_options()
@path_options
def ranges(paths: Paths, writing: Writing, as_of: str | None, timezone: str | None) -> None:
    """List the named ranges and their current dates.

    \b
      contactrep ranges
      contactrep ranges --as-of 2026-11-05 --timezone Europe/Berlin
    """
    from contactrep.cli.session import current_time
    from contactrep.report import RangeList

    settings = read_settings(paths.config, paths.store)
    zone = chosen_zone(timezone) if timezone else _usual_zone(settings)
    clock = Clock.of(as_of, current_time(), zone, settings.week_start)
    resolved = [resolve(name, clock) for name in PRESETS]
    listed = tuple((found, compared_with(found, "previous", clock)) for found in resolved)
    show(RangeList(clock.now, zone.key, listed), writing)


def _usual_zone(settings: Settings) -> ZoneInfo:
    """Return the store's zone; without a store, the zone that a new store would take."""
    from contactrep.cli.session import stored_zone

    with suppress(ConfigProblem):  # without a home there is no store
        if zone := stored_zone(settings):
            return zone
    return workspace_zone(None, settings)[0]
