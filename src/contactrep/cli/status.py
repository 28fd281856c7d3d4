"""`contactrep status`."""

from __future__ import annotations

import click

from contactrep.cli.options import Place, place_options, writing_options
from contactrep.cli.output import Writing, show
from contactrep.cli.settings import read_settings, store_path


@click.command()
@writing_options()
@place_options
def status(place: Place, writing: Writing) -> None:
    """Show what the store contains.

    Counts per event type, first and last event, time zone, loads and rejected rows.

    \b
      contactrep status
      contactrep status --format json
    """
    from contactrep.cli.session import current_time, engine_over_store
    from contactrep.questions import holdings

    settings = read_settings(place.config)
    with engine_over_store(place, settings) as engine:
        answer = holdings.status(engine.ask, str(store_path(place.store, settings)), current_time())
    show(answer, writing)
