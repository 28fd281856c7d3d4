"""Writing what a load has staged: one transaction on a copy of the store, which then takes its place.

A new store needs no copy: if the staged rows are in order of time, the file of the stage becomes the store.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contactrep.duck import Error, Relation, Session
from contactrep.read.relations import EVENT, GOOD, REJECTS
from contactrep.read.stage import Stage
from contactrep.store.duplicates import DUPLICATES
from contactrep.store.layout import CATALOG, FIRST_LOAD, LAYOUT, MORE_SOURCES, make_tables, migrate
from contactrep.store.replacing import replacing
from contactrep.store.snapshots import Comparison
from contactrep.store.state import COUNTS, FileResult, StoreState

_OF_PATHS = """(
    split_part(origin, chr(0), 1) IN (SELECT place FROM paths) OR origin IN (SELECT refused FROM paths)
)"""
_OLD_REJECTS = f"SELECT file, line, reason, raw, origin FROM {CATALOG}.rejects WHERE {_OF_PATHS}"
_RENAMED = f"""
    INSERT INTO store.rejects SELECT load, label, line, reason, raw, known.origin
    FROM known JOIN (
        SELECT split_part(origin, chr(0), 2) AS content, min(origin) AS origin
        FROM store.rejects WHERE {_OF_PATHS} GROUP BY content
    ) AS former ON content = split_part(known.origin, chr(0), 2)
    JOIN store.rejects ON rejects.origin = former.origin
    WHERE known.origin NOT IN (SELECT DISTINCT origin FROM store.rejects)
    """
_NEW_REJECTS = f"SELECT label, line, reason, raw, origin FROM {REJECTS} JOIN paths USING (file)"
_PATHS = Relation("paths", "file INTEGER, label VARCHAR, place VARCHAR, refused VARCHAR, origin VARCHAR")


@dataclass(frozen=True)
class Entry:
    """What the store notes of a load: when (aware, UTC), Mapping.given, and what a snapshot has changed."""

    at: datetime
    options: Mapping[str, Any]
    snapshot: Comparison | None = None


def write(
    session: Session, stage: Stage, results: Sequence[FileResult], state: StoreState, entry: Entry | None
) -> int | None:
    """Add the staged events and rejects of `results` to the store, and return the load's number.

    None when no event was new; a store that would not change at all is not touched. Without an `entry` only
    the rejects are kept.
    """
    fresh = [one for one in results if one.fresh]
    keys = [(one.content.place, one.content.refused_key, one.content.key) for one in fresh]
    of_fresh = [
        (one.position, one.summary.path, place, refused, key if entry else refused)
        for one, (place, refused, key) in zip(fresh, keys, strict=True)
    ]
    session.append(session.make(_PATHS), [*of_fresh, *_former_paths(fresh)])
    loaded = sum(one.summary.loaded for one in fresh) if entry else 0
    changed = entry is not None and entry.snapshot is not None and entry.snapshot.changes
    if state.exists and not loaded and not changed and not _rejects_differ(session):
        return None
    whole = None
    if not state.exists and loaded and stage.can_be_store(loaded):
        whole = stage.become_events(FIRST_LOAD)
    with replacing(state.path) as copy:
        if whole:
            shutil.move(whole, copy)
        with changing(session, copy, state):
            load_id = None
            if entry and (loaded or changed):
                load_id = _add_load(session, fresh, entry)
                if not whole:
                    _add_events(session, load_id)
                if entry.snapshot:
                    entry.snapshot.remember(load_id)
            # The rejects of the places that were read replace those of earlier loads of them, unless a file
            # of the same content has another name now, and has none there yet.
            known = Relation("known", "label VARCHAR, origin VARCHAR")
            read = {one.content.fingerprint for one in fresh}
            left = {it.content.fingerprint: it for it in results if it.content.fingerprint not in read}
            renamed = [(it.summary.path, it.content.key) for it in left.values()]
            session.append(session.make(known), renamed)
            session.run(_RENAMED)
            session.run(f"DELETE FROM store.rejects WHERE {_OF_PATHS}")
            rejects = f"INSERT INTO store.rejects SELECT $load, * FROM ({_NEW_REJECTS})"
            session.run(rejects, {"load": load_id})
    return load_id


def _former_paths(fresh: Sequence[FileResult]) -> Iterator[tuple[None, None, str, str, None]]:
    """Rows of _PATHS for the rejects that 0.1.0 kept of these files under other paths."""
    for content in (one.content for one in fresh):
        new, old = content.source.origin, content.source.former_origin
        if new != old:
            place, refused = (it.replace(new, old, 1) for it in (content.place, content.refused_key))
            yield None, None, place, refused, None


@contextmanager
def changing(session: Session, copy: Path, state: StoreState) -> Iterator[None]:
    """A transaction on the copy of a store, attached as `store`, with its tables as of LAYOUT."""
    run = session.run
    if state.exists:
        run(f"DETACH {CATALOG}")
    run("ATTACH $path AS store", {"path": str(copy)})
    try:
        run("BEGIN")
        if not state.exists:
            make_tables(session)
            run("INSERT INTO store.workspace (layout) VALUES ($layout)", {"layout": LAYOUT})
        elif state.layout < LAYOUT:
            migrate(session)
        if state.unsettled:
            run("UPDATE store.workspace SET timezone = $zone", {"zone": state.zone.key})
        yield
        run("COMMIT")
        run("CHECKPOINT store")
        run("DETACH store")
    except BaseException:
        for statement in ("ROLLBACK", "DETACH store"):
            with suppress(Error):
                run(statement)
        raise


def write_anew(session: Session, copy: Path) -> None:
    """Put in place of `copy` a new file with the rows of its tables: what was deleted from a database stays
    in the free space of its file, and in its statistics."""
    fresh = copy.with_name(f"{copy.name}.anew")
    session.run("ATTACH $path AS store (READ_ONLY)", {"path": str(copy)})
    session.run("ATTACH $path AS anew", {"path": str(fresh)})
    for statement in ("COPY FROM DATABASE store TO anew", "CHECKPOINT anew", "DETACH anew", "DETACH store"):
        session.run(statement)
    fresh.replace(copy)


def _rejects_differ(session: Session) -> bool:
    missing = f"({_OLD_REJECTS}) EXCEPT ALL ({_NEW_REJECTS})"
    new = f"({_NEW_REJECTS}) EXCEPT ALL ({_OLD_REJECTS})"
    return bool(session.value(f"SELECT EXISTS (({missing}) UNION ALL ({new}))"))


def _add_load(session: Session, results: Sequence[FileResult], entry: Entry) -> int:
    # Only `files` has the number of a load that was undone.
    load: int = session.value(
        "SELECT coalesce(max(id), 0) + 1 FROM (SELECT id FROM store.loads UNION SELECT load FROM store.files)"
    )
    at, options = entry.at.astimezone(UTC).replace(tzinfo=None), json.dumps(entry.options)
    session.run(
        "INSERT INTO store.loads VALUES ($load, $at, $options)", {"load": load, "at": at, "options": options}
    )
    for one in results:
        _add_file(session, load, one)
    return load


def _add_events(session: Session, load: int) -> None:
    session.run(
        f"""
        INSERT INTO store.events BY NAME
        SELECT {EVENT}, $load AS load
        FROM {GOOD} ANTI JOIN {DUPLICATES} USING (file, line, part)
        ORDER BY ts
        """,
        {"load": load},
    )


def _add_file(session: Session, load: int, result: FileResult) -> None:
    summary = result.summary
    more = {MORE_SOURCES: summary.more_sources} if summary.more_sources else {}
    values = {name: getattr(summary, name) for name in ("path", "read", *COUNTS)} | {
        "load": load,
        "position": result.position,
        "fingerprint": result.content.fingerprint or None,
        "digest": result.content.digest or None,
        "unknown_sources": json.dumps({**summary.unknown_sources, **more}, ensure_ascii=False),
    }
    session.run(
        f"INSERT INTO store.files BY NAME SELECT {', '.join(f'${name} AS {name}' for name in values)}", values
    )
