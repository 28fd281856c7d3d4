"""The JSON Schema: it describes every document, and no key more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from jsonschema import Draft202012Validator

from contactrep.render import render
from contactrep.report import Answer
from tests.cli.conftest import AS_OF, EVENTS
from tests.render import samples
from tests.render.goldens import ANSWERS

SCHEMA = json.loads((files("contactrep") / "schema.json").read_text())
PROFILED = Path(__file__).parent.parent / "read" / "files" / "profiles"
DOCUMENTS = [one["$ref"].rpartition("/")[2] for one in SCHEMA["anyOf"]]

NAMES = {
    "load-dry-run": "load",
    "forget-undo": "forget_undo",
    "users": "users_load",
    "user-list": "users",
    "page": "report",
}
MORE: dict[str, Answer] = {
    "log-empty": samples.without_rows(samples.log()),
    "overview-alone": samples.overview(comparing="none"),
    "added-early": samples.breakdown("0100..0102", by="year"),
    "connected": samples.breakdown(component="connected", parts=samples.CHANNELS),
}


def name_of(answer: str) -> str:
    """The definition that an answer of this name has."""
    return NAMES.get(answer) or answer.partition("-")[0]


@cache
def validator(name: str | None) -> Draft202012Validator:
    """Of any document, or of one of that name; to make one takes as long as ten documents."""
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]} if name else SCHEMA)


def problems(document: Any, name: str | None = None) -> list[str]:
    """What the schema finds wrong with a document, or with one as the document of that name."""
    return [error.message for error in validator(name).iter_errors(document)]


def test_it_is_a_schema() -> None:
    """By the rules of draft 2020-12."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", [*ANSWERS, *MORE])
def test_every_answer_fits(name: str) -> None:
    """As the document that it is, and as any."""
    document = json.loads(b"".join(render({**ANSWERS, **MORE}[name], "json")))
    assert problems(document, name_of(name)) == []
    assert problems(document) == []


@pytest.mark.parametrize("name", [*ANSWERS, *MORE])
def test_no_key_can_be_added_or_left_out(name: str) -> None:
    """Wherever a document has keys of its own; maps such as counts by name may have any."""
    document = _shortened(json.loads(b"".join(render({**ANSWERS, **MORE}[name], "json"))))
    fits = validator(name_of(name)).is_valid
    assert fits(document)
    free = {"counts", "unknown_sources", "map", "set", "value", "event", "profiles"}
    for part in _objects(document, free):
        part["another"] = 1
        assert not fits(document), part
        del part["another"]
        optional = {"more_unknown_sources", *free, "input_timezone", "timestamp_format"}
        for key in [key for key in part if key not in optional]:
            value = part.pop(key)
            assert not fits(document), key
            part[key] = value


def _shortened(value: Any) -> Any:
    """The same with two items of each list, so that each validation is short."""
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items()}
    return [_shortened(inner) for inner in value[:2]] if isinstance(value, list) else value


def _objects(value: Any, free: set[str]) -> Iterator[dict[str, Any]]:
    """An object, and those within: of equal ones in a list the first."""
    if isinstance(value, dict):
        yield value
        for key, inner in value.items():
            if key not in free:
                yield from _objects(inner, free)
    elif isinstance(value, list) and value:
        yield from _objects(value[0], free)


def test_a_message_goes_with_a_status() -> None:
    """There is one unless the status is ok; a wrong type or time is found."""
    document = json.loads(b"".join(render(samples.overview(), "json")))
    for key, value in (
        ("message", "x"),
        ("status", "no_data"),
        ("data_through", "2026-11-05"),
        ("schema", 2),
    ):
        assert problems({**document, key: value}, "overview")
    assert problems({**document, "status": "no_data", "message": "No events in this range"}, "overview") == []


def test_what_the_program_prints_fits(run: Callable[..., Result], tmp_path: Path) -> None:
    """Every command with JSON, from a load to its removal."""
    store, events, bad = tmp_path / "s.duckdb", tmp_path / "e.csv", tmp_path / "bad.csv"
    users = tmp_path / "users.csv"
    events.write_text(EVENTS, encoding="utf-8")
    bad.write_text("When;event;contact_id\n2026-11-01;added;9\n2026-11-01;added;\n", encoding="utf-8")
    users.write_text("id,name\nu1,Uma\n", encoding="utf-8")
    seen = set()
    commands: tuple[tuple[list[str | Path], str], ...] = (
        (["load", "--timezone", "UTC", events], "load"),
        (
            ["load", "--map", "timestamp=When", "--set", "channel=X", "--value", "event:new=added", bad],
            "load",
        ),
        (["load", "--profile", "respond-io-webhooks", PROFILED / "respond-io-webhooks.jsonl"], "load"),
        (
            ["load", "--profile", "chatwoot-contacts", "--snapshot", PROFILED / "chatwoot-contacts.json"],
            "load",
        ),
        (["users", "load", users], "users_load"),
        (["users", "list"], "users"),
        (["status"], "status"),
        (["rejects"], "rejects"),
        (["ranges"], "ranges"),
        (["overview", *AS_OF], "overview"),
        (["overview", *AS_OF, "--range", "2020"], "overview"),
        (["added", *AS_OF, "--channel", "LINE"], "added"),
        (["connected", *AS_OF, "--channel", "LINE", "--compare", "year"], "connected"),
        (["log", "added", *AS_OF], "log"),
        (["log", "connected", *AS_OF], "log"),
        (["log", "deleted", *AS_OF], "log"),
        (["log", "merged", *AS_OF], "log"),
        (["report", *AS_OF, "--by", "hour", "--timezone", "Asia/Kathmandu"], "report"),
        (["check", "added < 50", "connected[None] > 1", *AS_OF], "check"),
        (["forget", "3", "--yes"], "forget"),
        (["forget", "--undo", "3"], "forget_undo"),
        (["unload", "last"], "unload"),
    )
    for words, name in commands:
        result = run(*words, "--store", store, "--format", "json")
        assert result.exit_code in (0, 1, 3), result.stderr
        assert problems(json.loads(result.stdout), name) == [], words
        seen.add(name)
    assert seen == set(DOCUMENTS)
