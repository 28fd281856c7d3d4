"""`contactrep users list` shows what `users load` has read."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_the_list_is_what_was_loaded_last_by_id(ask: Run, tmp_path: Path) -> None:
    """Ids are text; each list replaces the one before; a store starts without one."""
    assert ask("users", "list", "--format", "csv").stdout == "id,name\n"
    file = tmp_path / "users.csv"
    for rows in ("u9,Old\n", 'u2,"Ugo, the second"\n00124,Uma\n'):
        file.write_text(f"id,name\n{rows}")
        assert ask("users", "load", file).exit_code == 0
    listed = ask("users", "list", "--format", "csv")
    assert (listed.stdout, listed.stderr) == ('id,name\n00124,Uma\nu2,"Ugo, the second"\n', "")
    shown = json.loads(ask("users", "list", "--format", "json").stdout)
    assert (shown["total"], shown["rows"][0]) == (2, {"id": "00124", "name": "Uma"})


@pytest.mark.parametrize(
    ("name", "data", "options"),
    [
        ("users.csv", "id,name\nu1,René\n".encode("cp1252"), ["--encoding", "cp1252"]),
        ("users.csv", "Our users\nid,name\nu1,René\n".encode(), ["--skip-lines", "1"]),
        ("users.json", '{"items":[{"id":"u1","name":"René"}]}'.encode(), ["--records", "items"]),
    ],
)
def test_how_a_list_is_read(ask: Run, tmp_path: Path, name: str, data: bytes, options: list[str]) -> None:
    """The options that its errors name are there."""
    file = tmp_path / name
    file.write_bytes(data)
    assert ask("users", "load", file).exit_code == 1
    assert ask("users", "load", file, *options).exit_code == 0
    assert ask("users", "list", "--format", "csv").stdout == "id,name\nu1,René\n"


def test_a_value_that_is_no_text_is_told_without_options_of_load(ask: Run, tmp_path: Path) -> None:
    """`users load` has no --map: the advice for the columns of events would fail here."""
    file, table = tmp_path / "users.json", tmp_path / "users.parquet"
    file.write_text('{"id": "u1", "name": ["René"]}')
    duckdb.execute(f"COPY (SELECT {{'a': 1}} AS id, 'René' AS name) TO '{table}'")
    assert ask("users", "load", file).stderr == (
        f"Error: {file}: line 1: name is an object or a list; a text or number is needed: write it as text;"
        " the list of users is unchanged\n"
    )
    told = "column 'id' holds struct values, but id needs a text or a number: write it as text"
    assert ask("users", "load", table).stderr == f"Error: {table}: {told}\n"


def test_a_list_can_be_loaded_again(ask: Run, tmp_path: Path) -> None:
    """A text that looks like a formula survives with --raw."""
    file, copy = tmp_path / "users.csv", tmp_path / "copy.csv"
    file.write_text("id,name\nu1,=Uma\n")
    assert ask("users", "load", file).exit_code == 0
    assert ask("users", "list", "--raw", "-o", copy).exit_code == 0
    assert copy.read_text() == file.read_text()
