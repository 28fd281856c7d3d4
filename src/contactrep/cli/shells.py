"""Completion in bash, zsh and fish, whose scripts are the files `completion.*`, and the quoting of values.

Channels, users and sources are data. zsh and fish quote inserted values; bash does not, so values are quoted
here for the place where bash inserts them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.resources import files

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

from contactrep.cli.help import command
from contactrep.cli.output import write

_SHELLS = ("bash", "zsh", "fish")


def _script(shell: str) -> str:
    """The script by which a shell asks for completions: `completion.bash`, beside this module, and so on."""
    return files(__package__).joinpath(f"completion.{shell}").read_text("utf-8")


class _Shell(ShellComplete):
    """A shell. COMP_WORDS is the text of the command line up to the cursor."""

    def source(self) -> str:
        """Return the script that the shell runs at startup."""
        return _script(self.name)

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words after the program's name, and the one before the cursor, which may be empty."""
        words = self._words(os.environ.get("COMP_WORDS", ""))
        return words[1:-1], words[-1]

    def _words(self, text: str) -> list[str]:
        return _lexed(text).words

    def complete(self) -> str:
        """Return the answer, one item per line; for `--option=value` an item completes the value."""
        args, word = self.get_completion_args()
        option = word[: word.find("=") + 1] if word.startswith("-") else ""
        if option and word[len(option) :].startswith("-"):
            return ""  # Click would offer options
        lines = (self._line(item, option) for item in self.get_completions(args, word))
        return "\n".join(line for line in lines if line)

    def _line(self, item: CompletionItem[str], option: str) -> str | None:
        """Return one item as the script reads it; None if the shell could not insert it."""
        raise NotImplementedError


@add_completion_class
class Bash(_Shell):
    """bash replaces COMP_TYPED, the end of the text before the cursor, by a line of the answer, unquoted."""

    name = "bash"

    def _line(self, item: CompletionItem[str], option: str) -> str | None:
        if item.type != "plain":
            return item.type
        word = _bash_word(os.environ.get("COMP_WORDS", ""), os.environ.get("COMP_TYPED"), option + item.value)
        return None if word is None else f"plain,{word}"


@add_completion_class
class Zsh(_Shell):
    """zsh is given the value alone, and a description after a tab."""

    name = "zsh"

    def _line(self, item: CompletionItem[str], option: str) -> str | None:
        return f"{item.type},{item.value}" + _described(item)


@add_completion_class
class Fish(_Shell):
    """fish completes the whole word, so it is given the option with its value; of a file, what is typed.

    Its quotes are not those of other shells: COMP_WORDS has a line for each word as fish reads it.
    """

    name = "fish"

    def _words(self, text: str) -> list[str]:
        return text.removesuffix("\n").split("\n")

    def _line(self, item: CompletionItem[str], option: str) -> str | None:
        if item.type != "plain":
            return f"{item.type},{option}\t{item.value}"
        return f"plain,{option}{item.value}" + _described(item)


def _described(item: CompletionItem[str]) -> str:
    return f"\t{' '.join(item.help.split())}" if item.help else ""


@dataclass(frozen=True)
class _Line:
    """The words of a command line up to the cursor (the last may be empty); the quote that is open there, if
    any, and the place after it."""

    words: list[str]
    quote: str
    opened: int


def _lexed(text: str) -> _Line:
    """Split the text into words as a POSIX shell does before expansion."""
    words: list[str] = []
    word: str | None = None
    quote, opened = "", 0
    characters = iter(enumerate(text, start=1))
    for place, character in characters:
        if character == "\\" and quote != "'":
            _, following = next(characters, (place, ""))
            word = (word or "") + ("\\" if quote and following not in '$`"\\' else "") + following
        elif character == quote:
            quote = ""
        elif not quote and character in "'\"":
            word, quote, opened = word or "", character, place
        elif not quote and character in " \t\n":
            words += [] if word is None else [word]
            word = None
        else:
            word = (word or "") + character
    return _Line([*words, word or ""], quote, opened)


def _bash_word(line: str, typed: str | None, word: str) -> str | None:
    """Return the text that replaces `typed`, the end of `line`, so that the last word becomes `word`.

    Without `typed` that is the whole last word. None if bash would not recognise the typed text.
    """
    whole = _lexed(line)
    if typed is None:
        return _quoted(word, "")
    if not word.casefold().startswith(whole.words[-1].casefold()):
        return None
    if whole.quote:  # bash replaces what is after it
        start = whole.opened
    elif line.endswith(typed):
        start = len(line) - len(typed)
    else:
        return None
    before = _lexed(line[:start])
    rest = word[len(before.words[-1]) :]
    return _quoted(rest, before.quote) + before.quote


def _quoted(text: str, quote: str) -> str:
    """Return `text` quoted for bash, within an open `quote` or outside of quotes."""
    if quote == "'":
        return text.replace("'", r"'\''")
    if quote == '"':
        # No backslash stops the expansion of history between double quotes.
        return re.sub(r'([$`"\\])', r"\\\1", text).replace("!", "\"'!'\"")
    return re.sub(r"([^\w./,+%-])", r"\\\1", text)


@command()
@click.argument("shell", type=click.Choice(_SHELLS, case_sensitive=False))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands, options, ranges, sources, channels, users, loads and file names.

    \b
      eval "$(contactrep completion bash)"       in ~/.bashrc
      eval "$(contactrep completion zsh)"        in ~/.zshrc, after compinit
      contactrep completion fish | source        in ~/.config/fish/config.fish
    """

    write([_script(shell).encode()], None)
