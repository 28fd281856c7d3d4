"""Whether a condition holds for the figures of a report. Pure, in exact fractions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from contactrep.check.grammar import (
    COMPARISONS,
    OPERATIONS,
    Aspect,
    Condition,
    Expression,
    Measure,
    Metric,
    Number,
    Operation,
    measures_of,
)
from contactrep.errors import closest, either, quoted
from contactrep.events import CONNECTED, UNKNOWN
from contactrep.filters import PARTS, Filters
from contactrep.report import Breakdown, Component, Figure, Judgement, Overview


@dataclass(frozen=True)
class Sections:
    """The sections of a report that conditions need (see `components_of`), by component.

    `known` gives, for `source` or `channel`, every name that any event has, whatever its time.
    """

    overview: Overview | None
    breakdowns: Mapping[str, Breakdown]
    known: Callable[[str], Collection[str]]

    @property
    def incomplete(self) -> bool:
        """Whether the data starts after the compared range does."""
        heads = [section.head for section in self.breakdowns.values()]
        heads += [self.overview.head] if self.overview else []
        return any(head.incomplete for head in heads)


_EXACT = 2**53
"""Floats are exact for whole numbers below this."""


class _NoJudgement(Exception):
    """The condition cannot be judged; the text is the reason."""


def components_of(condition: Condition) -> set[str]:
    """The components whose sections the condition needs."""
    return {_component(measure.metric) for measure in condition.measures}


def needs_previous(condition: Condition) -> bool:
    """Whether the condition compares with the previous period."""
    return any(measure.aspect in (Aspect.PREVIOUS, Aspect.CHANGE) for measure in condition.measures)


def judge(condition: Condition, sections: Sections, least: int = 0) -> Judgement:
    """Whether the condition holds.

    A condition that compares counts with each other does not hold if all these counts are below `least`, even
    if it cannot be evaluated: with small counts the previous count is often 0, and a change from 0 is
    undefined.
    """
    judged = Judgement(
        condition.text,
        comparison=condition.comparison,
        is_percentage=condition.is_percentage,
        is_limit_first=not any(measures_of(condition.left)),
        is_incomplete=needs_previous(condition) and sections.incomplete,
    )
    counts: dict[str, int] = {}
    is_small = False
    try:
        for measure in condition.measures:
            counts |= _counts(measure, sections)
        is_small = _compares_counts(condition) and max(map(abs, counts.values())) < least
        left, right = _value(condition.left, sections), _value(condition.right, sections)
        shown = _plain(left), _plain(right)
    except _NoJudgement as problem:
        return judged if is_small else replace(judged, reason=str(problem))
    holds = not is_small and COMPARISONS[condition.comparison](left, right)
    return replace(judged, holds=holds, sides=shown, counts=counts)


def _compares_counts(condition: Condition) -> bool:
    """Whether the condition compares counts with each other, not only with fixed numbers."""
    sides = (condition.left, condition.right)
    is_plain = all(measure.aspect is Aspect.COUNT for measure in condition.measures)
    return all(any(measures_of(side)) for side in sides) or not is_plain or any(map(_has_ratio, sides))


def _has_ratio(expression: Expression) -> bool:
    """Whether a measure is divided by."""
    if not isinstance(expression, Operation):
        return False
    divided = expression.sign == "/" and any(measures_of(expression.right))
    return divided or _has_ratio(expression.left) or _has_ratio(expression.right)


# Values


def _value(expression: Expression, sections: Sections) -> Fraction:
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Measure):
        return _measured(expression, sections)
    left, right = _value(expression.left, sections), _value(expression.right, sections)
    if expression.sign == "/" and not right:
        raise _NoJudgement(f"it divides by 0{_zeros(expression.right, sections)}")
    return OPERATIONS[expression.sign](left, right)


def _zeros(expression: Expression, sections: Sections) -> str:
    """The counts that make a divisor 0: `, as deleted is 0`."""
    counts: dict[str, int] = {}
    for measure in measures_of(expression):
        counts |= _counts(measure, sections)
    return f", as {' and '.join(f'{name} is {count:,}' for name, count in counts.items())}" if counts else ""


def _measured(measure: Measure, sections: Sections) -> Fraction:
    counts = list(_counts(measure, sections).values())
    if measure.aspect is Aspect.SHARE:
        part, total = counts
        return Fraction(part, total)
    if measure.aspect is Aspect.CHANGE:
        count, previous = counts
        if not previous:
            raise _NoJudgement(f"{measure.metric} previous is 0, so there is no change")
        return Fraction(count - previous, abs(previous))
    return Fraction(counts[0])


def _counts(measure: Measure, sections: Sections) -> dict[str, int]:
    """The counts that a measure is computed from, by name."""
    metric, counts = measure.metric, _counts_of(measure.metric, sections)
    count = {} if measure.aspect is Aspect.PREVIOUS else {str(metric): counts.count}
    if measure.aspect in (Aspect.PREVIOUS, Aspect.CHANGE):
        if counts.previous is None:
            raise _NoJudgement("there is no previous period: choose a --range and --compare that have one")
        count[f"{metric} previous"] = counts.previous
    if measure.aspect is Aspect.SHARE:
        count[metric.name] = sections.breakdowns[metric.name].total.count
    return count


def _counts_of(metric: Metric, sections: Sections) -> Figure:
    """The counts of a metric; _NoJudgement where its section has no data, or no event has such a part.

    A part can be spelt in several ways, which are summed. Without an event in the range it is 0.
    """
    if _component(metric) == Component.OVERVIEW:
        overview = sections.overview
        assert overview is not None  # noqa: S101 - `components_of` has asked for it
        _require_data(overview)
        return overview.metrics[metric.name]
    breakdown = sections.breakdowns[metric.name]
    if metric.part is None:
        _require_data(breakdown)
        return breakdown.total
    figures = [one.figure for one in breakdown.slices if Metric(metric.name, one.name).key == metric.key]
    if not figures:
        _require_known(metric, sections.known(PARTS[metric.name]))
    _require_data(breakdown)
    _require_chosen(metric, breakdown.head.filters)
    previous = None
    if breakdown.total.previous is not None:
        previous = sum(figure.previous or 0 for figure in figures)
    return Figure(sum(figure.count for figure in figures), previous)


def _component(metric: Metric) -> str:
    return metric.name if metric.part is not None or metric.name == CONNECTED else Component.OVERVIEW


def _require_data(section: Overview | Breakdown) -> None:
    if section.head.message is not None:
        raise _NoJudgement(section.head.message)


def _require_known(metric: Metric, known: Collection[str]) -> None:
    """A misspelt part must not count as 0: one that no event has is refused, with the closest known ones."""
    part, names = metric.part or "", [*known, UNKNOWN]
    if metric.key in {Metric(metric.name, name).key for name in names}:
        return
    near = closest(part, names)
    hint = f": did you mean {either(map(quoted, near))}?" if near else ""
    raise _NoJudgement(f"no event has the {PARTS[metric.name]} '{part}'{hint}")


def _require_chosen(metric: Metric, filters: Filters) -> None:
    """A part that a filter, perhaps of the config, leaves out must not count as 0."""
    name = PARTS[metric.name]
    chosen = filters.values(name)
    if chosen and metric.key not in {Metric(metric.name, value).key for value in chosen}:
        raise _NoJudgement(f"the {name} filter leaves out '{metric.part}'")


def _plain(value: Fraction) -> int | float:
    if value.denominator == 1 and abs(value.numerator) < _EXACT:
        return value.numerator
    try:
        return float(value)
    except OverflowError:
        raise _NoJudgement("a value is too large") from None
