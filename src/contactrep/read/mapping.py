"""The user's options for reading files."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field, fields
from typing import Any, Final
from zoneinfo import ZoneInfo

from contactrep.errors import UsageProblem, either
from contactrep.events import COLUMNS, KINDS, is_storable

MEANING = "10"
"""Increase it with a change of the code that reads the same bytes as other events, so that old fingerprints
no longer match."""

LEAVE_OUT: Final = "-"
"""The new value of a rule in `Mapping.values` that leaves a record out on purpose."""


def _are_texts(value: object) -> bool:
    """Whether it is a dictionary of texts."""
    return isinstance(value, abc.Mapping) and all(isinstance(it, str) for it in (*value, *value.values()))


_TYPES: Final[abc.Mapping[str, tuple[abc.Callable[[Any], bool], str]]] = {
    **dict.fromkeys(("map", "set", "kinds"), (_are_texts, "a dictionary of texts")),
    "values": (
        lambda value: isinstance(value, abc.Mapping) and all(map(_are_texts, value.values())),
        "a dictionary of dictionaries, such as {'event': {'created': 'added'}}",
    ),
    "optional": (lambda value: isinstance(value, abc.Set), "a set of fields"),
    **dict.fromkeys(
        ("records", "encoding", "sheet"), (lambda value: isinstance(value, str | None), "a text")
    ),
    "skip_lines": (lambda value: value is None or (type(value) is int and value >= 0), "a whole number"),
    "input_timezone": (lambda value: isinstance(value, ZoneInfo | None), "a ZoneInfo"),
    "timestamp_formats": (
        lambda value: isinstance(value, tuple) and all(isinstance(it, str) for it in value),
        "a tuple of texts",
    ),
}
"""Which values each option may have, and what to write."""


@dataclass(frozen=True)
class Mapping:
    """Where the fields of an event come from in files, and what their values and times mean.

    `map` is `--map`: field → header, path, sum or alternatives as typed; an empty text: nothing. `event` is
    the kind of records that name none. `optional` are the fields of `map` for which a file may have no such
    column, and `records` if a file may have none at that path: then it is a file of records. `set` is
    `--set`: another field → its value where a record has none. `kinds` is `--event KIND=COLUMN`: kind → the
    column with the time of such an event (see `has_event`). `values` is `--value`: field → text, which may
    end in `*` → new text, or LEAVE_OUT.
    `records` is the path to the records in a JSON document, `encoding` a Python codec (None: Unicode),
    `skip_lines` the lines before the header, `sheet` that of a workbook (None: the first).
    `input_timezone` is the zone of naive times (None: the store's), `timestamp_formats` are those of times in
    other than the standard forms: strptime formats and names such as `excel`. A time has the first format
    that fits.
    """

    map: abc.Mapping[str, str] = field(default_factory=dict)
    event: str | None = None
    optional: frozenset[str] = frozenset()
    set: abc.Mapping[str, str] = field(default_factory=dict)
    kinds: abc.Mapping[str, str] = field(default_factory=dict)
    values: abc.Mapping[str, abc.Mapping[str, str]] = field(default_factory=dict)
    records: str | None = None
    encoding: str | None = None
    skip_lines: int | None = None
    sheet: str | None = None
    input_timezone: ZoneInfo | None = None
    timestamp_formats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise UsageProblem for an unknown field or kind of event, and for a value of another type.

        No report would have the rows of such a kind.
        """
        for name, (fits, what) in _TYPES.items():
            value = getattr(self, name)
            if not fits(value):
                raise UsageProblem(f"{name} is {value!r}: give it {what}")
        filled = (*self.map, *self.set, *self.values, *(self.optional - {"records"}))
        kinds = (self.event, *self.kinds)
        for what, names, known in (("field", filled, COLUMNS), ("event", kinds, (None, *KINDS))):
            if unknown := [name for name in names if name not in known]:
                raise UsageProblem(f"unknown {what} '{unknown[0]}': use {either(filter(None, known))}")
        rules = (text for rules in self.values.values() for rule in rules.items() for text in rule)
        if broken := [text for text in (*self.set.values(), *rules) if not is_storable(text)]:
            raise UsageProblem(f"'{broken[0]}' is not valid UTF-8: encode it as UTF-8")

    @property
    def options(self) -> dict[str, Any]:
        """All options by their names on the command line, for JSON."""
        return {
            "event": self.event or dict(sorted(self.kinds.items())),
            "map": dict(sorted(self.map.items())),
            "set": dict(sorted(self.set.items())),
            "value": {name: dict(sorted(rules.items())) for name, rules in sorted(self.values.items())},
            "records": self.records,
            "encoding": self.encoding,
            "skip_lines": self.skip_lines,
            "sheet": self.sheet,
            "input_timezone": self.input_timezone.key if self.input_timezone else None,
            "timestamp_format": list(self.timestamp_formats),
        }

    @property
    def given(self) -> dict[str, Any]:
        """The options that were given."""
        return {name: value for name, value in self.options.items() if value}

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The options that were given and their values, as pairs of words on a command line."""
        single = ("records", "sheet", "skip_lines", "encoding", "input_timezone")
        rules = [(field, rule) for field in COLUMNS for rule in self.values.get(field, {}).items()]
        pairs = [
            ("--event", self.event),
            *(("--event", f"{kind}={column}") for kind, column in self.kinds.items()),
            *(("--map", f"{field}={self.map[field]}") for field in COLUMNS if field in self.map),
            *(("--set", f"{field}={value}") for field, value in self.set.items()),
            *(("--value", f"{field}:{old}={new}") for field, (old, new) in rules),
            *((f"--{name.replace('_', '-')}", getattr(self, name)) for name in single),
            *(("--timestamp-format", it) for it in self.timestamp_formats),
        ]
        return [(option, str(value)) for option, value in pairs if value is not None]

    @property
    def meaning(self) -> str:
        """Every option that changes what the same bytes mean, as one stable text."""
        return repr((MEANING, self.given, sorted(self.kinds.items()), sorted(self.optional)))

    def rules(self, field: str) -> dict[str, str]:
        """The rules of `values` for a field in the order in which they are tried: those for whole texts, then
        those for beginnings (`…*`), the longest first."""
        rules = self.values.get(field, {})
        return {old: rules[old] for old in sorted(rules, key=lambda it: (it.endswith("*"), -len(it)))}

    @property
    def has_event(self) -> bool:
        """Whether records name their kind by a rule of the map; then `kinds` are the times of such events."""
        return bool(self.map.get("event"))

    def over(self, other: Mapping) -> Mapping:
        """This mapping, and the other one where this says nothing."""
        merged = {
            name: {**other.values.get(name, {}), **self.values.get(name, {})}
            for name in {**other.values, **self.values}
        }
        events = self if self.event or self.kinds else other
        whole = {it.name for it in fields(self)} - {"map", "optional", "set", "event", "kinds", "values"}
        given = {name for name in whole if getattr(self, name) not in (None, ())}
        required = {*self.map, *(("records",) if self.records else ())}
        return Mapping(
            map={**other.map, **self.map},
            optional=other.optional - required | self.optional,
            set={**other.set, **self.set},
            event=events.event,
            kinds=events.kinds,
            values=merged,
            **{name: getattr(self if name in given else other, name) for name in whole},
        )


@dataclass(frozen=True)
class Feed:
    """Files (paths, folders, globs, `-`) that are read in one way, and the name of the profile it is of."""

    paths: abc.Sequence[str]
    mapping: Mapping = field(default_factory=Mapping)
    profile: str | None = None

    def __post_init__(self) -> None:
        """Raise UsageProblem for a mapping of another type, such as a dictionary."""
        require_mapping(self.mapping)


def require_mapping(value: object) -> None:
    """Raise UsageProblem for what is not a Mapping."""
    if not isinstance(value, Mapping):
        raise UsageProblem(f"mapping is {value!r}: write mapping=contactrep.Mapping(...)")
