"""Straight from Parquet files: the same answers, notices and errors as from a store loaded from them."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from unittest import mock

import duckdb
from click.testing import Result
from hypothesis import event, given, note
from hypothesis import strategies as st

from contactrep.cli import straight

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
    row = st.tuples(
        st.sampled_from([*pool, *([None] if odd and draw(st.booleans()) else [])]),
        *map(st.sampled_from, (kinds, contacts, NAMES, CHANNELS, SOURCES, USERS, USERS)),
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
    ("timestamp", "event", "contact_id", "contact_name", "channel", "source", "user_id", "user_name"),
    ("Activity Time", "Activity", "Contact ID", "Name", "Channel", "Source", "User ID", "User"),
    ("file", "event", "contact_id", "line", "ts", "source", "user_id", "moment"),
)
MAPS = ["--map", "timestamp=file"]


def write(path: Path, content: Written) -> None:
    """Write a file with these columns, and two that no field takes if there is an extra one."""
    columns = ", ".join(f'c{place} AS "{header}"' for place, header in enumerate(content.headers))
    types = [f"c0 {content.time}", *(f"c{place} VARCHAR" for place in range(1, 8))]
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
    real = straight.straight_engine

    def spy(*arguments: object, **options: object) -> object:
        engine = None if loaded else real(*arguments, **options)  # type: ignore[arg-type]
        taken.append(engine is not None)
        return engine

    with mock.patch.object(straight, "straight_engine", spy):
        yield taken


def both_ways(run: Run, *arguments: str | Path) -> tuple[Result, bool]:
    """Run it both ways, see that nothing differs, and tell whether it could be answered straight."""
    with way(loaded=True):
        expected = run(*arguments)
    with way(loaded=False) as taken:
        found = run(*arguments)
    note(f"contactrep {' '.join(map(str, arguments))}")
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


def compare(run: Run, case: Case, *, always: bool) -> None:
    with written(case) as where:
        for command in case.commands:
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
