"""Replacing a store's file: one writer at a time, on a private copy, which then takes the file's place."""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contactrep import duck
from contactrep.errors import StoreProblem
from contactrep.machine import (
    folders_of,
    is_read_only,
    lock_of,
    log_of,
    mount_advice,
    openable,
    publish,
    take_on_rights,
)

_PRIVATE = 0o600
_ATTEMPTS = 50  # to lock within a second

on_wait: Callable[[Path], object] = lambda _: None  # noqa: E731 - others put theirs in its place
"""Called with the store after a second of waiting for another process that is changing it."""


def resolved(path: Path) -> Path:
    """The file behind links, so that a link to the store stays one."""
    try:
        file = path.resolve()
    except (OSError, RuntimeError) as error:
        raise StoreProblem(f"{path}: cannot follow this path: {error}: choose another --store") from None
    openable(file)
    if {"?", "\\"} & {*str(file)}:
        raise StoreProblem(f"{file}: DuckDB makes no file at a path with ? or \\: choose another --store")
    return file


def exists(path: Path) -> bool:
    """Whether there is a store, or something else at its path. An empty file counts as none."""
    try:
        return path.exists() and (not path.is_file() or path.stat().st_size > 0)
    except OSError as error:
        raise StoreProblem(f"cannot read the store {path}: {error.strerror}: see --store") from None


def existing(path: Path, so: str) -> Path:
    """The store's file, links followed. StoreProblem if there is none; `so` is the end of its message."""
    store = resolved(path)
    if not exists(store):
        raise StoreProblem(f"there is no store {path} yet{so}")
    return store


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """The sole right to write to the store at `path`; waits while another process has it. The lock is a file
    beside the store, which stays: removing it would let two processes lock two files."""
    with _problems(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(lock_of(path), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE)
    try:
        with _problems(path):
            _lock(descriptor, path)
        _prepare(path)
        with _problems(path):
            _share(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _lock(lock: int, path: Path) -> None:
    """Lock the file; where another process has locked it, wait, and call `on_wait` after a second."""
    for _ in range(_ATTEMPTS):
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(1 / _ATTEMPTS)
    on_wait(path)
    fcntl.flock(lock, fcntl.LOCK_EX)


def _share(lock: int, path: Path) -> None:
    """Let those who may write to the store lock it: root, or one of a group, may have made the lock."""
    status = os.fstat(lock)
    # Not a file with another name or with content: somebody may have linked it there to get rights to it.
    if status.st_nlink == 1 and not status.st_size and exists(path):
        take_on_rights(lock, path)


def _prepare(path: Path) -> None:
    """Remove what a killed writer left beside the store, and refuse a store that cannot be replaced: beside a
    write-ahead log, another program's changes would be lost."""
    with _problems(path):
        for stale in path.parent.glob(f"{glob.escape(folders_of(path))}*"):
            shutil.rmtree(stale, ignore_errors=True)
        if exists(path) and is_read_only(path):
            raise StoreProblem(f"{path} is read-only: allow writing (chmod u+w) or choose another --store")
    log = log_of(path)
    if log.exists():
        raise StoreProblem(
            f"another program has written to {path}, and its log {log.name} is beside it: close that program;"
            " if the log stays, open the store once with DuckDB, or choose another --store"
            if exists(path)
            else f"there is no store {path}, but its log {log.name} is left: move the log away,"
            " or choose another --store"
        )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A copy of the store to change (no file if there is no store yet), which replaces the store on leaving.

    The copy is in a folder of its own beside the store (0700). If anything fails, the store stays as it was
    and the copy is removed. Call it with the lock held, and detach the copy before leaving.
    """
    with _problems(path):
        # The name is chosen first, so that a signal cannot leave a folder that nothing removes.
        folder = path.parent / f"{folders_of(path)}{os.urandom(8).hex()}"
        try:
            folder.mkdir(mode=0o700)
            copy = folder / path.name
            if exists(path):
                shutil.copyfile(path, copy)
            yield copy
            publish(copy, path, _PRIVATE)
            _sync(path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sync(path: Path) -> None:
    """Write the folder of a replaced store to disk, if its file system and its mode allow that."""
    try:
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise StoreProblem(
                f"the store {path} is changed, but its disk does not confirm that: {error.strerror}:"
                " check the disk"
            ) from None


@contextmanager
def _problems(path: Path) -> Iterator[None]:
    """Failures of the machine, in one line that says what to do."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        raise StoreProblem(
            f"cannot write the store {path}: {said}: {_advice(error, path)}choose another --store;"
            " it is as it was"
        ) from None
    except duck.Error as error:
        raise StoreProblem(
            f"cannot write the store {path}: {duck.first_line(error)}: make room or choose another --store;"
            " it is as it was"
        ) from None


def _advice(error: OSError, path: Path) -> str:
    """What to do about an error of the machine at the store `path`, with ` or ` at the end; often nothing."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "make room or "
    if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP):
        return mount_advice(error)
    lock = lock_of(path)
    if error.errno != errno.EROFS and error.filename == str(lock) and lock.exists():
        if exists(path) and not os.access(path, os.R_OK | os.W_OK):
            return f"its owner must give you access to it and to {lock} (chmod, chgrp); or "
        return f"its owner must give {lock} the rights of the store (chmod, chgrp), or load once; or "
    return f"get the right to write in {path.parent} or "
