"""How DuckDB gets the lines of a file: all of them, in order, in pieces that it can pack as they are."""

from pathlib import Path

import duckdb
import pytest

from contactrep.read.content import examine
from contactrep.read.lines import relation
from contactrep.read.sources import find

ROW_GROUP = 122_880


def told(_: int) -> None:
    """Nobody wants to know how far it is."""


def staged(folder: Path, lines: int, width: int) -> tuple[bool, list[int]]:
    """Whether numbered lines of so many bytes come in order, and how many each row group has."""
    path = folder / "numbers.csv"
    path.write_text("".join(f"{number:>{width - 1}}\n" for number in range(lines)), encoding="utf-8")
    (source,) = find([str(path)]).files
    scan = relation(examine(source, folder, told))
    connection = duckdb.connect(str(folder / "lines.duckdb"))
    connection.execute(f"CREATE TABLE lines AS SELECT raw FROM ({scan.sql})", scan.parameters)
    in_order = connection.execute("SELECT count(*), bool_and(raw::INTEGER = rowid) FROM lines").fetchone()
    groups = connection.execute(
        """
        SELECT sum(count)::INTEGER FROM pragma_storage_info('lines') WHERE segment_type = 'VARCHAR'
        GROUP BY row_group_id ORDER BY row_group_id
        """
    ).fetchall()
    return in_order == (lines, True), [count for (count,) in groups]


@pytest.mark.parametrize(("width", "at_once"), [(40, 2), (84, 2), (200, 1)])
def test_lines_come_in_nearly_whole_row_groups(tmp_path: Path, width: int, at_once: int) -> None:
    """Of lines of usual length every second row group, or every one, ends where a buffer does: nearly full,
    so that it was not put together of several pieces (but perhaps one, of the small piece at the end)."""
    in_order, groups = staged(tmp_path, 6 * ROW_GROUP, width)
    assert in_order
    assert sum(groups) == 6 * ROW_GROUP
    ends = groups[at_once - 1 : -1 : at_once]
    assert sum(0.85 * ROW_GROUP < count < ROW_GROUP for count in ends) >= len(ends) - 1
    assert min(groups[:-1]) > 0.85 * ROW_GROUP


@pytest.mark.parametrize("width", [2, 9, 20, 320, 600, 5_000])
def test_lines_of_any_length_come_in_order(tmp_path: Path, width: int) -> None:
    """Very short and long lines, for which row groups decide nothing, come whole and in order as well."""
    lines = 10 if width == 2 else 40_000_000 // width
    in_order, _ = staged(tmp_path, lines, width)
    assert in_order


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize("width", [1_999_997, 1_999_998, 1_999_999, 2_000_000, 2_000_001])
def test_lines_about_as_long_as_duckdb_expects_are_read(tmp_path: Path, width: int, ending: str) -> None:
    """The most that it reads unasked counts the end of a line; one byte more or less costs no file."""
    path = tmp_path / "long.csv"
    path.write_bytes(b"first" + (ending or "\n").encode() + b"x" * width + ending.encode())
    (source,) = find([str(path)]).files
    scan = relation(examine(source, tmp_path, told))
    rows = duckdb.execute(f"SELECT length(raw) FROM ({scan.sql})", scan.parameters).fetchall()
    assert rows == [(5,), (width,)]
