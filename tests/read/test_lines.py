"""How DuckDB gets the lines of a file: all of them, in order, in pieces that it can pack as they are."""

import re
from pathlib import Path

import duckdb
import pytest

from contactrep.read.content import examine
from contactrep.read.lines import select_lines
from contactrep.read.mapping import Mapping
from contactrep.read.sources import find_sources
from contactrep.read.table import Select

ROW_GROUP = 122_880


def told(_: int) -> None:
    """Nobody wants to know how far it is."""


def lines_of(folder: Path, lines: int, width: int) -> Select:
    """Numbered lines of so many bytes, as they are read."""
    path = folder / "numbers.csv"
    path.write_text("".join(f"{number:>{width - 1}}\n" for number in range(lines)), encoding="utf-8")
    (source,) = find_sources([str(path)]).files
    return select_lines(examine(source, folder, told, Mapping()))


@pytest.mark.parametrize(("width", "row_groups"), [(40, 2), (84, 2), (200, 1)])
def test_a_buffer_holds_nearly_whole_row_groups(tmp_path: Path, width: int, row_groups: int) -> None:
    """Of lines of usual length a buffer is nine tenths of two row groups or of one, or a little more: such
    pieces DuckDB packs as they are. (Under load it may still join some that wait for each other.)"""
    scan = lines_of(tmp_path, 100_000, width)
    (size,) = re.findall("buffer_size = ([0-9]+)", scan.sql)
    assert 0.9 * row_groups * ROW_GROUP < int(size) / width < row_groups * ROW_GROUP


@pytest.mark.parametrize("width", [2, 9, 20, 84, 200, 320, 600, 5_000])
def test_lines_of_any_length_come_in_order(tmp_path: Path, width: int) -> None:
    """Lines become rows whole and in the order of the file, however many buffers it takes."""
    lines = 10 if width == 2 else 60_000_000 // width
    scan = lines_of(tmp_path, lines, width)
    with duckdb.connect(str(tmp_path / "lines.duckdb")) as connection:
        connection.execute(f"CREATE TABLE lines AS SELECT raw FROM ({scan.sql})", scan.parameters)
        counted = connection.execute("SELECT count(*), bool_and(raw::INTEGER = rowid) FROM lines").fetchone()
    assert counted == (lines, True)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize("width", [1_999_997, 1_999_998, 1_999_999, 2_000_000, 2_000_001])
def test_lines_about_as_long_as_duckdb_expects_are_read(tmp_path: Path, width: int, ending: str) -> None:
    """The most that it reads unasked counts the end of a line; one byte more or less costs no file."""
    path = tmp_path / "long.csv"
    path.write_bytes(b"first" + (ending or "\n").encode() + b"x" * width + ending.encode())
    (source,) = find_sources([str(path)]).files
    scan = select_lines(examine(source, tmp_path, told, Mapping()))
    rows = duckdb.execute(f"SELECT length(raw) FROM ({scan.sql})", scan.parameters).fetchall()
    assert rows == [(5,), (width,)]
