"""Time zones: wall clock ↔ instant, and where a zone's offset changes. Pure; the zone is an argument.

A wall time is a naive `datetime`; an instant is an aware one in UTC. An ambiguous time
means its first occurrence; a nonexistent time is shifted forward: `zoneinfo` with fold=0 (PEP 495).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

from contactrep.errors import StoreProblem, UsageProblem, closest, either

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_PROBE = 3 * _DAY  # the shortest time between two changes known of any zone is almost four (Freetown, 1939)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Transition:
    """An instant (UTC) from which on a zone's offset is `after`, having been `before`.

    The wall times from `starts` until before `ends` occur twice where `after` is less than `before`, never
    where it is more; from `ends` on, `after` governs.
    """

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def starts(self) -> datetime:
        """The first wall time that occurs twice or never."""
        return self.at.replace(tzinfo=None) + min(self.before, self.after)

    @property
    def ends(self) -> datetime:
        """The wall time up to which those occur twice or never."""
        return self.at.replace(tzinfo=None) + max(self.before, self.after)


def find_zone(name: str, now: datetime | None = None) -> ZoneInfo:
    """The zone of an IANA name. UsageProblem, with cities that the name may mean, where there is none.

    The cities of an offset such as `GMT+8` are those with that offset at `now` (aware), if given.
    """
    if not isinstance(name, str):
        raise UsageProblem(f"timezone is {name!r}: give it an IANA name such as 'Europe/Berlin'")
    if zone := known_zone(name):
        return zone
    raise UsageProblem(f"unknown time zone '{name}': {_hint(name, now)}")


def zone_of_store(name: str) -> ZoneInfo:
    """The zone of a store; StoreProblem if the time zone data of this machine are older than its name."""
    if zone := known_zone(name):
        return zone
    raise StoreProblem(
        f"this machine does not know the store's time zone '{name}': update its time zone data with"
        " python -m pip install --upgrade tzdata (reports also take --timezone)"
    )


def known_zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, None when there is none."""
    try:
        return None if _NO_ZONES.match(name) else ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def zone_in_any_case(name: str) -> ZoneInfo | None:
    """The zone that a header names, such as `utc` or `asia/tokyo`. An abbreviation such as `est` is matched
    only as it is written."""
    return known_zone(name) or known_zone(_names_by_key().get(name.casefold(), ""))


@cache
def _names_by_key() -> Mapping[str, str]:
    names = (name for name in available_timezones() if "/" in name or name in ("UTC", "GMT"))
    return {name.casefold(): name for name in names}


def is_offset(text: str) -> bool:
    """Whether a text is an offset such as `GMT+8`, or an abbreviation such as `JST`, which names no zone."""
    wanted = text.strip().upper()
    return bool(re.fullmatch(_OFFSET, wanted)) or wanted in _ABBREVIATIONS


def meant(word: str) -> Sequence[str]:
    """The zone of this name, or the cities that an abbreviation may mean; empty for other words."""
    return (word,) if known_zone(word) else _ABBREVIATIONS.get(word.upper(), ())


def may_mean(text: str, zone: ZoneInfo) -> bool:
    """Whether an offset (in January or July) or an abbreviation fits a zone; see `is_offset`."""
    wanted = text.strip().upper()
    if match := re.fullmatch(_OFFSET, wanted):
        ahead = _ahead(*match.groups())
        return any(utc_offset(datetime(2026, month, 1, tzinfo=UTC), zone) == ahead for month in (1, 7))
    return zone.key in _ABBREVIATIONS[wanted]


def _ahead(sign: str, hours: str, minutes: str | None) -> timedelta:
    ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return ahead if sign == "+" else -ahead


def cities_at(offset: timedelta, now: datetime) -> list[str]:
    """The names of a few zones that are ahead of UTC by `offset` at `now` (aware), well-known ones first."""
    others = sorted(name for name in available_timezones() if re.match(_CITY, name) and name not in _CITIES)
    at_offset = (name for name in (*_CITIES, *others) if utc_offset(now, ZoneInfo(name)) == offset)
    return list(islice(at_offset, _FEW))


def _hint(name: str, now: datetime | None) -> str:
    """What to write in place of an unknown name: never Etc/GMT+8, whose sign is reversed."""
    wanted = name.strip().upper()
    cities: Sequence[str] = _ABBREVIATIONS.get(wanted, ())
    if now and (match := re.fullmatch(_OFFSET, wanted)):
        cities = cities_at(_ahead(*match.groups()), now)
    if cities:
        return f"use a city such as {either(cities)}"
    # Of two abbreviations, or two numbers, that look alike, each is another offset.
    zones = [other for other in available_timezones() if not _NO_ZONES.match(other)]
    near = closest(name, zones) if len(name) > _LONGEST_ABBREVIATION else []
    near = [other for other in near if not re.search("[0-9]", other + name)]
    near = near or [other for other in zones if other.casefold() == name.casefold()]
    return f"did you mean {either(near)}?" if near else "use an IANA name such as Europe/Berlin"


_NO_ZONES = re.compile("posixrules$|localtime$|Factory$|posix/|right/")
"""Files beside the zones: the machine's own settings, and zones that count leap seconds."""

_FEW = 3
_LONGEST_ABBREVIATION = 5
_OFFSET = r"(?:ETC/UTC|UTC|GMT|Z)? ?([+−-]) ?([0-9]{1,2})(?::?([0-5][0-9]))?"
_CITY = "(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/"

_WELL_KNOWN = """
Asia/Kuala_Lumpur Asia/Singapore Asia/Hong_Kong Asia/Shanghai Asia/Tokyo Asia/Kolkata Asia/Jakarta
Asia/Bangkok Asia/Dubai Asia/Seoul Asia/Manila Europe/London Europe/Berlin Europe/Paris Europe/Madrid
Europe/Istanbul Europe/Athens Europe/Helsinki Europe/Moscow Europe/Lisbon America/New_York America/Chicago
America/Denver America/Los_Angeles America/Sao_Paulo America/Mexico_City America/Bogota America/Lima
America/Toronto America/Halifax America/Argentina/Buenos_Aires America/Caracas America/Santiago
America/St_Johns America/Anchorage America/Phoenix America/La_Paz America/Noronha Australia/Sydney
Australia/Melbourne Australia/Brisbane Australia/Perth Australia/Adelaide Australia/Darwin Africa/Lagos
Africa/Johannesburg Africa/Cairo Africa/Nairobi Africa/Accra Africa/Casablanca Asia/Karachi Asia/Dhaka
Asia/Riyadh Asia/Tehran Asia/Kabul Asia/Kathmandu Asia/Yangon Asia/Tashkent Asia/Ho_Chi_Minh Asia/Taipei
Asia/Jerusalem Pacific/Auckland Pacific/Honolulu Pacific/Fiji Pacific/Guam Pacific/Noumea Pacific/Tongatapu
Pacific/Pago_Pago Pacific/Kiritimati Pacific/Chatham Pacific/Marquesas Atlantic/Azores Atlantic/Cape_Verde
Atlantic/Reykjavik
"""
_CITIES = tuple(_WELL_KNOWN.split())
"""Well-known cities, the better known of an offset first."""

_MEANT = """
ACST Australia/Adelaide Australia/Darwin; AEDT Australia/Sydney Australia/Melbourne;
AEST Australia/Sydney Australia/Brisbane; AKST America/Anchorage; AMT America/Manaus Asia/Yerevan;
ART America/Argentina/Buenos_Aires; AST America/Halifax Asia/Riyadh; AWST Australia/Perth;
BRT America/Sao_Paulo; BST Europe/London Asia/Dhaka; CAT Africa/Maputo Africa/Harare;
CDT America/Chicago America/Havana; CEST Europe/Berlin Europe/Paris Europe/Madrid; CLT America/Santiago;
COT America/Bogota; CST America/Chicago Asia/Shanghai America/Mexico_City; EAT Africa/Nairobi;
EDT America/New_York America/Toronto; EEST Europe/Athens Europe/Helsinki Europe/Kyiv; GST Asia/Dubai;
HKT Asia/Hong_Kong; ICT Asia/Bangkok Asia/Ho_Chi_Minh; IDT Asia/Jerusalem; IRST Asia/Tehran;
IST Asia/Kolkata Europe/Dublin Asia/Jerusalem; JST Asia/Tokyo; KST Asia/Seoul; MDT America/Denver;
MSK Europe/Moscow; MYT Asia/Kuala_Lumpur; NPT Asia/Kathmandu; NZDT Pacific/Auckland; NZST Pacific/Auckland;
PDT America/Los_Angeles; PET America/Lima; PHT Asia/Manila; PKT Asia/Karachi;
PST America/Los_Angeles Asia/Manila; SAST Africa/Johannesburg; SGT Asia/Singapore;
SST Pacific/Pago_Pago Asia/Singapore; TRT Europe/Istanbul; WAT Africa/Lagos; WEST Europe/Lisbon;
WIB Asia/Jakarta; WIT Asia/Jayapura; WITA Asia/Makassar
"""
_ABBREVIATIONS = {name: tuple(cities) for name, *cities in map(str.split, _MEANT.split(";"))}
"""Abbreviations that are not IANA names, and the cities that they may mean."""


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant (aware, UTC) of a wall time (naive) in `zone`; OverflowError beyond years 1 to 9999."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def to_wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock in `zone` shows at an instant: a naive datetime."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def epoch_us(instant: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z, exact."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def are_same(one: ZoneInfo, other: ZoneInfo) -> bool:
    """Whether two zones have the same offset at every time from 1990 to 2049."""
    start, end = datetime(1990, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
    first, second = ((utc_offset(start, it), transitions(it, start, end)) for it in (one, other))
    return one.key == other.key or first == second


def transitions(zone: ZoneInfo, start: datetime, end: datetime) -> list[Transition]:
    """Every change of offset in (start, end], in order; `start` and `end` are instants (aware, UTC).

    `zoneinfo` does not tell them, so every third day is probed and a change found by bisection.
    """
    found = []
    low, before = start, utc_offset(start, zone)
    while low < end:
        high = low + _PROBE if end - low > _PROBE else end
        after = utc_offset(high, zone)
        if after != before:
            found.append(Transition(_bisect(zone, low, high, before), before, after))
        low, before = high, after
    return found


def day_in(zone: ZoneInfo, day: date) -> Transition:
    """The change of offset on a date in `zone`; without one, a Transition at its start between equal offsets.

    OverflowError within two days of the years 1 and 9999.
    """
    first = datetime.combine(day, time.min)
    last = first + _DAY
    walls = [wall.replace(tzinfo=zone, fold=fold) for wall in (first, last) for fold in (0, 1)]
    if len({wall.utcoffset() for wall in walls}) > 1:
        around = first.replace(tzinfo=UTC) - 2 * _DAY, last.replace(tzinfo=UTC) + 2 * _DAY
        for change in transitions(zone, *around):
            if change.starts < last and change.ends > first:
                return change
    offset = utc_offset(walls[0], zone)
    return Transition(walls[0].astimezone(UTC), offset, offset)


def _bisect(zone: ZoneInfo, low: datetime, high: datetime, before: timedelta) -> datetime:
    """The first whole second in (low, high] at which the offset is no longer `before`."""
    low = low.replace(microsecond=0)
    seconds = range((high - low) // _SECOND + 1)
    return low + _SECOND * bisect_left(
        seconds, x=True, key=lambda after: utc_offset(low + after * _SECOND, zone) != before
    )


def utc_offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    """How far the wall clock of `zone` is ahead of UTC at an instant."""
    return cast(timedelta, instant.astimezone(zone).utcoffset())
