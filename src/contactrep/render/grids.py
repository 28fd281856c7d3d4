"""The cells of a table as text that people read: safe to show, each on one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from contactrep.document.grids import CellKind, Grid
from contactrep.phrases import NOT_AVAILABLE, change, clock_time, iso, number, said_range
from contactrep.render.text import visible


def texts_of(grid: Grid, *, brief: bool = False, unicode: bool = True) -> list[list[str]]:
    """The texts of each column. `brief`, for a screen: times to the second, and no more words than needed."""
    return [
        _texts(column.kind, values, grid.zone, brief=brief, unicode=unicode)
        for column, values in zip(grid.columns, grid.values, strict=True)
    ]


def _texts(kind: CellKind, values: Sequence[Any], zone: ZoneInfo, *, brief: bool, unicode: bool) -> list[str]:
    match kind:
        case "instant":
            time = clock_time if brief else iso
            return [time(value, zone) or "" if value else "" for value in values]
        case "dates":
            until = ", " if brief else " until "
            return [said_range(value, until=until) if value else "" for value in values]
        case "count":
            return ["" if value is None else number(value) for value in values]
        case "share":
            return [NOT_AVAILABLE if value is None else str(value) for value in values]
        case "change":
            return [change(value, unicode=unicode) for value in values]
        case "name":
            return [str(value).capitalize() for value in values]
        case _:
            texts = ["" if value is None else str(value) for value in values]
            # Most columns have nothing to replace, which one look at the whole column tells.
            return texts if "".join(texts).isprintable() else list(map(visible, texts))
