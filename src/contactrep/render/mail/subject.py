"""The subject of a mail: the range and the answer itself."""

from __future__ import annotations

from contactrep.document import head_of, title
from contactrep.errors import counted
from contactrep.phrases import change, number, said_range
from contactrep.render.outline import Outline
from contactrep.render.text import cut, visible
from contactrep.report import Breakdown, ContactsReport, LogPage, Overview

_LONGEST_FILTERS = 60
_SAID = ("added", "net", "connected")
"""The headline figures of a subject."""


def subject_of(answer: Overview | Breakdown | LogPage | ContactsReport, report: Outline) -> str:
    """`Contacts 6 Oct – 4 Nov 2026: 1,041 added (▲ 16.2 %), net 814, 643 connected`."""
    dates = said_range(head_of(answer).range)
    only = f" ({cut(visible(report.facts.only), _LONGEST_FILTERS)})" if report.facts.only else ""
    name = title(answer).capitalize() if isinstance(answer, Breakdown | LogPage) else "Contacts"
    return f"{name} {dates}{only}: {_figures(answer, report)}"


def _figures(answer: Overview | Breakdown | LogPage | ContactsReport, report: Outline) -> str:
    """The headline figures, the first with its change unless there is too little to compare with; without
    figures, the reason."""
    if isinstance(answer, LogPage):
        return answer.head.message or counted(answer.total, "event")
    figures = [(one.metric, one.figure) for one in report.headline if one.metric in _SAID]
    if not figures:
        return " ".join(report.sections[0].messages)
    [(metric, first), *others] = figures
    words = [number(first.count)] if isinstance(answer, Breakdown) else [f"{number(first.count)} {metric}"]
    if first.change is not None and not head_of(answer).incomplete:
        words[0] += f" ({change(first.change)})"
    for metric, figure in others:
        words.append(f"net {number(figure.count)}" if metric == "net" else f"{number(figure.count)} {metric}")
    return ", ".join(words)
