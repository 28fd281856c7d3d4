"""Profiles: what a config may say, and what each built-in one makes of the platform's own files."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from contactrep.errors import ConfigProblem, UsageProblem
from contactrep.read.mapping import Mapping
from contactrep.read.profiles import BUILT_IN, Profile, built_in, find_profile, parse

Run = Callable[..., Result]
SAMPLES = Path(__file__).parent / "files" / "profiles"

EXPECTED = {
    "hubspot-webhooks.json": (
        """\
        2026-11-04T09:00:00.123000Z,added,20101,,,Contact Import
        2026-11-04T09:01:40Z,added,20104,,,Developer API
        2026-11-05T09:00:00Z,merged,20107<20102,,,User
        2026-11-05T09:00:00Z,merged,20107<20103,,,User
        2026-11-05T09:00:00.500000Z,deleted,20102,,,User
        2026-11-06T09:00:00Z,deleted,20104,,,User
        """,
        {"read": 11, "loaded": 6, "duplicate": 1, "rejected": 0, "skipped": 4},
    ),
    "intercom-webhooks.jsonl": (
        """\
        2026-11-04T09:00:00.123000Z,added,65f642bf674b9af4e9e40001,Nils Quay,,
        2026-11-04T10:00:00Z,added,65f642bf674b9af4e9e40002,Ochre Bell,,
        2026-11-05T09:00:00Z,merged,65f642bf674b9af4e9e40001,Nils Quay,,User
        2026-11-05T09:00:01Z,deleted,65f642bf674b9af4e9e40002,,,User
        """,
        {"read": 7, "loaded": 4, "duplicate": 1, "rejected": 0, "skipped": 2},
    ),
    "zendesk-webhooks.jsonl": (
        """\
        2026-11-04T09:00:00.465719Z,added,6596848315901,,,
        2026-11-05T09:00:00Z,deleted,6596848315901,,,User
        2026-11-06T09:00:00Z,merged,6596848315903,,,User
        """,
        {"read": 6, "loaded": 3, "duplicate": 1, "rejected": 0, "skipped": 2},
    ),
    "respond-io-webhooks.jsonl": (
        """\
        2026-11-04T09:00:00Z,added,1001,Ilse Marten,,
        2026-11-04T10:00:00Z,added,1002,Per,,
        """,
        {"read": 4, "loaded": 2, "duplicate": 1, "rejected": 0, "skipped": 1},
    ),
    "respond-io-contacts.json": (
        """\
        2026-11-04T09:00:00Z,added,1001,Ilse Marten,,
        2026-11-04T10:00:00Z,added,1002,Per,,
        """,
        {"read": 2, "loaded": 2, "duplicate": 0, "rejected": 0, "skipped": 0},
    ),
    "chatwoot-contacts.json": (
        """\
        2026-11-04T09:00:00Z,added,41,Ayo Reed,,
        2026-11-04T10:00:00Z,added,42,Bly Stone,,
        """,
        {"read": 2, "loaded": 2, "duplicate": 0, "rejected": 0, "skipped": 0},
    ),
    "chatwoot-sql.csv": (
        """\
        2026-11-04T09:00:00.123456Z,added,41,Ayo Reed,,
        2026-11-04T09:00:00.200000Z,connected,41,Ayo Reed,WhatsApp,
        2026-11-04T10:00:00Z,added,42,Bly Stone,,
        2026-11-04T10:00:01Z,connected,42,Bly Stone,Website,
        """,
        {"read": 4, "loaded": 4, "duplicate": 0, "rejected": 0, "skipped": 0},
    ),
    "chatwoot-sql-contacts.csv": (
        """\
        2026-11-04T09:00:00Z,added,41,Ayo Reed,,
        2026-11-04T10:00:00Z,added,42,Bly Stone,,
        """,
        {"read": 2, "loaded": 2, "duplicate": 0, "rejected": 0, "skipped": 0},
    ),
    "manychat.jsonl": (
        """\
        2026-11-04T09:00:00Z,added,132456470001,Suri Vale,,
        2026-11-04T10:00:00Z,added,132456470002,Tam Ode,,
        """,
        {"read": 2, "loaded": 2, "duplicate": 0, "rejected": 0, "skipped": 0},
    ),
}
"""For each sample, the events (as in FIELDS; a merge as `into<away`) and the account."""

FIELDS = ("timestamp", "event", "contact_id", "contact_name", "channel", "source")


def profile_of(sample: str) -> str:
    """The name of the profile that a sample is for."""
    return max((name for name in built_in() if sample.startswith(name)), key=len)


def test_every_built_in_profile_has_a_sample() -> None:
    """And every sample an expectation."""
    assert {path.name for path in SAMPLES.iterdir()} == set(EXPECTED)
    assert {profile_of(sample) for sample in EXPECTED} == set(built_in())


@pytest.mark.parametrize("sample", EXPECTED)
def test_a_sample_of_each_platform_gives_its_events(
    sample: str, run: Callable[..., Result], tmp_path: Path
) -> None:
    """Retries are duplicates, records that are no event of a contact are skipped, and none is rejected."""
    import json

    store, (events, account) = tmp_path / "s.duckdb", EXPECTED[sample]
    options = ("--store", store, "--profile", profile_of(sample), "--timezone", "Asia/Kuala_Lumpur")
    loaded = run("load", SAMPLES / sample, *options, "--format", "json")
    assert loaded.exit_code == 0, loaded.stderr
    assert json.loads(loaded.stdout)["total"] == account
    exported = run("export", "events", "--store", store, "--format", "csv", "-o", "-", "--raw").stdout
    found = [
        row | {"contact_id": f"{row['contact_id']}<{row['merged_contact_id']}".removesuffix("<")}
        for row in csv.DictReader(io.StringIO(exported))
    ]
    rows = [[row[field] for field in FIELDS] for row in found]
    assert [",".join(row) for row in rows] == [line.strip() for line in events.splitlines() if line.strip()]


def config_of(profile: Profile) -> Profile:
    """The profile that a config has into which this one was copied."""
    tables = tomllib.loads(profile.toml)["profiles"]
    assert list(tables) == [profile.name]
    return parse(profile.name, tables[profile.name], place="config.toml", origin="config")


@pytest.mark.parametrize("name", built_in())
def test_a_built_in_profile_as_toml_means_the_same_in_a_config(name: str) -> None:
    """And each has a description of one line."""
    profile = built_in()[name]
    assert config_of(profile).mapping == profile.mapping
    assert profile.description
    assert profile.origin == BUILT_IN


def test_every_key_is_read_and_written() -> None:
    """Names and texts of any kind come back from TOML."""
    odd = 'a "b" \\ \x7f = ü\n.'
    values: dict[str, Any] = {
        "description": odd,
        "files": ["a/*.csv", odd],
        "records": "items",
        "encoding": "cp1252",
        "skip_lines": 3,
        "sheet": odd,
        "input_timezone": "Asia/Tokyo",
        "timestamp_format": "epoch-ms",
        "map": {"contact_id": odd, "source": ""},
        "set": {"channel": "WhatsApp"},
        "event": {"added": "created_at", "Deleted": "deleted_at"},
        "value": {"event": {odd: "-", "*": ""}, "channel": {r"\N": ""}},
    }
    profile = parse("my feed.1", values, place="config.toml", origin="config")
    assert config_of(profile) == profile
    mapping = profile.mapping
    assert (mapping.records, mapping.encoding, mapping.skip_lines, mapping.sheet) == (
        "items",
        "cp1252",
        3,
        odd,
    )
    assert mapping.input_timezone is not None
    assert mapping.input_timezone.key == "Asia/Tokyo"
    assert mapping.timestamp_formats == ("epoch-ms",)
    assert mapping.map == {"contact_id": odd, "source": ""}
    assert mapping.optional == {"contact_id", "source", "records"}
    assert mapping.kinds == {"added": "created_at", "deleted": "deleted_at"}
    assert mapping.values == {"event": {odd: "-", "*": ""}, "channel": {r"\N": ""}}
    assert profile.files == ("a/*.csv", odd)


@pytest.mark.parametrize("values", [{"event": "Added"}, {"set": {"event": "added"}}])
def test_a_kind_for_all_records_is_written_in_either_way(values: dict[str, Any]) -> None:
    """As --event and as --set."""
    assert parse("x", values, place="c", origin="config").mapping == Mapping(event="added")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"mapp": {}}, "c: unknown key 'profiles.x.mapp': did you mean 'profiles.x.map'?"),
        ({"timestamp_formats": "x"}, "did you mean 'profiles.x.timestamp_format'?"),
        (
            {"map": {"contactid": "a"}},
            "'profiles.x.map.contactid': did you mean 'profiles.x.map.contact_id'?",
        ),
        ({"value": {"evnt": {}}}, "did you mean 'profiles.x.value.event'?"),
        (
            {"value": {"event": "x"}},
            "'profiles.x.value.event' must be a section: write [profiles.x.value.event]",
        ),
        ({"value": {"event": {"a": 1}}}, "'profiles.x.value.event.a': must be a quoted string"),
        ({"map": "x"}, "'profiles.x.map' must be a section: write [profiles.x.map]"),
        ({"map": {"source": 3}}, "'profiles.x.map.source': must be a quoted string, such as source = \"…\""),
        ({"set": {"source": ""}}, "'profiles.x.set.source': must be a quoted string"),
        ({"event": {"created": "at"}}, "unknown event 'created': use added, connected, deleted or merged"),
        ({"event": "created"}, "'profiles.x.event': unknown event 'created'"),
        (
            {"event": "added", "set": {"event": "added"}},
            "'profiles.x.set.event' is the same: give one of them",
        ),
        ({"files": 3}, "'profiles.x.files': must be a string or a list of strings"),
        ({"files": ["a", ""]}, "'profiles.x.files': must be a string or a list of strings"),
        ({"skip_lines": -1}, "'profiles.x.skip_lines': must be a whole number"),
        ({"skip_lines": True}, "'profiles.x.skip_lines': must be a whole number"),
        ({"encoding": "cp12522"}, "'profiles.x.encoding': unknown encoding 'cp12522'"),
        ({"encoding": "hex"}, "'profiles.x.encoding': unknown encoding 'hex'"),
        ({"encoding": "a\0b"}, "unknown encoding"),
        ({"input_timezone": "Asia/Tokio"}, "'profiles.x.input_timezone': unknown time zone 'Asia/Tokio'"),
        ({"timestamp_format": ["%d"]}, "'profiles.x.timestamp_format': '%d' gives no whole date"),
        (
            {"profile": "hubspot-webhok"},
            "there is no built-in profile 'hubspot-webhok': did you mean hubspot-webhooks?",
        ),
        (
            {"profile": "x"},
            "'profiles.x.profile': there is no built-in profile 'x': use chatwoot-contacts, chatwoot-sql,",
        ),
        ("text", "'profiles.x' must be a section: write [profiles.x]"),
    ],
)
def test_what_a_profile_may_not_have_is_named(values: Any, said: str) -> None:
    """With the closest key that there is."""
    with pytest.raises(ConfigProblem) as raised:
        parse("x", values, place="c", origin="config")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_lines_to_skip_override_those_of_a_profile() -> None:
    """Zero is a number, too; what is not given leaves the profile's."""
    profile = Mapping(skip_lines=3)
    assert [Mapping(skip_lines=count).over(profile).skip_lines for count in (None, 0, 1)] == [3, 0, 1]


@pytest.mark.parametrize("name", ["respond-io-contacts", "chatwoot-contacts"])
def test_contacts_of_an_api_may_be_one_per_line(run: Run, tmp_path: Path, name: str) -> None:
    """Its pages have them in an array; who has taken them apart has lines, or an array alone."""
    contacts: list[dict[str, object]] = [{"id": at, "created_at": 1793782800, "items": []} for at in (1, 2)]
    page = {"meta": {"id": 3}, built_in()[name].mapping.records: contacts}
    texts = {
        "lines.jsonl": "\n".join(map(json.dumps, contacts)).replace(', "items": []', ""),
        "array.json": json.dumps(contacts).replace(', "items": []', ""),
        "page.json": json.dumps(page),
        "pages.json": json.dumps([page, page], indent=2),
    }
    for file, text in texts.items():
        (tmp_path / file).write_text(text)
        answer = run("export", "added", tmp_path / file, "--profile", name, "--format", "jsonl")
        assert [json.loads(line)["contact_id"] for line in answer.stdout.splitlines()] == ["1", "2"], file
    refused = run("load", tmp_path / "lines.jsonl", "--profile", name, "--records", "rows", "--dry-run")
    assert "no rows (found: id, created_at)" in refused.stderr


def test_a_profile_can_start_from_a_built_in_one() -> None:
    """By name; a section that has the name of a built-in one and only lists files does so, too."""
    hubspot = built_in()["hubspot-webhooks"].mapping
    values = {"profile": "hubspot", "set": {"channel": "WhatsApp"}, "map": {"source": ""}}
    mapping = parse("mine", values, place="c", origin="config").mapping
    assert mapping.set == {"channel": "WhatsApp"}
    assert mapping.map == {**hubspot.map, "source": ""}
    assert mapping.values == hubspot.values
    listing = parse("hubspot-webhooks", {"files": ["a"]}, place="c", origin="config")
    assert listing.mapping == hubspot
    assert listing.description == built_in()["hubspot-webhooks"].description
    other = parse("hubspot-webhooks", {"map": {"contact_id": "id"}}, place="c", origin="config")
    assert other.mapping.map == {"contact_id": "id"}


def test_a_profile_is_found_by_the_beginning_that_it_alone_has() -> None:
    """A name that several begin with is answered with these, an unknown one with the closest."""
    known = built_in()
    assert find_profile("hubspot", known).name == "hubspot-webhooks"
    assert find_profile("manychat", known).name == "manychat"
    with pytest.raises(UsageProblem, match="did you mean chatwoot-contacts or chatwoot-sql"):
        find_profile("chatwoot", known)
    with pytest.raises(UsageProblem, match="did you mean manychat"):
        find_profile("manychatt", known)
    for name in ("hub", "hubspott"):
        with pytest.raises(UsageProblem, match="did you mean hubspot-webhooks"):
            find_profile(name, known)
    with pytest.raises(UsageProblem, match="'contactrep profiles' lists the profiles"):
        find_profile("qqqq", known)
