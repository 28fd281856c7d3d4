"""Seeded dice, the same in Python and in SQL.

They are plain integer arithmetic (a multiply-and-shift hash of 32 bits): an engine's own `hash()` may
change with its next release, and the committed examples may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from itertools import accumulate
from typing import Any

_MASK = (1 << 32) - 1
_STRETCH, _SPREAD, _FIRST_MIX, _SECOND_MIX = 2654435761, 40503, 0x2C1B3C6D, 0x297A2D39


Die = IntEnum(
    "Die",
    "DAY HOUR ADDED SOURCE DELAY DELETED DELETED_AGE MERGED MERGED_AGE ID USER CHANNEL NAME_KIND BEGINNING"
    " ENDING EMOJI",
)
"""One die for everything that is left to chance; another order changes every sample."""


def roll(index: int, die: Die, sides: int) -> int:
    """A throw from 0 to sides - 1 (sides up to 2^24); it depends on `index` and on which die it is, only."""
    mixed = (index * _STRETCH + die * _SPREAD * _STRETCH) & _MASK
    mixed = (mixed ^ mixed >> 15) * _FIRST_MIX & _MASK
    mixed = (mixed ^ mixed >> 12) * _SECOND_MIX & _MASK
    return (mixed >> 8) * sides >> 24


def roll_sql(index: str, die: Die, sides: int) -> str:
    """The same throw as SQL, over a BIGINT column `index` from 0 to 3 * 10^9."""
    mixed = f"(({index} * {_STRETCH} + {die * _SPREAD * _STRETCH}) & {_MASK})"
    mixed = f"((xor({mixed}, {mixed} >> 15) * {_FIRST_MIX}) & {_MASK})"
    mixed = f"((xor({mixed}, {mixed} >> 12) * {_SECOND_MIX}) & {_MASK})"
    return f"((({mixed} >> 8) * {sides}) >> 24)"


def by_weight(thrown: str, weights: Mapping[Any, int]) -> str:
    """The value that a throw falls on, as SQL; the die has as many sides as the weights have in all."""
    *bounds, _ = accumulate(weights.values())
    *firsts, last = (literal(value) for value in weights)
    cases = (f"WHEN {thrown} < {bound} THEN {value}" for bound, value in zip(bounds, firsts, strict=True))
    return f"CASE {' '.join(cases)} ELSE {last} END"


def one_of(values: Iterable[str], index: str) -> str:
    """The value at a 0-based index, as SQL."""
    return f"[{', '.join(literal(value) for value in values)}][1 + {index}]"


def literal(value: str | int | None) -> str:
    """A constant of ours as SQL."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
