"""The subject of a mail: the range and the answer itself."""

from __future__ import annotations

from contactrep.document import head_of, title
from contactrep.errors import counted
from contactrep.phrases import change, number, said_range
from contactrep.render.outline import Outline
from contactrep.render.text import cut, visible
from contactrep.report import Breakdown, ContactsReport, Figure, Head, LogPage, Overview

_LONGEST_FILTERS = 60


def subject_of(answer: Overview | Breakdown | LogPage | ContactsReport, report: Outline) -> str:
    """`Contacts 6 Oct – 4 Nov 2026: 1,041 added (▲ 16.2 %), net 814, 643 connected`."""
    dates = said_range(head_of(answer).range)
    only = f" ({cut(visible(report.facts.only), _LONGEST_FILTERS)})" if report.facts.only else ""
    return f"{_name(answer)} {dates}{only}: {', '.join(_figures(answer))}"


def _name(answer: Overview | Breakdown | LogPage | ContactsReport) -> str:
    if isinstance(answer, Overview | ContactsReport):
        return "Contacts"
    return title(answer).capitalize()


def _figures(answer: Overview | Breakdown | LogPage | ContactsReport) -> list[str]:
    """The headline figures; what stands in their place if there are none."""
    match answer:
        case LogPage():
            return [answer.head.message or counted(answer.total, "event")]
        case Breakdown():
            return [answer.head.message or _moved(answer.head, answer.total)]
        case Overview():
            if answer.head.message:
                return [answer.head.message]
            return [_moved(answer.head, answer.added, " added"), f"net {number(answer.net.count)}"]
        case ContactsReport():
            parts = [] if answer.overview.head.message else _figures(answer.overview)
            if not parts and not answer.added.head.message:
                parts.append(_moved(answer.added.head, answer.added.total, " added"))
            if not answer.connected.head.message:
                head, figure = answer.connected.head, answer.connected.total
                plain = f"{number(figure.count)} connected"
                parts.append(plain if parts else _moved(head, figure, " connected"))
            return parts or _figures(answer.overview)


def _moved(head: Head, figure: Figure, what: str = "") -> str:
    """`1,041 added (▲ 16.2 %)`; without a change where there is nothing, or too little, to compare with."""
    moved = f" ({change(figure.change)})" if figure.change is not None and not head.incomplete else ""
    return f"{number(figure.count)}{what}{moved}"
