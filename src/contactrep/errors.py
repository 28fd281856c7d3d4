"""Errors that a user can meet, each with a one-line message and an exit code.

A message says what is wrong, where, and what to do next. The command line prints `str(error)` after `Error: `
on stderr and exits with `error.exit_code`; it reports any other exception as unexpected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum
from itertools import islice

LONGEST_MESSAGE = 2_000
"""Characters of the longest line on stderr."""

MAKE_ROOM = "make room, or set TMPDIR to a folder with room"
"""What to do where temporary files may have failed."""

_LONGEST_NAME = 100
_LONGEST_TAIL = 600
_ELLIPSIS = "…"


class ExitCode(IntEnum):
    """How a run ended, for the shell. Signals use 128 and their number, as shells do."""

    ANSWERED = 0
    """Done, also with "no data", "not applicable" or a few rejected rows."""

    FAILED = 1
    """Failed; stderr says why and what to do next. `check`: a condition cannot be judged, and none holds."""

    USAGE = 2
    """The command line is wrong, for example a range, a time zone or a value."""

    CONDITION_HOLDS = 3
    """`check`: a condition holds, even if another one cannot be judged."""

    OUTDATED = 4
    """`--max-age`: the data is older than allowed, or there is none; nothing is written. Overrides 3."""

    HUNG_UP = 129
    """SIGHUP: the terminal was closed. No partial file is left."""

    INTERRUPTED = 130
    """SIGINT (Ctrl-C). No partial file is left."""

    CLOSED_PIPE = 141
    """The reader of stdout, such as `head`, has ended. No error is printed."""

    TERMINATED = 143
    """SIGTERM. No partial file is left."""


class ContactrepError(Exception):
    """A run that failed because of an input, the store or the machine."""

    exit_code = ExitCode.FAILED


class UsageProblem(ContactrepError):
    """A command line, or an argument of a function, that has no meaning."""

    exit_code = ExitCode.USAGE


class InputProblem(ContactrepError):
    """A file that cannot be read or was refused. Nothing of its load is kept."""


class MappingProblem(InputProblem):
    """A file whose records are no events under the options that were given.

    `what` is wrong, `way` says what to do about it. `options` are the words that a command line lacks, as far
    as they can be guessed, `path` the file. `others` are the other files with these options, if
    the advice is for this file alone.
    """

    def __init__(
        self, what: str, way: str, *, options: Sequence[str] = (), path: str = "", others: Sequence[str] = ()
    ) -> None:
        if others:
            what = f"{what}; the files beside it need other options, so read it alone"
        super().__init__(f"{what}: {way}")
        self.what = what
        self.way = way
        self.options = tuple(options)
        self.path = path
        self.others = tuple(others)

    def beside(self, others: Sequence[str]) -> MappingProblem:
        """The problem of a file that is read after others."""
        return MappingProblem(self.what, self.way, options=self.options, path=self.path, others=others)


class UnknownHeaders(MappingProblem):
    """A file without a known header: its first line may not be a header line."""


class StoreProblem(ContactrepError):
    """A store that is missing, unreadable, not a contactrep store, or of a newer layout."""


class OutdatedProblem(ContactrepError):
    """Data that is older than `--max-age` allows."""

    exit_code = ExitCode.OUTDATED


class ConfigProblem(ContactrepError):
    """A value in the config file or an environment variable that cannot be used."""


class OutputProblem(ContactrepError):
    """An answer that cannot be written to its target."""


def unwritable(what: str, reason: str, way: str = "choose another place") -> OutputProblem:
    """The error for what cannot be written for a reason of the system, and what to do about it."""
    return OutputProblem(f"cannot write {what}: {reason}: {way}")


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 event`, `2,000 events`; `plural` where it is more than the noun with an s."""
    return f"1 {noun}" if count == 1 else f"{count:,} {plural or f'{noun}s'}"


def closest(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The known words nearest to `word`, best first, without regard to case; empty when none is near."""
    import difflib

    by_lower = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_lower, n=most, cutoff=0.6)
    return [by_lower[name] for name in near]


def unknown_key(place: str, key: str, known: Collection[str], *, prefix: str = "") -> ConfigProblem:
    """The error, with the closest known key, for a key of the table `prefix` (such as `filters.`) of a config
    file."""
    near = closest(key, known, most=1)
    hint = f"did you mean '{prefix}{near[0]}'?" if near else f"known are {listed(known, most=20)}"
    return ConfigProblem(f"{place}: unknown key '{prefix}{key}': {hint}")


def listed(names: Collection[str], *, most: int = 10, more: int = 0) -> str:
    """`a, b, c`; of more than `most` names the first ones and a count: `a, b, … and 1,990 more`.

    `more` is the number of further names that are not at hand.

    A name longer than 100 characters is truncated, so that a list always leaves room in its message.
    """
    first = [
        name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + _ELLIPSIS
        for name in islice(names, most)
    ]
    more += len(names) - len(first)
    return ", ".join(first) + (f" and {more:,} more" if more else "")


def either(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def quoted(text: str) -> str:
    """A text in quotes, as someone types it: backslashes (`CORP\\ana`) stay, other characters are escaped as
    Python escapes them."""
    return repr(text).replace("\\\\", "\\")


def shortened(message: str) -> str:
    """`message` in at most 2,000 characters.

    A longer message loses its middle: it starts with the value that is wrong and ends with what to do next.
    """
    if len(message) <= LONGEST_MESSAGE:
        return message
    return message[: LONGEST_MESSAGE - _LONGEST_TAIL - 1] + _ELLIPSIS + message[-_LONGEST_TAIL:]
