"""Settings of the output: width, colour, the head of a mail and so on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Colour = Literal["none", "16", "256", "truecolor"]


@dataclass(frozen=True)
class MailHead:
    """`--to`, `--from` and `--subject`, as typed: `mail.addresses` reads them."""

    to: tuple[str, ...] = ()
    sender: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class Look:
    """The width in cells, how many colours, and what else a page may use.

    `colour` `none` also means no bold and no other escape code; without `unicode` (`TERM=dumb`) charts
    are drawn in ASCII. Only `table` looks at the first three.

    raw: texts in CSV are not guarded against spreadsheets.
    with_logs: a whole page has its logs in every format; some leave them out, because they name people.
    command: the command line that makes the answer again, for the formats that show it.
    mail: the head of a message.
    tell: is given a notice of the writing itself, such as characters that no font has.
    """

    width: int = 80
    colour: Colour = "none"
    unicode: bool = True
    raw: bool = False
    with_logs: bool = False
    command: str | None = None
    mail: MailHead = MailHead()
    tell: Callable[[str], None] | None = None
