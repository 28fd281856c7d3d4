"""Addresses of tables and folders on a cluster, without any cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import Result

from contactrep.cluster import ClusterFolder, ClusterTable
from contactrep.errors import UsageProblem

Run = Callable[..., Result]

SECRET = "hunter2"  # noqa: S105 - what must not be shown
ADDRESS = f"sc://127.0.0.1:1/lake.events;token={SECRET};use_ssl=true"


@pytest.mark.parametrize(
    ("text", "shown", "url"),
    [
        ("sc://h/events", "sc://h:15002/events", "sc://h:15002/"),
        ("sc://h:7/cat.sch.events;unique=true", "sc://h:7/cat.sch.events;unique=true", "sc://h:7/"),
        ("sc://[::1]:7/t;day=day", "sc://[::1]:7/t;day=day", "sc://[::1]:7/"),
        ("sc://h/parquet:s3a://lake/e/", "sc://h:15002/parquet:s3a://lake/e/", "sc://h:15002/"),
        ("sc://h/t;token=a%3Db;x-key=cipher", "sc://h:15002/t", "sc://h:15002/;token=a%3Db;x-key=cipher"),
        ("sc://h/t;token=a=b", "sc://h:15002/t", "sc://h:15002/;token=a%3Db"),
        ("sc://h/t;use_ssl=true", "sc://h:15002/t;use_ssl=true", "sc://h:15002/;use_ssl=true"),
    ],
)
def test_an_address_is_shown_without_credentials(text: str, shown: str, url: str) -> None:
    """What is passed on to Spark Connect is complete; what is shown has our own parameters and use_ssl."""
    table = ClusterTable.parse(text)
    assert (str(table), table.url) == (shown, url)
    assert not any(secret in f"{table} {table!r}" for secret in table.secrets)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sc://h", "sc://h: the table is missing"),
        ("sc://h:1/", "the table is missing"),
        ("sc://h:x/t", "the host or its port is no such thing"),
        ("sc:///t", "the host or its port is no such thing"),
        (f"sc://u:{SECRET}@h/t", "takes no user"),
        (f"sc://h/t;token={SECRET};token", "must be name=value"),
        (f"sc://h/t;token={SECRET};unique=yes", "unique is true or false, not 'yes'"),
        (f"sc://h/t;token={SECRET};day=", "day needs the name of a column"),
        ("sc://h/a b", "'a b' is not a table"),
        ("sc://h/t`x", "is not a table"),
        ("sc://h/parquet:", "is not a table"),
    ],
)
def test_a_wrong_address_is_told_without_credentials(text: str, said: str) -> None:
    """The message says what is wrong and what would be right."""
    with pytest.raises(UsageProblem) as caught:
        ClusterTable.parse(text)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "form"),
    [
        ("s3a://lake/x", "s3a://lake/x", None),
        ("hdfs:///x/y", "hdfs:///x/y", None),
        ("file:///x", "file:///x", None),
        ("parquet:/lake/x", "/lake/x", "parquet"),
        ("csv:gs://lake/x", "gs://lake/x", "csv"),
    ],
)
def test_a_folder_of_a_cluster_keeps_what_was_typed(text: str, place: str, form: str | None) -> None:
    """A path alone would lose a slash."""
    folder = ClusterFolder.of(text)
    assert folder is not None
    assert (str(folder), folder.place, folder.form) == (text, place, form)


@pytest.mark.parametrize("text", ["x.csv", "/a:/b", "s3://bucket/x", "gs://b/x", "C:/x", "./s3a:/x", "-"])
def test_other_paths_are_none(text: str) -> None:
    """Local paths, and what this machine writes itself."""
    assert ClusterFolder.of(text) is None


@pytest.mark.parametrize(
    "command",
    [
        ["load", "x.csv"],
        ["unload", "last"],
        ["forget", "1"],
        ["rejects"],
        ["users", "load", "users.csv"],
    ],
    ids=" ".join,
)
def test_a_table_is_read_only(run: Run, command: list[str]) -> None:
    """What would change a store says so in one line, with no connection made."""
    result = run(*command, "--store", ADDRESS)
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: sc://127.0.0.1:1/lake.events;use_ssl=true is read only: a store to load into is a file:"
        " see --store\n"
    )


def test_a_table_needs_a_time_zone(run: Run) -> None:
    """Nothing is guessed, and the message says what every command takes: `status` has no --timezone."""
    for command in (["overview"], ["status"], ["users", "list"]):
        result = run(*command, "--store", ADDRESS)
        assert result.exit_code == 2
        assert (
            "has no time zone of its own: set timezone in the config or CONTACTREP_TIMEZONE" in result.stderr
        )
        assert SECRET not in result.output


def test_an_address_may_stand_in_the_environment_and_the_config(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both go the way of the option."""
    path = config(tmp_path, f'store = "{ADDRESS}"')
    monkeypatch.setenv("CONTACTREP_TIMEZONE", "UTC")
    assert "sc://127.0.0.1:1/lake.events" in run("rejects", "--config", path).stderr
    monkeypatch.setenv("CONTACTREP_STORE", ADDRESS)
    assert "sc://127.0.0.1:1/lake.events" in run("rejects").stderr
    assert SECRET not in run("rejects").output + run("rejects", "--config", path).output


def test_the_named_ranges_need_no_table(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of the zone that reports would have."""
    monkeypatch.setenv("CONTACTREP_STORE", ADDRESS)
    assert run("ranges", "--timezone", "Asia/Tokyo").exit_code == 0
    assert run("ranges").exit_code == 0


def config(folder: Path, *lines: str) -> Path:
    """A config with a time zone."""
    path = folder / "config.toml"
    path.write_text("\n".join(['timezone = "UTC"', *lines]))
    return path


def test_a_folder_of_a_cluster_needs_a_table(run: Run, tmp_path: Path) -> None:
    """A store writes local files; a report none at all on a cluster."""
    store = tmp_path / "s.duckdb"
    events = tmp_path / "e.csv"
    events.write_text("timestamp,event,contact_id\n2026-11-05T10:00:00Z,added,1\n")
    run("load", "--store", store, "--timezone", "UTC", events)
    for address in ("s3a://lake/x", "file:///tmp/x.csv", "parquet:x"):
        said = run("export", "events", "--store", store, "-o", address)
        assert (said.exit_code, said.stderr) == (
            1,
            f"Error: cannot write {address}: name a local file by its path, or an object (s3://, gs://, az://);"
            " other addresses need --store sc://HOST:PORT/TABLE\n",
        )


@pytest.mark.parametrize("address", ["s3://lake/x.csv", "https://h/x.csv", "file:///tmp/x.csv", "parquet:x"])
@pytest.mark.parametrize(
    "words", [("overview",), ("report", "none.csv"), ("load", "none.csv"), ("users", "list"), ("rejects",)]
)
def test_only_an_export_writes_to_addresses(
    run: Run, tmp_path: Path, words: Sequence[str], address: str
) -> None:
    """Other commands refuse one before they do anything, and show no password."""
    said = run(*words, "--store", tmp_path / "none.duckdb", "-o", address.replace("//h", "//u:secret@h"))
    assert (said.exit_code, said.stdout, said.stderr) == (
        1,
        "",
        f"Error: cannot write {address}: only 'contactrep export' writes to addresses: name a local file\n",
    )


def test_days_are_folders(run: Run, tmp_path: Path) -> None:
    """`--partition-by day` makes the layout of a lake, by UTC day, which a load reads back."""
    events = tmp_path / "e.csv"
    events.write_text(
        "timestamp,event,contact_id\n2026-11-05T10:00:00Z,added,1\n2026-11-05T23:30:00Z,added,2\n"
        "2026-11-06T00:00:00Z,deleted,1\n"
    )
    store, folder, copy = tmp_path / "s.duckdb", tmp_path / "days", tmp_path / "copy.duckdb"
    run("load", "--store", store, "--timezone", "Asia/Tokyo", events)
    done = run("export", "events", "--store", store, "-o", folder, "--partition-by", "day")
    assert (done.exit_code, done.stderr) == (0, f"Note: 3 rows written to {folder}\n")
    assert sorted(path.name for path in folder.iterdir()) == ["day=2026-11-05", "day=2026-11-06"]
    assert run("load", "--store", copy, "--timezone", "Asia/Tokyo", folder).exit_code == 0
    ask = ("export", "events", "--raw")
    assert run(*ask, "--store", copy).stdout == run(*ask, "--store", store).stdout


def test_a_folder_is_made_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    """What is there stays, and nothing else is left beside it."""
    store, folder = tmp_path / "s.duckdb", tmp_path / "days"
    events = tmp_path / "e.csv"
    events.write_text("timestamp,event,contact_id\n2026-11-05T10:00:00Z,added,1\n")
    run("load", "--store", store, "--timezone", "UTC", events)
    folder.mkdir()
    (folder / "mine").write_text("x")
    before = sorted(tmp_path.iterdir())
    for options in (["-o", folder], ["-o", tmp_path / "no" / "days"], ["-o", folder, "--format", "csv"], []):
        result = run("export", "events", "--store", store, "--partition-by", "day", *options)
        assert result.exit_code in (1, 2)
        assert result.stderr.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
    assert [path.name for path in folder.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("options", "known"),
    [
        ("-o csv:x --partition-by day", "Parquet files, not csv"),
        ("-o x --partition-by day --format csv", "Parquet files, not csv"),
        ("-o s3a://lake/x.jsonl", "Parquet or CSV files, not jsonl"),
    ],
)
def test_the_format_of_a_folder_is_refused_with_one_that_it_can_have(
    run: Run, options: str, known: str
) -> None:
    """Also where the address, and no `--format`, names the format."""
    refused = run("export", "events", *options.split())
    said = f"Error: a folder has {known}: use --format parquet\n"
    assert (refused.exit_code, refused.stderr) == (2, said)
