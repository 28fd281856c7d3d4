"""A report value → text: on a terminal, in a pipe, as JSON, CSV or Markdown. Pure.

Nobody here reads the clock, the environment or asks whether stdout is a terminal: who calls says how
it should look. Formats are imported when asked for, so that JSON never pays for a terminal's colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from contactrep.report import Report

Format = Literal["table", "plain", "json", "csv", "markdown"]
Colour = Literal["none", "16", "256", "truecolor"]


@dataclass(frozen=True)
class Look:
    """What the place that text goes to can show.

    `width` in cells, `colour` how many colours, `unicode` whether it draws more than ASCII (not
    `TERM=dumb`); `raw` leaves texts in CSV unguarded. Only `table` looks at the first three.
    """

    width: int = 80
    colour: Colour = "none"
    unicode: bool = True
    raw: bool = False


def render(report: Report, format: Format, *, look: Look = Look()) -> Iterator[str]:  # noqa: A002 - `--format`; frozen
    """The report in a format, as chunks of text that together end in a newline."""
    match format:
        case "json":
            from contactrep.render.json import render_json

            return render_json(report)
        case "csv":
            from contactrep.render.csv import render_csv

            return render_csv(report, raw=look.raw)
        case "plain" | "table" | "markdown":
            from contactrep.render.plain import render_plain

            return render_plain(report)
