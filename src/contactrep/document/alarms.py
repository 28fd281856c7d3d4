"""What `check` says of the conditions that hold: a line for each."""

from __future__ import annotations

from collections.abc import Iterator

from contactrep.phrases import number, said_range
from contactrep.report import Check, Judgement

_MOST_DIGITS = 9


def alarms(answer: Check) -> Iterator[str]:
    """A line for each condition that holds: `net < 0: -3 < 0 (net -3), Wed 4 Nov 2026`."""
    for judged in answer.conditions:
        if judged.holds and judged.sides is not None:
            left, right = _shown(judged, judged.sides)
            counts = ", ".join(f"{name} {number(count)}" for name, count in judged.counts.items())
            caution = "; the previous period is incomplete" if judged.is_incomplete else ""
            dates = said_range(answer.range)
            yield f"{judged.text}: {left} {judged.comparison} {right} ({counts}{caution}), {dates}"


def _shown(judged: Judgement, sides: tuple[float, float]) -> tuple[str, str]:
    """Both sides, with as many digits as tell them apart."""
    fewest = 1 if judged.is_percentage else 2
    most = _MOST_DIGITS if sides[0] != sides[1] else fewest + 1
    for digits in range(fewest, most):
        left, right = (_value(side, digits, percent=judged.is_percentage) for side in sides)
        if left != right:
            break
    return left, right


def _value(value: float, digits: int, *, percent: bool) -> str:
    """`-70.0 %`, `1,234` or `2.5`."""
    if percent:
        return f"{value * 100:,.{digits}f} %"
    return number(value) if isinstance(value, int) else f"{value:,.{digits}f}"
