"""The palette: legible on its grounds, and told apart by every kind of eye."""

from __future__ import annotations

import re
from itertools import combinations
from math import dist

import pytest

from contactrep.events import CONNECTED, KNOWN_SOURCES
from contactrep.render.palette import INKS, METRIC_INKS, OTHER_INK, TONES, part_inks
from contactrep.report import METRICS
from tests.render.eyes import EYES, contrast, seen

THEMES = ("light", "dark")
TEXTS = ("text", "muted", "link", "good", "bad")
GROUNDS = ("card", "page", "weekend", "notice")


def rgb(colour: str) -> tuple[int, int, int]:
    """The parts of `#rrggbb`."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def test_colours_are_written_alike() -> None:
    """Every colour is `#rrggbb`: SVG, spreadsheets and mail programs all read that."""
    shades = (*INKS.values(), *TONES.values())
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for shade in shades for colour in shade)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", INKS)
def test_inks_stand_out_from_cards(name: str, theme: str) -> None:
    """A bar has a contrast of 3 to its card (WCAG 1.4.11)."""
    assert contrast(rgb(getattr(INKS[name], theme)), rgb(getattr(TONES["card"], theme))) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_legible_on_every_ground(text: str, ground: str, theme: str) -> None:
    """A text has a contrast of 4.5 to whatever it may be on (WCAG 1.4.3)."""
    assert contrast(rgb(getattr(TONES[text], theme)), rgb(getattr(TONES[ground], theme))) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", EYES)
def test_inks_differ_for_every_eye(eye: str, theme: str) -> None:
    """No two inks look alike, whichever cone an eye is without (a distance of 10 is plain at a glance)."""
    for one, other in combinations(INKS, 2):
        colours = (rgb(getattr(INKS[name], theme)) for name in (one, other))
        assert dist(*(seen(colour, eye) for colour in colours)) >= 17, (one, other)


def test_headline_figures_have_inks_of_their_own() -> None:
    """Every figure of an overview, and connected, has a colour that no other has."""
    assert len(set(METRIC_INKS.values())) == len({*METRICS, CONNECTED}) == len(METRIC_INKS)


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
