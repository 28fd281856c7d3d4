"""JSON: the schema of the specification, key by key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep.render import Look, render
from contactrep.render.json import as_value
from contactrep.report import LogPage, LogRow, Report
from tests.render import samples
from tests.render.test_text import ACTS, ANYTHING

HEAD = [
    "schema",
    "component",
    "status",
    "message",
    "range",
    "previous",
    "filters",
    "not_applicable",
    "data_through",
    "notices",
]
OVERVIEW = [*HEAD, "metrics", "series"]
BREAKDOWN = [*HEAD, "total", "breakdown", "series"]
LOG = [*HEAD, "event", "total", "limit", "truncated", "rows"]


def text_of(report: Report) -> str:
    """The report's JSON as it is written."""
    return b"".join(render(report, "json", look=Look())).decode()


def read(report: Report) -> Any:
    """The report's JSON as a program reads it."""
    return json.loads(text_of(report))


@pytest.mark.parametrize(
    ("report", "keys"),
    [
        (samples.overview(), OVERVIEW),
        (samples.no_data(samples.overview()), OVERVIEW),
        (samples.not_applicable(samples.overview()), OVERVIEW),
        (samples.breakdown(), BREAKDOWN),
        (samples.no_data(samples.breakdown()), BREAKDOWN),
        (samples.not_applicable(samples.breakdown()), BREAKDOWN),
        (samples.log(), LOG),
        (samples.log(rows=0), LOG),
        (samples.page(), ["schema", "component", "overview", "added", "connected", "logs"]),
        (samples.ranges(), ["schema", "as_of", "timezone", "ranges"]),
        (
            samples.status(),
            [
                *("schema", "version", "store", "config", "timezone", "events", "first", "last"),
                *("future", "rejected", "users", "loads"),
            ],
        ),
        (samples.rejects(), ["schema", "total", "rows"]),
        (samples.users(), ["schema", "total", "rows"]),
    ],
)
def test_keys_and_their_order(report: Report, keys: list[str]) -> None:
    """A report has the same keys in the same order whether or not there is data."""
    assert list(read(report)) == keys


def test_the_parts_of_an_overview() -> None:
    """Metrics are plain numbers; an entry of the series has its bucket's bounds and counts."""
    value = read(samples.overview())
    assert list(value["metrics"]) == ["added", "deleted", "merged", "net"]
    assert value["metrics"]["added"] == {"count": 1440, "previous": 1282, "change": (1440 - 1282) / 1282}
    assert value["metrics"]["merged"] == {"count": 73, "previous": 0, "change": None}
    assert value["metrics"]["net"]["deleted_after_merge"] == 0
    assert list(value["series"][0]) == ["start", "end", "partial", "added", "deleted", "merged", "net"]
    assert sum(entry["net"] for entry in value["series"]) == value["metrics"]["net"]["count"]
    assert value["range"] == {
        "name": "last-7-days",
        "start": "2026-10-30T00:00:00+08:00",
        "end": "2026-11-06T00:00:00+08:00",
        "timezone": "Asia/Kuala_Lumpur",
        "by": "day",
    }
    assert value["previous"] == {"start": "2026-10-23T00:00:00+08:00", "end": "2026-10-29T14:32:10+08:00"}
    assert value["filters"] == {"channel": [], "user": [], "source": [], "contact": []}


@pytest.mark.parametrize(("component", "split"), [("added", "source"), ("connected", "channel")])
def test_the_parts_of_a_breakdown(component: str, split: str) -> None:
    """A breakdown's rows are keyed by their split, and its buckets count every name."""
    value = read(samples.breakdown(component=component))
    assert list(value["breakdown"][0]) == [split, "count", "share", "previous", "change"]
    names = [row[split] for row in value["breakdown"]]
    assert all(list(entry["counts"]) == names for entry in value["series"])
    assert list(value["series"][0]) == ["start", "end", "partial", "counts"]


def test_without_a_comparison() -> None:
    """With nothing to compare with, previous and change are null."""
    value = read(samples.overview(comparing="none"))
    assert value["previous"] is None
    assert value["metrics"]["added"] == {"count": 1440, "previous": None, "change": None}


@pytest.mark.parametrize("event", ["added", "connected", "deleted", "merged"])
def test_the_rows_of_a_log(event: str) -> None:
    """Only a row of connecting has a channel, and only one of merging a second id; a time has microseconds
    only where it has any."""
    value = read(samples.log(event))
    fields = ["timestamp", "contact_id", "contact_name", "source", "user"]
    more = {"connected": ["channel"], "merged": ["merged_contact_id"]}.get(event, [])
    assert list(value["rows"][0]) == [*fields, *more]
    assert value["rows"][0]["timestamp"] == "2026-11-05T14:32:10+08:00"
    assert value["rows"][1]["timestamp"] == "2026-11-05T14:15:09.999999+08:00"
    assert value["range"]["by"] is None
    assert value["truncated"] is False


def test_the_page_has_whole_components() -> None:
    """Each part of the whole page is what its own command would answer, without the notice of a cut log:
    stderr gets it from `log` alone."""
    page = samples.page()
    value = read(page)
    assert value["overview"] == read(page.overview)
    assert value["connected"] == read(page.connected)
    own = value["overview"]["notices"]
    assert value["logs"] == {kind: read(log) | {"notices": own} for kind, log in page.logs.items()}
    assert list(value["logs"]) == ["added", "connected", "deleted", "merged"]


@pytest.mark.parametrize("rows", [0, 1, 2500])
def test_a_log_is_written_as_any_value(rows: int) -> None:
    """The quick way to write rows gives what the standard encoder gives."""
    log = samples.log("connected", rows=rows, names=("Bob", '"quoted" \\ back', "山田"))
    assert text_of(log) == json.dumps(as_value(log), ensure_ascii=False, indent=2) + "\n"


@given(st.lists(st.tuples(ANYTHING, st.none() | ANYTHING), max_size=4))
def test_text_is_exact_and_harmless(texts: list[tuple[str, str | None]]) -> None:
    """Any text comes back as it was, and nothing in the JSON itself acts on a terminal or breaks UTF-8."""
    rows = [LogRow(samples.NOW, one, other, None, other, None) for one, other in texts]
    log = LogPage(samples.head("log"), "added", len(rows), 10_000, rows)
    text = text_of(log)
    assert [(row["contact_id"], row["user"]) for row in json.loads(text)["rows"]] == texts
    assert set(map(ord, text)) & set(ACTS) <= {ord("\n")}
    text.encode("utf-8")
