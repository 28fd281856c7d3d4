"""The command that a cut log names: the same instants whenever it is run, and none that cannot be run."""

import os
import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from hypothesis import assume, example, given
from hypothesis import strategies as st

from contactrep.cli.rerun import written
from contactrep.errors import UsageProblem
from contactrep.period import PRESETS, Clock, Range, resolve
from tests.cli.conftest import AS_OF, EVENTS

Run = Callable[..., Result]

ZONES = (
    "UTC", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "Africa/Cairo", "Asia/Kathmandu",
    "Asia/Beirut", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Apia", "Pacific/Kiritimati",
)  # fmt: skip
LATER = datetime(2031, 7, 17, 12, tzinfo=UTC)

# Days on which one of the zones changes its offset, or leaves a day out.
CHANGES = [
    date(2026, 11, 1), date(2026, 3, 8), date(2026, 4, 5), date(2026, 10, 4), date(2011, 12, 30),
    date(2018, 11, 4), date(2018, 2, 18), date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 24),
]  # fmt: skip
days = st.one_of(st.sampled_from(CHANGES), st.dates(date(1995, 1, 1), date(2030, 12, 31)))
times = st.builds(
    "{:02}:{:02}{}".format,
    st.integers(0, 3) | st.integers(0, 23),
    st.sampled_from([0, 30, 59]),
    st.sampled_from(["", ":00", ":07", ":07.000001"]),
)
moments = st.builds(
    "{}T{}{}".format, days, times, st.sampled_from(["", "", "Z", "-04:00", "-05:00", "+0545"])
)
units = st.one_of(
    days.map(str),
    days.map(lambda day: f"{day:%G-W%V}"),
    days.map(lambda day: f"{day:%Y-%m}"),
    days.map(lambda day: f"{day:%Y}-Q{(day.month + 2) // 3}"),
    days.map(lambda day: f"{day:%Y}"),
)
singles = st.one_of(st.sampled_from(PRESETS), st.integers(1, 400).map("last-{}-days".format), units)
sides = st.one_of(singles, moments)
ranges = st.one_of(
    singles,
    st.just("all"),
    st.builds("{}..{}".format, sides, sides),
    sides.map("{}..".format),
    sides.map("..{}".format),
)


@given(text=ranges, zone=st.sampled_from(ZONES), today=days, hours=st.integers(0, 23), last=days)
@example("2026-11-01T01:30..2026-11-01T06:45Z", "America/New_York", date(2026, 11, 5), 12, date(2026, 11, 5))
@example("2026-11-01T06:15Z..2026-11-02", "America/New_York", date(2026, 11, 5), 12, date(2026, 11, 5))
@example("2026-03-08T02:30..2026-03-08T04:00", "America/New_York", date(2026, 11, 5), 12, date(2026, 11, 5))
@example("2011-12-30", "Pacific/Apia", date(2026, 11, 5), 12, date(2026, 11, 5))
@example("2011-12-29..2011-12-30", "Pacific/Apia", date(2026, 11, 5), 12, date(2026, 11, 5))
def test_a_written_range_means_the_same_instants_in_five_years(
    text: str, zone: str, today: date, hours: int, last: date
) -> None:
    """Presets and open ranges are written as dates and times; a time that occurs twice keeps its offset."""
    now = datetime(today.year, today.month, today.day, hours, tzinfo=UTC)
    newest = datetime(last.year, last.month, last.day, 5, 6, 7, tzinfo=UTC)
    bounds = (newest - timedelta(days=500), newest)
    try:
        chosen = resolve(text, Clock.at(now, ZoneInfo(zone)), bounds=bounds)
    except UsageProblem:
        assume(False)
        raise
    # A range without an instant has no rows to export, so it keeps its name and needs its own clock.
    empty = chosen.start.instant == chosen.end.instant
    clock = Clock.at(now if empty else LATER, ZoneInfo(zone))
    again = resolve(written(chosen), clock, bounds=bounds if empty else None)
    assert _instants(again) == _instants(chosen)


def _instants(chosen: Range) -> tuple[datetime, datetime]:
    return chosen.start.instant, chosen.end.instant


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("last-7-days", "UTC", "2026-10-30..2026-11-05"),
        ("today", "Asia/Tokyo", "2026-11-05"),
        ("2026-W45", "UTC", "2026-11-02..2026-11-08"),
        (
            "2026-11-01T01:30..2026-11-01T06:45Z",
            "America/New_York",
            "2026-11-01T01:30:00..2026-11-01T06:45:00Z",
        ),
        ("2026-11-05T10:00..2026-11-05", "UTC", "2026-11-05T10:00:00..2026-11-06T00:00:00"),
    ],
)
def test_a_range_is_written_as_people_would(text: str, zone: str, said: str) -> None:
    """Whole days as dates, times on the wall clock, and in UTC only what the wall clock says twice."""
    clock = Clock.at(datetime(2026, 11, 5, 2, tzinfo=UTC), ZoneInfo(zone))
    assert written(resolve(text, clock)) == said


CUT = ("log", "added", *AS_OF, "--limit", "2")
SHOWN = "Note: Showing 2 of 4"


def test_rows_of_a_pipe_have_no_command(
    run: Run, run_process: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    """Standard input and a process substitution cannot be read again."""
    assert run_process(*CUT, "-", stdin=EVENTS).stderr == f"{SHOWN}\n"
    read, write = os.pipe()
    os.write(write, EVENTS.encode())
    os.close(write)
    result = run(*CUT, f"/dev/fd/{read}")
    os.close(read)
    assert (result.exit_code, result.stderr) == (0, f"{SHOWN}\n")
    assert "export" not in result.stdout


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/dev/../dev/fd/{}", "/proc/self/fd/{}", "link"])
def test_a_redirected_file_has_no_command(
    run: Run, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A descriptor of this process is another file in the next, although it is a regular file now."""
    monkeypatch.chdir(tmp_path)
    with events.open() as file:
        (tmp_path / "link").symlink_to(f"/dev/fd/{file.fileno()}")
        assert run(*CUT, name.format(file.fileno())).stderr == f"{SHOWN}\n"


def test_files_folders_and_globs_have_a_command(
    run: Run, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on a disk can be read again, also behind a link; the command never writes over a file there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.csv").symlink_to(events)
    (tmp_path / "part").mkdir()
    events.rename(tmp_path / "part" / "events.csv")
    (tmp_path / "link.csv").unlink()
    (tmp_path / "link.csv").symlink_to(tmp_path / "part" / "events.csv")
    for name in ("part/events.csv", "part", "part/*.csv", "link.csv"):
        said = run(*CUT, name).stderr
        assert said.startswith(f"{SHOWN}. For all rows: contactrep export added "), name
        assert said.endswith(" -o added.csv\n")
    assert run(*CUT, "part", "-o", str(tmp_path / "added.csv")).stderr.endswith(" -o all-added.csv\n")
    (tmp_path / "added.csv").write_text(EVENTS)
    assert run(*CUT, "added.csv").stderr.endswith(" -o all-added.csv\n")
    (tmp_path / "all-added.csv").write_text(EVENTS)
    assert run(*CUT, "added.csv", "all-added.csv").stderr.endswith(" -o all-added-2.csv\n")
    run("load", "added.csv", "--store", "s.duckdb", "--timezone", "UTC")
    assert run(*CUT, "--store", "s.duckdb").stderr.endswith(" --store s.duckdb -o all-added-2.csv\n")


def test_the_command_reads_files_as_they_were_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same zone, whatever the next reader has, and with all options that say how to read them."""
    monkeypatch.chdir(tmp_path)
    rows = ["2026-11-05 23:00,WA,added,7"] * 2 + ["2026-11-05 23:30,WA,added,8"] + ["bad,WA,added,9"] * 11
    Path("x.csv").write_text("\n".join(["title", "When,Channel,event,contact_id", *rows]), encoding="cp1252")
    reading = ["--map", "timestamp=When", "--value", "channel:WA=WhatsApp", "--set", "source=Zapier"]
    reading += ["--encoding", "cp1252", "--skip-lines", "1", "--max-rejects", "90%"]
    monkeypatch.setenv("CONTACTREP_TIMEZONE", "Asia/Tokyo")
    log = run("log", "added", "x.csv", *reading, "--range", "2026-11-05", "--limit", "1")
    *_, said = log.stderr.splitlines()
    words = shlex.split(said.partition("For all rows: ")[2])
    monkeypatch.delenv("CONTACTREP_TIMEZONE")
    assert run(*words[1:]).exit_code == 0
    lines = Path("added.csv").read_text().splitlines()[1:]
    assert lines == [
        "2026-11-05T14:00:00Z,added,7,,,WhatsApp,Zapier,,",
        "2026-11-05T14:30:00Z,added,8,,,WhatsApp,Zapier,,",
    ]


def test_a_command_that_cannot_be_shown_as_it_is_is_not_shown(ask: Run) -> None:
    """A control character in a filter has a stand-in, and a command of thousands of words is no message."""
    cut = (*CUT[:-1], "1", "--contact", "a", "--contact", "B")
    assert "contactrep export" in ask(*cut).stderr
    assert ask(*cut, "--contact", "\x1b").stderr == "Note: Showing 1 of 2\n"
    many = [word for place in range(1000) for word in ("--contact", f"name {place}")]
    result = ask(*cut, *many)
    assert result.stderr == "Note: Showing 1 of 2\n"
    assert "contactrep export added" in result.stdout


def test_a_report_names_the_command_that_makes_it_again(ask: Run) -> None:
    """Markdown ends in the command with all options that chose its events, a named range as it was typed."""
    options = ["--range", "last-7-days", *AS_OF, "--by", "day", "--source", "contact import"]
    result = ask("overview", *options, "--format", "markdown")
    assert result.exit_code == 0, result.stderr
    made = result.stdout
    *_, command, _ = made.splitlines()
    words = shlex.split(command)
    assert words[:2] == ["contactrep", "overview"]
    assert ask(*words[1:-2], "--format", "markdown").stdout == made


def test_a_log_names_its_own_options(ask: Run) -> None:
    """The limit and the order of a log belong to its command."""
    made = ask("log", "added", "--range", "all", "--limit", "2", "--oldest-first", "--format", "markdown")
    assert "contactrep log added --limit 2 --oldest-first --range all" in made.stdout


@pytest.mark.parametrize("name", ["report", "demo"])
def test_a_page_with_logs_names_that_option(ask: Run, run: Run, name: str) -> None:
    """Without it the command would make another page."""
    asked = ask if name == "report" else run
    made = asked(name, *AS_OF, "--with-logs", "--format", "markdown").stdout
    assert "## Contact Added Log" in made
    assert " --with-logs " in made.splitlines()[-2]
    assert "--with-logs" not in asked(name, *AS_OF, "--format", "markdown").stdout


def test_a_range_of_the_environment_is_in_the_command(
    ask: Run, events: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader of a page does not have the environment of the one who made it, nor his zone for files."""
    monkeypatch.setenv("CONTACTREP_RANGE", "this-month")
    assert "contactrep overview --range this-month " in ask("overview", "--format", "markdown").stdout
    monkeypatch.chdir(events.parent)
    (events.parent / "-x.csv").write_bytes(events.read_bytes())
    monkeypatch.setenv("CONTACTREP_TIMEZONE", "Asia/Tokyo")
    made = run("overview", "--format", "markdown", "--range", "2026-11", "--", "-x.csv").stdout
    assert "contactrep overview ./-x.csv --range 2026-11 --timezone Asia/Tokyo\n" in made
