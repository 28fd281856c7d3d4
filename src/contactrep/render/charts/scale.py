"""The upright axis: round numbers that lie exactly on the edges of rows."""

from __future__ import annotations

from dataclasses import dataclass

from contactrep.phrases import number

_ROUND = (10, 20, 25, 50)
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
    for step in _steps(largest, _ROUND if most_ticks > 2 else _ROUND_AND_HALF):
        ticks = -(-largest // step)
        if ticks <= most_ticks:
            candidates.append(Scale(step, ticks, max(1, round(rows / ticks))))

    def waste(scale: Scale) -> tuple[float, int]:
        missing = abs(scale.rows - rows) * 0.01
        return (scale.top / largest + missing + 0.1 / scale.ticks, -scale.ticks)

    return min(candidates, key=waste)


def _steps(largest: int, factors: tuple[int, ...]) -> list[int]:
    """Round steps, whole, up to the first beyond `largest`: 1, 2, 5, then `factors` times a power of ten."""
    steps, power = [1, 2, 5], 1
    while power <= largest:
        steps += [factor * power for factor in factors]
        power *= 10
    return steps


def axis_number(value: int) -> str:
    """A round number beside an axis: `2,500`, `2.5 M` from a million on."""
    for size, name in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if value >= size:
            return f"{value / size:,.6g} {name}"
    return number(value)
