"""`contactrep users`."""

from __future__ import annotations

import click

from contactrep.cli.completion import complete_file
from contactrep.cli.help import Command
from contactrep.cli.options import Place, place_options
from contactrep.cli.output import write_outcome
from contactrep.cli.settings import read_settings, store_path


@click.group()
def users() -> None:
    """Manage the list of user names.

    Reports show users by the names in this list, also after they were removed from the workspace.

    \b
      contactrep users load users.csv
    """


@users.command("load", cls=Command)
@click.argument("file", shell_complete=complete_file)
@place_options
def load_users(file: str, place: Place) -> None:
    """Replace the list with FILE, which has the columns id and name.

    Reports then show users by these names, and users who are not in the list by their id.

    \b
      contactrep users load users.csv
    """
    from contactrep import store
    from contactrep.render.text import visible

    settings = read_settings(place.config)
    path = store_path(place.store, settings)
    count = store.replace_users(path, file, memory_limit=settings.memory_limit)
    write_outcome([f"{visible(file)}: {count:,} {'user' if count == 1 else 'users'} in the directory\n"])
