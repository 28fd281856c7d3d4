"""Puts questions to a table on a cluster, and has answers written.

A question is put with a WITH clause that makes `events` of the rows. Before the first
question that duplicates would affect, the engine checks the times of the question for duplicates. If there
are none, it uses the rows unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from zoneinfo import ZoneInfo

from contactrep.cluster import ClusterFolder, ClusterTable
from contactrep.engines.spark.connection import GREETING, Connection, OnTasks, framed
from contactrep.engines.spark.dialect import ROWS, folding
from contactrep.questions.engine import FileKind, Question, Row, Times, of_kinds
from contactrep.read.mapping import Mapping
from contactrep.read.timestamps import FIRST, LAST

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

_ALWAYS: Final[Times] = (datetime.fromisoformat(FIRST), datetime.fromisoformat(LAST))
_EPOCH: Final = datetime.fromisoformat("1970-01-01")
_BATCH: Final = 10_000  # rows
_SLICE: Final = 250_000  # rows of one question of an export: an answer is held once, in Arrow's form
_PIECES: Final = 10_000  # of about as many events each: slices are made of them

_CSV: Final = {
    "header": "true",
    "quote": '"',
    "escape": '"',
    "emptyValue": "",
    "nullValue": "",
    "ignoreLeadingWhiteSpace": "false",
    "ignoreTrailingWhiteSpace": "false",
}


class SparkEngine:
    """Answers from a table on a cluster: a context manager.

    Args:
        table: The table, and how it is reached.
        reading: Which columns and values of the table mean what.
        timezone: The zone of the run, and of times without one unless `reading` names another.
        users: The list of user names.
        on_tasks: Is told how many tasks of a running question are done, and of how many; 0 of 0 when it ends.
        memory_limit: Of what writes a local file, such as `256MB`.

    Raises ContactrepError where the server does not answer or its table has not the columns of events, before
    any job runs there. `left_out` counts the rows seen so far that are no events.
    """

    costly = True
    keeps_loads = False

    def __init__(
        self,
        table: ClusterTable,
        reading: Mapping,
        timezone: ZoneInfo,
        *,
        users: Sequence[tuple[str, str | None]] = (),
        on_tasks: OnTasks | None = None,
        memory_limit: str | None = None,
    ) -> None:
        self._table = table
        self._memory_limit = memory_limit
        self.left_out = 0
        self._looks: dict[Times, bool] = {}
        self._spark = Connection(table, on_tasks)
        try:
            self._spark.do(lambda _: None, patience=GREETING)
            from contactrep.engines.spark.table import define

            self.dialect = self._spark.do(lambda spark: define(spark, table, reading, timezone, users))
        except BaseException:
            self._spark.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spark.close()

    def batches(self, question: Question) -> Iterator[Sequence[Row]]:
        for answer in self._answers(question):
            for batch in answer.to_batches(_BATCH):
                yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def require_room(self, size: int) -> None:
        """Nothing: `memory_limit` is not for the answers of a cluster."""

    def write(self, question: Question, path: Path, kind: FileKind) -> int:
        if isinstance(path, ClusterFolder):
            return self._write_there(question, path, kind)
        from contactrep.engines.arrow import write_arrow

        put = self._put(question)
        schema = self._spark.do(lambda spark: framed(spark, put).limit(0).toArrow().schema)
        return write_arrow(schema, self._answers(question), path, kind, memory_limit=self._memory_limit)

    def _answers(self, question: Question) -> Iterator[Any]:
        """The answer as tables of Arrow: one, or one for each slice of a long time."""
        put = self._put(question)
        for part in self._slices(put) if question.by_time else [put]:
            yield self._asked(part)

    def _asked(self, put: Question) -> Any:
        return self._spark.do(lambda spark: framed(spark, put).toArrow())

    def _put(self, question: Question) -> Question:
        """The question as Spark reads it, over the events of its extent."""
        if not re.search(r"\bevents\b", question.sql):
            return question
        times = question.extent.times or _ALWAYS  # outside of which no repeated event matters
        once = question.duplicates_matter and not self._table.unique and self._is_repeated(times)
        events = self.dialect.events(question.extent, once=once, is_clean=self._table.unique)
        sql = f"WITH events AS ({events})\n{question.sql}"
        parameters = {
            **question.parameters,
            **(_bounds(times) if question.extent.times else {}),
            **(folding() if "$folding_from" in sql else {}),
        }
        return Question(sql, parameters, question.extent, by_time=question.by_time)

    def _is_repeated(self, times: Times) -> bool:
        """Whether an event of some time may be in the table twice, or a row of it be no event."""
        for (start, end), is_repeated in self._looks.items():
            if start <= times[0] and times[1] <= end:
                return is_repeated
        answer = self._asked(Question(self.dialect.look(), _bounds(times)))
        repeated, left_out = (column[0].as_py() for column in answer.columns)
        self.left_out = max(self.left_out, left_out)
        self._looks[times] = repeated or left_out > 0
        return self._looks[times]

    def _slices(self, put: Question) -> Iterator[Question]:
        """Split a question by time into several, of about _SLICE rows unless more are of one time."""
        places = ",".join(str(place / _PIECES) for place in range(1, _PIECES))
        shares = "CAST(split($places, ',') AS ARRAY<DOUBLE>)"  # one text: Spark takes long over many values
        times = f"percentile_approx({self.dialect.microseconds('ts')}, {shares})"
        within = f"{self.dialect.is_within('start', 'end')}{of_kinds(put.extent.kinds)}"
        sql = f"SELECT count(*) AS events, {times} AS times FROM {ROWS} WHERE {within}"
        start, end = put.extent.times or _ALWAYS
        answer = self._asked(Question(sql, {"start": start, "end": end, "places": places}))
        count, found = (column[0].as_py() for column in answer.columns)
        step = max(1, _SLICE * _PIECES // max(count, 1))
        cuts = {_EPOCH + timedelta(microseconds=it) for it in (found or ())[step - 1 :: step]}
        for first, last in pairwise(sorted({start, *cuts, end})):
            yield Question(put.sql, {**put.parameters, "start": first, "end": last})

    def _write_there(self, question: Question, folder: ClusterFolder, kind: FileKind) -> int:
        """Have the cluster write a folder of Parquet or CSV files, and return the number of rows."""
        put = self._put(question)

        def write(spark: SparkSession) -> int:
            from pyspark.sql import Observation
            from pyspark.sql import functions as make

            counted = Observation("written")
            frame = framed(spark, put).observe(counted, make.count(make.lit(1)).alias("rows"))
            writer = frame.write.mode("error")
            if kind.partition_by:
                writer = writer.partitionBy(kind.partition_by)
            if kind.form == "parquet":
                writer.parquet(folder.place)
            else:
                writer.options(**_CSV).csv(folder.place)
            rows: int = counted.get["rows"]
            return rows

        return self._spark.do(write)


def _bounds(times: Times) -> dict[str, object]:
    return {"extent_start": times[0], "extent_end": times[1]}
