"""The grammar of conditions: from `deleted > 3 * previous` to a tree. Pure.

    condition = sum ("<" | "<=" | ">" | ">=" | "==" | "!=") sum
    sum       = product { ("+" | "-") product }
    product   = factor { ("*" | "/") factor }
    factor    = "-" factor | "(" sum ")" | number ["%"] | measure
    measure   = metric ["[" part "]"] [aspect] | aspect
    metric    = a name in METRICS
    aspect    = "previous" | "change" | "share"

Words match ignoring case. A part is a source of `added` or a channel of `connected`; a name with `]` goes in
double quotes, where `""` means `"`. An aspect without a metric is that of the only metric of the condition.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from fractions import Fraction
from itertools import islice, pairwise
from typing import NamedTuple

from contactrep import report
from contactrep.errors import UsageProblem, closest, either
from contactrep.events import CONNECTED
from contactrep.filters import PARTS, value_key

METRICS = tuple(sorted({CONNECTED, *report.METRICS}))
"""The headline figures of the overview, and the total of `connected`."""

COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}

_EXAMPLE = "write one like 'added < 50' or 'deleted > 3 * previous'"
_SHARE = "a share is that of a part: write added[SOURCE] share or connected[CHANNEL] share"
_MOST_TOKENS = 200
_SHOWN = 40  # characters of a condition on either side of an error
_TOKEN = re.compile(
    r"""
    (?P<number>[0-9]{1,18}(?:\.[0-9]{1,18})?(?:\s*%)?)(?![\w.,])
    | (?P<word>[^\W\d]\w*)
    | \[\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^"\]\s][^\]]*?))\s*\]
    | (?P<sign><=|>=|==|!=|<(?!>)|[-+*/()>])
    """,
    re.VERBOSE,
)
_ADVICE = (
    ("=<|≤", "write <="),
    ("=>|≥", "write >="),
    ("=", "write == for equal"),
    ("≠|<>|!", "write != for not equal"),
    ("[−–—]", "write - for minus"),
    ("[×·]", "write * for times"),
    ("÷", "write / for divided by"),
    ("[0-9]", "write a number like 1000 or 2.5, without thousands separators or units, of at most 18 digits"),
    (r"\.[0-9]", "write 0 before the point: 0.5"),
    (r"\[|\]", 'write a part like connected[WhatsApp], or connected["…"] if its name has a ]'),
    (r"\||or\b", "write two conditions as arguments of their own: one that holds is enough"),
    (r"&|and\b", "conditions cannot be joined with 'and': each is an alarm of its own"),
)
"""Patterns of texts that a condition cannot have, each with what to write instead."""


class Aspect(StrEnum):
    """What a measure takes from its metric: the count, the count of the previous period, the change or the
    share."""

    COUNT = "count"
    PREVIOUS = "previous"
    CHANGE = "change"
    SHARE = "share"


_ASPECTS = (Aspect.PREVIOUS, Aspect.CHANGE, Aspect.SHARE)


class Dimension(Enum):
    """What a value can be: a number of events, a percentage of something, or a plain factor."""

    EVENTS = "a number of events"
    PERCENTAGE = "a percentage"
    FACTOR = "a factor"


Dimensions = frozenset[Dimension]
_ANY = frozenset(Dimension)
_EVENTS = frozenset({Dimension.EVENTS})
_PERCENTAGE = frozenset({Dimension.PERCENTAGE})


@dataclass(frozen=True)
class Number:
    """A number of the condition; `50%` is 1/2."""

    value: Fraction
    percent: bool = False

    @property
    def dimensions(self) -> Dimensions:
        """The dimensions that the number can have: 0 has any. A number up to 1 without `%` can also be a
        percentage, as JSON writes changes; 50 cannot."""
        if not self.value or (self.value <= 1 and not self.percent):
            return _ANY
        return frozenset({Dimension.FACTOR, Dimension.PERCENTAGE if self.percent else Dimension.EVENTS})


@dataclass(frozen=True)
class Metric:
    """A metric, or a part of it, with the name of the part as written."""

    name: str
    part: str | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        """Equal for two spellings of one metric."""
        return self.name, None if self.part is None else value_key(PARTS.get(self.name, ""), self.part)

    def __str__(self) -> str:
        if self.part is None:
            return self.name
        is_plain = self.part == self.part.strip() and self.part[:1] not in ("", '"') and "]" not in self.part
        quoted = self.part.replace('"', '""')
        return f"{self.name}[{self.part}]" if is_plain else f'{self.name}["{quoted}"]'


@dataclass(frozen=True)
class Measure:
    """An aspect of a metric."""

    metric: Metric
    aspect: Aspect = Aspect.COUNT

    @property
    def dimensions(self) -> Dimensions:
        return _EVENTS if self.aspect in (Aspect.COUNT, Aspect.PREVIOUS) else _PERCENTAGE


@dataclass(frozen=True)
class Operation:
    """`left sign right`, with `+`, `-`, `*` or `/`."""

    sign: str
    left: Expression
    right: Expression

    @property
    def dimensions(self) -> Dimensions:
        """A quotient of events is a factor or a percentage; events times a factor are events."""
        left, right = self.left.dimensions, self.right.dimensions
        if self.sign in "+-":
            return left & right
        if self.sign == "/" and right == _EVENTS:
            return _ANY - _EVENTS if left == _EVENTS else _ANY
        return _EVENTS if _EVENTS in (left, right) else _ANY


Expression = Number | Measure | Operation


@dataclass(frozen=True)
class Condition:
    """A comparison of two values, and its text as it was written."""

    text: str
    left: Expression
    comparison: str
    right: Expression

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Its measures, each once, in the order in which they are written."""
        return tuple(dict.fromkeys((*measures_of(self.left), *measures_of(self.right))))

    @property
    def is_percentage(self) -> bool:
        """Whether people read its sides as percentages: changes, shares, or what is written with a %."""
        dimensions = self.left.dimensions & self.right.dimensions
        leaves = (*_leaves(self.left), *_leaves(self.right))
        return dimensions == _PERCENTAGE or (
            Dimension.PERCENTAGE in dimensions and any(isinstance(it, Number) and it.percent for it in leaves)
        )


def measures_of(expression: Expression) -> Iterator[Measure]:
    """The measures of an expression, in the order in which they are written."""
    return (leaf for leaf in _leaves(expression) if isinstance(leaf, Measure))


def _leaves(expression: Expression) -> Iterator[Measure | Number]:
    if isinstance(expression, Operation):
        yield from _leaves(expression.left)
        yield from _leaves(expression.right)
    else:
        yield expression


def is_condition(text: str) -> bool:
    """Whether an argument is a condition and not a file: it has a comparison, or begins with a metric."""
    first = re.match(r"[\s(-]*([a-z]+)\s*([\[=]|$)", text, re.IGNORECASE)
    known = (*METRICS, *_ASPECTS)
    is_compared = any(sign in text for sign in (*COMPARISONS, "≤", "≥", "≠"))
    return is_compared or (first is not None and first[1].lower() in known)


def parse(text: str) -> Condition:
    """The condition that is written in `text`; UsageProblem, which points at the place, if it is none."""
    return _Parser(text).condition()


class _Token(NamedTuple):
    """A number, a word, a part, a sign, or the `end` of the text, and where it starts."""

    kind: str
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    at = _after_spaces(text, 0)
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _problem(text, at, _advice(text, at))
        kind = found.lastgroup or ""
        value = found[kind]
        if kind in ("quoted", "plain"):
            kind, value = "part", value.replace('""', '"') if kind == "quoted" else value
        yield _Token(kind, value, at)
        at = _after_spaces(text, found.end())
    yield _Token("end", "", len(text))


def _after_spaces(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip())


def _advice(text: str, at: int) -> str:
    """What to write in place of the text at `at`, with which no token begins."""
    for pattern, advice in _ADVICE:
        if re.compile(pattern, re.IGNORECASE).match(text, at):
            return advice
    return f"'{text[at]}' means nothing in a condition: {_EXAMPLE}"


def _problem(text: str, at: int, what: str) -> UsageProblem:
    """The error, with a ^ in the text where it is wrong."""
    before, after = text[:at], text[at:]
    if len(before) > _SHOWN:
        before = "…" + before[-_SHOWN:]
    if len(after) > _SHOWN:
        after = after[:_SHOWN] + "…"
    return UsageProblem(f"condition '{before}^{after}', at the ^: {what}")


class _Parser:
    """Recursive descent: one method per line of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(islice(_tokens(text), _MOST_TOKENS + 1))
        if len(self.tokens) > _MOST_TOKENS:
            raise self.problem(self.tokens[-1], "a condition is shorter: write several")
        self.place = 0

    # Tokens

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of the whole condition, each once."""
        found: dict[tuple[str, str | None], Metric] = {}
        for word, following in pairwise(self.tokens):
            if word.kind == "word" and word.text.lower() in METRICS:
                metric = Metric(word.text.lower(), following.text if following.kind == "part" else None)
                found.setdefault(metric.key, metric)
        return list(found.values())

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    def next(self) -> _Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def taken(self, *signs: str) -> _Token | None:
        """The next token if it is one of these signs, else None."""
        return self.next() if self.token.kind == "sign" and self.token.text in signs else None

    def problem(self, token: _Token, what: str) -> UsageProblem:
        return _problem(self.text, token.at, what)

    # The grammar

    def condition(self) -> Condition:
        left = self.sum()
        sign = self.taken(*COMPARISONS)
        if sign is None:
            raise self.missing("a comparison such as < 50 is missing; quote the whole condition")
        right = self.sum()
        if second := self.taken(*COMPARISONS):
            raise self.problem(second, "a condition has one comparison, and each is an alarm of its own")
        if self.token.kind != "end":
            raise self.missing("an operator such as + or * is missing before it")
        if not self.metrics:
            raise self.problem(self.tokens[0], f"the condition names no metric: {_EXAMPLE}")
        self.fit(sign, left, right)
        return Condition(self.text, left, sign.text, right)

    def sum(self) -> Expression:
        left = self.product()
        while sign := self.taken("+", "-"):
            right = self.product()
            self.fit(sign, left, right)
            left = Operation(sign.text, left, right)
        return left

    def product(self) -> Expression:
        left = self.factor()
        while sign := self.taken("*", "/"):
            left = Operation(sign.text, left, self.factor())
        return left

    def factor(self) -> Expression:
        if self.taken("-"):
            return Operation("-", Number(Fraction(0)), self.factor())
        if opened := self.taken("("):
            inner = self.sum()
            if self.token.text in COMPARISONS:
                raise self.problem(self.token, "a comparison cannot be in parentheses")
            if not self.taken(")"):
                raise self.missing(f"the ( at character {opened.at + 1} has no )")
            return inner
        if self.token.kind == "number":
            text = self.next().text
            number, percent = Fraction(text.removesuffix("%")), text.endswith("%")
            return Number(number / 100 if percent else number, percent)
        if self.token.kind == "word":
            return self.measure(self.next())
        raise self.missing("a number or a metric such as added is missing here")

    def measure(self, word: _Token) -> Measure:
        name = word.text.lower()
        if name in _ASPECTS:
            return self.measure_of(self.only_metric(word), word)
        if name not in METRICS:
            raise self.problem(word, self.unknown(word.text))
        part = self.next() if self.token.kind == "part" else None
        if part and name not in PARTS:
            raise self.problem(part, f"{name} has no parts: write added[SOURCE] or connected[CHANNEL]")
        metric = Metric(name, part.text if part else None)
        if self.token.kind == "word" and self.token.text.lower() in _ASPECTS:
            return self.measure_of(metric, self.next())
        return Measure(metric)

    def measure_of(self, metric: Metric, word: _Token) -> Measure:
        aspect = Aspect(word.text.lower())
        if aspect is Aspect.SHARE and metric.part is None:
            raise self.problem(word, _SHARE)
        return Measure(metric, aspect)

    # Its rules

    def only_metric(self, aspect: _Token) -> Metric:
        """The metric of an aspect that is written without one."""
        name = aspect.text.lower()
        fitting = [metric for metric in self.metrics if metric.part or name != Aspect.SHARE]
        if name == Aspect.SHARE and not fitting:
            raise self.problem(aspect, _SHARE)
        match self.metrics:
            case []:
                raise self.problem(aspect, f"the condition names no metric: write 'added {name}'")
            case [metric]:
                return metric
            case _:
                written = [f"'{metric} {name}'" for metric in fitting[:3]]
                raise self.problem(aspect, f"{name} of which metric: write {either(written)}")

    def fit(self, sign: _Token, left: Expression, right: Expression) -> None:
        """Fail where two values cannot be added or compared: events and a percentage, a change and 50."""
        if left.dimensions & right.dimensions:
            return
        if _EVENTS in (left.dimensions, right.dimensions):
            advice = "of what is the percentage? Write 'added change < -50%' or 'added < previous * 50%'"
        else:
            advice = "a change or a share is a percentage: write 50% or 0.5 instead of 50"
        raise self.problem(sign, advice)

    def unknown(self, word: str) -> str:
        if re.fullmatch("and|or", word, re.IGNORECASE):
            return _advice(word, 0)
        if near := closest(word, (*METRICS, *_ASPECTS), most=1):
            return f"unknown metric '{word}': did you mean {near[0]}?"
        return f"unknown metric '{word}': use {either(METRICS)}, or for a channel connected[{word}]"

    def missing(self, what: str) -> UsageProblem:
        """The error at the next token: advice on the token, if there is any, else what is missing."""
        return self.problem(self.token, self.advice(self.token) or what)

    def advice(self, token: _Token) -> str | None:
        """The advice on a token that cannot stand at its place; None if there is none."""
        if token.kind == "part":
            return f"a part follows its metric: write connected[{token.text}]"
        if token.text == ")":
            return "this ) has no ("
        if token.kind != "word" or (word := token.text.lower()) in METRICS:
            return None
        if word in _ASPECTS:
            metric = "added[SOURCE]" if word == Aspect.SHARE else "added"
            return f"{word} follows a metric or an operator: write '{metric} {word}' or '3 * {word}'"
        return self.unknown(token.text)
