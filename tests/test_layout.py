"""Older stores: reports read them as they are, and the next change brings them to today's layout."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from click.testing import Result

from contactrep.store import forgetting
from contactrep.store.layout import LAYOUT, TABLES
from tests.test_store import BAD, HEADER, ONE, TWO, Shop, account

Run = Callable[..., Result]

FIRST_LAYOUT = """
CREATE TABLE workspace (layout INTEGER, timezone VARCHAR);
CREATE TABLE events (
    ts TIMESTAMP, event VARCHAR, contact_id VARCHAR, contact_name VARCHAR, channel VARCHAR,
    source VARCHAR, user_id VARCHAR, user_name VARCHAR, load INTEGER
);
CREATE TABLE loads (id INTEGER, "at" TIMESTAMP);
CREATE TABLE files (
    load INTEGER, position INTEGER, path VARCHAR, fingerprint VARCHAR, read BIGINT, loaded BIGINT,
    duplicate BIGINT, rejected BIGINT, ambiguous_times BIGINT, missing_times BIGINT, unknown_sources VARCHAR
);
CREATE TABLE rejects (
    load INTEGER, file VARCHAR, line BIGINT, reason VARCHAR, raw VARCHAR, origin VARCHAR
);
CREATE TABLE users (id VARCHAR, name VARCHAR);
INSERT INTO workspace VALUES (1, 'Asia/Tokyo');
INSERT INTO events VALUES ('2026-11-05 10:00:00', 'added', '1', 'Ann', NULL, NULL, NULL, NULL, 2);
INSERT INTO loads VALUES (2, '2026-11-05 12:00:00');
INSERT INTO files (load) VALUES (1);
INSERT INTO files VALUES (2, 0, 'a.csv', 'of an older version', 2, 1, 0, 1, 0, 0, '{}');
INSERT INTO rejects VALUES (2, 'a.csv', 3, 'no event', '2026-11-05,,2', '/a.csv');
INSERT INTO users VALUES ('u1', 'Uma');
"""
"""A store as the first version made it: with one load, after another that was undone."""


SECOND_LAYOUT = f"""{FIRST_LAYOUT}
ALTER TABLE workspace ADD COLUMN salt VARCHAR;
ALTER TABLE loads ADD COLUMN options VARCHAR;
ALTER TABLE files ADD COLUMN digest VARCHAR;
ALTER TABLE files ADD COLUMN skipped BIGINT;
CREATE TABLE forgotten (hash VARCHAR);
UPDATE workspace SET layout = 2;
INSERT INTO events VALUES
    ('2026-11-05 11:00:00', 'merged', '1', 'Ann', NULL, 'User', NULL, NULL, 2),
    ('2026-11-05 11:00:00', 'merged', '1', 'Ann', NULL, 'User', NULL, NULL, 2),
    ('2026-11-05 12:00:00', 'deleted', '3', 'Eve', NULL, 'User', NULL, NULL, 2);
"""
"""A store of the second layout, before merges named the contact that went away: with two equal merges."""


def shop_with(folder: Path, tables: str) -> Shop:
    """A place with a store of these tables."""
    shop = Shop(folder)
    shop.path.parent.mkdir()
    with duckdb.connect(shop.path) as connection:
        connection.execute(tables)
    return shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A place with a store of the first layout."""
    return shop_with(tmp_path, FIRST_LAYOUT)


@pytest.fixture
def second(tmp_path: Path) -> Shop:
    """A place with a store of the second layout."""
    return shop_with(tmp_path, SECOND_LAYOUT)


def columns(path: Path) -> set[tuple[str, str, str]]:
    """Every column of a store's tables with its type."""
    sql = "SELECT table_name, column_name, data_type FROM information_schema.columns"
    with duckdb.connect(path, read_only=True) as connection:
        return set(connection.execute(sql).fetchall())


def test_reports_read_the_first_layout_as_it_is(shop: Shop, run: Run) -> None:
    """Reports, status and rejects answer, and leave the file alone."""
    before = shop.state()
    report = run("overview", "--store", shop.path, "--as-of", "2026-11-05", "--format", "csv")
    assert (report.exit_code, report.stdout.splitlines()[1]) == (0, "added,1,0,")
    status = json.loads(run("status", "--store", shop.path, "--format", "json").stdout)
    assert [load["id"] for load in status["loads"]] == [2]
    assert "no event" in run("rejects", "--store", shop.path).stdout
    assert shop.state() == before


CHANGES = {
    "load": ("load", "b.csv"),
    "users": ("users", "load", "users.csv"),
    "unload": ("unload", "last"),
    "forget": ("forget", "1", "--yes"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_migrates(shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """The tables are those of a new store afterwards, whichever command came first."""
    monkeypatch.chdir(shop.folder)
    shop.file("b.csv", HEADER + ONE + TWO)
    shop.file("users.csv", "id,name\nu2,Udo\n")
    done = run(*CHANGES[change], "--store", shop.path)
    assert done.exit_code == 0, done.stderr
    new = shop.folder / "new.duckdb"
    assert run("load", "b.csv", "--store", new).exit_code == 0
    assert columns(shop.path) == columns(new)
    assert len(columns(new)) == sum(table.count(",") for table in TABLES.values()) + len(TABLES)
    assert shop.rows("SELECT layout, timezone FROM workspace") == [(LAYOUT, "Asia/Tokyo")]
    assert run("status", "--store", shop.path).exit_code == 0
    assert shop.load_text(HEADER + BAD + ONE.replace(",1,", ",7,"), "c.csv").load == 3 + (change == "load")


def test_a_load_that_adds_nothing_leaves_the_first_layout(shop: Shop) -> None:
    """What does not change is not rewritten."""
    before = shop.state()
    assert account(shop.load_text(HEADER + ONE, "b.csv")) == (1, 0, 1, 0)
    assert shop.state() == before


def test_what_a_migrated_store_knew_is_kept(shop: Shop) -> None:
    """Rows of older loads have no digest and no options; events, rejects and users stay."""
    shop.load_text(HEADER + TWO, "b.csv")
    assert shop.ids() == ["1", "2"]
    assert shop.rows("SELECT id, options FROM loads ORDER BY id") == [(2, None), (3, "{}")]
    known = shop.rows("SELECT load, read, fingerprint, digest, skipped FROM files ORDER BY load")
    assert known[:2] == [(1, None, None, None, None), (2, 2, "of an older version", None, None)]
    assert shop.rows("SELECT reason FROM rejects") == [("no event",)]
    assert shop.rows("FROM users") == [("u1", "Uma")]
    assert shop.rows("FROM forgotten") == []


MERGES = "timestamp,event,contact_id,merged_contact_id\n"
MERGE = "2026-11-05T11:00:00Z,merged,1,\n"


def test_reports_read_the_second_layout_as_it_is(second: Shop, run: Run) -> None:
    """Merges have no second id; every report answers, also by a contact, and nothing is written."""
    before = second.state()
    day = ("--store", second.path, "--as-of", "2026-11-05", "--format", "json")
    log = json.loads(run("log", "merged", *day).stdout)
    assert [row["merged_contact_id"] for row in log["rows"]] == [None, None]
    assert [
        len(json.loads(run("log", "merged", *day, "--contact", text).stdout)["rows"]) for text in "13"
    ] == [
        2,
        0,
    ]
    net = json.loads(run("report", *day).stdout)["overview"]["metrics"]["net"]
    assert (net["count"], net["deleted_after_merge"]) == (-2, 0)
    export = run("export", "events", "--store", second.path)
    assert export.stdout.splitlines()[2] == "2026-11-05T11:00:00Z,merged,1,,Ann,,User,,"
    assert second.state() == before


def test_a_load_into_the_second_layout(second: Shop) -> None:
    """Equal merges are the store's; a merge with a second id is new, and can name who was deleted."""
    assert account(second.load_text(MERGES + MERGE * 2, "b.csv")) == (2, 0, 2, 0)
    assert second.rows("SELECT layout FROM workspace") == [(2,)]
    assert account(second.load_text(MERGES + MERGE * 3 + MERGE.replace("1,", "1,3"), "c.csv")) == (4, 2, 2, 0)
    assert second.rows("SELECT layout FROM workspace") == [(LAYOUT,)]
    found = second.rows("SELECT merged_contact_id, count(*) FROM events WHERE event = 'merged' GROUP BY ALL")
    assert sorted(found, key=str) == [("3", 1), (None, 3)]


def test_forgetting_in_the_second_layout(second: Shop) -> None:
    """A store that knows no merged ids is searched for the others, and migrated."""
    assert forgetting.forget(second.path, "3").events == 1
    assert second.rows("SELECT layout FROM workspace") == [(LAYOUT,)]
    assert second.ids() == ["1", "1", "1"]
