"""`contactrep forget`: erase a contact."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from contactrep.cli.help import command, general_option
from contactrep.cli.options import Paths, store_options, writing_options
from contactrep.cli.output import Writing, notice, prepare_change, show_if_open
from contactrep.cli.settings import Settings, read_settings
from contactrep.errors import ContactrepError, UsageProblem
from contactrep.render.text import visible


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

    prepare_change(writing)
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
    try:
        if click.confirm(question, err=True):
            return
    except click.Abort:  # the input has ended (Ctrl-D), and the cursor is still beside the question
        click.echo(err=True)
        raise ContactrepError(
            "nothing was removed, because there was no answer: add --yes to skip the question"
        ) from None
    raise ContactrepError("nothing was removed: the answer was no")
