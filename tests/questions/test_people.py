"""How a user is shown, with and without a directory, and by which names a filter finds them."""

from __future__ import annotations

import pytest

from contactrep.filters import Filters
from contactrep.period import Range
from contactrep.questions import logs
from contactrep.questions.matching import select
from contactrep.questions.people import shown_users
from tests.questions.conftest import Hold

NO_DIRECTORY = pytest.mark.lacking("parquet", "files have no list of users")
DIRECTORY = (("u1", "Una"), ("u2", "Udo"), ("u3", None))

# user_id, user_name, shown without a directory, shown with it
USERS = [
    ("u1", "Uma", "Uma", "Una"),
    ("u1", None, "u1", "Una"),
    (None, "u2", "u2", "Udo"),
    (None, "Uma", "Uma", "Uma"),
    ("gone", "Uma", "Uma", "gone"),
    ("gone", "u1", "u1", "gone"),
    ("u3", "Ugo", "Ugo", "u3"),
    (None, None, None, None),
]


@NO_DIRECTORY
@pytest.mark.parametrize(("user_id", "user_name", "without", "within"), USERS)
def test_a_user_is_shown_by_the_directory_where_there_is_one(
    hold: Hold, everything: Range, user_id: str | None, user_name: str | None, without: str, within: str
) -> None:
    """The name of the key, else the id, else the name."""
    engine = hold({"event": "deleted", "user_id": user_id, "user_name": user_name}, users=DIRECTORY)
    (row,) = logs.log_rows(
        engine, "deleted", everything, select(engine, Filters()), limit=9, oldest_first=False
    )
    assert row.user == within
    assert list(shown_users(engine).values()) == [within]


@pytest.mark.parametrize(("user_id", "user_name", "without", "within"), USERS)
def test_without_a_directory_the_name_goes_first(
    hold: Hold, user_id: str | None, user_name: str | None, without: str, within: str
) -> None:
    """An empty directory restores nothing, and takes no name away."""
    engine = hold({"event": "deleted", "user_id": user_id, "user_name": user_name})
    assert list(shown_users(engine).values()) == [without]


@NO_DIRECTORY
@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("UNA", ["1", "2"]),
        ("u1", ["1", "2"]),
        ("udo", ["3"]),
        ("u2", ["3"]),
        ("Uma", ["4"]),
        ("gone", ["5"]),
        ("unknown", ["6"]),
        ("un", []),
    ],
)
def test_a_user_is_found_by_what_is_shown_or_by_id(
    hold: Hold, everything: Range, value: str, ids: list[str]
) -> None:
    """Whole, in any case; a name that the directory has replaced finds nobody."""
    users = (("u1", "Uma"), ("u1", None), (None, "u2"), (None, "Uma"), ("gone", "Ugo"), (None, None))
    events = (
        {"event": "merged", "contact_id": str(place), "user_id": user_id, "user_name": user_name}
        for place, (user_id, user_name) in enumerate(users, start=1)
    )
    engine = hold(*events, users=DIRECTORY)
    selection = select(engine, Filters(user=(value,)))
    rows = logs.log_rows(engine, "merged", everything, selection, limit=9, oldest_first=True)
    assert [row.contact_id for row in rows] == ids
