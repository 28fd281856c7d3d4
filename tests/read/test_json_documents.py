"""JSON documents: arrays, objects over several lines, several on a line, and records within a document."""

import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from contactrep.errors import InputProblem
from contactrep.events import COLUMNS
from contactrep.read import documents
from contactrep.read.documents import _Text
from contactrep.read.mapping import Mapping
from contactrep.read.shape import arrays_of_objects, is_document
from tests.read.taking import Take, take_once

Run = Callable[..., Result]


def record(number: int | str, **more: Any) -> dict[str, Any]:
    return {"timestamp": "2026-11-05T00:00:00Z", "event": "added", "contact_id": str(number), **more}


ONE, TWO = json.dumps(record(1)), json.dumps(record(2))

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
_RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "timestamp": st.just("2026-11-05T00:00:00Z"),
            "event": st.just("added"),
            "contact_id": st.text('abc[]{},:"\\ é', min_size=1, max_size=6).filter(str.strip),
            "contact_name": _TEXTS,
            "extra": _NESTED,
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=20)
@given(
    records=_RECORDS,
    indent=st.sampled_from([None, 1, "\t"]),
    ascii_only=st.booleans(),
    alone=st.booleans(),
)
def test_every_shape_gives_the_same_events(
    tmp_path: Path, records: list[dict[str, Any]], indent: int | str | None, ascii_only: bool, alone: bool
) -> None:
    """Lines, arrays, concatenated objects and documents, plain and compressed, have the records that Python's
    json finds in them."""

    def text(value: Any, indent: int | str | None = indent) -> bytes:
        return json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()

    shapes = {
        "lines.jsonl": b"\n".join(text(one, None) for one in records),
        "array.json": text(records),
        "joined.json": b"".join(map(text, records)),
        "spaced.json": b"\n\n".join(map(text, records)),
        "mixed.jsonl": text(records[0], None) + b"\n" + b"\n".join(map(text, records[1:])),
        "arrays.jsonl": b"\n".join(text([one], None) for one in records),
        "array.json.gz": gzip.compress(text(records)),
        "array.json.zst": zstd.compress(text(records)),
    }
    wanted = [(one["contact_id"], one["contact_name"] or None) for one in records]
    for name, data in shapes.items():
        path = tmp_path / name
        path.write_bytes(data)
        taken = take_once(path, alone=alone)
        assert list(zip(taken.ids, taken.names, strict=True)) == wanted, name
    for records_at, value in (
        ("items", {"before": [{"items": 1}], "items": records, "after": {"items": []}}),
        ("data.contacts", {"data": {"n": 1, "contacts": records}}),
        ("[1].a.b", [[], {"a": {"b": records}}]),
        ("a.b", {"a.b": records}),
    ):
        path = tmp_path / "document.json"
        path.write_bytes(text(value))
        taken = take_once(path, Mapping(records=records_at), alone=alone)
        assert list(zip(taken.ids, taken.names, strict=True)) == wanted, records_at


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f"[\n{ONE},\n{TWO}\n]\n", 2),
        (f"[{ONE},\n{TWO}]", 2),
        (json.dumps(record(1), indent=2), 1),
        (ONE + TWO, 2),
        (f"{ONE}\n{json.dumps(record(2), indent=2)}\n\n{json.dumps(record(3))}\n", 3),
        (f"{ONE}\r\n{{\r\n{TWO[1:]}\r\n", 2),
        (f"{ONE}\n[\n{TWO}]", 2),
        (f"[{ONE}]\n[{TWO}]", 2),
        (f"\ufeff\ufeff[{ONE}]", 1),
        ("[]", 0),
        (" [\r\n] ", 0),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".txt"])
def test_documents_are_known_by_their_content(take: Take, text: str, ids: int, suffix: str) -> None:
    """Whatever the file is called."""
    assert len(take(text, f"a{suffix}").ids) == ids


def test_a_document_without_records_has_no_columns_that_are_not_used(take: Take) -> None:
    """An empty page of an API, read with the options of the other pages, reports no unused columns."""
    taken = take('{"items": []}', "a.json", records="items", map={"contact_id": "id"}, event="added")
    assert (taken.counts.read, taken.counts.ignored_columns) == (0, ())


def test_a_record_with_all_keys_of_events_names_the_one_that_is_not_used(take: Take) -> None:
    """Unused keys are named also if the keys are those assumed for a file without records."""
    record = {"id": "7"} | dict.fromkeys(COLUMNS) | {"timestamp": "2026-11-01", "contact_id": "8"}
    taken = take(json.dumps(record), "a.json", map={"contact_id": "id"}, event="added")
    assert (taken.ids, taken.counts.ignored_columns) == (["7"], ("contact_id",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"[{ONE},\n{TWO}", "it ends too early: line 2 column 75"),
        (f"[{ONE},\n{TWO},", "it ends too early: line 2 column 76"),
        (f"[{ONE},\n{TWO},]", "a comma before a closing bracket: line 2 column 76"),
        (f"[{ONE},\n{TWO[:-1]},}}]", "a comma before a closing bracket: line 2 column 75"),
        (f"[{ONE}\n{TWO}]", "no comma between two values: line 2 column 1"),
        (f"[{ONE},\n{TWO[:-2]}", "a text without a closing quote: line 2 column 71"),
        (json.dumps(record(1), indent=1) + "}", "a closing bracket that does not fit: line 5 column 2"),
        ("[\n" + "[" * 9000, "values nested too deep, and never closed: line 2 column 1"),
        ("[{timestamp: 1}]", "a key without double quotes: line 1 column 3"),
    ],
)
def test_a_broken_document_is_refused(take: Take, text: str, message: str) -> None:
    """With the line and the column of the fault, in a small document as after many records."""
    with pytest.raises(InputProblem, match=f"broken JSON: {re.escape(message)}: fetch or export it again$"):
        take(text, "a.json")


def test_the_place_of_a_fault_far_into_a_document() -> None:
    """Lines and columns are counted over the pieces in which a document is read."""
    text = "[" + ",\n".join([ONE] * 40_000) + ",\n  nonsense]"
    with pytest.raises(InputProblem, match="'nonsense' is not a JSON value: line 40001 column 3"):
        list(_Text(io.BytesIO(text.encode()), None).records(None))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (
            '{"timestamp": "soon", "event": "added", "contact_id": "9"}',
            "'soon' is not a recognised timestamp",
        ),
        (ONE.replace('"1"', '"\\ud800"'), "contact_id has half a character"),
        (ONE.replace('"1"', "NaN"), "not JSON: NaN is not a JSON value"),
        (ONE[:-1] + ', "contact_id": "2"}', 'the key "contact_id" occurs twice'),
        ("5", "not a JSON object"),
        ("null", "not a JSON object"),
        ("[1]", "not a JSON object"),
        (ONE.replace('"1"', '"\xe9"'), "bytes that are not UTF-8: use --encoding, e.g. --encoding cp1252"),
    ],
)
def test_a_bad_record_costs_only_itself(take: Take, bad: str, reason: str) -> None:
    """In an intact document, as in a file of lines."""
    taken = take(f"[{ONE},\n{bad},\n{TWO}]".encode("latin-1"), "a.json")
    assert taken.ids == ["1", "2"]
    assert [line for line in taken.reasons if taken.reasons[line].startswith(reason)] == [2]


def test_keys_that_no_field_uses_reject_nothing(take: Take) -> None:
    """NaN, half a character, a repeated key and endless depth are let be where no field wants them."""
    for value in ("NaN", '"\\udc00"', '1, "x": 2', "[" * 5000 + "]" * 5000):
        assert take(f'[{ONE[:-1]}, "x": {value}}}, {TWO}]', "a.json").ids == ["1", "2"]


def test_undecodable_bytes_name_the_encoding(take: Take) -> None:
    """A record with bytes that the codec does not know is rejected, and its neighbours are read."""
    data = f"[{json.dumps(record('é'), ensure_ascii=False)}, {TWO}]".encode("latin-1")
    assert take(data, "a.json", encoding="cp1252").ids == ["é", "2"]
    taken = take(data, "a.json", encoding="ascii")
    assert taken.rejects[0][1] == "bytes that are not ascii: check --encoding"
    assert r"\xe9" in taken.rejects[0][2]


@pytest.mark.parametrize(
    ("value", "records", "message"),
    [
        ({"items": [record(1)]}, None, "its records are in an array (found: items): use --records items"),
        (
            {"page": 1, "data": {"all contacts": [record(1)]}},
            None,
            "its records are in an array (found: page, data): use --records 'data.all contacts'",
        ),
        (
            {"type": "list", "data": [record(1)]},
            None,
            "no timestamp or contact_id column (found: type, data): use --records data",
        ),
        (
            {"data": {"items": [record(1)]}},
            "items",
            "line 1: no items (found: data): use --records data.items",
        ),
        ({"items": {"a": 1}}, "itms", "line 1: no itms (found: items): use --records items"),
        ({"items": 5}, "items.x", "line 1: no object or array with x of --records"),
        (
            [record(1)],
            "items",
            "line 1: no items (found: timestamp, event, contact_id): name another path with --records, or"
            " leave it out",
        ),
    ],
)
def test_messages_name_the_path_to_the_records(
    take: Take, value: Any, records: str | None, message: str
) -> None:
    """A document without --records, or with a wrong path, is refused with the right one."""
    for indent in (None, 2):
        with pytest.raises(InputProblem) as raised:
            take(json.dumps(value, indent=indent), "a.json", records=records)
        assert str(raised.value).partition(": ")[2].replace("line 2", "line 1") == message


@pytest.mark.parametrize(
    ("values", "records", "what"),
    [
        ([{"items": [record(1)]}, {"error": 5}], "items", "no items (found: error)"),
        ([{"entry": [{"on": [record(1)]}, {"off": 5}]}], "entry.on", "no on (found: off)"),
    ],
)
def test_a_part_without_records_is_not_answered_with_the_same_path(
    take: Take, values: list[Any], records: str, what: str
) -> None:
    """Nor with one on the way to it: the path is right for the other parts."""
    way = "correct this part, or take it out of the file"
    with pytest.raises(InputProblem, match=re.escape(f"{what}: {way}")):
        take("\n".join(map(json.dumps, values)), "a.json", records=records)


def test_pages_one_after_another(take: Take) -> None:
    """The pages of an API, in one file or in an array, give the records of each."""
    pages = [{"items": [record(1)]}, {"items": []}, {"items": [record(2)], "next": None}, {"items": None}]
    for text in ("\n".join(map(json.dumps, pages)), json.dumps(pages)):
        assert take(text, "a.json", records="items").ids == ["1", "2"]


def test_a_broken_page_among_others(take: Take) -> None:
    """It is broken JSON, whatever the path."""
    with pytest.raises(InputProblem, match="broken JSON: 'bad' is not a JSON value: line 2 column 1"):
        take(json.dumps({"items": [record(1)]}) + "\nbad\n", "a.jsonl", records="items")


def test_a_key_of_the_path_that_is_there_twice(take: Take) -> None:
    """Nobody knows which one is meant, so the document is refused."""
    with pytest.raises(InputProblem, match='the key "items" of --records is there twice'):
        take(f'{{"items": [{ONE}], "items": []}}', "a.json", records="items")


def test_duckdb_must_account_for_every_byte(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    """What DuckDB read is not believed unless its bytes are those of the document."""
    monkeypatch.setattr(documents, "_NOT_STRICT", "never")
    with pytest.raises(InputProblem, match="it ends too early: line 1 column"):
        take(f"[{ONE},", "a.json")
    monkeypatch.setattr(documents, "_by_duckdb", lambda *_: None)
    assert take(f"[{ONE},{TWO}]", "a.json").ids == ["1", "2"]


def test_a_value_larger_than_what_duckdb_holds(take: Take) -> None:
    """A long record among others is read, and one piece of the document need not hold it."""
    long = json.dumps(record(3, x=["long " * 10] * 120_000))
    assert len(long) > 6 << 20
    assert take(f"[{ONE}, {long}, {TWO}]", "a.json").ids == ["1", "3", "2"]


def test_a_document_on_one_line_beyond_all_measure(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its line may be longer than that of a record, which still has a bound of its own."""
    monkeypatch.setattr("contactrep.read.cleaning.LONGEST_LINE", 3_000_000)
    monkeypatch.setattr(documents, "_LONGEST_RECORD", 3_000_000)
    text = json.dumps({"items": [record(number, x="x" * 1000) for number in range(4000)]})
    assert len(take(text, "a.json", records="items").ids) == 4000
    monkeypatch.setattr(documents, "_by_duckdb", lambda *_: None)
    with pytest.raises(
        InputProblem, match="line 1: a value of more than 3,000,000 bytes: use --records items"
    ):
        take(text, "a.json")


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        (f"{ONE}\n{TWO}", False),
        (f"{ONE}\r{TWO}", False),
        ('{"cut": 1,\n{"a": 1}\n', False),
        ('{\n "a": 1, "b', True),
        ('{"items": [\n {"a"', True),
        (f"{ONE} {TWO}", True),
        (f"{ONE}\n{{\n{TWO[1:]}\n{{\n{TWO[1:20]}", True),
        (f"{ONE}\n{{\n{TWO[1:]}\nbad\n{TWO}", False),
        ('[1]\n{"a": 1}', False),
        ("[\n [1", True),
    ],
)
def test_the_shape_is_known_by_the_beginning(head: str, wanted: bool) -> None:
    """A line that is broken does not make a document of a file of lines."""
    assert is_document(head) is wanted


@pytest.mark.parametrize("bad", ["{", "}", "[", '{"event": "added",', '{"ids": [', ONE[:-20]])
def test_a_broken_line_among_lines_is_a_record(take: Take, bad: str) -> None:
    """Also one that begins or ends as an object over several lines does."""
    taken = take(f"{ONE}\n{bad}\n{TWO}\n{bad}", "a.jsonl")
    assert (taken.ids, list(taken.reasons)) == (["1", "2"], [2, 4])


def test_paths_to_arrays_of_objects() -> None:
    """Those of the first object, the shortest first; arrays within records are none."""
    text = '{"a": {"b": [{"c": [{}]}]}, "d": [1], "e": [{"f": "[{"}], "x.y": [{}], "g": [[{}]], "cut": [{'
    assert arrays_of_objects(text) == ["e", "cut", "a.b"]
    assert arrays_of_objects('{"items":[{"id":1},{"subs":[{"x":1}]}]}') == ["items"]
    assert arrays_of_objects('{"id":7,"list":[{"a":1},{"tags":[{"t":1') == ["list"]


def test_reports_and_standard_input(run: Run, run_process: Run, tmp_path: Path) -> None:
    """Reports over FILES take documents as load does, and a command to run again names the option."""
    path = tmp_path / "data.json"
    path.write_text(json.dumps({"items": [record(1), record(2)]}, indent=1))
    shown = run(
        "log", "added", path, "--records", "items", "--range", "all", "--timezone", "UTC", "--limit", "1"
    )
    assert "--records items" in shown.stdout + shown.stderr
    options = ("--records", "items", "--range", "all", "--format", "json")
    piped = run_process("overview", "-", *options, stdin=path.read_text())
    assert json.loads(piped.stdout)["metrics"]["added"]["count"] == 2
    loaded = run("load", tmp_path, "--records", "items", "--store", tmp_path / "s", "--timezone", "UTC")
    assert "2 read = 2 loaded" in loaded.stdout
