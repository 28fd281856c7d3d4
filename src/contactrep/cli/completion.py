"""What a shell can complete: presets by themselves; sources, channels, users and loads from the store.

Completion never fails aloud: where there is no store, there is nothing to offer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from contactrep.errors import ContactrepError
from contactrep.events import KNOWN_SOURCES
from contactrep.render.text import visible

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from contactrep.questions import Engine

T = TypeVar("T")


def complete_range(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The presets, and `all`."""
    from contactrep.period import ALL, PRESETS

    return _starting(incomplete, (*PRESETS, ALL))


def complete_source(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The known sources and those of the store."""
    return _starting(incomplete, dict.fromkeys((*KNOWN_SOURCES, *_stored(ctx, "source"))))


def complete_channel(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The channels of the store."""
    return _starting(incomplete, _stored(ctx, "channel"))


def complete_user(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The users of the store, as reports show them."""
    return _starting(incomplete, _stored(ctx, "user"))


def complete_load(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The numbers of the store's loads, the newest first, each with its date and files."""
    from click.shell_completion import CompletionItem

    from contactrep.questions.holdings import loads

    return [
        CompletionItem(str(load.id), help=visible(f"{load.at:%Y-%m-%d} {', '.join(load.files)}"))
        for load in reversed(_asked(ctx, loads))
        if str(load.id).startswith(incomplete)
    ]


def complete_file(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of files, which the shell itself completes."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def _starting(incomplete: str, values: Iterable[str]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    typed = incomplete.casefold()
    found = [value for value in values if value.casefold().startswith(typed)]
    # A shell takes a line for a value each, and shows them: what would act on it is to be typed.
    return [CompletionItem(value) for value in found if visible(value) == value]


def _stored(ctx: click.Context, name: str) -> list[str]:
    from contactrep.questions.matching import known_values

    return _asked(ctx, lambda engine: known_values(engine, name))


def _asked(ctx: click.Context, question: Callable[[Engine], list[T]]) -> list[T]:
    """What the store that the words so far name answers; nothing when anything stands in the way."""
    from contactrep.cli.settings import read_settings, store_path
    from contactrep.engines.duckdb import DuckDbEngine

    config, store = ctx.params.get("config"), ctx.params.get("store")
    try:
        settings = read_settings(Path(config).expanduser() if config else None)
        with DuckDbEngine(store_path(Path(store).expanduser() if store else None, settings)) as engine:
            return question(engine)
    except (ContactrepError, OSError, RuntimeError):
        return []
