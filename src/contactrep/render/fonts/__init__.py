"""The fonts of pictures: Inter, which comes with the program, and the system's for what Inter lacks.

A server may have no font at all, and a drawing library then leaves text out without an error. So pictures
name their font files: first Inter, then those of the system that have the missing characters. This is the
only place where a writer reads more than its arguments: the font folders, and only where a text needs it.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from contactrep.render.fonts.face import Face

FAMILY = "Inter"

_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
)
_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
_SPECIAL = re.compile("bold|italic|oblique|serif|mono|condensed|light|thin|black|medium|emoji", re.IGNORECASE)


def own() -> list[Path]:
    """The font files of Inter, regular and semi-bold."""
    folder = Path(str(files(__package__)))
    return [folder / "Inter-Regular.otf", folder / "Inter-SemiBold.otf"]


def fallbacks(text: str) -> tuple[list[Path], str]:
    """The font files of the system that `text` needs besides Inter, best first, and what no font has.

    The font with the most of the missing characters comes first, so that a name is in one font where it can.
    """
    wanted = {char for char in text if not _is_invisible(char)}
    missing = wanted - Face(own()[0]).of(wanted)
    having = {face.path: face.of(missing) for face in _system_faces()} if missing else {}
    chosen: list[Path] = []
    while missing and having:
        path = max(having, key=lambda path: len(having[path] & missing))  # of equals the plainest
        if missing.isdisjoint(having[path]):
            break
        chosen.append(path)
        missing -= having[path]
    return chosen, "".join(sorted(missing))


def _is_invisible(char: str) -> bool:
    """Whether a character is nothing to draw: joiners, variation selectors, spaces."""
    return unicodedata.category(char) in ("Cf", "Zs") or "\ufe00" <= char <= "\ufe0f" or char in "\n\t"


def _system_faces() -> Iterator[Face]:
    """The fonts of the system: plain sans serif ones first, then by name."""
    paths = {path.name: path for folder in _FOLDERS for path in _font_files(folder)}
    for name in sorted(paths, key=lambda it: (bool(_SPECIAL.search(it)), "sans" not in it.lower(), it)):
        yield Face(paths[name])


def _font_files(folder: str) -> Iterator[Path]:
    root = os.path.expanduser(folder)  # noqa: PTH111 - Path.expanduser raises where there is no home
    for where, _, names in os.walk(root):
        yield from (Path(where, name) for name in names if name.lower().endswith(_SUFFIXES))
