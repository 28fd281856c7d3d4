"""A font file: which characters it has. Reads one table of OpenType, and no more."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

_Glyph = Callable[[int], int]
"""From a code point to a glyph's number, 0 where there is none."""

_COLLECTION = b"ttcf"
_MOST_FONTS = 64
_LARGEST_TABLE = 16_000_000
_OUTLINES = ("glyf", "CFF ", "CFF2")
"""A font without these has pictures of its characters only, as fonts of emoji do."""


class Face:
    """A font file, or a collection of several fonts, which has what any of them has. Read at first use.

    A file that is not a font, or is broken, has no character.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def of(self, chars: Iterable[str]) -> set[str]:
        """Those of the characters that the file has."""
        return {char for char in chars if any(glyph(ord(char)) for glyph in self._glyphs)}

    @cached_property
    def _glyphs(self) -> list[_Glyph]:
        try:
            with self.path.open("rb") as file:
                return [_character_map(_table(file, "cmap", offset)) for offset in _offsets(file)]
        except (OSError, struct.error, LookupError):
            return []


def _offsets(file: BinaryIO) -> list[int]:
    """Where the fonts of a file begin."""
    if file.read(4) != _COLLECTION:
        return [0]
    (count,) = struct.unpack(">4xI", file.read(8))
    return [offset for (offset,) in struct.iter_unpack(">I", file.read(4 * min(count, _MOST_FONTS)))]


def _table(file: BinaryIO, name: str, offset: int = 0) -> bytes:
    """A table of the font that begins at `offset`; LookupError where the font has no outlines."""
    file.seek(offset)
    (count,) = struct.unpack(">4xH6x", file.read(12))
    directory = {
        tag.decode("latin-1"): (start, size)
        for tag, start, size in struct.iter_unpack(">4s4xII", file.read(16 * count))
    }
    if not any(tag in directory for tag in _OUTLINES):
        raise LookupError("no outlines")
    start, size = directory[name]
    file.seek(start)
    return file.read(min(size, _LARGEST_TABLE))


def _character_map(cmap: bytes) -> _Glyph:
    """The best map of Unicode characters in the table `cmap`."""
    (count,) = struct.unpack_from(">2xH", cmap)
    maps: dict[int, int] = {}
    for platform, encoding, start in struct.iter_unpack(">HHI", cmap[4 : 4 + 8 * count]):
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            (form,) = struct.unpack_from(">H", cmap, start)
            maps[form] = start
    return _by_groups(cmap[maps[12] :]) if 12 in maps else _by_segments(cmap[maps[4] :])


def _by_groups(table: bytes) -> _Glyph:
    """Format 12: every character."""
    (count,) = struct.unpack_from(">12xI", table)
    groups = list(struct.iter_unpack(">III", table[16 : 16 + 12 * count]))
    ends = [end for _, end, _ in groups]

    def glyph(code: int) -> int:
        place = bisect_left(ends, code)
        if place == len(groups) or groups[place][0] > code:
            return 0
        return int(groups[place][2] + code - groups[place][0])

    return glyph


def _by_segments(table: bytes) -> _Glyph:
    """Format 4: the characters up to U+FFFF."""
    (double,) = struct.unpack_from(">6xH", table)
    count = double // 2

    def column(place: int, form: str) -> tuple[int, ...]:
        # After the ends, two bytes are left out.
        return struct.unpack_from(f">{count}{form}", table, 14 + double * place + (2 if place else 0))

    ends, starts, deltas, offsets = column(0, "H"), column(1, "H"), column(2, "h"), column(3, "H")

    def glyph(code: int) -> int:
        place = bisect_left(ends, code)
        if place == count or starts[place] > code:
            return 0
        if not offsets[place]:
            return (code + deltas[place]) & 0xFFFF
        at = 16 + 3 * double + 2 * place + offsets[place] + 2 * (code - starts[place])
        if at + 2 > len(table):
            return 0
        (number,) = struct.unpack_from(">H", table, at)
        return (number + deltas[place]) & 0xFFFF if number else 0

    return glyph
