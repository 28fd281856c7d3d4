"""Runs the program, and kills it with SIGKILL at a chosen step: `python -m tests.failing N JOURNAL ARGS`.

A step is a call that changes files, takes a lock or gives DuckDB a statement. The journal gets a line for
each before it happens; N is the step that does not happen any more, 0 for none.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

_FILE_CALLS = ("mkdir", "replace", "rename", "fsync", "chmod", "chown", "unlink", "rmdir")


class Steps:
    """Counts the steps of this process, whatever thread takes them, and ends it at the deadly one."""

    def __init__(self, deadly: int, journal: Path) -> None:
        self._deadly = deadly
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._count = 0

    def take(self, label: str) -> None:
        """One more step; nothing comes after it if it is the deadly one."""
        with self._lock:
            self._count += 1
            os.write(self._journal, f"{self._count} {label}\n".encode())
            if self._count == self._deadly:
                os.kill(os.getpid(), signal.SIGKILL)

    def before(self, owner: Any, name: str) -> None:
        """Make every call of `owner.name` a step."""
        call: Callable[..., Any] = getattr(owner, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            self.take(name)
            return call(*arguments, **named)

        setattr(owner, name, counted)

    def before_new_files(self) -> None:
        """Make it a step that a file is made; those that are only read are many, and harmless."""
        call = os.open

        def counted(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
            if flags & os.O_CREAT:
                self.take("open a new file")
            return call(path, flags, *arguments, **named)

        os.open = counted

    def before_statements(self) -> None:
        """Make every SQL statement a step."""
        execute = duckdb.DuckDBPyConnection.execute

        def counted(connection: Any, query: str, *arguments: Any, **named: Any) -> Any:
            self.take(" ".join(query.split())[:60])
            return execute(connection, query, *arguments, **named)

        duckdb.DuckDBPyConnection.execute = counted  # type: ignore[method-assign,assignment]

    def within_copies(self) -> None:
        """Make it a step that half of a file is copied."""
        copyfile = shutil.copyfile

        def halved(source: Path, target: Path, **named: Any) -> Any:
            self.take("copyfile")
            whole = Path(source).read_bytes()
            Path(target).write_bytes(whole[: len(whole) // 2])
            self.take("half of copyfile")
            return copyfile(source, target, **named)

        shutil.copyfile = halved  # type: ignore[assignment]


def main() -> None:
    """Run the program with its steps counted."""
    steps = Steps(int(sys.argv[1]), Path(sys.argv[2]))
    from contactrep.cli import main as program

    for name in _FILE_CALLS:
        steps.before(os, name)
    steps.before_new_files()
    steps.before(fcntl, "flock")
    steps.before(duckdb, "connect")
    steps.before_statements()
    steps.within_copies()
    program(sys.argv[3:])


if __name__ == "__main__":
    main()
