"""`contactrep users`."""

from __future__ import annotations

import click

from contactrep.cli.completion import complete_file
from contactrep.cli.options import Place, place_options
from contactrep.cli.output import write
from contactrep.cli.settings import read_settings, store_path


@click.group()
def users() -> None:
    """The directory that gives users their names.

    \b
      contactrep users load users.csv
    """


@users.command("load")
@click.argument("file", shell_complete=complete_file)
@place_options
def load_users(file: str, place: Place) -> None:
    """Replace the directory with FILE, which has the columns id and name.

    Reports then show a user by this name, and one that is not in the directory by the id.

    \b
      contactrep users load users.csv
    """
    from contactrep import store
    from contactrep.render.text import visible

    settings = read_settings(place.config)
    path = store_path(place.store, settings)
    count = store.replace_users(path, file, memory_limit=settings.memory_limit)
    write([f"{visible(file)}: {count:,} {'user' if count == 1 else 'users'} in the directory\n"], None)
