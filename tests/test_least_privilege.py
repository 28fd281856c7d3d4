"""The program takes no more than it needs: no network, no rights for others, no more memory than allowed."""

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import AS_OF, EVENTS

Run = Callable[..., Result]
RunProcess = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A CSV file of eight events."""
    path = tmp_path / "events.csv"
    path.write_text(EVENTS, encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path, events: Path, run: Run) -> Path:
    """A store of the events."""
    path = tmp_path / "store.duckdb"
    assert run("load", events, "--store", path, "--timezone", "UTC").exit_code == 0
    return path


# The network


class Listener:
    """A server that counts who connects; whatever reads a URL or a proxy of the environment would."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.visitors = 0
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visitors += 1
            connection.close()

    def close(self) -> None:
        # A last visitor of our own: those before it have been counted when it has.
        before = self.visitors
        socket.create_connection(("127.0.0.1", self.port)).close()
        while self.visitors == before:
            pass
        self.visitors -= 1
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A server on this machine, and at the end the certainty that nobody came."""
    server = Listener()
    yield server
    server.close()
    assert server.visitors == 0


@pytest.mark.parametrize(
    "words",
    [
        "load hf://datasets/a/b.csv",
        "load file:///events.csv",
        "load ftp://127.0.0.1:{}/*.csv",
        "overview hdfs://127.0.0.1:{}/events.parquet",
        "export events gcs://127.0.0.1:{}/events.parquet",
        "users load sftp://127.0.0.1:{}/users.csv",
    ],
)
def test_an_unknown_address_is_refused_and_nobody_is_called(
    run_process: RunProcess, store: Path, listener: Listener, words: str
) -> None:
    """It is said which addresses are read, and neither the host nor a proxy hears of it."""
    command = words.format(listener.port).split()
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "AWS_ENDPOINT_URL")
    env = dict.fromkeys(names, f"http://127.0.0.1:{listener.port}") | {"no_proxy": ""}
    done = run_process(*command, "--store", store, env=env)
    assert (done.returncode, done.stdout) == (1, "")
    known = "unknown kind of address: use s3, gs, az, http or https"
    local = "name a local file by its path: /events.csv"
    said = local if command[-1].startswith("file:") else known
    assert done.stderr == f"Error: {command[-1]}: {said}\n"


def test_a_folder_with_such_a_name_is_a_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What exists under its very name is read, and read here."""
    (tmp_path / "http:" / "host").mkdir(parents=True)
    (tmp_path / "http:" / "host" / "events.csv").write_text(EVENTS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    done = run("overview", "http://host/events.csv", *AS_OF, "--format", "json")
    assert json.loads(done.stdout)["metrics"]["added"]["count"] == 4


def test_a_whole_run_opens_no_connection(run_process: RunProcess, store: Path, tmp_path: Path) -> None:
    """Python's sockets and name look-ups are never used by load, report, export and forget."""
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(
        "import sys\n"
        "def refuse(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.bind', 'socket.sendto'):\n"
        "        raise SystemExit(f'network: {event}')\n"
        "sys.addaudithook(refuse)\n"
    )
    env = {"PYTHONPATH": str(guard)}
    call = [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"]
    caught = subprocess.run(call, env=os.environ | env, capture_output=True, text=True, check=False)
    assert caught.stderr == "network: socket.getaddrinfo\n"
    for arguments in (
        ["load", "events.csv"],
        ["report", "--range", "all"],
        ["export", "events", "-o", "out.parquet"],
        ["export", "events", "-o", "out.xlsx"],
        ["forget", "1", "--yes"],
        ["unload", "1"],
    ):
        done = run_process(*arguments, "--store", store, env=env)
        assert done.returncode == 0, done.stderr


# Rights


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_stores_are_private_and_exports_follow_the_umask(
    run: Run, events: Path, tmp_path: Path, umask: int, mode: int
) -> None:
    """A store is its owner's alone whatever the umask; what was asked for with -o is as any other file."""
    before = os.umask(umask)
    try:
        path, folder = tmp_path / "new" / "my.duckdb", tmp_path / "out"
        folder.mkdir()
        assert run("load", events, "--store", path).exit_code == 0
        for name in ("added.csv", "added.parquet", "added.xlsx"):
            assert run("export", "added", "--store", path, "-o", folder / name).exit_code == 0
        assert run("report", "--store", path, *AS_OF, "-o", folder / "page.md").exit_code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((path.parent / ".my.duckdb.lock").stat().st_mode) == 0o600
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {mode}


CHANGES = (
    ["load", "more.csv"],
    ["unload", "1"],
    ["forget", "1", "--yes"],
    ["users", "load", "users.csv"],
)


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_a_replaced_store_keeps_mode_and_owner(
    run: Run, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: list[str]
) -> None:
    """Whoever could read the store before can do so afterwards, and nobody else."""
    (tmp_path / "more.csv").write_text("timestamp,event,contact_id\n2026-11-06,added,7\n")
    (tmp_path / "users.csv").write_text("id,name\nu1,Uma\n")
    monkeypatch.chdir(tmp_path)
    store.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(store, 1234, 2345)
    before = store.stat()
    assert run(*change, "--store", store).exit_code == 0
    after = store.stat()
    assert after.st_ino != before.st_ino
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


# Memory


def limits_asked(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """A list of the limits that are asked for from now on."""
    asked: list[str | None] = []

    def for_duckdb(limit: str | None) -> str:
        asked.append(limit)
        return "500MB"

    monkeypatch.setattr("contactrep.duck.for_duckdb", for_duckdb)
    return asked


@pytest.mark.parametrize("command", ["overview", "report", "log added", "export added", "load"])
def test_a_memory_limit_reaches_duckdb(
    run: Run, store: Path, events: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The option goes before the environment, that before the config, that before the default."""
    asked = limits_asked(monkeypatch)
    config = store.with_name("config.toml")
    config.write_text('memory_limit = "300MB"')
    words: list[str | Path] = [*command.split(), "--store", store]
    words += [events] if command == "load" else ["--range", "all"]
    for more in ([], ["--config", config], ["--memory-limit", "200MB", "--config", config]):
        assert run(*words, *more).exit_code == 0
    monkeypatch.setenv("CONTACTREP_MEMORY_LIMIT", "400MB")
    assert run(*words, "--config", config).exit_code == 0
    assert asked == [None, "300MB", "200MB", "400MB"]


def test_files_are_read_and_asked_within_the_limit(
    run: Run, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report straight from files has two parts, and the limit holds for both."""
    asked = limits_asked(monkeypatch)
    assert run("overview", events, *AS_OF, "--memory-limit", "200MB").exit_code == 0
    assert asked == ["200MB", "200MB"]


@pytest.mark.parametrize("limit", ["lots", "10MB"])
def test_a_memory_limit_that_is_none_is_a_usage_error(run: Run, store: Path, limit: str) -> None:
    """The message says how it is written."""
    done = run("overview", "--store", store, "--memory-limit", limit)
    assert done.exit_code == 2
    assert f"'{limit}': write it like 512MB or 2GB, and no less than 160MB" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")
def test_a_report_and_a_load_keep_within_their_memory(run_process: RunProcess, tmp_path: Path) -> None:
    """A run over 300,000 events stays below the limit that it was given, as the process measures it."""
    made = run_process("demo", "--events", "300000", "--save", "big.csv", *AS_OF)
    assert made.returncode == 0, made.stderr
    script = (
        "import sys; from contactrep.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: code = end.code\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(code, peak.split()[1], file=sys.stderr)"
    )
    for words in (["load", "big.csv"], ["report", "--range", "all"], ["export", "events", "-o", "out.csv"]):
        command = [*words, "--store", "big.duckdb", "--memory-limit", "256MB"]
        done = subprocess.run(
            [sys.executable, "-c", script, *command], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        code, kibibytes = done.stderr.splitlines()[-1].split()
        assert (code, int(kibibytes) * 1024 < 256_000_000) == ("0", True), done.stderr


# Temporary files


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_no_run_leaves_a_temporary_file(
    run: Run, run_process: RunProcess, store: Path, events: Path, tmp_path: Path
) -> None:
    """Good or bad, every end of a run leaves the folder of temporary files empty."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {"TMPDIR": str(temporary)}
    for arguments in (
        ["demo"],
        ["load", "events.csv"],
        ["load", "store.duckdb"],
        ["overview", "events.csv", "--range", "nonsense"],
        ["export", "events"],
        ["export", "events", "-o", "out.xlsx"],
        ["export", "events", "-o", "no/such/folder.csv"],
        ["forget", "nobody", "--yes"],
        ["unload", "9"],
    ):
        run_process(*arguments, "--store", store, env=env)
        assert list(temporary.iterdir()) == [], arguments
