"""Writing answers to stdout or, atomically, to a file; notices and errors to stderr."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import click

from contactrep.cli.targets import descriptor, is_stream, refuse_inputs
from contactrep.cli.terminal import is_terminal, look_of_terminal, shows_pages, shows_progress
from contactrep.cluster import ClusterFolder
from contactrep.errors import OutputProblem, UsageProblem, shortened, unwritable
from contactrep.machine import check_replaceable, folder_replacing, replacing, scratch
from contactrep.objects import uploading, url_of
from contactrep.render import render
from contactrep.render.formats import BY_NAME, BY_SUFFIX, COMPRESSIONS, EXPORTS, FORMATS, PLAIN, formats_of
from contactrep.render.look import MailHead
from contactrep.render.text import visible

if TYPE_CHECKING:
    from contactrep.report import Answer

_TABLE = FORMATS[0].name
_EXPORTED = {*EXPORTS, *COMPRESSIONS} - {*BY_SUFFIX}
"""Suffixes of exports only."""

_UNSUPPORTED = {
    *(".tsv", ".tab", ".psv", ".xml", ".yaml", ".yml", ".toml", ".sql"),
    *(".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".doc", ".docx", ".odt", ".rtf", ".pdf", ".pptx"),
    *(".jpg", ".jpeg", ".gif", ".webp", ".svgz", ".mht", ".msg"),
    *(".db", ".duckdb", ".sqlite", ".arrow", ".feather", ".avro", ".orc", ".zip", ".bz2", ".xz", ".7z"),
}
"""Formats of other programs, which would not open the table that an unknown suffix means."""


@dataclass(frozen=True)
class Writing:
    """The options of output and mail; None where the command line does not say.

    `formats` are the names of those that the command can write.
    """

    format: str | None
    output: Path | None
    raw: bool
    with_logs: bool = False
    mail: MailHead = field(default_factory=MailHead)
    formats: tuple[str, ...] = formats_of("anything")


def show(answer: Answer, writing: Writing, *, command: str | None = None) -> None:
    """Render a report or a summary and write it to stdout or to the file of `-o`.

    `command` is the command line that makes the answer again; some formats show it.
    """
    chosen = BY_NAME[_format(writing)]
    if chosen.name == _TABLE and not is_page(writing):
        chosen = PLAIN
    look = replace(
        look_of_terminal(),
        raw=writing.raw,
        with_logs=writing.with_logs,
        command=command,
        mail=writing.mail,
        tell=notice,
    )
    write(render(answer, chosen.name, look=look), writing.output)


def is_page(writing: Writing) -> bool:
    """Whether the answer goes to a terminal as a page, which includes what a notice would repeat."""
    return writing.output is None and _format(writing) == _TABLE and shows_pages()


def has_no_messages(writing: Writing) -> bool:
    """Return whether the format has only rows, so that a component's message must go to stderr."""
    return BY_NAME[_format(writing)].rows_only


def write(chunks: Iterable[bytes], output: Path | None) -> None:
    """Write bytes to a file (whole or not at all), to a device or pipe, or to stdout."""
    with _opened(output, str(output)) as file:
        file.writelines(chunks)


def check_writing(writing: Writing) -> None:
    """Raise UsageProblem, before anything is asked, where the answer cannot be written so, and OutputProblem
    where that needs an extra that is missing, or where the target is the store, the config or a file that is
    read."""
    refuse_inputs(writing.output)
    chosen = BY_NAME[_format(writing)]
    if chosen.needs:
        chosen.writer()
    if chosen.binary and writing.output is None and is_terminal():
        raise UsageProblem(f"{chosen.name} cannot go to a terminal: use -o FILE{chosen.suffixes[0]}")
    if chosen.subject == "charts" and writing.with_logs:
        raise UsageProblem("--with-logs is not for pictures: leave it out, or use -o FILE.html")
    if chosen.name != "eml" and writing.mail != MailHead():
        raise UsageProblem("--to, --from and --subject are for mail: add --format eml, or -o FILE.eml")


def prepare_change(writing: Writing) -> None:
    """Prepare a change of the store: raise OutputProblem where the file of `-o` cannot be written, and have a
    notice shown if the command has to wait for another process that is changing the store."""
    from contactrep.store import replacing as store

    store.on_wait = _tell_of_wait
    if writing.output is not None and not is_stream(writing.output):
        check_replaceable(writing.output)


def _tell_of_wait(store: Path) -> None:
    if shows_changing_line():
        show_in_place("")
    notice(f"another process is changing {store}: waiting until it has finished")


def show_if_open(answer: Answer, writing: Writing) -> None:
    """Show an answer. Where stdout is closed, show nothing: the command has done its work."""
    if writing.output is not None or sys.stdout is not None:
        show(answer, writing)


@contextmanager
def destination(output: Path | None) -> Iterator[Path]:
    """Yield a temporary file. When the block ends without an error, it replaces `output`, or is copied to a
    device, a pipe or stdout (None), or to object storage."""
    refuse_inputs(output)
    if output is not None and not is_stream(output):
        url = url_of(output)
        with uploading(url) if url else replacing(output) as path:
            yield path
        return
    with scratch() as folder:
        path = folder / "export"
        yield path
        with path.open("rb") as file, _opened(output, "the export") as target:
            shutil.copyfileobj(file, target)


@contextmanager
def folder_destination(output: Path | None) -> Iterator[Path]:
    """Yield a folder of a cluster as it is, else a temporary folder that becomes `output` when the block ends
    without an error."""
    if output is None or isinstance(output, ClusterFolder):
        yield output or Path()
    elif url_of(output) or is_stream(output):
        raise OutputProblem(f"cannot write {output}: --partition-by makes a folder: name one with -o FOLDER")
    else:
        with folder_replacing(output) as folder:
            yield folder


@contextmanager
def _opened(output: Path | None, name: str) -> Iterator[BinaryIO]:
    """Open the target for writing; OutputProblem, with `name`, if that fails."""
    refuse_inputs(output)
    if output is None:
        if sys.stdout is None:
            raise OutputProblem("stdout is closed: redirect it to a file (> FILE)")
        with _problems("to stdout", sys.stdout):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
    elif is_stream(output):
        with _problems(name), _stream(output) as stream:
            yield stream
    else:
        with replacing(output) as part, _problems(name), part.open("wb") as file:
            yield file


@contextmanager
def _problems(name: str, broken: TextIO | None = None) -> Iterator[None]:
    """Raise OutputProblem for an OSError of the block; a closed pipe is handled by the program."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        give_up(broken)
        raise unwritable(name, f"{error.strerror}") from None


def _stream(output: Path) -> BinaryIO:
    """A device or pipe; an open descriptor keeps its position, or appends if it was opened to append."""
    number = descriptor(output)
    return os.fdopen(os.open(output, os.O_WRONLY) if number is None else os.dup(number), "wb")


_QUIET = "contactrep.quiet"
_PRINTED = "contactrep.printed"


def _of_run() -> dict[str, Any]:
    """Return what is kept for the whole run of a command."""
    context = click.get_current_context(silent=True)
    return context.find_root().meta if context else {}


def hush(*, quiet: bool) -> None:
    """Turn notices off, or on, for the rest of this run."""
    _of_run()[_QUIET] = quiet


def notice(text: str) -> None:
    """Print what the reader of an answer should know to stderr, once in a run. `--quiet` hides notices."""
    printed = _of_run().setdefault(_PRINTED, set())
    if not _of_run().get(_QUIET) and text not in printed:
        printed.add(text)
        say(f"Note: {text}")


def shows_changing_line() -> bool:
    """Return whether progress is shown: on a terminal, unless `--quiet` hides it."""
    return shows_progress() and not _of_run().get(_QUIET)


def tasks_shown() -> Callable[[int, int], None] | None:
    """Return a function that shows how many tasks of a cluster are done; None if progress is hidden."""
    if not shows_changing_line():
        return None
    return lambda done, total: show_in_place(f"{done:,} of {total:,} tasks" if total else "")


def show_in_place(text: str) -> None:
    """Show a text in place of the one before on the terminal of stderr; an empty one leaves nothing."""
    with contextlib.suppress(OSError, ValueError):
        width = os.get_terminal_size(sys.stderr.fileno()).columns or 80  # some tell none
        sys.stderr.write(f"\r\x1b[2K{text[: width - 1]}")  # a further line would stay
        sys.stderr.flush()


def warning(text: str) -> None:
    """Print a warning to stderr, such as rejected rows. `--quiet` does not hide it."""
    say(f"Warning: {text}")


def say(text: str) -> None:
    """Print a line of at most 2,000 characters to stderr, in any encoding; nothing if stderr is closed."""
    try:
        sys.stderr.buffer.write((shortened(visible(text)) + "\n").encode("utf-8", "backslashreplace"))
        sys.stderr.buffer.flush()
    except (OSError, ValueError, AttributeError):
        give_up(sys.stderr)


def give_up(stream: TextIO | None) -> None:
    """Redirect a broken stream to the null device, so that flushing it at exit cannot fail."""
    # A stream that is not a file has nothing to flush late.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _format(writing: Writing) -> str:
    """Return the name of the chosen format: of `--format`, else by the suffix, else the default."""
    if writing.format is not None:
        return writing.format
    suffix = writing.output.suffix.lower() if writing.output else ""
    found = BY_SUFFIX.get(suffix)
    if found is not None and found.name in writing.formats:
        return found.name
    if found is not None or suffix in (*_EXPORTED, *_UNSUPPORTED):
        also = f"; for {suffix} use 'contactrep export'" if suffix in _EXPORTED else ""
        suffixes = [one for name in writing.formats for one in BY_NAME[name].suffixes]
        raise UsageProblem(f"{suffix} is not supported here: use {', '.join(suffixes)}{also}")
    return _TABLE
