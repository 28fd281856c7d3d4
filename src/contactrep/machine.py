"""Temporary space that a run takes of the machine and gives back.

A scratch folder (0700) or a part of a file to come (0600) is private and locked by the run that made it. The
lock goes with the process however that ends, so the next run knows what a killed one left behind, and clears
it away.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from contactrep import signals
from contactrep.errors import ContactrepError
from contactrep.memory import require_address_space

if sys.platform != "win32":
    import fcntl

PREFIX: Final = "contactrep-"
LOCK: Final = ".contactrep-lock"
"""What tells a scratch folder from one that somebody happened to give such a name."""

_PART: Final = re.compile(r"\.contactrep-[0-9a-f]{16}\.part")
"""The name of a file that is to take the place of one beside it."""

_made: Final[set[Path]] = set()
"""The temporary folders and parts of this process, gone or not."""


def _clear_up() -> None:
    for path in _made:
        if path.is_dir():
            _remove(path)
        else:
            path.unlink(missing_ok=True)


signals.before_leaving.append(_clear_up)


def openable(path: Path) -> str:
    """The path as DuckDB opens it: absolute, for it takes a `~` in front for the home folder.

    ContactrepError when the path is not UTF-8, for DuckDB opens no other.
    """
    text = str(path.absolute())
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ContactrepError(f"{text}: the path is not UTF-8, and DuckDB opens no other: choose another")
    return text


@contextmanager
def scratch() -> Iterator[Path]:
    """A new private folder for temporary files, gone on every way out; what killed runs left goes first.

    ContactrepError when there is no place for one, or when a run cannot work at all.
    """
    require_address_space()
    locks: list[int] = []
    folder = None
    # The name is chosen first, so that no signal finds a folder that nobody would remove.
    try:
        try:
            _clear_stale()
            while not locks:
                folder = Path(tempfile.gettempdir()) / f"{PREFIX}{os.urandom(8).hex()}"
                _made.add(folder)
                locks += _locked(folder)
        except OSError as error:
            raise ContactrepError(
                f"no temporary folder can be made: {error.strerror}: set TMPDIR to a folder with room"
            ) from None
        assert folder is not None  # noqa: S101 - it is locked
        yield folder
    finally:
        for lock in locks:
            os.close(lock)
        if folder is not None:
            _remove(folder)


def _locked(folder: Path) -> list[int]:
    """Make a folder, and give the descriptor that holds its lock.

    Another run may take it for a stale one before it is locked: then it is gone, and there is none.
    """
    folder.mkdir(mode=0o700)
    with suppress(FileNotFoundError):
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        with suppress(OSError):  # a file system without locks: then nobody clears it either
            fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / LOCK).exists():
            return [lock]
        os.close(lock)
    return []


def _remove(folder: Path) -> None:
    """Remove a scratch folder, its lock last: so it is known for what it is if we are killed meanwhile."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOCK:
                path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _clear_stale() -> None:
    """Remove the scratch folders of this user's runs that are no more."""
    if sys.platform == "win32":
        return
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and _is_ours(entry):
                _remove_if_free(Path(entry.path))


def _is_ours(entry: os.DirEntry[str]) -> bool:
    """Whether it is a private folder of this user: nobody else can put links or locks into it."""
    with suppress(OSError):
        status = entry.stat(follow_symlinks=False)
        return (
            stat.S_ISDIR(status.st_mode)
            and stat.S_IMODE(status.st_mode) == 0o700
            and status.st_uid == os.getuid()
        )
    return False


def _remove_if_free(folder: Path) -> None:
    """Remove a scratch folder unless its run holds the lock."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)
        finally:
            os.close(lock)


def part_beside(folder: Path) -> Path:
    """The path of a part of a file to come, in the folder where that will stand; `make_part` makes it.

    It owes nothing to the file's name, which may be as long as names can be, or no text.
    """
    part = folder / f".contactrep-{os.urandom(8).hex()}.part"
    _made.add(part)
    return part


def make_part(part: Path) -> int:
    """Make the empty, private file and give the descriptor that holds its lock; what killed runs left beside
    it goes first.

    Another run may take it for a stale one before it is locked: then it is gone, and we try again.
    """
    _clear_stale_parts(part.parent)
    while True:
        lock = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        if sys.platform == "win32":
            return lock
        with suppress(OSError):  # a file system without locks: then nobody clears it either
            fcntl.flock(lock, fcntl.LOCK_EX)
        if part.exists():
            return lock
        os.close(lock)


def _clear_stale_parts(folder: Path) -> None:
    """Remove the parts in a folder that this user's killed runs left."""
    if sys.platform == "win32":
        return
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _PART.fullmatch(entry.name):
                _remove_part_if_free(Path(entry.path))


def _remove_part_if_free(part: Path) -> None:
    """Remove a part unless its run holds the lock, or it is another user's, or no file at all."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        lock = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(lock)
            if stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # While we opened it, another run may have cleared it, and its own may have made it again.
                if os.path.samestat(status, part.lstat()):
                    part.unlink()
        finally:
            os.close(lock)
