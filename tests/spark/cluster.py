"""A Spark for tests, on loopback: Connect alone (`local`), or a master, workers and Connect (`standalone`).

    python -m tests.spark.cluster install            once: Spark itself, into .spark (500 MB)
    python -m tests.spark.cluster local              Connect on two threads: up in 7 seconds, 1 GB
    python -m tests.spark.cluster standalone         master, two workers and Connect: 30 seconds, 4 GB

Needs Java 17. The last two print the address and run until Ctrl-C. SPARK_HOME chooses another Spark.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import urlopen

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / ".spark"
SERVER = "pyspark==4.2.1"
JAVA = (17, 21)
"""The versions of Java on which this Spark runs."""

_QUICK = {
    # Compiling its queries would take most of the time of small ones.
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}
_LOOPBACK = "127.0.0.1"
_PATIENCE = 120  # seconds until something must be up


def lacking() -> str | None:
    """Why no Spark can be started here; None where it can."""
    if find_spec("pyspark") is None:
        return "no pyspark-client: python -m pip install -e '.[spark]'"
    if java() is None:
        return f"no Java {' or '.join(map(str, JAVA))}"
    if home() is None:
        return "no Spark: python -m tests.spark.cluster install"
    return None


def java() -> Path | None:
    """The home of a Java that Spark runs on."""
    found = [os.environ.get("JAVA_HOME"), *sorted(map(str, Path("/usr/lib/jvm").glob("*")))]
    if on_path := shutil.which("java"):
        found.append(str(Path(on_path).resolve().parents[1]))
    return next((Path(it) for it in found if it and _version(Path(it)) in JAVA), None)


def _version(java_home: Path) -> int | None:
    try:
        text = (java_home / "release").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r'^JAVA_VERSION="(\d+)', text, re.MULTILINE)
    return int(found[1]) if found else None


def home() -> Path | None:
    """The folder of Spark itself: SPARK_HOME, else where `install` puts it."""
    places = [Path(it) for it in [os.environ.get("SPARK_HOME")] if it]
    places += (FOLDER / "lib").glob("python3*/site-packages/pyspark")
    return next((it for it in places if (it / "bin" / "spark-class").exists()), None)


def install() -> None:
    """Put Spark into a folder of its own: its Python package has the name of the thin client's."""
    subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
    subprocess.run([FOLDER / "bin" / "pip", "install", "--quiet", "--no-deps", SERVER], check=True)


@dataclass
class Spark:
    """Running processes of Spark: `url` is `sc://HOST:PORT`, `page` the port of its own pages; `workers` are
    empty with Connect alone."""

    url: str
    page: int
    folder: Path
    connect: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def kill_worker(self, place: int) -> None:
        """End one worker, and what it has started, without warning."""
        os.killpg(self.workers[place].pid, signal.SIGKILL)
        self.workers[place].wait()

    def asked(self, what: str) -> list[dict[str, Any]]:
        """What Spark says of its `jobs`, or of the queries (`sql`), that it has had."""
        applications = f"http://{_LOOPBACK}:{self.page}/api/v1/applications"
        [application] = _got(applications)
        return _got(f"{applications}/{application['id']}/{what}")

    def worked(self) -> float:
        """The CPU seconds that its workers have spent on tasks."""
        nanoseconds: int = sum(stage["executorCpuTime"] for stage in self.asked("stages"))
        return nanoseconds / 1e9

    def wait_until_busy(self) -> None:
        """Return as soon as a task of a job runs; RuntimeError if none does for two minutes."""
        until = time.monotonic() + _PATIENCE
        while not any(job["numActiveTasks"] for job in self.asked("jobs?status=running")):
            if time.monotonic() > until:
                raise RuntimeError("no job runs")
            time.sleep(0.05)


@contextmanager
def local(*, threads: int = 2, port: int | None = None, token: str | None = None) -> Iterator[Spark]:
    """Connect alone, which runs every job itself, and answers whoever has the token."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="contactrep-spark-")))
        further = _QUICK | ({"spark.connect.authenticate.token": token} if token else {})
        yield _connect(stack, folder, f"local[{threads}]", port or _free_port(), further)


@contextmanager
def standalone(*, workers: int = 2, port: int | None = None) -> Iterator[Spark]:
    """A master, so many workers of one core, and Connect."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="contactrep-spark-")))
        main, page = _free_port(), _free_port()
        master = f"spark://{_LOOPBACK}:{main}"
        deploy = "org.apache.spark.deploy"
        settings = ["--host", _LOOPBACK, "--port", str(main), "--webui-port", str(page)]
        _run(stack, folder, "master", ["spark-class", f"{deploy}.master.Master", *settings], main)
        started = []
        for place in range(workers):
            settings = ["--host", _LOOPBACK, "--cores", "1", "--memory", "1500m", "--webui-port", "0"]
            started.append(
                _run(
                    stack,
                    folder,
                    f"worker-{place}",
                    ["spark-class", f"{deploy}.worker.Worker", *settings, master],
                )
            )
        further = {"spark.executor.memory": "1g", "spark.executor.cores": "1"}
        spark = _connect(stack, folder, master, port or _free_port(), further)
        spark.workers = started
        yield spark


def _connect(stack: ExitStack, folder: Path, master: str, port: int, further: dict[str, str]) -> Spark:
    page = _free_port()
    settings = {
        "spark.driver.host": _LOOPBACK,
        "spark.driver.bindAddress": _LOOPBACK,
        "spark.connect.grpc.binding.address": _LOOPBACK,
        "spark.connect.grpc.binding.port": str(port),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.port": str(page),
        "spark.log.level": "WARN",
        "spark.sql.shuffle.partitions": "4",
        **further,
    }
    command = ["spark-submit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    command += ["--master", master, "--driver-memory", "1g"]
    for name, value in settings.items():
        command += ["--conf", f"{name}={value}"]
    process = _run(stack, folder, "connect", [*command, "spark-internal"], port)
    return Spark(f"sc://{_LOOPBACK}:{port}", page, folder, process)


def _run(
    stack: ExitStack, folder: Path, name: str, command: list[str], port: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, which ends with the stack; wait until its port answers."""
    spark, java_home = home(), java()
    if spark is None or java_home is None:
        raise RuntimeError(lacking())
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))},
        "SPARK_HOME": str(spark),
        "JAVA_HOME": str(java_home),
        "SPARK_LOCAL_IP": _LOOPBACK,
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_CONNECT_MODE": "0",
        "SPARK_DAEMON_MEMORY": "1g" if name == "connect" else "256m",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_LOG_DIR": str(folder / "logs"),
        "TZ": "UTC",
    }
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [str(spark / "bin" / command[0]), *command[1:]],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    stack.callback(_end, process)
    until = time.monotonic() + _PATIENCE
    while port is not None and not _answers(port):
        if process.poll() is not None or time.monotonic() > until:
            said = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"{name} is not up:\n{said[-4000:]}")
        time.sleep(0.1)
    return process


def _got(address: str) -> list[dict[str, Any]]:
    with urlopen(address, timeout=_PATIENCE) as answer:  # noqa: S310 - our own server
        found: list[dict[str, Any]] = json.load(answer)
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        if process.poll() is None:
            os.killpg(process.pid, number)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def _answers(port: int) -> bool:
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex((_LOOPBACK, port)) == 0


_PORTS = iter(range(20_000 + os.getpid() % 10_000, 32_000))


def _free_port() -> int:
    """A port that nothing uses, and that the system gives to no connection while the server starts: one that
    asks whether the server is up could be connected to itself, and take the port away."""
    for port in _PORTS:
        with socket.socket() as listening, suppress(OSError):
            listening.bind((_LOOPBACK, port))
            return port
    raise RuntimeError("no port is free")


def main() -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("install", "local", "standalone"))
    parser.add_argument("--port", type=int, default=15002)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    if asked.what == "install":
        install()
        return
    if why := lacking():
        parser.error(why)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = (
        local(port=asked.port)
        if asked.what == "local"
        else standalone(workers=asked.workers, port=asked.port)
    )
    with started as spark:
        print(f"{spark.url} is up; logs in {spark.folder}", flush=True)
        try:
            spark.connect.wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
