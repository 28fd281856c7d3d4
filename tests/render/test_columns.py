"""Tables: to the character what Rich's own Table shows, and fast."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contactrep.document.grids import log_grid
from contactrep.render import render
from contactrep.render.columns import TableColumn, laid_out
from contactrep.render.look import Look
from contactrep.render.terminal.lines import table_of
from contactrep.render.text import visible
from tests.render import samples

ASCII_NAMES = ("Bob", "Ann Example", "x" * 70, "", "two  spaces")
CJK_NAMES = ("山田 太郎", "김민준", "Chan Tai Man 陳大文", "電子メール" * 12, "ｆｕｌｌ")
EMOJI_NAMES = ("🎉 Party 🎂", "👩‍👩‍👧 The Lees", "❤️ heart", "🇲🇾 flag", "👍🏽 thumb", "☎ phone")

FIGURES = st.integers(-(10**12), 10**12).map("{:,}".format)


def rich_lines(columns: Sequence[TableColumn], width: int) -> list[str]:
    """What Rich's Table makes of the same columns, without the spaces at the ends of lines."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(
            Text(column.heading, no_wrap=True, overflow="ellipsis"),
            justify="right" if column.right else "left",
            no_wrap=not column.shrinks,
            overflow="ellipsis",
        )
    for row in zip(*(column.texts for column in columns), strict=True):
        table.add_row(*(Text(text, no_wrap=True, overflow="ellipsis") for text in row))
    file = io.StringIO()
    Console(file=file, width=width, color_system=None, _environ={}).print(table)
    return [line.rstrip(" ") for line in file.getvalue().splitlines()]


def our_lines(columns: Sequence[TableColumn], width: int) -> list[str]:
    """The same table as the page prints it."""
    table = laid_out(columns, width)
    lines = ["".join(table.heading()), "─" * table.cells]
    return [*(line.rstrip(" ") for line in lines), *"".join(table.chunks()).split("\n")[:-1]]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("event", ["added", "connected", "merged"])
@pytest.mark.parametrize(
    "names", [ASCII_NAMES, CJK_NAMES, EMOJI_NAMES, samples.HOSTILE, samples.NAMES], ids=str
)
def test_log_looks_like_richs_table(names: tuple[str, ...], event: str, width: int) -> None:
    """A log is, character by character, the table that Rich prints of the same rows."""
    log = samples.log(event, rows=40, names=names)
    columns = table_of(log_grid(log), Look(width)).columns
    assert our_lines(columns, width) == rich_lines(columns, width)


@given(
    rows=st.lists(st.tuples(st.text(), FIGURES, st.text(max_size=90)), min_size=1, max_size=6),
    width=st.integers(40, 200),
    shrinks=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_any_table_looks_like_richs(
    rows: list[tuple[str, str, str]], width: int, shrinks: tuple[bool, bool, bool]
) -> None:
    """Whatever texts stand in it and however wide it is, a table is the one that Rich prints."""
    columns = [
        TableColumn(f"heading {place}", list(map(visible, texts)), right=place == 1, shrinks=may)
        for place, (texts, may) in enumerate(zip(zip(*rows, strict=True), shrinks, strict=True))
    ]
    assert our_lines(columns, width) == rich_lines(columns, width)


@pytest.mark.parametrize(("width", "rows"), [(80, 10_000), (140, 2_500)])
def test_a_full_log_on_a_page_looks_like_richs_table(width: int, rows: int) -> None:
    """All rows of a log, as the page prints them, are those of Rich's table, whatever the names."""
    names = (*ASCII_NAMES, *CJK_NAMES, *EMOJI_NAMES, *samples.HOSTILE)
    log = samples.log("connected", rows=rows, names=names)
    columns = table_of(log_grid(log), Look(width)).columns
    page = b"".join(render(log, "table", look=Look(width))).decode().splitlines()
    expected = rich_lines(columns, width)
    start = page.index(expected[1])
    assert len(expected) == rows + 2
    assert [line.rstrip(" ") for line in page[start - 1 : start + rows + 1]] == expected


def test_widest_columns_give_way_first() -> None:
    """Where room is short the widest column shrinks to the next widest before that one shrinks too."""
    columns = [
        TableColumn("a", ["x" * 50]),
        TableColumn("b", ["y" * 20]),
        TableColumn("c", ["z" * 10], shrinks=False),
    ]
    assert list(laid_out(columns, 60).widths) == [26, 20, 10]
    assert list(laid_out(columns, 40).widths) == [13, 13, 10]
