"""Tables of bare values: columns with their meaning, and rows.

Every format that has tables takes them from here and only words the values, so that no two formats can
disagree on a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from contactrep.events import CONNECTED, MERGED, MERGED_CONTACT_ID, PRIMARY_CONTACT_ID
from contactrep.period import Span
from contactrep.report import Figure, LogPage, RangeList, Reject, StoreStatus, UserList
from contactrep.zones import find_zone, zone_of_store

CellKind = Literal["text", "name", "count", "share", "change", "instant", "dates", "id", "flag"]
"""The type of a column's values; any value may be None.

`text` is from events or files, `name` one of our own words, `id` a number that is a name, `change` a
fraction, `share` the text that people see, `instant` a datetime (aware), `dates` a Span, `flag` yes or no.
"""

_UTC = ZoneInfo("UTC")
_ROWS_A_BATCH = 10_000


@dataclass(frozen=True)
class Column:
    """A column: its name for programs, its title for people. A `key` identifies the row and is never cut."""

    name: str
    kind: CellKind = "text"
    title: str = ""
    key: bool = False

    @property
    def right(self) -> bool:
        """Whether the column is aligned on the right, as numbers are."""
        return self.kind in ("count", "share", "change", "id", "flag")

    @property
    def heading(self) -> str:
        """The title; without one, the name with a capital letter."""
        return self.title or self.name.capitalize().replace("_", " ")


@dataclass(frozen=True)
class Grid:
    """Columns, and rows with a value for each column. Instants are shown in `zone`.

    `rows` may be an iterator over more rows than memory holds: `batches` reads it, once.
    """

    columns: tuple[Column, ...]
    rows: Iterable[Sequence[object]]
    zone: ZoneInfo = _UTC

    @property
    def values(self) -> list[Sequence[object]]:
        """The values of each column."""
        return list(zip(*self.rows, strict=True)) or [()] * len(self.columns)

    def batches(self) -> Iterator[Grid]:
        """The same grid in pieces of at most 10,000 rows; none if there are no rows."""
        rows = iter(self.rows)
        while batch := list(islice(rows, _ROWS_A_BATCH)):
            yield replace(self, rows=batch)


class PartRow(Protocol):
    """A figure, its name and its share."""

    @property
    def name(self) -> str: ...
    @property
    def figure(self) -> Figure: ...
    @property
    def share(self) -> object: ...


class _PartRows(Iterable[Sequence[object]]):
    """Rows that are made of `parts` each time they are read, so that no writer holds all of 200,000."""

    def __init__(self, make: Callable[[PartRow], Sequence[object]], *parts: Iterable[PartRow]) -> None:
        self._make = make
        self._parts = parts

    def __iter__(self) -> Iterator[Sequence[object]]:
        return map(self._make, chain.from_iterable(self._parts))


def figures_grid(
    first: Column, parts: Iterable[PartRow], *last: PartRow, shares: bool, compared: bool
) -> Grid:
    """A figure per row: name and count, then the share, then the previous count and the change."""
    columns = [first, Column("count", "count")]
    columns += [Column("share", "share")] if shares else []
    columns += [Column("previous", "count"), Column("change", "change")] if compared else []

    def row(part: PartRow) -> Sequence[object]:
        values = [part.name, part.figure.count]
        values += [part.share] if shares else []
        values += [part.figure.previous, part.figure.change] if compared else []
        return values

    return Grid(tuple(columns), _PartRows(row, parts, last))


def log_grid(log: LogPage) -> Grid:
    """The rows of a log under the hosted report's titles; only `connected` has a channel, and only `merged`
    the contacts that went away, if any row has one."""
    contact = PRIMARY_CONTACT_ID if log.event == MERGED else "Contact ID"
    titles = {
        "contact_id": contact,
        "merged_contact_id": MERGED_CONTACT_ID,
        "contact_name": "Contact Name",
        "source": "Source",
        "user": "User",
        "channel": "Channel",
    }
    if log.event != CONNECTED:
        del titles["channel"]
    if log.event != MERGED or all(row.merged_contact_id is None for row in log.rows):
        del titles["merged_contact_id"]
    columns = [Column(title, title=title, key=name.endswith("_id")) for name, title in titles.items()]
    values = attrgetter("timestamp", *titles)
    return Grid((Column("Timestamp", "instant"), *columns), list(map(values, log.rows)), log.head.range.zone)


def ranges_grid(ranges: RangeList) -> Grid:
    """Every preset with the dates that it covers now and the dates that it is compared with."""
    rows = [[chosen.name, chosen, compared] for chosen, compared in ranges.ranges]
    return Grid((Column("range"), Column("dates", "dates"), Column("compared with", "dates")), rows)


def range_bounds_grid(ranges: RangeList) -> Grid:
    """Every preset with its start and end, and the start and end of its previous range."""
    names = ("start", "end", "previous_start", "previous_end")
    columns = (Column("name"), *(Column(name, "instant") for name in names))
    rows = [[chosen.name, *_ends(chosen), *_ends(compared)] for chosen, compared in ranges.ranges]
    return Grid(columns, rows, find_zone(ranges.timezone))


def _ends(span: Span | None) -> tuple[object, object]:
    return (span.start.instant, span.end.instant) if span else (None, None)


def users_grid(users: UserList) -> Grid:
    """The list of user names, one per row."""
    return Grid((Column("id", title="ID", key=True), Column("name")), users.rows)


def loads_grid(status: StoreStatus) -> Grid:
    """The loads of a store, one per row."""
    rows = [
        [load.id, load.at, load.events, ", ".join(load.files), _options(load.options)]
        for load in status.loads
    ]
    counted = Column("id", "id", "Load"), Column("at", "instant"), Column("events", "count")
    columns = (*counted, Column("files"), Column("options"))
    return Grid(columns, rows, zone_of_store(status.timezone))


def _options(options: Mapping[str, Any]) -> str:
    """Options as text: `event added; map contact_id=Record ID`."""
    words: list[str] = []
    for name, value in options.items():
        texts = value if isinstance(value, list) else [value]
        if name == "profiles":  # what they say is for JSON
            texts = [", ".join(value)]
        elif name == "value":
            texts = [f"{field}:{old}={new}" for field, rules in value.items() for old, new in rules.items()]
        elif isinstance(value, dict):
            texts = [f"{key}={text}" for key, text in value.items()]
        words += [f"{name.replace('_', ' ')} {text}" for text in texts]
    return "; ".join(words)


def rejects_grid(rows: Iterable[Reject]) -> Grid:
    """Rejected records, one per row."""
    columns = (Column("file"), Column("line", "id"), Column("reason"), Column("raw", title="Record"))
    return Grid(columns, rows)
