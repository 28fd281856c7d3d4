"""The commands about a store: `contactrep status`, `rejects`, `users`, `unload` and `forget`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from contactrep.cli.completion import complete_file, complete_load
from contactrep.cli.help import HelpCommand, HelpGroup, command, general_option
from contactrep.cli.options import (
    Paths,
    Query,
    path_options,
    shape_options,
    store_options,
    writing_options,
)
from contactrep.cli.output import Writing, check_target, notice, show, show_if_open
from contactrep.cli.settings import Settings, read_settings, usual_config
from contactrep.errors import ContactrepError, UsageProblem, listed
from contactrep.read.mapping import Mapping
from contactrep.render.text import visible

_MOST_DIGITS = 9  # of a load's number


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
    from contactrep.cli.session import workspace_of

    settings = read_settings(paths.config, paths.store, paths.memory_limit)
    settings.store_path()  # refuses a table on a cluster
    with workspace_of(Query(paths), settings) as workspace:
        show(workspace.rejects(), writing)


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

    check_target(writing)
    settings = read_settings(paths.config, paths.store)
    path = settings.store_path()
    count = replace_users(path, file, mapping, memory_limit=settings.memory_limit)
    show_if_open(UsersSummary(path, file, count), writing)


def _load(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """The number of a load; None for `last`, the newest."""
    if value is None or value.lower() == "last":
        return None
    if not value.isascii() or not value.isdecimal() or len(value) > _MOST_DIGITS:
        raise click.BadParameter(
            f"'{value}' is not a load: give its number (see contactrep status) or 'last'"
        )
    return int(value)


@command()
@click.argument("number", metavar="LOAD", callback=_load, shell_complete=complete_load)
@writing_options()
@store_options
def unload(number: int | None, paths: Paths, writing: Writing) -> None:
    """Undo a load.

    LOAD is its number, as `contactrep load` printed it and `contactrep status` lists it, or `last` for the
    newest one. Its events and rejects are removed, and its files can be loaded again. Rows of later files
    that were skipped as duplicates of these events are still missing: the command names these files, so that
    you can load them again. It also names later snapshots that depend on this load.

    \b
      contactrep unload last
      contactrep load events.csv --input-timezone Asia/Tokyo
    """
    from contactrep.store import unloading

    check_target(writing)
    settings = read_settings(paths.config, paths.store, paths.memory_limit)
    done = unloading.unload(settings.store_path(), number, memory_limit=settings.memory_limit)
    if done.to_redo:
        one = len(done.to_redo) == 1
        loads = listed([f"{load:,}" for load in done.to_redo])
        which = f"load {loads} is a later snapshot" if one else f"loads {loads} are later snapshots"
        them = "it" if one else "them"
        depends = "depends" if one else "depend"
        notice(f"{which} that {depends} on this load: undo {them}, too, and load {them} again in order")
    if done.to_reload:
        them = "it" if len(done.to_reload) == 1 else "them"
        duplicates = "contained duplicates, perhaps of the removed events"
        notice(f"{listed(done.to_reload)} {duplicates}: load {them} again")
    show_if_open(done, writing)


@command()
@click.argument("contact_id")
@general_option("--yes", is_flag=True, help="Do not ask first.")
@general_option("--undo", is_flag=True, help="Let later loads take this contact again.")
@writing_options()
@store_options
def forget(contact_id: str, paths: Paths, writing: Writing, *, yes: bool, undo: bool) -> None:
    """Permanently erase a contact.

    CONTACT_ID is the id as the logs show it. All events of the contact are removed (also merges in which it
    is the merged contact), and all rejected rows that contain the id as a whole value. An id of six or more
    characters is also found as a separate word inside a longer text. The store file is rewritten, so that
    nothing of these events and rows remains in its free space. They cannot be brought back from the store.

    The store keeps only a salted hash of the id, so that later loads skip the contact and count its events as
    skipped. `--undo` deletes this hash, and later loads accept the contact again. A file that was loaded
    before the contact was forgotten then needs `load --again`.

    The files that were loaded are not touched: delete the contact there, too.

    \b
      contactrep forget 00124
      contactrep forget 00124 --yes --quiet
      contactrep forget 00124 --undo
    """
    from contactrep.store import forgetting
    from contactrep.summary import ForgetUndoSummary

    check_target(writing)
    settings = read_settings(paths.config, paths.store, paths.memory_limit)
    path = settings.store_path()
    if undo:
        forgetting.stop_forgetting(path, contact_id, memory_limit=settings.memory_limit)
        notice("files loaded before 'forget' bring this contact back only with 'contactrep load --again'")
        show_if_open(ForgetUndoSummary(path, contact_id), writing)
        return
    if not yes:
        _confirm(path, contact_id, settings)
    done = forgetting.forget(path, contact_id, memory_limit=settings.memory_limit)
    notice("later loads skip this contact; your files still contain it: delete it there, too")
    show_if_open(done, writing)


def _confirm(path: Path, contact_id: str, settings: Settings) -> None:
    """Ask for confirmation, with the number of events and rejects; ContactrepError unless it is given."""
    from contactrep.document.summaries import contact_counts
    from contactrep.store import forgetting

    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageProblem("this cannot be undone: add --yes to run without a terminal")
    found = forgetting.look_for(path, contact_id, memory_limit=settings.memory_limit)
    question = f"Permanently remove {contact_counts(found)} of contact {visible(contact_id)}?"
    if not click.confirm(question, err=True):
        raise ContactrepError("nothing was removed: the answer was no")
