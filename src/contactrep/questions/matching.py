"""Filters → the stored values that they mean → a condition of SQL.

Values are matched here, against the few distinct ones of the store, because an engine's idea of letter
case is not Python's; only contact names, of which there are millions, are searched by the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from contactrep.errors import closest
from contactrep.events import UNKNOWN, match_key
from contactrep.filters import NAMES, Filters
from contactrep.questions.asking import Ask
from contactrep.questions.holdings import distinct
from contactrep.questions.people import shown_users

# Null is written as '' here: no stored text is empty, and IN never matches null. The condition on
# channels lets other kinds pass, so that one question can count all kinds: where a channel filter does
# not apply, its kind is not asked for in the first place.
_CONDITIONS = {
    "channel": """(events.event <> 'connected'
        OR list_contains($channel::VARCHAR[], coalesce(events.channel, '')))""",
    "source": "list_contains($source::VARCHAR[], coalesce(events.source, ''))",
    "user": """list_contains($user::VARCHAR[][],
        [coalesce(events.user_id, ''), coalesce(events.user_name, '')])""",
}

_FEW_CONTACTS = 20

# The parts of a name as long as one of the values that are one of them.
_MANY_CONTACTS = """(list_contains($contact::VARCHAR[], events.contact_id) OR events.contact_name IN (
        WITH wanted AS (SELECT lower(upper(unnest($contact::VARCHAR[]))) AS part),
            names AS (SELECT DISTINCT contact_name, lower(upper(contact_name)) AS folded FROM events),
            starts AS (SELECT *, unnest(range(1, length(folded) + 1)) AS start FROM names)
        SELECT contact_name
        FROM starts CROSS JOIN (SELECT DISTINCT length(part) AS size FROM wanted)
        WHERE substring(folded, start, size) IN (SELECT part FROM wanted)
    ))"""

MOST_ANSWERED = 5
"""Unknown filter values that are answered with the closest known ones."""


@dataclass(frozen=True)
class Unmatched:
    """A filter value that the store does not know, and the closest ones that it does."""

    filter: str
    value: str
    near: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """The conditions that filters put on `events`, their parameters, and the values nothing can match."""

    conditions: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    unmatched: tuple[Unmatched, ...] = ()

    @property
    def sql(self) -> str:
        """The conditions as ` AND …`, to follow another one; empty without filters."""
        return "".join(f" AND {condition}" for condition in self.conditions)


@dataclass(frozen=True)
class _Candidate:
    """A stored value (as the condition compares it) and the labels by which a filter may name it."""

    stored: str | list[str]
    labels: tuple[str, ...]


def select(ask: Ask, filters: Filters) -> Selection:
    """Match the filters against what the store holds."""
    conditions: list[str] = []
    parameters: dict[str, object] = {}
    unmatched: list[Unmatched] = []
    for name in NAMES:
        values = filters.values(name)
        if not values:
            continue
        if name == "contact":
            # No stored text is equal to bytes of a command line that no text can hold.
            storable = [value for value in values if not _has_surrogates(value)]
            condition, bound = _contact(storable)
            conditions.append(condition)
            parameters |= bound
            continue
        folded: Callable[[str], str] = match_key if name == "source" else str.casefold
        candidates = _candidates(ask, name)
        conditions.append(_CONDITIONS[name])
        parameters[name] = _matching(candidates, values, folded)
        unmatched += _unmatched(name, candidates, values, folded, most=MOST_ANSWERED - len(unmatched))
    return Selection(tuple(conditions), parameters, tuple(unmatched))


def _contact(values: Sequence[str]) -> tuple[str, Mapping[str, object]]:
    """A condition for exactly this id, or this text anywhere in a name, and its parameters.

    `%` and `_` mean themselves. Names are compared through capitals, for Σ has two small letters: Γιώργος is
    to be found as ΓΙΏΡΓΟΣ. Many values are looked up among the parts of the names: a comparison for each
    value would take DuckDB minutes to plan, and gigabytes.
    """
    if len(values) > _FEW_CONTACTS:
        return _MANY_CONTACTS, {"contact": list(values)}
    conditions = [
        f"events.contact_id = {value} OR contains(lower(upper(events.contact_name)), lower(upper({value})))"
        for value in (f"$contact_{place}" for place in range(len(values)))
    ]
    parameters = {f"contact_{place}": value for place, value in enumerate(values)}
    return f"({' OR '.join(conditions) or 'false'})", parameters


def _has_surrogates(value: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in value)


def known_values(ask: Ask, name: str) -> list[str]:
    """What the filter called `name` can be given: for messages and for completion in a shell."""
    return sorted({candidate.labels[0] for candidate in _candidates(ask, name)})


def _candidates(ask: Ask, name: str) -> list[_Candidate]:
    if name == "user":
        return [
            _Candidate([user_id or "", user_name or ""], _labels(shown, user_id, directory_key))
            for (user_id, user_name, directory_key), shown in shown_users(ask).items()
        ]
    stored = [_Candidate(value, (value,)) for value in distinct(ask, name)]
    return [*stored, _Candidate("", (UNKNOWN,))]


def _labels(shown: str | None, *ids: str | None) -> tuple[str, ...]:
    return (shown or UNKNOWN, *(known for known in ids if known))


def _matching(
    candidates: Sequence[_Candidate], values: Sequence[str], folded: Callable[[str], str]
) -> list[str | list[str]]:
    keys = {folded(value) for value in values}
    return [found.stored for found in candidates if keys & {folded(label) for label in found.labels}]


def _unmatched(
    name: str,
    candidates: Sequence[_Candidate],
    values: Sequence[str],
    folded: Callable[[str], str],
    *,
    most: int,
) -> list[Unmatched]:
    """The values that no candidate has, the first `most` of them with the closest known ones."""
    known = {folded(label) for candidate in candidates for label in candidate.labels}
    shown = [candidate.labels[0] for candidate in candidates]
    unknown = [value for value in values if folded(value) not in known]
    return [
        Unmatched(name, value, tuple(closest(value, shown)) if place < most else ())
        for place, value in enumerate(unknown)
    ]
