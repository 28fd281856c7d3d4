"""README: its commands run, its lists are complete, and it says the same as the checks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
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


def run(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run one line as a user would who has entered the environment, in a folder that has the examples."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    return subprocess.run(
        ["sh", "-c", line],
        cwd=home,
        env={"HOME": str(home), "PATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def check(line: str, home: Path) -> None:
    ended = run(line, home)
    assert ended.returncode == 0, f"{line}\n{ended.stderr}"
    assert "Error" not in ended.stderr, line
    assert "No events in this range" not in ended.stdout, line
    assert "no applicable data" not in ended.stdout, line


def new_home(folder: Path) -> Path:
    (folder / "examples").symlink_to(ROOT / "examples")
    return folder


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose store has the example events."""
    home = new_home(tmp_path_factory.mktemp("loaded"))
    check("contactrep load examples/events.csv", home)
    return home


def test_the_two_commands_are_the_promised_ones() -> None:
    """The first two commands are those of the issue, word for word, with the day after the last event."""
    assert COMMAND_LINES[TWO_COMMANDS] == [FIRST, SECOND]
    last_line = (ROOT / "examples" / "events.csv").read_text(encoding="utf-8").splitlines()[-1]
    assert last_line.startswith("2026-11-04T")


def test_the_checks_run_the_second_command_word_for_word() -> None:
    """What `.ci/run` runs first is the line that README gives."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines.count(SECOND) == 1


def test_the_first_command_prints_the_whole_report(tmp_path: Path) -> None:
    """Once installed, the first command shows every part of the page, in a home where nothing is yet."""
    ended = run(FIRST.removeprefix(ENVIRONMENT + ". && "), new_home(tmp_path))
    assert (ended.returncode, ended.stderr) == (0, "")
    for part in ("Overview", "Added", "Connected", "Deleted", "Merged"):
        assert part.lower() in ended.stdout.lower(), part
    assert "\x1b" not in ended.stdout


def test_the_tour_works_from_nothing(tmp_path: Path) -> None:
    """The commands of the tour work one after another in a home where nothing is yet."""
    home = new_home(tmp_path)
    for line in COMMAND_LINES[TOUR]:
        check(line, home)
    assert (home / "log.txt").stat().st_size > 100_000
    assert "\x1b" not in (home / "log.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("section", OTHERS)
def test_the_commands_of_a_section_work(section: str, loaded: Path, tmp_path: Path) -> None:
    """The commands of each section work one after another where the example events are loaded."""
    home = tmp_path / "home"
    shutil.copytree(loaded, home, symlinks=True)
    for line in COMMAND_LINES[section]:
        check(line, home)


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
