"""What a report or an export says on stderr beside its answer, to the letter, and when it is hushed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import AS_OF

Run = Callable[..., Result]

NOT_APPLICABLE = "The selected filter(s) are not applicable here: channel"
GUARDED = (
    "Note: {} ids or channels begin like a formula and get a ' before them: "
    "use --raw for a file that another store is to load\n"
)


@pytest.mark.parametrize(
    ("command", "day"),
    [
        ("overview", 5),
        ("added", 5),
        ("connected", 3),
        ("log deleted", 4),
        ("log merged", 5),
        ("report", 5),
        ("report --channel LINE", 3),
    ],
)
def test_where_nothing_is_found_the_store_is_told(ask: Run, command: str, day: int) -> None:
    """Every report says which dates have events, and advises the last day on which it has events itself."""
    asked = (*command.split(), "--range", "today", "--as-of")
    hint = f"Note: the data covers 1 – 5 Nov 2026: try --as-of 2026-11-0{day}\n"
    assert ask(*asked, "2026-12-31").stderr == hint
    assert "the data covers" not in ask(*asked, f"2026-11-0{day}").stderr


def test_quiet_hushes_every_notice_of_a_report(ask: Run) -> None:
    """The answer is the same, and stderr empty."""
    asked = ("added", "--as-of", "2026-11-05T09:30", "--range", "today", "--source", "brodcast")
    loud, quiet = ask(*asked), ask(*asked, "--quiet")
    assert loud.stderr.splitlines() == [
        "Note: no event has the source 'brodcast': did you mean 'Broadcast'?",
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
    assert stderr == f"Note: {said}\n"


@pytest.mark.parametrize("form", ["html", "svg", "eml"])
def test_the_name_of_a_file_keeps_its_first_letter(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """A notice begins with a capital letter where nobody sees stderr, unless it begins with a name."""
    monkeypatch.chdir(tmp_path)
    Path("days.csv").write_text("timestamp,event,contact_id,note\n2026-11-04,added,1,x\n", "utf-8")
    asked = ("overview", "days.csv", "--range", "2026-11-04", "--timezone", "UTC")
    page = run(*asked, "--format", form).stdout
    assert "days.csv: columns not used: note" in page
    assert "The data starts on 4 Nov 2026" in page


def test_a_suggested_value_can_be_typed(run: Run, tmp_path: Path) -> None:
    """A backslash in it, as in the users of a domain, is written once."""
    path = tmp_path / "a.csv"
    path.write_text(
        "timestamp,event,contact_id,user_name,source\n2026-11-04,added,1,CORP\\ana,A\\b\n", "utf-8"
    )
    asked = (path, "--range", "all", "--timezone", "UTC")
    assert (
        r"the user 'CORP\anna': did you mean 'CORP\ana'?"
        in run("added", *asked, "--user", r"CORP\anna").stderr
    )
    assert r"the source 'A\c': did you mean 'A\b'?" in run("check", r"added[A\c] > 0", *asked).stderr


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        ("2026-11-05T09:30", "1 event is in the future and is included"),
        ("2026-11-05T08:30", "2 events are in the future and are included"),
    ],
)
def test_events_to_come_are_told(ask: Run, as_of: str, said: str) -> None:
    """One event or several, later than now and within the range."""
    asked = ("overview", "--as-of", as_of, "--range", "today", "--compare", "none")
    assert ask(*asked).stderr == f"Note: {said}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--range today", "the data covers 1 – 5 Nov 2026: try --as-of 2026-11-05"),
        ("--range last-3-days..today", "the data covers 1 – 5 Nov 2026: try --as-of 2026-11-05"),
        ("--range 2025-01", "the data covers 1 – 5 Nov 2026"),
        ("--range 2027", "the data covers 1 – 5 Nov 2026"),
        ("--range 2025-01..2025-02", "the data covers 1 – 5 Nov 2026"),
        ("--range today --as-of 2020-01-01", "the data covers 1 – 5 Nov 2026"),
        ("--range 2026-11-01 --source broadcast", "the data covers 1 – 5 Nov 2026"),
        ("--range today --source nobody", "no event has the source 'nobody'"),
        ("--range today --contact nobody", "no event has the contact 'nobody'"),
        ("--range all --contact nobody", "no event has the contact 'nobody'"),
        ("--range all --source zapier --source broadcast", "no event has the source 'zapier'"),
    ],
)
def test_a_hint_says_only_what_helps(ask: Run, words: str, said: str) -> None:
    """`--as-of` where today alone made the range too late; no dates where no range would have data."""
    command = ("connected" if "nobody" in words else "overview", "--compare", "none", *words.split())
    if "--as-of" not in words:
        command += ("--as-of", "2026-12-31")
    assert ask(*command).stderr == f"Note: {said}\n"


@pytest.mark.parametrize(
    ("words", "as_of"),
    [
        ("last-7-days", "2026-11-05"),
        ("this-quarter", "2026-11-05"),
        ("last-1-days --exclude-today", "2026-11-06"),
        ("yesterday", "2026-11-06"),
        ("last-week", "2026-11-12"),
        ("last-month", "2026-12-05"),
        ("last-quarter", "2027-02-05"),
        ("last-year", "2027-11-05"),
        ("last-3-days..yesterday", "2026-11-06"),
    ],
)
def test_the_day_of_a_hint_shows_data(ask: Run, words: str, as_of: str) -> None:
    """Also with a range that ends before today: the last event's day would then be left out."""
    command = ("log", "added", "--range", *words.split(), "--as-of")
    for late in ("2029-12-31", "2030-01-01T00:00"):
        assert ask(*command, late).stderr == f"Note: the data covers 1 – 5 Nov 2026: try --as-of {as_of}\n"
    shown = ask(*command, as_of)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "2026-11-05" in shown.stdout


def test_an_unknown_contact_beside_a_known_one_is_told(ask: Run) -> None:
    """Another range would have data of the known one; with more than five values none is looked for."""
    asked = ("log", "added", "--range", "2025", "--contact", "Bo", "--contact", "nobody")
    days = "Note: the data covers 1 – 5 Nov 2026"
    assert ask(*asked).stderr.splitlines() == ["Note: no event has the contact 'nobody'", days]
    many = [word for place in range(4) for word in ("--contact", f"x{place}")]
    assert ask(*asked, *many).stderr.splitlines() == [days]


def test_an_incomplete_comparison_is_told(ask: Run) -> None:
    """The data starts later than the compared range."""
    said = ask("overview", *AS_OF).stderr
    assert said == "Note: the data starts on 1 Nov 2026, so the previous period is incomplete\n"


def test_unknown_contacts_are_among_the_five(ask: Run) -> None:
    """The answered values of all filters are five at the most."""
    values = [
        word for place in range(3) for name in ("source", "contact") for word in (f"--{name}", f"x{place}")
    ]
    lines = ask("added", *AS_OF, "--compare", "none", *values).stderr.splitlines()
    assert lines == [
        *(f"Note: no event has the source 'x{place}'" for place in range(3)),
        *(f"Note: no event has the contact 'x{place}'" for place in range(2)),
        "Note: no event has these filter values either: x2",
    ]


@pytest.mark.parametrize("name", ["channel", "user", "source", "contact"])
def test_an_empty_filter_value_is_a_usage_error(ask: Run, name: str) -> None:
    """As of a variable that is not set."""
    result = ask("overview", f"--{name}", "")
    assert result.exit_code == 2
    assert f"Error: --{name} is empty: give it a value, or leave it out" in result.stderr


def test_many_unknown_values_are_few_lines(ask: Run) -> None:
    """Five are answered with what is near; of the others ten are named and the rest counted."""
    values = [word for place in range(1000) for word in ("--source", f"x{place}")]
    lines = ask("added", *AS_OF, "--compare", "none", *values).stderr.splitlines()
    assert lines == [
        *(f"Note: no event has the source 'x{place}'" for place in range(5)),
        "Note: no event has these filter values either: x5, x6, x7, x8, x9, x10, x11, x12, x13, x14 "
        "and 985 more",
    ]


@pytest.mark.parametrize(
    ("words", "head", "said"),
    [
        (
            "overview",
            "metric,count,previous,change",
            NOT_APPLICABLE,
        ),
        (
            "added",
            "source,count,share,previous,change",
            NOT_APPLICABLE,
        ),
        (
            "log deleted",
            "Timestamp,Contact ID,Contact Name,Source,User",
            NOT_APPLICABLE,
        ),
        (
            "connected --range 2026-11-05",
            "channel,count,share,previous,change",
            "The selected filter(s) have no applicable data",
        ),
    ],
)
def test_csv_of_what_has_no_rows_is_its_header_line(ask: Run, words: str, head: str, said: str) -> None:
    """The message that other formats show in the place of a component goes to stderr."""
    result = ask(*words.split(), *AS_OF, "--channel", "WhatsApp", "--format", "csv")
    assert (result.exit_code, result.stdout) == (0, f"{head}\n")
    assert f"Note: {said}\n" in result.stderr
    assert ask(*words.split(), *AS_OF, "--channel", "WhatsApp").stderr.count("selected filter") == 0


def test_csv_of_no_events_is_its_header_line(ask: Run) -> None:
    """A part that only the previous period has is no row either."""
    result = ask("added", "--range", "2026-11-06", "--as-of", "2026-11-06", "--format", "csv")
    assert (result.exit_code, result.stdout) == (0, "source,count,share,previous,change\n")
    assert result.stderr.splitlines() == [
        "Note: No events in this range",
        "Note: the data covers 1 – 5 Nov 2026",
    ]


def test_csv_of_a_page_says_which_parts_have_no_rows(ask: Run) -> None:
    """One line a message, after the titles of the parts that it stands for."""
    result = ask("report", *AS_OF, "--compare", "none", "--channel", "LINE", "--format", "csv")
    assert [len(part.splitlines()) for part in result.stdout.split("\n\n")] == [1, 1, 2, 1, 2, 1, 1]
    assert result.stderr == (
        "Note: Contacts Overview, Contacts Added, Contact Added Log, Contact Deleted Log, "
        f"Contact Merged Log: {NOT_APPLICABLE}\n"
    )


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
    assert run("export", "added", file).stderr == (
        "Note: 1 id or channel begins like a formula and gets a ' before it: "
        "use --raw for a file that another store is to load\n"
    )
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


@pytest.mark.parametrize(
    ("filters", "words", "told"),
    [
        ('channel = ["LINE", "WhatsApp"]', ["report"], "channel LINE or WhatsApp"),
        ('channel = "LINE"\nuser = "Uma"', ["report"], "channel LINE"),
        ('channel = "LINE"', ["check", "connected > 99"], "channel LINE"),
        ('user = "Uma"', ["check", "added > 99"], "user Uma"),
        ('channel = "LINE"', ["report", "--clear-all"], None),
        ('channel = "LINE"', ["connected"], None),
        ('channel = "LINE"', ["check", "added > 99"], None),
        ('user = "Uma"', ["report"], None),
    ],
)
def test_a_filter_of_the_config_that_an_answer_does_not_name_is_told(
    ask: Run, tmp_path: Path, filters: str, words: list[str], told: str | None
) -> None:
    """The head of a page names what narrows all of it, and an alarm names no filter."""
    config = tmp_path / "config.toml"
    config.write_text(f"[filters]\n{filters}\n")
    notice = f"Note: the filters of the config hold where they apply ({told}): --clear-all drops them\n"
    assert ask(*words, "--range", "all", "--config", config).stderr == (notice if told else "")


def test_a_saved_sample_says_how_many_events_it_has(run: Run, tmp_path: Path) -> None:
    """The file is named, and stdout is empty."""
    target = tmp_path / "sample.jsonl.gz"
    result = run("demo", "--events", "1200", "--save", target)
    assert (result.stdout, result.stderr) == ("", f"Note: 1,200 events written to {target}\n")
