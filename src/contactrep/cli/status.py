"""`contactrep status`."""

from __future__ import annotations

from pathlib import Path

from contactrep.cli.help import command
from contactrep.cli.options import Paths, path_options, writing_options
from contactrep.cli.output import Writing, show
from contactrep.cli.settings import read_settings, usual_config


def _config_path(chosen: Path | None) -> str | None:
    """Return the path of the config file that is read, None without one."""
    path = chosen or usual_config()
    return str(path) if path is not None and path.exists() else None


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
    from contactrep.cli.session import store_workspace

    with store_workspace(paths, read_settings(paths.config)) as workspace:
        answer = workspace.status(config=_config_path(paths.config))
    show(answer, writing)
