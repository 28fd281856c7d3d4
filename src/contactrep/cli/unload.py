"""`contactrep unload`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from contactrep.cli.completion import complete_load
from contactrep.cli.options import Place, memory_option, place_options
from contactrep.cli.output import notice, write_outcome
from contactrep.cli.settings import read_settings, store_path

if TYPE_CHECKING:
    from contactrep.store import Unloaded

_MOST_NAMED = 10  # files in a notice


@click.command()
@click.argument("number", metavar="LOAD", type=int, shell_complete=complete_load)
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@memory_option
@place_options
def unload(number: int, place: Place, form: str, memory_limit: str | None) -> None:
    """Undo a load.

    LOAD is its number, as listed by `contactrep status`. Its events and rejects are removed, and its files
    can be loaded again. Rows in later files that were skipped as duplicates of these events are still
    missing: load those files again, too.

    \b
      contactrep unload 3
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
    """A line a file, and what was taken out in all."""
    from contactrep.render.text import visible

    for file in done.files:
        yield f"{visible(file.path)}: {file.loaded:,} loaded, and out again\n"
    yield (
        f"Load {done.load} of {done.at:%Y-%m-%d %H:%M} UTC is out of {visible(str(done.store))}:"
        f" {done.events:,} {'event' if done.events == 1 else 'events'},"
        f" {done.rejects:,} {'reject' if done.rejects == 1 else 'rejects'}\n"
    )


def _to_reload(done: Unloaded) -> str:
    count, named = len(done.to_reload), ", ".join(done.to_reload[:_MOST_NAMED])
    files, them = ("1 later file", "it") if count == 1 else (f"{count:,} later files", "them")
    more = f" and {count - _MOST_NAMED:,} more" if count > _MOST_NAMED else ""
    return f"{files} had duplicates, perhaps of events that are out now: load {them} again: {named}{more}"
