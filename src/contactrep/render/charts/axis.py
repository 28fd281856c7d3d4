"""The time axis: labels under the bars that never touch, the densest that fit, and what they belong to.

Bars of days are labelled with days (`Fri 30`, else `30`, else each week's `2 Nov`, else months). A second
line names their month or year.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from contactrep.phrases import MONTHS, WEEKDAYS

_CLEAR = 2
"""Cells between two labels, at the least."""


@dataclass(frozen=True)
class Slots:
    """Where the bars are: `count` groups of `width` cells, one every `pitch` cells from the left."""

    count: int
    pitch: int
    width: int

    @property
    def cells(self) -> int:
        """The cells from the first group's left edge to the last one's right edge."""
        return (self.count - 1) * self.pitch + self.width if self.count else 0


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


def axis_lines(starts: Sequence[datetime], by: str, slots: Slots, width: int) -> list[str]:
    """The lines of labels under bars that begin at `starts` (wall times), none wider than `width`."""
    for tier in _TIERS[by]:
        labels = _labels(starts, tier, slots, width)
        if len(starts) <= tier.most and not any(_touch(*pair) for pair in pairwise(labels)):
            break
    lines = [_line(labels)]
    if tier.below is not None:
        below = _labels(starts, tier.below, slots, width)
        if len(below) > 1 or tier.below is not _YEARS:
            lines.append(_line(below))
    return lines


def _labels(starts: Sequence[datetime], tier: _Tier, slots: Slots, width: int) -> list[tuple[int, str]]:
    """The position and the text of each label of a tier."""
    labels: list[tuple[int, str]] = []
    last: Hashable = None
    for place, wall in enumerate(starts):
        if (place % tier.each) if tier.each else (place and tier.key(wall) == last):
            continue
        last = tier.key(wall)
        text = tier.text(wall)
        if len(text) <= width:
            labels.append((min(place * slots.pitch, width - len(text)), text))
    # The first unit is seldom whole: its label gives way to the next one.
    if len(labels) > 1 and not tier.each and _touch(labels[0], labels[1]):
        labels = labels[1:]
    return labels


def _touch(one: tuple[int, str], other: tuple[int, str]) -> bool:
    return one[0] + len(one[1]) + _CLEAR > other[0]


def _line(labels: Sequence[tuple[int, str]]) -> str:
    """The labels in their places; one that would touch the one before is left out."""
    line = ""
    for left, text in labels:
        if not line or left >= len(line) + _CLEAR:
            line = line.ljust(left) + text
    return line
