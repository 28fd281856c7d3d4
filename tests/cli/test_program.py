"""How every way of ending becomes an exit code and one line on stderr."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from contactrep.cli.options import Query
from contactrep.cli.overview import overview
from contactrep.cli.program import COMMANDS, main
from contactrep.errors import StoreProblem
from contactrep.filters import NAMES
from contactrep.workspace import Options

Run = Callable[..., Result]
RunProcess = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("deleted", "contactrep log deleted"),
        ("merged", "contactrep log merged"),
        ("logs", "contactrep log"),
        ("delete", "contactrep log deleted"),
        ("remove", "contactrep unload"),
        ("preset", "contactrep ranges"),
        ("overvew", "contactrep overview"),
        ("import", "contactrep load"),
        ("alarm", "contactrep check"),
        ("list", "contactrep status"),
        ("errors", "contactrep rejects"),
        ("merge", "contactrep log merged"),
        ("version", "contactrep --version"),
        ("hlep", "contactrep help"),
        ("last 7 days", "contactrep report --range last-7-days"),
        (__file__, f"contactrep report {__file__}"),
    ],
)
def test_a_word_that_is_no_command_is_answered_with_the_right_one(run: Run, word: str, answer: str) -> None:
    """Whoever types what they mean is told how it is called."""
    result = run(word)
    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: there is no command '{word}': did you mean '{answer}'? (see 'contactrep --help')\n"
    )


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("--store S overview", "overview --store S"),
        ("--store S -q log added --limit 3", "log added --limit 3 --store S -q"),
        ("--range=today deleted", "log deleted --range=today"),
        ("--store S", "COMMAND --store S"),
        ("--store S users list", "users list --store S"),
        ("users --store S load u.csv", "users load u.csv --store S"),
    ],
)
def test_an_option_before_the_command_is_answered_with_the_right_order(
    run: Run, words: str, right: str
) -> None:
    """The line that is printed can be run."""
    group = " users" if words.startswith("users") else ""
    result = run(*words.split())
    assert result.exit_code == 2
    assert (
        result.stderr
        == f"Error: options go after the command: contactrep {right} (see 'contactrep{group} --help')\n"
    )


@pytest.mark.parametrize(
    "words", ["--bogus status", "-V", "--bogus", "--top=3 users list", "users --bogus list"]
)
def test_an_option_that_there_is_not_is_not_called_one_of_the_command(run: Run, words: str) -> None:
    """After the command it would be refused, too."""
    option = words.removeprefix("users ").split()[0].partition("=")[0]
    group = " users" if words.startswith("users") else ""
    result = run(*words.split())
    assert result.exit_code == 2
    assert result.stderr == f"Error: No such option '{option}' (see 'contactrep{group} --help')\n"


def test_two_dashes_may_stand_before_the_command(run: Run) -> None:
    """They end the program's own options, of which there is none."""
    assert run("--", "ranges").stdout == run("ranges").stdout != ""


def test_a_misspelt_option_of_the_program_is_answered_with_its_own(run: Run) -> None:
    """`--version` belongs to no command."""
    assert "Did you mean '--version'?" in run("--verison").stderr


@pytest.mark.parametrize("words", ["", "overview", "log", "log added", "users load", "help"])
def test_help_is_a_command_too(run: Run, words: str) -> None:
    """`help COMMAND` prints what `COMMAND --help` does."""
    asked = run("help", *words.split())
    assert (asked.exit_code, asked.stderr) == (0, "")
    assert asked.stdout == run(*words.replace("help", "").split(), "--help").stdout


def test_help_for_no_command_is_a_usage_error(run: Run) -> None:
    """The word is answered as it would be without `help`."""
    result = run("help", "deleted")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean 'contactrep log deleted'?" in result.stderr


@pytest.mark.parametrize(
    ("words", "said", "meant"),
    [
        (["yesterday"], "yesterday", "yesterday"),
        (["last", "7", "days"], "last 7 days", "last-7-days"),
        (["--range=last", "7", "days"], "7 days", "last-7-days"),
        (["--range", "2026-11-01", "..", "2026-11-03"], ".. 2026-11-03", "2026-11-01..2026-11-03"),
        (["--range", "2026-11-05", "09:30..2026-11-06"], "09:30..2026-11-06", "2026-11-05T09:30..2026-11-06"),
        ([__file__, "2026-Q4"], "2026-Q4", "2026-Q4"),
        (["all"], "all", "all"),
    ],
)
@pytest.mark.parametrize("command", [["overview"], ["log", "added"], ["report"], ["export", "events"]])
def test_a_range_without_its_option_is_answered_with_it(
    run: Run, command: list[str], words: list[str], said: str, meant: str
) -> None:
    """Words that are no files, but a range or the rest of one."""
    result = run(*command, *words)
    assert result.exit_code == 2
    assert result.stderr == f"Error: {said}: no such file: did you mean --range {meant}?\n"


def test_a_file_may_be_called_like_a_range(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What exists is read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "yesterday").write_text("timestamp,event,contact_id\n2026-11-05,added,1\n")
    assert run("overview", "yesterday", "--range", "all").exit_code == 0


def test_a_word_like_no_command_points_to_the_help(run: Run) -> None:
    """Nothing is guessed where nothing is near."""
    result = run("xyzzy")
    assert result.exit_code == 2
    assert result.stderr == "Error: there is no command 'xyzzy' (see 'contactrep --help')\n"


@pytest.mark.parametrize("words", [[], ["users"]])
def test_without_a_command_the_help_is_shown(run: Run, words: list[str]) -> None:
    """The first thing that a new user types is answered with a page, not with an error."""
    result = run(*words)
    assert result.stdout.startswith("Usage: contactrep")
    assert "\nCommands:\n" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["overview", "--rnge", "today"], "No such option '--rnge'"),
        (["log", "added", "-100"], "No such option '-1': for a number of rows use --limit N"),
        (["overview", "--by", "minute"], "Invalid value for '--by': 'minute' is not one of"),
        (["log"], "Missing argument"),
        (["log", "opened"], "'opened' is not one of 'added', 'connected', 'deleted', 'merged'"),
        (["log", "added", "--limit", "10001"], "a log shows 1 to 10,000 rows: use 'contactrep export'"),
        (["log", "added", "--limit", "0"], "a log shows 1 to 10,000 rows"),
        (["load", "x.csv", "--map", "contact=id"], "'contact=id' is not FIELD=COLUMN with FIELD one of"),
        (["export", "added", "--format", "parquet"], "parquet cannot go to stdout: name a file with -o"),
        (["export", "added", "-o", "x.doc"], "exports do not support '.doc': use .csv, .parquet"),
        (["export", "added", "-o", "x.parquet.gz"], "parquet is compressed already: leave out '.gz'"),
        (["ranges", "--timezone", "Mars/Base"], "unknown time zone 'Mars/Base'"),
        (["ranges", "--as-of", "yesterday"], "--as-of 'yesterday' is neither a date (2026-11-05) nor"),
        (["demo", "--range", "lastweek7"], "'lastweek7' is not a valid range; "),
        (["demo", "--as-of", "0002-12-31"], "sample data needs a date in the years 3 to 9998"),
        (["demo", "--as-of", "9999-01-01T00:00"], "sample data needs a date in the years 3 to 9998"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_two(
    run: Run, arguments: list[str], message: str
) -> None:
    """The line says what is wrong and where to look; there is no traceback and no page of usage."""
    result = run(*arguments)
    assert result.exit_code == 2, result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "option", "command"),
    [
        (["overview", "--store", "a", "--store", "b"], "--store", "overview"),
        (["overview", "-o", "a", "--output=b"], "--output", "overview"),
        (["log", "added", "-r", "today", "--range", "all"], "--range", "log"),
        (["users", "load", "x.csv", "--config", "a", "--config", "b"], "--config", "users load"),
        (["demo", "--events", "5", "--events", "6"], "--events", "demo"),
        (["status", "--quiet", "-q"], "--quiet", "status"),
    ],
)
def test_an_option_that_counts_once_is_refused_twice(
    run: Run, arguments: list[str], option: str, command: str
) -> None:
    """Which of the two is meant, nobody knows."""
    result = run(*arguments)
    said = f"Error: {option} is given 2 times: it can be given once (see 'contactrep {command} --help')\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)


@pytest.mark.parametrize("option", ["--range", "--as-of", "--timezone", "--store", "--contact"])
def test_an_empty_value_is_a_usage_error(run: Run, option: str) -> None:
    """An unset variable in a script never becomes the default."""
    result = run("overview", option, "")
    said = f"Error: {option} is empty: give it a value, or leave it out (see 'contactrep overview --help')\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)


@pytest.mark.parametrize(
    ("arguments", "option", "other"),
    [
        (["report", "-o", "--with-logs"], "--output", "--with-logs"),
        (["overview", "--range", "--store", "x"], "--range", "--store"),
    ],
)
def test_an_option_is_no_value(run: Run, arguments: list[str], option: str, other: str) -> None:
    """Click would take the next option as the value, such as for the name of a file."""
    result = run(*arguments)
    said = f"Error: {option} has no value before {other}: give it one, or leave it out"
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{said} (see 'contactrep {arguments[0]} --help')\n"


@pytest.mark.parametrize("words", [["--contact=-q"], ["--contact", "-q"]])
def test_a_filter_takes_any_text(run: Run, words: list[str]) -> None:
    """A contact may be called -q, which is no option there."""
    result = run("overview", *words, Path("examples/events.csv").resolve())
    assert result.exit_code == 0
    assert "only contact -q" in result.stdout


def test_a_file_that_begins_like_an_option_is_answered(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `*.csv` gives may begin with `-`; the path that is named can be read."""
    monkeypatch.chdir(tmp_path)
    Path("-x.csv").write_text("timestamp,event,contact_id\n2026-11-05,added,1\n")
    result = run("overview", "-x.csv", "--range", "2026-11")
    said = "Error: No such option '-x': a file is written ./-x.csv (see 'contactrep overview --help')\n"
    assert (result.exit_code, result.stderr) == (2, said)
    assert run("overview", "./-x.csv", "--range", "2026-11").exit_code == 0
    assert run("overview", "--range", "2026-11", "--", "-x.csv").exit_code == 0


def test_what_can_repeat_does(run: Run, store: Path) -> None:
    """Filters, the fields of a mapping, and --help, which ends the run where it is read."""
    filters = ["--source", "User", "--source", "Broadcast", "--contact", "1", "--contact", "2"]
    assert run("overview", *filters, "--range", "all", "--store", store).exit_code == 0
    assert run("overview", "--help", "--help").exit_code == 0


def test_no_store_yet_names_demo_and_load(run: Run, tmp_path: Path) -> None:
    """The first thing that a new user meets tells what to do."""
    path = tmp_path / "none.duckdb"
    result = run("overview", "--store", path)
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: no data yet ({path}): load some with 'contactrep load FILES' or try 'contactrep demo'\n"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(run: Run, command: str) -> None:
    """`--help` tells what the command is for, and shows how it is written."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"  contactrep {command}" in result.stdout


def test_the_help_lists_every_command(run: Run) -> None:
    """The first page is the way to all others."""
    listed = run("--help").stdout
    assert all(f"\n  {command} " in listed for command in COMMANDS)


@pytest.mark.parametrize("error", [ZeroDivisionError, EOFError])
def test_an_unexpected_error_is_one_line_without_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """What nobody thought of is said as plainly as the rest."""

    def fail(*_: object, **__: object) -> None:
        raise error("by\nzero")

    monkeypatch.setattr("contactrep.cli.session.read_settings", fail)
    result = run("status", crash=True)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"Error: unexpected {error.__name__}: by zero: ")


def test_python_m_contactrep_is_the_same_program(run_process: RunProcess) -> None:
    """The module can be run where the script is not on the path."""
    done = run_process("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("contactrep, version ")


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes and signals")
def test_a_closed_pipe_ends_quietly(store: Path) -> None:
    """`| head` is no error: exit code 141 and nothing on stderr."""
    command = [sys.executable, "-m", "contactrep", "log", "added", "--range", "all", "--store", str(store)]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes and signals")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["overview", "--help"], ["ranges"], []])
def test_help_into_a_closed_pipe_ends_quietly_too(words: list[str]) -> None:
    """What Click prints by itself ends like everything else."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "contactrep", *words]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes and signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_leaves_no_partial_file(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Ctrl-C (and a polite kill) in the middle of a long write leaves neither the file nor a part of it."""
    folder = tmp_path / "out"
    folder.mkdir()
    arguments = ["demo", "--events", "20000000", "--save", str(folder / "events.csv")]
    process = subprocess.Popen(
        [sys.executable, "-m", "contactrep", *arguments], stderr=subprocess.PIPE, env=os.environ.copy()
    )
    deadline = time.monotonic() + 60
    while not any(folder.iterdir()) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said == b""
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("error", [RuntimeError("Query interrupted"), StoreProblem("it is busy")])
def test_a_signal_in_a_query_is_no_error(
    run: Run, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int, error: Exception
) -> None:
    """DuckDB has the handler run, drops what it raises, and raises an error of its own."""

    def interrupted(*_: object) -> None:
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            signal.raise_signal(number)
        raise error

    monkeypatch.setattr("contactrep.cli.session.read_settings", interrupted)
    result = run("status")
    assert (result.exit_code, result.stderr) == (code, "")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_duckdb_is_imported_ends_quietly(
    run_process: RunProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    code: int,
) -> None:
    """DuckDB aborts with a page of its own if an exception meets its import."""
    package = tmp_path / "modules" / "_duckdb"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        f"import os, signal\ntry: signal.raise_signal({int(number)})\nexcept BaseException: os.abort()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    done = run_process("status", "--store", __file__)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_main_is_a_click_group_for_whoever_embeds_it() -> None:
    """Documentation tools and tests can walk the commands."""
    assert set(main.list_commands(main.make_context("contactrep", [], resilient_parsing=True))) == set(
        COMMANDS
    )


def test_every_option_of_a_report_reaches_the_report() -> None:
    """An option that is a field of Query or Filters, but not of workspace.Options, would be ignored."""
    of_the_command = {"paths", "filters", "clear_all", "files", "reading", "max_age", "now"}
    named = {field.name for field in dataclasses.fields(Query)} - of_the_command
    assert named | {*NAMES} == set(Options.__annotations__)
    assert {f"--{name}" for name in NAMES} <= {text for param in overview.params for text in param.opts}
