"""Documents as Markdown, with GitHub's tables: to paste into a ticket, a wiki or a chat (at best 40 kB).

Text from events is escaped so that it shows as it is: no cell ends early, nothing becomes code, emphasis,
a link or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import assert_never

from contactrep.document import blocks, document
from contactrep.document.grids import Column, Grid
from contactrep.phrases import change, number
from contactrep.render.brief import brief
from contactrep.render.grids import texts_of
from contactrep.render.look import Look
from contactrep.render.outline import Outline, outline
from contactrep.render.text import chunks, visible
from contactrep.report import Answer

_TO_ESCAPE = re.compile(
    r"[\\`*\[\]|~$@]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # inside a word it means itself
    r"|:(?=//|[\w+-]+:)"  # an address, an emoji's name
    r"|(?<=www)\."
    r"|[&<>]|^ | $",
    re.IGNORECASE,
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", " ": "&#32;"}


def escaped(text: str) -> str:
    """Safe text as Markdown that shows it as it is, also where GitHub would link or decorate it."""
    return _TO_ESCAPE.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)


def write(answer: Answer, look: Look) -> Iterator[str]:
    """The report as Markdown, in chunks of whole lines, with a blank line between blocks."""
    made = list(document(answer, prose=True, logs=look.with_logs, command=look.command))
    for place, block in enumerate(brief(made)):
        yield "\n" if place else ""
        yield from _block(block)
        if isinstance(block, blocks.Facts):
            yield from _headline(outline(made))


def _headline(report: Outline) -> Iterator[str]:
    """The headline figures in one line, for chats, which show no tables."""
    words = []
    for name, figure, _ in report.headline:
        moved = f" ({change(figure.change)})" if figure.change is not None else ""
        words.append(f"{name.capitalize()} {number(figure.count)}{moved}")
    if words:
        yield f"\n{_text(' · '.join(words))}\n"


def _block(block: blocks.Block) -> Iterable[str]:
    match block:
        case blocks.Heading():
            return [f"{'#' * block.level} {_text(block.text)}\n"]
        case blocks.Facts() | blocks.AsOf() | blocks.Lead() | blocks.Message() | blocks.Sentences():
            return _paragraph(block.lines)
        case blocks.Notices():
            return [f"> {_text(line)}\n" for line in block.lines]
        case blocks.Command():
            return _fenced(block.text)
        case blocks.Figures() | blocks.Parts() | blocks.Chart():
            return _table(block.grid)
        case Grid():
            return _table(block)
        case blocks.Cut():
            return _cut(block)
        case blocks.Properties():
            columns = (Column("what"), Column("value"))
            opening = (f"# {_text(block.title)}\n\n", *_paragraph([block.subject]), "\n")
            return (*opening, *_table(Grid(columns, block.pairs)))
        case blocks.Rejects():
            return chain([f"# {number(block.total)} rejected\n\n"], _table(block.grid))
        case _:
            assert_never(block)


def _text(text: str) -> str:
    return escaped(visible(text))


def _paragraph(lines: Iterable[str]) -> list[str]:
    """The lines of one paragraph; the backslash at the end of a line keeps the next one a line."""
    return ["\\\n".join(map(_text, lines)) + "\n"]


def _cut(cut: blocks.Cut) -> Iterator[str]:
    """The command is in a fence, where nothing is escaped, so that it can be copied."""
    yield from _paragraph([cut.said])
    if cut.command:
        yield "\n"
        yield from _fenced(cut.command)


def _fenced(text: str) -> Iterator[str]:
    command = visible(text)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", command))])
    yield f"{fence}sh\n{command}\n{fence}\n"


def _table(grid: Grid) -> Iterator[str]:
    yield f"| {' | '.join(_text(column.heading) for column in grid.columns)} |\n"
    yield f"| {' | '.join('---:' if column.right else '---' for column in grid.columns)} |\n"
    for batch in grid.batches():
        columns = [
            list(map(escaped, texts)) if column.kind == "text" else texts
            for column, texts in zip(batch.columns, texts_of(batch), strict=True)
        ]
        yield from chunks(f"| {' | '.join(row)} |\n" for row in zip(*columns, strict=True))
