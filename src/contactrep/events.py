"""The domain: what an event is, which sources are known, and how files may call its fields.

Everything here is a pure value. The rules are those of the event table of the specification:
an event has a kind, an instant, a contact, and may have a name, a channel, a source and a user.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from contactrep.errors import InputProblem, UnknownHeaders, closest, listed

ADDED, CONNECTED, DELETED, MERGED = KINDS = ("added", "connected", "deleted", "merged")
"""The four event kinds, in the order in which every report names them."""

USER_SOURCE = "User"

KNOWN_SOURCES = (
    USER_SOURCE,
    "Contact Import",
    "Developer API",
    "Incoming Message",
    "Echo Message",
    "Zapier",
    "Broadcast",
)
"""The sources with one spelling of their own; any other source is kept as a file writes it."""

COLUMNS = (
    "timestamp",
    "event",
    "contact_id",
    "contact_name",
    "channel",
    "source",
    "user_id",
    "user_name",
)
"""The canonical columns of an event, in the order in which exports write them."""

UNKNOWN = "Unknown"
"""How a null source or channel is shown, and the filter value that matches null."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet would run; CSV output puts `'` before it."""

HARMLESS_START = r"[+-][0-9 .()-]+|[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?"
"""A regular expression of texts that begin so and are only phone numbers and numbers (a full match)."""

_STARTS = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
FORMULA_SQL = f"""CASE WHEN unicode({{0}}) IN ({_STARTS})
            THEN NOT regexp_full_match({{0}}, '{HARMLESS_START}') ELSE false END"""
"""SQL for whether a spreadsheet would run the text `{0}`. CASE looks at the rest of few texts, AND of all."""


PRIMARY_CONTACT_ID = "Primary Contact ID"
"""The hosted merge log's name for contact_id; without an event column it makes a file's rows merges."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "timestamp": ("Activity Time", "Date", "Datetime", "Created At", "Time"),
    "event": ("Activity", "Activity Type", "Event Type", "Type"),
    "contact_id": (PRIMARY_CONTACT_ID,),
    "contact_name": ("Name",),
    "user_name": ("User", "Performed By"),
}
"""Other names for a field. `Username` is no alias: without its underscore it is `user_name` itself."""


def match_key(text: str) -> str:
    """`text` as headers, sources and names of ranges are compared: no case, no spaces, no `_`, no `-`."""
    return "".join(char for char in text.casefold() if char not in "_-" and not char.isspace())


_SOURCE_BY_KEY = {match_key(source): source for source in KNOWN_SOURCES}
_KIND_BY_KEY = {match_key(kind): kind for kind in KINDS}
_FIELD_BY_KEY = {match_key(column): column for column in COLUMNS}
_ALIAS_BY_KEY = {match_key(alias): column for column, names in ALIASES.items() for alias in names}


def known_source(text: str) -> str | None:
    """The one spelling of a known source however it is written (`incoming_message`), else None."""
    return _SOURCE_BY_KEY.get(match_key(text))


def known_kind(text: str) -> str | None:
    """The event kind that `text` names, matched like headers, else None."""
    return _KIND_BY_KEY.get(match_key(text))


Folders = Mapping[str, str | None]
"""The `key=value` folders on the path of a file (Hive layout), by key."""

NO_FOLDERS: Folders = {}


@dataclass(frozen=True)
class Columns:
    """Where the fields of an event stand in a file, or in one record of it.

    `positions` maps a canonical column to its 0-based place among the headers; `ignored` are the
    headers that no field takes, as written; `event` is the kind that every row without one of its own
    has (from the header or from `--event`), or None when the rows must say it themselves. `constants` are
    the fields that have one value in the whole file: those that its folders give. `keyed` is there where
    records differ in what gives a field; `positions` then is of no use.
    """

    positions: Mapping[str, int]
    ignored: tuple[str, ...] = ()
    event: str | None = None
    keyed: Keyed | None = None
    constants: Folders = dataclasses.field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are read from records, in the order in which a row has them."""
        if self.keyed:
            return tuple(name for name in COLUMNS if name not in self.constants)
        return tuple(self.positions)


@dataclass(frozen=True)
class Keyed:
    """How to read records that name their own fields, each by itself.

    `deciding` are the keys whose presence tells records apart. `readings` says what records with just
    these of them mean: field → key, and the kind that goes without saying. It has none for those that leave
    it open; `resolve` tells why, as an InputProblem, or the Columns of any record's keys.
    """

    deciding: tuple[str, ...]
    readings: Mapping[frozenset[str], tuple[Mapping[str, str], str | None]]
    resolve: Callable[[Sequence[str]], Columns]


def resolve_columns(
    headers: Sequence[str], mapping: Mapping[str, str], event: str | None, folders: Folders = NO_FOLDERS
) -> Columns:
    """Decide which header gives which field; raise InputProblem when that is not certain.

    `mapping` is `--map`: canonical column → header, and decides before any rule. An exact field name
    beats an alias; two headers of equal rank for one field refuse the file. `event` is `--event`; the
    header `Primary Contact ID` without an event column says `merged`, which `--event` may not contradict.
    A folder gives a field that no header gives.
    """
    added = _folder_keys(headers, mapping, folders)
    _require_mapped((*headers, *added), mapping)
    columns = _resolve(headers, mapping, event, _constants(added, mapping, folders))
    _require({**columns.positions, **columns.constants}, headers, columns.event)
    if not columns.positions:
        raise InputProblem(f"no column is a field of an event (found: {_found(headers)})")
    return columns


def resolve_keys(
    records: Sequence[Sequence[str]],
    mapping: Mapping[str, str],
    event: str | None,
    folders: Folders = NO_FOLDERS,
) -> Columns:
    """`resolve_columns` where every record names its own fields, and so is judged by itself.

    `records` are all lists of keys that occur. InputProblem only when none of them can be an event.
    """
    headers = tuple(dict.fromkeys(key for keys in records for key in keys))
    candidates = _candidates(headers, mapping)
    deciding = tuple(headers[place] for place in _deciding(candidates, headers))
    patterns = dict.fromkeys(frozenset(keys).intersection(deciding) for keys in records)
    if len(patterns) <= 1:  # all records agree
        return resolve_columns(headers, mapping, event, folders)
    added = _folder_keys(headers, mapping, folders)
    _require_mapped((*headers, *added), mapping)
    constants = _constants(added, mapping, folders)
    _require({**candidates, **constants}, headers, MERGED if _merges(candidates, headers) else event)
    resolve = partial(_resolve, mapping=mapping, event=event, constants=constants)
    readings, used = {}, set[str]()
    for present in patterns:
        keys = [key for key in headers if key in present or key not in deciding]
        try:
            columns = resolve(keys)
        except InputProblem:
            used |= present
            continue
        fields = {field: keys[place] for field, place in columns.positions.items()}
        readings[present] = fields, None if "event" in fields else columns.event
        used.update(fields.values())
    ignored = _named(headers, [place for place, key in enumerate(headers) if key not in used])
    return Columns({}, ignored, event, Keyed(deciding, readings, resolve), constants)


def field_folders(folders: Folders, mapping: Mapping[str, str]) -> Folders:
    """The folders that give a field of a file whose headers do not."""
    return {key: folders[key] for key in _folder_keys((), mapping, folders)}


def _folder_keys(headers: Sequence[str], mapping: Mapping[str, str], folders: Folders) -> tuple[str, ...]:
    """The keys of folders that give a field which no header gives."""
    if not folders:
        return ()
    given, keys = _candidates(headers, mapping), tuple(folders)
    places = [
        at
        for field, ranks in _candidates(keys, mapping).items()
        if field not in given
        for rank in ranks
        for at in rank
    ]
    return tuple(keys[place] for place in dict.fromkeys(places))


def _constants(keys: Sequence[str], mapping: Mapping[str, str], folders: Folders) -> Folders:
    """The fields that these folders give; InputProblem where two of them mean one."""
    return {field: folders[keys[at]] for field, at in _places(keys, mapping).items()}


_Candidates = Mapping[str, Sequence[Sequence[int]]]
"""By field, the places of the headers that may give it: a sequence for every rank, the higher first."""


def _candidates(headers: Sequence[str], mapping: Mapping[str, str]) -> _Candidates:
    keys = [match_key(header) for header in headers]
    found = {field: _mapped(header, headers, keys) for field, header in mapping.items()}
    taken = {place for ranks in found.values() for place in next(filter(None, ranks), [])}
    for rank, known in enumerate((_FIELD_BY_KEY, _ALIAS_BY_KEY)):
        for place, key in enumerate(keys):
            if key in known and known[key] not in mapping and place not in taken:
                found.setdefault(known[key], ([], []))[rank].append(place)
    return {field: ranks for field, ranks in found.items() if any(ranks)}


def _mapped(header: str, headers: Sequence[str], keys: Sequence[str]) -> tuple[list[int], list[int]]:
    """The places of the header that `--map` names: as written, else matched like any header."""
    exact = [list(headers).index(header)] if header in headers else []
    wanted = match_key(header)
    return exact, [place for place, key in enumerate(keys) if key == wanted]


def _places(headers: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """The place of the header that gives each field; InputProblem where two of equal rank do."""
    positions = {}
    for field, ranks in _candidates(headers, mapping).items():
        places = next(filter(None, ranks))
        if len(places) > 1:
            several = [f"'{name}'" for name in _named(headers, places)]
            names = " and ".join(several) + " both" if len(several) == 2 else listed(several) + " all"
            raise InputProblem(f"columns {names} mean {field}: choose one with --map {field}=COLUMN")
        positions[field] = places[0]
    return positions


def _resolve(
    headers: Sequence[str], mapping: Mapping[str, str], event: str | None, constants: Folders
) -> Columns:
    """The Columns of headers that need not give every field."""
    positions = _places(headers, mapping)
    unsaid = "event" not in positions and "event" not in constants
    if unsaid and _merges({field: [[at]] for field, at in positions.items()}, headers):
        if event not in (None, MERGED):
            raise InputProblem(
                f"'{headers[positions['contact_id']]}' without an event column means {MERGED},"
                f" but --event says {event}: leave --event out, or call that column contact_id"
            )
        event = MERGED
    taken = set(positions.values())
    ignored = _named(headers, [place for place in range(len(headers)) if place not in taken])
    return Columns(positions, ignored, event, constants=constants)


def _named(headers: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """The headers at these places as messages show them: one without a name by its number."""
    return tuple(headers[place] if headers[place].strip() else f"column {place + 1}" for place in places)


def _merges(candidates: _Candidates, headers: Sequence[str]) -> bool:
    """Whether the header may give contact_id that makes merges of rows without an event."""
    primary = match_key(PRIMARY_CONTACT_ID)
    return any(match_key(headers[at]) == primary for rank in candidates.get("contact_id", ()) for at in rank)


def _deciding(candidates: _Candidates, headers: Sequence[str]) -> list[int]:
    """The places of the headers whose presence in a record changes what another one means."""
    places = {field: {at for rank in ranks for at in rank} for field, ranks in candidates.items()}
    fields = {field for field in places if len(places[field]) > 1}
    if _merges(candidates, headers):
        fields |= {"contact_id", "event"}
    return sorted({at for field in fields for at in places.get(field, ())})


def _require_mapped(headers: Sequence[str], mapping: Mapping[str, str]) -> None:
    keys = {match_key(header) for header in headers}
    for field, header in mapping.items():
        if match_key(header) in keys:
            continue
        if match_key(header.partition(".")[0]) in keys:
            raise InputProblem(
                f"no column '{header}' for --map {field}={header}: nested JSON keys and structs are not"
                " supported; write the value under a key of its own"
            )
        near = closest(header, headers, most=1)
        hint = f"did you mean '{near[0]}'?" if near else f"found {_found(headers)}"
        raise InputProblem(f"no column '{header}' for --map {field}={header}: {hint}")


def _require(fields: Collection[str], headers: Sequence[str], event: str | None) -> None:
    missing = [field for field in ("timestamp", "contact_id") if field not in fields]
    if "event" not in fields and event is None:
        missing.append("event")
    if missing:
        first = ", ".join(missing[:-1])
        ways = ", ".join(f"--map {field}=COLUMN" for field in missing)
        problem = InputProblem if fields else UnknownHeaders
        raise problem(
            f"no {first + ' or ' if first else ''}{missing[-1]} column (found: {_found(headers)}):"
            f" use {ways}{' or --event added' if missing[-1] == 'event' else ''}"
        )


def _found(headers: Sequence[str]) -> str:
    return listed(_named(headers, range(len(headers))))
