"""`rejects`: every rejected record, in order, however many there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from click.testing import Result

from contactrep.questions import holdings

Run = Callable[..., Result]


@pytest.mark.parametrize("at_once", [1, 100, 16_000_000])
def test_rejects_come_by_file_and_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """However many texts are sorted at once, the order is the same, and no record is missing or repeated."""
    monkeypatch.setattr(holdings, "_SORTED_AT_ONCE", at_once)
    expected: list[tuple[str, str, str]] = []
    for name in ("b.csv", "a.csv"):
        lines = [f"bad,added,{name}{number},{'x' * (number * 37 % 90)}" for number in range(40)]
        (tmp_path / name).write_text(
            "\n".join(["timestamp,event,contact_id,contact_name", "2026-11-05,added,1,", *lines]), "utf-8"
        )
        expected[:0] = [(str(tmp_path / name), str(number), raw) for number, raw in enumerate(lines, start=3)]
    store = ("--store", tmp_path / "s.duckdb")
    run("load", tmp_path / "b.csv", tmp_path / "a.csv", "--timezone", "UTC", "--max-rejects", "100%", *store)
    shown = run("rejects", *store).stdout.splitlines()[1:]
    assert [(line.split("\t")[0], line.split("\t")[1], line.split("\t")[3]) for line in shown] == expected


def test_a_page_gives_the_command_for_the_other_rejects(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command reads the same store, also one of `--store`, and writes to a file that does not exist."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(
        "timestamp,event,contact_id\n2026-11-05,added,1\n" + "x,added,2\n" * 1001, "utf-8"
    )
    Path("rejects.csv").write_text("mine", "utf-8")
    run("load", "a.csv", "--timezone", "UTC", "--max-rejects", "100%", "--store", "s 1.duckdb")
    page = run("rejects", "--store", "s 1.duckdb", "--format", "html").stdout
    (command,) = re.findall("<code>(.*)</code>", page)
    words = shlex.split(unescape(command))
    assert words == ["contactrep", "rejects", "--store", "s 1.duckdb", "-o", "all-rejects.csv"]
    run(*words[1:])
    assert len(Path("all-rejects.csv").read_text("utf-8").splitlines()) == 1002
