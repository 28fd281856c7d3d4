"""`contactrep status`: what the store contains."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Paths, Query, path_options, writing_options
from contactrep.cli.output import Writing, show
from contactrep.cli.settings import usual_config


@command()
@writing_options()
@path_options
def status(paths: Paths, writing: Writing) -> None:
    """Show what the store contains.

    Counts per event type, first and last event, time zone and rejected rows; of each load its time, its files
    and the options that changed how they were read.

    \b
      contactrep status
      contactrep status --format json
    """
    from contactrep.cli.session import workspace_of

    config = paths.config or usual_config()
    with workspace_of(Query(paths)) as workspace:
        answer = workspace.status(config=str(config) if config and config.exists() else None)
    show(answer, writing)
