"""`--help`: the headings under which every command lists its options."""

from __future__ import annotations

import functools
import os
import shlex
from collections import Counter
from collections.abc import Callable
from itertools import takewhile
from typing import Any

import click

from contactrep.errors import closest
from contactrep.memory import require_address_space

PERIOD = "Period"
FILTERS = "Filters"
OUTPUT = "Output"
MAIL = "Mail"
READING = "Reading files"
GENERAL = "General"
HEADINGS = (PERIOD, FILTERS, OUTPUT, MAIL, READING, GENERAL)
"""In the order in which a command shows them."""

_WIDEST = 30  # columns of an option's name beside its help

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]


class Option(click.Option):
    """An option listed under `heading`."""

    def __init__(self, *names: Any, heading: str, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.heading = heading


class HelpCommand(click.Command):
    """A command whose help lists its options under headings; `--help` itself is under General."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Fail if an option that counts once is repeated (Click would take the last), a value is empty or an
        option, or a file is taken for an option.

        `--range "$RANGE"` of a script whose variable is not set must not become the default range, nor
        `-o --raw` a file of that name. Filters take any text, because an event may have it.
        """
        try:
            values, _, order = self.make_parser(ctx).parse_args(list(args))
        except click.NoSuchOption as error:
            name = error.option_name
            if file := next((word for word in args if word.startswith(name) and os.path.lexists(word)), None):
                ctx.fail(f"No such option '{name}': a file is written ./{file}")
            if name[1:].isdecimal() and any(one.name == "limit" for one in self.get_params(ctx)):
                ctx.fail(f"No such option '{name}': for a number of rows use --limit N")
            raise
        given = Counter(one for one in order if isinstance(one, click.Option))
        # --help ends the run, and a completion may be of half an option.
        if not (ctx.resilient_parsing or any(option.is_eager for option in given)):
            for option, count in given.items():
                self._require_valid(ctx, option, count, values.get(option.name))
        return super().parse_args(ctx, args)

    def _require_valid(self, ctx: click.Context, option: click.Option, count: int, value: object) -> None:
        """Fail if an option that is given `count` times breaks a rule."""
        name, texts = option.opts[0], value if isinstance(value, list) else [value]
        if count > 1 and not option.multiple:
            ctx.fail(f"{name} is given {count} times: it can be given once")
        if "" in texts:
            ctx.fail(f"{name} is empty: give it a value, or leave it out")
        names = {name for one in self.get_params(ctx) if isinstance(one, click.Option) for name in one.opts}
        takes_any_text = getattr(option, "heading", GENERAL) == FILTERS
        if not takes_any_text and (other := next((text for text in texts if text in names), None)):
            ctx.fail(f"{name} has no value before {other}: give it one, or leave it out")

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; ContactrepError where the address space is too small for one that has a store.

        Otherwise a library such as hashlib might fail first, in its own words.
        """
        if any(parameter.name == "store" for parameter in self.params):
            require_address_space()
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section per heading, with the names in one column."""
        sections: dict[str, list[tuple[str, str]]] = {heading: [] for heading in HEADINGS}
        for parameter in self.get_params(ctx):
            # The usage line and the text describe the arguments.
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)):
                sections[getattr(parameter, "heading", GENERAL)].append(record)
        width = min(_WIDEST, max(len(name) for rows in sections.values() for name, _ in rows))
        for heading, rows in sections.items():
            if rows:
                with formatter.section(heading):
                    formatter.write_dl([(name.ljust(width), text) for name, text in rows])


class HelpGroup(click.Group):
    """A group of commands. Options of a command before its name are a usage error with the right order."""

    def command_of(self, word: str) -> str:
        """Return the command that a word means; an empty text if none."""
        return word if word in self.commands else ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words before the command."""
        own = ["--", *(name for option in self.get_params(ctx) for name in option.opts)]
        is_option = args and args[0].startswith("-") and not ctx.resilient_parsing
        if is_option and not closest(args[0], own):
            before = list(takewhile(lambda word: not self.command_of(word), args))
            named, *after = args[len(before) :] or [""]
            command = self.command_of(named).split() or ["COMMAND"]
            option = args[0].partition("=")[0] if args[0].startswith("--") else args[0][:2]
            if option in _options(self.get_command(ctx, command[0]) or self, ctx):
                words = [*ctx.command_path.split(), *command, *after, *before]
                ctx.fail(f"options go after the command: {shlex.join(words)}")
        return super().parse_args(ctx, args)


def _options(command: click.Command, ctx: click.Context) -> set[str]:
    """Return the names of the options of a command; those of a group are its commands', too."""
    names = {name for option in command.get_params(ctx) for name in option.opts}
    if isinstance(command, click.Group):
        for word in command.list_commands(ctx):
            if one := command.get_command(ctx, word):
                names |= _options(one, ctx)
    return names


def command() -> Callable[[Function], HelpCommand]:
    """Return a decorator that makes a function a command."""
    return click.command(cls=HelpCommand)


def _under(heading: str) -> Callable[..., Decorator]:
    """Return `click.option` for options that are listed under `heading`."""
    return functools.partial(click.option, cls=Option, heading=heading)


period_option = _under(PERIOD)
filter_option = _under(FILTERS)
output_option = _under(OUTPUT)
mail_option = _under(MAIL)
reading_option = _under(READING)
general_option = _under(GENERAL)
