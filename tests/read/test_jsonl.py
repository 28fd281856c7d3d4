"""JSON lines: keys like headers, values as they are written, and what is wrong with a line."""

import json
import random
from pathlib import Path

import pytest

from contactrep.errors import InputProblem
from tests.read.taking import Take, take_path

GOOD = '{"timestamp": "2026-11-05T10:00:00Z", "event": "added", "contact_id": "1", "contact_name": "Ann"}'


def row(**values: object) -> str:
    return json.dumps({"timestamp": "2026-11-05", "event": "added", "contact_id": "7"} | values)


def test_objects_are_events(take: Take) -> None:
    """Every line with an object is one event; blank lines are none."""
    taken = take(f"{GOOD}\n\n  \n{GOOD}\r\n", "events.jsonl")
    assert list(taken.events) == [1, 4]
    assert taken.names == ["Ann", "Ann"]


@pytest.mark.parametrize("name", ["events.jsonl", "events.ndjson", "events.json", "events.txt", "stream"])
def test_objects_are_known_by_name_or_brace(take: Take, name: str) -> None:
    """What ends in .jsonl or .ndjson, or begins with a brace, is JSON lines."""
    assert take(f"{GOOD}\n", name).ids == ["1"]


def test_keys_are_matched_like_headers(take: Take) -> None:
    """Keys may be spelled and ordered as headers may; what no field takes is named."""
    taken = take(
        '{"Contact-ID": "9", "x": {"y": [1]}, "Activity Time": "2026-11-05", "TYPE": "Added"}', "a.jsonl"
    )
    assert taken.ids == ["9"]
    assert taken.counts.ignored_columns == ("x",)


def test_every_object_may_have_its_own_keys(take: Take) -> None:
    """The headers are all keys of the file; what an object lacks is null."""
    taken = take(row(contact_name="Ann") + "\n" + row(channel="SMS") + "\n" + row(channel=None), "a.jsonl")
    assert taken.names == ["Ann", None, None]
    assert [event[4] for event in taken.events.values()] == [None, "SMS", None]


@pytest.mark.parametrize(
    "number",
    ["1e5", "1.50", "-0", "0", "12345678901234567890123", "1E400", "-1.0", "18446744073709551616", "7"],
)
def test_numbers_are_kept_as_written(take: Take, number: str) -> None:
    """A number is text, digit by digit, whatever stands beside it."""
    line = '{"timestamp": 1700000000.25, "event": "added", "contact_id": %s, "n": -0.5}'
    taken = take(line % number + "\n" + line.replace(" ", "") % number, "a.jsonl")
    assert taken.ids == [number, number]
    assert str(taken.times[0]) == "2023-11-14 22:13:20.250000"


@pytest.mark.parametrize(
    "text",
    ["a\0b", 'say "hi"', "a\nb\r\tc", "😀", "\\", "/", "{}", "[1]", '{"a": 1}', "NaN", "1.0", ", }", '":-0'],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_texts_are_kept_exactly(take: Take, text: str, ascii_only: bool) -> None:
    """A text has its characters, escaped or not."""
    line = json.dumps(
        {"timestamp": "2026-11-05", "event": "added", "contact_id": "1", "contact_name": text},
        ensure_ascii=ascii_only,
    )
    assert take(line, "a.jsonl").names == [text]


def test_a_boolean_is_its_word(take: Take) -> None:
    """true and false are texts like numbers are; as the texts "true" and "false" they may be ids, too."""
    assert take(row(contact_id="true") + "\n" + row(contact_id="false"), "a.jsonl").ids == ["true", "false"]
    assert take(row(contact_name=True) + "\n" + row(contact_name=False), "a.jsonl").names == ["true", "false"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            '{"timestamp": "2026-11-05", "event": "added", "contact_id": "1"',
            "not JSON: it ends too early (character 64 of the record)",
        ),
        ('{"timestamp": "2026-11-05", "event": "added", "contact_id": "1",}', "not JSON: "),
        (
            '{"timestamp": "2026-11-05", "event": "added", "contact_id": NaN}',
            "not JSON: NaN is not a JSON value",
        ),
        (
            '{"timestamp": "2026-11-05", "event": "added", "contact_id": -Infinity}',
            "not JSON: -Infinity",
        ),
        ('{"timestamp": "2026-11-05", "event": "added", "contact_id": 007}', "not JSON: "),
        ("timestamp,event,contact_id", "not JSON: "),
        ("[1]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ("null", "not a JSON object"),
        (
            '{"timestamp": "2026-11-05", "event": "added", "contact_id": [1]}',
            "contact_id is an object or a list;",
        ),
        (
            '{"timestamp": {"a": 1}, "event": "added", "contact_id": "1"}',
            "timestamp is an object or a list;",
        ),
        (
            '{"timestamp": "2026-11-05", "event": "added", "event": "merged", "contact_id": "1"}',
            'the key "event" occurs twice',
        ),
        (row(contact_name="\ud800"), "contact_name has half a character (a lone surrogate)"),
        (row(contact_id=None), "no contact_id"),
        (row(contact_id=True), "contact_id is true: a text or number is needed"),
        (row(contact_id=False).replace(" ", ""), "contact_id is false: a text or number is needed"),
        ("{}", "no timestamp"),
        ('{"timestamp": "2026-11-05", "a": ' + "[" * 100_000, "values nested too deep"),
    ],
)
def test_a_bad_line_costs_only_itself(take: Take, line: str, reason: str) -> None:
    """A line that is no record is rejected with its reason and text; its neighbours are events."""
    taken = take(f"{GOOD}\n{line}\n{GOOD}\n", "a.jsonl")
    assert list(taken.events) == [1, 3]
    assert [(number, raw) for number, _, raw in taken.rejects] == [(2, line)]
    assert taken.rejects[0][1].startswith(reason)


def test_a_key_that_every_line_repeats_rejects_the_lines(take: Take) -> None:
    """Where all lines have a key twice, no --map could choose one of the two: each line is a rejected row."""
    line = '{"timestamp": "2026-11-05", "event": "added", "contact_id": "1", "contact_id": "2"}'
    taken = take(f"{line}\n{line}\n", "a.jsonl")
    assert taken.reasons == dict.fromkeys((1, 2), 'the key "contact_id" occurs twice')


@pytest.mark.parametrize(
    ("who", "key"),
    [
        ('{"id": "8", "id": "9"}', "id"),
        (r'{"id": "8", "\u0069d": "8"}', "id"),
        ('{"id": "8"}, "who": {"id": "8"}', "who"),
        ('{"id": "8", "of": [{"name": "a"}, {"name": "b", "name": "c"}]}', "name"),
    ],
)
@pytest.mark.parametrize(("start", "between", "end"), [("", "\n", ""), ("[", ",\n", "]")])
def test_a_key_twice_on_a_path_rejects_the_record(
    take: Take, who: str, key: str, start: str, between: str, end: str
) -> None:
    """Below the first level, too, nothing tells which of two values counts, whichever reader reads them."""
    fields = '{"timestamp": "2026-11-05", "event": "added", "who": '
    good = '{"id": "7", "name": "x", "of": [{"id": 1, "name": "a"}, {"name": "d"}]}'
    text = between.join(fields + it + "}" for it in (good, who, good, good))
    options = {"contact_id": "who.id", "contact_name": "who.of[1].name"}
    taken = take(f"{start}{text}{end}", "a.json", map=options)
    assert taken.ids == ["7", "7", "7"]
    assert [reason for _, reason, _ in taken.rejects] == [f'the key "{key}" occurs twice']


@pytest.mark.parametrize(
    "unused",
    [
        '"x": NaN', '"x": -Infinity', '"x": {"a": [NaN]}', r'"x": "\ud800"', r'"\udfff": 1',
        '"x": 1, "x": [2]', '"x": 1e999', '"x": -0', '"x": {"y": {"z": null}}', r'"x": "\u0000"',
        '"": 1, "": 2',
    ],
)  # fmt: skip
@pytest.mark.parametrize("alone", [True, False])
def test_a_key_that_no_field_uses_rejects_nothing(take: Take, unused: str, alone: bool) -> None:
    """Whatever is under it, and whether or not other records are plain; headers are found all the same."""
    line = '{"Date": "2026-11-05", "type": "added", "Contact ID": "7", "Name": "Ann", ' + unused + "}"
    taken = take(line if alone else f"{line}\n{GOOD}\n{line}\n", "a.jsonl")
    assert taken.reasons == {}
    assert taken.names == ["Ann"] * (1 if alone else 3)


def test_nested_values_of_several_fields(take: Take) -> None:
    """The first of them is named, with what decides."""
    taken = take(f"{GOOD}\n{row(user={'id': 5}, channel=['WA'])}", "a.jsonl")
    assert taken.reasons == {
        2: "channel is an object or a list; a text or number is needed:"
        " choose another key with --map channel=COLUMN"
    }


def test_one_odd_line_refuses_nothing(take: Take) -> None:
    """A line with two objects, or with an array, costs itself where the first one is an object, or others."""
    for lines, bad in (([GOOD, GOOD + GOOD, GOOD], 2), ([f"[{GOOD}]", GOOD, GOOD], 1)):
        taken = take("\n".join(lines), "a.jsonl")
        assert (len(taken.events), list(taken.reasons)) == (2, [bad])


def test_values_nested_without_end(take: Take) -> None:
    """Depth that no parser bears is a reject, not a crash."""
    depth = 100_000
    line = '{"timestamp": "2026-11-05", "event": "added", "contact_id": ' + "[" * depth + "]" * depth + "}"
    assert list(take(f"{GOOD}\n{line}", "a.jsonl").reasons) == [2]


def test_rank_is_decided_record_by_record(take: Take) -> None:
    """A key of any spelling gives its field; an alias only where the key with the exact name has no value."""
    lines = [
        row(contact_id="1"),
        '{"Timestamp": "2026-11-06", "Event": "added", "Contact ID": "2"}',
        '{"Date": "2026-11-07T01:00:00Z", "type": "deleted", "contact_id": 3e0, "user": "Al", "x": 1}',
        row(contact_id="4", Date="2026-11-08", User="Bo", user_name=None, Username=""),
        "{}",
        row(contact_id="6", Time="soon", x=[1]),
    ]
    taken = take("\n".join(lines), "a.jsonl")
    assert [(str(event[0].date()), *event[1:3], event[7]) for event in taken.events.values()] == [
        ("2026-11-05", "added", "1", None),
        ("2026-11-06", "added", "2", None),
        ("2026-11-07", "deleted", "3e0", "Al"),
        ("2026-11-05", "added", "4", "Bo"),
        ("2026-11-05", "added", "6", None),
    ]
    assert taken.reasons == {5: "no timestamp"}
    assert taken.counts.ignored_columns == ("x",)


def test_two_keys_of_equal_rank_cost_their_record(take: Take) -> None:
    """A record with two values for a field is rejected with the reason; its neighbours are events."""
    doubtful = row(**{"Contact ID": "2"})
    alike = [row(**{"Contact ID": value}) for value in ("7", "", None)]
    taken = take("\n".join([row(), doubtful, row(contact_id="3"), *alike]), "a.jsonl")
    assert taken.ids == ["7", "3", "7", "7", "7"]
    reason = (
        "keys 'contact_id' and 'Contact ID' both mean contact_id, but differ:"
        " choose one with --map contact_id=COLUMN"
    )
    assert taken.rejects == [(2, reason, doubtful)]
    mapped = take("\n".join([row(), doubtful]), "a.jsonl", map={"contact_id": "contact_id"})
    assert mapped.ids == ["7", "7"]


def test_keys_that_no_record_gets_by_refuse_the_file(take: Take) -> None:
    """The file is refused only where no record could be an event."""
    with pytest.raises(InputProblem, match=r"a.jsonl: columns 'Date' and 'Time' both mean timestamp"):
        take('{"Date": 1, "Time": 2, "event": "added", "contact_id": "1"}', "a.jsonl")
    with pytest.raises(
        InputProblem, match=r"a.jsonl: no timestamp or event column \(found: Contact ID, contact_id"
    ):
        take('{"contact_id": "1"}\n{"Contact ID": "1"}', "a.jsonl")


def test_a_record_of_the_hosted_merge_log_among_others(take: Take) -> None:
    """Primary Contact ID makes a merge of a record without an event, unless `--event` contradicts it."""
    text = row() + '\n{"Timestamp": "2026-11-06", "Primary Contact ID": "8"}\n{"Primary Contact ID": [1]}'
    taken = take(text, "a.jsonl")
    assert [event[1:3] for event in taken.events.values()] == [("added", "7"), ("merged", "8")]
    assert taken.reasons == {
        3: (
            "contact_id is an object or a list; a text or number is needed:"
            " choose another key with --map contact_id=COLUMN"
        )
    }
    assert take(text, "a.jsonl", event="merged").ids == ["7", "8"]
    assert take(text, "a.jsonl", event="added").reasons[2].startswith("'Primary Contact ID' without an event")


NAMES = {
    "timestamp": [["timestamp", "Timestamp"], ["Date"]],
    "event": [["event"], ["Type"]],
    "contact_id": [["contact_id"], ["Primary Contact ID"]],
}


def test_records_of_any_keys_are_read_one_by_one(take: Take) -> None:
    """Whatever the keys of a record's neighbours, each field comes from the best keys that have a value."""
    dice = random.Random(5)  # noqa: S311 - dice, not secrets
    keys = [key for ranks in NAMES.values() for rank in ranks for key in rank]
    choices = {"event": ["added", "deleted", "", None], "contact_id": ["7", "8", "", None]}
    records = []
    for _ in range(300):
        fields = {key: name for name, ranks in NAMES.items() for rank in ranks for key in rank}
        chosen = dice.sample([*keys, "Name", "x"], dice.randrange(3, 9))
        days = ["2026-11-05", "2026-11-06", "", None]
        records.append({key: dice.choice(choices.get(fields.get(key, ""), days)) for key in chosen})
    taken = take("\n".join(map(json.dumps, records)), "a.jsonl")
    for number, record in enumerate(records, start=1):
        found = taken.events.get(number)
        assert (found and (str(found[0].date()), *found[1:3])) == event_of(record), record
    assert len(taken.events) > 50


def event_of(record: dict[str, str | None]) -> tuple[str, ...] | None:
    """The day, the kind and the id of a record by the rule, None where it is no event."""
    values: dict[str, str | None] = {}
    for name, ranks in NAMES.items():
        for rank in ranks:
            given = {record[key] for key in rank if record.get(key)}
            if len(given) > 1:
                return None
            values[name] = values.get(name) or next(iter(given), None)
    if record.get("Primary Contact ID"):
        values["event"] = values["event"] or "merged"
    return tuple(filter(None, values.values())) if all(values.values()) else None


def test_an_empty_file_is_no_record(take: Take) -> None:
    """JSON lines need no headers, so that a file without a line is fine."""
    assert take("", "a.jsonl").counts.read == 0
    assert take("\n\n", "a.jsonl", map={"contact_id": "mql_id"}).counts.read == 0


def test_a_file_without_an_object_is_all_rejects(take: Take) -> None:
    """Broken lines alone are as many rejects."""
    assert take("x\ny\n", "a.jsonl").counts == take("x\ny\n", "a.jsonl").counts
    assert list(take("x\ny\n", "a.jsonl").reasons) == [1, 2]


def test_a_lone_cr_is_a_blank_where_lf_ends_the_lines(take: Take) -> None:
    """Within an object and around it; two objects with one between them are a bad line."""
    taken = take(f"{GOOD}\r\n{GOOD}\r{GOOD}\n" + GOOD.replace(", ", ",\r") + f"\r\r\n\r{GOOD}", "a.jsonl")
    assert list(taken.events) == [1, 3, 4]
    assert list(taken.reasons) == [2]
    assert list(take(f"{GOOD}\r\r{GOOD}\rx\r{GOOD}", "a.jsonl").events) == [1, 3, 5]


def test_undecodable_bytes_cost_their_line(take: Take) -> None:
    """A line of Latin-1 is rejected, in whatever company."""
    taken = take(GOOD.encode() + b'\n{"a": "\xe9"}\n' + GOOD.encode(), "a.jsonl")
    assert list(taken.reasons) == [2]


def test_many_lines(tmp_path: Path) -> None:
    """50,000 objects with nested and numeric company are as many events, in order."""
    path = tmp_path / "a.jsonl"
    path.write_text(
        "".join(row(contact_id=number, extra={"x": number / 3}) + "\n" for number in range(50_000))
    )
    assert take_path(path).ids == [str(number) for number in range(50_000)]
