"""Documents as plain text, for pipes, files and mail: the same figures, no escape codes, nothing cut.

Tables are aligned, because people read them (cron mails them). A log alone is for `grep`, `cut` and `awk`:
`# ` lines, one head line, then one row per line with tabs between the fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from contactrep.document import blocks, document
from contactrep.document.grids import Column, Grid, log_grid
from contactrep.render.grids import texts_of
from contactrep.render.look import Look
from contactrep.render.text import cells, chunks, fit, visible
from contactrep.report import Answer, LogPage


def write(answer: Answer, _: Look) -> Iterator[str]:
    """The report as lines of text."""
    if isinstance(answer, LogPage):
        yield from _log(answer)
    else:
        yield from texts_of_blocks(document(answer))


def texts_of_blocks(document: Iterable[blocks.Block]) -> Iterator[str]:
    """The document as lines of text."""
    before: blocks.Block | None = None
    for block in document:
        yield "\n" if _has_gap(before, block) else ""
        yield from _block(block)
        before = block


def _has_gap(before: blocks.Block | None, block: blocks.Block) -> bool:
    """Whether a blank line goes between two blocks: a section's title is joined to what is below it."""
    if before is None or isinstance(block, blocks.Facts | blocks.AsOf | blocks.Cut):
        return False
    return not isinstance(before, blocks.Heading) or before.level == 1 or isinstance(block, blocks.Heading)


def _block(block: blocks.Block) -> Iterable[str]:
    match block:
        case blocks.Heading():
            rule = [f"{'-' * len(block.text)}\n"] if block.level > 1 else []
            return [f"{block.text}\n", *rule]
        case blocks.Figures() | blocks.Parts() | blocks.Chart():
            return _aligned(block.grid)
        case Grid():
            return _aligned(block)
        case blocks.Properties():
            columns = (Column(block.title), Column("value", title=block.subject))
            return _aligned(Grid(columns, block.pairs))
        case blocks.Rejects():
            return _tabbed(block.grid)
        case blocks.Notices():
            return [f"Note: {visible(line)}\n" for line in block.lines]
        case _:
            return [f"{visible(line)}\n" for line in block.lines]


def _log(log: LogPage) -> Iterator[str]:
    rows = None
    for block in document(log):
        if isinstance(block, Grid):
            rows = block
        else:
            yield from (f"# {line}" for line in _block(block))
    yield from _tabbed(rows or log_grid(log))  # where a message replaces the rows, the head line stays


def _tabbed(grid: Grid) -> Iterator[str]:
    yield "\t".join(column.heading for column in grid.columns) + "\n"
    for batch in grid.batches():
        yield from chunks("\t".join(row) + "\n" for row in zip(*texts_of(batch), strict=True))


def _aligned(grid: Grid) -> Iterator[str]:
    """Columns two spaces apart, numbers aligned on the right; no line ends in spaces.

    The rows are read twice, in batches: to measure them, and to write them.
    """
    headings = [visible(column.heading) for column in grid.columns]
    widths = list(map(cells, headings))
    for batch in grid.batches():
        columns = zip(widths, texts_of(batch), strict=True)
        widths = [max(width, *map(cells, texts)) for width, texts in columns]
    yield _padded(grid, widths, headings)
    for batch in grid.batches():
        yield from chunks(_padded(grid, widths, row) for row in zip(*texts_of(batch), strict=True))


def _padded(grid: Grid, widths: Sequence[int], row: Sequence[str]) -> str:
    padded = zip(grid.columns, widths, row, strict=True)
    return "  ".join(fit(text, width, right=column.right) for column, width, text in padded).rstrip() + "\n"
