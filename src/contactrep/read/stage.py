"""Staging: the good rows and the rejects of files, in tables of the bench, before any store is touched.

`good` has (file, line, ts, event, …), ts in UTC; `rejects` has (file, line, reason, raw). `file` is the
position of the file within the load.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import duckdb

from contactrep.errors import InputProblem
from contactrep.events import (
    COLUMNS,
    KNOWN_SOURCES,
    Columns,
    known_kind,
    known_source,
    match_key,
    resolve_columns,
    resolve_keys,
)
from contactrep.read import LoadOptions, timestamps, values
from contactrep.read.bench import Bench, first_line
from contactrep.read.content import Content, Progress, examine
from contactrep.read.rows import find, open_table
from contactrep.read.sources import Source
from contactrep.zones import transitions

_MARGIN = timedelta(days=3)  # more than any offset, so that no change near the first or last time is missed


@dataclass(frozen=True)
class Counts:
    """What reading a file gave: `read` records = good ones + `rejected`; of the good ones, the local times
    that occur twice or never, and the rows per source that is not known; the columns that no field takes."""

    read: int
    rejected: int
    ambiguous_times: int = 0
    missing_times: int = 0
    unknown_sources: dict[str, int] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()


class Stage:
    """The bench's tables and how files get into them."""

    def __init__(self, bench: Bench, options: LoadOptions, progress: Progress) -> None:
        self._bench = bench
        self._options = options
        self._progress = progress
        text = options.timestamp_format
        self._format = timestamps.compile_format(text) if text else None
        self._looks_like_time = timestamps.recognizer(self._format)
        for table in values.TABLES:
            bench.run(table)

    def examine(self, source: Source) -> Content:
        """Look through a source's bytes; InputProblem when they cannot be read."""
        return examine(source, self._bench.scratch, self._progress)

    def take(self, position: int, source: Source, content: Content, zone: ZoneInfo) -> tuple[Counts, Content]:
        """Stage the records of one file, and tell which content they are of: a file that was written to
        while it was read is read again from a copy. InputProblem when it cannot be read at all.

        Naive times are in the options' zone, else in `zone`.
        """
        columns = self._attempt(source, content)
        if columns is None:
            content = examine(source, self._bench.scratch, self._progress, copy=True)
            columns = self._attempt(source, content)
        content.discard()
        assert columns is not None  # noqa: S101 - a copy does not change
        return self._settle(position, columns, self._options.input_timezone or zone), content

    def drop_good(self, position: int) -> None:
        """Take the good rows of one file off the stage again; its rejects stay."""
        self._bench.run("DELETE FROM good WHERE file = $file", {"file": position})

    def _attempt(self, source: Source, content: Content) -> Columns | None:
        """Find the records of a file; None when it was written to in the meantime."""
        try:
            columns = self._find(source, content)
        except duckdb.OutOfMemoryException:
            raise  # not the file's fault: the bench says what helps
        except (InputProblem, duckdb.Error) as error:
            if not content.unchanged():
                return None
            problem = first_line(error) if isinstance(error, duckdb.Error) else error
            advice = ": fetch or write it again" if content.parquet and problem is not error else ""
            raise InputProblem(f"{source.label}: {problem}{advice}") from None
        return columns if content.unchanged() else None

    def _find(self, source: Source, content: Content) -> Columns:
        """Make the view `found` of a file's records, each good so far or with a fault."""
        mapping, event = self._options.mapping, self._options.event
        resolve = partial(resolve_columns, mapping=mapping, event=event)
        table = open_table(self._bench, source, content, resolve, (*mapping.values(), *COLUMNS))
        own = table.records
        columns = resolve_keys(own, mapping, event) if own else resolve(table.headers)
        time = columns.fields.index("timestamp")
        finish = values.checked(self._format, columns.fields, columns.event)
        find(self._bench, content, table, columns, finish, lambda fields: self._looks_like_time(fields[time]))
        return columns

    def _settle(self, position: int, columns: Columns, zone: ZoneInfo) -> Counts:
        """Move what was found to `good` and `rejects`."""
        self._map_texts(columns.event)
        shift = self._shift(zone)
        run, value, file = self._bench.run, self._bench.value, {"file": position}
        run(values.placed(columns.event, shift))
        read = value("SELECT count(*) FROM found")
        good = value(
            "INSERT INTO good SELECT $file, * EXCLUDE (fold, fault, raw) FROM placed WHERE fault IS NULL",
            file,
        )
        if good < read:
            run(
                "INSERT INTO rejects SELECT $file, line, fault, raw FROM placed WHERE fault IS NOT NULL", file
            )
        folds = self._folds() if shift.folds else {}
        return Counts(
            read=read,
            rejected=read - good,
            ambiguous_times=folds.get("twice", 0),
            missing_times=folds.get("never", 0),
            unknown_sources=self._unknown_sources(position),
            ignored_columns=columns.ignored,
        )

    def _folds(self) -> dict[str, int]:
        """How many good naive times occur twice, and never."""
        return dict(
            self._bench.run(
                "SELECT fold, count(*) FROM placed WHERE fault IS NULL AND fold <> '' GROUP BY fold"
            )
        )

    def _map_texts(self, default: str | None) -> None:
        """Tell SQL what the file's event texts and sources mean."""
        for table in values.MAPS:
            self._bench.run(table)
        kinds = self._distinct("event")
        self._bench.append(
            "kinds", [(text, known_kind(text) if match_key(text) else default) for text in kinds]
        )
        self._bench.append(
            "origins", [(text, known_source(text) or text) for text in self._distinct("source")]
        )

    def _distinct(self, column: str) -> list[str]:
        rows = self._bench.run(
            f"SELECT DISTINCT {column} FROM found WHERE fault IS NULL AND {column} IS NOT NULL"
        )
        return [row[0] for row in rows]

    def _shift(self, zone: ZoneInfo) -> timestamps.Shift:
        """How the file's naive times become instants."""
        first, last = self._bench.run(
            f"""
            SELECT min(moment), max(moment) FROM found
            WHERE naive AND fault IS NULL
                AND moment BETWEEN '{timestamps.FIRST}'::DATE - 3 AND '{timestamps.LAST}'::DATE + 3
            """
        )[0]
        if first is None:
            return timestamps.shift_sql("moment", [], timedelta(0))
        start: datetime = first.replace(tzinfo=UTC) - _MARGIN
        end: datetime = last.replace(tzinfo=UTC) + _MARGIN
        before = start.astimezone(zone).utcoffset() or timedelta(0)
        return timestamps.shift_sql("moment", transitions(zone, start, end), before)

    def _unknown_sources(self, position: int) -> dict[str, int]:
        rows = self._bench.run(
            """
            SELECT source, count(*) FROM good
            WHERE file = $file AND source IS NOT NULL AND source NOT IN (SELECT unnest($known))
            GROUP BY source ORDER BY count(*) DESC, source
            """,
            {"file": position, "known": list(KNOWN_SOURCES)},
        )
        return dict(rows)
