"""What the terminal can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Colour = Literal["none", "16", "256", "truecolor"]


@dataclass(frozen=True)
class Look:
    """The width in cells, how many colours, and what else a page may use.

    `colour` `none` also means no bold and no other escape code; without `unicode` (`TERM=dumb`) charts
    are drawn in ASCII; `raw` leaves texts in CSV unguarded. Only `table` looks at the first three.
    """

    width: int = 80
    colour: Colour = "none"
    unicode: bool = True
    raw: bool = False
