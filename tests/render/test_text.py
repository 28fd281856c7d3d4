"""Text from events: shown, never obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from contactrep.render.text import _NEEDS_MEASURING, cells, cut, fit, legible, visible, writable

ANYTHING = st.text(alphabet=st.characters(exclude_categories=()))
"""Any code points at all, lone surrogates among them."""

ACTS = [
    *range(0x20),
    *range(0x7F, 0xA0),
    0x61C,
    0x200E,
    0x200F,
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 山田 👩‍👩‍👧", "Zoë 山田 👩‍👩‍👧"),
        ("\x1b[31m", "␛[31m"),
        ("a\tb\nc\r\0", "a␉b␊c␍␀"),
        ("\x7f", "␡"),
        ("\x9b31m", "‹U+009B›31m"),
        ("\u202egnp.exe", "‹U+202E›gnp.exe"),
        ("\u2066\u2069\u200f", "‹U+2066›‹U+2069›‹U+200F›"),
        ("\u2028", "‹U+2028›"),
        ("\ud800", "‹U+D800›"),
    ],
)
def test_what_would_act_is_shown(text: str, shown: str) -> None:
    """A control, a line break, a bidi control or a lone surrogate has a visible stand-in."""
    assert visible(text) == shown


@given(ANYTHING)
def test_nothing_that_acts_is_left(text: str) -> None:
    """After any text nothing remains that a terminal obeys, that breaks a line or that UTF-8 cannot hold."""
    shown = visible(text)
    assert not set(map(ord, shown)) & set(ACTS)
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"])))
def test_what_does_not_act_is_left(text: str) -> None:
    """Letters, marks, digits, signs and emoji of every script are shown as they are."""
    assert visible(text) == text


def test_a_name_can_be_seen() -> None:
    """A text of spaces and of characters without ink is shown by its code points; any other as it is."""
    assert [legible(text) for text in ("\u3000", "\u200b\u3164", "", " a ", "山", "👨🏿\u200d🚀", "\n")] == [
        *("‹U+3000›", "‹U+200B›‹U+3164›", "", " a ", "山", "👨🏿\u200d🚀", "␊")
    ]


@given(ANYTHING)
def test_written_text_fits_utf8(text: str) -> None:
    """Only what UTF-8 cannot hold changes, and it changes into U+FFFD."""
    written = writable(text)
    assert written.encode("utf-8").decode("utf-8") == written
    assert [char for char in written if char != "\ufffd"] == [
        char for char in text if not "\ud800" <= char <= "\udfff" and char != "\ufffd"
    ]


@given(ANYTHING.map(visible), st.integers(0, 50), st.booleans())
def test_fitted_text_takes_its_width(text: str, width: int, right: bool) -> None:
    """Padded or cut, a text takes exactly the cells that it is given, by Rich's measure."""
    assert cells(text) == cell_len(text)
    assert cell_len(fit(text, width, right=right)) == width
    assert cell_len(cut(text, width)) == min(width, cell_len(text))


def test_cut_text_says_so() -> None:
    """What is too long ends in an ellipsis; half a wide character is never shown."""
    assert cut("山田太郎", 6) == "山田 …"
    assert cut("山田太郎", 8) == "山田太郎"
    assert cut("abcdef", 4) == "abc…"


def test_what_is_not_measured_takes_one_cell() -> None:
    """Of every character that is counted without Rich's tables, they too say that it takes one cell."""
    counted = [
        chr(code)
        for code in range(0x3000)
        if chr(code).isprintable() and not _NEEDS_MEASURING.search(chr(code))
    ]
    assert len(counted) > 1000
    assert {cell_len(char) for char in counted} == {1}
