"""The upright axis: round numbers that lie exactly on the edges of rows."""

from __future__ import annotations

from dataclasses import dataclass

from contactrep.render.geometry.axis import axis_number, round_steps

_ROUND_AND_HALF = (10, 15, 20, 25, 30, 40, 50, 60, 80)


@dataclass(frozen=True)
class Scale:
    """`ticks` steps of `step` from 0 up, each `rows_each` rows tall."""

    step: int
    ticks: int
    rows_each: int

    @property
    def top(self) -> int:
        """The value at the upper edge of the chart."""
        return self.step * self.ticks

    @property
    def rows(self) -> int:
        """The height of the chart."""
        return self.ticks * self.rows_each

    def eighths(self, value: int) -> int:
        """The height of a value in eighths of a row: 0 only for 0, so that one event is visible."""
        return max(1, round(value * self.rows * 8 / self.top)) if value > 0 else 0

    def label_at(self, row: int) -> str:
        """The number at the upper edge of a row (0 is the lowest); empty between the ticks."""
        tick, between = divmod(row + 1, self.rows_each)
        return "" if between else axis_number(tick * self.step)

    @property
    def label_width(self) -> int:
        """The cells that the longest label takes."""
        return max(len(axis_number(tick * self.step)) for tick in range(self.ticks + 1))


def fitting_scale(largest: int, rows: int, *, most_ticks: int = 5) -> Scale:
    """The scale of about `rows` rows that wastes the least height above `largest`."""
    largest = max(largest, 1)
    candidates = []
    for step in round_steps(largest) if most_ticks > 2 else round_steps(largest, _ROUND_AND_HALF):
        ticks = -(-largest // step)
        if ticks <= most_ticks:
            candidates.append(Scale(step, ticks, max(1, round(rows / ticks))))

    def waste(scale: Scale) -> tuple[float, int]:
        missing = abs(scale.rows - rows) * 0.01
        return (scale.top / largest + missing + 0.1 / scale.ticks, -scale.ticks)

    return min(candidates, key=waste)
