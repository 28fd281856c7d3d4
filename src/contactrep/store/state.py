"""What the store holds before a load, and what the load takes from files."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect
from collections import abc
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from contactrep.duck import Error, Parameters, Relation, Session, first_line, refused
from contactrep.errors import StoreProblem
from contactrep.events import match_key
from contactrep.identity import CONTACT
from contactrep.read.columns import field_folders
from contactrep.read.mapping import Mapping
from contactrep.read.sources import DESCRIPTORS, STANDARD_INPUT, Source
from contactrep.store.layout import CATALOG, LAYOUT, MORE_SOURCES, check, show_tables
from contactrep.store.replacing import exists
from contactrep.summary import FileSummary
from contactrep.zones import zone_of_store

HASH: Final = f"sha256($salt || {CONTACT})"
"""SQL for what a store keeps of a forgotten contact, as `salt` makes it of a contact_id."""

COUNTS: Final = ("loaded", "duplicate", "rejected", "skipped", "ambiguous_times", "missing_times")
"""What a store keeps of the FileSummary of each file of a load, besides `read`."""

PROFILES: Final = "profiles"
"""The key in the options of a load (JSON) for those of each profile, by its name."""

FILES_OF_EACH: Final = "files"
"""The key in the options of a load (JSON) for how many files each of several profiles had, in their order. It
is for later loads: no answer shows it."""

SNAPSHOT: Final = "snapshot"
"""The key in the options of a load (JSON) for the moment of a snapshot."""

_REFUSED: Final = "refused"
"""What the rejects of a refused file have in place of a fingerprint."""

Given = dict[str, Any]
"""Options as `Mapping.given` has them."""

IS_FORGOTTEN: Final = f"{HASH} IN (SELECT hash FROM {CATALOG}.forgotten)"
"""SQL for whether later loads skip a contact_id."""


@dataclass(frozen=True)
class StoreState:
    """The store at `path` before a load. If it `exists`, it is attached as CATALOG.

    `zone` is that of its naive times; it is `unsettled` if this load sets it, in a store without events.
    `known` has what was read of each fingerprint, `rejects` how many there are by place and fingerprint: both
    of the load's files alone, for a store may know more files than the memory holds.
    """

    path: Path
    exists: bool
    layout: int
    zone: ZoneInfo
    unsettled: bool
    known: abc.Mapping[str, FileSummary] = field(default_factory=dict)
    rejects: abc.Mapping[str, abc.Mapping[str, int]] = field(default_factory=dict)

    def has_rejects_of(self, session: Session, content: ContentKey, before: FileSummary) -> bool:
        """Whether the rejects of this content, read `before`, are kept: for this place, or for another place
        while this one has no rejects. False if rejects of a refused load of the file must be removed."""
        if _REFUSED in self.rejects.get(content.path, {}):
            return False
        kept = self.rejects.get(content.place, {})
        own = {content.fingerprint: before.rejected} if before.rejected else {}
        return kept == own or (not kept and _are_elsewhere(session, content.fingerprint, before.rejected))


@dataclass(frozen=True)
class ContentKey:
    """A source with the digest of its content (hex; of its bytes and the fields that its folders give), and
    the fingerprint of that content with the load's options. `part` is the sheet, or the path to the records,
    that is read of it."""

    source: Source
    digest: str
    fingerprint: str
    part: str | None = None

    @classmethod
    def of(cls, source: Source, digest: str, mapping: Mapping) -> ContentKey:
        """`source` with bytes of this digest, to be read with `mapping`; in another folder they may be other
        events: `channel=LINE` is not `channel=WhatsApp`."""
        folders = sorted(field_folders(source.folders, mapping).items())
        content = _digest(f"{digest} {folders}") if folders else digest
        part = mapping.sheet or mapping.records
        return cls(source, content, _digest(f"{content} {mapping.meaning}"), part)

    @property
    def path(self) -> str:
        """The path of the content; its digest where the path has other input every time (standard input,
        pipes, `/dev/fd/63`)."""
        path = self.source.origin
        nameless = self.source.is_stream or path.startswith(DESCRIPTORS)
        return f"{STANDARD_INPUT} {self.digest}" if nameless else path

    @property
    def place(self) -> str:
        """The path, and the part if there is one. Rejects replace older ones of the same place."""
        return f"{self.path}\n{self.part}" if self.part else self.path

    @property
    def key(self) -> str:
        """The place and the fingerprint, as rejects have them."""
        return f"{self.place}\0{self.fingerprint}"

    @property
    def refused_key(self) -> str:
        """The key of the rejects of a refused file. It has no part: a load of any part of the file replaces
        them, because the user may correct which part to read."""
        return f"{self.path}\0{_REFUSED}"


@dataclass(frozen=True)
class FileResult:
    """One file of a load: `fresh` if its records are staged, else its content is known already."""

    position: int
    content: ContentKey
    summary: FileSummary
    fresh: bool


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_FILES: Final = Relation("load_files", "label VARCHAR, path VARCHAR")

_PLACES: Final = Relation("reject_places", "place, fingerprint, rejects")
"""How many rejects the store has of each place and content: looked at again for each file that has moved."""


def attach(
    session: Session,
    store: Path,
    zone: ZoneInfo | None = None,
    requested_zone: str | None = None,
    files: abc.Sequence[Source] = (),
    *,
    zone_is_named: bool = False,
) -> StoreState:
    """Attach the store read-only and return what a load of files must know; StoreProblem if it cannot be
    changed. `zone` is that of a new store, and, if the user has named it, of one without events.
    """
    if not exists(store):
        return StoreState(store, exists=False, layout=LAYOUT, zone=zone or ZoneInfo("UTC"), unsettled=True)
    session.named = str(store)
    try:
        session.run(f"ATTACH $path AS {CATALOG} (READ_ONLY)", {"path": str(store)})
    except Error as error:
        reason = f"{store} cannot be opened as a store ({first_line(error)}): see --store"
        raise refused(store, error, reason) from None
    workspace = check(session, store, catalog=CATALOG)
    if workspace.layout < LAYOUT:
        session.run(f"DETACH {CATALOG}")
        session.run("ATTACH $path AS older (READ_ONLY)", {"path": str(store)})
        session.run(f"ATTACH ':memory:' AS {CATALOG}")
        show_tables(session, "older", CATALOG)
    settled = zone_of_store(workspace.timezone)
    # A store without an event may know files: those whose contacts were all forgotten.
    is_empty = not session.value(f"SELECT EXISTS (FROM {CATALOG}.events)")
    unsettled = is_empty and (zone_is_named or requested_zone is not None)
    if not is_empty and requested_zone not in (None, workspace.timezone):
        raise StoreProblem(
            f"{store} uses {workspace.timezone}, not {requested_zone}. Omit --timezone, or use"
            " --input-timezone for the zone of these files; to change the store's zone, undo all loads"
            " (contactrep unload) or choose another --store"
        )
    session.append(session.make(_FILES), [(source.label, source.origin) for source in files])
    return StoreState(
        store,
        exists=True,
        layout=workspace.layout,
        zone=(unsettled and zone) or settled,
        unsettled=unsettled,
        known=known_files(session, f"path IN (SELECT label FROM {_FILES})"),
        rejects=_rejects(session),
    )


def _are_elsewhere(session: Session, fingerprint: str, count: int) -> bool:
    """Whether some place has so many rejects of a content, and none of others."""
    sql = f"""
        SELECT EXISTS (
            SELECT place FROM {_PLACES}
            WHERE place IN (SELECT place FROM {_PLACES} WHERE fingerprint = $fingerprint)
            GROUP BY place HAVING sum(rejects) = $count AND bool_and(fingerprint = $fingerprint)
        )
        """
    return bool(session.value(sql, {"fingerprint": fingerprint, "count": count}))


def _rejects(session: Session) -> dict[str, dict[str, int]]:
    """How many rejects of its files, and of standard input, a load finds, by place and fingerprint."""
    place, fingerprint = (f"split_part(origin, chr(0), {part})" for part in (1, 2))
    session.make(_PLACES, f"SELECT {place}, {fingerprint}, count(*) FROM {CATALOG}.rejects GROUP BY ALL")
    found: dict[str, dict[str, int]] = {}
    rows = session.run(
        rf"""
        FROM {_PLACES}
        WHERE starts_with(place, '{STANDARD_INPUT} ') OR place IN (SELECT path FROM {_FILES})
            OR regexp_replace(place, '\n[^\n]*$', '') IN (SELECT path FROM {_FILES})
        """
    )
    for path, mark, count in rows:
        found.setdefault(path, {})[mark] = count
    return found


def known_files(session: Session, which: str, parameters: Parameters = None) -> dict[str, FileSummary]:
    """What was read of the known files that SQL chooses, by fingerprint."""
    rows = session.run(
        f"""
        SELECT fingerprint, path, unknown_sources, {", ".join(f"coalesce({name}, 0)" for name in COUNTS)}
        FROM {CATALOG}.files WHERE fingerprint IS NOT NULL AND {which}
        """,
        parameters,
    )
    known = {}
    for mark, path, text, *counts in rows:
        sources = json.loads(text)
        more = sources.pop(MORE_SOURCES, 0)
        account = dict(zip(COUNTS, counts, strict=True))
        known[mark] = FileSummary(path, unknown_sources=sources, more_sources=more, **account)
    return known


def with_other_options(session: Session, usual: Given, digest: str, mapping: Mapping) -> int | None:
    """The newest load of the store attached as CATALOG that read events in the content of this digest in a
    way that contradicts `mapping`, if none read it with `mapping`; `usual` as for `contradicts`."""
    rows = session.run(
        f"""
        SELECT DISTINCT id, options, position FROM {CATALOG}.files AS files
        JOIN {CATALOG}.loads AS loads ON files.load = loads.id
        WHERE digest = $digest AND loaded + duplicate > 0
        """,
        {"digest": digest},
    )
    ways = [(load, given) for load, text, place in rows for given in _given(json.loads(text), place)]
    if any(_meant(usual, given) == _meant(usual, mapping.given) for _, given in ways):
        return None
    return max((load for load, given in ways if contradicts(usual, given, mapping.given)), default=None)


def contradicts(usual: Given, given: Given, other: Given) -> bool:
    """Whether the same bytes, read with the options of both, would give the same records other events; the
    `usual` options are those that need not be given. The records of two sheets, or at two paths, are others.
    """
    both = (_meant(usual, given), _meant(usual, other))
    named = [{it[name] for it in both if name in it} for name in ("sheet", "records")]
    return all(len(names) < 2 for names in named) and both[0] != both[1]


def _meant(usual: Given, given: Given) -> Given:
    """All options of a file, with the name of a sheet normalised, so that spellings of it are equal."""
    options = usual | given
    return {name: match_key(value) if name == "sheet" else value for name, value in options.items()}


def _given(options: dict[str, Any], place: int) -> abc.Sequence[dict[str, Any]]:
    """The options with which the file of a load at this place was read: the load's, or those of its profile.

    Older loads do not tell which profile a file had: then the options of all their profiles.
    """
    options.pop(SNAPSHOT, None)
    ways = list(options[PROFILES].values()) if PROFILES in options else [options]
    ends = list(accumulate(options.get(FILES_OF_EACH, ()) if PROFILES in options else ()))
    return [ways[bisect(ends, place)]] if ends else ways


def salt_of_forgotten(session: Session, state: StoreState) -> str | None:
    """The salt of the forgotten contacts' hashes; None where no contact is forgotten."""
    if not state.exists:
        return None
    rows = session.run(f"SELECT salt FROM {CATALOG}.workspace WHERE EXISTS (FROM {CATALOG}.forgotten)")
    return rows[0][0] if rows else None
