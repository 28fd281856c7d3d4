"""Which files are meant: paths, directories, globs, standard input."""

import os
from pathlib import Path

import pytest

from contactrep.errors import InputProblem
from contactrep.read.sources import find_sources, shown


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all sorts of files, which is also the current one."""
    for name in [
        "b.csv",
        "a.csv",
        "c.TSV",
        "d.jsonl.gz",
        "e.parquet",
        "f.csv.zst",
        "g.xlsx",
        "h.json",
        "notes.md",
        ".h.csv",
    ]:
        (tmp_path / name).touch()
    (tmp_path / "sub.csv").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def labels(*arguments: str) -> list[str]:
    return [source.label for source in find_sources(arguments).files]


def test_arguments_keep_their_order(folder: Path) -> None:
    """Files come as they are named, twice if they are named twice."""
    assert labels("b.csv", "a.csv", "b.csv") == ["b.csv", "a.csv", "b.csv"]


def test_globs_are_sorted(folder: Path) -> None:
    """The files of a pattern come by name; hidden ones are not among them."""
    assert labels("[ab].csv", "g.xlsx") == ["a.csv", "b.csv", "g.xlsx"]


def test_what_exists_is_no_glob(folder: Path) -> None:
    """A file whose name looks like a pattern is that file."""
    (folder / "[ab].csv").touch()
    assert labels("[ab].csv") == ["[ab].csv"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_a_pipe_in_a_directory_is_skipped(folder: Path) -> None:
    """Nobody may ever write to it; who names it means it."""
    os.mkfifo(folder / "p.csv")
    found = find_sources([str(folder)])
    assert "p.csv" not in [Path(source.label).name for source in found.files]
    assert found.skipped[str(folder / "p.csv")] == "it is a pipe or the like, not a file: name it"
    assert find_sources([str(folder / "p.csv")]).files[0].is_stream


def test_a_link_that_leads_nowhere_is_told(folder: Path) -> None:
    """Named, and among the files of a directory, where leaving it out could lose events."""
    link = folder / "link.csv"
    link.symlink_to(folder / "gone.csv")
    with pytest.raises(InputProblem, match=r"link.csv: a link that leads to no file: check where it leads$"):
        find_sources([str(link)])
    assert str(link) in [source.label for source in find_sources([str(folder)]).files]


def test_a_directory_gives_its_data_files(folder: Path) -> None:
    """Files with the right endings come sorted; the rest is named as skipped, hidden files are not."""
    found = find_sources([str(folder)])
    names = [Path(source.label).name for source in found.files]
    assert names == ["a.csv", "b.csv", "c.TSV", "d.jsonl.gz", "e.parquet", "f.csv.zst", "g.xlsx", "h.json"]
    assert {Path(path).name: reason for path, reason in found.skipped.items()} == {
        "notes.md": "not a supported format",
        "sub.csv": "sub-folders are not entered: name it, or use a glob with **",
    }


def test_what_excel_puts_beside_an_open_workbook_is_left_out(folder: Path) -> None:
    """Neither a folder nor a pattern gives it; who names it means it."""
    (folder / "~$g.xlsx").touch()
    assert "~$g.xlsx" not in [Path(source.label).name for source in find_sources([str(folder)]).files]
    assert labels("*.xlsx") == ["g.xlsx"]
    assert labels("~$g.xlsx") == ["~$g.xlsx"]


def test_standard_input(folder: Path) -> None:
    """`-` is standard input, which has no path."""
    assert find_sources(["-"]).files[0].path is None
    with pytest.raises(InputProblem, match=r"^-: standard input can be read once only: name it once$"):
        find_sources(["-", "a.csv", "-"])


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("", "an empty file name: name a file, a folder or a glob"),
        ("nowhere.csv", "nowhere.csv: no such file: check the path"),
        ("b.cvs", "b.cvs: no such file: did you mean b.csv?"),
        ("no/such/folder.csv", "no/such/folder.csv: no such file, and no such folder: check the path"),
        ("*.xml", "*.xml: no file matches: check the folder and the pattern"),
        ("hf://a/b.csv", "hf://a/b.csv: unknown kind of address: use s3, gs, az, http or https"),
        ("file:/a/b.csv", "file:/a/b.csv: name a local file by its path: /a/b.csv"),
        ("FILE://localhost/b.csv", "FILE://localhost/b.csv: name a local file by its path: /b.csv"),
        ("file://host/b.csv", "file://host/b.csv: unknown kind of address: use s3, gs, az, http or https"),
        ("x" * 5000, "x" * 5000 + ": no such file: check the path"),
    ],
)
def test_what_is_not_there(folder: Path, argument: str, message: str) -> None:
    """A missing file is said to be missing, with what to try."""
    with pytest.raises(InputProblem) as raised:
        find_sources([argument])
    assert str(raised.value) == message


def test_a_directory_without_data(tmp_path: Path) -> None:
    """A folder with nothing to read is said to be so."""
    (tmp_path / "notes.md").touch()
    with pytest.raises(
        InputProblem,
        match=r"no file to read in this folder: looked for .csv .* only where they are called key=value",
    ):
        find_sources([str(tmp_path)])


def test_names_of_any_bytes_are_shown() -> None:
    """A file name that is no UTF-8 can be shown and stored."""
    assert shown("a\udcff.csv") == "a\\xff.csv"
