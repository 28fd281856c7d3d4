"""Where the fields of an event come from in a file: `resolve_columns` reads headers by the rules of the
specification (names, aliases, `--map`), `resolve_keys` the keys of JSON records, each of which has its own.

Everything here is a pure value.
"""

from __future__ import annotations

import dataclasses
from collections import abc
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from contactrep.errors import InputProblem, UnknownHeaders, closest, either, listed
from contactrep.events import ALIASES, COLUMNS, MERGED, PRIMARY_CONTACT_ID, match_key
from contactrep.read.mapping import Mapping
from contactrep.read.sources import NO_FOLDERS, Folders

_FIELD_BY_KEY = {match_key(column): column for column in COLUMNS}
_ALIAS_BY_KEY = {match_key(alias): column for column, names in ALIASES.items() for alias in names}

Ranks = abc.Mapping[str, Sequence[Sequence[int]]]
"""By field, the places of the headers that may give it: a sequence for every rank, the higher first."""


@dataclass(frozen=True)
class Columns:
    """Where the fields of an event stand in a file, or in one record of it.

    `positions` are 0-based; `ignored` are the headers that no field takes; `event` is the kind of rows that
    do not say theirs (None: each must); `constants` are the fields that folders give to the whole file;
    `ranks` is there where records differ in their keys.
    """

    positions: abc.Mapping[str, int]
    ignored: tuple[str, ...] = ()
    event: str | None = None
    constants: Folders = dataclasses.field(default_factory=dict)
    ranks: Ranks = dataclasses.field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are read from records, in the order in which a row has them."""
        return tuple(self.ranks or self.positions)


def resolve_columns(headers: Sequence[str], mapping: Mapping, folders: Folders = NO_FOLDERS) -> Columns:
    """Decide which header gives which field; raise InputProblem when that is not certain.

    `--map` decides first, then a field's own name, an alias, and a folder. `Primary Contact ID` without an
    event column means `merged`, which `--event` may not contradict.
    """
    added = _folder_keys(headers, mapping, folders)
    _require_mapped((*headers, *added), mapping)
    constants = _constants(added, mapping, folders)
    positions, event = _places(headers, mapping), mapping.event
    unsaid = "event" not in positions and "event" not in constants
    if unsaid and primary_places({field: [[at]] for field, at in positions.items()}, headers):
        require_merges(headers[positions["contact_id"]], event)
        event = MERGED
    _require({**positions, **constants}, headers, event)
    if not positions:
        raise InputProblem(f"no column is a field of an event (found: {_found(headers)})")
    return Columns(positions, _ignored(headers, positions.values()), event, constants)


def resolve_keys(
    records: Sequence[Sequence[str]], mapping: Mapping, folders: Folders = NO_FOLDERS
) -> Columns:
    """`resolve_columns` where every record names its own fields; `records` are all lists of keys that occur.
    Where they differ in the keys that may give a field, the first of the best rank with a value gives it."""
    headers = tuple(dict.fromkeys(key for keys in records for key in keys))
    ranks = _ranks(headers, mapping)
    deciding = frozenset(headers[place] for place in _deciding(ranks, headers))
    if len({deciding.intersection(keys) for keys in records}) <= 1:
        return resolve_columns(headers, mapping, folders)
    added = _folder_keys(headers, mapping, folders)
    _require_mapped((*headers, *added), mapping)
    constants = _constants(added, mapping, folders)
    _require({**ranks, **constants}, headers, MERGED if primary_places(ranks, headers) else mapping.event)
    used = {at for field in ranks for rank in ranks[field] for at in rank}
    if "event" not in constants:
        ranks = {"event": (), **ranks}
    return Columns({}, _ignored(headers, used), mapping.event, constants, ranks)


def field_folders(folders: Folders, mapping: Mapping) -> Folders:
    """The folders that give a field of a file whose headers do not."""
    return {key: folders[key] for key in _folder_keys((), mapping, folders)}


def _folder_keys(headers: Sequence[str], mapping: Mapping, folders: Folders) -> tuple[str, ...]:
    """The keys of folders that give a field which no header gives."""
    if not folders:
        return ()
    given, keys = _ranks(headers, mapping), tuple(folders)
    added = [ranks for field, ranks in _ranks(keys, mapping).items() if field not in given]
    return tuple(dict.fromkeys(keys[at] for ranks in added for rank in ranks for at in rank))


def _constants(keys: Sequence[str], mapping: Mapping, folders: Folders) -> Folders:
    """The fields that these folders give; InputProblem where two of them mean one."""
    return {field: folders[keys[at]] for field, at in _places(keys, mapping).items()}


def _ranks(headers: Sequence[str], mapping: Mapping) -> Ranks:
    keys = [match_key(header) for header in headers]
    found = {field: _mapped(header, headers, keys) for field, header in mapping.map.items()}
    taken = {place for ranks in found.values() for place in next(filter(None, ranks), [])}
    for rank, known in enumerate((_FIELD_BY_KEY, _ALIAS_BY_KEY)):
        for place, key in enumerate(keys):
            if key in known and known[key] not in mapping.map and place not in taken:
                found.setdefault(known[key], ([], []))[rank].append(place)
    return {field: ranks for field, ranks in found.items() if any(ranks)}


def _mapped(header: str, headers: Sequence[str], keys: Sequence[str]) -> tuple[list[int], list[int]]:
    """The places of the header that `--map` names: as written, else matched like any header."""
    exact = [list(headers).index(header)] if header in headers else []
    wanted = match_key(header)
    return exact, [place for place, key in enumerate(keys) if key == wanted]


def _places(headers: Sequence[str], mapping: Mapping) -> dict[str, int]:
    """The place of the header that gives each field; InputProblem where two of equal rank do."""
    positions = {}
    for field, ranks in _ranks(headers, mapping).items():
        places = next(filter(None, ranks))
        if len(places) > 1:
            several = [f"'{name}'" for name in _named(headers, places)]
            names = " and ".join(several) + " both" if len(several) == 2 else listed(several) + " all"
            raise InputProblem(f"columns {names} mean {field}: choose one with --map {field}=COLUMN")
        positions[field] = places[0]
    return positions


def _ignored(headers: Sequence[str], used: Collection[int]) -> tuple[str, ...]:
    """The headers at other places than these, as messages show them."""
    return _named(headers, sorted(set(range(len(headers))).difference(used)))


def _named(headers: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """The headers at these places as messages show them: one without a name by its number."""
    return tuple(headers[place] if headers[place].strip() else f"column {place + 1}" for place in places)


def primary_places(ranks: Ranks, headers: Sequence[str]) -> list[int]:
    """The places of headers that may give contact_id and make a merge of a record without an event."""
    primary = match_key(PRIMARY_CONTACT_ID)
    return [at for rank in ranks.get("contact_id", ()) for at in rank if match_key(headers[at]) == primary]


def require_merges(header: str, event: str | None) -> None:
    """Raise InputProblem where `--event` contradicts a header that means merges."""
    if event not in (None, MERGED):
        raise InputProblem(
            f"'{header}' without an event column means {MERGED}, but --event says {event}: leave --event out,"
            " or call that column contact_id"
        )


def _deciding(ranks: Ranks, headers: Sequence[str]) -> list[int]:
    """The places of the headers whose presence in a record changes what another one means."""
    places = {field: {at for rank in ranks[field] for at in rank} for field in ranks}
    fields = {field for field in places if len(places[field]) > 1}
    if primary_places(ranks, headers):
        fields |= {"contact_id", "event"}
    return sorted({at for field in fields for at in places.get(field, ())})


def _require_mapped(headers: Sequence[str], mapping: Mapping) -> None:
    keys = {match_key(header) for header in headers}
    for field, header in mapping.map.items():
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
        ways = ", ".join(f"--map {field}=COLUMN" for field in missing)
        problem = InputProblem if fields else UnknownHeaders
        raise problem(
            f"no {either(missing)} column (found: {_found(headers)}):"
            f" use {ways}{' or --event added' if missing[-1] == 'event' else ''}"
        )


def _found(headers: Sequence[str]) -> str:
    return listed(_named(headers, range(len(headers))))
