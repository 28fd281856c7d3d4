"""Colour: seen on dark and on light, by every kind of eye, and never needed."""

from __future__ import annotations

import re
from itertools import combinations
from math import dist

import pytest

from contactrep.events import KNOWN_SOURCES
from contactrep.render.look import Colour, Look
from contactrep.render.paint import ASCII_GLYPHS, GLYPHS, INKS, OTHER_INK, Run, painted, part_inks

Triple = tuple[float, float, float]

# Machado, Oliveira, Fernandes (2009): what eyes without one kind of cone see, in linear RGB.
EYES = {
    "usual": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(rgb: tuple[int, int, int]) -> Triple:
    """sRGB without its gamma."""
    parts = [part / 255 for part in rgb]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return red, green, blue


def luminance(rgb: Triple) -> float:
    """Relative luminance (WCAG 2)."""
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Contrast ratio (WCAG 2), 1 to 21."""
    low, high = sorted((luminance(linear(one)), luminance(linear(other))))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: Triple) -> Triple:
    """CIELAB of linear RGB, in which distances are about as eyes feel them."""

    def root(part: float) -> float:
        return part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116

    red, green, blue = rgb
    x = root((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047)
    y = root(luminance(rgb))
    z = root((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(rgb: tuple[int, int, int], eye: str) -> Triple:
    """A colour in CIELAB as such an eye sees it."""
    parts = linear(rgb)
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, parts, strict=True))))
        for row in EYES[eye]
    )
    return lab((red, green, blue))


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


def test_inks_differ_on_poorer_terminals() -> None:
    """Inks are as many colours of 256 and of 16."""
    assert len({ink.of_256 for ink in INKS.values()}) == len(INKS)
    assert len({ink.of_16 for ink in INKS.values()}) == len(INKS)


def test_a_known_source_keeps_its_ink() -> None:
    """Whatever else is shown and in whatever order, a known source has one ink; no two have the same."""
    alone = {source: part_inks([source], gathered=False)[0] for source in KNOWN_SOURCES}
    assert len(set(alone.values())) == len(KNOWN_SOURCES)
    mixed = ["Partner form", *reversed(KNOWN_SOURCES)]
    assert dict(zip(mixed, part_inks(mixed, gathered=False), strict=True)).items() >= alone.items()


def test_parts_have_inks_of_their_own() -> None:
    """Eight parts have eight inks, and what was gathered is grey."""
    names = [f"channel {place}" for place in range(7)]
    inks = part_inks([*names, "Other"], gathered=True)
    assert len(set(inks)) == 8
    assert inks[-1] == OTHER_INK
    assert len(set(part_inks([*names, "channel 7"], gathered=False))) == 8


def test_a_channel_mostly_keeps_its_ink() -> None:
    """The ink of a name that is not known comes from its letters, not from its place."""
    assert (
        part_inks(["WhatsApp", "LINE"], gathered=False)
        == part_inks(["LINE", "WhatsApp"], gathered=False)[::-1]
    )


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
