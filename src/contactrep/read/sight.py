"""Parquet files that are queried in place: their version when first seen, and their rows as SQL."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from contactrep.duck import Error, first_line
from contactrep.errors import ContactrepError, InputProblem
from contactrep.machine import openable
from contactrep.read.lines import exact
from contactrep.read.parquet import Runner
from contactrep.read.parts import PartialFile, Times
from contactrep.read.signatures import PARQUET
from contactrep.read.sources import Source, shown
from contactrep.read.timestamps import FIRST, LAST
from contactrep.read.unpacking import Stamp, stamp_of
from contactrep.summary import FileSummary

MOST_FILES: Final = 100
"""More files are loaded: each would be a scan of its own in every query."""

LINE: Final = "file_row_number"
"""The column that DuckDB adds to tell the place of a row."""


@dataclass(frozen=True)
class File:
    """A Parquet file that is queried in place, and its version when first seen; `parts` are what has come of
    an object."""

    source: Source
    path: str
    pattern: str
    stamp: Stamp
    parts: PartialFile | None = None

    @property
    def unchanged(self) -> bool:
        """Whether the file is still the version first seen; objects are checked when parts are downloaded."""
        if self.parts:
            return True
        assert self.source.path is not None  # noqa: S101 - standard input is no File
        try:
            return self.stamp == stamp_of(os.stat(self.source.path))  # noqa: PTH116 - as `candidates` has it
        except OSError:
            return False


def candidates(sources: Sequence[Source], scratch: Path) -> list[File] | None:
    """The sources as files of Parquet, known by their content; None unless every one of them is.

    `scratch` is a private folder for the parts of objects.
    """
    if not 0 < len(sources) <= MOST_FILES:
        return None
    files = [_candidate(source, scratch) for source in sources]
    known = [file for file in files if file is not None]
    return known if len(known) == len(files) else None


def _candidate(source: Source, scratch: Path) -> File | None:
    if source.object:
        if not source.label.lower().endswith(".parquet"):  # to look into it is a request
            return None
        parts = PartialFile.of(source.object, scratch)
        if parts is None:
            return None
        return File(source, openable(parts.path), parts.pattern, (source.object.size, 0, 0), parts)
    # DuckDB takes a path as UTF-8: what is no UTF-8 has another label. A pipe must not be read here.
    if source.path is None or shown(str(source.path)) != str(source.path):
        return None
    try:
        if source.is_stream:
            return None
        with source.path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if stream.read(len(PARQUET)) != PARQUET:
                return None
    except OSError:
        return None
    return File(source, openable(source.path), exact(source.path), stamp_of(status))


@dataclass(frozen=True)
class Sight:
    """Files whose rows are events as they are. `summaries` are what a load would print about them.

    `parameters` are those of `select`; `may_have_guards` is whether a contact_id may begin with the `'` that
    guards a formula, `has_merged_contacts` whether a merge may name the contact that went away.
    """

    files: Sequence[File]
    summaries: Sequence[FileSummary]
    views: Sequence[View]
    parameters: Mapping[str, Any]
    may_have_guards: bool
    has_merged_contacts: bool

    def select(self, span: tuple[datetime, datetime] | None, *, numbered: bool) -> str:
        """SQL for the events, with `ts` in UTC; `numbered` adds their places: file, line, part.

        Those outside of `span` (naive, UTC; None: all times) may be missing.
        """
        return "\nUNION ALL\n".join(
            view.select(place, span, numbered=numbered) for place, view in enumerate(self.views)
        )

    def need(self, run: Runner, sql: str, span: Times | None) -> None:
        """Download what a question over events within `span` reads, of files that are objects."""
        for file, view in zip(self.files, self.views, strict=True):
            if file.parts:
                places, time = view.needs(sql)
                file.parts.need(run, places, time, span)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around code that reads the files: raise InputProblem for what DuckDB cannot read, and for files
        that have changed since they were surveyed."""
        try:
            yield
        except Error as error:
            self._require_unchanged()
            labels = self.files[0].source.label + (" or another file" if len(self.files) > 1 else "")
            raise InputProblem(
                f"{labels}: not a whole Parquet file ({first_line(error)}): fetch or write it again"
            ) from None
        except ContactrepError:
            self._require_unchanged()
            raise
        self._require_unchanged()

    def _require_unchanged(self) -> None:
        for file in self.files:
            if not file.unchanged:
                raise InputProblem(
                    f"{file.source.label}: it was written to while it was read: ask again when that is done"
                )


@dataclass(frozen=True)
class View:
    """One file as SQL, over `scan`: its column `time`, and the other `fields`. `leaves` are the places of the
    columns in the metadata.

    `offset` (SQL, microseconds) is how far wall times are ahead of UTC; it is one of `offsets`.
    """

    time: str
    is_wall: bool
    fields: Mapping[str, str]
    offset: str
    offsets: Sequence[timedelta]
    leaves: Sequence[int | None]

    def needs(self, sql: str) -> tuple[set[int], int]:
        """The places of the columns that a question over the events reads, and that of the time.

        A question names the columns of its answer, or asks for all: DuckDB reads no others.
        """
        names = set(self.fields) if sql.lstrip().startswith("SELECT *") else set(re.findall(r"\w+", sql))
        read = " ".join(text for name, text in self.fields.items() if name in names)
        [time] = self._places(self.time)
        return {time, *self._places(read)}, time

    def _places(self, sql: str) -> list[int]:
        places = (self.leaves[int(column)] for column in re.findall(r"\bc([0-9]+)\b", sql))
        return [place for place in places if place is not None]

    def select(self, place: int, span: tuple[datetime, datetime] | None, *, numbered: bool) -> str:
        also = f"{place} AS file, {LINE} + 1 AS line, 0 AS part, " if numbered else ""
        fields = ", ".join(f"{sql} AS {name}" for name, sql in self.fields.items())
        shifted = f"make_timestamp(epoch_us(moment) - {self.offset})"
        # A cast would ask for the zone of every row.
        moment = self.time if self.is_wall else f"make_timestamp(epoch_us({self.time}))"
        return f"""
            SELECT {also}{"moment" if self.offset == "0" else shifted} AS ts, {fields}
            FROM (
                SELECT *, {moment} AS moment
                FROM {scan(place, len(self.leaves), numbered=numbered)}
                {self._within(span)}
            )"""

    def _within(self, span: tuple[datetime, datetime] | None) -> str:
        # Only a condition on the bare column lets DuckDB skip row groups, and it is the cheapest per row.
        if span is None:
            return ""
        first, last = _moved(span[0], min(self.offsets)), _moved(span[1], max(self.offsets))
        if self.is_wall:
            return f"WHERE {self.time} BETWEEN TIMESTAMP '{first}' AND TIMESTAMP '{last}'"
        return f"WHERE {self.time} BETWEEN TIMESTAMPTZ '{first}+00' AND TIMESTAMPTZ '{last}+00'"


def scan(place: int, columns: int, *, numbered: bool = False) -> str:
    """SQL for the rows of a file of a Sight, of which `$fileN_path` is bound, with the columns c0, c1, …"""
    option = f", {LINE} = true" if numbered else ""
    names = ", ".join(f"c{column}" for column in range(columns))
    return f"read_parquet($file{place}_path, hive_partitioning = false{option}) AS file({names})"


def _moved(moment: datetime, offset: timedelta) -> datetime:
    """A time moved by an offset; no event lies within a margin of the first and the last that are kept."""
    return min(max(moment, datetime.fromisoformat(FIRST)), datetime.fromisoformat(LAST)) + offset
