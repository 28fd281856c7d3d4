"""The blocks of a document: what a report says, in reading order. Pure values.

Text is exact here, names from events included: each writer makes it safe for its own format. Figures are
numbers, and tables hold bare values; a writer formats or draws them. `lines` is a block as text, `grid` a
block as a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contactrep.document.grids import Column, Grid, PartRow, figures_grid, rejects_grid
from contactrep.period import Bucket
from contactrep.phrases import NOT_AVAILABLE, bucket_labels, number, share
from contactrep.report import Figure, Notice, Reject
from contactrep.zones import to_wall

NO_DATA = "no data yet"
"""What is said of a report without events, in place of how far its data reach."""

OTHER = "Other"
"""The name of a part that gathers the smallest parts."""

MOST_DRAWN = 8
"""Parts that a pie or a stack of bars shows; the smallest of more parts are gathered in the last one."""


@dataclass(frozen=True)
class Heading:
    """A title: level 1 of the whole document, level 2 of a section."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Facts:
    """What a report covers; None where there is nothing to say.

    `data_through` is the time of the newest event, `compared` the dates of the compared range, `made` the
    moment for which the report holds. The properties are these facts in words, with a small first letter.
    """

    dates: str
    range_name: str
    zone: str
    data_through: str | None
    compared: str | None
    filters: str | None
    made: str

    @property
    def through(self) -> str:
        """How far the data reaches."""
        return f"data through {self.data_through}" if self.data_through else NO_DATA

    @property
    def comparison(self) -> str | None:
        """What the range is compared with."""
        return f"compared with {self.compared}" if self.compared else None

    @property
    def only(self) -> str | None:
        """The filters."""
        return f"only {self.filters}" if self.filters else None

    @property
    def lines(self) -> list[str]:
        """All facts but `made`."""
        pairs = [f"{self.dates} · {self.range_name}", f"{self.zone} · {self.through}"]
        return [line for line in (*pairs, self.comparison, self.only) if line]


@dataclass(frozen=True)
class _Lines:
    lines: Sequence[str]


class Lead(_Lines):
    """What a report says, in a few sentences for a reader in a hurry."""


@dataclass(frozen=True)
class Notices:
    """What a reader of the report should know, a sentence per line, for one who does not see stderr."""

    notices: Sequence[Notice]

    @property
    def lines(self) -> list[str]:
        """The sentences as on stderr, not capitalised."""
        return [notice.text for notice in self.notices]


class Sentences(_Lines):
    """What a command did, one sentence per line; never wrapped and never cut."""


@dataclass(frozen=True)
class _Line:
    text: str

    @property
    def lines(self) -> list[str]:
        return [self.text]


class Command(_Line):
    """The command line that makes the report again."""


class Message(_Line):
    """Why a section shows no figures, or what a figure of it leaves out."""


@dataclass(frozen=True)
class AsOf:
    """The moment for which a list of ranges holds, and the zone of its dates."""

    moment: str
    zone: str

    @property
    def lines(self) -> list[str]:
        return [f"{self.zone} · as of {self.moment}"]


class _Row(NamedTuple):
    """A row of a table of figures."""

    name: str
    figure: Figure
    share: str | None


@dataclass(frozen=True)
class Figures:
    """The headline figures by name; with `compared`, each has a previous count and a change."""

    figures: Mapping[str, Figure]
    compared: bool

    @property
    def grid(self) -> Grid:
        rows = [_Row(name, figure, None) for name, figure in self.figures.items()]
        return figures_grid(Column("metric", "name"), rows, shares=False, compared=self.compared)


class Part(NamedTuple):
    """A part of a breakdown; `tenths` is its shown share, in tenths of a percent.

    `members` are the parts that `Other` gathers.
    """

    name: str
    figure: Figure
    tenths: int
    members: Sequence[Part] = ()

    @property
    def share(self) -> str:
        return share(self.tenths, self.figure.count)

    @property
    def present(self) -> int:
        """How many of the members have a count; the others have one in the compared range only."""
        return sum(part.figure.count > 0 for part in self.members)


@dataclass(frozen=True)
class Parts:
    """The parts of a breakdown, largest first, and their total: for a table and for a pie.

    `component` names what is counted (`added`), `split` what the parts are (`source`).
    """

    component: str
    split: str
    total: Figure
    parts: Sequence[Part]
    compared: bool

    @property
    def grid(self) -> Grid:
        """All parts as a table, with the total in its last row."""
        first, total = Column(self.split), self.total_row
        return figures_grid(first, self.parts, total, shares=True, compared=self.compared)

    @property
    def total_row(self) -> PartRow:
        """The last row of a table of parts, with 100.0 %, or n/a where nothing was counted."""
        whole = share(1_000, self.total.count) if self.total.count else NOT_AVAILABLE
        return _Row("Total", self.total, whole)

    @cached_property
    def drawn(self) -> Sequence[Part]:
        """At most eight parts; where there are more, the eighth is `Other`."""
        if len(self.parts) <= MOST_DRAWN:
            return self.parts
        own, rest = self.parts[: MOST_DRAWN - 1], self.parts[MOST_DRAWN - 1 :]
        count = previous = tenths = 0
        for part in rest:
            count += part.figure.count
            previous += part.figure.previous or 0
            tenths += part.tenths
        return (*own, Part(OTHER, Figure(count, previous if self.compared else None), tenths, rest))


class Series(NamedTuple):
    """One series of a chart: its name, and its count in each bucket."""

    name: str
    counts: Sequence[int]


def summed(series: Iterable[Series]) -> list[int]:
    """The count of each bucket, all these series together."""
    return [sum(counts) for counts in zip(*(one.counts for one in series), strict=True)]


@dataclass(frozen=True)
class Chart:
    """The data of a bar chart: counts of events by bucket, and no drawing.

    The buckets are each a `by` long on the clock of `zone`. `stacked`: the series are parts of one whole.
    `net` is what the series of an overview come to. The last `unfinished` buckets are not over: their counts
    may still grow.
    """

    series: tuple[Series, ...]
    buckets: Sequence[Bucket]
    by: str
    zone: ZoneInfo
    stacked: bool = False
    net: Series | None = None
    unfinished: int = 0

    @property
    def starts(self) -> list[datetime]:
        """When each bucket begins, on the wall clock."""
        return [to_wall(bucket.start, self.zone) for bucket in self.buckets]

    @property
    def grid(self) -> Grid:
        """One bucket per row."""
        columns = (Column(self.by), *(Column(one.name, "count", one.name) for one in self.columns))
        return Grid(columns, list(zip(self.labels, *(one.counts for one in self.columns), strict=True)))

    @property
    def columns(self) -> tuple[Series, ...]:
        """The series, then the net where there is one."""
        return (*self.series, self.net) if self.net else self.series

    @property
    def labels(self) -> list[str]:
        """What each bucket is called: `Thu 5 Nov 2026`, or `… (so far)` for one that is not over."""
        labels = bucket_labels(self.buckets, self.by, self.zone)
        over = len(labels) - self.unfinished
        return [*labels[:over], *(f"{label} (so far)" for label in labels[over:])]

    def alone(self, series: Series) -> Chart:
        """A chart of one series over the same buckets."""
        return replace(self, series=(series,), stacked=False, net=None)

    def gathered(self, most: int = MOST_DRAWN) -> Chart:
        """The chart with at most `most` series; where there are more, the last is `Other`."""
        if len(self.series) <= most:
            return self
        own, rest = self.series[: most - 1], self.series[most - 1 :]
        return replace(self, series=(*own, Series(OTHER, summed(rest))))

    def merged(self, most: int) -> tuple[Chart, int]:
        """The chart with at most `most` buckets, and how many neighbours are merged into each."""
        each = -(-len(self.buckets) // max(most, 1)) or 1
        if each == 1:
            return self, 1
        places = range(0, len(self.buckets), each)

        def merged(one: Series) -> Series:
            return Series(one.name, [sum(one.counts[place : place + each]) for place in places])

        series = tuple(map(merged, self.series))
        net = merged(self.net) if self.net else None
        over = (len(self.buckets) - self.unfinished) // each
        unfinished = len(places) - over if self.unfinished else 0
        groups = [self.buckets[place : place + each] for place in places]
        buckets = [replace(group[0], end=group[-1].end) for group in groups]
        return replace(self, series=series, buckets=buckets, net=net, unfinished=unfinished), each


@dataclass(frozen=True)
class Cut:
    """That a table shows only some of its rows, and the command for all of them, if one can be run."""

    text: str
    command: str | None

    @property
    def said(self) -> str:
        """The text; where there is a command, it ends in a colon."""
        return f"{self.text}. For all rows:" if self.command else self.text

    @property
    def lines(self) -> list[str]:
        return [self.said, self.command] if self.command else [self.said]


def cut(shown: int, total: int, command: str | None) -> Cut:
    """That only `shown` of `total` rows are shown."""
    return Cut(f"Showing {number(shown)} of {number(total)}", command)


@dataclass(frozen=True)
class Properties:
    """What is known of one `subject` (a path), as names and values."""

    title: str
    subject: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rejects:
    """Rejected records, of which there may be more than memory holds: `rows` can be read once. `command` is
    the command line that writes all of them."""

    total: int
    rows: Iterable[Reject]
    command: str | None = None

    @property
    def grid(self) -> Grid:
        return rejects_grid(self.rows)


_Text = Facts | AsOf | Lead | Notices | Message | Sentences | Cut | Command
Block = Heading | _Text | Figures | Parts | Chart | Grid | Properties | Rejects
"""Each writer has one function per block; `assert_never` makes a block that it lacks a type error."""
