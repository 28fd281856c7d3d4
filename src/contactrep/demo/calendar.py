"""Event times of the sample: a weight for each hour.

The days are cut into slots of an hour (an import has a slot of its own), each with a weight for all
activity and one for what people do in the office. The running sum of the weights is a curve, and the n-th
of N events happens where the curve passes n/N. So days, weeks, growth and spikes are nothing but weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from contactrep.demo.dice import Die, roll

CELLS = 1 << 15
"""A curve is laid out on this many cells of equal activity."""

DAY = 86_400
_HOUR = 3_600

# What an hour and a weekday are worth: customers write from breakfast to bedtime, colleagues work by day.
_CUSTOMER_HOURS = (14, 8, 5, 3, 3, 5, 12, 26, 48, 74, 86, 84, 70, 72, 76, 74, 70, 66, 60, 58, 62, 60, 44, 26)
_OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 12, 60, 90, 84, 40, 56, 82, 88, 76, 50, 14, 0, 0, 0, 0, 0)
_CUSTOMER_WEEK = (108, 104, 100, 101, 95, 52, 40)
_OFFICE_WEEK = (118, 104, 100, 98, 84, 9, 4)
_GROWTH_PERCENT = 30

_MIDWEEK = (1, 2, 3)
_BROADCAST_AT = time(10)
_IMPORT_AT = time(15)
_IMPORT_PARTS = ((0, 7 * 60), (7 * 60, 5 * 60), (12 * 60, 48 * 60))
"""The hour of an import: before, during and after it, as (offset, length) in seconds."""
_RUSH_HOURS = 36


@dataclass(frozen=True)
class _Broadcast:
    """A message to many, with an import for it on the day before, in percent of an average day;
    `rush_percent` is by how much a campaign makes its first hour busier."""

    days_before: int
    import_percent: int
    rush_percent: int = 0


_BROADCASTS = (
    _Broadcast(0, 90, 320),
    _Broadcast(14, 70),
    _Broadcast(28, 110),
    _Broadcast(42, 60, 180),
    _Broadcast(63, 130),
    _Broadcast(77, 80),
)


@dataclass(frozen=True)
class Slot:
    """Some seconds (epoch, UTC) and what they are worth; `broadcast` is when its import is written to."""

    start: int
    seconds: int
    weight: int
    office: int
    broadcast: int | None = None


@dataclass(frozen=True)
class Calendar:
    """The days from `first` to `last` (epoch seconds); the last campaign was on the day `campaign`."""

    zone: ZoneInfo
    first: int
    last: int
    campaign: date

    @classmethod
    def until(cls, end: datetime, zone: ZoneInfo, days: int) -> Calendar:
        """The last `days` local days before `end` (aware), the day of its last second included."""
        last = int(end.timestamp())
        today = datetime.fromtimestamp(last - 1, zone).date()
        first = datetime.combine(today - timedelta(days=days - 1), time(), zone)
        before = (today - timedelta(days=back) for back in range(1, 8))
        return cls(
            zone, int(first.timestamp()), last, next(day for day in before if day.weekday() in _MIDWEEK)
        )

    def slots(self) -> list[Slot]:
        """Hour by hour, and imports in slots of their own, in the order of time."""
        hours = [self._hour(start) for start in range(self.first, self.last, _HOUR)]
        average_day = sum(hour.weight for hour in hours) * DAY // (self.last - self.first)
        imports = {self._at(cast.days_before + 1, _IMPORT_AT): cast for cast in _BROADCASTS}
        slots = []
        for hour in hours:
            if cast := imports.get(hour.start):
                weight = average_day * cast.import_percent // 100
                slots += _with_import(hour, weight, self._at(cast.days_before, _BROADCAST_AT))
            else:
                slots.append(hour)
        return slots

    def _at(self, days_before: int, clock: time) -> int:
        """The instant of `clock` so many days before the last campaign."""
        return int(
            datetime.combine(self.campaign - timedelta(days=days_before), clock, self.zone).timestamp()
        )

    def _hour(self, start: int) -> Slot:
        local = datetime.fromtimestamp(start, self.zone)
        seconds = min(_HOUR, self.last - start)
        growth = 100 * (self.last - self.first) + _GROWTH_PERCENT * (start - self.first)
        chance = (78 + roll(local.toordinal(), Die.DAY, 45)) * (80 + roll(start // _HOUR, Die.HOUR, 41))
        customers = _CUSTOMER_HOURS[local.hour] * _CUSTOMER_WEEK[local.weekday()] * self._rush(start)
        office = _OFFICE_HOURS[local.hour] * _OFFICE_WEEK[local.weekday()] * 100
        return Slot(start, seconds, customers * growth * chance * seconds, office * growth * chance * seconds)

    def _rush(self, start: int) -> int:
        """How busy campaigns make an hour, in percent: most at once, nothing after a day and a half."""
        rush = 100
        for cast in _BROADCASTS:
            hours = (start - self._at(cast.days_before, _BROADCAST_AT)) // _HOUR
            if 0 <= hours < _RUSH_HOURS:
                rush += cast.rush_percent * (_RUSH_HOURS - hours) ** 2 // _RUSH_HOURS**2
        return rush


def _with_import(hour: Slot, weight: int, broadcast: int) -> list[Slot]:
    """An hour in three parts, the one in the middle worth an import."""
    before, during, after = (
        Slot(hour.start + offset, seconds, hour.weight * seconds // _HOUR, hour.office * seconds // _HOUR)
        for offset, seconds in _IMPORT_PARTS
    )
    return [before, replace(during, weight=weight, broadcast=broadcast), after]


@dataclass(frozen=True)
class Curves:
    """The cells that all activity and the office's have filled at each slot's start, and at the end."""

    slots: Sequence[Slot]
    every: Sequence[int]
    office: Sequence[int]

    @classmethod
    def of(cls, slots: Sequence[Slot]) -> Curves:
        """The curves over some slots; where nobody was in the office, its curve is that of all."""
        every = _curve([slot.weight for slot in slots])
        worked = any(slot.office for slot in slots)
        return cls(slots, every, _curve([slot.office for slot in slots]) if worked else every)

    def lead(self) -> int:
        """By how many cells the office is ahead at most: who is older than that was there when it acts."""
        return max(office - every for every, office in zip(self.every, self.office, strict=True)) + 2


def _curve(weights: Sequence[int]) -> list[int]:
    sums = list(accumulate(weights, initial=0))
    return [CELLS * so_far // sums[-1] for so_far in sums]
