"""Where an answer goes: streams, files written whole or not at all, and what the suffix says."""

import csv
import io
import json
import os
import stat
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result

from contactrep.machine import LOCK
from contactrep.render.formats import BY_SUFFIX
from tests.cli.conftest import AS_OF

Ask = Callable[..., Result]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("report.json", "{"),
        ("report.csv", "metric,count,previous,change"),
        ("report.md", "#"),
        ("report.html", "<!doctype html>"),
        ("report.HTM", "<!doctype html>"),
        ("report.txt", "Contacts Overview"),
        ("report", "Contacts Overview"),
    ],
)
def test_the_suffix_picks_the_format(ask: Ask, tmp_path: Path, name: str, first: str) -> None:
    """`-o` says where and, by its end, what; nothing goes to stdout then."""
    target = tmp_path / name
    result = ask("overview", *AS_OF, "-o", target)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert target.read_text(encoding="utf-8").startswith(first)


def test_a_page_names_no_contact_unless_asked(ask: Ask, tmp_path: Path) -> None:
    """A page of the report goes to people who need no names; that of a log is about them."""
    rows = json.loads(ask("log", "added", *AS_OF, "--range", "all", "--format", "json").stdout)["rows"]
    ids = [row["contact_id"] for row in rows[:10]]
    for words, named in ((["report"], False), (["report", "--with-logs"], True), (["log", "added"], True)):
        page = ask(*words, *AS_OF, "--range", "all", "--format", "html").stdout
        assert [f"<bdi>{one}</bdi>" in page for one in ids] == [named] * len(ids)
        assert f"<code>contactrep {words[0]} " in page


def test_a_picture_has_no_logs(ask: Ask, tmp_path: Path) -> None:
    """Who asks for them is told, before anything is asked."""
    for words in (["report", *AS_OF], ["demo"]):
        result = ask(*words, "--with-logs", "-o", tmp_path / "report.svg")
        assert result.exit_code == 2
        assert result.stderr.endswith(
            "Error: --with-logs is not for pictures: leave it out, or use -o FILE.html\n"
        )
    assert not (tmp_path / "report.svg").exists()


def test_the_format_goes_before_the_suffix(ask: Ask, tmp_path: Path) -> None:
    """Whoever says `--format` means it."""
    target = tmp_path / "report.csv"
    ask("overview", *AS_OF, "-o", target, "--format", "json")
    assert json.loads(target.read_text())["component"] == "overview"


def test_a_report_has_no_format_of_exports(ask: Ask, tmp_path: Path) -> None:
    """A table in a file called .parquet would be found out too late."""
    result = ask("overview", *AS_OF, "-o", tmp_path / "x.parquet")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        f"Error: .parquet is not supported here: use {', '.join(BY_SUFFIX)}; "
        "for .parquet use 'contactrep export'\n"
    )
    assert not (tmp_path / "x.parquet").exists()


def test_what_a_command_cannot_write_is_refused_with_what_it_can(ask: Ask, tmp_path: Path) -> None:
    """A log has no picture, nor has a list; before anything is asked, and whichever way it is asked for."""
    others = ".txt, .json, .csv, .md, .markdown"
    for command in (["log", "added"], ["ranges"], ["status"]):
        for name in ("x.png", "x.SVG"):
            result = ask(*command, "-o", tmp_path / name)
            assert result.exit_code == 2
            suffix = Path(name).suffix.lower()
            assert result.stderr.splitlines()[-1].startswith(
                f"Error: {suffix} is not supported here: use {others}"
            )
        result = ask(*command, "--format", "png")
        assert result.exit_code == 2
        assert "'png' is not one of 'table', 'json', 'csv', 'markdown'" in result.stderr
    assert list(tmp_path.glob("x.*")) == []


def test_a_picture_goes_to_a_file_or_a_pipe(ask: Ask, tmp_path: Path) -> None:
    """Whichever way its format is chosen."""
    target = tmp_path / "report.PNG"
    assert ask("report", *AS_OF, "-o", target).exit_code == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    piped = ask("report", *AS_OF, "--format", "png").stdout_bytes
    assert piped == target.read_bytes()
    assert ask("overview", *AS_OF, "--format", "svg").stdout.startswith("<svg")


@pytest.mark.parametrize(
    ("command", "sheets"),
    [
        ("report", ["Overview", "Overview by day", "Added", "Added by day", "Connected", "Connected by day"]),
        ("overview", ["Overview", "Overview by day"]),
        ("added --by week", ["Added", "Added by week"]),
        ("connected", ["Connected", "Connected by day"]),
        ("log merged", ["Merged Log"]),
        ("status", ["Store", "Loads"]),
        ("ranges", ["Ranges"]),
        ("rejects", ["Rejects"]),
        ("users list", ["Users"]),
        ("load EVENTS", ["Files"]),
        ("unload last", ["Load", "Files"]),
    ],
)
def test_every_answer_can_be_a_workbook(
    ask: Ask, events: Path, tmp_path: Path, command: str, sheets: list[str]
) -> None:
    """A whole page, single reports, logs, lists, and what a command did."""
    target = tmp_path / "x.xlsx"
    words = command.replace("EVENTS", str(events)).split()
    at = AS_OF if words[0] in ("report", "overview", "added", "connected", "log") else ()
    result = ask(*words, *at, "-o", target)
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of openpyxl, about data bars
        book = openpyxl.load_workbook(target)
    assert book.sheetnames[: len(sheets)] == sheets
    if words[0] == "overview":
        texts = [str(row[0].value) for row in book["Overview"].iter_rows()]
        assert any(
            text.startswith("contactrep overview --range last-7-days --as-of 2026-11-05") for text in texts
        )


def test_a_workbook_goes_into_a_pipe(events: Path) -> None:
    """Whole, and nothing else."""
    command = [
        sys.executable,
        "-m",
        "contactrep",
        "overview",
        str(events),
        *AS_OF,
        "--format",
        "xlsx",
        "--quiet",
    ]
    done = subprocess.run(command, capture_output=True, check=True)
    assert openpyxl.load_workbook(io.BytesIO(done.stdout)).sheetnames == ["Overview", "Overview by day"]


def test_a_missing_extra_is_found_before_a_store_is_changed(
    ask: Ask, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load is not done and then told of in vain."""
    for name in [name for name in sys.modules if name.startswith("contactrep.render.workbook")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    result = ask("unload", "last", "-o", tmp_path / "x.xlsx")
    assert result.exit_code == 1
    assert (
        result.stderr
        == "Error: xlsx needs XlsxWriter: install it with python -m pip install 'contactrep[xlsx]'\n"
    )
    assert json.loads(ask("status", "--format", "json").stdout)["events"]["added"] == 4


def test_a_picture_does_not_go_to_a_terminal(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes would be commands to it."""
    monkeypatch.setattr("contactrep.cli.output.shows_pages", lambda: True)
    monkeypatch.setattr("contactrep.cli.output.is_terminal", lambda: True)
    result = ask("report", *AS_OF, "--format", "png")
    assert result.exit_code == 2
    assert result.stderr == "Error: png cannot go to a terminal: use -o FILE.png\n"
    result = ask("status", "--format", "xlsx")
    assert result.stderr == "Error: xlsx cannot go to a terminal: use -o FILE.xlsx\n"
    assert ask("report", *AS_OF, "--format", "svg").exit_code == 0


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_new_file_gets_the_users_umask(ask: Ask, tmp_path: Path) -> None:
    """A report is for others to read as far as its owner lets them; no part of it is left beside it."""
    target = tmp_path / "report.json"
    before = os.umask(0o027)
    try:
        ask("overview", *AS_OF, "-o", target)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert json.loads(target.read_text())["schema"] == 1
    assert list(tmp_path.glob(".contactrep-*")) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_replaced_file_keeps_its_mode(ask: Ask, tmp_path: Path) -> None:
    """Who made a report private does not find it open the next morning."""
    target = tmp_path / "report.json"
    target.write_text("before")
    target.chmod(0o600)
    ask("overview", *AS_OF, "-o", target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert json.loads(target.read_text())["schema"] == 1


@pytest.mark.skipif(os.name == "nt", reason="POSIX locks")
def test_what_a_killed_run_left_beside_a_file_goes_with_the_next(ask: Ask, tmp_path: Path) -> None:
    """What a run still writes stays, and so does whatever only has such a name."""
    program = (
        "import sys, time; from pathlib import Path; from contactrep.machine import replacing\n"
        "with replacing(Path(sys.argv[1])) as part: print(part, flush=True); time.sleep(60)"
    )
    folder = tmp_path / "out"
    folder.mkdir()
    others = [folder / f".contactrep-{name}" for name in ("notes", "shared", "link")]
    others[0].touch()
    others[1].mkdir()
    (others[1] / LOCK).touch()
    others[2].symlink_to(others[1])
    command = [sys.executable, "-c", program, str(folder / "killed.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        part = Path(running.stdout.readline().strip())
        assert ask("overview", *AS_OF, "-o", folder / "a.json").exit_code == 0
        assert part.exists()
        running.kill()
    assert part.exists()
    assert ask("overview", *AS_OF, "-o", folder / "b.json").exit_code == 0
    assert sorted(folder.iterdir()) == sorted([*others, folder / "a.json", folder / "b.json"])


def test_a_symbolic_link_stays_a_link(ask: Ask, tmp_path: Path) -> None:
    """The file behind the link is replaced, not the link."""
    target, link = tmp_path / "real.json", tmp_path / "link.json"
    target.write_text("before")
    link.symlink_to(target)
    ask("overview", *AS_OF, "-o", link)
    assert link.is_symlink()
    assert json.loads(target.read_text())["schema"] == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing/x.json", "No such file or directory: choose another place"),
        ("", "it is a folder: name a file in it"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(ask: Ask, tmp_path: Path, name: str, message: str) -> None:
    """The exit code is 1, and the line says what to do."""
    result = ask("overview", *AS_OF, "-o", tmp_path / name)
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_failed_report_leaves_the_file_as_it_was(ask: Ask, tmp_path: Path) -> None:
    """Yesterday's file is better than half of today's."""
    target = tmp_path / "report.json"
    target.write_text("before")
    assert ask("overview", "--range", "nonsense", "-o", target).exit_code == 2
    assert target.read_text() == "before"


def test_a_device_is_written_as_it_stands(run_process: Callable[..., object], store: Path) -> None:
    """`-o /dev/stdout` prints, and the device stays one."""
    done = run_process("overview", *AS_OF, "--store", store, "-o", "/dev/stdout")
    assert getattr(done, "returncode") == 0  # noqa: B009
    assert "Added" in getattr(done, "stdout")  # noqa: B009


def test_csv_guards_texts_that_a_spreadsheet_would_run_unless_raw(ask: Ask) -> None:
    """A name that starts like a formula gets an apostrophe, and `--raw` leaves it."""
    guarded = list(csv.DictReader(io.StringIO(ask("log", "added", *AS_OF, "--format", "csv").stdout)))
    assert "'=2+3" in [row["Contact Name"] for row in guarded]
    raw = ask("log", "added", *AS_OF, "--format", "csv", "--raw").stdout
    assert "=2+3" in [row["Contact Name"] for row in csv.DictReader(io.StringIO(raw))]


def test_data_goes_to_stdout_and_notices_to_stderr(ask: Ask) -> None:
    """A pipe gets the answer alone."""
    result = ask("overview", *AS_OF, "--format", "json")
    assert json.loads(result.stdout)["component"] == "overview"
    assert result.stderr.startswith("Note: ")


def test_a_log_in_a_pipe_is_one_line_a_row_without_escape_codes(ask: Ask) -> None:
    """Head lines start with `# `; nothing is cut and nothing is coloured."""
    lines = ask("log", "added", "--range", "all").stdout.splitlines()
    assert next(line for line in lines if not line.startswith("# ")).split("\t") == [
        "Timestamp",
        "Contact ID",
        "Contact Name",
        "Source",
        "User",
    ]
    assert len([line for line in lines if not line.startswith("# ")]) == 5
    assert "\x1b" not in "".join(lines)
    assert "UTC" in "\n".join(lines)
