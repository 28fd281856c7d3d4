"""The arcs of a donut, clockwise from the top."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

from contactrep.document.blocks import Part, Parts

_FULL = 0.9999
"""A turn that ends where it begins would be drawn as nothing."""


@dataclass(frozen=True)
class Arc:
    """A part, by its place among the gathered parts, from `start` to `end` in turns (0 to 1)."""

    place: int
    part: Part
    start: float
    end: float

    def path(self, outer: float, inner: float, *, decimals: int = 2) -> str:
        """The arc as an SVG path around 0, 0, between two radii."""
        start, end = self.start, min(self.end, self.start + _FULL)
        large = int(end - start > 0.5)
        corners = ((outer, start), (outer, end), (inner, end), (inner, start))
        first, second, third, fourth = (_point(radius, turn, decimals) for radius, turn in corners)
        return (
            f"M{first}A{outer:g} {outer:g} 0 {large} 1 {second}"
            f"L{third}A{inner:g} {inner:g} 0 {large} 0 {fourth}Z"
        )


def _point(radius: float, turn: float, decimals: int) -> str:
    """A point of a circle, `turn` turns clockwise from the top; y grows downwards."""
    angle = 2 * pi * turn
    across, down = round(radius * sin(angle), decimals), round(-radius * cos(angle), decimals)
    return f"{across + 0.0:g} {down + 0.0:g}"


def arcs_of(parts: Parts) -> list[Arc]:
    """An arc for each of at most eight parts that has a count; none where nothing was counted."""
    drawn = [(place, part) for place, part in enumerate(parts.gathered()) if part.figure.count > 0]
    whole = sum(part.figure.count for _, part in drawn)
    arcs, total = [], 0
    for place, part in drawn:
        arcs.append(Arc(place, part, total / whole, (total + part.figure.count) / whole))
        total += part.figure.count
    return arcs
