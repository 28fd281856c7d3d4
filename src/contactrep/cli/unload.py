"""`contactrep unload`: undo a load."""

from __future__ import annotations

import click

from contactrep.cli.completion import complete_load
from contactrep.cli.help import command
from contactrep.cli.options import Paths, store_options, writing_options
from contactrep.cli.output import Writing, notice, prepare_change, show_if_open
from contactrep.cli.settings import read_settings
from contactrep.errors import listed

_MOST_DIGITS = 9  # of a load's number


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

    prepare_change(writing)
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
