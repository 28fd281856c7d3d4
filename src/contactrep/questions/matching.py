"""Turn filters into the stored values that they match, and these into an SQL condition.

Values are matched here, against the few distinct ones of the store, because an engine's idea of letter
case is not Python's; only contact names, of which there are millions, are searched by the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from unicodedata import normalize

from contactrep.errors import closest
from contactrep.events import CONNECTED, UNKNOWN, is_storable
from contactrep.filters import NAMES, Filters, value_key
from contactrep.questions.engine import Dialect, Engine, Question, ask
from contactrep.questions.holdings import distinct
from contactrep.questions.people import shown_users

# Null is written as '' here: no stored text is empty, and IN never matches null. The condition on
# channels lets other kinds pass, so that one question can count all kinds: where a channel filter does
# not apply, its kind is not asked for in the first place.
_TEXT = "coalesce(events.{}, '')"

_IDS = ("contact_id", "merged_contact_id")
_FEW_CONTACTS = 20

MOST_ANSWERED = 5
"""Unknown filter values that are answered with the closest known ones."""


@dataclass(frozen=True)
class UnknownValue:
    """A filter value that the store does not know, and the closest ones that it does."""

    filter: str
    value: str
    near: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """The conditions that filters put on `events`, their parameters, and the values nothing can match."""

    conditions: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    unmatched: tuple[UnknownValue, ...] = ()

    @property
    def sql(self) -> str:
        """The conditions as ` AND …`, to follow another one; empty without filters."""
        return "".join(f" AND {condition}" for condition in self.conditions)


@dataclass(frozen=True)
class _Candidate:
    """A stored value (as the condition compares it) and the labels by which a filter may name it."""

    stored: str | list[str]
    labels: tuple[str, ...]

    def keys(self, name: str) -> set[str]:
        """The labels as the filter `name` compares them."""
        return {value_key(name, label) for label in self.labels}


def select(engine: Engine, filters: Filters) -> Selection:
    """Match the filters against what the store holds."""
    conditions: list[str] = []
    parameters: dict[str, object] = {}
    unmatched: list[UnknownValue] = []
    for name in NAMES:
        values = filters.values(name)
        if not values:
            continue
        if name == "contact":
            condition, bound = _contact(engine.dialect, list(filter(is_storable, _forms(*values))))
            conditions.append(condition)
            parameters |= bound
            continue
        candidates = _candidates(engine, name)
        conditions.append(_condition(engine.dialect, name))
        keys = {value_key(name, value) for value in values}
        parameters[name] = [one.stored for one in candidates if keys & one.keys(name)]
        unmatched += _unmatched(name, candidates, values, most=MOST_ANSWERED - len(unmatched))
    return Selection(tuple(conditions), parameters, tuple(unmatched))


def unknown_contacts(engine: Engine, values: Sequence[str]) -> list[UnknownValue]:
    """The values of a contact filter that no event has, whatever its time.

    More than MOST_ANSWERED values are not looked for, because each is searched in all names.
    """
    if not 0 < len(values) <= MOST_ANSWERED:
        return []
    known = list(filter(is_storable, _forms(*values)))
    conditions, parameters = _contacts(engine.dialect, known)
    counts = ", ".join(f"count_if({one}) AS found_{place}" for place, one in enumerate(conditions))
    question = Question(f"SELECT {counts} FROM events", parameters, duplicates_matter=False)
    found = dict(zip(known, ask(engine, question)[0], strict=True)) if known else {}
    return [UnknownValue("contact", value, ()) for value in values if not any(map(found.get, _forms(value)))]


def _forms(*values: str) -> list[str]:
    """The values, also with accents as characters of their own (as macOS writes them), and without such."""
    forms = ((value, normalize("NFC", value), normalize("NFD", value)) for value in values)
    return list(dict.fromkeys(chain(*forms)))


def _condition(dialect: Dialect, name: str) -> str:
    if name == "user":
        return dialect.are_one_of([_TEXT.format("user_id"), _TEXT.format("user_name")], name)
    matches = dialect.is_one_of(_TEXT.format(name), name)
    return f"(events.event <> '{CONNECTED}' OR {matches})" if name == "channel" else matches


def _contact(dialect: Dialect, values: Sequence[str]) -> tuple[str, Mapping[str, object]]:
    """A condition for exactly this id, or this text anywhere in a name, and its parameters.

    A merge has two ids: that of the contact which went away finds it, too.
    `%` and `_` mean themselves. Letter case does not matter: ΓΙΏΡΓΟΣ finds Γιώργος.
    """
    if len(values) > _FEW_CONTACTS:
        is_id = " OR ".join(dialect.is_one_of(f"events.{name}", "contact") for name in _IDS)
        return f"({is_id} OR {dialect.has_part('contact_name', 'contact')})", {"contact": list(values)}
    conditions, parameters = _contacts(dialect, values)
    return f"({' OR '.join(conditions) or 'false'})", parameters


def _contacts(dialect: Dialect, values: Sequence[str]) -> tuple[list[str], dict[str, object]]:
    """A condition for each value, and the parameters of all."""
    name = dialect.folded("events.contact_name")
    conditions = [
        " OR ".join(
            [*(f"events.{one} = {value}" for one in _IDS), f"contains({name}, {dialect.folded(value)})"]
        )
        for value in (f"$contact_{place}" for place in range(len(values)))
    ]
    return conditions, {f"contact_{place}": value for place, value in enumerate(values)}


def known_values(engine: Engine, name: str) -> list[str]:
    """The values that the filter called `name` knows: for messages and for completion in a shell."""
    return sorted({candidate.labels[0] for candidate in _candidates(engine, name)})


def _candidates(engine: Engine, name: str) -> list[_Candidate]:
    if name == "user":
        return [
            _Candidate(
                [user_id or "", user_name or ""], (shown or UNKNOWN, *filter(None, (user_id, directory_key)))
            )
            for (user_id, user_name, directory_key), shown in shown_users(engine).items()
        ]
    stored = [_Candidate(value, (value,)) for value in distinct(engine, name)]
    return [*stored, _Candidate("", (UNKNOWN,))]


def _unmatched(
    name: str, candidates: Sequence[_Candidate], values: Sequence[str], *, most: int
) -> list[UnknownValue]:
    """The values that no candidate has, the first `most` of them with the closest known ones."""
    known = {key for candidate in candidates for key in candidate.keys(name)}
    shown = [candidate.labels[0] for candidate in candidates]
    unknown = [value for value in values if value_key(name, value) not in known]
    return [
        UnknownValue(name, value, tuple(closest(value, shown)) if place < most else ())
        for place, value in enumerate(unknown)
    ]
