"""Any text for any option, any config, any end of time: an answer or one line, never a traceback."""

import contextlib
import functools
import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import available_timezones

import click
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contactrep.cli import main
from contactrep.events import COLUMNS, KINDS
from contactrep.period import BYS, COMPARINGS, PRESETS, WEEKDAYS
from contactrep.render.formats import BY_NAME
from tests.conftest import run_command
from tests.nasty import EVERY

AS_OF = ("--as-of", "2026-11-05")
ENDS = """\
timestamp,event,contact_id,contact_name,channel,source,user_id,user_name
0002-01-01T00:00:00Z,added,first,Ann,,User,u1,Uma
0002-01-01T00:00:00Z,connected,first,Ann,SMS,User,u1,Uma
2026-11-05T10:00:00Z,added,now,Bo,,Broadcast,,
2026-11-05T10:00:00Z,deleted,now,Bo,,,,
9998-12-31T23:59:59.999999Z,added,last,Cy,,Zapier,,
9998-12-31T23:59:59.999999Z,merged,last,Cy,,,u2,
"""


def commands() -> dict[tuple[str, ...], click.Command]:
    """Every command by its words, those with a word to choose once for the first of them."""
    found: dict[tuple[str, ...], click.Command] = {}
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= {(name, word): child for word, child in command.commands.items()}
        else:
            found[(name,)] = command
    return found


COMMANDS = commands()
ARGUMENTS = {
    ("log",): ("connected",),
    ("export",): ("added",),
    ("check",): ("added < 50",),
    ("load",): ("events.csv",),
    ("users", "load"): ("users.csv",),
    ("unload",): ("1",),
    ("forget",): ("now", "--yes"),
    ("demo",): ("--events", "20"),
}
"""What a command needs beside its options; `demo` is made small."""

REPORTS = [
    *(("overview",), ("added",), ("connected",), ("log", "added"), ("report",), ("check",), ("ranges",)),
]


def options() -> dict[str, list[tuple[str, ...]]]:
    """Every option that takes a text, and the commands that have it."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for words, command in COMMANDS.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.is_flag:
                found.setdefault(max(parameter.opts, key=len), []).append(words)
    return found


OPTIONS = options()

# A command line has no NUL; a byte that is no UTF-8 is a lone surrogate there.
TYPED = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"])
    | st.sampled_from(list("0123456789-.:TWQZ+/~*?[]{}%=\"' \n\x1b")),
    max_size=30,
)
NASTY = st.sampled_from([text for text in EVERY if "\0" not in text])
TIMES = [
    "0000", "0001", "0002", "9998", "9999", "10000", "0001-01", "9999-12", "0001-W01", "9999-W52", "9998-W53",
    "0001-Q1", "9999-Q4", "0001-01-01", "0001-12-31", "0002-01-01", "9998-12-31", "9999-12-30", "9999-12-31",
    "0001-01-01T00:00", "0001-01-01T00:00:00+23:59", "0001-01-01T23:59Z", "9999-12-31T23:59:59.999999",
    "9999-12-31T23:59:59.999999-23:59", "9999-12-31T00:00Z", "last-1-days", "last-999999999-days",
    "last-740000-days", "all", "2026-02-29", "2026-11-31", "2026-W54", "2026-Q5", "2026-13", "1e5", "-1",
]  # fmt: skip
MOMENTS = st.sampled_from([*TIMES, *PRESETS])
RANGES = (
    MOMENTS
    | st.tuples(MOMENTS, MOMENTS).map("..".join)
    | st.sampled_from([f"{t}.." for t in TIMES] + [f"..{t}" for t in TIMES])
)
ZONES = ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "Africa/Monrovia", "Asia/Kathmandu"]
GOOD: dict[str, list[str]] = {
    "--format": [*BY_NAME, "parquet", "jsonl", "JSON"],
    "--to": ["ana@example.com", "Ana <ana@example.com>", "root", "a@b\nBcc: c", "@", "<>"],
    "--from": ["Réports <r@example.com>", "r@münchen.example", "r@\u202e"],
    "--subject": ["Weekly", "山" * 90, "=?utf-8?q?x?=", "\n"],
    "--by": list(BYS),
    "--compare": list(COMPARINGS),
    "--event": list(KINDS),
    "--map": [f"{name}=x" for name in COLUMNS] + ["contact_id=contact_name", "=", "contact_id="],
    "--timezone": ZONES + sorted(available_timezones())[::40],
    "--input-timezone": ZONES,
    "--timestamp-format": [
        "excel",
        "epoch-ms",
        "%d/%m/%Y",
        "%Y-%m-%d",
        "%s",
        "%",
        "%Y%j",
        "%G-W%V-%u",
        "%y%m%d",
        "%%%Y-%m-%d%z",
    ],
    "--max-age": ["90min", "26h", "2d", "999999w", "0h", "1m", "1.5h", "٣h"],
    "--min": ["1", "0", "-1", "9" * 30, "٣"],
    "--limit": ["1", "10000", "0", "-1", "10001", "9" * 30, "1.0", "٣"],
    "--events": ["1", "0", "-1", "9" * 30, "1e3", "٣", "1_0"],
    "--memory-limit": ["150MB", "1GB", "1 GiB", "0MB", "9999999999TB", "1e9", "-1GB", "149.9MB", "٣GB"],
    "--channel": ["SMS", "Unknown"],
    "--user": ["Uma", "u2"],
    "--source": ["user", "broad_cast"],
    "--contact": ["now", "%", "_", "\\"],
}


def values_of(option: str) -> st.SearchStrategy[str]:
    """Any text for an option: typed at random, nasty, or near to what it takes."""
    near: st.SearchStrategy[str] = RANGES
    if option not in ("--range", "--as-of"):
        near = st.sampled_from(GOOD.get(option, ["a", "a/b", ".", ""]))
    mutated = st.tuples(near, TYPED, st.integers(0, 12)).map(
        lambda it: it[0][: it[2]] + it[1] + it[0][it[2] :]
    )
    return near | TYPED | NASTY | mutated


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of events at the ends of time, its file, and a directory of users."""
    folder = tmp_path_factory.mktemp("ends")
    (folder / "events.csv").write_text(ENDS)
    (folder / "users.csv").write_text("id,name\nu1,Uma U.\n")
    place = ("--store", folder / "store.duckdb")
    assert run_command("load", folder / "events.csv", "--timezone", "UTC", *place).exit_code == 0
    assert run_command("users", "load", folder / "users.csv", *place).exit_code == 0
    return folder


@contextlib.contextmanager
def in_a_copy(ends: Path, folder: Path) -> Iterator[Path]:
    """The working directory is a copy of the folder: what a text names lies in it, and goes with it."""
    before, work = Path.cwd(), folder / "a" / "b"
    shutil.rmtree(folder / "a", ignore_errors=True)
    shutil.copytree(ends, work)
    os.chdir(work)
    try:
        yield work
    finally:
        os.chdir(before)


def stays_here(text: str) -> bool:
    """Whether a text, taken for a path, names nothing outside of the working directory."""
    return not text.startswith("/") and ".." not in text.split("/")


def assert_answered(result: Result) -> None:
    """It was answered, or refused in one line that says what is wrong; a check may have an alarm."""
    assert result.exit_code in (0, 1, 2, 3, 4), result.stderr
    lines = result.stderr_bytes.decode("utf-8").split("\n")
    errors = [line for line in lines if line.startswith("Error: ")]
    unjudged = [line for line in errors if "cannot be judged: " in line]
    assert len(errors) == (len(unjudged) or (1 if result.exit_code in (1, 2, 4) else 0)), result.stderr
    assert all(line.startswith(("Note: ", "Warning: ", "Error: ")) for line in lines[:-1]), result.stderr
    assert lines[-1] == ""
    assert "Error: unexpected" not in result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    if result.exit_code in (1, 2, 4) and not unjudged:
        assert result.stdout == ""


def asked(words: tuple[str, ...], *more: str) -> Result:
    """Run a command with what it needs; `--opt=value`, so that a dash in the value is one."""
    needed = ARGUMENTS.get(words, ())
    if any(option.startswith("--events=") for option in more):
        needed = ()
    return run_command(*words, *needed, *more)


def is_small(option: str, value: str) -> bool:
    """Not a sample of a billion events, which would be fine, and long."""
    with contextlib.suppress(ValueError):
        return option != "--events" or not 1000 < int(value) <= 1_000_000_000
    return True


@pytest.mark.parametrize("option", OPTIONS)
@given(data=st.data())
@hypothesis_settings(max_examples=hypothesis_settings().max_examples // 3)
def test_any_text_for_an_option(ends: Path, tmp_path: Path, option: str, data: st.DataObject) -> None:
    """Whatever stands behind an option of whatever command, the answer is one, or one line."""
    words = data.draw(st.sampled_from(OPTIONS[option]))
    value = data.draw(values_of(option).filter(stays_here).filter(functools.partial(is_small, option)))
    files = data.draw(st.booleans()) and any(
        parameter.name == "files" for parameter in COMMANDS[words].params
    )
    with in_a_copy(ends, tmp_path):
        more = [f"{option}={value}"]
        more += [] if option == "--store" else ["--store=store.duckdb"]
        more += ["events.csv"] if files and words != ("load",) else []
        assert_answered(asked(words, *more))


@given(data=st.data())
def test_any_texts_for_several_options(ends: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Several options at once, each with any text, are answered or refused in one line as well."""
    words = data.draw(st.sampled_from(sorted({words for having in OPTIONS.values() for words in having})))
    own = [option for option, having in OPTIONS.items() if words in having and option != "--store"]
    more = []
    for option in data.draw(st.lists(st.sampled_from(own), min_size=2, max_size=4)):
        value = data.draw(values_of(option).filter(stays_here).filter(functools.partial(is_small, option)))
        more.append(f"{option}={value}")
    with in_a_copy(ends, tmp_path):
        assert_answered(asked(words, "--store=store.duckdb", *more))


@given(
    st.sampled_from(sorted(COMMANDS)), st.lists((TYPED | NASTY).filter(stays_here), min_size=1, max_size=3)
)
def test_any_words_behind_a_command(
    ends: Path, tmp_path: Path, words: tuple[str, ...], texts: list[str]
) -> None:
    """Any words for files, kinds, ids and numbers of loads are taken for what they are, or refused."""
    with in_a_copy(ends, tmp_path):
        more = ["--yes"] if words == ("forget",) else []
        assert_answered(run_command(*words, "--store=store.duckdb", *more, "--", *texts))


@given(st.lists((TYPED | NASTY).filter(lambda text: not text.startswith("-")), min_size=1, max_size=3))
def test_any_words_for_a_command(texts: list[str]) -> None:
    """A word that is no command is answered in one line."""
    assert_answered(run_command(*texts))


@given(
    st.sampled_from(REPORTS),
    RANGES,
    st.sampled_from(TIMES) | st.none(),
    st.sampled_from(ZONES),
    st.sampled_from(BYS),
    st.sampled_from(COMPARINGS),
    st.sampled_from(["table", "json", "csv", "markdown"]),
)
@hypothesis_settings(max_examples=hypothesis_settings().max_examples * 3)
def test_the_ends_of_time(
    ends: Path,
    words: tuple[str, ...],
    covered: str,
    now: str | None,
    zone: str,
    by: str,
    compared: str,
    form: str,
) -> None:
    """Ranges and nows from the year 1 to 9999, over events of 2 and 9998, in zones far from each other."""
    more = [f"--store={ends / 'store.duckdb'}", f"--timezone={zone}", f"--format={form}"]
    more += [f"--as-of={now}"] if now else []
    if words != ("ranges",):
        more.append(f"--range={covered}")
    if words[0] not in ("ranges", "log"):
        more += [f"--compare={compared}"] if words[0] == "check" else [f"--by={by}", f"--compare={compared}"]
    result = run_command(*words, *ARGUMENTS.get(words, ()), *more)
    assert_answered(result)
    if form == "json" and result.exit_code == 0:
        assert json.loads(result.stdout)["schema"] == 1


def test_all_of_time_at_once(ends: Path) -> None:
    """A range of ten thousand years counts its six events, the last of them in 9999 on this zone's clocks."""
    store = ("--store", ends / "store.duckdb", "--timezone", "Pacific/Kiritimati", "--range", "all")
    page = json.loads(run_command("overview", *store, "--by", "year", "--format", "json", *AS_OF).stdout)
    counts = {name: figure["count"] for name, figure in page["metrics"].items()}
    assert counts == {"added": 3, "deleted": 1, "merged": 1, "net": 1}
    assert sum(bucket["added"] for bucket in page["series"]) == 3
    log = json.loads(run_command("log", "added", *store, "--format", "json").stdout)
    assert [row["contact_id"] for row in log["rows"]] == ["last", "now", "first"]
    assert run_command("export", "events", *store).stdout.count("\n") == 7


# Configs


def toml(value: object) -> str:
    """A value as TOML."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case datetime():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"
        case _:
            return repr(value)


KEYS = ["store", "range", "timezone", "week_start", "compare", "by", "memory_limit", "filters", "map"]
NAMES = ["channel", "user", "source", "contact", *COLUMNS]
TEXT = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from([*EVERY, *TIMES, *PRESETS, *WEEKDAYS, *BYS, *COMPARINGS, *ZONES])
    | st.sampled_from(["1GB", "~", "~nobody/x"])
)
VALUE = (
    TEXT
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.datetimes()
    | st.lists(TEXT | st.integers(), max_size=3)
    | st.dictionaries(st.sampled_from(NAMES) | TEXT, TEXT | st.lists(TEXT, max_size=3), max_size=3)
)


def assert_configured(ends: Path, config: Path) -> None:
    """Reports with this config are answered or refused in one line."""
    place = ["--config", str(config), "--store", str(ends / "store.duckdb")]
    for words in (["overview", *AS_OF], ["log", "connected"], ["ranges"], ["status"]):
        result = run_command(*words, *place)
        assert_answered(result)
        assert result.exit_code != 2, result.stderr


@given(st.dictionaries(st.sampled_from(KEYS), VALUE, min_size=1, max_size=3), st.booleans())
@hypothesis_settings(max_examples=hypothesis_settings().max_examples * 2)
def test_any_values_in_a_config(ends: Path, tmp_path: Path, values: dict[str, object], other: bool) -> None:
    """Any TOML value for any key is taken or refused in one line, and never for the command line's fault."""
    if other:
        values |= {"rnage": 1}
    config = tmp_path / "config.toml"
    config.write_text("".join(f"{key} = {toml(value)}\n" for key, value in values.items()), encoding="utf-8")
    assert_configured(ends, config)


@given(st.dictionaries(st.sampled_from(["store", "timezone"]), TEXT))
def test_any_store_in_a_config(tmp_path: Path, values: dict[str, str]) -> None:
    """A config's store of any name is found missing, and is not made by being looked for."""
    config = tmp_path / "c" / "config.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text("".join(f"{key} = {toml(value)}\n" for key, value in values.items()), encoding="utf-8")
    for words in (
        ["status"],
        ["overview"],
        ["rejects"],
        ["forget", "1", "--yes"],
        ["unload", "1"],
        ["ranges"],
    ):
        assert_answered(run_command(*words, "--config", config))
    assert [path.name for path in config.parent.iterdir() if path.suffix == ".duckdb"] == []


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_as_a_config(ends: Path, tmp_path: Path, data: bytes) -> None:
    """A config of any bytes is read as TOML or refused in one line."""
    config = tmp_path / "config.toml"
    config.write_bytes(data)
    assert_configured(ends, config)


@pytest.mark.parametrize("depth", [100, 100_000])
def test_a_config_nested_without_end(ends: Path, tmp_path: Path, depth: int) -> None:
    """Arrays within arrays beyond what a parser bears are refused in one line."""
    config = tmp_path / "config.toml"
    config.write_text(f"range = {'[' * depth}{']' * depth}\n")
    assert_configured(ends, config)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "STORE",
                "RANGE",
                "TIMEZONE",
                "WEEK_START",
                "BY",
                "COMPARE",
                "AS_OF",
                "CONFIG",
                "MEMORY_LIMIT",
                "MAX_AGE",
            ]
        ),
        TYPED | NASTY | RANGES,
        min_size=1,
    )
)
def test_any_environment(ends: Path, tmp_path: Path, values: dict[str, str]) -> None:
    """Any text in any variable of the program is taken or refused in one line."""
    with in_a_copy(ends, tmp_path), pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(f"CONTACTREP_{name}", value)
        for words in (["overview"], ["log", "added"], ["ranges"], ["status"]):
            assert_answered(run_command(*words))
