"""The chosen filters, which component they apply to, and the defaults of a report: pure."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from unicodedata import normalize

from contactrep.events import ADDED, CONNECTED, source_key
from contactrep.period import DEFAULT_RANGE

PARTS = {ADDED: "source", CONNECTED: "channel"}
"""Kinds of events that reports split, and the filter that takes the names of the parts."""


def value_key(name: str, value: str) -> str:
    """What is equal for all spellings of a value of the filter called `name`.

    That includes those whose accents are characters of their own, which look the same.
    """
    return normalize("NFC", source_key(value) if name == "source" else value.casefold())


@dataclass(frozen=True)
class Filters:
    """The values asked for, as written: within one filter any may match, and every filter must.

    The fields are all filters, in the order in which reports name them.
    """

    channel: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(self.values(name) for name in NAMES)

    def values(self, name: str) -> tuple[str, ...]:
        """The values of the filter called `name`."""
        values: tuple[str, ...] = getattr(self, name)
        return values

    def over(self, defaults: Filters) -> Filters:
        """These filters, and for each that is not set the default's."""
        return Filters(**{name: self.values(name) or defaults.values(name) for name in NAMES})

    def applicable_to(self, component: str) -> Filters:
        """These filters without the ones that do not apply to `component`."""
        dropped = self.not_applicable_to(component)
        return Filters(**{name: () if name in dropped else self.values(name) for name in NAMES})

    def not_applicable_to(self, component: str) -> tuple[str, ...]:
        """The names of the filters set here that do not apply to `component`.

        A channel is a matter of connecting: only the breakdown and the log `connected` have one
        (the hosted report shows its message in every other chart).
        """
        return ("channel",) if self.channel and component != CONNECTED else ()


NAMES = tuple(one.name for one in fields(Filters))
"""The filters, by the names of their options."""


@dataclass(frozen=True)
class Defaults:
    """What holds where the options of a report say nothing.

    `filters` apply only where they can; `week_start` 0 is Monday. `range_origin` says in words where
    `range` was set, for errors; None: by nobody.
    """

    range: str = DEFAULT_RANGE
    range_origin: str | None = None
    by: str = "auto"
    compare: str = "previous"
    week_start: int = 0
    filters: Filters = field(default_factory=Filters)
