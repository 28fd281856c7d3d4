"""A report value → text: on a terminal, in a pipe, as JSON, CSV or Markdown. Pure.

Nobody here reads the clock, the environment or asks whether stdout is a terminal: who calls says how
it should look. Formats are imported when asked for, so that JSON never pays for a terminal's colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from contactrep.render.look import Colour, Look

if TYPE_CHECKING:
    from contactrep.report import Report

Format = Literal["table", "plain", "json", "csv", "markdown"]
__all__ = ["Colour", "Format", "Look", "render"]

_ANYWHERE = Look()
_IN_ASCII = str.maketrans("·–−…", "|--~")
"""The punctuation of a page, for a terminal of ASCII. Charts choose their own characters."""


def render(report: Report, format: Format, *, look: Look = _ANYWHERE) -> Iterator[str]:  # noqa: A002 - `--format`; frozen
    """The report in a format, as chunks of text that together end in a newline."""
    match format:
        case "json":
            from contactrep.render.json import render_json

            return render_json(report)
        case "csv":
            from contactrep.render.csv import render_csv

            return render_csv(report, raw=look.raw)
        case "table":
            from contactrep.render.terminal import render_terminal

            page = render_terminal(report, look)
            return page if look.unicode else (chunk.translate(_IN_ASCII) for chunk in page)
        case "markdown":
            from contactrep.render.markdown import render_markdown

            return render_markdown(report)
        case "plain":
            from contactrep.render.plain import render_plain

            return render_plain(report)
