"""The picture of a report: one slide of 1600 × 900 with its headline and its charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from contactrep.document.blocks import Chart, Figures, Part, Parts, summed
from contactrep.phrases import capitalised, change, number
from contactrep.render.geometry.plot import net_plot, plot_of
from contactrep.render.outline import Outline, OutlineSection
from contactrep.render.palette import INKS, TONES, tone_of
from contactrep.render.picture import charts, shapes
from contactrep.render.picture.charts import CARD, MUTED, TEXT, Box, metric_ink, overview_inks, parts_inks
from contactrep.report import Figure

WIDTH, HEIGHT = 1600, 900
_EDGE, _GAP, _PADDING, _RADIUS = 48, 16, 22, 14
_WHOLE = WIDTH - 2 * _EDGE
_TILES, _FEWEST_TILES, _TILE_HEIGHT = 5, 4, 106
_MOST_NOTES, _NOTE_HEIGHT = 3, 24
_LEAD_SIZE, _LEAD_LINES, _LEAD_HEIGHT = 18, 2, 26
_CHARTS, _FIRST_ROW = 0.655, 0.5
"""Fractions: of the width, for charts that have shares beside them; of the height, for the first chart, whose
card ends where that of the first shares does."""

_STRIP = 50
_FEWEST_SMALL_BARS, _MOST_SMALL_BARS = 3, 40


@dataclass(frozen=True)
class Tile:
    """A headline figure of a `metric` (`added`), with its counts over time."""

    name: str
    metric: str
    figure: Figure
    counts: Sequence[int]
    ink: str


def slide_of(report: Outline) -> str:
    """The SVG of a report."""
    title = f"{report.title}, {report.facts.dates}"
    return shapes.drawing(WIDTH, HEIGHT, _drawn(report), title=title, ground=TONES["page"].light)


def _drawn(report: Outline) -> Iterator[str]:
    yield from _head(report)
    lead = _lead(report)
    top = 118.0
    for line in lead:
        yield shapes.text(_EDGE, top + 18, line, size=_LEAD_SIZE, fill=TEXT)
        top += _LEAD_HEIGHT
    top += 16
    if tiles := _tiles(report):
        yield from _tile_row(tiles, top)
        top += _TILE_HEIGHT + _GAP
    notes = _notes(report)
    bottom = HEIGHT - 40 - _NOTE_HEIGHT * len(notes)
    yield from _cards(report, Box(_EDGE, top, _WHOLE, bottom - top))
    yield from _foot(report, notes, bottom)


# Head and foot


def _head(report: Outline) -> Iterator[str]:
    facts = report.facts
    yield shapes.text(_EDGE, 56, report.title, size=17, fill=MUTED, bold=True)
    yield shapes.text(_EDGE, 101, facts.dates, size=40, fill=TEXT, bold=True, room=_WHOLE - 640)
    lines = [capitalised(facts.through), facts.zone]
    if facts.comparison:
        lines[1] += f" · {facts.comparison}"
    right, first = WIDTH - _EDGE, 52 if facts.only else 70
    for place, line in enumerate(lines):
        yield shapes.text(right, first + 25 * place, line, size=16, fill=MUTED, anchor="end", room=620)
    if facts.only:
        only = capitalised(facts.only)
        yield shapes.text(right, first + 50, only, size=16, fill=TEXT, bold=True, anchor="end", room=620)


def _lead(report: Outline) -> list[str]:
    """The lead by line, as many sentences as fit; a line ends where a sentence does."""
    lines: list[str] = []
    for sentence in report.lead:
        longer = f"{lines[-1]} {shapes.safe(sentence)}" if lines else ""
        if longer and shapes.width(longer, size=_LEAD_SIZE) <= _WHOLE:
            lines[-1] = longer
        elif len(lines) < _LEAD_LINES:
            lines.append(shapes.fitted(shapes.safe(sentence), _WHOLE, size=_LEAD_SIZE))
        else:
            break
    return lines


def _notes(report: Outline) -> list[str]:
    """The notices, and what the figures leave out: at most three lines."""
    notes = [*report.notices]
    notes += [text for section in report.sections if section.chart for text in section.messages]
    if len(notes) <= _MOST_NOTES:
        return notes
    return [*notes[: _MOST_NOTES - 1], f"and {len(notes) - _MOST_NOTES + 1} more notices"]


def _foot(report: Outline, notes: Sequence[str], top: float) -> Iterator[str]:
    for place, note in enumerate(notes, 1):
        y = top + _NOTE_HEIGHT * place
        yield shapes.element("circle", cx=_EDGE + 6, cy=y - 5, r=4, fill=INKS["gold"].light)
        yield shapes.text(_EDGE + 22, y, capitalised(note), size=15, fill=TEXT, room=_WHOLE - 22)
    yield shapes.text(WIDTH - _EDGE, HEIGHT - 16, "contactrep", size=15, fill=MUTED, anchor="end")
    if report.unfinished:
        yield shapes.hatching(_EDGE, HEIGHT - 28, 13, 13, fill=MUTED)
        yield shapes.text(_EDGE + 22, HEIGHT - 16, "Hatched: not over yet", size=15, fill=MUTED)


# Headline figures


def _tiles(report: Outline) -> list[Tile]:
    """The overview's figures, and the total of each other breakdown; of one alone its largest parts too."""
    tiles: list[Tile] = []
    drawn = [(one, one.chart.merged(_MOST_SMALL_BARS)[0]) for one in report.sections if one.chart]
    for section, chart in drawn:
        if section.figures:
            tiles += _figure_tiles(section.figures, chart)
        elif section.parts and section.parts.component not in [tile.metric for tile in tiles]:
            tiles.append(_total_tile(section.parts, chart))
    if len(tiles) == 1:
        [(parts, chart)] = [(section.parts, chart) for section, chart in drawn if section.parts]
        tiles += _part_tiles(parts, chart)
    return tiles


def _figure_tiles(figures: Figures, chart: Chart) -> Iterator[Tile]:
    counts = {one.name: one.counts for one in chart.columns}
    for metric, figure in figures.figures.items():
        name = metric.capitalize()
        yield Tile(name, metric, figure, counts.get(name, ()), metric_ink(metric))


def _total_tile(parts: Parts, chart: Chart) -> Tile:
    name, ink = parts.component.capitalize(), metric_ink(parts.component)
    return Tile(name, parts.component, parts.total, summed(chart.series), ink)


def _part_tiles(parts: Parts, chart: Chart) -> Iterator[Tile]:
    largest = zip(parts.gathered()[: _TILES - 1], chart.gathered().series, parts_inks(parts), strict=False)
    for part, series, ink in largest:
        yield Tile(part.name, parts.component, part.figure, series.counts, ink)


def _tile_row(tiles: Sequence[Tile], y: float) -> Iterator[str]:
    wide = (_WHOLE - _GAP * (max(len(tiles), _FEWEST_TILES) - 1)) / max(len(tiles), _FEWEST_TILES)
    for place, tile in enumerate(tiles):
        yield from _tile(tile, Box(_EDGE + place * (wide + _GAP), y, wide, _TILE_HEIGHT))


def _tile(tile: Tile, box: Box) -> Iterator[str]:
    yield _ground(box)
    left, count = box.x + 18, number(tile.figure.count)
    yield shapes.text(left, box.y + 29, tile.name, size=16, fill=MUTED, bold=True, room=box.width - 36)
    yield shapes.text(left, box.y + 66, count, size=34, fill=TEXT, bold=True)
    if tile.figure.previous is not None:
        moved = tile.figure.change
        before = f"  was {number(tile.figure.previous)}"
        runs = [
            (change(moved), TONES[tone_of(moved, tile.metric) or "muted"].light, True),
            (before, MUTED, False),
        ]
        yield shapes.texts(left, box.y + 91, runs, size=15)
    bars = min(130.0, box.width - 60 - shapes.width(count, size=34, bold=True))
    if any(tile.counts) and len(tile.counts) >= _FEWEST_SMALL_BARS and bars > 40:
        corner = Box(box.x + box.width - 18 - bars, box.y + 36, bars, 34)
        yield from charts.small_bars(tile.counts, corner, _pale(tile.ink))


def _pale(ink: str) -> str:
    """The colour, half as strong on white."""
    parts = (int(ink[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{(part + 255) // 2:02x}" for part in parts)


# Cards


class _ChartSection(NamedTuple):
    """A section that has figures; the overview has no parts."""

    title: str
    chart: Chart
    parts: Parts | None


def _cards(report: Outline, box: Box) -> Iterator[str]:
    """A strip for each section without figures, and cards for the others."""
    empty = [one for one in report.sections if one.chart is None]
    drawn = [
        _ChartSection(one.title, one.chart, one.parts) for one in report.sections if one.chart is not None
    ]
    if not drawn:
        yield from _nothing(empty, box)
        return
    high = len(empty) * (_STRIP + _GAP)
    for place, section in enumerate(empty):
        yield from _strip(section, replace(box, y=box.y + place * (_STRIP + _GAP), height=_STRIP))
    yield from _charts(drawn, replace(box, y=box.y + high, height=box.height - high), alone=not empty)


def _nothing(empty: Sequence[OutlineSection], box: Box) -> Iterator[str]:
    """Why there are no figures at all: once, where all sections have the same reason."""
    yield _ground(box)
    reasons = {section.title: " ".join(section.messages) for section in empty}
    said = [f"{title}: {reason}" for title, reason in reasons.items()]
    lines = said if len(set(reasons.values())) > 1 else list(reasons.values())[:1]
    for place, line in enumerate(lines):
        y = box.y + box.height / 2 + 32 * (place - len(lines) / 2 + 0.7)
        yield shapes.text(
            box.x + box.width / 2, y, line, size=22, fill=MUTED, anchor="middle", room=box.width
        )


def _strip(section: OutlineSection, box: Box) -> Iterator[str]:
    """A section's title, and why it has no figures."""
    yield _ground(box)
    runs = [(section.title, TEXT, True), (f"   {' '.join(section.messages)}", MUTED, False)]
    yield shapes.texts(box.x + _PADDING, box.y + box.height / 2 + 6, runs, size=17)


def _charts(drawn: Sequence[_ChartSection], box: Box, *, alone: bool) -> Iterator[str]:
    """The first section large, the others below it, and their shares beside. `alone`: a single report."""
    first, *others = drawn
    wide = round(box.width * _CHARTS)
    beside = Box(box.x + wide + _GAP, box.y, box.width - wide - _GAP, box.height)
    if not others:
        yield from _only(first, "" if alone else first.title, box, replace(box, width=wide), beside)
        return
    high = round((box.height - _GAP) * _FIRST_ROW)
    lower = Box(box.x, box.y + high + _GAP, wide, box.height - high - _GAP)
    yield from _chart_card(first, first.title, Box(box.x, box.y, wide, high))
    column = (lower.width + _GAP) / len(others)
    for place, one in enumerate(others):
        yield from _chart_card(
            one, one.title, replace(lower, x=lower.x + place * column, width=column - _GAP)
        )
    shared = [(one.title, one.parts) for one in drawn if one.parts]
    row = (beside.height + _GAP) / len(shared)
    for place, (title, parts) in enumerate(shared):
        yield from _parts_card(parts, title, replace(beside, y=beside.y + place * row, height=row - _GAP))


def _only(one: _ChartSection, title: str, whole: Box, left: Box, right: Box) -> Iterator[str]:
    """The cards of the only section with figures; without `title` they are named by what they show."""
    by = title or f"By {one.chart.by}"
    if one.parts is not None:
        yield from _chart_card(one, by, left)
        yield from _parts_card(one.parts, title, right)
    elif (net := net_plot(one.chart)) is not None:
        high = round((whole.height - _GAP) * 0.64)
        yield from _chart_card(one, by, replace(whole, height=high))
        below = replace(whole, y=whole.y + high + _GAP, height=whole.height - high - _GAP)
        yield from _card(below, f"Net by {one.chart.by}")
        yield from charts.bar_chart(net, _inside(below), [metric_ink("net")])


def _ground(box: Box) -> str:
    line = TONES["line"].light
    return shapes.box(box.x, box.y, box.width, box.height, fill=CARD, radius=_RADIUS, line=line)


def _card(box: Box, title: str, by: str = "") -> Iterator[str]:
    """An empty card with its title. `by` is what the shares are split by, such as `source`."""
    yield _ground(box)
    runs = [(title, TEXT, True), (f"  by {by}", MUTED, False)] if title else [(f"By {by}", TEXT, True)]
    yield shapes.texts(box.x + _PADDING, box.y + 36, runs if by else runs[:1], size=19)


def _inside(box: Box) -> Box:
    """What a card leaves to its content, below the title."""
    return Box(box.x + _PADDING, box.y + 54, box.width - 2 * _PADDING, box.height - 70)


def _chart_card(one: _ChartSection, title: str, box: Box) -> Iterator[str]:
    yield from _card(box, title)
    if one.parts is None:
        yield from _legend(one.chart, box)
    inks = parts_inks(one.parts) if one.parts else overview_inks()
    yield from charts.bar_chart(plot_of(one.chart), _inside(box), inks)


def _legend(chart: Chart, box: Box) -> Iterator[str]:
    x = box.x + box.width - _PADDING
    for series, ink in reversed(list(zip(chart.series, overview_inks(), strict=True))):
        x -= shapes.width(series.name, size=15)
        yield shapes.text(x, box.y + 35, series.name, size=15, fill=TEXT)
        x -= 20
        yield shapes.box(x, box.y + 24, 12, 12, fill=ink, radius=3)
        x -= 22


def _parts_card(parts: Parts, title: str, box: Box) -> Iterator[str]:
    """The shares as a donut with its legend: beside it, or in a tall card below it."""
    inside = _inside(box)
    yield from _card(box, title, parts.split)
    if box.height > box.width * 0.8:
        radius = min(130.0, inside.height * 0.25)
        middle = (inside.x + inside.width / 2, inside.y + radius)
        legend = Box(inside.x, inside.y + 2 * radius + 16, inside.width, inside.height - 2 * radius - 16)
    else:
        radius = min(88.0, inside.height / 2)
        middle = (inside.x + radius, inside.y + inside.height / 2)
        legend = Box(inside.x + 2 * radius + 24, inside.y, inside.width - 2 * radius - 24, inside.height)
    inks = parts_inks(parts)
    yield from charts.donut(parts, middle, radius, inks)
    yield from _part_rows(parts.gathered(), legend, inks)


def _part_rows(rows: Sequence[Part], box: Box, inks: Sequence[str]) -> Iterator[str]:
    """A row for each part: its colour, name and share, and its count where there is room for it."""
    room, counted = box.width - 22 - 70, box.width > 400
    step = min(30.0, box.height / max(len(rows), 1))
    y = box.y + (box.height - step * len(rows)) / 2 + step * 0.68
    right = box.x + box.width
    for part, ink in zip(rows, inks, strict=True):
        name = f"{part.name} ({number(part.present)})" if part.members else part.name
        yield shapes.box(box.x, y - 11, 12, 12, fill=ink, radius=3)
        yield shapes.text(box.x + 22, y, name, size=15, fill=TEXT, room=room - 80 if counted else room)
        if counted:
            yield shapes.text(right - 72, y, number(part.figure.count), size=15, fill=MUTED, anchor="end")
        yield shapes.text(right, y, part.share, size=15, fill=TEXT, bold=True, anchor="end")
        y += step
