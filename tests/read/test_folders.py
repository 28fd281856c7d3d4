"""Folders called `key=value` (Hive layout): what they give to files of every format."""

import gzip
import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import duckdb
import pytest
from click.testing import Result

from contactrep.engines import parquet as engine
from contactrep.errors import InputProblem
from contactrep.read.mapping import Mapping
from contactrep.read.sources import find_sources
from tests.read.taking import take_path

Run = Callable[..., Result]

CSV = "timestamp,event,contact_id\n2026-11-05T10:00:00Z,connected,1\n"
JSON = '{"timestamp": "2026-11-05T10:00:00Z", "event": "connected", "contact_id": "1"}\n'


def parquet(folder: Path, contact: str, also: str = "") -> Path:
    """A part with one connected contact."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "part-0.parquet"
    event = (
        f"TIMESTAMPTZ '2026-11-05 10:00:00+00' AS timestamp, 'connected' AS event, '{contact}' AS contact_id"
    )
    duckdb.sql(f"COPY (SELECT {event}{also}) TO '{path}' (FORMAT parquet)")
    return path


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content.encode()) if path.suffix == ".gz" else content.encode())
    return path


@pytest.mark.parametrize(("name", "content"), [("a.csv", CSV), ("a.csv.gz", CSV), ("a.jsonl", JSON)])
def test_folders_are_columns(tmp_path: Path, name: str, content: str) -> None:
    """Keys are matched like headers, values are percent-decoded, and other keys mean nothing; `--set` fills
    a null of a folder."""
    path = text(
        tmp_path / "Channel=Whats%20App" / "user-id=__HIVE_DEFAULT_PARTITION__" / "y=1" / name, content
    )
    taken = take_path(path)
    assert [event[4:7] for event in taken.events.values()] == [("Whats App", None, None)]
    assert taken.counts.ignored_columns == ()
    filled = take_path(path, Mapping(set={"channel": "Web", "user_id": "u1"}))
    assert [event[4:7] for event in filled.events.values()] == [("Whats App", None, "u1")]


def test_a_column_of_the_file_goes_before_a_folder(tmp_path: Path) -> None:
    """Even where it is empty, as in Hive the data decide; `--map` may name a folder."""
    path = text(
        tmp_path / "channel=LINE" / "region=eu" / "a.csv", CSV.replace("contact_id", "contact_id,channel")
    )
    path.write_text(path.read_text().replace(",1\n", ",1,\n"))
    assert [event[4] for event in take_path(path).events.values()] == [None]
    mapped = take_path(path, Mapping(map={"channel": "region"}))
    assert [event[4] for event in mapped.events.values()] == ["eu"]


def test_folders_may_give_what_a_file_needs(tmp_path: Path) -> None:
    """Event and time too; a bad record is still rejected, and a broken quote still ends on its line."""
    path = text(
        tmp_path / "event=Deleted" / "date=2026-11-05" / "a.csv",
        'contact_id,name\n1,Ann\n2,"B" x\n,Bo\n3,"C\nc"\n',
    )
    taken = take_path(path)
    assert [(str(row[0]), *row[1:4], row[5]) for row in taken.events.values()] == [
        ("2026-11-05 00:00:00", "deleted", "1", "Ann", "User"),
        ("2026-11-05 00:00:00", "deleted", "3", "C\nc", "User"),
    ]
    assert list(taken.reasons) == [3, 4]
    bad = take_path(text(tmp_path / "event=moved" / "b.csv", "timestamp,contact_id\n2026-11-05,1\n"))
    assert bad.counts.rejected == 1


def test_records_that_name_their_own_fields(tmp_path: Path) -> None:
    """JSON records of several spellings get what their folder gives."""
    other = JSON.replace("contact_id", "Contact ID").replace('"event": "connected", ', "")
    path = text(
        tmp_path / "event=added" / "channel=LINE" / "a.jsonl",
        JSON.replace('"event": "connected", ', "") + other,
    )
    taken = take_path(path)
    assert [(row[1], row[4]) for row in taken.events.values()] == [("added", "LINE")] * 2


def test_a_folder_gives_the_files_of_its_key_value_folders(tmp_path: Path) -> None:
    """Sorted by path; hidden files and names that start with `_` are left out without a word."""
    for name in (
        "_SUCCESS", "_tmp/c.csv", ".c.csv.crc",
        "b=1/_committed_1", "b=1/x.csv", "b=1/c=2/x.csv", "a.csv", "old/x.csv",
    ):  # fmt: skip
        text(tmp_path / name, CSV)
    (tmp_path / "b=1" / "loop=1").symlink_to(tmp_path)
    found = find_sources([str(tmp_path)])
    assert [str(source.path.relative_to(tmp_path)) for source in found.files if source.path] == [
        "a.csv",
        "b=1/c=2/x.csv",
        "b=1/x.csv",
    ]
    assert {Path(path).name: why for path, why in found.skipped.items()} == {
        "loop=1": "it leads back to a folder that it is in",
        "old": "sub-folders are not entered: name it, or use a glob with **",
    }
    (tmp_path / "b=1" / "loop=1").unlink()
    assert len(find_sources([f"{tmp_path}/b=1/**"]).files) == 3  # _committed_1 is named by the pattern


@pytest.mark.parametrize(("log", "table"), [("_delta_log", "Delta Lake"), (".hoodie", "Hudi")])
@pytest.mark.parametrize("place", ["", "day=1"])
def test_a_table_of_files_is_refused(tmp_path: Path, place: str, log: str, table: str) -> None:
    """Its folder has rows that the table has deleted; a pattern names the files all the same."""
    text(tmp_path / place / "x.csv", CSV)
    (tmp_path / place / log).mkdir()
    with pytest.raises(InputProblem) as told:
        find_sources([str(tmp_path)])
    assert str(told.value) == (
        f"{tmp_path / place}: it is a {table} table, whose files keep deleted rows:"
        " export the table as Parquet or CSV, and load the export"
    )
    assert len(find_sources([f"{tmp_path}/{place}/*.csv"]).files) == 1


def test_the_same_bytes_in_two_folders_are_two_events(run: Run, tmp_path: Path) -> None:
    """A part is known again by its bytes and its folders, so neither is taken for the other."""
    parts = tmp_path / "parts"
    for channel in ("LINE", "WhatsApp"):
        text(parts / f"channel={channel}" / "a.csv", CSV)
    store = tmp_path / "new.db"
    assert "2 loaded + 0 duplicate" in run("load", str(parts), "--store", str(store)).stdout
    again = run("load", f"{parts}/**/*.csv", "--store", str(store))
    assert "2 read = 0 loaded + 2 duplicate" in again.stdout


@pytest.mark.parametrize("named", ["parts", "parts/**/*.parquet"])
def test_straight_from_parquet(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """A report over files answers without a load, and as a load does."""
    monkeypatch.chdir(tmp_path)
    for place, channel in enumerate(("LI%27NE", "__HIVE_DEFAULT_PARTITION__", "WhatsApp")):
        parquet(tmp_path / "parts" / f"channel={channel}" / "source=incoming_message", str(place))
    parquet(tmp_path / "parts" / "channel=x", "3", ", 'own' AS channel")
    command = ("connected", named, "--range", "2026-11-05", "--format", "csv")
    straightly = run(*command)
    assert [line.rsplit(",", 2)[0] for line in straightly.stdout.splitlines()[1:]] == [
        "LI'NE,1,0.25",
        "Unknown,1,0.25",
        "WhatsApp,1,0.25",
        "own,1,0.25",
    ]
    sources = run("log", "connected", named, "--range", "all", "--format", "csv").stdout
    monkeypatch.setattr(engine, "parquet_engine", lambda *_, **__: nullcontext())
    assert run(*command).stdout == straightly.stdout
    assert run("log", "connected", named, "--range", "all", "--format", "csv").stdout == sources
    assert sources.count("Incoming Message") == 3


def test_a_folder_that_the_path_leaves_is_no_column(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is the same one from wherever it is named, and so are its events and its rejects."""
    inside = tmp_path / "channel=LINE"
    inside.mkdir()
    file, store = tmp_path / "all.csv", tmp_path / "s.duckdb"
    file.write_text("timestamp,event,contact_id\n2026-11-05,connected,1\nx,connected,2\n")
    monkeypatch.chdir(inside)
    assert run("load", "../all.csv", "--store", str(store), "--timezone", "UTC").exit_code == 0
    file.write_text(file.read_text() + "2026-11-06,connected,3\n")
    monkeypatch.chdir(tmp_path)
    assert (
        "3 read = 1 loaded + 1 duplicate + 1 rejected" in run("load", "all.csv", "--store", str(store)).stdout
    )
    asked = run(
        "connected", "--store", str(store), "--range", "2026-11", "--compare", "none", "--format", "csv"
    )
    assert asked.stdout.splitlines()[1:] == ["Unknown,2,1.0,,"]
    assert json.loads(run("rejects", "--store", str(store), "--format", "json").stdout)["total"] == 1


def test_a_path_through_a_link_is_kept(tmp_path: Path) -> None:
    """There `..` leads to the folder around the linked one."""
    (tmp_path / "real" / "channel=LINE").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "channel=LINE")
    for folder in ("", "real"):
        (tmp_path / folder / "a.csv").touch()
    path = tmp_path / "link" / ".." / "a.csv"
    assert find_sources([str(path)]).files[0].origin == str(path)
