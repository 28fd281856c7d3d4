"""`contactrep profiles`, `--profile`, and loads of the files that the config lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

ADDED = "Who;When\n1;2026-11-01\n2;2026-11-02\n"
DELETED = "id,at\n1,2026-11-03T01:00:00\n"
CONFIG = """\
timezone = "Asia/Kuala_Lumpur"

[map]
channel = "Kanal"

[profiles.crm]
description = "The CRM's table"
files = ["crm/*.csv"]
event = "added"
[profiles.crm.map]
contact_id = "Who"
timestamp = "When"

[profiles.gone]
files = "gone.csv"
input_timezone = "UTC"
[profiles.gone.map]
contact_id = "id"
[profiles.gone.event]
deleted = "at"

[profiles.manychat]
[profiles.manychat.map]
timestamp = "subscribed"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config in a folder of its own, with two profiles that list files of that folder."""
    folder = tmp_path / "etc[1]"
    (folder / "crm").mkdir(parents=True)
    (folder / "crm" / "a.csv").write_text(ADDED)
    (folder / "gone.csv").write_text(DELETED)
    path = folder / "config.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def ask(run: Callable[..., Result], tmp_path: Path, config: Path) -> Callable[..., Result]:
    """Run a command with the config, on a new store."""
    return lambda *arguments: run(*arguments, "--config", config, "--store", tmp_path / "s.duckdb")


def test_a_load_without_files_takes_those_of_all_profiles_as_one_load(ask: Callable[..., Result]) -> None:
    """Each file by its own profile; again, it changes nothing."""
    loaded = ask("load", "--format", "json")
    assert loaded.exit_code == 0, loaded.stderr
    answer = json.loads(loaded.stdout)
    assert answer["load"] == 1
    assert [Path(file["path"]).name for file in answer["files"]] == ["a.csv", "gone.csv"]
    assert answer["total"] == {"read": 3, "loaded": 3, "duplicate": 0, "rejected": 0, "skipped": 0}
    exported = ask("export", "events", "--format", "csv", "-o", "-").stdout.splitlines()[1:]
    assert [line.split(",")[:3] for line in exported] == [
        ["2026-10-31T16:00:00Z", "added", "1"],
        ["2026-11-01T16:00:00Z", "added", "2"],
        ["2026-11-03T01:00:00Z", "deleted", "1"],
    ]
    again = json.loads(ask("load", "--format", "json").stdout)
    assert (again["load"], again["total"]["duplicate"]) == (None, 3)


def test_a_file_is_looked_through_with_the_encoding_of_its_own_profile(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    """Not with that of the file before it."""
    header = "timestamp,event,contact_id,contact_name\n"
    (tmp_path / "old.csv").write_bytes(f"{header}2026-11-05T10:00:00Z,added,1,Jörg\n".encode("cp1252"))
    (tmp_path / "new.csv").write_text(f"{header}2026-11-05T10:00:00Z,added,2,Jörg\n", encoding="utf-8")
    config = tmp_path / "c.toml"
    profiles = '[profiles.old]\nfiles = "old.csv"\nencoding = "cp1252"\n[profiles.new]\nfiles = "new.csv"\n'
    config.write_text(f'timezone = "UTC"\n{profiles}')
    options = ("--config", config, "--store", tmp_path / "s.duckdb")
    assert run("load", *options).exit_code == 0
    rows = run("export", "added", *options, "--format", "csv", "-o", "-").stdout.splitlines()[1:]
    assert [row.split(",")[2:5] for row in rows] == [["1", "", "Jörg"], ["2", "", "Jörg"]]


def test_status_has_what_each_profile_of_a_load_says(ask: Callable[..., Result]) -> None:
    """Its JSON has the options, the table the names."""
    ask("load")
    (load,) = json.loads(ask("status", "--format", "json").stdout)["loads"]
    assert load["options"] == {
        "profiles": {
            "crm": {"event": "added", "map": {"contact_id": "Who", "timestamp": "When"}},
            "gone": {"event": {"deleted": "at"}, "input_timezone": "UTC", "map": {"contact_id": "id"}},
        }
    }
    assert "profiles crm, gone" in ask("status").stdout


def test_an_event_on_the_command_line_replaces_that_of_the_profile(
    ask: Callable[..., Result], config: Path
) -> None:
    """Also where one is a kind, and the other a column; status says how the file was read."""
    loaded = ask("load", config.parent / "crm" / "a.csv", "--profile", "crm", "--event", "deleted=When")
    assert loaded.exit_code == 0, loaded.stderr
    answer = json.loads(ask("status", "--format", "json").stdout)
    assert (answer["events"]["added"], answer["events"]["deleted"]) == (0, 2)
    assert answer["loads"][0]["options"]["profiles"]["crm"]["event"] == {"deleted": "When"}


def test_the_files_of_one_profile(ask: Callable[..., Result]) -> None:
    """--profile without FILES takes what it lists; options go before what it says."""
    loaded = json.loads(ask("load", "--profile", "gone", "--event", "added=at", "--format", "json").stdout)
    assert [Path(file["path"]).name for file in loaded["files"]] == ["gone.csv"]
    counts = json.loads(ask("status", "--format", "json").stdout)["events"]
    assert (counts["added"], counts["deleted"]) == (1, 0)


def test_a_profile_reads_files_that_are_named(ask: Callable[..., Result], config: Path) -> None:
    """On reports, too; there the map of the config does not count, which is for files without a profile."""
    files = (config.parent / "crm" / "a.csv", "--profile", "crm", "--range", "all")
    assert json.loads(ask("overview", *files, "--format", "json").stdout)["metrics"]["added"]["count"] == 2
    refused = ask("load", config.parent / "crm" / "a.csv", "--event", "added")
    assert "no column 'Kanal' for --map channel=Kanal" in refused.stderr
    assert ask("load", *files[:3]).exit_code == 0


def test_content_that_another_profile_has_read_is_refused(ask: Callable[..., Result], config: Path) -> None:
    """As with other options; the same options under another name are the same."""
    ask("load")
    file = config.parent / "gone.csv"
    refused = ask("load", file, "--event", "added=at", "--map", "contact_id=id", "--map", "channel=")
    assert refused.exit_code == 1
    assert "load 1 read this content with other options" in refused.stderr
    same = ("--event", "deleted=at", "--map", "contact_id=id", "--input-timezone", "UTC")
    config.write_text(CONFIG.replace('[map]\nchannel = "Kanal"', ""))
    assert ask("load", file, *same).exit_code == 0


def test_a_file_of_one_profile_is_refused_under_another_of_the_same_load(
    ask: Callable[..., Result], config: Path
) -> None:
    """Of a load of several profiles the store knows which one has read which file."""
    config.write_text(CONFIG.replace('[map]\nchannel = "Kanal"', "") + '[profiles.gone.set]\nsource = "x"\n')
    ask("load")
    file = config.parent / "gone.csv"
    assert "load 1 read this content with other options" in ask("load", file, "--profile", "crm").stderr
    assert ask("load", file, "--profile", "gone").exit_code == 0


def test_a_file_of_two_profiles_is_refused_in_one_load(ask: Callable[..., Result], config: Path) -> None:
    """As in two loads: with other options its events would count twice."""
    alike = 'files = "gone*.csv"\nevent = "deleted"\nmap = {timestamp = "at", contact_id = "id"}\n'
    text = f'timezone = "UTC"\n[profiles.one]\n{alike}[profiles.two]\n{alike}'
    config.write_text(f'{text}input_timezone = "Asia/Tokyo"\n')
    file = config.parent / "gone.csv"
    assert ask("load").stderr == (
        f"Error: {file}: another profile reads the same content ({file}) with other options: leave it out of"
        " the files of one, or add --again to load the content in addition\n"
    )
    assert "2 read = 2 loaded" in ask("load", "--again", "--dry-run").stdout
    config.write_text(f'{text}input_timezone = "UTC"\n')
    assert "2 read = 1 loaded + 1 duplicate" in ask("load").stdout


def test_two_parts_of_one_file_are_not_the_same_content(ask: Callable[..., Result], config: Path) -> None:
    """Records at two paths, in one load as in two; each path is refused with other options."""
    (config.parent / "page.json").write_text(
        '{"new": [{"id": 1, "at": "2026-11-02"}, {"id": 2, "at": "2026-11-02"}],'
        ' "gone": [{"id": 1, "at": "2026-11-03"}]}'
    )
    text = "".join(
        f'[profiles.{name}]\nfiles = "page.json"\nrecords = "{name}"\nevent = "{kind}"\n'
        'map = {timestamp = "at", contact_id = "id"}\n'
        for name, kind in (("new", "added"), ("gone", "deleted"))
    )
    config.write_text(text)
    assert "3 read = 3 loaded" in ask("load", "--dry-run").stdout
    assert "2 read = 2 loaded" in ask("load", "--profile", "new").stdout
    assert "1 read = 1 loaded" in ask("load", "--profile", "gone").stdout
    assert "No new events" in ask("load").stdout
    refused = ask("load", "--profile", "new", "--input-timezone", "Asia/Tokyo").stderr
    assert "load 1 read this content with other options" in refused
    config.write_text(f'{text}[profiles.third]\nfiles = "page.json"\nrecords = "gone"\nevent = "added"\n')
    assert "another profile reads the same content" in ask("load").stderr


def test_files_without_records_are_alike_to_all_profiles(ask: Callable[..., Result], config: Path) -> None:
    """On a day without additions and on one without deletions, the two exports may have equal headers."""
    kinds = {"new": "added", "old": "deleted"}
    config.write_text(
        "".join(f'[profiles.{name}]\nfiles = "{name}.csv"\nevent = "{it}"\n' for name, it in kinds.items())
    )
    new, old = config.parent / "new.csv", config.parent / "old.csv"
    for day, (with_row, without) in enumerate([(new, old), (old, new)], start=1):
        with_row.write_text(f"timestamp,contact_id\n2026-11-0{day},1\n")
        without.write_text("timestamp,contact_id\n")
        assert ask("load").exit_code == 0
    counts = json.loads(ask("status", "--format", "json").stdout)["events"]
    assert (counts["added"], counts["deleted"]) == (1, 1)


def test_without_files_and_profiles_the_error_says_what_to_write(
    run: Callable[..., Result], ask: Callable[..., Result], config: Path, tmp_path: Path
) -> None:
    """In the config that counts, under the profile that was chosen."""
    usual = run("load", "--store", tmp_path / "s.duckdb")
    assert usual.exit_code == 2
    assert 'config.toml: under [profiles.NAME], write files = ["events/*.csv"]' in usual.stderr
    chosen = ask("load", "--profile", "hubspot")
    assert chosen.exit_code == 2
    assert f'{config}: under [profiles.hubspot-webhooks], write files = ["events/*.csv"]' in chosen.stderr


def test_a_file_that_is_missing_stops_the_whole_load(ask: Callable[..., Result], config: Path) -> None:
    """One cron line is one load."""
    (config.parent / "gone.csv").unlink()
    refused = ask("load")
    assert refused.exit_code == 1
    assert "gone.csv: no file matches" in refused.stderr
    assert "no data yet" in ask("status").stderr


def test_empty_files_of_one_profile_are_skipped(ask: Callable[..., Result], config: Path) -> None:
    """As those of a folder are."""
    (config.parent / "gone.csv").write_text("")
    loaded = ask("load")
    assert loaded.exit_code == 0, loaded.stderr
    assert "gone.csv" in loaded.stderr


def test_an_answer_never_replaces_what_a_profile_lists(ask: Callable[..., Result], config: Path) -> None:
    """They are files that a load reads."""
    refused = ask("load", "-o", config.parent / "gone.csv")
    assert refused.exit_code == 1
    assert "it is one of the files that are read" in refused.stderr
    assert (config.parent / "gone.csv").read_text() == DELETED


def test_profiles_are_listed(ask: Callable[..., Result]) -> None:
    """Those of the config come first, and hide built-in ones of the same name."""
    lines = ask("profiles").stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["crm", "gone", "manychat"]
    assert lines[0].split(maxsplit=2)[1:] == ["config", "The CRM's table"]
    assert len([line for line in lines if line.startswith("manychat")]) == 1
    assert any(line.startswith("hubspot-webhooks ") and " built in " in line for line in lines)


def test_a_profile_is_printed_to_copy(ask: Callable[..., Result], config: Path, tmp_path: Path) -> None:
    """As it is in the config; below another config it is the same profile."""
    printed = ask("profiles", "manychat").stdout
    assert printed == '[profiles.manychat.map]\ntimestamp = "subscribed"\n'
    copy = tmp_path / "copy.toml"
    copy.write_text(ask("profiles", "hubspot").stdout)
    assert ask("profiles", "hubspot").stdout.startswith("[profiles.hubspot-webhooks]\n")


@pytest.mark.parametrize("command", [("profiles", "manychatt"), ("load", "x", "--profile", "manychatt")])
def test_an_unknown_profile_is_answered_with_the_closest(
    ask: Callable[..., Result], command: tuple[str, ...]
) -> None:
    """A usage error."""
    refused = ask(*command)
    assert refused.exit_code == 2
    assert "there is no profile 'manychatt': did you mean manychat?" in refused.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profiles.a]\nmpa = 1", "unknown key 'profiles.a.mpa': did you mean 'profiles.a.map'?"),
        ("profiles = 3", "'profiles' must be a section: write [profiles.NAME]"),
        ("[profile.a]\n", "unknown key 'profile': did you mean 'profiles'?"),
        ("[profiles.a]\nfiles = '~nobody-has-this/x'", "there is no such home folder"),
    ],
)
def test_a_bad_profile_of_the_config_is_an_error_of_every_command(
    ask: Callable[..., Result], config: Path, text: str, said: str
) -> None:
    """As every unknown key of the config is."""
    config.write_text(text)
    refused = ask("status")
    assert refused.exit_code == 1
    assert str(config) in refused.stderr
    assert said in refused.stderr


def test_profiles_go_with_files_only(ask: Callable[..., Result]) -> None:
    """A report over the store reads no file."""
    ask("load")
    assert ask("overview", "--profile", "crm").exit_code == 2
