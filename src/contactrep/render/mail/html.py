"""The HTML part of a mail, kept within the limits of mail programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from contactrep.document.blocks import Cut, Part
from contactrep.document.grids import Grid
from contactrep.errors import LONGEST_MESSAGE
from contactrep.phrases import number
from contactrep.render.grids import texts_of
from contactrep.render.mail.charts import WIDTH, MailChart
from contactrep.render.outline import Outline
from contactrep.render.palette import INKS, OTHER_INK, TONES
from contactrep.render.templates import template
from contactrep.render.text import cut as shortened
from contactrep.render.text import visible

MOST_BYTES = 100_000
"""Gmail cuts a message off at 102 kB."""

_ROWS = (10, 6, 3, 1, 0)
_LOG_ROWS = (100, 50, 25, 10, 0)
"""Rows of a table of parts, and of a log: fewer if the message would be too large."""

_LONGEST_NAME = 60


def html_of(report: Outline, pictures: Mapping[str, MailChart]) -> str:
    """Return the HTML, with as many table rows as fit. `pictures` maps section titles to charts."""
    report = report.with_commands(LONGEST_MESSAGE)
    mail = template(__name__.rpartition(".")[0], "mail.html.j2")
    page = ""
    for most, most_log in zip(_ROWS, _LOG_ROWS, strict=True):
        page = mail.render(
            report=report,
            pictures=pictures,
            most=most,
            log_rows=partial(_log_rows, most=most_log),
            left_out=_left_out,
            others=_others,
            shown=_shown,
            named=_named,
            facts=_facts(report),
            alone=len(report.sections) == 1,
            inks=INKS,
            other_ink=OTHER_INK,
            tones=TONES,
            width=WIDTH,
        ).removesuffix("\n")
        if len(page.encode()) < MOST_BYTES:
            break
    return page


def _shown(text: str, most: int = LONGEST_MESSAGE) -> str:
    return shortened(visible(text[: most + 1]), most)


def _named(name: str) -> str:
    return shortened(visible(name[:500]), _LONGEST_NAME)


def _facts(report: Outline) -> str:
    facts = report.facts
    return " · ".join(line for line in (facts.zone, facts.through, facts.comparison) if line)


def _left_out(grid: Grid, cut: Cut | None, shown: int) -> str:
    """That a log has more rows than `shown`; its command may follow."""
    there = len(list(grid.rows))
    if shown == there:
        return cut.said if cut else ""
    if cut is None:
        return f"The first {number(shown)} of {number(there)} rows."
    return f"The first {number(shown)} rows.{' For all rows:' if cut.command else ''}"


def _others(parts: Sequence[Part]) -> str:
    """How many parts are left out, and their count."""
    counted = number(sum(part.figure.count for part in parts))
    return f"and {number(len(parts))} more, with {counted}" if parts else ""


def _log_rows(grid: Grid, most: int) -> list[tuple[str, ...]]:
    first = replace(grid, rows=list(islice(grid.rows, most)))
    columns = [[shortened(text, _LONGEST_NAME) for text in column] for column in texts_of(first, brief=True)]
    return list(zip(*columns, strict=True))
