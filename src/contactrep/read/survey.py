"""Parquet files whose events can be had without loading them, with the same rows and notices as a load.

For a plain Parquet file, its metadata (see `proofs`) and one scan of the pairs of event and source tell as
much as a load. If a row would be rejected, or anything is uncertain, `survey` returns None and the file is
loaded. Bytes that are not UTF-8, and damaged pages, fail in the question that reads them. `Sight.guard`
detects files that change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from contactrep.duck import Error
from contactrep.errors import ContactrepError
from contactrep.events import COLUMNS, DELETED, MERGED, known_source
from contactrep.read.columns import MERGED_CONTACT_ID, MERGED_SEPARATOR, Reference, resolve_columns
from contactrep.read.mapping import Mapping
from contactrep.read.parquet import INSTANT, WALL, Runner, read_schema, require_single
from contactrep.read.proofs import Proof, prove
from contactrep.read.sight import LINE, File, Sight, View, scan
from contactrep.read.timestamps import MARGIN, fold, fold_sql, offset_sql
from contactrep.read.values import ROUNDED, Meanings, has_point, is_visible, kind_of, kind_sql, source_sql
from contactrep.summary import FileSummary
from contactrep.zones import Transition, transitions, utc_offset

_MOST_PAIRS: Final = 1000  # of event and source in a file
_ROWS_OF_SHEET: Final = 1_048_576
_MOST_MEANINGS: Final = 100  # texts of another spelling in a file
_FEW_YEARS: Final = timedelta(days=200 * 365)


def survey(run: Runner, files: Sequence[File], mapping: Mapping, zone: ZoneInfo) -> Sight | None:
    """The files' events, None where it takes a load to know them. `zone` is that of naive times unless the
    mapping names one. `run` puts SQL to a DuckDB in UTC."""
    if mapping.kinds or mapping.given.keys() - {"event", "map", "input_timezone"}:
        return None
    try:
        surveys = [_FileSurvey(run, file, at, mapping) for at, file in enumerate(files)]
        if not all(one.is_plain() and one.is_good() for one in surveys):
            return None
        results = [one.result(mapping.input_timezone or zone) for one in surveys]
    except (ContactrepError, Error):
        return None  # a load says what is wrong
    summaries = [summary for summary, _ in results]
    both = zip(files, summaries, strict=True)
    unused = [(file.stamp[0], it.ignored_columns) for file, it in both if it.ignored_columns]
    may_be_identical = len(set(unused)) < len(unused)  # then a load prints their unused columns once
    if may_be_identical or not all(file.unchanged for file in files):
        return None
    parameters = {name: value for one in surveys for name, value in one.parameters.items()}
    guards = any(one.proof.may_have_guards for one in surveys)
    merged = any(one.has_merged_contacts for one in surveys)
    return Sight(files, summaries, [view for _, view in results], parameters, guards, merged)


class _FileSurvey:
    """What metadata and the scan tell of one file; `parameters` are those of its view."""

    def __init__(self, run: Runner, file: File, place: int, mapping: Mapping) -> None:
        self._run = run
        self._file = file
        self._place = place
        self._prefix = f"file{place}"
        self._schema = read_schema(run, file.pattern)
        if file.source.path:  # of an object, only parts have been fetched
            require_single(run, file.source.path)
        self._columns = resolve_columns(
            self._schema.headers, mapping, file.source.folders, self._schema.paths
        )
        self._places = self._columns.plain
        self._pairs: Counter[tuple[str | None, str | None]] = Counter()
        self.proof = Proof((), may_have_guards=False)
        self.has_merged_contacts = False
        self.parameters: dict[str, Any] = {f"{self._prefix}_path": file.pattern}

    # What the metadata say

    def is_plain(self) -> bool:
        """Whether types and statistics leave nothing but events, sources and times to be looked at: fields of
        VARCHAR, and a time of microseconds. BLOB, INT96, nanoseconds and numbers are left to a load."""
        places = self._places
        if not {"timestamp", "contact_id"} <= places.keys():
            return False  # folders give them
        types = {name: self._schema.types[place] for name, place in places.items()}
        times = (INSTANT,) if self._columns.doubtful else (WALL, INSTANT)  # a load gives the notice
        if types.pop("timestamp") not in times or set(types.values()) != {"VARCHAR"}:
            return False
        if LINE in (header.casefold() for header in self._schema.headers):
            return False
        time, contact = (self._schema.leaves[places[name]] for name in ("timestamp", "contact_id"))
        proof = prove(self._run, self._file.pattern, time, contact)
        self.proof = proof or self.proof
        return proof is not None

    # What the scan says

    def is_good(self) -> bool:
        """Whether every row is an event, and each change of the clock can be a step of its own in SQL."""
        times = self.proof.times
        if self._is_naive and times and max(times) - min(times) >= _FEW_YEARS:
            return False
        return (
            self._scan()
            and all(self._kind(event) is not None for event, _ in self._pairs)
            and self._has_single_ids()
            and not self._has_rounded_ids()
        )

    def _has_single_ids(self) -> bool:
        """Whether every merged_contact_id is one id: several are several events, and a blank one is none."""
        if MERGED_CONTACT_ID in self._columns.constants:
            return False  # a folder gives it
        if MERGED_CONTACT_ID not in self._places:
            return True
        text = self._raw(MERGED_CONTACT_ID)
        doubtful = f"""CASE WHEN {text} = '' OR {is_visible(text)}
            THEN contains({text}, '{MERGED_SEPARATOR}') ELSE true END"""
        found = (
            f"SELECT count(*) > 0, coalesce(bool_or({doubtful}), false) FROM file WHERE {text} IS NOT NULL"
        )
        [(self.has_merged_contacts, bad)] = self._ask(found, MERGED_CONTACT_ID)
        return not bad

    def _has_rounded_ids(self) -> bool:
        """Whether a spreadsheet has rounded an id. That takes 28 ns a row, so a file with more rows than a
        sheet can have is not looked at."""
        if self._pairs.total() > _ROWS_OF_SHEET:
            return False
        names = [name for name in ("contact_id", MERGED_CONTACT_ID) if name in self._places]
        rounded = " OR ".join(
            rf"CASE WHEN {has_point(text)} THEN regexp_full_match({text}, '\s*{ROUNDED}\s*') ELSE false END"
            for text in map(self._raw, names)
        )
        return bool(self._ask(f"SELECT coalesce(bool_or({rounded}), false) FROM file", *names)[0][0])

    def _scan(self) -> bool:
        """Count the rows of each pair of event and source; whether there are not too many pairs."""
        # Bare columns, because DuckDB groups by their dictionary codes.
        pairs = f"SELECT {self._raw('event')} AS event, {self._raw('source')} AS source, count(*) FROM file"
        rows = self._ask(f"{pairs} GROUP BY ALL LIMIT {_MOST_PAIRS + 1}", "event", "source")
        constants = self._columns.constants
        for event, source, count in rows:
            if count:  # without groups there is a row for no rows
                pair = constants.get("event", event) or None, constants.get("source", source) or None
                self._pairs[pair] += count
        return len(rows) <= _MOST_PAIRS

    def _kind(self, event: str | None) -> str | None:
        return kind_of(event, self._columns.event)

    # What comes of it

    def result(self, zone: ZoneInfo) -> tuple[FileSummary, View]:
        """What a load would tell, and the file as SQL; naive times are in the zone that their header names,
        else in `zone`."""
        changes, before = self._changes(self._columns.zone or zone)
        offsets = [before, *(change.after for change in changes)]
        folds = self._folds(changes) if any(map(fold, changes)) else {}
        summary = FileSummary(
            self._file.source.label,
            loaded=self._pairs.total(),
            ambiguous_times=folds.get("twice", 0),
            missing_times=folds.get("never", 0),
            unknown_sources=self._unknown_sources(),
            ignored_columns=self._columns.ignored,
        )
        view = View(
            time=self._raw("timestamp"),
            is_wall=self._schema.types[self._places["timestamp"]] == WALL,
            fields=self._fields(),
            offset=offset_sql(changes, before),
            offsets=offsets,
            leaves=self._schema.leaves,
        )
        return summary, view

    def _ask(self, sql: str, *fields: str) -> list[tuple[Any, ...]]:
        """The rows of a question over `file`, which reads these fields."""
        leaves = (self._schema.leaves[self._places[name]] for name in fields if name in self._places)
        if self._file.parts:
            self._file.parts.need(self._run, [leaf for leaf in leaves if leaf is not None])
        rows = scan(self._place, len(self._schema.leaves))
        return self._run(sql.replace("FROM file", f"FROM {rows}"), dict(self.parameters))

    def _raw(self, name: str) -> str:
        place = self._places.get(name)
        return "NULL::VARCHAR" if place is None else f"c{place}"

    def _text(self, name: str) -> str:
        """SQL for a field as text, null where it is empty."""
        if self._columns.constants.get(name):
            return f"${self._prefix}_constant_{name}::VARCHAR"
        raw = self._raw(name)
        return raw if name not in self._places or name == "contact_id" else f"nullif({raw}, '')"

    def _fields(self) -> dict[str, str]:
        """SQL for each field but the time; event and source are bare columns if no spelling is replaced."""
        default, constants = self._columns.event, self._columns.constants
        events, sources = ({pair[at] for pair in self._pairs} for at in (0, 1))
        meanings = Meanings.of(events, sources, default)
        if len(meanings.kinds) + len(meanings.sources) > _MOST_MEANINGS:
            raise ContactrepError("too many spellings")
        fields = {name: self._text(name) for name in COLUMNS if name != "timestamp"}
        kinds = {self._kind(text) for text in events}
        if "event" in self._places and kinds == events:
            fields["event"] = self._raw("event")
        elif len(kinds) == 1:
            fields["event"] = f"'{kinds.pop()}'"
        else:
            fields["event"] = kind_sql(fields["event"], default, self._prefix)
        if self.has_merged_contacts:
            merged = fields[MERGED_CONTACT_ID]
            fields[MERGED_CONTACT_ID] = f"CASE WHEN {fields['event']} = '{MERGED}' THEN {merged} END"
        unsaid = {self._kind(text) for text, source in self._pairs if source is None}
        if meanings.sources or unsaid & {DELETED, MERGED}:
            fields["source"] = source_sql(fields["source"], fields["event"], self._prefix)
        bound: dict[str, Any] = {**meanings.parameters(self._prefix)}
        bound |= {f"{self._prefix}_constant_{name}": value for name, value in constants.items()}
        used = " ".join(fields.values())
        self.parameters |= {name: value for name, value in bound.items() if f"${name}" in used}
        return fields

    @property
    def _is_naive(self) -> bool:
        """Whether the times are wall times of the zone: not those that only DuckDB takes for such."""
        place = self._places["timestamp"]
        return self._schema.types[place] == WALL and Reference(place) not in self._schema.utc

    def _changes(self, zone: ZoneInfo) -> tuple[Sequence[Transition], timedelta]:
        """The changes of the clock around naive times, and the offset before them."""
        if not (self._is_naive and self.proof.times):
            return [], timedelta(0)
        start = (min(self.proof.times) - MARGIN).replace(tzinfo=UTC)
        end = (max(self.proof.times) + MARGIN).replace(tzinfo=UTC)
        return transitions(zone, start, end), utc_offset(start, zone)

    def _folds(self, changes: Sequence[Transition]) -> dict[str, int]:
        moments = f"SELECT {self._raw('timestamp')} AS moment FROM file"
        sql = f"SELECT {fold_sql(changes)} AS fold, count(*) FROM ({moments}) GROUP BY fold"
        return dict(self._ask(sql, "timestamp"))

    def _unknown_sources(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for (_, source), count in self._pairs.items():
            if source is not None and known_source(source) is None:
                found[source] += count
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
