"""`contactrep forget`: it asks first, says what went, and what it cannot reach."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

NOTE = "Note: later loads skip this contact; your files still contain it: delete it there, too\n"


def test_with_yes_it_is_done(ask: Run, store: Path) -> None:
    """What went is counted, and the reader is told what the program cannot reach."""
    done = ask("forget", "1", "--yes")
    assert done.exit_code == 0
    assert done.stdout == f"Removed 2 events and 0 rejects of contact 1 from {store}\n"
    assert done.stderr == NOTE
    log = ask("log", "added", "--range", "all").stdout
    assert "Bo Bell" in log
    assert "Ada" not in log
    again = ask("forget", "1", "--yes")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == f"Error: no contact '1' in {store}; ids must match exactly, including case\n"


def test_as_json(ask: Run, store: Path) -> None:
    """The same for programs."""
    assert json.loads(ask("forget", "2", "--yes", "--format", "json").stdout) == {
        "schema": 1,
        "store": str(store),
        "contact_id": "2",
        "events": 3,
        "rejects": 0,
    }


def test_rejects_go_with_the_events(ask: Run, store: Path, tmp_path: Path) -> None:
    """A row that was refused is about the contact as much as one that was taken in."""
    path = tmp_path / "more.csv"
    path.write_text(
        "timestamp,event,contact_id,contact_name\nnever,added,4,Dee\nnever,added,44,Eve\n2026,x,1,F\n"
    )
    assert "all 3 rows are invalid" in ask("load", path).stderr
    assert ask("forget", "4", "--yes").stdout.startswith("Removed 1 event and 1 reject of contact 4 from")
    left = ask("rejects").stdout
    assert "Dee" not in left
    assert "Eve" in left


def test_a_forgotten_contact_is_skipped_until_that_is_undone(ask: Run, store: Path, tmp_path: Path) -> None:
    """The account of a load names the skipped events, in its sentence and in its JSON."""
    path = tmp_path / "more.csv"
    path.write_text(
        "timestamp,event,contact_id\n2026-11-06,added,1\n2026-11-06,added,1\n2026-11-06,added,9\n"
    )
    assert ask("forget", "1", "--yes").exit_code == 0
    assert ask("load", path).stdout.startswith(
        f"{path}: 3 read = 1 loaded + 0 duplicate + 0 rejected + 2 skipped\nLoad 2 into "
    )
    answer = json.loads(ask("load", path, "--format", "json").stdout)
    assert answer["files"][0]["skipped"] == answer["total"]["skipped"] == 2
    undone = ask("forget", "1", "--undo")
    assert (undone.exit_code, undone.stdout) == (0, f"Later loads into {store} take contact 1 again\n")
    assert undone.stderr == (
        "Note: files loaded before 'forget' bring this contact back only with 'contactrep load --again'\n"
    )
    assert ask("load", path).stdout.startswith(f"{path}: 3 read = 1 loaded + 2 duplicate + 0 rejected\n")
    assert ask("forget", "1", "--undo").exit_code == 1


def test_an_undone_forgetting_as_json(ask: Run, store: Path) -> None:
    """The same for programs."""
    assert ask("forget", "1", "--yes", "-q").exit_code == 0
    assert json.loads(ask("forget", "1", "--undo", "--format", "json").stdout) == {
        "schema": 1,
        "store": str(store),
        "contact_id": "1",
        "forgotten": False,
    }


def test_where_nobody_can_be_asked_yes_is_needed(ask: Run, store: Path) -> None:
    """A cron job must say that it means it."""
    before = store.read_bytes()
    done = ask("forget", "1")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == ("Error: this cannot be undone: add --yes to run without a terminal\n")
    assert store.read_bytes() == before


def test_an_unknown_contact(ask: Run, store: Path) -> None:
    """It is said in one line that names nobody else."""
    done = ask("forget", "Ada", "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (f"Error: no contact 'Ada' in {store}; ids must match exactly, including case\n")


def test_an_id_that_looks_like_an_option(run: Run, store: Path, tmp_path: Path) -> None:
    """After two dashes every id can be written."""
    path = tmp_path / "more.csv"
    path.write_text("timestamp,event,contact_id\n2026-11-05,added,-1\n2026-11-05,added,--yes\n")
    assert run("load", path, "--store", store).exit_code == 0
    for contact_id in ("-1", "--yes"):
        done = run("forget", "--yes", "--store", store, "--", contact_id)
        assert done.exit_code == 0
        assert done.stdout == f"Removed 1 event and 0 rejects of contact {contact_id} from {store}\n"


def test_an_id_of_control_characters_acts_on_no_terminal(ask: Run, tmp_path: Path) -> None:
    """The id is data, in the answer too."""
    path = tmp_path / "odd.csv"
    path.write_text("timestamp,event,contact_id\n2026-11-05T10:00:00Z,added,\x1b[31m9\n")
    assert ask("load", path).exit_code == 0
    done = ask("forget", "\x1b[31m9", "--yes")
    assert done.stdout.startswith("Removed 1 event and 0 rejects of contact ")
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.skipif(os.name == "nt", reason="POSIX terminals")
@pytest.mark.parametrize(
    ("answer", "code", "said", "left"),
    [
        (b"y\n", 0, NOTE, 6),
        (b"n\n", 1, "Error: nothing was removed: the answer was no\n", 8),
        (b"\n", 1, "Error: nothing was removed: the answer was no\n", 8),
        (
            b"\x04",
            1,
            "\nError: nothing was removed, because there was no answer: add --yes to skip the question\n",
            8,
        ),
    ],
)
def test_on_a_terminal_it_asks(ask: Run, store: Path, answer: bytes, code: int, said: str, left: int) -> None:
    """The question says what would go; only a yes removes it."""
    ours, theirs = os.openpty()
    os.write(ours, answer)
    done = subprocess.run(
        [sys.executable, "-m", "contactrep", "forget", "1", "--store", str(store)],
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    for descriptor in (ours, theirs):
        os.close(descriptor)
    assert done.returncode == code
    assert "Permanently remove 2 events and 0 rejects of contact 1? [y/N]: " in done.stderr + done.stdout
    assert done.stderr.endswith(said)
    status = json.loads(ask("status", "--format", "json").stdout)
    assert sum(status["events"].values()) == left
