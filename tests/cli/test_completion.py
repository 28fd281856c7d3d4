"""What a shell offers behind an option."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RunProcess = Callable[..., "subprocess.CompletedProcess[str]"]


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
    # bash inserts what it is given, so a value is quoted; plain words are not.
    return [shlex.split(line.split(",", 1)[1])[0] for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["overview", "--range", "last-m"], ["last-month"]),
        (["connected", "--channel", "wh"], ["WhatsApp"]),
        (["added", "--source", "contact"], ["Contact Import"]),
        (["log", "deleted", "--user", "u"], ["Ugo", "Uma", "Unknown"]),
        (["ov"], ["overview"]),
        (["log", "me"], ["merged"]),
        (
            ["check", "connected"],
            ["connected", "connected[LINE]", "connected[Unknown]", "connected[WhatsApp]"],
        ),
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


def test_a_wrong_word_is_no_error_while_completing(store: Path) -> None:
    """Neither an unknown command nor what looks like an option as a value."""
    assert _completions(store, "overvew", "--ra") == []
    assert _completions(store, "connected", "--channel=-") == []


@pytest.mark.parametrize(
    "words", [["overview", "e"], ["check", "e"], ["load", "e"], ["users", "load", "e"], ["status", "-o", "e"]]
)
def test_the_shell_is_asked_for_file_names(store: Path, words: list[str]) -> None:
    """FILES and options that take a file."""
    line = " ".join(["contactrep", *words])
    environment = {**os.environ, "_CONTACTREP_COMPLETE": "bash_complete", "COMP_WORDS": line}
    command = [sys.executable, "-m", "contactrep"]
    assert subprocess.run(command, env=environment, capture_output=True, check=True).stdout == b"file\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_the_same_by_the_variable(run_process: RunProcess, shell: str) -> None:
    """Shells that still read it by Click's variable get the safe script, too."""
    script = run_process("completion", shell).stdout
    assert "contactrep" in script
    assert run_process(env={"_CONTACTREP_COMPLETE": f"{shell}_source"}).stdout == script
