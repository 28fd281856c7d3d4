"""A session of Spark Connect: opened, waited for, cancelled and closed, and what its errors mean."""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from contactrep import signals
from contactrep.cluster import ClusterTable
from contactrep.errors import ContactrepError, OutputProblem, StoreProblem
from contactrep.jobs import Job
from contactrep.questions.engine import Question

if TYPE_CHECKING:
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.session import SparkSession

_Answer = TypeVar("_Answer")
OnTasks = Callable[[int, int], None]

GREETING: Final = 30
"""Seconds until a server must have answered for the first time."""

_LOOK: Final = 0.1  # seconds between two looks at a running question
_PATIENCE: Final = 0.6  # seconds until the cluster must have heard that nobody waits any more
_CONNECTING: Final = 5  # seconds until a server must have taken a connection
_RETRIES: Final = 3

_REFUSED: Final = {
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted: set GRPC_DEFAULT_SSL_ROOTS_FILE_PATH to the"
    " path of a file of trusted certificates",
    "WRONG_VERSION_NUMBER": "it does not use TLS, which use_ssl=true and a token require",
    "authentication token": "it requires a token: add ;token=TOKEN after the table, or set"
    " SPARK_CONNECT_AUTHENTICATE_TOKEN",
}
"""What a refusal says, by what is in its text."""


class Connection:
    """A session of Spark Connect. Each call runs on a thread of its own while the main thread waits, because
    signals reach only the main thread. `on_tasks` is told how far a question is: see SparkEngine."""

    def __init__(self, table: ClusterTable, on_tasks: OnTasks | None) -> None:
        self._table = table
        self._on_tasks = on_tasks
        self._spark: SparkSession | None = None
        self._tag = f"contactrep-{os.urandom(8).hex()}"

    def do(self, work: Callable[[SparkSession], _Answer], *, patience: float | None = None) -> _Answer:
        """The result of `work`; StoreProblem for an error of the server, or after `patience` seconds."""
        job = Job.start(lambda: work(self._session()))
        waited = 0.0
        try:
            while not job.wait(_LOOK) and (patience is None or waited < patience):
                waited += _LOOK
                _heed_elsewhere()
        except BaseException:
            self._cancel()
            raise
        if not job.is_over:
            server = self._table.server
            raise StoreProblem(f"{server} takes a connection, but does not answer: is it Spark Connect?")
        if job.error is not None:
            raise self._spelled(job.error) from None
        return job.answer

    def close(self) -> None:
        """Close the session. The server is waited for at most `_CONNECTING` seconds, after a signal at most
        `_PATIENCE` seconds."""
        if self._on_tasks:
            self._on_tasks(0, 0)  # a question that failed has not said that it ended
        spark, self._spark = self._spark, None
        if spark is not None:
            Job.start(spark.stop).wait(_PATIENCE if signals.received() else _CONNECTING)

    def _session(self) -> SparkSession:
        if self._spark is None:
            self._spark = _connected(self._table)
            self._spark.registerProgressHandler(self._tell)
        self._spark.addTag(self._tag)
        return self._spark

    def _tell(self, *, stages: Sequence[Any] | None, done: bool, **_: object) -> None:
        """Report the progress. Spark calls this while it answers."""
        known = [] if done else list(stages or ())
        if self._on_tasks:
            self._on_tasks(sum(it.num_completed_tasks for it in known), sum(it.num_tasks for it in known))

    def _cancel(self) -> None:
        """Have the cluster stop what it does for this run."""
        spark = self._spark
        if spark is not None:
            with suppress(BaseException):
                Job.start(lambda: spark.interruptTag(self._tag)).wait(_PATIENCE)

    def _spelled(self, error: BaseException) -> BaseException:
        """The error that a user meets for an error of Spark."""
        if isinstance(error, ContactrepError):
            return error
        from grpc import RpcError
        from pyspark.errors import AnalysisException, PySparkException

        if not isinstance(error, (PySparkException, RpcError, OSError)):
            return error
        said = _first_line(error)
        for secret in self._table.secrets:
            said = said.replace(secret, "…")
        if isinstance(error, AnalysisException) and "PATH_ALREADY_EXISTS" in said:
            return OutputProblem(f"cannot write the export: {said}: choose another folder")
        if isinstance(error, AnalysisException) and self._table.path is None and "NOT_FOUND" in said:
            return StoreProblem(f"{self._table}: there is no such table: {said}")
        if reason := next((reason for text, reason in _REFUSED.items() if text in said), None):
            return StoreProblem(f"no connection to {self._table.server}: {reason}")
        if _is_lost(error):
            return StoreProblem(f"no connection to {self._table.server}: {said}: is Spark Connect there?")
        return StoreProblem(f"{self._table}: {said}")


def framed(spark: SparkSession, question: Question) -> DataFrame:
    """A question as a frame of Spark's, not yet answered."""
    bound: dict[str, object] = {}

    def bind(name: str) -> str:
        value = question.parameters[name]
        if isinstance(value, datetime):
            bound[name] = value.isoformat(sep=" ")
            return f"CAST(:{name} AS TIMESTAMP_NTZ)"
        bound[name] = value
        return f":{name}"

    return spark.sql(re.sub(r"\$(\w+)", lambda found: bind(found[1]), question.sql), bound)


def _heed_elsewhere() -> None:
    """End where a signal has ended the run, but raises nothing: DuckDB reads streams on its own thread."""
    code = signals.received()
    if code is not None and threading.current_thread() is not threading.main_thread():
        raise SystemExit(code)


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
