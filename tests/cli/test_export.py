"""Exports: every row, every format, and a file that loads again without adding anything."""

# ruff: noqa: DTZ001 - a sheet shows wall times, which are naive

import csv
import datetime
import errno
import gzip
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from contactrep.errors import MAKE_ROOM
from contactrep.events import COLUMNS
from contactrep.zones import transitions
from tests import nasty
from tests.strategies import ZONES

Ask = Callable[..., Result]


@pytest.mark.parametrize(
    "name", ["e.csv", "e.csv.gz", "e.csv.zst", "e.jsonl", "e.ndjson", "e.jsonl.gz", "e.parquet", "e.xlsx"]
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
    target = tmp_path / "added.xlsx"
    assert ask("export", "added", "-o", target).exit_code == 0
    with zipfile.ZipFile(target) as sheet:
        page = sheet.read("xl/worksheets/sheet1.xml").decode()
    assert page.count("<row ") == 5
    assert "<f>" not in page
    assert "=2+3" in page


# Workbooks

MOMENTS = (
    "1880-05-06T00:00:00Z",  # no date cell goes so far back
    "1900-02-28T12:00:00Z",
    "1901-01-01T00:00:00Z",
    "2026-03-29T00:59:59.999Z",  # clocks go forward in Berlin
    "2026-03-29T01:00:00Z",
    "2026-10-25T00:30:00Z",  # 02:30 in Berlin, and once more an hour later
    "2026-11-05T09:30:00.250Z",
    "9998-12-31T12:00:00Z",
)
TWICE = "2026-10-25T01:30:00Z"
FINER = "2026-11-05T09:30:00.250001Z"


def rows_of(path: Path) -> list[list[object]]:
    """The values of all cells of a workbook's first sheet."""
    book = openpyxl.load_workbook(path)
    return [[cell.value for cell in row] for row in book[book.sheetnames[0]].iter_rows()]


def store_of(tmp_path: Path, run: Ask, zone: str, *moments: str) -> Path:
    """A store in a zone with a contact added at each moment."""
    file, store = tmp_path / "moments.csv", tmp_path / "moments.duckdb"
    rows = [f"{moment},added,{place}" for place, moment in enumerate(moments)]
    file.write_text("\n".join(["timestamp,event,contact_id", *rows]) + "\n", encoding="utf-8")
    done = run("load", file, "--store", store, "--timezone", zone)
    assert done.exit_code == 0, done.stderr
    return store


def test_times_in_a_workbook_are_dates_in_the_run_s_zone(run: Ask, ask: Ask, tmp_path: Path) -> None:
    """The header names the zone: the store's, or that of --timezone."""
    target = tmp_path / "added.xlsx"
    assert ask("export", "added", "-o", target).exit_code == 0
    head, first, *_ = rows_of(target)
    assert head == ["timestamp (UTC)", *COLUMNS[1:]]
    assert first[:3] == [datetime.datetime(2026, 11, 1, 9, 0), "added", "1"]
    assert ask("export", "added", "-o", target, "--timezone", "Asia/Kuala_Lumpur").exit_code == 0
    head, first, *_ = rows_of(target)
    assert head[0] == "timestamp (Asia/Kuala_Lumpur)"
    assert first[0] == datetime.datetime(2026, 11, 1, 17, 0)


def test_a_workbook_says_what_no_date_cell_can(run: Ask, tmp_path: Path) -> None:
    """A time before March 1900 is text in ISO 8601. If there is a second 02:30, or a fraction of a
    millisecond, a last column has all times in UTC."""
    store, target = store_of(tmp_path, run, "Europe/Berlin", *MOMENTS), tmp_path / "e.xlsx"
    assert run("export", "added", "--store", store, "-o", target).exit_code == 0
    head, *rows = rows_of(target)
    assert head == ["timestamp (Europe/Berlin)", *COLUMNS[1:]]
    times = [row[0] for row in rows]
    assert times[:2] == ["1880-05-06T00:53:28+00:53:28", "1900-02-28T13:00:00+01:00"]
    assert times[5] == datetime.datetime(2026, 10, 25, 2, 30)
    for special in (TWICE, FINER):
        store_of(tmp_path, run, "Europe/Berlin", special)
        assert run("export", "added", "--store", store, "-o", target).exit_code == 0
        head, *rows = rows_of(target)
        assert head[-1] == "timestamp"
        assert special in [row[-1] for row in rows]
        assert all(isinstance(row[0], datetime.datetime) for row in rows[2:])


@pytest.mark.parametrize("moments", [MOMENTS, (*MOMENTS, TWICE), (*MOMENTS, FINER), (TWICE,)])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"])
def test_a_workbook_comes_back_to_any_store(
    run: Ask, tmp_path: Path, zone: str, moments: tuple[str, ...]
) -> None:
    """Every time is the same moment again, in its own store and in one of another zone, which reads the
    header; wherever --input-timezone says otherwise, too."""
    store, target = store_of(tmp_path, run, "UTC", *moments), tmp_path / "e.xlsx"
    assert run("export", "events", "--store", store, "-o", target, "--timezone", zone).exit_code == 0
    for options in ((), ("--input-timezone", "Asia/Tokyo")):
        again = json.loads(run("load", target, "--store", store, "--format", "json", *options).stdout)
        counts = {"read": len(moments), "loaded": 0, "duplicate": len(moments), "rejected": 0, "skipped": 0}
        assert again["total"] == counts
    other = tmp_path / "other.duckdb"
    assert run("load", target, "--store", other, "--timezone", "Asia/Tokyo").exit_code == 0
    rows = "export", "events", "--format", "jsonl", "--store"
    assert run(*rows, other).stdout == run(*rows, store).stdout


@settings(max_examples=15)
@given(
    zone=st.sampled_from(ZONES),
    moments=st.lists(st.datetimes(datetime.datetime(3, 1, 1), datetime.datetime(9998, 1, 1)), max_size=9),
    near=st.lists(st.timedeltas(datetime.timedelta(-2), datetime.timedelta(2)), max_size=9),
    whole=st.booleans(),
)
def test_any_time_comes_back_from_a_workbook(
    run: Ask,
    tmp_path_factory: pytest.TempPathFactory,
    zone: str,
    moments: list[datetime.datetime],
    near: list[datetime.timedelta],
    whole: bool,
) -> None:
    """Also times around a change of the clock."""
    folder = tmp_path_factory.mktemp("any")
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    changes = transitions(ZoneInfo(zone), start, start.replace(year=2027))
    at = changes[-1].at.replace(tzinfo=None) if changes else datetime.datetime(2026, 7, 1)
    all_moments = {
        it.replace(microsecond=0) if whole else it for it in (*moments, *(at + it for it in near), at)
    }
    texts = [f"{it.isoformat()}Z" for it in sorted(all_moments)]
    store, target, other = store_of(folder, run, "UTC", *texts), folder / "e.xlsx", folder / "other.duckdb"
    assert run("export", "events", "--store", store, "-o", target, "--timezone", zone).exit_code == 0
    assert run("load", target, "--store", other, "--timezone", "UTC").exit_code == 0
    rows = "export", "events", "--format", "jsonl", "--store"
    assert run(*rows, other).stdout == run(*rows, store).stdout


def test_hostile_texts_come_back_from_a_workbook(run: Ask, tmp_path: Path) -> None:
    """Whatever an id, a name or a channel is made of, it is the same when it is loaded again."""
    texts = [
        *nasty.EVERY,
        "<r><t>rich</t></r>",
        "<r></r",
        "a\x1eb",
        "\x1e!#N/A",
        "x\x1fu\x1eu",
        "_x0041_",
        "x\r",
    ]
    file, store, other = tmp_path / "e.jsonl", tmp_path / "store.duckdb", tmp_path / "other.duckdb"
    events = [
        {
            "timestamp": "2026-11-05T10:00:00Z",
            "event": "connected",
            "contact_id": it,
            "contact_name": it,
            "channel": it,
        }
        for it in texts
    ]
    events += [{"timestamp": "2026-11-05T10:00:00Z", "event": "added", "contact_id": it} for it in texts]
    file.write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    assert run("load", file, "--store", store, "--timezone", "UTC").exit_code == 0
    target = tmp_path / "e.xlsx"
    assert run("export", "events", "--store", store, "-o", target).exit_code == 0
    again = json.loads(run("load", target, "--store", store, "--format", "json").stdout)
    assert again["total"]["loaded"] == again["total"]["rejected"] == 0
    assert run("load", target, "--store", other, "--timezone", "UTC").exit_code == 0
    rows = "export", "events", "--format", "jsonl", "--store"
    assert run(*rows, other).stdout == run(*rows, store).stdout


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


def test_a_text_that_no_cell_holds_is_refused(run: Ask, tmp_path: Path) -> None:
    """A cell counts an emoji as two characters."""
    file = tmp_path / "long.csv"
    for name, refused in (("🎂" * 16_383, False), ("🎂" * 16_384, True)):
        file.write_text(
            f"timestamp,event,contact_id,contact_name\n2026-11-05,added,1,{name}\n", encoding="utf-8"
        )
        result = run("export", "added", file, "-o", tmp_path / "long.xlsx")
        assert ("row 1 has a text of 32,768 characters, and a cell" in result.stderr) == refused, (
            result.stderr
        )
        assert result.exit_code == refused


@pytest.mark.parametrize("words", ["export added", "added --as-of 2026-11-05"])
def test_a_full_temporary_folder_is_told(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """XlsxWriter puts a workbook together from temporary files; its own error has the reason."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("xlsxwriter.packager.Packager._create_package", full)
    target = tmp_path / "added.xlsx"
    result = ask(*words.split(), "-o", target)
    assert result.exit_code == 1
    what = "export" if words.startswith("export") else "workbook"
    assert result.stderr.endswith(f"Error: cannot write the {what}: No space left on device: {MAKE_ROOM}\n")
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
