"""Completion in real shells on a pty: what is inserted is one word, and nothing of it runs."""

import os
import pty
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

CHANNELS = (
    "$(touch PWNED)",
    "`touch PWNED`",
    "Daniel O'Kettle",
    "Facebook Messenger",
    "*",
    "a;touch PWNED",
    "b&touch PWNED",
    "~root",
    "=ls",
    'say "hi"',
    "c|touch PWNED",
    "y>PWNED",
    "v\\slash",
    "{e,f}",
    "g!h",
    "i:j=k@l",
    "m#n",
    "zöße 😀",
    "p,q",
)
SHELLS = ("bash", "zsh", "fish")
_START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
_SET_UP = {
    "bash": "bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; "
    'eval "$(contactrep completion bash)"',
    "zsh": "unset zle_bracketed_paste; unsetopt beep; autoload -U compinit; compinit -u -D; "
    'eval "$(contactrep completion zsh)"',
    "fish": "contactrep completion fish | source",
}


class Shell:
    """An interactive shell in `folder`, where completing is possible."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            os.environ["PS1"] = "ready> "
            os.environ["TERM"] = "dumb" if name == "bash" else "xterm"
            os.execvp(_START[name][0], _START[name])  # noqa: S606 - the shell that is asked for
        self.name = name
        self.run(_SET_UP[name])

    def run(self, line: str, timeout: float = 20) -> None:
        """Type a line and wait until it is over."""
        self._type(f"{line}; echo > over\r")
        self._await_end(timeout)

    def completed(self, typed: str) -> list[str]:
        """Type, with the tab key for every tab, and give the words that the shell makes of the line."""
        words = self.folder / "words"
        self._type(typed)
        self._type("\x01printf '%s\\n' \x05 > words; echo > over\r")
        self._await_end(60)
        return words.read_text(encoding="utf-8").split("\n")[:-1]

    def close(self) -> None:
        """End the shell."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def _type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _await_end(self, timeout: float) -> None:
        over, until = self.folder / "over", time.monotonic() + timeout
        while not over.exists():
            assert time.monotonic() < until
            if select.select([self._terminal], [], [], 0.05)[0]:
                print(os.read(self._terminal, 65536))
        over.unlink()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of the channels, and a file whose name has a space."""
    from tests.conftest import run_command

    folder = tmp_path_factory.mktemp("shells")
    rows = [
        f'2026-11-05T10:00:00Z,connected,{number},"{channel.replace(chr(34), chr(34) * 2)}"\n'
        for number, channel in enumerate(CHANNELS)
    ]
    (folder / "my events.csv").write_text("timestamp,event,contact_id,channel\n" + "".join(rows))
    loaded = run_command(
        "load", folder / "my events.csv", "--store", folder / "s.duckdb", "--timezone", "UTC"
    )
    assert loaded.exit_code == 0, loaded.stderr
    return folder


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, folder: Path, home: Path) -> Iterator[Shell]:
    """Each shell that this machine has."""
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    os.environ["CONTACTREP_STORE"] = str(folder / "s.duckdb")
    shell = Shell(name, folder)
    yield shell
    shell.close()
    del os.environ["CONTACTREP_STORE"]


def test_a_value_is_inserted_as_one_word(shell: Shell) -> None:
    """After the option and after its `=`, whatever the value is made of, and nothing of it runs."""
    typed, words = "contactrep connected", ["contactrep", "connected"]
    for number, channel in enumerate(CHANNELS):
        first = channel[0] if channel[0].isalpha() else f"\\{channel[0]}"
        typed += f" --channel {first}\t" if number % 2 else f" --channel={first}\t"
        words += ["--channel", channel] if number % 2 else [f"--channel={channel}"]
    assert shell.completed(typed) == words
    assert not (shell.folder / "PWNED").exists()


def test_a_value_is_completed_where_a_quote_is_open(shell: Shell) -> None:
    """The quote is closed, and what acts within it is quoted as well."""
    typed = {
        "--channel 'Fa\t": "Facebook Messenger",
        '--channel "Fa\t': "Facebook Messenger",
        '--channel "D\t': "Daniel O'Kettle",
        "--channel 'D\t": "Daniel O'Kettle",
        "--channel '$\t": "$(touch PWNED)",
        '--channel "\\$\t': "$(touch PWNED)",
        '--channel "v\t': "v\\slash",
        "--channel 's\t": 'say "hi"',
        '--channel "s\t': 'say "hi"',
        "--channel Facebook\\ M\t": "Facebook Messenger",
        "--channel i:\t": "i:j=k@l",
        "--channel 'i:j=\t": "i:j=k@l",
        "--channel fA\t": "Facebook Messenger",
    }
    for start, channel in list(typed.items())[: None if shell.name == "bash" else 4]:
        got = shell.completed(f"contactrep connected {start}")
        assert got == ["contactrep", "connected", "--channel", channel]
    assert not (shell.folder / "PWNED").exists()


def test_names_of_files_are_completed(shell: Shell) -> None:
    """For FILES and for every option that takes a file, also where a name has a space."""
    typed = {
        "overview my\t": ["overview", "my events.csv"],
        "--store s.d\t": ["--store", "s.duckdb"],
        "--config=my\t": ["--config=my events.csv"],
        "-o my\\ e\t": ["-o", "my events.csv"],
        "./m\t": ["./my events.csv"],
        "--compare y\t": ["--compare", "year"],
        "--quie\t": ["--quiet"],
    }
    got = shell.completed("contactrep " + " ".join(typed))
    assert got == ["contactrep", *(word for words in typed.values() for word in words)]
