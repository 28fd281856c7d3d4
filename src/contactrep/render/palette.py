"""Colours: which ink a series or a part has in every format, and how inks look on light and on dark pages.

An ink has a contrast of 3 or more to its card, a text 4.5 or more, and no two inks look alike to any kind of
eye; tests/render/test_palette.py measures all three. `paint` has the same inks for terminals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple
from zlib import crc32

from contactrep.events import UNKNOWN
from contactrep.report import COUNTED

if TYPE_CHECKING:
    from contactrep.document.blocks import Parts


class Shade(NamedTuple):
    """A colour on light and on dark pages, each as `#rrggbb`."""

    light: str
    dark: str


INKS = {
    "blue": Shade("#1f5be0", "#3a78ff"),
    "gold": Shade("#b88200", "#dfc043"),
    "green": Shade("#1f7d5c", "#2fc487"),
    "brick": Shade("#b32a1c", "#e0563c"),
    "sky": Shade("#2f97ee", "#94c1ff"),
    "mauve": Shade("#e85c9f", "#ff9fc6"),
    "violet": Shade("#6f3099", "#a75bc2"),
    "grey": Shade("#4f5a6b", "#6c788b"),
}
"""What bars, arcs and marks are filled with."""

TONES = {
    "page": Shade("#f4f6f9", "#0c1017"),
    "card": Shade("#ffffff", "#161b24"),
    "text": Shade("#141a24", "#e9edf5"),
    "muted": Shade("#566072", "#9ca7b9"),
    "line": Shade("#e1e6ee", "#2a3341"),
    "grid": Shade("#e8ecf2", "#252d3a"),
    "weekend": Shade("#f3f5f9", "#1b212c"),
    "link": Shade("#1c53cc", "#8fb3ff"),
    "good": Shade("#0a7345", "#4fd093"),
    "bad": Shade("#b3261e", "#ff8d83"),
    "notice": Shade("#fff6dc", "#2c2614"),
}
"""Everything else: grounds, texts and lines. `good` and `bad` are texts; weekends and notices are grounds."""

METRIC_INKS = {"added": "blue", "deleted": "brick", "merged": "gold", "net": "grey", "connected": "violet"}
"""The ink of each headline figure: connected is one among those of the overview."""

OVERVIEW_INKS = tuple(METRIC_INKS[name] for name in COUNTED)
"""The inks of the series in the chart of an overview."""

OTHER_INK = "grey"

_MORE_IS = {"added": "good", "deleted": "bad", "merged": "", "net": "good", "connected": "good"}
"""What growth of each headline figure is."""

_FIXED = {
    "Incoming Message": "blue",
    "User": "gold",
    "Contact Import": "green",
    "Developer API": "violet",
    "Echo Message": "sky",
    "Zapier": "brick",
    "Broadcast": "mauve",
}
"""A known source has one ink in every report."""

_FREE = tuple(name for name in INKS if name != OTHER_INK)


def tone_of(change: float | None, metric: str) -> Literal["good", "bad", ""]:
    """Whether a change of a headline figure is good or bad news; empty for neither, and for none at all."""
    more = _MORE_IS[metric]
    if not change or not more:
        return ""
    return "good" if (change > 0) == (more == "good") else "bad"


def part_inks(names: Sequence[str], *, gathered: bool) -> list[str]:
    """An ink for each of at most eight parts; the last one's is grey if it is what was gathered.

    A known source has its fixed ink. Any other name asks for the ink that its letters give, and where
    that is taken gets the next: a channel mostly keeps its colour from report to report.
    """
    own = names[:-1] if gathered else names
    inks = {name: _FIXED[name] for name in own if name in _FIXED}
    free = [ink for ink in _FREE if ink not in inks.values()]
    for name in own:
        if name not in inks:
            inks[name] = _take(name, free)
    return [inks[name] for name in own] + ([OTHER_INK] if gathered else [])


def inks_of(parts: Parts) -> list[str]:
    """The ink of each part that a drawing shows; those that it gathers have `OTHER_INK`."""
    gathered = parts.drawn
    return part_inks([part.name for part in gathered], gathered=any(part.members for part in gathered))


def _take(name: str, free: list[str]) -> str:
    if name == UNKNOWN or not free:
        return OTHER_INK
    wanted = _FREE[crc32(name.casefold().encode("utf-8", "replace")) % len(_FREE)]
    taken = wanted if wanted in free else free[0]
    free.remove(taken)
    return taken
