"""Undoing a load: removing its events, its rejects, and what is known of its files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from contactrep.duck import Session, scratch_session
from contactrep.errors import StoreProblem
from contactrep.events import ADDED, DELETED, MERGED
from contactrep.identity import CONTACT, MERGED_CONTACT
from contactrep.store.layout import CATALOG
from contactrep.store.replacing import existing, locked, replacing
from contactrep.store.state import attach
from contactrep.store.writing import changing
from contactrep.summary import LoadedFile, UnloadSummary

_MOST_NAMED: Final = 10  # loads in a message

# Rows that counted as duplicates of an event are not in the store. When the event goes, the files that have
# them must be read again to bring them back, so they may no longer be known. Only later loads can have such.
_TO_RELOAD: Final = "load > $load AND duplicate > 0 AND fingerprint IS NOT NULL"

# What a snapshot deletes and adds depends on the snapshots before it, and on other deletions and merges: a
# contact that is gone already is not deleted, and one that is back is added again.
_TO_REDO: Final = f"""
    SELECT load FROM {CATALOG}.snapshots WHERE load > $load AND (
        profile = (SELECT profile FROM {CATALOG}.snapshots WHERE load = $load)
        OR load IN (
            SELECT load
            FROM (
                SELECT load, {CONTACT} AS contact FROM {CATALOG}.snapshot_contacts
                UNION ALL SELECT load, {CONTACT} FROM {CATALOG}.events WHERE event = '{ADDED}'
            )
            WHERE contact IN (
                SELECT if(event = '{MERGED}', {MERGED_CONTACT}, {CONTACT}) FROM {CATALOG}.events
                WHERE load = $load AND event IN ('{DELETED}', '{MERGED}')
            )
        )
    )
    ORDER BY load
    """


def unload(path: Path, load: int | None, *, memory_limit: str | None = None) -> UnloadSummary:
    """Remove everything that `load` (None: the newest) brought from the store at `path`, in one step;
    StoreProblem when there is no store or no such load."""
    store = existing(path, ", so there is no load to undo: see --store")
    with scratch_session(memory_limit=memory_limit) as session, locked(store):
        state = attach(session, store)
        load, at = _wanted(session, store, load)
        this = {"load": load}
        files = session.run(
            f"SELECT path, loaded FROM {CATALOG}.files WHERE load = $load ORDER BY position", this
        )
        to_redo = [redone for (redone,) in session.run(_TO_REDO, this)]
        later = session.run(
            f"SELECT path FROM {CATALOG}.files WHERE {_TO_RELOAD} ORDER BY load, position", this
        )
        with replacing(store) as copy, changing(session, copy, state):
            events = session.value("DELETE FROM store.events WHERE load = $load", this)
            rejects = session.value("DELETE FROM store.rejects WHERE load = $load", this)
            session.run("DELETE FROM store.loads WHERE id = $load", this)
            for table in ("files", "snapshots", "snapshot_contacts"):
                session.run(f"DELETE FROM store.{table} WHERE load = $load", this)
            # The number of an undone load is kept, so that it is never reused.
            session.run("INSERT INTO store.files (load) VALUES ($load)", this)
            session.run(f"UPDATE store.files SET fingerprint = NULL WHERE {_TO_RELOAD}", this)
    loaded = tuple(LoadedFile(*file) for file in files)
    # A file that was loaded in parts stands there more than once.
    to_reload = tuple(dict.fromkeys(path for (path,) in later))
    return UnloadSummary(store, load, at, events, rejects, loaded, to_reload, tuple(to_redo))


def _wanted(session: Session, store: Path, load: int | None) -> tuple[int, datetime]:
    """The number and the time of a load (None: of the newest); StoreProblem if it is not there."""
    dates: dict[int, datetime] = dict(session.run(f'SELECT id, "at" FROM {CATALOG}.loads ORDER BY id DESC'))
    if not dates:
        raise StoreProblem(f"there is no load in {store}, so there is nothing to undo")
    number = next(iter(dates)) if load is None else load
    if number in dates:
        return number, dates[number].replace(tzinfo=UTC)
    loads = [f"{known:,}" for known in dates]
    there_are = (
        f"it has only load {loads[0]}"
        if len(loads) == 1
        else f"its newest are {', '.join(loads[:_MOST_NAMED])}: contactrep status lists them"
    )
    raise StoreProblem(f"there is no load {number:,} in {store}: {there_are}")
