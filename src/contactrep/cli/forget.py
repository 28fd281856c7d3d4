"""`contactrep forget`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contactrep.cli.options import Place, memory_option, place_options
from contactrep.cli.output import notice, write_outcome
from contactrep.cli.settings import Settings, read_settings, store_path
from contactrep.errors import ContactrepError, UsageProblem

if TYPE_CHECKING:
    from contactrep.store import Forgotten


@click.command()
@click.argument("contact_id")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@memory_option
@place_options
def forget(contact_id: str, place: Place, form: str, memory_limit: str | None, *, yes: bool) -> None:
    """Permanently erase a contact.

    CONTACT_ID is the id as the logs show it. All events of the contact are removed (of merges, those where
    it is the primary contact), and every rejected row that has the id as a value. The store's file is
    rewritten, so no trace remains. This cannot be undone.

    The files that were loaded are not changed: delete the contact there, too. Loading such a file again
    does not restore the contact; loading a different file that contains it does.

    \b
      contactrep forget 00124
      contactrep forget 00124 --yes --quiet
    """
    from contactrep import store

    settings = read_settings(place.config).within(memory_limit)
    path = store_path(place.store, settings)
    if not yes:
        _confirm(path, contact_id, settings)
    done = store.forget(path, contact_id, memory_limit=settings.memory_limit)
    notice("other files that have this contact bring it back when they are loaded: delete it there, too")
    write_outcome(_json(done) if form == "json" else _sentence(done))


def _confirm(path: Path, contact_id: str, settings: Settings) -> None:
    """Ask whether this contact is meant, showing what there is of it; a problem unless the answer is yes."""
    from contactrep import store
    from contactrep.render.text import visible

    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageProblem("this cannot be undone: add --yes to run without a terminal")
    found = store.look_for(path, contact_id, memory_limit=settings.memory_limit)
    question = f"Remove {_counts(found)} of contact {visible(contact_id)} for good?"
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

    yield f"{_counts(done)} of contact {visible(done.contact_id)} are gone from {visible(str(done.store))}\n"
