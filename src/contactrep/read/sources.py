"""Which files a user means: arguments → sources, in the order in which they are loaded."""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from contactrep import objects
from contactrep.errors import ContactrepError, InputProblem, closest, either
from contactrep.machine import are_same_file
from contactrep.objects import SCHEMES, Object, is_url

Folders = Mapping[str, str | None]
"""The `key=value` folders on the path of a file (Hive layout), by key."""

NO_FOLDERS: Folders = {}

STANDARD_INPUT = "-"
DESCRIPTORS = ("/dev/stdin", "/dev/fd/", "/proc/")
"""How paths of open descriptors begin: the same path is another input in every run."""

NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"
"""The value of a `key=value` folder that means null."""

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".ndjson", ".json", ".xlsx", ".xlsm")
"""What a directory gives, and each of them compressed; a file that is named itself may be called anything."""

PACKED = (".gz", ".zst")

_NAMES = tuple(suffix + packed for suffix in SUFFIXES for packed in ("", *PACKED))

_LOCAL = re.compile(r"file:(?://(?:localhost)?(?=/))?(/(?!/).+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Source:
    """One file to read: `label` is how messages and the store name it. It has a `path` or is an `object`;
    standard input has neither."""

    label: str
    path: Path | None
    object: Object | None = None

    @property
    def is_stream(self) -> bool:
        """Whether it is a pipe or the like, which ends only when its writer closes it."""
        return self.object is None and (self.path is None or not self.path.is_file())

    @property
    def is_copied(self) -> bool:
        """Whether it can only be read from a private copy: reading may have to wait for its sender."""
        return self.object is not None or self.is_stream

    @property
    def modified(self) -> datetime | None:
        """When it was last written to (aware, UTC); None where that is unknown or outside the calendar."""
        if self.object:
            return self.object.modified
        if self.path is None:
            return None
        with suppress(OverflowError, ValueError):
            return datetime.fromtimestamp(self.path.stat().st_mtime_ns // 1000 / 1_000_000, UTC)
        return None

    @cached_property
    def folders(self) -> Folders:
        """The folders on its path that are called `key=value` (Hive layout), wherever it is named from."""
        parts = _absolute(self.path).parent.parts if self.path else ()
        if self.object:
            parts = self.object.folders
        pairs = [part.partition("=") for part in parts]
        return {
            unquote(shown(key)): None if value == NULL_FOLDER else unquote(shown(value))
            for key, equals, value in pairs
            if key and equals
        }

    @property
    def origin(self) -> str:
        """Its absolute path or URL as text, or `-`."""
        if self.object:
            return self.object.url
        return shown(str(_absolute(self.path))) if self.path else STANDARD_INPUT

    @property
    def former_origin(self) -> str:
        """The origin as 0.1.0 kept it, with each `..` of the path."""
        return shown(str(self.path.absolute())) if self.path else self.origin


def _absolute(path: Path) -> Path:
    """The absolute path, without the folders that a `..` leaves, unless these are links to elsewhere."""
    path = path.absolute()
    plain = Path(os.path.normpath(path))
    return plain if ".." in path.parts and are_same_file(plain, path) else path


@dataclass(frozen=True)
class Sources:
    """The files to read, in order, and what the named directories hold besides: path → why it is skipped."""

    files: tuple[Source, ...]
    skipped: Mapping[str, str]


def find_sources(arguments: Sequence[str]) -> Sources:
    """The files behind paths, directories, globs and `-`; InputProblem when one of them gives none.

    Arguments keep their order, the entries of a directory and of a glob are sorted. What exists under
    its very name is never taken for a glob.
    """
    files: list[Source] = []
    skipped: dict[str, str] = {}
    for argument in arguments:
        if not argument:
            raise InputProblem("an empty file name: name a file, a folder or a glob")
        if argument == STANDARD_INPUT and Source(STANDARD_INPUT, None) in files:
            raise InputProblem("-: standard input can be read once only: name it once")
        if is_url(argument) and not _exists(argument):
            files += [Source(one.url, None, one) for one in objects.find(argument, suffixes=_NAMES)]
            continue
        found: dict[str, Source] = {}  # `folder/**` gives a folder and what is in it
        for path in _expand(argument, skipped):
            is_folder = path != STANDARD_INPUT and Path(path).is_dir()
            sources = _directory(Path(path), skipped) if is_folder else [_source(path)]
            found |= {source.origin: source for source in sources if source.origin not in found}
        files += found.values()
    return Sources(tuple(files), skipped)


def places(arguments: Sequence[str], target: Path | None) -> list[Path | None]:
    """Return the paths of the files to read, and if `target` names an object, those of the objects as well.

    None is standard input. What is not found is left out: reading it fails with a message of its own.
    """
    found: list[Source] = []
    written = objects.url_of(target) if target else None
    for argument in arguments:
        if not is_url(argument) or (written and argument.partition(":")[0] == written.partition(":")[0]):
            with suppress(ContactrepError):
                found += find_sources([argument]).files
    return [Path(one.object.url) if one.object else one.path for one in found]


def shown(path: str) -> str:
    """A path as text that can be stored and shown, with backslash escapes for bytes that are not UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _expand(argument: str, skipped: dict[str, str]) -> Iterator[str]:
    if argument == STANDARD_INPUT or _exists(argument):
        yield argument
    elif local := _LOCAL.fullmatch(argument):
        path = shlex.quote(unquote(local[1]))
        raise InputProblem(f"{shown(argument)}: name a local file by its path: {path}")
    elif "://" in argument:
        if argument.partition(":")[0].lower() in SCHEMES:
            raise InputProblem(f"{shown(argument)}: the address has no bucket or host: give the full address")
        raise InputProblem(f"{shown(argument)}: unknown kind of address: use {either(SCHEMES)}")
    elif glob.has_magic(argument):
        matches = _matches(argument)
        looked_in = _looked_in(argument)
        closed = sorted(path for path in looked_in if not os.access(path, os.R_OK | os.X_OK))
        if not matches and closed:
            raise InputProblem(f"{shown(closed[0])}: cannot list this folder: ask its owner")
        if not matches:
            raise InputProblem(f"{shown(argument)}: no file matches: check the folder and the pattern")
        skipped |= {shown(path): "this folder cannot be listed: ask its owner" for path in closed}
        yield from matches
    else:
        raise InputProblem(_missing(argument))


def _matches(pattern: str) -> list[str]:
    found = glob.glob(pattern, recursive=True)  # noqa: PTH207 - pathlib's glob takes no absolute pattern
    return sorted(path for path in found if not Path(path).name.startswith(objects.OPEN_IN_EXCEL))


def _looked_in(pattern: str) -> set[str]:
    """The folders in which names are compared with a pattern, which leaves out those that it cannot list."""
    parts, found = Path(pattern).parts, set[str]()
    for place, part in enumerate(parts):
        if glob.has_magic(part):
            found.update(_matches(f"{Path(*parts[:place])}/{'**/' if part == '**' else ''}"))
    return {os.path.normpath(path) for path in found}


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a name that no file can have: too long, with a NUL
        return False


def _missing(argument: str) -> str:
    """The message for a file that is not there, with the name that was perhaps meant."""
    path = Path(argument)
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except PermissionError as error:
        return f"{shown(argument)}: cannot open its folder: {error.strerror}: ask its owner"
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
    """The files of a folder, sorted; InputProblem when it has none."""
    good = list(_files_in(folder, skipped))
    if not good:
        endings = " ".join(SUFFIXES)
        raise InputProblem(
            f"{shown(str(folder))}: no file to read in this folder: looked for {endings},"
            " in sub-folders only where they are called key=value"
        )
    return [_source(str(entry)) for entry in good]


def _files_in(folder: Path, skipped: dict[str, str]) -> Iterator[Path]:
    """The files to read in a folder and its `key=value` sub-folders; what else is there goes to `skipped`."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputProblem(
            f"{shown(str(folder))}: cannot list this folder: {error.strerror}: ask its owner"
        ) from None
    objects.refuse_table(shown(str(folder)), {entry.name for entry in entries})
    for entry in entries:
        if entry.name.startswith(objects.HIDDEN):
            continue
        fault = _why_skipped(entry)
        if fault is not None:
            skipped[shown(str(entry))] = fault
        elif entry.is_dir():
            yield from _files_in(entry, skipped)
        else:
            yield entry


def _why_skipped(path: Path) -> str | None:
    """Why a folder's entry is not read; None if it is."""
    if path.is_dir():
        if "=" not in path.name:
            return "sub-folders are not entered: name it, or use a glob with **"
        is_loop = path.parent.resolve().is_relative_to(path.resolve())
        return "it leads back to a folder that it is in" if is_loop else None
    if not path.name.lower().endswith(_NAMES):
        return "not a supported format"
    # A pipe may never get a writer. A link to a missing file is an error when it is read.
    return "it is a pipe or the like, not a file: name it" if path.exists() and not path.is_file() else None
