"""Downloads the parts of a Parquet object that a question reads: the metadata, and the needed columns of the
needed row groups. Each part is written at its own offset in a sparse private file of the object's size.

An overview of a week reads a few per cent of a file of a year. If DuckDB reads a range that was not
downloaded, it finds zeros, which are not a valid Parquet page: the query fails, and gives no wrong figure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from contactrep.errors import InputProblem
from contactrep.objects import Object
from contactrep.read.content import private
from contactrep.read.lines import exact
from contactrep.read.parquet import Runner
from contactrep.read.signatures import PARQUET
from contactrep.read.timestamps import MARGIN

Times = tuple[datetime, datetime]

_BLOCK: Final = 1 << 17  # bytes that are downloaded together, so that few requests are made
_TAIL: Final = 1 << 16  # bytes that hold the metadata of most files
_LENGTH: Final = 8  # bytes at the end: the length of the metadata, and PARQUET

_CHUNKS: Final = """
    WITH chunks AS (
        SELECT least(nullif(dictionary_page_offset, 0), data_page_offset) AS start, *
        FROM parquet_metadata($path)
        WHERE list_contains($places, column_id) AND row_group_num_rows > 0 AND row_group_id NOT IN (
            SELECT row_group_id FROM parquet_metadata($path) WHERE column_id = $time AND (
                try_cast(stats_max_value AS TIMESTAMP) < $first::TIMESTAMP - $margin
                OR try_cast(stats_min_value AS TIMESTAMP) > $last::TIMESTAMP + $margin
            )
        )
    )
    SELECT start, start + total_compressed_size FROM chunks
    UNION ALL
    SELECT bloom_filter_offset, bloom_filter_offset + coalesce(nullif(bloom_filter_length, 0), $bloom)
    FROM chunks WHERE bloom_filter_offset > 0
    """
"""Where the bytes of columns begin and end, of the row groups that may have times from `first` to `last`, in
any zone: the pages and the bloom filters."""


class PartialFile:
    """The downloaded blocks of an object, each at its offset in the file `path`. In SQL it is `pattern`."""

    def __init__(self, source: Object, path: Path) -> None:
        self.path = path
        self.pattern = exact(path)
        self._source = source
        self._here: set[int] = set()
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
        self, run: Runner, places: Collection[int], time: int | None = None, span: Times | None = None
    ) -> None:
        """Download the columns at these places in the metadata, of row groups that may have rows within
        `span` (naive, UTC; None: of all) by the statistics of the column `time`. `run` executes SQL in a
        session that may read `pattern`."""
        first, last = span or (None, None)
        bound = {"path": self.pattern, "places": list(places), "time": time, "first": first, "last": last}
        self._fetch(run(_CHUNKS, {**bound, "margin": MARGIN, "bloom": _BLOCK}))

    def _fetch(self, stretches: Iterable[tuple[int, int]]) -> None:
        """Download the blocks with the bytes from each place until before another that are not here."""
        size = self._source.size
        wanted = {
            block
            for start, end in stretches
            for block in range(start // _BLOCK, -(-min(end, size) // _BLOCK))
        }
        missing = sorted(wanted - self._here)
        with self.path.open("r+b") as file:
            for _, run in groupby(enumerate(missing), lambda it: it[1] - it[0]):  # blocks in a row
                blocks = [block for _, block in run]
                start, end = blocks[0] * _BLOCK, min((blocks[-1] + 1) * _BLOCK, size)
                part = self._source.part(start, end)
                if part is None or len(part) != end - start:
                    raise InputProblem(f"{self._source.url}: the transfer was cut short: try again")
                file.seek(start)
                file.write(part)
        self._here |= wanted
