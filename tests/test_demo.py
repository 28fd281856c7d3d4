"""The sample data: realistic, the same every time, and what `examples/` holds."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from contactrep.demo import sample_events, sample_users, saved_events
from contactrep.demo.dice import Die, roll, roll_sql
from contactrep.events import COLUMNS, KNOWN_SOURCES

EXAMPLES = Path(__file__).parents[1] / "examples"
ZONE = ZoneInfo("Asia/Kuala_Lumpur")
END = datetime(2026, 11, 5, tzinfo=ZONE)

Row = tuple[Any, ...]


def rows(query: str, *, threads: int = 2) -> list[Row]:
    with duckdb.connect(config={"threads": threads}) as engine:
        return engine.execute(query).fetchall()


@pytest.fixture(scope="module")
def sample() -> Iterator[duckdb.DuckDBPyConnection]:
    """20,000 events of the examples' days, as the table `sample` in the order in which they came."""
    with duckdb.connect() as engine:
        engine.execute(f"CREATE TABLE sample AS {sample_events(20_000, END, ZONE)}")
        yield engine


def one(engine: duckdb.DuckDBPyConnection, query: str) -> Row:
    row = engine.execute(query).fetchone()
    assert row is not None
    return row


def shares(engine: duckdb.DuckDBPyConnection, column: str, kind: str) -> dict[str | None, float]:
    query = f"SELECT {column}, count(*) / sum(count(*)) OVER () FROM sample WHERE event = ? GROUP BY {column}"
    return dict(engine.execute(query, [kind]).fetchall())


def test_the_dice_fall_the_same_in_python_and_in_sql() -> None:
    """A throw has one result wherever it is made, and uses every side about equally."""
    [(thrown,)] = rows(f"SELECT list({roll_sql('range', Die.SOURCE, 10)} ORDER BY range) FROM range(10000)")
    assert thrown == [roll(index, Die.SOURCE, 10) for index in range(10_000)]
    assert all(900 < thrown.count(side) < 1100 for side in range(10))


@pytest.mark.parametrize("events", [0, 1, 2, 3, 7, 11, 12, 34, 99, 100, 101, 1234, 5000])
def test_exactly_so_many_events_come(events: int) -> None:
    """Every number of events is met, none of them twice, and none is late."""
    query = sample_events(events, END, ZONE)
    found = rows(f"SELECT count(*), count(DISTINCT (event, contact_id)), max(ts) FROM ({query})")
    [(count, different, last)] = found
    assert (count, different) == (events, events)
    assert last is None or last < END.astimezone(UTC).replace(tzinfo=None)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
@pytest.mark.parametrize("days", [1, 2, 90, 400])
def test_the_data_covers_the_days_up_to_now_in_any_zone(zone: str, days: int) -> None:
    """The first event is on the first local day and the last one minutes before the end, across DST."""
    end = datetime(2026, 11, 22, 14, 27, 31, 500_000, tzinfo=ZoneInfo(zone))
    query = sample_events(20_000, end, ZoneInfo(zone), days)
    [(count, first, last)] = rows(f"SELECT count(*), min(ts), max(ts) FROM ({query})")
    assert count == 20_000
    first_day = (first.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))).date()
    assert first_day == end.date() - timedelta(days=days - 1)
    assert timedelta() < end - last.replace(tzinfo=UTC) < timedelta(hours=2)


def test_the_same_arguments_give_the_same_events() -> None:
    """Neither the number of threads nor the run changes an event or the order."""
    query = sample_events(30_000, END, ZONE)
    assert rows(query, threads=1) == rows(query, threads=4)


def test_the_columns_are_the_canonical_ones(sample: duckdb.DuckDBPyConnection) -> None:
    """The columns stand in the canonical order, the time as a plain TIMESTAMP called ts."""
    columns = sample.execute("SELECT column_name, column_type FROM (DESCRIBE sample)").fetchall()
    assert columns == [("ts", "TIMESTAMP"), *((column, "VARCHAR") for column in COLUMNS[1:])]


def test_events_come_oldest_first_in_whole_seconds(sample: duckdb.DuckDBPyConnection) -> None:
    """The rows are in the order of time, and hosted logs, which show seconds, lose nothing."""
    times = [ts for (ts,) in sample.execute("SELECT ts FROM sample").fetchall()]
    assert times == sorted(times)
    assert all(ts.microsecond == 0 for ts in times)


def test_the_kinds_have_their_shares(sample: duckdb.DuckDBPyConnection) -> None:
    """Of 100 events, 55 are added, 33 connected, 9 deleted and 3 merged."""
    counts = dict(sample.execute("SELECT event, count(*) FROM sample GROUP BY event").fetchall())
    assert counts == {"added": 11_000, "connected": 6_600, "deleted": 1_800, "merged": 600}


def test_sources_have_their_shares(sample: duckdb.DuckDBPyConnection) -> None:
    """Most contacts write first; a broadcast only connects, an import only adds, users delete and merge."""
    added, connected = shares(sample, "source", "added"), shares(sample, "source", "connected")
    assert set(added) == {*KNOWN_SOURCES} - {"Broadcast"}
    assert set(connected) == {*KNOWN_SOURCES} - {"Contact Import"}
    assert 0.35 < added["Incoming Message"] < 0.50
    assert all(share > 0.02 for share in (*added.values(), *connected.values()))
    assert shares(sample, "source", "deleted") == {"User": 1}
    assert shares(sample, "source", "merged") == {"User": 1}


def test_channels_have_their_shares(sample: duckdb.DuckDBPyConnection) -> None:
    """WhatsApp leads, there are more channels than a pie has slices, and very few events have lost theirs."""
    connected = shares(sample, "channel", "connected")
    assert 0.35 < connected["WhatsApp"] < 0.55
    assert len(connected) == 11
    assert 0 < connected[None] < 0.02
    assert one(sample, "SELECT count(channel) FROM sample WHERE event IN ('deleted', 'merged')") == (0,)


def test_an_added_contact_has_a_channel_only_where_it_wrote(sample: duckdb.DuckDBPyConnection) -> None:
    """Who came by an import, a user or a program came through no channel."""
    query = "SELECT DISTINCT source FROM sample WHERE event = 'added' AND channel IS NOT NULL"
    assert {source for (source,) in sample.execute(query).fetchall()} == {"Incoming Message", "Echo Message"}


def test_a_contact_is_added_then_connected_then_deleted_or_merged(sample: duckdb.DuckDBPyConnection) -> None:
    """What happens to a contact happens in order; into a deleted one nothing is merged."""
    query = """
        SELECT count(*), min(later.ts - earlier.ts) FROM sample earlier JOIN sample later USING (contact_id)
        WHERE earlier.event = ? AND later.event = ?
    """
    for earlier, later in (
        ("added", "connected"),
        ("added", "deleted"),
        ("added", "merged"),
        ("connected", "deleted"),
        ("connected", "merged"),
        ("merged", "deleted"),
    ):
        count, least = sample.execute(query, [earlier, later]).fetchall()[0]
        assert count > 40, (earlier, later)
        assert least >= timedelta(), (earlier, later)


def test_a_contact_that_went_away_in_a_merge_was_there_and_has_nothing_after(
    sample: duckdb.DuckDBPyConnection,
) -> None:
    """Every merge names another contact, each once; it was added before, and is not deleted besides."""
    query = "SELECT count(*), count(DISTINCT merged_contact_id) FROM sample WHERE event = 'merged'"
    assert one(sample, query) == (600, 600)
    assert one(sample, "SELECT count(merged_contact_id) FROM sample WHERE event <> 'merged'") == (0,)
    others = """
        SELECT count(*), count_if(other.event = 'deleted' OR other.ts >= merge.ts) FROM sample AS merge
        JOIN sample AS other ON other.contact_id = merge.merged_contact_id WHERE merge.event = 'merged'
    """
    count, wrong = one(sample, others)
    assert (count > 400, wrong) == (True, 0)


def test_connected_contacts_are_in_the_data(sample: duckdb.DuckDBPyConnection) -> None:
    """Every connected contact was added in these days, soon before; some deleted ones were there earlier."""
    joined = "FROM sample c LEFT JOIN sample a ON a.event = 'added' AND a.contact_id = c.contact_id"
    assert one(sample, f"SELECT count(*) {joined} WHERE c.event = 'connected' AND a.ts IS NULL") == (0,)
    gap = f"SELECT median(c.ts - a.ts) < INTERVAL 1 minute, max(c.ts - a.ts) < INTERVAL 2 day {joined}"
    assert one(sample, f"{gap} WHERE c.event = 'connected'") == (True, True)
    [known] = one(sample, f"SELECT count(a.ts) / count(*) {joined} WHERE c.event = 'deleted'")
    assert 0.7 < known < 0.95


def test_a_contact_keeps_its_name(sample: duckdb.DuckDBPyConnection) -> None:
    """All events of a contact carry the same name."""
    names = "SELECT count(DISTINCT coalesce(contact_name, '')) AS names FROM sample GROUP BY contact_id"
    assert one(sample, f"SELECT max(names) FROM ({names})") == (1,)


def test_days_have_a_rhythm(sample: duckdb.DuckDBPyConnection) -> None:
    """Nights and weekends are quiet, the office sleeps, and the last month beats the first."""
    local = "(ts + INTERVAL 8 HOUR)"
    day, night, weekend, early, late = one(
        sample,
        f"""SELECT count(*) FILTER (hour({local}) BETWEEN 9 AND 17), count(*) FILTER (hour({local}) < 6),
            count(*) FILTER (isodow({local}) > 5), count(*) FILTER ({local} < '2026-09-06'),
            count(*) FILTER ({local} >= '2026-10-06') FROM sample WHERE event = 'added'""",
    )
    assert day > 10 * night > 0
    assert 0 < weekend < 11_000 / 6
    assert late > 1.1 * early
    at_night = (
        f"SELECT count(*) FROM sample WHERE source = 'User' AND event <> 'connected' AND hour({local}) < 8"
    )
    assert one(sample, at_night) == (0,)


def test_a_campaign_stands_out(sample: duckdb.DuckDBPyConnection) -> None:
    """The busiest day for connections is that of the last broadcast, within the last week."""
    busiest = "SELECT (ts + INTERVAL 8 HOUR)::DATE AS day FROM sample WHERE event = 'connected' GROUP BY day"
    assert one(sample, f"{busiest} ORDER BY count(*) DESC LIMIT 1") == (datetime(2026, 11, 3).date(),)  # noqa: DTZ001


def test_imports_come_in_bulk(sample: duckdb.DuckDBPyConnection) -> None:
    """A few times, many contacts are imported within five minutes."""
    bulk = """SELECT time_bucket(INTERVAL 1 hour, ts) AS hour FROM sample
        WHERE event = 'added' AND source = 'Contact Import' GROUP BY hour
        HAVING count(*) > 50 AND max(ts) - min(ts) < INTERVAL 1 hour"""
    assert len(sample.execute(bulk).fetchall()) == 6


def test_only_users_have_a_user(sample: duckdb.DuckDBPyConnection) -> None:
    """An event has a user id if and only if its source is User."""
    assert one(sample, "SELECT count(*) FROM sample WHERE (source = 'User') <> (user_id IS NOT NULL)") == (0,)


def test_removed_users_are_ids_without_a_name(sample: duckdb.DuckDBPyConnection) -> None:
    """Two users have no name in the events; the directory knows one of them, and all the others as named."""
    seen = dict(
        sample.execute("SELECT DISTINCT user_id, user_name FROM sample WHERE user_id <> ''").fetchall()
    )
    directory = dict(sample_users())
    removed = {user for user, name in seen.items() if name is None}
    assert len(removed) == 2
    assert len(removed & {*directory}) == 1
    assert all(directory[user] == name for user, name in seen.items() if name is not None)


def test_names_are_of_many_kinds(sample: duckdb.DuckDBPyConnection) -> None:
    """Names have many scripts, accents, emoji and punctuation; some contacts are a number or have no name."""
    names = [name for (name,) in sample.execute("SELECT contact_name FROM sample").fetchall()]
    written = "\n".join(name for name in names if name)
    for kind in (
        "[一-鿿]",
        "[ぁ-ん]",
        "[가-힣]",
        "[؀-ۿ]",
        "[א-ת]",
        "[а-яіїєґ]",
        "[α-ω]",
        "[éöñİłđ]",
        "[🌻🎈]",
        "['’]",
        ", ",
        '"',
        r"^\+60 1\d-555 \d{4}$",
    ):
        assert re.search(kind, written, re.MULTILINE), kind
    assert names.count(None) > 100


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
def test_saved_times_carry_the_offset_that_held(zone: str) -> None:
    """Written with an offset, also across a change of clocks, each time is the instant of the sample."""
    end = datetime(2026, 11, 22, 14, 27, tzinfo=ZoneInfo(zone))
    texts = rows(saved_events(3000, end, ZoneInfo(zone), native=False))
    instants = rows(f"SELECT ts FROM ({sample_events(3000, end, ZoneInfo(zone))})")
    for (text, *_), (ts,) in zip(texts, instants, strict=True):
        assert text == ts.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).isoformat()


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `examples/make.py` writes today."""
    folder = tmp_path_factory.mktemp("examples")
    subprocess.run([sys.executable, EXAMPLES / "make.py", folder], check=True)
    return folder


@pytest.mark.parametrize(
    "name",
    ["events.csv", "log-added.csv", "log-connected.csv", "log-deleted.csv", "log-merged.csv", "users.csv"],
)
def test_the_committed_examples_are_what_the_generator_makes(remade: Path, name: str) -> None:
    """Each text file in the repository is, byte for byte, what its script writes."""
    assert (EXAMPLES / name).read_bytes() == (remade / name).read_bytes()


def test_the_parquet_example_holds_the_events_of_the_csv() -> None:
    """Both files have the same rows in the same order, the Parquet times as instants."""
    columns = f"epoch_us(timestamp::TIMESTAMPTZ), {', '.join(COLUMNS[1:])}"
    in_csv = f"SELECT {columns} FROM read_csv('{EXAMPLES / 'events.csv'}', all_varchar = true)"
    in_parquet = f"SELECT {columns} FROM '{EXAMPLES / 'events.parquet'}'"
    assert rows(in_parquet) == rows(in_csv)
    assert len(rows(in_parquet)) == 5_000
