"""Parquet files whose events can be had without loading them, with the same rows and notices as a load.

A load checks every value of every row. Of a plain Parquet file a look at its metadata and one scan of two
columns tell as much, and whatever they leave open is left to a load (`survey` gives None):

- **Type.** The fields are columns of VARCHAR, as they are; the time is an INT64 TIMESTAMP (a wall time; UTC
  with a legacy converted type) or TIMESTAMPTZ (an instant). Their texts, which a load reads, then have one
  form, which is accepted; a `--timestamp-format` might read them otherwise. BLOB, INT96, nanoseconds and
  numbers take the long way.
- **Time.** Statistics of every row group say that there is no null, and give the first and the last; a load
  rejects none between the years 2 and 9998. DuckDB itself goes by them in what it does not read. Wall times
  near a change of the clock are scanned for those that occur twice or never; those of more than two centuries
  see thousands of changes, and are left to a load.
- **Event and source.** The scan gives each pair that occurs with its number, so Python maps them as for a
  load. Where one would be rejected, or there are more than a domain has, a load must do it.
- **contact_id.** A load rejects blank ones. Statistics of every row group say that there is no null and, with
  the least and the greatest, that all ids begin with a visible ASCII character: so none is blank. Cut
  statistics are bounds still. Only `min_value` and `max_value` are believed, which are ordered by bytes; the
  older ones are not. A backslash in front may be DuckDB's way to show other bytes, so it proves nothing.

The other texts may be anything. Bytes that are no UTF-8, and pages that do not unpack, are found where a
question reads them, which fails; a load finds them everywhere. `Sight.guard` sees to files that change.
"""

from __future__ import annotations

from collections import Counter, abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from contactrep.duck import Error
from contactrep.errors import ContactrepError
from contactrep.events import (
    COLUMNS,
    DELETED,
    KNOWN_SOURCES,
    MERGED,
    USER_SOURCE,
    known_kind,
    known_source,
    match_key,
)
from contactrep.read.columns import Columns, resolve_columns
from contactrep.read.mapping import Mapping
from contactrep.read.parquet import read_schema
from contactrep.read.sight import LINE, File, Sight, View
from contactrep.read.timestamps import FIRST, LAST, Shift, shift_sql
from contactrep.summary import FileSummary
from contactrep.zones import transitions, utc_offset

Run = Callable[[str, abc.Mapping[str, Any]], list[tuple[Any, ...]]]

_MOST_PAIRS: Final = 1000  # of event and source in a file
_MOST_NAMES: Final = 100  # texts that must be mapped, of all files
_MARGIN: Final = timedelta(days=3)  # more than any offset
_FEW_YEARS: Final = timedelta(days=200 * 365)
_EARLIEST: Final = datetime.fromisoformat(FIRST) + _MARGIN
_LATEST: Final = datetime.fromisoformat(LAST) - _MARGIN
_VISIBLE: Final = frozenset(map(chr, range(ord("!"), ord("~") + 1))) - {"\\"}
_WALL, _INSTANT = "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"


def survey(run: Run, files: Sequence[File], mapping: Mapping, zone: ZoneInfo) -> Sight | None:
    """The files' events, None where it takes a load to know them. `zone` is that of naive times unless the
    mapping names one. `run` puts SQL to a DuckDB in UTC."""
    if mapping.timestamp_formats:
        return None
    names = _Names()
    results, guards = [], False
    try:
        for place, file in enumerate(files):
            one = _Survey(run, file, place, mapping, names)
            if not one.is_plain() or not one.is_good():
                return None
            results.append(one.result(mapping.input_timezone or zone))
            guards |= one.may_have_guards
    except (ContactrepError, Error):
        return None  # a load says what is wrong
    found = [it for it, _ in results]
    paths = {f"files_path_{place}": file.pattern for place, file in enumerate(files)}
    if _may_be_told_once(files, found) or len(names.texts) > _MOST_NAMES:
        return None
    if not all(file.unchanged for file in files):
        return None
    return Sight(files, found, [view for _, view in results], paths | names.parameters, guards)


def _may_be_told_once(files: Sequence[File], found: Sequence[FileSummary]) -> bool:
    """Whether two files may have the same bytes and ignored columns, which a load names for one of them."""
    sizes = Counter(file.stamp[0] for file in files)
    return any(it.ignored_columns and sizes[file.stamp[0]] > 1 for file, it in zip(files, found, strict=True))


@dataclass
class _Names:
    """Texts from files that stand in SQL as parameters."""

    texts: list[str] = field(default_factory=list)

    def of(self, text: str) -> str:
        self.texts.append(text)
        return f"$files_text_{len(self.texts) - 1}"

    @property
    def parameters(self) -> dict[str, str]:
        return {f"files_text_{place}": text for place, text in enumerate(self.texts)}


class _Survey:
    """What metadata and the scan tell of one file."""

    def __init__(self, run: Run, file: File, place: int, mapping: Mapping, names: _Names) -> None:
        self._run = run
        self._file = file
        self._path = f"$files_path_{place}"
        self._bound = {f"files_path_{place}": file.pattern}
        self._names = names
        self._schema = read_schema(run, file.pattern)
        self._headers, self._types = self._schema.headers, self._schema.types
        self._columns: Columns = resolve_columns(self._headers, mapping, file.source.folders)
        self._pairs: Counter[tuple[str | None, str | None]] = Counter()
        self._times: list[datetime] = []
        self.may_have_guards = False

    # What the metadata say

    def is_plain(self) -> bool:
        """Whether types and statistics leave nothing but events, sources and times to be looked at."""
        places = self._columns.positions
        if not {"timestamp", "contact_id"} <= places.keys():
            return False  # folders give them
        if LINE in (header.casefold() for header in self._headers):
            return False
        if self._types[places["timestamp"]] not in (_WALL, _INSTANT):
            return False
        if any(self._types[place] != "VARCHAR" for name, place in places.items() if name != "timestamp"):
            return False
        leaves = self._schema.leaves
        return self._proves(leaves[places["timestamp"]], leaves[places["contact_id"]])

    def _proves(self, time: int | None, contact: int | None) -> bool:
        """Whether the statistics say that no contact_id is blank, and times are as all writers agree on."""
        if time is None or contact is None:
            return False
        rows = self._run(
            """
            SELECT column_id, type, coalesce(stats_null_count = 0, false) AS filled,
                stats_min_value AS least, stats_max_value AS greatest
            FROM parquet_metadata($path) WHERE column_id IN ($time, $contact) AND row_group_num_rows > 0
            """,
            {"path": self._file.pattern, "time": time, "contact": contact},
        )
        times = [row[1:] for row in rows if row[0] == time]
        contacts = [row[1:] for row in rows if row[0] == contact]
        return self._proves_times(times) and self._proves_contacts(contacts)

    def _proves_times(self, groups: Sequence[tuple[Any, ...]]) -> bool:
        for kind, filled, least, greatest in groups:
            if kind != "INT64" or not filled or least is None or greatest is None:
                return False
            first, last = (_moment(text) for text in (least, greatest))
            if first is None or last is None or first < _EARLIEST or last > _LATEST:
                return False
            self._times += [first, last]
        return True

    def _proves_contacts(self, groups: Sequence[tuple[Any, ...]]) -> bool:
        for kind, filled, least, greatest in groups:
            if kind != "BYTE_ARRAY" or not filled:
                return False
            if not all(text and text[0] in _VISIBLE for text in (least, greatest)):
                return False
            self.may_have_guards |= least[0] <= "'"
        return True

    # What the scan says

    def is_good(self) -> bool:
        """Whether every row is an event."""
        if not (self._is_of_few_years() and self._scan()):
            return False
        return all(self._kind(event) is not None for event, _ in self._pairs)

    def _is_of_few_years(self) -> bool:
        """Whether each change of the clock can be a step of its own in the SQL for wall times."""
        return not (self._is_naive and self._times) or max(self._times) - min(self._times) < _FEW_YEARS

    def _scan(self) -> bool:
        # The columns as they stand: their dictionaries are counted by quickest.
        event, source = (self._raw(name) for name in ("event", "source"))
        rows = self._run(
            f"""
            SELECT {event} AS event, {source} AS source, count(*)
            FROM {self._relation} GROUP BY ALL LIMIT {_MOST_PAIRS + 1}
            """,
            self._bound,
        )
        constants = self._columns.constants
        for event, source, count in rows:
            if count:  # without groups there is a row for no rows
                pair = constants.get("event", event) or None, constants.get("source", source) or None
                self._pairs[pair] += count
        return len(rows) <= _MOST_PAIRS

    @property
    def _relation(self) -> str:
        return f"read_parquet({self._path}, hive_partitioning = false) AS file({self._column_names})"

    @property
    def _column_names(self) -> str:
        return ", ".join(f"c{place}" for place in range(len(self._headers)))

    def _raw(self, name: str) -> str:
        place = self._columns.positions.get(name)
        return "NULL::VARCHAR" if place is None else f"c{place}"

    def _column(self, name: str) -> str:
        """SQL for a field as text, null where it is empty."""
        if constant := self._columns.constants.get(name):
            return f"{self._names.of(constant)}::VARCHAR"
        raw = self._raw(name)
        return raw if name not in self._columns.positions or name == "contact_id" else f"nullif({raw}, '')"

    def _kind(self, event: str | None) -> str | None:
        default = self._columns.event
        return known_kind(event) if event is not None and match_key(event) else default

    # What comes of it

    def result(self, zone: ZoneInfo) -> tuple[FileSummary, View]:
        """What a load would tell, and the file as SQL; naive times are in `zone`."""
        shift, offsets = self._shift(zone)
        folds = self._folds(shift) if shift.folds else {}
        found = FileSummary(
            self._file.source.label,
            loaded=self._pairs.total(),
            ambiguous_times=folds.get("twice", 0),
            missing_times=folds.get("never", 0),
            unknown_sources=self._unknown_sources(),
            ignored_columns=self._columns.ignored,
        )
        kind = self._kind_sql()
        fields = {"event": kind, "source": self._source_sql(kind)}
        fields |= {name: self._column(name) for name in COLUMNS if name not in ("timestamp", *fields)}
        view = View(
            path=self._path,
            names=self._column_names,
            time=self._time,
            is_wall=self._is_wall,
            fields=fields,
            offset=shift.offset,
            behind=min(offsets),
            ahead=max(offsets),
        )
        return found, view

    @property
    def _is_wall(self) -> bool:
        kind: str = self._types[self._columns.positions["timestamp"]]
        return kind == _WALL

    @property
    def _is_naive(self) -> bool:
        """Whether the times are wall times of the zone: not those that only DuckDB takes for such."""
        return self._is_wall and self._columns.positions["timestamp"] not in self._schema.utc

    @property
    def _time(self) -> str:
        return f"c{self._columns.positions['timestamp']}"

    def _shift(self, zone: ZoneInfo) -> tuple[Shift, list[timedelta]]:
        """How naive times become instants, as for a load, and the offsets that may be taken off."""
        if not (self._is_naive and self._times):
            return shift_sql("moment", [], timedelta(0)), [timedelta(0)]
        start = (min(self._times) - _MARGIN).replace(tzinfo=UTC)
        end = (max(self._times) + _MARGIN).replace(tzinfo=UTC)
        before = utc_offset(start, zone)
        changes = transitions(zone, start, end)
        offsets = [before, *(change.after for change in changes)]
        return shift_sql("moment", changes, before), offsets

    def _folds(self, shift: Shift) -> dict[str, int]:
        rows = self._run(
            f"""
            SELECT {shift.fold} AS fold, count(*) FROM (SELECT {self._time} AS moment FROM {self._relation})
            GROUP BY fold
            """,
            self._bound,
        )
        return {fold: count for fold, count in rows if fold}

    def _unknown_sources(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for (_, source), count in self._pairs.items():
            if source is not None and known_source(source) is None:
                found[source] += count
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def _kind_sql(self) -> str:
        """SQL for the kind: the column itself, where it has nothing else."""
        written = {event: self._kind(event) for event, _ in self._pairs}
        place = self._columns.positions.get("event")
        if place is not None and all(text == kind for text, kind in written.items()):
            return f"c{place}"
        if len(set(written.values())) == 1:
            return f"'{next(iter(written.values()))}'"
        return self._mapped(self._column("event"), written)

    def _source_sql(self, kind: str) -> str:
        """SQL for the source: known ones in their own spelling, and User where it goes without saying."""
        texts = {source for _, source in self._pairs if source is not None}
        named = self._mapped(self._column("source"), {text: known_source(text) or text for text in texts})
        unsaid = {self._kind(event) for event, source in self._pairs if source is None}
        if not unsaid & {DELETED, MERGED}:
            return named
        return f"coalesce({named}, CASE WHEN {kind} IN ('{DELETED}', '{MERGED}') THEN '{USER_SOURCE}' END)"

    def _mapped(self, column: str, written: abc.Mapping[str | None, str | None]) -> str:
        """SQL for a column with some of its texts replaced by our own names for them."""
        others = {text: name for text, name in written.items() if text != name}
        cases = "".join(
            f" WHEN {column} {'IS NULL' if text is None else '= ' + self._names.of(text)} THEN '{name}'"
            for text, name in others.items()
        )
        return f"CASE{cases} ELSE {column} END" if cases else column


assert not any("'" in source for source in KNOWN_SOURCES)  # noqa: S101 - they stand in SQL as they are


def _moment(text: str) -> datetime | None:
    """A time of the statistics: a wall time, or an instant in UTC, without its zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:  # infinity, years that nobody has
        return None
