"""Which files are refused for their rejects, with what message, and the most common reasons for rejects."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contactrep.duck import Session
from contactrep.errors import InputProblem, MappingProblem, counted
from contactrep.read.relations import REJECTS
from contactrep.summary import FileSummary, RejectReason

MOST_REASONS: Final = 3
"""Reasons that a message names."""

_REASON_HEAD, _REASON_TAIL = 160, 100
"""Characters of a long reason that a message shows: the value is at its start, what to do at its end."""

# A reason quotes the value that is wrong: reasons of one kind differ in quoted texts and numbers only.
_REASONS: Final = f"""
    SELECT file, arg_min(reason, coalesce(line, 0)), count(*), min(line)
    FROM (
        SELECT *, regexp_replace(regexp_replace(reason, '(?s)''.*''', ''''''), '[0-9]+', '0', 'g') AS kind
        FROM {REJECTS}
    )
    GROUP BY file, kind
    QUALIFY row_number() OVER (PARTITION BY file ORDER BY count(*) DESC, min(line)) <= {MOST_REASONS}
    ORDER BY file, count(*) DESC, min(line)
    """


@dataclass(frozen=True)
class RejectLimit:
    """How many rejects are too many: more than `percent` of a file's records, and more than `count`."""

    percent: float
    count: int

    @classmethod
    def parse(cls, text: str) -> RejectLimit:
        """The limit that `30%` (of the records) or `5000` (records) means."""
        if text.endswith("%"):
            return cls(float(text[:-1]), 0)
        return cls(0, int(text))

    def refuses(self, summary: FileSummary) -> bool:
        """Whether a file with this account is refused."""
        return summary.rejected > self.count and 100 * summary.rejected > self.percent * summary.read

    def __str__(self) -> str:
        if self == USUAL_LIMIT:
            return "more than a tenth"
        limit = f"{self.percent:g}%" if self.percent else f"{self.count:,}"
        return f"more than --max-rejects {limit}"


USUAL_LIMIT: Final = RejectLimit(10, 10)
"""A file of which more is rejected has another format than the options say."""


def reasons(session: Session) -> Mapping[int, Sequence[RejectReason]]:
    """The most common reasons in the table REJECTS, by the position of the file."""
    found: dict[int, list[RejectReason]] = {}
    for file, text, count, line in session.run(_REASONS):
        found.setdefault(file, []).append(RejectReason(text, count, line))
    return found


def refusal(summary: FileSummary, limit: RejectLimit | None, *, kept: bool) -> InputProblem:
    """The error for a file with more rejects than `limit`, or (None) without a valid record: why, and what to
    type next. `kept`: `contactrep rejects` shows its rejects."""
    why = _too_many(summary, limit) if limit else _hopeless(summary)
    what = "; ".join((f"{why}. Nothing was loaded", *summary.also))
    if summary.advice:
        way = f"use {shlex.join(summary.advice)}"
        return MappingProblem(what, way, options=summary.advice, path=summary.path)
    ways = ["see 'contactrep rejects'"] if kept else []
    if limit:
        ways.append("allow more with --max-rejects")
    return InputProblem(f"{what}: {', or '.join(ways)}" if ways else what)


def _hopeless(summary: FileSummary) -> str:
    rows = f"all {summary.read:,} rows are" if summary.read > 1 else "its only row is"
    return f"{summary.path}: {rows} invalid; {placed(summary.reasons[0])}"


def _too_many(summary: FileSummary, limit: RejectLimit) -> str:
    reasons = "; ".join(f"{placed(reason)} ({counted(reason.count, 'row')})" for reason in summary.reasons)
    return (
        f"{summary.path}: {summary.rejected:,} of {summary.read:,} rows rejected ({limit}):"
        f" its format has changed, or the options are wrong: {reasons}"
    )


def placed(reason: RejectReason) -> str:
    """A reason with the line of the first such record."""
    return (f"line {reason.line}: " if reason.line is not None else "") + brief(reason.text)


def brief(reason: str) -> str:
    """A reason, without the middle of one that is long."""
    if len(reason) <= _REASON_HEAD + _REASON_TAIL:
        return reason
    return f"{reason[:_REASON_HEAD]}…{reason[-_REASON_TAIL:]}"
