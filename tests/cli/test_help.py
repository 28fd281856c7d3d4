"""`--help`: options under headings, with the values that they have by default."""

import re
from collections.abc import Callable, Iterator

import click
import pytest
from click.testing import Result

from contactrep.cli import main
from contactrep.cli.help import GENERAL, HEADINGS, HelpCommand, Option
from contactrep.cli.program import COMMANDS

Run = Callable[..., Result]


def every_command() -> Iterator[click.Command]:
    """The commands that do something: those of a group in its place."""
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        yield from command.commands.values() if isinstance(command, click.Group) else (command,)


@pytest.mark.parametrize("command", list(every_command()), ids=lambda command: str(command.name))
def test_every_option_of_every_command_has_a_heading(command: click.Command) -> None:
    """A new option cannot be declared without its place in the help."""
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert isinstance(command, HelpCommand)
    assert [option.name for option in options if not isinstance(option, Option)] == []
    assert {option.heading for option in options if isinstance(option, Option)} <= set(HEADINGS)


@pytest.mark.parametrize(
    ("words", "headings"),
    [
        ("overview", ["Period", "Filters", "Output", "Mail", "Reading files", "General"]),
        ("ranges", ["Period", "Output", "General"]),
        ("load", ["Output", "Reading files", "General"]),
        ("users load", ["Output", "Reading files", "General"]),
    ],
)
def test_options_are_listed_under_the_same_headings_in_the_same_order(
    run: Run, words: str, headings: list[str]
) -> None:
    """A heading without options is left out; `--help` itself is General."""
    shown = run(*words.split(), "--help").stdout
    assert re.findall(r"^(\w[\w ]+):$", shown, re.M) == headings
    assert "--help" in shown.split(f"{GENERAL}:")[1]


@pytest.mark.parametrize(
    ("command", "usual"), [("overview", "last-7-days"), ("log", "last-7-days"), ("export", "all")]
)
def test_the_help_of_range_has_the_default_of_the_command(run: Run, command: str, usual: str) -> None:
    """A report covers the last seven days, an export everything; the named ranges are one command away."""
    shown = " ".join(run(command, "--help").stdout.split())
    said = shown.split("--range RANGE ")[1].split(" --exclude-today")[0]
    assert said.endswith(f"see 'contactrep ranges'. [default: {usual}]")


@pytest.mark.parametrize("width", [60, 100])
def test_names_are_in_one_column_under_all_headings(
    run: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """What is too long for the column has its text below."""
    monkeypatch.setenv("COLUMNS", str(width))
    shown = run("log", "--help").stdout
    starts = {match.end() for match in re.finditer(r"^  -.{1,29}?  +(?=\S)", shown, re.M)}
    columns = {end - shown.rfind("\n", 0, end) - 1 for end in starts}
    assert columns == {34}


def test_the_groups_help_names_its_commands_and_the_first_page_the_next_steps(run: Run) -> None:
    """A new user finds the names of ranges and the manual."""
    assert (
        "\n  list  Show the list of user names.\n  load  Replace the list with FILE"
        in run("users", "--help").stdout
    )
    first = " ".join(run("--help").stdout.split())
    assert all(words in first for words in ("contactrep ranges", "man contactrep"))
