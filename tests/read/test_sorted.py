"""Files that are sorted, or read in the quick way, have the same events as in their own order."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep.duck import Session, scratch_session
from contactrep.read import first_pass, jsonl, relations
from contactrep.read.mapping import Feed, Mapping
from contactrep.store import duplicates, loading
from tests.read.taking import HEADER, NOW, Take, take_once

SKIP = Mapping(values={"event": {"x*": "-"}})
LINES = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["2026-11-05T10:00:00Z", "2026-11-04T10:00:00Z", "2026-11-05 10:00", "bad", ""]),
            st.sampled_from(["added", "deleted", "x", "xy", "moved", ""]),
            st.sampled_from(["1", "2", "'=1", "=1", ""]),
            st.sampled_from(["", "Ann", '"B, o"', '"C\n2026-11-03T10:00:00Z,added,9,x"', '"D']),
        ).map(",".join),
        st.just(""),
    ),
    max_size=12,
)


@given(LINES)
def test_a_sorted_stage_has_the_events_of_one_in_order(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    """Skipped, blank and bad records, duplicates and values of several lines are all the same both ways."""
    path = tmp_path_factory.mktemp("sorted") / "a.csv"
    path.write_text(HEADER + "\n".join(lines), encoding="utf-8")
    in_order, by_time = (take_once(path, SKIP, "America/New_York", alone=way) for way in (False, True))
    assert sorted(map(repr, by_time.all)) == sorted(map(repr, in_order.all))
    assert (by_time.rejects, by_time.counts) == (in_order.rejects, in_order.counts)


def _shuffled(count: int, *, again: int = 0) -> str:
    """Records of distinct contacts, the newest first; the first `again` of them occur twice."""
    rows = [f"2026-11-05T10:{place // 60:02}:{place % 60:02}Z,added,c{place},n" for place in range(count)]
    return HEADER + "\n".join(reversed(rows + [row[:-1] + "other" for row in rows[:again]])) + "\n"


@pytest.mark.parametrize(("again", "writes"), [(0, 1), (3, 3)])
def test_rows_in_no_order_are_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: int, writes: int
) -> None:
    """The sorted stage becomes the store, unless rows repeat each other: the first in the file counts."""
    path, store = tmp_path / "a.csv", tmp_path / "contacts.duckdb"
    path.write_text(_shuffled(600, again=again))
    run, written = Session.run, list[str]()

    def telling(self: Session, sql: str, *more: object) -> object:
        if sql.strip().startswith(("INSERT INTO stage.plain", "INSERT INTO store.events")):
            written.append(sql)
        return run(self, sql, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "run", telling)
    feed = Feed([str(path)], Mapping())
    loading.load(store, [feed], zone=ZoneInfo("UTC"), requested_zone=None, now=NOW)
    # With repeats: once sorted, once in order, and once into the store.
    assert len(written) == writes
    with duckdb.connect(str(store), read_only=True) as connection:
        rows = connection.execute("SELECT ts, contact_name FROM events").fetchall()
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert len(rows) == 600
    assert sum(name == "other" for _, name in rows) == again


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("distance", [None, 1, 8, 9, 29])
def test_duplicates_are_found_at_any_distance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, newest_first: bool, distance: int | None
) -> None:
    """Of thirty events in one second, two are equal or none; only where none is are hashes not compared."""
    times = [0, *[1] * 30, 2]
    contacts = [*range(31), 31]
    if distance:
        contacts[30] = contacts[30 - distance]
    rows = [f"2026-11-05T10:00:0{time}Z,added,c{at},n" for time, at in zip(times, contacts, strict=True)]
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "\n".join(reversed(rows) if newest_first else rows), encoding="utf-8")
    mark, told = duplicates.mark, list[bool]()

    def telling(*them: Any, distinct: bool) -> Any:
        told.append(distinct)
        return mark(*them, distinct=distinct)

    monkeypatch.setattr(duplicates, "mark", telling)
    feed = Feed([str(path)], Mapping())
    zone = ZoneInfo("UTC")
    loaded = loading.load(tmp_path / "c.duckdb", [feed], zone=zone, requested_zone=None, now=NOW)
    assert loaded.files[0].duplicate == (distance is not None)
    assert told == [distance is None]


@pytest.mark.parametrize("has_others", [False, True])
def test_no_pair_of_duplicates_is_overlooked(*, has_others: bool) -> None:
    """Wherever two equal events lie, among others of their time or rows that are no events."""
    time = "TIMESTAMP '2026-11-05' + INTERVAL 1 SECOND * ($time::INTEGER[])[place + 1]"
    other = "CASE WHEN $has_others AND place > $first AND place < $last THEN NULL ELSE {} END"
    columns = f"{other.format(time)}, 'added', 'c' || CASE WHEN place = $last THEN $first ELSE place END"
    rows = f"SELECT {columns}, NULL, NULL, NULL, NULL, NULL, NULL, 1 FROM range(40) rows(place)"
    with scratch_session() as session:
        session.run("ATTACH ':memory:' AS stage")
        for distance, first in [
            (0, 0),
            *((way, at) for way in (1, 2, 8, 9, 20) for at in range(40 - way)),
        ]:
            last = first + distance
            times = [first if first <= at <= last else at for at in range(40)]
            relations.make_plain(session)
            session.run(
                f"INSERT INTO stage.plain {rows}",
                {"time": times, "first": first, "last": last, "has_others": has_others},
            )
            assert first_pass._all_differ(session) == (distance == 0)


def test_a_title_that_a_rule_leaves_out_hides_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line before the header is no record, also where a rule for all other events would skip it."""
    monkeypatch.setattr(first_pass, "_FIRST_LOOK", 10)
    rows = [f"2026-11-0{1 + place % 5}T10:00:00Z,added,{place},n" for place in range(20)]
    path = tmp_path / "a.csv"
    path.write_text(
        "Report,of all,,\n" + HEADER + "\n".join([*rows, "nonsense,added,77,n", ",moved,,"]), encoding="utf-8"
    )
    mapping = Mapping(skip_lines=1, values={"event": {"*": "-", "added": "added"}})
    ways = [take_once(path, mapping, "UTC", alone=way) for way in (False, True)]
    for way in ways:
        assert (len(way.all), len(way.rejects), way.counts) == (20, 1, ways[0].counts)


@pytest.fixture
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only two lines tell the keys of a JSON file."""
    monkeypatch.setattr(jsonl, "_FIRST_KEYS", 2)


@pytest.mark.usefixtures("few_keys")
@pytest.mark.parametrize(
    ("later", "names"),
    [
        ({"timestamp": 1793786400, "event": "added", "contact_id": "3", "name": "Cy"}, ["Cy"]),
        ({"Date": 1793786400, "event": "added", "contact_id": "3", "contact_name": "Di"}, ["Di"]),
        ({"timestamp": 1793786400, "event": "added", "contact_id": "3", "note": {"a": [1]}}, []),
    ],
)
def test_keys_that_come_later_are_seen(take: Take, later: dict[str, object], names: list[str]) -> None:
    """The first lines' keys are assumed for the others only as far as each line has just these."""
    first = [
        {"timestamp": 1793786400 + place, "event": "added", "contact_id": str(place)} for place in (1, 2)
    ]
    taken = take("\n".join(map(json.dumps, [*first, first[0] | {"contact_id": "4"}, later])), "a.jsonl")
    assert sorted(event[2] for event in taken.all) == ["1", "2", "3", "4"]
    assert [name for name in taken.names if name] == names
    assert taken.reasons == {}


@pytest.mark.usefixtures("few_keys")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1e5", "1e5"),
        ("-0", "-0"),
        ("1.50", "1.50"),
        ("12345678901234567890", "12345678901234567890"),
        ('"1e5"', "1e5"),
        ('"NaN"', "NaN"),
        ('"{x"', "{x"),
        ('"true"', "true"),
        ("[1]", None),
        ("{}", None),
        ("NaN", None),
        ("true", None),
    ],
)
def test_values_of_later_lines_are_exact(take: Take, value: str, text: str | None) -> None:
    """Numbers stay as written, and what is no text or number is rejected, as in the first lines."""
    line = '{{"timestamp":1793786400,"event":"added","contact_id":{}}}'.format
    taken = take("\n".join([line('"a"'), line('"b"'), line('"c"'), line(value)]), "a.jsonl")
    found = sorted({event[2] for event in taken.all} - set("abc"))
    assert found == ([] if text is None else [text])
    assert len(taken.rejects) == (text is None)


_TEXTS = {"timestamp": "2026-11-04T10:00:00Z", "event": "added", "note": "n", "inside": {"name": "Ann"}}
_LATER = json.dumps(_TEXTS | {"contact_id": "z"})


@pytest.mark.parametrize(
    ("later", "is_quick"),
    [
        (_LATER, True),
        (_LATER.replace('"note": "n", ', ""), True),
        (_LATER.replace('"name": "Ann"', ""), True),
        ("null", True),
        *((_LATER.replace('"z"', text), True) for text in ("1e5", "-0", "1.50", "0", "7", '"1e5"', '"-"')),
        *((_LATER.replace('"z"', text), True) for text in ("NaN", "-inf", "Infinity", "true", "[1]", "{}")),
        *((_LATER.replace('"z"', text), True) for text in ('"nan"', '"3f1e-4"', "12345678901234567890123")),
        (_LATER.replace('"note"', '"contact_name"'), False),
        (_LATER.replace('"name"', '"id"'), False),
        (_LATER.replace('{"name": "Ann"}', '"Ann"'), False),
        (_LATER.replace('"note": "n"', '"note": "n", "note": "m"'), False),
        (_LATER.replace("Ann", "\\ud800"), False),
        ('{"note":"n"}', False),
        ("[]", False),
        ("", False),
        ("{", False),
        (_LATER.replace('"z"', "00"), False),
    ],
)
def test_json_is_typed_while_it_is_read(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: str, *, is_quick: bool
) -> None:
    """Lines that come after those that DuckDB has learnt the keys and types from give what they give when
    each is looked into: what it would lose or write in another way is read again."""
    first = [json.dumps(_TEXTS | {"contact_id": f"a{place}"}) for place in range(2_100)]
    text = "\n".join([*first, later, first[0].replace("a0", "last")])
    names = {"contact_name": "inside.name"}
    with monkeypatch.context() as usually:
        usually.setattr(jsonl.JsonLines, "quick", lambda *_: None)
        path = tmp_path / "a.jsonl"
        path.write_text(text)
        usual = take_once(path, Mapping(map=names))
    monkeypatch.setattr(jsonl, "_FIRST_KEYS", 2)
    monkeypatch.setattr(first_pass, "_FIRST_LOOK", 2)
    failed = []
    drop = first_pass.FirstPass.drop

    def failing(*them: Any) -> None:
        failed.append(them)
        drop(*them)

    monkeypatch.setattr(first_pass.FirstPass, "drop", failing)
    taken = take(text, "a.jsonl", map=names)
    assert (taken.all, taken.rejects, taken.counts) == (usual.all, usual.rejects, usual.counts)
    assert bool(failed) != is_quick


@pytest.mark.parametrize("empty", ["channel", "spare"])
def test_a_text_after_thousands_of_nulls_is_kept(
    take: Take, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    """DuckDB does not read a column of nothing but nulls, nor look for other keys where there is one."""
    first = [json.dumps(_TEXTS | {"contact_id": f"a{place}", empty: None}) for place in range(2_100)]
    monkeypatch.setattr(jsonl, "_FIRST_KEYS", 2)
    monkeypatch.setattr(first_pass, "_FIRST_LOOK", 2)
    last = json.dumps(_TEXTS | {"contact_id": "z", empty: None} | {"channel": "WhatsApp"})
    taken = take("\n".join([*first, last]), "a.jsonl", map={"contact_name": "inside.name"})
    assert sum("WhatsApp" in event for event in taken.all) == 1


def test_a_file_that_cannot_be_sorted_in_the_memory_is_sorted_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON lines in no order are loaded within the least memory."""
    path, count = tmp_path / "a.jsonl", 150_000
    with path.open("w", encoding="utf-8") as lines:
        for place in range(count):
            second = place * 7919 % 86_400
            time = f"2026-11-05T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
            record = {
                "timestamp": time,
                "event": "added",
                "contact_id": f"c{place}",
                "contact_name": "n" * 90,
            }
            lines.write(json.dumps(record) + "\n")
    failed, copy = list[bool](), first_pass._copy_sorted

    def telling(*them: Any) -> Any:
        failed.append(True)
        sorted_rows = copy(*them)
        failed.pop()
        return sorted_rows

    monkeypatch.setattr(first_pass, "_copy_sorted", telling)
    summary = loading.load(
        tmp_path / "c.duckdb",
        [Feed([str(path)], Mapping())],
        zone=ZoneInfo("UTC"),
        requested_zone=None,
        now=NOW,
        memory_limit="160MB",
    )
    assert failed == [True]
    assert summary.files[0].loaded == count
