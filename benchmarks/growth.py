"""How the cost grows with the number of events, and what a night's load costs a very full store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks.cases import FORTNIGHT
from benchmarks.comparing import middle
from benchmarks.data import AS_OF, Material, durably_copied, forget_cached, load, remove
from benchmarks.processes import Measured, Run, measure, program

COMMANDS = ("load", "overview", "log", "export")
_MANY = 10_000_000


@dataclass(frozen=True)
class Growth:
    """What each of COMMANDS takes over so many events, and the sizes of the files (bytes)."""

    events: int
    took: dict[str, Measured]
    csv: int
    store: int
    export: int


def grow(material: Material, times: int) -> Growth:
    """Measure each command so many times; what takes minutes, over more than ten million events, once."""
    few = 1 if material.events > _MANY else times
    store, target = (material.products / name for name in ("growth.duckdb", "growth.csv"))
    took = {"load": _median(Run((load(material.csv, store),), partial(remove, store)), few)}
    place = ("--store", store)
    took["overview"] = _median(Run((program("overview", *FORTNIGHT, *place),)), times)
    took["log"] = _median(Run((program("log", "added", *FORTNIGHT, *place),)), times)
    export = program("export", "events", "--as-of", AS_OF, *place, "-o", target)
    took["export"] = _median(Run((export,), partial(target.unlink, missing_ok=True)), few)
    sizes = (path.stat().st_size for path in (material.csv, store, target))
    return Growth(material.events, took, *sizes)


def nightly(material: Material, times: int) -> Iterator[tuple[str, Measured]]:
    """A night's rows into a full store: files in the system's memory, and not (`warm` and `cold`)."""
    store = material.products / "nightly.duckdb"

    def warm() -> None:
        durably_copied(material.store, store)

    def cold() -> None:
        warm()
        for path in (store, material.newer):
            forget_cached(path)

    for name, prepare in (("warm", warm), ("cold", cold)):
        yield name, _median(Run((load(material.newer, store),), prepare), times)


def _median(run: Run, times: int) -> Measured:
    return middle([measure(run)[0] for _ in range(times)])
