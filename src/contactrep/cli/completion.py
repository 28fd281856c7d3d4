"""What a shell can complete: presets by themselves, sources, channels and users from the store.

Completion never fails aloud: where there is no store, there is nothing to offer.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from contactrep.cli.settings import read_settings
from contactrep.errors import ContactrepError
from contactrep.events import KNOWN_SOURCES
from contactrep.period import ALL, PRESETS


def complete_range(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The presets, and `all`."""
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


def _starting(incomplete: str, values: Iterable[str]) -> list[CompletionItem]:
    typed = incomplete.casefold()
    return [CompletionItem(value) for value in values if value.casefold().startswith(typed)]


def _stored(ctx: click.Context, name: str) -> list[str]:
    from contactrep.cli.session import store_path
    from contactrep.engine import Engine
    from contactrep.questions.matching import known_values

    config, store = ctx.params.get("config"), ctx.params.get("store")
    try:
        settings = read_settings(Path(config) if config else None)
        with Engine(store_path(Path(store) if store else None, settings)) as engine:
            return known_values(engine.ask, name)
    except (ContactrepError, OSError):
        return []
