"""The overview of a table on a cluster, beside the same of a store: see docs/cluster.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event, Thread

from benchmarks.answers import same_bytes
from benchmarks.cases import EVERYTHING, FORTNIGHT
from benchmarks.comparing import middle
from benchmarks.data import ZONE, Material
from benchmarks.processes import Command, Measured, Run, RunProblem, measure, program
from tests.spark import cluster

LAKE = "spark"
"""The name of all that this module measures."""

FEW = 1_000
"""Events of a lake so small that only the fixed cost of a query takes time."""

QUESTIONS = {
    "few": ("14 days", FORTNIGHT),
    "fortnight": ("14 days", FORTNIGHT),
    "all": ("all time", EVERYTHING),
}
"""What is asked, by name: in words, and the options of `overview`."""

SIDES = {
    "store": "DuckDB store",
    "two": "Spark, two workers",
    "one": "Spark, one worker",
    "killed": "Spark, one of two workers killed",
}
"""Who answers, by name."""

Lake = dict[str, dict[str, Measured]]
"""What was measured, by question and side. CPU seconds are those of the process with a store, else
those of the workers."""

_KILLED = "all"  # the question during which a worker is killed: the longest


def measure_lake(material: Material, few: Material, times: int) -> Lake:
    """Measure each question over a store and over a table partitioned by day, whose workers become fewer.

    Raises RunProblem if an answer differs from the store's by a byte, or if there is no Spark.
    """
    if why := cluster.lacking():
        raise RunProblem(f"{LAKE}: {why}")
    lake: Lake = {name: {} for name in QUESTIONS}
    with cluster.standalone() as spark:
        for name in QUESTIONS:
            asked = few if name == "few" else material
            store, table = (_overview(name, it) for it in (str(asked.store), _table(spark, asked)))
            lake[name]["store"] = _measured(store, store, times)
            lake[name]["two"] = _measured(table, store, times, spark)
        slow, fast = _overview(_KILLED, _table(spark, material)), _overview(_KILLED, str(material.store))
        lake[_KILLED]["killed"] = _killed(spark, slow, fast)
        for name in QUESTIONS:
            asked = few if name == "few" else material
            store, table = (_overview(name, it) for it in (str(asked.store), _table(spark, asked)))
            lake[name]["one"] = _measured(table, store, times, spark)
    return lake


def lake_lines(lake: Lake, events: int) -> Iterator[Sequence[str]]:
    """The lines of a table with a line for each question and a column for each side."""
    yield ("`overview`", *SIDES.values())
    for name, (title, _) in QUESTIONS.items():
        took = (lake[name].get(side) for side in SIDES)
        counted = FEW if name == "few" else events
        yield (
            f"{title} of {counted:,} events",
            *(f"{it.seconds:.2f} s, {it.cpu:.2f} s" if it else "" for it in took),
        )


def _overview(question: str, store: str) -> Command:
    return program(
        "overview", *QUESTIONS[question][1], "--timezone", ZONE, "--format", "json", "--store", store
    )


def _table(spark: cluster.Spark, material: Material) -> str:
    return f"{spark.url}/parquet:{material.days};day=day;unique=true"


def _measured(command: Command, same_as: Command, times: int, spark: cluster.Spark | None = None) -> Measured:
    """The median of so many runs, after one that warms up and must print what another command does."""
    _check(measure(Run((command,)))[1], same_as)
    before = spark.worked() if spark else 0
    took = middle([measure(Run((command,)))[0] for _ in range(times)])
    return replace(took, cpu=(spark.worked() - before) / times) if spark else took


def _check(printed: bytes, same_as: Command) -> None:
    difference = same_bytes(printed, measure(Run((same_as,)))[1])
    if difference:
        raise RunProblem(f"{LAKE}: {difference}")


def _killed(spark: cluster.Spark, command: Command, same_as: Command) -> Measured:
    """One run; as soon as the cluster is busy with it, a worker is killed."""

    def kill() -> None:
        spark.wait_until_busy()
        spark.kill_worker(0)
        killed.set()

    killed, before = Event(), spark.worked()
    took, printed = measure(Run((command,), Thread(target=kill, daemon=True).start))
    if not killed.is_set():
        raise RunProblem(f"{LAKE}: the answer was there before a worker was killed")
    _check(printed, same_as)
    return replace(took, cpu=spark.worked() - before)
