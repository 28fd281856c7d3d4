"""Downloads the parts of a Parquet object that a question reads: the metadata, and the needed columns of the
needed row groups. Each part is written at its own offset in a sparse private file of the object's size.

An overview of a week reads a few per cent of a file of a year. If DuckDB reads a range that was not
downloaded, it finds zeros, which are not a valid Parquet page: the query fails, and gives no wrong figure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from contactrep.errors import InputProblem
from contactrep.objects import Object
from contactrep.read.content import private
from contactrep.read.parquet import Runner
from contactrep.read.signatures import PARQUET
from contactrep.read.timestamps import MARGIN

Times = tuple[datetime, datetime]
_Stretch = tuple[int, int]
"""Bytes from a place in the file until before another."""

_TAIL: Final = 1 << 16  # bytes that hold the metadata of most files
_LENGTH: Final = 8  # bytes at the end: the length of the metadata, and PARQUET
_GAP: Final = 1 << 17  # bytes that are fetched rather than asking twice

_CHUNKS: Final = """
    SELECT row_group_id,
        least(coalesce(nullif(dictionary_page_offset, 0), data_page_offset), data_page_offset),
        total_compressed_size, bloom_filter_offset, bloom_filter_length
    FROM parquet_metadata($path) WHERE list_contains($places, column_id) AND row_group_num_rows > 0
    """
_TIMES: Final = """
    SELECT row_group_id, stats_min_value, stats_max_value
    FROM parquet_metadata($path) WHERE column_id = $time AND row_group_num_rows > 0
    """


class PartialFile:
    """The downloaded parts of an object, each at its offset in the file `path`."""

    def __init__(self, source: Object, path: Path) -> None:
        self.path = path
        self._source = source
        self._here: list[_Stretch] = []
        with path.open("r+b") as file:
            file.truncate(source.size)

    @classmethod
    def of(cls, source: Object, scratch: Path) -> PartialFile | None:
        """The parts of an object, with its metadata; None if it is no Parquet file. InputProblem where it
        cannot be read."""
        size = source.size
        if size < len(PARQUET) + _LENGTH or source.part(0, len(PARQUET)) != PARQUET:
            return None
        parts = cls(source, private(scratch))
        parts._fetch([(0, len(PARQUET)), (max(0, size - _TAIL), size)])
        with parts.path.open("rb") as file:
            file.seek(size - _LENGTH)
            end = file.read()
        start = size - _LENGTH - int.from_bytes(end[:4], "little")
        if end.endswith(PARQUET) and start > 0:
            parts._fetch([(start, size)])
        return parts

    def need(
        self, run: Runner, pattern: str, places: Collection[int], time: int | None, span: Times | None
    ) -> None:
        """Download the columns with these column ids (see `File.need`). `run` executes SQL in a DuckDB
        session that reads the file as `pattern`."""
        groups = None if span is None or time is None else self._groups(run, pattern, time, span)
        stretches = []
        for group, start, size, bloom, bloom_size in run(_CHUNKS, {"path": pattern, "places": list(places)}):
            if groups is None or group in groups:
                stretches.append((start, start + size))
                stretches += [(bloom, bloom + (bloom_size or _TAIL))] if bloom else []
        self._fetch(stretches)

    def _groups(self, run: Runner, pattern: str, time: int, span: Times) -> set[int]:
        """The row groups that may have times within `span`, in any zone."""
        first, last = (_shifted(span[0], -1), _shifted(span[1], 1))
        return {
            group
            for group, least, greatest in run(_TIMES, {"path": pattern, "time": time})
            if not (_moment(greatest) < first or _moment(least) > last)
        }

    def _fetch(self, stretches: Collection[_Stretch]) -> None:
        """Download the bytes of these stretches that are not here."""
        missing = [one for stretch in _joined(stretches, _GAP) for one in self._missing(stretch)]
        with self.path.open("r+b") as file:
            for start, end in missing:
                part = self._source.part(start, end)
                if part is None or len(part) != end - start:
                    raise InputProblem(f"{self._source.url}: the transfer was cut short: try again")
                file.seek(start)
                file.write(part)
        self._here = list(_joined([*self._here, *missing], 0))

    def _missing(self, stretch: _Stretch) -> Iterator[_Stretch]:
        """The parts of a stretch that are not downloaded."""
        start, end = stretch[0], min(stretch[1], self._source.size)
        within = [(max(start, first), min(end, last)) for first, last in self._here]
        edges = [(start, start), *((first, last) for first, last in within if first < last), (end, end)]
        yield from ((last, first) for (_, last), (first, _) in pairwise(edges) if last < first)


def _joined(stretches: Collection[_Stretch], gap: int) -> Iterator[_Stretch]:
    """The stretches, sorted; stretches at most `gap` bytes apart are merged into one."""
    joined: _Stretch | None = None
    for start, end in sorted(stretches):
        if joined is None:
            joined = (start, end)
        elif start <= joined[1] + gap:
            joined = (joined[0], max(joined[1], end))
        else:
            yield joined
            joined = (start, end)
    if joined:
        yield joined


def _moment(text: str) -> datetime:
    """A time of the statistics, which `proofs` has found to be one, without its zone."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _shifted(moment: datetime, by: int) -> datetime:
    try:
        return moment + by * MARGIN
    except OverflowError:
        return moment
