"""A whole cluster: a worker that is killed while it answers costs time only, a killed server is one line.

Takes a minute and 4 GB.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.spark import cluster

Run = Callable[..., Result]

pytestmark = pytest.mark.skipif(
    not os.environ.get("SPARK_TEST_STANDALONE"), reason="a whole cluster runs with SPARK_TEST_STANDALONE=1"
)


def test_a_worker_that_is_killed_changes_no_figure(run: Run, tmp_path: Path) -> None:
    """The answer of two workers, and of the one that is left, is that over the file."""
    if why := cluster.lacking():
        pytest.skip(why)
    file, folder = tmp_path / "events.parquet", tmp_path / "days"
    run("demo", "--events", "1000000", "--save", file)
    assert run("export", "events", file, "-o", folder, "--partition-by", "day").exit_code == 0
    ask = ["overview", "--range", "all", "--timezone", "UTC", "--format", "json"]
    wanted = json.loads(run(*ask, file).stdout)
    with cluster.standalone() as spark:
        address = f"{spark.url}/parquet:{folder};day=day"
        assert json.loads(run(*ask, "--store", address).stdout) == wanted
        command = [sys.executable, "-m", "contactrep", *ask, "--store", address]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            spark.wait_until_busy()
            spark.kill_worker(0)
            said, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        assert json.loads(said) == wanted


def test_a_server_that_is_killed_is_one_line(run: Run, tmp_path: Path) -> None:
    """It ends a run that waits for it, within seconds."""
    if why := cluster.lacking():
        pytest.skip(why)
    file = tmp_path / "events.parquet"
    run("demo", "--events", "1000000", "--save", file)
    with cluster.local() as spark:
        command = [sys.executable, "-m", "contactrep", "overview", "--range", "all", "--timezone", "UTC"]
        command += ["--store", f"{spark.url}/parquet:{file}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            spark.wait_until_busy()
            os.killpg(spark.connect.pid, signal.SIGKILL)
            printed, said = process.communicate(timeout=60)
    assert (process.returncode, printed) == (1, "")
    assert said.startswith(f"Error: no connection to {spark.url}: ")
    assert said.count("\n") == 1
