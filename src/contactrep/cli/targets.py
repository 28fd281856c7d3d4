"""Targets of `-o`: files, devices, pipes, and descriptors that the shell has opened."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click

from contactrep.cli.settings import read_settings, usual_config
from contactrep.errors import ContactrepError, OutputProblem, unwritable
from contactrep.machine import are_same_file, files_of, other_kind
from contactrep.objects import named

_DESCRIPTOR: Final = re.compile(r"(?:/dev|/proc/(?P<process>\d+)(?:/task/\d+)?)/fd/(?P<number>\d+)")
_MOST_LINKS: Final = 40
_STDOUT: Final = 1


def chosen_target(path: Path) -> Path | None:
    """Return the path, None for stdout (`-`, /dev/stdout); OutputProblem for a closed descriptor."""
    number = _STDOUT if str(path) == "-" else descriptor(path)
    if number is not None and number != _STDOUT:
        try:
            os.fstat(number)
        except OSError as error:
            raise unwritable(str(path), f"{error.strerror}") from None
    return None if number == _STDOUT else path


def descriptor(path: Path) -> int | None:
    """Return the number of the open descriptor that the path means, as /dev/stderr does, else None.

    Opening such a path would start at the beginning of a file that the shell has opened to append to.
    """
    for place in links(path):
        found = _DESCRIPTOR.fullmatch(str(place))
        if found and found["process"] in (None, str(os.getpid())):
            return int(found["number"])
    return None


def links(path: Path) -> Iterator[Path]:
    """Yield the path, then what it links to, link by link, each in its real folder."""
    with suppress(OSError, ValueError):
        for _ in range(_MOST_LINKS):
            path = Path(os.path.realpath(path.parent), path.name)
            yield path
            path = path.parent / path.readlink()


def is_stream(path: Path) -> bool:
    """Return whether the target is a device, a pipe or an open descriptor: written to, never replaced."""
    return descriptor(path) is not None or other_kind(path) in ("a pipe", "a device")


def refuse_inputs(output: Path | None) -> None:
    """Raise OutputProblem where the target (None: stdout) is the store, its config or a file being read."""
    context = click.get_current_context(silent=True)
    target = _status(output)
    # Writing to a device or a pipe changes no file.
    if context is None or (target is not None and not stat.S_ISREG(target.st_mode)):
        return
    for what, path in _inputs(context.params, output):
        if _is_same(output, target, path):
            place = named(output) if output else "to stdout"
            raise OutputProblem(f"cannot write {place}: it is {what}: choose another file")


def _status(path: Path | int | None) -> os.stat_result | None:
    """Return the status of the file at a path or descriptor; None without a file."""
    if isinstance(path, Path):
        path = path if descriptor(path) is None else descriptor(path)
    try:
        return path.stat() if isinstance(path, Path) else os.fstat(_STDOUT if path is None else path)
    except (OSError, ValueError):
        return None


def _is_same(output: Path | None, target: os.stat_result | None, path: Path | int) -> bool:
    """Return whether both are, or would be, the same file, also through links."""
    status = _status(path)
    if target and status:
        return os.path.samestat(target, status)
    return isinstance(output, Path) and isinstance(path, Path) and are_same_file(output, path)


def _inputs(values: dict[str, Any], output: Path | None) -> Iterator[tuple[str, Path | int]]:
    """Yield the files that a command with these options reads, each with a phrase for messages."""
    config: Path | None = values.get("config")
    if place := config or usual_config():
        yield "the config file", place
    with suppress(ContactrepError):
        yield from files_of(read_settings(config, values.get("store")).store_path())
    if "file" in values:
        yield "the file that is read", Path(values["file"])
    if "files" not in values:
        return
    files: tuple[str, ...] = values["files"]
    if not files:
        with suppress(ContactrepError):
            files = tuple(it for profile in read_settings(config).profiles.values() for it in profile.files)
    if files:
        from contactrep.read import sources

        for path in sources.places(files, output):
            yield "one of the files that are read", path or 0  # stdin
