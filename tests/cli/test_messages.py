"""What stands in the place of a component, and the notices on stderr, to the letter."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import AS_OF

Ask = Callable[..., Result]


def test_a_filter_that_does_not_apply_stands_in_the_place_of_the_component(ask: Ask) -> None:
    """The overview has no channels, and says so; the run is no failure."""
    result = ask("overview", *AS_OF, "--channel", "WhatsApp", "--compare", "none")
    assert result.exit_code == 0
    assert "The selected filter(s) are not applicable here: channel\n" in result.stdout
    assert result.stderr == ""


def test_the_page_shows_what_the_filter_applies_to(ask: Ask) -> None:
    """Where one filter hinders six components, the seventh and eighth still answer."""
    page = json.loads(ask("report", *AS_OF, "--channel", "line", "--format", "json").stdout)
    parts = {name: page[name]["status"] for name in ("overview", "added", "connected")}
    parts |= {f"log {kind}": part["status"] for kind, part in page["logs"].items()}
    assert {name for name, status in parts.items() if status == "ok"} == {"connected", "log connected"}
    assert {status for name, status in parts.items() if "connected" not in name} == {"not_applicable"}


def test_no_event_in_the_range_without_a_filter(ask: Ask) -> None:
    """The message is the one without filters, and stderr tells what there is."""
    result = ask("overview", "--as-of", "2025-01-01")
    assert result.exit_code == 0
    assert "No events in this range\n" in result.stdout
    assert "Note: the data covers 1 – 5 Nov 2026\n" in result.stderr


def test_no_event_matches_the_filter(ask: Ask) -> None:
    """The message is the hosted report's own; an unknown value is answered with the closest."""
    result = ask("added", *AS_OF, "--source", "brodcast", "--user", "uma")
    assert result.exit_code == 0
    assert "The selected filter(s) have no applicable data\n" in result.stdout
    assert "Note: no event has the source 'brodcast': did you mean 'Broadcast'?\n" in result.stderr
    assert "the user" not in result.stderr


def test_an_export_with_a_filter_that_does_not_apply_is_refused(ask: Ask) -> None:
    """A file that leaves the filter out of account would be a wrong answer."""
    result = ask("export", "added", "--channel", "LINE")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: The selected filter(s) are not applicable here: channel: only 'export connected' takes it\n"
    )


def test_events_later_than_now_are_counted_and_told(ask: Ask) -> None:
    """Today's report at noon still covers the evening, and says how much of it there is already."""
    result = ask("overview", "--as-of", "2026-11-05T09:00", "--range", "today", "--format", "json")
    assert json.loads(result.stdout)["metrics"]["added"]["count"] == 1
    assert "Note: 1 event is in the future and is included\n" in result.stderr


def test_a_comparison_before_the_first_event_is_called_incomplete(ask: Ask) -> None:
    """What was not recorded yet is not a gain."""
    result = ask("overview", *AS_OF)
    assert "Note: the data starts on 1 Nov 2026, so the previous period is incomplete\n" in result.stderr


def test_without_a_comparison_there_is_nothing_partial(ask: Ask) -> None:
    """The notice goes with what it is about."""
    assert ask("overview", *AS_OF, "--compare", "none").stderr == ""


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("last-0-days", "'last-0-days' is not a valid range"),
        ("2026-13", "range '2026-13': there is no such month"),
        ("2026-W54", "range '2026-W54': there is no such week"),
        ("2026-02-30", "range '2026-02-30': there is no such day"),
        ("2026-11-05..2026-11-01", "ends before or where it starts: write the earlier one first"),
        ("2026-11-05T10:00..2026-11-05T10:00", "ends before or where it starts"),
        ("9999", "reaches outside the calendar"),
        ("last-99999999-days", "reaches outside the calendar"),
        ("lst-7-days", "did you mean last-7-days?"),
        ("05/11/2026", "is not a valid range"),
    ],
)
def test_a_bad_range_says_what_would_do(ask: Ask, chosen: str, message: str) -> None:
    """The command line is wrong, so the exit code is 2."""
    result = ask("overview", "--range", chosen)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_too_many_buckets_name_what_fits(ask: Ask) -> None:
    """Ten thousand bars are the most, and the error names a unit that gives fewer."""
    result = ask("overview", "--range", "2020..2026", "--by", "hour")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: range '2020..2026' has more than 10,000 buckets by hour: use --by day or a shorter range\n"
    )


def test_exclude_today_goes_with_last_days_only(ask: Ask) -> None:
    """Elsewhere it would silently mean nothing."""
    result = ask("overview", "--range", "this-month", "--exclude-today")
    assert result.exit_code == 2
    assert result.stderr == ("Error: --exclude-today goes with last-N-days only, not with 'this-month'\n")


def test_an_empty_store_has_no_events(run: Ask, tmp_path: Path) -> None:
    """A store of a file without records answers every report with no data."""
    empty, store = tmp_path / "empty.csv", tmp_path / "empty.duckdb"
    empty.write_text("timestamp,event,contact_id\n")
    assert run("load", empty, "--store", store).exit_code == 0
    result = run("overview", "--range", "all", "--store", store)
    assert result.exit_code == 0
    assert "No events in this range\n" in result.stdout
    assert "Note: there are no events yet: load some with 'contactrep load FILES'\n" in result.stderr
