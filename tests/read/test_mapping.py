"""Fields from paths, sums and alternatives; values that are replaced; several events of a record."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contactrep.errors import InputProblem
from contactrep.read.mapping import Mapping
from tests.read.taking import Take, Taken, take_once, take_path

CRM = (
    "Record ID,First Name,Last Name,created_at,deleted_at\n"
    "1,Ann,Lee,2026-11-02 10:00:00,\n"
    "2,Bo,,2026-11-03 10:00:00,2026-11-05 09:00:00\n"
    "3,,,,\n"
    ",Ed,,2026-11-03 11:00:00,2026-11-06 09:00:00\n"
    '4,"Fay\nTwo",,2026-11-03 12:00:00,bad\n'
)
COLUMNS = {"contact_id": "Record ID", "contact_name": "First Name+Last Name"}
DATES = {"added": "created_at", "deleted": "deleted_at"}


def events(taken: Taken) -> list[tuple[str, str, str | None]]:
    """The id, kind and name of each event, in order."""
    return sorted((event[2], event[1], event[3]) for event in taken.all)


def test_a_sum_joins_what_is_not_empty(take: Take) -> None:
    """Date and Time apart are one time, and names in two columns one name; a sum of empty values is null."""
    rows = ["2026-11-04,10:00:00,added,1,Ann,Lee", "2026-11-04,11:00:00,added,2,,"]
    text = "\n".join(["Date,Time,event,contact_id,First,Last", *rows])
    taken = take(text, map={"timestamp": "Date+Time", "contact_name": "First + Last"})
    assert [str(time) for time in taken.times] == ["2026-11-04 10:00:00", "2026-11-04 11:00:00"]
    assert taken.names == ["Ann Lee", None]


def test_the_first_alternative_with_a_value_counts(take: Take) -> None:
    """Alternatives are taken in their order; one that the file does not have is passed over."""
    text = "timestamp,event,newId,id\n2026-11-04,added,,1\n2026-11-04,added,2,3\n"
    assert take(text, map={"contact_id": "mergedId|newId|id"}).ids == ["1", "2"]
    with pytest.raises(
        InputProblem, match=r"no column 'x' for --map contact_id=x\|y: use --map contact_id=id$"
    ):
        take(text, map={"contact_id": "x|y"})


@pytest.mark.parametrize("header", ["a.b", "a+b", "a|b", "items[0].id"])
def test_a_header_wins_over_what_its_text_means(take: Take, header: str) -> None:
    """What is a header as it stands is no path, no sum and no alternative."""
    assert take(
        f"timestamp,event,a,b,{header}\n2026-11-04,added,1,2,3\n", map={"contact_id": header}
    ).ids == ["3"]
    line = json.dumps({"timestamp": "2026-11-04", "event": "added", "a": {"b": 1}, "items": [], header: "3"})
    assert take(line, "a.jsonl", map={"contact_id": header}).ids == ["3"]


def test_a_header_without_a_name_is_called_by_its_number(take: Take) -> None:
    """--map finds it by the number that messages show, unless another header has that name."""
    text = ",timestamp,event,\n7,2026-11-04,added,8\n"
    assert take(text, map={"contact_id": "column 1"}).ids == ["7"]
    assert take(text, map={"contact_id": "Column 4"}).ids == ["8"]
    with pytest.raises(InputProblem, match="no column 'column 2' for --map"):
        take(text, map={"contact_id": "column 2"})
    with pytest.raises(InputProblem, match="no column '' for --map"):
        take(text, map={"contact_id": "+column 1"})
    assert take(text.replace("event,", "event,Column 1"), map={"contact_id": "column 1"}).ids == ["8"]


def test_nothing_leaves_a_field_out(take: Take) -> None:
    """A field that is mapped to nothing is null, whatever the headers say, and rejects nothing."""
    text = "Type,Source,Created At,Contact ID\nLead,x,2026-11-04,1\n"
    taken = take(text, map={"event": "", "source": ""}, event="added")
    assert [event[:3] + event[5:6] for event in taken.all] == [(taken.times[0], "added", "1", None)]
    assert taken.counts.ignored_columns == ("Type", "Source")


def test_a_set_value_stands_where_a_record_has_none(take: Take) -> None:
    """It fills empty values, and fields without a column; it never replaces a value."""
    text = "timestamp,event,contact_id,channel\n2026-11-04,added,1,\n2026-11-04,added,2,Web\n"
    taken = take(text, set={"channel": "WhatsApp", "source": "crm"}, values={"source": {"crm": "x"}})
    assert [(event[4], event[5]) for event in taken.all] == [("WhatsApp", "crm"), ("Web", "crm")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "timestamp,event,contact_id\n" + "".join(f"2026-11-04T10:00Z,{kind},{kind}\n" for kind in "abcd"),
            "a.csv",
        ),
        (
            "".join(
                f'{{"timestamp":"2026-11-04T10:00Z","event":"{kind}","contact_id":"{kind}"}}\n'
                for kind in "abcd"
            ),
            "a.jsonl",
        ),
    ],
)
def test_rules_replace_values_and_leave_records_out(take: Take, text: str, name: str) -> None:
    """The longest rule counts; `-` leaves a record out on purpose, which is no reject."""
    rules = {"a": "added", "b*": "-", "*": "-", "d": "deleted"}
    taken = take(text, name, values={"event": rules})
    assert [event[1:3] for event in taken.all] == [("added", "a"), ("deleted", "d")]
    assert (taken.counts.read, taken.counts.loaded, taken.counts.rejected, taken.counts.skipped) == (
        4,
        2,
        0,
        2,
    )


@pytest.mark.parametrize(
    "text",
    [
        "timestamp,event,contact_id,channel\n2026-11-04,,1,\n2026-11-04,added,2,SMS\n",
        'timestamp,event,contact_id,channel\n2026-11-04,"",1,""\n2026-11-04,added,2,SMS\n',
        '{"timestamp":"2026-11-04","event":"","contact_id":"1","channel":""}\n'
        '{"timestamp":"2026-11-04","event":"added","contact_id":"2","channel":"SMS"}\n',
        '{"timestamp":"2026-11-04","event":null,"contact_id":"1"}\n'
        '{"timestamp":"2026-11-04","event":"added","contact_id":"2","channel":"SMS"}\n',
    ],
)
def test_a_rule_for_all_values_is_none_for_no_value(take: Take, text: str) -> None:
    """`*` matches no empty value and no null, which `--set` fills afterwards."""
    name = "a.jsonl" if text.startswith("{") else "a.csv"
    rules = {"event": {"added": "added", "*": "-"}, "channel": {"*": "all", "Web": "x"}}
    taken = take(text, name, values=rules, set={"channel": "Web"})
    assert (taken.reasons, taken.counts.skipped) == ({(1 if name == "a.jsonl" else 2): "no event"}, 0)
    taken = take(text, name, values=rules, set={"channel": "Web"}, event="deleted")
    assert [(event[1], event[2], event[4]) for event in taken.all] == [
        ("deleted", "1", "Web"),
        ("added", "2", "all"),
    ]


def test_a_rule_compares_whole_texts_as_written(take: Take) -> None:
    """An asterisk within, another case and spaces are no match; an empty new value is null."""
    text = "timestamp,event,contact_id,channel\n" + "".join(
        f"2026-11-04,added,{place},{channel}\n"
        for place, channel in enumerate(["WA", "wa", "WA ", "W*A", r"\N"])
    )
    taken = take(text, values={"channel": {"WA": "WhatsApp", r"\N": "", "W*A": "star"}})
    assert [event[4] for event in taken.all] == ["WhatsApp", "wa", "WA ", "star", None]
    assert taken.counts.notes == ()


def test_a_faulty_record_is_rejected_before_a_rule_may_leave_it_out(take: Take) -> None:
    """With the wrong number of fields nobody knows what stands where; a bad value of a record that is left
    out does not matter."""
    text = "timestamp,event,contact_id\nbad,x,1\n2026-11-04,x,1,surplus\n2026-11-04,added,1\n"
    taken = take(text, values={"event": {"x": "-"}})
    assert taken.reasons == {3: "4 fields, but the header names 3"}
    assert (taken.counts.loaded, taken.counts.skipped) == (1, 1)


def test_a_line_within_a_value_is_never_left_out_as_a_record(take: Take) -> None:
    """What looks like a record, but is part of a value in quotes, is not counted."""
    text = 'timestamp,event,contact_id,contact_name\n2026-11-04,added,1,"a\nzz,x,2,\nb"\n2026-11-04,x,3,c\n'
    taken = take(text, values={"event": {"x": "-"}})
    assert taken.names == ["a\nzz,x,2,\nb"]
    assert (taken.counts.loaded, taken.counts.rejected, taken.counts.skipped) == (1, 0, 1)


def test_several_times_of_a_record_are_several_events(take: Take) -> None:
    """Each kind with a time is an event; a record without any, or without an id, is rejected once."""
    taken = take(CRM, map=COLUMNS, kinds=DATES)
    assert events(taken) == [
        ("1", "added", "Ann Lee"),
        ("2", "added", "Bo"),
        ("2", "deleted", "Bo"),
        ("4", "added", "Fay\nTwo"),
    ]
    assert taken.reasons == {
        4: "no time in created_at or deleted_at",
        5: "no contact_id",
        6: "'bad' is not a recognised timestamp (ISO 8601 or epoch); give its format with --timestamp-format",
    }
    assert (taken.counts.read, taken.counts.loaded, taken.counts.rejected) == (7, 4, 3)
    assert taken.counts.ignored_columns == ()


@pytest.mark.parametrize("given", [{}, {"timestamp": "2026-01-01"}])
def test_a_time_that_is_not_there_is_no_event_in_records_that_python_reads(
    take: Take, given: dict[str, str]
) -> None:
    """A value over two lines, a list of ids, or a broken line neither adds an event nor a second reject."""
    options = {"map": COLUMNS, "kinds": DATES, "set": given, "zone": "UTC"}
    text = f'{CRM.splitlines()[0]}\n1,"Ann\nLee",,2026-11-02,\n2,"Bo"x,,2026-11-02,\n'
    taken = take(text, **options)
    assert events(taken) == [("1", "added", "Ann\nLee")]
    assert taken.reasons == {4: "text after the closing quote"}
    record = '{"id": 1, "created_at": "2026-11-02", "deleted_at": null, "ids": ["7", "8"]}\n'
    columns = {"contact_id": "id", "merged_contact_id": "ids"}
    taken = take(f"{record}broken\n", "a.jsonl", **{**options, "map": columns})
    assert events(taken) == [("1", "added", None)]
    assert list(taken.reasons) == [2]


@pytest.mark.parametrize("columns", ["Type,Activity", "Date,Time", "type,event", "Created At,Date"])
def test_columns_that_an_event_for_each_column_does_not_need(take: Take, columns: str) -> None:
    """They may be as ambiguous as they like: neither their times nor their kinds are asked for."""
    text = f"id,made,gone,{columns}\n7,2026-11-05,2026-11-06,lead,x\n"
    taken = take(text, map={"contact_id": "id"}, kinds={"added": "made", "deleted": "gone"})
    assert (taken.counts.loaded, taken.counts.ignored_columns) == (2, tuple(columns.split(",")))


def test_values_with_parts_that_an_event_for_each_column_does_not_need(take: Take) -> None:
    """As above, in JSON."""
    text = '{"contact_id": 7, "made": "2026-11-05", "type": {"a": 1}, "date": {"b": 2}}\n'
    assert take(text, "a.jsonl", kinds={"added": "made"}).counts.loaded == 1


@pytest.mark.parametrize("folder", ["event=added", "date=2026-11-09"])
def test_a_folder_that_an_event_for_each_column_does_not_need(tmp_path: Path, folder: str) -> None:
    """It gives neither the time nor the kind: the columns do."""
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / "a.csv"
    path.write_text("contact_id,made,gone\n7,2026-11-05,2026-11-06\n")
    taken = take_path(path, Mapping(kinds={"added": "made", "deleted": "gone"}))
    assert [event[:2] for event in events(taken)] == [("7", "added"), ("7", "deleted")]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_time_that_a_rule_empties_is_no_event(take: Take, suffix: str) -> None:
    """A time is judged after the rules; what still looks like a null is rejected with the rule that helps."""
    rows = [
        {"id": "1", "created_at": "2026-11-02", "deleted_at": "0000-00-00"},
        {"id": "2", "created_at": "2026-11-02", "deleted_at": r"\N"},
        {"id": "3", "created_at": "2026-11-02", "deleted_at": "never"},
        {"id": "4", "created_at": "0000-00-00", "deleted_at": r"\N"},
        {"id": "5", "created_at": "never", "deleted_at": "never"},
        {"id": "6", "created_at": "2026-11-02", "deleted_at": "NULL"},
        {"id": "7", "created_at": "2026-11-02", "deleted_at": "2026-11-03"},
    ]
    lines = [json.dumps(row) for row in rows]
    if suffix == "csv":
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    taken = take(
        "\n".join(lines),
        f"a.{suffix}",
        map={"contact_id": "id"},
        kinds=DATES,
        values={"timestamp": {"0000*": "", r"\N": "", "never": "-"}},
    )
    assert [event[2] + event[1] for event in taken.all] == [
        *("1added", "2added", "3added", "6added", "7added", "7deleted")
    ]
    first = 2 if suffix == "csv" else 1
    assert taken.reasons == {
        first + 3: "no time in created_at or deleted_at",
        first + 5: "'NULL' looks like a null: use --value 'timestamp:NULL='",
    }
    assert (taken.counts.loaded, taken.counts.rejected, taken.counts.skipped) == (6, 2, 3)


def test_a_record_that_names_its_event_takes_the_time_of_its_kind(take: Take, tmp_path: Path) -> None:
    """It is one event; where there is no such column or value, the usual time counts."""
    rows = [
        {"what": "new", "at": "2026-11-04T00:00:00Z", "of": {"made": "2026-11-01T00:00:00Z"}},
        {"what": "Added", "at": "2026-11-05T00:00:00Z", "of": {"made": 1793869200}},
        {"what": "gone", "at": "2026-11-06T00:00:00Z", "of": {"made": "2026-11-02T00:00:00Z"}},
        {"what": "new", "at": "2026-11-07T00:00:00Z", "of": {"made": None}},
        {"what": "new", "at": "2026-11-08T00:00:00Z", "of": {"made": ""}, "more": [1e5]},
        {"what": "other", "at": "2026-11-09T00:00:00Z", "of": {"made": "bad"}},
    ]
    options: dict[str, Any] = {
        "map": {"event": "what", "timestamp": "at"},
        "kinds": {"added": "of.made", "deleted": "of.ended"},
        "values": {"event": {"new": "added", "gone": "deleted", "other": "-"}},
        "set": {"contact_id": "1"},
    }
    taken = take("\n".join(map(json.dumps, rows)), "a.jsonl", **options)
    expected = [("added", 1), ("added", 5), ("deleted", 6), ("added", 7), ("added", 8)]
    assert [(event[1], event[0].day) for event in taken.all] == expected
    assert (taken.counts.loaded, taken.counts.rejected, taken.counts.skipped) == (5, 0, 1)


def test_several_times_in_every_format(take: Take, tmp_path: Path) -> None:
    """JSON lines and Parquet give the same events as CSV, also where the second look is needed."""
    rows = [
        {"id": "1", "at": {"created": "2026-11-02T10:00:00Z", "deleted": None}},
        {"id": "2", "at": {"created": "2026-11-03T10:00:00Z", "deleted": "2026-11-05T09:00:00Z"}},
        {"id": "3", "at": {"created": "2026-11-03T10:00:00Z", "deleted": "2026-11-05"}},
        {"id": "4", "at": {"created": None, "deleted": None}},
    ]
    lines = "\n".join(map(json.dumps, rows))
    options: dict[str, Any] = {
        "map": {"contact_id": "id"},
        "kinds": {"added": "at.created", "deleted": "at.deleted"},
        "zone": "Asia/Tokyo",
    }
    taken = take(lines, "a.jsonl", **options)
    assert [event[2] + event[1] for event in taken.all] == [
        "1added",
        "2added",
        "2deleted",
        "3added",
        "3deleted",
    ]
    assert taken.reasons == {4: "no time in at.created or at.deleted"}
    path = tmp_path / "a.parquet"
    duckdb.execute(f"COPY (FROM read_json('{tmp_path / 'a.jsonl'}')) TO '{path}' (FORMAT parquet)")
    again = take_path(path, Mapping(map=options["map"], kinds=options["kinds"]), "Asia/Tokyo")
    assert [event[1:3] for event in again.all] == [event[1:3] for event in taken.all]
    assert again.reasons == taken.reasons


def test_values_with_parts_are_named_with_the_path_that_helps(take: Take) -> None:
    """An object under a name that means a field refuses the file, with the options written out."""
    parts = '"user":{"id":5,"name":"Ann"},"channel":{"id":9}'
    line = '{"timestamp":1793786400,"event":"added","contact_id":"1",' + parts + "}"
    with pytest.raises(InputProblem) as raised:
        take(line, "a.jsonl")
    assert str(raised.value).endswith(
        "a.jsonl: 'channel', 'user' hold values with parts: use --map channel=channel.id"
        " --map user_name=user.name"
    )
    taken = take(line, "a.jsonl", map={"channel": "channel.id", "user_name": "user.name"})
    assert [(event[4], event[7]) for event in taken.all] == [("9", "Ann")]


def test_a_path_that_leads_to_nothing_is_answered_with_one_that_does(take: Take) -> None:
    """What every event needs must be there; other fields may be absent from the first records."""
    line = '{"event":"added","data":{"item":{"id":"1","at":1793786400}}}'
    with pytest.raises(
        InputProblem,
        match=r"no column 'data\.item\.ip' for .*: use --map contact_id=data\.item\.id$",
    ):
        take(line, "a.jsonl", map={"contact_id": "data.item.ip", "timestamp": "data.item.at"})
    with pytest.raises(
        InputProblem, match=r"use --map timestamp=data.item.at --map contact_id=data.item.id$"
    ):
        take(line, "a.jsonl")
    options = {"contact_id": "data.item.id", "timestamp": "data.item.at", "channel": "data.inbox.name"}
    assert take(line, "a.jsonl", map=options).ids == ["1"]


def test_a_path_to_any_place_of_a_list(take: Take) -> None:
    """Of a list only the first value is looked at beforehand; it speaks for the others."""
    line = '{"timestamp":"2026-11-05","event":"added","who":{"ids":[{"v":"a"},{"v":"b"}],"n":1}}'
    assert take(line, "a.jsonl", map={"contact_id": "who.ids[1].v"}).ids == ["b"]
    with pytest.raises(InputProblem, match=r"no column 'who\.ids\[1\]\.x'"):
        take(line, "a.jsonl", map={"contact_id": "who.ids[1].x"})


@pytest.mark.parametrize("form", ["{}\n{}", "[{},{}]"])
def test_a_path_far_into_a_record(take: Take, form: str) -> None:
    """However deep a value lies, and however many lie beside it."""
    deep: Any = "7"
    for step in range(30):
        deep = {"other": 1, f"k{step}": deep}
    path = ".".join(["data", *(f"k{step}" for step in reversed(range(30)))])
    wide = {f"f{number:04}": number for number in range(3000)} | {"id": "8"}
    record = json.dumps({"timestamp": "2026-11-05", "event": "added", "data": deep, "wide": wide})
    text = form.format(record, record)
    assert take(text, "a.json", map={"contact_id": path}).ids == ["7", "7"]
    assert take(text, "a.json", map={"contact_id": "wide.id"}).ids == ["8", "8"]


def test_a_list_within_a_struct_in_parquet(tmp_path: Path) -> None:
    """Its values have paths as in JSON."""
    path = tmp_path / "a.parquet"
    row = (
        "TIMESTAMP '2026-11-04' AS timestamp, 'added' AS event,"
        " {'ids': [{'v': 'p1'}, {'v': 'p2'}], 'tags': ['x', 'y'], 'n': 1} AS who"
    )
    duckdb.execute(f"COPY (SELECT {row}) TO '{path}' (FORMAT parquet)")
    taken = take_path(path, Mapping(map={"contact_id": "who.ids[1].v", "contact_name": "who.tags[0]"}))
    assert (taken.ids, taken.names) == (["p2"], ["x"])
    with pytest.raises(InputProblem, match=r"use --map 'contact_id=who\.ids\[0\]\.v'$"):
        take_path(path, Mapping(map={"contact_id": "who.ids.v"}))


def test_a_struct_in_parquet_without_such_a_part(tmp_path: Path) -> None:
    """The message has the part that is meant."""
    path = tmp_path / "a.parquet"
    row = "TIMESTAMP '2026-11-04' AS timestamp, 'added' AS event, {'id': 7, 'na''me': 'x'} AS contact"
    duckdb.execute(f"COPY (SELECT {row}) TO '{path}' (FORMAT parquet)")
    with pytest.raises(InputProblem, match=r"no column 'contact\.ids' .*: use --map contact_id=contact\.id$"):
        take_path(path, Mapping(map={"contact_id": "contact.ids"}))
    taken = take_path(path, Mapping(map={"contact_id": "contact.id", "contact_name": "contact.na'me"}))
    assert (taken.ids, taken.names) == (["7"], ["x"])


KEYS = st.sampled_from(["id", "data", "item", "a b", "naïve", "x~1/y", "0", "ID", 'q"', "'"])
PATHS = st.lists(KEYS, min_size=1, max_size=3).map(tuple)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


def _leads_into(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return other[: len(path)] == path or path[: len(other)] == other


@st.composite
def _shapes(draw: st.DrawFn) -> list[tuple[str, ...]]:
    """Paths for an id, a time, a kind and a name, none within another."""
    chosen: list[tuple[str, ...]] = []
    for _ in range(4):
        free = PATHS.filter(lambda path: not any(_leads_into(path, other) for other in chosen))
        chosen.append(draw(free))
    return chosen


def _document(values: dict[tuple[str, ...], Any], noise: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = dict(noise)
    for path, value in values.items():
        inside = document
        for step in path[:-1]:
            inside = inside.setdefault(step, {})
        inside[path[-1]] = value
    return document


@given(
    _shapes(),
    st.lists(
        st.tuples(
            st.one_of(st.integers(0, 10**18), TEXTS, st.none()),
            st.integers(1_600_000_000, 1_900_000_000),
            st.sampled_from(["added", "Deleted", "contact.created", "company.created", ""]),
            st.one_of(TEXTS, st.none(), st.integers(0, 5)),
            st.dictionaries(st.sampled_from(["n1", "n2"]), st.recursive(TEXTS, st.lists, max_leaves=3)),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_nested_documents_give_the_events_of_their_flat_rows(
    tmp_path_factory: pytest.TempPathFactory, shape: list[tuple[str, ...]], rows: list[tuple[Any, ...]]
) -> None:
    """The mapping finds in random nested JSON what plain Python finds, which writes it as flat CSV."""
    folder = tmp_path_factory.mktemp("nested")
    fields = ("contact_id", "timestamp", "event", "contact_name")
    rules = {"event": {"contact.created": "added", "company.*": "-"}}
    documents = [_document(dict(zip(shape, row[:4], strict=True)), row[4]) for row in rows]
    nested, flat = folder / "a.jsonl", folder / "a.csv"
    nested.write_text("\n".join(json.dumps(it) for it in documents), encoding="utf-8")
    with flat.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(fields)
        writer.writerows(["" if value is None else value for value in row[:4]] for row in rows)
    paths = {field: ".".join(path) for field, path in zip(fields, shape, strict=True)}
    try:
        mapped = take_path(nested, Mapping(map=paths, values=rules))
    except InputProblem:
        # An id or a kind that the first records have nowhere.
        assert all(row[0] is None for row in rows)
        return
    plain = take_once(flat, Mapping(values=rules))
    assert mapped.all == plain.all
    assert [reason for _, reason, _ in mapped.rejects] == [reason for _, reason, _ in plain.rejects]
    assert mapped.counts.skipped == plain.counts.skipped


SIMPLE = st.sampled_from(["id", "data", "item", "a b", "naïve", "x~1/y", "0"])
STEPS = st.one_of(SIMPLE, SIMPLE, st.integers(0, 2))
LONG_PATHS = st.lists(STEPS, max_size=3).map(tuple)
TIMES = st.one_of(st.none(), st.integers(1_600_000_000, 1_900_000_000))
Step = str | int


def _wrapped(path: tuple[Step, ...], value: Any) -> Any:
    """A value at a path; arrays have it at every place up to that one."""
    for step in reversed(path):
        value = [value] * (step + 1) if isinstance(step, int) else {step: value}
    return value


def _type(path: tuple[Step, ...], kind: str) -> str:
    """DuckDB's name of the type of such a value."""
    for step in reversed(path):
        kind = f"{kind}[]" if isinstance(step, int) else f'STRUCT("{step}" {kind})'
    return kind


def _spelled(name: str, path: tuple[Step, ...]) -> str:
    return name + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


@settings(max_examples=8, deadline=None)
@given(
    st.tuples(LONG_PATHS, LONG_PATHS, LONG_PATHS, LONG_PATHS),
    st.lists(
        st.tuples(st.integers(1, 10**15), TIMES, TIMES, st.sampled_from(["LINE", "drop it", "kept", None])),
        min_size=1,
        max_size=6,
    ),
)
def test_several_times_within_arrays_and_structs_give_the_events_of_flat_rows(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[tuple[Step, ...], ...],
    rows: list[tuple[Any, ...]],
) -> None:
    """Records with two times, arrays on the way to values, and records that a rule skips: JSON lines, a
    document and Parquet give what plain Python writes as a row per event."""
    folder = tmp_path_factory.mktemp("several")
    rows = [(*row[:3], row[3] if row[1] or row[2] else None) for row in rows]  # a fault comes before a rule
    names = ("who", "made", "gone", "where")
    paths = dict(zip(names, shape, strict=True))
    documents = [
        {name: _wrapped(paths[name], value) for name, value in zip(names, row, strict=True)} for row in rows
    ]
    rules = {"channel": {"drop*": "-"}}
    spelled = {name: _spelled(name, path) for name, path in paths.items()}
    mapping = Mapping(
        map={"contact_id": spelled["who"], "channel": spelled["where"]},
        kinds={"added": spelled["made"], "deleted": spelled["gone"]},
        values=rules,
    )
    lines = folder / "a.jsonl"
    lines.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    (folder / "b.json").write_text(json.dumps({"rows": documents}), encoding="utf-8")
    types = {name: _type(path, "VARCHAR" if name == "where" else "BIGINT") for name, path in paths.items()}
    table = f"read_json('{lines}', format = 'newline_delimited', columns = {types})"
    duckdb.execute(f"COPY (FROM {table}) TO '{folder / 'c.parquet'}' (FORMAT parquet)")
    with (folder / "flat.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("contact_id", "event", "timestamp", "channel"))
        for who, made, gone, where in rows:
            times = [("added", made), ("deleted", gone)]
            for kind, time in [it for it in times if it[1]] or times[:1]:
                writer.writerow((who, kind, time or "", where or ""))
    plain = take_once(folder / "flat.csv", Mapping(values=rules))
    for name, records in (("a.jsonl", None), ("b.json", "rows"), ("c.parquet", None)):
        mapped = take_path(folder / name, replace(mapping, records=records))
        assert mapped.all == plain.all, name
        counts = (mapped.counts.loaded, mapped.counts.rejected, mapped.counts.skipped)
        assert counts == (plain.counts.loaded, plain.counts.rejected, plain.counts.skipped), name


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_times_by_kind_need_no_other_time(take: Take, name: str) -> None:
    """Where a column names the kind and each kind has a time of its own, no column has the time of all."""
    rows = [("new", "1", "2026-11-03", ""), ("gone", "1", "2026-11-03", "2026-11-04"), ("new", "2", "", "")]
    keys = ("what", "id", "came", "went")
    text = "\n".join(map(",".join, [keys, *rows]))
    if name == "a.jsonl":
        text = "\n".join(json.dumps(dict(zip(keys, row, strict=True))) for row in rows)
    taken = take(
        text,
        name,
        map={"event": "what", "contact_id": "id"},
        values={"event": {"new": "added", "gone": "deleted"}},
        kinds={"added": "came", "deleted": "went"},
    )
    assert [(str(event[0])[:10], event[1]) for event in taken.all] == [
        ("2026-11-03", "added"),
        ("2026-11-04", "deleted"),
    ]
    assert (taken.counts.read, taken.counts.rejected) == (3, 1)


def test_each_column_of_a_rule_that_is_not_there_is_replaced(take: Take) -> None:
    """A mistyped part of a sum does not take the others with it."""
    text = "timestamp,event,number,First Name,Last Name\n2026-11-04,added,1,Ann,Lee\n"
    names = {"contact_id": "numbr", "contact_name": "First Name+Last Nme"}
    with pytest.raises(InputProblem) as refused:
        take(text, map=names)
    assert str(refused.value).endswith(
        "use --map contact_id=number --map 'contact_name=First Name+Last Name'"
    )
