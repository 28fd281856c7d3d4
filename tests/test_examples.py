"""What `examples/` promises beyond its data: files load as they are, the config and the crontab work."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from operator import itemgetter
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
    assert {*keys} == {
        *("store", "range", "timezone", "week_start", "compare", "by", "memory_limit", "users"),
        *("filters", "map", "profiles"),
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


# The crontab and the units of systemd: each command line of theirs is run as they run it


@dataclass(frozen=True)
class Server:
    """A machine whose /srv/contactrep is a folder of the test; `mails` has what its sendmail is given."""

    folder: Path

    @property
    def mails(self) -> Path:
        return self.folder / "mails"

    def here(self, text: str) -> str:
        """The text with the folder in place of the one on the machine."""
        return text.replace("/srv/contactrep", str(self.folder))

    def sent(self) -> list[EmailMessage]:
        """The mails that sendmail was given, by subject."""
        texts = [path.read_bytes() for path in self.mails.iterdir() if not path.suffix]
        return sorted(map(parsed_mail, texts), key=itemgetter("Subject"))

    def crontab(self) -> list[str]:
        """The jobs of the crontab, as lines for a shell: page, mail, alarms; weekly mail, alarms."""
        lines = self.here((EXAMPLES / "crontab").read_text(encoding="utf-8")).splitlines()
        found = [re.fullmatch(r"([\d*/,-]+ +){5} *(?P<job>[^ ].*)", line) for line in lines]
        return [job["job"].replace(r"\%", "%") for job in found if job]

    def variables(self) -> list[str]:
        """The variables of the crontab."""
        text = self.here((EXAMPLES / "crontab").read_text(encoding="utf-8"))
        return [line for line in text.splitlines() if re.match("[A-Z_]+=", line)]

    def start(self, job: str) -> subprocess.Popen[str]:
        """Start a job as cron does: no terminal, no HOME, LANG=C, only the variables of the crontab."""
        command = ["/usr/bin/env", "-i", "LANG=C", *self.variables(), "/bin/sh", "-c", job]
        return started(command, Path("/"))

    def units(self) -> dict[str, list[tuple[str, str]]]:
        """The settings of each unit, in order."""
        return {
            path.name: [
                (key, value)
                for line in self.here(path.read_text(encoding="utf-8")).splitlines()
                for key, equals, value in [line.partition("=")]
                if equals and not line.startswith("#")
            ]
            for path in sorted((EXAMPLES / "systemd").iterdir())
        }

    def start_unit(self, name: str) -> Iterator[subprocess.Popen[str]]:
        """Start the commands of a service one after another, as systemd does: without HOME, in its folder."""
        settings = self.units()[name]
        variables = [value for key, value in settings if key == "Environment"]
        path = f"PATH={self.folder / '.venv' / 'bin'}:/usr/bin:/bin"
        folder = Path(dict(settings).get("WorkingDirectory", "/"))
        for line in (value for key, value in settings if key == "ExecStart"):
            words = shlex.split(line.replace("%i", "contactrep-morning.service").replace("%%", "%"))
            yield started(["/usr/bin/env", "-i", "LANG=C", path, *variables, *words], folder)


def parsed_mail(text: bytes) -> EmailMessage:
    """A message as a mail program reads it."""
    return message_from_bytes(text, policy=policy.default)


def assert_reports(mails: list[EmailMessage]) -> None:
    """Each is a complete report to the team: text, HTML, and charts that it shows."""
    for mail in mails:
        assert mail["To"] == "team@example.com"
        kinds = [part.get_content_type() for part in mail.walk()]
        assert kinds[:2] == ["multipart/alternative", "text/plain"]
        assert {"text/html", "image/png"} <= set(kinds)
        body = mail.get_body(("plain",))
        assert body is not None
        assert "Contacts Overview" in body.get_content()


def started(command: list[str], folder: Path) -> subprocess.Popen[str]:
    """Start a command that has neither a terminal nor standard input."""
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def ended(run: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a run: its exit code, and what cron would mail."""
    stdout, stderr = run.communicate(timeout=120)
    return run.returncode, stdout, stderr


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A machine with contactrep, and with a sendmail and a journal that are scripts."""
    folder = tmp_path / "srv"
    binaries = folder / ".venv" / "bin"
    for place in (binaries, folder / "events", folder / "reports", folder / "mails"):
        place.mkdir(parents=True)
    (binaries / "contactrep").symlink_to(PROGRAM)
    for name, script in {
        "sendmail": f'cat > "{folder}/mails/$$"; echo "$@" > "{folder}/mails/$$.options"',
        "journalctl": "echo 'what the unit said'",
    }.items():
        (binaries / name).write_text(f"#!/bin/sh\n{script}\n")
        (binaries / name).chmod(0o755)
    return Server(folder)


def steady(server: Server, *, until: timedelta = timedelta(), channels: str = "WhatsApp LINE") -> None:
    """Events of three weeks up to now, evenly: 144 added a day, 48 connected by each channel, 12 deleted.

    `until` ends all of them so much earlier; the last three days have connections by `channels` only.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    rows = ["timestamp,event,contact_id,channel"]
    for place in range(21 * 144):
        moment = now - timedelta(minutes=10 * place)
        if moment > now - until:
            continue
        rows.append(f"{moment:%Y-%m-%dT%H:%M:%SZ},added,{place},")
        if place % 3 == 0:
            known = "WhatsApp LINE" if place > 3 * 144 else channels
            rows += [f"{moment:%Y-%m-%dT%H:%M:%SZ},connected,{place},{name}" for name in known.split()]
        if place % 12 == 0:
            rows.append(f"{moment:%Y-%m-%dT%H:%M:%SZ},deleted,{place},")
    (server.folder / "events" / "all.csv").write_text("\n".join(rows) + "\n")


def test_the_crontab_works_under_cron(server: Server) -> None:
    """Without HOME and a terminal its jobs load, write the reports, and mail nothing on a good day."""
    steady(server)
    for job in server.crontab():
        assert ended(server.start(job)) == (0, "", ""), job
    assert "(from CONTACTREP_TIMEZONE)" in (server.folder / "load.txt").read_text(encoding="utf-8")
    [page] = (server.folder / "reports").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d\.html", page.name)
    assert "Contacts Overview" in page.read_text(encoding="utf-8")
    day, week = server.sent()
    assert day["Subject"] != week["Subject"]
    assert_reports([day, week])


def test_the_jobs_may_run_twice_at_once(server: Server) -> None:
    """As after a machine that slept: every event is counted once, and each file is whole."""
    steady(server)
    for job in server.crontab():
        runs = [server.start(job), server.start(job)]
        assert [ended(run) for run in runs] == [(0, "", "")] * 2, job
    answer = contactrep(
        server.folder, "status", "--store", server.folder / "contacts.duckdb", "--format", "json"
    )
    assert json.loads(answer.stdout)["events"]["added"] == 21 * 144
    [page] = (server.folder / "reports").iterdir()
    assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    mails = server.sent()
    assert len(mails) == 4
    assert_reports(mails)
    assert list(server.folder.rglob(".contactrep-*")) == []


def test_an_alarm_is_mailed(server: Server) -> None:
    """A channel that went silent is one line on stdout, which cron mails."""
    steady(server, channels="LINE")
    morning, _, alarm, *_ = server.crontab()
    assert ended(server.start(morning)) == (0, "", "")
    code, stdout, stderr = ended(server.start(alarm))
    assert (code, stderr, stdout.count("\n")) == (3, "", 1)
    assert stdout.startswith("connected[WhatsApp] == 0: 0 == 0 (connected[WhatsApp] 0), ")


def test_old_data_is_mailed_in_place_of_a_report(server: Server) -> None:
    """The feed ended two days ago: no report, no alarm of wrong figures, and a line that says since when."""
    steady(server, until=timedelta(days=2))
    for job in server.crontab():
        code, stdout, stderr = ended(server.start(job))
        assert (code, stdout, stderr.count("\n")) == (4, "", 1)
        assert "--max-age is 26h" in stderr
    assert not [*(server.folder / "reports").iterdir(), *server.sent()]


def test_a_failed_morning_is_mailed(server: Server) -> None:
    """Where there is nothing to load, or most rows are rejected, the reason is mailed and no report made."""
    morning = server.crontab()[0]
    code, stdout, stderr = ended(server.start(morning))
    assert (code, stdout, stderr.count("\n")) == (1, "", 1)
    assert stderr.startswith("Error: events: ")


def test_after_a_failed_load_no_job_reports(server: Server) -> None:
    """The store has enough events for --max-age, but not those of the night: no report, mail or alarm."""
    steady(server)
    store, events = server.folder / "contacts.duckdb", server.folder / "events"
    assert contactrep(server.folder, "load", "--store", store, events).returncode == 0
    (server.folder / "events" / "night.csv").write_text(
        "timestamp,event,contact_id\n" + "yesterday,added,1\n" * 11
    )
    for job in server.crontab():
        code, stdout, stderr = ended(server.start(job))
        assert (code, stdout, stderr.count("\n")) == (1, "", 1)
        assert "night.csv" in stderr
    for name in ("contactrep-morning.service", "contactrep-week.service"):
        code, _, stderr = ended(next(server.start_unit(name)))  # systemd runs no other command after it
        assert code == 1
        assert "night.csv" in stderr
    assert not [*(server.folder / "reports").iterdir(), *server.sent()]


def test_the_units_of_systemd_work(server: Server) -> None:
    """Each command of the services ends well on a good day, also twice at once, and the reports are there."""
    steady(server)
    for name in ("contactrep-morning.service", "contactrep-week.service"):
        for first, second in zip(server.start_unit(name), server.start_unit(name), strict=True):
            for run in (first, second):
                code, _, stderr = ended(run)
                assert (code, stderr) == (0, ""), run.args
    assert [path.name for path in (server.folder / "reports").iterdir()] == ["yesterday.html"]
    mails = server.sent()
    assert len(mails) == 4
    assert_reports(mails)


def test_a_load_that_rejected_rows_fails_the_unit_at_its_end(server: Server) -> None:
    """Reports are sent and alarms ring first; a load that fails ends the run at once."""
    steady(server)
    events = server.folder / "events" / "all.csv"
    events.write_text(events.read_text() + "yesterday,added,1,\n")
    name = "contactrep-morning.service"
    first, *others = [ended(run) for run in server.start_unit(name)]
    assert (first[0], [code for code, _, _ in others]) == (0, [0, 0, 0, 0, 1])
    assert "Warning: events/all.csv: 1 of " in first[2]
    assert len(server.sent()) == 1
    assert [ended(run)[0] for run in server.start_unit(name)] == [0] * 6  # it is told once
    events.write_text("timestamp,event,contact_id\n" + "yesterday,added,1\n" * 11)
    code, _, said = ended(next(server.start_unit(name)))
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Error: events/all.csv")


def test_a_failed_unit_is_mailed(server: Server) -> None:
    """The unit that OnFailure names sends a mail with what the other one said."""
    units = server.units()
    for name in ("contactrep-morning.service", "contactrep-week.service"):
        assert dict(units[name])["OnFailure"] == "contactrep-failed@%n.service"
    [run] = server.start_unit("contactrep-failed@.service")
    assert ended(run) == (0, "", "")
    [mail] = [path for path in server.mails.iterdir() if not path.suffix]
    assert mail.read_text() == (
        "To: you@example.com\nSubject: contactrep-morning.service failed\n\nwhat the unit said\n"
    )
    assert mail.with_suffix(".options").read_text() == "-t -i\n"


def test_crontab_and_units_say_the_same() -> None:
    """Whoever changes one changes the other: the same commands, conditions and ages."""
    server = Server(Path("/srv/contactrep"))
    jobs = [part for job in server.crontab() for part in job.split(" && ")]
    settings = [it for name in ("morning", "week") for it in server.units()[f"contactrep-{name}.service"]]
    units = [
        value.replace("%%", "%").removeprefix("/bin/sh -c '").removeprefix("/srv/contactrep/.venv/bin/")
        for key, value in settings
        if key == "ExecStart"
    ]
    same = [
        [it for it in lines if it.startswith("contactrep ") and " load " not in it] for lines in (jobs, units)
    ]
    assert len(same[0]) == 5
    assert len({tuple(re.split(" -o ", line)[0] for line in lines) for lines in same}) == 1
    assert {re.split(" 2?> ", line)[0] for line in {*jobs, *units} if " load " in line} == {
        "contactrep load --quiet events"
    }


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(server: Server, tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say, and understands when the timers run."""
    for path in sorted((EXAMPLES / "systemd").iterdir()):
        (tmp_path / path.name).write_text(server.here(path.read_text(encoding="utf-8")), encoding="utf-8")
    units = [str(tmp_path / name) for name in server.units() if "@" not in name]
    units.append(str(tmp_path / "contactrep-failed@.service"))
    done = subprocess.run(
        ["systemd-analyze", "verify", *units],
        env={"PATH": os.defpath, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    about_ours = [line for line in done.stderr.splitlines() if "contactrep" in line]
    assert (done.returncode, about_ours) == (0, [])
    calendars = [value for unit in server.units().values() for key, value in unit if key == "OnCalendar"]
    assert len(calendars) == 2
    for calendar in calendars:
        subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, check=True)


def test_the_timers_start_the_services() -> None:
    """Each timer has the name of its service, and is one that `systemctl enable` can enable."""
    units = Server(Path("/srv/contactrep")).units()
    timers = [name for name in units if name.endswith(".timer")]
    assert timers == ["contactrep-morning.timer", "contactrep-week.timer"]
    for name in timers:
        assert name.replace(".timer", ".service") in units
        assert {"OnCalendar", "Persistent", "WantedBy"} <= set(dict(units[name]))
