"""Erasing a contact: its events and rejects go, and with them the bytes in the store's file.

A merge belongs to both of its contacts and is removed as a whole. Without the merged contact's id it would be
a different event, and net would still subtract a contact whose `added` event is gone. A rejected row has no
fields, so its whole text is searched (see `names`). A salted hash of the id is kept, so that later loads know
whose events to skip.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from contactrep.duck import Relation, Session, scratch_session
from contactrep.errors import StoreProblem
from contactrep.events import is_storable
from contactrep.identity import CONTACT, MERGED_CONTACT, unguarded
from contactrep.store.layout import CATALOG, MORE_SOURCES
from contactrep.store.replacing import existing, locked, replacing
from contactrep.store.state import HASH, StoreState, attach
from contactrep.store.writing import changing, write_anew
from contactrep.summary import ForgetSummary

_NOTHING: Final = ", so there is nothing to forget: see --store"

DISTINCTIVE: Final = 6
"""Minimum length of an id that is recognised wherever it is a separate word. A shorter id, such as `12`, may
be part of a date, so it must be a whole value."""

_IS_OF_CONTACT: Final = f"({CONTACT} = $id OR {MERGED_CONTACT} = $id)"
"""SQL for whether an event is of the contact with the `_bare` id `$id`, however its files spell it."""

_IS_IN_SNAPSHOTS: Final = f"FROM {{}}.snapshot_contacts WHERE {CONTACT} = $id"

_KNOWN_SOURCES: Final = Relation("known_sources", "text VARCHAR, source VARCHAR")
_LEFT_SOURCES: Final = Relation("left_sources", "text VARCHAR, kept VARCHAR")

_BATCH = 10_000  # rows
_AROUND = 64  # characters beside an id in which a value must begin or end; bounds the work on a long line

# What a value begins with in any format that is read: the text's start, a delimiter, or a key of JSON; and
# what it ends with. Blanks and quotes may stand between, and the ' that our own CSV puts before a formula.
_BEGINS = re.compile(r"""(?:\A|[,;|\t\r\n\[{]|"\s*:)[\s"'\\]*\Z""")
_ENDS = re.compile(r"""[\s"'\\]*(?:\Z|[,;|\t\r\n\]}])""")
_ESCAPE = re.compile(r"""\\(?:u([0-9a-fA-F]{4})|(["\\/]))""")

# Rows in which the id cannot stand are not worth a look in Python; a backslash may hide any character.
_SUSPECTS: Final = f"""
    SELECT DISTINCT raw FROM {CATALOG}.rejects
    WHERE contains(raw, '\\') OR len(list_filter($spellings, lambda spelling: contains(raw, spelling))) > 0
    """

# A load skips a known file only if the store has as many of its rejects as files.rejected says. So that
# number is lowered when rejects are deleted; otherwise the next load would read the file again.
_UNCOUNT: Final = """
    UPDATE store.files SET rejected = rejected - gone, read = read - gone
    FROM (
        SELECT load, file, split_part(origin, chr(0), 2) AS content, count(*) AS kept,
            count(*) FILTER (named) AS gone
        FROM (SELECT *, raw IN (FROM named) AS named FROM store.rejects)
        GROUP BY load, file, origin
    ) AS counted
    WHERE path = file AND rejected = kept AND gone > 0 AND files.load = coalesce(counted.load, files.load)
        AND content IN ('', coalesce(fingerprint, content))
    """


def look_for(path: Path, contact_id: str, *, memory_limit: str | None = None) -> ForgetSummary:
    """What the store at `path` has of a contact, changing nothing; StoreProblem when there is nothing."""
    store = existing(path, _NOTHING)
    with scratch_session(memory_limit=memory_limit) as session:
        return _look_for(session, attach(session, store), contact_id)


def forget(path: Path, contact_id: str, *, memory_limit: str | None = None) -> ForgetSummary:
    """Remove a contact's events and rejects for good, in one step, and have later loads skip its events;
    files that were loaded stay known. StoreProblem when there is nothing to forget."""
    store = existing(path, _NOTHING)
    with scratch_session(memory_limit=memory_limit) as session, locked(store):
        state = attach(session, store)
        found = _look_for(session, state, contact_id)
        this = {"id": _bare(session, contact_id)}
        _list_sources(session)
        with replacing(store) as copy:
            with changing(session, copy, state):
                session.run(f"DELETE FROM store.events WHERE {_IS_OF_CONTACT}", this)
                session.run(f"DELETE {_IS_IN_SNAPSHOTS.format('store')}", this)
                session.run(_UNCOUNT)
                session.run("DELETE FROM store.rejects WHERE raw IN (FROM named)")
                _forget_sources(session)
                _remember(session, contact_id)
            write_anew(session, copy)
    return found


def stop_forgetting(path: Path, contact_id: str, *, memory_limit: str | None = None) -> None:
    """Let later loads take the events of a forgotten contact again, and files of which events were skipped be
    read again. StoreProblem when this contact is not forgotten."""
    store = existing(path, _NOTHING)
    with scratch_session(memory_limit=memory_limit) as session, locked(store):
        state = attach(session, store)
        with replacing(store) as copy, changing(session, copy, state):
            delete = "DELETE FROM store.forgotten WHERE hash = $hash"
            if not is_storable(contact_id) or not session.value(delete, {"hash": _hash(session, contact_id)}):
                raise StoreProblem(
                    f"contact '{contact_id}' is not forgotten in {store};"
                    " ids must match exactly, including case"
                )
            session.run("UPDATE store.files SET fingerprint = NULL WHERE skipped > 0")


def _bare(session: Session, contact_id: str) -> str:
    """The id without the `'` that our own CSV puts before a formula."""
    bare: str = session.value(f"SELECT {unguarded('$id')}", {"id": contact_id})
    return bare


def _remember(session: Session, contact_id: str) -> None:
    """Have later loads skip the contact."""
    session.run("UPDATE store.workspace SET salt = $salt WHERE salt IS NULL", {"salt": secrets.token_hex(16)})
    this = {"hash": _hash(session, contact_id)}
    session.run("INSERT INTO store.forgotten VALUES ($hash) EXCEPT FROM store.forgotten", this)


def _hash(session: Session, contact_id: str) -> str | None:
    """What the store attached as `store` keeps of a forgotten contact; None if none was ever forgotten."""
    this = {"id": contact_id, "salt": session.value("SELECT salt FROM store.workspace")}
    hashed: str | None = session.value(f"SELECT {HASH} FROM (SELECT $id AS contact_id)", this)
    return hashed


def _list_sources(session: Session) -> None:
    """Make the table of the non-standard sources in the stored facts about files."""
    texts = f"SELECT DISTINCT unknown_sources FROM {CATALOG}.files WHERE unknown_sources <> '{{}}'"
    found = _rows(session, session.make(Relation("source_texts", "text"), texts))
    session.append(
        session.make(_KNOWN_SOURCES), ((text, source) for text in found for source in json.loads(text))
    )


def _forget_sources(session: Session) -> None:
    """Remove from the stored facts about files every non-standard source that no event has: only the
    forgotten contact may have had it."""
    gone = session.run(
        f"""
        SELECT text, list(source) FROM {_KNOWN_SOURCES}
        WHERE source <> $more
            AND source NOT IN (SELECT DISTINCT source FROM store.events WHERE source IS NOT NULL)
        GROUP BY text
        """,
        {"more": MORE_SOURCES},
    )
    left = session.make(_LEFT_SOURCES)
    session.append(left, ((text, _without(text, sources)) for text, sources in gone))
    session.run(f"UPDATE store.files SET unknown_sources = kept FROM {left} WHERE unknown_sources = text")


def _without(text: str, gone: Collection[str]) -> str:
    """The counts of sources without those that are gone, as JSON text."""
    kept = {source: count for source, count in json.loads(text).items() if source not in gone}
    return json.dumps(kept, ensure_ascii=False)


def names(raw: str, contact_id: str) -> bool:
    """Whether the text of a rejected record names the contact: the id is one of its values, in any column,
    however quoted or escaped; an id of DISTINCTIVE length need only stand by itself."""
    texts = dict.fromkeys((raw, _unescaped(raw)))
    return any(
        _is_value(text, at, at + len(spelling)) or _stands_alone(text, at, spelling)
        for text in texts
        for spelling in _spellings(contact_id)
        for at in _places(text, spelling)
    )


def _unescaped(raw: str) -> str:
    r"""The text with the characters that JSON's escapes mean, except those of control characters (`\n`)."""
    text = _ESCAPE.sub(lambda found: found[2] or chr(int(found[1], 16)), raw)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _spellings(contact_id: str) -> list[str]:
    """How an id may be written: as it is, within quotes, in JSON, and in a line that was no UTF-8."""
    in_json = [json.dumps(contact_id, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True)]
    spelled = [contact_id, contact_id.replace('"', '""'), *in_json]
    with suppress(UnicodeEncodeError):
        spelled.append(contact_id.encode("latin-1").decode("utf-8", "backslashreplace"))
    return list(dict.fromkeys(spelled))


def _places(text: str, spelling: str) -> Iterator[int]:
    at = text.find(spelling)
    while at >= 0:
        yield at
        at = text.find(spelling, at + 1)


def _is_value(text: str, start: int, end: int) -> bool:
    """Whether a whole value stands there."""
    begins = _BEGINS.search(text, max(0, start - _AROUND), start)
    return begins is not None and _ENDS.match(text, end, end + _AROUND) is not None


def _stands_alone(text: str, start: int, spelling: str) -> bool:
    """Whether a distinctive id stands there, and is no part of a longer word or number."""
    before, after = text[max(0, start - 1) : start], text[start + len(spelling) : start + len(spelling) + 1]
    longer = (before.isalnum() and spelling[0].isalnum()) or (after.isalnum() and spelling[-1].isalnum())
    return len(spelling) >= DISTINCTIVE and not longer


def _look_for(session: Session, state: StoreState, contact_id: str) -> ForgetSummary:
    """What the store attached as CATALOG has; the texts of its rejects are then in the table `named`."""
    named = session.make(Relation("named", "raw VARCHAR"))
    found, in_snapshots = ForgetSummary(state.path, contact_id, 0, 0), False
    if contact_id and is_storable(contact_id):
        bare = _bare(session, contact_id)
        suspects = session.make(Relation("suspects", "raw"), _SUSPECTS, {"spellings": _spellings(bare)})
        session.append(named, ((raw,) for raw in _rows(session, suspects) if names(raw, bare)))
        this = {"id": bare}
        count = session.value(f"SELECT count(*) FROM {CATALOG}.events WHERE {_IS_OF_CONTACT}", this)
        rejects = session.value(f"SELECT count(*) FROM {CATALOG}.rejects WHERE raw IN (FROM named)")
        found = replace(found, events=count, rejects=rejects)
        in_snapshots = session.value(f"SELECT EXISTS ({_IS_IN_SNAPSHOTS.format(CATALOG)})", this)
    if not (found.events or found.rejects or in_snapshots):
        raise StoreProblem(
            f"no contact '{contact_id}' in {state.path}; ids must match exactly, including case"
        )
    return found


def _rows(session: Session, texts: Relation) -> Iterator[str]:
    """The rows of a table of texts (not one of an open transaction), of which no more than a batch is in
    memory; others may be asked."""
    for start in range(0, session.value(f"SELECT count(*) FROM {texts}"), _BATCH):
        within = {"start": start, "end": start + _BATCH}
        for (text,) in session.run(f"FROM {texts} WHERE rowid >= $start AND rowid < $end", within):
            yield text
