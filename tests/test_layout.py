"""Older stores: reports read them as they are, and the next change brings them to today's layout."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from click.testing import Result

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


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A place with a store of the first layout."""
    shop = Shop(tmp_path)
    shop.path.parent.mkdir()
    with duckdb.connect(shop.path) as connection:
        connection.execute(FIRST_LAYOUT)
    return shop


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
    assert len(columns(new)) == sum(table.count(",") for table in TABLES) + len(TABLES)
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
