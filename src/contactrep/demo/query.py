"""The sample as SQL: curves become instants, contacts get sources, some are connected, deleted or merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from contactrep.demo import names
from contactrep.demo.calendar import CELLS, DAY, Calendar, Curves
from contactrep.demo.dice import Die, by_weight, literal, one_of, roll_sql
from contactrep.events import ADDED, COLUMNS, CONNECTED, DELETED, KINDS, KNOWN_SOURCES, MERGED
from contactrep.zones import transitions, utc_offset

DAYS = 90

_PERCENT = {CONNECTED: 33, DELETED: 9, MERGED: 3}
"""Of all events; the others are `added`."""

_POINTS = 1 << 16
"""How many places a cell of a curve has."""

_USER, _IMPORT, _API, _INCOMING, _ECHO, _ZAPIER, _BROADCAST = range(len(KNOWN_SOURCES))
"""The known sources, in their order."""

# Who wrote to us is connected at once; who was only typed in is not.
_ADDED_AND_CONNECTED = {_INCOMING: 72, _ECHO: 9, _API: 7, _USER: 8, _ZAPIER: 4}
_ADDED_ONLY = {_API: 34, _USER: 27, _ZAPIER: 20, _IMPORT: 19}

_CHANNELS = {
    "WhatsApp": 452,
    "Facebook Messenger": 158,
    "Instagram": 121,
    "Telegram": 76,
    "LINE": 58,
    "Web Chat": 49,
    "Email": 38,
    "SMS": 22,
    "Viber": 12,
    "WeChat": 8,
    None: 6,  # a channel that was removed since
}
_ECHO_CHANNELS = {"Facebook Messenger": 720, "Instagram": 280}
_BROADCAST_CHANNELS = {"WhatsApp": 810, "SMS": 100, "Email": 90}
_BROADCAST_SECONDS = 40 * 60

_AGES_PERCENT = (6, 13, 30)
"""How much of all activity a contact has seen before it is deleted or merged, on top of what is safe."""

_FIRST_CONTACT, _IDS_EACH = 31_000_000, 7


def sample_events(events: int, end: datetime, zone: ZoneInfo, days: int = DAYS) -> str:
    """A DuckDB query that gives exactly `events` events, oldest first, the last ones right before `end`.

    `end` is aware; `zone` is where the workspace has its days, office hours and weekends. The events cover
    `days` local days, that of `end` included. The columns are `ts` (TIMESTAMP in UTC, whole seconds) and
    the canonical ones from `event` to `user_name`. No two events have the same identity.
    """
    calendar = Calendar.until(end, zone, days)
    curves = Curves.of(calendar.slots())
    counts = {kind: events * percent // 100 for kind, percent in _PERCENT.items()}
    counts[ADDED] = events - sum(counts.values())
    ages = [curves.lead() + CELLS * percent // 100 for percent in _AGES_PERCENT]
    older = ages[-1] * counts[ADDED] // CELLS + 16
    # What is used twice is computed twice: DuckDB would keep all of it in memory, 20 million events in 1 GB.
    return f"""
WITH {_slot_tables(curves)},
contacts AS NOT MATERIALIZED ({_contacts(counts[ADDED], counts[CONNECTED], older)}),
sourced AS NOT MATERIALIZED ({_sourced()}),
connected AS ({_connected(calendar.last)}),
events AS (
    SELECT happened, {KINDS.index(ADDED)} AS kind, number, source FROM sourced
    UNION ALL SELECT happened, {KINDS.index(CONNECTED)}, number, source FROM connected
    UNION ALL {_old(DELETED, counts, older, 4, dict(enumerate(ages)))}
    UNION ALL {_old(MERGED, counts, older, 8, {2: ages[0], 6: ages[1]})}
)
{_written(calendar)}"""


def _slot_tables(curves: Curves) -> str:
    """The two curves as tables: a row a cell, with its slot and its step within the slot."""
    slots = curves.slots
    columns: Mapping[str, Sequence[int | None]] = {
        "start": [slot.start for slot in slots],
        "seconds": [slot.seconds for slot in slots],
        "broadcast": [slot.broadcast for slot in slots],
        "staffed": [int(slot.office > 0) for slot in slots],
        "first_cell": curves.every[:-1],
        "cells": _steps(curves.every),
        "first_office_cell": curves.office[:-1],
        "office_cells": _steps(curves.office),
    }
    return f"""slots AS (
    SELECT {", ".join(f"unnest({_numbers(values)}) AS {name}" for name, values in columns.items())}
),
cells AS (
    SELECT first_cell + step AS cell, start, seconds, cells, step, staffed > 0 AS staffed, broadcast
    FROM slots, unnest(range(cells)) AS steps(step)
),
office AS (
    SELECT first_office_cell + step AS cell, start, seconds, office_cells AS cells, step
    FROM slots, unnest(range(office_cells)) AS steps(step)
)"""


def _steps(sums: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise(sums)]


def _numbers(values: Iterable[int | None]) -> str:
    """A list as one text: thousands of literals would take longer to plan than the events to make."""
    return f"'[{','.join(literal(value) for value in values)}]'::BIGINT[]"


_HAPPENED = f"start + (step * {_POINTS} + place % {_POINTS}) * seconds // (cells * {_POINTS})"
"""The second of a place on a curve, for a row with the cell that it falls in."""


def _place(index: str, die: Die, total: int) -> str:
    """Where on its curve the one of `total` with this index happens, in points."""
    return f"({index} * {_POINTS} + {roll_sql(index, die, _POINTS)}) * {CELLS} // {max(1, total)}"


def _contacts(added: int, connected: int, older: int) -> str:
    """The contacts added in these days, in order; those that will be connected are spread evenly.

    Their numbers begin at `older`, for the numbers below were there before the first day.
    """
    nearest = f"(range * {connected} + {added - 1}) // {max(1, added)}"
    return f"""
    SELECT number, {_HAPPENED} AS happened, staffed, broadcast, connects,
        {roll_sql("number", Die.SOURCE, 100)} AS source_fate
    FROM (
        SELECT range + {older} AS number, {_place("range", Die.ADDED, added)} AS place,
            {nearest} < {connected} AND {nearest} * {added} // {max(1, connected)} = range AS connects
        FROM range({added})
    ) JOIN cells ON cell = place // {_POINTS}
"""


def _sourced() -> str:
    """How each contact was added; users do it only while someone is in the office."""
    return f"""
    SELECT *, CASE
        WHEN broadcast IS NOT NULL THEN {_IMPORT}
        WHEN source_wish = {_USER} AND NOT staffed THEN CASE WHEN connects THEN {_INCOMING} ELSE {_API} END
        ELSE source_wish END AS source
    FROM (
        SELECT *, CASE WHEN connects THEN {by_weight("source_fate", _ADDED_AND_CONNECTED)}
            ELSE {by_weight("source_fate", _ADDED_ONLY)} END AS source_wish
        FROM contacts
    )
"""


def _connected(last: int) -> str:
    """When contacts were connected: at once if they wrote, by the broadcast if imported; before `last`."""
    return f"""
    SELECT number, happened + CASE WHEN delay < room THEN delay ELSE delay % room END AS happened,
        CASE WHEN broadcast IS NULL THEN source ELSE {_BROADCAST} END AS source
    FROM (
        SELECT *, {last} - happened AS room, CASE
            WHEN broadcast IS NOT NULL
                THEN broadcast - happened + {roll_sql("number", Die.DELAY, _BROADCAST_SECONDS)}
            WHEN source IN ({_INCOMING}, {_ECHO}) THEN {roll_sql("number", Die.DELAY, 3)} // 2
            WHEN source = {_USER} THEN 60 + {roll_sql("number", Die.DELAY, 7200)}
            ELSE 1 + {roll_sql("number", Die.DELAY, 30)} END AS delay
        FROM sourced WHERE connects
    )
"""


def _old(kind: str, counts: Mapping[str, int], older: int, step: int, ages: Mapping[int, int]) -> str:
    """What users do to contacts that are some time old. These stand in groups of `step`; `ages` maps the
    places in a group that are taken to their age in cells. What is merged into a contact is the next one,
    at a place where nothing is deleted; the contact itself may be deleted when it is older."""
    added, total = counts[ADDED], max(1, counts[kind])
    die, age_die = {DELETED: (Die.DELETED, Die.DELETED_AGE), MERGED: (Die.MERGED, Die.MERGED_AGE)}[kind]
    age = " ".join(f"WHEN {nth} THEN {cells * added // CELLS}" for nth, cells in enumerate(ages.values()))
    return f"""SELECT {_HAPPENED}, {KINDS.index(kind)}, number, {_USER} FROM (
        SELECT {_place("range", die, total)} AS place,
            (range * {added} // {total} + {older - step - 1} - CASE pick {age} END) // {step} * {step}
                + {[*ages]}[pick + 1] AS number
        FROM (SELECT range, {roll_sql("range", age_die, len(ages))} AS pick FROM range({counts[kind]}))
    ) JOIN office ON cell = place // {_POINTS}"""


def _written(calendar: Calendar) -> str:
    """The events in the order of time, and in words."""
    return f"""
SELECT make_timestamp(happened * 1000000) AS ts,
    {one_of(KINDS, "kind")} AS event,
    {_contact_id("number")} AS contact_id,
    CASE WHEN kind = {KINDS.index(MERGED)} THEN {_contact_id("(number + 1)")} END AS merged_contact_id,
    {_contact_name()} AS contact_name,
    {_channel()} AS channel,
    {one_of(KNOWN_SOURCES, "source")} AS source,
    user_id,
    {_user_name()} AS user_name
FROM (SELECT *, {_user(calendar)} AS user_id FROM (
    SELECT *, {roll_sql("number", Die.CHANNEL, 1000)} AS channel_fate,
        {roll_sql("number", Die.NAME_KIND, 1000)} AS name_fate,
        {roll_sql("number", Die.BEGINNING, len(names.BEGINNINGS))} AS beginning,
        {roll_sql(f"(number * {len(KINDS)} + kind)", Die.USER, _POINTS)} AS user_fate
    FROM (SELECT * FROM events ORDER BY happened, kind, number)
))"""


def _contact_id(number: str) -> str:
    """Numbers that grow with time and leave gaps."""
    return f"({_FIRST_CONTACT} + {number} * {_IDS_EACH} + {roll_sql(number, Die.ID, _IDS_EACH)})::VARCHAR"


def _contact_name() -> str:
    """Most have a first and a last name; some are nothing, a number or a shop, and some carry an emoji."""
    each = names.ENDINGS_EACH
    shop, emoji = (
        one_of(values, roll_sql("number", die, len(values)))
        for values, die in ((names.SHOPS, Die.ENDING), (names.EMOJI, Die.EMOJI))
    )
    ending = f"beginning // {each} * {each} + {roll_sql('number', Die.ENDING, each)}"
    return f"""CASE
        WHEN name_fate < 15 THEN NULL
        WHEN name_fate < 32 THEN '+60 1' || {roll_sql("number", Die.BEGINNING, 10)}
            || '-555 ' || lpad({roll_sql("number", Die.ENDING, 10_000)}::VARCHAR, 4, '0')
        WHEN name_fate < 46 THEN {shop}
        ELSE {one_of(names.BEGINNINGS, "beginning")} || {one_of(names.ENDINGS, ending)}
            || CASE WHEN name_fate < 70 THEN ' ' || {emoji} ELSE '' END
        END"""


def _channel() -> str:
    """Where the contact wrote or was written to; an added contact that did neither has none."""
    added, connected = KINDS.index(ADDED), KINDS.index(CONNECTED)
    return f"""CASE
        WHEN kind NOT IN ({added}, {connected}) THEN NULL
        WHEN kind = {added} AND source NOT IN ({_INCOMING}, {_ECHO}) THEN NULL
        WHEN source = {_ECHO} THEN {by_weight("channel_fate", _ECHO_CHANNELS)}
        WHEN source = {_BROADCAST} THEN {by_weight("channel_fate", _BROADCAST_CHANNELS)}
        ELSE {by_weight("channel_fate", _CHANNELS)} END"""


def _user(calendar: Calendar) -> str:
    """The id of the user who did it, one of those still there: one left early, and one yesterday."""
    left_early = calendar.first + (calendar.last - calendar.first) * 3 // 5
    left_late = calendar.last - DAY
    stayed = {user: share for user, share in names.WORK.items() if user not in names.LEFT}
    before_late = stayed | {names.LEFT_LATE: names.WORK[names.LEFT_LATE]}
    early, late, still = (
        by_weight(f"user_fate % {sum(work.values())}", work) for work in (names.WORK, before_late, stayed)
    )
    return f"""CASE WHEN source <> {_USER} THEN NULL
        WHEN happened < {left_early} THEN {early} WHEN happened < {left_late} THEN {late} ELSE {still} END"""


def _user_name() -> str:
    """Who was removed has left only an id."""
    known = (user for user in names.sample_users() if user[0] not in names.LEFT)
    return (
        f"CASE user_id {' '.join(f'WHEN {literal(user)} THEN {literal(name)}' for user, name in known)} END"
    )


def saved_events(events: int, end: datetime, zone: ZoneInfo, *, native: bool) -> str:
    """The query of `sample_events` under the canonical columns' own names, as a file has them.

    `native` gives instants; else the timestamp is ISO 8601 text with the offset of the zone.
    """
    timestamp = "ts::TIMESTAMPTZ" if native else _timestamp_text(end, zone)
    rest = ", ".join(COLUMNS[1:])
    return f"SELECT {timestamp} AS timestamp, {rest} FROM ({sample_events(events, end, zone)})"


def _timestamp_text(end: datetime, zone: ZoneInfo) -> str:
    # The first day starts at a local midnight, so its first change may be a day more than DAYS ago.
    last_instant = end.astimezone(UTC)
    changes = transitions(zone, last_instant - timedelta(days=DAYS + 2), last_instant)
    branches = "".join(
        f"WHEN ts < TIMESTAMP '{change.at.replace(tzinfo=None)}' THEN {_shifted(change.before)} "
        for change in changes
    )
    last = _shifted(utc_offset(end, zone))
    return f"CASE {branches}ELSE {last} END" if branches else last


def _shifted(offset: timedelta) -> str:
    """`ts` on the wall clock of an offset, with the offset behind it."""
    seconds = offset // timedelta(seconds=1)
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    suffix = f"{sign}{minutes // 60:02}:{minutes % 60:02}"
    return f"strftime(ts + to_seconds({seconds}), '%Y-%m-%dT%H:%M:%S{suffix}')"
