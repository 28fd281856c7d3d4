"""The contacts that went away in merges: one or several in a value, in every format, nowhere else."""

import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tests.read.taking import Take, take_path

HEADER = "timestamp,event,contact_id,merged_contact_id\n"
NOON = "2026-11-05 12:00:00"
Write = Callable[[Path, str | list[str] | None], Path]


def write_csv(folder: Path, merged: str | list[str] | None) -> Path:
    """A merge in CSV; a list of ids joined."""
    text = ";".join(merged) if isinstance(merged, list) else merged or ""
    (folder / "a.csv").write_text(f'{HEADER}{NOON}Z,merged,1,"{text}"\n')
    return folder / "a.csv"


def write_jsonl(folder: Path, merged: str | list[str] | None) -> Path:
    """A merge in JSON."""
    record = {"timestamp": f"{NOON}Z", "event": "merged", "contact_id": 1, "merged_contact_id": merged}
    (folder / "a.jsonl").write_text(f"{json.dumps(record)}\n")
    return folder / "a.jsonl"


def write_parquet(folder: Path, merged: str | list[str] | None) -> Path:
    """A merge in Parquet."""
    path, kind = folder / "a.parquet", "VARCHAR[]" if isinstance(merged, list) else "VARCHAR"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT TIMESTAMPTZ '{NOON}+00' AS timestamp, 'merged' AS event, '1' AS contact_id,"
            f" $1::{kind} AS merged_contact_id) TO '{path}'",
            [merged],
        )
    return path


@pytest.mark.parametrize("write", [write_csv, write_jsonl, write_parquet])
@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("2", ["2"]),
        (None, [None]),
        ("2;3", ["2", "3"]),
        (["2", "3", "00124"], ["2", "3", "00124"]),
        ([], [None]),
        (" 2 ; ;3;", ["2", "3"]),
        ("2;2", ["2", "2"]),
        (";", [None]),
        (" \u00a0", [None]),
        (" 2", [" 2"]),
    ],
)
def test_ids_of_a_merge(
    tmp_path: Path, write: Write, value: str | list[str] | None, ids: list[str | None]
) -> None:
    """Several ids in one value are that many merges, trimmed; a single one is kept, a blank one is null."""
    taken = take_path(write(tmp_path, value))
    assert taken.merged == ids
    assert [(str(event[0]), event[2]) for event in taken.all] == [(NOON, "1")] * len(ids)
    assert (taken.counts.read, taken.counts.loaded, taken.rejects) == (len(ids), len(ids), [])


@pytest.mark.parametrize("kind", ["added", "connected", "deleted"])
@pytest.mark.parametrize("value", ["2", "2;3", ";", "1.23457E+11"])
def test_other_events_have_none(take: Take, kind: str, value: str) -> None:
    """What another event has in that column is dropped, and rejects nothing."""
    taken = take(f"{HEADER}{NOON}Z,{kind},1,{value}\n")
    assert (taken.merged, taken.rejects) == ([None], [])


def test_a_rounded_id_rejects_merges_only(take: Take) -> None:
    """Whatever says that a row is another event: the column, in any spelling, or --event."""
    bad = "1.23457E+11"
    taken = take(f"{HEADER}{NOON}Z,Added,1,{bad}\n{NOON}Z,MERGED,1,2; {bad}\n{NOON}Z,de-leted,1,{bad}\n")
    assert (taken.merged, [line for line, *_ in taken.rejects]) == ([None, None], [3])
    taken = take(f"{HEADER}{NOON}Z,,1,{bad}\n", event="added")
    assert (taken.merged, taken.rejects) == ([None], [])


def test_a_bad_merge_of_several_is_one_reject(take: Take) -> None:
    """A record that is no event counts once, whatever its ids."""
    taken = take(f"{HEADER}{NOON}Z,merged,,2;3\nnever,merged,1,2;3\n{NOON}Z,merged,1,2;3\n")
    assert [line for line, *_ in taken.rejects] == [2, 3]
    assert (taken.counts.read, taken.merged) == (4, ["2", "3"])


def test_a_merge_of_several_that_is_left_out_counts_once(take: Take) -> None:
    """A rule leaves out a record."""
    rules = {"event": {"merged": "-"}}
    taken = take(f"{HEADER}{NOON}Z,merged,1,2;3\n{NOON}Z,added,1,\n", values=rules)
    assert (taken.counts.skipped, taken.counts.loaded) == (1, 1)


def test_a_merge_of_several_at_a_local_time(take: Take) -> None:
    """The closer look knows the zone, also where a time occurs twice: that counts for each merge."""
    zone = ZoneInfo("Europe/Berlin")
    taken = take(f"{HEADER}2026-10-25 02:30,merged,1,2;3\n", input_timezone=zone)
    assert [str(time) for time in (event[0] for event in taken.all)] == ["2026-10-25 00:30:00"] * 2
    assert taken.counts.ambiguous_times == 2


def test_a_record_with_times_of_several_kinds(take: Take) -> None:
    """Each kind of a record is one event, a merge as many as it has ids."""
    kinds = {"added": "created", "merged": "merged_at"}
    text = "id,created,merged_at,merged contact ids\n1,2026-11-01Z,2026-11-05Z,2;3\n4,2026-11-02Z,,9;8\n"
    taken = take(text.replace("Z", "T00:00Z"), map={"contact_id": "id"}, kinds=kinds)
    assert [(event[1], event[2]) for event in taken.all] == [
        ("added", "1"),
        ("merged", "1"),
        ("merged", "1"),
        ("added", "4"),
    ]
    assert taken.merged == [None, "2", "3", None]


def test_the_hosted_merge_log(take: Take) -> None:
    """`Primary Contact ID` makes the rows merges, `Merged Contact ID` is the contact that went away."""
    taken = take(
        "Timestamp,Primary Contact ID,Merged Contact ID,Contact Name,Source,User\n"
        "2026-11-05 10:00:00,1,2,Ann,User,Uma\n"
    )
    assert (taken.events[2][1:4], taken.merged) == (("merged", "1", "Ann"), ["2"])
