"""On a real terminal (a pty), and where the environment says what one can do."""

import os
import re
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyte
import pytest
from rich.cells import cell_len

from contactrep.store import loading
from contactrep.summary import Progress
from tests.cli.conftest import AS_OF, EVENTS

if sys.platform == "win32":
    pytest.skip("there are no ptys on Windows", allow_module_level=True)
else:
    import fcntl
    import struct
    import termios

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LONG_NAME = "Bartholomew Featherstonehaugh-Cholmondeley of Mousehole " * 4
OVERVIEW = ("overview", *AS_OF, "-q")

RunProcess = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Screen:
    """What a program wrote to its terminal, to stdout where that was none, and its exit code."""

    text: str
    stdout: str
    code: int

    @property
    def lines(self) -> list[str]:
        """The lines as written, without escape codes."""
        return ESCAPE.sub("", self.text).replace("\r", "").splitlines()

    def at_last(self, width: int) -> list[str]:
        """What stands on the screen when the program has ended."""
        screen = pyte.Screen(width, 200)
        pyte.Stream(screen).feed(self.text)
        return [line.rstrip() for line in screen.display if line.strip()]


def on_terminal(
    *arguments: str | Path, width: int = 80, piped: bool = False, env: dict[str, str] | None = None
) -> Screen:
    """Run the program with a terminal of so many columns; `piped` has stdout go to a pipe."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "contactrep", *map(str, arguments)],
        stdin=theirs,
        stdout=subprocess.PIPE if piped else theirs,
        stderr=theirs,
        env={**os.environ, **(env or {})},
    )
    os.close(theirs)
    text = _read(ours)
    stdout = process.stdout.read().decode() if process.stdout else ""
    if process.stdout:
        process.stdout.close()
    code = process.wait(timeout=60)
    os.close(ours)
    return Screen(text, stdout, code)


def _read(terminal: int) -> str:
    """Everything until the last writer has closed the terminal."""
    parts = []
    while select.select([terminal], [], [], 60)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


def _on_store(store: Path, *arguments: str, **options: object) -> Screen:
    screen = on_terminal(*arguments, "--store", store, **options)  # type: ignore[arg-type]
    assert screen.code == 0, screen.text
    return screen


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("width", [60, 80, 132])
def test_a_terminal_gets_a_page_of_its_width_in_colour(store: Path, width: int) -> None:
    """Charts and colours, and no line is wider than the window."""
    screen = _on_store(store, *OVERVIEW, width=width)
    assert COLOUR.search(screen.text)
    assert "█" in screen.text or "▇" in screen.text or "▁" in screen.text
    assert width - 20 <= max(map(cell_len, screen.lines)) <= width


def test_columns_goes_before_the_window(store: Path) -> None:
    """Whoever sets COLUMNS means it."""
    screen = _on_store(store, *OVERVIEW, width=132, env={"COLUMNS": "64"})
    assert max(map(cell_len, screen.lines)) <= 64


def test_columns_may_be_any_number(store: Path) -> None:
    """A width that no terminal has takes no memory."""
    assert "Contacts Overview" in _on_store(store, *OVERVIEW, env={"COLUMNS": "9" * 12}).text


def test_no_color_leaves_the_page_and_takes_the_colours(store: Path) -> None:
    """The same page, without an escape code, its bars told apart by pattern; empty, it says nothing."""
    coloured, plain = _on_store(store, *OVERVIEW), _on_store(store, *OVERVIEW, env={"NO_COLOR": "1"})
    assert "\x1b" not in plain.text
    assert _words("\n".join(plain.lines)) == _words("\n".join(coloured.lines))
    assert "▒" in plain.text
    assert COLOUR.search(_on_store(store, *OVERVIEW, env={"NO_COLOR": ""}).text)


@pytest.mark.parametrize("said", ["0", ""])
def test_force_color_off_leaves_the_page_and_takes_the_colours(store: Path, said: str) -> None:
    """Also on a terminal, where it is the page all the same."""
    screen = _on_store(store, *OVERVIEW, env={"FORCE_COLOR": said})
    assert "\x1b" not in screen.text
    assert "▒" in screen.text


def test_a_dumb_terminal_gets_ascii_without_escape_codes(store: Path) -> None:
    """What draws is ASCII; the page is still one, with bars."""
    screen = _on_store(store, "report", *AS_OF, "-q", env={"TERM": "dumb"})
    assert "\x1b" not in screen.text
    drawn = "█▇▆▅▄▃▂▁▌▐░▒▓●○■□▲▼│─┌┐└┘├┤┬┴┼╭╮╯╰⠿"
    assert not set(drawn) & set(screen.text)
    assert "#" in screen.text
    assert screen.text.isascii()


def test_a_name_that_is_too_long_is_cut_on_a_terminal_and_whole_in_a_pipe(
    tmp_path: Path, run_process: RunProcess
) -> None:
    """A page fits its window; a pipe loses nothing."""
    file = tmp_path / "long.csv"
    file.write_text(
        f"timestamp,event,contact_id,contact_name\n2026-11-05T10:00:00Z,added,1,{LONG_NAME.strip()}\n"
    )
    asked = ("log", "added", file, *AS_OF, "-q")
    screen = on_terminal(*asked)
    assert "…" in screen.text
    assert LONG_NAME.strip() not in "".join(screen.lines)
    assert max(map(cell_len, screen.lines)) <= 80
    piped = run_process(*asked, env={"COLUMNS": "40"}).stdout
    assert LONG_NAME.strip() in piped
    assert "…" not in piped
    assert "\x1b" not in piped


def test_a_pipe_gets_plain_text_unless_colour_is_forced(store: Path, run_process: RunProcess) -> None:
    """FORCE_COLOR makes a page of it, as for `less -R`; NO_COLOR still goes before it."""
    asked = (*OVERVIEW, "--store", store)
    plain = run_process(*asked).stdout
    assert "\x1b" not in plain
    forced = run_process(*asked, env={"FORCE_COLOR": "1", "COLUMNS": "72"}).stdout
    assert COLOUR.search(forced)
    assert max(map(cell_len, ESCAPE.sub("", forced).splitlines())) <= 72
    both = run_process(*asked, env={"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "72"}).stdout
    assert "\x1b" not in both
    assert _words(both) == _words(ESCAPE.sub("", forced))


def test_a_file_gets_plain_text_even_from_a_terminal(store: Path, tmp_path: Path) -> None:
    """`-o` is no screen."""
    target = tmp_path / "overview.txt"
    _on_store(store, *OVERVIEW, "-o", str(target))
    text = target.read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert text.startswith("Contacts Overview\n")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A file whose load takes long enough for a bar to be drawn."""
    header, *rows = EVENTS.splitlines()
    path = tmp_path / "many.csv"
    path.write_text("\n".join([header, *rows * 2000]) + "\n")
    return path


@pytest.mark.parametrize(("width", "shown"), [(80, "16,000 rows\r"), (0, "16,000 rows\r"), (20, "storing: ")])
def test_progress_is_on_the_terminal_and_not_in_the_answer(
    many: Path, tmp_path: Path, width: int, shown: str
) -> None:
    """While it runs, stderr shows how far it is, in one line also where that is short or of unknown width;
    nothing of it is left, and stdout has the answer alone."""
    screen = on_terminal("load", many, "--store", tmp_path / "s.duckdb", width=width, piped=True)
    assert screen.code == 0
    assert shown in ESCAPE.sub("", screen.text)
    assert screen.at_last(width or 80) == []
    assert "\x1b" not in screen.stdout
    assert screen.stdout.splitlines()[0].startswith(f"{many}: 16,000 read = ")


def test_quiet_hides_the_progress(many: Path, tmp_path: Path) -> None:
    """`--quiet` hides the progress of a load, because it is neither a warning nor an error."""
    screen = on_terminal("load", many, "--store", tmp_path / "s.duckdb", "--quiet", piped=True)
    assert (screen.code, screen.text) == (0, "")


def test_the_cursor_stays_visible(many: Path, tmp_path: Path) -> None:
    """A load that is stopped or killed could not bring it back."""
    screen = on_terminal("load", many, "--store", tmp_path / "s.duckdb")
    assert "rows" in screen.text
    assert "\x1b[?25l" not in screen.text


def test_the_rows_of_one_file_grow_while_it_is_read() -> None:
    """They are its lines, as far as DuckDB has read them."""
    told: list[Progress] = []
    tracker = loading._Tracker(1000, told.append)
    tracker.begin(1000)
    tracker.on_bytes(1000)
    tracker.expect(50)
    for percent in (-1, 20, 60):
        tracker.on_query(percent)
    tracker.finish(48)
    assert [it.rows for it in told] == [0, 0, 10, 30, 48]


def test_a_dumb_terminal_has_no_bar(many: Path, tmp_path: Path) -> None:
    """Nothing on it could be drawn again."""
    screen = on_terminal("load", many, "--store", tmp_path / "s.duckdb", piped=True, env={"TERM": "dumb"})
    assert screen.text == ""


def test_without_a_terminal_there_is_no_progress(many: Path, tmp_path: Path, run_process: RunProcess) -> None:
    """A crontab's mail has the answer and nothing else."""
    done = run_process("load", many, "--store", tmp_path / "s.duckdb")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2


def test_notices_stay_when_the_progress_goes(tmp_path: Path) -> None:
    """What a load has to tell stands on the screen at the end."""
    file = tmp_path / "odd.csv"
    file.write_text("timestamp,event,contact_id\n2026-11-05,added,1\nyesterday,added,2\n")
    screen = on_terminal("load", file, "--store", tmp_path / "s.duckdb", width=400, piped=True)
    assert screen.at_last(400) == [
        f"Warning: {file}: 1 of 2 rows rejected (mostly: 'yesterday' is not a recognised timestamp (ISO 8601"
        " or epoch); give its format with --timestamp-format): see 'contactrep rejects'"
    ]
