"""The time axis: labels below the bars that never touch, the densest that fit, and what they belong to.

Bars of days are labelled with days (`Fri 30`, else `30`, else each week's `2 Nov`, else months). A second
row names their month or year.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from contactrep.phrases import MONTHS, WEEKDAYS


@dataclass(frozen=True)
class Room:
    """Where labels may go: below bars of `width`, one every `pitch` from the left, on an axis of `whole`.

    All lengths are in the unit of `measure`, which returns the width of a text. Two labels are at least
    `clear` apart. With `centred`, a label is below the middle of its bar, else below its left edge. The
    labels of units, in the second row, never begin left of their first bar.
    """

    pitch: float
    width: float
    whole: float
    clear: float
    measure: Callable[[str], float]
    centred: bool = False


class Label(NamedTuple):
    """A text below the axis: where it begins, and its width."""

    left: float
    text: str
    width: float


@dataclass(frozen=True)
class _Tier:
    """One way to label: a label wherever `key` changes from one bar to the next, saying `text`.

    `below` is the tier of the second line. With `each`, every n-th bar has a label, whatever its key. With
    more than `most` bars the labels would be too dense.
    """

    key: Callable[[datetime], Hashable]
    text: Callable[[datetime], str]
    below: _Tier | None = None
    each: int = 0
    most: int = 10_000


def _month(wall: datetime) -> str:
    return MONTHS[wall.month - 1]


_MONTHS = _Tier(lambda wall: (wall.year, wall.month), lambda wall: f"{_month(wall)} {wall.year}")
_DAYS = _Tier(lambda wall: wall.date(), lambda wall: f"{WEEKDAYS[wall.weekday()]} {wall.day} {_month(wall)}")


def _years(step: int) -> _Tier:
    return _Tier(lambda wall: wall.year // step, lambda wall: f"{wall.year}")


_YEARS = _years(1)


def _hours(step: int) -> _Tier:
    return _Tier(lambda wall: (wall.date(), wall.hour // step), lambda wall: f"{wall:%H}", _DAYS)


def _dates(key: Callable[[datetime], Hashable]) -> _Tier:
    return _Tier(key, lambda wall: f"{wall.day} {_month(wall)}", _YEARS)


def _each(text: Callable[[datetime], str], below: _Tier | None, each: int = 1, most: int = 10_000) -> _Tier:
    return _Tier(lambda wall: wall, text, below, each, most)


_LONG = (
    _Tier(lambda wall: (wall.year, wall.month), _month, _YEARS),
    _Tier(lambda wall: (wall.year, (wall.month - 1) // 3), _month, _YEARS),
    _Tier(lambda wall: (wall.year, (wall.month - 1) // 6), _month, _YEARS),
    *(_years(step) for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)),
)
_WEEKS = (
    _dates(lambda wall: wall.date() - timedelta(days=wall.weekday())),
    _dates(lambda wall: (wall - timedelta(days=wall.weekday())).toordinal() // 14),
)
_TIERS: dict[str, tuple[_Tier, ...]] = {
    "hour": (
        *(_hours(step) for step in (1, 2, 3, 6, 12)),
        _Tier(_DAYS.key, lambda wall: f"{WEEKDAYS[wall.weekday()]} {wall.day}", _MONTHS),
        *_WEEKS,
        *_LONG,
    ),
    "day": (
        _each(lambda wall: f"{WEEKDAYS[wall.weekday()]} {wall.day}", _MONTHS),
        _each(lambda wall: f"{wall.day}", _MONTHS),
        _each(lambda wall: f"{wall.day}", _MONTHS, each=2, most=16),
        *_WEEKS,
        *_LONG,
    ),
    "week": (_each(lambda wall: f"{wall.day} {_month(wall)}", _YEARS), *_WEEKS[1:], *_LONG),
    "month": (_each(_month, _YEARS), *_LONG),
    "quarter": (_each(lambda wall: f"Q{(wall.month + 2) // 3}", _YEARS), *_LONG[1:]),
    "year": _LONG[3:],
}


def label_rows(starts: Sequence[datetime], by: str, room: Room) -> list[list[Label]]:
    """One or two rows of labels for bars that begin at `starts` (wall times) and are each a `by` long."""
    for tier in _TIERS[by]:
        labels = _labels(starts, tier, room)
        if len(starts) <= tier.most and not any(_touch(*pair, room) for pair in pairwise(labels)):
            break
    rows = [_apart(labels, room)]
    if tier.below is not None:
        below = _apart(_labels(starts, tier.below, room, of_units=True), room)
        if len(below) > 1 or tier.below is not _YEARS:
            rows.append(below)
    return rows


def _labels(starts: Sequence[datetime], tier: _Tier, room: Room, *, of_units: bool = False) -> list[Label]:
    """All labels of a tier, whether they touch or not."""
    labels: list[Label] = []
    last: Hashable = None
    for place, wall in enumerate(starts):
        key = place // tier.each if tier.each else tier.key(wall)
        if key == last:
            continue
        last = key
        text = tier.text(wall)
        width = room.measure(text)
        if width <= room.whole:
            shift = (room.width - width) / 2 if room.centred else 0
            left = place * room.pitch + (max(shift, 0) if of_units else shift)
            labels.append(Label(max(0, min(left, room.whole - width)), text, width))
    # The first unit is seldom whole: its label gives way to the next one.
    if len(labels) > 1 and not tier.each and _touch(labels[0], labels[1], room):
        labels = labels[1:]
    return labels


def _touch(one: Label, other: Label, room: Room) -> bool:
    return one.left + one.width + room.clear > other.left


def _apart(labels: Sequence[Label], room: Room) -> list[Label]:
    """The labels without those that would touch the one before."""
    kept: list[Label] = []
    for label in labels:
        if not kept or not _touch(kept[-1], label, room):
            kept.append(label)
    return kept
