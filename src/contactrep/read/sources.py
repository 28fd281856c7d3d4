"""Which files a user means: arguments → sources, in the order in which they are loaded."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contactrep.errors import InputProblem, closest

STANDARD_INPUT = "-"
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".ndjson")
"""What a directory gives, and each of them compressed; a file that is named itself may be called anything."""

PACKED = (".gz", ".zst")

_FOLDER = "sub-folders are not entered: name it, or use a glob with **"
_NO_FILE = "it is no file, but a pipe or the like: name it"
_NO_FORMAT = "it is none of the formats that are read"


@dataclass(frozen=True)
class Source:
    """One file to read: `label` is how messages and the store name it; `path` is None for standard input."""

    label: str
    path: Path | None

    @property
    def is_stream(self) -> bool:
        """Whether it is a pipe or the like, which ends when its writer pleases."""
        return self.path is None or not self.path.is_file()

    @property
    def origin(self) -> str:
        """Where it stands, as text that is the same wherever it is named from."""
        return shown(str(self.path.absolute())) if self.path else STANDARD_INPUT


@dataclass(frozen=True)
class Sources:
    """The files to read, in order, and what the named directories hold besides: path → why it is skipped."""

    files: tuple[Source, ...]
    skipped: Mapping[str, str]


def find(arguments: Sequence[str]) -> Sources:
    """The files behind paths, directories, globs and `-`; InputProblem when one of them gives none.

    Arguments keep their order, the entries of a directory and of a glob are sorted. What exists under
    its very name is never taken for a glob.
    """
    files: list[Source] = []
    skipped: dict[str, str] = {}
    for argument in arguments:
        if not argument:
            raise InputProblem("an empty file name: name a file, a folder or a glob")
        for path in _expand(argument):
            if path != STANDARD_INPUT and Path(path).is_dir():
                files += _directory(Path(path), skipped)
            else:
                files.append(_source(path))
    return Sources(tuple(files), skipped)


def shown(path: str) -> str:
    """A path as text that can be stored and shown, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _expand(argument: str) -> Iterator[str]:
    if argument == STANDARD_INPUT or _exists(argument):
        yield argument
    elif "://" in argument:
        raise InputProblem(f"{shown(argument)}: only local files are read: download it first")
    elif glob.has_magic(argument):
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 - pathlib's glob takes no absolute pattern
        if not matches:
            raise InputProblem(f"{shown(argument)}: no file matches: check the folder and the pattern")
        yield from matches
    else:
        raise InputProblem(_missing(argument))


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a name that no file can have: too long, with a NUL
        return False


def _missing(argument: str) -> str:
    """Says that a file is not there, and which one is meant perhaps."""
    path = Path(argument)
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except PermissionError as error:
        return f"{shown(argument)}: cannot look into its folder: {error.strerror}: ask the owner of that"
    except (OSError, ValueError):
        return f"{shown(argument)}: no such file, and no such folder: check the path"
    if path.name in names:
        return f"{shown(argument)}: a link that leads to no file: check where it leads"
    near = closest(path.name, names, most=1)
    hint = f"did you mean {shown(str(path.parent / near[0]))}?" if near else "check the path"
    return f"{shown(argument)}: no such file: {hint}"


def _source(path: str) -> Source:
    return Source(STANDARD_INPUT, None) if path == STANDARD_INPUT else Source(shown(path), Path(path))


def _directory(folder: Path, skipped: dict[str, str]) -> list[Source]:
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise InputProblem(
            f"{shown(str(folder))}: cannot list this folder: {error.strerror}: ask its owner"
        ) from None
    faults = {entry: _why_skipped(entry) for entry in entries}
    good = [entry for entry, fault in faults.items() if fault is None]
    skipped |= {shown(str(entry)): fault for entry, fault in faults.items() if fault is not None}
    if not good:
        endings = " ".join(SUFFIXES)
        raise InputProblem(
            f"{shown(str(folder))}: no file to read in this folder: looked for {endings}, not in sub-folders"
        )
    return [_source(str(entry)) for entry in good]


def _why_skipped(path: Path) -> str | None:
    """Why a folder's entry is not read; None if it is."""
    if path.is_dir():
        return _FOLDER
    name = path.name.lower()
    for ending in PACKED:
        name = name.removesuffix(ending)
    if not name.endswith(SUFFIXES):
        return _NO_FORMAT
    # Nobody may ever write to a pipe that happens to lie there; a link to nowhere is told when it is read.
    return _NO_FILE if path.exists() and not path.is_file() else None
