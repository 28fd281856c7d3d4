"""Exports: every row, every format, and a file that loads again without adding anything."""

import csv
import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from click.testing import Result

from contactrep.events import COLUMNS

Ask = Callable[..., Result]


@pytest.mark.parametrize(
    "name", ["e.csv", "e.csv.gz", "e.csv.zst", "e.jsonl", "e.ndjson", "e.jsonl.gz", "e.parquet"]
)
def test_what_is_exported_can_be_loaded_again(
    run: Ask, ask: Ask, store: Path, tmp_path: Path, name: str
) -> None:
    """Into the same store it adds nothing; into an empty one it gives the same events."""
    target = tmp_path / name
    assert ask("export", "events", "-o", target, "--raw").stderr.endswith(f"8 rows written to {target}\n")
    again = json.loads(run("load", target, "--store", store, "--format", "json").stdout)
    assert again["total"] == {"read": 8, "loaded": 0, "duplicate": 8, "rejected": 0, "skipped": 0}
    other = tmp_path / "other.duckdb"
    assert run("load", target, "--store", other, "--timezone", "Asia/Tokyo").exit_code == 0
    rows = "export", "events", "--format", "jsonl"
    assert run(*rows, "--store", other).stdout == ask(*rows).stdout


def test_a_guarded_csv_comes_back_to_its_store(run: Ask, ask: Ask, store: Path, tmp_path: Path) -> None:
    """Loaded again into its own store the default CSV adds nothing, whatever its ids begin with."""
    texts = ["@bob", "=1+1", "-x", "+60 12", "'@kim", "'7", "@bob"]
    rows = [f"2026-11-05T1{at}:00:00Z,connected,{text},{text}," for at, text in enumerate(texts)]
    rows += [f"2026-11-05T1{at}:00:00Z,merged,1,,{text}" for at, text in enumerate(texts)]
    file = tmp_path / "formulas.csv"
    file.write_text("timestamp,event,contact_id,channel,merged_contact_id\n" + "\n".join(rows))
    assert run("load", file, "--store", store).exit_code == 0
    before = ask("export", "events", "--raw").stdout
    target = tmp_path / "e.csv"
    ask("export", "events", "-o", target)
    assert "'=1+1,,,'=1+1" in target.read_text()
    assert ",merged,1,'=1+1," in target.read_text()
    again = json.loads(run("load", target, "--store", store, "--format", "json").stdout)
    assert again["total"] == {"read": 22, "loaded": 0, "duplicate": 22, "rejected": 0, "skipped": 0}
    assert ask("export", "events", "--raw").stdout == before


def test_rows_are_the_canonical_columns_oldest_first_in_utc(ask: Ask) -> None:
    """On stdout an export is CSV."""
    rows = list(csv.reader(io.StringIO(ask("export", "added", "--timezone", "Asia/Tokyo").stdout)))
    assert rows[0] == list(COLUMNS)
    assert [row[0] for row in rows[1:]] == [
        "2026-11-01T09:00:00Z",
        "2026-11-02T09:00:00Z",
        "2026-11-03T09:00:00Z",
        "2026-11-05T10:00:00Z",
    ]
    assert rows[1][1:] == ["added", "1", "", "Ada Anchor", "", "User", "u1", "Uma"]


def test_an_export_covers_all_times_unless_a_range_is_given(ask: Ask) -> None:
    """The range's zone decides what a day is, the timestamps stay in UTC."""
    assert len(ask("export", "added").stdout.splitlines()) == 5
    assert len(ask("export", "added", "--range", "2026-11-02..2026-11-03").stdout.splitlines()) == 3


def test_a_fraction_of_a_second_is_kept(run: Ask, tmp_path: Path) -> None:
    """Microseconds are part of an event's identity."""
    file = tmp_path / "fraction.csv"
    file.write_text("timestamp,event,contact_id\n2026-11-05T00:00:00.000001Z,added,1\n")
    assert "2026-11-05T00:00:00.000001Z,added,1" in run("export", "added", file).stdout


def test_parquet_has_instants(ask: Ask, tmp_path: Path) -> None:
    """A time in Parquet is a moment, whatever zone its reader is in."""
    target = tmp_path / "added.parquet"
    ask("export", "added", "-o", target)
    kinds = dict(
        duckdb.execute(
            "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(?))", [str(target)]
        ).fetchall()
    )
    assert list(kinds) == list(COLUMNS)
    assert kinds["timestamp"] == "TIMESTAMP WITH TIME ZONE"
    assert {kinds[column] for column in COLUMNS[1:]} == {"VARCHAR"}


def test_xlsx_keeps_texts_as_texts(ask: Ask, tmp_path: Path) -> None:
    """No formula, no number from an id: the cells are the strings."""
    import zipfile

    target = tmp_path / "added.xlsx"
    assert ask("export", "added", "-o", target).exit_code == 0
    with zipfile.ZipFile(target) as sheet:
        page = sheet.read("xl/worksheets/sheet1.xml").decode()
    assert page.count("<row ") == 5
    assert "<f>" not in page
    assert "=2+3" in page


def test_xlsx_without_its_library_says_how_to_install_it(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named, and what does without it."""
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    target = tmp_path / "added.xlsx"
    result = ask("export", "added", "-o", target)
    assert result.exit_code == 1
    assert result.stderr.endswith(
        "Error: XLSX needs XlsxWriter: install it with python -m pip install 'contactrep[xlsx]', "
        "or export to CSV or Parquet\n"
    )
    assert not target.exists()


def test_xlsx_refuses_more_rows_than_a_sheet_has(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is cut in silence: the formats that hold more are named."""
    monkeypatch.setattr("contactrep.exports.MOST_XLSX_ROWS", 3)
    result = ask("export", "added", "-o", tmp_path / "added.xlsx")
    assert result.exit_code == 1
    assert "4 rows do not fit a sheet, which ends at 3: export to Parquet or CSV instead" in result.stderr


def test_an_export_to_a_closed_folder_leaves_nothing(ask: Ask, tmp_path: Path) -> None:
    """The exit code is 1, and there is no partial file."""
    result = ask("export", "added", "-o", tmp_path / "none" / "added.csv")
    assert result.exit_code == 1
    assert "choose another place" in result.stderr


def test_text_is_packed_by_the_suffix(ask: Ask, tmp_path: Path) -> None:
    """`.gz` is gzip, for every tool."""
    target = tmp_path / "added.csv.gz"
    ask("export", "added", "-o", target)
    assert len(gzip.decompress(target.read_bytes()).splitlines()) == 5


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_many_rows_are_in_order_on_every_processor(tmp_path: Path, run: Ask, suffix: str) -> None:
    """Oldest first, equal times by contact_id, also where several threads write what was sorted."""
    events, store, out = tmp_path / "e.csv", tmp_path / "s.duckdb", tmp_path / f"out.{suffix}"
    hours = ((place * 7919) % 5_000 for place in range(300_000))
    rows = [f"{1_760_000_000 + 3600 * hour},connected,{place},LINE" for place, hour in enumerate(hours)]
    events.write_text("\n".join(["timestamp,event,contact_id,channel", *rows]), encoding="utf-8")
    for done in (run("load", events, "--store", store), run("export", "events", "--store", store, "-o", out)):
        assert done.exit_code == 0, done.stderr
    text = out.read_text(encoding="utf-8")
    if suffix == "csv":
        found = [(row["timestamp"], row["contact_id"]) for row in csv.DictReader(io.StringIO(text))]
    else:
        found = [(row["timestamp"], row["contact_id"]) for row in map(json.loads, text.splitlines())]
    assert len(found) == 300_000
    assert found == sorted(found)
