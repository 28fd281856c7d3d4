"""Parquet: columns by name, whatever their types and order."""

from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import duckdb
import pytest

from contactrep.engines.parquet import parquet_engine
from contactrep.errors import InputProblem
from contactrep.read import first_pass
from contactrep.read.mapping import Mapping
from contactrep.read.parquet import ParquetTable
from tests.read.taking import Taken, take_path

GOOD = "TIMESTAMPTZ '2026-11-05 10:00:00+00' AS timestamp, 'added' AS event, '1' AS contact_id"


def write(path: Path, select: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def take(tmp_path: Path, select: str, **options: object) -> Taken:
    zone = str(options.pop("zone", "UTC"))
    return take_path(write(tmp_path / "a.parquet", select), Mapping(**options), zone)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("TIMESTAMPTZ '2026-11-05 10:00:00.123456+08'", "2026-11-05 02:00:00.123456"),
        ("TIMESTAMP '2026-11-05 10:00:00'", "2026-11-05 02:00:00"),
        ("TIMESTAMP_NS '2026-11-05 10:00:00.123456789'", "2026-11-05 02:00:00.123456"),
        ("TIMESTAMP_S '2026-11-05 10:00:00'", "2026-11-05 02:00:00"),
        ("TIMESTAMP_MS '2026-11-05 10:00:00.5'", "2026-11-05 02:00:00.500000"),
        ("DATE '2026-11-05'", "2026-11-04 16:00:00"),
        ("'2026-11-05T10:00:00Z'", "2026-11-05 10:00:00"),
        ("1700000000", "2023-11-14 22:13:20"),
        ("1700000000123::BIGINT", "2023-11-14 22:13:20.123000"),
        ("1700000000.25::DOUBLE", "2023-11-14 22:13:20.250000"),
        ("1700000000123::DOUBLE", "2023-11-14 22:13:20.123000"),
        ("1700000000123456789::DOUBLE", "2023-11-14 22:13:20.123456"),
        ("1700000000.123456::DECIMAL(18,6)", "2023-11-14 22:13:20.123456"),
    ],
)
def test_times_of_every_type(tmp_path: Path, value: str, instant: str) -> None:
    """An instant is one, a time without a zone is the workspace's, and numbers are epochs."""
    select = f"SELECT {value} AS timestamp, 'added' AS event, '1' AS contact_id"
    assert [str(time) for time in take(tmp_path, select, zone="Asia/Kuala_Lumpur").times] == [instant]


@pytest.mark.parametrize(
    ("value", "identity"),
    [
        ("124", "124"), ("'00124'", "00124"), ("1.5", "1.5"), ("100000::DOUBLE", "100000"), ("true", "true"),
        ("'a'::BLOB", "a"),
        ("uuid '6f9619ff-8b86-d011-b42d-00cf4fc964ff'", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"), ("1e300::DOUBLE", "1e+300"),
        ("7::DECIMAL(38,10)", "7"), ("100.50::DECIMAL(9,2)", "100.5"), ("100::DECIMAL(18,0)", "100"),
        ("9007199254740991::DOUBLE", "9007199254740991"), ("16777215::FLOAT", "16777215"),
    ],
)  # fmt: skip
def test_ids_of_every_type(tmp_path: Path, value: str, identity: str) -> None:
    """An id that is no text is written as one."""
    select = f"SELECT DATE '2026-11-05' AS timestamp, 'added' AS event, {value} AS contact_id"
    assert take(tmp_path, select).ids == [identity]


@pytest.mark.parametrize(
    "value", ["9007199254740993::DOUBLE", "123456789012345678::DOUBLE", "-1e17::DOUBLE", "123456789::FLOAT"]
)
def test_an_id_beyond_what_its_type_holds(tmp_path: Path, value: str) -> None:
    """A column of ids with gaps becomes one of floats in pandas: such an id may be another contact's."""
    select = f"SELECT DATE '2026-11-05' AS timestamp, 'added' AS event, {value} AS contact_id"
    assert "was rounded by" in take(tmp_path, select).reasons[1]
    merge = f"SELECT DATE '2026-11-05' AS timestamp, 'merged' AS event, 1 AS contact_id, [{value}] AS m"
    assert "was rounded by" in take(tmp_path, merge, map={"merged_contact_id": "m"}).reasons[1]


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ("[2::DOUBLE, NULL, 3.5]", ["2", "3.5"]), ("['nan'::DOUBLE, 4]", ["4"]),
        ("[7::DECIMAL(38,10)]", ["7"]), ("['a'::BLOB, 'b']", ["a", "b"]), ("[1, 2]", ["1", "2"]),
    ],
)  # fmt: skip
def test_merged_ids_of_every_type(tmp_path: Path, values: str, ids: list[str]) -> None:
    """Those in a list are written as those of contacts are: else a merge names nobody."""
    select = f"SELECT DATE '2026-11-05' AS timestamp, 'merged' AS event, 1 AS contact_id, {values} AS m"
    assert take(tmp_path, select, map={"merged_contact_id": "m"}).merged == ids


def test_lists_of_lists_are_no_merged_ids(tmp_path: Path) -> None:
    """A column with lists of lists is refused: a contact would get the id `[1, 2]`."""
    select = "SELECT DATE '2026-11-05' AS timestamp, 'merged' AS event, 1 AS contact_id, [[1, 2]] AS m"
    with pytest.raises(InputProblem, match="'m' holds list values, but merged_contact_id needs"):
        take(tmp_path, select, map={"merged_contact_id": "m"})


@pytest.mark.parametrize("path", ["c.new|c.old", "c.old|c.new", "c.new+c.old|c.old", "new.id|c.new|c.old"])
def test_a_struct_may_lack_one_of_several_paths(tmp_path: Path, path: str) -> None:
    """As of columns, those that a file has are read; a sum counts if the file has all of it."""
    select = "SELECT DATE '2026-11-05' AS timestamp, 'added' AS event, {'old': 'a'} AS c"
    assert take(tmp_path, select, map={"contact_id": path}).ids == ["a"]


def test_texts_within_json_are_those_that_it_means(tmp_path: Path) -> None:
    """Paths lead into a column of JSON as into a struct; its texts have no quotes, and its null is null."""
    select = """
        SELECT DATE '2026-11-05' AS timestamp, 'added' AS event, j::JSON AS j
        FROM (VALUES ('{"id": "7", "who": {"name": null}}'), ('{"id": 8, "who": {"name": "A"}}')) AS t(j)
        """
    taken = take(tmp_path, select, map={"contact_id": "j.id", "contact_name": "j.who.name"})
    assert (taken.ids, taken.names) == (["7", "8"], [None, "A"])


def test_parts_of_json_with_parts_are_no_texts(tmp_path: Path) -> None:
    """As in a JSON file, objects and lists are rejected, except a list of merged ids."""
    select = """
        SELECT DATE '2026-11-05' AS timestamp, 'merged' AS event, j::JSON AS j
        FROM (VALUES ('{"id": "7", "ids": ["a", 5, null]}'), ('{"id": ["8"]}'), ('{"id": {"a": 1}}'),
            ('{"id": "9", "ids": [["b"]]}')) AS t(j)
        """
    taken = take(tmp_path, select, map={"contact_id": "j.id", "merged_contact_id": "j.ids"})
    assert (taken.ids, taken.merged) == (["7"], ["a", "5"])
    fields = [reason.split(" is an object or a list")[0] for reason in taken.reasons.values()]
    assert fields == ["contact_id", "contact_id", "merged_contact_id"]


def test_files_that_were_joined_are_refused(tmp_path: Path) -> None:
    """The metadata of the last one would give the rows of the first: half of them would be lost."""
    one, two = (
        write(tmp_path / f"{name}.parquet", "SELECT " + GOOD.replace("'1'", f"'{name}'")) for name in "12"
    )
    one.write_bytes(one.read_bytes() + two.read_bytes())
    with pytest.raises(InputProblem, match="several Parquet files joined into one: load each separately"):
        take_path(one, Mapping(), "UTC")
    with parquet_engine([str(one)], Mapping(), ZoneInfo("UTC")) as engine:
        assert engine is None


def test_columns_by_name_in_any_order(tmp_path: Path) -> None:
    """Order does not matter, nested columns that no field takes neither; they are named."""
    names = '\'Ann\' AS "Name", \'Added\' AS "Activity Type", 7 AS "Contact ID"'
    select = f"SELECT {{'a': 1}} AS extra, {names}, DATE '2026-11-05' AS d"
    taken = take(tmp_path, select, map={"timestamp": "d"})
    assert taken.events[1][1:4] == ("added", "7", "Ann")
    assert taken.counts.ignored_columns == ("extra",)


def test_rejects_have_their_row_and_values(tmp_path: Path) -> None:
    """A bad row is rejected with its number among the rows, and its values as JSON."""
    rows = "(DATE '2026-11-05', 'added', '1'), (DATE '2026-11-05', 'moved', '2'), (NULL, 'added', '3')"
    taken = take(tmp_path, f'SELECT * FROM (VALUES {rows}) AS t(timestamp, event, "Contact ID")')
    assert taken.ids == ["1"]
    assert taken.rejects == [
        (
            2,
            "unknown event 'moved' (expected added, connected, deleted or merged):"
            " use --value 'event:moved=KIND' with one of these, or =- to skip such rows",
            '{"timestamp":"2026-11-05","event":"moved","Contact ID":"2"}',
        ),
        (3, "no timestamp", '{"timestamp":null,"event":"added","Contact ID":"3"}'),
    ]


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    """Bytes of which nothing says that they are text must be UTF-8 where a field takes them, or be null."""
    blobs = [("1", r"Zo\xC3\xAB", r"\xFF"), ("2", r"a\xFFb", ""), (r"\x02\x00\x00", "a", "")]
    rows = [", ".join(f"'{blob}'::BLOB" for blob in row) for row in blobs] + ["'3', NULL, NULL"]
    values = ", ".join(f"({row})" for row in rows)
    select = f"SELECT DATE '2026-11-05' AS timestamp, 'added' AS event, * FROM (VALUES {values})"
    taken = take(tmp_path, f"{select} AS t(contact_id, contact_name, photo)")
    assert (taken.ids, taken.names) == (["1", "3"], ["Zoë", None])
    raw = r'{"timestamp":"2026-11-05","event":"added","contact_id":"2","contact_name":"a\\xFFb"}'
    assert taken.rejects[0] == (2, "undecodable bytes in contact_name: write it as text (UTF-8)", raw)
    assert taken.reasons[3] == "undecodable bytes in contact_id: write it as text (UTF-8)"


@pytest.mark.parametrize(
    "value",
    ["TIMESTAMP 'infinity'", "DATE '-infinity'", "TIMESTAMP '0044-03-15 (BC) 10:00:00'", "TIME '10:00'"],
)
def test_times_that_are_none(tmp_path: Path, value: str) -> None:
    """What no calendar has is rejected."""
    assert (
        take(tmp_path, f"SELECT {value} AS timestamp, 'added' AS event, '1' AS contact_id").counts.rejected
        == 1
    )


def test_a_struct_for_a_field_refuses_the_file(tmp_path: Path) -> None:
    """The message names the path that a field can be read from."""
    with pytest.raises(InputProblem) as raised:
        take(
            tmp_path,
            "SELECT DATE '2026-11-05' AS timestamp, 'added' AS event, {'a': 1, 'id': '7'} AS contact_id",
        )
    assert str(raised.value).endswith(
        "a.parquet: 'contact_id' holds values with parts: use --map contact_id=contact_id.id"
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("timestamp.x", "there is no 'timestamp.x' in column 'timestamp' (DATE): choose another column with"),
        ("tags.x", "there is no 'tags.x' in column 'tags' (VARCHAR[]): choose another column with"),
        ("who.a.b", "no column 'who.a.b' for --map contact_id=who.a.b"),
        ("text.a", "there is no 'text.a' in column 'text' (VARCHAR): choose another column with"),
        ("text[0]", "there is no 'text[0]' in column 'text' (VARCHAR): choose another column with"),
        ("who.ID", "columns 'who.id' and 'who.ID' differ only in case: rename one"),
    ],
)
def test_a_path_that_leads_to_nothing_refuses_the_file(tmp_path: Path, path: str, said: str) -> None:
    """The types of the columns decide which paths exist; a key that has a point cannot be named."""
    who = "{'a.b': '7', 'id': '8', 'zz': '9'} AS who"
    path_of = write(
        tmp_path / "a.parquet", f"SELECT DATE '2026-11-05' AS timestamp, ['1'] AS tags, 'x' AS text, {who}"
    )
    path_of.write_bytes(path_of.read_bytes().replace(b"zz", b"ID"))  # DuckDB does not write such a struct
    with pytest.raises(InputProblem) as raised:
        take_path(path_of, Mapping(event="added", map={"contact_id": path}), "UTC")
    assert said in str(raised.value)


def test_paths_that_cannot_be_written_are_not_advised(tmp_path: Path) -> None:
    """The error suggests no path to a key that has a point."""
    with pytest.raises(InputProblem, match="'contact_id' holds struct values"):
        take(tmp_path, "SELECT DATE '2026-11-05' AS timestamp, 'added' AS event, {'a.b': '7'} AS contact_id")
    line = '{"timestamp": "2026-11-05", "event": "added", "contact_id": {"a.b": "7"}}\n'
    (tmp_path / "a.jsonl").write_text(line)
    assert take_path(tmp_path / "a.jsonl", Mapping(), "UTC").counts.rejected == 1


@pytest.mark.parametrize(("value", "kind"), [("['a']", "list"), ("MAP {'a': 1}", "map")])
def test_nested_values_for_a_field_refuse_the_file(tmp_path: Path, value: str, kind: str) -> None:
    """A field needs one value a row."""
    with pytest.raises(InputProblem) as raised:
        take(tmp_path, f"SELECT DATE '2026-11-05' AS timestamp, 'added' AS event, {value} AS contact_id")
    said = (
        f"a.parquet: column 'contact_id' holds {kind} values, but contact_id needs a text or a number:"
        " choose another column with --map contact_id=COLUMN, or write this one as text"
    )
    assert str(raised.value).endswith(said)


@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT"])
def test_nan_is_null(tmp_path: Path, kind: str) -> None:
    """NaN is how data frames write a missing number; the statistics of a column leave it out."""
    users = f"(VALUES ('1', 12::{kind}), ('2', 'nan'), ('3', 13)) AS t(contact_id, user_id)"
    good = "TIMESTAMPTZ '2026-11-05 10:00:00+00' AS timestamp, 'added' AS event"
    assert [row[6] for row in take(tmp_path, f"SELECT {good}, * FROM {users}").events.values()] == [
        "12",
        None,
        "13",
    ]
    ids = f"(VALUES ('nan'::{kind}), ('inf'), (7)) AS t(contact_id)"
    taken = take(tmp_path, f"SELECT {good}, * FROM {ids}")
    assert (taken.ids, taken.reasons) == (["inf", "7"], {1: "no contact_id"})


def test_names_that_differ_in_case_refuse_the_file(tmp_path: Path) -> None:
    """DuckDB renames the second one; both mean the field, under their own names, until `--map` decides."""
    path = write(tmp_path / "a.parquet", f"SELECT {GOOD}, TIMESTAMP '2020-01-01' AS \"Timestamq\"")
    path.write_bytes(path.read_bytes().replace(b"Timestamq", b"Timestamp"))
    with pytest.raises(InputProblem, match="columns 'timestamp' and 'Timestamp' both mean timestamp: use "):
        take_path(path)
    taken = take_path(path, Mapping(map={"timestamp": "Timestamp"}))
    assert [time.year for time in taken.times] == [2020]
    assert taken.counts.ignored_columns == ("timestamp",)


def test_missing_columns_refuse_the_file(tmp_path: Path) -> None:
    """A Parquet file needs the same columns as any other."""
    with pytest.raises(InputProblem, match=r"no event column \(found: timestamp, contact_id"):
        take(tmp_path, "SELECT DATE '2026-11-05' AS timestamp, 1 AS contact_id")


def test_zero_rows(tmp_path: Path) -> None:
    """A file of columns and no rows is fine and empty."""
    assert take(tmp_path, f"SELECT {GOOD} LIMIT 0").counts.read == 0


@pytest.mark.parametrize("part", [0.5, 0.99])
def test_a_file_cut_short_is_refused(tmp_path: Path, part: float) -> None:
    """Half a Parquet file is none, and the message is one line."""
    path = write(tmp_path / "a.parquet", f"SELECT {GOOD}, range AS x FROM range(10000)")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(
        InputProblem, match=r"a.parquet: not a whole Parquet file \(.*\): fetch or write it again$"
    ) as raised:
        take_path(path)
    assert "\n" not in str(raised.value)


def test_a_damaged_page_refuses_the_file(tmp_path: Path) -> None:
    """Pages that do not unpack refuse the file, in one line."""
    path = write(
        tmp_path / "a.parquet", f"SELECT {GOOD}, md5(range::VARCHAR) AS contact_name FROM range(10000)"
    )
    data = bytearray(path.read_bytes())
    data[2000:60_000] = b"x" * 58_000
    path.write_bytes(bytes(data))
    with pytest.raises(InputProblem, match=r"a.parquet: .*: fetch or write it again$") as raised:
        take_path(path)
    assert "\n" not in str(raised.value)


def test_texts_are_kept_exactly(tmp_path: Path) -> None:
    """Names have their characters, NUL and line ends among them; empty ones are null."""
    names = ["a" + chr(0) + "b", "a\nb", "😀", "NULL"]
    values = ", ".join("'" + name.replace(chr(0), "' || chr(0) || '") + "'" for name in [*names, ""])
    assert take(tmp_path, f"SELECT {GOOD}, unnest([{values}]) AS contact_name").names == [*names, None]


@pytest.mark.parametrize(
    ("kind", "hour"), [("TIMESTAMPTZ_NS", 10), ("TIMESTAMPTZ", 10), ("TIMESTAMP_NS", 2), ("TIMESTAMP_MS", 2)]
)
def test_times_of_every_unit(tmp_path: Path, kind: str, hour: int) -> None:
    """Times in UTC are instants and others wall times, in nanoseconds as in other units."""
    time = f"'2026-11-05 10:00:00+00'::{kind} AS timestamp, 'added' AS event, 1 AS contact_id"
    path = write(tmp_path / "a.parquet", f"SELECT {time}")
    assert [it.hour for it in take_path(path, zone="Asia/Kuala_Lumpur").times] == [hour]


FILES = Path(__file__).parent / "files"
"""Files as old writers made them, with two events at 10:00 and 10:01 UTC."""


def test_nan_beside_statistics_is_null() -> None:
    """A data frame's writer leaves NaN out of the statistics, by which DuckDB takes isnan for false."""
    taken = take_path(FILES / "nan_beside_statistics.parquet")
    assert [event[6] for event in taken.events.values()] == ["12", None, "13"]


def test_nan_beside_one_value_is_null() -> None:
    """Where all other values are one, DuckDB takes even a comparison with the text 'nan' for false."""
    taken = take_path(FILES / "nan_beside_one_value.parquet")
    assert [event[6] for event in taken.events.values()] == [None, "7"]


@pytest.mark.parametrize("name", ["converted_type", "int96"])
def test_times_that_the_format_calls_utc(name: str) -> None:
    """A legacy converted type without a logical type, and INT96, are instants, whatever the zone."""
    taken = take_path(FILES / f"{name}.parquet", zone="Asia/Kuala_Lumpur")
    assert [str(time) for time in taken.times] == ["2026-11-04 10:00:00", "2026-11-04 10:01:00"]
    assert bool(taken.counts.notes) == (name == "int96")


@pytest.mark.parametrize("name", ["converted_type", "int96"])
def test_times_within_values_that_the_format_calls_utc(name: str) -> None:
    """They are instants within lists and structs as well, and the notice is the same."""
    path = FILES / f"{name}_within.parquet"
    taken = take_path(path, Mapping(map={"timestamp": "data[0].at"}), "Asia/Kuala_Lumpur")
    assert [str(time) for time in taken.times] == ["2026-11-04 10:00:00", "2026-11-04 10:01:00"]
    assert bool(taken.counts.notes) == (name == "int96")


def test_an_input_zone_overrides_int96_alone() -> None:
    """Some writers mean local time by INT96, so the user may say so; a converted type leaves no doubt."""
    tokyo = Mapping(input_timezone=ZoneInfo("Asia/Tokyo"))
    taken = take_path(FILES / "int96.parquet", tokyo)
    assert (str(taken.times[0]), taken.counts.notes) == ("2026-11-04 01:00:00", ())
    assert str(take_path(FILES / "converted_type.parquet", tokyo).times[0]) == "2026-11-04 10:00:00"


def test_a_logical_type_goes_before_a_converted_type(tmp_path: Path) -> None:
    """Writers add the converted type to wall times too; the logical type says that they are not UTC."""
    select = "SELECT TIMESTAMP '2026-11-04 10:00' AS timestamp, 'added' AS event, '1' AS contact_id"
    path = write(tmp_path / "a.parquet", select)
    kinds = "SELECT converted_type FROM parquet_schema($1) WHERE name = 'timestamp'"
    assert duckdb.execute(kinds, [str(path)]).fetchall() == [("TIMESTAMP_MICROS",)]
    assert str(take_path(path, zone="Asia/Kuala_Lumpur").times[0]) == "2026-11-04 02:00:00"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ"])
def test_times_that_no_text_is_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, zone: str
) -> None:
    """They give the events and the rejects that their texts give, whatever comes after the first rows."""
    times = (
        "2026-11-01 01:30:00", "2026-11-05 10:00:00.123456", "2026-11-01 01:30:00.5", "2026-03-08 02:30:00",
        "9998-12-30 00:00:00", "9999-06-01 00:00:00", "0001-01-01 00:00:00", "1850-01-01 00:00:00",
        "infinity",
    )  # fmt: skip
    rows = ", ".join(f"({kind} '{time}')" for time in times)
    select = (
        f"SELECT t AS timestamp, 'added' AS event, '1' AS contact_id FROM (VALUES {rows}, (NULL)) AS rows(t)"
    )
    usual = take(tmp_path, select, zone=zone)
    monkeypatch.setattr(first_pass, "_FIRST_LOOK", 2)
    with mock.patch.object(ParquetTable, "quick", autospec=True, side_effect=ParquetTable.quick) as quick:
        taken = take(tmp_path, select, zone=zone)
    assert quick.call_count == 2  # in memory and on disk
    assert len(taken.all) == 6
    assert (taken.events, taken.rejects, taken.counts) == (usual.events, usual.rejects, usual.counts)


@pytest.mark.parametrize(
    ("options", "day"),
    [
        ({"timestamp_formats": ("%Y-%d-%m %H:%M:%S",)}, 11),
        ({"values": {"timestamp": {"2026-11-05 10:00:00": "2026-11-06T10:00:00Z"}}}, 6),
        ({"set": {"timestamp": "2026-11-07T10:00:00Z"}}, 5),
    ],
)
def test_rules_read_the_texts_of_times(tmp_path: Path, options: dict[str, object], day: int) -> None:
    """A format, a replaced value and a value for rows without one hold for times of every type."""
    good = "TIMESTAMP '2026-11-05 10:00:00' AS timestamp, 'added' AS event, '1' AS contact_id"
    assert [time.day for time in take(tmp_path, f"SELECT {good}", **options).times] == [day]
