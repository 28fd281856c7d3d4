"""The time axis of a terminal: the labels of `geometry.dates` as lines of characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contactrep.render.geometry.dates import Label, Room, label_rows

_CLEAR = 2
"""The least distance of two labels, in cells."""


@dataclass(frozen=True)
class Slots:
    """Where the bars are: `count` groups of `width` cells, one every `pitch` cells, the first at `left`."""

    count: int
    pitch: int
    width: int
    left: int = 0

    @property
    def cells(self) -> int:
        """The cells from the first group's left edge to the last one's right edge."""
        return (self.count - 1) * self.pitch + self.width if self.count else 0


def axis_lines(starts: Sequence[datetime], by: str, slots: Slots, width: int) -> list[str]:
    """The lines of labels under bars that begin at `starts` (wall times), none wider than `width`."""
    room = Room(slots.pitch, slots.width, width, _CLEAR, len)
    return [_line(row) for row in label_rows(starts, by, room)]


def _line(labels: Sequence[Label]) -> str:
    line = ""
    for label in labels:
        line = line.ljust(int(label.left)) + label.text
    return line
