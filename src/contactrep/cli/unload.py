"""`contactrep unload`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from contactrep.cli.completion import complete_load
from contactrep.cli.help import OUTPUT, command, option
from contactrep.cli.options import Place, memory_option, place_options
from contactrep.cli.output import notice, write_outcome
from contactrep.cli.settings import read_settings, store_path
from contactrep.errors import listed

if TYPE_CHECKING:
    from contactrep.store import Unloaded


class _Load(click.ParamType[int | None]):
    """The number of a load; None for `last`, the newest."""

    name = "load"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        text = str(value)
        if text.lower() == "last":
            return None
        if not text.isascii() or not text.isdecimal() or len(text) > _MOST_DIGITS:
            self.fail(
                f"'{text}' is not a load: give its number (see contactrep status) or 'last'", param, ctx
            )
        return int(text)


_MOST_DIGITS = 9  # of a load's number


@command()
@click.argument("number", metavar="LOAD", type=_Load(), shell_complete=complete_load)
@option(OUTPUT, "--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@memory_option
@place_options
def unload(number: int | None, place: Place, form: str, memory_limit: str | None) -> None:
    """Undo a load.

    LOAD is its number, as `contactrep load` printed it and `contactrep status` lists it, or `last` for the
    newest one. Its events and rejects are removed, and its files can be loaded again. Rows of later files
    that were skipped as duplicates of these events are still missing: the command names these files, so that
    you can load them again.

    \b
      contactrep unload last
      contactrep load events.csv --input-timezone Asia/Tokyo
    """
    from contactrep import store

    settings = read_settings(place.config).within(memory_limit)
    done = store.unload(store_path(place.store, settings), number, memory_limit=settings.memory_limit)
    if done.to_reload:
        notice(_to_reload(done))
    write_outcome(_json(done) if form == "json" else _sentences(done))


def _json(done: Unloaded) -> Iterator[str]:
    from contactrep.render.json import json_text

    answer = {
        "schema": 1,
        "store": str(done.store),
        "load": done.load,
        "events": done.events,
        "rejects": done.rejects,
        "files": [{"path": file.path, "loaded": file.loaded} for file in done.files],
        "to_reload": list(done.to_reload),
    }
    yield json_text(answer)


def _sentences(done: Unloaded) -> Iterator[str]:
    """Which load was removed, and what went with it."""
    from contactrep.render.text import visible

    yield (
        f"Removed load {done.load} ({visible(listed([file.path for file in done.files]))}):"
        f" {done.events:,} {'event' if done.events == 1 else 'events'},"
        f" {done.rejects:,} {'reject' if done.rejects == 1 else 'rejects'}\n"
    )


def _to_reload(done: Unloaded) -> str:
    them = "it" if len(done.to_reload) == 1 else "them"
    return f"{listed(done.to_reload)} contained duplicates of the removed events: load {them} again"
