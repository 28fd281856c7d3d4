"""The engine over a table on a Spark cluster, by Spark Connect: the cluster reads, this process asks.

The table is seen through one view, `contactrep_rows`, which gives its columns the names and values of events.
A question is put to it with a WITH clause that makes `events` of it. Before the first question to which
repeated events matter, the engine looks whether there are any among the kinds and times that the question
depends on: without any the view is used as it is.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from zoneinfo import ZoneInfo

from contactrep import signals
from contactrep.cluster import ClusterFolder, ClusterTable
from contactrep.errors import ContactrepError, InputProblem, OutputProblem, StoreProblem
from contactrep.events import (
    COLUMNS,
    CONNECTED,
    DELETED,
    FORMULA_STARTS,
    HARMLESS_START,
    INVISIBLE,
    KINDS,
    KNOWN_SOURCES,
    MERGED,
    SOURCE_BY_KEY,
    USER_SOURCE,
    match_key,
)
from contactrep.questions.engine import Compression, Extent, FileFormat, Question, Row, of_kinds
from contactrep.read.columns import resolve_columns
from contactrep.read.mapping import LEAVE_OUT
from contactrep.read.mapping import Mapping as Reading

if TYPE_CHECKING:
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.session import SparkSession

_Answer = TypeVar("_Answer")
_Times = tuple[datetime, datetime]
OnTasks = Callable[[int, int], None]

_ROWS: Final = "contactrep_rows"
_PLACES: Final = "contactrep_places"
_ALWAYS: Final[_Times] = (datetime(1, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 - naive, in UTC
_SECOND: Final = timedelta(seconds=1)

_LOOK: Final = 0.1  # seconds between two looks at a running question
_PATIENCE: Final = 0.6  # seconds until the cluster must have heard that nobody waits any more
_GREETING: Final = 30  # seconds until a server must have answered for the first time
_CONNECTING: Final = 5  # seconds until a server must have taken a connection
_RETRIES: Final = 3
_BATCH: Final = 10_000  # rows
_SLICE: Final = 250_000  # rows of one question of an export: an answer is held once, in Arrow's form
_PIECES: Final = 1_000  # into so many a time is cut to find slices

_TEXTS: Final = ("string", "varchar", "char")
_WHOLE: Final = ("tinyint", "smallint", "int", "bigint")
_INSTANT_TYPE, _WALL_TYPE, _DATE_TYPE = "timestamp", "timestamp_ntz", "date"


class SparkDialect:
    """Spark's spelling of what `questions.Dialect` describes.

    `time` and `day` are the view's columns for what narrows the files to read: the table's own time column,
    with its type, and the declared day of each event, as a date or a text; None without one.
    """

    def __init__(self, time: str | None = None, day: str | None = None, *, day_is_text: bool = False) -> None:
        self._time, self._day, self._day_is_text = time, day, day_is_text

    def microseconds(self, time: str) -> str:
        return f"unix_micros(CAST({time} AS TIMESTAMP))"

    def time_parameter(self, name: str) -> str:
        return f"CAST(${name} AS TIMESTAMP_NTZ)"

    def is_within(self, start: str, end: str) -> str:
        first, last = self.time_parameter(start), self.time_parameter(end)
        conditions = [f"ts >= {first}", f"ts < {last}"]
        if self._time == _INSTANT_TYPE:
            # The column itself: a condition on what is computed of it narrows nothing.
            conditions += [f"own_time >= CAST({first} AS TIMESTAMP)", f"own_time < CAST({last} AS TIMESTAMP)"]
        elif self._time == _WALL_TYPE:
            conditions += [f"own_time >= {first} - INTERVAL 2 DAYS", f"own_time < {last} + INTERVAL 2 DAYS"]
        if self._day:
            days = [f"CAST({moment} AS DATE)" for moment in (first, last)]
            if self._day_is_text:
                days = [f"date_format({day}, 'yyyy-MM-dd')" for day in days]
            conditions.append(f"{self._day} BETWEEN {days[0]} AND {days[1]}")
        return f"({' AND '.join(conditions)})"

    def quotient(self, number: str, divisor: str) -> str:
        return f"({number} div {divisor})"

    def is_one_of(self, text: str, name: str) -> str:
        return f"array_contains(CAST(${name} AS ARRAY<STRING>), {text})"

    def are_one_of(self, texts: Sequence[str], name: str) -> str:
        return f"array_contains(CAST(${name} AS ARRAY<ARRAY<STRING>>), array({', '.join(texts)}))"

    def folded(self, text: str) -> str:
        return f"translate({text}, $folding_from, $folding_to)"

    def has_part(self, column: str, name: str) -> str:
        texts = f"CAST(${name} AS ARRAY<STRING>)"
        return f"exists({texts}, part -> contains({self.folded(f'events.{column}')}, {self.folded('part')}))"

    def is_formula(self, text: str) -> str:
        starts = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
        return rf"""CASE WHEN ascii({text}) IN ({starts})
            THEN NOT regexp_like({text}, r'\A(?:{HARMLESS_START})\z') ELSE false END"""

    def iso_text(self, time: str) -> str:
        whole = "yyyy-MM-dd'T'HH:mm:ss"
        zoned = f"CAST({time} AS TIMESTAMP)"
        return f"""CASE WHEN unix_micros({zoned}) % 1000000 = 0 THEN date_format({zoned}, "{whole}'Z'")
            ELSE date_format({zoned}, "{whole}.SSSSSS'Z'") END"""

    def utc_day(self, time: str) -> str:
        return f"date_format(CAST({time} AS TIMESTAMP), 'yyyy-MM-dd')"

    def instant(self, time: str) -> str:
        return f"CAST({time} AS TIMESTAMP)"


@dataclass(frozen=True)
class _Look:
    """What a look at an extent found: whether events occur twice, and rows that are no events."""

    repeated: bool
    left_out: int


class SparkEngine:
    """Answers from a table on a cluster: a context manager.

    Args:
        table: The table, and how it is reached.
        reading: Which columns and values of the table mean what.
        timezone: The zone of the run, and of times without one unless `reading` names another.
        users: The list of user names.
        on_tasks: Is told how many tasks of a running question are done, and of how many; 0 of 0 when it ends.

    Raises ContactrepError where the server does not answer or its table has not the columns of events, before
    any job runs there. `left_out` counts the rows seen so far that are no events.
    """

    costly = True
    keeps_loads = False

    def __init__(
        self,
        table: ClusterTable,
        reading: Reading,
        timezone: ZoneInfo,
        *,
        users: Sequence[tuple[str, str | None]] = (),
        on_tasks: OnTasks | None = None,
    ) -> None:
        self._table = table
        self._on_tasks = on_tasks
        self.left_out = 0
        self._looks: list[tuple[Extent, _Look]] = []
        self._folding: dict[str, object] = {}
        self._spark = _Connection(table)
        try:
            self._spark.do(lambda spark: _report_tasks(spark, on_tasks), patience=_GREETING)
            self.dialect = self._spark.do(lambda spark: _define(spark, table, reading, timezone, users))
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._on_tasks:
            self._on_tasks(0, 0)  # a question that failed has not said that it ended
        self._spark.close()

    def ask(self, question: Question) -> list[Row]:
        return [row for batch in self.batches(question) for row in batch]

    def batches(self, question: Question) -> Iterator[Sequence[Row]]:
        for answer in self._answers(question):
            for batch in answer.to_batches(_BATCH):
                yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def write(
        self,
        question: Question,
        path: Path,
        form: FileFormat,
        compression: Compression,
        partition_by: str | None = None,
    ) -> int:
        if isinstance(path, ClusterFolder):
            return self._write_there(question, path, form, partition_by)
        from contactrep.engines.arrow import write_arrow

        schema = self._spark.do(lambda spark: _empty(spark, self._put(question)))
        return write_arrow(schema, self._answers(question), path, form, compression, partition_by)

    def _answers(self, question: Question) -> Iterator[Any]:
        """The answer as tables of Arrow: one, or one for each slice of a long time."""
        put = self._put(question)
        for part in self._slices(put) if question.by_time else [put]:
            yield self._spark.do(lambda spark, part=part: _asked(spark, part).toArrow())  # type: ignore[misc]

    def _put(self, question: Question) -> Question:
        """The question as Spark reads it, over the events of its extent."""
        if not re.search(r"\bevents\b", question.sql):
            return question
        extent = question.extent or Extent(KINDS, (_ALWAYS,))
        times = _hull(extent)
        source, condition = _ROWS, "true"
        if question.duplicates_matter and not self._table.unique and self._is_repeated(extent):
            source = _PLACES
        parameters = dict(question.parameters)
        if times != _ALWAYS:
            condition = self.dialect.is_within("extent_start", "extent_end")
            parameters |= {"extent_start": times[0], "extent_end": times[1]}
            if extent.always:
                condition = f"({condition} OR event IN ({_listed(extent.always)}))"
        sql = f"WITH events AS ({_events(self.dialect, source, condition)})\n{question.sql}"
        if "$folding_from" in sql:
            self._folding = self._folding or folding()
            parameters |= self._folding
        return Question(sql, parameters, question.extent, by_time=question.by_time)

    def _is_repeated(self, extent: Extent) -> bool:
        """Whether an event of the extent may be in the table twice, or a row of it be no event."""
        for known, look in self._looks:
            if _covers(known, extent):
                return look.repeated
        start, end = _hull(extent)
        put = Question(_look(self.dialect, extent), {"extent_start": start, "extent_end": end})
        answer = self._spark.do(lambda spark: _asked(spark, put).toArrow())
        repeated, left_out = (column[0].as_py() for column in answer.columns)
        look = _Look(bool(repeated or left_out), left_out or 0)
        self.left_out = max(self.left_out, look.left_out)
        self._looks.append((extent, look))
        return look.repeated

    def _slices(self, question: Question) -> Iterator[Question]:
        """Split a question by time into several questions of about _SLICE rows at most."""
        spans = question.extent.spans if question.extent else ()
        for start, end in spans:
            for first, last in self._cut(question, start, end):
                yield Question(question.sql, {**question.parameters, "start": first, "end": last})

    def _cut(self, question: Question, start: datetime, end: datetime) -> Iterator[_Times]:
        """A time in pieces of at most _SLICE events, or of a microsecond."""
        start, end = max(start, _ALWAYS[0]), min(end, _ALWAYS[1])
        length = max((end - start) // _PIECES, timedelta(microseconds=1))
        us = self.dialect.microseconds("ts")
        piece = self.dialect.quotient(f"({us} - $origin)", "$length")
        kinds = question.extent.kinds if question.extent else KINDS
        within = f"{self.dialect.is_within('start', 'end')}{of_kinds(kinds)}"
        sql = (
            f"SELECT {piece} AS piece, count(*) AS events FROM {_ROWS} WHERE {within} GROUP BY ALL ORDER BY 1"
        )
        bound = {
            "start": start,
            "end": end,
            "origin": _epoch(start),
            "length": length // timedelta.resolution,
        }
        answer = self._spark.do(lambda spark: _asked(spark, Question(sql, bound)).toArrow())
        begin, rows = start, 0
        for place, count in zip(*(column.to_pylist() for column in answer.columns), strict=True):
            here = start + length * place
            if rows and rows + count > _SLICE:
                yield begin, here
                begin, rows = here, 0
            if count > _SLICE and length > timedelta(microseconds=1):
                after = min(here + length, end)
                if begin < here:
                    yield begin, here
                yield from self._cut(question, here, after)
                begin, rows = after, 0
            else:
                rows += count
        if begin < end:
            yield begin, end

    def _write_there(
        self, question: Question, folder: ClusterFolder, form: FileFormat, partition_by: str | None
    ) -> int:
        """Have the cluster write a folder of Parquet or CSV files, and return the number of rows."""
        put = self._put(question)

        def write(spark: SparkSession) -> int:
            from pyspark.sql import Observation
            from pyspark.sql import functions as make

            counted = Observation("written")
            frame = _asked(spark, put).observe(counted, make.count(make.lit(1)).alias("rows"))
            writer = frame.write.mode("error")
            if partition_by:
                writer = writer.partitionBy(partition_by)
            if form == "parquet":
                writer.parquet(folder.place)
            else:
                writer.options(**_CSV).csv(folder.place)
            rows: int = counted.get["rows"]
            return rows

        return self._spark.do(write)


_CSV: Final = {
    "header": "true",
    "quote": '"',
    "escape": '"',
    "emptyValue": "",
    "nullValue": "",
    "ignoreLeadingWhiteSpace": "false",
    "ignoreTrailingWhiteSpace": "false",
}


# The session


class _Connection:
    """A session of Spark Connect, and the thread that each call of it is made on: a signal reaches Python
    between two steps of the main thread, which waits."""

    def __init__(self, table: ClusterTable) -> None:
        self._table = table
        self._spark: SparkSession | None = None
        self._tag = f"contactrep-{os.urandom(8).hex()}"

    def do(self, work: Callable[[SparkSession], _Answer], *, patience: float | None = None) -> _Answer:
        """What the work comes to; StoreProblem for whatever the server says, or after `patience` seconds."""
        job = _Job(lambda: work(self._session()))
        waited = 0.0
        try:
            threading.Thread(target=job, daemon=True).start()
            while not job.over.wait(_LOOK) and (patience is None or waited < patience):
                waited += _LOOK
                _heed_elsewhere()
        except BaseException:
            self._cancel(job)
            raise
        if not job.over.is_set():
            server = self._table.server
            raise StoreProblem(f"{server} takes a connection, but does not answer: is it Spark Connect?")
        if job.error is not None:
            raise self._spelled(job.error) from None
        answer: _Answer = job.answer
        return answer

    def close(self) -> None:
        """Close the session. The server is waited for at most `_CONNECTING` seconds, after a signal at most
        `_PATIENCE` seconds."""
        spark, self._spark = self._spark, None
        if spark is not None:
            job = _Job(spark.stop)
            threading.Thread(target=job, daemon=True).start()
            job.over.wait(_PATIENCE if signals.received() else _CONNECTING)

    def _session(self) -> SparkSession:
        if self._spark is None:
            self._spark = _connected(self._table)
        self._spark.addTag(self._tag)
        return self._spark

    def _cancel(self, job: _Job) -> None:
        """Have the cluster stop what it does for this run."""
        spark = self._spark
        if spark is not None and not job.over.is_set():
            stop = _Job(lambda: spark.interruptTag(self._tag))
            threading.Thread(target=stop, daemon=True).start()
            with suppress(BaseException):
                stop.over.wait(_PATIENCE)

    def _spelled(self, error: BaseException) -> BaseException:
        """An error of Spark's as what it means to a user."""
        if isinstance(error, ContactrepError):
            return error
        from grpc import RpcError
        from pyspark.errors import AnalysisException, PySparkException

        if not isinstance(error, (PySparkException, RpcError, OSError)):
            return error
        said = _first_line(error)
        for secret in self._table.secrets:
            said = said.replace(secret, "…")
        if isinstance(error, AnalysisException) and "already exists" in said.lower():
            return OutputProblem(f"cannot write the export: {said}: choose another folder")
        if isinstance(error, AnalysisException) and self._table.path is None and "NOT_FOUND" in said:
            return StoreProblem(f"{self._table}: there is no such table: {said}")
        if _is_lost(error):
            return StoreProblem(f"no connection to {self._table.server}: {said}: is Spark Connect there?")
        return StoreProblem(f"{self._table}: {said}")


def _heed_elsewhere() -> None:
    """End where a signal has ended the run, but raises nothing: DuckDB reads streams on its own thread."""
    code = signals.received()
    if code is not None and threading.current_thread() is not threading.main_thread():
        raise SystemExit(code)


class _Job:
    """Work for a thread, and what came of it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self.over = threading.Event()
        self.answer: Any = None
        self.error: BaseException | None = None

    def __call__(self) -> None:
        try:
            self.answer = self._work()
        except BaseException as error:
            self.error = error
        finally:
            self.over.set()


def _connected(table: ClusterTable) -> SparkSession:
    """A session in UTC. StoreProblem where there is no client, OSError where there is no server."""
    os.putenv("GRPC_VERBOSITY", "NONE")  # gRPC's own messages about what is told as an error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pyspark.sql.connect.client import DefaultChannelBuilder
            from pyspark.sql.connect.client.retries import DefaultPolicy
            from pyspark.sql.connect.session import SparkSession
    except ImportError:
        raise StoreProblem(
            "a table on a cluster needs Spark's client: python -m pip install 'contactrep[spark]'"
        ) from None
    import logging

    for name in ("pyspark.sql.connect.client.logging", "pyspark.sql.connect.logging", "pyspark"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"pyspark\.")
    with socket.create_connection((table.host, table.port), _CONNECTING):
        pass
    spark: SparkSession = SparkSession(connection=DefaultChannelBuilder(table.url))
    spark.client.set_retry_policies([DefaultPolicy(max_retries=_RETRIES, max_backoff=1_000)])
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    # A folder's name is a text: 00124 is no number.
    spark.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    return spark


def _report_tasks(spark: SparkSession, on_tasks: OnTasks | None) -> None:
    """Have Spark tell, now and then, how far a question is."""

    def tell(*, stages: Sequence[Any] | None, done: bool, **_: object) -> None:
        known = [] if done else list(stages or ())
        if on_tasks is not None:
            on_tasks(sum(it.num_completed_tasks for it in known), sum(it.num_tasks for it in known))

    spark.registerProgressHandler(tell)


def _is_lost(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return True
    text = str(error)
    return "UNAVAILABLE" in text or "failed to connect" in text or "RETRIES_EXCEEDED" in text


def _first_line(error: BaseException) -> str:
    """What went wrong, in one line without Spark's stack traces."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    text = str(getattr(error, "getMessage", lambda: None)() or error).strip()
    if found := re.search(r'^\s*details = "(.*?)"$', text, re.MULTILINE):
        text = found[1]
    return text.partition("\n")[0].partition(" SQLSTATE")[0].rstrip(". ;")


def _asked(spark: SparkSession, question: Question) -> DataFrame:
    """The question as a frame of Spark's, not yet answered."""
    names = re.findall(r"\$(\w+)", question.sql)
    bound = {name: _bindable(question.parameters[name]) for name in dict.fromkeys(names)}
    return spark.sql(re.sub(r"\$(\w+)", r":\1", question.sql), bound)


def _empty(spark: SparkSession, question: Question) -> Any:
    """The schema of an answer, in Arrow's form."""
    return _asked(spark, question).limit(0).toArrow().schema


def _bindable(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return list(value) if isinstance(value, tuple) else value


# The table as events


def _define(
    spark: SparkSession,
    table: ClusterTable,
    reading: Reading,
    timezone: ZoneInfo,
    users: Sequence[tuple[str, str | None]],
) -> SparkDialect:
    """Make the views that questions read, and say how questions on them are spelled."""
    frame = spark.table(table.name) if table.name else spark.read.parquet(table.path)
    with _problems_of(table):
        columns = _Columns.of(frame.dtypes, table, reading, timezone)
    frame.createOrReplaceTempView("contactrep_table")
    columns.select(spark, "contactrep_table").createOrReplaceTempView(_ROWS)
    _with_places(frame).createOrReplaceTempView("contactrep_placed")
    columns.select(spark, "contactrep_placed", places=True).createOrReplaceTempView(_PLACES)
    if users:
        spark.createDataFrame(list(users), "id STRING, name STRING").createOrReplaceTempView("users")
    else:
        empty = "SELECT CAST(NULL AS STRING) AS id, CAST(NULL AS STRING) AS name WHERE false"
        spark.sql(empty).createOrReplaceTempView("users")
    spark.sql("SELECT :zone AS timezone", {"zone": timezone.key}).createOrReplaceTempView("workspace")
    return columns.dialect


@contextmanager
def _problems_of(table: ClusterTable) -> Iterator[None]:
    try:
        yield
    except InputProblem as problem:
        raise InputProblem(f"{table}: {problem}") from None


def _with_places(frame: DataFrame) -> DataFrame:
    """The rows with their file and their place in it, where the table has files; else with neither."""
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as make

    places = ("_metadata.file_path", "_metadata.row_index")
    names = ("contactrep_file", "contactrep_line")
    placed = frame.select("*", *(make.col(it).alias(name) for it, name in zip(places, names, strict=True)))
    try:
        placed.schema  # noqa: B018 - Spark looks at it only now
    except AnalysisException:
        nothing = make.lit(None).cast("string")
        return frame.select("*", *(nothing.alias(name) for name in names))
    return placed


@dataclass(frozen=True)
class _Columns:
    """Where the fields of an event are in a table. `names` and `types` by field; `timezone` is that of times
    without one; `day` is the declared day with its type."""

    names: Mapping[str, str]
    types: Mapping[str, str]
    reading: Reading
    timezone: ZoneInfo
    event: str | None
    day: tuple[str, str] | None

    @classmethod
    def of(
        cls, dtypes: Sequence[tuple[str, str]], table: ClusterTable, reading: Reading, timezone: ZoneInfo
    ) -> Self:
        """InputProblem where a field is missing or of another type."""
        _refuse_what_files_need(reading)
        types = dict(dtypes)
        found = resolve_columns([name for name, _ in dtypes], reading)
        names = {field: dtypes[place][0] for field, place in found.plain.items()}
        if not names:
            raise InputProblem("on a cluster --map takes one column for each field, without + and |")
        for field, name in names.items():
            _check_type(field, name, types[name])
        day = next((it for it in dtypes if table.day and it[0].lower() == table.day.lower()), None)
        if table.day and day is None:
            raise InputProblem(f"no column '{table.day}' for day={table.day}")
        if day and day[1] not in (_DATE_TYPE, "string"):
            raise InputProblem(f"column '{day[0]}' for day is of type {day[1]}: it must be a date or a text")
        own = {field: types[name] for field, name in names.items()}
        return cls(names, own, reading, reading.input_timezone or timezone, found.event, day)

    @property
    def dialect(self) -> SparkDialect:
        """How questions on these columns are spelled."""
        own = self.types["timestamp"]
        is_shifted = own != _INSTANT_TYPE and self.timezone.key != "UTC"
        time = _WALL_TYPE if is_shifted else own if own == _INSTANT_TYPE else None
        is_text = self.day is not None and self.day[1] == "string"
        return SparkDialect(time, "own_day" if self.day else None, day_is_text=is_text)

    def select(self, spark: SparkSession, view: str, *, places: bool = False) -> DataFrame:
        """The rows of a view of the table as events, each with what narrows the files to read."""
        bound: dict[str, object] = {"ignored": f"[ _{INVISIBLE}-]"}
        fields = {name: self._text(name, bound) for name in COLUMNS[1:]}
        left_out = self._left_out(bound)
        kind = _kind(fields["event"], self.event)
        own = [f"{_quoted(self.names['timestamp'])} AS own_time", f"{self._time(bound)} AS ts"]
        own += [f"{fields[name]} AS {name}" for name in COLUMNS[2:]]
        own += [f"{kind} AS event", f"{left_out} AS left_out"]
        own += [f"{_quoted(self.day[0])} AS own_day"] if self.day else []
        own += ["contactrep_file", "contactrep_line"] if places else []
        sql = f"""
            SELECT * EXCEPT (source, merged_contact_id, left_out),
                {_source("source")} AS source,
                CASE WHEN event = '{MERGED}' AND trim(merged_contact_id) <> '' THEN merged_contact_id END
                    AS merged_contact_id
            FROM (SELECT {", ".join(own)} FROM {view})
            WHERE NOT left_out"""
        return spark.sql(sql, {name: it for name, it in bound.items() if f":{name}" in sql})

    def _time(self, bound: dict[str, object]) -> str:
        name = _quoted(self.names["timestamp"])
        if self.types["timestamp"] == _INSTANT_TYPE:
            return f"CAST({name} AS TIMESTAMP_NTZ)"
        if self.timezone.key == "UTC":
            return f"CAST({name} AS TIMESTAMP_NTZ)"
        bound["zone"] = self.timezone.key
        return f"CAST(to_utc_timestamp(CAST({name} AS TIMESTAMP), :zone) AS TIMESTAMP_NTZ)"

    def _text(self, field: str, bound: dict[str, object]) -> str:
        """SQL for a field as text after the rules on it, null where it is empty."""
        text = (
            f"CAST({_quoted(self.names[field])} AS STRING)" if field in self.names else "CAST(NULL AS STRING)"
        )
        rules = self.reading.values.get(field, {})
        cases = []
        for place, (old, new) in enumerate(_in_order(rules)):
            bound[f"{field}_from_{place}"] = old.removesuffix("*")
            if new != LEAVE_OUT:
                bound[f"{field}_to_{place}"] = new
            cases.append(f"WHEN {_meets(text, field, place, old)} THEN {_to(field, place, new)}")
        ruled = f"CASE {' '.join(cases)} ELSE {text} END" if cases else text
        if field in self.reading.set:
            bound[f"given_{field}"] = self.reading.set[field]
            return f"coalesce(nullif({ruled}, ''), :given_{field})"
        return f"nullif({ruled}, '')"

    def _left_out(self, bound: dict[str, object]) -> str:
        """SQL for whether a rule leaves a row out on purpose."""
        conditions = []
        for field, rules in self.reading.values.items():
            text = f"CAST({_quoted(self.names[field])} AS STRING)" if field in self.names else "NULL"
            cases = " ".join(
                f"WHEN {_meets(text, field, place, old)} THEN {'true' if new == LEAVE_OUT else 'false'}"
                for place, (old, new) in enumerate(_in_order(rules))
            )
            conditions.append(f"CASE {cases} ELSE false END")
        return " OR ".join(conditions) or "false"


def _in_order(rules: Mapping[str, str]) -> list[tuple[str, str]]:
    """The rules of a field: whole texts first, then beginnings, the longest first."""
    return sorted(rules.items(), key=lambda it: (it[0].endswith("*"), -len(it[0])))


def _meets(text: str, field: str, place: int, old: str) -> str:
    name = f":{field}_from_{place}"
    return f"startswith({text}, {name})" if old.endswith("*") else f"{text} = {name}"


def _to(field: str, place: int, new: str) -> str:
    return "CAST(NULL AS STRING)" if new == LEAVE_OUT else f":{field}_to_{place}"


def _refuse_what_files_need(reading: Reading) -> None:
    """InputProblem for what a cluster cannot do to a table."""
    refused = {
        "--event KIND=COLUMN": reading.kinds,
        "--records": reading.records,
        "--sheet": reading.sheet,
        "--encoding": reading.encoding,
        "--skip-lines": reading.skip_lines,
        "--timestamp-format": reading.timestamp_formats,
        "--set timestamp": reading.set.get("timestamp"),
        "--value timestamp": reading.values.get("timestamp"),
    }
    for option, given in refused.items():
        if given:
            raise InputProblem(
                f"{option} is for files: for a table on a cluster use --map FIELD=COLUMN, --set, --value,"
                " --event KIND and --input-timezone"
            )


def _check_type(field: str, name: str, found: str) -> None:
    """InputProblem unless a column can give the field."""
    if field == "timestamp":
        good, wanted = found in (_INSTANT_TYPE, _WALL_TYPE, _DATE_TYPE), "a timestamp or a date"
    else:
        good = (
            found.startswith(_TEXTS)
            or found in _WHOLE
            or re.fullmatch(r"decimal\(\d+,0\)", found) is not None
        )
        wanted = "a text or a whole number"
    if not good:
        raise InputProblem(f"column '{name}' for {field} is of type {found}: it must be {wanted}")


def _quoted(name: str) -> str:
    """A column's name in SQL; names come from the table."""
    return "`" + name.replace("`", "``") + "`"


def _key(text: str) -> str:
    """SQL for a text as `events.match_key` compares it."""
    return f"regexp_replace(lower({text}), :ignored, '')"


def _kind(text: str, default: str | None) -> str:
    """SQL for an event's kind; null for a text that names none."""
    meanings = {match_key(kind): kind for kind in KINDS} | ({"": default} if default else {})
    key = _key(f"coalesce({text}, '')")
    return f"CASE WHEN {text} IN ({_listed(KINDS)}) THEN {text} ELSE {_meaning(key, meanings)} END"


def _source(text: str) -> str:
    """SQL for an event's source in its one spelling."""
    meaning = _meaning(_key(text), SOURCE_BY_KEY)
    return f"""CASE WHEN {text} IN ({_listed(KNOWN_SOURCES)}) THEN {text}
        WHEN {text} IS NULL THEN CASE WHEN event IN ({_listed((DELETED, MERGED))}) THEN '{USER_SOURCE}' END
        ELSE coalesce({meaning}, {text}) END"""


def _meaning(key: str, meanings: Mapping[str, str]) -> str:
    """SQL for what a key means, null if nothing; a CASE would compute the key for each of them."""
    pairs = ", ".join(f"'{one}', '{meaning}'" for one, meaning in meanings.items())
    return f"try_element_at(map({pairs}), {key})"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


# Events that are in the table twice


def _events(dialect: SparkDialect, source: str, condition: str) -> str:
    """SQL for the events among the rows of a view: those of _PLACES each once.

    Equal merges without a second id are separate events: a table is one set of rows, as a file is.
    """
    rows = f"SELECT * FROM {source} WHERE event IS NOT NULL AND {_IN_TIME} AND {condition}"
    if source == _ROWS:
        return rows
    columns = "contactrep_file, contactrep_line, " + ", ".join(f"{name} NULLS FIRST" for name in COLUMNS[2:])
    return f"""
        SELECT * FROM (
            SELECT *, row_number() OVER (
                PARTITION BY event, ts, {_unguarded(dialect, "contact_id")}, {_qualifier(dialect)}
                ORDER BY {columns}
            ) AS contactrep_nth
            FROM ({rows}) WHERE {_HAS_CONTACT}
        ) WHERE contactrep_nth = 1 OR (event = '{MERGED}' AND merged_contact_id IS NULL)"""


_IN_TIME: Final = f"ts BETWEEN TIMESTAMP_NTZ '{_ALWAYS[0]}' AND TIMESTAMP_NTZ '{_ALWAYS[1]}'"
_HAS_CONTACT: Final = "trim(contact_id) <> ''"


def _look(dialect: SparkDialect, extent: Extent) -> str:
    """SQL for whether hashes of identities occur twice in an extent, and how many rows of it are no event.

    Most tables have neither, so this is all. A hash that two events share only means a closer look.
    """
    contact, qualifier = _unguarded(dialect, "contact_id"), _qualifier(dialect)
    single = f"event = '{MERGED}' AND merged_contact_id IS NULL"
    return f"""
        SELECT max(CASE WHEN events > 1 AND identity IS NOT NULL THEN 1 ELSE 0 END) = 1 AS repeated,
            sum(CASE WHEN identity IS NULL THEN left_out ELSE 0 END) AS left_out
        FROM (
            SELECT identity, count(*) AS events, sum(left_out) AS left_out
            FROM (
                SELECT CASE WHEN event IS NULL OR NOT coalesce({_IN_TIME} AND {_HAS_CONTACT}, false)
                            OR ({single}) THEN NULL
                        ELSE xxhash64(event, {contact}, ts, {qualifier}) END AS identity,
                    CASE WHEN {single} AND {_HAS_CONTACT} THEN 0 ELSE 1 END AS left_out
                FROM {_ROWS} WHERE {dialect.is_within("extent_start", "extent_end")} OR ts IS NULL
            ) GROUP BY identity
        )"""


def _unguarded(dialect: SparkDialect, text: str) -> str:
    """A text without the guard of a spreadsheet, as `identity.unguarded` has it."""
    bare = f"substr({text}, 2)"
    return f"""CASE WHEN startswith({text}, chr(39)) THEN CASE WHEN {dialect.is_formula(bare)} THEN {bare}
        ELSE {text} END ELSE {text} END"""


def _qualifier(dialect: SparkDialect) -> str:
    """What tells events of one kind, contact and time apart, as `identity.QUALIFIER` has it."""
    return f"""CASE WHEN event = '{CONNECTED}' THEN {_unguarded(dialect, "channel")}
        WHEN event = '{MERGED}' THEN {_unguarded(dialect, "merged_contact_id")} END"""


def _covers(extent: Extent, other: Extent) -> bool:
    """Whether the hull of the first of two extents includes the second's."""
    first, second = _hull(extent), _hull(other)
    return first[0] <= second[0] and second[1] <= first[1]


def _hull(extent: Extent) -> _Times:
    """The shortest span around all spans of an extent, outside of which no repeated event matters."""
    if not extent.spans:
        return _ALWAYS
    return min(start for start, _ in extent.spans), max(end for _, end in extent.spans)


def _epoch(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta.resolution  # noqa: DTZ001 - naive, in UTC


# Letter case


def folding() -> dict[str, object]:
    """The parameters of `Dialect.folded`: every letter that the folding changes, and what it becomes.

    Python's own tables, for Spark's `lower` and `upper` give several letters for one, and depend on Java.
    """
    changed = {chr(code): _folded(chr(code)) for code in range(0x80, 0x1E944)}
    changed |= {chr(code): chr(code).lower() for code in range(0x80)}
    pairs = [(char, other) for char, other in changed.items() if char != other]
    return {"folding_from": "".join(a for a, _ in pairs), "folding_to": "".join(b for _, b in pairs)}


def _folded(char: str) -> str:
    upper = char.upper()
    lower = (upper if len(upper) == 1 else char).lower()
    return lower if len(lower) == 1 else lower[0]
