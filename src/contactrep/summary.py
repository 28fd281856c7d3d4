"""What a load, an unload, a forget and a new list of users did, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Progress:
    """The progress of a load: bytes of the files as on disk, of `bytes_total` (0 if unknown: standard input).

    `rows` are the records read so far. `stage` is the current step: reading or storing.
    """

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
    """What became of the records of one file, named `path`: read = loaded + duplicate + rejected + skipped.

    `loaded` are new events, `duplicate` events that the store or the load before them has, `rejected` records
    that are not events, and `skipped` records that a rule left out (events of forgotten contacts). Of the
    events, `ambiguous_times` and `missing_times` are naive times that occur twice or never in their zone,
    `future` those later than now, and `unknown_sources` those of sources that are not standard, by source:
    the most common such sources, `more_sources` others are left out.
    `ignored_columns` are headers that no field uses, `reasons` the most common reasons for rejects, `advice`
    the options that would probably read the rejects, `also` further remarks on that advice, and `notes`
    further sentences for a notice. For a file that was loaded before, `future` and all of these are empty.
    """

    path: str
    loaded: int = 0
    duplicate: int = 0
    rejected: int = 0
    skipped: int = 0
    ambiguous_times: int = 0
    missing_times: int = 0
    unknown_sources: Mapping[str, int] = field(default_factory=dict)
    more_sources: int = 0
    future: int = 0
    ignored_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reasons: tuple[RejectReason, ...] = ()
    advice: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def read(self) -> int:
        """All records."""
        return self.loaded + self.duplicate + self.rejected + self.skipped

    def repeating(self, count: int) -> FileSummary:
        """The account if `count` of the new events are duplicates."""
        return replace(self, loaded=self.loaded - count, duplicate=self.duplicate + count)

    def again(self, path: str) -> FileSummary:
        """The account of a file with the same content that is read after this one."""
        known = self.repeating(self.loaded)
        return replace(
            known, path=path, future=0, ignored_columns=(), notes=(), reasons=(), advice=(), also=()
        )


@dataclass(frozen=True)
class LoadedFile:
    """A file of a load that is in the store, and how many events it gave."""

    path: str
    loaded: int


@dataclass(frozen=True)
class UnloadSummary:
    """What an unload removed from a store: the events, rejects and files of a load.

    `at` (aware, UTC) is when the files were loaded. `to_reload` are the paths of later files with rows that
    counted as duplicates, perhaps of the removed events; `to_redo` are later loads of snapshots that
    depend on the removed one.
    """

    store: Path
    load: int
    at: datetime
    events: int
    rejects: int
    files: tuple[LoadedFile, ...]
    to_reload: tuple[str, ...]
    to_redo: tuple[int, ...] = ()


@dataclass(frozen=True)
class ForgetSummary:
    """What a forget removes from a store: the events and rejects of a contact."""

    store: Path
    contact_id: str
    events: int
    rejects: int


@dataclass(frozen=True)
class ForgetUndoSummary:
    """That later loads take a forgotten contact again."""

    store: Path
    contact_id: str


@dataclass(frozen=True)
class UsersSummary:
    """The file from which the list of user names was replaced, and how many users it has."""

    store: Path
    file: str
    users: int


@dataclass(frozen=True)
class LoadSummary:
    """What a load did.

    `load` is its id, None if it added no event; `timezone` the store's (an IANA name), `created` whether this
    load set it; `left_out` the files in folders that are not read (path → reason). `zone_origin` says where
    a new store's zone came from; `dry_run` that nothing was stored. `read`, `loaded`, `duplicate`, `rejected`
    and `skipped` are the sums over all files.
    """

    store: Path
    load: int | None
    timezone: str
    created: bool
    files: tuple[FileSummary, ...]
    left_out: Mapping[str, str]
    zone_origin: str = ""
    dry_run: bool = False

    @property
    def read(self) -> int:
        return sum(file.read for file in self.files)

    @property
    def loaded(self) -> int:
        return sum(file.loaded for file in self.files)

    @property
    def duplicate(self) -> int:
        return sum(file.duplicate for file in self.files)

    @property
    def rejected(self) -> int:
        return sum(file.rejected for file in self.files)

    @property
    def skipped(self) -> int:
        return sum(file.skipped for file in self.files)


Summary = LoadSummary | UnloadSummary | ForgetSummary | ForgetUndoSummary | UsersSummary
"""What a command that changes a store answers."""
