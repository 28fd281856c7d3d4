"""The picture of a report: one slide of 1600 × 900 with its headline and its charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from contactrep.document.blocks import Chart, Part, Parts
from contactrep.phrases import capitalised, change, number
from contactrep.render.geometry.plot import net_plot, plot_of
from contactrep.render.outline import Headline, Outline, OutlineSection
from contactrep.render.palette import INKS, METRIC_INKS, TONES, inks_of, tone_of
from contactrep.render.picture import charts, shapes
from contactrep.render.picture.charts import CARD, MUTED, TEXT, Box

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


class _Tile(NamedTuple):
    """A headline figure, or that of a part, and what it is called."""

    name: str
    ink: str
    shown: Headline


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
    notes = [notice.sentence for notice in report.notices]
    notes += [text for section in report.sections if section.chart for text in section.messages]
    if len(notes) <= _MOST_NOTES:
        return notes
    return [*notes[: _MOST_NOTES - 1], f"And {len(notes) - _MOST_NOTES + 1} more notices"]


def _foot(report: Outline, notes: Sequence[str], top: float) -> Iterator[str]:
    for place, note in enumerate(notes, 1):
        y = top + _NOTE_HEIGHT * place
        yield shapes.element("circle", cx=_EDGE + 6, cy=y - 5, r=4, fill=INKS["gold"].light)
        yield shapes.text(_EDGE + 22, y, note, size=15, fill=TEXT, room=_WHOLE - 22)
    yield shapes.text(WIDTH - _EDGE, HEIGHT - 16, "contactrep", size=15, fill=MUTED, anchor="end")
    if report.unfinished:
        yield shapes.hatching(_EDGE, HEIGHT - 28, 13, 13, fill=MUTED)
        yield shapes.text(_EDGE + 22, HEIGHT - 16, "Hatched: not over yet", size=15, fill=MUTED)


# Headline figures


def _tiles(report: Outline) -> list[_Tile]:
    """The headline figures; of a breakdown alone its largest parts too."""
    tiles = [_Tile(one.metric.capitalize(), METRIC_INKS[one.metric], one) for one in report.headline]
    if len(tiles) == 1:
        tiles += [tile for section, chart in report.drawn for tile in _part_tiles(section.parts, chart)]
    return tiles


def _part_tiles(parts: Parts | None, chart: Chart) -> Iterator[_Tile]:
    if parts is not None:
        largest = zip(parts.drawn[: _TILES - 1], chart.gathered().series, inks_of(parts), strict=False)
        for part, series, ink in largest:
            yield _Tile(part.name, ink, Headline(parts.component, part.figure, chart.alone(series)))


def _tile_row(tiles: Sequence[_Tile], y: float) -> Iterator[str]:
    wide = (_WHOLE - _GAP * (max(len(tiles), _FEWEST_TILES) - 1)) / max(len(tiles), _FEWEST_TILES)
    for place, tile in enumerate(tiles):
        yield from _tile(tile, Box(_EDGE + place * (wide + _GAP), y, wide, _TILE_HEIGHT))


def _tile(tile: _Tile, box: Box) -> Iterator[str]:
    yield _ground(box)
    metric, figure, chart = tile.shown
    left, count = box.x + 18, number(figure.count)
    yield shapes.text(left, box.y + 29, tile.name, size=16, fill=MUTED, bold=True, room=box.width - 36)
    yield shapes.text(left, box.y + 66, count, size=34, fill=TEXT, bold=True)
    if figure.previous is not None:
        tone = TONES[tone_of(figure.change, metric) or "muted"].light
        runs = [(change(figure.change), tone, True), (f"  was {number(figure.previous)}", MUTED, False)]
        yield shapes.texts(left, box.y + 91, runs, size=15)
    bars = min(130.0, box.width - 60 - shapes.width(count, size=34, bold=True))
    counts = chart.merged(_MOST_SMALL_BARS)[0].series[0].counts
    if any(counts) and len(counts) >= _FEWEST_SMALL_BARS and bars > 40:
        corner = Box(box.x + box.width - 18 - bars, box.y + 36, bars, 34)
        yield from charts.small_bars(counts, corner, _pale(INKS[tile.ink].light))


def _pale(ink: str) -> str:
    """The colour, half as strong on white."""
    parts = (int(ink[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{(part + 255) // 2:02x}" for part in parts)


# Cards


def _cards(report: Outline, box: Box) -> Iterator[str]:
    """A strip for each section without figures, and cards for the others."""
    empty = [one for one in report.sections if one.chart is None]
    if not report.drawn:
        yield from _nothing(empty, box)
        return
    high = len(empty) * (_STRIP + _GAP)
    for place, section in enumerate(empty):
        yield from _strip(section, replace(box, y=box.y + place * (_STRIP + _GAP), height=_STRIP))
    yield from _charts(report.drawn, replace(box, y=box.y + high, height=box.height - high), alone=not empty)


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


def _charts(drawn: Sequence[tuple[OutlineSection, Chart]], box: Box, *, alone: bool) -> Iterator[str]:
    """The first section large, the others below it, and their shares beside. `alone`: a single report."""
    [(first, chart), *others] = drawn
    wide = round(box.width * _CHARTS)
    beside = Box(box.x + wide + _GAP, box.y, box.width - wide - _GAP, box.height)
    if not others:
        title = "" if alone else first.title
        left = box if first.parts is None else replace(box, width=wide)
        yield from _only(first, chart, title, left, beside)
        return
    high = round((box.height - _GAP) * _FIRST_ROW)
    lower = Box(box.x, box.y + high + _GAP, wide, box.height - high - _GAP)
    yield from _chart_card(first, chart, first.title, Box(box.x, box.y, wide, high))
    column = (lower.width + _GAP) / len(others)
    for place, (one, chart) in enumerate(others):
        card = replace(lower, x=lower.x + place * column, width=column - _GAP)
        yield from _chart_card(one, chart, one.title, card)
    shared = [(one.title, one.parts) for one, _ in drawn if one.parts]
    row = (beside.height + _GAP) / len(shared)
    for place, (title, parts) in enumerate(shared):
        yield from _parts_card(parts, title, replace(beside, y=beside.y + place * row, height=row - _GAP))


def _only(section: OutlineSection, chart: Chart, title: str, left: Box, right: Box) -> Iterator[str]:
    """The cards of the only section with figures; without `title` they are named by what they show."""
    by = title or f"By {chart.by}"
    if section.parts is not None:
        yield from _chart_card(section, chart, by, left)
        yield from _parts_card(section.parts, title, right)
    elif (net := net_plot(chart)) is not None:
        high = round((left.height - _GAP) * 0.64)
        yield from _chart_card(section, chart, by, replace(left, height=high))
        below = replace(left, y=left.y + high + _GAP, height=left.height - high - _GAP)
        yield from _card(below, f"Net by {chart.by}")
        yield from charts.bar_chart(net, _inside(below), [METRIC_INKS["net"]])


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


def _chart_card(section: OutlineSection, chart: Chart, title: str, box: Box) -> Iterator[str]:
    yield from _card(box, title)
    if section.parts is None:
        yield from _legend(chart, section.inks, box)
    yield from charts.bar_chart(plot_of(chart), _inside(box), section.inks)


def _legend(chart: Chart, inks: Sequence[str], box: Box) -> Iterator[str]:
    x = box.x + box.width - _PADDING
    for series, ink in reversed(list(zip(chart.series, inks, strict=True))):
        x -= shapes.width(series.name, size=15)
        yield shapes.text(x, box.y + 35, series.name, size=15, fill=TEXT)
        x -= 20
        yield shapes.box(x, box.y + 24, 12, 12, fill=INKS[ink].light, radius=3)
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
    inks = inks_of(parts)
    yield from charts.donut(parts, middle, radius, inks)
    yield from _part_rows(parts.drawn, legend, inks)


def _part_rows(rows: Sequence[Part], box: Box, inks: Sequence[str]) -> Iterator[str]:
    """A row for each part: its colour, name and share, and its count where there is room for it."""
    room, counted = box.width - 22 - 70, box.width > 400
    step = min(30.0, box.height / max(len(rows), 1))
    y = box.y + (box.height - step * len(rows)) / 2 + step * 0.68
    right = box.x + box.width
    for part, ink in zip(rows, inks, strict=True):
        name = f"{part.name} ({number(part.present)})" if part.members else part.name
        yield shapes.box(box.x, y - 11, 12, 12, fill=INKS[ink].light, radius=3)
        yield shapes.text(box.x + 22, y, name, size=15, fill=TEXT, room=room - 80 if counted else room)
        if counted:
            yield shapes.text(right - 72, y, number(part.figure.count), size=15, fill=MUTED, anchor="end")
        yield shapes.text(right, y, part.share, size=15, fill=TEXT, bold=True, anchor="end")
        y += step
