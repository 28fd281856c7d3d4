"""Shorten a document for mail and chat, and say what was left out and which option gives all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from contactrep.document import blocks
from contactrep.phrases import number
from contactrep.render.geometry.plot import MOST_BARS

MOST_PARTS = 100
MOST_COLUMNS = 12
"""Parts that a table of buckets has a column for."""


def brief(document: Iterable[blocks.Block]) -> Iterator[blocks.Block]:
    """The document with the hundred largest parts and at most 124 buckets a chart, neighbours merged, with a
    column for the twelve largest parts."""
    for block in document:
        match block:
            case blocks.Chart():
                chart, note = brief_chart(block.gathered(MOST_COLUMNS), MOST_BARS)
                yield chart
            case blocks.Parts():
                yield replace(block, parts=block.parts[:MOST_PARTS])
                note = parts_left_out(block, MOST_PARTS)
            case _:
                yield block
                note = ""
        if note:
            yield blocks.Message(note)


def brief_chart(chart: blocks.Chart, most: int) -> tuple[blocks.Chart, str]:
    """The chart, with neighbours merged as they are drawn if it has more than `most` buckets; and what a row
    then is, in words."""
    if len(chart.buckets) <= most:
        return chart, ""
    shown, each = chart.merged(MOST_BARS)
    return shown, f"Each row is {number(each)} {chart.by}s; --format json has every {chart.by}."


def parts_left_out(parts: blocks.Parts, most: int) -> str:
    """How many parts are not among the `most` largest, in words; empty if none is."""
    left = len(parts.parts) - most
    are = "smaller part is" if left == 1 else "smaller parts are"
    return f"{number(left)} {are} left out; --format csv has all of them." if left > 0 else ""
