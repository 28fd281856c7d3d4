"""Temporary space of a run: private, locked, and removed on every way out.

A scratch folder (0700) holds temporary files; a part (0600) is renamed when the file is complete. The run
that made one holds a lock on it until the process ends, however it ends. So the next run can tell what a
killed run left, and removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from contactrep import signals
from contactrep.errors import ContactrepError, OutputProblem, StoreProblem
from contactrep.memory import require_address_space

PREFIX: Final = "contactrep-"
LOCK: Final = ".contactrep-lock"
"""The file that is locked in a scratch folder; a folder without it is not one, whatever its name."""

_PART: Final = re.compile(r"\.contactrep-[0-9a-f]{16}\.part")

_made: Final[set[Path]] = set()
"""The scratch folders and parts of this process, whether or not they still exist."""


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
    """A new scratch folder; those that killed runs left are removed first.

    ContactrepError when no folder can be made, or the process may not use enough memory to run at all.
    """
    require_address_space()
    # The name is chosen first, so that no signal finds a folder that nobody would remove.
    folder, lock, process = _scratch_path(), None, os.getpid()
    try:
        try:
            _clear_stale(folder.parent)
            while (lock := _locked_folder(folder)) is None:
                folder = _scratch_path()
        except OSError as error:
            raise ContactrepError(
                f"no temporary folder can be made: {error.strerror}: set TMPDIR to a folder with room"
            ) from None
        yield folder
    finally:
        if lock is not None:
            os.close(lock)
        if os.getpid() == process:  # it is not a fork's
            _remove(folder)


def _scratch_path() -> Path:
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{os.urandom(8).hex()}"
    _made.add(folder)
    return folder


def _locked_folder(folder: Path) -> int | None:
    """Make a scratch folder and return the descriptor that holds its lock; None as for `_locked`."""
    folder.mkdir(mode=0o700)
    with suppress(FileNotFoundError):
        return _locked(folder / LOCK)
    return None


def part_beside(folder: Path) -> Path:
    """A new path for a part in the folder where the whole file will be; `make_part` makes the part.

    The name is independent of the file's, which may be as long as names can be, or not UTF-8.
    """
    part = folder / f".contactrep-{os.urandom(8).hex()}.part"
    _made.add(part)
    return part


def make_part(part: Path) -> int:
    """Make an empty part and return the descriptor that holds its lock; parts beside it that killed runs left
    are removed first."""
    _clear_stale(part.parent)
    while (lock := _locked(part)) is None:
        pass
    return lock


def _locked(path: Path) -> int | None:
    """Make the file `path` and return the descriptor that holds its lock; None if another run took the file
    for a stale one, and removed it, before it was locked."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with suppress(OSError):  # a file system without locks, where nobody removes stale files either
        fcntl.flock(lock, fcntl.LOCK_EX)
    if path.exists():
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


def _clear_stale(folder: Path) -> None:
    """Remove the scratch folders and parts in `folder` that killed runs of this user left."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if _PART.fullmatch(entry.name):
                _remove_if_free(path, path.unlink)
            elif entry.name.startswith(PREFIX) and _is_private(entry):
                _remove_if_free(path / LOCK, partial(_remove, path))


def _is_private(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder of this user's into which nobody else can put links or locks."""
    with suppress(OSError):
        status = entry.stat(follow_symlinks=False)
        return stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o700 and _is_ours(status)
    return False


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid == os.getuid()


def _remove_if_free(lock: Path, remove: Callable[[], None]) -> None:
    """Call `remove` unless a run holds the lock, or the lock is not a file of this user's."""
    with suppress(OSError):
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and _is_ours(status):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Meanwhile another run may have removed it, and its own may have made it again.
                if os.path.samestat(status, lock.lstat()):
                    remove()
        finally:
            os.close(descriptor)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary file beside `target` that takes its place, synced, when the block ends well.

    Whatever else happens, the target stays as it was. OutputProblem where it cannot be written.
    """
    with _locked_part(target) as part:
        yield part
        _publish(part, Path(os.path.realpath(target)))


@contextmanager
def folder_replacing(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target` that takes its place when the block ends well.

    OutputProblem where it cannot be made, or where the target is there and is no empty folder.
    """
    try:
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise OutputProblem(f"cannot write {target}: it exists: choose a new folder, or remove it")
        folder = part_beside(Path(os.path.realpath(target)).parent)
        folder.mkdir(mode=0o700)
    except (OSError, ValueError) as error:
        raise _unwritable(target, error) from None
    try:
        yield folder
        try:
            set_mode(folder, 0o777 & ~_umask())
            folder.replace(os.path.realpath(target))
        except OSError as error:
            raise _unwritable(target, error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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


def require_store(store: Path) -> None:
    """Raise StoreProblem where a store's path is not that of a file: a pipe would never end."""
    if real_path(store) is None:
        raise StoreProblem(f"{store}: no file can have this name: name another with --store")
    if other := other_kind(store):
        raise StoreProblem(f"{store} is {other}, not a store: name a file with --store")


def check_replaceable(target: Path) -> None:
    """Raise OutputProblem where `replacing` could not begin: nothing can be made beside `target`."""
    with _locked_part(target):
        pass


def is_read_only(path: Path) -> bool:
    """Whether the mode of a file lets nobody write: it is not replaced, though its folder allows that."""
    return path.exists() and path.stat().st_mode & 0o222 == 0


@contextmanager
def _locked_part(target: Path) -> Iterator[Path]:
    """A new part beside `target`, behind links; removed in the end, unless it has its place by then."""
    with ExitStack() as stack:
        try:
            if target.is_dir():
                raise OutputProblem(f"cannot write {target}: it is a folder: name a file in it")
            if other := other_kind(target):
                raise OutputProblem(f"cannot write {target}: it is {other}: name a file")
            if is_read_only(target):
                raise OutputProblem(
                    f"cannot write {target}: it is read-only: allow writing (chmod u+w), or choose another"
                )
            # The name is chosen first, so that no signal finds a file that nobody would remove.
            part = part_beside(Path(os.path.realpath(target)).parent)
            stack.callback(_unlink, part)
            stack.callback(os.close, make_part(part))
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            raise _unwritable(target, error) from None
        yield part


def _unlink(part: Path) -> None:
    """Remove a part if there is one; in the place of its folder there may be a file."""
    with suppress(OSError, ValueError):
        part.unlink()


def _publish(temporary: Path, target: Path) -> None:
    """Sync the file and give it its place, with the rights of what it replaces or by the user's umask."""
    try:
        if target.exists():
            take_on_rights(temporary, target)
        else:
            set_mode(temporary, 0o666 & ~_umask())
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from None


def take_on_rights(new: Path | int, old: Path) -> None:
    """Give a file of ours (its path or descriptor) the owner, group and mode of `old`, as far as we may.

    A group that is not that of `old` may do no more than everybody.
    """
    status = old.stat()
    for owner in ((-1, status.st_gid), (status.st_uid, -1)):
        with suppress(OSError):  # root alone may give a file away, and members alone to a group
            os.chown(new, *owner, follow_symlinks=isinstance(new, int))
    mode = stat.S_IMODE(status.st_mode)
    if os.stat(new).st_gid != status.st_gid:  # noqa: PTH116 - it may be a descriptor
        mode &= ~0o070 | (mode & 0o007) << 3
    set_mode(new, mode)


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


def _unwritable(target: Path, error: OSError | ValueError) -> OutputProblem:
    if isinstance(error, ValueError):
        return OutputProblem(f"cannot write {target}: no file can have this name: choose another")
    way = f"{mount_advice(error)}choose another place"
    return OutputProblem(f"cannot write {target}: {error.strerror}: {way}")


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
