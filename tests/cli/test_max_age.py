"""`--max-age`: old data is an error before it is a wrong number."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

# The newest event of the store is of 5 November 10:00 UTC, the newest `connected` of 3 November 10:00.
REPORTS = ["overview", "added", "log added", "report", "check added<50"]


@pytest.mark.parametrize("command", REPORTS)
def test_old_data_is_exit_code_4_and_nothing_is_written(ask: Run, tmp_path: Path, command: str) -> None:
    """One line on stderr says how old; no report goes to stdout or to a file, and an older file stays."""
    target = tmp_path / "report.txt"
    target.write_text("yesterday's")
    asked = (*command.split(), "--as-of", "2026-11-06T12:01", "--max-age", "26h", "--quiet")
    for where in ((), ("-o", target), ("--format", "json")):
        result = ask(*asked, *where)
        assert (result.exit_code, result.stdout) == (4, "")
        assert result.stderr == (
            "Error: the newest event for this report is from Thu 5 Nov 2026 10:00, 26 h ago, "
            "and --max-age is 26h: load newer events\n"
        )
    assert target.read_text() == "yesterday's"


@pytest.mark.parametrize("command", REPORTS)
def test_data_of_that_age_is_answered(ask: Run, command: str) -> None:
    """To the microsecond; the answer is the same as without the option."""
    asked = (*command.split(), "--as-of", "2026-11-06T12:00")
    assert ask(*asked, "--max-age", "26h").exit_code == (3 if "check" in command else 0)
    assert ask(*asked, "--max-age", "26h").stdout == ask(*asked).stdout


def test_the_age_is_that_of_the_data_that_the_report_uses(ask: Run) -> None:
    """A feed of connections that has stopped is not hidden by one of new contacts, nor by later events."""
    fresh = ("--as-of", "2026-11-05T11:00", "--max-age", "2d")
    assert [ask(command, *fresh).exit_code for command in ("overview", "added", "report")] == [0, 0, 0]
    assert ask("connected", *fresh).exit_code == 4
    assert ask("log", "connected", *fresh).exit_code == 4
    assert ask("check", "connected[LINE] < 5", *fresh).exit_code == 4
    assert ask("check", "connected[LINE] < 5", "added > 0", *fresh).exit_code == 3
    later = ask("overview", "--as-of", "2026-11-02T12:00", "--max-age", "3h", "--range", "2026-11")
    assert (later.exit_code, "3 events are in the future" in later.stderr) == (0, False)
    assert "events are in the future" in later.stderr


def test_no_data_is_old_data(run: Run, ask: Run, tmp_path: Path) -> None:
    """Where there is no event up to now, whatever the range."""
    said = "Error: there is no event for this report, and --max-age is 26h: load newer events\n"
    early = ask("overview", "--as-of", "2026-10-01", "--max-age", "26h")
    assert (early.exit_code, early.stdout, early.stderr) == (4, "", said)
    empty = tmp_path / "empty.csv"
    empty.write_text("timestamp,event,contact_id\n")
    for command in ("report", "check added==0"):
        result = run(*command.split(), empty, "--max-age", "26h")
        assert (result.exit_code, result.stdout, result.stderr) == (4, "", said)


def test_4_comes_before_1_and_3(ask: Run) -> None:
    """Of old data nothing is judged."""
    asked = ("check", "added < 50", "added[x] > 1", "--as-of", "2026-12-01", "--range", "2026-11-03")
    assert ask(*asked).exit_code == 3
    old = ask(*asked, "--max-age", "1w")
    assert (old.exit_code, old.stdout, old.stderr.count("\n")) == (4, "", 1)
    assert "26 days ago" in old.stderr


@pytest.mark.parametrize(
    ("age", "code"), [("1441min", 0), ("1439MIN", 4), ("24h", 0), ("23 h", 4), ("1d", 0), ("1w", 0)]
)
def test_the_units(ask: Run, age: str, code: int) -> None:
    """Minutes, hours, days of 24 hours and weeks."""
    assert ask("overview", "--as-of", "2026-11-06T10:00", "--max-age", age).exit_code == code


@pytest.mark.parametrize("age", ["26", "h", "1m", "-1h", "1.5h", "1d12h", "1 month", "999999999w", "٢h", ""])
def test_a_wrong_age_is_exit_code_2(ask: Run, age: str) -> None:
    """`m` could be months; the message has a right one."""
    result = ask("overview", f"--max-age={age}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert ("write it like 90min, 26h, 2d or 1w" in result.stderr) == (age != "")


def test_the_environment_sets_it_for_reports(
    ask: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An option overrides it; an export, which has no such option, and a list of ranges are not affected."""
    monkeypatch.setenv("CONTACTREP_MAX_AGE", "26h")
    monkeypatch.setenv("CONTACTREP_AS_OF", "2026-12-01")
    assert [ask(*command.split()).exit_code for command in REPORTS] == [4] * len(REPORTS)
    assert ask("overview", "--max-age", "9w").exit_code == 0
    assert ask("export", "added", "-o", tmp_path / "a.csv").exit_code == 0
    assert ask("ranges").exit_code == 0
    monkeypatch.setenv("CONTACTREP_MAX_AGE", "soon")
    wrong = ask("overview")
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("Error: Invalid value for CONTACTREP_MAX_AGE: 'soon' is not an age:")
    assert "for '--max-age': 'now'" in ask("overview", "--max-age", "now").stderr


def test_the_zone_of_the_report_is_that_of_the_message(ask: Run) -> None:
    """The age itself does not depend on it."""
    asked = (
        "overview",
        "--as-of",
        "2026-12-01T00:00Z",
        "--max-age",
        "26h",
        "--timezone",
        "Asia/Kuala_Lumpur",
    )
    assert "is from Thu 5 Nov 2026 18:00, 25 days ago" in ask(*asked).stderr


def test_the_report_itself_is_as_without_it(ask: Run) -> None:
    """JSON says how far the data reaches in any case."""
    answer = json.loads(
        ask("overview", "--as-of", "2026-11-05", "--format", "json", "--max-age", "1d").stdout
    )
    assert answer["data_through"] == "2026-11-05T10:00:00+00:00"
