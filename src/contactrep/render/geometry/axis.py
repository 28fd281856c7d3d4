"""The upright axis: which round numbers are beside it."""

from __future__ import annotations

from dataclasses import dataclass

from contactrep.phrases import number

ROUND = (10, 20, 25, 50)

MOST_TICKS = 5
"""The largest number of steps of an axis."""


@dataclass(frozen=True)
class Axis:
    """A number at every `step`, from `below` steps under zero to `above` steps over it."""

    step: int
    below: int
    above: int

    @property
    def lowest(self) -> int:
        """The value at the lower edge, 0 or less."""
        return -self.below * self.step

    @property
    def highest(self) -> int:
        """The value at the upper edge."""
        return self.above * self.step

    @property
    def ticks(self) -> list[int]:
        """The values with a number and a line, from the lowest up."""
        return [place * self.step for place in range(-self.below, self.above + 1)]

    def height(self, value: float) -> float:
        """The height of a value: 0 at the lower edge, 1 at the upper one."""
        return (value - self.lowest) / (self.highest - self.lowest)


def fitting_axis(smallest: int, largest: int, *, most_ticks: int = MOST_TICKS) -> Axis:
    """The axis that wastes the least height below `smallest` and above `largest`; 0 is always on it."""
    smallest, largest = min(smallest, 0), max(largest, 0 if smallest < 0 else 1)
    candidates = []
    for step in round_steps(max(largest, -smallest)):
        axis = Axis(step, -(smallest // step), -(-largest // step))
        if axis.below + axis.above <= most_ticks:
            candidates.append(axis)

    def waste(axis: Axis) -> float:
        return (axis.highest - axis.lowest) / (largest - smallest) + 0.1 / (axis.below + axis.above)

    return min(candidates, key=waste)


def round_steps(largest: int, factors: tuple[int, ...] = ROUND) -> list[int]:
    """Round steps, whole, up to the first beyond `largest`: 1, 2, 5, then `factors` times a power of ten."""
    steps, power = [1, 2, 5], 1
    while power <= largest:
        steps += [factor * power for factor in factors]
        power *= 10
    return steps


def axis_number(value: int) -> str:
    """A round number beside an axis: `2,500`, `2.5 M` from a million on, `−50` below zero."""
    if value < 0:
        return f"−{axis_number(-value)}"
    for size, name in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if value >= size:
            return f"{value / size:,.6g} {name}"
    return number(value)
