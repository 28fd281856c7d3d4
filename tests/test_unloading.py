"""Taking a load out again: the store is as if it had never been, and nothing is lost by it."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from contactrep.errors import StoreProblem
from contactrep.store import unloading
from contactrep.summary import LoadedFile
from tests.test_store import BAD, HEADER, NOW, ONE, TWO, Shop, account

MERGE = "2026-11-05T10:00:00Z,merged,1,Ann,\n"
CONTENT = "SELECT * EXCLUDE load FROM events ORDER BY ALL"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A place for a store that is not there yet."""
    return Shop(tmp_path)


def test_events_rejects_and_files_of_a_load_go(shop: Shop) -> None:
    """What the load brought is gone, what others brought stays, and the summary says what it was."""
    shop.load_text(HEADER + ONE)
    path = shop.file("b.csv", HEADER + TWO + BAD)
    shop.load(path, now=NOW + timedelta(days=1))
    done = unloading.unload(shop.path, 2)
    assert (done.store, done.load, done.at) == (shop.path, 2, NOW + timedelta(days=1))
    assert (done.events, done.rejects, done.to_reload) == (1, 1, ())
    assert done.files == (LoadedFile(path, 1),)
    assert shop.ids() == ["1"]
    assert shop.rows("SELECT id FROM loads") == [(1,)]
    assert shop.rows("SELECT load FROM files WHERE path IS NOT NULL") == [(1,)]
    assert shop.rows("SELECT * FROM rejects") == []
    assert shop.leftovers() == [".contacts.duckdb.lock", "contacts.duckdb"]


def test_an_unloaded_file_can_be_loaded_again(shop: Shop) -> None:
    """It is no longer known, so a load with the right options brings its events."""
    path = shop.file("a.csv", HEADER + ONE)
    shop.load(path)
    shop.load_text(HEADER + TWO, "b.csv")
    unloading.unload(shop.path, 1)
    assert account(shop.load(path)) == (1, 1, 0, 0)
    assert shop.ids() == ["1", "2"]


def test_later_duplicates_come_back_when_their_files_are_loaded_again(shop: Shop) -> None:
    """A row that counted as a duplicate of an unloaded event is restored by a whole reload of its file."""
    shop.load_text(HEADER + ONE)
    later = shop.file("later.csv", HEADER + ONE + TWO)
    other = shop.file("other.csv", HEADER + TWO.replace(",2,", ",3,"))
    shop.load(later, other)
    done = unloading.unload(shop.path, 1)
    assert done.to_reload == (later,)
    assert shop.ids() == ["2", "3"]
    again = shop.load(later, other)
    assert [(file.loaded, file.duplicate) for file in again.files] == [(1, 1), (0, 1)]
    assert shop.ids() == ["1", "2", "3"]


def test_files_of_earlier_loads_stay_known(shop: Shop) -> None:
    """No row of an earlier load was a duplicate of a later one's, so nothing must be read again."""
    path = shop.file("a.csv", HEADER + ONE + ONE)
    shop.load(path)
    shop.load_text(HEADER + ONE + TWO, "b.csv")
    assert unloading.unload(shop.path, 2).to_reload == ()
    before = shop.state()
    assert account(shop.load(path)) == (2, 0, 2, 0)
    assert shop.state() == before


@pytest.mark.parametrize("out", [1, 2, 3])
def test_unload_and_reload_of_all_files_is_one_load_of_all(shop: Shop, out: int) -> None:
    """Whichever load is taken out: loading every file again leaves what the files hold, merges counted."""
    files = [
        shop.file("a.csv", HEADER + ONE + MERGE * 2),
        shop.file("b.csv", HEADER + ONE + TWO + MERGE * 3),
        shop.file("c.csv", HEADER + TWO + MERGE + ONE.replace(",1,", ",9,")),
    ]
    for file in files:
        shop.load(file)
    before = shop.rows(CONTENT)
    unloading.unload(shop.path, out)
    for file in files:
        shop.load(file)
    assert shop.rows(CONTENT) == before


def test_after_the_only_load_the_zone_can_be_another(shop: Shop) -> None:
    """A first load in the wrong zone is mended by taking it out and saying the right one."""
    path = shop.file("a.csv", HEADER + ONE.replace("Z", ""))
    shop.load(path)
    unloading.unload(shop.path, 1)
    tokyo = shop.load(path, zone=ZoneInfo("Asia/Tokyo"), requested_zone="Asia/Tokyo")
    assert (tokyo.loaded, tokyo.timezone, tokyo.load) == (1, "Asia/Tokyo", 2)


def test_no_number_is_given_twice(shop: Shop) -> None:
    """What a note, a script or a colleague calls load 2 is never another load, whichever were taken out."""
    shop.load_text(HEADER + ONE)
    path = shop.file("b.csv", HEADER + TWO)
    for number in (2, 3):
        assert shop.load(path).load == number
        unloading.unload(shop.path, number)
    with pytest.raises(StoreProblem, match=r"there is no load 3 in .*duckdb: it has only load 1$"):
        unloading.unload(shop.path, 3)
    unloading.unload(shop.path, 1)
    assert shop.load(path).load == 4
    assert shop.rows("SELECT id FROM loads") == [(4,)]


def test_a_load_that_is_not_there(shop: Shop) -> None:
    """The message names the loads that there are, and the store is not touched."""
    shop.load_text(HEADER + ONE)
    before = shop.state()
    with pytest.raises(StoreProblem, match=r"there is no load 7 in .*duckdb: it has only load 1$"):
        unloading.unload(shop.path, 7)
    assert shop.state() == before
    shop.load_text(HEADER + TWO, "b.csv")
    with pytest.raises(StoreProblem, match=r": its newest are 2, 1: contactrep status lists them$"):
        unloading.unload(shop.path, -7)
    for load in (1, 2):
        unloading.unload(shop.path, load)
    with pytest.raises(StoreProblem, match=r"there is no load in .*duckdb, so there is nothing to undo$"):
        unloading.unload(shop.path, 10**12)


def test_the_newest_load_needs_no_number(shop: Shop) -> None:
    """None means the newest that is left, whatever its number."""
    shop.load_text(HEADER + ONE)
    shop.load_text(HEADER + TWO, "b.csv")
    assert [unloading.unload(shop.path, None).load for _ in range(2)] == [2, 1]
    with pytest.raises(StoreProblem, match="there is no load in"):
        unloading.unload(shop.path, None)


def test_without_a_store_there_is_no_load(shop: Shop) -> None:
    """Nothing is made by taking something out."""
    with pytest.raises(StoreProblem, match="so there is no load to undo: see --store"):
        unloading.unload(shop.path, 1)
    assert not shop.path.parent.exists()


def test_a_report_that_is_open_keeps_what_it_opened(shop: Shop) -> None:
    """An unload disturbs no reader."""
    shop.load_text(HEADER + ONE)
    with duckdb.connect(shop.path, read_only=True) as report:
        unloading.unload(shop.path, 1)
        assert report.execute("SELECT count(*) FROM events").fetchall() == [(1,)]
    assert shop.ids() == []
