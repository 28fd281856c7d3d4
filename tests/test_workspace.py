"""The Python face: the same answers as the command line, as values, and docs/python.md."""

import doctest
import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result

import contactrep
from contactrep.duck import scratch_session
from contactrep.errors import InputProblem, OutputProblem, StoreProblem, UsageProblem
from contactrep.notices import of_load
from contactrep.render import render
from contactrep.report import Report
from tests.cli.conftest import EVENTS
from tests.conftest import REPOSITORY

Run = Callable[..., Result]
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)

# Newer versions of Python warn of a fork beside DuckDB's threads.
FORKING = [sys.executable, "-W", "ignore:.*multi-threaded:DeprecationWarning", "-c"]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Eight events of five days as a CSV file."""
    path = tmp_path / "events.csv"
    path.write_text(EVENTS, encoding="utf-8")
    return path


@pytest.fixture
def workspace(tmp_path: Path, events: Path) -> Iterator[contactrep.Workspace]:
    """A store of the events, in UTC, on their last day."""
    with contactrep.open(tmp_path / "store.duckdb", now=NOW) as opened:
        assert opened.load(events).loaded == 8
        yield opened


def as_json(report: Report) -> object:
    """A report as the command line writes it with `--format json`."""
    return json.loads(b"".join(render(report, "json")))


def test_every_report_is_that_of_the_command_line(workspace: contactrep.Workspace, run: Run) -> None:
    """With the same options, the same JSON."""
    reports: dict[str, Report] = {
        "overview --by day": workspace.overview(range="2026-11", by="day"),
        "added --compare year": workspace.breakdown("added", range="2026-11", compare="year"),
        "connected --channel LINE --channel whatsapp": workspace.breakdown(
            "connected", range="2026-11", channel=["LINE", "whatsapp"]
        ),
        "log added --user Uma --limit 2": workspace.log("added", range="2026-11", user="Uma", limit=2),
        "report --timezone Asia/Tokyo": workspace.report(range="2026-11", timezone="Asia/Tokyo"),
    }
    workspace.close()
    for words, report in reports.items():
        given = ("--range", "2026-11", "--as-of", NOW.isoformat(), "--store", str(workspace.store))
        shown = run(*words.split(), *given, "--format", "json")
        answer = json.loads(shown.stdout)
        assert as_json(report) == answer, words


def test_answers_are_frozen(workspace: contactrep.Workspace) -> None:
    """A report is a value: nobody can change it by accident."""
    overview = workspace.overview()
    with pytest.raises(FrozenInstanceError):
        overview.added = overview.deleted  # type: ignore[misc]


def test_a_load_is_seen_by_the_next_report(workspace: contactrep.Workspace, tmp_path: Path) -> None:
    """The reports before it closed over the store as it was."""
    assert workspace.overview(range="all").added.count == 4
    more = tmp_path / "more.csv"
    more.write_text("timestamp,event,contact_id\n2026-11-05T11:00:00Z,added,9\n2026,added,10\n")
    summary = workspace.load(more)
    assert (summary.loaded, summary.rejected) == (1, 1)
    told = list(of_load(summary.files, summary.left_out, kept=True, future=True))
    assert [(notice.warning, "1 of 2 rows rejected" in notice.text) for notice in told] == [(True, True)]
    assert workspace.overview(range="all").added.count == 5
    assert [(reject.line, reject.raw) for reject in workspace.rejects().rows] == [(3, "2026,added,10")]


def test_notices_are_part_of_the_answer(workspace: contactrep.Workspace) -> None:
    """The sentences of stderr, for a component and for the whole page."""
    unknown = "no event has the source 'Broadcst': did you mean 'Broadcast'?"
    overview = workspace.overview(range="2026-11", source="Broadcst", compare="none")
    assert [notice.text for notice in overview.head.notices] == [unknown]
    report = workspace.report(range="2026-11", source="Broadcst", compare="none")
    assert [notice.text for notice in report.notices] == [unknown]


def test_notices_of_files_come_with_each_answer(tmp_path: Path) -> None:
    """Rejected rows are a warning."""
    rows = tmp_path / "rows.csv"
    rows.write_text("timestamp,event,contact_id,shoe\n2026-11-05T11:00:00Z,added,9,41\n2026,added,10,42\n")
    with contactrep.open(files=rows, now=NOW) as files:
        notices = files.overview(range="today", compare="none").head.notices
    assert [notice.warning for notice in notices] == [False, True]
    assert "columns not used: shoe" in notices[0].text


def test_files_are_read_in_the_zone_that_is_given(tmp_path: Path) -> None:
    """Naive times are of that zone, and so are the days of the report."""
    naive = tmp_path / "naive.csv"
    naive.write_text("timestamp,event,contact_id\n2026-11-05 00:30,added,9\n")
    with contactrep.open(files=[naive], timezone="Asia/Tokyo", now=NOW) as files:
        log = files.log("added", range="2026-11-05")
        assert files.timezone() == "Asia/Tokyo"
    assert log.rows[0].timestamp == datetime(2026, 11, 5, 0, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    with pytest.raises(UsageProblem, match="these are files, not a store"):
        contactrep.open(files=[naive]).load(naive)


def test_rows_of_an_answer_as_dictionaries(workspace: contactrep.Workspace) -> None:
    """A log gives its rows, a breakdown its parts, an overview its buckets."""
    log = contactrep.dicts(workspace.log("connected", range="2026-11"))
    assert [(row["contact_id"], row["channel"]) for row in log] == [("3", "LINE"), ("2", "WhatsApp")]
    parts = contactrep.dicts(workspace.breakdown("connected", range="2026-11"))
    assert parts[0] == {"channel": "LINE", "count": 1, "share": 0.5, "previous": 0, "change": None}
    buckets = contactrep.dicts(workspace.overview(range="2026-11-01..2026-11-05", by="day"))
    assert [(day["added"], day["deleted"], day["merged"], day["net"]) for day in buckets] == [
        (1, 0, 0, 1),
        (1, 0, 0, 1),
        (1, 0, 0, 1),
        (0, 1, 0, -1),
        (1, 0, 1, 0),
    ]
    assert buckets[0]["start"] == datetime(2026, 11, 1, tzinfo=UTC)


def test_rows_as_an_arrow_table(workspace: contactrep.Workspace) -> None:
    """Instants keep their zone."""
    pytest.importorskip("pyarrow")
    table = contactrep.arrow(workspace.log("added", range="2026-11"))
    assert (table.num_rows, str(table.schema.field("timestamp").type)) == (4, "timestamp[us, tz=UTC]")


def test_arrow_says_what_to_install(workspace: contactrep.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """pyarrow is not a dependency."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(contactrep.ContactrepError, match="python -m pip install pyarrow"):
        contactrep.arrow(workspace.overview())


def test_an_export_is_written_whole_or_not_at_all(workspace: contactrep.Workspace, tmp_path: Path) -> None:
    """It covers everything without a range; after an error the file is as it was."""
    target = tmp_path / "rows.jsonl"
    assert workspace.export("events", target).rows == 8
    before = target.read_bytes()
    with pytest.raises(UsageProblem):
        workspace.export("events", target, range="2026-13")
    assert (target.read_bytes(), workspace.overview(range="all").added.count) == (before, 4)
    assert list(tmp_path.glob(".contactrep-*")) == []
    with pytest.raises(OutputProblem, match="choose another place"):
        workspace.export("added", tmp_path / "missing" / "rows.csv")
    with pytest.raises(contactrep.ContactrepError, match="only 'export connected' takes it"):
        workspace.export("added", target, channel="LINE")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda it: it.breakdown("deleted"), "unknown kind 'deleted': use added or connected"),
        (lambda it: it.log("gone"), "unknown kind 'gone': use added, connected, deleted or merged"),
        (lambda it: it.log("added", limit=0), "a log has 1 to 10,000 rows, not 0: use export for all rows"),
        (
            lambda it: it.overview(by="noon"),
            "unknown by 'noon': use auto, hour, day, week, month, quarter or year",
        ),
        (lambda it: it.overview(compare="last"), "unknown compare 'last': use previous, year or none"),
    ],
)  # fmt: skip
def test_values_that_the_command_line_would_refuse_are_refused(
    workspace: contactrep.Workspace, ask: Callable[[contactrep.Workspace], object], message: str
) -> None:
    """The message names what would be right."""
    with pytest.raises(UsageProblem) as raised:
        ask(workspace)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rang": "2026-11"}, "unknown option 'rang': did you mean range?"),
        ({"chanel": "LINE"}, "unknown option 'chanel': did you mean channel?"),
        ({"channel": ""}, "channel is '': give it a text that is not empty, or leave it out"),
        ({"channel": []}, "channel is []: give it a text that is not empty, or leave it out"),
        ({"user": ["Uma", None]}, "user is ['Uma', None]: give it a text that is not empty, or leave it out"),
        ({"range": ""}, "range is '': give it a text that is not empty, or leave it out"),
        ({"timezone": ZoneInfo("UTC")}, "timezone is zoneinfo.ZoneInfo(key='UTC'): give it a text"),
        ({"exclude_today": "no"}, "exclude_today is 'no': give it True or False, or leave it out"),
    ],
)  # fmt: skip
def test_an_option_that_says_nothing_is_refused(
    workspace: contactrep.Workspace, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    """It would give the figures of other days, or of all events; None is as if it were left out."""
    asks: list[Callable[..., object]] = [
        workspace.overview,
        workspace.report,
        lambda **given: workspace.breakdown("connected", **given),
        lambda **given: workspace.log("added", **given),
        lambda **given: workspace.check("added > 1", **given),
        lambda **given: workspace.export("connected", tmp_path / "x.csv", **given),
    ]
    for ask in asks:
        with pytest.raises(UsageProblem, match=f"^{re.escape(message)}"):
            ask(**options)
    assert workspace.overview(range="2026-11", channel=None, compare=None).added.count == 4


@pytest.mark.parametrize("limit", [None, 2.5, True])
def test_a_limit_that_is_no_number_is_refused(workspace: contactrep.Workspace, limit: Any) -> None:
    """With the numbers that would be right."""
    with pytest.raises(UsageProblem, match=f"a log has 1 to 10,000 rows, not {limit}"):
        workspace.log("added", limit=limit)


@pytest.mark.parametrize("at_least", [None, "20", 2.5])
def test_the_smallest_count_of_an_alarm_is_a_number(workspace: contactrep.Workspace, at_least: Any) -> None:
    """A text would fail only where a condition compares counts."""
    with pytest.raises(UsageProblem, match=re.escape(f"at_least is {at_least!r}: give it a whole number")):
        workspace.check("added > 1", at_least=at_least)


@pytest.mark.parametrize("name", ["strict", "dry_run", "again", "oldest_first", "raw"])
@pytest.mark.parametrize("value", ["no", 0, None])
def test_a_flag_is_true_or_false(
    workspace: contactrep.Workspace, events: Path, tmp_path: Path, name: str, value: Any
) -> None:
    """A text such as `no` would count as true."""
    asked: dict[str, Callable[..., object]] = {
        "oldest_first": partial(workspace.log, "added"),
        "raw": partial(workspace.export, "added", tmp_path / "added.csv"),
    }
    with pytest.raises(UsageProblem, match=re.escape(f"{name} is {value!r}: use True or False")):
        asked.get(name, partial(workspace.load, events))(**{name: value})


def test_an_empty_zone_of_a_load_is_no_zone(workspace: contactrep.Workspace, events: Path) -> None:
    """As the command line says, and as an unset variable gives it."""
    with pytest.raises(UsageProblem, match="unknown time zone ''"):
        workspace.load(events, timezone="")


def test_the_keys_of_dictionaries_are_plain_texts(workspace: contactrep.Workspace) -> None:
    """YAML and others refuse those that only look like texts."""
    answers = (
        workspace.overview(range="all"), workspace.log("added", range="all"),
        workspace.breakdown("added", range="all"), workspace.breakdown("connected", range="all"),
    )  # fmt: skip
    rows = [row for answer in answers for row in contactrep.dicts(answer)]
    assert len(rows) > 3
    assert {type(key) for row in rows for key in row} == {str}


@pytest.mark.parametrize("conditions", [(), (["added > 1"],)])
def test_conditions_are_texts(workspace: contactrep.Workspace, conditions: Any) -> None:
    """Without one nothing would be judged, and a list is none."""
    with pytest.raises(UsageProblem, match="each condition is an argument: write check"):
        workspace.check(*conditions)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"event": "Added"}, "unknown event 'Added': use added, connected, deleted or merged"),
        ({"kinds": {"create": "at"}}, "unknown event 'create': use added,"),
        ({"map": {"contactid": "id"}}, "unknown field 'contactid': use timestamp, event, contact_id,"),
        ({"set": {"chanel": "LINE"}}, "unknown field 'chanel': use timestamp,"),
        ({"values": {"evnt": {"a": "b"}}}, "unknown field 'evnt': use timestamp,"),
        (
            {"input_timezone": "Asia/Tokyo"},
            "input_timezone is 'Asia/Tokyo': give it a ZoneInfo",
        ),
        ({"timestamp_formats": "%d/%m/%Y"}, "timestamp_formats is '%d/%m/%Y': give it a tuple of texts"),
        ({"timestamp_formats": (5,)}, "timestamp_formats is (5,): give it a tuple of texts"),
        ({"optional": {"chanel"}}, "unknown field 'chanel': use timestamp,"),
        ({"optional": "channel"}, "optional is 'channel': give it a set of fields"),
        (
            {"values": {"event": "added"}},
            "values is {'event': 'added'}: give it a dictionary of",
        ),
        ({"values": {"event": {5: "added"}}}, "values is {'event': {5: 'added'}}: give it a dictionary of"),
        ({"map": {"timestamp": 3}}, "map is {'timestamp': 3}: give it a dictionary of texts"),
        ({"set": {"channel": 5}}, "set is {'channel': 5}: give it a dictionary of texts"),
        ({"map": "timestamp=at"}, "map is 'timestamp=at': give it a dictionary of texts"),
        ({"kinds": None}, "kinds is None: give it a dictionary of texts"),
        ({"encoding": 8}, "encoding is 8: give it a text"),
        ({"skip_lines": -1}, "skip_lines is -1: give it a whole number"),
        ({"set": {"source": "M\udcfc"}}, "'M\udcfc' is not valid UTF-8: encode it as UTF-8"),
        ({"values": {"source": {"a": "\udcfc"}}}, "'\udcfc' is not valid UTF-8: encode it as UTF-8"),
    ],
)
def test_a_mapping_of_something_unknown_is_refused(given: dict[str, Any], message: str) -> None:
    """Else a load would count rows that no report ever shows, or leave a rule out."""
    with pytest.raises(UsageProblem, match=f"^{re.escape(message)}"):
        contactrep.Mapping(**given)


def test_what_cannot_be_opened_says_why(tmp_path: Path, events: Path) -> None:
    """Both a store and files, no files, a naive now, an unknown zone, no amount, a missing store or file."""
    with pytest.raises(UsageProblem, match="files is \\[\\]: name a file"):
        contactrep.open(files=[])
    for limit in ("5", "1MB"):
        with pytest.raises(UsageProblem, match=f"memory_limit is {limit}: write it like 512MB"):
            contactrep.open("a.duckdb", memory_limit=limit)
    with pytest.raises(UsageProblem, match="open a store or files, not both"):
        contactrep.open("a.duckdb", files="b.csv")
    with pytest.raises(UsageProblem, match="not a datetime with a time zone"):
        contactrep.open("a.duckdb", now=datetime(2026, 11, 5))  # noqa: DTZ001 - naive on purpose
    with pytest.raises(UsageProblem, match="unknown time zone 'Mars'"):
        contactrep.open("a.duckdb", timezone="Mars")
    with pytest.raises(StoreProblem, match="no data yet"):
        contactrep.open(tmp_path / "none.duckdb").status()
    with pytest.raises(InputProblem, match=r"none\.csv"):
        contactrep.open(files=tmp_path / "none.csv").overview()


def test_one_workspace_of_a_process_has_a_store_open_at_a_time(workspace: contactrep.Workspace) -> None:
    """DuckDB would share one database, with its locked settings, between the two."""
    assert workspace.store is not None
    workspace.overview()
    second = contactrep.open(workspace.store)
    for ask in (second.status, lambda: second.load("x.csv")):
        with pytest.raises(StoreProblem, match="is open in another workspace of this process"):
            ask()
    workspace.close()
    assert second.status().events["added"] == 4
    second.close()


def test_an_export_never_replaces_what_is_read_nor_what_is_no_file(
    workspace: contactrep.Workspace, tmp_path: Path, events: Path
) -> None:
    """The store, the files, also behind links or under another name, and pipes and devices."""
    (tmp_path / "link.csv").symlink_to(tmp_path / "store.duckdb")
    (tmp_path / "other.csv").hardlink_to(tmp_path / "store.duckdb")
    os.mkfifo(tmp_path / "pipe")
    before = (tmp_path / "store.duckdb").read_bytes()
    for name, said in (
        ("store.duckdb", "the store"),
        ("link.csv", "the store"),
        ("other.csv", "the store"),
        (".store.duckdb.lock", "the store's lock"),
        ("pipe", "a pipe"),
    ):
        with pytest.raises(OutputProblem, match=f"cannot write .*{name}: it is {said}"):
            workspace.export("events", tmp_path / name, format="csv")
    assert (tmp_path / "store.duckdb").read_bytes() == before
    with contactrep.open(files=tmp_path / "ev*.csv") as files:
        with pytest.raises(OutputProblem, match="it is one of the files that are read"):
            files.export("added", tmp_path / "events.csv")
        assert files.export("added", tmp_path / "added.csv").rows == 4
    assert events.read_text(encoding="utf-8") == EVENTS
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    piped = contactrep.open(tmp_path / "pipe")
    for ask in (piped.overview, lambda: piped.load(events)):
        with pytest.raises(StoreProblem, match="is a pipe, not a store"):
            ask()


@pytest.mark.parametrize("from_files", [False, True])
def test_a_forked_process_is_told_at_once(tmp_path: Path, events: Path, *, from_files: bool) -> None:
    """DuckDB's threads are not in it, so that a question would wait for ever."""
    script = f"""
import contactrep, os, sys
store, events = {str(tmp_path / "s.duckdb")!r}, {str(events)!r}
workspace = contactrep.open(**({{"files": events}} if {from_files} else {{"store": store}}))
{"" if from_files else "workspace.load(events)"}
workspace.overview()
asks = [workspace.overview, lambda: workspace.export("added", "x.csv")]
if {not from_files}:
    asks += [lambda: workspace.load(events), lambda: contactrep.open(store).overview()]
if os.fork() == 0:
    for ask in asks:
        try:
            ask()
        except contactrep.ContactrepError as problem:
            print(problem, flush=True)
    os._exit(0)
os.wait()
workspace.close()
if os.fork() == 0:
    print(workspace.overview(range="all").added.count, flush=True)
    os._exit(0)
os.wait()
"""
    run = subprocess.run(
        [*FORKING, script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *told, count = run.stdout.splitlines()
    said = "was open when this process was forked: close it before, or use spawn"
    assert [line.endswith(said) for line in told] == [True] * (2 if from_files else 4)
    assert (count, run.stderr) == ("4", "")


@pytest.mark.parametrize("from_files", [False, True])
def test_a_workspace_that_nobody_closes_does_not_keep_python(
    tmp_path: Path, events: Path, *, from_files: bool
) -> None:
    """Its process ends, as does a forked one, which leaves the temporary files to its parent."""
    script = f"""
import contactrep, os, sys
from pathlib import Path
store, events = {str(tmp_path / "s.duckdb")!r}, {str(events)!r}
workspace = contactrep.open(**({{"files": events}} if {from_files} else {{"store": store}}))
{"" if from_files else "workspace.load(events)"}
workspace.overview()
made = list(Path(os.environ["TMPDIR"]).iterdir())
if os.fork() == 0:
    with workspace:
        sys.exit(0)
code, is_kept = os.wait()[1], all(path.is_dir() for path in made)
print(code, bool(made), is_kept, workspace.overview(range="all").added.count)
"""
    folder = tmp_path / "tmp"
    folder.mkdir()
    run = subprocess.run(
        [*FORKING, script],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (run.stdout, run.stderr, list(folder.iterdir())) == ("0 True True 4\n", "", [])


@pytest.mark.parametrize("name", ["pdf", "CSV", "ndjson", "", 5])
def test_an_export_in_a_format_that_there_is_not_is_refused(tmp_path: Path, events: Path, name: str) -> None:
    """It was CSV under the name of another format."""
    with (
        contactrep.open(files=events) as files,
        pytest.raises(UsageProblem, match="csv, parquet, jsonl or xlsx"),
    ):
        files.export("added", tmp_path / "added.parquet", format=name)
    assert not (tmp_path / "added.parquet").exists()


@pytest.mark.parametrize("name", ["a\0b.csv", "\ud800.csv"])
def test_an_export_to_a_name_that_no_file_can_have_is_refused(events: Path, name: str) -> None:
    """As an error of the program."""
    for partition_by in (None, "day"):
        with (
            contactrep.open(files=events) as files,
            pytest.raises(OutputProblem, match="no file can have this"),
        ):
            files.export("added", name, partition_by=partition_by)


def test_values_of_another_type_are_usage_problems(tmp_path: Path, events: Path) -> None:
    """A zone is its name, a number of rows a number, a file its path, now a datetime; a limit of rejects
    and a snapshot have types of their own."""
    zone: Any = ZoneInfo("Asia/Tokyo")
    wrong: Any = [5]
    with contactrep.open(files=events) as files:
        for ask in (
            lambda: contactrep.open(files=events, timezone=zone),
            lambda: contactrep.open(tmp_path / "s.duckdb").load(events, timezone=zone),
            lambda: contactrep.open(tmp_path / "s.duckdb").load(events, limit=wrong),
            lambda: contactrep.open(tmp_path / "s.duckdb").load(events, snapshot=wrong),
            lambda: contactrep.open(tmp_path / "s.duckdb").load(events, progress=wrong),
            lambda: files.log("added", limit=True),
            lambda: contactrep.open(wrong),
            lambda: contactrep.open(files=wrong),
            lambda: contactrep.open(now=wrong),
            lambda: files.export("added", wrong),
        ):
            with pytest.raises(UsageProblem, match=r"Asia/Tokyo|not True|is \[5\]"):
                ask()


def test_threads_that_share_a_workspace_take_turns(workspace: contactrep.Workspace) -> None:
    """Each gets the figures of its own question, also while the store is being opened."""

    def ask(_: int) -> int:
        return workspace.breakdown("added", range="all").total.count

    for _ in ("closed", "open"):
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(40))) == {4}


def test_rejected_rows_that_another_question_cuts_off_are_an_error(tmp_path: Path) -> None:
    """They come in batches, of which the rest would be missing."""
    path = tmp_path / "bad.csv"
    good = "2026-11-04,added,1\n" * 120_000
    path.write_text("timestamp,event,contact_id\n" + "x,added,1\n" * 11_000 + good, encoding="utf-8")
    with contactrep.open(files=path, now=NOW) as files:
        rows = iter(files.rejects().rows)
        next(rows)
        assert files.overview(range="all").added.count == 1
        with pytest.raises(StoreProblem, match="another question was asked before all rows were read"):
            list(rows)
        assert len(list(files.rejects().rows)) == 11_000


def test_a_question_during_which_another_thread_closes_the_session_is_an_error() -> None:
    """The question raises a StoreProblem that says so, not an error of DuckDB."""
    with scratch_session() as session, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(session.run, "SELECT sum(range) FROM range(1_000_000_000_000)")
        time.sleep(0.2)
        session.close()
        with pytest.raises(StoreProblem, match=r"was closed \(by close, load or export\)"):
            asked.result()


def test_a_load_without_files_is_a_usage_problem(workspace: contactrep.Workspace) -> None:
    """It would load nothing, without a word; a list would be the name of a file."""
    wrong: Any = ["events.csv"]
    for files in ((), (wrong,), (None,)):
        with pytest.raises(UsageProblem, match=re.escape("write load('added.csv', 'deleted.csv')")):
            workspace.load(*files)


def test_only_answers_of_one_table_become_dictionaries(workspace: contactrep.Workspace) -> None:
    """A report is several such answers; rejects and users have rows with fields."""
    others: list[Any] = [workspace.report(range="all"), workspace.rejects(), workspace.users()]
    for name, answer in zip(("ContactsReport", "RejectList", "UserList"), others, strict=True):
        said = f"{name} has no dictionaries: give an Overview, a Breakdown or a LogPage"
        with pytest.raises(UsageProblem, match=said):
            contactrep.dicts(answer)


def test_rows_of_a_closed_workspace_are_an_error_of_the_program(events: Path) -> None:
    """Rejected rows are read as they are asked for."""
    with contactrep.open(files=events) as files:
        rows = files.rejects().rows
    said = (
        "the workspace was closed (by close, load or export) before all rows were read: read all rows first"
    )
    with pytest.raises(StoreProblem, match=re.escape(said)):
        list(rows)


def test_a_store_stays_the_one_that_was_opened(
    tmp_path: Path, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that goes to another folder neither misses it nor makes a second one."""
    monkeypatch.chdir(tmp_path)
    workspace = contactrep.open("s.duckdb")
    other = tmp_path / "other"
    other.mkdir()
    for folder in (other, tmp_path):
        monkeypatch.chdir(folder)
        workspace.load(events)
        assert workspace.overview(range="all").added.count == 4
    workspace.close()
    assert list(other.iterdir()) == []


def test_a_mapping_of_another_type_is_a_usage_problem(tmp_path: Path, events: Path) -> None:
    """A dictionary is not taken for a Mapping."""
    wrong: Any = {"event": "added"}
    for mapped in (
        lambda: contactrep.open(files=events, mapping=wrong),
        lambda: contactrep.open(tmp_path / "s.duckdb").load(events, mapping=wrong),
    ):
        with pytest.raises(UsageProblem, match=re.escape("write mapping=contactrep.Mapping(...)")):
            mapped()


def test_without_a_store_the_usual_one_is_opened(events: Path, run: Run) -> None:
    """The file that the command line uses without `--store`."""
    with contactrep.open(now=NOW) as usual:
        usual.load(events)
    assert json.loads(run("status", "--format", "json").stdout)["store"] == str(usual.store)


def test_importing_contactrep_loads_nothing_else() -> None:
    """Neither DuckDB nor Click nor a module of ours."""
    code = (
        "import sys, contactrep\n"
        "print([name for name in sys.modules if name.startswith(('contactrep.', '_duckdb', 'click'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_the_session_of_the_documents_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of docs/python.md gives what it shows."""
    page = (REPOSITORY / "docs/python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```pycon\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 10
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    monkeypatch.chdir(tmp_path)
    session = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "python.md", "python.md", 0)
    report: list[str] = []
    assert doctest.DocTestRunner().run(session, out=report.append).failed == 0, "".join(report)
