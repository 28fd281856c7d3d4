"""Fills the figures of an overview into its page: what every floor and peer of it does with its counts."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

Plan = dict[str, Any]

KINDS = ("added", "deleted", "merged")
_AWAY = "away"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - floors reckon with plain numbers, in UTC


def show(
    plan: Plan, cells: Iterable[tuple[int, str, int]], away: Iterable[tuple[int, int]], through: int
) -> None:
    """Print the page of a plan: `cells` are local days since 1970, kinds and counts.

    `away` are days and counts of deletions of contacts that a merge names as the one that went away;
    `through` is the newest event, in microseconds since 1970.
    """
    days = plan["days"]
    buckets: Counter[tuple[int, str]] = Counter()
    before: Counter[str] = Counter()
    for day, kind, count in (*cells, *((day, _AWAY, count) for day, count in away)):
        if day < days[0]:
            before[kind] += count
        else:
            buckets[bisect_right(days, day) - 1, kind] += count
    figures = [*_metrics(buckets, before, compared=plan["compared"]), *_series(buckets, len(days))]
    write(plan, figures, moment(plan, through))


def _metrics(buckets: Counter[tuple[int, str]], before: Counter[str], *, compared: bool) -> Iterator[str]:
    now: Counter[str] = Counter()
    for (_, kind), count in buckets.items():
        now[kind] += count
    for counts in (now, before):
        counts["net"] = _net(*(counts[kind] for kind in (*KINDS, _AWAY)))
    for name in (*KINDS, "net"):
        yield f"{now[name]:,}"
        if compared:
            yield f"{before[name]:,}"
            yield _change(now[name], before[name])


def _series(buckets: Counter[tuple[int, str]], places: int) -> Iterator[str]:
    for place in range(places):
        added, deleted, merged, away = (buckets[place, kind] for kind in (*KINDS, _AWAY))
        for count in (added, deleted, merged, _net(added, deleted, merged, away)):
            yield f"{count:,}"


def _net(added: int, deleted: int, merged: int, away: int) -> int:
    return added - deleted - merged + away


def _change(now: int, before: int) -> str:
    if before == 0:
        return "n/a"
    part = (now - before) / abs(before)
    if part == 0:
        return "0.0 %"
    sign = "▲" if part > 0 else "▼"
    if 0 < abs(part) < 0.0005:
        return f"{sign} < 0.1 %"
    return f"{sign} {abs(part) * 100:,.0f} %" if abs(part) >= 10 else f"{sign} {abs(part) * 100:.1f} %"


def moment(plan: Plan, microseconds: int) -> str:
    """An instant on the wall clock of the plan's zone: `Thu 5 Nov 2026 23:59`."""
    shift = next((before for at, before in plan["changes"] if microseconds < at), plan["shift"])
    return f"{_EPOCH + timedelta(microseconds=microseconds + shift):%a %-d %b %Y %H:%M}"


def write(plan: Plan, figures: Iterable[object], through: str, rows: str = "") -> None:
    """Print the plan's page with these figures in its places, and the rows of a log below it."""
    page = Path(plan["page"]).read_text(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a TextIO is all that mypy knows
    sys.stdout.write(page.format(*figures, through=through) + rows)


def shifted(plan: Plan, us: str) -> str:
    """SQL for the wall clock's microseconds at `us`, those of an instant."""
    cases = "".join(f"WHEN {us} < {at} THEN {before} " for at, before in plan["changes"])
    return f"({us} + CASE {cases}ELSE {plan['shift']} END)" if cases else f"({us} + {plan['shift']})"


def matching(contact: str) -> str:
    """The question of a contact filter: this id, or this part of a name, through capitals for two small Σ."""
    return f"(contact_id = '{contact}' OR contains(lower(upper(contact_name)), lower(upper('{contact}'))))"
