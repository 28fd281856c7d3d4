"""README and docs/: their commands run, their tables are complete, and their links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from contactrep.cli.program import COMMANDS
from contactrep.events import ALIASES, COLUMNS, KNOWN_SOURCES, PRIMARY_CONTACT_ID
from contactrep.filters import NAMES
from contactrep.period import COMPARINGS, PRESETS, UNITS
from contactrep.read.sources import SUFFIXES
from contactrep.render.formats import FORMATS

ROOT = Path(__file__).parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
}
README, REFERENCE = PAGES["README.md"], PAGES["docs/reference.md"]

ENVIRONMENT = "python3 -m venv .venv && . .venv/bin/activate && python -m pip install "
FIRST = ENVIRONMENT + ". && contactrep report examples/events.csv --as-of 2026-11-05"
SECOND = ENVIRONMENT + '-e ".[test]" && python -m pytest'


def commands(page: str) -> list[str]:
    """The lines of the `sh` blocks of a page, without those that install the program."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", PAGES[page], re.MULTILINE | re.DOTALL)
    lines = (line for block in blocks for line in block.replace("\\\n", "").splitlines())
    return [line for line in lines if not line.startswith(ENVIRONMENT)]


WITH_COMMANDS = [page for page in PAGES if commands(page)]
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
    """README begins with the two commands of the issue, word for word; --as-of is the day after the data."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert blocks[:2] == [f"{FIRST}\n", f"{SECOND}\n"]
    last_line = (ROOT / "examples" / "events.csv").read_text(encoding="utf-8").splitlines()[-1]
    assert last_line.startswith("2026-11-04T")


def test_readme_fits_on_a_few_screens() -> None:
    """README has at most 150 lines; details belong into docs/."""
    assert len(README.splitlines()) <= 150


def test_the_checks_run_the_second_command_word_for_word() -> None:
    """What `.ci/run` runs first is the line that README gives."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines.count(SECOND) == 1


def test_the_checks_fail_where_tests_run_too_few_lines() -> None:
    """`.ci/run` measures the second command, and ends where the share of lines is below the bound."""
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "COVERAGE_PROCESS_START=pyproject.toml sh <<'README' 2>&1 | tee \"$log\"" in checks
    assert checks.index("coverage combine --quiet") + 1 == checks.index('coverage report "${without[@]}"')
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coverage"]
    assert settings["report"]["fail_under"] >= 97


def test_the_first_command_prints_the_whole_report(shell: Shell) -> None:
    """Once installed, the first command shows every part of the page, in a home where nothing is yet."""
    ended = shell.run(FIRST.removeprefix(ENVIRONMENT + ". && "))
    assert (ended.returncode, ended.stderr) == (0, "")
    for part in ("Overview", "Added", "Connected", "Deleted", "Merged"):
        assert part.lower() in ended.stdout.lower(), part
    assert "\x1b" not in ended.stdout


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_the_commands_of_a_page_work_and_leave_nothing(shell: Shell, page: str) -> None:
    """They work in order and remove what they made; a user's own store has the same bytes afterwards."""
    shell.check("contactrep load examples/log-merged.csv")
    before = contents(shell.home)
    assert any(path.name == "contacts.duckdb" for path in before)
    for line in commands(page):
        shell.check(line)
    assert contents(shell.home) == before
    assert "CONTACTREP_STORE" not in shell.run("env").stdout


def test_a_log_in_a_file_is_plain_text(shell: Shell) -> None:
    """In a new home, README's `log … > FILE` writes all rows, without escape codes."""
    lines = commands("README.md")
    [logging] = [line for line in lines if " > tour/log.txt" in line]
    for line in lines[: lines.index(logging) + 1]:
        shell.check(line)
    log = (shell.home / "tour" / "log.txt").read_text(encoding="utf-8")
    assert len(log) > 100_000
    assert "\x1b" not in log


def test_unload_undoes_the_load_before_it(shell: Shell) -> None:
    """The number in the reference is that of the load in the line before."""
    lines = commands("docs/reference.md")
    [unloading] = [line for line in lines if " unload " in line]
    at = lines.index(unloading)
    shell.check("mkdir tour")
    for line in lines[at - 2 : at + 1]:
        shell.check(line)
    status = json.loads(shell.run("contactrep status --store tour/undo.duckdb --format json").stdout)
    assert (status["loads"], sum(status["events"].values())) == ([], 0)


def table(page: str, head: str) -> list[list[str]]:
    """The cells of the rows of the one table of a page whose first line begins with `head`."""
    _, rows = page.split(f"{head}", 1)
    return [line.strip("| ").split(" | ") for line in rows.split("\n\n")[0].splitlines()[2:]]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_described(command: str) -> None:
    """README names each command of the program in its table."""
    names = " ".join(cells[0] for cells in table(README, "| command | purpose |"))
    assert re.search(rf"`{command}\b", names), command


def test_every_word_of_the_report_is_explained() -> None:
    """README's table of words has the words of the report, and each standard source."""
    words = {cells[0]: cells[1] for cells in table(README, "| word | meaning |")}
    assert list(words) == ["added", "connected", "deleted", "merged", "net", "source", "channel"]
    assert all(source in words["source"] for source in KNOWN_SOURCES)


def test_every_column_and_header_is_described() -> None:
    """The reference's table of columns has each field with each of its other names."""
    rows = {cells[0].strip("`"): " ".join(cells[1:]) for cells in table(REFERENCE, "| field | |")}
    assert list(rows) == list(COLUMNS)
    for column, aliases in ALIASES.items():
        assert all(alias in rows[column] for alias in aliases)
    assert PRIMARY_CONTACT_ID in rows["contact_id"]


def test_every_source_is_described() -> None:
    """The reference's table of sources has the standard sources in their order."""
    assert [cells[0] for cells in table(REFERENCE, "| source | added |")] == list(KNOWN_SOURCES)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_named_range_is_described(preset: str) -> None:
    """The reference's table of ranges has each preset."""
    names = [cells[0] for cells in table(REFERENCE, "| `--range` | covers |")]
    assert any(f"`{preset}`" in name for name in names)


def test_every_comparison_unit_filter_and_format_is_described() -> None:
    """The reference names each of them as it is typed, and the extensions of files that are read."""
    prose = REFERENCE.split("<!-- generated")[0]
    typed = [f"--compare {name}" for name in COMPARINGS]
    typed += [f"--by {'|'.join(UNITS)}", *(f"--{name}`" for name in NAMES)]
    typed += [f"--format {one.name}" for one in FORMATS[1:]]
    typed += [f"{suffix}`" for suffix in SUFFIXES]
    assert [word for word in typed if f"`{word}" not in prose] == []


def headings(text: str) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    titles: list[str] = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(text: str) -> Iterator[str]:
    """The targets of the links and pictures of a page, without its code."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r'(?:\]\(|src="|srcset=")([^)"]+)', prose)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every link and picture of a page is a file of the project, and its anchor a heading there."""
    for link in links(PAGES[page]):
        path, _, anchor = link.partition("#")
        if link.startswith("https://"):
            continue
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in headings(target.read_text(encoding="utf-8")), link


def test_readme_leads_to_every_page() -> None:
    """A page that README does not link would not be found."""
    assert [page for page in PAGES if page != "README.md" and page not in links(README)] == []
