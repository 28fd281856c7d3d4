"""What a load, an unload and a forgetting did, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Progress:
    """How far a load is: bytes as they stand in the files, of `bytes_total` (0 if unknown: standard input),
    and records read. `stage` says in a word what it is at: reading, or storing."""

    bytes_done: int
    bytes_total: int
    rows: int
    stage: str


@dataclass(frozen=True)
class RejectReason:
    """Why `count` records of a file were rejected: the reason of the first one, and its line."""

    text: str
    count: int
    line: int | None


@dataclass(frozen=True)
class FileSummary:
    """What became of one file's records: read = loaded + duplicate + rejected + skipped.

    Skipped is what a rule leaves out on purpose: the events of forgotten contacts.
    Of the good ones, the naive times that occur twice or never in their zone, the events later than now
    (`future`; 0 where the file was loaded before), and the rows by source that is not known.
    `ignored_columns` are the headers that no field takes, `reasons` the most common ones of the rejects
    (none where the file was loaded before), `notes` further sentences for a notice.
    """

    path: str
    read: int
    loaded: int
    duplicate: int
    rejected: int
    ambiguous_times: int = 0
    missing_times: int = 0
    unknown_sources: Mapping[str, int] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    future: int = 0
    skipped: int = 0
    reasons: tuple[RejectReason, ...] = ()


@dataclass(frozen=True)
class LoadedFile:
    """A file of a load that is in the store, and how many events it gave."""

    path: str
    loaded: int


@dataclass(frozen=True)
class Unloaded:
    """What an unload took out of the store: a load's events, rejects and files.

    `at` (aware, UTC) is when it was loaded. `to_reload` are the paths of later files with rows that counted
    as duplicates, perhaps of events that are gone now.
    """

    store: Path
    load: int
    at: datetime
    events: int
    rejects: int
    files: tuple[LoadedFile, ...]
    to_reload: tuple[str, ...]


@dataclass(frozen=True)
class Forgotten:
    """What a store had of a contact: so many events and rejects."""

    store: Path
    contact_id: str
    events: int
    rejects: int


@dataclass(frozen=True)
class LoadSummary:
    """What a load did: its id (None when it added no event), the store and its zone (an IANA name),
    whether that zone was settled by this load, and what of the named folders was left out (path → why)."""

    store: Path
    load: int | None
    timezone: str
    created: bool
    files: tuple[FileSummary, ...]
    left_out: Mapping[str, str]

    @property
    def read(self) -> int:
        """Records of all files."""
        return sum(file.read for file in self.files)

    @property
    def loaded(self) -> int:
        """New events."""
        return sum(file.loaded for file in self.files)

    @property
    def duplicate(self) -> int:
        """Records that are events which the store, or the load before them, has."""
        return sum(file.duplicate for file in self.files)

    @property
    def rejected(self) -> int:
        """Records that are no events."""
        return sum(file.rejected for file in self.files)

    @property
    def skipped(self) -> int:
        """Records that were left out on purpose."""
        return sum(file.skipped for file in self.files)
