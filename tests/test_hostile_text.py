"""Nasty names, sources, users, headers and files through every command and format: shown, never obeyed."""

import csv
import io
import json
import os
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import termios
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fcntl import ioctl
from pathlib import Path
from typing import Any
from unicodedata import combining, normalize
from xml.etree import ElementTree

import duckdb
import pyte
import pytest
from click.testing import Result
from markdown_it import MarkdownIt
from rich.cells import cell_len
from wcwidth import wcwidth

from contactrep.events import COLUMNS, FORMULA_STARTS, HARMLESS_START, KINDS, known_source, match_key
from contactrep.render.formats import BY_NAME
from contactrep.render.text import visible
from tests.conftest import run_command
from tests.nasty import EVERY, FILE_NAMES, LONE, LONG, OURS
from tests.render.test_page import Parsed
from tests.render.test_text import ACTS

csv.field_size_limit(10**9)

HEAD = tuple(column for column in COLUMNS if column != "merged_contact_id")
ROUNDED = re.compile(r"[+-]?[0-9]+[.,][0-9]+[eE][+-][0-9]+")
"""What cannot be an id, because a spreadsheet has rounded it."""

Event = tuple[str, str, str, str | None, str | None, str | None, str | None, str | None]

BASE = datetime(2026, 11, 5, tzinfo=UTC)
AS_OF = ("--as-of", "2026-11-05")
WIDTH = 100
ACTING = frozenset(map(chr, ACTS))
SGR = re.compile(r"\x1b\[[0-9;]*m")
CLEAN = "Ann Lee"
"""The name of every contact between the nasty ones."""

FORMATS = [name for name, one in BY_NAME.items() if one.subject == "anything" and not one.binary]
assert {"table", "plain", "json", "csv", "markdown", "html"} <= {*FORMATS}
COMMANDS = {
    "overview": ("overview", *AS_OF),
    "added": ("added", *AS_OF),
    "connected": ("connected", *AS_OF),
    **{f"log {kind}": ("log", kind, *AS_OF) for kind in KINDS},
    "report": ("report", *AS_OF),
    "status": ("status",),
    "rejects": ("rejects",),
    "ranges": ("ranges", *AS_OF),
}


def events_of(texts: tuple[str, ...]) -> list[Event]:
    """Five events for each text, which is in turn all that an event has; one of them has nothing of it."""
    found: list[Event] = []
    for number, text in enumerate(texts):
        at = (BASE + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        ident = f"d{number}" if not text.strip() or ROUNDED.fullmatch(text) else text
        found += [
            (at, "added", f"a{number}", text, text, text, f"u{number}", text),
            (at, "added", f"n{number}", CLEAN, None, "User", "n", CLEAN),
            (at, "connected", f"c{number}", text, text, "Broadcast", None, None),
            (at, "deleted", ident, text, None, None, None, text),
            (at, "merged", f"m{number}", text, None, None, text, None),
        ]
    return found


def kept(event: Event) -> Event:
    """The event as the store has it: known sources in their one spelling, deletions by users."""
    source = known_source(event[5]) or event[5] if event[5] else None
    if event[1] in ("deleted", "merged"):
        source = source or "User"
    return (*event[:5], source, *event[6:])


def written_csv(rows: list[Any], head: tuple[str, ...] = HEAD) -> bytes:
    """Rows as Python's own module writes them."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows([head, *rows])
    return file.getvalue().encode()


@dataclass(frozen=True)
class Loaded:
    """A store, what should be in it, and the files that it is made of."""

    path: Path
    events: list[Event]
    files: list[Path]

    def ask(self, *arguments: str | Path) -> Result:
        """Run a command on the store."""
        return run_command(*arguments, "--store", self.path)


def made(folder: Path, texts: tuple[str, ...]) -> Loaded:
    """A store of the texts' events, with a user directory, and with rejects of the same texts."""
    path, events = folder / "store.duckdb", events_of(texts)
    good, bad, users, halves = (folder / name for name in ("good.csv", "bad.csv", "users.csv", "half.jsonl"))
    good.write_bytes(written_csv(events))
    bad.write_bytes(
        written_csv(
            [*((text, "added", "x", text) for text in texts), ("2026-11-05", "added", "last", "")],
            COLUMNS[:4],
        )
    )
    users.write_bytes(
        written_csv([(f"u{number}", text) for number, text in enumerate(texts)], ("id", "name"))
    )
    broken = [{"timestamp": "2026-11-05", "event": "added", "contact_id": text, "x": text} for text in LONE]
    whole = {"timestamp": "2026-11-05", "event": "added", "contact_id": "whole"}
    halves.write_text("".join(json.dumps(line) + "\n" for line in [*broken, whole]))
    loaded = run_command(
        "load", good, bad, halves, "--timezone", "UTC", "--store", path, "--max-rejects", "100%"
    )
    assert loaded.exit_code == 0, loaded.stderr
    assert run_command("users", "load", users, "--store", path).exit_code == 0
    rest: list[Event] = [
        ("2026-11-05T00:00:00Z", "added", ident, None, None, None, None, None) for ident in ("last", "whole")
    ]
    return Loaded(path, [kept(event) for event in events] + rest, [good, bad, halves])


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """A store in which every nasty text is a name, a channel, a source, a user, an id and a bad timestamp."""
    return made(tmp_path_factory.mktemp("hostile"), EVERY)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The same of texts of 100 kB."""
    return made(tmp_path_factory.mktemp("long"), LONG)


def acting(text: str) -> set[str]:
    """The characters of a text that a terminal, an editor or a browser acts on."""
    return set(text) & ACTING


def assert_quiet(result: Result) -> None:
    """Stderr has notices, each on one line, and nothing that acts."""
    assert acting(result.stderr) <= {"\n"}
    assert all(line.startswith(("Note: ", "Warning: ")) for line in result.stderr.split("\n")[:-1]), (
        result.stderr[:500]
    )


def shown(asked: Loaded, name: str, form: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command writes in a format; `table` is the page of a terminal."""
    if form == "table":
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(WIDTH))
    options = () if form in ("table", "plain") else ("--format", form)
    result = asked.ask(*COMMANDS[name], *options)
    assert result.exit_code == 0, result.stderr
    assert_quiet(result)
    return result.stdout_bytes.decode("utf-8")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("size", "name"),
    [
        *(("hostile", name) for name in COMMANDS),
        *(("long", name) for name in ("connected", "log connected", "report", "status", "rejects")),
    ],
)
def test_nothing_acts(
    request: pytest.FixtureRequest, size: str, name: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In no format of any command does a text act on a terminal, a table, a spreadsheet or a page."""
    text = shown(request.getfixturevalue(size), name, form, monkeypatch)
    assert text.endswith("\n")
    if form == "csv":
        assert_guarded(text)
        return
    assert acting(SGR.sub("", text) if form == "table" else text) <= {
        "\n",
        *("\t" if form == "plain" and name.startswith(("log", "rejects")) else ""),
    }
    if form == "table":
        lines = [line for line in SGR.sub("", text).split("\n") if not line.startswith("contactrep export")]
        assert max(map(cell_len, lines)) <= WIDTH
    if form == "json":
        assert json.loads(text)["schema"] == 1
    if form == "html":
        assert {tag for tag, _ in Parsed(text).tags} <= TAGS
    if form == "markdown" and size == "hostile":  # the parser needs minutes for the long ones
        assert_tables(text)


TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "script",
        "noscript",
        "body",
        "header",
        "main",
        "footer",
    ),
    *(
        "aside",
        "section",
        "details",
        "summary",
        "figure",
        "figcaption",
        "div",
        "span",
        "a",
        "p",
        "b",
        "h1",
        "h2",
    ),
    *(
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "bdi",
        "code",
    ),
    *("svg", "defs", "pattern", "g", "rect", "path", "line", "text"),
}
"""The tags of our pages: of those that a text might bring along, images, forms and frames are missing."""


def assert_guarded(text: str) -> None:
    """No cell is what a spreadsheet would run."""
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert not cell.startswith(FORMULA_STARTS) or re.fullmatch(HARMLESS_START, cell), cell[:80]


def assert_tables(text: str) -> None:
    """Every row of a table is one line with as many cells as its head, and no cell became markup."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    rows = [sum(cell.type in ("td_open", "th_open") for cell in row) for row in _rows(tokens)]
    assert len(rows) == sum(line.startswith("| ") for line in text.split("\n")) - sum(
        line.startswith(("| ---", "| :--")) for line in text.split("\n")
    )
    inline = {
        child.type
        for row in _rows(tokens)
        for token in row
        if token.type == "inline"
        for child in token.children or []
    }
    assert inline <= {"text", "text_special"}
    assert not {token.type for token in tokens} & {"html_block", "code_block", "bullet_list_open"}


def _rows(tokens: list[Any]) -> Iterator[list[Any]]:
    row: list[Any] = []
    for token in tokens:
        if token.type == "tr_open":
            row = []
        row.append(token)
        if token.type == "tr_close":
            yield row


# No text changes a count, or another row


def _json(asked: Loaded, *words: str) -> Any:
    return json.loads(asked.ask(*words, "--format", "json").stdout)


def test_no_text_changes_a_count(hostile: Loaded) -> None:
    """Overview, breakdowns and status count what was written, each source and channel by its own name."""
    kinds = Counter(event[1] for event in hostile.events)
    overview = _json(hostile, *COMMANDS["overview"])["metrics"]
    assert {kind: overview[kind]["count"] for kind in ("added", "deleted", "merged")} == {
        kind: kinds[kind] for kind in ("added", "deleted", "merged")
    }
    assert _json(hostile, "status")["events"] == dict(kinds)
    for kind, name, place in (("added", "source", 5), ("connected", "channel", 4)):
        expected = Counter(event[place] or "Unknown" for event in hostile.events if event[1] == kind)
        parts = _json(hostile, *COMMANDS[kind])
        found = Counter[str]()
        for part in parts["breakdown"]:
            found[part[name]] += part["count"]
        assert found == expected
        in_buckets = Counter[str]()
        for bucket in parts["series"]:
            in_buckets.update({part: count for part, count in bucket["counts"].items() if count})
        assert in_buckets == expected


@pytest.mark.parametrize("kind", KINDS)
def test_logs_have_every_text_exactly(hostile: Loaded, kind: str) -> None:
    """The JSON of a log has each row, the nasty and the clean, to the last character."""
    rows = _json(hostile, *COMMANDS[f"log {kind}"])["rows"]
    found = Counter(
        (row["contact_id"], row["contact_name"], row["source"], row["user"], row.get("channel"))
        for row in rows
    )
    assert found == Counter(_in_log(event) for event in hostile.events if event[1] == kind)


def _in_log(event: Event) -> tuple[str | None, ...]:
    _, kind, ident, name, channel, source, user_id, user_name = event
    by_directory = name if user_id and re.fullmatch(r"u\d+", user_id) else user_id or user_name
    user = by_directory if kind in ("deleted", "merged") or source == "User" else None
    return ident, name, source, user, channel if kind == "connected" else None


def test_a_log_in_a_pipe_has_every_row_on_its_line(hostile: Loaded) -> None:
    """Fields stand between tabs, rows on lines, each text whole with its stand-ins."""
    text = hostile.ask(*COMMANDS["log connected"]).stdout
    lines = [line for line in text.split("\n")[:-1] if not line.startswith("# ")]
    rows = Counter(tuple(line.split("\t")[1:]) for line in lines[1:])
    assert rows == Counter(
        (event[2], visible(event[3] or ""), "Broadcast", "", visible(event[4] or ""))
        for event in hostile.events
        if event[1] == "connected"
    )


def test_rejects_have_every_text(hostile: Loaded) -> None:
    """A bad timestamp is told with the reason that it is one, and its record kept; half characters too."""
    rejects = _json(hostile, "rejects")
    rows = [row for row in rejects["rows"] if row["file"].endswith("bad.csv")]
    assert rejects["total"] == len(EVERY) + len(LONE)
    assert len(rows) == len(EVERY)
    expected = [next(csv.reader(io.StringIO(row["raw"], newline=""))) for row in rows]
    assert [row[0] for row in expected] == list(EVERY)
    halves = [row for row in rejects["rows"] if row["file"].endswith("half.jsonl")]
    assert [row["line"] for row in halves] == list(range(1, len(LONE) + 1))
    assert {row["reason"] for row in halves} == {"contact_id has half a character (a lone surrogate)"}
    assert [json.loads(row["raw"])["contact_id"] for row in halves] == list(LONE)


@pytest.mark.parametrize("name", ["channel", "source", "user", "contact"])
def test_a_filter_of_every_text_at_once(hostile: Loaded, name: str) -> None:
    """Each text finds its own events as a filter, and none is taken for a pattern."""
    options = [word for text in EVERY for word in (f"--{name}", text)]
    found = _json(hostile, "log", "connected" if name == "channel" else "added", *AS_OF, *options)
    assert found["filters"][name] == list(EVERY)
    ours = {row["contact_id"] for row in found["rows"] if row["contact_name"] != CLEAN}
    assert ours >= {f"{'c' if name == 'channel' else 'a'}{number}" for number in range(len(EVERY))}


@pytest.mark.parametrize("place", range(0, len(OURS), 6))
def test_a_filter_of_one_text(hostile: Loaded, place: int) -> None:
    """A filter matches the whole value in any case and with its accents in any form, or a part of a contact's
    name, and nothing else."""
    text = OURS[place]
    rows = _json(hostile, "log", "connected", *AS_OF, "--channel", text)["rows"]
    key = normalize("NFC", text.casefold())
    assert Counter(row["channel"] for row in rows) == Counter(
        other for other in EVERY if normalize("NFC", other.casefold()) == key
    )
    rows = _json(hostile, "log", "connected", *AS_OF, "--contact", text)["rows"]
    assert {other for other in EVERY if text in other} <= {row["contact_name"] for row in rows}


def test_filters_that_no_text_matches(hostile: Loaded) -> None:
    """A lone surrogate of a command line, and a pattern, match nothing and are named on one line."""
    for text in ("\udcff\udcfe", "%no%", "_" * 9, "no*", "\x1b[31mno"):
        result = hostile.ask("connected", *AS_OF, "--channel", text, "--format", "json")
        assert json.loads(result.stdout)["total"]["count"] == 0
        assert_quiet(result)


@pytest.mark.parametrize("name", ["channel", "source", "user"])
def test_a_shell_is_offered_nothing_that_acts(
    hostile: Loaded, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Completion gives one quoted word per value, and leaves out what a terminal would obey."""
    monkeypatch.setenv("_CONTACTREP_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", f"contactrep connected --store {hostile.path} --{name} ")
    monkeypatch.setenv("COMP_CWORD", "5")
    offered = run_command().stdout
    assert acting(offered) <= {"\n"}
    lines = [line.removeprefix("plain,") for line in offered.split("\n")[:-1]]
    words = [shlex.split(line) for line in lines]
    assert all(len(word) == 1 for word in words)
    values = {value for (value,) in words}
    assert values >= {
        known_source(text) or text if name == "source" else text for text in EVERY if not acting(text)
    }
    assert all(line.startswith("plain,") for line in offered.split("\n")[:-1])


# Exports


def test_ids_of_merged_contacts_are_exact(tmp_path: Path) -> None:
    """Any text can be the contact that went away: the log and exports have it, and come back."""
    # With the guard of an export or without it, an id is the same one.
    ids = [
        text
        for text in EVERY
        if text.strip() and not ROUNDED.fullmatch(text) and ";" not in text and text[0] != "'"
    ]
    path, store, export = (tmp_path / name for name in ("merges.csv", "store.duckdb", "events.csv"))
    rows = [("2026-11-05T00:00:00Z", "merged", "m", text) for text in ids]
    path.write_bytes(written_csv(rows, COLUMNS[:4]))
    loaded = run_command("load", path, "--timezone", "UTC", "--store", store)
    assert loaded.exit_code == 0, loaded.stderr
    log = json.loads(run_command("log", "merged", *AS_OF, "--store", store, "--format", "json").stdout)
    assert Counter(row["merged_contact_id"] for row in log["rows"]) == Counter(set(ids))
    assert not acting(run_command("log", "merged", *AS_OF, "--store", store).stdout) - {"\n", "\t"}
    assert run_command("export", "events", "--store", store, "-o", export).exit_code == 0
    again = json.loads(run_command("load", export, "--store", store, "--format", "json").stdout)
    assert again["total"]["duplicate"] == len(set(ids))


def rows_of_csv(data: bytes) -> list[tuple[str | None, ...]]:
    """The rows of a CSV file below its head, empty cells as null."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    return [tuple(dict(zip(COLUMNS, row, strict=True))[name] or None for name in HEAD) for row in rows[1:]]


def rows_of_parquet(path: Path) -> list[tuple[str | None, ...]]:
    """The rows of a Parquet file, times as text."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(
            "SELECT strftime(timestamp, '%Y-%m-%dT%H:%M:%SZ'), * EXCLUDE (timestamp, merged_contact_id)"
            " FROM read_parquet(?)",
            [str(path)],
        ).fetchall()


def rows_of_jsonl(data: bytes) -> list[tuple[str | None, ...]]:
    """The rows of JSON lines."""
    return [tuple(json.loads(line).get(name) for name in HEAD) for line in data.decode().split("\n") if line]


@pytest.mark.parametrize(
    ("size", "suffix"),
    [
        *(("hostile", suffix) for suffix in ("csv", "csv.gz", "jsonl", "jsonl.zst", "parquet")),
        *(("long", suffix) for suffix in ("csv", "jsonl", "parquet")),
    ],
)
def test_exports_are_exact_and_come_back(
    request: pytest.FixtureRequest, tmp_path: Path, size: str, suffix: str
) -> None:
    """Every export has every text to the last character, and loaded again makes the same store."""
    asked: Loaded = request.getfixturevalue(size)
    target, again = tmp_path / f"events.{suffix}", tmp_path / "again.duckdb"
    assert asked.ask("export", "events", "--raw", "-o", target).exit_code == 0
    readers = {"csv": lambda: rows_of_csv(target.read_bytes()), "parquet": lambda: rows_of_parquet(target)}
    readers["jsonl"] = lambda: rows_of_jsonl(target.read_bytes())
    if suffix in readers:
        assert Counter(readers[suffix]()) == Counter(asked.events)
    loaded = run_command("load", target, "--store", again, "--timezone", "UTC", "--format", "json")
    total = json.loads(loaded.stdout)["total"]
    assert total == {
        "read": len(asked.events),
        "loaded": len(asked.events),
        "duplicate": 0,
        "rejected": 0,
        "skipped": 0,
    }
    assert_quiet(loaded)
    assert acting(loaded.stdout) <= {"\n"}
    before, after = (
        run_command("export", "events", "--format", "jsonl", "--store", path).stdout_bytes
        for path in (asked.path, again)
    )
    assert before == after
    assert _json(asked, "overview", *AS_OF)["metrics"]["added"]["count"] > 0
    back = asked.ask("load", target, "--dry-run", "--format", "json")
    assert json.loads(back.stdout)["total"]["duplicate"] == len(asked.events)


def test_guarded_exports_start_no_formula(hostile: Loaded) -> None:
    """Without --raw no cell starts like a formula, and without the guard's apostrophe it is what it was."""
    result = hostile.ask("export", "events")
    assert_guarded(result.stdout_bytes.decode())
    unguarded = [
        tuple(
            cell[1:] if cell and cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
            for cell in row
        )
        for row in rows_of_csv(result.stdout_bytes)
    ]
    # A text that had the apostrophe already is left as it is, so both may mean it.
    same: list[tuple[str | None, ...]] = [
        event for event in hostile.events if not any((text or "").startswith("'=") for text in event)
    ]
    assert not Counter(same) - Counter(unguarded)
    assert "begin like a formula" in result.stderr


def test_sheets_hold_every_text(hostile: Loaded, tmp_path: Path) -> None:
    """A sheet is whole XML whose cells are times and strings, each the text that it was."""
    target = tmp_path / "events.xlsx"
    assert hostile.ask("export", "events", "-o", target).exit_code == 0
    with zipfile.ZipFile(target) as archive:
        root = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own file
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    assert not list(root.iter(f"{space}f"))
    found = Counter(
        "".join(part.text or "" for part in cell.iter(f"{space}t")) for cell in root.iter(f"{space}c")
    )
    assert {cell.get("t") for cell in root.iter(f"{space}c") if cell.get("r", "A")[0] != "A"} == {"inlineStr"}
    # XML has no controls: a sheet writes them as _x001B_, a text that looks so as _x005F_x001B_; and it has
    # one line end.
    names = Counter(_unescaped(text) for text in found.elements())
    for event in hostile.events:
        for text in event[1:]:
            if text and "\r" not in text:
                assert names[text], text


def _unescaped(text: str) -> str:
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def test_what_no_cell_holds_is_refused(long: Loaded, tmp_path: Path) -> None:
    """A text of 100 kB in a sheet is refused in one line that names the formats which hold it."""
    result = long.ask("export", "events", "-o", tmp_path / "events.xlsx")
    assert result.exit_code == 1
    assert result.stderr.endswith("export to CSV or Parquet instead\n")
    assert not list(tmp_path.iterdir())


# On a screen


def on_screen(text: str, width: int) -> pyte.Screen:
    """An emulated terminal of the text's height on which it was printed."""
    screen = pyte.Screen(width, text.count("\n") + 1)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    return screen


def agree(line: str) -> bool:
    """Whether the emulator measures a line as we do: it knows no joiners, no emoji style, no Indic vowels."""
    if any(wcwidth(char) <= 0 and not combining(char) for char in line):
        return False
    return sum(map(wcwidth, line)) == cell_len(line)


@pytest.mark.parametrize("width", [60, 100, 160])
def test_columns_stand_below_one_another(
    hostile: Loaded, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an emulated screen the source of every merge begins where its heading does, whatever the name."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    lines = hostile.ask(*COMMANDS["log merged"], "--clear-all").stdout.split("\n")[:-1]
    plain = [SGR.sub("", line) for line in lines]
    head = next(number for number, line in enumerate(plain) if line.startswith("Timestamp"))
    column = plain[head].index("Source")
    meant = [number for number in range(head + 2, len(lines)) if agree(plain[number])]
    assert len(meant) > 0.93 * len(EVERY)
    screen = on_screen("".join(f"{lines[number]}\n" for number in meant), width)
    for row in range(len(meant)):
        cells = [screen.buffer[row][place].data for place in range(column - 1, column + 5)]
        assert "".join(cells) == " User ", plain[meant[row]]
    assert (screen.cursor.x, screen.cursor.y) == (0, len(meant))


@pytest.mark.parametrize("name", ["added", "report", "rejects"])
def test_every_line_takes_one_row_of_a_screen(
    hostile: Loaded, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An emulated terminal shows line for line what was meant: nothing wraps, moves or vanishes."""
    lines = [
        line
        for line in shown(hostile, name, "table", monkeypatch).split("\n")[:-1]
        if agree(SGR.sub("", line)) and "contactrep export" not in line
    ]
    screen = on_screen("".join(f"{line}\n" for line in lines), WIDTH)
    assert (screen.cursor.x, screen.cursor.y) == (0, len(lines))
    for row, line in zip(screen.display, lines, strict=False):
        plain = SGR.sub("", line)
        if all(wcwidth(char) > 0 for char in plain):
            assert row.rstrip(" ") == plain.rstrip(" ")


def in_a_terminal(folder: Path, *arguments: str | Path) -> str:
    """All that a process of the program writes to a pseudo-terminal of WIDTH columns."""
    ours, its = pty.openpty()
    ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "contactrep", *map(str, arguments)],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=folder,
    )
    os.close(its)
    parts: list[bytes] = []
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:  # the other end is closed, which Linux calls an error
        pass
    assert process.wait(timeout=60) == 0, b"".join(parts)[-2000:]
    os.close(ours)
    return b"".join(parts).decode("utf-8").replace("\r\n", "\n")


@pytest.mark.parametrize("name", ["report", "log connected", "status", "rejects"])
def test_a_terminal_gets_colour_and_nothing_else(hostile: Loaded, tmp_path: Path, name: str) -> None:
    """On a pseudo-terminal the only controls are line ends and the program's own colours."""
    text = in_a_terminal(tmp_path, *COMMANDS[name], "--store", hostile.path)
    assert SGR.search(text)
    assert acting(SGR.sub("", text)) <= {"\n"}


def test_a_load_in_a_terminal_obeys_no_file_name(tmp_path: Path) -> None:
    """Beside its progress bar a load sends a terminal nothing, whatever its files and sources say."""
    path = tmp_path / "\x1b]52;c;eA==\x07\x1b[31m\u202e.csv"
    rows = [(BASE.isoformat(), "added", str(number), text) for number, text in enumerate(OURS)]
    path.write_bytes(written_csv(rows, ("timestamp", "event", "contact_id", "source")))
    text = in_a_terminal(tmp_path, "load", path.name, "--store", "a.duckdb", "--timezone", "UTC")
    assert f"{len(OURS)} read = {len(OURS)} loaded" in text
    # Progress goes to the start of its line, and clears it.
    bar = re.compile(r"\x1b\[2K|\r")
    assert acting(bar.sub("", SGR.sub("", text))) <= {"\n"}


# Headers


def unclaimed(texts: tuple[str, ...]) -> list[str]:
    """The texts that no field takes as its header, each once as headers are matched."""
    known = {
        "timestamp",
        "event",
        "contactid",
        "contactname",
        "date",
        "time",
        "name",
        "type",
        "user",
        "source",
    }
    by_key = {match_key(text): text for text in texts}
    return [text for key, text in by_key.items() if key and key not in known]


def test_headers_of_every_text(tmp_path: Path) -> None:
    """Columns with nasty names are ignored and named on one line; the others are read as ever."""
    extra = unclaimed(EVERY)
    head = (*extra[:300], "timestamp", "event", *extra[300:], "contact_id")
    row = (*extra[:300], "2026-11-05", "added", *extra[300:], "1")
    path = tmp_path / "a.csv"
    path.write_bytes(written_csv([row, row[:-1], row], head))
    result = run_command("load", path, "--store", tmp_path / "a.duckdb", "--format", "json")
    assert json.loads(result.stdout)["total"] == {
        "read": 3,
        "loaded": 1,
        "duplicate": 1,
        "rejected": 1,
        "skipped": 0,
    }
    assert_quiet(result)
    assert result.stderr.count("columns not used") == 1
    rejects = json.loads(run_command("rejects", "--store", tmp_path / "a.duckdb", "--format", "json").stdout)
    assert rejects["rows"][0]["reason"] == f"{len(head) - 1} fields, but the header names {len(head)}"


def test_keys_and_parquet_columns_of_every_text(tmp_path: Path) -> None:
    """What JSON and Parquet call their columns never becomes SQL or a path into a value."""
    extra = unclaimed(EVERY)
    good = {"timestamp": "2026-11-05", "event": "added", "contact_id": "1"}
    lines, columns = tmp_path / "a.jsonl", tmp_path / "a.parquet"
    lines.write_text("".join(json.dumps({text: text, **good}) + "\n" for text in extra))
    # DuckDB's own names know no case and no NUL.
    folded = {text.lower(): text for text in extra if "\0" not in text and text.strip()}
    names = ['"' + text.replace('"', '""') + '"' for text in folded.values()]
    with duckdb.connect() as connection:
        fields = ", ".join(f"'{value}' AS {name}" for name, value in good.items())
        more = ", ".join(f"'x' AS {name}" for name in names)
        connection.execute(f"COPY (SELECT {more}, {fields}) TO '{columns}' (FORMAT parquet)")
    result = run_command(
        "load", lines, columns, "--store", tmp_path / "a.duckdb", "--format", "json", "--timezone", "UTC"
    )
    assert result.exit_code == 0, result.stderr
    assert_quiet(result)
    files = json.loads(result.stdout)["files"]
    assert [(file["read"], file["loaded"], file["duplicate"]) for file in files] == [
        (len(extra), 1, len(extra) - 1),
        (1, 0, 1),
    ]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_nasty_column_can_be_mapped(tmp_path: Path, suffix: str) -> None:
    """`--map contact_name=COLUMN` takes a column of any name, as written, in every format."""
    for number, text in enumerate(unclaimed(OURS)[::20]):
        path = tmp_path / f"{number}.{suffix}"
        _write_one(path, text)
        result = run_command(
            "export", "added", path, "--map", f"contact_name={text}", "--timezone", "UTC", "--raw"
        )
        assert result.exit_code == 0, (text, result.stderr)
        assert rows_of_csv(result.stdout_bytes)[0][3] == "found", text


def _write_one(path: Path, header: str) -> None:
    good = {"timestamp": "2026-11-05", "event": "added", "contact_id": "1", header: "found"}
    if path.suffix == ".csv":
        path.write_bytes(written_csv([tuple(good.values())], tuple(good)))
    elif path.suffix == ".jsonl":
        path.write_text(json.dumps(good))
    else:
        quoted = '"' + header.replace('"', '""') + '"'
        with duckdb.connect() as connection:
            connection.execute(
                "COPY (SELECT '2026-11-05' AS timestamp, 'added' AS event, '1' AS contact_id,"
                f" 'found' AS {quoted}) TO '{path}' (FORMAT parquet)"
            )


def test_a_refusal_names_nasty_headers_on_one_line(tmp_path: Path) -> None:
    """A file without the right columns is refused in one line that obeys none of its headers."""
    path = tmp_path / "a.csv"
    for start in range(0, len(OURS), 12):
        path.write_bytes(written_csv([], OURS[start : start + 12]))
        result = run_command("load", path, "--store", tmp_path / "a.duckdb")
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
        assert acting(result.stderr[:-1]) == set()


# Files


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A file of three records, one of them bad, under each nasty name, and a trap beside them."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "trap.csv").write_bytes(written_csv([("2026-11-05", "added", "trap")], COLUMNS[:3]))
    paths = []
    for number, name in enumerate(FILE_NAMES):
        path = folder / os.fsdecode(name)
        rows = [
            ("2026-11-05", "added", f"{number}a"),
            ("x", "added", "x"),
            ("2026-11-05", "merged", f"{number}b"),
        ]
        path.write_bytes(written_csv(rows, COLUMNS[:3]))
        paths.append(path)
    return paths


def told(path: Path) -> str:
    """How the program names a path: what is no UTF-8 by its bytes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def test_files_of_any_name_are_loaded(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named from their own folder they are those files, and no pattern, option or option's value."""
    monkeypatch.chdir(files[0].parent)
    store = tmp_path / "a.duckdb"
    names = [path.name for path in files]
    result = run_command("load", "--store", store, "--timezone", "UTC", "--format", "json", "--", *names)
    assert result.exit_code == 0, result.stderr
    assert_quiet(result)
    assert acting(result.stdout) <= {"\n"}
    answer = json.loads(result.stdout)
    assert [file["path"] for file in answer["files"]] == [told(Path(name)) for name in names]
    assert {(file["read"], file["loaded"], file["rejected"]) for file in answer["files"]} == {(3, 2, 1)}
    for words in (["status"], ["rejects"]):
        for form in ("json", "csv", "markdown", "table"):
            asked = run_command(*words, "--store", store, "--format", form)
            assert asked.exit_code == 0
            if form != "csv":
                assert acting(asked.stdout) <= {"\n", *("\t" if form == "table" else "")}
    loads = json.loads(run_command("status", "--store", store, "--format", "json").stdout)["loads"]
    assert len(loads[0]["files"]) == len(files)
    again = run_command("load", "--store", store, "--format", "json", "--", *names)
    assert json.loads(again.stdout)["total"]["loaded"] == 0
    rejects = json.loads(run_command("rejects", "--store", store, "--format", "json").stdout)
    assert Counter(row["file"] for row in rejects["rows"]) == Counter(told(Path(name)) for name in names)


def test_plain_load_lines_are_as_many_as_files(files: list[Path], tmp_path: Path) -> None:
    """The summary for people has a line a file, whatever is in its name."""
    result = run_command("load", "--store", tmp_path / "a.duckdb", "--timezone", "UTC", "--", *files)
    assert result.exit_code == 0
    assert result.stdout.count("\n") == len(files) + 2
    assert acting(result.stdout) <= {"\n"}


def test_files_of_any_name_are_written(hostile: Loaded, files: list[Path], tmp_path: Path) -> None:
    """A report and an export go to a file of any name, and the store may have any that is UTF-8."""
    for path in files[::2]:
        target = tmp_path / path.name.removesuffix(".csv")
        result = hostile.ask("overview", *AS_OF, "--format", "json", f"--output={target}")
        assert result.exit_code == 0, (path.name, result.stderr)
        assert json.loads(target.read_bytes())["schema"] == 1
        target.unlink()
    for path in files[::5]:
        store, target = tmp_path / path.name, tmp_path / f"{path.name[:200]}.parquet"
        shutil.copy(hostile.path, store)
        is_text = told(path) == str(path)
        for words in (["status"], ["export", "merged", f"--output={target}"], ["load", hostile.files[2]]):
            result = run_command(*words, f"--store={store}")
            assert result.exit_code == (0 if is_text else 1), (words, result.stderr)
            assert acting(result.stdout + result.stderr) <= {"\n"}
            assert is_text or "the path is not UTF-8, and DuckDB opens no other" in result.stderr
        assert target.exists() == is_text
    assert not list(tmp_path.glob(".contactrep*"))


def test_missing_files_of_any_name_are_named(files: list[Path], tmp_path: Path) -> None:
    """A file that is not there, and a store that is none, are said so in one line without their controls."""
    for path in files:
        for words in (["load", "--", tmp_path / path.name], ["status", f"--store={tmp_path / path.name}"]):
            result = (
                run_command(*words)
                if words[0] == "status"
                else run_command("load", f"--store={tmp_path / 's.duckdb'}", *words[1:])
            )
            assert result.exit_code == 1
            assert result.stderr.startswith("Error: ")
            assert acting(result.stderr[:-1]) == set()


def test_a_tilde_is_a_name(
    hostile: Loaded, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store or an export called `~` lies where it is asked for, and never in the home folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(hostile.path, "~")
    assert run_command("status", "--store", "~").exit_code == 0
    assert run_command("export", "added", "--store", "~", "-o", "~.parquet").exit_code == 0
    Path("~.csv").write_bytes(written_csv([("2026-11-05", "added", "1")], COLUMNS[:3]))
    assert run_command("load", "~.csv", "~.parquet", "--store", "~new").exit_code == 0
    assert {"~", "~.csv", "~.parquet", "~new"} <= {path.name for path in tmp_path.iterdir()}
    assert not list(home.iterdir())


def test_a_folder_that_is_no_utf8(hostile: Loaded, tmp_path: Path) -> None:
    """An export into such a folder is refused in one line; a report can go there."""
    folder = tmp_path / os.fsdecode(b"Ren\xe9")
    folder.mkdir()
    assert hostile.ask("ranges", "-o", folder / "a.csv").exit_code == 0
    result = hostile.ask("export", "added", "-o", folder / "a.parquet")
    assert result.exit_code == 1
    assert result.stderr.endswith("the path is not UTF-8, and DuckDB opens no other: choose another\n")
    assert [path.name for path in folder.iterdir()] == ["a.csv"]
