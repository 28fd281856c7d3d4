"""The pictures in `docs/`: what the program prints today, and nothing of the machine that drew them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = sorted(DOCS.glob("*.svg"))


@pytest.mark.skipif(sys.platform == "win32", reason="pictures are drawn on a pseudo-terminal")
def test_the_readme_picture_is_what_is_printed_today(tmp_path: Path) -> None:
    """README shows the page as it is: after a change of the page, run `python docs/pictures.py`."""
    subprocess.run([sys.executable, DOCS / "pictures.py", tmp_path, "readme"], check=True)
    drawn = sorted(tmp_path.iterdir())
    assert [path.name for path in drawn] == ["readme-80-dark.svg", "readme-80-light.svg"]
    for path in drawn:
        assert path.read_text(encoding="utf-8") == (DOCS / path.name).read_text(encoding="utf-8"), path.name


def test_there_is_a_picture_for_each_width_and_background() -> None:
    """The demo is drawn at 80 and 120 columns, dark and light."""
    names = {path.stem for path in PICTURES}
    assert names >= {f"demo-{columns}-{look}" for columns in (80, 120) for look in ("dark", "light")}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_fetches_nothing_and_names_no_machine(picture: Path) -> None:
    """A picture is well-formed, with no address but that of SVG itself, and no path of a computer."""
    text = picture.read_text(encoding="utf-8")
    assert "Contacts Overview" in "".join(ElementTree.fromstring(text).itertext())  # noqa: S314 - our own file
    assert set(re.findall(r"https?://[^\"]+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"/(tmp|home|root|work|var|Users)/", text)
