"""The HTML part of a mail: what the template shows, cut to what mail programs take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat

from jinja2 import Environment, PackageLoader, StrictUndefined

from contactrep.document.blocks import Cut, Part, Parts
from contactrep.document.grids import Grid
from contactrep.phrases import change, number
from contactrep.render.grids import texts_of
from contactrep.render.mail.charts import HEIGHT, WIDTH
from contactrep.render.outline import Outline, Section
from contactrep.render.palette import INKS, OTHER_INK, TONES, inks_of, tone_of
from contactrep.render.text import cut as shortened
from contactrep.render.text import visible
from contactrep.report import Figure

MOST_BYTES = 100_000
"""Gmail cuts a message off at 102 kB."""

_ROWS = (10, 6, 3, 1, 0)
_LOG_ROWS = (100, 50, 25, 10, 0)
"""Rows of a table of parts, and of a log: fewer if the message would be too large."""

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Tile:
    """A headline figure."""

    name: str
    count: str
    change: str
    tone: str
    before: str


@dataclass(frozen=True)
class PartRow:
    """A part; `bar` is its share in whole percent."""

    ink: str
    name: str
    count: str
    bar: int
    share: str
    change: str
    tone: str
    before: str


@dataclass(frozen=True)
class Picture:
    """A chart: the Content-ID of its picture, and the chart in words."""

    cid: str
    words: str


@dataclass(frozen=True)
class Card:
    """A section. `column` heads the names of its parts; `rest` says what its table leaves out."""

    title: str
    by: str
    column: str
    picture: Picture | None
    compared: bool
    parts: Sequence[PartRow]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    rest: str
    command: str
    messages: Sequence[str]


def html_of(report: Outline, pictures: Mapping[str, Picture]) -> str:
    """Return the HTML, with as many table rows as fit. `pictures` maps section titles to charts."""
    template = Environment(
        loader=PackageLoader(__name__.rpartition(".")[0], ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("mail.html.j2")
    page = ""
    for rows, log_rows in zip(_ROWS, _LOG_ROWS, strict=True):
        page = template.render(
            report=report,
            shown=_shown,
            facts=_facts(report),
            tiles=[_tile(name, figure) for name, figure in report.headline],
            cards=[_card(report, one, pictures.get(one.title), rows, log_rows) for one in report.sections],
            inks=INKS,
            tones=TONES,
            width=WIDTH,
            height=HEIGHT,
        )
        if len(page.encode()) < MOST_BYTES:
            break
    return page


def _shown(text: str, most: int = 2_000) -> str:
    return shortened(visible(text[:most]), most)


def _facts(report: Outline) -> str:
    facts = report.facts
    return " · ".join(line for line in (facts.zone, facts.data_through, facts.compared) if line)


def _tile(name: str, figure: Figure) -> Tile:
    return Tile(name.capitalize(), number(figure.count), *_moved(name, figure))


def _moved(metric: str, figure: Figure) -> tuple[str, str, str]:
    """The change, its tone, and the previous count; empty without a comparison."""
    if figure.previous is None:
        return "", "muted", ""
    return change(figure.change), tone_of(figure.change, metric) or "muted", number(figure.previous)


def _card(report: Outline, section: Section, picture: Picture | None, most: int, most_log: int) -> Card:
    parts, rest = _part_rows(section.parts, most) if section.parts else ([], "")
    head, rows = _log_rows(section.rows, most_log) if section.rows else ([], [])
    if section.rows:
        rest = _left_out(section.rows, section.cut, len(rows))
    split = section.parts.split if section.parts else ""
    alone = len(report.sections) == 1
    return Card(
        title=_alone(section) if alone else section.title,
        by="" if alone else split,
        column=split.capitalize(),
        picture=picture,
        compared=bool(section.parts and section.parts.compared),
        parts=parts,
        head=head,
        rows=rows,
        rest=rest,
        command=_shown((section.cut and section.cut.command) or ""),
        messages=[_shown(message) for message in section.messages],
    )


def _alone(section: Section) -> str:
    """The title of a section that is the whole report, whose title is above it."""
    by = section.parts.split if section.parts else section.chart.by if section.chart else ""
    return f"By {by}" if by else ""


def _left_out(grid: Grid, cut: Cut | None, shown: int) -> str:
    """That a log has more rows than `shown`; its command may follow."""
    there = len(list(grid.rows))
    if shown == there:
        return cut.text if cut else ""
    if cut is None:
        return f"The first {number(shown)} of {number(there)} rows."
    return f"The first {number(shown)} rows.{' For all rows:' if cut.command else ''}"


def _part_rows(parts: Parts, most: int) -> tuple[list[PartRow], str]:
    """The largest parts, and how many more there are with which count."""
    shown = zip(parts.parts[:most], chain(inks_of(parts), repeat(OTHER_INK)), strict=False)
    rows = [_part_row(part, ink, parts.component) for part, ink in shown]
    others = parts.parts[most:]
    counted = number(sum(part.figure.count for part in others))
    return rows, f"and {number(len(others))} more, with {counted}" if others else ""


def _part_row(part: Part, ink: str, metric: str) -> PartRow:
    name = shortened(visible(part.name[:500]), _LONGEST_NAME)
    bar = -(-part.tenths // 10)
    return PartRow(ink, name, number(part.figure.count), bar, part.share, *_moved(metric, part.figure))


def _log_rows(grid: Grid, most: int) -> tuple[list[str], list[tuple[str, ...]]]:
    first = Grid(grid.columns, list(islice(grid.rows, most)), grid.zone)
    columns = [[shortened(text, _LONGEST_NAME) for text in column] for column in texts_of(first, brief=True)]
    return [column.heading for column in grid.columns], list(zip(*columns, strict=True))
