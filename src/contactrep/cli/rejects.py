"""`contactrep rejects`: the rejected rows."""

from __future__ import annotations

from contactrep.cli.help import command
from contactrep.cli.options import Paths, Query, store_options, writing_options
from contactrep.cli.output import Writing, show
from contactrep.cli.settings import read_settings


@command()
@writing_options()
@store_options
def rejects(paths: Paths, writing: Writing) -> None:
    """Show rejected rows.

    Each with its file, line, reason and original text.

    \b
      contactrep rejects
      contactrep rejects -o rejects.csv
    """
    from contactrep.cli.rerun import rejects_command
    from contactrep.cli.session import workspace_of

    settings = read_settings(paths.config, paths.store, paths.memory_limit)
    settings.store_path()  # refuses a table on a cluster
    with workspace_of(Query(paths), settings) as workspace:
        show(workspace.rejects(), writing, command=rejects_command(paths, writing.output))
