"""The domain: what an event is, which sources are known, and how files may call its fields.

Everything here is a pure value. The rules are those of the event table of the specification:
an event has a kind, an instant, a contact, and may have a name, a channel, a source and a user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contactrep.errors import InputProblem, closest

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


@dataclass(frozen=True)
class Columns:
    """Where the fields of an event stand in a file.

    `positions` maps a canonical column to its 0-based place among the headers; `ignored` are the
    headers that no field takes, as written; `event` is the kind that every row without one of its own
    has (from the header or from `--event`), or None when the rows must say it themselves.
    """

    positions: Mapping[str, int]
    ignored: tuple[str, ...]
    event: str | None


def resolve_columns(headers: Sequence[str], mapping: Mapping[str, str], event: str | None) -> Columns:
    """Decide which header gives which field; raise InputProblem when that is not certain.

    `mapping` is `--map`: canonical column → header, and decides before any rule. An exact field name
    beats an alias; two headers of equal rank for one field refuse the file. `event` is `--event`; the
    header `Primary Contact ID` without an event column says `merged` and goes before it.
    """
    keys = [match_key(header) for header in headers]
    positions = {field: _mapped(field, header, headers, keys) for field, header in mapping.items()}
    taken = set(positions.values())
    for known in (_FIELD_BY_KEY, _ALIAS_BY_KEY):
        found: dict[str, list[int]] = {}
        for place, key in enumerate(keys):
            if place not in taken and key in known and known[key] not in positions:
                found.setdefault(known[key], []).append(place)
        for field, places in found.items():
            if len(places) > 1:
                names = " and ".join(f"'{headers[place]}'" for place in places)
                raise InputProblem(f"columns {names} both mean {field}: choose one with --map {field}=COLUMN")
            positions[field] = places[0]
            taken.add(places[0])
    contact = positions.get("contact_id")
    if "event" not in positions and contact is not None and keys[contact] == match_key(PRIMARY_CONTACT_ID):
        event = MERGED
    _require(positions, headers, event)
    ignored = tuple(header for place, header in enumerate(headers) if place not in taken)
    return Columns(positions, ignored, event)


def _mapped(field: str, header: str, headers: Sequence[str], keys: Sequence[str]) -> int:
    """The place of the header that `--map` names: as written, else matched like any header."""
    if header in headers:
        return list(headers).index(header)
    if match_key(header) in keys:
        return keys.index(match_key(header))
    near = closest(header, headers, most=1)
    hint = f": did you mean '{near[0]}'?" if near else ""
    raise InputProblem(f"there is no column '{header}' for --map {field}={header}{hint}")


def _require(positions: Mapping[str, int], headers: Sequence[str], event: str | None) -> None:
    missing = [field for field in ("timestamp", "contact_id") if field not in positions]
    if "event" not in positions and event is None:
        missing.append("event")
    if missing:
        ways = f"--map {missing[0]}=COLUMN"
        if "event" in missing:
            ways += " or --event KIND" if len(missing) > 1 else " or say --event KIND"
        shown = ", ".join(headers[:12]) + (", …" if len(headers) > 12 else "")
        raise InputProblem(f"no column for {', '.join(missing)} among: {shown}: name it with {ways}")
