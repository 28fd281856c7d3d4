"""The system's zone: believed only where it agrees with the clock of the C library."""

import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tzlocal
from click.testing import Result

from contactrep.cli.settings import UnclearZoneProblem, _system_zone

RunProcess = Callable[..., "subprocess.CompletedProcess[str]"]

ROWS = "timestamp,event,contact_id\n2026-11-05 10:00,added,1\n"
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Give the C library back the TZ of the other tests."""
    yield
    time.tzset()


@pytest.fixture
def run_in(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Run a command where TZ has a setting, which the C library is told as when a process starts."""
    monkeypatch.chdir(tmp_path)

    def run_it(setting: str, *arguments: str) -> Result:
        monkeypatch.setenv("TZ", setting)
        time.tzset()
        return run(*arguments)

    return run_it


def test_a_process_has_its_zone_from_the_start(run_process: RunProcess, tmp_path: Path) -> None:
    """As with the settings below: a rule is not taken for UTC, and a name is taken."""
    (tmp_path / "a.csv").write_text(ROWS)
    load = ("load", "a.csv", "--store", "s.duckdb")
    done = run_process(*load, env={"TZ": "MYT-8"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "Error: the system's time zone is unclear: TZ is 'MYT-8', and its clock is "
    )
    done = run_process(*load, env={"TZ": "Asia/Tokyo"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "time zone Asia/Tokyo (from the system)" in done.stdout


@pytest.mark.parametrize(
    ("setting", "city"),
    [
        ("MYT-8", "UTC+08:00 now; use --timezone with a city such as Asia/Kuala_Lumpur"),
        ("UTC-8", "UTC+08:00 now; use --timezone with a city such as Asia/Kuala_Lumpur"),
        ("<+08>-8", "UTC+08:00 now; use --timezone with a city such as Asia/Kuala_Lumpur"),
        ("<-05>5", "UTC-05:00 now; use --timezone with a city such as America/"),
        ("GMT0BST,M3.5.0,M10.5.0", " now; use --timezone with a city such as "),
        ("EST5EDT,M3.2.0,M11.1.0", " now; use --timezone with a city such as America/"),
        ("Foo/Bar", "UTC+00:00 now; use --timezone with a city such as "),
        ("posixrules", " now; use --timezone with a city such as "),
        ("right/Asia/Tokyo", " now; use --timezone with a city such as Asia/Tokyo"),
    ],
)
def test_a_rule_in_tz_is_not_counted_as_utc(
    run_in: Callable[..., Result], tmp_path: Path, setting: str, city: str
) -> None:
    """Only the C library understands it, so the run asks for a zone; with one it loads."""
    (tmp_path / "a.csv").write_text(ROWS)
    asked = ("load", "a.csv", "--store", "s.duckdb")
    done = run_in(setting, *asked)
    said = f"Error: the system's time zone is unclear: TZ is '{setting}', and its clock is at "
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
    assert city in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "s.duckdb").exists()
    assert run_in(setting, *asked, "--timezone", "Asia/Tokyo").exit_code == 0
    again = run_in(setting, *asked)
    assert (again.exit_code, again.stderr) == (0, "")  # the store has a zone of its own


@pytest.mark.parametrize(
    ("setting", "zone"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        (":Asia/Tokyo", "Asia/Tokyo"),
        ("posix/Asia/Tokyo", "Asia/Tokyo"),
        ("EST5EDT", "EST5EDT"),
        ("", "UTC"),
    ],
)
def test_a_name_in_tz_is_the_zone(
    run_in: Callable[..., Result], tmp_path: Path, setting: str, zone: str
) -> None:
    """IANA names are taken as they are, and nothing is said on stderr."""
    (tmp_path / "a.csv").write_text(ROWS)
    done = run_in(setting, "load", "a.csv", "--store", "s.duckdb")
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"time zone {zone} (from the system)" in done.stdout
    assert run_in("UTC", "overview", "--store", "s.duckdb").exit_code == 0


def test_files_that_contradict_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain /etc/localtime beside an /etc/timezone of another zone: the name is wrong."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    monkeypatch.setattr(time, "tzset", lambda: None)
    monkeypatch.delenv("TZ")
    monkeypatch.setattr(tzlocal, "get_localzone_name", lambda: "Europe/Berlin")
    said = "it is called Europe/Berlin, and its clock is at UTC\\+09:00 now; use --timezone"
    with pytest.raises(UnclearZoneProblem, match=said):
        _system_zone(NOW)
    monkeypatch.setattr(tzlocal, "get_localzone_name", lambda: None)
    with pytest.raises(UnclearZoneProblem, match="it has no name, and"):
        _system_zone(NOW)
    monkeypatch.setattr(tzlocal, "get_localzone_name", lambda: "Asia/Tokyo")
    assert _system_zone(NOW) == "Asia/Tokyo"


def test_zones_that_agree_for_half_of_the_year(monkeypatch: pytest.MonkeyPatch) -> None:
    """In November London is at UTC, but it was not in May."""
    monkeypatch.setenv("TZ", "Europe/London")
    time.tzset()
    monkeypatch.setattr(time, "tzset", lambda: None)
    monkeypatch.delenv("TZ")
    for name in ("Etc/UTC", None):
        monkeypatch.setattr(tzlocal, "get_localzone_name", lambda name=name: name)
        with pytest.raises(UnclearZoneProblem):
            _system_zone(NOW)


def test_a_machine_without_a_zone_is_at_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """No TZ, no files, and a clock at UTC: nothing contradicts the default."""
    monkeypatch.delenv("TZ")
    monkeypatch.setattr(tzlocal, "get_localzone_name", lambda: None)
    monkeypatch.setattr(time, "localtime", lambda seconds: time.gmtime(seconds))
    assert _system_zone(NOW) is None


def test_what_tzlocal_warns_of_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither its log nor its warnings reach stderr."""

    def name() -> str:
        logging.getLogger("tzlocal").warning("/etc/timezone is deprecated in some distros")
        return "Etc/UTC"

    monkeypatch.delenv("TZ")
    monkeypatch.setattr(tzlocal, "get_localzone_name", name)
    monkeypatch.setattr(time, "localtime", lambda seconds: time.gmtime(seconds))
    monkeypatch.setattr(logging, "lastResort", logging.StreamHandler())
    assert _system_zone(NOW) == "Etc/UTC"
    assert capfd.readouterr().err == ""
