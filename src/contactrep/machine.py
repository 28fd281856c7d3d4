"""Temporary space of a run: private, locked, and removed on every way out.

A scratch folder (0700) holds temporary files, and a new file until it is complete and takes its place. The
run that made the folder holds a lock in it until the process ends, however it ends. So the next run can tell
what a killed run left, and removes it.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from contactrep import signals
from contactrep.errors import ContactrepError, OutputProblem, StoreProblem, unwritable
from contactrep.memory import require_address_space

PREFIX: Final = "contactrep-"
LOCK: Final = ".contactrep-lock"
"""The file in a scratch folder that is locked. A folder without this file is not a scratch folder."""

_ACCESS_LIST: Final = "system.posix_acl_access"

_made: Final[set[Path]] = set()
"""The scratch folders of this process, whether or not they still exist."""


def _clear_up() -> None:
    for folder in _made:
        _remove(folder)


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
    """A new scratch folder; those that killed runs left are removed first.

    ContactrepError when no folder can be made, or the process may not use enough memory to run at all.
    """
    require_address_space()
    try:
        with signals.deferred():  # Python tests a folder with a file, which a signal would leave behind
            parent = Path(tempfile.gettempdir())
    except FileNotFoundError as error:  # as in a container where everything is read-only
        raise _no_folder(error) from None
    try:
        openable(parent)
    except ContactrepError as error:
        raise ContactrepError(f"{error} with TMPDIR") from None
    with _locked_folder(parent / PREFIX, _no_folder) as folder:
        yield folder


def _no_folder(error: OSError) -> ContactrepError:
    return ContactrepError(
        f"no temporary folder can be made: {error.strerror}: set TMPDIR to a folder with room"
    )


@contextmanager
def _locked_folder(start: Path, problem: Callable[[OSError], ContactrepError]) -> Iterator[Path]:
    """A new scratch folder whose path begins with `start`; where none can be made, the error is `problem`."""
    # The name is chosen first, so that no signal finds a folder that nobody would remove.
    folder, lock, process = _new_path(start), None, os.getpid()
    try:
        try:
            _clear_stale(start.parent)
            while (lock := _lock(folder)) is None:
                folder = _new_path(start)
        except OSError as error:
            raise problem(error) from None
        yield folder
    finally:
        if lock is not None:
            os.close(lock)
        if os.getpid() == process:  # a forked process leaves the folder to its parent
            _remove(folder)


def _new_path(start: Path) -> Path:
    folder = start.with_name(f"{start.name}{os.urandom(8).hex()}")
    _made.add(folder)
    return folder


def _lock(folder: Path) -> int | None:
    """Make a scratch folder and return the descriptor that holds its lock.

    None if another run removed the folder as a stale one before it was locked.
    """
    folder.mkdir(mode=0o700)
    with suppress(FileNotFoundError):
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with suppress(OSError):  # a file system without locks, where nobody removes stale folders either
            fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / LOCK).exists():
            return lock
        os.close(lock)
    return None


def _remove(folder: Path) -> None:
    """Remove a scratch folder, its lock last: if this run is killed meanwhile, the next one goes on."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOCK:
                path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _clear_stale(parent: Path) -> None:
    """Remove the scratch folders in `parent` that killed runs of this user left."""
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith((PREFIX, f".{PREFIX}")) and _is_private(entry):
                _remove_if_free(Path(entry.path))


def _is_private(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder of this user in which nobody else can create files."""
    with suppress(OSError):
        status = entry.stat(follow_symlinks=False)
        return stat.S_ISDIR(status.st_mode) and status.st_mode & 0o777 == 0o700 and _is_ours(status)
    return False


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid == os.getuid()


def _remove_if_free(folder: Path) -> None:
    """Remove a scratch folder unless a run holds its lock, or the lock is not a file of this user's."""
    lock = folder / LOCK
    with suppress(OSError):
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and _is_ours(status):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Another run may have removed the lock file meanwhile, and its owner may have made a new one.
                if os.path.samestat(status, lock.lstat()):
                    _remove(folder)
        finally:
            os.close(descriptor)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary file beside `target` that takes its place, synced, when the block ends well.

    Whatever else happens, the target stays as it was. OutputProblem where it cannot be written.
    """
    with _beside(target, _refuse_other) as folder:
        part = folder / "part"
        with _problems(target):
            part.touch(0o600)
        yield part
        with _problems(target):
            publish(part, Path(os.path.realpath(target)), 0o666 & ~_umask())


@contextmanager
def folder_replacing(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target` that takes its place when the block ends well.

    OutputProblem where it cannot be made, or where the target is there and is no empty folder.
    """
    with _beside(target, _refuse_full) as folder:
        new = folder / "new"
        with _problems(target):
            new.mkdir(0o700)
        yield new
        with _problems(target):
            _give_rights(new, target, 0o777 & ~_umask())
            new.replace(os.path.realpath(target))


def other_kind(path: Path) -> str | None:
    """Return what is at a path in place of a file, also behind links: `a folder`, `a pipe`, `a device`.

    None where it is a file, where nothing is, and where that cannot be looked at.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(mode):
        return None
    return "a folder" if stat.S_ISDIR(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device"


def real_path(path: Path) -> str | None:
    """Return the path behind links; None for a name that no file can have, with a NUL or half a character."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return None


def are_same_file(one: Path, other: Path) -> bool:
    """Return whether both paths lead to one file, also by links or on a file system that ignores case. The
    file need not exist."""
    with suppress(OSError, ValueError):
        return one.samefile(other)
    real = real_path(one)  # of a file that does not exist
    return real is not None and real == real_path(other)


def require_store(store: Path) -> None:
    """Raise StoreProblem where a store's path is not that of a file: a pipe would never end."""
    if real_path(store) is None:
        raise StoreProblem(f"{store}: no file can have this name: name another with --store")
    if other := other_kind(store):
        raise StoreProblem(f"{store} is {other}, not a store: name a file with --store")


def lock_of(store: Path) -> Path:
    """Return the path of the file that a process locks while it changes the store."""
    return store.parent / f".{store.name}.lock"


def log_of(store: Path) -> Path:
    """Return the path of the write-ahead log that another program writes when it opens the store."""
    return store.parent / f"{store.name}.wal"


def folders_of(store: Path) -> str:
    """Return the prefix of the names of the folders, beside the store, in which a new copy of it is made."""
    return f".{store.name}.new-"


def files_of(store: Path) -> Iterator[tuple[str, Path]]:
    """Yield the store and the files beside it that belong to it, each after a phrase for messages."""
    yield "the store", store
    real = Path(os.path.realpath(store))
    yield "the store's write-ahead log", log_of(real)
    yield "the store's lock", lock_of(real)
    with suppress(OSError):  # the folder cannot be listed, for example because its name is too long
        for copy in real.parent.glob(f"{glob.escape(folders_of(real))}*/*"):
            yield "a new copy of the store", copy


def check_replaceable(target: Path) -> None:
    """Raise OutputProblem where `replacing` could not begin: nothing can be made beside `target`."""
    with _beside(target, _refuse_other):
        pass


def is_read_only(path: Path) -> bool:
    """Whether the mode of a file lets nobody write: it is not replaced, though its folder allows that."""
    return path.exists() and path.stat().st_mode & 0o222 == 0


@contextmanager
def _beside(target: Path, refuse: Callable[[Path], None]) -> Iterator[Path]:
    """A hidden scratch folder beside the target, behind links, unless `refuse` raises."""
    if real_path(target) is None:
        raise OutputProblem(f"cannot write {target}: no file can have this name: choose another")
    with _problems(target):
        refuse(target)
    beside = Path(os.path.realpath(target)).parent / f".{PREFIX}"
    with _locked_folder(beside, partial(_unwritable, target)) as folder:
        yield folder


def _refuse_other(target: Path) -> None:
    if other := other_kind(target):
        inside = " in it" if target.is_dir() else ""
        raise OutputProblem(f"cannot write {target}: it is {other}: name a file{inside}")
    if is_read_only(target):
        raise _read_only(target)


def _refuse_full(target: Path) -> None:
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise OutputProblem(f"cannot write {target}: it exists: choose a new folder, or remove it")
    if target.exists() and not os.access(target, os.W_OK):  # nor may we move a folder with its rights
        raise _read_only(target)


def _read_only(target: Path) -> OutputProblem:
    return OutputProblem(
        f"cannot write {target}: it is read-only: allow writing (chmod u+w), or choose another"
    )


def publish(new: Path, target: Path, mode: int) -> None:
    """Sync a file and give it its place, with the rights of what it replaces, or with this mode."""
    _give_rights(new, target, mode)
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(target)


def _give_rights(new: Path, target: Path, mode: int) -> None:
    """Give a file or folder the rights of what it replaces, or this mode."""
    if target.exists():
        take_on_rights(new, target)
    else:
        set_mode(new, mode)


def take_on_rights(new: Path | int, old: Path) -> None:
    """Give a file of ours (its path or descriptor) the owner, group, mode and access control list of `old`,
    as far as we may.

    A group that is not that of `old` may do no more than everybody. Nor may any group where the list cannot
    be given: in the mode of a file with a list, the bits of the group are the most that the list may grant.
    """
    status = old.stat()
    for owner in ((-1, status.st_gid), (status.st_uid, -1)):
        with suppress(OSError):  # root alone may give a file away, and members alone to a group
            os.chown(new, *owner, follow_symlinks=isinstance(new, int))
    mode = stat.S_IMODE(status.st_mode)
    is_like = _take_on_list(new, old)
    if not is_like or os.stat(new).st_gid != status.st_gid:  # noqa: PTH116 - it may be a descriptor
        mode &= ~0o070 | (mode & 0o007) << 3
    set_mode(new, mode)


def _take_on_list(new: Path | int, old: Path) -> bool:
    """Give a file the access control list of `old`, or none (its folder may have given it one); return
    whether it has that now. Other systems than Linux keep such lists elsewhere."""
    if sys.platform != "linux":
        return True
    granted = None
    with suppress(OSError):
        granted = os.getxattr(old, _ACCESS_LIST)
    try:
        if granted is not None:
            os.setxattr(new, _ACCESS_LIST, granted)
        else:
            os.removexattr(new, _ACCESS_LIST)
    except OSError:  # there is no list to remove, or the file system has none
        return granted is None
    return True


def set_mode(path: Path | int, mode: int) -> None:
    """Set the rights of a file or folder of ours; network shares and the like may have none to set."""
    try:
        os.chmod(path, mode)  # noqa: PTH101 - it may be a descriptor
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise


def mount_advice(error: OSError) -> str:
    """What to do where a file cannot be replaced because it is mounted by itself, as containers may do."""
    return "mount its folder, not the file alone, or " if error.errno == errno.EBUSY else ""


@contextmanager
def _problems(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(target, error) from None


def _unwritable(target: Path, error: OSError) -> OutputProblem:
    return unwritable(str(target), f"{error.strerror}", f"{mount_advice(error)}choose another place")


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
