"""What can go wrong, as values: every error that a user can meet is one line and one exit code.

A message says what is wrong, where, and what to do next. The command line prints `str(error)` behind
`Error: ` on stderr and exits with `error.exit_code`; no other exception may reach it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

LONGEST_MESSAGE = 2_000
"""Characters of the longest line on stderr."""

_LONGEST_NAME = 100
_LONGEST_TAIL = 600
_ELLIPSIS = "…"


class ContactrepError(Exception):
    """It could not be done: an input, the store or the machine stands in the way (exit code 1)."""

    exit_code = 1


class UsageProblem(ContactrepError):
    """The command line asks for something that has no meaning (exit code 2)."""

    exit_code = 2


class InputProblem(ContactrepError):
    """A file cannot be read, or was refused: nothing of its load was kept."""


class UnknownHeaders(InputProblem):
    """No header of a file is known: perhaps these are not its headers."""


class StoreProblem(ContactrepError):
    """The store is missing, unreadable, not ours, or of a newer layout."""


class ConfigProblem(ContactrepError):
    """The config file or an environment variable says something that cannot be used."""


class OutputProblem(ContactrepError):
    """The answer is there but cannot be written where it was asked for."""


def closest(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The known words nearest to `word`, best first, without regard to case; empty when none is near."""
    import difflib

    by_lower = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_lower, n=most, cutoff=0.6)
    return [by_lower[name] for name in near]


def listed(names: Collection[str], *, most: int = 10) -> str:
    """`a, b, c`; of more than `most` names the first ones and a count: `a, b, … and 1,990 more`.

    A name longer than 100 characters is truncated, so that a list always leaves room in its message.
    """
    first = [_truncated(name) for name, _ in zip(names, range(most), strict=False)]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more:,} more" if more else "")


def _truncated(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + _ELLIPSIS


def shortened(message: str) -> str:
    """`message` in at most 2,000 characters.

    A longer message loses its middle: it starts with the value that is wrong and ends with what to do next.
    """
    if len(message) <= LONGEST_MESSAGE:
        return message
    return message[: LONGEST_MESSAGE - _LONGEST_TAIL - 1] + _ELLIPSIS + message[-_LONGEST_TAIL:]
