"""`contactrep users`: the list of user names."""

from __future__ import annotations

import click

from contactrep.cli.completion import complete_file
from contactrep.cli.help import HelpCommand, HelpGroup
from contactrep.cli.options import Paths, Query, path_options, shape_options, writing_options
from contactrep.cli.output import Writing, prepare_change, show, show_if_open
from contactrep.cli.settings import read_settings
from contactrep.read.mapping import Mapping


@click.group(cls=HelpGroup)
def users() -> None:
    """Manage the list of user names.

    Reports show users by the names in this list, also after they were removed from the workspace.

    \b
      contactrep users load users.csv
      contactrep users list
    """


@users.command("list", cls=HelpCommand)
@writing_options()
@path_options
def list_users(paths: Paths, writing: Writing) -> None:
    """Show the list of user names.

    \b
      contactrep users list
      contactrep users list -o users.csv
    """
    from contactrep.cli.session import workspace_of

    with workspace_of(Query(paths)) as workspace:
        show(workspace.users(), writing)


@users.command("load", cls=HelpCommand)
@click.argument("file", shell_complete=complete_file)
@writing_options()
@shape_options
@path_options
def load_users(file: str, paths: Paths, writing: Writing, mapping: Mapping) -> None:
    """Replace the list with FILE, which has the columns id and name.

    Reports then show each user by the name in the list. A user who is not in the list is shown by id, or, if
    the events have no id, by the name in the events. Without a list, the name is shown, or the id if there is
    no name.

    \b
      contactrep users load users.csv
      contactrep users load users.csv --encoding cp1252
    """
    from contactrep.store.users import replace_users
    from contactrep.summary import UsersSummary

    prepare_change(writing)
    settings = read_settings(paths.config, paths.store)
    path = settings.store_path()
    count = replace_users(path, file, mapping, memory_limit=settings.memory_limit)
    show_if_open(UsersSummary(path, file, count), writing)
