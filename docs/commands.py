"""Generate what the documents say of the commands: a part of docs/reference.md, and the man page.

    python docs/commands.py

Both come from the commands, so that they cannot differ from `--help`. With `--check` nothing is written; the
exit code is 1 where a file is out of date, as tests/test_documents.py checks, too.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from contactrep import __version__
from contactrep.cli import main
from contactrep.cli.program import COMMANDS
from contactrep.errors import ExitCode

DOCS = Path(__file__).parent
REFERENCE, MANUAL = DOCS / "reference.md", DOCS / "contactrep.1"
BEGIN, END = "<!-- generated: python docs/commands.py -->", "<!-- end of generated -->"

VARIABLES = {
    "CONTACTREP_RANGE": "Default range of reports (not of export), as --range.",
    "CONTACTREP_TIMEZONE": "Time zone of a new store, and of reports on FILES or a cluster. A store's "
    "reports keep the store's time zone.",
    "CONTACTREP_WEEK_START": "First day of a week: monday, sunday, …",
    "CONTACTREP_DEBUG": "If set, an unexpected error shows its traceback.",
    "XDG_CONFIG_HOME, XDG_DATA_HOME": "Folders of the config and of the store on Linux, if absolute.",
    "NO_COLOR, FORCE_COLOR": "Switch colours off or on (FORCE_COLOR=0: off).",
    "COLUMNS": "Width of a page in characters, instead of the terminal's.",
    "TERM": "With dumb, pages are ASCII without colours.",
    "TZ": "The system's time zone.",
}
"""Environment variables that belong to no option, and what they do."""

FILES = {
    "~/.config/contactrep/config.toml": "Settings; examples/config.toml of the project explains each. "
    "On macOS: ~/Library/Application Support/contactrep/config.toml.",
    "~/.local/share/contactrep/contacts.duckdb": "The store: all loaded events. "
    "To share it, give a group the rights to it, to the lock beside it (.contacts.duckdb.lock) and to their "
    "folder. "
    "On macOS: ~/Library/Application Support/contactrep/contacts.duckdb.",
}


# What the commands say of themselves


def _context(command: click.Command) -> click.Context:
    """The context of a command, with the settings of the program, as `-h`."""
    program = click.Context(main, info_name="contactrep", **main.context_settings)
    return click.Context(command, parent=program, info_name=command.name)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name (`users load`), in the order of `--help`."""
    for name in COMMANDS:
        command = main.get_command(_context(main), name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {part}", inner) for part, inner in command.commands.items())
        elif command is not None:
            yield name, command


def usage(name: str, command: click.Command) -> str:
    """The command line of a command: `contactrep log [OPTIONS] KIND [FILES]...`."""
    return " ".join(["contactrep", name, *command.collect_usage_pieces(_context(command))])


def paragraphs(command: click.Command) -> list[str]:
    """The help text; a paragraph that begins with a backspace character keeps its lines."""
    text = inspect.cleandoc(command.help or "")
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]


def options(command: click.Command) -> list[tuple[str, list[tuple[str, str]]]]:
    """The options as `--help` groups them: heading → (spelling, help) pairs."""
    formatter = _Collector(width=1000)
    command.format_options(_context(command), formatter)
    return formatter.groups


class _Collector(click.HelpFormatter):
    """Collects the sections that a command writes into its help."""

    def __init__(self, width: int) -> None:
        super().__init__(width=width)
        self.groups: list[tuple[str, list[tuple[str, str]]]] = []

    def write_heading(self, heading: str) -> None:
        """Begin a section."""
        self.groups.append((heading, []))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Add options to the section."""
        self.groups[-1][1].extend((spelling.strip(), text) for spelling, text in rows)


def variables() -> dict[str, str]:
    """The environment variables: those of options, then the others."""
    found = {
        str(parameter.envvar): f"As {parameter.opts[0]}."
        for _, command in commands()
        for parameter in command.params
        if parameter.envvar
    }
    return {**dict(sorted(found.items())), **VARIABLES}


def exit_codes() -> dict[int, str]:
    """Each exit code with the docstring of its member."""
    statements = ast.parse(inspect.getsource(ExitCode)).body[0]
    assert isinstance(statements, ast.ClassDef)  # noqa: S101 - it is one
    texts = [
        inspect.cleandoc(str(part.value.value))
        for part in statements.body[1:]
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
    ]
    described = zip(ExitCode, texts, strict=True)
    return {code.value: " ".join(text.split()) for code, text in described}


# Markdown


def reference() -> str:
    """The commands and their options, the environment, files and exit codes as Markdown."""
    return "\n".join(
        [
            *(part for name, command in commands() for part in _described(name, command)),
            *_table("Environment", "variable", variables()),
            *_table("Files", "file", FILES),
            *_table("Exit codes", "exit code", {str(code): text for code, text in exit_codes().items()}),
        ]
    )


def _described(name: str, command: click.Command) -> Iterator[str]:
    yield f"### contactrep {name}\n"
    yield f"```text\n{usage(name, command)}\n```\n"
    for paragraph in paragraphs(command):
        if paragraph.startswith("\b"):
            yield f"```text\n{inspect.cleandoc(paragraph.strip(chr(8)))}\n```\n"
        else:
            yield f"{_cell(' '.join(paragraph.split()))}\n"
    yield "| option | |\n| --- | --- |"
    for heading, rows in options(command):
        yield f"| **{heading}** | |"
        for spelling, text in rows:
            yield f"| `{_bar(spelling)}` | {_cell(text)} |"
    yield ""


def _table(title: str, head: str, rows: dict[str, str]) -> Iterator[str]:
    yield f"## {title}\n\n| {head} | |\n| --- | --- |"
    for name, text in rows.items():
        yield f"| {', '.join(f'`{part}`' for part in name.split(', '))} | {_cell(text)} |"
    yield ""


def _bar(text: str) -> str:
    return text.replace("|", "\\|")


def _cell(text: str) -> str:
    return _bar(text).replace("<", "&lt;").replace("*", "\\*")


# The man page


def manual() -> str:
    """The man page, in the macros of man(7)."""
    return "\n".join(_manual()) + "\n"


def _manual() -> Iterator[str]:
    yield f'.TH CONTACTREP 1 "" "contactrep {__version__}" "User Commands"'
    yield from (".SH NAME", r"contactrep \- " + _roff(paragraphs(main)[0].rstrip(".")))
    yield from (".SH SYNOPSIS", ".B contactrep", "COMMAND [OPTIONS]... [ARGUMENTS]...", ".SH DESCRIPTION")
    yield from _roff_paragraphs(main)
    yield ".SH COMMANDS"
    for name, command in commands():
        yield f".SS {_roff(usage(name, command))}"
        yield from _roff_paragraphs(command)
        for heading, rows in options(command):
            yield from (".P", f"{_roff(heading)}:")
            yield from _tagged(dict(rows))
    yield ".SH ENVIRONMENT"
    yield "Options override environment variables, which override config.toml, which overrides the defaults."
    yield from _tagged(variables())
    yield ".SH FILES"
    yield from _tagged(FILES)
    yield ".SH EXIT STATUS"
    yield from _tagged({str(code): text for code, text in exit_codes().items()})
    yield from (".SH SEE ALSO", "README.md and docs/ of the project.")


def _tagged(rows: dict[str, str]) -> Iterator[str]:
    for name, text in rows.items():
        yield from (".TP", rf"\fB{_roff(name)}\fR", _roff(text))


def _roff_paragraphs(command: click.Command) -> Iterator[str]:
    for paragraph in paragraphs(command):
        if paragraph.startswith("\b"):
            yield from (".P", ".nf", *map(_roff, paragraph.strip("\b\n").splitlines()), ".fi")
        else:
            yield from (".P", _roff(" ".join(paragraph.split())))


def _roff(text: str) -> str:
    # Unless escaped, groff draws these as typographic characters, which no shell understands.
    glyphs = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "~": r"\(ti", "^": r"\(ha"})
    escaped = text.translate(glyphs)
    escaped = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", escaped)
    escaped = re.sub(r"[^\x00-\x7f]", lambda found: rf"\[u{ord(found[0]):04X}]", escaped)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


# The files


def generated() -> dict[Path, str]:
    """Each file with the text that it should have."""
    before, rest = REFERENCE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    return {REFERENCE: f"{before}{BEGIN}\n\n{reference()}\n{END}{after}", MANUAL: manual()}


def out_of_date() -> list[str]:
    """The names of the files that differ from what the code gives."""
    texts = generated().items()
    return [
        path.name for path, text in texts if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


if __name__ == "__main__":
    if "--check" in sys.argv:
        old = out_of_date()
        sys.exit(f"out of date: {', '.join(old)}: run python docs/commands.py" if old else 0)
    for file, content in generated().items():
        file.write_text(content, encoding="utf-8")
