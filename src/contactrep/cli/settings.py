"""Settings from config.toml and the environment, checked.

Options override the environment, which overrides the config, which overrides the defaults. Most options
read their own variable (`CONTACTREP_BY`). Three variables are read here: CONTACTREP_TIMEZONE, the zone of new
stores like `timezone` in the config; CONTACTREP_RANGE, which does not apply to exports; and
CONTACTREP_WEEK_START.
"""

from __future__ import annotations

import contextlib
import glob
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from contactrep.cluster import ClusterTable, read_only
from contactrep.errors import ConfigProblem, UsageProblem, either, unknown_key
from contactrep.events import COLUMNS
from contactrep.filters import NAMES, Defaults, Filters
from contactrep.machine import require_store
from contactrep.memory import HINT, is_memory
from contactrep.period import BYS, COMPARINGS, DEFAULT_RANGE, WEEKDAYS
from contactrep.places import config_folder, usual_store
from contactrep.zones import cities_at, find_zone, utc_offset

if TYPE_CHECKING:
    from contactrep.read.profiles import Profile

_CHOICES = {"week_start": WEEKDAYS, "compare": COMPARINGS, "by": BYS}
_TEXTS = ("store", "users", "range", "timezone", "memory_limit", *_CHOICES)
_TABLES = {"filters": NAMES, "map": COLUMNS}
_PROFILES = "profiles"


@dataclass(frozen=True)
class Settings(Defaults):
    """Checked settings, and the defaults of reports; None where none is set. `path` is the config."""

    path: Path | None = None
    store: Path | ClusterTable | None = None
    users: Path | None = None
    timezone: str | None = None
    memory_limit: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def source(self) -> Path | ClusterTable:
        """Return the table on a cluster, if one is chosen, else `store_path`."""
        return self.store if isinstance(self.store, ClusterTable) else self.store_path()

    def store_path(self) -> Path:
        """Return the store's file: the chosen one, else the usual one.

        Raises StoreProblem where that is not a file, or is a cluster, which is only read.
        """
        path = self.store
        if isinstance(path, ClusterTable):
            raise read_only(path)
        if path is None:
            path, right = usual_store()
            if path != right:
                from contactrep.cli.output import notice

                notice(f"the store is {path}, where older versions kept it: move it to {right}")
        require_store(path)
        return path


def usual_config() -> Path | None:
    """Return the config file for a run that names none; None for a user without a home."""
    try:
        return config_folder() / "config.toml"
    except ConfigProblem:
        return None


def read_settings(
    config: Path | None, store: Path | ClusterTable | None = None, memory_limit: str | None = None
) -> Settings:
    """Return the settings of the config file (None: the per-user one) and the environment.

    `store` and `memory_limit` are those of the command line, if it has any.
    Raises ConfigProblem if a named file is missing, if it is not TOML, or has an unknown key or value.
    """
    used = config or usual_config()
    values = _read(used, required=config is not None) if used else {}
    path = used or Path()
    _check_keys(values, path)
    texts = {name: _text(values, name, path) for name in _TEXTS}
    week_start = os.environ.get("CONTACTREP_WEEK_START", "").lower() or texts["week_start"]
    if week_start is not None and week_start not in WEEKDAYS:
        raise ConfigProblem(f"CONTACTREP_WEEK_START: '{week_start}' is not a weekday: {either(WEEKDAYS)}")
    if store is None and texts["store"]:
        # A relative path starts at the config's folder, wherever cron starts.
        store = _store(texts["store"], path)
    variable = os.environ.get("CONTACTREP_RANGE")
    chosen = variable or texts["range"]
    return Settings(
        path=used,
        store=store,
        users=path.parent / _expanded(texts["users"], path, "users = ") if texts["users"] else None,
        range=chosen or DEFAULT_RANGE,
        range_origin=("CONTACTREP_RANGE" if variable else "the config") if chosen else None,
        timezone=os.environ.get("CONTACTREP_TIMEZONE") or texts["timezone"],
        week_start=WEEKDAYS.index(week_start) if week_start else 0,
        compare=texts["compare"] or Defaults.compare,
        by=texts["by"] or Defaults.by,
        memory_limit=memory_limit or texts["memory_limit"],
        filters=_filters(values.get("filters", {}), path),
        mapping={name: _text(values.get("map", {}), name, path) or "" for name in values.get("map", {})},
        profiles=_profiles(values[_PROFILES], path) if _PROFILES in values else {},
    )


def chosen_zone(name: str) -> ZoneInfo:
    """Return the named zone; UsageProblem, with cities at such an offset, if there is none."""
    return find_zone(name, datetime.now(UTC))


def workspace_zone(requested: str | None, settings: Settings) -> tuple[ZoneInfo, str]:
    """Return the zone of a new store and its origin in words.

    It is that of `--timezone`, else of CONTACTREP_TIMEZONE or the config, else of the system, else UTC.
    Raises UnclearZoneProblem if the zone of the system is needed and is unclear.
    """
    if requested:
        return chosen_zone(requested), "from --timezone"
    if settings.timezone:
        try:
            origin = "CONTACTREP_TIMEZONE" if os.environ.get("CONTACTREP_TIMEZONE") else "the config"
            return chosen_zone(settings.timezone), f"from {origin}"
        except UsageProblem as error:
            raise ConfigProblem(f"timezone in {origin}: {error}") from None
    name = _system_zone(datetime.now(UTC))
    return (ZoneInfo(name), "from the system") if name else (ZoneInfo("UTC"), "the default")


class UnclearZoneProblem(ConfigProblem):
    """The system's zone has no IANA name, or its offset differs from that of the C library."""


def _system_zone(now: datetime) -> str | None:
    """Return the IANA name of the system's zone, None if none is set.

    Raises UnclearZoneProblem if its offset differs from that of the C library at `now` (aware) or half a year
    before."""
    setting = os.environ.get("TZ")
    time.tzset()  # the C library may have read another TZ before
    name = _named_zone(setting)
    moments = (now, now - timedelta(days=182))
    offsets = [timedelta(seconds=time.localtime(moment.timestamp()).tm_gmtoff) for moment in moments]
    if name is not None:
        zone = ZoneInfo(name)
        if [utc_offset(moment, zone) for moment in moments] == offsets:
            return name
    elif not setting and not any(offsets):
        return None
    where = f"TZ is '{setting}'" if setting else f"it is called {name}" if name else "it has no name"
    city = next(iter(cities_at(offsets[0], now)), "Europe/Berlin")
    offset = now.astimezone(timezone(offsets[0])).strftime("%z")
    raise UnclearZoneProblem(
        f"the system's time zone is unclear: {where}, and its clock is at UTC{offset[:3]}:{offset[3:5]} now;"
        f" use --timezone with a city such as {city}"
    )


def _named_zone(setting: str | None) -> str | None:
    """Return the IANA name from the environment variable TZ (`setting`), else from the system's files."""
    import logging
    import warnings

    import tzlocal

    if setting == "":
        return "UTC"  # as the C library has it
    if setting:
        with contextlib.suppress(UsageProblem):
            return _plain_name(setting.removeprefix(":"))
        if not setting.removeprefix(":").startswith("/"):
            return None  # MYT-8: no name for it
    logging.getLogger("tzlocal").disabled = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            name: str | None = tzlocal.get_localzone_name()
            return _plain_name(name) if name else None
        except Exception:  # the files of the system contradict each other
            return None


def _plain_name(name: str) -> str:
    """Return the IANA name of a zone's file; UsageProblem unless it is one that reports take."""
    return find_zone(name.removeprefix("posix/")).key  # posix/X is X; right/X has leap seconds


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if required:
            raise ConfigProblem(
                f"there is no config file {path}: check --config or CONTACTREP_CONFIG"
            ) from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        said = (
            f"{error.strerror}: name another with --config"
            if isinstance(error, OSError)
            else "it is not UTF-8: save it as UTF-8"
        )
        raise ConfigProblem(f"cannot read the config file {path}: {said}") from None
    import tomllib  # takes 2 ms, which a run without a config does not need

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigProblem(f"cannot read the config file {path}: its values are nested too deep") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigProblem(f"the config file {path} is not valid TOML: {error}") from None


def _check_keys(values: Mapping[str, Any], path: Path) -> None:
    _known(values, (*_TEXTS, *_TABLES, _PROFILES), path, "")
    for table, names in _TABLES.items():
        if table in values:
            if not isinstance(values[table], dict):
                raise ConfigProblem(f"{path}: '{table}' must be a section: write [{table}]")
            _known(values[table], names, path, f"{table}.")


def _known(values: Mapping[str, Any], names: tuple[str, ...], path: Path, prefix: str) -> None:
    for key in values:
        if key not in names:
            if not prefix and key in NAMES:
                raise ConfigProblem(f"{path}: unknown key '{key}': filters belong under [filters]")
            raise unknown_key(str(path), key, names, prefix=prefix)


def _text(values: Mapping[str, Any], name: str, path: Path) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise ConfigProblem(f"{path}: '{name}' must be a quoted string, such as {name} = \"…\"")
    if name == "memory_limit" and not is_memory(value):
        raise ConfigProblem(f"{path}: memory_limit = '{value}': {HINT}")
    if name in _CHOICES:
        value = value.lower()
        if value not in _CHOICES[name]:
            raise ConfigProblem(f"{path}: {name} = '{value}': choose {either(_CHOICES[name])}")
    return value


def _store(store: str, path: Path) -> Path | ClusterTable:
    try:
        return ClusterTable.of(store) or path.parent / _expanded(store, path, "store = ")
    except UsageProblem as error:
        raise ConfigProblem(f"{path}: store: {error}") from None


def _expanded(place: str, path: Path, key: str = "") -> Path:
    """Return a path of a config file without `~`; `key` is what the message names."""
    try:
        return Path(place).expanduser()
    except RuntimeError:
        raise ConfigProblem(f"{path}: {key}'{place}': there is no such home folder") from None


def _filters(values: Mapping[str, Any], path: Path) -> Filters:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in values.items():
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ConfigProblem(f"{path}: 'filters.{name}' must be a string or a list of strings")
        if "" in texts:
            raise ConfigProblem(f"{path}: 'filters.{name}' is empty: give it a value, or leave it out")
        found[name] = tuple(texts)
    return Filters(**found)


def _profiles(values: Any, path: Path) -> dict[str, Profile]:
    """Return the profiles of a config file, with paths that start at its folder; addresses stay."""
    from contactrep.read.profiles import parse

    if not isinstance(values, dict):
        raise ConfigProblem(f"{path}: '{_PROFILES}' must be a section: write [{_PROFILES}.NAME]")
    folder = Path(glob.escape(str(path.absolute().parent)))  # files may be globs
    found = {}
    for name, table in values.items():
        profile = parse(name, table, place=str(path), origin="config")
        files = tuple(
            file if "://" in file else str(folder / _expanded(file, path)) for file in profile.files
        )
        found[name] = replace(profile, files=files)
    return found
