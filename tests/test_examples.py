"""What `examples/` promises beyond its data: files load as they are, the config and the crontab work."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from contactrep.cli import settings

EXAMPLES = Path(__file__).parents[1] / "examples"
PROGRAM = Path(sys.executable).parent / "contactrep"


def contactrep(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the program where nothing but HOME is known."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        env={"HOME": str(home)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def load(home: Path, *arguments: object) -> dict[str, int]:
    """Load, and give the totals of the summary."""
    ended = contactrep(home, "load", *arguments, "--format", "json")
    assert ended.returncode == 0, ended.stderr
    totals: dict[str, int] = json.loads(ended.stdout)["total"]
    return totals


@pytest.mark.parametrize("name", ["events.csv", "events.parquet"])
def test_the_events_load_as_they_are(tmp_path: Path, name: str) -> None:
    """All 5,000 events come in, without an option."""
    totals = {"read": 5000, "loaded": 5000, "duplicate": 0, "rejected": 0, "skipped": 0}
    assert load(tmp_path, EXAMPLES / name) == totals


def test_one_line_of_shell_makes_the_events(tmp_path: Path) -> None:
    """`demo --save` as of the last day gives the example file, byte for byte."""
    saved = tmp_path / "events.csv"
    moment = ("--as-of", "2026-11-04", "--timezone", "Asia/Kuala_Lumpur")
    assert contactrep(tmp_path, "demo", *moment, "--save", saved).returncode == 0
    assert saved.read_bytes() == (EXAMPLES / "events.csv").read_bytes()


def test_both_event_files_hold_the_same_events(tmp_path: Path) -> None:
    """After the CSV, the Parquet file adds nothing."""
    load(tmp_path, EXAMPLES / "events.csv")
    assert load(tmp_path, EXAMPLES / "events.parquet")["loaded"] == 0


def test_the_hosted_logs_hold_the_same_events(tmp_path: Path) -> None:
    """The four logs load as they are with --event, and are the events of the CSV in local time."""
    zone = ("--timezone", "Asia/Kuala_Lumpur")
    loaded = sum(
        load(tmp_path, EXAMPLES / f"log-{kind}.csv", "--event", kind, *zone)["loaded"]
        for kind in ("added", "connected", "deleted", "merged")
    )
    assert loaded == 5000
    assert load(tmp_path, EXAMPLES / "events.csv")["loaded"] == 0


def test_the_directory_restores_a_name(tmp_path: Path) -> None:
    """A removed user who is in the directory has a name again, the other one stays an id."""
    load(tmp_path, EXAMPLES / "events.csv")
    log = ("log", "deleted", "--range", "2026-09", "--format", "csv")
    before = contactrep(tmp_path, *log).stdout
    assert contactrep(tmp_path, "users", "load", EXAMPLES / "users.csv").returncode == 0
    after = contactrep(tmp_path, *log).stdout
    assert ("48107" in before, "Gwen Thimble" in before, "48112" in before) == (True, False, True)
    assert ("48107" in after, "Gwen Thimble" in after, "48112" in after) == (False, True, True)


def config_with_every_key() -> str:
    """The example config with the `#` taken from its settings."""
    text = (EXAMPLES / "config.toml").read_text(encoding="utf-8")
    return re.sub(r"^#(?=[\[a-z])", "", text, flags=re.MULTILINE)


def test_the_config_changes_nothing_until_a_line_is_taken() -> None:
    """As it stands, the example config sets nothing."""
    assert tomllib.loads((EXAMPLES / "config.toml").read_text(encoding="utf-8")) == {}


def test_the_config_has_every_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the marks taken away, the example has each key that there is, and each value is accepted."""
    for name in [name for name in os.environ if name.startswith("CONTACTREP_")]:
        monkeypatch.delenv(name)
    config = tmp_path / "config.toml"
    config.write_text(config_with_every_key(), encoding="utf-8")
    keys = tomllib.loads(config.read_text(encoding="utf-8"))
    assert {*keys} == {"store", "range", "timezone", "week_start", "compare", "by", "memory_limit"} | {
        "filters",
        "map",
        "profiles",
    }
    assert {*keys["filters"]} == {"channel", "user", "source", "contact"}
    read = settings.read_settings(config)
    assert all(value for value in vars(read).values())


def test_the_config_names_the_right_folder(tmp_path: Path) -> None:
    """Where the example says that it belongs on Linux, it is found."""
    folder = tmp_path / ".config" / "contactrep"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('timezone = "Asia/Kathmandu"\n', encoding="utf-8")
    assert "Asia/Kathmandu" in contactrep(tmp_path, "ranges").stdout


def morning(home: Path) -> subprocess.CompletedProcess[str]:
    """Run the line of the crontab as cron does; what it prints would be mailed."""
    program = home / "contactrep" / ".venv" / "bin" / "contactrep"
    if not program.exists():
        program.parent.mkdir(parents=True)
        program.symlink_to(PROGRAM)
    [line] = re.findall(
        r"^0 6 \* \* \* +(.+)$", (EXAMPLES / "crontab").read_text(encoding="utf-8"), re.MULTILINE
    )
    return subprocess.run(
        ["/usr/bin/env", "-i", f"HOME={home}", "/bin/sh", "-c", line.replace(r"\%", "%")],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_crontab_works_under_cron(tmp_path: Path) -> None:
    """Under cron's empty environment the line loads, writes yesterday's page, and mails nothing."""
    (tmp_path / "events").mkdir()
    sample = tmp_path / "events" / "sample.csv"
    assert contactrep(tmp_path, "demo", "--events", 100_000, "--save", sample).returncode == 0
    ended = morning(tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert "(from --timezone)" in (tmp_path / "load.txt").read_text(encoding="utf-8")
    [page] = tmp_path.glob("contacts-????-??-??.md")
    assert "Overview" in page.read_text(encoding="utf-8")


def test_a_quiet_day_is_not_mailed(tmp_path: Path) -> None:
    """Where yesterday has no event, the page says so, and there is no mail."""
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "old.csv").write_text("timestamp,event,contact_id\n2020-11-05,added,1\n")
    for _ in range(2):
        ended = morning(tmp_path)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    [page] = tmp_path.glob("contacts-????-??-??.md")
    assert "No events in this range" in page.read_text(encoding="utf-8")


def test_a_failed_morning_is_mailed(tmp_path: Path) -> None:
    """Where there is nothing to load, or the store has another zone, the reason is the mail."""
    ended = morning(tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"Error: {tmp_path}/events: ")
    (tmp_path / "events").mkdir()
    file = tmp_path / "events" / "a.csv"
    file.write_text("timestamp,event,contact_id\n2026-11-05,added,1\n")
    load(tmp_path, file, "--timezone", "Europe/Berlin")
    ended = morning(tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert "Europe/Berlin" in ended.stderr
    assert not list(tmp_path.glob("contacts-*.md"))
