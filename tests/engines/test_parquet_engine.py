"""Straight from Parquet files: the same answers, notices and errors as from a store loaded from them."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from click.testing import Result
from hypothesis import event, given, note
from hypothesis import strategies as st

from contactrep.engines import parquet as engines
from contactrep.engines.duckdb import locked_session
from contactrep.engines.parquet import ParquetEngine
from contactrep.questions import Extent
from contactrep.read import survey as reading
from contactrep.store import loading
from contactrep.summary import LoadSummary
from tests.conftest import REPOSITORY

Run = Callable[..., Result]

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")
COMMANDS = (
    ["overview"],
    ["overview", "--range", "all"],
    ["overview", "--range", "this-month", "--compare", "year"],
    ["overview", "--source", "user"],
    ["added", "--range", "last-30-days"],
    ["connected", "--range", "all", "--channel", "line"],
    ["connected", "--range", "last-3-days"],
    ["report", "--range", "last-2-days"],
    ["report", "--user", "ann", "--range", "all"],
    *(["log", kind, "--range", "all"] for kind in ("added", "connected", "deleted", "merged")),
    ["log", "merged", "--range", "2..", "--limit", "2"],
    ["log", "added", "--contact", "zo", "--oldest-first", "--range", "last-7-days"],
    ["log", "added", "--source", "tiktok"],
)
EXPORTS = ("events", "events", "added", "merged")

KINDS = ("added", "added", "connected", "connected", "deleted", "merged", "merged")
ODD_KINDS = ("Added", "CONNECTED", "mer ged", "de-leted")
SOURCES = (None, "", "User", "user", "Broadcast", "incoming_message", "TikTok", "tik tok", "Zoë's", "=x")
CONTACTS = ("1", "'1", "2", "=a", "'=a", "'+x", "+x", "'+60 12", "+60 12")
ODD_CONTACTS = ("", " ", "\u3000", "\u3000 x", "\\xC2", "é", None)
CHANNELS = (None, "", "WhatsApp", "LINE", "'@l", "@l")
NAMES = (None, "", "Zoë", "zoo", "line\nbreak", "[bold]", "x\x00y")
MERGED = (None, None, "", "2", "@x", "'@x")
ODD_MERGED = ("2;3", " ", ";", "\u00e9")
USERS = (None, "", "ann", "Ann", "u1")
CHANGES = (date(2026, 3, 8), date(2026, 10, 25), date(2026, 11, 1), date(2026, 4, 5), date(2026, 7, 1))


@dataclass(frozen=True)
class Written:
    """A Parquet file to be: the SQL type of its times, its headers and rows, and how it is written."""

    time: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    group: int
    extra: bool


@dataclass(frozen=True)
class Case:
    """Files, the zone of the run, that of the files if said, the date, and the commands to be tried."""

    files: Sequence[Written]
    zone: str
    input_zone: str | None
    event: str | None
    as_of: date
    commands: Sequence[Sequence[str]]


@st.composite
def cases(draw: st.DrawFn, *, odd: bool) -> Case:
    """Files whose rows repeat one another now and then, around a change of some clock."""
    day = draw(st.sampled_from(CHANGES))
    start = datetime.combine(day, datetime.min.time())
    moments = st.builds(
        lambda minutes, extra: start + timedelta(minutes=minutes, microseconds=extra),
        st.sampled_from([*range(0, 360, 15), -60 * 24 * 7, -60 * 24 * 400, 60 * 24, 60 * 24 * 20]),
        st.sampled_from([0, 0, 0, 1, 500_000]),
    )
    pool = draw(st.lists(moments, min_size=1, max_size=4))
    kinds = [*KINDS, *draw(st.sampled_from([(), ODD_KINDS, (*ODD_KINDS, None, "")]))]
    kinds += ["moved"] if odd and draw(st.booleans()) else []
    contacts = [*CONTACTS, *(ODD_CONTACTS if odd and draw(st.booleans()) else ())]
    merged = [*MERGED, *(ODD_MERGED if odd and draw(st.booleans()) else ())]
    row = st.tuples(
        st.sampled_from([*pool, *([None] if odd and draw(st.booleans()) else [])]),
        *map(st.sampled_from, (kinds, contacts, NAMES, CHANNELS, SOURCES, USERS, USERS, merged)),
    )
    rows = st.lists(row, min_size=1, max_size=12).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=0 if odd else 1, max_size=25)
    )
    shared = draw(rows)
    files = []
    for _ in range(draw(st.integers(1, 3))):
        time = draw(st.sampled_from(["TIMESTAMP", "TIMESTAMPTZ"]))
        files.append(
            Written(
                time=draw(st.sampled_from([time, "VARCHAR", "TIMESTAMP_NS"])) if odd else time,
                headers=draw(st.sampled_from(HEADERS)),
                rows=draw(st.permutations(shared)) if draw(st.booleans()) else draw(rows),
                group=2048,
                extra=draw(st.booleans()),
            )
        )
    return Case(
        files=files,
        zone=draw(st.sampled_from(ZONES)),
        input_zone=draw(st.sampled_from([None, None, *ZONES])),
        event="added" if None in kinds or draw(st.booleans()) else None,
        as_of=day + timedelta(days=draw(st.integers(-1, 2))),
        commands=draw(st.lists(st.sampled_from(COMMANDS), min_size=3, max_size=4, unique_by=tuple)),
    )


HEADERS = (
    (
        *("timestamp", "event", "contact_id", "contact_name", "channel", "source", "user_id", "user_name"),
        "merged_contact_id",
    ),
    (
        *("Activity Time", "Activity", "Contact ID", "Name", "Channel", "Source", "User ID", "User"),
        "Merged Contact ID",
    ),
    ("file", "event", "contact_id", "line", "ts", "source", "user_id", "moment", "part"),
)
MAPS = ["--map", "timestamp=file"]


def write(path: Path, content: Written) -> None:
    """Write a file with these columns, and two that no field takes if there is an extra one."""
    columns = ", ".join(f'c{place} AS "{header}"' for place, header in enumerate(content.headers))
    types = [f"c0 {content.time}", *(f"c{place} VARCHAR" for place in range(1, 9))]
    extra = ", {'a': 1, 'b': [2]} AS nested, 7 AS \"odd, one\"" if content.extra else ""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE rows ({', '.join(types)})")
        if content.rows:
            values = ", ".join("?" for _ in content.headers)
            connection.executemany(f"INSERT INTO rows VALUES ({values})", [list(row) for row in content.rows])
        select = f"SELECT {columns}{extra} FROM rows"
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE {content.group})")


@contextmanager
def way(*, loaded: bool) -> Iterator[list[bool]]:
    """Go the one way or the other; what is given tells of every run whether it went straight."""
    taken: list[bool] = []
    real = engines.parquet_engine

    @contextmanager
    def spy(*arguments: Any, **options: Any) -> Iterator[ParquetEngine | None]:
        with nullcontext() if loaded else real(*arguments, **options) as engine:
            taken.append(engine is not None)
            yield engine

    with mock.patch.object(engines, "parquet_engine", spy):
        yield taken


def both_ways(run: Run, *arguments: str | Path) -> tuple[Result, bool]:
    """Run it both ways, see that nothing differs, and tell whether it could be answered straight."""
    with way(loaded=True):
        expected = run(*arguments)
    with way(loaded=False) as taken:
        found = run(*arguments)
    assert (found.exit_code, found.stderr) == (expected.exit_code, expected.stderr)
    assert found.stdout == expected.stdout
    return found, any(taken)


@contextmanager
def written(case: Case) -> Iterator[list[str | Path]]:
    """The case's files, and the options that go with them."""
    with tempfile.TemporaryDirectory() as name:
        paths: list[str | Path] = []
        for number, content in enumerate(case.files):
            paths.append(Path(name) / f"{number}.parquet")
            write(Path(paths[-1]), content)
        options = ["--timezone", case.zone, "--as-of", case.as_of.isoformat()]
        options += ["--input-timezone", case.input_zone] if case.input_zone else []
        options += ["--event", case.event] if case.event else []
        if all(content.headers[0] == "file" for content in case.files):
            options += MAPS
        yield [*options, *paths]


@contextmanager
def loaded_once(folder: Path) -> Iterator[None]:
    """Files that are loaded again in the same way become a copy of the store that they became before."""
    real, kept, told = loading.load, folder / "loaded.duckdb", list[LoadSummary]()

    def load(path: Path, *arguments: Any, **options: Any) -> LoadSummary:
        if told:
            shutil.copy(kept, path)
        else:
            told.append(real(path, *arguments, **options))
            shutil.copy(path, kept)
        return told[0]

    with mock.patch.object(loading, "load", load):
        yield


def compare(run: Run, case: Case, *, always: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, loaded_once(Path(folder)), written(case) as where:
        for command in case.commands:
            note(f"contactrep {' '.join(map(str, [*command, *where]))}")
            _, taken = both_ways(run, *command, *where, "--format", "json")
            event(f"straight: {taken}")
            refused = len({content.headers[0] == "file" for content in case.files}) > 1
            assert taken or not always or refused


@given(case=cases(odd=False))
def test_reports_and_logs_are_those_of_a_load(run: Run, case: Case) -> None:
    """Every answer and every notice is the same, and plain files are not loaded for it."""
    compare(run, case, always=True)


@given(case=cases(odd=True))
def test_what_cannot_be_known_is_loaded(run: Run, case: Case) -> None:
    """Rejects, blank ids, odd types: whichever way it goes, the answer is that of a load."""
    compare(run, case, always=False)


@given(case=cases(odd=False), kind=st.sampled_from(EXPORTS), form=st.sampled_from(["csv", "jsonl"]))
def test_exports_are_those_of_a_load(run: Run, case: Case, kind: str, form: str) -> None:
    """An export has the same bytes."""
    with written(case) as where:
        both_ways(run, "export", kind, *where, "--format", form)


ROWS = """
    SELECT TIMESTAMPTZ '2026-11-04 10:00:00+00' - to_minutes(range::INTEGER) AS timestamp,
        'added' AS event, (range // 2)::VARCHAR AS contact_id, 'User' AS source FROM range(100)
    """
ASKED = ("overview", "--as-of", "2026-11-05", "--timezone", "UTC", "--format", "json")


def parquet(path: Path, select: str = ROWS) -> Path:
    """Write the rows of a SELECT."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("COPY (" + select + ") TO $path (FORMAT parquet)", {"path": str(path)})
    return path


@pytest.mark.parametrize(
    ("contact", "merged"), [("1.23457E+11", "2"), ("1,5e-7", "2"), ("1", "6.01235e+10"), ("1", "-1.2E+3")]
)
def test_ids_that_a_spreadsheet_has_rounded_are_rejected(
    run: Run, tmp_path: Path, contact: str, merged: str
) -> None:
    """As in a load, of which the notice says so."""
    row = f"SELECT TIMESTAMPTZ '2026-11-04 11:00:00+00', 'merged', '{contact}', 'User', '{merged}'"
    rows = f"SELECT *, NULL::VARCHAR AS merged_contact_id FROM ({ROWS}) UNION ALL ({row})"
    found, straight = both_ways(run, *ASKED, parquet(tmp_path / "a.parquet", rows))
    assert (found.exit_code, straight) == (0, False)
    assert "1 of 101 rows rejected" in found.stderr
    alike = parquet(tmp_path / "b.parquet", rows.replace("E+", "E").replace("e+", "e").replace("e-", "e"))
    assert both_ways(run, *ASKED, alike)[1]


def test_a_plain_file_is_never_loaded(run: Run, tmp_path: Path) -> None:
    """No throw-away store is made for it, however its path is written, nor for several of one size."""
    path = parquet(tmp_path / "a.parquet")
    other = shutil.copy(path, tmp_path / "other.parquet")
    (tmp_path / "b").mkdir()
    with mock.patch("contactrep.store.loading.load", side_effect=AssertionError):
        for written in (path, f"{tmp_path}/./a.parquet", f"{tmp_path}//b/../a.parquet"):
            assert run(*ASKED, written).exit_code == 0
        assert run(*ASKED, path, other).exit_code == 0


def test_only_what_is_counted_is_searched_for_repeats(run: Run, tmp_path: Path) -> None:
    """A report of some days looks for repeats in these days and those before them alone."""
    path = parquet(tmp_path / "a.parquet")
    sought: list[Extent] = []
    deduplicate = ParquetEngine._deduplicate

    def noting(self: ParquetEngine, extent: Extent) -> None:
        sought.append(extent)
        deduplicate(self, extent)

    with mock.patch.object(ParquetEngine, "_deduplicate", noting):
        assert run("overview", path, "--range", "2026-11-04").exit_code == 0
    assert {extent.times and extent.times[1] - extent.times[0] for extent in sought} == {timedelta(days=2)}


DOUBTFUL = (
    ("timestamp", "NULL::TIMESTAMPTZ"),
    ("timestamp", "timestamp::VARCHAR"),
    ("timestamp", "timestamp::DATE"),
    ("timestamp", "timestamp::TIMESTAMP_NS"),
    ("timestamp", "TIMESTAMPTZ 'infinity'"),
    ("timestamp", "TIMESTAMPTZ '0001-12-30 00:00:00+00'"),
    ("contact_id", "'  '"),
    ("contact_id", "chr(12288)"),
    ("contact_id", "nullif(contact_id, '3')"),
    ("contact_id", "contact_id::INTEGER"),
    ("contact_id", "contact_id::BLOB"),
    ("contact_id", "chr(92) || contact_id"),
    ("event", "'moved'"),
    ("event", "nullif(event, event)"),
    ("event", "'x' || contact_id"),
    ("source", "source, 7 AS file_row_number"),
)


@pytest.mark.parametrize(("column", "value"), DOUBTFUL)
def test_what_leaves_a_doubt_is_loaded(run: Run, tmp_path: Path, column: str, value: str) -> None:
    """Types, nulls, blank ids and events that only a load can judge, even where it finds them good."""
    columns = {name: name for name in ("timestamp", "event", "contact_id", "source")} | {column: value}
    fields = ", ".join(sql if " AS " in sql else f"{sql} AS {name}" for name, sql in columns.items())
    path = parquet(tmp_path / "a.parquet", f"SELECT {fields} FROM ({ROWS})")
    assert not both_ways(run, *ASKED, path)[1]


MERGES = "SELECT TIMESTAMPTZ '2026-11-04 10:00:00+00' AS timestamp, * FROM (VALUES {}) AS rows({})"
NAMES_OF_MERGES = "event, contact_id, merged_contact_id"


@pytest.mark.parametrize(
    ("rows", "merged"),
    [
        ("('merged', '1', '2'), ('merged', '1', '2'), ('merged', '1', '3'), ('deleted', '2', '1')", 2),
        ("('merged', '1', NULL), ('merged', '1', ''), ('merged', '1', '3'), ('added', '2', '4')", 3),
        ("('merged', '1', '@b'), ('merged', '1', chr(39) || '@b'), ('merged', '1', chr(39) || 'b')", 2),
        ("('merged', '1', NULL), ('merged', '1', NULL), ('added', '1', '3;4')", 2),
    ],
)
def test_merges_with_a_second_id(run: Run, tmp_path: Path, rows: str, merged: int) -> None:
    """As a load has it: equal ones are one, ones without it are so many; other kinds have none."""
    path = parquet(tmp_path / "a.parquet", MERGES.format(rows, NAMES_OF_MERGES))
    for command in (ASKED, ("log", "merged", *ASKED[1:]), ("export", "events", "--timezone", "UTC")):
        result, straight = both_ways(run, *command, path)
        assert straight is ("3;4" not in rows)
        if command == ASKED:
            assert json.loads(result.stdout)["metrics"]["merged"]["count"] == merged


@pytest.mark.parametrize("ids", ["'2;3'", "' '", "chr(160)", "['2', '3']", "2"])
def test_several_ids_in_a_value_are_loaded(run: Run, tmp_path: Path, ids: str) -> None:
    """A row that may be several merges, or has a blank id, is for a load to judge; so are numbers."""
    path = parquet(tmp_path / "a.parquet", MERGES.format(f"('merged', '1', {ids})", NAMES_OF_MERGES))
    assert not both_ways(run, "log", "merged", *ASKED[1:], path)[1]


def test_a_deletion_after_a_merge_of_another_day(run: Run, tmp_path: Path) -> None:
    """The merge that names a deleted contact may be far outside the range."""
    merge = "SELECT TIMESTAMPTZ '2020-01-01 00:00:00+00' AS timestamp, 'merged' AS event, '1', '2'"
    deleted = MERGES.format("('deleted', '2', NULL), ('deleted', '2', NULL)", NAMES_OF_MERGES)
    result, straight = both_ways(run, *ASKED, parquet(tmp_path / "a.parquet", f"{deleted} UNION ALL {merge}"))
    net = json.loads(result.stdout)["metrics"]["net"]
    assert (straight, net["count"], net["deleted_after_merge"]) == (True, 0, 1)


def test_other_files_and_formats_of_time_are_loaded(run: Run, tmp_path: Path) -> None:
    """One file that is no Parquet sends all of them the long way, and so does --timestamp-format."""
    path, other = parquet(tmp_path / "a.parquet"), tmp_path / "b.csv"
    other.write_text("timestamp,event,contact_id\n2026-11-04,added,x\n")
    for more in ([other], ["--timestamp-format", "%Y-%d-%m %H:%M:%S%z"]):
        assert not both_ways(run, *ASKED, path, *more)[1]


@pytest.mark.parametrize("name", ["a[1]*?.parquet", "~.parquet", "event=merged, it's.parquet", "$x.bin"])
def test_any_name_is_only_a_name(run: Run, tmp_path: Path, name: str) -> None:
    """Globs, quotes and folders of Hive in a path mean nothing to the engine."""
    parquet(tmp_path / "a1x.parquet")
    assert both_ways(run, *ASKED, parquet(tmp_path / name))[1]


def test_a_file_named_twice_counts_once(run: Run, tmp_path: Path) -> None:
    """Merges too, and its ignored columns are named once."""
    kind = "CASE contact_id::INTEGER % 2 WHEN 0 THEN event ELSE 'merged' END"
    path = parquet(tmp_path / "a.parquet", f"SELECT * REPLACE ({kind} AS event), 1 AS x FROM ({ROWS})")
    both_ways(run, *ASKED, path, path)


@pytest.mark.parametrize("command", [["overview"], ["log", "added"], ["export", "added"]])
def test_a_file_that_changes_is_told_of(run: Run, tmp_path: Path, command: list[str]) -> None:
    """Once it was looked at it must stay what it is: one line says so, and no answer is half of another."""
    path = parquet(tmp_path / "a.parquet")
    real = reading.survey

    def then_written_to(*arguments: object) -> object:
        sight = real(*arguments)  # type: ignore[arg-type]
        parquet(path, f"{ROWS} LIMIT 50")
        return sight

    with mock.patch.object(engines, "survey", then_written_to):
        result = run(*command, "--as-of", "2026-11-05", path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        f"Error: {path}: it was written to while it was read: ask again when that is done"
    )


def test_bytes_that_are_no_text_are_told_of(run: Run, tmp_path: Path) -> None:
    """A name that is not UTF-8 is met where it is read, in one line."""
    path = parquet(tmp_path / "a.parquet", ROWS.replace("AS source", "AS source, 'QQQQQ' AS contact_name"))
    path.write_bytes(path.read_bytes().replace(b"QQQQQ", b"\xff\xfe\xfd\xfc\xfb"))
    result = run("log", "added", "--as-of", "2026-11-05", path)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(f"Error: {path}: ")


def test_only_the_files_asked_for_can_be_read(tmp_path: Path) -> None:
    """Other files, settings and extensions are refused by DuckDB itself."""
    asked, other = parquet(tmp_path / "a.parquet"), parquet(tmp_path / "b.parquet")
    with locked_session(readable=[str(asked)]) as session:
        assert session.run("SELECT count(*) FROM read_parquet($path)", {"path": str(asked)}) == [(100,)]
        for sql in (
            f"FROM read_parquet('{other}')",
            f"ATTACH '{tmp_path / 'c.duckdb'}'",
            f"COPY (SELECT 1) TO '{tmp_path / 'd.csv'}'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                session.run(sql)


@pytest.mark.parametrize("name", ["converted_type", "int96"])
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_times_that_the_format_calls_utc(
    run: Callable[..., Result], tmp_path: Path, name: str, zone: str | None
) -> None:
    """A report straight over a file of an old writer shows what a load of it gives, notices included."""
    path = REPOSITORY / "tests" / "read" / "files" / f"{name}.parquet"
    given = ("--input-timezone", zone) if zone else ()
    over_file = run("log", "added", path, *given, "--timezone", "Asia/Kuala_Lumpur", "--range", "2026")
    store = tmp_path / "s.duckdb"
    loaded = run("load", path, *given, "--timezone", "Asia/Kuala_Lumpur", "--store", store)
    assert over_file.stderr == loaded.stderr
    assert ("INT96 times were read as UTC" in loaded.stderr) == (name == "int96" and zone is None)
    from_store = run("log", "added", "--range", "2026", "--store", store)
    assert over_file.stdout == from_store.stdout
    first = "09:00" if name == "int96" and zone else "18:00"
    assert f"2026-11-04T{first}:00+08:00\ta1" in over_file.stdout
