"""Completion scripts for bash, zsh and fish, and the quoting of completed values.

Channels, users and sources are data. zsh and fish quote inserted values; bash does not, so values are quoted
here for the place where bash inserts them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

from contactrep.cli.help import command

_BASH = r"""_contactrep_completion() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            file*) compopt -o default -o bashdefault ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done < <(
        env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_TYPED="$2" _CONTACTREP_COMPLETE=bash_complete \
            "$1" 2>/dev/null
    )
}
complete -o nosort -F _contactrep_completion contactrep
"""

_ZSH = r"""#compdef contactrep
_contactrep_completion() {
    local -a values shown
    local line files
    for line in "${(@f)$(
        env COMP_WORDS="${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" _CONTACTREP_COMPLETE=zsh_complete \
            contactrep 2>/dev/null
    )}"; do
        case $line in
            file*) files=yes ;;
            plain,*)
                line=${line#plain,}
                values+=("${line%%$'\t'*}")
                shown+=("${line/$'\t'/  -- }")
                ;;
        esac
    done
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    [[ -n $files ]] && _files
    (( $#values )) &&
        compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -l -V contactrep -d shown -a values
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _contactrep_completion "$@"
else
    compdef _contactrep_completion contactrep
fi
"""

_FISH = r"""function _contactrep_completion
    set -l token (commandline -ct)
    set -l word (string unescape -- "$token")
    set -l words (string join \n -- (commandline -opc) "$word" | string collect --no-trim-newlines)
    for line in (env COMP_WORDS="$words" _CONTACTREP_COMPLETE=fish_complete contactrep 2>/dev/null)
        switch $line
            case 'file,*'
                set -l parts (string split -m 1 \t -- (string sub -s 6 -- $line))
                printf '%s\n' $parts[1](__fish_complete_path $parts[2])
            case 'plain,*'
                string sub -s 7 -- $line
        end
    end
end
complete --command contactrep --no-files --keep-order --arguments '(_contactrep_completion)'
"""


_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


class _Shell(ShellComplete):
    """A shell. COMP_WORDS is the text of the command line up to the cursor."""

    def source(self) -> str:
        """Return the script that the shell runs at startup."""
        return _SCRIPTS[self.name]

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
@click.argument("shell", type=click.Choice(tuple(_SCRIPTS), case_sensitive=False))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands, options, ranges, sources, channels, users, loads and file names.

    \b
      eval "$(contactrep completion bash)"       in ~/.bashrc
      eval "$(contactrep completion zsh)"        in ~/.zshrc, after compinit
      contactrep completion fish | source        in ~/.config/fish/config.fish
    """
    from contactrep.cli.output import write

    write([_SCRIPTS[shell].encode()], None)
