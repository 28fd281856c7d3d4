"""What a report or an export says on stderr beside its answer, to the letter, and when it is hushed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import AS_OF

Run = Callable[..., Result]

NOTHING_HERE = "Note: events of 2026-11-01 to 2026-11-05: try --as-of 2026-11-05\n"
GUARDED = (
    "Note: {} contact ids or channels begin like a formula and get a ' before them: "
    "use --raw for a file that another store is to load\n"
)


@pytest.mark.parametrize("command", ["overview", "added", "connected", "log merged", "report"])
def test_where_nothing_is_found_the_store_is_told(ask: Run, command: str) -> None:
    """Every report says which dates there are, and how to see them."""
    asked = (*command.split(), "--as-of", "2026-12-31", "--range", "today")
    assert ask(*asked).stderr == NOTHING_HERE


def test_quiet_hushes_every_notice_of_a_report(ask: Run) -> None:
    """The answer is the same, and stderr empty."""
    asked = ("added", "--as-of", "2026-11-05T09:30", "--range", "today", "--source", "brodcast")
    loud, quiet = ask(*asked), ask(*asked, "--quiet")
    assert loud.stderr.splitlines() == [
        "Note: no event has the source 'brodcast': did you mean 'Broadcast'?",
        "Note: events of 2026-11-01 to 2026-11-05: try --as-of 2026-11-05",
    ]
    assert (quiet.stdout, quiet.stderr) == (loud.stdout, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--channel whatsap", "no event has the channel 'whatsap': did you mean 'WhatsApp'?"),
        ("--user Umo", "no event has the user 'Umo': did you mean 'Uma' or 'Ugo'?"),
        ("--source qqq", "no event has the source 'qqq'"),
    ],
)
def test_an_unknown_value_is_answered_with_the_closest(ask: Run, words: str, said: str) -> None:
    """Whatever is near is named, and nothing where nothing is."""
    stderr = ask("connected", *AS_OF, "--compare", "none", *words.split()).stderr
    assert stderr == f"Note: {said}\n{NOTHING_HERE}"


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        ("2026-11-05T09:30", "1 event is later than now (2026-11-05 09:30:00+00:00) and counted"),
        ("2026-11-05T08:30", "2 events are later than now (2026-11-05 08:30:00+00:00) and counted"),
    ],
)
def test_events_to_come_are_told(ask: Run, as_of: str, said: str) -> None:
    """One event or several, later than now and within the range."""
    asked = ("overview", "--as-of", as_of, "--range", "today", "--compare", "none")
    assert ask(*asked).stderr == f"Note: {said}\n"


def test_files_without_an_event_point_to_no_load(run: Run, tmp_path: Path) -> None:
    """They were named: there is nothing to load."""
    empty = tmp_path / "empty.csv"
    empty.write_text("timestamp,event,contact_id\n")
    assert run("overview", empty).stderr == "Note: there are no events\n"


# Exports


@pytest.mark.parametrize(("kind", "rows"), [("merged", "1 row"), ("added", "4 rows"), ("events", "8 rows")])
def test_an_export_to_a_file_says_how_many_rows_it_has(
    ask: Run, tmp_path: Path, kind: str, rows: str
) -> None:
    """The line goes to stderr, for stdout is for data; on stdout there is nothing to say."""
    target = tmp_path / "rows.jsonl"
    result = ask("export", kind, "-o", target)
    assert (result.stdout, result.stderr) == ("", f"Note: {rows} written to {target}\n")
    written = target.read_text()
    quiet, piped = ask("export", kind, "-o", target, "-q"), ask("export", kind, "--format", "jsonl")
    assert (quiet.exit_code, quiet.stderr, target.read_text()) == (0, "", written)
    assert (piped.exit_code, piped.stderr, piped.stdout) == (0, "", written)


def test_ids_that_get_a_guard_are_told(run: Run, tmp_path: Path) -> None:
    """A guarded id is another id: the number of them, and what leaves them as they are."""
    file = tmp_path / "ids.csv"
    rows = (
        "added,=1,Ann,",
        "added,+60 12-3,Bo,",
        "added,3,=2+3,",
        "connected,4,Di,@home",
        "connected,-x,Ed,@home",
    )
    file.write_text(
        "timestamp,event,contact_id,contact_name,channel\n"
        + "".join(f"2026-11-05T10:00:00Z,{row}\n" for row in rows)
    )
    assert run("export", "events", file).stderr == GUARDED.format(3)
    assert run("export", "added", file).stderr == GUARDED.format(1)
    for without in (("--raw",), ("--format", "jsonl"), ("--contact", "Bo"), ("-q",)):
        result = run("export", "events", file, *without)
        assert (result.exit_code, result.stderr) == (0, "")


def test_an_export_narrowed_by_the_config_says_so(ask: Run, tmp_path: Path) -> None:
    """A backup that a config makes smaller is told, unless its filter does not apply or is dropped."""
    config = tmp_path / "config.toml"
    config.write_text('[filters]\nuser = "Uma"\n')
    given = ("export", "events", "--format", "jsonl", "--config", config)
    narrowed = ask(*given)
    assert narrowed.stderr == "Note: the filters of the config hold here too: --clear-all drops them\n"
    assert len(narrowed.stdout.splitlines()) == 3
    cleared = ask(*given, "--clear-all")
    assert (cleared.stderr, len(cleared.stdout.splitlines())) == ("", 8)
    config.write_text('[filters]\nchannel = "LINE"\n')
    whole = ask(*given)
    assert (whole.stderr, len(whole.stdout.splitlines())) == ("", 8)


def test_a_saved_sample_says_how_many_events_it_has(run: Run, tmp_path: Path) -> None:
    """The file is named, and stdout is empty."""
    target = tmp_path / "sample.jsonl.gz"
    result = run("demo", "--events", "1200", "--save", target)
    assert (result.stdout, result.stderr) == ("", f"Note: 1,200 events written to {target}\n")
