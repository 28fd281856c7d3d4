"""Rare errors, to the letter: what the machine, a broken file or an odd store leads to."""

from __future__ import annotations

import errno
import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pytest
from click.testing import Result

from contactrep.duck import Session
from contactrep.read import content
from tests.cli.conftest import EVENTS

Run = Callable[..., Result]


def assert_error(result: Result, code: int, message: str) -> None:
    """The run ended with this exit code and said this one line."""
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"Error: {message}\n")


def full(*_: object, **__: object) -> NoReturn:
    """What a full disk answers."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# The command line and the config


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("overveiw", "there is no command 'overveiw': did you mean 'contactrep overview'?"),
        ("xyzzy", "there is no command 'xyzzy'"),
    ],
)
def test_a_command_that_is_none(run: Run, words: str, message: str) -> None:
    """The closest command is named where one is close."""
    assert run(words).stderr == f"Error: {message} (see 'contactrep --help')\n"


def test_more_buckets_than_any_unit_allows(ask: Run) -> None:
    """Where the range is longer than 10,000 of the longest unit may be, only a shorter range helps."""
    assert_error(
        ask("overview", "--range", "0002..9998", "--by", "day"),
        2,
        "range '0002..9998' has more than 10,000 buckets by day: use a shorter range",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("range = ", "the config file {} is not valid TOML: Invalid value (at end of document)"),
        (f"range = {'[' * 5_000}", "cannot read the config file {}: its values are nested too deep"),
        ('channel = "LINE"', "{}: unknown key 'channel': filters belong under [filters]"),
    ],
)
def test_a_config_that_cannot_be_used(run: Run, tmp_path: Path, text: str, message: str) -> None:
    """The file is named, and what is wrong in it."""
    path = tmp_path / "config.toml"
    path.write_text(text)
    assert_error(run("ranges", "--config", path), 1, message.format(path))


def test_a_first_day_of_the_week_that_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable is named with the value that it has, and the values that it may have."""
    monkeypatch.setenv("CONTACTREP_WEEK_START", "Someday")
    assert_error(
        run("ranges"),
        1,
        "CONTACTREP_WEEK_START: 'someday' is not a weekday:"
        " monday, tuesday, wednesday, thursday, friday, saturday or sunday",
    )


# The machine


def test_no_place_for_temporary_files(
    run: Run, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable that helps is named."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    assert_error(
        run("overview", events),
        1,
        "no temporary folder can be made: No such file or directory: set TMPDIR to a folder with room",
    )


def test_temporary_files_at_a_path_that_is_not_utf_8(
    run: Run, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB is not asked to open it."""
    monkeypatch.setattr(tempfile, "tempdir", "/caf\udce9")
    problem = "/caf‹U+DCE9›: the path is not UTF-8, and DuckDB opens no other: choose another with TMPDIR"
    assert_error(run("overview", events), 1, problem)


def test_no_room_for_a_private_copy(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not the file that is blamed."""
    monkeypatch.setattr(content, "private", full)
    path = tmp_path / "a.csv"
    path.write_bytes(EVENTS.encode("utf-16"))
    assert_error(
        run("load", path),
        1,
        "no room for temporary files: No space left on device:"
        f" make room in {tempfile.gettempdir()}, or set TMPDIR to another folder",
    )


# Broken files


@pytest.mark.parametrize("command", ["load", "overview"])
def test_a_file_that_is_not_read(run: Run, tmp_path: Path, command: str) -> None:
    """What it is, and what to do about it."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"7z\xbc\xaf" + bytes(100))
    assert_error(run(command, path), 1, f"{path}: it is packed with 7-Zip: unpack it")


@pytest.mark.parametrize("command", ["load", "overview"])
def test_a_compressed_file_that_is_damaged(run: Run, tmp_path: Path, command: str) -> None:
    """The library's own reason is in brackets."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"\x1f\x8b\x08" + bytes(100))
    with pytest.raises(zlib.error) as raised:
        gzip.decompress(path.read_bytes())
    assert_error(
        run(command, path), 1, f"{path}: the compressed file is damaged ({raised.value}): fetch it again"
    )


@pytest.mark.parametrize("command", ["load", "overview"])
def test_half_a_parquet_file(run: Run, tmp_path: Path, command: str) -> None:
    """DuckDB's own reason stands between what the file is and what to do."""
    path = tmp_path / "a.parquet"
    duckdb.sql(f"COPY (FROM range(1000)) TO '{path}'")
    path.write_bytes(path.read_bytes()[:-9])
    result = run(command, path)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert result.stderr.startswith(f"Error: {path}: not a whole Parquet file (")
    assert result.stderr.endswith("): fetch or write it again\n")


def test_bytes_that_are_no_text_in_parquet(run: Run, tmp_path: Path) -> None:
    """Their row is rejected, and the reason names the field and what to do."""
    path, store = tmp_path / "a.parquet", tmp_path / "store.duckdb"
    duckdb.sql(
        "COPY (SELECT '2026-11-05' AS timestamp, 'added' AS event, '1' AS contact_id,"
        rf" unnest(['Ann'::BLOB, '\xFF'::BLOB]) AS contact_name) TO '{path}'"
    )
    assert run("load", path, "--store", store).exit_code == 0
    [row] = json.loads(run("rejects", "--store", store, "--format", "json").stdout)["rows"]
    assert row["reason"] == "undecodable bytes in contact_name: write it as text (UTF-8)"


# Odd stores


def test_a_store_behind_links_in_a_circle(run: Run, events: Path, tmp_path: Path) -> None:
    """The path is named, and why nobody can follow it."""
    path = tmp_path / "store.duckdb"
    path.symlink_to(path)
    result = run("load", events, "--store", path)
    assert (result.exit_code, result.stdout) == (1, "")
    said = f"{path}: cannot follow this path: Symlink loop from '{path}': choose another --store"
    assert result.stderr == f"Error: {said}\n"
    result = run("overview", "--store", path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: cannot read the store {path}: {os.strerror(errno.ELOOP)}: see --store\n"


def test_a_store_below_a_file(run: Run, events: Path) -> None:
    """Reports do not advise a load, because it could not create the store."""
    path = events / "store.duckdb"
    for command in ("overview", "status"):
        result = run(command, "--store", path)
        assert (result.exit_code, result.stdout) == (1, "")
        assert (
            result.stderr
            == f"Error: cannot read the store {path}: {os.strerror(errno.ENOTDIR)}: see --store\n"
        )


@pytest.mark.parametrize("words", ["overview", "status", "status --format json", "load {}", "export events"])
def test_a_store_with_a_zone_that_this_machine_does_not_know(
    run: Run, store: Path, events: Path, words: str
) -> None:
    """As a store from a machine with newer time zone data: the command line is not wrong."""
    with duckdb.connect(str(store)) as connection:
        connection.execute("UPDATE workspace SET timezone = 'America/Newtown'")
    assert_error(
        run(*words.format(events).split(), "--store", store),
        1,
        "this machine does not know the store's time zone 'America/Newtown': update its time zone data with"
        " python -m pip install --upgrade tzdata (reports also take --timezone)",
    )
    assert run("overview", "--store", store, "--timezone", "UTC").exit_code == 0


@pytest.mark.parametrize("name", ["what?.db", "why?/my.db", "a\\b.db"])
def test_a_store_that_duckdb_cannot_make(run: Run, events: Path, tmp_path: Path, name: str) -> None:
    """It looks for the write-ahead log of such a path elsewhere, and room would not help."""
    path = tmp_path / name
    assert_error(
        run("load", events, "--store", path, "--timezone", "UTC"),
        1,
        f"{path}: DuckDB makes no file at a path with ? or \\: choose another --store",
    )
    assert not path.parent.exists() or not list(path.parent.glob(".*"))


@pytest.mark.parametrize("words", ["load a.csv --store my.db", "report {} --quiet -o a.html"])
def test_a_folder_that_has_been_removed(
    run: Run, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """A shell may still be in it; paths that start at the root go on to work."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    said = "the current folder has been removed: change to another one with cd"
    assert_error(run(*words.format(events).split(), "--timezone", "UTC"), 1, said)
    assert run("report", events, "--timezone", "UTC", "-o", tmp_path / "a.html").exit_code == 0


@pytest.mark.parametrize("words", ["status", "overview", "load {events} --dry-run"])
def test_the_log_of_another_database_is_named(ask: Run, store: Path, events: Path, words: str) -> None:
    """As after a backup was restored: opening the store with DuckDB would not help."""
    other = store.with_name("other.duckdb")
    program = (
        "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1]);"
        "connection.execute('CREATE TABLE rooms AS SELECT 1 AS room'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, other], check=True)
    log = other.with_name(f"{other.name}.wal").rename(store.with_name(f"{store.name}.wal"))
    said = f"the log {log} belongs to another database than {store}: move the log away"
    assert_error(ask(*words.format(events=events).split()), 1, said)


def test_a_file_system_that_is_read_only(ask: Run, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No rights of the lock would help."""
    opened = os.open

    def refusing(path: str, *more: Any, **named: Any) -> int:
        if Path(path) == store.with_name(f".{store.name}.lock"):
            raise OSError(errno.EROFS, "Read-only file system", path)
        return opened(path, *more, **named)

    monkeypatch.setattr(os, "open", refusing)
    assert_error(
        ask("unload", "last"),
        1,
        f"cannot write the store {store}: Read-only file system: get the right to write in {store.parent} or"
        " choose another --store; it is as it was",
    )


@pytest.mark.parametrize("words", ["status", "overview {events}", "load {events}", "demo"])
def test_no_folder_for_temporary_files(
    ask: Run, events: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """As in a container in which everything is read-only: it is not the current folder that is missing."""

    def refusing() -> NoReturn:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/']")

    monkeypatch.setattr(tempfile, "gettempdir", refusing)
    assert_error(
        ask(*words.format(events=events).split()),
        1,
        "no temporary folder can be made: No usable temporary directory found in ['/tmp', '/']: set TMPDIR to"
        " a folder with room",
    )


def test_temporary_files_that_cannot_be_synced(
    run: Run, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the folder's file system, and no error of this program."""
    execute = Session.run

    def refusing(session: Session, sql: str, *given: Any) -> Any:
        if sql.startswith("CHECKPOINT"):
            raise duckdb.FatalException("FATAL Error: fsync failed!")
        return execute(session, sql, *given)

    monkeypatch.setattr(Session, "run", refusing)
    assert_error(
        run("load", events, "--store", tmp_path / "new.duckdb", "--timezone", "UTC"),
        1,
        f"no room for temporary files: FATAL Error: fsync failed!: make room in {tempfile.gettempdir()},"
        " or set TMPDIR to another folder",
    )


def test_too_few_threads(ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with `ulimit -u`, or in a container with few processes: not only memory may be what is missing."""

    def refusing(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refusing)
    said = "not enough threads or memory to run: raise the limits of this process (ulimit -u, ulimit -v)"
    assert_error(ask("status"), 1, said)


def test_a_store_with_a_log_that_is_not_its_own(ask: Run, store: Path, events: Path) -> None:
    """What is in the way is named, and the store stays as it was."""
    before, log = store.read_bytes(), store.with_name(f"{store.name}.wal")
    log.write_bytes(b"half")
    result = ask("load", events)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert result.stderr.startswith(
        f"Error: another program has written to {store}, and its log {log.name} is"
    )
    assert (store.read_bytes(), log.read_bytes()) == (before, b"half")
