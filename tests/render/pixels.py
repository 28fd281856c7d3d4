"""Reads PNG pictures, as far as tests need it."""

from __future__ import annotations

import struct
import zlib
from collections import Counter

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def size(png: bytes) -> tuple[int, int]:
    """Width and height."""
    assert png.startswith(_SIGNATURE)
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def colours(png: bytes) -> Counter[tuple[int, ...]]:
    """How many pixels each colour (red, green, blue, alpha) has; of pictures with 8 bits and alpha only."""
    width, height = size(png)
    assert png[24:26] == b"\x08\x06"
    data, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += 12 + length
    raw = zlib.decompress(data)
    row = 4 * width
    before = bytearray(row)
    found: Counter[tuple[int, ...]] = Counter()
    for line in range(height):
        start = line * (row + 1)
        before = _unfiltered(raw[start], raw[start + 1 : start + 1 + row], before)
        found.update(zip(*(before[part::4] for part in range(4)), strict=True))
    return found


def _unfiltered(kind: int, line: bytes, above: bytearray) -> bytearray:
    """A line of pixels without the filter that made it small."""
    made = bytearray(line)
    for place, value in enumerate(line):
        left = made[place - 4] if place >= 4 else 0
        corner = above[place - 4] if place >= 4 else 0
        guess = (0, left, above[place], (left + above[place]) // 2, _paeth(left, above[place], corner))[kind]
        made[place] = (value + guess) & 0xFF
    return made


def _paeth(left: int, above: int, corner: int) -> int:
    whole = left + above - corner
    return min((left, above, corner), key=lambda one: abs(whole - one))
