"""The order and the columns of logs and exports."""

from __future__ import annotations

from typing import Any

import pytest

from contactrep.events import COLUMNS, KINDS
from contactrep.filters import Filters
from contactrep.period import Range
from contactrep.questions import logs
from contactrep.questions.engine import ask
from contactrep.questions.matching import Selection, select
from tests.questions.conftest import Hold

EARLY, LATE = "2026-11-05T09:00:00", "2026-11-05T10:00:00.000001"

# Oldest first: by time, contact_id, channel, name, source, user; nulls last, code points, no numbers.
IN_ORDER: list[dict[str, Any]] = [
    {"ts": EARLY, "contact_id": "2"},
    {"ts": LATE, "contact_id": "+1"},
    {"ts": LATE, "contact_id": "10"},
    {"ts": LATE, "contact_id": "9", "channel": "LINE", "contact_name": None},
    {"ts": LATE, "contact_id": "9", "channel": "WhatsApp", "contact_name": "Z"},
    {"ts": LATE, "contact_id": "9", "channel": "line", "contact_name": "A"},
    {"ts": LATE, "contact_id": "9", "contact_name": "Z"},
    {"ts": LATE, "contact_id": "9", "contact_name": "a", "source": "User", "user_name": "B"},
    {"ts": LATE, "contact_id": "9", "contact_name": "a", "source": "User", "user_name": "b"},
    {"ts": LATE, "contact_id": "9", "contact_name": "a", "source": "User"},
    {"ts": LATE, "contact_id": "9", "contact_name": "a", "source": "Zapier"},
    {"ts": LATE, "contact_id": "9", "contact_name": "a"},
    {"ts": LATE, "contact_id": "9", "contact_name": "é"},
    {"ts": LATE, "contact_id": "9", "contact_name": "😀"},
    {"ts": LATE, "contact_id": "9"},
    {"ts": LATE, "contact_id": "A"},
    {"ts": LATE, "contact_id": "a"},
]


def _shown(row: Any) -> tuple[Any, ...]:
    return (row.contact_id, row.channel, row.contact_name, row.source, row.user)


def _wanted(event: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(event.get(name) for name in ("contact_id", "channel", "contact_name", "source", "user_name"))


@pytest.mark.lacking("parquet", "equal events count once, whatever their names")
@pytest.mark.lacking("spark", "equal events count once, whatever their names")
@pytest.mark.parametrize("kind", ["connected", "deleted"])
@pytest.mark.parametrize("step", [1, -1, 5])
def test_ties_are_settled_by_every_column(hold: Hold, everything: Range, kind: str, step: int) -> None:
    """However the events came, their order is the same; newest first turns the time alone."""
    # 17 events: every fifth of them, round and round, is each of them once.
    shuffled = [IN_ORDER[place * step % len(IN_ORDER)] for place in range(len(IN_ORDER))]
    events = [{"event": kind, **event} for event in shuffled]
    engine = hold(*events)

    def rows(*, oldest_first: bool, limit: int = 100) -> list[tuple[Any, ...]]:
        found = logs.log_rows(engine, kind, everything, Selection(), limit=limit, oldest_first=oldest_first)
        return [_shown(row) for row in found]

    wanted = [_wanted(event) for event in IN_ORDER]
    assert rows(oldest_first=True) == wanted
    assert rows(oldest_first=False) == [*wanted[1:], wanted[0]]
    assert rows(oldest_first=False, limit=3) == wanted[1:4]
    assert logs.total(engine, [kind], everything, Selection()) == len(wanted)


def test_the_user_of_what_was_added_or_connected_is_shown_where_a_user_did_it(
    hold: Hold, everything: Range
) -> None:
    """The hosted report's rule; deleted and merged always show it."""
    events = [
        {"event": kind, "contact_id": f"{kind}-{source}", "source": source, "user_name": "Uma"}
        for kind in KINDS
        for source in ("User", "Zapier", None)
    ]
    engine = hold(*events)
    shown = {
        row.contact_id
        for kind in KINDS
        for row in logs.log_rows(engine, kind, everything, Selection(), limit=9, oldest_first=True)
        if row.user
    }
    always = {f"{kind}-{source}" for kind in ("deleted", "merged") for source in ("User", "Zapier", None)}
    assert shown == always | {"added-User", "connected-User"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_user_who_chose_the_rows_is_shown_in_each(hold: Hold, everything: Range, kind: str) -> None:
    """With `--user`, a log shows the user whatever the source is; another filter changes nothing."""
    engine = hold(
        {"event": kind, "contact_id": "User", "source": "User", "user_name": "Uma"},
        {"event": kind, "contact_id": "Zapier", "source": "Zapier", "user_name": "Uma"},
        {"event": kind, "contact_id": "none", "source": "Zapier"},
    )

    def shown(filters: Filters) -> dict[str, str | None]:
        selection = select(engine, filters)
        rows = logs.log_rows(engine, kind, everything, selection, limit=9, oldest_first=True)
        return {row.contact_id: row.user for row in rows}

    assert shown(Filters(user=("uma",))) == {"User": "Uma", "Zapier": "Uma"}
    assert shown(Filters(user=("Uma", "Unknown"))) == {"User": "Uma", "Zapier": "Uma", "none": None}
    hidden = None if kind in ("added", "connected") else "Uma"
    assert shown(Filters(source=("Zapier",))) == {"Zapier": hidden, "none": None}


def test_a_range_takes_its_start_and_leaves_its_end(hold: Hold, everything: Range) -> None:
    """Half-open, to the microsecond."""
    times = ("2025-12-31T23:59:59.999999", "2026-01-01", "2026-12-31T23:59:59.999999", "2027-01-01")
    engine = hold(*({"ts": ts, "contact_id": ts} for ts in times))
    rows = logs.log_rows(engine, "added", everything, Selection(), limit=9, oldest_first=True)
    assert [row.contact_id for row in rows] == [*times[1:3]]
    assert logs.total(engine, ["added"], everything, Selection()) == 2


def test_an_export_has_the_canonical_columns_and_every_kind(hold: Hold, everything: Range) -> None:
    """Oldest first; `events` are all kinds, and equal rows stay as many as they are."""
    merge = {"event": "merged", "contact_id": "9", "ts": LATE, "source": "User", "user_id": "u1"}
    engine = hold(merge, merge, {"ts": EARLY, "channel": "=x"}, {"event": "deleted", "ts": LATE})
    rows = ask(engine, logs.export(engine.dialect, KINDS, everything, Selection(), form="text"))
    assert [dict(zip(COLUMNS, row, strict=True))["event"] for row in rows] == [
        "added",
        "deleted",
        "merged",
        "merged",
    ]
    assert rows[0] == ("2026-11-05T09:00:00Z", "added", "1", None, None, "=x", None, None, None)
    assert rows[3] == ("2026-11-05T10:00:00.000001Z", "merged", "9", None, None, None, "User", "u1", None)
    guarded = ask(engine, logs.export(engine.dialect, ["added"], everything, Selection(), form="guarded"))
    assert guarded[0][5] == "'=x"
    assert logs.guarded_identities(engine, KINDS, everything, Selection()) == 1


def test_a_filter_holds_for_totals_and_exports_too(hold: Hold, everything: Range) -> None:
    """A figure is the length of its log, and of its export."""
    engine = hold(*({"contact_id": str(source), "source": source} for source in ("Zapier", "User", None)))
    selection = select(engine, Filters(source=("zapier", "Unknown")))
    assert logs.total(engine, ["added"], everything, selection) == 2
    assert len(ask(engine, logs.export(engine.dialect, ["added"], everything, selection, form="text"))) == 2


@pytest.mark.parametrize("filters", [Filters(), Filters(contact=("9", "é"))])
@pytest.mark.parametrize("oldest_first", [False, True])
def test_the_first_part_of_a_range_has_the_first_rows(
    hold: Hold, everything: Range, filters: Filters, *, oldest_first: bool
) -> None:
    """Looked for in that part alone, a log's rows are those of the whole range, whatever the limit."""
    spread = ({"ts": f"2026-{month:02}-09", "contact_id": "9"} for month in range(1, 13))
    last = {"ts": "2026-12-31T23:59:59.999999", "contact_id": "9"}
    engine = hold(*IN_ORDER, *spread, {"ts": "2026-01-01", "contact_id": "9"}, last, {"event": "deleted"})
    selection = select(engine, filters)
    for limit in (2, 33) if engine.costly else range(1, 35):
        total, part = logs.first_part(
            engine, "added", everything, selection, limit=limit, oldest_first=oldest_first
        )
        rows, part_rows = (
            logs.log_rows(engine, "added", span, selection, limit=limit, oldest_first=oldest_first)
            for span in (everything, part)
        )
        assert part_rows == rows
        assert total == logs.total(engine, ["added"], everything, selection)
        assert len(rows) == min(limit, total)


@pytest.mark.parametrize("events", [[], [{"event": "deleted"}]])
def test_a_log_of_no_events_has_no_first_part(
    hold: Hold, everything: Range, events: list[dict[str, Any]]
) -> None:
    """Nothing to look for is no error, with or without a filter, nor is a store without events."""
    engine = hold(*events)
    for selection in (Selection(), select(engine, Filters(contact=("9",)))):
        found = logs.first_part(engine, "added", everything, selection, limit=1, oldest_first=False)
        assert found == (0, everything)


@pytest.mark.lacking("parquet", "a contact_id that begins with white space is left to a load")
@pytest.mark.parametrize("form", ["text", "guarded", "native"])
def test_a_guard_changes_no_order(hold: Hold, everything: Range, form: logs.Form) -> None:
    """Rows stand where their values as kept belong, not what is written for them."""
    ids = ["\t=", "!", "'", "(", "+x", "-x", "1", "=x", "@x", "A"]
    engine = hold(*({"contact_id": text, "contact_name": "="} for text in reversed(ids)))
    rows = ask(engine, logs.export(engine.dialect, ["added"], everything, Selection(), form=form))
    assert [row[2].removeprefix("'") or "'" for row in rows] == ids


def test_merges_at_one_time_are_ordered_by_both_ids(hold: Hold, everything: Range) -> None:
    """By the primary contact, then by the one that went away, nulls last; each merge is a row."""
    pairs = [("2", "1"), ("1", None), ("1", "9"), ("1", "10"), ("10", "1")]
    engine = hold(
        *({"event": "merged", "contact_id": one, "merged_contact_id": other} for one, other in pairs)
    )
    rows = logs.log_rows(engine, "merged", everything, Selection(), limit=9, oldest_first=False)
    assert [(row.contact_id, row.merged_contact_id) for row in rows] == [
        ("1", "10"),
        ("1", "9"),
        ("1", None),
        ("10", "1"),
        ("2", "1"),
    ]
