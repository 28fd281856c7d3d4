"""Replacing a store's file: one writer at a time, on a private copy, which then takes the file's place."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contactrep import duck
from contactrep.errors import StoreProblem
from contactrep.machine import openable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PRIVATE = 0o600
_PATIENCE = 30.0  # seconds, with a store that somebody else has open


def resolved(path: Path) -> Path:
    """The file behind links, so that a link to the store stays one."""
    try:
        file = path.resolve()
    except (OSError, RuntimeError) as error:
        raise StoreProblem(f"{path}: cannot follow this path: {error}") from None
    openable(file)
    return file


def exists(path: Path) -> bool:
    """Whether there is a store, or something in its place; an empty file is as good as none."""
    try:
        return path.exists() and (not path.is_file() or path.stat().st_size > 0)
    except OSError as error:
        raise StoreProblem(f"cannot read the store {path}: {error.strerror}: see --store") from None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """The sole right to write to the store at `path`; waits while another process has it.

    The lock is a file beside the store, which stays: removing it would let two processes lock two files.
    """
    with _problems(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, _PRIVATE)
    try:
        _wait_for_lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int) -> None:
    if sys.platform == "win32":
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:  # it gives up after ten seconds
                continue
            return
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def prepare(path: Path) -> None:
    """Clear away what a killed writer left beside the store; call it with the lock held.

    A write-ahead log beside the store comes from a program that wrote to it in place. It must go before the
    file is replaced, for DuckDB refuses a store with the log of another; DuckDB itself takes it in safely.
    """
    with _problems(path):
        for stale in path.parent.glob(f"{_escaped(_prefix(path))}*"):
            shutil.rmtree(stale, ignore_errors=True)
        if exists(path) and path.stat().st_mode & 0o222 == 0:
            raise StoreProblem(f"{path} is read-only: allow writing (chmod u+w) or choose another --store")
    log = path.with_name(f"{path.name}.wal")
    if log.exists() and exists(path):
        _take_in(log, path)
        # DuckDB lets a log lie in which no transaction is whole, and would refuse the next store for it.
        with _problems(path):
            log.unlink(missing_ok=True)


def _take_in(log: Path, path: Path) -> None:
    """Have DuckDB take a log into its store, as soon as nobody has that open: reports come and go."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            duck.checkpoint(path)
        except duck.Error as error:
            if not duck.is_locked(error):
                raise StoreProblem(
                    f"{path} was left in mid-write and cannot be mended: {duck.first_line(error)}:"
                    f" move {log.name} away, or choose another --store"
                ) from None
            if time.monotonic() > until:
                raise StoreProblem(
                    f"{path} is open in another program: end that, and try again, or choose another --store"
                ) from None
            time.sleep(0.02)
        else:
            return


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A copy of the store (no file if there is none yet) to change; on leaving it takes the store's place.

    The copy has a folder of its own beside the store, 0700. Whatever goes wrong, the store stays as it was
    and the copy goes. Call it with the lock held, and close the copy before leaving.
    """
    with _problems(path):
        folder = Path(tempfile.mkdtemp(prefix=_prefix(path), dir=path.parent))
        try:
            copy = folder / path.name
            if exists(path):
                shutil.copyfile(path, copy)
            yield copy
            _take_on_rights(copy, path)
            _sync(copy)
            copy.replace(path)
            _sync(path.parent)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _prefix(path: Path) -> str:
    return f".{path.name}.new-"


def _escaped(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def _take_on_rights(copy: Path, path: Path) -> None:
    """Mode and owner of the file that is replaced, or of a new store."""
    if not path.exists():
        copy.chmod(_PRIVATE)
        return
    status = path.stat()
    if sys.platform != "win32" and (status.st_uid, status.st_gid) != (copy.stat().st_uid, copy.stat().st_gid):
        with suppress(PermissionError):  # only root may give a file away
            os.chown(copy, status.st_uid, status.st_gid)
    copy.chmod(stat.S_IMODE(status.st_mode))


def _sync(path: Path) -> None:
    """Have the file, or the folder's list of names, on disk before going on."""
    if path.is_dir() and sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _problems(path: Path) -> Iterator[None]:
    """Failures of the machine, in one line that says what to do."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        forbidden = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        advice = f"get the right to write in {path.parent}" if forbidden else "make room"
        raise StoreProblem(
            f"cannot write the store {path}: {said}: {advice} or choose another --store; it is as it was"
        ) from None
    except duck.Error as error:
        raise StoreProblem(
            f"cannot write the store {path}: {duck.first_line(error)}: make room or choose another --store;"
            " it is as it was"
        ) from None
