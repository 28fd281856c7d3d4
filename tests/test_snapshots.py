"""Snapshots: full exports of contacts, whose differences are events."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from click.testing import Result
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contactrep.errors import InputProblem
from contactrep.read import mapping
from contactrep.store import loading, unloading
from contactrep.store.refusing import RejectLimit
from contactrep.store.snapshots import CHANGES, Snapshot
from contactrep.summary import LoadSummary

Ask = Callable[..., Result]
Event = tuple[int, str, str, str | None]
Records = list[tuple[str, str, int]]

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def write(path: Path, contacts: Mapping[str, int]) -> Path:
    """A full export: the ids with the days (from DAY) on which they were created."""
    rows = [
        f"{contact},Name {contact},{DAY + timedelta(days=day):%Y-%m-%d}" for contact, day in contacts.items()
    ]
    path.write_text("\n".join(["contact_id,name,Created At", *rows, ""]))
    return path


def in_order(found: Iterable[Event]) -> list[Event]:
    """Events sorted by their day, then kind and contact."""
    return sorted(found, key=lambda event: event[:3])


def events(store: Path) -> list[Event]:
    """Every event: its day, kind, contact and source."""
    with duckdb.connect(str(store), read_only=True) as connection:
        rows = connection.execute(
            "SELECT epoch(ts)::BIGINT, event, contact_id, source FROM events"
        ).fetchall()
    days = [((at - int(DAY.timestamp())) // 86400, *rest) for at, *rest in rows]
    return in_order(days)


@pytest.fixture
def ask(run: Ask, tmp_path: Path) -> Ask:
    """Run a command on a store in UTC."""
    return lambda *arguments: run(*arguments, "--store", tmp_path / "s.duckdb")


@pytest.fixture
def snap(ask: Ask, tmp_path: Path) -> Callable[..., Result]:
    """Load a snapshot of contacts, taken on a day."""
    numbers = count()

    def load(contacts: Mapping[str, int], day: int, *options: str) -> Result:
        path = write(tmp_path / f"{next(numbers)}.csv", contacts)
        at = f"{DAY + timedelta(days=day):%Y-%m-%d}"
        return ask("load", "--snapshot", path, "--at", at, *options)

    return load


def test_what_is_new_is_added_and_what_is_missing_is_deleted(snap: Ask, tmp_path: Path) -> None:
    """At the times of the records and of the snapshot; a time of creation that has changed is no event."""
    assert snap({"1": 0, "2": 1}, 5).exit_code == 0
    loaded = json.loads(snap({"1": 2, "3": 4}, 9, "--format", "json").stdout)
    assert [(file["path"], file["loaded"], file["duplicate"]) for file in loaded["files"]] == [
        (str(tmp_path / "1.csv"), 1, 1),
        (CHANGES, 1, 0),
    ]
    assert loaded["total"] == {"read": 3, "loaded": 2, "duplicate": 1, "rejected": 0, "skipped": 0}
    assert events(tmp_path / "s.duckdb") == [
        (0, "added", "1", None),
        (1, "added", "2", None),
        (4, "added", "3", None),
        (9, "deleted", "2", "Snapshot"),
    ]


def test_a_deletion_has_the_name_of_the_contact(snap: Ask, ask: Ask) -> None:
    """So that its log can be read."""
    snap({"1": 0, "2": 1}, 5)
    snap({"1": 0}, 6)
    rows = json.loads(ask("log", "deleted", "--range", "all", "--format", "json").stdout)["rows"]
    assert [(row["contact_id"], row["contact_name"], row["source"]) for row in rows] == [
        ("2", "Name 2", "Snapshot")
    ]


def test_a_contact_that_comes_back_is_added_again(snap: Ask, tmp_path: Path) -> None:
    """At the moment of the snapshot, or when it was created anew; so the figures add up to the snapshot."""
    for day, contacts in ((5, {"1": 0, "2": 0}), (6, {}), (14, {"1": 0, "2": 7})):
        assert snap(contacts, day).exit_code == 0
    assert events(tmp_path / "s.duckdb")[2:] == [
        (6, "deleted", "1", "Snapshot"),
        (6, "deleted", "2", "Snapshot"),
        (7, "added", "2", None),
        (14, "added", "1", "Snapshot"),
    ]


def test_the_same_snapshot_again_changes_nothing(snap: Ask, tmp_path: Path) -> None:
    """At the same time or later, from the same file or another."""
    snap({"1": 0, "2": 1}, 5)
    before = (tmp_path / "s.duckdb").read_bytes()
    for day in (5, 6, 4):
        again = snap({"1": 0, "2": 1}, day)
        assert again.exit_code == 0, again.stderr
        assert "No new events" in again.stdout
    assert (tmp_path / "s.duckdb").read_bytes() == before


@pytest.mark.parametrize("day", [3, 5])
def test_a_snapshot_that_is_not_newer_is_refused(snap: Ask, tmp_path: Path, day: int) -> None:
    """The error says of when the last one is, and what to do."""
    snap({"1": 0, "2": 1}, 5)
    before = (tmp_path / "s.duckdb").read_bytes()
    refused = snap({"1": 0}, day)
    assert refused.exit_code == 1
    assert "but load 1 is one of 2026-11-06T00:00:00Z" in refused.stderr
    assert "contactrep unload 1" in refused.stderr
    assert (tmp_path / "s.duckdb").read_bytes() == before


def test_undoing_a_snapshot_restores_the_one_before(snap: Ask, ask: Ask, tmp_path: Path) -> None:
    """So that the next one is compared with what it was."""
    snap({"1": 0, "2": 0}, 5)
    before = events(tmp_path / "s.duckdb")
    snap({"2": 0, "3": 6}, 8)
    assert ask("unload", "last").exit_code == 0
    assert events(tmp_path / "s.duckdb") == before
    assert snap({"1": 0, "3": 6}, 7).exit_code == 0
    assert events(tmp_path / "s.duckdb")[-1] == (7, "deleted", "2", "Snapshot")


def test_later_snapshots_are_named_when_one_is_undone(snap: Ask, ask: Ask, tmp_path: Path) -> None:
    """What came back after it never was away; once the named ones are loaded again, the figures add up."""
    store = tmp_path / "s.duckdb"
    for day, contacts in ((5, {"1": 0, "2": 0}), (6, {"1": 0}), (7, {"1": 0, "2": 0}), (8, {"1": 0, "3": 0})):
        snap(contacts, day)
    assert ask("unload", "2").stderr.startswith(
        "Note: loads 3, 4 are later snapshots that depend on this load:"
        f" undo them, too, and load them again in order\nNote: {tmp_path / '2.csv'}, "
    )
    assert json.loads(ask("unload", "4", "--format", "json").stdout)["to_redo"] == []
    assert ask("unload", "3").stderr == ""
    snap({"1": 0, "2": 0}, 7)
    snap({"1": 0, "3": 0}, 8)
    assert events(store) == [
        (0, "added", "1", None),
        (0, "added", "2", None),
        (0, "added", "3", None),
        (8, "deleted", "2", "Snapshot"),
    ]
    assert ask("unload", "1").stderr.startswith(
        "Note: load 5 is a later snapshot that depends on this load: undo it, too, and load it again in"
        " order\n"
    )


@pytest.mark.parametrize("row", ["deleted,2,", "merged,1,2"])
@pytest.mark.parametrize("contacts", [{"1": 0}, {"1": 0, "2": 0}])
def test_snapshots_after_a_deletion_are_named_when_it_is_undone(
    snap: Ask, ask: Ask, tmp_path: Path, row: str, contacts: dict[str, int]
) -> None:
    """Whom it deleted is then missing in the snapshot without a deletion, or was added again without one."""
    log, store = tmp_path / "log.csv", tmp_path / "s.duckdb"
    log.write_text(f"timestamp,event,contact_id,merged_contact_id\n2026-11-06T12:00Z,{row}\n")
    snap({"1": 0, "2": 0}, 5)
    assert ask("load", log).exit_code == 0
    snap(contacts, 7)
    assert ask("unload", "2").stderr.startswith(
        "Note: load 3 is a later snapshot that depends on this load: undo it, too, and load it again in"
        " order\n"
    )
    ask("unload", "3")
    snap(contacts, 7)
    gone = [(7, "deleted", "2", "Snapshot")] if len(contacts) == 1 else []
    assert events(store) == [(0, "added", "1", None), (0, "added", "2", None), *gone]
    other = tmp_path / "other.csv"
    other.write_text("timestamp,event,contact_id\n2026-11-06T12:00Z,deleted,9\n2026-11-06T12:00Z,added,1\n")
    assert ask("load", other).exit_code == 0
    snap({**contacts, "3": 7}, 8)
    assert "depends" not in ask("unload", "last").stderr


def test_the_last_snapshot_brings_back_what_an_undone_one_had(snap: Ask, ask: Ask, tmp_path: Path) -> None:
    """As `unload` says; the load is not refused for its time."""
    snap({"1": 0, "2": 0}, 5)
    snap({"1": 0, "3": 6}, 8)
    undone = ask("unload", "1")
    assert "1.csv" in undone.stdout + undone.stderr
    assert ask("load", "--snapshot", tmp_path / "1.csv", "--at", "2026-11-09").exit_code == 0
    assert [event for event in events(tmp_path / "s.duckdb") if event[2] == "1"] == [(0, "added", "1", None)]


def test_the_snapshots_of_a_profile_are_a_series(snap: Ask, ask: Ask, run: Ask, tmp_path: Path) -> None:
    """A contact of another series is not missing in this one."""
    config = tmp_path / "config.toml"
    config.write_text("[profiles.a]\n[profiles.b]\nfiles = 'b.csv'\n[profiles.c]\nfiles = 'b.csv'\n")
    options = ("--config", config)
    snap({"1": 0}, 5, "--profile", "a", *options)
    snap({"2": 0}, 4, "--profile", "b", *options)
    write(tmp_path / "b.csv", {"3": 1})
    loaded = ask("load", "--snapshot", "--profile", "b", "--at", "2026-11-06", *options)
    assert loaded.exit_code == 0, loaded.stderr
    assert [event for event in events(tmp_path / "s.duckdb") if event[1] == "deleted"] == [
        (5, "deleted", "2", "Snapshot")
    ]
    assert json.loads(ask("unload", "1", "--format", "json").stdout)["to_redo"] == []
    several = ask("load", "--snapshot", *options)
    assert several.exit_code == 2
    assert "a snapshot is of one profile" in several.stderr


def test_a_snapshot_that_lost_too_many_contacts_is_refused(snap: Ask, tmp_path: Path) -> None:
    """More than a tenth and more than ten; --max-rejects allows more."""
    contacts = {str(number): 0 for number in range(110)}
    assert snap(contacts, 1).exit_code == 0
    refused = snap(dict(list(contacts.items())[:98]), 2)
    assert refused.exit_code == 1
    assert "12 of 110 contacts of the previous snapshot are missing (more than a tenth)" in refused.stderr
    assert "--max-rejects" in refused.stderr
    assert snap(dict(list(contacts.items())[:99]), 2).exit_code == 0
    refused = snap({}, 3, "--max-rejects", "50%")
    assert (
        "99 of 99 contacts of the previous snapshot are missing (more than --max-rejects 50%)"
        in refused.stderr
    )
    assert snap({"1": 0}, 3, "--max-rejects", "98").exit_code == 0
    assert len([event for event in events(tmp_path / "s.duckdb") if event[1] == "deleted"]) == 109


def test_an_invalid_row_refuses_a_snapshot(ask: Ask, tmp_path: Path) -> None:
    """Its contact would count as deleted; --max-rejects allows such rows."""
    path = write(tmp_path / "a.csv", {"1": 0, "2": 0})
    path.write_text(path.read_text() + "3,No Time,\n")
    refused = ask("load", "--snapshot", path)
    assert refused.exit_code == 1
    assert (
        "a.csv: line 4: no timestamp; nothing was loaded, for contacts in invalid rows (1)" in refused.stderr
    )
    assert ask("load", "--snapshot", path, "--strict").exit_code == 1
    assert ask("load", "--snapshot", path, "--max-rejects", "1").exit_code == 0


def test_when_a_snapshot_was_taken(ask: Ask, tmp_path: Path) -> None:
    """When the newest of its files was last modified; a pipe needs --at, a time in the store's zone."""
    first, second = write(tmp_path / "a.csv", {"1": 0}), write(tmp_path / "b.csv", {"2": 0})
    ask("load", "--snapshot", first, second, "--at", "2026-11-03", "--timezone", "Asia/Kuala_Lumpur")
    write(first, {"3": 0}), write(second, {"2": 0})
    for path, days in ((first, 6), (second, 5)):
        at = (DAY + timedelta(days=days)).timestamp()
        os.utime(path, (at, at))
    assert ask("load", "--snapshot", first, second).exit_code == 0
    loads = json.loads(ask("status", "--format", "json").stdout)["loads"]
    taken = [load["options"]["snapshot"] for load in loads]
    assert taken == ["2026-11-02T16:00:00Z", "2026-11-07T00:00:00Z"]
    assert (6, "deleted", "1", "Snapshot") in events(tmp_path / "s.duckdb")
    pipe = ask("load", "--snapshot", "-")
    assert pipe.exit_code == 2
    assert "the time of this snapshot is unknown: give it with --at" in pipe.stderr


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:00-05:00", "9998-12-31T23:00-05:00", "0001-12-31", "0001-01-01"]
)
def test_a_snapshot_is_taken_in_the_years_of_events(ask: Ask, tmp_path: Path, at: str) -> None:
    """A deletion at any other time would be in no range that a report can have."""
    path = write(tmp_path / "a.csv", {"1": 0})
    refused = ask("load", "--snapshot", path, "--at", at, "--timezone", "Asia/Tokyo")
    assert refused.exit_code == 2
    assert "is outside the years 2 to 9998: give the right time with --at" in refused.stderr
    assert not (tmp_path / "s.duckdb").exists()


@pytest.mark.parametrize("seconds", [300_000_000_000, -70_000_000_000])
def test_a_file_that_was_modified_beyond_the_calendar(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """A modification time outside the calendar, as of a broken clock, counts as unknown."""
    path, real = write(tmp_path / "a.csv", {"1": 0}), Path.stat

    def stat(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = real(self, follow_symlinks=follow_symlinks)
        at = {"st_mtime_ns": seconds * 10**9}  # most file systems of a test cannot keep such a time
        return os.stat_result(found[:10], at) if self == path else found

    monkeypatch.setattr(Path, "stat", stat)
    refused = ask("load", "--snapshot", path)
    assert refused.exit_code == 2
    assert "the time of this snapshot is unknown: give it with --at" in refused.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--at", "2026-11-03"), "--at is the time of a snapshot: add --snapshot"),
        (("--snapshot", "--at", "yesterday"), "--at 'yesterday' is not a time: write 2026-11-04"),
    ],
)
def test_times_without_a_meaning(ask: Ask, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    """They are usage errors."""
    refused = ask("load", write(tmp_path / "a.csv", {"1": 0}), *options)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_what_other_feeds_say_counts_once(snap: Ask, ask: Ask, tmp_path: Path) -> None:
    """A contact that a log has is not added again, nor deleted again if it was deleted or merged away."""
    log = tmp_path / "log.csv"
    log.write_text(
        "timestamp,event,contact_id,merged_contact_id\n2026-11-02T10:00:00Z,added,1,\n"
        "2026-11-02T11:00:00Z,added,2,\n2026-11-02T11:00:00Z,added,3,\n"
    )
    ask("load", log)
    snap({"1": 0, "2": 0, "3": 0, "4": 2}, 5)
    log.write_text(
        "timestamp,event,contact_id,merged_contact_id\n2026-11-07T10:00:00Z,deleted,2,\n"
        "2026-11-07T11:00:00Z,merged,1,3\n"
    )
    ask("load", log)
    snap({"1": 0}, 8)
    assert events(tmp_path / "s.duckdb") == [
        (1, "added", "1", None),
        (1, "added", "2", None),
        (1, "added", "3", None),
        (2, "added", "4", None),
        (6, "deleted", "2", "User"),
        (6, "merged", "1", "User"),
        (8, "deleted", "4", "Snapshot"),
    ]


def test_a_contact_that_was_restored_after_the_snapshot_is_deleted_once(
    snap: Ask, ask: Ask, tmp_path: Path
) -> None:
    """Even if the store knows of both before the snapshot is loaded."""
    snap({"1": 0, "2": 0}, 5)
    log = tmp_path / "log.csv"
    log.write_text("timestamp,event,contact_id\n2026-11-08,deleted,2\n2026-11-10,added,2\n")
    ask("load", log, "--input-timezone", "UTC")
    assert snap({"1": 0}, 8).exit_code == 0
    assert snap({"1": 0, "2": 0}, 10).exit_code == 0
    assert events(tmp_path / "s.duckdb")[2:] == [(7, "deleted", "2", "User"), (9, "added", "2", None)]


def log_of(folder: Path, *rows: str) -> Path:
    """A log of events in November 2026: each row is its day, kind and contact."""
    log = folder / "log.csv"
    log.write_text("timestamp,event,contact_id\n" + "".join(f"2026-11-{row}\n" for row in rows))
    return log


def test_a_log_of_deletions_repeats_what_a_snapshot_has_noticed(snap: Ask, ask: Ask, tmp_path: Path) -> None:
    """Whichever is loaded first, a contact is deleted once; as often as it was added, where it was again."""
    snap({"1": 0, "2": 0, "3": 0}, 5)
    snap({"1": 0}, 8)
    log = log_of(tmp_path, "06,deleted,2", "06,deleted,3", "07,added,3", "07T01:00,deleted,3")
    loaded = ask("load", log, "--input-timezone", "UTC")
    assert "4 read = 2 loaded + 2 duplicate + 0 rejected" in loaded.stdout
    assert events(tmp_path / "s.duckdb")[3:] == [
        (5, "deleted", "3", "User"),
        (6, "added", "3", None),
        (8, "deleted", "2", "Snapshot"),
        (8, "deleted", "3", "Snapshot"),
    ]
    assert json.loads(ask("unload", "2", "--format", "json").stdout)["to_reload"] == [str(log)]


def test_a_log_of_additions_repeats_what_a_snapshot_has_noticed(snap: Ask, ask: Ask, tmp_path: Path) -> None:
    """Whichever is loaded first, a contact that came back is added once; as often as it was deleted."""
    snap({"1": 0, "2": 0}, 5)
    snap({"1": 0}, 8)
    snap({"1": 0, "2": 0}, 12)
    log = log_of(tmp_path, "06,added,2", "10,added,2", "10T01:00,deleted,2", "11,added,2")
    loaded = ask("load", log, "--input-timezone", "UTC")
    assert "4 read = 3 loaded + 1 duplicate + 0 rejected" in loaded.stdout
    assert events(tmp_path / "s.duckdb")[2:] == [
        (5, "added", "2", None),
        (8, "deleted", "2", "Snapshot"),
        (9, "added", "2", None),
        (9, "deleted", "2", "User"),
        (12, "added", "2", "Snapshot"),
    ]


def test_an_export_that_says_who_was_deleted(ask: Ask, tmp_path: Path) -> None:
    """Its own time counts."""
    path, options = (
        tmp_path / "a.csv",
        ("--event", "added=made", "--event", "deleted=gone", "--map", "contact_id=id"),
    )
    path.write_text("id,made,gone\n1,2026-11-01,\n2,2026-11-01,2026-11-03\n")
    ask("load", "--snapshot", path, *options, "--at", "2026-11-04")
    path.write_text("id,made,gone\n1,2026-11-01,2026-11-05\n2,2026-11-01,2026-11-03\n")
    assert ask("load", "--snapshot", path, *options, "--at", "2026-11-06").exit_code == 0
    assert events(tmp_path / "s.duckdb") == [
        (0, "added", "1", None),
        (0, "added", "2", None),
        (2, "deleted", "2", "User"),
        (4, "deleted", "1", "User"),
    ]


@pytest.mark.parametrize("first", ["1,2026-11-01,added", "1,2026-11-04,deleted\n1,2026-11-01,added"])
def test_a_deletion_that_the_store_knows_counts_once(ask: Ask, tmp_path: Path, first: str) -> None:
    """Although its record says another time; a contact that was there again in between is deleted again."""
    path, rest = tmp_path / "a.csv", "9,2026-11-01,added\n"
    for day, records in (
        (4, first),
        (5, ""),
        (6, "1,2026-11-01,added\n1,2026-11-04T12:00:00Z,deleted"),
        (7, "1,2026-11-06T12:00:00Z,deleted\n1,2026-11-06T13:00:00Z,deleted"),
        (9, "1,2026-11-08,added\n1,2026-11-09,deleted\n1,2026-11-08,added"),
    ):
        path.write_text(f"contact_id,timestamp,event\n{rest}{records}\n")
        loaded = ask("load", "--snapshot", path, "--map", "event=event", "--at", f"2026-11-{day:02}")
        assert loaded.exit_code == 0, loaded.stderr
    assert [event[:2] for event in events(tmp_path / "s.duckdb") if event[2] == "1"] == [
        (0, "added"),
        (3 if "deleted" in first else 4, "deleted"),
        (7, "added"),
        (8, "deleted"),
    ]


def test_a_column_that_looks_like_an_event_is_none(ask: Ask, tmp_path: Path) -> None:
    """Each record of a snapshot is a contact, whatever its type is."""
    path = tmp_path / "a.csv"
    path.write_text("contact_id,Type,Created At\n1,Customer,2026-11-01\n1,Customer,2026-11-02\n")
    loaded = json.loads(ask("load", "--snapshot", path, "--format", "json").stdout)
    assert (loaded["total"]["loaded"], loaded["total"]["duplicate"]) == (1, 1)


def test_a_contact_that_was_never_added_is_not_deleted(snap: Ask, ask: Ask, tmp_path: Path) -> None:
    """The load that added it was undone."""
    log = tmp_path / "log.csv"
    log.write_text("timestamp,event,contact_id\n2026-11-01,added,1\n2026-11-01,added,2\n")
    ask("load", log, "--timezone", "UTC")
    snap({"1": 0, "2": 0}, 5)
    assert ask("unload", "1").exit_code == 0
    assert snap({"1": 0}, 6).exit_code == 0
    assert events(tmp_path / "s.duckdb") == [(0, "added", "1", None)]


def test_a_snapshot_that_only_brings_a_contact_back_is_one_of_the_series(
    snap: Ask, ask: Ask, tmp_path: Path
) -> None:
    """Undoing it names the later ones, which are compared with it, and an older one is refused."""
    snap({"1": 0, "9": 0}, 5)
    log = tmp_path / "log.csv"
    log.write_text("timestamp,event,contact_id\n2026-11-07,deleted,1\n")
    ask("load", log, "--input-timezone", "UTC")
    snap({"1": 0, "9": 0}, 9)
    refused = snap({"9": 0}, 8)
    assert "but load 3 is one of 2026-11-10T00:00:00Z" in refused.stderr
    snap({"9": 0}, 10)
    assert "load 4 is a later snapshot" in ask("unload", "3").stderr


def test_a_forgotten_contact_is_not_missing(snap: Ask, ask: Ask, tmp_path: Path) -> None:
    """What the snapshots knew of it is gone, and it is skipped."""
    snap({"1": 0, "2": 0}, 5)
    assert ask("forget", "2", "--yes").exit_code == 0
    with duckdb.connect(str(tmp_path / "s.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT contact_id FROM snapshot_contacts").fetchall() == [("1",)]
    assert snap({"1": 0, "2": 0}, 6).exit_code == 0
    assert snap({"1": 0}, 7).exit_code == 0
    assert events(tmp_path / "s.duckdb") == [(0, "added", "1", None)]


def test_a_contact_that_only_a_snapshot_has_is_forgotten(snap: Ask, ask: Ask, tmp_path: Path) -> None:
    """Although its events were undone: it is neither kept, nor deleted when it is missing."""
    log = tmp_path / "log.csv"
    log.write_text("timestamp,event,contact_id\n2026-11-01,added,secret7\n")
    ask("load", log, "--timezone", "UTC")
    snap({"1": 0, "secret7": 0}, 5)
    assert ask("unload", "1").exit_code == 0
    assert "Removed the entries in snapshots of contact secret7" in ask("forget", "secret7", "--yes").stdout
    assert b"secret7" not in (tmp_path / "s.duckdb").read_bytes()
    assert snap({"1": 0}, 6).exit_code == 0
    assert events(tmp_path / "s.duckdb") == [(0, "added", "1", None)]


def test_changes_in_the_future_are_told_of(snap: Ask, ask: Ask) -> None:
    """A year with a typing error would hide the deletions from every report."""
    snap({"1": 0, "2": 0}, 1)
    loaded = snap({"1": 0}, 25_000, "--format", "json")
    assert [file["future"] for file in json.loads(loaded.stdout)["files"]] == [0, 1]
    assert "changes since the last snapshot: 1 event is in the future" in loaded.stderr


def test_a_dry_run_counts(snap: Ask, tmp_path: Path) -> None:
    """And stores nothing."""
    snap({"1": 0, "2": 0}, 5)
    before = (tmp_path / "s.duckdb").read_bytes()
    dry = json.loads(snap({"1": 0}, 6, "--dry-run", "--format", "json").stdout)
    assert (dry["load"], dry["total"]["loaded"]) == (None, 1)
    assert (tmp_path / "s.duckdb").read_bytes() == before


# A model of plain Python


@dataclass
class Load:
    """The events of a load; of a snapshot, also its day and which contacts came and went."""

    events: list[Event]
    at: int = -1
    present: dict[str, bool] = field(default_factory=dict)


@dataclass
class Model:
    """What should be in a store after logs and snapshots, by the numbers of their loads."""

    loads: dict[int, Load] = field(default_factory=dict)

    @property
    def events(self) -> list[Event]:
        return [event for load in self.loads.values() for event in load.events]

    @property
    def previous(self) -> set[str]:
        """The contacts of the last snapshot."""
        present: dict[str, bool] = {}
        for load in self.loads.values():
            present |= load.present
        return {who for who, there in present.items() if there}

    def log(self, records: Records) -> Load:
        """The events of a log that are new, and not what a snapshot has noticed."""
        return Load([it for it in self._new(records) if not self._is_noticed(it, records)])

    def _new(self, records: Records) -> list[Event]:
        known = {event[:3] for event in self.events}
        return [_event(*it) for it in dict.fromkeys(records) if (it[2], it[1], it[0]) not in known]

    def _is_noticed(self, event: Event, records: Records) -> bool:
        """Whether the next that happens to a contact is that a snapshot lacks it, or has it back."""
        kind, who = event[1:3]
        other = "added" if kind == "deleted" else "deleted"
        changes = [(day, True) for day, *rest in self.events if rest == [kind, who, "Snapshot"]]
        changes += [(day, False) for day in self._days(other, who)]
        changes += [(day, False) for it, its, day in records if (it, its) == (who, other)]
        later = [change for change in changes if change[0] >= event[0]]
        return bool(later) and min(later)[1]

    def snapshot(self, records: Records, at: int) -> Load | None:
        """The changes of a snapshot; None if it is refused."""
        called = {who for who, kind, _ in records if kind == "deleted"}
        contacts = {who for who, _, _ in records} - called
        last = max((load.at for load in self.loads.values()), default=-1)
        differs = self.previous - contacts or any(self._gone(who) == at for who in contacts)
        if contacts != self.previous and (at < last or (at == last and differs)):
            return None
        found = self._new(records)
        new = [event for who in {who for who, _, _ in records} for event in self._of_contact(who, found)]
        new += [
            (at, "deleted", who, "Snapshot")
            for who in self.previous - contacts - called
            if self._is_there(who, at)
        ]
        for who in contacts:
            if -1 < self._gone(who) < at and max(day for it, _, day in records if it == who) <= self._gone(
                who
            ):
                new.append((at, "added", who, "Snapshot"))
        return Load(new, at, {who: who in contacts for who in contacts ^ self.previous})

    def _of_contact(self, who: str, found: list[Event]) -> list[Event]:
        """Those of its records in a snapshot that count, of those that are not in the store."""
        gone = self._gone(who)
        added = [event for event in found if event[1:3] == ("added", who)]
        before, after = (
            [event for event in added if (event[0] > gone) == later][:1] for later in (False, True)
        )
        deleted = [event for event in found if event[1:3] == ("deleted", who)][:1]
        is_new = not self._days("added", who)
        return [
            *(before if is_new else []),
            *(after if is_new or gone >= 0 else []),
            *(deleted if gone < 0 or after else []),
        ]

    def _days(self, kind: str, who: str) -> list[int]:
        return sorted(event[0] for event in self.events if event[1:3] == (kind, who))

    def _gone(self, who: str) -> int:
        """The day since which a contact is gone; -1 if it is not."""
        added, deleted = self._days("added", who), self._days("deleted", who)
        return deleted[-1] if deleted and (not added or deleted[-1] >= added[-1]) else -1

    def _is_there(self, who: str, at: int) -> bool:
        """Whether a contact that is missing on a day has yet to be deleted."""
        added, deleted = self._days("added", who), self._days("deleted", who)
        return bool(added) and (not deleted or any(deleted[-1] < day <= at for day in added))


def _event(who: str, kind: str, day: int) -> Event:
    return day, kind, who, "User" if kind == "deleted" else None


DAYS = st.integers(0, 12)
RECORDS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["added", "added", "deleted"]), DAYS), max_size=5
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("snapshot"), RECORDS, DAYS),
        st.tuples(st.just("snapshot"), RECORDS, DAYS),
        st.tuples(st.just("log"), RECORDS.filter(bool), DAYS),
        st.tuples(st.just("undo"), st.none(), DAYS),
    ),
    min_size=2,
    max_size=7,
)


def _added(contacts: str) -> Records:
    return [(who, "added", 0) for who in contacts]


@settings(max_examples=15)
@given(steps=STEPS)
@example(steps=[("snapshot", [*_added("b"), ("a", "added", day)], at) for day, at in ((0, 2), (5, 5))])
@example(
    steps=[
        ("log", _added("ab"), 0),
        ("snapshot", _added("abc"), 2),
        ("undo", None, 0),
        ("snapshot", _added("bc"), 3),
    ]
)
@example(
    steps=[
        ("snapshot", _added("ab"), 2),
        ("log", [("a", "deleted", 3)], 0),
        ("snapshot", _added("ab"), 6),
        ("snapshot", _added("b"), 5),
        ("snapshot", [*_added("b"), ("a", "deleted", 7)], 8),
        ("snapshot", [*_added("b"), ("a", "deleted", 8)], 9),
    ]
)
@example(
    steps=[
        ("snapshot", _added("c"), 11),
        ("snapshot", [("c", "deleted", 3), ("c", "deleted", 2), ("c", "added", 1)], 12),
    ]
)
@example(
    steps=[
        ("snapshot", _added("ab"), 9),
        ("log", [("a", "deleted", 6)], 0),
        ("snapshot", _added("ab"), 7),
        ("snapshot", _added("b"), 8),
        ("log", [("a", "deleted", 11), ("b", "added", 12), ("b", "deleted", 12)], 0),
        ("snapshot", _added("ab"), 10),
        ("snapshot", _added("c"), 13),
    ]
)
def test_random_loads_give_what_a_model_gives(tmp_path_factory: pytest.TempPathFactory, steps: Any) -> None:
    """Snapshots, with deleted contacts or a contact twice, among logs, also after any of them was undone."""
    folder = tmp_path_factory.mktemp("random")
    store, model = folder / "s.duckdb", Model()
    for number, (step, records, day) in enumerate(steps):
        if step == "undo":
            if model.loads:
                undone = list(model.loads)[day % len(model.loads)]
                del model.loads[undone]
                unloading.unload(store, undone)
        else:
            path, is_snapshot = folder / f"{number}.csv", step == "snapshot"
            # A log is never the same content as a snapshot: it would be known.
            more = ",name" if is_snapshot else ",user_name"
            rows = [f"{who},{kind},{DAY + timedelta(days=at):%Y-%m-%d}," for who, kind, at in records]
            path.write_text("\n".join([f"contact_id,event,timestamp{more}", *rows, ""]))
            expected = model.snapshot(records, day) if is_snapshot else model.log(records)
            loaded = _load(store, path, Snapshot(at=DAY + timedelta(days=day)) if is_snapshot else None)
            assert (loaded is None) == (expected is None)
            if loaded and expected:
                assert (loaded.load is not None) == bool(expected.events or expected.present)
                if loaded.load is not None:
                    model.loads[loaded.load] = expected
        assert (events(store) if store.exists() else []) == in_order(model.events)


def _load(store: Path, path: Path, snapshot: Snapshot | None) -> LoadSummary | None:
    """Load a file; None if it is refused."""
    try:
        return loading.load(
            store,
            [mapping.Feed([str(path)], mapping.Mapping(map={"event": "event"}))],
            zone=ZoneInfo("UTC"),
            requested_zone=None,
            now=DAY,
            limit=RejectLimit(0, 1000),
            snapshot=snapshot,
        )
    except InputProblem:  # any other than for its time would not be what the model says
        return None
