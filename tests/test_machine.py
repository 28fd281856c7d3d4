"""Temporary folders: private, and given back."""

import errno
import fcntl
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from contactrep.errors import ContactrepError, OutputProblem
from contactrep.machine import LOCK, folder_replacing, replacing, scratch


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of this test alone, for child processes too."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def killed(temporary: Path) -> Path:
    """The scratch folder of a run that was killed, with a file in it."""
    program = (
        "import sys, time; from contactrep.machine import scratch\n"
        "with scratch() as folder: (folder / 'rows').touch(); print(folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        assert (folder / "rows").exists()
        # As long as it runs, nobody clears its folder.
        with scratch():
            assert (folder / "rows").exists()
        run.send_signal(signal.SIGKILL)
    return folder


def test_a_scratch_folder_is_private_and_goes(temporary: Path) -> None:
    """It is for its owner alone, and gone with all that is in it after an error, too."""
    with suppress(ZeroDivisionError), scratch() as folder:
        assert folder.parent == temporary
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "rows").write_text("x")
        raise ZeroDivisionError
    assert list(temporary.iterdir()) == []


def test_a_signal_waits_until_a_temporary_folder_is_found(temporary: Path) -> None:
    """Python tries the folder with a file: the exception of a signal would leave it there."""
    program = (
        "import os, signal, tempfile; from contactrep.machine import scratch\n"
        "find = tempfile.gettempdir\n"
        "def trying(): os.kill(os.getpid(), signal.SIGINT); print('tried'); return find()\n"
        "tempfile.gettempdir = trying\n"
        "with scratch(): print('goes on')"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (run.stdout, run.returncode) == ("tried\n", -signal.SIGINT)
    assert list(temporary.iterdir()) == []


def test_what_a_killed_run_left_is_cleared_by_the_next(killed: Path) -> None:
    """A folder whose lock is free is nobody's."""
    assert killed.exists()
    with scratch() as mine:
        assert not killed.exists()
        assert mine.exists()


def test_a_lock_goes_last(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed while it clears up has not yet removed what tells the next one to go on."""
    rmtree, left = shutil.rmtree, list[list[str]]()

    def looking(path: Path, *, ignore_errors: bool) -> None:
        left.append(sorted(inside.name for inside in path.iterdir()))
        rmtree(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", looking)
    with scratch() as folder:
        (folder / "spill").mkdir()
        (folder / "spill" / "rows").touch()
        (folder / "rows").touch()
    assert left == [["rows"], [LOCK]]
    assert list(temporary.iterdir()) == []


def test_folders_of_others_are_left_alone(temporary: Path) -> None:
    """A folder without our lock, one that is not private, and a link: each only has a name like ours."""
    plain, shared, link = (temporary / f"contactrep-{name}" for name in ("notes", "shared", "link"))
    plain.mkdir(mode=0o700)
    shared.mkdir()
    shared.chmod(0o755)
    (shared / LOCK).touch()
    target = temporary / "elsewhere"
    target.mkdir(mode=0o700)
    (target / LOCK).touch()
    link.symlink_to(target)
    with scratch():
        assert plain.exists()
        assert (shared / LOCK).exists()
        assert (target / LOCK).exists()


def test_a_folder_that_is_cleared_before_it_is_locked_is_made_again(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between making and locking, another run may take it for a stale one."""
    lock, cleared = fcntl.flock, list[Path]()

    def flock(descriptor: int, how: int) -> None:
        if not cleared:
            cleared.extend(temporary.iterdir())
            shutil.rmtree(cleared[0])
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with scratch() as folder:
        assert folder.exists()
        assert folder != cleared[0]


def test_a_file_that_has_no_rights_to_set_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network share; another failure leaves the target as it was."""
    target, code = tmp_path / "x", errno.EOPNOTSUPP

    def refuse(_path: Path, _mode: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "chmod", refuse)
    with replacing(target) as part:
        part.write_text("new")
    assert target.read_text() == "new"
    code = errno.EIO
    with (
        pytest.raises(OutputProblem, match=r"x: Input/output error: choose another place$"),
        replacing(target),
    ):
        pass
    assert target.read_text() == "new"


ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"


def access_list(*entries: tuple[int, int, int]) -> bytes:
    """An access control list as Linux keeps it; its entries are (kind, rights, user)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 0xFFFFFFFF
FOR_A_USER = access_list((1, 6, NOBODY), (2, 6, 1234), (4, 0, NOBODY), (16, 6, NOBODY), (32, 0, NOBODY))
"""The owner and user 1234 may read and write, the group may not; the mode of such a file is 0660."""


def give_list(path: Path, kind: str) -> None:
    """Give a file or folder the list; skip the test where there are no such lists."""
    if sys.platform != "linux":
        pytest.skip("lists of Linux")
    try:
        os.setxattr(path, kind, FOR_A_USER)
    except OSError as error:
        pytest.skip(f"no access control lists here: {error}")


@pytest.mark.skipif(sys.platform != "linux", reason="lists of Linux")
@pytest.mark.parametrize("refused", [False, True])
def test_a_replaced_file_keeps_its_access_control_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    """Where it cannot, its group, whose bits in the mode are not its own rights, gets none."""
    target = tmp_path / "x"
    target.touch()
    give_list(target, ACCESS)

    def refuse(_path: Path, _kind: str, _value: bytes) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    if refused:
        monkeypatch.setattr(os, "setxattr", refuse)
    with replacing(target) as part:
        part.write_text("new")
    assert stat.S_IMODE(target.stat().st_mode) == (0o600 if refused else 0o660)
    assert os.listxattr(target) == ([] if refused else [ACCESS])
    assert refused or os.getxattr(target, ACCESS) == FOR_A_USER


@pytest.mark.skipif(sys.platform != "linux", reason="lists of Linux")
def test_a_replaced_file_without_a_list_gets_none_of_its_folder(tmp_path: Path) -> None:
    """The list that the folder gives to new files would let in who could not read the file before."""
    target = tmp_path / "x"
    target.touch()
    target.chmod(0o660)
    give_list(tmp_path, DEFAULT)
    with replacing(target) as part:
        assert os.listxattr(part) == [ACCESS]
    assert (os.listxattr(target), stat.S_IMODE(target.stat().st_mode)) == ([], 0o660)


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_replaced_folder_keeps_its_mode(tmp_path: Path) -> None:
    """Whoever made a private folder for an export does not find it open to everybody."""
    target = tmp_path / "days"
    target.mkdir(0o700)
    with folder_replacing(target) as new:
        (new / "day").touch()
    assert (stat.S_IMODE(target.stat().st_mode), (target / "day").exists()) == (0o700, True)


def test_a_file_that_is_mounted_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may mount one file, which nothing can replace."""

    def refuse(_path: Path, _target: Path) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", refuse)
    way = "mount its folder, not the file alone, or choose another place"
    with pytest.raises(OutputProblem, match=f"x: Device or resource busy: {way}$"), replacing(tmp_path / "x"):
        pass


def test_no_place_for_temporary_files(temporary: Path) -> None:
    """The message says what to set."""
    temporary.rmdir()
    with (
        pytest.raises(ContactrepError, match=r"no temporary folder can be made: .*: set TMPDIR to a folder"),
        scratch(),
    ):
        pass
