"""The Spark that tests share: one for each process of tests, or the one that SPARK_TEST_URL names."""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from functools import cache

import pytest

from tests.spark import cluster


def url() -> str:
    """The address of a Connect that runs every job itself; skips the test where there can be none."""
    if given := os.environ.get("SPARK_TEST_URL"):
        return given
    if why := cluster.lacking():
        pytest.skip(why)
    return _started()


@cache
def _started() -> str:
    running = ExitStack()
    atexit.register(running.close)
    return running.enter_context(cluster.local()).url
