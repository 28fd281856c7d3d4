"""What only a cluster does: its columns and types, what is read of a table, failures, and exports."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from click.testing import Result

from contactrep import duck
from contactrep.cluster import ClusterTable
from contactrep.engines.spark.dialect import folding
from contactrep.engines.spark.engine import SparkEngine
from contactrep.errors import StoreProblem
from contactrep.memory import for_duckdb
from contactrep.questions import Question
from contactrep.questions.engine import ask
from contactrep.read.mapping import Mapping
from tests.spark import cluster, running

Run = Callable[..., Result]

needs_client = pytest.mark.skipif(find_spec("pyspark") is None, reason="no pyspark-client")

AS_OF = ("--as-of", "2026-11-05", "--timezone", "Asia/Kuala_Lumpur")


@pytest.fixture(scope="module")
def url() -> str:
    """The address of the server."""
    return running.url()


@pytest.fixture(scope="module")
def spark() -> cluster.Spark:
    """A server that these tests have started themselves, so that they may ask it what it did."""
    started = running.started()
    if started is None:
        pytest.skip("SPARK_TEST_URL names a server that others may use")
    return started


@pytest.fixture
def table(url: str, tmp_path: Path) -> Callable[..., str]:
    """Write a Parquet file from SQL, and give the address of it as a table."""

    def write(sql: str, *parameters: str, name: str = "table.parquet") -> str:
        path = tmp_path / name
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")
        return ";".join([f"{url}/parquet:{path}", *parameters])

    return write


EVENTS = """
    SELECT TIMESTAMPTZ '2026-11-04 10:00:00Z' AS timestamp,
        'added' AS event, '1' AS contact_id, 'User' AS source
    UNION ALL SELECT TIMESTAMPTZ '2026-11-04 11:00:00Z', 'deleted', '2', NULL"""


def added(result: Result) -> int:
    """The number of added contacts in an overview."""
    assert result.exit_code == 0, result.stderr
    count: int = json.loads(result.stdout)["metrics"]["added"]["count"]
    return count


# Columns and values


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("now() AS timestamp, 'added' AS event", "no contact_id column (found: timestamp, event)"),
        (
            "'x' AS timestamp, 'added' AS event, '1' AS contact_id",
            "is of type string: it must be a timestamp",
        ),
        ("now() AS timestamp, 'added' AS event, 1.5::DOUBLE AS contact_id", "contact_id is of type double"),
        ("now() AS timestamp, 'added' AS event, ['1'] AS contact_id", "contact_id is of type array<string>"),
        ("now() AS timestamp, true AS event, '1' AS contact_id", "event is of type boolean"),
    ],
)
def test_a_table_without_the_columns_of_events_is_refused(
    run: Run, table: Callable[..., str], columns: str, said: str
) -> None:
    """One line names the column, before any job."""
    result = run("overview", "--store", table(f"SELECT {columns}"), *AS_OF)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_other_names_can_stand_in_the_config(run: Run, table: Callable[..., str], tmp_path: Path) -> None:
    """The message names the config, because `status` has no --map; what the config says, it takes."""
    config, address = (
        tmp_path / "config.toml",
        table("SELECT now() AS at, 'added' AS event, '1' AS contact_id"),
    )
    config.write_text('timezone = "UTC"\n')
    result = run("status", "--store", address, "--config", config)
    assert "use --map timestamp=COLUMN, or set it under [map] in the config" in result.stderr
    config.write_text('timezone = "UTC"\n[map]\ntimestamp = "at"\n')
    assert run("status", "--store", address, "--config", config).exit_code == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--timestamp-format", "%Y"],
        ["--event", "added=created_at"],
        ["--records", "items"],
        ["--map", "contact_id=contact_id|source"],
        ["--max-rejects", "5"],
        ["--value", "timestamp:1=2"],
    ],
    ids=" ".join,
)
def test_what_only_files_have_is_refused(run: Run, table: Callable[..., str], options: list[str]) -> None:
    """One line says what a table takes instead."""
    result = run("overview", "--store", table(EVENTS), *AS_OF, *options)
    assert result.exit_code in (1, 2)
    assert "cluster" in result.stderr
    assert result.stderr.count("\n") == 1


def test_other_names_and_values_are_mapped_on_the_cluster(run: Run, table: Callable[..., str]) -> None:
    """A profile's columns, values, skipped records and values for none give what a load of the file gives."""
    address = table("""
        SELECT * FROM (VALUES
            (TIMESTAMP '2026-11-04 10:00:00', 'contact.new', 7, 'incoming_message', ''),
            (TIMESTAMP '2026-11-04 10:00:01', 'contact.new', 8, '', NULL),
            (TIMESTAMP '2026-11-04 10:00:02', 'contact.gone', 7, NULL, NULL),
            (TIMESTAMP '2026-11-04 10:00:03', 'Connected', 9, 'x', 'LINE'),
            (TIMESTAMP '2026-11-04 10:00:04', 'note', 9, 'x', 'LINE')
        ) AS t("when", what, who, source, channel)""")
    path = address.partition("parquet:")[2]
    reading = ["--map", "timestamp=when", "--map", "event=what", "--map", "contact_id=who"]
    reading += ["--value", "event:contact.new=added", "--value", "event:contact.g*=deleted"]
    reading += ["--value", "event:note=-", "--set", "channel=WhatsApp", "--input-timezone", "Asia/Tokyo"]
    ask = ["export", "events", *AS_OF, *reading]
    assert run(*ask, "--store", address).stdout == run(*ask, path).stdout != ""


def test_a_rule_for_every_text_matches_no_empty_one(run: Run, table: Callable[..., str]) -> None:
    """`--value FIELD:*=TO` leaves empty texts and nulls to `--set`, as in a load."""
    address = table("""
        SELECT TIMESTAMPTZ '2026-11-04' AS timestamp, 'added' AS event, row_number() OVER () AS contact_id,
            source FROM (VALUES (''), (NULL), ('x'), ('*'), (' ')) AS t(source)""")
    ask = ["export", "events", "--timezone", "UTC", "--value", "source:*=Y", "--set", "source=Z"]
    assert run(*ask, "--store", address).stdout == run(*ask, address.partition("parquet:")[2]).stdout != ""


def test_a_column_can_name_the_zone_of_its_times(run: Run, table: Callable[..., str]) -> None:
    """Times without a zone are in the zone that their column names, as in a file."""
    address = table("""SELECT TIMESTAMP '2026-11-04 10:00' AS "Created At (Asia/Tokyo)", '1' AS contact_id""")
    ask = ["export", "added", "--event", "added", "--timezone", "UTC"]
    for more in ([], ["--input-timezone", "Europe/Berlin"]):
        assert "2026-11-04T01:00:00Z,added,1" in run(*ask, *more, "--store", address).stdout


def test_files_of_a_table_may_have_other_columns(run: Run, table: Callable[..., str], tmp_path: Path) -> None:
    """A column that only a later file has is read; one of two types hinders nothing that does not need it."""
    event = "SELECT TIMESTAMPTZ '2026-11-04 10:00Z' AS timestamp, 'connected' AS event, "
    table(f"{event} '1' AS contact_id", name="a.parquet")
    address = table(f"{event} '2' AS contact_id, 'LINE' AS channel", name="b.parquet")
    folder = address.replace("/b.parquet", "")
    ask = ["export", "events", "--timezone", "UTC"]
    assert run(*ask, "--store", folder).stdout == run(*ask, tmp_path).stdout != ""
    table(f"{event} '1' AS contact_id, 1 AS note", name="a.parquet")
    table(f"{event} '2' AS contact_id, 'x' AS note", name="b.parquet")
    assert run(*ask, "--store", folder).stdout == run(*ask, tmp_path).stdout != ""


def test_the_first_file_by_name_has_the_event_that_stays(
    run: Run, table: Callable[..., str], tmp_path: Path
) -> None:
    """Also where Spark writes a character of the name in another way."""
    for name in ("a!b", "a b", "a+b"):
        address = table(f"SELECT * REPLACE ('{name}' AS source) FROM ({EVENTS})", name=f"{name}.parquet")
    ask = ["export", "added", "--timezone", "UTC"]
    answer = run(*ask, "--store", address.replace("/a+b.parquet", "")).stdout
    assert answer == run(*ask, tmp_path).stdout
    assert "a b" in answer


@needs_client
def test_files_that_spark_cannot_read_are_one_line(run: Run, url: str, tmp_path: Path) -> None:
    """Two columns of one name, and a text that is not UTF-8: the message names the table and the reason."""
    import pyarrow
    from pyarrow.parquet import write_table

    event = {"timestamp": [datetime(2026, 11, 4)], "event": ["added"], "contact_id": ["1"]}  # noqa: DTZ001
    broken = pyarrow.array([b"\xff\xfeab"]).view(pyarrow.string())
    for name, columns in (("case", {"Channel": ["x"], "channel": ["y"]}), ("bytes", {"source": broken})):
        write_table(pyarrow.table({**event, **columns}), tmp_path / name)
        for command in (["added", "--range", "all"], ["export", "events", "--format", "jsonl"]):
            result = run(*command, "--store", f"{url}/parquet:{tmp_path / name}", "--timezone", "UTC")
            assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
            assert f"{name}: [" in result.stderr
            assert "choose another folder" not in result.stderr


def test_known_kinds_and_sources_have_one_spelling(run: Run, table: Callable[..., str]) -> None:
    """However they are written, as in a load: other case, spaces, marks and ligatures, and nothing at all."""
    sources = ["incoming_message", "ECHO meßage", "Zapıer", "uſer", "\ufeffbroad cast", "Zap-\u200bier", ""]
    kinds = ["ADDED", "deleted ", "Me-rged"]
    values = ", ".join(f"('{kind}', '{source}')" for kind in kinds for source in sources)
    address = table(f"""
        SELECT TIMESTAMPTZ '2026-11-04' AS timestamp, event, row_number() OVER () AS contact_id, source
        FROM (VALUES {values}) AS t(event, source)""")
    ask = ("export", "events", "--timezone", "UTC")
    path = address.partition("parquet:")[2]
    assert run(*ask, "--store", address).stdout == run(*ask, path).stdout != ""


@pytest.mark.parametrize(
    "report",
    [
        ["report", "--contact", "ΆΝ", "--contact", "x", "--range", "2026"],
        ["overview", "--source", "zapier", "--user", "UMA", "--range", "2026", "--by", "month"],
        ["log", "added", *(word for n in range(30) for word in ("--contact", f"{n}ß"))],
        ["check", "added < 5", "--range", "2026"],
    ],
    ids=lambda report: " ".join(report[:3]),
)
def test_filters_are_those_of_a_store(run: Run, table: Callable[..., str], report: list[str]) -> None:
    """The answer over the table is, to the byte, that over its file."""
    address = table("""
        SELECT * FROM (VALUES
            (TIMESTAMPTZ '2026-11-04 10:00:00Z', 'added', '1', 'Zapier', 'άν', 'Uma'),
            (TIMESTAMPTZ '2026-11-04 10:00:01Z', 'added', '2', 'User', 'Xi', 'Uma'),
            (TIMESTAMPTZ '2026-10-04 10:00:02Z', 'deleted', '1', 'User', 'άν', 'Bo'),
            (TIMESTAMPTZ '2026-11-04 10:00:03Z', 'connected', '3', NULL, '7SS', NULL),
            (TIMESTAMPTZ '2026-11-04 10:00:04Z', 'merged', '1', 'Zapier', NULL, 'Uma'),
            (TIMESTAMPTZ '2026-11-04 10:00:04Z', 'merged', '1', 'Zapier', NULL, 'Uma')
        ) AS t(timestamp, event, contact_id, source, contact_name, user_name)""")
    path = address.partition("parquet:")[2]
    ask = (*report, *AS_OF, "--format", "json")
    assert run(*ask, "--store", address).stdout == run(*ask, path).stdout != ""


@pytest.mark.parametrize(
    ("time", "event", "contact"),
    [
        ("2026-11-04 10:00:00Z", "renamed", "3"),
        (None, "added", "4"),
        (None, "merged", "4"),
        ("2026-11-04 10:00:00Z", "added", " "),
        ("2026-11-04 10:00:00Z", "added", "\t"),
        ("2026-11-04 10:00:00Z", "merged", "\xa0"),
        ("2026-11-04 10:00:00Z", "added", "1.23457E+11"),
        ("2026-11-04 12:00:00Z", "added", ""),
        ("0001-12-31 10:00:00Z", "added", "5"),
        ("9999-12-31 00:00:00Z", "deleted", "6"),
    ],
)
def test_rows_that_are_no_events_are_left_out_with_a_warning(
    run: Run, table: Callable[..., str], time: str | None, event: str, contact: str
) -> None:
    """A row that a load of the file rejects counts nowhere, and its time is not that of the last event."""
    address = table(f"""{EVENTS}
        UNION ALL SELECT {f"TIMESTAMPTZ '{time}'" if time else "NULL"}, '{event}', '{contact}', NULL""")
    ask = ("overview", *AS_OF, "--range", "all", "--format", "json")
    result, path = run(*ask, "--store", address), address.partition("parquet:")[2]
    assert "Warning: " in result.stderr
    assert "1 row is not an event and is left out" in result.stderr
    one, two = (json.loads(it.stdout) for it in (result, run(*ask, path, "--max-rejects", "100%")))
    assert one | {"notices": []} == two | {"notices": []}


def test_ids_of_merges_are_those_of_a_load(run: Run, table: Callable[..., str]) -> None:
    """A blank merged_contact_id is none, and one that a spreadsheet has rounded makes the row invalid."""
    address = table("""
        SELECT TIMESTAMPTZ '2026-11-04' AS timestamp, 'merged' AS event, id AS contact_id,
            id AS merged_contact_id
        FROM (VALUES ('1'), (' 2'), ('1,5E+10'), (chr(160) || 'x')) AS t(id)
        UNION ALL SELECT TIMESTAMPTZ '2026-11-04', 'merged', '3', chr(160)
        UNION ALL SELECT TIMESTAMPTZ '2026-11-04', 'merged', '4', '1,5E+10'
        UNION ALL SELECT TIMESTAMPTZ '2026-11-04', 'added', '5', '1,5E+10'""")
    ask = ("export", "events", "--raw", "--timezone", "UTC")
    path = address.partition("parquet:")[2]
    told = run(*ask, "--store", address)
    assert told.stdout == run(*ask, path, "--max-rejects", "100%").stdout != ""
    assert "2 rows are not events" in told.stderr


def test_events_that_are_twice_in_a_table_count_once(run: Run, table: Callable[..., str]) -> None:
    """The first by file and row stays; `unique=true` takes the table at its word."""
    twice = f"""{EVENTS} UNION ALL SELECT timestamp, event, contact_id, 'Zapier' FROM ({EVENTS})"""
    address = table(twice)
    assert added(run("overview", "--store", address, *AS_OF, "--format", "json")) == 1
    assert "User" in run("log", "added", "--store", address, *AS_OF).stdout
    assert added(run("overview", "--store", f"{address};unique=true", *AS_OF, "--format", "json")) == 2


def test_equal_merges_without_a_second_id_are_merges_of_their_own(
    run: Run, table: Callable[..., str]
) -> None:
    """As within one file; with a second id they are one."""
    merge = "SELECT TIMESTAMPTZ '2026-11-04 10:00:00Z' AS timestamp, 'merged' AS event, '1' AS contact_id"
    address = table(f"""
        SELECT *, NULL::VARCHAR AS merged_contact_id FROM ({merge} UNION ALL {merge})
        UNION ALL SELECT *, '2' FROM ({merge} UNION ALL {merge})""")
    result = run("log", "merged", "--store", address, *AS_OF, "--format", "json")
    assert json.loads(result.stdout)["total"] == 3


def test_user_names_come_from_the_file_of_the_config(
    run: Run, table: Callable[..., str], tmp_path: Path
) -> None:
    """`users` in the config names it; a broken one is told."""
    address = table(f"SELECT *, '7' AS user_id, 'Uma' AS user_name FROM ({EVENTS})")
    config, users = tmp_path / "config.toml", tmp_path / "users.csv"
    config.write_text('users = "users.csv"\ntimezone = "UTC"\n')
    users.write_text("id,name\n7,Ursula\n")
    ask = ("log", "deleted", "--store", address, "--as-of", "2026-11-05")
    assert "Ursula" in run(*ask, "--config", config).stdout
    assert "Uma" in run(*ask, "--timezone", "UTC").stdout
    users.write_text("id\n7\n")
    assert "users.csv" in run(*ask, "--config", config).stderr


def test_letter_case_is_folded_as_in_a_store() -> None:
    """Every code point: Spark's `translate` with these two texts does what DuckDB's `lower(upper())` does."""
    pairs = folding()
    table = str.maketrans(str(pairs["folding_from"]), str(pairs["folding_to"]))
    letters = [chr(code) for code in range(1, 0x1E944) if not 0xD800 <= code < 0xE000]
    sql = "SELECT lower(upper(unnest($1::VARCHAR[])))"
    folded = [row[0] for row in duckdb.execute(sql, [letters]).fetchall()]
    assert [
        (one, other) for one, other in zip(letters, folded, strict=True) if one.translate(table) != other
    ] == []


# What is read


def plan(engine: SparkEngine, question: Question) -> str:
    """How Spark would answer."""
    frame = engine._spark.do(lambda spark: engine_frame(engine, spark, question))
    text: str = engine._spark.do(lambda _: frame._explain_string(mode="formatted"))
    return text


def engine_frame(engine: SparkEngine, spark: Any, question: Question) -> Any:
    """The question as a frame."""
    from contactrep.engines.spark.connection import framed

    return framed(spark, engine._put(question))


def test_a_range_reads_only_the_days_it_needs(run: Run, url: str, tmp_path: Path) -> None:
    """With `day=day` the plan has a filter on partitions; without it, none."""
    store, folder = tmp_path / "s.duckdb", tmp_path / "days"
    events = tmp_path / "e.csv"
    lines = [f"2026-11-{day:02}T10:00:00Z,added,{day}" for day in range(1, 29)]
    events.write_text("\n".join(["timestamp,event,contact_id", *lines]))
    run("load", "--store", store, "--timezone", "UTC", events)
    assert run("export", "events", "--store", store, "-o", folder, "--partition-by", "day").exit_code == 0
    span = {"start": datetime(2026, 11, 4), "end": datetime(2026, 11, 6)}  # noqa: DTZ001
    for parameters, is_pruned in ((";day=day", True), ("", False)):
        address = ClusterTable.parse(f"{url}/parquet:{folder};unique=true{parameters}")
        with SparkEngine(address, Mapping(), ZoneInfo("UTC")) as engine:
            within = engine.dialect.is_within("start", "end")
            question = Question(f"SELECT count(*) AS events FROM events WHERE {within}", span)
            assert ask(engine, question) == [(2,)]
            said = plan(engine, question)
            assert "row_index" not in said  # it would be read row by row
            found = [line for line in said.splitlines() if "PartitionFilters" in line]
            assert any("2026-11-04" in line and "2026-11-06" in line for line in found) == is_pruned


@pytest.mark.parametrize(("report", "most"), [("report", 3), ("overview", 2), ("log added", 3)])
def test_a_page_is_few_questions(
    run: Run, table: Callable[..., str], spark: cluster.Spark, report: str, most: int
) -> None:
    """Spark itself counts the queries that have run jobs: making a view runs none."""

    def queries() -> set[int]:
        return {it["id"] for it in spark.asked("sql?length=1000&details=false") if it["successJobIds"]}

    address, before = table(EVENTS, "unique=true"), queries()
    assert run(*report.split(), "--store", address, *AS_OF).exit_code == 0
    assert 0 < len(queries() - before) <= most


def test_all_questions_see_the_same_files(url: str, tmp_path: Path) -> None:
    """A file that comes while a page is made is not in it; one that goes is an error."""
    folder = tmp_path / "files"
    folder.mkdir()

    def write(name: str) -> None:
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({EVENTS}) TO '{folder / name}' (FORMAT parquet)")

    write("a.parquet")
    address = ClusterTable.parse(f"{url}/parquet:{folder};unique=true")
    count = Question("SELECT count(*) AS events FROM events")
    with SparkEngine(address, Mapping(), ZoneInfo("UTC")) as engine:
        assert ask(engine, count) == [(2,)]
        write("b.parquet")
        assert ask(engine, count) == [(2,)]
    with SparkEngine(address, Mapping(), ZoneInfo("UTC")) as engine:
        assert ask(engine, count) == [(4,)]
        (folder / "a.parquet").unlink()
        with pytest.raises(StoreProblem, match=r"a\.parquet"):
            ask(engine, Question("SELECT count(*) AS events FROM events WHERE contact_id = '1'"))


# Exports


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_streamed_export_is_that_of_a_store(
    run: Run, url: str, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, in slices of any size."""
    monkeypatch.setattr("contactrep.engines.spark.engine._SLICE", 100)
    monkeypatch.setattr("contactrep.engines.spark.engine._PIECES", 10)
    store, events = tmp_path / "s.duckdb", tmp_path / "e.csv"
    lines = [f"2026-11-{day:02}T{n % 24:02}:00:00Z,added,{day}-{n}" for day in (1, 2, 28) for n in range(60)]
    events.write_text("\n".join(["timestamp,event,contact_id", *lines]))
    run("load", "--store", store, "--timezone", "UTC", events)
    run("export", "events", "--store", store, "-o", tmp_path / "t.parquet")
    mine, other = tmp_path / f"mine.{suffix}", tmp_path / f"other.{suffix}"
    run("export", "added", "--store", store, "-o", mine)
    address = f"{url}/parquet:{tmp_path / 't.parquet'};unique=true"
    result = run("export", "added", "--store", address, "--timezone", "UTC", "-o", other)
    assert result.stderr == f"Note: 180 rows written to {other}\n"
    if suffix == "parquet":
        with duckdb.connect() as connection:
            one, two = (connection.execute(f"SELECT * FROM '{path}'").fetchall() for path in (mine, other))
            assert one == two
    else:
        assert mine.read_bytes() == other.read_bytes()


def test_what_writes_a_streamed_export_has_the_limit_of_memory(
    run: Run, table: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--memory-limit` is that of DuckDB here, too, which writes the file."""
    limits: list[str | None] = []

    def heard(limit: str | None) -> str:
        limits.append(limit)
        return for_duckdb(limit)

    monkeypatch.setattr(duck, "for_duckdb", heard)
    ask = ("export", "events", "--store", table(EVENTS), "--timezone", "UTC", "-o", tmp_path / "e.csv")
    result = run(*ask, "--memory-limit", "300MB")
    assert (result.exit_code, limits) == (0, ["300MB"])


def test_the_cluster_writes_a_folder(run: Run, table: Callable[..., str], tmp_path: Path) -> None:
    """Parquet by day, and never over what is there; a report on it is the same."""
    address, folder = table(EVENTS), tmp_path / "copy"
    ask = ("export", "events", "--store", address, "--timezone", "UTC", "-o", f"parquet:{folder}")
    result = run(*ask, "--partition-by", "day")
    assert (result.exit_code, result.stderr) == (0, f"Note: 2 rows written to parquet:{folder}\n")
    assert [path.name for path in folder.glob("day=*")] == ["day=2026-11-04"]
    again = run(*ask)
    assert again.exit_code == 1
    assert "already exists" in again.stderr
    copied = f"{address.partition('/parquet:')[0]}/parquet:{folder};day=day"
    one, two = (run("overview", "--store", it, *AS_OF, "--format", "json").stdout for it in (address, copied))
    assert one == two != ""


# Failures


@needs_client
def test_no_server_is_one_line(run: Run) -> None:
    """Within seconds, without the token."""
    started = time.monotonic()
    result = run("overview", "--store", f"sc://127.0.0.1:{free_port()}/t;token=hunter2", *AS_OF)
    assert time.monotonic() - started < 15
    assert result.exit_code == 1
    assert "Error: no connection to sc://127.0.0.1:" in result.stderr
    assert result.stderr.count("\n") == 1
    assert "hunter2" not in result.stderr


def test_a_missing_client_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install, and nothing was asked of the network."""
    monkeypatch.setitem(sys.modules, "pyspark", None)
    for name in [name for name in sys.modules if name.startswith("pyspark.")]:
        monkeypatch.setitem(sys.modules, name, None)
    result = run("overview", "--store", "sc://127.0.0.1:1/t", *AS_OF)
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: a table on a cluster needs Spark's client: python -m pip install 'contactrep[spark]'\n"
    )


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def test_a_table_that_is_not_there_is_one_line(run: Run, url: str) -> None:
    """Its name is in it, and none of Spark's stack."""
    for place in ("no_such_table", "parquet:/no/such/folder"):
        result = run("overview", "--store", f"{url}/{place}", *AS_OF)
        assert result.exit_code == 1
        assert place.removeprefix("parquet:") in result.stderr
        assert result.stderr.count("\n") == 1


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def ended_by_ctrl_c(address: str, *, after: float) -> tuple[int, float]:
    """The exit code of a report that gets SIGINT, and the seconds until it ended."""
    command = [sys.executable, "-m", "contactrep", "overview", "--store", address, *AS_OF]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    time.sleep(after)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    return process.wait(60), time.monotonic() - sent


@needs_client
def test_ctrl_c_ends_a_run_that_waits_for_a_deaf_server(silent: int) -> None:
    """With 130, long before the server would be given up."""
    code, took = ended_by_ctrl_c(f"sc://127.0.0.1:{silent}/t", after=4)
    assert code == 130
    assert took < 10


def test_ctrl_c_cancels_the_job_on_the_cluster(url: str, tmp_path: Path) -> None:
    """A question that would take hours ends with an error, and the server is free for the next."""
    address = ClusterTable.parse(f"{url}/parquet:{events_file(tmp_path)};unique=true")
    with SparkEngine(address, Mapping(), ZoneInfo("UTC")) as engine:
        slow = Question("SELECT count(*) AS n FROM range(1000000000000) AS a CROSS JOIN (SELECT 1) AS events")
        job = threading.Timer(3, lambda: os.kill(os.getpid(), signal.SIGINT))
        job.start()
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            ask(engine, slow)
        assert ask(engine, Question("SELECT count(*) AS events FROM events")) == [(2,)]


def events_file(folder: Path) -> Path:
    """A Parquet file of two events."""
    path = folder / "two.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({EVENTS}) TO '{path}' (FORMAT parquet)")
    return path
