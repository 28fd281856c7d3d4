"""Breakdowns of very many parts: counts take a few bytes each, and a bucket lists what it has."""

import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from contactrep.engines.duckdb import DuckDbEngine
from contactrep.events import ADDED
from contactrep.period import Clock, buckets, resolve
from contactrep.questions.counts import breakdown, tally
from contactrep.questions.engine import Question, Row
from contactrep.questions.matching import Selection
from contactrep.render import Look, render
from tests.render import samples


class Answering(DuckDbEngine):
    """An engine that answers every question with the same rows."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows

    def batches(self, _: Question) -> Iterator[list[Row]]:
        """Each row by itself."""
        return ([row] for row in self._rows)

    def require_room(self, _: int) -> None:
        """It has any."""


CLOCK = Clock.at(datetime(2026, 11, 5, tzinfo=UTC), ZoneInfo("UTC"))


def test_counts_by_hour_of_very_many_names_take_little_memory() -> None:
    """300,000 rows of an answer, each of another hour and name, stay below 10 MB as a tally."""
    chosen = resolve("2026-10", CLOCK)
    hours = buckets(chosen, "hour")
    rows = ((place % len(hours), ADDED, f"source {place // 300}", 1) for place in range(300_000))
    tracemalloc.start()
    counted = tally(Answering(rows), [ADDED], chosen, hours, None, Selection(), named=True)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counted.total(ADDED).count == 300_000
    assert taken < 10_000_000


def test_json_of_very_many_cells_is_written_bucket_by_bucket() -> None:
    """300,000 cells of 20,000 names in 720 hours: each once in the text, and never all of them in memory."""
    chosen = resolve("2026-10", CLOCK)
    hours = buckets(chosen, "hour")
    rows = ((place % len(hours), ADDED, f"source {place // 15}", 1) for place in range(300_000))
    counted = tally(Answering(rows), [ADDED], chosen, hours, None, Selection(), named=True)
    answer = breakdown(replace(samples.breakdown().head, range=chosen, compared=None), counted)
    tracemalloc.start()
    size = sum(map(len, render(answer, "json", look=Look())))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 10_000_000 < size < 15_000_000
    assert most < 5_000_000


def test_an_answer_of_many_rows_is_not_kept() -> None:
    """The rows are counted one by one, as they come."""
    chosen = resolve("2026-10-01", CLOCK)
    alive = 0

    class Name(str):
        def __new__(cls, text: str) -> "Name":
            nonlocal alive
            alive += 1
            return super().__new__(cls, text)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    most = []

    def rows() -> Iterator[Row]:
        for _place in range(1000):
            most.append(alive)
            yield 0, ADDED, Name("Zapier"), 1

    tally(Answering(rows()), [ADDED], chosen, buckets(chosen, "day"), None, Selection(), named=True)
    assert max(most) < 5
