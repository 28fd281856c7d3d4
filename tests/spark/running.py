"""The Spark that tests share: one for each process of tests, or the one that SPARK_TEST_URL names.

With SPARK_TEST_WORKERS=2 it is a whole cluster with so many workers.
"""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from functools import cache

import pytest

from tests.spark import cluster


def url() -> str:
    """The address of a Connect; skips the test where there can be none."""
    running = started()
    return running.url if running else os.environ["SPARK_TEST_URL"]


def started() -> cluster.Spark | None:
    """The same with what it is asked of; None where SPARK_TEST_URL names another."""
    if os.environ.get("SPARK_TEST_URL"):
        return None
    if why := cluster.lacking():
        pytest.skip(why)
    return _start()


@cache
def _start() -> cluster.Spark:
    running = ExitStack()
    atexit.register(running.close)
    workers = int(os.environ.get("SPARK_TEST_WORKERS", "0"))
    return running.enter_context(cluster.standalone(workers=workers) if workers else cluster.local())
