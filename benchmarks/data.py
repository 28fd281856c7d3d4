"""The files and stores that the cases read: made once by the program itself, and kept in a folder."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from benchmarks.processes import Run, measure, module, program

AS_OF = "2026-11-05"
ZONE = "America/New_York"
"""Its clocks went back on 1 November 2026, within the data."""

WHEN = ("--as-of", AS_OF, "--timezone", ZONE)
DAYS = 90  # over which `demo` spreads its events
NIGHTLY = 100_000
QUOTED = 0.01


@dataclass(frozen=True)
class Material:
    """So many events in every form that a case needs, each made when it is first asked for.

    Files stay for the next run, for they are the same every time; stores are made anew by each run, since
    the program that is measured makes them.
    """

    folder: Path
    events: int

    @property
    def csv(self) -> Path:
        """The sample as CSV, as `demo --save` writes it."""
        return self._made(f"events-{self.events}.csv", self._demo)

    @property
    def parquet(self) -> Path:
        """The sample as Parquet."""
        return self._made(f"events-{self.events}.parquet", self._demo)

    @property
    def unquoted(self) -> Path:
        """The CSV without the rows in which a name needs quotes (nine in a thousand)."""
        return self._made(f"unquoted-{self.events}.csv", lambda path: _write_lines(path, _unquoted(self.csv)))

    @property
    def quoted(self) -> Path:
        """The CSV with quotes in one row of a hundred."""
        return self._made(f"quoted-{self.events}.csv", lambda path: _write_lines(path, _quoted(self.csv)))

    @property
    def shuffled(self) -> Path:
        """The rows of the unquoted CSV in no order."""
        return self._arranged("shuffled", "csv")

    @property
    def newest(self) -> Path:
        """The rows of the unquoted CSV with the newest first."""
        return self._arranged("newest", "csv")

    @property
    def jsonl(self) -> Path:
        """The rows of the unquoted CSV as JSON, one object per line."""
        return self._arranged("jsonl", "jsonl")

    @property
    def nested(self) -> Path:
        """The rows of the unquoted CSV as a webhook would send them: nested JSON, with other names."""
        return self._arranged("nested", "jsonl")

    @property
    def skipping(self) -> Path:
        """The nested records, and among them one of a hundred that is no contact event."""
        return self._arranged("skipping", "jsonl")

    @property
    def newer(self) -> Path:
        """What the night after brings: 100,000 rows, or a tenth of few events."""
        rows = min(NIGHTLY, self.events // 10)
        return self._made(f"newer-{rows}.csv", lambda path: _squeeze(Material(self.folder, rows).csv, path))

    @cached_property
    def store(self) -> Path:
        """A store with the CSV loaded."""
        store = self.folder / f"store-{self.events}.duckdb"
        remove(store)
        measure(Run((load(self.csv, store),)))
        return store

    @property
    def days(self) -> Path:
        """The events as Parquet, a folder per day, as a cluster reads them."""

        def export(path: Path) -> None:
            shutil.rmtree(path, ignore_errors=True)
            command = program("export", "events", "--store", self.store, "-o", path, "--partition-by", "day")
            measure(Run((command,)))

        return self._made(f"days-{self.events}", export)

    @property
    def products(self) -> Path:
        """The folder of what a case makes; nothing in it outlives the case."""
        folder = self.folder / "products"
        folder.mkdir(exist_ok=True)
        return folder

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        path = self.folder / name
        if not path.exists():
            unfinished = path.with_name(f"unfinished-{name}")
            make(unfinished)
            unfinished.replace(path)
        return path

    def _demo(self, path: Path) -> None:
        measure(Run((program("demo", "--events", str(self.events), *WHEN, "--save", path),)))

    def _arranged(self, form: str, suffix: str) -> Path:
        def arrange(path: Path) -> None:
            plan = {"source": str(self.unquoted), "target": str(path), "form": form}
            measure(Run((module("arranging", json.dumps(plan)),)))

        return self._made(f"{form}-{self.events}.{suffix}", arrange)


def load(source: Path, store: Path, *options: str) -> tuple[str, ...]:
    """The command that loads a file."""
    return program("load", source, "--store", store, "--timezone", ZONE, *options)


def remove(path: Path) -> None:
    """Take a database file away with what may stand beside it."""
    for name in (path.name, f"{path.name}.wal", f".{path.name}.lock"):
        path.with_name(name).unlink(missing_ok=True)


def durably_copied(source: Path, target: Path) -> None:
    """Copy a file and wait until it is on the disk, so that no measured process waits for it."""
    with source.open("rb") as reading, target.open("wb") as writing:
        while os.sendfile(writing.fileno(), reading.fileno(), None, 1 << 24):
            pass
        os.fsync(writing.fileno())


def forget_cached(path: Path) -> None:
    """Ask the system to drop what it keeps of a file in memory, once all of it is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _write_lines(path: Path, lines: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(lines)


def _unquoted(source: Path) -> Iterator[bytes]:
    with source.open("rb") as file:
        for line in file:
            if b'"' not in line:
                yield line


def _quoted(source: Path) -> Iterator[bytes]:
    """Every line, further names in quotes where there are fewer than one in a hundred."""
    with source.open("rb") as file:
        yield next(file)
        quoted = 0
        for count, line in enumerate(file, 1):
            if b'"' in line:
                quoted += 1
            elif quoted < QUOTED * count:
                fields = line.split(b",")
                fields[3] = b'"' + fields[3] + b'"'
                line = b",".join(fields)
                quoted += 1
            yield line


def quoted_share(path: Path) -> float:
    """How many of a file's rows have a quote, as a share."""
    with path.open("rb") as file:
        quoted, rows = 0, -1
        for line in file:
            rows += 1
            quoted += b'"' in line
    return quoted / rows


def _squeeze(source: Path, target: Path) -> None:
    """The rows of 90 days as those of the one day after them."""
    midnight = datetime.fromisoformat(AS_OF) + timedelta(days=1)
    with (
        source.open(encoding="utf-8", newline="") as reading,
        target.open("w", encoding="utf-8", newline="") as writing,
    ):
        rows = csv.reader(reading)
        out = csv.writer(writing, lineterminator="\n")
        out.writerow(next(rows))
        for moment, *rest in rows:
            until = midnight - datetime.fromisoformat(moment).replace(tzinfo=None)
            squeezed = midnight + timedelta(days=1) - until / (DAYS + 1)
            out.writerow([f"{squeezed.replace(microsecond=0).isoformat()}-05:00", *rest])
