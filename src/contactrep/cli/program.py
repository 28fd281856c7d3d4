"""The program: its commands, and the exit code for each outcome."""

from __future__ import annotations

import errno
import functools
import importlib
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from contactrep import PROGRAM, __version__, signals
from contactrep.cli.help import HelpGroup
from contactrep.errors import ContactrepError, ExitCode, InputProblem, MappingProblem, closest, unwritable
from contactrep.memory import require_address_space

_NO_MEMORY_TO_LOAD = ("failed to map segment", "cannot allocate memory", "Cannot allocate memory")
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO)

COMMANDS = {
    "overview": "contactrep.cli.overview",
    "added": "contactrep.cli.breakdowns",
    "connected": "contactrep.cli.breakdowns",
    "log": "contactrep.cli.log",
    "report": "contactrep.cli.report",
    "check": "contactrep.cli.check",
    "export": "contactrep.cli.export",
    "load": "contactrep.cli.load",
    "profiles": "contactrep.cli.profiles",
    "users": "contactrep.cli.users",
    "status": "contactrep.cli.status",
    "rejects": "contactrep.cli.rejects",
    "unload": "contactrep.cli.unload",
    "forget": "contactrep.cli.forget",
    "ranges": "contactrep.cli.ranges",
    "demo": "contactrep.cli.demo",
    "completion": "contactrep.cli.shells",
}
"""Each command and the module that has it, in the order in which `--help` lists them."""

SYNONYMS = {
    "deleted": "log deleted",
    "merged": "log merged",
    "logs": "log",
    "events": "export events",
    "import": "load",
    "contacts": "report",
    "summary": "overview",
    "presets": "ranges",
    "sources": "added",
    "channels": "connected",
    "alarm": "check",
    "undo": "unload",
    "remove": "unload",
    "erase": "forget",
    "list": "status",
    "errors": "rejects",
    "merge": "log merged",
    "version": "--version",
}
"""Words that people type for a command, and what they mean."""

HELP = "help"
"""`help COMMAND` is `COMMAND --help`."""

COMPLETE = "_CONTACTREP_COMPLETE"
"""The environment variable with which a shell asks for completions."""


class Program(HelpGroup):
    """The group of all commands. It imports a command at its first use and ends with an ExitCode."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module, and only that."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        return command

    def command_of(self, word: str) -> str:
        """Return the command that a word names or means."""
        return word if word in COMMANDS else SYNONYMS.get(word.lower(), "")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of the first word; an unknown word is a usage error that suggests one."""
        word, *rest = args
        if ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if word == HELP:
            if not rest or rest[0].startswith("-"):
                click.echo(ctx.get_help())
                ctx.exit()
            return self.resolve_command(ctx, [*rest, "--help"])
        if word not in COMMANDS and not word.startswith("-"):
            ctx.fail(_no_command(word))
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, **_extra: Any) -> NoReturn:  # type: ignore[override]
        """Run, and exit with an ExitCode. No traceback reaches a user."""
        signals.heed()
        if os.environ.get(COMPLETE):
            importlib.import_module("contactrep.cli.shells")  # registers our shells with Click
            answer = functools.partial(super().main, args, PROGRAM, COMPLETE, standalone_mode=False)
            sys.exit(_ended(answer))
        sys.exit(_ended(lambda: self._run(sys.argv[1:] if args is None else args)))

    def _run(self, args: Sequence[str]) -> object:
        """Run a command as Click does, which would make an error of its own of a closed pipe."""
        try:
            with self.make_context(PROGRAM, list(args)) as context:
                return self.invoke(context)
        except click.exceptions.Exit as end:  # after --help and --version
            return end.exit_code
        except click.exceptions.NoArgsIsHelpError as error:  # not an error: there is only help to print
            click.echo(error.format_message())
            return ExitCode.ANSWERED
        except MappingProblem as problem:
            from contactrep.render.text import visible

            is_typed = {problem.path, *problem.others} <= {*args} and all(visible(it) == it for it in args)
            if problem.options and is_typed:
                words = [word for word in args if word not in problem.others]
                command = shlex.join([PROGRAM, *completed(words, problem.options)])
                raise InputProblem(f"{problem.what}: try {command}") from None
            raise


def completed(args: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return a command line with options, instead of those that they contradict.

    Options that give several fields contradict one for the same field only.
    """
    names = options[::2]
    given = {_slot(option, value) for option, value in zip(names, options[1::2], strict=True)}
    end = [*args, "--"].index("--")  # only files follow it
    kept: list[str] = []
    rest = iter(args[:end])
    for word in rest:
        option, equals, value = word.partition("=")
        if option not in names:
            kept.append(word)
            continue
        value = value if equals else next(rest, "")
        if _slot(option, value) not in given:
            kept += [option, value]
    return [*kept, *options, *args[end:]]


def _slot(option: str, value: str) -> tuple[str, str]:
    """Return what an option sets: one field, or for most options one thing only."""
    if option in ("--map", "--set"):
        return option, value.partition("=")[0]
    return option, value.rpartition("=")[0] if option == "--value" else ""


def _no_command(word: str) -> str:
    answer = SYNONYMS.get(word.lower()) or _report_of(word)
    if answer is None:
        near = closest(word, [*COMMANDS, HELP, *SYNONYMS], most=1)
        answer = SYNONYMS.get(near[0], near[0]) if near else None
    return f"there is no command '{word}'" + (f": did you mean 'contactrep {answer}'?" if answer else "")


def _report_of(word: str) -> str | None:
    """Return the report that is meant by a file or a range in place of a command."""
    from contactrep.period import canonical_name

    if os.path.lexists(word):
        return shlex.join(["report", word])
    name = canonical_name(word)
    return f"report --range {name}" if name else None


def _ended(run: Callable[[], object]) -> int:
    """Run, print any error to stderr, and return the exit code."""
    try:
        code = run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _give_up_stdout()
        return ExitCode.CLOSED_PIPE
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else PROGRAM
        return _say(f"{_one_line(_named(error))} (see '{where} --help')", error.exit_code)
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except Exception as error:
        return _failed(error)
    # A library may have swallowed the exception of a signal.
    return signals.received() or (code if isinstance(code, int) else ExitCode.ANSWERED)


def _named(error: click.UsageError) -> str:
    """Return the message. If the wrong value is that of a variable, it names the variable, not the option."""
    if isinstance(error, click.BadParameter) and error.param and error.ctx:
        source = error.ctx.get_parameter_source(str(error.param.name))
        if source is ParameterSource.ENVIRONMENT:
            error.param_hint = str(error.param.envvar)
    return error.format_message()


def _failed(error: Exception) -> int:
    """Return the exit code of an error: by a signal (which can raise any), ours, or unexpected."""
    if code := signals.received():
        return code
    if isinstance(error, ContactrepError):
        return _say(str(error), error.exit_code)
    if os.environ.get("CONTACTREP_DEBUG"):
        raise error
    _give_up_stdout()
    return _say(_unforeseen(error), ExitCode.FAILED)


def _unforeseen(error: Exception) -> str:
    """Return the message of an error that is not a ContactrepError."""
    try:
        require_address_space()  # with too little, anything may fail with any error
    except ContactrepError as problem:
        return str(problem)
    if _is_out_of_memory(error):
        return "not enough memory to run: raise the limit of this process (ulimit -v), or free memory"
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return "not enough threads or memory to run: raise the limits of this process (ulimit -u, ulimit -v)"
    if isinstance(error, FileNotFoundError) and error.filename is None:  # os.getcwd
        return "the current folder has been removed: change to another one with cd"
    if isinstance(error, OSError) and error.errno in _FULL and error.filename is None:
        # All other output reports its own errors: this is help, which Click writes.
        return str(unwritable("to stdout", f"{error.strerror}"))
    return f"unexpected {type(error).__name__}: {error}: set CONTACTREP_DEBUG=1 to see where, and report it"


def _is_out_of_memory(error: Exception) -> bool:
    """Return whether memory ran out: for Python or a library."""
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, ImportError) and any(said in str(error) for said in _NO_MEMORY_TO_LOAD))
    )


def _give_up_stdout() -> None:
    from contactrep.cli.output import give_up

    give_up(sys.stdout)


def _say(message: str, code: int) -> int:
    from contactrep.cli.output import say

    say(f"Error: {_one_line(message)}")
    return code


def _one_line(message: str) -> str:
    text = " ".join(message.split())
    return text.rstrip(".") if not text.endswith("..") else text


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="contactrep")
def main() -> None:
    """Contacts reports for a messaging workspace, from event logs.

    How many contacts were added, connected, deleted and merged, where they came from, and the events
    behind every number.

    \b
      contactrep load events.csv
      contactrep overview --range last-7-days
      contactrep log added --range yesterday > added.txt

    `contactrep demo` shows a report on sample data, `contactrep COMMAND --help` describes one command,
    `contactrep ranges` lists the named ranges, and `man contactrep` describes every option.
    """
