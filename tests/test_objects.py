"""Object storage and web servers: the same answers as from local files, and errors that are one line."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import contactrep
from contactrep import objects
from contactrep.errors import InputProblem, OutputProblem
from contactrep.read.parts import PartialFile
from tests.conftest import REPOSITORY
from tests.objects_server import Misbehaving, misbehaving, needs_moto, s3_server

obstore = pytest.importorskip("obstore")

Run = Callable[..., Result]
EVENTS = (
    "timestamp,event,contact_id\n"
    "2026-11-01T09:00:00Z,added,1\n2026-11-02T09:00:00Z,added,2\n2026-11-03T09:00:00Z,deleted,1\n"
)
ZONE = ("--timezone", "UTC")
RANGE = ("--range", "2026-11-01..2026-11-05", "--format", "json")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A real S3-compatible server."""
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The bucket `lake`, which is empty, and the environment that leads to it."""
    variables = {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "key-of-test",
        "AWS_SECRET_ACCESS_KEY": "secret-of-test",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    options = {"allow_http": True}
    store = obstore.store.S3Store.from_url(
        "s3://lake", region="us-east-1", endpoint=server, client_options=options
    )
    subprocess.run(["curl", "-s", "-X", "PUT", f"{server}/lake"], check=True, capture_output=True)
    for batch in obstore.list(store):
        obstore.delete(store, [meta["path"] for meta in batch])
    return store


def put(store: Any, **files: bytes | str | Path) -> None:
    """Write objects; `__` in a name is a folder, and `_` a dot."""
    for name, content in files.items():
        key = name.replace("__", "/").replace("_", ".")
        obstore.put(store, key, content.encode() if isinstance(content, str) else content)


@pytest.fixture
def web() -> Iterator[Misbehaving]:
    """A web server with the file of events."""
    with misbehaving(EVENTS.encode()) as server:
        yield server


# Object storage


@needs_moto
@pytest.mark.parametrize(
    "url", ["s3://lake/a/one.csv", "s3://lake/a/*.csv", "s3://lake/**/o*.csv", "s3://lake/a/", "s3://lake/a"]
)
def test_an_object_is_read_as_a_file_is(url: str, bucket: Any, run: Run, tmp_path: Path) -> None:
    """A name, a pattern and a folder give the same answer as the local file, and are loaded once."""
    put(bucket, a__one_csv=EVENTS, a___hidden_csv="x", a__notes_pdf="x", b__two_json="{}")
    local = tmp_path / "one.csv"
    local.write_text(EVENTS)
    assert run("overview", url, *RANGE, *ZONE).stdout == run("overview", local, *RANGE, *ZONE).stdout
    store = ("--store", tmp_path / "x.duckdb", *ZONE)
    assert "3 read = 3 loaded" in run("load", url, *store).stdout
    assert "3 read = 0 loaded + 3 duplicate" in run("load", url, *store).stdout


@needs_moto
@pytest.mark.parametrize("url", ["s3://lake/a", "s3://lake/a/", "s3://lake/a/*", "s3://lake/*/*.csv"])
def test_the_empty_object_that_marks_a_folder_is_passed_over(
    url: str, server: str, bucket: Any, run: Run, tmp_path: Path
) -> None:
    """Consoles of object storage make one for each folder: its key is that of the folder, with a slash."""
    put(bucket, a__one_csv=EVENTS)
    for folder in ("a/", "a/event=added/"):
        subprocess.run(["curl", "-s", "-X", "PUT", f"{server}/lake/{folder}"], check=True)
    assert "3 read = 3 loaded" in run("load", url, "--store", tmp_path / "x.duckdb", *ZONE).stdout


@needs_moto
@pytest.mark.parametrize(
    "name", ["h#h.csv", "q?.csv", "[1].csv", "a b+c%20d%.csv", "{x,y}.csv", "channel=LINE?.csv"]
)
def test_a_key_may_have_any_character(name: str, bucket: Any, run: Run, tmp_path: Path) -> None:
    """It is read and written under its whole name, not under the part before a # or ?."""
    for key in ("h", "q", "channel=LINE", "1.csv"):
        obstore.put(bucket, key, b"another object")
    obstore.put(bucket, name, EVENTS.encode())
    store = ("--store", tmp_path / "x.duckdb", *ZONE)
    assert f"s3://lake/{name}: 3 read = 3 loaded" in run("load", f"s3://lake/{name}", *store).stdout
    done = run("export", "events", "-o", f"s3://lake/out/{name}", *store)
    assert done.stderr == f"Note: 3 rows written to s3://lake/out/{name}\n"
    assert bytes(obstore.get(bucket, f"out/{name}").bytes()).startswith(b"timestamp,")


@needs_moto
def test_folders_with_values_are_columns(bucket: Any, run: Run) -> None:
    """`channel=LINE` on the path of an object is its channel, and a compressed object is unpacked."""
    text = "timestamp,contact_id\n2026-11-01T09:00:00Z,1\n"
    obstore.put(bucket, "h/channel=LINE/x.csv.gz", gzip.compress(text.encode()))
    obstore.put(bucket, "h/channel=Web%20Chat/y.csv", text.encode())
    obstore.put(bucket, "h/channel=a%252Fb/z.csv", text.encode())
    result = run("connected", "s3://lake/h", "--event", "connected", *RANGE, *ZONE)
    parts = json.loads(result.stdout)["breakdown"]
    assert [part["channel"] for part in parts] == ["LINE", "Web Chat", "a%2Fb"]


@needs_moto
def test_a_folder_of_a_table_is_refused(bucket: Any, run: Run) -> None:
    """Its objects have rows that the table has deleted."""
    obstore.put(bucket, "t/_delta_log/00000.json", b"{}")
    obstore.put(bucket, "t/day=1/x.csv", EVENTS.encode())
    result = run("overview", "s3://lake/t/", *RANGE, *ZONE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "Error: s3://lake/t/: it is a Delta Lake table, whose files keep deleted rows: "
    )


@needs_moto
def test_a_report_reads_a_part_of_a_parquet_object(
    bucket: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names and the rows of other days stay there; the answers are those of the local file."""
    local = tmp_path / "demo.parquet"
    assert run("demo", "--events", "600000", "--save", local, "--as-of", "2026-11-05", *ZONE).exit_code == 0
    obstore.put(bucket, "demo.parquet", local)
    fetched: list[int] = []
    part = objects.Object.part

    def counted(self: objects.Object, start: int, end: int) -> bytes | None:
        fetched.append(end - start)
        return part(self, start, end)

    monkeypatch.setattr(objects.Object, "part", counted)
    monkeypatch.setattr(objects.Object, "pieces", None)
    commands = [
        (("overview", "--range", "2026-11-01..2026-11-04"), 0.95),
        (("report", "--range", "2026-10"), 1.0),
        (("log", "deleted", "--range", "2026-11-03", "--contact", "an"), 1.0),
        (("connected", "--range", "2026-W40", "--source", "broadcast"), 1.0),
        (("added", "--range", "all", "--by", "month"), 1.0),
    ]
    for command, most in commands:
        fetched.clear()
        there = run(command[0], *command[1:], "s3://lake/demo.parquet", "--format", "json", *ZONE)
        assert there.stdout == run(command[0], *command[1:], local, "--format", "json", *ZONE).stdout
        assert 0 < sum(fetched) < most * local.stat().st_size, command
    assert there.exit_code == 0


@needs_moto
def test_an_export_goes_to_object_storage(
    bucket: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be loaded again, and nothing is written here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.csv").write_text(EVENTS)
    store = ("--store", tmp_path / "x.duckdb")
    run("load", "one.csv", *store, *ZONE)
    for name in ("all.parquet", "all.csv.gz", "all.jsonl"):
        done = run("export", "events", "-o", f"s3://lake/out/{name}", *store)
        assert done.stderr == f"Note: 3 rows written to s3://lake/out/{name}\n"
    again = run("load", "s3://lake/out/*", *store)
    assert "9 read = 0 loaded + 9 duplicate" in again.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"one.csv", "x.duckdb", ".x.duckdb.lock"}


@needs_moto
@pytest.mark.parametrize("name", ["s3://lake/a/one.csv", "s3://lake/a/*.csv", "s3://lake/a"])
def test_an_object_that_is_read_is_never_a_target(name: str, bucket: Any, run: Run) -> None:
    """An export of its additions would leave nothing else of it; another object beside it is free."""
    put(bucket, a__one_csv=EVENTS)
    done = run("export", "added", name, *ZONE, "-o", "s3://lake/a/one.csv")
    said = "cannot write s3://lake/a/one.csv: it is one of the files that are read: choose another file"
    assert (done.exit_code, done.stderr) == (1, f"Error: {said}\n")
    assert bytes(obstore.get(bucket, "a/one.csv").bytes()) == EVENTS.encode()
    with contactrep.open(files=name) as files, pytest.raises(OutputProblem, match=re.escape(said)):
        files.export("added", "s3://lake/a/one.csv")
    free = run("export", "added", name, *ZONE, "-o", "s3://lake/a/two.csv")
    assert free.stderr == "Note: 2 rows written to s3://lake/a/two.csv\n"


@needs_moto
def test_what_is_not_there_is_one_line(bucket: Any, run: Run) -> None:
    """No object, no match, no bucket; and no credentials in any message."""
    problems = {
        "s3://lake/none.csv": "no such object: check the address",
        "s3://lake/*.csv": "no object matches: check the folder and the pattern",
        "s3://nolake/x.csv": "no such bucket: check the address",
        "s3://lake/folder/": "no such object: check the address",
        "s3://lake/a//b.csv": "a key with // cannot be read: copy the object to a key without",
    }
    for url, problem in problems.items():
        result = run("overview", url)
        assert (result.exit_code, result.stderr) == (1, f"Error: {url}: {problem}\n")
    result = run("overview", "s3://user:secret@lake/x.csv?X-Amz-Signature=secret")
    assert (result.exit_code, "secret" in result.stderr) == (1, False)


@needs_moto
def test_an_object_that_changes_is_told(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found and what is read are one version, of a whole object and of its parts."""
    put(bucket, x_csv=EVENTS)
    [found] = objects.find("s3://lake/x.csv", suffixes=(".csv",))
    put(bucket, x_csv=EVENTS + "2026-11-04T09:00:00Z,added,3\n")
    with pytest.raises(InputProblem, match="it was written to while it was read"):
        list(found.pieces())
    with pytest.raises(InputProblem, match="it was written to while it was read"):
        found.part(0, 4)


@needs_moto
def test_only_parquet_has_parts(bucket: Any, tmp_path: Path) -> None:
    """A text that is called .parquet is read as what it is."""
    put(bucket, x_parquet=EVENTS)
    [found] = objects.find("s3://lake/x.parquet", suffixes=())
    assert PartialFile.of(found, tmp_path) is None


# Web servers


def test_a_file_of_a_web_server_is_read(web: Misbehaving, run: Run, tmp_path: Path) -> None:
    """The query of an address is part of the request, and never shown or stored."""
    url = f"{web.address}/events.csv?signature=secret"
    loaded = run("load", url, "--store", tmp_path / "x.duckdb", *ZONE)
    assert loaded.exit_code == 0, loaded.stderr
    assert f"{web.address}/events.csv: 3 read = 3 loaded" in loaded.stdout
    shown = loaded.stdout + loaded.stderr + run("status", "--store", tmp_path / "x.duckdb").stdout
    assert "secret" not in shown


@pytest.mark.parametrize(
    "path", ["/files/a%2Fb.csv", "/files/a%2Fb/raw?ref=x%2Fy", "/export/", "/x//a.csv", "/a+b%20c%C3%BC.csv"]
)
def test_an_address_is_asked_for_as_it_is_written(path: str, web: Misbehaving, run: Run) -> None:
    """`%2F` is no slash, a slash at the end stays, and so do two."""
    result = run("overview", web.address + path, *RANGE, *ZONE)
    assert json.loads(result.stdout)["metrics"]["added"]["count"] == 2
    assert set(web.addresses) == {path}


def test_the_version_of_a_file_may_have_a_weak_etag(web: Misbehaving, run: Run) -> None:
    """Servers must not match a weak ETag, so the answers are compared; a file that changes is told."""
    web.etag = 'W/"1"'
    result = run("overview", f"{web.address}/events.csv", *RANGE, *ZONE)
    assert json.loads(result.stdout)["metrics"]["added"]["count"] == 2, result.stderr
    web.faults += [None, None, "change"]  # type: ignore[list-item]
    told = run("overview", f"{web.address}/events.csv", *RANGE, *ZONE)
    assert told.stderr.endswith("it was written to while it was read: try again when that is done\n")


def test_a_snapshot_from_a_server_that_does_not_tell_its_time(
    web: Misbehaving, run: Run, tmp_path: Path
) -> None:
    """Without `Last-Modified`, `--at` is needed, as it is for a pipe."""
    load = ("load", "--snapshot", f"{web.address}/x.csv", "--store", tmp_path / "x.duckdb", *ZONE)
    refused = run(*load)
    assert refused.exit_code == 2
    assert refused.stderr == "Error: the time of this snapshot is unknown: give it with --at\n"
    assert run(*load, "--at", "2026-11-05").exit_code == 0


def test_an_address_among_the_files_of_a_profile_is_not_below_its_folder(
    web: Misbehaving, run: Run, tmp_path: Path
) -> None:
    """`load` without FILES reads it; a path beside it starts at the config's folder."""
    (tmp_path / "two.csv").write_text(EVENTS.replace("2026", "2025"))
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.web]\nfiles = ["{web.address}/events.csv", "two.csv"]\n')
    done = run("load", "--config", config, "--store", tmp_path / "x.duckdb", *ZONE)
    assert "2 files: 6 read = 6 loaded" in done.stdout, done.stderr
    config.write_text('[profiles.web]\nfiles = ["ftp://x/y.csv"]\n')
    done = run("load", "--config", config, "--store", tmp_path / "x.duckdb")
    assert done.stderr.startswith("Error: ftp://x/y.csv: unknown kind of address")


def test_what_fails_for_a_moment_is_asked_again(web: Misbehaving, run: Run) -> None:
    """Two answers of 503 and a transfer that is cut are no error."""
    web.faults += [503, None, 503, "cut"]  # type: ignore[list-item]
    result = run("overview", f"{web.address}/events.csv", *RANGE, *ZONE)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["metrics"]["added"]["count"] == 2


@pytest.mark.parametrize(
    ("faults", "problem"),
    [
        ([404], "no such object: check the address"),
        ([403], "access denied: check the address"),
        ([None, "change"], "it was written to while it was read: try again when that is done"),
        ([None, *["cut"] * 20], "check the address and the network"),
        (["unsized"] * 20, "the server does not say how long it is: download it first, with curl -o"),
    ],
)
def test_nothing_is_half_loaded(
    faults: list[int | str], problem: str, web: Misbehaving, run: Run, tmp_path: Path
) -> None:
    """A server that does not give the whole file leaves no store, and one line that says why."""
    web.faults += faults
    result = run(
        "load", f"{web.address}/events.csv?signature=secret", "--store", tmp_path / "x.duckdb", *ZONE
    )
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {web.address}/events.csv: ")
    assert result.stderr.endswith(f"{problem}\n")
    assert result.stderr.count("\n") == 1
    assert "secret" not in result.stderr
    assert not (tmp_path / "x.duckdb").exists()


def test_a_server_that_is_not_there_is_one_line(run: Run) -> None:
    """It takes a few seconds, not minutes."""
    result = run("overview", "http://127.0.0.1:1/events.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: http://127.0.0.1:1/events.csv: ")
    assert result.stderr.endswith(": check the address and the network\n")


def test_a_web_server_is_never_written_to(run: Run, tmp_path: Path) -> None:
    """The message does not repeat a password."""
    result = run("export", "added", "-o", "https://ada:secret@example.com/x.csv", "--store", tmp_path / "x")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: cannot write https://example.com/x.csv: web servers are only read: use s3://, gs:// or az://\n"
    )


def test_ctrl_c_ends_a_request_that_hangs(web: Misbehaving) -> None:
    """A server that says nothing does not hold the program."""
    web.faults.append("stall")
    command = [sys.executable, "-m", "contactrep", "overview", f"{web.address}/events.csv"]
    with subprocess.Popen(command, cwd=REPOSITORY) as program:
        while not web.requests:
            time.sleep(0.05)
        time.sleep(0.2)
        program.send_signal(signal.SIGINT)
        assert program.wait(10) == 130


# Without a server


def test_without_obstore_the_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading and writing say how to install it."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    needed = "needs obstore: install it with python -m pip install 'contactrep[cloud]'\n"
    assert run("overview", "s3://lake/x.csv").stderr == f"Error: s3://lake/x.csv {needed}"
    assert run("export", "added", "-o", "s3://lake/x.csv").stderr == f"Error: s3://lake/x.csv {needed}"


def test_obstore_is_imported_only_for_a_url() -> None:
    """Local files cost nothing more."""
    code = "import contactrep.cli.program, contactrep.workspace, sys; print('obstore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("s3://b/k", True),
        ("GS://b/k", True),
        ("az://c/k", True),
        ("https://h/f", True),
        ("ftp://h/f", False),
        ("s3:/b/k", False),
    ],
)
def test_what_is_a_url(text: str, kind: bool) -> None:
    """Other schemes are none, and a path is none."""
    assert objects.is_url(text) is kind


def test_a_url_survives_as_a_path() -> None:
    """A path loses one of two slashes, and the URL gets it back."""
    assert objects.url_of(Path("s3://bucket/a/b.csv")) == "s3://bucket/a/b.csv"
    assert objects.url_of(Path("/s3:/bucket/b.csv")) is None
    assert objects.url_of(Path("a/b.csv")) is None


def test_an_unknown_address_names_those_that_are_known(run: Run) -> None:
    """A database or an FTP server is no place to read from."""
    result = run("overview", "ftp://host/x.csv")
    assert result.stderr == (
        "Error: ftp://host/x.csv: unknown kind of address: use s3, gs, az, http or https\n"
    )


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://[::1/x.csv", "http://[::1/x.csv: its host is not valid: check the address"),
        ("https://me:secret@[x]/a?k=secret", "https://[x]/a: its host is not valid: check the address"),
        ("s3:///x.csv", "s3:///x.csv: the address has no bucket or host: give the full address"),
    ],
)
def test_an_address_without_a_valid_host_is_one_line(url: str, problem: str, run: Run) -> None:
    """Wherever it is given, and without credentials."""
    assert run("overview", url).stderr == f"Error: {problem}\n"
    if "host is" in problem:
        assert run("export", "events", "-o", url).stderr == f"Error: {problem}\n"


def test_the_profile_of_aws_gives_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are read as AWS's own tools read them; keys in the environment come first."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id = k\naws_secret_access_key = s%\n")
    (tmp_path / "config").write_text("[profile work]\nregion = eu-central-1\nendpoint_url = http://h:1\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert objects._aws_settings() == {"region": "us-east-1"}
    monkeypatch.setenv("AWS_PROFILE", "work")
    place = {"region": "eu-central-1", "endpoint": "http://h:1"}
    assert objects._aws_settings() == {"access_key_id": "k", "secret_access_key": "s%", **place}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    assert objects._aws_settings() == place
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://h:2")
    assert objects._aws_settings() == {**place, "endpoint": "http://h:2"}


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        ("a/*.csv", "a/x.csv", True),
        ("a/*.csv", "a/b/x.csv", False),
        ("a/*.csv", "a/.x.csv", False),
        ("**/*.csv", "x.csv", True),
        ("**/*.csv", "a/b/x.csv", True),
        ("**/*.csv", ".a/x.csv", False),
        ("a/**", "a/b/x.csv", True),
        ("a/?.csv", "a/xy.csv", False),
        ("a/[xy].csv", "a/y.csv", True),
    ],
)
def test_a_pattern_matches_as_for_files(pattern: str, key: str, matches: bool) -> None:
    """`*` stays within a folder and `**` does not; hidden names have to be named."""
    assert objects._matches(key.split("/"), pattern.split("/")) is matches
