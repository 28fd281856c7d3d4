"""Where the fields of an event come from in a file: `resolve_columns` reads headers, or the keys of JSON
records, by name, alias and `--map`.

Everything here is a pure value. A `Choice` lists the alternatives for a field: each is one column, or several
that are joined. The first alternative that has a value counts.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections import abc
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from contactrep.errors import InputProblem, MappingProblem, UnknownHeaders, closest, either, listed
from contactrep.events import ALIASES, COLUMNS, MERGED, PRIMARY_CONTACT_ID, match_key
from contactrep.read.mapping import Mapping
from contactrep.read.sources import NO_FOLDERS, Folders
from contactrep.zones import is_offset, zone_in_any_case

_OWN_NAMES = {match_key(column): column for column in COLUMNS}
_FIELDS = _OWN_NAMES | {match_key(alias): column for column, names in ALIASES.items() for alias in names}
_WITH_ZONE = re.compile(r"(.*\S)\s*[(\[]([A-Za-z][A-Za-z0-9_+/-]*)[)\]]\s*", re.DOTALL)
_WITH_OFFSET = re.compile(r"(.*\S)\s*(?:[(\[]([^()\[\]]+)[)\]]\s*|\s((?:UTC|GMT) ?[+-].+))", re.DOTALL)
_STEP = re.compile(r"\[(\d{1,9})\]|\.?([^.\[]++)")
_PARTS = {"date", "time"}
"""The keys of two columns that are a time together."""
MERGED_CONTACT_ID = "merged_contact_id"
MERGED_SEPARATOR = ";"
"""What parts several merged ids in one text."""


@dataclass(frozen=True)
class Reference:
    """A value of a record: that of the header at `place` (from 0), or at `path` within it."""

    place: int
    path: tuple[str | int, ...] = ()

    @property
    def sql(self) -> str:
        """SQL for the value, of a relation with the columns c0, c1, … for the headers."""
        steps = [
            str(step + 1) if isinstance(step, int) else "'{}'".format(step.replace("'", "''"))
            for step in self.path
        ]
        return f"c{self.place}" + "".join(f"[{step}]" for step in steps)


Sum = tuple[Reference, ...]
"""Values that are joined by a space, without the empty ones."""


@dataclass(frozen=True)
class Choice:
    """Where a field comes from: the first of these sums that is not empty, those of a better rank first.

    Of a rank with several sums, a record may have a value for one only, or the same for all.
    """

    ranks: tuple[tuple[Sum, ...], ...]

    @classmethod
    def of(cls, reference: Reference) -> Choice:
        """The choice of this reference alone."""
        return cls((((reference,),),))

    @property
    def sums(self) -> tuple[Sum, ...]:
        """All sums, the best first."""
        return tuple(one for rank in self.ranks for one in rank)

    @property
    def references(self) -> tuple[Reference, ...]:
        """All references."""
        return tuple(reference for one in self.sums for reference in one)

    def among(self, there: abc.Container[Reference]) -> Choice:
        """The same choice, without the sums of which a reference is not in `there`."""
        ranks = (tuple(one for one in rank if all(it in there for it in one)) for rank in self.ranks)
        return Choice(tuple(ranks))

    @property
    def single(self) -> Reference | None:
        """The reference that gives the field alone; None if there are several."""
        return self.references[0] if len(self.references) == 1 else None

    def sql(self, value: Callable[[Reference], str]) -> str:
        """SQL for the field as text; `value` gives that of a reference."""
        sums = [sum_sql(one, value) for one in self.sums]
        if len(sums) == 1:
            return sums[0]
        return "coalesce({})".format(", ".join(["NULL", *(f"nullif({one}, '')" for one in sums)]))

    def text(self, value: Callable[[Reference], str | None]) -> str | None:
        """The field as text; `value` gives that of a reference. As `sql` has it."""
        parts = [[value(reference) for reference in one] for one in self.sums]
        texts = [one[0] if len(one) == 1 else " ".join(filter(None, one)) for one in parts]
        return texts[0] if len(texts) == 1 else next(filter(None, texts), None)


def sum_sql(references: Sum, value: Callable[[Reference], str]) -> str:
    """SQL for a sum as text; `value` gives that of a reference."""
    if len(references) == 1:
        return value(references[0])
    return "concat_ws(' ', {})".format(", ".join(f"nullif({value(it)}, '')" for it in references))


@dataclass(frozen=True)
class Columns:
    """Where the fields of an event come from in a file.

    `choices` are the fields that are read from records, in the order in which a row has them. The field
    `time_of(kind)` is the time of events of that kind; with `kinds`, a record gives an event of each of these
    kinds whose time it has, and no fields `timestamp` and `event`. `ignored` are the headers that no field
    takes, `constants` the fields that folders give to the whole file. `event` is the kind of records that do
    not name theirs (None: each must); of JSON records, one with a value at `merging` is then a merge.
    `zone` is the zone that the header of the times names; `doubtful` is such a header with an offset
    (`GMT+8`) in place of a zone, and that offset. `deciding`: which key gives a field depends on what other
    keys the record has.
    """

    choices: abc.Mapping[str, Choice]
    ignored: tuple[str, ...] = ()
    event: str | None = None
    constants: Folders = dataclasses.field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    merging: tuple[Reference, ...] = ()
    zone: ZoneInfo | None = None
    doubtful: tuple[str, str] | None = None
    deciding: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the texts that a row has, in order."""
        return tuple(self.choices)

    @property
    def parts(self) -> int:
        """How many rows a record gives: one, or one for each of `kinds`."""
        return len(self.kinds) or 1

    @property
    def references(self) -> tuple[Reference, ...]:
        """All values of a record that fields take, each once."""
        taken = (*(it for choice in self.choices.values() for it in choice.references), *self.merging)
        return tuple(dict.fromkeys(taken))

    def sql(self, value: Callable[[Reference], str]) -> str:
        """SQL for the fields under their names; `value` gives that of a reference."""
        return ", ".join(f'{choice.sql(value)} AS "{name}"' for name, choice in self.choices.items())

    @property
    def plain(self) -> abc.Mapping[str, int]:
        """The place of the column that gives each field; empty if any field comes from elsewhere."""
        places: dict[str, int] = {}
        for field, choice in self.choices.items():
            reference = choice.single
            if reference is None or reference.path or self.kinds:
                return {}
            places[field] = reference.place
        return places


def joined(header: str, path: Sequence[str | int]) -> str:
    """A path as it is written."""
    return header + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def is_step(step: str | int) -> bool:
    """Whether a path can contain this step: a key that is empty or has a `.` or `[` cannot be written."""
    return isinstance(step, int) or not re.search(r"[.\[]|^$", step)


def time_of(kind: str) -> str:
    """The name of the text with the time of a record's event of this kind."""
    return f"timestamp_{kind}"


def field_of(name: str) -> str:
    """The field that a text of this name gives; `time_of(kind)` gives the timestamp."""
    return "timestamp" if name.startswith("timestamp") else name


@lru_cache(maxsize=1_000)
def parted_zone(header: str) -> tuple[str, ZoneInfo | None]:
    """A header without the time zone that it names at its end, as `Created (Asia/Tokyo)` does, and that zone;
    the whole header and None where it names none."""
    found = _WITH_ZONE.fullmatch(header)
    zone = zone_in_any_case(found[2]) if found else None
    return (found[1], zone) if found and zone else (header, None)


def parted_offset(header: str) -> tuple[str, str | None]:
    """A header without the offset that it names in the place of a zone, as `Created (GMT+8)` does, and that
    offset; the whole header and None where it names none."""
    found = _WITH_OFFSET.fullmatch(header)
    offset = (found[2] or found[3]).strip() if found else ""
    return (found[1], offset) if found and is_offset(offset) else (header, None)


def _compared(header: str) -> tuple[str, bool]:
    """A header as it is compared, and whether it names a zone, which is left out. An offset is left out of
    `Date` and `Time` only, because two such columns may be a time together."""
    name, zone = parted_zone(header)
    part = match_key(parted_offset(header)[0])
    if part in _PARTS and part != match_key(header):
        return part, True
    return match_key(name), bool(zone)


@dataclass(frozen=True)
class Headers:
    """The headers of a file. `paths` are some that lead into its values, such as `user.name`, for advice;
    None where values have no parts."""

    names: Sequence[str]
    paths: Collection[str] | None = None

    def matching(self, text: str) -> list[int]:
        """The places of the header that a user names: as written, else matched like any header, else, for a
        header without a name, by the number that messages show."""
        if text in self.names:
            return [list(self.names).index(text)] if text.strip() else []
        key = match_key(text)
        for names in (self.names, self.named(range(len(self.names)))) if key else ():
            if found := [place for place, name in enumerate(names) if match_key(name) == key]:
                return found
        return []

    def named(self, places: Sequence[int]) -> tuple[str, ...]:
        """The headers at these places as messages show them: one without a name by its number."""
        return tuple(
            self.names[place] if self.names[place].strip() else f"column {place + 1}" for place in places
        )

    def within(self, name: str) -> list[str]:
        """The known paths that lead on from a header or a path."""
        return [path for path in self.paths or () if path.startswith((f"{name}.", f"{name}["))]

    @property
    def all(self) -> str:
        """All headers, for a message."""
        return listed(self.named(range(len(self.names))))


def resolve_columns(
    headers: Sequence[str],
    mapping: Mapping,
    folders: Folders = NO_FOLDERS,
    paths: Collection[str] | None = None,
    differ: Callable[[Collection[str]], bool] = lambda _: False,
) -> Columns:
    """Decide which header gives which field; raise InputProblem when that is not certain.

    `--map` decides first, then a field's own name, an alias, and a folder. `Primary Contact ID` without an
    event column means `merged`, which `--event` may not contradict. `paths` as in Headers. `differ`
    returns whether records (of JSON) differ in which of some headers they have. If they differ in headers
    that may give a field, each record takes the first of the best rank for which it has a value.
    """
    file, event = Headers(headers, paths), mapping.event
    # The columns of kinds give the time and the kind of each event; nothing else does.
    by_kind = ("timestamp", "event") if mapping.kinds and not mapping.has_event else ()
    found = choices_of(file, mapping, folders)
    possible = {name: choice for name, choice in found.items() if name not in by_kind}
    is_per_record = differ({file.names[place] for place in _deciding(possible, file)})
    choices = possible
    if not is_per_record:
        choices = {field: _decided(field, choice, file, mapping) for field, choice in possible.items()}
    constants = constants_of(folders, mapping, {*choices, *by_kind})
    _refuse_nested(choices, file, mapping)
    primary = merging_references(choices, file)
    merging = () if mapping.kinds or "event" in constants else tuple(primary)
    if merging and "event" not in choices:
        if is_per_record:
            choices = {"event": Choice(()), **choices}
        else:
            require_merges(headers[merging[0].place], event)
            event = MERGED
    return dataclasses.replace(
        _columns(file, mapping, choices, constants, event),
        merging=merging if is_per_record else (),
        deciding=choices != possible or bool(primary),
    )


def require_merges(header: str, event: str | None) -> None:
    """Raise InputProblem where `--event` contradicts a header that means merges."""
    if event not in (None, MERGED):
        raise InputProblem(
            f"'{header}' without an event column means {MERGED}, but --event says {event}: leave --event out,"
            " or call that column contact_id"
        )


def field_folders(folders: Folders, mapping: Mapping) -> Folders:
    """The folders that give a field of a file whose headers do not."""
    keys = Headers(tuple(folders))
    used = {it.place for choice in _choices_of_folders(keys, mapping).values() for it in choice.references}
    return {key: folders[key] for place, key in enumerate(keys.names) if place in used}


def _columns(
    file: Headers, mapping: Mapping, choices: dict[str, Choice], constants: Folders, event: str | None
) -> Columns:
    """The columns of these choices; InputProblem where a field that every event needs has none."""
    times = {
        kind: _mapped(file, f"--event {kind}=", text, optional=mapping.has_event)
        for kind, text in mapping.kinds.items()
    }
    kinds = () if mapping.has_event else tuple(times)
    by_kind = ("timestamp", "event") if kinds else ("timestamp",) if any(times.values()) else ()
    _require({*choices, *constants, *mapping.set, *by_kind}, file, event)
    choices = {time_of(kind): choice for kind, choice in times.items() if choice} | choices
    if not choices:
        raise InputProblem(f"no column is a field of an event (found: {file.all})")
    used = {it.place for choice in choices.values() for it in choice.references}
    ignored = file.named([place for place in range(len(file.names)) if place not in used])
    zone = _zone(file, choices)
    doubtful = None if zone or mapping.input_timezone else _offset(file, choices)
    return Columns(choices, ignored, event, constants, kinds, zone=zone, doubtful=doubtful)


def _offset(file: Headers, choices: abc.Mapping[str, Choice]) -> tuple[str, str] | None:
    """The first header of times with an offset in the place of a zone, and that offset."""
    times = [choice for name, choice in choices.items() if field_of(name) == "timestamp"]
    for header in file.named([it.place for choice in times for it in choice.references]):
        if offset := parted_offset(header)[1]:
            return header, offset
    return None


def _zone(file: Headers, choices: abc.Mapping[str, Choice]) -> ZoneInfo | None:
    """The zone that the headers of the times name; InputProblem where they differ in it."""
    times = [choice for name, choice in choices.items() if field_of(name) == "timestamp"]
    zones = set[ZoneInfo | None]()
    for parts in (one for choice in times for one in choice.sums):
        found = {parted_zone(file.names[it.place])[1] for it in parts}
        zones |= found - {None} or found  # of a date and a time, one may name the zone of both
    if len(zones) > 1:
        places = [it.place for choice in times for it in choice.references]
        names = [f"'{name}'" for name in dict.fromkeys(file.named(places))]
        raise InputProblem(f"the headers {listed(names)} name different time zones: use columns of one zone")
    return zones.pop() if zones else None


def choices_of(file: Headers, mapping: Mapping, folders: Folders = NO_FOLDERS) -> dict[str, Choice]:
    """Where each field may come from in a file: `--map`, else its own name, else its aliases, best first."""
    inside = {match_key(key) for key in folders}
    found: dict[str, Choice] = {}
    for field, text in mapping.map.items():
        optional = field in mapping.optional or match_key(text) in inside
        if choice := _mapped(file, f"--map {field}=", text, optional=optional):
            found[field] = choice
    _require_seen(found, file, mapping)
    taken = {it.place for choice in found.values() for it in choice.references if not it.path}
    return found | _by_name(file, mapping, taken)


def _require_seen(mapped: abc.Mapping[str, Choice], file: Headers, mapping: Mapping) -> None:
    """Raise InputProblem where a path to what every event needs leads to nothing in the first records."""
    for field in {"timestamp", "contact_id", "event"} & mapped.keys():
        references = mapped[field].references
        if not any(is_seen(it, file) for it in references):
            text = mapping.map[field]
            raise MappingProblem(f"no column '{text}' for --map {field}={text}", _advice(file, text))


def is_seen(reference: Reference, file: Headers) -> bool:
    """Whether a value was seen where a reference leads; true where nothing beside it was looked at. Of a list
    only the first value was looked at: it speaks for the others."""
    header = file.names[reference.place]
    name = joined(header, [0 if isinstance(step, int) else step for step in reference.path])
    return (
        not reference.path or not file.within(header) or name in (file.paths or ()) or bool(file.within(name))
    )


def _by_name(file: Headers, mapping: Mapping, taken: Collection[int]) -> dict[str, Choice]:
    """Where the fields that are not mapped may come from, by the names of headers at places not `taken`: the
    field's own name before aliases, and headers of times that name no zone before those that do. An offset in
    the place of a zone counts only where a date and a time are two columns, which are refused."""
    named = []
    are_parts = {_compared(header)[0] for header in file.names} >= _PARTS
    for place, header in enumerate(file.names):
        key, zone = _compared(header)
        if zone and not are_parts and not parted_zone(header)[1]:
            continue  # like all other headers with an offset: its times are not in the zone of the store
        field = _FIELDS.get(key)
        if field and field not in mapping.map and place not in taken and (field == "timestamp" or not zone):
            named.append((2 * zone + (key not in _OWN_NAMES), place, field))
    found: dict[str, dict[int, list[Sum]]] = {}
    for rank, place, field in sorted(named):
        found.setdefault(field, {}).setdefault(rank, []).append((Reference(place),))
    return {field: Choice(tuple(map(tuple, ranks.values()))) for field, ranks in found.items()}


def constants_of(folders: Folders, mapping: Mapping, given: Collection[str] = ()) -> Folders:
    """The fields that folders give, of those that no header has `given`; InputProblem where two mean one."""
    keys = Headers(tuple(folders))
    return {
        field: folders[keys.names[_decided(field, choice, keys, mapping).references[0].place]]
        for field, choice in _choices_of_folders(keys, mapping).items()
        if field not in given
    }


def _choices_of_folders(keys: Headers, mapping: Mapping) -> dict[str, Choice]:
    lenient = dataclasses.replace(mapping, optional=frozenset(mapping.map))
    return choices_of(keys, lenient) if keys.names else {}


def merging_references(choices: abc.Mapping[str, Choice], file: Headers) -> list[Reference]:
    """The references that may give contact_id and make a merge of a record without an event."""
    primary = match_key(PRIMARY_CONTACT_ID)
    choice = choices.get("contact_id", Choice(()))
    return [it for it in choice.references if not it.path and match_key(file.names[it.place]) == primary]


def _deciding(choices: abc.Mapping[str, Choice], file: Headers) -> set[int]:
    """The places of the headers whose presence in a record changes what another one means."""
    fields = {field for field, choice in choices.items() if len(choice.sums) > 1}
    if merging_references(choices, file):
        fields |= {"contact_id", "event"}
    return {it.place for field in fields & choices.keys() for it in choices[field].references}


def _refuse_nested(choices: abc.Mapping[str, Choice], file: Headers, mapping: Mapping) -> None:
    """Raise InputProblem where a header that is not mapped gives a field, but its values have parts."""
    ways: dict[str, str] = {}
    for field, choice in choices.items():
        for reference in choice.references if field not in mapping.map else ():
            header = file.names[reference.place]
            inside = file.within(header)
            if inside and not (field == MERGED_CONTACT_ID and inside[0].startswith(f"{header}[")):
                ways[f"'{header}'"] = _option(field, likely_part(field, inside) or inside[0])
    if ways:
        verb = "holds" if len(ways) == 1 else "hold"
        raise MappingProblem(f"{listed(ways)} {verb} values with parts", f"use {' '.join(ways.values())}")


def likely_part(field: str, paths: Sequence[str]) -> str | None:
    """The path that may give a field: one that ends in its name, or in `name` or `id`; else None."""
    endings = (field, *ALIASES.get(field, ()), *(() if field.endswith("_id") else ("name",)), "id")
    by_end = {match_key(path.rpartition(".")[2]): path for path in reversed(paths)}
    return next((by_end[key] for key in map(match_key, endings) if key in by_end), None)


def _require(fields: Collection[str], file: Headers, event: str | None) -> None:
    """Raise InputProblem, naming the options that help, unless these fields make an event."""
    missing = [field for field in ("timestamp", "contact_id") if field not in fields]
    if "event" not in fields and event is None:
        missing.append("event")
    if missing:
        ways = ", ".join(_option(field, "COLUMN") for field in missing)
        problem = MappingProblem if fields else UnknownHeaders
        raise problem(
            f"no {either(missing)} column (found: {file.all})",
            f"use {ways}{' or --event added' if missing[-1] == 'event' else ''}",
        )


def _decided(field: str, choice: Choice, file: Headers, mapping: Mapping) -> Choice:
    """The choice where every record has all headers: of headers that are not mapped, only those of the best
    rank. InputProblem where two of equal rank give the field."""
    if field in mapping.map:
        ranks = choice.ranks
    elif field == "timestamp" and _date_and_time(file.named([it.place for it in choice.references])):
        ranks = (choice.sums,)  # of equal rank, although one of them may name a zone
    else:
        ranks = choice.ranks[:1]
    for rank in ranks:
        if len(rank) > 1:
            raise _ambiguous(field, file.named([reference.place for one in rank for reference in one]))
    return Choice(ranks)


def _ambiguous(field: str, names: Sequence[str]) -> MappingProblem:
    """The error for several headers of equal rank that mean one field."""
    several = [f"'{name}'" for name in names]
    both = " and ".join(several) + " both" if len(several) == 2 else listed(several) + " all"
    parts = _date_and_time(names) if field == "timestamp" else None
    joined = f", or join them with {_option(field, '+'.join(parts))}" if parts else ""
    return MappingProblem(f"columns {both} mean {field}", f"choose one with --map {field}=COLUMN{joined}")


def _date_and_time(names: Sequence[str]) -> tuple[str, str] | None:
    """The two headers in order where one is a date's and the other a time's."""
    by_key = {_compared(name)[0]: name for name in names}
    return (by_key["date"], by_key["time"]) if by_key.keys() == _PARTS else None


def _option(field: str, column: str) -> str:
    """`--map FIELD=COLUMN` as it is typed in a shell."""
    return f"--map {shlex.quote(f'{field}={column}')}"


def _mapped(file: Headers, option: str, text: str, *, optional: bool = False) -> Choice | None:
    """What the text of an option names: a header, a path, or sums and alternatives of them; None for nothing.
    InputProblem where the file has no such column, unless it is optional."""
    if not text:
        return None
    if whole := file.matching(text):
        return Choice((tuple((Reference(place),) for place in whole),))
    ranks: list[tuple[Sum, ...]] = []
    missing: list[str] = []
    for part in text.split("|"):
        if several := file.matching(part.strip()):
            ranks.append(tuple((Reference(place),) for place in several))
            continue
        names = pieces(file, part)
        found = [references_of(file, name)[:1] for name in names]
        absent = [name for name, one in zip(names, found, strict=True) if not one]
        missing += absent
        if not absent or (optional and len(absent) < len(names)):
            ranks.append((tuple(one[0] for one in found if one),))
    if not ranks and not optional:
        raise MappingProblem(f"no column '{missing[0]}' for {option}{text}", _advice(file, missing[0]))
    return Choice(tuple(ranks)) if ranks else None


def pieces(file: Headers, text: str) -> list[str]:
    """The columns of a sum; a header may have a `+` itself, as `Time (GMT+8)` has."""
    words, names = text.split("+"), list[str]()
    while words:
        ends = (end for end in range(len(words), 1, -1) if file.matching("+".join(words[:end]).strip()))
        end = next(ends, 1)
        names.append("+".join(words[:end]).strip())
        words = words[end:]
    return names


def references_of(file: Headers, text: str) -> list[Reference]:
    """The values that a text names: those of a header, else what lies at a path within one."""
    text = text.strip()
    if places := file.matching(text):
        return [Reference(place) for place in places]
    if file.paths is None:
        return []
    for end in sorted((found.start() for found in re.finditer(r"[.\[]", text)), reverse=True):
        steps = _steps(text[end:])
        if steps and (places := file.matching(text[:end])):
            return [Reference(places[0], steps)]
    return []


def _steps(text: str) -> tuple[str | int, ...] | None:
    """The steps of a path such as `.items[0].id`; None if it is none."""
    if not re.fullmatch(f"(?:{_STEP.pattern})*", text):
        return None
    return tuple(int(place) if place else key for place, key in _STEP.findall(text))


def _advice(file: Headers, text: str) -> str:
    """What to try instead of a column that a file does not have."""
    near = nearest(file, text)
    return f"did you mean '{near}'?" if near else f"found {file.all}"


def nearest(file: Headers, text: str) -> str | None:
    """The column or path that was meant by one that a file does not have."""
    known = [*file.names, *(file.paths or ())]
    near = closest(text, known, most=1)
    if not near:
        last = match_key(text.rpartition(".")[2])
        near = [name for name in known if match_key(name.rpartition(".")[2]) == last]
    return near[0] if near else None
