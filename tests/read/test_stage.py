"""Staging: what is told by a row's place, and what the first look at a file did not show."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from contactrep.duck import Parameters, Row, Session, scratch_session
from contactrep.errors import ContactrepError, InputProblem
from contactrep.read import first_pass, stage
from contactrep.read.mapping import Feed, Mapping
from contactrep.read.sources import find_sources
from contactrep.store import loading
from contactrep.store.users import replace_users
from tests.read.taking import Take, take_path
from tests.test_store import NOW

HEADER = "timestamp,event,contact_id,contact_name,channel,source\n"
KEEPS_ORDER = {"INSERT", "BATCH_INSERT", "PROJECTION", "READ_CSV", "READ_JSON", "READ_PARQUET"}


def write(path: Path, lines: list[str]) -> Path:
    path.write_bytes((HEADER + "".join(f"{line}\n" for line in lines)).encode())
    return path


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How DuckDB reads every file of the test."""
    found: list[str] = []
    run = Session.run

    def explaining(session: Session, sql: str, parameters: Parameters = None) -> list[Row]:
        if sql.startswith("INSERT INTO stage.plain SELECT *, "):
            found.append(run(session, f"EXPLAIN (FORMAT json) {sql}", parameters)[0][1])
        return run(session, sql, parameters)

    monkeypatch.setattr(Session, "run", explaining)
    return found


def operators(plan: str) -> set[str]:
    """What a plan is made of."""
    return {name.strip() for name in re.findall(r'"name":\s*"([^"]*)"', plan)}


@pytest.mark.parametrize("time", ["2026-11-05 10:00:00", "2026-11-05T10:00:00+08:00", "05/11/2026 10:00"])
@pytest.mark.parametrize("spelled", ["added", "ADDED"])
@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_rows_are_read_by_what_keeps_their_order(
    plans: list[str], tmp_path: Path, suffix: str, spelled: str, time: str
) -> None:
    """No operator that may change the order of rows is in the way from a file to the stage."""
    path = tmp_path / f"a.{suffix}"
    columns = (
        f"'{time}' AS timestamp, '{spelled}' AS event, '\"1\"' AS contact_id, 'incoming_message' AS source"
    )
    form = {"csv": "csv", "jsonl": "json", "parquet": "parquet"}[suffix]
    duckdb.sql(
        f"COPY (SELECT {columns}, 'Ann' AS name, 'x' AS user FROM range(3)) TO '{path}' (FORMAT {form})"
    )
    given = ("%d/%m/%Y %H:%M",) if "/" in time else ()
    take_path(path, Mapping(timestamp_formats=given), zone="America/New_York")
    assert [operators(plan) - KEEPS_ORDER for plan in plans] == [set()] * len(plans)
    assert operators(plans[0])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("many-spellings.csv", [f"2026-11-05,added,{n},,,{'-' * n}zapier" for n in range(50)]),
        ("rewritten.csv", ["2026-11-05,added,1,a\0b,,", "2026-11-05,added,2,a\rb,,"]),
        ("keyed.jsonl", ['{"time":"2026-11-05","type":"Added","contact_id":"1"}', '{"date":"2026-11-05"}']),
    ],
)
def test_odder_rows_are_read_in_order_too(
    plans: list[str], tmp_path: Path, name: str, content: list[str]
) -> None:
    """Nor where texts are mapped, lines were written anew, or records name their own fields."""
    path = tmp_path / name
    head = "" if name.endswith("jsonl") else HEADER
    path.write_bytes((head + "\n".join(content) + "\n").encode())
    take_path(path)
    assert {operators(plan) <= KEEPS_ORDER for plan in plans} == {True}


def test_places_are_lines_in_a_file_of_many_blocks(tmp_path: Path) -> None:
    """A million rows on two threads stand at the places of their lines, again and again."""
    path = write(tmp_path / "a.csv", [f'2026-11-05,added,{n:07},"Ann, {n}",,' for n in range(1_000_000)])
    [source] = find_sources([str(path)]).files
    for _ in range(3):
        with scratch_session() as session:
            staged = stage.Stage(session, Mapping(), lambda _: None, now=NOW)
            counts, _ = staged.take(0, source, staged.examine(source), ZoneInfo("UTC"))
            in_place = (
                "SELECT count(*), bool_and(contact_id::INTEGER = line - 2), count(DISTINCT line) FROM good"
            )
            assert session.run(in_place) == [(1_000_000, True, 1_000_000)]
        assert (counts.read, counts.rejected) == (1_000_000, 0)


def test_what_the_first_look_did_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spellings and naive times that come late in a file mean what they would have meant at its start."""
    monkeypatch.setattr(first_pass, "_FIRST_LOOK", 2)
    late = [
        "2026-11-05T10:00:00Z,Added,3,,,INCOMING-MESSAGE",
        "2026-11-05 10:00,added,4,,,incoming_message",
        "2026-11-05T10:00:00Z,added,5,,,incoming_message",
        "2026-10-25 02:30,De-Leted,6,,,",
        "2026-11-05T10:00:00Z,added,7,,,Carrier Pigeon",
        "2026-11-05T10:00:00Z,moved,8,,,",
    ]
    taken = take_path(
        write(tmp_path / "a.csv", ["2026-11-05T10:00:00Z,added,1,,,User"] * 2 + late), zone="Europe/Berlin"
    )
    rows = {
        line: (event[0].isoformat(), event[1], event[5]) for line, event in taken.events.items() if line > 3
    }
    assert rows == {
        4: ("2026-11-05T10:00:00", "added", "Incoming Message"),
        5: ("2026-11-05T09:00:00", "added", "Incoming Message"),
        6: ("2026-11-05T10:00:00", "added", "Incoming Message"),
        7: ("2026-10-25T00:30:00", "deleted", "User"),
        8: ("2026-11-05T10:00:00", "added", "Carrier Pigeon"),
    }
    assert taken.reasons == {
        9: "unknown event 'moved' (expected added, connected, deleted or merged):"
        " use --value 'event:moved=KIND' with one of these, or =- to skip such rows"
    }
    assert taken.counts.ambiguous_times == 1
    assert taken.counts.unknown_sources == {"Carrier Pigeon": 1}


def test_an_event_column_that_beats_the_option_is_named(take: Take) -> None:
    """`--event` is for rows without an event, so a column of other types says which option to use."""
    text = "Type,Created At,Contact ID\nLead,2026-11-04 10:00:00,1\n,2026-11-04 10:01:00,2\n"
    taken = take(text, event="added")
    assert taken.ids == ["2"]
    assert taken.reasons == {
        2: "unknown event 'Lead' (expected added, connected, deleted or merged); --event is for rows without"
        " an event: read no event column with --map event="
    }


def test_records_that_name_their_own_fields(tmp_path: Path) -> None:
    """JSON lines may differ in their keys and in how they spell kinds and sources, both at once."""
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"timestamp":"2026-11-05T10:00:00Z","event":"ADDED","contact_id":"1","source":"incoming_message"}\n'
        '{"time":"2026-11-05T10:00:01Z","type":"added","contact_id":"2"}\n'
        '{"timestamp":"2026-11-05T10:00:02Z","activity":"Deleted","contact_id":"3"}\n'
    )
    taken = take_path(path)
    assert taken.rejects == []
    assert [(event[1], event[2], event[5]) for event in taken.events.values()] == [
        ("added", "1", "Incoming Message"),
        ("added", "2", None),
        ("deleted", "3", "User"),
    ]


@pytest.mark.parametrize(
    ("failure", "said", "told"),
    [
        (
            duckdb.IOException,
            'IO Error: Could not write file "{scratch}/stage.duckdb": full',
            r"stage\.duckdb.*make room in .*TMPDIR",
        ),
        (
            duckdb.TransactionException,
            "TransactionContext Error: Failed to commit: failed to pin block of size 256.0 KiB",
            "not enough memory for this: raise --memory-limit",
        ),
    ],
)
def test_a_stage_without_room_is_not_the_files_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[duckdb.Error], said: str, told: str
) -> None:
    """Where it cannot be written, for want of disk or memory, it is told what helps."""
    path = write(tmp_path / "a.csv", ["2026-11-05,added,1,,,"])
    run = Session.run

    def fail(text: str) -> list[Row]:
        raise failure(text)

    def failing(session: Session, sql: str, parameters: Parameters = None) -> list[Row]:
        if sql.startswith("INSERT INTO stage.plain"):
            return session._do(lambda _: fail(said.format(scratch=session.scratch)))
        return run(session, sql, parameters)

    monkeypatch.setattr(Session, "run", failing)
    with pytest.raises(ContactrepError, match=told):
        take_path(path)


@pytest.mark.parametrize(
    ("place", "count"), [(0, 1_000), (1, 1_000), (500_000, 1_000_000), (999_999, 1_000_000)]
)
def test_one_bad_byte_far_within_a_file(tmp_path: Path, place: int, count: int) -> None:
    """A byte that is no UTF-8 costs its row, also where nobody looked for it before."""
    path = tmp_path / "a.csv"
    rows = [b"2026-11-05,added,%07d,Ren\xc3\xa9,,\n" % number for number in range(count)]
    rows[place] = rows[place].replace(b"\xc3\xa9", b"\xe9")
    path.write_bytes(HEADER.encode() + b"".join(rows))
    taken = take_path(path)
    assert taken.rejects == [
        (
            place + 2,
            "bytes that are not UTF-8: use --encoding, e.g. --encoding cp1252",
            f"2026-11-05,added,{place:07},Ren\\xe9,,",
        )
    ]
    assert len(taken.events) == count - 1


def test_a_row_that_maps_a_time_for_a_header_is_no_event(tmp_path: Path) -> None:
    """Headers are no record, even where they could be read as one."""
    path = tmp_path / "a.csv"
    path.write_text("2026-11-05,added,1\n2026-11-06,added,2\n")
    mapping = {"timestamp": "2026-11-05", "event": "added", "contact_id": "1"}
    assert take_path(path, Mapping(map=mapping)).ids == ["2"]


# The stage's own file as the store


def _rows(dice: random.Random) -> list[str]:
    """Events of a few contacts in the order of time, with whatever a file may have among them."""
    lines = []
    for second in range(400):
        time = f"2026-11-05T10:{second // 60:02}:{second % 60:02}Z"
        lines.append(f"{time},{dice.choice(['added', 'connected', 'merged'])},{dice.randrange(5)},,SMS,")
        lines += [lines[-1]] * (dice.random() < 0.1)
        if dice.random() < 0.05:
            lines.append(
                dice.choice(
                    [
                        "",
                        "yesterday,added,1,,,",
                        f"{time},added,2,,",
                        f'{time},Added,9,"two\n{time},added,8,,,\nlines",,',
                        f'{time},added,7,"never closed,,',
                        f"{time},added,'=1,,,",
                        f"{time},added,=1,,,",
                    ]
                )
            )
    return lines


def _content(path: Path) -> list[list[Any]]:
    with duckdb.connect(path, read_only=True) as connection:
        tables = "events", "rejects", "files", "loads", "workspace", "users"
        return [connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in tables]


def _layout(path: Path) -> list[Any]:
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute("SELECT table_name, sql FROM duckdb_tables() ORDER BY 1").fetchall()


@pytest.mark.parametrize("seed", range(6))
def test_a_stage_that_becomes_the_store_is_as_one_that_is_written_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """A first load gives the same store whether its rows are written once or twice, and so does the next."""
    dice = random.Random(seed)  # noqa: S311 - dice, not secrets
    clean = [f"2026-11-05T10:00:{n // 10:02}Z,added,{n},Ann,," for n in range(600)]
    files = [str(write(tmp_path / "clean.csv", clean))]
    files += [str(write(tmp_path / f"{name}.csv", _rows(dice))) for name in "ab"]
    if seed % 2:
        files[1] = files[0]  # known already: of the same load
    handed: list[Path] = []
    become_events = stage.Stage.become_events

    def telling(self: stage.Stage, load: int) -> Path:
        handed.append(become_events(self, load))
        return handed[-1]

    monkeypatch.setattr(stage.Stage, "become_events", telling)

    can_be_store = stage.Stage.can_be_store

    def loaded(name: str, whether: Callable[..., bool], first: list[str]) -> Path:
        monkeypatch.setattr(stage.Stage, "can_be_store", whether)
        path = tmp_path / name / "contacts.duckdb"
        for sources in (first, files):
            loading.load(path, [Feed(sources)], zone=ZoneInfo("UTC"), requested_zone=None, now=NOW)
        return path

    def never(*_: object) -> bool:
        return False

    at_once, written = loaded("at once", can_be_store, files[:1]), loaded("written", never, files[:1])
    assert len(handed) == 1
    assert _content(at_once) == _content(written)
    assert _layout(at_once) == _layout(written)
    assert at_once.stat().st_mode & 0o777 == 0o600
    assert _content(loaded("all at once", can_be_store, files)) == _content(
        loaded("all written", never, files)
    )


def test_no_text_of_a_reject_stays_in_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that was the stage keeps a rejected record among its rejects, and nowhere else."""
    lines = [
        f"2026-11-05T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z,added,{n},Ann,," for n in range(5_000)
    ]
    lines[70] = "yesterday,added,4711,Secretary,,"
    path, files = tmp_path / "contacts.duckdb", [str(write(tmp_path / "a.csv", lines))]
    loading.load(path, [Feed(files)], zone=ZoneInfo("UTC"), requested_zone=None, now=NOW)
    assert path.read_bytes().count(b"Secretary") == 1


def test_many_repeats_are_not_kept_as_free_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that has every line twice gives a store no larger than the lines once."""
    lines = [f"2026-11-05T10:{n // 60 % 60:02}:{n % 60:02}Z,added,{n * 7919},Ann {n},," for n in range(3_000)]
    sizes = []
    for name, rows in (("once", lines), ("twice", [line for line in lines for _ in range(2)])):
        path, files = tmp_path / name / "contacts.duckdb", [str(write(tmp_path / f"{name}.csv", rows))]
        loading.load(path, [Feed(files)], zone=ZoneInfo("UTC"), requested_zone=None, now=NOW)
        sizes.append(path.stat().st_size)
    assert sizes[1] <= sizes[0]


def test_rows_out_of_order_are_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in another order than that of time gives a store in the order of time."""
    lines = [f"2026-11-05T10:{minute:02}:00Z,added,{minute},,," for minute in range(60)]
    path = tmp_path / "contacts.duckdb"
    files = [str(write(tmp_path / "a.csv", lines[::-1]))]
    loading.load(path, [Feed(files)], zone=ZoneInfo("UTC"), requested_zone=None, now=NOW)
    with duckdb.connect(path, read_only=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT contact_id FROM events").fetchall()]
    assert ids == [str(minute) for minute in range(60)]


def test_a_header_that_is_no_text_refuses_the_file(tmp_path: Path) -> None:
    """Although DuckDB does not see the header."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"timestamp,event,contact_id,gr\xf6\xdfe\n2026-11-05,added,1,2\n")
    target = tmp_path / "contacts.duckdb"
    with pytest.raises(InputProblem, match=r"a\.csv: the header line has bytes that are not UTF-8"):
        loading.load(target, [Feed([str(path)])], zone=ZoneInfo("UTC"), requested_zone=None, now=NOW)
    assert not target.exists()


# Proofs that no row was lost


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], list[str]]:
    """Run a further statement after each one with the given beginning; returns those that it followed."""

    def upset(beginning: str, statement: str) -> list[str]:
        met: list[str] = []
        run = Session.run

        def upsetting(session: Session, sql: str, parameters: Parameters = None) -> list[Row]:
            rows = run(session, sql, parameters)
            if " ".join(sql.split()).startswith(beginning):
                met.append(sql)
                run(session, statement)
            return rows

        monkeypatch.setattr(Session, "run", upsetting)
        return met

    return upset


Upset = Callable[[str, str], list[str]]
THREE = ["2026-11-05,added,1,,,", "2026-11-05,added,2,,,", "2026-11-05,added,3,,,"]
ODD = ["2026-11-05,added,1,,,", "yesterday,added,2,,,", "never,added,3,,,", "2026-11-05,added,4,,,"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_row_that_the_reader_drops_refuses_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """Fewer rows than lines are no load, however well each of them reads."""
    run = Session.run

    def dropping(session: Session, sql: str, parameters: Parameters = None) -> list[Row]:
        fewer = " LIMIT 2" if sql.startswith("INSERT INTO stage.plain SELECT") else ""
        return run(session, sql + fewer, parameters)

    monkeypatch.setattr(Session, "run", dropping)
    path = tmp_path / f"a.{suffix}"
    if suffix == "csv":
        write(path, THREE)
    else:
        path.write_text('{"timestamp":"2026-11-05","event":"added","contact_id":"1"}\n' * 3)
    with pytest.raises(InputProblem) as raised:
        take_path(path)
    assert str(raised.value) == f"{path}: 3 lines were counted, but 2 read: is another program writing to it?"


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_rows_that_do_not_stand_at_their_places_refuse_the_file(
    tmp_path: Path, after: Upset, suffix: str
) -> None:
    """A row's place tells its line, so as many places as rows are needed, in every format."""
    path = write(tmp_path / "a.csv", THREE)
    if suffix == "parquet":
        path = tmp_path / "a.parquet"
        duckdb.sql(f"COPY (FROM '{tmp_path / 'a.csv'}') TO '{path}'")
    met = after(
        "INSERT INTO stage.plain SELECT",
        "DELETE FROM stage.plain WHERE rowid = (SELECT max(rowid) FROM stage.plain)",
    )
    with pytest.raises(InputProblem, match=r"lines were counted, but \d read: is another program writing"):
        take_path(path)
    assert met


@pytest.mark.parametrize(
    ("beginning", "statement", "said"),
    [
        (
            "CREATE OR REPLACE TEMP TABLE chosen",
            "DELETE FROM chosen WHERE line = 3",
            "2 lines were counted, but 1 read, 1 of them records",
        ),
        (
            "CREATE OR REPLACE TEMP TABLE records",
            "UPDATE records SET state = 99 WHERE line = 3",
            "2 lines were counted, but 2 read, 1 of them records",
        ),
        (
            "CREATE OR REPLACE TEMP TABLE records",
            "INSERT INTO records FROM records WHERE line = 3",
            "2 lines were counted, but 3 read, 2 of them records",
        ),
    ],
)
def test_a_record_that_is_lost_in_the_closer_look_refuses_the_file(
    tmp_path: Path, after: Upset, beginning: str, statement: str, said: str
) -> None:
    """Each line that is left over is blank, within a record, or one: lost or doubled ones are no load."""
    path = write(tmp_path / "a.csv", ODD)
    met = after(beginning, statement)
    with pytest.raises(InputProblem) as raised:
        take_path(path)
    assert str(raised.value) == f"{path}: {said}: is another program writing to it?"
    assert met


def test_a_user_that_is_lost_refuses_the_directory(tmp_path: Path, after: Upset) -> None:
    """The lines of a user directory are all accounted for, too."""
    users, path = tmp_path / "users.csv", tmp_path / "contacts.duckdb"
    users.write_text("id,name\nu1,Uma\nu2,Ugo\n")
    files = [str(write(tmp_path / "a.csv", THREE))]
    loading.load(path, [Feed(files)], zone=ZoneInfo("UTC"), requested_zone=None, now=NOW)
    met = after("CREATE OR REPLACE TEMP TABLE chosen", "DELETE FROM chosen WHERE line = 3")
    with pytest.raises(InputProblem, match="2 lines were counted, but 1 read, 1 of them records: is another"):
        replace_users(path, str(users))
    assert met
