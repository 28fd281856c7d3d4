"""Which events a filter means, among values that are nearly alike."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from contactrep.filters import Filters
from contactrep.period import Range
from contactrep.questions import logs
from contactrep.questions.matching import known_values, select, unknown_contacts
from tests.questions.conftest import Hold


def _ids(hold: Hold, chosen: Range, filters: Filters, *events: Mapping[str, str | None]) -> list[str]:
    engine = hold(*({"contact_id": str(place), **event} for place, event in enumerate(events)))
    rows = logs.log_rows(
        engine,
        events[0].get("event") or "added",
        chosen,
        select(engine, filters),
        limit=100,
        oldest_first=True,
    )
    return [row.contact_id for row in rows]


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("WHATSAPP", ["0"]),
        ("straße", ["1", "2"]),
        ("STRASSE", ["1", "2"]),
        ("i̇stanbul", ["3"]),
        ("İSTANBUL", ["3"]),
        ("istanbul", []),
        ("unknown", ["4"]),
        ("whats", []),
        ("%", ["5"]),
        ("_", []),
    ],
)
def test_a_channel_is_a_whole_value_without_regard_to_case(
    hold: Hold, everything: Range, value: str, ids: list[str]
) -> None:
    """Case is Python's casefold; `Unknown` is null; `%` and `_` are themselves; a part is no match."""
    names = ("WhatsApp", "Straße", "STRASSE", "İstanbul", None, "%")
    events = ({"event": "connected", "channel": name} for name in names)
    assert _ids(hold, everything, Filters(channel=(value,)), *events) == ids


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        (("incoming_message",), ["0"]),
        (("INCOMING-MESSAGE", "face book"), ["0", "1"]),
        (("Unknown",), ["2"]),
        (("incoming",), []),
    ],
)
def test_a_source_is_matched_like_a_header(
    hold: Hold, everything: Range, values: tuple[str, ...], ids: list[str]
) -> None:
    """Spaces, `_`, `-` and case make no other source; several mean any of them."""
    events = ({"source": source} for source in ("Incoming Message", "Face_Book", None))
    assert _ids(hold, everything, Filters(source=values), *events) == ids


@pytest.mark.parametrize("typed", ["Zo\u00eb", "Zoe\u0308"])
@pytest.mark.parametrize("name", ["channel", "user", "source", "contact"])
def test_accents_match_however_they_are_written(hold: Hold, everything: Range, typed: str, name: str) -> None:
    """As one character or as two, as macOS writes them: both look the same."""
    column = {"user": "user_name", "contact": "contact_name"}.get(name, name)
    events = [{"event": "connected", column: text} for text in ("Zo\u00eb", "Zoe\u0308", "Zoe")]
    filters = Filters(**{name: (typed,)})
    assert _ids(hold, everything, filters, *events) == ["0", "1"]
    engine = hold(*({"contact_id": str(place), **event} for place, event in enumerate(events[:1])))
    unknown = unknown_contacts(engine, (typed,)) if name == "contact" else select(engine, filters).unmatched
    assert list(unknown) == []


NOWHERE = tuple(f"nowhere {place}" for place in range(30))


@pytest.mark.parametrize("others", [(), NOWHERE])
@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("0", ["0"]),
        ("ANN", ["1", "2"]),
        ("n%", ["2"]),
        ("_", ["3"]),
        ("\\", ["4"]),
        ("'", ["5"]),
        ("istanbul", ["6"]),
        ("İSTANBUL", ["6"]),
        ("γιώργος", ["7"]),
        ("ΓΙΏΡΓΟΣ", ["7"]),
        ("😀", ["8"]),
        ("\udcff", []),
        ("zzz", []),
    ],
)
def test_a_contact_is_an_id_or_any_part_of_a_name(
    hold: Hold, everything: Range, value: str, ids: list[str], others: tuple[str, ...]
) -> None:
    """An id is matched whole, a name in any part and case; no character means another, among many, too."""
    names = (None, "Hannah", "ann%x", "a_b", "back\\slash", "O'Hara", "İstanbul", "Γιώργος", "Joy 😀")
    events = ({"contact_name": name} for name in names)
    assert _ids(hold, everything, Filters(contact=(*others, value)), *events) == ids


@pytest.mark.parametrize("others", [(), tuple(f"no{place}" for place in range(40))])
def test_a_merge_is_found_by_both_ids(hold: Hold, everything: Range, others: tuple[str, ...]) -> None:
    """Who looks for a contact that went away finds the merge; both ids match exactly."""
    merges = ({"event": "merged", "merged_contact_id": text} for text in ("77", "7", None))
    assert _ids(hold, everything, Filters(contact=(*others, "77")), *merges) == ["0"]


def test_very_many_contacts_are_one_short_condition(hold: Hold, everything: Range) -> None:
    """A condition for each value took DuckDB minutes to plan, and gigabytes."""
    names = ("Ann", "Hannah Miller", None)
    engine = hold(*({"contact_id": str(place), "contact_name": name} for place, name in enumerate(names)))
    values = ("ill", "ANN", *(f"c{place:08}" for place in range(20_000)))
    selection = select(engine, Filters(contact=values))
    assert len(selection.sql) < 2_000
    rows = logs.log_rows(engine, "added", everything, selection, limit=9, oldest_first=True)
    assert [row.contact_id for row in rows] == ["0", "1"]


def test_the_same_filter_twice_is_or_and_different_ones_are_and(hold: Hold, everything: Range) -> None:
    """One of the sources, and one of the contacts."""
    events = (
        {"source": "Zapier", "contact_name": "Ann"},
        {"source": "Zapier", "contact_name": "Bob"},
        {"source": "Broadcast", "contact_name": "Ann"},
        {"source": "User", "contact_name": "Ann"},
    )
    chosen = Filters(source=("zapier", "broadcast"), contact=("ann", "3"))
    assert _ids(hold, everything, chosen, *events) == ["0", "2"]


def test_a_value_that_nothing_has_is_named_with_the_closest(hold: Hold) -> None:
    """Of two values the unknown one is told; `Unknown` is always known."""
    engine = hold({"event": "connected", "channel": "WhatsApp"}, {"event": "connected", "channel": "LINE"})
    selection = select(engine, Filters(channel=("line", "WhatsAp", "Unknown", "qqq")))
    found = [(unmatched.filter, unmatched.value, unmatched.near) for unmatched in selection.unmatched]
    assert found == [("channel", "WhatsAp", ("WhatsApp",)), ("channel", "qqq", ())]


def test_what_can_be_chosen_is_what_the_store_has(hold: Hold) -> None:
    """In code-point order, with `Unknown` for null."""
    engine = hold(
        {"source": "Zapier"}, {"contact_id": "2", "source": "User", "user_name": "Uma"}, {"source": "Zapier"}
    )
    assert known_values(engine, "source") == ["Unknown", "User", "Zapier"]
    assert known_values(engine, "user") == ["Uma", "Unknown"]
