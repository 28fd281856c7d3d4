"""Where an answer goes: stdout or a file written whole or not at all; notices and errors to stderr."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contactrep.cli.look import look_of_terminal, shows_pages
from contactrep.errors import OutputProblem, UsageProblem
from contactrep.render import Format, render
from contactrep.render.text import visible
from contactrep.report import Report

FORMATS: tuple[Format, ...] = ("table", "json", "csv", "markdown")
_SUFFIXES: dict[str, Format] = {
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
}
_FOR_EXPORT = (".parquet", ".xlsx", ".jsonl", ".ndjson", ".gz", ".zst")


@dataclass(frozen=True)
class Writing:
    """`--format`, `-o` and `--raw`: None where the command line does not say."""

    format: str | None
    output: Path | None
    raw: bool


def show(report: Report, writing: Writing) -> None:
    """Render a report and write it to where it was asked for."""
    chosen = _format(writing)
    if chosen == "table" and (writing.output is not None or not shows_pages()):
        chosen = "plain"
    write(render(report, chosen, look=look_of_terminal(raw=writing.raw)), writing.output)


def write(chunks: Iterable[str], output: Path | None) -> None:
    """Write text, as UTF-8, to a file (whole or not at all) or to stdout."""
    encoded = (chunk.encode("utf-8", "backslashreplace") for chunk in chunks)
    if output is None:
        stdout = sys.stdout.buffer
        for chunk in encoded:
            stdout.write(chunk)
        stdout.flush()
        return
    with replacing(output) as temporary, temporary.open("wb") as file:
        file.writelines(encoded)


def say(notice: str) -> None:
    """One line to stderr, whatever stderr can show."""
    line = visible(notice) + "\n"
    stderr = sys.stderr.buffer
    try:
        stderr.write(line.encode("utf-8", "backslashreplace"))
        stderr.flush()
    except OSError:
        pass  # nobody listens: that must not change how the run ends


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary file beside `target` that takes its place, synced, when the block ends well.

    Whatever else happens, the target stays as it was. A pipe or a device is written as it stands.
    """
    if target.is_dir():
        raise OutputProblem(f"cannot write {target}: it is a folder: name a file in it")
    if target.exists() and not target.is_file():
        yield target
        return
    target = Path(os.path.realpath(target))
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise OutputProblem(
            f"cannot write {target}: {error.strerror}: choose another place with -o"
        ) from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _publish(temporary, target)
    except OSError as error:
        raise OutputProblem(f"cannot write {target}: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _publish(temporary: Path, target: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    temporary.chmod(0o666 & ~umask)
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(target)


def copy_to_stdout(path: Path) -> None:
    """Send a file's bytes to stdout."""
    stdout = sys.stdout.buffer
    with path.open("rb") as file:
        shutil.copyfileobj(file, stdout)
    stdout.flush()


def _format(writing: Writing) -> Format:
    suffix = writing.output.suffix.lower() if writing.output else ""
    if writing.format is not None:
        return next(known for known in FORMATS if known == writing.format)
    if suffix in _FOR_EXPORT:
        raise UsageProblem(f"a report has no format for '{suffix}': use contactrep export, or --format")
    return _SUFFIXES.get(suffix, "table")
