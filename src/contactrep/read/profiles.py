"""Profiles: named ways to read files, from the config or from the data files in the folder `profiles`.

A profile is a TOML table with the reading options of the command line as keys. All that is specific to a
platform is in these data files, not in the code.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import abc
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from contactrep.errors import ConfigProblem, UsageProblem, closest, either, unknown_key
from contactrep.events import COLUMNS, KINDS, known_kind
from contactrep.read.encodings import known_encoding
from contactrep.read.mapping import Mapping
from contactrep.read.timestamps import compile_format
from contactrep.zones import find_zone

BUILT_IN: Final = "built in"
"""The origin of the profiles that come with the program."""

_ABOUT: Final = ("description", "files", "profile")
_READING: Final = tuple(Mapping().options)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Profile:
    """A profile: `values` are its keys as in TOML, `origin` says in words where it comes from.

    `files` are the paths and globs that `load` reads without FILES, as written.
    """

    name: str
    origin: str
    values: abc.Mapping[str, Any]
    mapping: Mapping
    files: tuple[str, ...] = ()
    description: str = ""

    @property
    def toml(self) -> str:
        """The profile as a section of a config file."""
        return "\n".join(_toml(["profiles", self.name], self.values)).lstrip("\n") + "\n"


def built_in() -> dict[str, Profile]:
    """The profiles that come with the program, by name."""
    folder = resources.files("contactrep.read") / "profiles"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    tables = {name: tomllib.loads((folder / name).read_text(encoding="utf-8")) for name in names}
    found = [
        parse(place.removesuffix(".toml"), table, place=place, origin=BUILT_IN)
        for place, table in tables.items()
    ]
    return {profile.name: profile for profile in found}


def parse(name: str, values: Any, *, place: str, origin: str) -> Profile:
    """Return the profile of a TOML table; ConfigProblem, which begins with `place`, for what it may not have.

    A profile that names another one with `profile`, or has the name of a built-in one and says nothing of
    its own about reading, starts from that one.
    """
    table = _Section(place, section(name), values)
    table.allow((*_ABOUT, *_READING))
    mapping, base = _mapping(table), table.text("profile")
    if base is None and origin != BUILT_IN and not set(values) & set(_READING):
        base = name if name in built_in() else None
    description = table.text("description") or ""
    if base is not None:
        try:
            start = find_profile(base, built_in())
        except UsageProblem as problem:
            near = re.search("did you mean .*", str(problem))
            hint = near[0] if near else f"use {either(built_in())}"
            raise table.problem("profile", f"there is no built-in profile '{base}': {hint}") from None
        mapping, description = mapping.over(start.mapping), description or start.description
    return Profile(name, origin, values, mapping, table.texts("files") or (), description)


def find_profile(name: str, known: abc.Mapping[str, Profile]) -> Profile:
    """Return the profile with this name, or with the only name that starts with it, as `hubspot` does;
    UsageProblem, naming the closest ones, if there is none."""
    if name in known:
        return known[name]
    starting = [one for one in known if one.startswith(f"{name}-")]
    if len(starting) == 1:
        return known[starting[0]]
    platforms = closest(name, {one.partition("-")[0] for one in known}, most=1)
    of_platforms = [one for one in known if one.startswith((name, *platforms))]
    near = starting or closest(name, known, most=1) or of_platforms
    hint = f"did you mean {either(near)}?" if near else "'contactrep profiles' lists the profiles"
    raise UsageProblem(f"there is no profile '{name}': {hint}")


def _mapping(table: _Section) -> Mapping:
    """The mapping that a profile's own keys give."""
    fields = table.texts_by_key("map", COLUMNS, empty=True)
    given = table.texts_by_key("set", COLUMNS)
    event, kinds = _events(table, given.pop("event", None))
    rules = table.inner("value", COLUMNS)
    zone = table.checked("input_timezone", table.text("input_timezone"), find_zone)
    formats = table.texts("timestamp_format") or ()
    for one in formats:
        table.checked("timestamp_format", one, compile_format)
    return Mapping(
        map=fields,
        event=event,
        # A file need not have every column that a profile knows: a field that events need is missed anyway.
        optional=frozenset(fields) | ({"records"} if "records" in table.values else frozenset()),
        set=given,
        kinds=kinds,
        values={field: rules.texts_by_key(field, empty=True) for field in rules.values},
        records=table.text("records"),
        encoding=table.checked("encoding", table.text("encoding"), known_encoding),
        skip_lines=table.number("skip_lines"),
        sheet=table.text("sheet"),
        input_timezone=find_zone(zone) if zone else None,
        timestamp_formats=formats,
    )


def _events(table: _Section, usual: str | None) -> tuple[str | None, dict[str, str]]:
    """The kind of records that name none (`usual` is that of the table `set`), and the columns with the times
    of kinds."""
    if usual is not None and "event" in table.values:
        raise table.problem("event", f"'{table.name}.set.event' is the same: give one of them")
    if usual is not None:
        return table.kind("set.event", usual), {}
    if isinstance(table.values.get("event"), str):
        return table.kind("event", table.text("event") or ""), {}
    columns = table.texts_by_key("event")
    return None, {table.kind("event", kind): column for kind, column in columns.items()}


@dataclass(frozen=True)
class _Section:
    """A TOML table called `name`, whose values are checked when they are taken."""

    place: str
    name: str
    values: Any

    def problem(self, key: str, what: str) -> ConfigProblem:
        """The error for what is wrong with a key."""
        return ConfigProblem(f"{self.place}: '{self.name}.{key}': {what}")

    def allow(self, known: Collection[str] | None) -> None:
        """Raise ConfigProblem unless this is a table, with known keys alone if there are such."""
        if not isinstance(self.values, dict):
            raise ConfigProblem(f"{self.place}: '{self.name}' must be a section: write [{self.name}]")
        for key in self.values:
            if known is not None and key not in known:
                raise unknown_key(self.place, key, known, prefix=f"{self.name}.")

    def inner(self, key: str, known: Collection[str] | None = None) -> _Section:
        """The table in this one, with known keys alone if there are such; an empty one if it is not there."""
        inner = _Section(self.place, f"{self.name}.{key}", self.values.get(key, {}))
        inner.allow(known)
        return inner

    def checked(self, key: str, text: str | None, check: abc.Callable[[str], object]) -> str | None:
        """A text of a key that `check` accepts."""
        try:
            if text is not None:
                check(text)
        except UsageProblem as problem:
            raise self.problem(key, str(problem).removeprefix("--timestamp-format ")) from None
        return text

    def text(self, key: str, *, empty: bool = False) -> str | None:
        """The text of a key, None if it is not there."""
        value = self.values.get(key)
        if value is not None and (not isinstance(value, str) or not (value or empty)):
            raise self.problem(key, f'must be a quoted string, such as {key} = "…"')
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """The texts of a key that may have one or a list, None if it is not there."""
        value = self.values.get(key)
        texts = [value] if isinstance(value, str) else value
        if texts is None:
            return None
        if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
            raise self.problem(key, "must be a string or a list of strings")
        return tuple(texts)

    def number(self, key: str) -> int | None:
        """The whole number of a key, None if it is not there."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.problem(key, f"must be a whole number, such as {key} = 3")
        return value

    def texts_by_key(
        self, key: str, known: Collection[str] | None = None, *, empty: bool = False
    ) -> dict[str, str]:
        """The texts of a table in this one."""
        inner = self.inner(key, known)
        return {name: inner.text(name, empty=empty) or "" for name in inner.values}

    def kind(self, key: str, name: str) -> str:
        """The kind of event with this name."""
        if (kind := known_kind(name)) is None:
            raise self.problem(key, f"unknown event '{name}': use {either(KINDS)}")
        return kind


def section(name: str) -> str:
    """The TOML table of the profile of this name."""
    return f"profiles.{_key(name)}"


def _toml(path: list[str], values: abc.Mapping[str, Any]) -> Iterator[str]:
    """The lines of a TOML table and of those within it."""
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    if len(tables) < len(values) or not tables:
        yield from ("", f"[{'.'.join(map(_key, path))}]")
    yield from (f"{_key(key)} = {_value(value)}" for key, value in values.items() if key not in tables)
    for key, table in tables.items():
        yield from _toml([*path, key], table)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    """A string, a whole number or a list of strings in TOML, whose strings are those of JSON but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
