"""README: its commands run, its lists are complete, and it says the same as the checks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from contactrep.cli.program import COMMANDS
from contactrep.events import ALIASES, COLUMNS, PRIMARY_CONTACT_ID
from contactrep.period import PRESETS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

ENVIRONMENT = "python3 -m venv .venv && . .venv/bin/activate && python -m pip install "
FIRST = ENVIRONMENT + ". && contactrep report examples/events.csv --as-of 2026-11-05"
SECOND = ENVIRONMENT + '-e ".[test]" && python -m pytest'


def commands_by_section() -> dict[str, list[str]]:
    """The lines of README's `sh` blocks, by the heading that they stand under."""
    sections: dict[str, list[str]] = {}
    for part in re.split(r"^## ", README, flags=re.MULTILINE)[1:]:
        heading = part.split("\n", 1)[0]
        blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL)
        if blocks:
            sections[heading] = [line for block in blocks for line in block.splitlines()]
    return sections


COMMAND_LINES = commands_by_section()
TWO_COMMANDS, TOUR, *OTHERS = COMMAND_LINES
PROGRAM = Path(sys.executable).with_name("contactrep")


class Shell:
    """A user's shell with the environment entered, in a folder that has the examples, line by line."""

    def __init__(self, home: Path) -> None:
        self.home = home
        path = os.pathsep.join([str(PROGRAM.parent), os.defpath])
        self._environment = {"HOME": str(home), "PATH": path}

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run one line; the variables that it exports are there for the next."""
        variables = self.home.with_name(f"{self.home.name}-variables")
        ended = subprocess.run(
            ["sh", "-c", f"{line}\nended=$?; env > '{variables}'; exit $ended"],
            cwd=self.home,
            env=self._environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        named = (entry.partition("=") for entry in variables.read_text(encoding="utf-8").splitlines())
        self._environment = {name: value for name, _, value in named}
        return ended

    def check(self, line: str) -> None:
        """Run one line, which must be answered with data."""
        ended = self.run(line)
        assert ended.returncode == 0, f"{line}\n{ended.stderr}"
        assert "Error" not in ended.stderr, line
        assert "No events in this range" not in ended.stdout, line
        assert "no applicable data" not in ended.stdout, line


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file and folder below, links not followed."""
    below = [path for path in folder.rglob("*") if (folder / "examples") not in path.parents]
    return {path: path.read_bytes() if path.is_file() else b"" for path in below}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a home where nothing is yet but the examples."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "examples").symlink_to(ROOT / "examples")
    return Shell(home)


def test_the_two_commands_are_the_promised_ones() -> None:
    """The first two commands are those of the issue, word for word, with the day after the last event."""
    assert COMMAND_LINES[TWO_COMMANDS] == [FIRST, SECOND]
    last_line = (ROOT / "examples" / "events.csv").read_text(encoding="utf-8").splitlines()[-1]
    assert last_line.startswith("2026-11-04T")


def test_the_checks_run_the_second_command_word_for_word() -> None:
    """What `.ci/run` runs first is the line that README gives."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines.count(SECOND) == 1


def test_the_checks_fail_where_tests_run_too_few_lines() -> None:
    """`.ci/run` measures the second command, and ends on a share of lines below the bound of 97 %."""
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "COVERAGE_PROCESS_START=pyproject.toml sh <<'README' 2>&1 | tee \"$log\"" in checks
    assert checks.index("coverage combine --quiet") + 1 == checks.index("coverage report")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coverage"]
    assert settings["report"]["fail_under"] >= 97


def test_the_first_command_prints_the_whole_report(shell: Shell) -> None:
    """Once installed, the first command shows every part of the page, in a home where nothing is yet."""
    ended = shell.run(FIRST.removeprefix(ENVIRONMENT + ". && "))
    assert (ended.returncode, ended.stderr) == (0, "")
    for part in ("Overview", "Added", "Connected", "Deleted", "Merged"):
        assert part.lower() in ended.stdout.lower(), part
    assert "\x1b" not in ended.stdout


def test_the_tour_works_from_nothing_and_leaves_nothing(shell: Shell) -> None:
    """The commands of the tour work one after another, and its last ones remove whatever it made."""
    before = contents(shell.home)
    *lines, removing, forgetting = COMMAND_LINES[TOUR]
    for line in lines:
        shell.check(line)
    log = (shell.home / "tour" / "log.txt").read_text(encoding="utf-8")
    assert len(log) > 100_000
    assert "\x1b" not in log
    shell.check(removing)
    shell.check(forgetting)
    assert contents(shell.home) == before
    assert "CONTACTREP_STORE" not in shell.run("env").stdout


def test_readme_followed_line_by_line_leaves_a_store_of_ones_own_alone(shell: Shell) -> None:
    """Every command works one after another, and of a user's own store no byte is another afterwards."""
    shell.check(
        "contactrep demo --events 1000 --save own.csv && contactrep load own.csv && contactrep load own.csv"
    )
    before = contents(shell.home)
    assert any(path.name == "contacts.duckdb" for path in before)
    for section in (TOUR, *OTHERS):
        for line in COMMAND_LINES[section]:
            shell.check(line)
    assert contents(shell.home) == before


def test_unload_takes_out_the_load_before_it(shell: Shell) -> None:
    """The number in README is that of the load in the line before, whatever else a user has."""
    [unloading] = [line for lines in COMMAND_LINES.values() for line in lines if " unload " in line]
    [lines] = [lines for lines in COMMAND_LINES.values() if unloading in lines]
    at = lines.index(unloading)
    shell.check("mkdir tour")
    for line in lines[at - 2 : at]:
        shell.check(line)
    shell.check(unloading)
    status = json.loads(shell.run("contactrep status --store tour/undo.duckdb --format json").stdout)
    assert (status["loads"], sum(status["events"].values())) == ([], 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_described(command: str) -> None:
    """README names each command of the program in its table."""
    table = README.split("| command | gives |")[1].split("\n\n")[0]
    assert re.search(rf"`{command}\b", table), command


def test_every_column_and_header_is_described() -> None:
    """README's table of columns has each field with each of its aliases."""
    table = README.split("| field | |")[1].split("\n\n")[0]
    rows = {row.split("|")[1].strip(" `"): row for row in table.splitlines()[2:]}
    assert list(rows) == list(COLUMNS)
    for column, aliases in ALIASES.items():
        assert all(alias in rows[column] for alias in aliases)
    assert PRIMARY_CONTACT_ID in rows["contact_id"]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_named_range_is_described(preset: str) -> None:
    """README's table of ranges has each preset."""
    table = README.split("| `--range` | covers |")[1].split("\n\n")[0]
    assert f"`{preset}`" in table


def test_links_lead_somewhere() -> None:
    """Every link and picture of README and CONTRIBUTING is a file of the project."""
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        links: list[str] = re.findall(r'(?:\]\(|src="|srcset=")([^)"#]+)', text)
        assert links
        for link in links:
            assert link.startswith("https://") or (ROOT / link).exists(), link
