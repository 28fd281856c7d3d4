"""Every error that a user can meet, to the letter: one line on stderr, nothing on stdout."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import duckdb
import pytest
from click.testing import Result

from contactrep.events import COLUMNS
from contactrep.store.layout import LAYOUT
from tests.cli.conftest import AS_OF, EVENTS

Run = Callable[..., Result]
RunProcess = Callable[..., "subprocess.CompletedProcess[str]"]

SUFFIXES = "use .csv, .parquet, .jsonl, .ndjson, .xlsx or --format"
ONLY_WITH_FILES = "options for reading files, such as --map, --event and --max-rejects, go with FILES only"
SAVES = "--save writes events, not a report: leave out --range, filters, --format and -o"
TRY = (
    "try last-7-days, this-month, 2026-11-05, 2026-11, 2026-Q4, 2026-11-01..2026-11-05 or all "
    "(see contactrep ranges)"
)
TOO_LONG = "x" * 300


def assert_error(result: Result, code: int, message: str) -> None:
    """The run ended with this exit code and said this one line, after notices at most."""
    said = [line for line in result.stderr.splitlines() if not line.startswith("Note: ")]
    assert said == [f"Error: {message}"]
    assert result.stdout == ""
    assert result.exit_code == code


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a config file."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "config.toml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


# The command line is wrong: 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("ranges --as-of 2026-02-30T10:00", "'2026-02-30T10:00': there is no such date and time"),
        (
            "ranges --as-of 2026-02-30",
            "--as-of '2026-02-30' is neither a date (2026-11-05) nor a datetime (2026-11-05T09:30)",
        ),
        (
            "ranges --as-of 9999-12-31",
            "--as-of '9999-12-31' is outside the calendar: choose a time in the years 2 to 9998",
        ),
        ("ranges --timezone Mars/Base", "unknown time zone 'Mars/Base': use an IANA name such as {}"),
        ("demo --save sample.xlsx", "sample data has no xlsx: use csv, parquet or jsonl"),
        ("demo --save sample.doc", f"exports do not support '.doc': {SUFFIXES}"),
        ("demo --save sample.csv --range today", SAVES),
        ("demo --save sample.csv --exclude-today", SAVES),
        ("demo --save sample.csv --channel LINE", SAVES),
        ("demo --save sample.csv --format json", SAVES),
        ("demo --save sample.csv -o report.md", SAVES),
        ("export added -o x.doc", f"exports do not support '.doc': {SUFFIXES}"),
        ("export added -o x.parquet.gz", "parquet is compressed already: leave out '.gz'"),
        ("export added -o x.xlsx.zst", "xlsx is compressed already: leave out '.zst'"),
        ("export added --format xlsx", "xlsx cannot go to stdout: name a file with -o FILE.xlsx"),
        ("export added --format parquet", "parquet cannot go to stdout: name a file with -o FILE.parquet"),
        ("overview --map contact_id=id", ONLY_WITH_FILES),
        ("added --event added", ONLY_WITH_FILES),
        ("log added --input-timezone UTC", ONLY_WITH_FILES),
        ("export added --timestamp-format %Y", ONLY_WITH_FILES),
        ("overview --set channel=x", ONLY_WITH_FILES),
        ("overview --value event:x=-", ONLY_WITH_FILES),
        (
            "load x.csv --set event=gone",
            "--set event=gone: unknown event (expected added, connected, deleted or merged)",
        ),
        (
            "load x.csv --map channel=a --map source=b --map channel=c",
            "Invalid value for '--map': channel is given 2 times, with different values"
            " (see 'contactrep load --help')",
        ),
        (
            "load x.csv --value event:x=added --value event:y=added --value event:x=-",
            "Invalid value for '--value': event:x is given 2 times, with different values"
            " (see 'contactrep load --help')",
        ),
        (
            "load x.csv --set event=added --event deleted=gone_at",
            "--set event=KIND is the same as --event KIND: give one of them",
        ),
    ],
)
def test_a_wrong_command_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, message: str
) -> None:
    """Exit code 2, the whole line, and no file is made."""
    monkeypatch.chdir(tmp_path)
    assert_error(run(*words.split()), 2, message.replace("{}", "Europe/Berlin"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "log added --limit 10001",
            "Invalid value for '--limit': a log shows 1 to 10,000 rows:"
            " use 'contactrep export' for every row",
        ),
        (
            "load x.csv --map contact=id",
            "Invalid value for '--map': 'contact=id' is not FIELD=COLUMN"
            f" with FIELD one of {', '.join(COLUMNS)}",
        ),
        (
            "load x.csv --set channel=",
            "Invalid value for '--set': 'channel=' is not FIELD=VALUE"
            f" with FIELD one of {', '.join(COLUMNS)}",
        ),
        (
            "load x.csv --value event=added",
            "Invalid value for '--value': 'event=added' is not FIELD:FROM=TO"
            f" with FIELD one of {', '.join(COLUMNS)}",
        ),
        (
            "load x.csv --event gone=deleted_at",
            "Invalid value for '--event': 'gone=deleted_at' is neither added, connected, deleted or merged"
            " nor one of them with =COLUMN",
        ),
        (
            "load x.csv --event added --event deleted=deleted_at",
            "Invalid value for '--event': give it once, or once for each event type with =COLUMN",
        ),
        ("unload", "Missing argument 'LOAD'"),
    ],
)
def test_what_the_parser_refuses_points_to_the_help(run: Run, words: str, message: str) -> None:
    """The line names the command whose help tells more."""
    assert_error(run(*words.split()), 2, f"{message} (see 'contactrep {words.split()[0]} --help')")


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("last-0-days", f"'last-0-days' is not a valid range; did you mean last-30-days? Or {TRY}"),
        ("lst-7-days", f"'lst-7-days' is not a valid range; did you mean last-7-days? Or {TRY}"),
        ("05/11/2026", f"'05/11/2026' is not a valid range; {TRY}"),
        ("..", f"'..' is not a valid range; {TRY}"),
        ("2026-02-30", "range '2026-02-30': there is no such day"),
        ("2026-W54", "range '2026-W54': there is no such week"),
        ("2026-13", "range '2026-13': there is no such month"),
        ("0000", "range '0000': there is no such year"),
        ("2026-02-30T10:00..", "'2026-02-30T10:00': there is no such date and time"),
        (
            "2026-11-05..2026-11-01",
            "range '2026-11-05..2026-11-01' ends before or where it starts: write the earlier one first",
        ),
        (
            "2026-11-05T10:00..2026-11-05T10:00",
            "range '2026-11-05T10:00..2026-11-05T10:00' ends before or where it starts:"
            " write the earlier one first",
        ),
        ("9999", "range '9999' reaches outside the calendar: choose one within the years 2 to 9998"),
    ],
)
def test_a_bad_range(ask: Run, chosen: str, message: str) -> None:
    """It says what is wrong with it, or what would do."""
    assert_error(ask("overview", "--range", chosen), 2, message)


def test_a_bad_range_of_a_setting_is_the_settings_fault(
    ask: Run, config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line says where the range stands, and the exit code is 1: nothing is wrong with the command."""
    given = ("overview", "--config", config('range = "2026-13"'))
    assert_error(ask(*given), 1, "range in the config: range '2026-13': there is no such month")
    monkeypatch.setenv("CONTACTREP_RANGE", "sometime")
    assert_error(ask(*given), 1, f"range in CONTACTREP_RANGE: 'sometime' is not a valid range; {TRY}")


def test_a_bad_zone_of_a_setting_is_the_settings_fault(
    run: Run, events: Path, config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line says where the zone stands."""
    said = "unknown time zone 'Mars/Base': use an IANA name such as Europe/Berlin"
    given = ("load", events, "--config", config('timezone = "Mars/Base"'))
    assert_error(run(*given), 1, f"timezone in the config: {said}")
    monkeypatch.setenv("CONTACTREP_TIMEZONE", "Mars/Base")
    assert_error(run(*given), 1, f"timezone in CONTACTREP_TIMEZONE: {said}")


def test_a_bad_timestamp_format(run: Run, events: Path) -> None:
    """A format that names no day, or that Python does not know, is the command line's fault."""
    assert_error(
        run("overview", events, "--timestamp-format", "%H:%M"),
        2,
        "--timestamp-format '%H:%M' gives no whole date: it needs year, month and day",
    )
    assert_error(
        run("overview", events, "--timestamp-format", "%Q"),
        2,
        "--timestamp-format '%Q': 'Q' is a bad directive in format '%Q': write it like '%d/%m/%Y %H:%M',"
        " or use epoch-s, epoch-ms, epoch-us, epoch-ns or excel",
    )


# The config: 1


def test_a_config_that_cannot_be_read(run: Run, tmp_path: Path, config: Callable[[bytes], Path]) -> None:
    """The file and the reason are named."""
    assert_error(
        run("ranges", "--config", tmp_path),
        1,
        f"cannot read the config file {tmp_path}: Is a directory: name another with --config",
    )
    path = config(b'range = "\xff"')
    assert_error(
        run("ranges", "--config", path),
        1,
        f"cannot read the config file {path}: it is not UTF-8: save it as UTF-8",
    )


def test_a_home_of_the_config_that_is_none(run: Run, config: Callable[[str], Path]) -> None:
    """A user whom nobody knows has no folder for a store."""
    path = config('store = "~nobody-here/contacts.duckdb"')
    assert_error(
        run("status", "--config", path),
        1,
        f"{path}: store = '~nobody-here/contacts.duckdb': there is no such home folder",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('rnage = "today"', "unknown key 'rnage': did you mean 'range'?"),
        ('[filters]\nchanel = "LINE"', "unknown key 'filters.chanel': did you mean 'filters.channel'?"),
        (
            '[filters]\nxyzzy = "LINE"',
            "unknown key 'filters.xyzzy': known are channel, user, source, contact",
        ),
        ("filters = 3", "'filters' must be a section: write [filters]"),
        ("[filters]\nchannel = 3", "'filters.channel' must be a string or a list of strings"),
        ("range = 7", "'range' must be a quoted string, such as range = \"…\""),
        ('compare = "before"', "compare = 'before': choose previous, year or none"),
        ('by = "minute"', "by = 'minute': choose auto, hour, day, week, month, quarter or year"),
    ],
)
def test_a_key_of_the_config_that_cannot_be_used(
    run: Run, config: Callable[[str], Path], text: str, message: str
) -> None:
    """The file, the key and what would do are named."""
    path = config(text)
    assert_error(run("ranges", "--config", path), 1, f"{path}: {message}")


# The store: 1


@pytest.mark.parametrize("command", ["overview", "status", "rejects", "log added", "export added"])
def test_no_store_yet(run: Run, tmp_path: Path, command: str) -> None:
    """Every command that needs a store tells how to get one."""
    path = tmp_path / "none.duckdb"
    assert_error(
        run(*command.split(), "--store", path),
        1,
        f"no data yet ({path}): load some with 'contactrep load FILES' or try 'contactrep demo'",
    )


def test_a_store_that_is_something_else(run: Run, tmp_path: Path, events: Path) -> None:
    """A text file, other bytes, a folder and somebody else's DuckDB file are each called what they are."""
    foreign, noise = tmp_path / "foreign.duckdb", tmp_path / "noise"
    duckdb.connect(foreign).execute("CREATE TABLE workspace (other INTEGER)").close()
    noise.write_bytes(bytes(range(256)) * 64)
    reasons = {
        events: f"cannot read the store {events}: not a DuckDB file: see --store",
        foreign: f"{foreign} is a DuckDB file, but not a contactrep store: see --store",
        noise: f"cannot read the store {noise}: not a DuckDB file: see --store",
        tmp_path: f"{tmp_path} is a folder, not a store: name a file with --store",
    }
    for path, reason in reasons.items():
        assert_error(run("status", "--store", path), 1, reason)


@pytest.mark.parametrize("command", ["overview", "export events", "load {events} --again", "forget 1 --yes"])
@pytest.mark.parametrize("harm", ["flipped", "cut"])
def test_a_store_that_is_damaged(
    run: Run, tmp_path: Path, store: Path, events: Path, command: str, harm: str
) -> None:
    """A block that DuckDB does not believe, or a file that ends too early: no fault to report, nor a file of
    somebody else's."""
    whole = store.read_bytes()
    blocks = range(12_288 + 100, len(whole), 262_144)
    broken = bytearray(whole if harm == "flipped" else whole[:20_000])
    for place in blocks if harm == "flipped" else ():
        broken[place] ^= 1
    path = tmp_path / "harmed.duckdb"
    path.write_bytes(broken)
    answer = run(*command.format(events=events).split(), "--store", path)
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"Error: {path} is damaged or incomplete (")
    advice = "restore a copy of it, or load its files into a new --store"
    assert answer.stderr.endswith(f"): {advice}\n")
    assert answer.stderr.count("\n") == 1


def test_a_store_at_an_address(
    run: Run, tmp_path: Path, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be a file under a folder called `s3:`; what may be a password is not shown."""
    monkeypatch.chdir(tmp_path)
    for address, scheme in {"s3://lake/x.duckdb": "s3://", "PG://me:secret@host/x": "PG://"}.items():
        reason = f"{scheme}: a store is a file or sc://HOST:PORT/TABLE: name a file by its path"
        answer = run("load", events, "--store", address)
        assert (answer.exit_code, reason in answer.stderr, "secret" in answer.stderr) == (2, True, False)
        config = tmp_path / "config.toml"
        config.write_text(f'store = "{address}"\n')
        assert_error(run("overview", "--config", config), 1, f"{config}: store: {reason}")
    assert [it.name for it in tmp_path.iterdir() if it.name.endswith(":")] == []


@pytest.mark.parametrize(
    "command", ["overview", "export events", "load {events} --again", "forget 1 --yes", "unload 1"]
)
def test_a_store_that_another_program_has_open(ask: Run, store: Path, events: Path, command: str) -> None:
    """The program is named, by its process; DuckDB's own words end with an address on the web."""
    holding = (
        f"import duckdb\nopen_store = duckdb.connect({str(store)!r})\nprint('open', flush=True)\ninput()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        other.stdout.readline()
        result = ask(*command.format(events=events).split())
        program = f"{Path(sys.executable).resolve().name}, process {other.pid}"
        other.kill()
    assert_error(result, 1, f"{store} is in use ({program}): close the other program and retry")


def test_a_store_of_a_newer_layout(ask: Run, store: Path) -> None:
    """Both layouts are named, and what helps."""
    with contextlib.closing(duckdb.connect(store)) as connection:
        connection.execute("UPDATE workspace SET layout = 99")
    assert_error(
        ask("overview"),
        1,
        f"{store} has layout 99, and this contactrep knows layouts up to {LAYOUT}: update contactrep",
    )


def test_a_path_that_nobody_can_look_at(run: Run, events: Path) -> None:
    """A name too long for the file system is an ordinary error, to read and to write; a report on files does
    without the store."""
    reason = f"cannot read the store {TOO_LONG}: File name too long: see --store"
    assert_error(run("status", "--store", TOO_LONG), 1, reason)
    assert_error(run("ranges", "--store", TOO_LONG), 1, reason)
    path = Path.cwd() / TOO_LONG
    assert_error(
        run("load", events, "--store", TOO_LONG),
        1,
        f"cannot write the store {path}: File name too long: choose another --store; it is as it was",
    )
    assert_error(
        run("users", "load", events, "--store", TOO_LONG),
        1,
        f"cannot read the store {path}: File name too long: see --store",
    )
    below = f"{TOO_LONG}/s.duckdb"
    words = ("overview", events, *AS_OF, "--store", below, "-o", events.with_name("a.txt"))
    assert run(*words).exit_code == 0


@pytest.mark.parametrize("limit", ["1MB", "1KB"])
def test_too_little_memory(ask: Run, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """The line says what to raise, whether the store opens or not."""
    monkeypatch.setattr("contactrep.duck.for_duckdb", lambda _: limit)
    reason = "not enough memory for this: raise --memory-limit, or choose a shorter range"
    assert_error(ask("overview", "--range", "all"), 1, reason)


# The input: 1


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("nowhere.parquet", "nowhere.parquet: no such file: check the path"),
        ("event.csv", "event.csv: no such file: did you mean events.csv?"),
        ("no/such/x.csv", "no/such/x.csv: no such file, and no such folder: check the path"),
        ("*.xml", "*.xml: no file matches: check the folder and the pattern"),
        ("ftp://x.org/a.csv", "ftp://x.org/a.csv: unknown kind of address: use s3, gs, az, http or https"),
        ("file:///tmp/a%20b.csv", "file:///tmp/a%20b.csv: name a local file by its path: '/tmp/a b.csv'"),
        ("empty.csv", "empty.csv: there is nothing in it, not even headers: check how it was made"),
        (
            "folder",
            "folder: no file to read in this folder: looked for .csv .tsv .txt .parquet .jsonl .ndjson .json"
            " .xlsx .xlsm, in sub-folders only where they are called key=value",
        ),
        (
            "alien.csv",
            "alien.csv: no timestamp, contact_id or event column (found: a, b):"
            " use --map timestamp=COLUMN, --map contact_id=COLUMN, --map event=COLUMN or --event added;"
            " line 1 was taken for the header: leave out lines before it with --skip-lines N",
        ),
        (
            "twice.csv",
            "twice.csv: columns 'Date' and 'Time' both mean timestamp:"
            " choose one with --map timestamp=COLUMN, or join them with --map timestamp=Date+Time",
        ),
        ("cut.csv", "cut.csv: the compressed file is cut short: fetch it again"),
        (
            "unclosed.csv",
            "unclosed.csv: the header line has an opening quote that is never closed: mend the line, or leave"
            " it out with --skip-lines N",
        ),
    ],
)
@pytest.mark.parametrize("command", ["load", "overview"])
def test_an_input_that_cannot_be_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, argument: str, message: str
) -> None:
    """A load and a report over files say the same, and nothing is made."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name, content in {
        "events.csv": EVENTS.encode(),
        "empty.csv": b"",
        "alien.csv": b"a,b\n1,2\n",
        "twice.csv": b"Date,Time,event,contact_id\n",
        "cut.csv": b"\x1f\x8b\x08\x00",
        "unclosed.csv": b'"timestamp,event,contact_id\n',
    }.items():
        (tmp_path / name).write_bytes(content)
    before = sorted(tmp_path.iterdir())
    store = tmp_path / "made" / "store.duckdb"
    assert_error(run(command, argument, "--store", store), 1, message)
    assert not store.exists()
    assert [path for path in sorted(tmp_path.iterdir()) if path != store.parent] == before


def test_a_map_to_a_column_that_is_not_there(run: Run, events: Path) -> None:
    """The nearest column is named."""
    assert_error(
        run("overview", events, "--map", "contact_name=contact_nme"),
        1,
        f"{events}: no column 'contact_nme' for --map contact_name=contact_nme:"
        f" try contactrep overview {events} --map contact_name=contact_name",
    )


def test_another_zone_than_the_stores(ask: Run, store: Path, events: Path) -> None:
    """What was counted in one zone is not counted on in another."""
    assert_error(
        ask("load", events, "--timezone", "Asia/Tokyo"),
        1,
        f"{store} uses UTC, not Asia/Tokyo. Omit --timezone, or use --input-timezone for the zone of these"
        " files; to change the store's zone, undo all loads (contactrep unload) or choose another --store",
    )


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_read_only_store(ask: Run, store: Path, tmp_path: Path) -> None:
    """A store that its owner has closed is not replaced behind their back."""
    store.chmod(0o400)
    more = tmp_path / "more.csv"
    more.write_text("timestamp,event,contact_id\n2026-11-05,added,9\n")
    reason = f"{store} is read-only: allow writing (chmod u+w) or choose another --store"
    assert_error(ask("load", more), 1, reason)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,name\nu1,Ann\nu1,Bob\n", "id 'u1' occurs twice; the list of users is unchanged"),
        ("id,name\n,Bob\n", "line 2: no id; the list of users is unchanged"),
        ("id,nick\nu1,Ann\n", "no column for name among: id, nick: a user directory has id and name"),
        ("id,name,Name\n", "two columns mean name: a user directory has one id and one name"),
    ],
)
def test_a_directory_of_users_that_is_none(ask: Run, tmp_path: Path, text: str, message: str) -> None:
    """The file and the line are named, and that nothing has changed."""
    path = tmp_path / "users.csv"
    path.write_text(text)
    assert_error(ask("users", "load", path), 1, f"{path}: {message}")


def test_users_without_a_store(run: Run, tmp_path: Path) -> None:
    """A directory is of a store's users."""
    users, store = tmp_path / "users.csv", tmp_path / "none.duckdb"
    users.write_text("id,name\n")
    assert_error(
        run("users", "load", users, "--store", store),
        1,
        f"there is no store {store} yet: make one with 'contactrep load FILES' first",
    )


# The output: 1 (2 where the suffix says what no report is)


def test_a_place_that_cannot_be_written(ask: Run, tmp_path: Path) -> None:
    """Reports and exports alike say why, and what to try."""
    (tmp_path / "file").touch()
    for command in ("status", "export added"):
        words = command.split()
        assert_error(
            ask(*words, "-o", tmp_path),
            1,
            f"cannot write {tmp_path}: it is a folder: name a file in it",
        )
        for path, reason in (
            (tmp_path / "none" / "x.csv", "No such file or directory"),
            (tmp_path / "file" / "x.csv", "Not a directory"),
            (tmp_path / f"{TOO_LONG}.csv", "File name too long"),
        ):
            assert_error(ask(*words, "-o", path), 1, f"cannot write {path}: {reason}: choose another place")


@pytest.mark.parametrize("words", [("overview",), ("export", "added")])
def test_a_target_that_is_read_only_stays(ask: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Its folder would allow to replace it; who protects a file does not want that."""
    path = tmp_path / "x.csv"
    path.write_text("kept")
    path.chmod(0o444)
    message = f"cannot write {path}: it is read-only: allow writing (chmod u+w), or choose another"
    assert_error(ask(*words, "-o", path), 1, message)
    assert path.read_text() == "kept"


@pytest.mark.parametrize("name", [".json", ".csv.gz", ".HTML"])
def test_an_extension_is_no_name(ask: Run, tmp_path: Path, name: str) -> None:
    """`-o "$name.json"` of a script whose variable is not set would write a hidden file."""
    path = tmp_path / name
    message = f"cannot write {path}: it is only an extension: name a file, e.g. report{path.name.lower()}"
    for words in (("overview",), ("export", "added")):
        assert_error(ask(*words, "-o", path), 1, message)


@pytest.mark.parametrize("target", ["s3://K:S@b/.csv", "hdfs://K:S@h/.csv", "hdfs://K:S@h/x.csv"])
@pytest.mark.parametrize("words", [("overview",), ("export", "added")])
def test_a_refused_target_is_shown_without_credentials(ask: Run, words: tuple[str, ...], target: str) -> None:
    """Whatever is wrong with it."""
    said = ask(*words, "-o", target)
    assert (said.exit_code, "S@" in said.stderr, "cannot write" in said.stderr) == (1, False, True)


def test_a_path_that_ends_with_a_slash_is_no_file(ask: Run, tmp_path: Path) -> None:
    """`-o reports/` would write a file called reports."""
    message = f"cannot write {tmp_path}/reports/: it is a folder: name a file in it"
    assert_error(ask("status", "-o", f"{tmp_path}/reports/"), 1, message)
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("name", "also"),
    [
        ("x.parquet", "; for .parquet use 'contactrep export'"),
        ("x.csv.gz", "; for .gz use 'contactrep export'"),
        ("x.pdf", ""),
        ("x.xls", ""),
        ("x.ODS", ""),
        ("x.xml", ""),
        ("x.csv.zip", ""),
        ("x.duckdb", ""),
    ],
)
def test_a_suffix_that_is_no_format_of_a_report(ask: Run, tmp_path: Path, name: str, also: str) -> None:
    """The suffixes of the formats that can write any answer are listed."""
    assert_error(
        ask("status", "-o", tmp_path / name),
        2,
        f"{Path(name).suffix.lower()} is not supported here:"
        f" use .txt, .json, .csv, .md, .markdown, .html, .htm, .xlsx{also}",
    )


def test_more_rows_than_a_sheet_has(ask: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The formats that hold them all are named."""
    monkeypatch.setattr("contactrep.exports.MOST_XLSX_ROWS", 3)
    assert_error(
        ask("export", "added", "-o", tmp_path / "added.xlsx"),
        1,
        "4 rows do not fit a sheet, which ends at 3: export to Parquet or CSV instead "
        "(-o FILE.parquet, -o FILE.csv)",
    )


def test_a_text_longer_than_a_cell(run: Run, tmp_path: Path) -> None:
    """XLSX cuts nothing in silence."""
    file, target = tmp_path / "long.csv", tmp_path / "long.xlsx"
    file.write_text(f"timestamp,event,contact_id,contact_name\n2026-11-05,added,1,{'x' * 40_000}\n")
    assert_error(
        run("export", "added", file, "-o", target),
        1,
        "row 1 has a text of 40,000 characters, and a cell of XLSX holds 32,767: "
        "export to CSV or Parquet instead",
    )
    assert not target.exists()


# What nobody thought of: 1


def test_an_unexpected_error_is_a_line_and_with_debug_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user gets a line that says how to learn more; who asks for the traceback gets it."""

    def fail(*_: object) -> NoReturn:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("contactrep.cli.session.read_settings", fail)
    said = "unexpected ZeroDivisionError: by zero: set CONTACTREP_DEBUG=1 to see where, and report it"
    assert_error(run("status", crash=True), 1, said)
    monkeypatch.setenv("CONTACTREP_DEBUG", "1")
    with pytest.raises(ZeroDivisionError, match="by zero"):
        run("status")


@pytest.mark.skipif(os.name == "nt", reason="arguments are text on Windows")
def test_an_argument_that_is_no_text_is_no_error(
    run_process: RunProcess, store: Path, tmp_path: Path
) -> None:
    """Bytes that are no UTF-8 match nothing as a filter, and are fine as a file's name."""
    strange = os.fsdecode(b"caf\xe9")
    done = run_process("overview", "--store", store, *AS_OF, "--contact", strange, "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert "only contact caf‹U+DCE9›\n" in done.stdout
    assert "The selected filter(s) have no applicable data\n" in done.stdout
    done = run_process("export", "added", "--store", store, "-o", f"{strange}.csv")
    assert (done.returncode, done.stderr) == (0, "Note: 4 rows written to caf‹U+DCE9›.csv\n")
    assert (tmp_path / f"{strange}.csv").is_file()
