"""Colour: seen on dark and on light, by every kind of eye, and never needed."""

from __future__ import annotations

import re
from itertools import combinations
from math import dist

import pytest

from contactrep.render import palette
from contactrep.render.look import Colour, Look
from contactrep.render.paint import ASCII_GLYPHS, GLYPHS, INKS, Run, painted
from tests.render.eyes import EYES, contrast, seen


@pytest.mark.parametrize("name", INKS)
@pytest.mark.parametrize("background", [(255, 255, 255), (0x1E, 0x1E, 0x1E)], ids=["light", "dark"])
def test_inks_stand_out_from_every_background(name: str, background: tuple[int, int, int]) -> None:
    """Every ink has enough contrast for a shape, on a light and on a dark terminal."""
    assert contrast(INKS[name].rgb, background) >= 2.9


@pytest.mark.parametrize("eye", EYES)
def test_inks_differ_for_every_eye(eye: str) -> None:
    """No two inks look alike, whichever cone an eye is without (a distance of 10 is plain at a glance)."""
    for one, other in combinations(INKS, 2):
        assert dist(seen(INKS[one].rgb, eye), seen(INKS[other].rgb, eye)) >= 18, (one, other)


def test_every_ink_of_the_palette_is_known_to_terminals() -> None:
    """A part has an ink that pages and terminals both have."""
    assert INKS.keys() == palette.INKS.keys()


def test_inks_differ_on_poorer_terminals() -> None:
    """Inks are as many colours of 256 and of 16."""
    assert len({ink.of_256 for ink in INKS.values()}) == len(INKS)
    assert len({ink.of_16 for ink in INKS.values()}) == len(INKS)


@pytest.mark.parametrize(
    ("colour", "codes"),
    [
        ("truecolor", "\x1b[1;38;2;20;106;172;48;2;189;145;4m▄\x1b[0m\n"),
        ("256", "\x1b[1;38;5;25;48;5;136m▄\x1b[0m\n"),
        ("16", "\x1b[1;34;43m▄\x1b[0m\n"),
        ("none", "▄\n"),
    ],
)
def test_each_terminal_is_told_in_its_own_way(colour: Colour, codes: str) -> None:
    """A span has the codes that the terminal knows, and none where there is no colour."""
    assert painted([[Run("▄", "blue", "gold", bold=True)]], Look(80, colour)) == codes


def test_the_bright_ones_of_sixteen() -> None:
    """The upper eight of 16 colours have codes of their own."""
    assert painted([[Run("x", "grey", "mauve")]], Look(80, "16")) == "\x1b[90;105mx\x1b[0m\n"


def test_neighbours_of_one_style_share_their_codes() -> None:
    """A row of cells in one style is one stretch, and no line ends in spaces."""
    line = [Run("a", dim=True), Run("b", dim=True), Run(" "), Run("  ", dim=True)]
    assert painted([line], Look(80, "16")) == "\x1b[2mab\x1b[0m\n"


def test_a_line_that_is_too_wide_is_cut() -> None:
    """No line is wider than the terminal, whatever its spans are."""
    text = painted([[Run("abc"), Run("山田太郎", "blue"), Run("x")]], Look(8, "16"))
    assert re.sub("\x1b[^m]*m", "", text) == "abc山田…\n"


def test_glyphs_are_as_many_as_inks() -> None:
    """Without colour there is a glyph for each of eight parts, also in ASCII."""
    assert len(set(GLYPHS)) == len(set(ASCII_GLYPHS)) == len(INKS)
    assert ASCII_GLYPHS.isascii()
