"""`contactrep forget`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contactrep.cli.help import GENERAL, OUTPUT, command, option
from contactrep.cli.options import Place, memory_option, place_options
from contactrep.cli.output import notice, write_outcome
from contactrep.cli.settings import Settings, read_settings, store_path
from contactrep.errors import ContactrepError, UsageProblem

if TYPE_CHECKING:
    from contactrep.store import Forgotten


@command()
@click.argument("contact_id")
@option(GENERAL, "--yes", is_flag=True, help="Do not ask first.")
@option(GENERAL, "--undo", is_flag=True, help="Let later loads take this contact again.")
@option(OUTPUT, "--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@memory_option
@place_options
def forget(
    contact_id: str,
    place: Place,
    form: str,
    memory_limit: str | None,
    *,
    yes: bool,
    undo: bool,
) -> None:
    """Permanently erase a contact.

    CONTACT_ID is the id as the logs show it. All events of the contact are removed (for merges, those where
    it is the primary contact), and all rejected rows that contain the id as a value. The store file is
    rewritten, so that no trace of them remains. This cannot be undone.

    The store keeps a salted hash of the id, so that later loads skip the contact and count its events as
    skipped. `--undo` lifts that: it brings nothing back by itself, but files that are loaded later may. Add
    --again to load a file that was loaded before.

    The files that were loaded are not touched: delete the contact there, too.

    \b
      contactrep forget 00124
      contactrep forget 00124 --yes --quiet
      contactrep forget 00124 --undo
    """
    from contactrep import store

    settings = read_settings(place.config).within(memory_limit)
    path = store_path(place.store, settings)
    if undo:
        store.stop_forgetting(path, contact_id, memory_limit=settings.memory_limit)
        notice("files that were loaded before bring this contact back only with 'contactrep load --again'")
        write_outcome(_undone_json(path, contact_id) if form == "json" else _undone(path, contact_id))
        return
    if not yes:
        _confirm(path, contact_id, settings)
    done = store.forget(path, contact_id, memory_limit=settings.memory_limit)
    notice("later loads skip this contact; your files still contain it: delete it there, too")
    write_outcome(_json(done) if form == "json" else _sentence(done))


def _confirm(path: Path, contact_id: str, settings: Settings) -> None:
    """Ask whether this contact is meant, showing what there is of it; a problem unless the answer is yes."""
    from contactrep import store
    from contactrep.render.text import visible

    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageProblem("this cannot be undone: add --yes to run without a terminal")
    found = store.look_for(path, contact_id, memory_limit=settings.memory_limit)
    question = f"Permanently remove {_counts(found)} of contact {visible(contact_id)}?"
    if not click.confirm(question, err=True):
        raise ContactrepError("nothing was removed, for the answer was no")


def _counts(found: Forgotten) -> str:
    return (
        f"{found.events:,} {'event' if found.events == 1 else 'events'}"
        f" and {found.rejects:,} {'reject' if found.rejects == 1 else 'rejects'}"
    )


def _json(done: Forgotten) -> Iterator[str]:
    from contactrep.render.json import json_text

    answer = {
        "schema": 1,
        "store": str(done.store),
        "contact_id": done.contact_id,
        "events": done.events,
        "rejects": done.rejects,
    }
    yield json_text(answer)


def _sentence(done: Forgotten) -> Iterator[str]:
    from contactrep.render.text import visible

    yield f"Removed {_counts(done)} of contact {visible(done.contact_id)} from {visible(str(done.store))}\n"


def _undone(path: Path, contact_id: str) -> Iterator[str]:
    from contactrep.render.text import visible

    yield f"Later loads into {visible(str(path))} take contact {visible(contact_id)} again\n"


def _undone_json(path: Path, contact_id: str) -> Iterator[str]:
    from contactrep.render.json import json_text

    yield json_text({"schema": 1, "store": str(path), "contact_id": contact_id, "forgotten": False})
