"""A few of the faults of `python -m tests.faults`, of every kind, on every run of the tests."""

import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from tests import faults
from tests.faults import Tally, Workshop

CHANGES = ("first load", "load", "users load", "unload", "forget")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The files and stores that faults start from."""
    return Workshop(tmp_path_factory.mktemp("faults"), Tally())


@pytest.fixture
def workshop(made: Workshop) -> Iterator[Workshop]:
    """A workshop that counts what this test does, which must end without a broken promise."""
    made.tally = Tally()
    yield made
    assert made.tally.violations == []
    assert made.tally.lost == 0
    if not made.tally.faults:
        pytest.skip(", ".join(made.tally.skipped))


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """The same dice for the same test."""
    return random.Random(request.node.name)  # noqa: S311 - the same faults again, not secrets


@pytest.mark.parametrize("name", CHANGES)
def test_killed_at_a_late_step(workshop: Workshop, name: str, dice: random.Random) -> None:
    """A change that is killed at one of its last steps leaves all of it or nothing."""
    change = workshop.changes[name]
    count = faults.steps_of(workshop, change)
    assert count > 20
    faults.killed_at_step(workshop, change, dice.randrange(count - 15, count + 1))


@pytest.mark.parametrize("step", range(24, 60, 12))
def test_a_load_killed_at_a_step(workshop: Workshop, step: int) -> None:
    """A load that is killed at any of its steps leaves all of it or nothing."""
    faults.killed_at_step(workshop, workshop.changes["load"], step)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ended_at_a_moment(workshop: Workshop, number: signal.Signals, dice: random.Random) -> None:
    """A load that a signal ends at some moment leaves all of it or nothing, and a report is answered."""
    faults.ended_at_a_moment(workshop, workshop.changes["load"], number, dice)


@pytest.mark.parametrize("share", [0.05, 0.6])
def test_a_limit_of_size(workshop: Workshop, share: float) -> None:
    """Where files cannot grow, a load leaves the store and says what to do."""
    room = (workshop.with_two / "contacts.duckdb").stat().st_size
    faults.file_size_limited(workshop, workshop.changes["load"], int(room * share))


def test_a_limit_of_a_private_copy(workshop: Workshop) -> None:
    """Where a packed file cannot be unpacked for want of room, it is not the file that is blamed."""
    faults.file_size_limited(workshop, workshop.packed_load, 30_000)


def test_a_full_disk(workshop: Workshop) -> None:
    """Where a copy of the store has no room, a load leaves the store and says what to do."""
    room = (workshop.with_one / "contacts.duckdb").stat().st_size
    faults.disk_full(workshop, workshop.changes["load"], room * 3 // 2)


@pytest.mark.parametrize("name", faults.SPOILT)
def test_no_store_of_ours(workshop: Workshop, name: str) -> None:
    """What is no store, or is not ours to write, is refused and stays as it was."""
    faults.refused_and_kept(workshop, name, faults.SPOILT[name])


@pytest.mark.parametrize(
    "fault",
    [
        faults.no_folder,
        faults.file_for_folder,
        faults.no_temporary_folder,
        faults.folder_not_ours,
        faults.stale_copies,
    ],
)
def test_a_place_that_is_none(workshop: Workshop, fault: Callable[[Workshop], None]) -> None:
    """A folder that is missing, in the way, unwritable or littered costs nothing but a message."""
    fault(workshop)


@pytest.mark.parametrize("name", ["its own", "empty", "noise", "of another database", "cut"])
def test_a_log_of_another_program(workshop: Workshop, name: str) -> None:
    """Another program's log beside the store is refused, and store and log stay."""
    faults.log_of_another(workshop, name, faults.logs(workshop)[name])


def test_ten_loads_at_once(workshop: Workshop, dice: random.Random) -> None:
    """Ten loads that start together, some of them killed: the others are in the store, none by half."""
    faults.ten_loads_at_once(workshop, dice)


def test_reports_during_a_load(workshop: Workshop) -> None:
    """Every report during a load of 100,000 events is answered, from before it or after it."""
    faults.reports_during_a_load(workshop, 100_000, 3)


def test_the_check_sees_what_is_lost(made: Workshop, tmp_path: Path) -> None:
    """The check itself tells a store that misses an event, has half a load, or is broken."""
    assert made.one.events < made.two.events
    tally = Tally()
    ground = faults.Ground(tmp_path, tally, "a test")
    shutil.copytree(made.with_two, ground.store.parent)
    statements = (
        "DELETE FROM events WHERE contact_id = 'c0000001'",
        "DELETE FROM events WHERE load = 2 AND contact_id > 'c0006000'",
        "INSERT INTO events FROM events LIMIT 1",
    )
    for statement in statements:
        duckdb.connect(ground.store).execute(statement).close()
        ground.holds(made.one, made.two)
    ground.store.write_bytes(b"broken")
    ground.holds(made.one, made.two)
    assert len(tally.violations) == 4
    assert tally.lost > 0
