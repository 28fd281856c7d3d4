"""Reading: from what the user named to checked rows and rejects, a module a format.

`sources` finds the files, `content` looks through their bytes once, `delimited`, `jsonl` and `parquet`
turn them into fields, `timestamps` and `values` check those, and `stage` puts the good rows and the
rejects of a file into tables of a private DuckDB. Nothing here knows a store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

MEANING = "3"
"""Goes up when the same bytes would be read as other events, so that old fingerprints no longer match."""


@dataclass(frozen=True)
class LoadOptions:
    """How to read files: what a user may say because the files do not.

    `mapping` is `--map` (canonical column → header), `event` the kind of rows without one,
    `input_timezone` the zone of naive times (None: the workspace's), `timestamp_formats` are those of times
    that are not in a standard form: strptime formats and names such as `excel`, the first one that fits.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    event: str | None = None
    input_timezone: ZoneInfo | None = None
    timestamp_formats: tuple[str, ...] = ()

    @property
    def given(self) -> dict[str, Any]:
        """The options that were given, under the names that they have at the command line, for JSON."""
        named = {
            "event": self.event,
            "map": dict(sorted(self.mapping.items())),
            "input_timezone": self.input_timezone.key if self.input_timezone else None,
            "timestamp_format": list(self.timestamp_formats),
        }
        return {name: value for name, value in named.items() if value}

    @property
    def meaning(self) -> str:
        """Every option that changes what the same bytes mean, as one stable text."""
        zone = self.input_timezone.key if self.input_timezone else None
        parts = (MEANING, sorted(self.mapping.items()), self.event, zone, self.timestamp_formats)
        return repr(parts)
