"""Loading at the command line: what it answers and tells, and what it leaves in the store."""

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import Result

from contactrep import __version__
from tests.cli.conftest import AS_OF, EVENTS
from tests.cli.test_errors import assert_error

Run = Callable[..., Result]
RunProcess = Callable[..., "subprocess.CompletedProcess[str]"]

HEADER = "timestamp,event,contact_id,source,colour\n"
ODD = f"""\
{HEADER}2026-11-01 01:30:00,added,7,Fax,red
2026-11-01 01:45:00,added,8,Fax,red
2026-03-08 02:30:00,added,9,Pigeon,red
yesterday,added,10,User,red
"""
"""In New York two times that occur twice and one that never occurred; sources of its own; a bad row."""

REASON = (
    "'yesterday' is not a recognised timestamp (ISO 8601 or epoch); give its format with --timestamp-format"
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's folder as the current one, so that paths are short and sentences can be compared."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def folder(place: Path) -> Path:
    """A folder with two files to read, and what is none: notes, a folder, a hidden file."""
    folder = place / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(EVENTS)
    (folder / "odd.csv").write_text(ODD)
    (folder / "notes.md").touch()
    (folder / "old").mkdir()
    (folder / ".hidden.csv").write_text(EVENTS)
    return folder


def _load(run: Run, *arguments: str | Path) -> Result:
    return run("load", *arguments, "--store", "s.duckdb")


# What it answers


def test_of_very_many_unknown_sources_the_most_common_are_kept(run: Run, place: Path) -> None:
    """The rest is counted, by this load and when the store knows the file; a known source is none of them."""
    rows = [f"2026-11-01,added,{row},S{row % 1_500}" for row in range(1_501)]
    spelled = ["2026-11-01,added,a,incoming_message", *rows]
    (place / "many.csv").write_text("timestamp,event,contact_id,source\n" + "\n".join(spelled))
    for _ in range(2):
        done = _load(run, "many.csv", "--format", "json")
        (file,) = json.loads(done.stdout)["files"]
        assert list(file["unknown_sources"].items())[:2] == [("S0", 2), ("S1", 1)]
        assert (len(file["unknown_sources"]), file["more_unknown_sources"]) == (1_000, 500)
        assert "non-standard sources: S0 (2), S1 (1), S10 (1)," in done.stderr
        assert " and 1,490 more\n" in done.stderr


def test_a_load_accounts_for_every_record_and_names_the_zone(run: Run, events: Path, place: Path) -> None:
    """The first load tells where the zone comes from; later ones name it only, and count nothing twice."""
    store = place / "s.duckdb"
    first = _load(run, "events.csv")
    assert first.stdout == (
        "events.csv: 8 read = 8 loaded + 0 duplicate + 0 rejected\n"
        f"Load 1 into {store}, time zone UTC (from the system)\n"
    )
    again = _load(run, "events.csv")
    assert again.stdout == (
        "events.csv: 8 read = 0 loaded + 8 duplicate + 0 rejected\n"
        f"No new events; {store} unchanged, time zone UTC\n"
    )
    assert first.stderr == again.stderr == ""


def test_several_files_are_summed(run: Run, events: Path, place: Path) -> None:
    """A line a file in the order of the arguments, then all of them; an event of both is one."""
    (place / "more.csv").write_text("timestamp,event,contact_id\n2026-11-05T10:00:00Z,added,4\n")
    result = _load(run, "more.csv", "events.csv")
    assert result.stdout.splitlines()[:3] == [
        "more.csv: 1 read = 1 loaded + 0 duplicate + 0 rejected",
        "events.csv: 8 read = 7 loaded + 1 duplicate + 0 rejected",
        "2 files: 9 read = 8 loaded + 1 duplicate + 0 rejected",
    ]


def test_a_dry_run_says_so_and_makes_nothing(run: Run, events: Path, place: Path) -> None:
    """It counts what a load would do."""
    result = _load(run, "events.csv", "--dry-run")
    assert result.stdout == (
        "events.csv: 8 read = 8 loaded + 0 duplicate + 0 rejected\nDry run: nothing was loaded\n"
    )
    assert [path.name for path in place.iterdir()] == ["events.csv"]


def test_strict_loads_nothing_if_one_row_is_bad(run: Run, folder: Path, place: Path) -> None:
    """The line names the first bad row, how many there are, and why nothing was loaded."""
    said = "nothing was loaded, because --strict allows no invalid row (1 found)"
    assert_error(_load(run, "in", "--strict"), 1, f"in/odd.csv: line 5: {REASON}; {said}")
    assert not (place / "s.duckdb").exists()


def test_a_file_without_a_good_record_is_refused_and_its_rejects_can_be_seen(run: Run, place: Path) -> None:
    """Its format has changed: nothing of the load is taken in."""
    (place / "bad.csv").write_text(f"{HEADER}yesterday,added,1,,\n")
    shown = f"bad.csv: its only row is invalid; line 2: {REASON}. Nothing was loaded"
    assert_error(run("overview", "bad.csv"), 1, shown)
    assert_error(_load(run, "bad.csv", "--dry-run"), 1, shown)
    assert_error(_load(run, "bad.csv"), 1, f"{shown}: see 'contactrep rejects'")
    assert f"bad.csv\t2\t{REASON}\tyesterday,added,1,," in run("rejects", "--store", "s.duckdb").stdout


def test_standard_input_is_a_file_like_any_other(run_process: RunProcess, place: Path) -> None:
    """`-` reads what is piped in, once."""
    done = run_process("load", "-", "--store", "s.duckdb", stdin=EVENTS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("-: 8 read = 8 loaded + 0 duplicate + 0 rejected\nLoad 1 into ")
    done = run_process("overview", "-", *AS_OF, "--range", "all", stdin=EVENTS)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Added" in done.stdout


def test_rejects_of_standard_input_do_not_replace_each_other(run_process: RunProcess) -> None:
    """What is piped in is other input every time."""
    for number in (1, 2):
        text = f"{HEADER}2026-11-05,added,{number},,\nyesterday,added,bad{number},,\n"
        for _ in range(2):
            assert run_process("load", "-", "--store", "s.duckdb", stdin=text).returncode == 0
    lines = run_process("rejects", "--store", "s.duckdb").stdout.splitlines()[1:]
    assert [line.split(",")[-3] for line in lines] == ["bad1", "bad2"]


def test_the_answer_as_json(run: Run, folder: Path, place: Path) -> None:
    """Every key of the specification, for each file and in total; a load of nothing new has no id."""
    given = ("in", "--format", "json", "--timezone", "America/New_York")
    answer = json.loads(_load(run, *given).stdout)
    odd = {
        "path": "in/odd.csv",
        "read": 4,
        "loaded": 3,
        "duplicate": 0,
        "rejected": 1,
        "skipped": 0,
        "future": 0,
        "ambiguous_times": 2,
        "missing_times": 1,
        "unknown_sources": {"Fax": 2, "Pigeon": 1},
    }
    usual = {"read": 8, "loaded": 8, "duplicate": 0, "rejected": 0, "skipped": 0}
    plain = {"future": 0, "ambiguous_times": 0, "missing_times": 0, "unknown_sources": {}}
    assert answer == {
        "schema": 1,
        "store": str(place / "s.duckdb"),
        "load": 1,
        "files": [{"path": "in/a.csv", **usual, **plain}, odd],
        "total": {"read": 12, "loaded": 11, "duplicate": 0, "rejected": 1, "skipped": 0},
    }
    assert list(answer["files"][1]) == list(odd)
    again = json.loads(_load(run, *given).stdout)
    assert again["load"] is None
    assert again["total"] == {"read": 12, "loaded": 0, "duplicate": 11, "rejected": 1, "skipped": 0}
    assert again["files"][1] == {**odd, "loaded": 0, "duplicate": 3}


# What it tells


NOTICES = [
    "Note: in/notes.md is skipped: not a supported format",
    "Note: in/old is skipped: sub-folders are not entered: name it, or use a glob with **",
    "Note: in/odd.csv: columns not used: colour",
    "Note: in/odd.csv: 2 ambiguous times (clock change) were read as the first occurrence",
    "Note: in/odd.csv: 1 time that does not exist (clock change) was moved forward",
    "Note: in/odd.csv: non-standard sources: Fax (2), Pigeon (1)",
]
WARNING = f"Warning: in/odd.csv: 1 of 4 rows rejected (mostly: {REASON}): see 'contactrep rejects'"


def test_what_a_load_decided_or_left_out_is_told(run: Run, folder: Path) -> None:
    """A line for each kind of thing, on stderr, in the order of the files."""
    result = _load(run, "in", "--timezone", "America/New_York")
    assert result.stderr.splitlines() == [*NOTICES, WARNING]


def test_notices_of_many_files_and_names_are_short(run: Run, place: Path) -> None:
    """What concerns many files is one line, and a list has ten names and a count."""
    folder = place / "in"
    folder.mkdir()
    head = HEADER.replace("colour", ",".join(f"c{number}" for number in range(2000)))
    for number in range(12):
        (folder / f"n{number:02}.md").touch()
        (folder / f"n{number:02}.csv").write_text(f"{head}2026-11-05,added,{number},User{',' * 2000}\n")
    (folder / "z.csv").write_text(
        HEADER + "".join(f"2026-11-05,added,z{number},s{number:06},\n" for number in range(100_000))
    )
    names = ", ".join(f"in/n{number:02}.md" for number in range(10))
    columns = ", ".join(f"c{number}" for number in range(10))
    sources = ", ".join(f"s{number:06} (1)" for number in range(10))
    assert _load(run, "in").stderr.splitlines() == [
        f"Note: {names} and 2 more are skipped: not a supported format",
        f"Note: in/n00.csv and 11 more files: columns not used: {columns} and 1,990 more",
        "Note: in/z.csv: columns not used: colour",
        f"Note: in/z.csv: non-standard sources: {sources} and 99,990 more",
    ]


def test_a_load_counts_the_events_in_the_future(run: Run, place: Path) -> None:
    """Events later than now are loaded, counted per file and named in a notice; rejects are not counted."""
    (place / "one.csv").write_text(
        f"{HEADER}9000-01-01,added,1,,\n2026-11-05,added,2,,\n9000-01-01,new,3,,\n"
    )
    (place / "two.csv").write_text(f"{HEADER}9000-01-01,added,4,,\n9000-01-02T00:00Z,added,5,,\n")
    result = _load(run, "one.csv", "two.csv", "--format", "json")
    assert [file["future"] for file in json.loads(result.stdout)["files"]] == [1, 2]
    assert "Note: one.csv: 1 event is in the future\n" in result.stderr
    assert "Note: two.csv: 2 events are in the future\n" in result.stderr
    over_files = run("overview", "two.csv", *AS_OF, "--range", "2026")
    assert "future" not in over_files.stderr


def test_a_report_over_files_tells_the_same(run: Run, folder: Path) -> None:
    """Whatever reads files says what it left out."""
    result = run("added", "in", "--timezone", "America/New_York", "--range", "all")
    warning = f"Warning: in/odd.csv: 1 of 4 rows rejected (mostly: {REASON}, line 5)"
    assert result.stderr.splitlines() == [*NOTICES, warning]


@pytest.mark.parametrize("quiet", ["-q", "--quiet"])
def test_a_quiet_load_warns_of_rejects_only(run: Run, folder: Path, quiet: str) -> None:
    """Notices are hushed, the account and warnings are not, and the next run speaks again."""
    given = ("in", "--timezone", "America/New_York")
    result = _load(run, *given, quiet)
    assert result.stderr == f"{WARNING}\n"
    assert "3 files" not in result.stdout
    assert "2 files: 12 read = 11 loaded + 0 duplicate + 1 rejected\n" in result.stdout
    assert _load(run, *given).stderr.splitlines()[0] == NOTICES[0]


def test_what_an_earlier_load_rejected_is_only_a_notice(run: Run, folder: Path) -> None:
    """A nightly load of all files warns of a file's rejects once, when it reads the file."""
    given = ("in", "--timezone", "America/New_York")
    _load(run, *given)
    assert "Note: in/odd.csv: 1 of 4 rows rejected: see 'contactrep rejects'" in _load(run, *given).stderr
    assert _load(run, *given, "-q").stderr == ""


def test_a_dry_run_names_the_line_of_a_reject(run: Run, folder: Path) -> None:
    """There is nothing that `contactrep rejects` could show."""
    result = _load(run, "in/odd.csv", "--dry-run", "-q")
    assert result.stderr == f"Warning: in/odd.csv: 1 of 4 rows rejected (mostly: {REASON}, line 5)\n"


@pytest.fixture
def mostly_wrong(place: Path) -> str:
    """Twelve of 52 rows are bad."""
    good = "".join(f"2026-11-05,added,{number},,\n" for number in range(40))
    bad = "".join(f"2026-11-05,,{number},,\n" for number in range(8))
    worse = "".join(f"2026-11-05,event {number},{number},,\n" for number in range(4))
    (place / "wrong.csv").write_text(HEADER + good + worse + bad)
    return "wrong.csv"


def test_a_load_that_is_mostly_wrong_is_refused(run: Run, mostly_wrong: str) -> None:
    """Its three most common reasons, a line of each, and what to do; its rejects are kept."""
    result = _load(run, mostly_wrong)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "Error: wrong.csv: 12 of 52 rows rejected (more than a tenth): its format has changed, or the options"
        " are wrong: line 46: no event (8 rows); line 42: "
    )
    assert result.stderr.endswith(
        " (4 rows). Nothing was loaded: see 'contactrep rejects', or allow more with --max-rejects\n"
    )
    assert run("rejects", "--store", "s.duckdb").stdout.count("\n") == 13


@pytest.mark.parametrize("limit", ["30%", "12"])
def test_another_limit_lets_it_pass_with_a_warning(run: Run, mostly_wrong: str, limit: str) -> None:
    """A share or a number, for a load and for a report over FILES."""
    said = "Warning: wrong.csv: 12 of 52 rows rejected (mostly: no event"
    loaded = _load(run, mostly_wrong, "--max-rejects", limit, "-q")
    assert (loaded.exit_code, loaded.stderr) == (0, f"{said}): see 'contactrep rejects'\n")
    over = run("overview", mostly_wrong, "--max-rejects", limit, *AS_OF, "--format", "csv", "-q")
    assert (over.exit_code, over.stderr) == (0, f"{said}, line 46)\n")
    assert over.stdout.splitlines()[1].startswith("added,40,")


def test_a_report_over_a_file_that_is_mostly_wrong_is_refused(run: Run, mostly_wrong: str) -> None:
    """A figure of what is left over would be wrong; there are no rejects to look at."""
    result = run("overview", mostly_wrong, "--max-rejects", "11")
    assert result.exit_code == 1
    assert "12 of 52 rows rejected (more than --max-rejects 11)" in result.stderr
    assert result.stderr.endswith(". Nothing was loaded: allow more with --max-rejects\n")


@pytest.mark.parametrize("limit", ["x", "30 %", "-1", "1e3", "101%", "1000%", "٣", "nan%"])
def test_a_bad_limit_is_a_usage_error(run: Run, mostly_wrong: str, limit: str) -> None:
    """It says what would be understood."""
    result = _load(run, mostly_wrong, f"--max-rejects={limit}")
    assert result.exit_code == 2
    assert f"'{limit}' is neither a percentage nor a number: write 30% or 5000" in result.stderr


def test_max_rejects_goes_with_files_only(ask: Run) -> None:
    """The store was judged when it was loaded."""
    result = ask("overview", "--max-rejects", "5%")
    assert result.exit_code == 2
    assert "and --max-rejects, go with FILES only" in result.stderr


def test_content_with_other_options_is_refused_but_again_takes_it(run: Run, place: Path) -> None:
    """Nothing is counted twice unawares: exit 1, the load, how to undo it, and --again."""
    (place / "a.csv").write_text("timestamp,event,contact_id\n2026-11-05 10:00,added,1\n")
    assert _load(run, "a.csv", "--timezone", "UTC").exit_code == 0
    tokyo = ("a.csv", "--input-timezone", "Asia/Tokyo")
    said = (
        "a.csv: load 1 read this content with other options (contactrep status shows them). Undo it with"
        " 'contactrep unload 1', or add --again to load the content in addition"
    )
    assert_error(_load(run, *tokyo), 1, said)
    assert _load(run, *tokyo, "--again").stdout.startswith("a.csv: 1 read = 1 loaded + 0 duplicate")


def test_another_sheet_is_other_content(run: Run, place: Path) -> None:
    """The first sheet is the same whether it is named or not."""
    with xlsxwriter.Workbook(place / "a.xlsx") as book:
        for name, event in (("New", "added"), ("Gone", "deleted")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["timestamp", "event", "contact_id"])
            sheet.write_row(1, 0, ["2026-11-05 10:00", event, "1"])
    assert "1 read = 1 loaded" in _load(run, "a.xlsx", "--timezone", "UTC").stdout
    assert "1 read = 1 loaded" in _load(run, "a.xlsx", "--sheet", "Gone").stdout
    for name in ("New", "new", "gone"):
        assert "1 read = 0 loaded + 1 duplicate" in _load(run, "a.xlsx", "--sheet", name).stdout
    tokyo = ("a.xlsx", "--input-timezone", "Asia/Tokyo")
    assert "load 1 read this content with other options" in _load(run, *tokyo).stderr
    assert "load 1 read this content with other options" in _load(run, *tokyo, "--sheet", "New").stderr
    assert "a.xlsx: no sheet 'Newest' (found: New, Gone)" in _load(run, "a.xlsx", "--sheet", "Newest").stderr


def test_a_sheet_is_the_same_however_it_is_spelled(run: Run, place: Path) -> None:
    """Any spelling of a sheet is accepted, also after an unload of events that the sheet repeats."""
    with xlsxwriter.Workbook(place / "a.xlsx") as book:
        for name in ("Notes", "Log of events"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["timestamp", "event", "contact_id"])
        sheet.write_row(1, 0, ["2026-11-05 10:00", "added", "1"])
    (place / "a.csv").write_text("timestamp,event,contact_id\n2026-11-05 10:00,added,1\n")
    assert "1 read = 1 loaded" in _load(run, "a.csv", "--timezone", "UTC").stdout
    (place / "b.csv").write_text("timestamp,event,contact_id\n2026-11-05 11:00,added,1\n")
    assert _load(run, "b.csv", "a.xlsx", "--sheet", "log of events").exit_code == 0
    assert run("unload", "1", "--store", "s.duckdb").exit_code == 0
    assert "1 read = 1 loaded" in _load(run, "a.xlsx", "--sheet", "Log_Of_Events").stdout


def test_another_zone_is_refused_with_the_way_to_change_it(run: Run, events: Path, place: Path) -> None:
    """A store has one zone."""
    assert _load(run, "events.csv", "--timezone", "UTC").exit_code == 0
    said = (
        f"{place / 's.duckdb'} uses UTC, not Asia/Tokyo. Omit --timezone, or use --input-timezone for the"
        " zone of these files; to change the store's zone, undo all loads (contactrep unload) or choose"
        " another --store"
    )
    assert_error(_load(run, "events.csv", "--timezone", "Asia/Tokyo"), 1, said)


def test_a_load_that_only_brings_rejects_does_not_call_the_store_unchanged(run: Run, place: Path) -> None:
    """Its rejects are kept."""
    (place / "a.csv").write_text("timestamp,event,contact_id\n2026-11-05,added,1\n")
    (place / "b.csv").write_text("timestamp,event,contact_id\n2026-11-05,added,1\nyesterday,added,2\n")
    assert _load(run, "a.csv").exit_code == 0
    assert (
        _load(run, "b.csv").stdout.splitlines()[1] == f"No new events in {place / 's.duckdb'}, time zone UTC"
    )


def test_a_load_of_no_events_says_which_zone_the_store_has(run: Run, place: Path) -> None:
    """A file with headers alone makes a store, whose zone is settled by the first events."""
    (place / "a.csv").write_text("timestamp,event,contact_id\n")
    assert _load(run, "a.csv").stdout.splitlines()[1] == (
        f"No new events in {place / 's.duckdb'}, time zone UTC (from the system)"
    )


def test_a_store_without_events_keeps_its_zone_unless_another_is_named(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What made it was headers alone, or has been undone: `status` and the next load agree on the zone."""
    (place / "a.csv").write_text("timestamp,event,contact_id\n")
    (place / "b.csv").write_text("timestamp,event,contact_id\n2026-11-04 00:30,added,1\n")
    assert _load(run, "a.csv", "--timezone", "Asia/Tokyo").exit_code == 0
    for option, zone, offset in (
        ((), "Asia/Tokyo", "+09:00"),
        (("--timezone", "Asia/Kolkata"), "Asia/Kolkata", "+05:30"),
        ((), "Asia/Kolkata", "+05:30"),
        (None, "Asia/Dhaka", "+06:00"),
    ):
        if option is None:
            monkeypatch.setenv("CONTACTREP_TIMEZONE", zone)
        assert _load(run, "b.csv", *(option or ())).exit_code == 0
        status = json.loads(run("status", "--store", "s.duckdb", "--format", "json").stdout)
        assert (status["timezone"], status["first"]) == (zone, f"2026-11-04T00:30:00{offset}")
        assert run("unload", "last", "--store", "s.duckdb").exit_code == 0


def test_an_error_is_said_however_quiet_it_is_to_be(run: Run, place: Path) -> None:
    """Whoever hushes notices still learns why there is no answer."""
    assert_error(_load(run, "none.csv", "-q"), 1, "none.csv: no such file: check the path")


# What it leaves


@pytest.fixture
def rejected(run: Run, folder: Path) -> None:
    """A store with one rejected record."""
    assert _load(run, "in", "--timezone", "America/New_York").exit_code == 0


@pytest.mark.usefixtures("rejected")
def test_rejects_in_every_format(run: Run, place: Path) -> None:
    """File, line, reason and the text as it came."""
    row = {"file": "in/odd.csv", "line": 5, "reason": REASON, "raw": "yesterday,added,10,User,red"}
    asked = ("rejects", "--store", "s.duckdb")
    assert json.loads(run(*asked, "--format", "json").stdout) == {"schema": 1, "total": 1, "rows": [row]}
    assert run(*asked).stdout == (
        f"File\tLine\tReason\tRecord\nin/odd.csv\t5\t{REASON}\tyesterday,added,10,User,red\n"
    )
    assert list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").stdout))) == [row | {"line": "5"}]
    assert run(*asked, "-o", "rejects.csv").stdout == ""
    assert (place / "rejects.csv").read_text() == run(*asked, "--format", "csv").stdout
    assert run(*asked, "--format", "markdown").stdout.splitlines()[-1] == (
        f"| in/odd.csv | 5 | {REASON} | yesterday,added,10,User,red |"
    )


@pytest.mark.usefixtures("rejected")
def test_loading_a_mended_file_takes_its_rejects_away(run: Run, folder: Path) -> None:
    """A path that is loaded again has the rejects of its last load, and only its new events are new."""
    (folder / "odd.csv").write_text(ODD.replace("yesterday", "2026-11-05"))
    result = _load(run, "in/odd.csv")
    assert result.stdout.startswith("in/odd.csv: 4 read = 1 loaded + 3 duplicate + 0 rejected\nLoad 2 into ")
    rejects = json.loads(run("rejects", "--store", "s.duckdb", "--format", "json").stdout)
    assert rejects == {"schema": 1, "total": 0, "rows": []}


@pytest.mark.usefixtures("rejected")
def test_the_status_tells_of_loads_and_rejects(run: Run) -> None:
    """Every key of the specification."""
    status = json.loads(run("status", "--store", "s.duckdb", "--format", "json").stdout)
    (load,) = status.pop("loads")
    assert load.pop("at")
    assert load == {"id": 1, "files": ["in/a.csv", "in/odd.csv"], "events": 11, "options": {}}
    assert status.pop("future") in (0, 8, 9, 10, 11)
    assert status == {
        "schema": 1,
        "version": __version__,
        "store": "s.duckdb",
        "config": None,
        "timezone": "America/New_York",
        "events": {"added": 7, "connected": 2, "deleted": 1, "merged": 1},
        "first": "2026-03-08T03:30:00-04:00",
        "last": "2026-11-05T05:00:00-05:00",
        "rejected": 1,
        "users": 0,
    }


def test_the_status_tells_how_each_load_was_read(run: Run, place: Path) -> None:
    """The options that changed what files mean, from the command line or the config, which is named."""
    (place / "config.toml").write_text('[map]\ncontact_id = "Record ID"\n')
    (place / "u.csv").write_text("id,name\nu1,Una\n")
    (place / "a.csv").write_text("When,Record ID\n5/11/2026,1\n")
    given = ("--map", "timestamp=When", "--event", "added", "--input-timezone", "Asia/Tokyo")
    written = ("--timestamp-format", "%d/%m/%Y", "--config", "config.toml", "--timezone", "UTC")
    loaded = _load(run, "a.csv", *given, *written, "--max-rejects", "50%")
    assert loaded.exit_code == 0, loaded.stderr
    assert run("users", "load", "u.csv", "--store", "s.duckdb").exit_code == 0
    asked = ("status", "--store", "s.duckdb", "--config", "config.toml")
    status = json.loads(run(*asked, "--format", "json").stdout)
    assert (status["config"], status["users"]) == ("config.toml", 1)
    options = {
        "event": "added",
        "map": {"contact_id": "Record ID", "timestamp": "When"},
        "input_timezone": "Asia/Tokyo",
        "timestamp_format": status["loads"][0]["options"]["timestamp_format"],
    }
    assert status["loads"][0]["options"] == options
    assert "%d/%m/%Y" in options["timestamp_format"]
    text = run(*asked).stdout
    said = "event added; map contact_id=Record ID; map timestamp=When; input timezone Asia/Tokyo"
    assert f"a.csv  {said}; timestamp format %d/%m/%Y\n" in text


# Users


@pytest.mark.parametrize(
    ("text", "said"),
    [("id,name\nu1,Una\n", "1 user"), ("id,name\nu1,Una\nu2,Udo\n", "2 users")],
)
def test_users_are_counted(ask: Run, tmp_path: Path, text: str, said: str) -> None:
    """The directory is replaced, and the answer says how many it has."""
    path = tmp_path / "users.csv"
    path.write_text(text)
    result = ask("users", "load", path)
    assert (result.stdout, result.stderr) == (f"{path}: {said} in the directory\n", "")


def test_a_new_directory_goes_in_the_place_of_the_old_one(ask: Run, tmp_path: Path) -> None:
    """Who is not in it any more is shown by the id again. A file without a user, as a failed export leaves,
    replaces nothing."""
    path = tmp_path / "users.csv"

    def shown(text: str) -> list[str]:
        path.write_text(text)
        assert ask("users", "load", path).exit_code == 0
        rows = json.loads(ask("log", "merged", *AS_OF, "--format", "json").stdout)["rows"]
        return [row["user"] for row in rows]

    assert shown("id,name\nu1,Una\n") == ["Una"]
    assert shown("id,name\nu2,Udo\n") == ["u1"]
    path.write_text("id,name\n")
    refused = ask("users", "load", path)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == f"Error: {path}: there is no user in it; the list of users is unchanged\n"
    assert ask("users", "list", "--format", "csv").stdout == "id,name\nu2,Udo\n"
