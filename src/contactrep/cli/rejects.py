"""`contactrep rejects`."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Paths, memory_option, path_options, writing_options
from contactrep.cli.output import Writing, show
from contactrep.cli.settings import read_settings


@command()
@writing_options()
@memory_option
@path_options
def rejects(paths: Paths, writing: Writing, memory_limit: str | None) -> None:
    """Show rejected rows.

    Each with its file, line, reason and original text.

    \b
      contactrep rejects
      contactrep rejects -o rejects.csv
    """
    from contactrep.cli.session import store_workspace

    with store_workspace(paths, read_settings(paths.config).within(memory_limit)) as workspace:
        show(workspace.rejects(), writing)
