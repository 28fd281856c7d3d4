"""What a shell offers behind an option."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def _completions(store: Path | None, *words: str) -> list[str]:
    line = " ".join(["contactrep", *words])
    environment = {
        **os.environ,
        "_CONTACTREP_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words)),
    }
    if store is not None:
        environment["CONTACTREP_STORE"] = str(store)
    script = "from contactrep.cli import main; main(prog_name='contactrep')"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return [line.split(",", 1)[1] for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["overview", "--range", "last-m"], ["last-month"]),
        (["connected", "--channel", "wh"], ["WhatsApp"]),
        (["added", "--source", "contact"], ["Contact Import"]),
        (["log", "deleted", "--user", "u"], ["Ugo", "Uma", "Unknown"]),
        (["ov"], ["overview"]),
        (["log", "me"], ["merged"]),
    ],
)
def test_presets_sources_channels_and_users_are_completed(
    store: Path, words: list[str], offered: list[str]
) -> None:
    """What is offered comes from the program or, for names, from the store."""
    found = _completions(store, *words)
    assert found == offered


def test_without_a_store_there_is_nothing_to_offer(tmp_path: Path) -> None:
    """A shell's line is no place for errors."""
    assert _completions(tmp_path / "none.duckdb", "connected", "--channel", "wh") == []
