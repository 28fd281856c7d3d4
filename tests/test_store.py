"""The store: what a load leaves in it, and what it leaves alone."""

import errno
import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import xlsxwriter

from contactrep.duck import MachineProblem, Relation, Session
from contactrep.engines.duckdb import DuckDbEngine
from contactrep.errors import ContactrepError, InputProblem, StoreProblem, UsageProblem
from contactrep.opening import open_events
from contactrep.read.mapping import Feed, Mapping
from contactrep.read.relations import GOOD
from contactrep.store import duplicates, layout, loading, refusing, unloading, users
from contactrep.store.replacing import locked, replacing
from contactrep.summary import LoadSummary, Progress

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
HEADER = "timestamp,event,contact_id,contact_name,channel\n"
ONE = "2026-11-05T10:00:00Z,added,1,Ann,\n"
TWO = "2026-11-05T11:00:00Z,connected,2,Bob,SMS\n"
BAD = "yesterday,added,3,Cy,\n"


class Shop:
    """A store in a folder of its own, loaded from texts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "store" / "contacts.duckdb"

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_bytes(text.encode())
        return str(path)

    def load(self, *sources: str, options: Mapping | None = None, **more: Any) -> LoadSummary:
        settings = {"zone": ZoneInfo("UTC"), "requested_zone": None, "now": NOW} | more
        return loading.load(self.path, [Feed(sources, options or Mapping())], **settings)

    def load_text(self, text: str, name: str = "a.csv", **more: Any) -> LoadSummary:
        return self.load(self.file(name, text), **more)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.path, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def ids(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT contact_id FROM events ORDER BY ALL")]

    def state(self) -> tuple[bytes, int]:
        """The store's bytes and its inode: both stay when nothing touches it."""
        return self.path.read_bytes(), self.path.stat().st_ino

    def leftovers(self) -> list[str]:
        return sorted(path.name for path in self.path.parent.iterdir())


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A place for a store that is not there yet."""
    return Shop(tmp_path)


def account(summary: LoadSummary) -> tuple[int, int, int, int]:
    for file in summary.files:
        assert file.read == file.loaded + file.duplicate + file.rejected + file.skipped
    return summary.read, summary.loaded, summary.duplicate, summary.rejected


# What is in it


def test_the_first_load_makes_the_store(shop: Shop) -> None:
    """A load without a store makes one, its folder too, for its owner alone, with the zone it is given."""
    summary = shop.load_text(HEADER + TWO + ONE, zone=ZoneInfo("Asia/Kolkata"))
    assert account(summary) == (2, 2, 0, 0)
    assert (summary.load, summary.created, summary.timezone) == (1, True, "Asia/Kolkata")
    assert shop.rows("SELECT * FROM workspace") == [(layout.LAYOUT, "Asia/Kolkata", None)]
    assert shop.rows("SELECT * FROM loads") == [(1, NOW.replace(tzinfo=None), "{}")]
    assert stat.S_IMODE(shop.path.stat().st_mode) == 0o600
    assert shop.leftovers() == [".contacts.duckdb.lock", "contacts.duckdb"]


def test_events_are_sorted_by_time(shop: Shop) -> None:
    """Each load's events stand in the order of their instants."""
    shop.load_text(HEADER + TWO + ONE)
    assert shop.rows("SELECT contact_id, load FROM events") == [("1", 1), ("2", 1)]


def test_rejects_are_kept(shop: Shop) -> None:
    """A bad row is kept with file, line, reason, text and load."""
    path = shop.file("a.csv", HEADER + ONE + BAD)
    assert account(shop.load(path)) == (2, 1, 0, 1)
    reason = (
        "'yesterday' is not a recognised timestamp (ISO 8601 or epoch);"
        " give its format with --timestamp-format"
    )
    assert shop.rows("SELECT load, file, line, reason, raw FROM rejects") == [
        (1, path, 3, reason, BAD.strip())
    ]


def test_files_are_accounted_for_in_the_store(shop: Shop) -> None:
    """The store knows what each load read from which file."""
    shop.load_text(HEADER + ONE + ONE + BAD)
    columns = (
        "load, position, read, loaded, duplicate, rejected, ambiguous_times, missing_times, unknown_sources"
    )
    assert shop.rows(f"SELECT {columns} FROM files") == [(1, 0, 3, 1, 1, 1, 0, 0, "{}")]


def test_sources_beyond_the_known_ones_are_counted(shop: Shop) -> None:
    """Known sources get their one spelling, others are kept and counted; a deletion without one has User."""
    rows = [
        ("added", "incoming_message"),
        ("added", "TikTok Ads"),
        ("added", ""),
        ("deleted", ""),
        ("merged", ""),
    ]
    text = "".join(
        f"2026-11-0{day},{event},7,{source}\n" for day, (event, source) in enumerate(rows, start=1)
    )
    summary = shop.load_text("timestamp,event,contact_id,source\n" + text)
    assert summary.files[0].unknown_sources == {"TikTok Ads": 1}
    sources = [row[0] for row in shop.rows("SELECT source FROM events")]
    assert sources == ["Incoming Message", "TikTok Ads", None, "User", "User"]


# Duplicates


def test_the_same_event_is_loaded_once(shop: Shop) -> None:
    """Identity is event, contact and instant, whatever else a row says; the first stays."""
    again = "2026-11-05T18:00:00+08:00,Added,1,Another name,x\n"
    assert account(shop.load_text(HEADER + ONE + again)) == (2, 1, 1, 0)
    assert account(shop.load_text(HEADER + again + TWO, "b.csv")) == (2, 1, 1, 0)
    assert shop.rows("SELECT contact_name FROM events ORDER BY ts") == [("Ann",), ("Bob",)]


def test_a_connection_is_one_per_channel(shop: Shop) -> None:
    """Connected events differ by channel too, nulls being equal."""
    rows = [TWO, TWO.replace("SMS", "Mail"), TWO.replace("SMS", ""), TWO.replace("SMS", "")]
    assert account(shop.load_text(HEADER + "".join(rows))) == (4, 3, 1, 0)
    assert account(shop.load_text(HEADER + "".join(rows[::-1]), "b.csv")) == (4, 0, 4, 0)


def test_the_first_file_stays(shop: Shop) -> None:
    """Of the same event in two files the one named first stays."""
    first = shop.file("z.csv", HEADER + ONE)
    second = shop.file("a.csv", HEADER + ONE.replace("Ann", "Bea"))
    summary = shop.load(first, second)
    assert [(file.loaded, file.duplicate) for file in summary.files] == [(1, 0), (0, 1)]
    assert shop.rows("SELECT contact_name FROM events") == [("Ann",)]


GUARDED = ["@bob", "=1+1", "+x", "-", "\t"]


@pytest.mark.parametrize("kind", ["connected", "merged"])
@pytest.mark.parametrize("guarded_first", [True, False])
def test_a_guarded_text_is_the_same_identity(shop: Shop, kind: str, guarded_first: bool) -> None:
    """The ' that CSV puts before a formula makes no other event, in an id or a channel; the first is kept."""
    rows = [f'2026-11-05T10:00:00Z,{kind},"{text}x",,"{text}9a"\n' for text in GUARDED]
    plain = "".join(rows)
    files = [HEADER + plain, HEADER + plain.replace(',"', ",\"'")]
    first, second = reversed(files) if guarded_first else files
    assert account(shop.load_text(first)) == (5, 5, 0, 0)
    kept = shop.ids()
    assert account(shop.load_text(second, "b.csv")) == (5, 0, 5, 0)
    assert account(shop.load_text(first + "2026-11-06,added,1,,\n", "c.csv")) == (6, 1, 5, 0)
    assert shop.ids() == sorted([*kept, "1"])
    assert all(identity.startswith("'") == guarded_first for identity in kept)


def test_a_quote_before_anything_else_is_part_of_an_identity(shop: Shop) -> None:
    """Only what CSV output guards is compared without its guard, and only without one."""
    row = "2026-11-05T10:00:00Z,added,{},,\n"
    texts = ["+60 12", "'+60 12", "7", "'7", "''@bob", "'@bob", "'", "''"]
    assert account(shop.load_text(HEADER + "".join(map(row.format, texts)))) == (8, 8, 0, 0)
    assert shop.ids() == sorted(texts)


def test_equal_merges_under_both_spellings(shop: Shop) -> None:
    """Guarded merges are counted with the others of their contact: the larger number stays."""
    merge = "2026-11-05T10:00:00Z,merged,{},Ann,\n"
    guarded, plain = merge.format("'@bob"), merge.format("@bob")
    assert account(shop.load_text(HEADER + guarded + plain)) == (2, 2, 0, 0)
    assert account(shop.load_text(HEADER + guarded * 3, "b.csv")) == (3, 1, 2, 0)
    assert account(shop.load_text(HEADER + plain * 3, "c.csv")) == (3, 0, 3, 0)


MERGES = "timestamp,event,contact_id,merged_contact_id\n"
MERGE = "2026-11-05T10:00:00Z,merged,1,{}\n"


def test_the_contact_that_went_away_tells_merges_apart(shop: Shop) -> None:
    """A merge with a second id is one event wherever it is; those without are others, so many."""
    both, without = MERGE.format(2) + MERGE.format(3), MERGE.format("")
    assert account(shop.load_text(MERGES + both + MERGE.format(2) + without * 2)) == (5, 4, 1, 0)
    assert account(shop.load_text(MERGES + both + without * 3, "b.csv")) == (5, 1, 4, 0)
    assert account(shop.load_text(MERGES + MERGE.format("4;2; 3"), "c.csv")) == (3, 1, 2, 0)
    assert account(shop.load_text(MERGES + MERGE.format("2;2").replace(",1,", ",8,"), "d.csv")) == (
        2,
        1,
        1,
        0,
    )


def test_merges_under_both_spellings_of_the_other_contact(shop: Shop) -> None:
    """The guard that an export puts before an id makes no other event of a merge."""
    assert account(shop.load_text(MERGES + MERGE.format("@bob"))) == (1, 1, 0, 0)
    assert account(shop.load_text(MERGES + MERGE.format("'@bob"), "b.csv")) == (1, 0, 1, 0)
    assert account(shop.load_text(MERGES + MERGE.format("'@eve") + MERGE.format("@eve"), "c.csv")) == (
        2,
        1,
        1,
        0,
    )


def test_equal_merges_in_one_file_are_so_many(shop: Shop) -> None:
    """A load leaves the store with the larger number of equal merges, its own or the file's."""
    merge = "2026-11-05T10:00:00Z,merged,1,Ann,\n"
    assert account(shop.load_text(HEADER + merge * 2)) == (2, 2, 0, 0)
    assert account(shop.load_text(HEADER + merge * 3, "b.csv")) == (3, 1, 2, 0)
    assert account(shop.load_text(HEADER + merge + ONE, "c.csv")) == (2, 1, 1, 0)
    assert shop.rows("SELECT count(*) FROM events WHERE event = 'merged'") == [(3,)]


def test_equal_merges_in_several_files_of_a_load(shop: Shop) -> None:
    """Between files of one load, too, the larger number counts."""
    merge = "2026-11-05T10:00:00Z,merged,1,Ann,\n"
    files = [shop.file(f"{count}.csv", HEADER + merge * count) for count in (1, 3, 2)]
    summary = shop.load(*files)
    assert [(file.loaded, file.duplicate) for file in summary.files] == [(1, 0), (2, 1), (0, 2)]


def test_loading_again_changes_nothing(shop: Shop) -> None:
    """A whole file that is known is known at once, under any name and however packed."""
    path = shop.file("a.csv", HEADER + ONE + TWO + BAD)
    shop.load(path)
    before = shop.state()
    for sources in ([path], [shop.file("copy.csv", HEADER + ONE + TWO + BAD)], [path, path]):
        summary = shop.load(*sources)
        assert summary.load is None
        assert account(summary) == tuple(len(sources) * count for count in (3, 0, 2, 1))
    assert shop.state() == before


def test_the_same_file_twice_in_a_load(shop: Shop) -> None:
    """Its second reading finds nothing new, merges included."""
    path = shop.file("a.csv", HEADER + ONE + ONE.replace("added", "merged") * 2)
    assert [(file.loaded, file.duplicate) for file in shop.load(path, path).files] == [(3, 0), (0, 3)]


OPTIONS = [
    Mapping(event="deleted"),
    Mapping(event="added", input_timezone=ZoneInfo("Asia/Kolkata")),
    Mapping(event="added", map={"contact_name": "contact_id"}),
    Mapping(event="added", timestamp_formats=("%Y-%m-%d %H:%M",)),
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("dry_run", [False, True])
def test_content_that_was_loaded_with_other_options_is_refused(
    shop: Shop, options: Mapping, dry_run: bool
) -> None:
    """Its events would be there twice: the message names the load, how to undo it, and --again."""
    text = "timestamp,contact_id\n2026-11-05 10:00,1\n"
    shop.load_text(HEADER + TWO, "other.csv")
    shop.load_text(text, options=Mapping(event="added"))
    before = shop.state()
    copy = shop.file("copy.csv", text)
    with pytest.raises(InputProblem) as raised:
        shop.load(copy, options=options, dry_run=dry_run)
    assert str(raised.value) == (
        f"{copy}: load 2 read this content with other options (contactrep status shows them). Undo it with"
        " 'contactrep unload 2', or add --again to load the content in addition"
    )
    assert shop.state() == before


def test_other_options_are_fine_once_the_load_is_undone(shop: Shop) -> None:
    """The way that the refusal names."""
    text = "timestamp,contact_id\n2026-11-05 10:00,1\n"
    shop.load_text(text, options=Mapping(event="added"))
    unloading.unload(shop.path, 1)
    assert account(shop.load_text(text, options=OPTIONS[1])) == (1, 1, 0, 0)


def test_again_takes_other_options_in_addition(shop: Shop) -> None:
    """What was loaded with both is known with either, and refused with a third."""
    text = "timestamp,contact_id\n2026-11-05 10:00,1\n"
    first, second, third = Mapping(event="added"), OPTIONS[0], OPTIONS[1]
    shop.load_text(text, options=first)
    assert account(shop.load_text(text, options=second, again=True)) == (1, 1, 0, 0)
    for options in (first, second):
        assert account(shop.load_text(text, options=options)) == (1, 0, 1, 0)
    with pytest.raises(InputProblem, match="load 2 read this content with other options"):
        shop.load_text(text, options=third)


def test_the_store_s_own_zone_is_no_other_option(shop: Shop) -> None:
    """Saying what holds anyway changes no meaning."""
    text = HEADER + ONE.replace("Z", "")
    shop.load_text(text, zone=ZoneInfo("Asia/Tokyo"))
    named = Mapping(input_timezone=ZoneInfo("Asia/Tokyo"))
    assert account(shop.load_text(text, options=named)) == (1, 0, 1, 0)


def test_content_that_is_read_in_a_new_way_is_loaded_by_identity(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that reads the same bytes otherwise does not know them, and does not refuse them either."""
    shop.load_text(HEADER + ONE)
    monkeypatch.setattr("contactrep.read.mapping.MEANING", "to come")
    assert account(shop.load_text(HEADER + ONE)) == (1, 0, 1, 0)


@pytest.mark.parametrize("from_file", [False, True])
def test_rejects_of_descriptors_do_not_replace_each_other(shop: Shop, from_file: bool) -> None:
    """`<(…)` and /dev/stdin are other input every time; the same content again adds nothing."""

    def load(text: str) -> None:
        if from_file:
            descriptor = os.open(shop.file("in", text), os.O_RDONLY)
        else:
            descriptor, end = os.pipe()
            os.write(end, text.encode())
            os.close(end)
        os.dup2(descriptor, 63)
        os.close(descriptor)
        shop.load("/dev/fd/63")
        os.close(63)

    first, second = HEADER + ONE + BAD, HEADER + TWO + BAD.replace("Cy", "Di")
    for text in (first, second, first, HEADER + ONE + TWO + BAD, HEADER + ONE + TWO + BAD):
        load(text)
    names = [raw.split(",")[3] for (raw,) in shop.rows("SELECT raw FROM rejects ORDER BY ALL")]
    assert names == ["Cy", "Cy", "Di"]


def test_the_same_content_under_the_same_name_in_another_folder_changes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a move of the folder of store and files: the rejects are there already."""
    for folder in ("one", "two"):
        (shop.folder / folder).mkdir()
        shop.file(f"{folder}/a.csv", HEADER + ONE + BAD)
    monkeypatch.chdir(shop.folder / "one")
    shop.load("a.csv")
    before = shop.state()
    monkeypatch.chdir(shop.folder / "two")
    assert account(shop.load("a.csv")) == (2, 0, 1, 1)
    assert shop.state() == before
    assert shop.rows("SELECT count(*) FROM rejects") == [(1,)]


def test_rejects_that_0_1_0_kept_by_another_path(shop: Shop, tmp_path: Path) -> None:
    """Where a store has the rejects of a file by a path with `..`, a load of this path replaces them."""
    (tmp_path / "x").mkdir()
    shop.file("a.csv", HEADER + ONE + BAD)
    path = str(tmp_path / "x" / ".." / "a.csv")
    shop.load(path)
    with duckdb.connect(shop.path) as connection:
        connection.execute("UPDATE rejects SET origin = $path || chr(0) || 'old'", {"path": path})
        connection.execute("UPDATE files SET fingerprint = 'old'")
    shop.load(path)
    assert shop.rows("SELECT raw FROM rejects") == [(BAD.strip(),)]


def test_rejects_follow_a_file_that_is_renamed(shop: Shop) -> None:
    """As logs are rotated: the file under the old name has other rejects, or none."""
    shop.load_text(HEADER + ONE + BAD)
    for again in range(2):
        rotated = shop.file("a-1.csv", HEADER + ONE + BAD)
        fresh = shop.file("a.csv", HEADER + TWO + BAD.replace("Cy", "Di"))
        assert account(shop.load(rotated, fresh)) == (4, 1 - again, 1 + again, 2)
        found = shop.rows("SELECT load, file, raw[-3:-2] FROM rejects ORDER BY ALL")
        assert found == [(1, rotated, "Cy"), (2, fresh, "Di")]


def test_rejects_of_two_files_of_one_content_are_kept_once_for_each(shop: Shop) -> None:
    """Those of the file that has another content now do not go to the one that has its own."""
    shop.load_text(HEADER + ONE.replace(",1,", ",7,") + BAD.replace("Cy", "Di"), "b.csv")
    both = [shop.file(name, HEADER + ONE + BAD) for name in ("a.csv", "b.csv")]
    listed = "SELECT file, count(*) FROM rejects GROUP BY file ORDER BY file"
    shop.load(*both)
    assert shop.rows(listed) == [(both[0], 1), (both[1], 1)]
    shop.file("a.csv", HEADER + TWO)
    shop.load(*both)
    assert shop.rows(listed) == [(both[1], 1)]


def test_rejects_that_follow_a_file_are_kept_once(shop: Shop) -> None:
    """Where the file has been under two names before, and where they are kept under its name already."""
    first, *others = (HEADER + ONE + BAD.replace("Cy", name) for name in ("Al", "Bo", "Di", "Ed"))
    shop.load(shop.file("a.csv", first), shop.file("b.csv", others[0]))
    shop.load(shop.file("b.csv", first))
    shop.load(shop.file("a.csv", first), shop.file("b.csv", others[0]))
    names = [str(shop.folder / name) for name in ("a.csv", "b.csv", "c.csv")]
    kept = "SELECT file, raw[-3:-2] FROM rejects ORDER BY ALL"
    assert shop.rows(kept) == [(names[0], "Al"), (names[1], "Bo")]
    shop.load(shop.file("b.csv", first))
    shop.load(shop.file("a.csv", others[1]), shop.file("b.csv", others[2]), shop.file("c.csv", first))
    assert shop.rows(kept) == list(zip(names, ("Di", "Ed", "Al"), strict=True))


def test_rejects_that_are_gone_are_kept_again(shop: Shop) -> None:
    """The file that had them has another content now; theirs comes under another name later."""
    shop.load_text(HEADER + ONE + BAD)
    shop.load_text(HEADER + ONE)
    assert shop.rows("FROM rejects") == []
    assert account(shop.load_text(HEADER + ONE + BAD, "b.csv")) == (2, 0, 1, 1)
    assert shop.rows("SELECT file FROM rejects") == [(str(shop.folder / "b.csv"),)]
    before = shop.state()
    shop.load_text(HEADER + ONE + BAD, "b.csv")
    shop.load_text(HEADER + ONE + BAD, "c.csv")
    assert shop.state() == before
    names = [str(shop.folder / name) for name in ("b.csv", "c.csv")]
    shop.load(*names, again=True)
    shop.load(*names)
    assert shop.rows("SELECT file FROM rejects") == [(names[0],)]


def test_events_known_in_other_bytes_change_nothing(shop: Shop) -> None:
    """A file of nothing but known events leaves the store alone."""
    shop.load_text(HEADER + ONE + TWO)
    before = shop.state()
    assert shop.load_text(HEADER + TWO + ONE, "b.csv").load is None
    assert shop.state() == before


@pytest.mark.parametrize("most", [1, 3, 10])
def test_known_events_are_found_half_by_half_where_memory_is_short(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """However much fits, the account is the same. Events of one instant are not parted."""
    make = Session.make
    instants = f"SELECT count(DISTINCT ts) FROM {GOOD} WHERE ts >= $start::TIMESTAMP AND ts < $end::TIMESTAMP"

    def refusing(session: Session, table: Relation, *given: Any) -> Relation:
        if table == duplicates.STORED and session.value(instants, given[1]) > most:
            raise MachineProblem("not enough memory for this")
        return make(session, table, *given)

    rows = [f"2026-11-05T10:00:{at % 20:02}Z,added,c{at},n,\n" for at in range(60)]
    merge = "2026-11-05T10:00:07Z,merged,c1,,\n"
    shop.load_text(HEADER + "".join(rows[:40]) + 2 * merge)
    monkeypatch.setattr(Session, "make", refusing)
    again = shop.load_text(HEADER + 3 * merge + "".join(reversed(rows)), "b.csv")
    assert account(again) == (63, 21, 42, 0)
    most = 0
    with pytest.raises(MachineProblem):
        shop.load_text(HEADER + rows[0].replace("c0", "d0"), "c.csv")


@pytest.mark.parametrize("new", ["", TWO])
def test_a_path_that_has_an_earlier_content_again_has_its_rejects_again(shop: Shop, new: str) -> None:
    """Also where the content between had as many, and whether or not it had a new event."""
    contents = (HEADER + ONE + BAD, HEADER + ONE + new + BAD.replace(",3,", ",other,"))
    for content in (*contents, contents[0]):
        summary = shop.load_text(content)
        assert summary.rejected == 1
        [(raw,)] = shop.rows("SELECT raw FROM rejects")
        assert ("other" in raw) == (content == contents[1])
    before = shop.state()
    shop.load_text(contents[0])
    assert shop.state() == before


def test_the_rejects_of_a_path_come_back_however_it_is_written(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative first, absolute when it has the earlier content again."""
    monkeypatch.chdir(shop.folder)
    shop.file("a.csv", HEADER + ONE + BAD)
    shop.load("./a.csv")
    shop.load_text(HEADER + TWO)
    assert account(shop.load_text(HEADER + ONE + BAD)) == (2, 0, 1, 1)
    assert shop.rows("SELECT raw FROM rejects") == [(BAD.strip(),)]


def test_each_way_of_reading_a_content_has_its_rejects(shop: Shop) -> None:
    """Also where there are as many of each."""
    day_first, month_first = (Mapping(timestamp_formats=(it,)) for it in ("%d/%m/%Y", "%m/%d/%Y"))
    text = HEADER + ONE + "25/12/2025,added,5,,\n12/25/2025,added,6,,\n"
    for options, again, raw in (
        (day_first, False, "12/25/2025"),
        (month_first, True, "25/12/2025"),
        (day_first, False, "12/25/2025"),
    ):
        assert shop.load_text(text, options=options, again=again).rejected == 1
        assert [kept.split(",")[0] for (kept,) in shop.rows("SELECT raw FROM rejects")] == [raw]


def test_loading_a_path_again_replaces_its_rejects(shop: Shop) -> None:
    """The rejects of a path are those of what was loaded from it last."""
    shop.load_text(HEADER + ONE + BAD)
    assert account(shop.load_text(HEADER + ONE + TWO)) == (2, 1, 1, 0)
    assert shop.rows("SELECT count(*) FROM rejects") == [(0,)]
    assert account(shop.load_text(HEADER + ONE + BAD)) == (2, 0, 1, 1)
    assert shop.rows("SELECT load, line FROM rejects") == [(None, 3)]
    before = shop.state()
    shop.load_text(HEADER + ONE + BAD)
    assert shop.state() == before


PAIR = Mapping(records="new"), Mapping(records="gone")


def _document(new: str = "", gone: str = "", *, bad: bool = True) -> str:
    """A document with an event under each of two keys, and a bad record if it is to have one."""
    lists = {
        key: [{"timestamp": "2026-11-05T10:00:00Z", "event": event, "contact_id": f"1{more}"}]
        + ([{"timestamp": f"{key}{more}", "event": event, "contact_id": "2"}] if bad else [])
        for key, event, more in (("new", "added", new), ("gone", "deleted", gone))
    }
    return json.dumps(lists)


def _bad_times(shop: Shop) -> list[tuple[str, str]]:
    """The file and the timestamp of each reject, which has no other text in single quotes."""
    return [
        (Path(file).name, reason.split("'")[1])
        for file, reason in shop.rows("SELECT file, reason FROM rejects ORDER BY ALL")
    ]


@pytest.mark.parametrize("at_once", [False, True])
def test_rejects_of_two_parts_of_a_file_are_kept_side_by_side(shop: Shop, at_once: bool) -> None:
    """Each part replaces only its own rejects when the file changes, whether or not one load reads both."""

    def load(**texts: str) -> None:
        paths = [shop.file(f"{name}.json", text) for name, text in texts.items()]
        feeds = [Feed(paths, options) for options in PAIR]
        for some in [feeds] if at_once else [[feed] for feed in feeds]:
            loading.load(shop.path, some, zone=ZoneInfo("UTC"), requested_zone=None, now=NOW)

    load(a=_document())
    assert _bad_times(shop) == [("a.json", "gone"), ("a.json", "new")]
    before = shop.state()
    load(a=_document())
    assert shop.state() == before
    load(a=_document(new="x"))
    assert _bad_times(shop) == [("a.json", "gone"), ("a.json", "newx")]
    load(a=_document(new="y"), b=_document(new="x"))
    assert _bad_times(shop) == [
        ("a.json", "gone"),
        ("a.json", "newy"),
        ("b.json", "gone"),
        ("b.json", "newx"),
    ]
    load(a=_document(new="z", bad=False))
    assert _bad_times(shop) == [("b.json", "gone"), ("b.json", "newx")]


def test_rejects_of_a_sheet_are_kept_once_however_it_is_named(shop: Shop) -> None:
    """Other spellings of a sheet, and no name for the first sheet, add no second copy of its rejects."""
    path = str(shop.folder / "a.xlsx")
    with xlsxwriter.Workbook(path) as book:
        for title in ("New", "Gone"):
            sheet = book.add_worksheet(title)
            for row, cells in enumerate([HEADER, ONE, BAD.replace("yesterday", title)]):
                sheet.write_row(row, 0, cells.strip().split(","))
    for name in (None, "Gone", "New", "new", "gone", None):
        shop.load(path, options=Mapping(sheet=name), again=name == "New")
    assert _bad_times(shop) == [("a.xlsx", "Gone"), ("a.xlsx", "New")]


def test_rejects_of_a_refused_part_go_when_another_part_is_loaded(shop: Shop) -> None:
    """They are removed, and the part that was loaded before keeps its own."""
    path = shop.file("a.json", _document())
    shop.load(path, options=PAIR[0])
    for _ in range(2):
        with pytest.raises(InputProblem, match="its only row is invalid"):
            shop.load(path, options=Mapping(records="gone[1]"))
        assert _bad_times(shop) == [("a.json", "gone"), ("a.json", "new")]
    shop.load(path, options=PAIR[1])
    assert _bad_times(shop) == [("a.json", "gone"), ("a.json", "new")]


def test_rejects_of_a_refused_part_go_when_a_known_part_is_loaded(shop: Shop) -> None:
    """They are removed although the load has nothing new."""
    path = shop.file("a.json", _document())
    shop.load(path, options=PAIR[0])
    with pytest.raises(InputProblem, match="its only row is invalid"):
        shop.load(path, options=Mapping(records="gone[1]"))
    shop.load(path, options=PAIR[0])
    assert _bad_times(shop) == [("a.json", "new")]


# Refusals


def _lines(good: int, *bad: tuple[int, str]) -> str:
    rows = [f"2026-11-05T10:00:{number % 60:02}Z,added,{number},," for number in range(good)]
    rows += [row.format(number) for count, row in bad for number in range(count)]
    return HEADER + "\n".join(rows) + "\n"


MANY_BAD = _lines(
    80, (9, "2026-11-05,,{},,"), (7, "2026-11-05,it's {},1,,"), (3, "0{}/04/2026,added,1,,"), (1, "x")
)
"""Of a hundred rows twenty are bad, for four kinds of reasons that have values in them."""


def test_a_file_of_mostly_wrong_rows_is_refused(shop: Shop) -> None:
    """More than a tenth and more than ten: three kinds of reasons with a line each, and what to do."""
    bad, good = shop.file("bad.csv", MANY_BAD), shop.file("good.csv", HEADER + TWO)
    with pytest.raises(InputProblem) as raised:
        shop.load(good, bad)
    said = str(raised.value)
    assert said.startswith(
        f"{bad}: 20 of 100 rows rejected (more than a tenth): its format has changed, or the options are"
        " wrong: line 82: no event (9 rows); line 91: "
    )
    parts = said.split("; line ")
    assert len(parts) == 3
    assert "it's 0" in parts[1]
    assert parts[1].endswith(" (7 rows)")
    assert parts[2].startswith("98: '00/04/2026'")
    assert said.endswith(
        " (3 rows). Nothing was loaded: see 'contactrep rejects', or allow more with --max-rejects"
    )
    assert shop.ids() == []
    assert shop.rows("SELECT count(*), min(load), min(file), max(file) FROM rejects") == [
        (20, None, bad, bad)
    ]
    assert shop.rows("SELECT * FROM files") == []


@pytest.mark.parametrize(
    ("limit", "good", "rejected", "refused"),
    [
        (None, 90, 10, False),
        (None, 0 + 1, 10, False),
        (None, 1, 11, True),
        (None, 99, 11, False),
        (None, 98, 11, True),
        ("20%", 80, 20, False),
        ("20%", 79, 21, True),
        ("0.5%", 99, 1, True),
        ("5", 1, 5, False),
        ("5", 100, 6, True),
        ("0", 100, 1, True),
        ("100%", 1, 99, False),
    ],
)
def test_how_many_rejects_are_too_many(
    shop: Shop, limit: str | None, good: int, rejected: int, refused: bool
) -> None:
    """More than a tenth and more than ten, or more than --max-rejects, a share or a number."""
    text = _lines(good, (rejected, "never,added,{},,"))
    chosen = refusing.RejectLimit.parse(limit) if limit else refusing.USUAL_LIMIT
    if not refused:
        assert account(shop.load_text(text, limit=chosen)) == (good + rejected, good, 0, rejected)
        return
    said = f"more than --max-rejects {limit}" if limit else "more than a tenth"
    with pytest.raises(InputProblem, match=rf"{rejected} of {good + rejected} rows rejected \({said}\)"):
        shop.load_text(text, limit=chosen)


def test_no_limit_lets_a_file_without_a_valid_row_pass(shop: Shop) -> None:
    """Nothing in it can be loaded, whatever --max-rejects says."""
    with pytest.raises(InputProblem, match="all 2 rows are invalid"):
        shop.load_text(HEADER + BAD + BAD, limit=refusing.RejectLimit.parse("100%"))


def test_a_file_that_is_known_is_not_refused_for_its_rejects(shop: Shop) -> None:
    """What was accepted once changes nothing when it is loaded again without the option."""
    shop.load_text(MANY_BAD, limit=refusing.RejectLimit.parse("30%"))
    assert account(shop.load_text(MANY_BAD)) == (100, 0, 80, 20)


def test_a_summary_has_the_reasons_of_the_rejects(shop: Shop) -> None:
    """Three kinds at most, the most common first: the first row of each, and how many there are."""
    (file,) = shop.load_text(MANY_BAD, limit=refusing.RejectLimit.parse("30%")).files
    assert [(reason.count, reason.line) for reason in file.reasons] == [(9, 82), (7, 91), (3, 98)]
    assert file.reasons[0].text == "no event"


def test_a_file_without_a_good_record_is_refused(shop: Shop) -> None:
    """Its format must have changed: nothing is loaded, but its rejects are kept to be looked at."""
    good = shop.file("good.csv", HEADER + ONE)
    bad = shop.file("bad.csv", HEADER + BAD + BAD)
    with pytest.raises(InputProblem) as raised:
        shop.load(good, bad)
    assert str(raised.value).startswith(f"{bad}: all 2 rows are invalid; line 2: 'yesterday'")
    assert str(raised.value).endswith(". Nothing was loaded: see 'contactrep rejects'")
    assert shop.rows("SELECT load, file, line FROM rejects ORDER BY ALL") == [(None, bad, 2), (None, bad, 3)]
    assert shop.ids() == []


def test_rejects_are_not_kept_where_nobody_would_look(shop: Shop) -> None:
    """For a store that is thrown away, a refusal makes none and does not point to it."""
    with pytest.raises(InputProblem, match=r"csv: its only row is invalid; line 2: .*\. Nothing was loaded$"):
        shop.load_text(HEADER + BAD, keep_rejects=False)
    assert not shop.path.exists()


def test_a_refused_load_settles_no_zone(shop: Shop) -> None:
    """A store without an event still takes the zone of the load that brings the first."""
    with pytest.raises(InputProblem):
        shop.load_text(HEADER + BAD)
    summary = shop.load_text(HEADER + ONE, zone=ZoneInfo("Asia/Tokyo"), requested_zone="Asia/Tokyo")
    assert (summary.timezone, summary.created) == ("Asia/Tokyo", True)
    assert shop.rows("SELECT timezone FROM workspace") == [("Asia/Tokyo",)]


def test_strict_refuses_a_load_with_a_bad_row(shop: Shop) -> None:
    """With --strict one bad row refuses all files, and nothing is kept."""
    shop.load_text(HEADER + TWO)
    before = shop.state()
    with pytest.raises(
        InputProblem, match=r"line 3: 'yesterday' .*; nothing was loaded, because --strict allows"
    ):
        shop.load(shop.file("b.csv", HEADER + ONE), shop.file("c.csv", HEADER + ONE + BAD), strict=True)
    assert shop.state() == before


def test_strict_knows_the_rejects_of_a_known_file(shop: Shop) -> None:
    """A file whose bad rows an earlier load has shown is refused as well."""
    shop.load_text(HEADER + ONE + BAD)
    with pytest.raises(
        InputProblem, match=r"nothing was loaded, because --strict allows no invalid row \(1 found\)"
    ):
        shop.load_text(HEADER + ONE + BAD, strict=True)


def test_an_unreadable_file_refuses_the_load(shop: Shop) -> None:
    """What cannot be read refuses the files beside it, and makes no store."""
    with pytest.raises(InputProblem, match=r"b.csv: "):
        shop.load(shop.file("a.csv", HEADER + ONE), shop.file("b.csv", "PK\x03\x04" + "x" * 50))
    assert not shop.path.exists()


def test_another_zone_is_refused(shop: Shop) -> None:
    """The zone of a store with events stays; asking for it by name is fine."""
    shop.load_text(HEADER + ONE, zone=ZoneInfo("Asia/Tokyo"))
    before = shop.state()
    with pytest.raises(
        StoreProblem,
        match=r"uses Asia/Tokyo, not Europe/Paris\. Omit --timezone, or use --input-timezone for the zone of",
    ):
        shop.load_text(HEADER + TWO, "b.csv", requested_zone="Europe/Paris")
    assert shop.state() == before
    assert shop.load_text(HEADER + TWO, "b.csv", requested_zone="Asia/Tokyo").timezone == "Asia/Tokyo"


def test_a_dry_run_touches_nothing(shop: Shop) -> None:
    """A dry run counts what a load would do: no store, no folder, no lock, no rejects."""
    assert account(shop.load_text(HEADER + ONE + BAD, dry_run=True)) == (2, 1, 0, 1)
    assert not shop.path.parent.exists()
    shop.load_text(HEADER + ONE)
    before = shop.state()
    summary = shop.load_text(HEADER + ONE + TWO + BAD, dry_run=True)
    assert (account(summary), summary.load) == ((3, 1, 1, 1), None)
    with pytest.raises(InputProblem, match=r"Nothing was loaded$"):
        shop.load_text(HEADER + BAD, dry_run=True)
    assert shop.state() == before


def test_a_bad_format_is_a_usage_problem(shop: Shop) -> None:
    """A --timestamp-format that is none is the command line's fault."""
    with pytest.raises(UsageProblem):
        shop.load_text(HEADER + ONE, options=Mapping(timestamp_formats=("%Q",)))


# The file


def test_a_file_that_is_no_store(shop: Shop) -> None:
    """A file of something else, or a DuckDB file of something else, is left alone."""
    shop.path.parent.mkdir()
    shop.path.write_text("hello " * 1000)
    with pytest.raises(
        StoreProblem, match=r"contacts.duckdb cannot be opened as a store \(not a DuckDB file\): see --store$"
    ):
        shop.load_text(HEADER + ONE)
    assert shop.path.read_text().startswith("hello")
    shop.path.unlink()
    duckdb.connect(shop.path).execute("CREATE TABLE workspace (other INTEGER)").close()
    with pytest.raises(StoreProblem, match=r"is a DuckDB file, but not a contactrep store: see --store"):
        shop.load_text(HEADER + ONE)


@pytest.mark.parametrize("number", [1, layout.LAYOUT])
def test_a_store_without_events_is_no_store(shop: Shop, number: int) -> None:
    """A table `workspace` like ours is not enough, whatever layout it names."""
    shop.path.parent.mkdir()
    with duckdb.connect(shop.path) as connection:
        connection.execute(f"CREATE TABLE workspace AS SELECT {number} AS layout, 'UTC' AS timezone")
    with pytest.raises(StoreProblem, match=r"is a DuckDB file, but not a contactrep store: see --store"):
        shop.load_text(HEADER + ONE)
    with (
        pytest.raises(StoreProblem, match=r"is a DuckDB file, but not a contactrep store: see --store"),
        open_events(shop.path),
    ):
        pass


def test_an_empty_file_is_no_store_yet(shop: Shop) -> None:
    """An empty file, as mktemp makes it, becomes the store and keeps its mode."""
    shop.path.parent.mkdir()
    shop.path.touch()
    shop.path.chmod(0o640)
    assert shop.load_text(HEADER + ONE).load == 1
    assert stat.S_IMODE(shop.path.stat().st_mode) == 0o640


def test_where_files_have_no_rights_a_store_is_written(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network share."""

    def refuse(_path: Path, _mode: int) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    shop.load_text(HEADER + ONE)
    assert shop.load_text(HEADER + TWO, "b.csv").load == 2


def test_where_files_cannot_be_locked_no_store_is_written(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two loads at once would lose one of them; nobody is told to make room."""

    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    # Another test, beside this one, would remove a scratch folder without a lock.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreProblem, match=r"cannot write the store .*: No locks available: choose another"):
        shop.load_text(HEADER + ONE)


def test_a_newer_layout_is_refused(shop: Shop) -> None:
    """A store of a layout to come is refused, naming both, and left alone."""
    shop.load_text(HEADER + ONE)
    duckdb.connect(shop.path).execute("UPDATE workspace SET layout = 99").close()
    before = shop.state()
    with pytest.raises(
        StoreProblem, match=f"has layout 99, and this contactrep knows layouts up to {layout.LAYOUT}: update"
    ):
        shop.load_text(HEADER + TWO, "b.csv")
    assert shop.state() == before


def test_mode_and_links_are_kept(shop: Shop) -> None:
    """A replaced store keeps its mode, and a link to it stays a link."""
    shop.load_text(HEADER + ONE)
    shop.path.chmod(0o644)
    link = shop.folder / "link.duckdb"
    link.symlink_to(shop.path)
    shop.path, real = link, shop.path
    assert shop.load_text(HEADER + TWO, "b.csv").load == 2
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o644


def test_a_read_only_store_is_refused(shop: Shop) -> None:
    """A store that its owner made read-only is not replaced."""
    shop.load_text(HEADER + ONE)
    shop.path.chmod(0o444)
    with pytest.raises(
        StoreProblem, match=r"is read-only: allow writing \(chmod u\+w\) or choose another --store"
    ):
        shop.load_text(HEADER + TWO, "b.csv")


def test_a_folder_that_cannot_be_made(shop: Shop) -> None:
    """A store whose folder is a file says why it cannot be written."""
    shop.path.parent.write_text("in the way")
    with pytest.raises(StoreProblem, match=r"cannot write the store .*: File exists: choose another --store"):
        shop.load_text(HEADER + ONE)


def test_a_store_in_place_of_a_folder(shop: Shop) -> None:
    """A folder is no store."""
    shop.path.mkdir(parents=True)
    with pytest.raises(StoreProblem):
        shop.load_text(HEADER + ONE)


def test_leftovers_of_a_killed_load_are_cleared(shop: Shop) -> None:
    """Copies that a killed load left are deleted by the next."""
    shop.load_text(HEADER + ONE)
    stale = shop.path.parent / ".contacts.duckdb.new-abc"
    stale.mkdir()
    (stale / "contacts.duckdb").write_text("half")
    shop.load_text(HEADER + TWO, "b.csv")
    assert shop.leftovers() == [".contacts.duckdb.lock", "contacts.duckdb"]


LEAVES_A_LOG = (
    "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
    "c.execute(\"INSERT INTO events (contact_id, ts) VALUES ('9', TIMESTAMP '2026-01-01')\"); os._exit(0)"
)


@pytest.mark.parametrize("log", [None, b"", b"noise"])
def test_a_log_beside_the_store_is_refused(shop: Shop, log: bytes | None) -> None:
    """What another program wrote in place is neither lost nor taken in: the message says what to do."""
    shop.load_text(HEADER + ONE)
    subprocess.run([sys.executable, "-c", LEAVES_A_LOG, str(shop.path)], check=True)
    left = shop.path.parent / "contacts.duckdb.wal"
    if log is not None:
        left.write_bytes(log)
    before = shop.state(), left.read_bytes()
    with pytest.raises(StoreProblem, match=r"its log contacts\.duckdb\.wal is beside it: close that program"):
        shop.load_text(HEADER + TWO, "b.csv")
    assert (shop.state(), left.read_bytes()) == before


@pytest.mark.parametrize("empty", [False, True])
def test_a_log_without_its_store_is_refused(shop: Shop, empty: bool) -> None:
    """DuckDB would not open a new store beside it."""
    shop.path.parent.mkdir()
    left = shop.path.parent / "contacts.duckdb.wal"
    left.write_bytes(b"of a store that is gone")
    if empty:
        shop.path.touch()
    with pytest.raises(StoreProblem) as caught:
        shop.load_text(HEADER + ONE)
    assert str(caught.value) == (
        f"there is no store {shop.path}, but its log contacts.duckdb.wal is left: move the log away,"
        " or choose another --store"
    )
    left.unlink()
    assert shop.load_text(HEADER + ONE).load == 1


def test_a_store_that_was_opened_once_with_duckdb_is_loaded_into(shop: Shop) -> None:
    """As the message says: opening the store takes its log in, and nothing is lost."""
    shop.load_text(HEADER + ONE)
    subprocess.run([sys.executable, "-c", LEAVES_A_LOG, str(shop.path)], check=True)
    duckdb.connect(str(shop.path)).close()
    shop.load_text(HEADER + TWO, "b.csv")
    assert shop.ids() == ["1", "2", "9"]
    assert shop.leftovers() == [".contacts.duckdb.lock", "contacts.duckdb"]


@pytest.mark.parametrize(
    "step", ["CREATE", "INSERT INTO store.events", "COMMIT", "CHECKPOINT store", "DETACH store"]
)
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt(), duckdb.IOException("disk")]
)
def test_a_load_that_fails_leaves_the_store(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    """At whatever step a load fails, the store is as it was and nothing lies beside it."""
    shop.load_text(HEADER + ONE)
    before, run = shop.state(), Session.run

    def failing(self: Session, sql: str, *more: Any) -> Any:
        if sql.strip().startswith(step):
            raise error
        return run(self, sql, *more)

    monkeypatch.setattr(Session, "run", failing)
    with pytest.raises((ContactrepError, KeyboardInterrupt)) as raised:
        shop.load_text(HEADER + TWO, "b.csv")
    if isinstance(error, OSError):
        assert "No space left on device" in str(raised.value)
    monkeypatch.undo()
    assert shop.state() == before
    assert shop.leftovers() == [".contacts.duckdb.lock", "contacts.duckdb"]


def test_a_reader_keeps_what_it_opened(shop: Shop) -> None:
    """An open report goes on with the old store, and the next one sees the new."""
    shop.load_text(HEADER + ONE)
    with duckdb.connect(shop.path, read_only=True) as report:
        assert shop.load_text(HEADER + TWO, "b.csv").load == 2
        assert report.execute("SELECT count(*) FROM events").fetchall() == [(1,)]
    assert shop.ids() == ["1", "2"]


LOADER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from contactrep.store import layout, loading, refusing, unloading, users
from contactrep.read.mapping import Feed, Mapping
utc, now = ZoneInfo("UTC"), datetime.now(UTC)
loading.load(Path(sys.argv[1]), [Feed(sys.argv[2:])], zone=utc, requested_zone=None, now=now)
"""


def loader(shop: Shop, *files: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", LOADER, str(shop.path), *files])


def test_loads_at_once(shop: Shop) -> None:
    """Six loads that start together wait for each other, and none is lost."""
    files = [shop.file(f"{number}.csv", HEADER + ONE.replace(",1,", f",{number},")) for number in range(6)]
    loads = [loader(shop, file) for file in files]
    assert [load.wait() for load in loads] == [0] * 6
    assert shop.ids() == [str(number) for number in range(6)]
    assert shop.rows("SELECT id FROM loads ORDER BY id") == [(number,) for number in range(1, 7)]


def test_a_killed_load_leaves_the_store(shop: Shop) -> None:
    """kill -9 while a load waits for its input leaves the store, and the next load goes on."""
    shop.load_text(HEADER + ONE)
    pipe = shop.folder / "pipe"
    os.mkfifo(pipe)
    load = loader(shop, str(pipe))
    with pipe.open("w") as stream:
        stream.write(HEADER + TWO)
        stream.flush()
        load.send_signal(signal.SIGKILL)
        load.wait()
    assert shop.load_text(HEADER + TWO, "b.csv").load == 2
    assert shop.ids() == ["1", "2"]


def test_a_slow_pipe_keeps_nobody_waiting(shop: Shop) -> None:
    """While one load waits for a pipe's writer, another is done."""
    pipe = shop.folder / "pipe"
    os.mkfifo(pipe)
    waiting = threading.Thread(target=shop.load, args=(str(pipe),))
    waiting.start()
    with pipe.open("w") as stream:
        shop.load_text(HEADER + ONE)
        stream.write(HEADER + TWO)
    waiting.join()
    assert shop.ids() == ["1", "2"]


def test_the_lock_lets_one_in(shop: Shop) -> None:
    """Who holds the lock replaces the store alone."""
    order: list[str] = []

    def second() -> None:
        with locked(shop.path):
            order.append("second")

    with locked(shop.path):
        other = threading.Thread(target=second)
        other.start()
        with replacing(shop.path) as copy:
            copy.write_bytes(b"whole")
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    assert shop.path.read_bytes() == b"whole"


# Users and progress


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("users.csv", 'ID,Name\nu1,Ann\nu2,"Bob, ""B"""\nu3,\n'),
        ("users.tsv", 'name\tid\textra\nAnn\tu1\tx\n"Bob, ""B"""\tu2\tx\n\tu3\tx\n'),
        ("users.jsonl", '{"id": "u1", "name": "Ann"}\n{"id": "u2", "name": "Bob, \\"B\\""}\n{"id": "u3"}\n'),
        ("users", 'User ID;User Name\nu1;Ann\nu2;"Bob, ""B"""\nu3;\n'),
    ],
)
def test_a_directory_of_users(shop: Shop, name: str, text: str) -> None:
    """Ids and names from any format replace the directory before."""
    shop.load_text(HEADER + ONE)
    assert users.replace_users(shop.path, shop.file("old.csv", "id,name\nu9,Zed\n")) == 1
    assert users.replace_users(shop.path, shop.file(name, text)) == 3
    assert shop.rows("SELECT * FROM users") == [("u1", "Ann"), ("u2", 'Bob, "B"'), ("u3", None)]
    assert shop.ids() == ["1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,name\nu1,Ann\nu1,Bob\n", "id 'u1' occurs twice; the list of users is unchanged"),
        ("id,name\nu1,Ann\n,Bob\n", "line 3: no id; the list of users is unchanged"),
        ("id,name\nu1,Ann,x\n", "line 2: 3 fields, but the header names 2; the list of users is unchanged"),
        ("id,nick\nu1,Ann\n", "no column for name among: id, nick: a user directory has id and name"),
        ("id,name,Name\n", "two columns mean name: a user directory has one id and one name"),
        ("", "there is nothing in it, not even headers: check how it was made"),
    ],
)
def test_half_a_directory_is_none(shop: Shop, text: str, message: str) -> None:
    """A directory with anything wrong is refused, and the one before stays."""
    shop.load_text(HEADER + ONE)
    users.replace_users(shop.path, shop.file("old.csv", "id,name\nu9,Zed\n"))
    path = shop.file("users.csv", text)
    with pytest.raises(InputProblem) as raised:
        users.replace_users(shop.path, path)
    assert str(raised.value) == f"{path}: {message}"
    assert shop.rows("SELECT * FROM users") == [("u9", "Zed")]


def test_users_need_a_store(shop: Shop) -> None:
    """Without a store there is nothing that a directory could be for."""
    with pytest.raises(StoreProblem, match=r"make one with 'contactrep load FILES' first"):
        users.replace_users(shop.path, shop.file("users.csv", "id,name\n"))
    assert not shop.path.parent.exists()


def test_progress_ends_with_every_byte(shop: Shop) -> None:
    """Bytes and rows only grow, and end with all of them."""
    told: list[Progress] = []
    shop.load(shop.file("a.csv", HEADER + ONE), shop.file("b.csv", HEADER + TWO), progress=told.append)
    done = [progress.bytes_done for progress in told]
    assert done == sorted(done)
    last = told[-1]
    assert (last.bytes_done, last.rows, last.stage) == (last.bytes_total, 2, "storing")


def test_check_takes_an_open_store(shop: Shop) -> None:
    """A report asks whether what it opened is a store."""
    shop.load_text(HEADER + ONE)
    with DuckDbEngine(shop.path) as engine:
        assert layout.check(engine.session, shop.path) == layout.StoreHeader(layout.LAYOUT, "UTC")
    with DuckDbEngine(None) as engine, pytest.raises(StoreProblem, match="not a contactrep store"):
        layout.check(engine.session, shop.path)
