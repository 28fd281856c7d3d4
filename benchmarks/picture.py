"""The growth as a picture: seconds, memory and disk over the number of events, on logarithmic scales."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from benchmarks.growth import COMMANDS, Growth

_WIDTH, _HEIGHT, _GAP, _LEFT, _TOP, _LABEL = 170, 190, 66, 56, 34, 76

_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.grid { stroke: #d0d7de }
.line { fill: none; stroke-width: 2 }
.c0 { stroke: #0969da } .c1 { stroke: #1a7f37 } .c2 { stroke: #9a6700 } .c3 { stroke: #cf222e }
@media (prefers-color-scheme: dark) {
  text { fill: #c9d1d9 } .grid { stroke: #30363d }
  .c0 { stroke: #58a6ff } .c1 { stroke: #3fb950 } .c2 { stroke: #d29922 } .c3 { stroke: #ff7b72 }
}
"""


@dataclass(frozen=True)
class Panel:
    """One figure of several things: a value (in `unit`) for each number of events."""

    title: str
    unit: Callable[[float], str]
    lines: dict[str, Sequence[float]]


def svg(growth: Sequence[Growth]) -> str:
    """The picture of at least one size."""
    panels = (
        Panel("seconds", _plain, {it: [size.took[it].seconds for size in growth] for it in COMMANDS}),
        Panel("peak memory", _bytes, {it: [size.took[it].memory for size in growth] for it in COMMANDS}),
        Panel(
            "disk",
            _bytes,
            {"CSV": [size.csv for size in growth], "store": [size.store for size in growth]},
        ),
    )
    events = [size.events for size in growth]
    step = _LEFT + _WIDTH + _LABEL
    width, height = step * len(panels), _TOP + _HEIGHT + 30
    drawn = [
        line for place, panel in enumerate(panels) for line in _panel(panel, events, place * step + _LEFT)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>Seconds, memory and disk over the number of events</title><style>{_STYLE}</style>",
            *drawn,
            "</svg>\n",
        ]
    )


@dataclass(frozen=True)
class _Scale:
    """Whole decades on a stretch of pixels."""

    low: int
    high: int
    start: float
    length: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, length: float) -> _Scale:
        low, high = floor(log10(min(values))), ceil(log10(max(values)))
        return cls(low, max(high, low + 1), start, length)

    def at(self, value: float) -> float:
        return self.start + self.length * (log10(value) - self.low) / (self.high - self.low)

    def decades(self) -> Iterator[float]:
        return (10.0**power for power in range(self.low, self.high + 1))


def _panel(panel: Panel, events: Sequence[int], left: float) -> Iterator[str]:
    across = _Scale.over(events, left, _WIDTH)
    every = [value for values in panel.lines.values() for value in values]
    up = _Scale.over(every, _TOP + _HEIGHT, -_HEIGHT)
    yield f'<text class="title" x="{left}" y="16">{panel.title}</text>'
    for value in up.decades():
        yield f'<path class="grid" d="M{left} {up.at(value):.1f}h{_WIDTH}"/>'
        yield f'<text x="{left - 6}" y="{up.at(value) + 4:.1f}" text-anchor="end">{panel.unit(value)}</text>'
    for value in across.decades():
        yield f'<path class="grid" d="M{across.at(value):.1f} {_TOP}v{_HEIGHT}"/>'
        place = f'x="{across.at(value):.1f}" y="{_TOP + _HEIGHT + 18}"'
        yield f'<text {place} text-anchor="middle">{_count(value)}</text>'
    yield from _lines(panel, events, across, up)


def _lines(panel: Panel, events: Sequence[int], across: _Scale, up: _Scale) -> Iterator[str]:
    heights = _apart({name: up.at(values[-1]) for name, values in panel.lines.items()})
    for colour, (name, values) in enumerate(panel.lines.items()):
        points = " ".join(
            f"{across.at(count):.1f},{up.at(value):.1f}" for count, value in zip(events, values, strict=True)
        )
        yield f'<polyline class="line c{colour}" points="{points}"/>'
        yield f'<path class="line c{colour}" d="M{across.start + _WIDTH + 4} {heights[name]:.1f}h8"/>'
        yield f'<text x="{across.start + _WIDTH + 16}" y="{heights[name] + 4:.1f}">{name}</text>'


def _apart(heights: dict[str, float], least: float = 14) -> dict[str, float]:
    """Where labels stand so that none covers another: at the line's end, or just below the one before."""
    placed: dict[str, float] = {}
    lowest = float("-inf")
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        lowest = max(height, lowest + least)
        placed[name] = lowest
    return placed


def _plain(value: float) -> str:
    return f"{value:g} s"


def _bytes(value: float) -> str:
    return f"{value / 1e9:g} GB" if value >= 1e9 else f"{value / 1e6:g} MB"


def _count(value: float) -> str:
    return f"{value / 1e6:g}M" if value >= 1e6 else f"{value / 1e3:g}k"
