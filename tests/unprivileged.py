"""Running the program as a user whom file modes bind, which root, as whom CI runs, is not."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import contactrep

NOBODY = 65534
"""The user and group that root runs the program as."""


@dataclass(frozen=True)
class Unprivileged:
    """A user whom file modes bind, with a folder of their own."""

    folder: Path
    command: tuple[str, ...]
    environment: dict[str, str]
    descriptors: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the program as a process of this user, in their folder."""
        identity = {"user": NOBODY, "group": NOBODY, "extra_groups": self.groups} if os.geteuid() == 0 else {}
        with subprocess.Popen(  # type: ignore[call-overload]
            [*self.command, *(str(argument) for argument in arguments)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            pass_fds=self.descriptors,
            **identity,
        ) as process:
            stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def give(self, path: Path) -> Path:
        """Make a file or folder that root has written this user's own."""
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        return path


@contextmanager
def unprivileged() -> Iterator[Unprivileged]:
    """A user with an empty folder: whoever runs the tests, or NOBODY where that is root."""
    with ExitStack() as stack:
        # Not pytest's own temporary folder, which only its owner may enter.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_open_to_all())))
        environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder)}
        if os.geteuid() != 0:
            yield Unprivileged(folder, (sys.executable, "-m", "contactrep"), environment)
            return
        os.chown(folder, NOBODY, NOBODY)
        # The interpreter and its packages may be in a folder that only root may enter. A descriptor that
        # root opened leads there without entering it.
        base = _opened(stack, Path(sys.base_prefix))
        packages = _opened(stack, Path(sysconfig.get_path("purelib")))
        source = _opened(stack, Path(contactrep.__file__).parents[1])
        program = Path(sys.executable).resolve().relative_to(Path(sys.base_prefix).resolve())
        environment |= {
            "PYTHONHOME": _path(base),
            "PYTHONPATH": os.pathsep.join((_path(source), _path(packages))),
            "LD_LIBRARY_PATH": f"{_path(base)}/lib",
        }
        command = (f"{_path(base)}/{program}", "-m", "contactrep")
        yield Unprivileged(folder, command, environment, (base, packages, source))


def _opened(stack: ExitStack, folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    stack.callback(os.close, descriptor)
    return descriptor


def _path(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def _open_to_all() -> Path:
    """The usual folder for temporary files, or /tmp where not everybody may enter the usual one."""
    usual = Path(tempfile.gettempdir())
    modes = [path.stat().st_mode for path in (usual, *usual.parents)]
    return usual if all(mode & stat.S_IXOTH for mode in modes) else Path("/tmp")  # noqa: S108 - a folder of our own in it
