"""How files are read: what a user says because the files do not."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

MEANING = "4"
"""Goes up when the same bytes would be read as other events, so that old fingerprints no longer match."""


@dataclass(frozen=True)
class Mapping:
    """Where the fields of an event come from in files, and what their times mean.

    `map` is `--map` (field → header), `event` the kind of rows without an event, `input_timezone` the zone of
    naive times (None: the store's), `timestamp_formats` are those of times in other than the standard forms:
    strptime formats and names such as `excel`. A time has the first format that fits.
    """

    map: abc.Mapping[str, str] = field(default_factory=dict)
    event: str | None = None
    input_timezone: ZoneInfo | None = None
    timestamp_formats: tuple[str, ...] = ()

    @property
    def given(self) -> dict[str, Any]:
        """The options that were given, by their names on the command line, for JSON."""
        named = {
            "event": self.event,
            "map": dict(sorted(self.map.items())),
            "input_timezone": self.input_timezone.key if self.input_timezone else None,
            "timestamp_format": list(self.timestamp_formats),
        }
        return {name: value for name, value in named.items() if value}

    @property
    def meaning(self) -> str:
        """Every option that changes what the same bytes mean, as one stable text."""
        zone = self.input_timezone.key if self.input_timezone else None
        return repr((MEANING, sorted(self.map.items()), self.event, zone, self.timestamp_formats))
