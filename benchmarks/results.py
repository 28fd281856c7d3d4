"""What was measured, kept as JSON beside the data, so that a part can be measured again."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from benchmarks.comparing import Row
from benchmarks.growth import Growth
from benchmarks.processes import Measured


@dataclass
class Results:
    """The rows of the cases by name, the growth by number of events, the nightly loads, and the overviews of
    a lake by question and side.

    `far` is how many events the nightly loads went into.
    """

    events: int
    machine: str
    rows: dict[str, Row] = field(default_factory=dict)
    growth: dict[int, Growth] = field(default_factory=dict)
    nightly: dict[str, Measured] = field(default_factory=dict)
    far: int | None = None
    lake: dict[str, dict[str, Measured]] = field(default_factory=dict)
    lake_load_average: float = 0.0

    @classmethod
    def read(cls, path: Path, events: int) -> Self:
        """What an earlier run over as many events has left, for the same machine; else nothing."""
        fresh = cls(events, machine())
        if not path.exists():
            return fresh
        kept = json.loads(path.read_text(encoding="utf-8"))
        if (kept["events"], kept["machine"]) != (events, fresh.machine):
            return fresh
        fresh.rows = {name: _row(row) for name, row in kept["rows"].items()}
        fresh.growth = {int(size): _growth(growth) for size, growth in kept["growth"].items()}
        fresh.nightly = {name: Measured(**took) for name, took in kept["nightly"].items()}
        fresh.far = kept["far"]
        fresh.lake = {
            question: {side: Measured(**took) for side, took in sides.items()}
            for question, sides in kept.get("lake", {}).items()
        }
        fresh.lake_load_average = kept.get("lake_load_average", 0.0)
        return fresh

    def write(self, path: Path) -> None:
        """Keep it for the next run."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def machine() -> str:
    """The machine's size and what runs on it, in a line."""
    cores = os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cores} cores, {memory:.0f} GB of memory, {platform.system()}, "
        f"Python {platform.python_version()}, DuckDB {version('duckdb')}"
    )


def _row(kept: dict[str, Any]) -> Row:
    return Row(**{**kept, "ours": Measured(**kept["ours"]), "floor": Measured(**kept["floor"])})


def _growth(kept: dict[str, Any]) -> Growth:
    return Growth(**{**kept, "took": {name: Measured(**took) for name, took in kept["took"].items()}})
