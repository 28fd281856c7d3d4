"""Option, environment, config, default: in this order, and never a guess."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from contactrep import __version__
from contactrep.cli.settings import read_settings, usual_config
from contactrep.errors import ConfigProblem
from contactrep.period import BYS
from tests.cli.conftest import AS_OF

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Path]:
    """Write a config file with this text."""

    def write(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _range_name(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    name: str = json.loads(result.stdout)["range"]["name"]
    return name


def test_an_option_goes_before_the_environment_before_the_config_before_the_default(
    ask: Run, config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearer a word is to the command, the more it counts."""
    asked: tuple[str | Path, ...] = ("overview", *AS_OF, "--format", "json")
    assert _range_name(ask(*asked)) == "last-7-days"
    asked = (*asked, "--config", config('range = "this-month"'))
    assert _range_name(ask(*asked)) == "this-month"
    monkeypatch.setenv("CONTACTREP_RANGE", "2026-W45")
    assert _range_name(ask(*asked)) == "2026-W45"
    assert _range_name(ask(*asked, "--range", "Last 14 Days")) == "last-14-days"


def test_the_store_can_come_from_the_environment_or_the_config(
    run: Run, store: Path, config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path in a config is meant from the config's own folder, wherever cron starts."""
    assert run("status", "--config", config(f'store = "{store.name}"')).exit_code == 0
    assert run("status").exit_code == 1
    monkeypatch.setenv("CONTACTREP_STORE", str(store))
    assert run("status").exit_code == 0


@pytest.mark.parametrize("command", ["load", "users load"])
def test_a_store_whose_name_no_file_can_have_is_named(
    run: Run, events: Path, config: Callable[[str], Path], command: str
) -> None:
    """TOML can write a NUL."""
    refused = run(*command.split(), events, "--config", config('store = "/a\\u0000b"'))
    assert refused.exit_code == 1
    assert refused.stderr == "Error: /a␀b: no file can have this name: name another with --store\n"


def test_a_tilde_means_home_wherever_a_shell_leaves_it(
    run: Run, events: Path, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the variables of cron and systemd, and after an equals sign: no folder called ~ appears."""
    monkeypatch.chdir(tmp_path)
    (home / "my.toml").write_text('range = "2026-11"')
    monkeypatch.setenv("CONTACTREP_STORE", "~/my.duckdb")
    monkeypatch.setenv("CONTACTREP_CONFIG", "~/my.toml")
    assert run("load", events, "--timezone", "UTC").exit_code == 0
    assert (home / "my.duckdb").is_file()
    result = run("overview", "--store=~/my.duckdb", "--output=~/report.json")
    assert result.exit_code == 0, result.stderr
    assert json.loads((home / "report.json").read_bytes())["range"]["name"] == "2026-11"
    assert [path.name for path in tmp_path.iterdir()] == [events.name]
    for option in ("--config=", "--store="):
        refused = run("status", f"{option}~nobody-at-all/x")
        assert refused.exit_code == 2
        assert "'~nobody-at-all/x': there is no such home folder" in refused.stderr


def test_the_usual_places_need_no_option(run: Run, events: Path, home: Path) -> None:
    """In a fresh home, load makes the store where reports look for it."""
    assert run("load", events).exit_code == 0
    assert run("overview", *AS_OF).exit_code == 0
    assert (home / ".local/share/contactrep/contacts.duckdb").is_file()


def test_a_new_store_takes_its_zone_from_the_option_the_environment_the_config_or_the_system(
    run: Run, events: Path, tmp_path: Path, config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load that makes a store prints the zone and where it comes from."""
    given = ("--config", config('timezone = "Asia/Tokyo"'))

    def made(name: str, *options: object) -> str:
        result = run("load", events, "--store", tmp_path / f"{name}.duckdb", *options)
        assert result.exit_code == 0, result.stderr
        return result.stdout + result.stderr

    assert "UTC (from the system)" in made("system")
    assert "Asia/Tokyo (from the config)" in made("config", *given)
    monkeypatch.setenv("CONTACTREP_TIMEZONE", "Asia/Kolkata")
    assert "Asia/Kolkata (from CONTACTREP_TIMEZONE)" in made("environment", *given)
    assert "Asia/Dubai (from --timezone)" in made("option", *given, "--timezone", "Asia/Dubai")


def test_no_setting_but_the_option_overrides_the_zone_of_a_store(
    ask: Run, events: Path, config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store keeps its zone whatever the machine is set to; a load says so."""
    monkeypatch.setenv("CONTACTREP_TIMEZONE", "Asia/Kolkata")
    given = ("overview", *AS_OF, "--format", "json", "--config", config('timezone = "Asia/Tokyo"'))
    assert json.loads(ask(*given).stdout)["range"]["timezone"] == "UTC"
    assert json.loads(ask(*given, "--timezone", "Asia/Dubai").stdout)["range"]["timezone"] == "Asia/Dubai"
    for options, zone in (
        ((), "Asia/Kolkata (from CONTACTREP_TIMEZONE)"),
        (given[-2:], "Asia/Tokyo (from the config)"),
    ):
        loaded = ask("load", events, *options)
        assert f"uses UTC, not {zone}, which is for new stores: use --input-timezone" in loaded.stderr
        told = ask("load", events, *options, "--again", "--input-timezone", "Asia/Tokyo")
        assert "for new stores" not in told.stderr
        monkeypatch.delenv("CONTACTREP_TIMEZONE", raising=False)
    assert "for new stores" not in ask("load", events).stderr
    monkeypatch.setenv("CONTACTREP_TIMEZONE", "Etc/UTC")
    assert "for new stores" not in ask("load", events).stderr


def test_default_filters_apply_where_they_can_and_clear_all_drops_them(
    ask: Run, config: Callable[[str], Path]
) -> None:
    """A default channel narrows connected, and leaves the overview alone."""
    given = ("--config", config('[filters]\nchannel = "LINE"'), *AS_OF, "--format", "json")
    connected = json.loads(ask("connected", *given).stdout)
    assert (connected["total"]["count"], connected["filters"]["channel"]) == (1, ["LINE"])
    overview = json.loads(ask("overview", *given).stdout)
    assert (overview["status"], overview["filters"]["channel"]) == ("ok", [])
    cleared = json.loads(ask("connected", *given, "--clear-all").stdout)
    assert (cleared["total"]["count"], cleared["filters"]["channel"]) == (2, [])
    chosen = json.loads(ask("connected", *given, "--channel", "whatsapp").stdout)
    assert chosen["filters"]["channel"] == ["whatsapp"]


def test_weeks_start_where_the_config_says(ask: Run, config: Callable[[str], Path]) -> None:
    """Thursday 5 November is in a week that starts on Sunday the 1st, or on Monday the 2nd."""
    asked = ("overview", "--range", "this-week", *AS_OF, "--format", "json")
    assert json.loads(ask(*asked).stdout)["range"]["start"].startswith("2026-11-02")
    sunday = (*asked, "--config", config('week_start = "Sunday"'))
    assert json.loads(ask(*sunday).stdout)["range"]["start"].startswith("2026-11-01")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('rnage = "today"', "unknown key 'rnage': did you mean 'range'?"),
        ('xyzzy = "today"', "unknown key 'xyzzy': known are store, users, range"),
        ('[filters]\nchanel = "LINE"', "unknown key 'filters.chanel': did you mean 'filters.channel'?"),
        ('[map]\ncontact = "id"', "unknown key 'map.contact'"),
        ("filters = 3", "'filters' must be a section: write [filters]"),
        ('profiles."a b".map = 3', '\'profiles."a b".map\' must be a section: write [profiles."a b".map]'),
        ("[filters]\nchannel = 3", "'filters.channel' must be a string or a list of strings"),
        ('[filters]\ncontact = ""', "'filters.contact' is empty: give it a value, or leave it out"),
        ('[filters]\nuser = ["Bo", ""]', "'filters.user' is empty: give it a value, or leave it out"),
        ("range = 7", "'range' must be a quoted string, such as range = "),
        ('by = "minute"', "by = 'minute': choose auto, hour, day, week, month, quarter or year"),
        ('week_start = "mon"', "week_start = 'mon': choose monday, tuesday"),
        ('memory_limit = "lots"', "memory_limit = 'lots': write it like 512MB or 2GB"),
        ("range = ", "is not valid TOML"),
    ],
)
def test_a_config_that_cannot_be_used_is_named(
    run: Run, config: Callable[[str], Path], text: str, message: str
) -> None:
    """Every command refuses it, in one line that names the file and the key."""
    path = config(text)
    result = run("ranges", "--config", path)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert str(path) in result.stderr
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_config_that_was_asked_for_must_be_there(run: Run, tmp_path: Path) -> None:
    """A typo in `--config` does not silently mean the defaults."""
    path = tmp_path / "none.toml"
    result = run("ranges", "--config", path)
    assert result.exit_code == 1
    assert result.stderr == f"Error: there is no config file {path}: check --config or CONTACTREP_CONFIG\n"


def test_a_zone_of_the_config_that_does_not_exist_is_named(
    run: Run, events: Path, config: Callable[[str], Path]
) -> None:
    """The message tells where the wrong name stands."""
    result = run("load", events, "--config", config('timezone = "Europe/Berln"'))
    assert result.exit_code == 1
    assert "timezone in the config: unknown time zone 'Europe/Berln': did you mean Europe/Berlin" in (
        result.stderr
    )


def test_a_config_may_have_a_byte_order_mark_and_every_known_value(config: Callable[[str], Path]) -> None:
    """What editors write is read, and each choice is taken."""
    for by in BYS:
        assert read_settings(config(f'\ufeffby = "{by}"')).by == by


def test_a_wrong_week_start_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named, not the config."""
    monkeypatch.setenv("CONTACTREP_WEEK_START", "someday")
    with pytest.raises(ConfigProblem, match="CONTACTREP_WEEK_START: 'someday' is not a weekday"):
        read_settings(None)


def test_a_map_of_the_config_is_used_and_the_option_goes_before_it(
    run: Run, tmp_path: Path, config: Callable[[str], Path]
) -> None:
    """Field by field, the command line decides."""
    file = tmp_path / "own.csv"
    file.write_text("timestamp,event,mql_id,other_id\n2026-11-05,added,a,b\n")
    given = (file, "--config", config('[map]\ncontact_id = "mql_id"'), "--format", "json", *AS_OF)
    assert json.loads(run("log", "added", *given).stdout)["rows"][0]["contact_id"] == "a"
    mapped = run("log", "added", *given, "--map", "contact_id=other_id")
    assert json.loads(mapped.stdout)["rows"][0]["contact_id"] == "b"


@pytest.mark.parametrize("value", ["", "relative", "~/there"])
def test_an_empty_or_relative_xdg_variable_counts_as_unset(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """As the XDG specification has it; an absolute one counts."""
    monkeypatch.setenv("XDG_DATA_HOME", value)
    monkeypatch.setenv("XDG_CONFIG_HOME", value)
    assert usual_config() == home / ".config/contactrep/config.toml"
    assert f"{home}/.local/share/contactrep/contacts.duckdb" in run("status").stderr
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "settings"))
    assert usual_config() == home / "settings/contactrep/config.toml"
    assert f"{home}/data/contactrep/contacts.duckdb" in run("status").stderr


def test_a_store_in_the_place_of_older_versions_is_used_until_there_is_a_newer_one(
    run: Run, events: Path, home: Path
) -> None:
    """Nothing is lost by an upgrade; a notice says where the store belongs, once a run, unless --quiet."""
    older = home / ".config/contactrep/contacts.duckdb"
    newer = home / ".local/share/contactrep/contacts.duckdb"
    assert run("load", events, "--store", older).exit_code == 0
    said = f"Note: the store is {older}, where older versions kept it: move it to {newer}\n"
    for command in (["overview", *AS_OF], ["load", events], ["status"], ["rejects"], ["ranges"]):
        result = run(*command)
        assert (result.exit_code, result.stderr.count(said)) == (0, 1), command
    assert run("overview", *AS_OF, "--quiet").stderr == ""
    assert not newer.exists()
    newer.parent.mkdir(parents=True)
    older.rename(newer)
    assert said not in run("overview", *AS_OF).stderr
    assert run("load", events, "--store", older).exit_code == 0
    assert json.loads(run("status", "--format", "json").stdout)["store"] == str(newer)


@pytest.fixture(params=[None, "", "relative"])
def homeless(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the machine does not know, without a HOME that names a folder."""
    monkeypatch.setattr("os.getuid", lambda: 54321)
    if request.param is None:
        monkeypatch.delenv("HOME")
    else:
        monkeypatch.setenv("HOME", request.param)


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize(
    "command",
    [["status"], ["overview"], ["rejects"], ["unload", "1"], ["forget", "1", "--yes"], ["export", "added"]],
)
def test_without_a_home_a_store_is_asked_for(run: Run, command: list[str]) -> None:
    """No folder called ~ is made anywhere."""
    result = run(*command)
    said = "no home folder (HOME is not set, and the user is unknown): name the store with --store FILE"
    assert (result.exit_code, result.stderr) == (1, f"Error: {said}\n")


@pytest.mark.usefixtures("homeless")
def test_without_a_home_everything_else_works(run: Run, tmp_path: Path, events: Path) -> None:
    """What needs no usual place, or is given one."""
    assert run("load", events).exit_code == 1
    path = tmp_path / "s.duckdb"
    assert run("load", events, "--store", path).exit_code == 0
    for command in (["ranges"], ["demo", "--events", "9"], ["status", "--store", path], ["overview", events]):
        assert run(*command).exit_code == 0


def test_status_names_the_config_that_is_read(ask: Run, config: Callable[[str], Path], home: Path) -> None:
    """The path of the file, the usual one too; null where there is none."""
    asked = ("status", "--format", "json")
    assert json.loads(ask(*asked).stdout)["config"] is None
    named = config("")
    assert json.loads(ask(*asked, "--config", named).stdout)["config"] == str(named)
    usual = home / ".config/contactrep/config.toml"
    usual.parent.mkdir(parents=True)
    usual.write_text("")
    status = json.loads(ask(*asked).stdout)
    assert (status["config"], status["version"], status["users"]) == (str(usual), __version__, 0)
