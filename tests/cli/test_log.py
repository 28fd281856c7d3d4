"""The logs: order, cut, users, and the command that gives every row."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from contactrep.events import KINDS
from tests.cli.conftest import AS_OF

Ask = Callable[..., Result]


def _page(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.stderr
    page: dict[str, object] = json.loads(result.stdout)
    return page


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_is_the_length_of_its_log(ask: Ask, kind: str) -> None:
    """Counts are events: what the overview or breakdown counts, the log lists."""
    report = json.loads(ask("report", *AS_OF, "--format", "json").stdout)
    counted = {
        "added": report["overview"]["metrics"]["added"]["count"],
        "connected": report["connected"]["total"]["count"],
        "deleted": report["overview"]["metrics"]["deleted"]["count"],
        "merged": report["overview"]["metrics"]["merged"]["count"],
    }[kind]
    page = json.loads(ask("log", kind, *AS_OF, "--format", "json").stdout)
    assert len(page["rows"]) == page["total"] == counted


def test_newest_first_unless_asked_otherwise(ask: Ask) -> None:
    """Both directions have the same rows."""
    newest = json.loads(ask("log", "added", *AS_OF, "--format", "json").stdout)["rows"]
    oldest = json.loads(ask("log", "added", *AS_OF, "--format", "json", "--oldest-first").stdout)["rows"]
    assert [row["contact_id"] for row in newest] == ["4", "3", "2", "1"]
    assert oldest == newest[::-1]


def test_the_user_is_shown_where_the_source_is_user(ask: Ask) -> None:
    """Whoever ran an import did not add its contacts by hand; deleting is always somebody's doing."""
    added = json.loads(ask("log", "added", *AS_OF, "--format", "json").stdout)["rows"]
    assert {row["contact_id"]: row["user"] for row in added} == {"4": None, "3": None, "2": None, "1": "Uma"}
    deleted = json.loads(ask("log", "deleted", *AS_OF, "--format", "json").stdout)["rows"]
    assert [(row["source"], row["user"]) for row in deleted] == [("User", "Ugo")]


def test_a_directory_restores_names_and_leaves_deleted_users_their_id(ask: Ask, tmp_path: Path) -> None:
    """The name of the directory is shown, for a user who is not in it the id."""
    directory = tmp_path / "users.csv"
    directory.write_text("id,name\nu1,Uma Umlaut\n")
    assert ask("users", "load", directory).exit_code == 0
    rows = json.loads(ask("log", "deleted", *AS_OF, "--format", "json").stdout)["rows"]
    assert [row["user"] for row in rows] == ["u2"]
    rows = json.loads(ask("log", "merged", *AS_OF, "--format", "json").stdout)["rows"]
    assert [row["user"] for row in rows] == ["Uma Umlaut"]
    assert (
        json.loads(ask("log", "merged", *AS_OF, "--user", "UMA UMLAUT", "--format", "json").stdout)["total"]
        == 1
    )
    assert json.loads(ask("log", "merged", *AS_OF, "--user", "u1", "--format", "json").stdout)["total"] == 1


@pytest.fixture
def many(tmp_path: Path, run: Ask) -> Path:
    """A store of 25,000 added contacts, in a folder whose name needs quoting."""
    folder = tmp_path / "many events"
    folder.mkdir()
    file, store = folder / "many.csv", folder / "many.duckdb"
    rows = (f"2026-11-0{1 + n % 5}T{n % 24:02}:{n % 60:02}:00Z,added,{n},Name {n}" for n in range(25_000))
    file.write_text("timestamp,event,contact_id,contact_name\n" + "\n".join(rows) + "\n")
    loaded = run("load", file, "--store", store, "--timezone", "Asia/Kathmandu", "--format", "json")
    assert json.loads(loaded.stdout)["total"]["loaded"] == 25_000
    return store


def test_a_cut_log_names_the_command_that_exports_every_row_and_loading_that_adds_nothing(
    run: Ask, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10,000 of 25,000 are shown; the printed command, run as it stands, gives them all."""
    monkeypatch.chdir(tmp_path)
    shown = run("log", "added", "--range", "all", "--store", many)
    assert shown.stderr.startswith("Note: Showing 10,000 of 25,000. For all rows: contactrep export added ")
    lines = shown.stdout.splitlines()
    assert len([line for line in lines if not line.startswith("# ")]) == 10_001
    assert any("Showing 10,000 of 25,000" in line for line in lines)
    command = next(line for line in lines if "contactrep export" in line).removeprefix("# ")
    words = shlex.split(command)
    assert words[0] == "contactrep"
    exported = run(*words[1:])
    assert exported.exit_code == 0, exported.stderr
    assert len((tmp_path / "added.csv").read_text().splitlines()) == 25_001
    again = json.loads(run("load", tmp_path / "added.csv", "--store", many, "--format", "json").stdout)
    assert again["total"] == {"read": 25_000, "loaded": 0, "duplicate": 25_000, "rejected": 0, "skipped": 0}


@pytest.mark.parametrize("form", ["csv", "json", "markdown"])
def test_a_cut_log_says_so_on_stderr_in_every_format(ask: Ask, form: str) -> None:
    """Who reads two of four rows, from whatever file, has been told; JSON has the sentence as a notice."""
    result = ask("log", "added", *AS_OF, "--limit", "2", "--format", form)
    assert result.stderr.startswith("Note: Showing 2 of 4. For all rows: contactrep export added ")
    if form == "json":
        assert result.stderr == "".join(f"Note: {text}\n" for text in json.loads(result.stdout)["notices"])


def test_a_log_that_is_not_cut_names_no_command(ask: Ask) -> None:
    """There is nothing more to give."""
    result = ask("log", "added", "--range", "all")
    assert "Bo Bell" in result.stdout
    assert "contactrep export" not in result.stdout + result.stderr


def test_the_named_command_carries_everything_that_chose_the_rows(run: Ask, many: Path) -> None:
    """Filters, zone, files and how they are read are part of the question."""
    cut = run(
        "log", "added", "--range", "last-7-days", "--as-of", "2026-11-05", "--timezone", "America/New_York",
        "--contact", "Name", "--limit", "5", "--store", many,
    )  # fmt: skip
    command = next(line for line in cut.stdout.splitlines() if "contactrep export" in line)
    assert shlex.split(command.removeprefix("# ")) == [
        "contactrep", "export", "added", "--range", "2026-10-30..2026-11-05",
        "--timezone", "America/New_York", "--contact", "Name", "--store", str(many), "-o", "added.csv",
    ]  # fmt: skip
