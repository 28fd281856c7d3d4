"""`contactrep rejects`."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Paths, memory_option, path_options, writing_options
from contactrep.cli.output import Writing, show
from contactrep.cli.settings import read_settings, store_path


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

    settings = read_settings(paths.config).within(memory_limit)
    store_path(paths.store, settings)  # refuses a table on a cluster
    with store_workspace(paths, settings) as workspace:
        show(workspace.rejects(), writing)
