"""The arcs of a donut, clockwise from the top."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

from contactrep.document.blocks import Part, Parts


@dataclass(frozen=True)
class Arc:
    """A part, by its place among the gathered parts, from `start` to `end` in turns (0 to 1)."""

    place: int
    part: Part
    start: float
    end: float

    def path(self, outer: float, inner: float) -> str:
        """The arc as an SVG path around 0, 0, between two radii."""
        if self.end - self.start == 1:
            return _circle(outer, clockwise=True) + _circle(inner, clockwise=False)
        large = int(self.end - self.start > 0.5)
        corners = ((outer, self.start), (outer, self.end), (inner, self.end), (inner, self.start))
        first, second, third, fourth = (_point(radius, turn) for radius, turn in corners)
        return (
            f"M{first}A{outer:g} {outer:g} 0 {large} 1 {second}"
            f"L{third}A{inner:g} {inner:g} 0 {large} 0 {fourth}Z"
        )


def _circle(radius: float, *, clockwise: bool) -> str:
    """A whole circle as two halves; one within another of the other direction is a hole."""
    half = f"A{radius:g} {radius:g} 0 0 {int(clockwise)} 0"
    return f"M0 {-radius:g}{half} {radius:g}{half} {-radius:g}Z"


def _point(radius: float, turn: float) -> str:
    """A point of a circle, `turn` turns clockwise from the top; y grows downwards."""
    angle = 2 * pi * turn
    across, down = round(radius * sin(angle), 2), round(-radius * cos(angle), 2)
    return f"{across + 0.0:g} {down + 0.0:g}"


def arcs_of(parts: Parts) -> list[Arc]:
    """An arc for each of at most eight parts that has a count; none where nothing was counted."""
    drawn = [(place, part) for place, part in enumerate(parts.drawn) if part.figure.count > 0]
    whole = sum(part.figure.count for _, part in drawn)
    arcs, total = [], 0
    for place, part in drawn:
        arcs.append(Arc(place, part, total / whole, (total + part.figure.count) / whole))
        total += part.figure.count
    return arcs
