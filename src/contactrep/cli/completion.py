"""Values for shell completion: named ranges, and sources, channels, users and loads of the store.

Completion prints no errors: without a store it offers nothing from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import click
from click.shell_completion import CompletionItem

from contactrep.cli.settings import read_settings
from contactrep.cluster import ClusterTable
from contactrep.errors import ContactrepError
from contactrep.events import KINDS, KNOWN_SOURCES
from contactrep.filters import PARTS
from contactrep.period import ALL, PRESETS
from contactrep.render.text import visible

if TYPE_CHECKING:
    from contactrep.questions import Engine

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

T = TypeVar("T")


def _one_of(*values: str) -> Completer:
    """Return what completes one of these values."""
    return lambda _ctx, _param, incomplete: _starting(incomplete, values)


complete_range, complete_kind = _one_of(*PRESETS, ALL), _one_of(*KINDS)


def complete_stored(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the channels, users (as reports show them) or sources of the store, whichever `param` takes.

    The standard sources come first.
    """
    from contactrep.questions.matching import known_values

    name = str(param.name)
    stored = _asked(ctx, lambda engine: known_values(engine, name))
    return _starting(incomplete, dict.fromkeys((*(KNOWN_SOURCES if name == "source" else ()), *stored)))


def complete_load(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the numbers of the store's loads, newest first, each described by its date and files."""
    from contactrep.questions.holdings import loads

    return [
        CompletionItem(str(load.id), help=visible(f"{load.at:%Y-%m-%d} {', '.join(load.files)}"))
        for load in reversed(_asked(ctx, loads))
        if str(load.id).startswith(incomplete)
    ]


def complete_profile(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of the config's profiles and of the built-in ones."""
    from contactrep.cli.session import known_profiles

    try:
        known = known_profiles(read_settings(ctx.params.get("config")))
    except (ContactrepError, OSError, RuntimeError):
        return []
    return _starting(incomplete, known)


def complete_file(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete file names."""
    return [CompletionItem(incomplete, type="file")]


def complete_condition_or_file(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the metrics and their parts in the store, with which a condition begins; else file names."""
    from contactrep.check.grammar import METRICS, Metric
    from contactrep.questions.matching import known_values

    def parts(engine: Engine) -> list[str]:
        return [
            str(Metric(kind, part)) for kind, name in PARTS.items() for part in known_values(engine, name)
        ]

    known = (*METRICS, *_asked(ctx, parts))
    return _starting(incomplete, known) or complete_file(ctx, param, incomplete)


def _starting(incomplete: str, values: Iterable[str]) -> list[CompletionItem]:
    typed = incomplete.casefold()
    found = [value for value in values if value.casefold().startswith(typed)]
    # Shells read one value per line and show it: values with control characters must be typed.
    return [CompletionItem(value) for value in found if visible(value) == value]


def _asked(ctx: click.Context, question: Callable[[Engine], list[T]]) -> list[T]:
    """Put a question to the store that the command line names; return nothing after any error."""
    from contactrep.engines.duckdb import DuckDbEngine

    store = ctx.params.get("store")
    if isinstance(store, ClusterTable):
        return []  # it takes seconds
    try:
        settings = read_settings(ctx.params.get("config"), store)
        with DuckDbEngine(settings.store_path()) as engine:
            return question(engine)
    except (ContactrepError, OSError, RuntimeError):
        return []
