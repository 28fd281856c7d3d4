"""Two runs in turn, and what the pairs say: their ratio or difference, beside the goal."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from benchmarks.processes import Measured, Run, RunProblem, measure

Kind = Literal["times", "seconds more"]


@dataclass(frozen=True)
class Goal:
    """Where to arrive: at most so many times the floor, or so many seconds more; and a peak of memory."""

    most: float | None
    kind: Kind = "times"
    memory: int | None = None


@dataclass(frozen=True)
class Case:
    """The program beside a floor or a peer. `check` tells from both outputs how the answers differ, if so."""

    name: str
    title: str
    ours: Run
    floor: Run
    floor_name: str
    goal: Goal
    check: Callable[[bytes, bytes], str | None]


@dataclass(frozen=True)
class Row:
    """What a case has come to: medians over the pairs."""

    name: str
    title: str
    floor_name: str
    most: float | None
    kind: Kind
    most_memory: int | None
    value: float
    ours: Measured
    floor: Measured
    pairs: int
    load_average: float

    @property
    def met(self) -> bool | None:
        """Whether it has arrived; None where there is no goal."""
        if self.most is None and self.most_memory is None:
            return None
        fast = self.most is None or self.value <= self.most
        return fast and (self.most_memory is None or self.ours.memory <= self.most_memory)


def compared(ours: Sequence[float], floor: Sequence[float], kind: Kind) -> float:
    """The median of the pairs' ratios or differences: what slows the machine slows both of a pair."""
    pairs = zip(ours, floor, strict=True)
    return median(mine / its if kind == "times" else mine - its for mine, its in pairs)


def middle(runs: Sequence[Measured]) -> Measured:
    """The median of each figure; of memory the most, for a limit holds always."""
    return Measured(
        median(run.seconds for run in runs), median(run.cpu for run in runs), max(run.memory for run in runs)
    )


def run_case(case: Case, pairs: int) -> Row:
    """Warm both sides up, see that they answer the same, and time them in turn."""
    _, ours = measure(case.ours)
    _, floor = measure(case.floor)
    difference = case.check(ours, floor)
    if difference:
        raise RunProblem(f"{case.name}: {difference}")
    timed = [(measure(case.ours)[0], measure(case.floor)[0]) for _ in range(pairs)]
    mine, its = ([pair[side] for pair in timed] for side in (0, 1))
    value = compared([run.seconds for run in mine], [run.seconds for run in its], case.goal.kind)
    return Row(
        case.name,
        case.title,
        case.floor_name,
        case.goal.most,
        case.goal.kind,
        case.goal.memory,
        value,
        middle(mine),
        middle(its),
        pairs,
        os.getloadavg()[0],
    )
