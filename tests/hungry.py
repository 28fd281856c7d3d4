"""Commands that want much memory, as processes of their own, and the most that each of them had.

`python -m tests.faults` runs all cases; tests/test_memory_held.py runs some of them.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

LIMIT: Final = 256_000_000
"""What each may take, in bytes: its `--memory-limit`, and its peak (resident set) must stay below that."""

MONTH: Final = ("--range", "2026-10")
DAYS: Final = ("--range", "2026-10-01..2026-10-10")
_START: Final = datetime(2026, 10, 1, tzinfo=UTC)
_DAYS: Final = 30
_ODD: Final = 2_654_435_761  # multiples of it differ in many bits

# A process that is started has the peak of its parent for its own until it runs another program. So a small
# one stands between, which has no more than Python itself.
_MEASURE: Final = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_maxrss * 1024]))
"""


MEASURING = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
"""Variables that would have coverage run within the program, which takes 20 MB of its own."""


@dataclass(frozen=True)
class Sizes:
    """The numbers of rejected rows, sources, sources by hour, `--contact` options, JSON records and files."""

    rejects: int
    sources: int
    hourly: int
    contacts: int
    records: int
    files: int


SIZES: Final = {
    "small": Sizes(300_000, 200_000, 20_000, 20_000, 300_000, 200_000),
    "full": Sizes(500_000, 200_000, 20_000, 20_000, 300_000, 200_000),
}


@dataclass(frozen=True)
class Peak:
    """A case, its exit code, the most memory that it had (bytes), and what it said."""

    case: str
    code: int
    memory: int
    stderr: str

    def __str__(self) -> str:
        return f"{self.case:58}  {self.memory / 1e6:>5,.0f} MB of {LIMIT / 1e6:,.0f} MB"


def peak_of(case: str, words: Sequence[str], environment: Mapping[str, str] | None = None) -> Peak:
    """Run the program with these words within LIMIT, and measure it."""
    command = [sys.executable, "-m", "contactrep", *words, "--memory-limit", f"{LIMIT // 10**6}MB"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _MEASURE, *command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        env={name: value for name, value in (environment or os.environ).items() if name not in MEASURING},
    )
    code, memory = json.loads(done.stdout)
    return Peak(case, code, memory, done.stderr)


class Cases:
    """The files and stores of the cases, in a folder; each case is a name and the words of a command."""

    def __init__(self, folder: Path, sizes: Sizes, environment: Mapping[str, str] | None = None) -> None:
        self.sizes = sizes
        self._folder = folder
        self._environment = environment

    def peaks(self) -> Iterator[Peak]:
        """Run all cases, one after another."""
        for group in (
            self.many_sources,
            self.many_hours,
            self.many_keys,
            self.many_breaks,
            self.many_rejects,
            self.many_files,
        ):
            yield from group()

    def many_sources(self, formats: Sequence[str] = ("json", "csv", "plain", "markdown")) -> Iterator[Peak]:
        """Loads of many sources and of as many channels; the month of the sources, and a third of it with
        both, in these formats; the month with both, refused; and a filter of many contacts."""
        store, count = str(self._folder / "sources.duckdb"), self.sizes.sources
        yield self._load(self._with_sources(count, count), store, f"load of {count:,} unknown sources")
        for name in formats:
            # Plain is what a table is where there is no terminal.
            form = "table" if name == "plain" else name
            words = ["added", *MONTH, "--format", form, "--store", store]
            yield self._run(f"added of {count:,} sources, {name}", words)
        yield self._load(self._with_channels(count), store, f"load of {count:,} unknown channels")
        report = ["report", "--store", store]
        yield self._run(f"report of {count:,} sources and channels, refused", [*report, *MONTH], code=1)
        for name in (*formats, "html"):
            words = [*report, *DAYS, "--format", "table" if name == "plain" else name]
            yield self._run(f"report of {count // 3:,} sources and channels, {name}", words)
        contacts = [f"--contact=c{number:07}" for number in range(self.sizes.contacts)]
        for words in (["added"], ["log", "added"]):
            case = f"{' '.join(words)} with {len(contacts):,} x --contact"
            yield self._run(case, [*words, *contacts, *MONTH, "--store", store])

    def many_hours(self) -> Iterator[Peak]:
        """A month of hours with many sources as JSON."""
        store, count = str(self._folder / "hours.duckdb"), self.sizes.hourly
        yield self._load(self._with_sources(count, 10 * count), store, f"load of {count:,} unknown sources")
        words = ["added", *MONTH, "--by", "hour", "--format", "json", "--store", store]
        yield self._run(f"added by hour of {count:,} sources, json", words)

    def many_keys(self) -> Iterator[Peak]:
        """Loads of JSON lines whose records each have some of 25 keys, or a key that no other record has."""
        store, count = str(self._folder / "keys.duckdb"), self.sizes.records
        file = self._with_keys(
            count, lambda it: [f"k{place}" for place in range(25) if it * _ODD >> place & 1]
        )
        yield self._load(file, store, f"load of {count:,} records with some of 25 keys")
        file = self._with_keys(count, lambda it: [f"attribute number {it}"])
        yield self._run(f"load of {count:,} keys, refused", self._loading(file, store), code=1)
        file = self._with_keys(count // 2, lambda it: [f"attribute number {it}"])
        yield self._load(file, store, f"load of {count // 2:,} keys")

    def many_breaks(self) -> Iterator[Peak]:
        """A load of rows whose names have line breaks, which Python reads."""
        store, count = str(self._folder / "breaks.duckdb"), 3 * self.sizes.records // 2
        at = _START.isoformat()
        file = self._written("breaks.csv", count, lambda it: (at, "added", str(it), "Ann\nLee", ""))
        yield self._load(file, store, f"load of {count:,} rows of two lines")

    def many_rejects(
        self,
        formats: Sequence[str] = ("table", "json", "csv", "markdown"),
        suffixes: Sequence[str] = ("txt", "json", "csv", "md"),
        contacts: Sequence[str] = ("contact-0000008", "contact-few", "contact-many"),
    ) -> Iterator[Peak]:
        """Loads of bad rows, refused and allowed; their rejects in every format; `forget`."""
        store, count = str(self._folder / "rejects.duckdb"), self.sizes.rejects
        file = self._with_rejects(count)
        yield self._run(f"load of {count:,} bad rows, refused", self._loading(file, store), code=1)
        words = [*self._loading(file, store), "--max-rejects", "100%"]
        yield self._run(f"load of {count:,} bad rows, allowed", words)
        for name in formats:
            words = ["rejects", "--format", name, "--store", store]
            yield self._run(f"rejects, {'plain' if name == 'table' else name}", words)
        for suffix in suffixes:
            path = self._folder / f"rejects.{suffix}"
            yield self._run(f"rejects -o FILE.{suffix}", ["rejects", "-o", str(path), "--store", store])
            path.unlink(missing_ok=True)
        for contact in contacts:
            words = ["forget", contact, "--yes", "--store", store]
            yield self._run(f"forget {contact} of {count:,} rejects", words)

    def many_files(self) -> Iterator[Peak]:
        """A load into a store that knows many files, each with a reject; and its undoing."""
        store, count = str(self._folder / "files.duckdb"), self.sizes.files
        yield self._load(self._with_sources(1, 1), store, "load of a new store")
        with duckdb.connect(store) as stored:
            names = f"FROM (SELECT '/var/spool/hooks/hook.json.' || it AS path FROM range({count}) AS _(it))"
            stored.execute(
                "INSERT INTO files SELECT 1, 1, path, sha256(path), 2, 1, 0, 1, 0, 0, '{}', md5(path), 0 "
                + names
            )
            stored.execute(
                "INSERT INTO rejects SELECT 1, path, 1, 'no', path, path || chr(0) || sha256(path) " + names
            )
        yield self._load(self._with_sources(2, 2), store, f"load beside {count:,} files")
        yield self._run(f"unload beside {count:,} files", ["unload", "2", "--store", store])

    def _run(self, case: str, words: Sequence[str], code: int = 0) -> Peak:
        peak = peak_of(case, words, self._environment)
        if peak.code != code:
            raise AssertionError(f"{case}: exit {peak.code}: {peak.stderr}")
        return peak

    def _load(self, file: Path, store: str, case: str) -> Peak:
        return self._run(case, self._loading(file, store))

    def _loading(self, file: Path, store: str) -> list[str]:
        return ["load", str(file), "--timezone", "UTC", "--quiet", "--store", store]

    def _with_sources(self, sources: int, events: int) -> Path:
        """A file with so many events, evenly over 30 days and so many sources."""
        step = timedelta(days=_DAYS) / events

        def row(number: int) -> tuple[str, ...]:
            at = (_START + number * step).isoformat()
            return at, "added", f"c{number:07}", "Ann", f"source number {number % sources}"

        return self._written("sources.csv", events, row)

    def _with_channels(self, count: int) -> Path:
        """A file with so many events evenly over 30 days, each with a channel of its own."""
        step = timedelta(days=_DAYS) / count

        def row(number: int) -> tuple[str, ...]:
            at = (_START + number * step).isoformat()
            return at, "connected", f"c{number:07}", "Ann", "", f"channel number {number}"

        return self._written("channels.csv", count, row)

    def _with_rejects(self, count: int) -> Path:
        """A file with one event and so many long rows that are none: half of them a contact's own."""

        def row(number: int) -> tuple[str, ...]:
            at = "2026-10-01T00:00:00Z" if number == 0 else f"yesterday {number}"
            contact = "contact-many" if number % 2 else f"contact-{number:07}"
            # A backslash may hide any character, so each of these rows may name any contact.
            return at, "added", "contact-few" if number == 0 else contact, "Ann \\n" + " and B" * 60, ""

        return self._written("bad.csv", count + 1, row)

    def _with_keys(self, count: int, keys: Callable[[int], Sequence[str]]) -> Path:
        """A file of so many JSON lines with these keys beside those of an event."""
        path = self._folder / "keys.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number in range(count):
                event = {"timestamp": _START.isoformat(), "event": "added", "contact_id": number}
                file.write(json.dumps(event | dict.fromkeys(keys(number), 1)) + "\n")
        return path

    def _written(self, name: str, count: int, row: Callable[[int], tuple[str, ...]]) -> Path:
        path = self._folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("timestamp", "event", "contact_id", "contact_name", "source", "channel"))
            writer.writerows((*row(number), "")[:6] for number in range(count))
        return path
