"""The benchmarks: both sides of every case answer the same, and the arithmetic holds. Nothing is timed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import answers, publishing
from benchmarks.cases import CASES, FAR_CASES, far_case, missing_peers
from benchmarks.comparing import Goal, Row, compared, middle, run_case
from benchmarks.data import AS_OF, Material, load, quoted_share
from benchmarks.growth import COMMANDS, Growth, grow, nightly
from benchmarks.lake import QUESTIONS
from benchmarks.picture import svg
from benchmarks.plans import overview_plan
from benchmarks.processes import Measured, Run, RunProblem, bare, measure, module, program
from benchmarks.results import Results
from benchmarks.tables import page
from tests.conftest import REPOSITORY

EVENTS = 2_000
TOOK = Measured(2.0, 1.5, 80_000_000)


def row(name: str, **changed: object) -> Row:
    """A row of a case that has just arrived."""
    made = Row(name, f"`{name}`", "floor", 1.4, "times", None, 1.4, TOOK, TOOK, 5, 0.5)
    return replace(made, **changed)  # type: ignore[arg-type]  # whatever the test is about


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """A few events in every form."""
    return Material(tmp_path_factory.mktemp("benchmarks"), EVENTS)


@pytest.mark.parametrize("name", CASES)
def test_both_sides_of_a_case_answer_the_same(name: str, material: Material) -> None:
    """Every case runs; a floor or peer that answered something else would end it."""
    if name in missing_peers():
        pytest.skip("the other engine is not installed")
    measured = run_case(CASES[name](name, material), 1)
    assert measured.name == name
    assert measured.ours.seconds > 0
    assert measured.floor.memory > 1_000_000


@pytest.mark.parametrize("name", FAR_CASES)
def test_the_cases_over_very_many_events_run(name: str, material: Material) -> None:
    """They compare the program with itself, here over few events."""
    assert run_case(far_case(name, material, material), 1).name == name


@pytest.mark.parametrize("peer", ["floors.overview", "peers.polars_overview", "peers.chdb_overview"])
def test_a_deletion_after_a_merge_is_not_taken_off_again(peer: str, tmp_path: Path) -> None:
    """The floor and the peers count net as the program does; the sample data have no such deletion."""
    if any(name in peer for name in missing_peers()):
        pytest.skip("the other engine is not installed")
    source, store = tmp_path / "events.csv", tmp_path / "store.duckdb"
    source.write_text(
        "timestamp,event,contact_id,merged_contact_id\n2026-01-01T00:00:00Z,added,1,\n"
        "2026-01-02T00:00:00Z,merged,1,2\n2026-11-03T00:00:00Z,added,1,\n2026-11-04T00:00:00Z,deleted,2,\n"
        "2026-10-24T00:00:00Z,deleted,2,\n2026-11-04T09:00:00Z,deleted,3,\n"
    )
    events = tmp_path / "events.parquet"
    measure(Run((load(source, store), program("export", "events", "--store", store, "-o", events))))
    command = ("overview", "--range", "last-14-days", "--as-of", AS_OF, "--store", store)
    plan = overview_plan(command, tmp_path / "page", store=str(store), parquet=str(events))
    _, ours = measure(Run((program(*command),)))
    _, its = measure(Run((module(peer, plan),)))
    assert its == ours


def test_growth_and_nightly_loads_are_measured(material: Material) -> None:
    """Every command is measured and every file has a size; a night's load is measured warm and cold."""
    grown = grow(material, 1)
    assert list(grown.took) == list(COMMANDS)
    assert min(grown.csv, grown.store, grown.export) > 0
    assert [name for name, _ in nightly(material, 1)] == ["warm", "cold"]


def test_the_files_are_what_their_names_say(material: Material) -> None:
    """No quotes, quotes in one row of a hundred, no order, and only newer times."""
    assert quoted_share(material.unquoted) == 0
    assert 0.01 <= quoted_share(material.quoted) < 0.02
    plain, shuffled = (path.read_text().splitlines() for path in (material.unquoted, material.shuffled))
    assert plain != shuffled
    assert sorted(plain) == sorted(shuffled)
    lines = material.newer.read_text().splitlines()[1:]
    moments = [datetime.fromisoformat(line.split(",")[0]) for line in lines]
    assert len(moments) == EVENTS // 10
    assert min(moments) >= datetime(2026, 11, 6, 5, tzinfo=UTC) < max(moments)
    assert max(moments) < datetime(2026, 11, 7, 5, tzinfo=UTC)


def test_the_median_of_the_pairs_is_what_counts() -> None:
    """A ratio or difference is taken within each pair, then the median: a slow moment slows both sides."""
    assert compared([2, 30, 3], [1, 10, 2], "times") == 2
    assert compared([2, 30, 3], [1, 29, 2.5], "seconds more") == 1
    assert compared([1, 4], [1, 2], "times") == 1.5


def test_the_most_memory_of_all_runs_counts() -> None:
    """Times are medians; a limit of memory holds for each run. One after the other adds the times."""
    runs = [Measured(1, 1, 10), Measured(3, 2, 30), Measured(2, 9, 20)]
    assert middle(runs) == Measured(2, 2, 30)
    assert runs[0] + runs[1] == Measured(4, 3, 30)


@pytest.mark.parametrize(
    ("value", "most", "memory", "met"),
    [(1.4, 1.4, None, True), (1.41, 1.4, None, False), (1, 1.4, 79_999_999, False), (9, None, None, None)],
)
def test_a_goal_is_met_by_time_and_memory(
    value: float, most: float | None, memory: int | None, met: bool | None
) -> None:
    """At most the goal's ratio within the goal's memory; without a goal there is nothing to meet."""
    assert row("overview", value=value, most=most, most_memory=memory).met is met


def test_a_different_answer_is_told(tmp_path: Path) -> None:
    """The first line that differs is named, and files are compared by what is in them."""
    assert answers.same_bytes(b"a\nb\n", b"a\nb\n") is None
    assert answers.same_bytes(b"a\nb\n", b"a\nc\n") == "printed 'b', the other 'c'"
    assert answers.same_bytes(b"a\n", b"a\nb\n") == "printed 'more or fewer lines', the other ''"
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("1")
    other.write_text("2")
    assert answers.same_files(one, one)(b"", b"") is None
    assert answers.same_files(one, other)(b"", b"") == f"{one} is not {other}"


def test_other_rows_of_a_parquet_file_or_store_are_told(material: Material, tmp_path: Path) -> None:
    """The same number of rows is not enough."""
    other = Material(tmp_path, EVENTS // 2)
    assert answers.same_rows_in_order(material.parquet, material.parquet)(b"", b"") is None
    assert answers.same_rows_in_order(material.parquet, other.parquet)(b"", b"")
    assert answers.same_events(material.store, material.store)(b"", b"") is None
    assert answers.same_events(material.store, other.store)(b"", b"")


def test_a_case_whose_answers_differ_is_not_timed() -> None:
    """It ends with what differs."""
    case = CASES["help"]("help", Material(Path(), 0))
    wrong = replace(case, check=answers.same_bytes, goal=Goal(1))
    with pytest.raises(RunProblem, match=r"^help: printed 'Usage: "):
        run_case(wrong, 1)


def test_a_command_that_fails_says_how() -> None:
    """Its code, its command line and what it wrote."""
    with pytest.raises(RunProblem, match=r"(?s)^ended with 1: .*\nno luck"):
        measure(Run((bare("raise SystemExit('no luck')"),)))


def test_a_terminal_is_a_terminal() -> None:
    """What runs on a terminal finds one of 120 columns, and all of its output is read."""
    script = "import os, sys; print(sys.stdout.isatty(), os.get_terminal_size().columns, 'x' * 100_000)"
    _, printed = measure(Run((bare(script),), terminal=True))
    assert printed.split()[:2] == [b"True", b"120"]
    assert len(printed) > 100_000


def test_the_benchmarks_themselves_stay_small() -> None:
    """They do not load DuckDB: a child's peak of memory counts from the size of its parent."""
    script = "import sys, benchmarks.__main__; print({'_duckdb', 'rich', 'polars', 'chdb'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def results(tmp_path: Path) -> Results:
    """Results of every case, of growth over two sizes, and of nightly loads."""
    made = Results.read(tmp_path / "none.json", EVENTS)
    made.rows = {name: row(name) for name in (*CASES, *FAR_CASES)}
    made.rows["help"] = row("help", kind="seconds more", value=0.123, most=0.1)
    took = dict.fromkeys(COMMANDS, TOOK)
    made.growth = {size: Growth(size, took, size * 80, size * 40, size * 70) for size in (1_000, 100_000)}
    made.nightly, made.far = {"warm": TOOK, "cold": TOOK}, 1_000_000
    return made


def test_the_table_has_a_row_for_each_case(tmp_path: Path) -> None:
    """In the order of the cases, with ratio, goal, seconds and memory of both sides."""
    table = page(results(tmp_path))
    assert [name for name in (*CASES, *FAR_CASES) if f"| `{name}` |" not in table] == []
    assert "| `overview` | floor | ≤ 1.40 × | 1.40 × | ✓ | 2.00 / 2.00 | 1.50 / 1.50 | 80 / 80 |" in table
    assert "| `help` | floor | ≤ +0.10 s | +0.12 s | ✗ |" in table
    assert f"| 100,000 |{' 2.00 s, 80 MB |' * 4} 8.0 MB | 4.0 MB | 7.0 MB |" in table
    assert "into a store of 1,000,000: warm 2.00 s, peak 80 MB; cold" in table


def test_results_are_kept(tmp_path: Path) -> None:
    """Another run over as many events goes on with them; one over others starts anew."""
    kept = tmp_path / "results.json"
    made = results(tmp_path)
    made.write(kept)
    assert Results.read(kept, EVENTS) == made
    assert Results.read(kept, EVENTS + 1).rows == {}


def test_the_page_of_speed_is_refreshed_between_its_comments(tmp_path: Path) -> None:
    """The text around them is kept, and a second time changes nothing more."""
    for folder in ("benchmarks", "docs"):
        (tmp_path / folder).mkdir()
    text = tmp_path / publishing.PAGE
    text.write_text(f"before\n{publishing.START}\nold\n{publishing.END}\nafter\n", encoding="utf-8")
    for _ in range(2):
        publishing.refresh(tmp_path, results(tmp_path))
        expected = f"before\n{publishing.START}\n\n{page(results(tmp_path))}\n{publishing.END}\nafter\n"
        assert text.read_text(encoding="utf-8") == expected
    assert (tmp_path / publishing.PICTURE).read_text(encoding="utf-8").startswith("<svg")


def test_the_page_of_clusters_is_refreshed_too(tmp_path: Path) -> None:
    """A line for each question and a column for each side; no other page is touched."""
    made = Results.read(tmp_path / "none.json", EVENTS)
    made.lake = {name: dict.fromkeys(("store", "two", "one"), TOOK) for name in QUESTIONS}
    kept = tmp_path / "results.json"
    made.write(kept)
    text = tmp_path / publishing.LAKE_PAGE
    text.parent.mkdir()
    text.write_text(f"before\n{publishing.LAKE_START}\n{publishing.END}\nafter\n", encoding="utf-8")
    publishing.refresh(tmp_path, Results.read(kept, EVENTS))
    lines = text.read_text(encoding="utf-8").splitlines()
    assert f"| 14 days of {EVENTS:,} events | 2.00 s, 1.50 s | 2.00 s, 1.50 s | 2.00 s, 1.50 s |  |" in lines
    assert (lines[0], lines[-1]) == ("before", "after")
    assert [path.name for path in tmp_path.rglob("*.*")] == ["results.json", "cluster.md"]


def test_the_picture_has_a_line_for_each_command(tmp_path: Path) -> None:
    """Seconds and memory for four commands, disk for two files; labels do not cover each other."""
    drawn = svg(list(results(tmp_path).growth.values()))
    assert drawn.count("<polyline") == 2 * len(COMMANDS) + 2
    assert drawn.count(">export</text>") == 2


def test_the_pages_have_a_place_for_results() -> None:
    """Both comments are in docs/speed.md and docs/cluster.md, in order."""
    for name, start in ((publishing.PAGE, publishing.START), (publishing.LAKE_PAGE, publishing.LAKE_START)):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        assert 0 < text.find(start) < text.find(publishing.END)


def test_the_command_measures_what_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It prints and writes the table, and says how to get an engine that is missing."""
    monkeypatch.setattr(command, "missing_peers", lambda: ["chdb"])
    written = tmp_path / "results.md"
    asked = ["--events", "2000", "--pairs", "1", "--folder", str(tmp_path), "-o", str(written)]
    assert command.main([*asked, "--cases", "version", "chdb"]) == 0
    printed = capsys.readouterr()
    assert written.read_text(encoding="utf-8") == printed.out
    assert "| `contactrep --version` | bare Python |" in printed.out
    assert printed.err == (
        "not installed: chdb; get them with: python -m pip install -e '.[bench]'\nversion …\n"
    )


def test_a_hundred_million_events_are_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Growth then has one size more, and there are nightly loads and the cases over so many."""
    monkeypatch.setattr(command, "HUNDRED_MILLION", 3_000)
    asked = ["--events", "1000", "--pairs", "1", "--folder", str(tmp_path), "--hundred-million"]
    assert command.main([*asked, "--cases", "growth", "far-overview", "nightly"]) == 0
    printed = capsys.readouterr().out
    assert [size for size in ("10", "100", "1,000", "3,000") if f"\n| {size} |" not in printed] == []
    assert "| 3,000 events: `overview --range last-14-days` | 30 events |" in printed
    assert "into a store of 3,000: warm" in printed


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    """The second says so, and measures nothing."""
    with command._alone(tmp_path), pytest.raises(SystemExit, match=r"^another run uses "):
        command.main(["--folder", str(tmp_path), "--cases", "version"])
