"""Breaks loads in every way that a machine knows, and counts what is lost: `python -m tests.faults`.

Every fault has a folder of its own with a store whose content is known. Real processes are killed, starved of
disk, crowded, or given a store that is none. Afterwards a plain check that shares no code with the program
compares the store with the files: it must hold all of a load or nothing of it. A report must be answered with
the figures before or after it, the next load must go through and leave nothing lying about, and a refusal
must be one line that says what to do. Exits with 1 if anything of that does not hold.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb

from tests import hungry

REPOSITORY = Path(__file__).resolve().parent.parent
_AT_ONCE = 5  # seconds; one on a machine with nothing else to do
PATIENCE = 300  # seconds until a process counts as hanging
KILLED = -signal.SIGKILL

_START: Final = datetime(2026, 1, 5, tzinfo=UTC)
_KINDS: Final = ("added", "connected", "deleted", "merged")
_REPORTED: Final = ("added", "deleted", "merged")
_BAD_EVERY = 500

BASE: Final = range(4_000)
MORE: Final = range(3_000, 9_000)
ERASED: Final = 17

ADVICE: Final = (
    r"--store|--memory-limit|chmod|make room|TMPDIR|update contactrep|contactrep load|fetch it again|delete"
    r"|move the log away"
)
"""A refusal has at least one of these: what to do."""


# What is in a store, and in a file


@dataclass(frozen=True)
class State:
    """What a store holds: the identities of its events (hashes), and how many of everything else."""

    events: frozenset[int]
    kinds: tuple[int, int, int]
    rejects: int = 0
    loads: int = 0
    users: int = 0

    def __str__(self) -> str:
        return (
            f"{len(self.events):,} events {self.checksum:016x}, {self.rejects} rejects, {self.loads} loads,"
            f" {self.users} users"
        )

    @property
    def checksum(self) -> int:
        """One number for all events, in whatever order."""
        return sum(self.events) % 2**64

    def and_load(self, other: State) -> State:
        """This, and the events of a file after it."""
        events = self.events | other.events
        rejects = self.rejects + other.rejects
        return State(events, counted(events), rejects, self.loads + 1, self.users)


NOTHING: Final = State(frozenset(), (0, 0, 0))


def identity(moment: int, kind: str, contact: str, channel: str | None) -> int:
    """What makes an event the same event, as 62 bits of a hash, and two bits that tell its kind.

    `moment` is in microseconds since 1970.
    """
    text = f"{moment}|{kind}|{contact}|{channel if kind == 'connected' else ''}"
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 2
    return number << 2 | _KINDS.index(kind)


def counted(events: frozenset[int]) -> tuple[int, int, int]:
    """How many events a report must show as added, deleted and merged."""
    by_kind = Counter(event & 3 for event in events)
    added, deleted, merged = (by_kind[_KINDS.index(kind)] for kind in _REPORTED)
    return added, deleted, merged


def content_of(path: Path) -> State:
    """What a load of the CSV file at `path` must give, read with Python alone."""
    events, rejects = set[int](), 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                moment = (datetime.fromisoformat(row["timestamp"]) - datetime(1970, 1, 1, tzinfo=UTC)) // (
                    timedelta(microseconds=1)
                )
            except ValueError:
                rejects += 1
                continue
            events.add(identity(moment, row["event"], row["contact_id"], row["channel"] or None))
    return State(frozenset(events), counted(frozenset(events)), rejects)


def state_of(store: Path) -> State | None:
    """What is in the store; None if there is none. Whatever is wrong with it raises."""
    if not store.exists():
        return None
    with duckdb.connect(store, read_only=True) as connection:

        def ask(sql: str) -> list[Any]:
            return connection.execute(sql).fetchall()

        rows = ask("SELECT epoch_us(ts), event, contact_id, channel FROM events")
        events = frozenset(identity(*row) for row in rows)
        if len(events) != len(rows):
            raise AssertionError(f"{len(rows) - len(events)} events are there twice")
        if len(ask("FROM workspace")) != 1:
            raise AssertionError("the workspace is not one row")
        if ask("SELECT load FROM events EXCEPT SELECT id FROM loads"):
            raise AssertionError("there are events of no load")
        rejects, loads, users = (
            ask(f"SELECT count(*) FROM {table}")[0][0] for table in ("rejects", "loads", "users")
        )
    return State(events, counted(events), rejects, loads, users)


def write_events(path: Path, numbers: range) -> Path:
    """A CSV file with the events of these numbers, and some bad rows; equal numbers are equal events."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("timestamp", "event", "contact_id", "contact_name", "channel"))
        for number in numbers:
            kind = _KINDS[number % 4]
            when = (_START + timedelta(seconds=37 * number)).isoformat()
            channel = "SMS" if kind == "connected" else ""
            writer.writerow((when, kind, f"c{number:07}", f'Ann "{number}", Bo', channel))
            if number % _BAD_EVERY == 0:
                writer.writerow(("yesterday", kind, f"b{number:07}", "Cy", ""))
    return path


# What happened


@dataclass
class Tally:
    """What was tried and what came of it."""

    faults: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    files: int = 0
    reports: int = 0
    lost: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, kind: str, count: int = 1) -> None:
        """So many faults were injected."""
        with self._lock:
            self.faults[kind] += count

    def skip(self, reason: str) -> None:
        """A fault that this machine does not allow."""
        with self._lock:
            self.skipped[reason] += 1

    def answered(self) -> None:
        """One more report was answered."""
        with self._lock:
            self.reports += 1

    def loading(self, files: int) -> None:
        """So many files were given to loads."""
        with self._lock:
            self.files += files

    def violation(self, text: str, lost: int = 0) -> None:
        """A promise that was not kept, and how many rows that cost."""
        with self._lock:
            self.violations.append(text)
            self.lost += lost
        print(f"VIOLATION {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    stdout: str
    stderr: str


class Ground:
    """A folder with a store, for one fault; processes in it have a home and temporary folder of their own."""

    def __init__(self, folder: Path, tally: Tally, what: str) -> None:
        self.folder = folder
        self.tally = tally
        self.what = what
        self.store = folder / "store" / "contacts.duckdb"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.journal = folder / "journal"

    def start(
        self, *arguments: str | Path, step: int | None = None, limit: int | None = None
    ) -> subprocess.Popen[str]:
        """Start the program on the store; given a `step`, steps are counted and that one kills it (0: none).

        `limit` is the most bytes that a file may have.
        """
        if arguments[0] == "load":
            self.tally.loading(sum(isinstance(argument, Path) for argument in arguments))
        words = [*map(str, arguments), "--store", str(self.store), "--quiet"]
        program = ["contactrep"] if step is None else ["tests.failing", str(step), str(self.journal)]
        return subprocess.Popen(
            [sys.executable, "-m", *program, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env=self.environment(),
            # Only the limit is set between fork and exec, which takes no lock.
            preexec_fn=None if limit is None else lambda: _limit(limit),
        )

    def environment(self) -> dict[str, str]:
        """That of every process here: no settings of whoever runs this, and the program that is tested."""
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        paths = [kept.get("PYTHONPATH"), str(REPOSITORY)]
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.folder),
            "TMPDIR": str(self.temporary),
            "TZ": "UTC",
        }

    def end(self, process: subprocess.Popen[str]) -> Ended:
        """Wait for a process; one that hangs is killed, and told as a violation."""
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            self.blame(f"a process hung: {process.args!r}")
        return Ended(process.returncode, stdout, stderr)

    def run(self, *arguments: str | Path, step: int | None = None, limit: int | None = None) -> Ended:
        """Run the program on the store to its end."""
        return self.end(self.start(*arguments, step=step, limit=limit))

    def blame(self, text: str, lost: int = 0) -> None:
        """Tell a violation."""
        self.tally.violation(f"{self.what}: {text}", lost)

    def leftovers(self) -> list[str]:
        """What lies beside the store and in the temporary folder, and should not."""
        usual = {self.store.name, f".{self.store.name}.lock"}
        beside = {path.name for path in self.store.parent.iterdir()} - usual
        # Of what a kill leaves, Python's own try of TMPDIR and a folder without anything in it may stay.
        ours = (path for path in self.temporary.iterdir() if path.name.startswith("contactrep"))
        temporary = {path.name for path in ours if any(path.iterdir())}
        return sorted(beside | temporary)

    # What must hold

    def holds(self, *allowed: State | None) -> State | None:
        """The store's state, which must be one of these."""
        try:
            found = state_of(self.store)
        except (duckdb.Error, AssertionError) as error:
            before = allowed[0]
            self.blame(f"the store is broken: {error}", len(before.events) if before else 0)
            return None
        if found not in allowed:
            had, has = (state.events if state else frozenset[int]() for state in (allowed[0], found))
            expected = " or ".join(map(str, allowed))
            self.blame(f"the store holds {found}, not {expected}", len(had - has))
        return found

    def answers(self, report: subprocess.Popen[str], *allowed: State | None) -> tuple[int, int, int] | None:
        """The report must be answered, with the figures of one of these states; what it shows."""
        ended, shown = self.end(report), None
        if ended.code == 1 and None in allowed and "no data yet" in ended.stderr:
            self.refused(ended, "contactrep load")
        elif ended.code:
            self.blame(f"a report was not answered: {ended.stderr.strip()}")
        else:
            shown = figures(ended.stdout)
            if shown not in [state.kinds for state in allowed if state]:
                self.blame(f"a report shows {shown}")
        self.tally.answered()
        return shown

    def report(self) -> subprocess.Popen[str]:
        """Start a report over everything."""
        return self.start("overview", "--range", "all", "--compare", "none", "--format", "json")

    def refused(self, ended: Ended, says: str = ADVICE) -> None:
        """The command must have failed with one line that says what to do."""
        lines = ended.stderr.splitlines()
        if (
            ended.code != 1
            or len(lines) != 1
            or not lines[0].startswith("Error: ")
            or "unexpected" in lines[0]
        ):
            self.blame(f"no refusal in one line: exit {ended.code}, {ended.stderr!r}")
        elif not _mentions(lines[0], says):
            self.blame(f"does not say what to do: {lines[0]}")

    def goes_on(self, command: Sequence[str | Path], *allowed: State | None) -> None:
        """The command must now go through to the last of these states, and nothing may be left lying about.

        A report at the same time must be answered from either state.
        """
        report = self.report()
        ended = self.run(*command)
        self.answers(report, *allowed)
        if ended.code:
            self.blame(f"the next {command[0]} failed: {ended.stderr.strip()}")
        self.holds(allowed[-1])
        if self.leftovers():
            self.blame(f"left behind: {self.leftovers()}")


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _mentions(line: str, says: str) -> bool:
    return any(part in line for part in says.split("|"))


def figures(overview: str) -> tuple[int, int, int]:
    """What an overview as JSON shows as added, deleted and merged."""
    metrics = json.loads(overview)["metrics"]
    added, deleted, merged = (metrics[kind]["count"] for kind in _REPORTED)
    return added, deleted, merged


# What is done to a store, and what it holds before and after


@dataclass(frozen=True)
class Change:
    """A command that changes a store; `seed` is a folder with the store before it, None if there is none.

    `known` is a file whose load changes nothing any more.
    """

    name: str
    command: tuple[str | Path, ...]
    seed: Path | None
    before: State | None
    after: State
    known: Path


class Workshop:
    """The files and stores that faults start from, made once, and room for each fault."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self.folder = folder
        self.tally = tally
        self._numbers = iter(range(10**9))
        self._lock = threading.Lock()
        self.base = write_events(folder / "base.csv", BASE)
        self.more = write_events(folder / "more.csv", MORE)
        self.packed = folder / "more.csv.gz"
        self.packed.write_bytes(gzip.compress(self.more.read_bytes(), 1))
        self.users = folder / "users.csv"
        self.users.write_text("id,name\n" + "".join(f"u{number},Ann {number}\n" for number in range(50)))
        self.one = NOTHING.and_load(content_of(self.base))
        self.two = self.one.and_load(content_of(self.more))
        self.with_one = self._stored("one", None, self.one, "load", self.base)
        self.with_two = self._stored("two", self.with_one, self.two, "load", self.more)
        self.with_log = self._left_in_log()
        self.changes = self._changes()
        self.packed_load = replace(
            self.changes["load"], name="load of a packed file", command=("load", self.packed)
        )

    @contextmanager
    def ground(self, what: str, seed: Path | None = None, *, at: Path | None = None) -> Iterator[Ground]:
        """A Ground with a copy of the store in the folder `seed`; gone afterwards. `at` is another place."""
        with self._lock:
            folder = (at or self.folder) / f"ground-{next(self._numbers)}"
        folder.mkdir()
        try:
            ground = Ground(folder, self.tally, what)
            if seed:
                shutil.copytree(seed, ground.store.parent)
            yield ground
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _stored(self, name: str, seed: Path | None, after: State, *command: str | Path) -> Path:
        """A folder with the store that an undisturbed command leaves."""
        kept = self.folder / f"with-{name}"
        with self.ground(f"an undisturbed {command[0]}", seed) as ground:
            ended = ground.run(*command)
            if ended.code or ground.holds(after) != after:
                raise SystemExit(f"nothing can be tried: an undisturbed load fails: {ended.stderr}")
            shutil.copytree(ground.store.parent, kept)
        return kept

    def _left_in_log(self) -> Path:
        """A store to which another program wrote in place, and died: its row is in the log beside it."""
        kept = self.folder / "with-log"
        shutil.copytree(self.with_one, kept)
        program = (
            "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1]);"
            "connection.execute(\"INSERT INTO users VALUES ('u1', 'Ann')\"); os._exit(0)"
        )
        store = kept / "contacts.duckdb"
        subprocess.run([sys.executable, "-c", program, store], check=True)
        if not store.with_name(f"{store.name}.wal").exists():
            raise SystemExit("nothing can be tried: DuckDB leaves no log")
        return kept

    def _changes(self) -> dict[str, Change]:
        """Every command that changes a store, with what it must leave."""
        load, known = ("load", self.more), self.base
        with_users = replace(self.one, users=50)
        erased = content_of(write_events(self.folder / "erased.csv", range(ERASED, ERASED + 1))).events
        without = replace(self.one, events=self.one.events - erased, kinds=counted(self.one.events - erased))
        changes = [
            Change("first load", ("load", self.base), None, None, self.one, known),
            Change("load", load, self.with_one, self.one, self.two, known),
            Change("users load", ("users", "load", self.users), self.with_one, self.one, with_users, known),
            Change("unload", ("unload", "2"), self.with_two, self.two, self.one, known),
            Change("forget", ("forget", f"c{ERASED:07}", "--yes"), self.with_one, self.one, without, known),
        ]
        from contactrep.cli.program import COMMANDS

        return {change.name: change for change in changes if change.command[0] in COMMANDS}


# Faults: each takes what it breaks, and is over when everything is checked


def killed_at_step(workshop: Workshop, change: Change, step: int) -> None:
    """kill -9 at a step of a change."""
    with workshop.ground(f"{change.name} killed at step {step}", change.seed) as ground:
        ended = ground.run(*change.command, step=step)
        if ended.code not in (KILLED, 0):
            ground.blame(f"exit {ended.code}: {ended.stderr.strip()}")
        workshop.tally.fault(f"kill -9 at a step of {change.name}")
        _all_or_nothing(ground, change)


def steps_of(workshop: Workshop, change: Change) -> int:
    """How many steps a change has, counted while it goes undisturbed."""
    with workshop.ground(f"an undisturbed {change.name}", change.seed) as ground:
        ended = ground.run(*change.command, step=0)
        if ended.code:
            ground.blame(f"failed: {ended.stderr.strip()}")
        ground.holds(change.after)
        return len(ground.journal.read_text().splitlines())


def ended_at_a_moment(
    workshop: Workshop, change: Change, number: signal.Signals, dice: random.Random
) -> None:
    """A signal at a random moment of a change, with a report under way."""
    name = "kill -9" if number is signal.SIGKILL else number.name
    with workshop.ground(f"{change.name} ended by {name} at a moment", change.seed) as ground:
        process = ground.start(*change.command, step=0)
        report = ground.report()
        # Counted from the first step: before that a process only imports.
        while process.poll() is None and not ground.journal.exists():
            time.sleep(0.001)
        time.sleep(dice.uniform(0, dice.choice((0.1, 0.3, 0.6))))
        process.send_signal(number)
        ended = ground.end(process)
        if ended.code not in (0, KILLED, 130, 143, -signal.SIGINT, -signal.SIGTERM):
            ground.blame(f"exit {ended.code}: {ended.stderr.strip()}")
        ground.answers(report, change.before, change.after)
        workshop.tally.fault(f"{name} at a random moment")
        _all_or_nothing(ground, change)


def file_size_limited(workshop: Workshop, change: Change, limit: int) -> None:
    """No file may grow beyond so many bytes, as on a disk that is full."""
    with workshop.ground(f"{change.name} with files of {limit:,} bytes at most", change.seed) as ground:
        ended = ground.run(*change.command, limit=limit)
        workshop.tally.fault("disk full (limit of a file's size)")
        _refused_or_done(ground, change, ended)
        _all_or_nothing(ground, change)


def disk_full(workshop: Workshop, change: Change, size: int) -> None:
    """A disk of so many bytes that holds the store, the temporary folder, and not always a copy."""
    with small_disk(workshop, size) as disk:
        if disk is None:
            return
        what = f"{change.name} on a disk of {size:,} bytes"
        with workshop.ground(what, change.seed, at=disk) as ground:
            ended = ground.run(*change.command)
            workshop.tally.fault("disk full (a small disk)")
            _refused_or_done(ground, change, ended)
            _remount(disk, "size=64m")
            _all_or_nothing(ground, change)


def _refused_or_done(ground: Ground, change: Change, ended: Ended) -> None:
    """A change that ran to its end did it and said so, or refused and left the store."""
    if ended.code:
        ground.refused(ended)
    ground.holds(change.before if ended.code else change.after)


def _all_or_nothing(ground: Ground, change: Change) -> None:
    """The store must hold all of the change or nothing, and the change must go through when tried again."""
    found = ground.holds(change.before, change.after)
    again = change.command
    if change.command[0] in ("unload", "forget") and found == change.after:
        again = ("load", change.known)  # there is nothing left to take out
    ground.goes_on(again, found, change.after)


@contextmanager
def small_disk(workshop: Workshop, size: int) -> Iterator[Path | None]:
    """A disk of so many bytes, in memory; None where nobody lets us mount one."""
    place = Path(tempfile.mkdtemp(prefix="disk-", dir=workshop.folder))
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        workshop.tally.skip("a small disk: mounting one needs root")
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


# A store, or a place for it, that cannot be used


def refused_and_kept(workshop: Workshop, name: str, spoil: Callable[[Path], str]) -> None:
    """What is in the store's place is no store that could be written: it is refused, and stays as it was.

    `spoil` makes it so and tells what the message must say.
    """
    with workshop.ground(f"a load into {name}", workshop.with_one) as ground:
        says = spoil(ground.store)
        before = _bytes(ground.store)
        ground.refused(ground.run("load", workshop.more), says)
        ended = ground.run("status")
        if ended.code:
            ground.refused(ended, says)
        workshop.tally.fault("a store that is none, or not ours to write")
        if _bytes(ground.store) != before:
            ground.blame("it was changed", len(workshop.one.events))
        if ground.leftovers():
            ground.blame(f"left behind: {ground.leftovers()}")


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same faults again, not secrets


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _text(store: Path) -> str:
    store.write_text("timestamp,event\n")
    return "--store"


def _noise(store: Path) -> str:
    store.write_bytes(_dice(1).randbytes(50_000))
    return "--store"


def _zeros(store: Path) -> str:
    store.write_bytes(bytes(50_000))
    return "--store"


def _cut(store: Path) -> str:
    whole = store.read_bytes()
    store.write_bytes(whole[: len(whole) // 2])
    return ADVICE


def _short(store: Path) -> str:
    store.write_bytes(store.read_bytes()[:5000])
    return ADVICE


def _foreign(store: Path) -> str:
    store.unlink()
    duckdb.connect(store).execute("CREATE TABLE workspace (rooms INTEGER)").close()
    return "--store"


def _newer(store: Path) -> str:
    duckdb.connect(store).execute("UPDATE workspace SET layout = 99").close()
    return "update contactrep"


def _folder(store: Path) -> str:
    store.unlink()
    store.mkdir()
    return "--store"


def _read_only(store: Path) -> str:
    store.chmod(0o444)
    return "chmod u+w"


SPOILT: Final[dict[str, Callable[[Path], str]]] = {
    "a text": _text,
    "noise": _noise,
    "zeros": _zeros,
    "half a store": _cut,
    "the beginning of a store": _short,
    "a database of something else": _foreign,
    "a store of a newer layout": _newer,
    "a folder": _folder,
    "a read-only store": _read_only,
}


def no_folder(workshop: Workshop) -> None:
    """The store's folder is missing: a report says so, a load makes it."""
    with workshop.ground("a store in a missing folder") as ground:
        ground.refused(ground.run("status"), "contactrep load")
        ground.tally.fault("a missing or unwritable folder")
        ground.goes_on(("load", workshop.base), None, workshop.one)


def file_for_folder(workshop: Workshop) -> None:
    """The store's folder is a file."""
    with workshop.ground("a store in a file") as ground:
        ground.store.parent.write_text("in the way")
        ground.refused(ground.run("load", workshop.base))
        ground.tally.fault("a missing or unwritable folder")
        if ground.store.parent.read_text() != "in the way":
            ground.blame("the file is not what it was")


def no_temporary_folder(workshop: Workshop) -> None:
    """TMPDIR cannot be used; the store is not touched."""
    with workshop.ground("no temporary folder", workshop.with_one) as ground:
        ground.temporary.rmdir()
        ended = ground.run("load", workshop.more)
        ground.temporary.mkdir()
        ground.tally.fault("a missing or unwritable folder")
        change = workshop.changes["load"]
        _refused_or_done(ground, change, ended)
        _all_or_nothing(ground, change)


def folder_not_ours(workshop: Workshop) -> None:
    """The store's folder cannot be written: loads are refused, reports answered."""
    with small_disk(workshop, 32_000_000) if os.geteuid() == 0 else nullcontext(workshop.folder) as disk:
        if disk is None:
            return
        with workshop.ground("an unwritable folder", workshop.with_one, at=disk) as ground:
            ground.temporary = Path(tempfile.mkdtemp(dir=workshop.folder))
            with _unwritable(ground, disk):
                ground.refused(ground.run("load", workshop.more))
                ground.tally.fault("a missing or unwritable folder")
                ground.answers(ground.report(), workshop.one)
                ground.holds(workshop.one)
            _all_or_nothing(ground, workshop.changes["load"])


@contextmanager
def _unwritable(ground: Ground, disk: Path) -> Iterator[None]:
    """Nobody can write beside the store; modes do not bind root, so then its whole disk is read-only."""
    if os.geteuid() == 0:
        _remount(disk, "ro")
        yield
        _remount(disk, "rw")
    else:
        ground.store.parent.chmod(0o555)
        yield
        ground.store.parent.chmod(0o755)


# What others left beside the store


def stale_copies(workshop: Workshop) -> None:
    """What killed loads left is cleared by the next load."""
    with workshop.ground("stale copies", workshop.with_one) as ground:
        for name in ("abc", "[x]", "deep/er"):
            folder = ground.store.parent / f".{ground.store.name}.new-{name}"
            folder.mkdir(parents=True)
            (folder / ground.store.name).write_bytes(ground.store.read_bytes()[:9000])
            (folder / f"{ground.store.name}.wal").write_bytes(b"half")
        ground.tally.fault("stale copies beside the store")
        ground.answers(ground.report(), workshop.one)
        ground.goes_on(("load", workshop.more), workshop.one, workshop.two)


def log_of_another(workshop: Workshop, name: str, log: bytes) -> None:
    """Another program's log is beside the store: loads are refused, and nothing is lost."""
    with workshop.ground(f"a log that is {name}", workshop.with_one) as ground:
        path = ground.store.with_name(f"{ground.store.name}.wal")
        path.write_bytes(log)
        before = ground.store.read_bytes()
        ended = ground.run("load", workshop.more)
        ground.tally.fault("a log that is not the store's own")
        if ended.code:
            ground.refused(ended)
            if ground.store.read_bytes() != before or path.read_bytes() != log:
                ground.blame("store or log were changed")
            report = ground.run("status")
            if report.code:
                ground.refused(report)
            path.unlink()
        _all_or_nothing(ground, workshop.changes["load"])


def logs(workshop: Workshop) -> dict[str, bytes]:
    """Logs that are not the store's own, by what is wrong with them."""
    own = (workshop.with_log / "contacts.duckdb.wal").read_bytes()
    with tempfile.TemporaryDirectory(dir=workshop.folder) as folder:
        program = (
            "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1]);"
            "connection.execute('CREATE TABLE rooms AS SELECT 1 AS room'); os._exit(0)"
        )
        store = Path(folder) / "other.duckdb"
        subprocess.run([sys.executable, "-c", program, store], check=True)
        other = store.with_name("other.duckdb.wal").read_bytes()
    return {
        "its own": own,
        "empty": b"",
        "noise": _dice(2).randbytes(3000),
        "of another database": other,
        "cut": own[: len(own) // 2],
    }


# Crowds


def ten_loads_at_once(workshop: Workshop, dice: random.Random, *, loads: int = 10, killed: int = 3) -> None:
    """Loads of overlapping files that start together, of which some are killed, while reports are asked for.

    What was not killed is in the store; what was killed is in it whole or not at all.
    """
    with workshop.ground(f"{loads} loads at once, {killed} of them killed") as ground:
        files = [
            write_events(ground.folder / f"{number}.csv", range(600 * number, 600 * number + 1000))
            for number in range(loads)
        ]
        ground.run("load", files[0])
        processes = [ground.start("load", file) for file in files]
        victims = dice.sample(range(1, loads), killed)
        reports = [ground.report() for _ in range(3)]
        for victim in victims:
            time.sleep(dice.uniform(0, 1))
            processes[victim].kill()
        codes = [ground.end(process).code for process in processes]
        ground.tally.fault("ten loads at once")
        ground.tally.fault("kill -9 among ten loads", killed)
        if any(code for number, code in enumerate(codes) if number not in victims):
            ground.blame(f"a load failed: {codes}")
        for report in reports:
            _answered(ground, report)
        done = [number for number, code in enumerate(codes) if code == 0]
        _whole_files(ground, files, done)
        _whole_files(ground, files, [*done, *_loaded(ground, files)])
        if ground.leftovers():
            ground.blame(f"left behind: {ground.leftovers()}")


def _loaded(ground: Ground, files: Sequence[Path]) -> range:
    """Load all files again, in one load; the positions of the files."""
    ended = ground.run("load", *files)
    if ended.code:
        ground.blame(f"the next load failed: {ended.stderr.strip()}")
    return range(len(files))


def _answered(ground: Ground, report: subprocess.Popen[str]) -> None:
    ended = ground.end(report)
    if ended.code:
        ground.blame(f"a report was not answered: {ended.stderr.strip()}")
    ground.tally.answered()


def _whole_files(ground: Ground, files: Sequence[Path], sure: Sequence[int]) -> None:
    """The store must be the union of whole files, those that are `sure` among them."""
    contents = [content_of(file).events for file in files]
    try:
        state = state_of(ground.store)
    except (duckdb.Error, AssertionError) as error:
        state = None
        ground.blame(f"the store is broken: {error}")
    found = state.events if state else frozenset[int]()
    certain = frozenset[int]().union(*(contents[number] for number in sure))
    if certain - found:
        ground.blame("events of a finished load are missing", len(certain - found))
    whole = frozenset[int]().union(*(content for content in contents if content <= found))
    if found != whole:
        ground.blame(f"{len(found - whole):,} events of half a load")


def reports_during_a_load(workshop: Workshop, events: int, reports: int, *, at_once: int = 3) -> None:
    """Reports while sample files of so many events are loaded, one after another until all are asked.

    Each shows the state before or after the load that it meets, and none goes back behind an earlier one.
    """
    with workshop.ground(f"reports during a load of {events:,}", workshop.with_one) as ground:
        state, asked = workshop.one, 0
        for number in range(1, 100):
            file = ground.folder / f"sample-{number}.csv"
            as_of = f"20{10 + number}-01-01"
            _save_sample(ground, file, events, as_of)
            after = state.and_load(content_of(file))
            asked += _asked_meanwhile(ground, file, state, after, at_once)
            workshop.tally.fault(f"reports during a load of {events:,} events")
            ground.holds(after)
            file.unlink()
            state = after
            if asked >= reports:
                break
        if ground.leftovers():
            ground.blame(f"left behind: {ground.leftovers()}")


def _save_sample(ground: Ground, file: Path, events: int, as_of: str) -> None:
    words = f"demo --events {events} --as-of {as_of} --timezone UTC --quiet --save".split()
    command = [sys.executable, "-m", "contactrep", *words, str(file)]
    subprocess.run(command, check=True, env=ground.environment())


def _asked_meanwhile(ground: Ground, file: Path, before: State, after: State, at_once: int) -> int:
    """Ask as long as the load runs; how many reports were answered."""
    load = ground.start("load", file)

    def ask_again_and_again(_: int) -> int:
        asked, new = 0, False
        while load.poll() is None:
            report = ground.report()
            # A report that has seen the load's events is not followed by one that has not.
            shown = ground.answers(report, *((after,) if new else (before, after)))
            new = new or shown == after.kinds
            asked += 1
        return asked

    with ThreadPoolExecutor(at_once) as pool:
        asked = sum(pool.map(ask_again_and_again, range(at_once)))
    ended = ground.end(load)
    if ended.code:
        ground.blame(f"the load failed: {ended.stderr.strip()}")
    return asked


# All of it


def plan(workshop: Workshop, rounds: int, dice: random.Random) -> list[Callable[[], None]]:
    """About so many faults: each of a kind that there is once, the rest killed, starved and crowded."""
    load, changes = workshop.changes["load"], list(workshop.changes.values())
    faults: list[Callable[[], None]] = [
        *(partial(refused_and_kept, workshop, name, spoil) for name, spoil in SPOILT.items()),
        *(partial(log_of_another, workshop, name, log) for name, log in logs(workshop).items()),
        *(
            partial(fault, workshop)
            for fault in (no_folder, file_for_folder, no_temporary_folder, folder_not_ours, stale_copies)
        ),
        *(partial(ten_loads_at_once, workshop, dice) for _ in range(1 + rounds // 150)),
    ]
    rest = max(0, rounds - len(faults))
    steps = [(change, step) for change in changes for step in range(1, steps_of(workshop, change) + 1)]
    chosen = dice.sample(steps, min(len(steps), rest // 2))
    faults += [partial(killed_at_step, workshop, change, step) for change, step in chosen]
    rest -= len(chosen)
    room = (workshop.with_two / "contacts.duckdb").stat().st_size
    for number in range(rest):
        change = changes[number % len(changes)]
        starved = dice.choice((load, workshop.packed_load, change))
        size = dice.randrange(room + room // 8)
        kinds: tuple[Callable[[], None], ...] = (
            partial(ended_at_a_moment, workshop, change, signal.SIGKILL, dice),
            partial(file_size_limited, workshop, starved, size),
            partial(ended_at_a_moment, workshop, load, signal.SIGKILL, dice),
            partial(disk_full, workshop, starved, 2 * room + size),
            partial(ended_at_a_moment, workshop, change, dice.choice((signal.SIGINT, signal.SIGTERM)), dice),
        )
        faults.append(kinds[number % len(kinds)])
    dice.shuffle(faults)
    return faults


def within_memory(workshop: Workshop, sizes: hungry.Sizes) -> None:
    """What needs much memory, of these sizes, stays within `--memory-limit`; prints case, peak and limit."""
    with workshop.ground("memory") as ground:
        try:
            for peak in hungry.Cases(ground.folder, sizes, ground.environment()).peaks():
                print(peak, flush=True)
                ground.tally.fault("a command that needs much memory")
                if peak.memory >= hungry.LIMIT:
                    ground.blame(f"beyond its limit: {peak}")
        except AssertionError as error:
            ground.blame(str(error))


def interrupted(workshop: Workshop, times: int) -> None:
    """Ctrl-C at so many steps of each of four commands: all end with 130 in silence, and leave nothing."""
    report = "--range all --store {store}"
    for words in (
        f"overview {report}",
        f"log added {report}",
        f"export events {report} -o {{{{}}}}/events.parquet",
        "load {more} --store {{}}/new.duckdb --timezone UTC",
    ):
        command = words.split()[0]
        with workshop.ground(f"{command} interrupted at a step", workshop.with_one) as ground:
            arguments = words.format(store=ground.store, more=workshop.more).split()
            number = str(int(signal.SIGINT))
            for one in json.loads(_interrupting(ground, [number, str(times), *arguments])):
                ground.tally.fault(f"SIGINT at a step of {command}")
                lines = one["stderr"].splitlines()
                # What a load tells of its rejects may have been said before the signal came.
                said = [line for line in lines if not line.startswith(("Note: ", "Warning: "))]
                if one["code"] != 130 or said or one["left"] or one["seconds"] > _AT_ONCE:
                    ground.blame(str(one))


def _interrupting(ground: Ground, words: Sequence[str]) -> str:
    command = [sys.executable, "-m", "tests.interrupting", str(ground.folder), *words]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=ground.environment(), check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def inject(
    *, rounds: int, seed: int, events: int, reports: int, jobs: int, interrupts: int, memory: str
) -> Tally:
    """Inject the faults, `jobs` at a time, then reports during a load, interrupts, and what needs memory."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        workshop = Workshop(Path(folder), tally)
        with ThreadPoolExecutor(jobs) as pool:
            try:
                for done in [pool.submit(fault) for fault in plan(workshop, rounds, _dice(seed))]:
                    done.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        if reports:
            reports_during_a_load(workshop, events, reports)
        if interrupts:
            interrupted(workshop, interrupts)
        if memory != "none":
            within_memory(workshop, hungry.SIZES[memory])
    return tally


def summary(tally: Tally, seconds: float) -> Iterator[str]:
    """What was tried and what was lost, a line each."""
    width = max(map(len, tally.faults))
    for kind, count in sorted(tally.faults.items()):
        yield f"{kind:{width}}  {count:>6,}"
    for reason, count in tally.skipped.items():
        yield f"skipped, {count:,} times: {reason}"
    yield f"{'files tried':{width}}  {tally.files:>6,}"
    yield f"{'faults injected':{width}}  {tally.faults.total():>6,}"
    yield f"{'reports answered':{width}}  {tally.reports:>6,}"
    yield f"{'promises broken':{width}}  {len(tally.violations):>6,}"
    yield f"{'rows lost':{width}}  {tally.lost:>6,}"
    yield f"{'seconds':{width}}  {seconds:>6,.0f}"


def main() -> int:
    """Inject faults and print what came of it; 1 if any promise was broken."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--rounds", type=int, default=300, help="about how many faults (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the random moments (default: %(default)s)")
    parser.add_argument("--events", type=int, default=1_000_000, help="of the load that reports run beside")
    parser.add_argument("--reports", type=int, default=50, help="during that load, at least; 0 leaves it out")
    parser.add_argument("--jobs", type=int, default=3, help="faults at a time (default: %(default)s)")
    parser.add_argument(
        "--interrupts", type=int, default=24, help="of each of four commands (default: %(default)s)"
    )
    parser.add_argument(
        "--memory",
        choices=["none", *hungry.SIZES],
        default="small",
        help="what needs much memory (default: %(default)s; full takes ten minutes)",
    )
    chosen = parser.parse_args()
    # A shell starts what runs in the background with SIGINT ignored, and the processes would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    tally = inject(**vars(chosen))
    print(*summary(tally, time.monotonic() - began), sep="\n")
    return 1 if tally.violations or tally.lost else 0


if __name__ == "__main__":
    sys.exit(main())
