"""`contactrep check`: what it prints, where, and its exit code."""

import csv
import io
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from contactrep.errors import LONGEST_MESSAGE
from tests.cli.conftest import AS_OF
from tests.conftest import REPOSITORY

Run = Callable[..., Result]
RunProcess = Callable[..., subprocess.CompletedProcess[str]]

DAY = ("--range", "2026-11-02..2026-11-03", *AS_OF)
"""Two added (none before), two connected (none before), none deleted; 1 November has one added."""


def test_a_condition_that_holds_is_a_line_and_exit_code_3(ask: Run) -> None:
    """On stdout, which cron mails, with both sides, the counts behind them and the dates; stderr is empty."""
    result = ask("check", "added < 50", "net > 100", "connected[whatsapp] == 1", *DAY)
    assert (result.exit_code, result.stderr) == (3, "")
    assert result.stdout == (
        "added < 50: 2 < 50 (added 2), 2 – 3 Nov 2026\n"
        "connected[whatsapp] == 1: 1 == 1 (connected[whatsapp] 1), 2 – 3 Nov 2026\n"
    )


def test_without_one_it_is_silent(ask: Run, tmp_path: Path) -> None:
    """Exit code 0, no byte on stdout or stderr, and an empty file for whoever wants one."""
    asked = ("check", "added > 50", "deleted > 0", "connected[LINE] != 1", *DAY)
    for format_ in ("table", "markdown"):
        result = ask(*asked, "--format", format_)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert ask(*asked, "-o", tmp_path / "alarms.txt").exit_code == 0
    assert (tmp_path / "alarms.txt").read_bytes() == b""


def test_the_lines_go_to_a_file(ask: Run, tmp_path: Path) -> None:
    """`-o` takes the place of stdout, and the exit code stays."""
    result = ask("check", "added < 50", *DAY, "-o", tmp_path / "alarms.md")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", "")
    assert (tmp_path / "alarms.md").read_text(encoding="utf-8") == (
        "added &lt; 50: 2 &lt; 50 (added 2), 2 – 3 Nov 2026\n"
    )


@pytest.mark.parametrize(
    ("condition", "words", "reason"),
    [
        ("added == 0", ("--range", "2026-10", "--as-of", "2026-10-31"), "No events in this range"),
        ("connected == 0", ("--range", "2026-11-05"), "No events in this range"),
        ("connected[LINE] == 0", ("--range", "2026-11-05"), "No events in this range"),
        ("added > 1", ("--channel", "LINE"), "The selected filter(s) are not applicable here: channel"),
        (
            "added > 1",
            ("--user", "Ugo", "--range", "2026-11-01"),
            "The selected filter(s) have no applicable data",
        ),
        (
            "connected[LINE] > 1",
            ("--channel", "WhatsApp"),
            "the channel filter leaves out 'LINE'",
        ),
        ("added[Zapier] > 1", ("--source", "user"), "no event has the source 'Zapier'"),
        ("added[Broadcast] > 1", ("--source", "user"), "the source filter leaves out 'Broadcast'"),
        ("added change > 5%", ("--range", "2026-11-01"), "added previous is 0, so there is no change"),
        (
            "added > previous",
            ("--compare", "none"),
            "there is no previous period: choose a --range and --compare",
        ),
        (
            "added > previous",
            ("--range", "all"),
            "there is no previous period: choose a --range and --compare",
        ),
        ("added / deleted > 2", ("--range", "2026-11-02"), "it divides by 0, as deleted is 0"),
        ("connected[Whatsap] == 0", (), "no event has the channel 'Whatsap': did you mean 'WhatsApp'?"),
        ("added[Brodcast] == 0", (), "no event has the source 'Brodcast': did you mean 'Broadcast'?"),
    ],
)
def test_what_cannot_be_judged_is_an_error(
    ask: Run, condition: str, words: tuple[str, ...], reason: str
) -> None:
    """One line on stderr with the reason, and exit code 1: silence would look like all is well."""
    result = ask("check", condition, *(() if "--as-of" in words else AS_OF), *words, "--quiet")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: '{condition}' cannot be judged: {reason}")
    assert result.stderr.count("\n") == 1


def test_no_event_of_a_known_part_is_0(ask: Run) -> None:
    """The channel that has gone silent is the alarm that people want most; `Unknown` is known, too."""
    asked = ("check", "connected[WhatsApp] == 0", "connected[Unknown] == 0", "added[Broadcast] == 0")
    result = ask(*asked, "--range", "2026-11-03", *AS_OF)
    assert result.exit_code == 3
    assert result.stdout == "".join(
        f"{it}[{name}] == 0: 0 == 0 ({it}[{name}] 0), Tue 3 Nov 2026\n"
        for it, name in (("connected", "WhatsApp"), ("connected", "Unknown"), ("added", "Broadcast"))
    )


def test_an_alarm_rings_beside_what_cannot_be_judged(ask: Run) -> None:
    """3 comes before 1, and both are told."""
    result = ask("check", "added < 50", "connected[Viber] == 0", "added / deleted > 3", *DAY)
    assert result.exit_code == 3
    assert result.stdout == "added < 50: 2 < 50 (added 2), 2 – 3 Nov 2026\n"
    assert result.stderr.splitlines() == [
        "Error: 'connected[Viber] == 0' cannot be judged: no event has the channel 'Viber'",
        "Error: 'added / deleted > 3' cannot be judged: it divides by 0, as deleted is 0",
    ]


def test_json_has_every_condition(ask: Run) -> None:
    """Values and limits are plain numbers, null where the condition cannot be judged; notices say why."""
    result = ask(
        "check", "added < 50", "50% > added[user] share", "net < 0", "added[x] > 1", "added change > 1%", *DAY
    )
    assert result.exit_code == 3
    assert json.loads(ask("check", "net < 0", *DAY, "--format", "json").stdout)["conditions"] == [
        {"text": "net < 0", "holds": False, "value": 2, "limit": 0}
    ]
    result = ask(
        *("check", "added < 50", "50% > added[user] share", "net < 0", "added[x] > 1", "added change > 1%"),
        *(*DAY, "--format", "json"),
    )
    assert result.exit_code == 3
    incomplete = "the data starts on 1 Nov 2026, so the previous period is incomplete"
    assert json.loads(result.stdout) == {
        "schema": 1,
        "component": "check",
        "range": {
            "name": "2026-11-02..2026-11-03",
            "start": "2026-11-02T00:00:00+00:00",
            "end": "2026-11-04T00:00:00+00:00",
            "timezone": "UTC",
            "by": None,
        },
        "data_through": "2026-11-05T10:00:00+00:00",
        "notices": [incomplete, "'added[x] > 1' cannot be judged: no event has the source 'x'"],
        "conditions": [
            {"text": "added < 50", "holds": True, "value": 2, "limit": 50},
            {"text": "50% > added[user] share", "holds": True, "value": 0, "limit": 0.5},
            {"text": "net < 0", "holds": False, "value": 2, "limit": 0},
            {"text": "added[x] > 1", "holds": False, "value": None, "limit": None},
            {"text": "added change > 1%", "holds": True, "value": 1, "limit": 0.01},
        ],
    }
    assert result.stderr.splitlines() == [
        f"Note: {incomplete}",
        "Error: 'added[x] > 1' cannot be judged: no event has the source 'x'",
    ]


def test_figures_are_those_of_the_reports(run: Run) -> None:
    """Every count, previous count, change and share that JSON has, of every metric, source and channel."""
    asked = (
        REPOSITORY / "examples" / "events.parquet",
        "--range",
        "2026-10",
        *AS_OF,
        "--timezone",
        "Asia/Tokyo",
    )
    overview, added, connected = (
        json.loads(run(name, *asked, "--format", "json").stdout)
        for name in ("overview", "added", "connected")
    )
    figures = {**overview["metrics"], "connected": connected["total"]}
    figures |= {f"added[{one['source']}]": one for one in added["breakdown"]}
    figures |= {f"connected[{one['channel']}]": one for one in connected["breakdown"]}
    values = {
        f"{name} {aspect}".removesuffix(" count"): figure[aspect]
        for name, figure in figures.items()
        for aspect in ("count", "previous", "change", "share")
        if figure.get(aspect) is not None
    }
    assert len(values) > 60
    checked = json.loads(run("check", *(f"{name} < 0" for name in values), *asked, "--format", "json").stdout)
    assert {it["text"].removesuffix(" < 0"): it["value"] for it in checked["conditions"]} == pytest.approx(
        values
    )


def test_data_through_is_that_of_what_the_conditions_use(ask: Run) -> None:
    """The newest event of their kinds, as in the head of those reports."""
    newest = {
        "connected > 0": "2026-11-03T10:00:00+00:00",
        "connected[LINE] > 0": "2026-11-03T10:00:00+00:00",
        "added > 0": "2026-11-05T10:00:00+00:00",
        "added[User] > 0": "2026-11-05T10:00:00+00:00",
    }
    for condition, at in newest.items():
        assert json.loads(ask("check", condition, *AS_OF, "--format", "json").stdout)["data_through"] == at


def test_csv_has_every_condition(run: Run, store: Path) -> None:
    """A row each; a text that a spreadsheet would run is guarded."""
    conditions = ("added < 50", "-net > 5", "added[x] > 1")
    result = run("check", *DAY, "--format", "csv", "--store", store, "--", *conditions)
    assert result.exit_code == 3
    assert list(csv.reader(io.StringIO(result.stdout))) == [
        ["text", "holds", "value", "limit"],
        ["added < 50", "true", "2", "50"],
        ["'-net > 5", "false", "-2", "5"],
        ["added[x] > 1", "false", "", ""],
    ]


def test_an_incomplete_comparison_is_told_where_it_matters(ask: Run) -> None:
    """A condition without a previous period says nothing of it. One that does not hold may have missed
    something, which cron has to mail, and so `--quiet` does not hide it."""
    missed = "Warning: 'added > 3 * previous' does not hold, but the previous period is incomplete\n"
    said = f"Note: the data starts on 1 Nov 2026, so the previous period is incomplete\n{missed}"
    assert ask("check", "added > 3 * previous", "--range", "2026-11-02..2026-11-03", *AS_OF).stderr == said
    assert ask("check", "added > 3", "--range", "2026-11-02..2026-11-03", *AS_OF).stderr == ""
    result = ask("check", "added > 3 * previous", *DAY, "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", missed)
    assert ask("check", "added > 3 * previous", *DAY, "--quiet", "--min", "20").stderr == missed
    assert (
        json.loads(ask("check", "added > 3 * previous", *DAY, "--format", "json").stdout)["notices"][-1]
        == missed.removeprefix("Warning: ").rstrip()
    )
    alarm = ask("check", "added > previous", "added > 1", *DAY, "--quiet")
    assert (alarm.exit_code, alarm.stderr) == (3, "")
    assert alarm.stdout.splitlines() == [
        "added > previous: 2 > 1 (added 2, added previous 1; the previous period is incomplete), "
        "2 – 3 Nov 2026",
        "added > 1: 2 > 1 (added 2), 2 – 3 Nov 2026",
    ]
    markdown = ask("check", "added > previous", *DAY, "--format", "markdown").stdout
    assert "the previous period is incomplete" in markdown


def test_small_numbers_ring_no_alarm_with_min(ask: Run) -> None:
    """Conditions that compare counts with each other need one of N or more; a fixed number does not."""
    asked = ("check", "added > 1.5 * previous", *DAY, "--quiet")
    assert [ask(*asked, "--min", least).exit_code for least in ("1", "2", "3")] == [3, 3, 0]
    assert ask("check", "added < 50", *DAY, "--min", "1000").exit_code == 3
    assert ask("check", "added < 50", *DAY, "--min", "-1").exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no condition: write one in quotes, such as 'added < 50'"),
        (("events.csv",), "'events.csv' is not a condition: write one in quotes, such as 'added < 50'"),
        (
            ("added",),
            "condition 'added^', at the ^: a comparison such as < 50 is missing; quote the whole condition",
        ),
        (
            ("added < 50", "net <"),
            "condition 'net <^', at the ^: a number or a metric such as added is missing here",
        ),
        (
            ("added < 50", "-o", "x.html"),
            ".html is not supported here: use .txt, .json, .csv, .md, .markdown",
        ),
        (("added < 50", "yesterday"), "yesterday: no such file: did you mean --range yesterday?"),
        (("added < 50", "--map", "event=x"), "options for reading files, such as --map, --event and"),
        (("added < 50", "--by", "day"), "No such option '--by'"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(run: Run, words: tuple[str, ...], said: str) -> None:
    """Before anything is opened: there is no store here."""
    result = run("check", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: {said}")
    assert result.stderr.count("\n") == 1


def test_without_a_store_it_fails(run: Run) -> None:
    """As a report does."""
    result = run("check", "added < 50")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no data yet" in result.stderr


def test_files_are_checked_without_a_store(run: Run, events: Path, tmp_path: Path) -> None:
    """FILES, globs and reading options, before and after conditions; `-o` cannot be one of them."""
    asked = (
        "check",
        "added == 4",
        events,
        "connected[LINE] == 1",
        "--range",
        "2026-11",
        "--as-of",
        "2026-11-30",
    )
    result = run(*asked, "--set", "channel=Email")
    assert result.exit_code == 3
    assert len(result.stdout.splitlines()) == 2
    refused = run(*asked, "-o", events)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "it is one of the files that are read" in refused.stderr
    missing = run("check", "added < 5", tmp_path / "none.csv")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "none.csv" in missing.stderr


def test_a_range_of_more_months_than_a_chart_has_bars_is_judged(run: Run, tmp_path: Path) -> None:
    """`--by`, which makes fewer bars, is no option of alarms; some systems write 9000 for no date."""
    path = tmp_path / "far.csv"
    path.write_text("timestamp,event,contact_id\n0500-01-01,added,1\n9000-12-31,added,2\n", encoding="utf-8")
    result = run("check", "added == 2", path, "--range", "all", "--timezone", "UTC", "--quiet")
    line = "added == 2: 2 == 2 (added 2), 1 Jan 500 – 31 Dec 9000\n"
    assert (result.exit_code, result.stdout, result.stderr) == (3, line, "")


def test_filters_and_the_config_hold(ask: Run, tmp_path: Path) -> None:
    """As in the reports: those of the command line, and those of the config where they apply."""
    assert ask("check", "added == 2", "--user", "Uma", *AS_OF).exit_code == 3
    assert ask("check", "connected == 1", "--channel", "LINE", *AS_OF).exit_code == 3
    assert ask("check", "connected[line] == 1", "--channel", "LINE", *AS_OF).exit_code == 3
    assert ask("check", "added[incoming_message] == 1", "--source", "IncomingMessage", *AS_OF).exit_code == 3
    config = tmp_path / "config.toml"
    config.write_text('range = "2026-11-03"\nby = "hour"\ncompare = "none"\n[filters]\nchannel = "LINE"\n')
    asked = ("check", "connected == 1", "added == 1", *AS_OF, "--config", config)
    assert len(ask(*asked).stdout.splitlines()) == 2
    assert ask("check", "added > previous", *AS_OF, "--config", config).exit_code == 1
    assert (
        ask("check", "added > previous", *AS_OF, "--config", config, "--compare", "previous").exit_code == 0
    )


def test_long_and_hostile_conditions_are_one_line_each(
    ask: Run, run_process: RunProcess, store: Path
) -> None:
    """A name from the command line is shown, never acted on, and lists are not endless."""
    hostile = 'connected["\x1b[31m\n]\u202e"] == 0'
    result = run_process("check", hostile, "added < 50", *DAY, "--store", store)
    assert result.returncode == 3
    assert len(result.stderr.splitlines()) == len(result.stdout.splitlines()) == 1
    assert not {"\x1b", "\u202e"} & {*result.stderr, *result.stdout}
    long = ask("check", f"connected[{'x' * 50_000}] == 0", *DAY)
    assert long.exit_code == 1
    assert len(long.stderr) <= LONGEST_MESSAGE + 1


@pytest.mark.parametrize(
    ("condition", "closed", "code"),
    [
        ("added < 50", ">&-", 3),
        ("added > 50", ">&-", 0),
        ("added < 50", "2>&-", 3),
        ("added[x] > 1", "2>&-", 1),
        ("added < 50", "<&-", 3),
        ("added < 50", ">/dev/full", 1),
        ("added > 50", ">/dev/full", 0),
    ],
)
def test_closed_streams(store: Path, condition: str, closed: str, code: int) -> None:
    """A closed stream is no error: the exit code tells enough. A line that cannot be written is one."""
    words = shlex.join([sys.executable, "-m", "contactrep", "check", condition, *DAY, "--store", str(store)])
    done = subprocess.run(["sh", "-c", f"{words} {closed}"], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
