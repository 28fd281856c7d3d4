"""What the tables of a report hold: columns with their meaning, and rows of bare values.

Every format that has tables takes them from here and only dresses the values, so that no two formats
can disagree on a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal
from zoneinfo import ZoneInfo

from contactrep.events import CONNECTED, MERGED, PRIMARY_CONTACT_ID
from contactrep.period import Span
from contactrep.render.figures import NOT_AVAILABLE, bucket_labels, change, iso, number, share
from contactrep.render.text import visible
from contactrep.report import (
    Breakdown,
    Figure,
    LogPage,
    Overview,
    RangeList,
    RejectList,
    StoreStatus,
    shown_shares,
)

Kind = Literal["text", "name", "count", "share", "change", "instant", "id"]
"""What the values of a column are: `instant` a datetime, `name` one of our own words, `id` a number that
is a name, `change` a fraction, `share` a fraction or the text that people see; any may be None."""


Instant = Callable[[datetime, ZoneInfo], str | None]
"""How an instant is said in a zone."""

OTHER = "Other"
"""What gathered parts are called."""

_ROWS_A_GRID = 10_000
_MOST_SERIES = 100
"""Parts that a table of buckets has a column for; more are gathered in the last."""


@dataclass(frozen=True)
class Column:
    """One column: its name for machines, its title for people; a `key` is what a row is looked up by."""

    name: str
    kind: Kind = "text"
    title: str = ""
    key: bool = False

    @property
    def right(self) -> bool:
        """Whether its texts stand at the right, so that digits stand below digits."""
        return self.kind in ("count", "share", "change", "id")

    @property
    def heading(self) -> str:
        """The title, or the name with its first letter large."""
        return self.title or self.name.capitalize().replace("_", " ")


@dataclass(frozen=True)
class Grid:
    """Columns and the rows that have a value for each."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[object]]

    @property
    def values(self) -> list[Sequence[object]]:
        """Column by column what the rows hold."""
        return list(zip(*self.rows, strict=True)) or [()] * len(self.columns)

    def texts(self, zone: ZoneInfo, *, time: Instant = iso, unicode: bool = True) -> list[list[str]]:
        """Column by column the values as people read them: safe, on one line, `time` saying the instants."""
        return [
            _texts(column.kind, values, zone, time, unicode=unicode)
            for column, values in zip(self.columns, self.values, strict=True)
        ]

    def without_comparison(self) -> Grid:
        """The same without the columns that only a compared range fills."""
        kept = [place for place, column in enumerate(self.columns) if column.name not in _COMPARING]
        rows = [[row[place] for place in kept] for row in self.rows]
        return Grid(tuple(self.columns[place] for place in kept), rows)


def _texts(kind: Kind, values: Sequence[Any], zone: ZoneInfo, time: Instant, *, unicode: bool) -> list[str]:
    match kind:
        case "instant":
            return [time(value, zone) or "" if value else "" for value in values]
        case "count":
            return ["" if value is None else number(value) for value in values]
        case "share":
            return [NOT_AVAILABLE if value is None else str(value) for value in values]
        case "change":
            return [change(value, unicode=unicode) for value in values]
        case "name":
            return [str(value).capitalize() for value in values]
        case _:
            texts = ["" if value is None else str(value) for value in values]
            # A column without anything to replace, the usual one, is found so in one look.
            return texts if "".join(texts).isprintable() else list(map(visible, texts))


_COMPARING = ("previous", "change")
_FIGURES = (Column("previous", "count"), Column("change", "change"))


def metrics_grid(overview: Overview) -> Grid:
    """The four headline figures, a row each."""
    rows = [[name, *_figures(figure)] for name, figure in overview.metrics.items()]
    return Grid((Column("metric", "name"), Column("count", "count"), *_FIGURES), rows)


def breakdown_grid(breakdown: Breakdown) -> Grid:
    """Every source or channel with its count and exact share, the largest first."""
    columns = (Column(breakdown.dimension), Column("count", "count"), Column("share", "share"), *_FIGURES)
    rows = [
        [part.name, part.figure.count, part.share, part.figure.previous, part.figure.change]
        for part in breakdown.slices
    ]
    return Grid(columns, rows)


def with_total(breakdown: Breakdown) -> Grid:
    """The breakdown's rows with the shares that people see, and the total below them."""
    grid, total = breakdown_grid(breakdown), breakdown.total
    rows = [*grid.rows, ["Total", total.count, None, total.previous, total.change]]
    shown = [
        [name, count, said, *figures]
        for (name, count, _, *figures), said in zip(rows, said_shares(breakdown), strict=True)
    ]
    return Grid(grid.columns, shown)


def said_shares(breakdown: Breakdown) -> list[str]:
    """The shown share of each part, and 100.0 % for the total; all `n/a` where the total is 0."""
    counts = [part.figure.count for part in breakdown.slices]
    if not breakdown.total.count:
        return [NOT_AVAILABLE] * (len(counts) + 1)
    return [*map(share, shown_shares(counts), counts), share(1_000, breakdown.total.count)]


def _figures(figure: Figure) -> tuple[int, int | None, float | None]:
    return figure.count, figure.previous, figure.change


def series_grid(report: Overview | Breakdown) -> Grid:
    """A row for each bucket: when, and the counts of the chart's series."""
    labels = bucket_labels([entry.bucket for entry in report.series], report.head.by, report.head.range.zone)
    return Grid(
        (Column(report.head.by or "day"), *(Column(name, "count", name) for name in series_names(report))),
        [[label, *counts] for label, counts in zip(labels, series_counts(report), strict=True)],
    )


def series_names(report: Overview | Breakdown) -> tuple[str, ...]:
    """The names of the series that a report's chart draws, in order."""
    if isinstance(report, Overview):
        return ("Added", "Deleted", "Merged")
    names = tuple(part.name for part in report.slices)
    return names if len(names) <= _MOST_SERIES else (*names[: _MOST_SERIES - 1], OTHER)


def series_counts(report: Overview | Breakdown) -> list[Sequence[int]]:
    """For each bucket, the counts in the order of `series_names`."""
    if isinstance(report, Overview):
        return [entry[1:] for entry in report.series]
    names = [part.name for part in report.slices]
    if len(names) <= _MOST_SERIES:
        return [[counts.get(name, 0) for name in names] for _, counts in report.series]
    own = [[counts.get(name, 0) for name in names[: _MOST_SERIES - 1]] for _, counts in report.series]
    return [
        [*row, sum(counts.values()) - sum(row)] for row, (_, counts) in zip(own, report.series, strict=True)
    ]


def log_grid(log: LogPage) -> Grid:
    """The rows of a log under the hosted report's titles; only connecting has a channel."""
    contact = PRIMARY_CONTACT_ID if log.event == MERGED else "Contact ID"
    titles = ("Contact Name", "Source", "User", "Channel")
    columns = (
        Column("Timestamp", "instant"),
        Column(contact, title=contact, key=True),
        *(Column(title, title=title) for title in titles),
    )
    if log.event == CONNECTED:
        return Grid(columns, log.rows)
    return Grid(columns[:-1], [row[:-1] for row in log.rows])


def ranges_grid(ranges: RangeList) -> Grid:
    """Every preset with its boundaries and those of its previous range."""
    columns = (
        Column("name"),
        *(Column(name, "instant") for name in ("start", "end", "previous_start", "previous_end")),
    )
    rows = [[chosen.name, *_ends(chosen), *_ends(compared)] for chosen, compared in ranges.ranges]
    return Grid(columns, rows)


def _ends(span: Span | None) -> tuple[object, object]:
    return (span.start.instant, span.end.instant) if span else (None, None)


def loads_grid(status: StoreStatus) -> Grid:
    """The loads of the store, a row each."""
    columns = (
        Column("id", "id", "Load"),
        Column("at", "instant"),
        Column("events", "count"),
        Column("files"),
        Column("options"),
    )
    rows = [
        [load.id, load.at, load.events, ", ".join(load.files), _said(load.options)] for load in status.loads
    ]
    return Grid(columns, rows)


def _said(options: Mapping[str, Any]) -> str:
    """Options in words: `event added; map contact_id=Record ID`."""
    words: list[str] = []
    for name, value in options.items():
        values = [f"{key}={text}" for key, text in value.items()] if isinstance(value, dict) else value
        texts = values if isinstance(values, list) else [values]
        words += [f"{name.replace('_', ' ')} {text}" for text in texts]
    return "; ".join(words)


def rejects_grids(rejects: RejectList) -> Iterator[Grid]:
    """The rejected records, some at a time: memory may not hold all. The first grid may be empty."""
    columns = (Column("file"), Column("line", "id"), Column("reason"), Column("raw", title="Record"))
    rows = iter(rejects.rows)
    yield Grid(columns, list(islice(rows, _ROWS_A_GRID)))
    while batch := list(islice(rows, _ROWS_A_GRID)):
        yield Grid(columns, batch)
