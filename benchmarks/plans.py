"""What a floor is told beforehand: the range as instants, and the page with empty places for its figures."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.data import AS_OF, ZONE
from benchmarks.processes import Run, measure, program
from contactrep.zones import epoch_us, transitions, utc_offset

_FIRST_DAY = date(1970, 1, 1)


def overview_plan(command: Sequence[str | Path], page: Path, **asked: Any) -> str:
    """The plan of an overview's floor from what the program itself makes of the command line.

    `page` is where the floor finds the page with its places; `asked` are the plan's further entries.
    """
    answer = json.loads(_output(*command, "--format", "json"))
    page.write_text(_overview_page(_output(*command).decode()), encoding="utf-8")
    previous = answer["previous"]
    starts = [datetime.fromisoformat(bucket["start"]).date() for bucket in answer["series"]]
    plan = {
        **_span(answer["range"]["start"] if previous is None else previous["start"], answer["range"]["end"]),
        "days": [(start - _FIRST_DAY).days for start in starts],
        "compared": previous is not None,
        "page": str(page),
        "zone": ZONE,
        "time": "ts",
        "relation": "events",
        "whole": "events",
        "contact": None,
    }
    return json.dumps(plan | asked)


def log_plan(command: Sequence[str | Path], page: Path, **asked: Any) -> str:
    """The plan of a log's floor; `command`, `page` and `asked` as for the overview."""
    chosen = json.loads(_output(*command, "--format", "json"))["range"]
    page.write_text(_log_page(_output(*command).decode()), encoding="utf-8")
    plan = {**_span(chosen["start"], chosen["end"]), "page": str(page), "contact": None}
    return json.dumps(plan | asked)


def _output(*arguments: str | Path) -> bytes:
    return measure(Run((program(*arguments),)))[1]


def _span(start: str, end: str) -> dict[str, Any]:
    """A range's ends and now as naive UTC, and the offsets (µs) of the zone's wall clock within."""
    zone = ZoneInfo(ZONE)
    first, last = (datetime.fromisoformat(text).astimezone(UTC) for text in (start, end))
    changes = transitions(zone, first, last)
    before = [(epoch_us(change.at), change.before) for change in changes]
    final = utc_offset(last, zone)
    now = datetime.fromisoformat(AS_OF).replace(tzinfo=zone) + timedelta(days=1)
    return {
        "start": _naive(first),
        "end": _naive(last),
        "now": _naive(now.astimezone(UTC)),
        "changes": [(at, offset // timedelta(microseconds=1)) for at, offset in before],
        "shift": final // timedelta(microseconds=1),
        "offsets": [(at, _written(offset)) for at, offset in [*before, (None, final)]],
    }


def _naive(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}"


def _written(offset: timedelta) -> str:
    """An offset as times have it: `-04:00`."""
    return datetime(2000, 1, 1, tzinfo=timezone(offset)).isoformat()[-6:]


def _overview_page(page: str) -> str:
    """The page with a place of the same width for every figure: the cells behind the first of each row."""
    head, *tables = page.replace("{", "{{").replace("}", "}}").split("\n\n")
    return "\n\n".join([_with_through(head), *map(_with_places, tables)])


def _with_places(table: str) -> str:
    titles, *rows = table.split("\n")
    return "\n".join([titles, *(re.sub(r" {2,}\S+( \S+)*", _place, row) for row in rows)])


def _place(cell: re.Match[str]) -> str:
    return f"{{:>{len(cell[0])}}}"


def _log_page(log: str) -> str:
    """The lines above a log's rows, with places for the total and for how far the data reaches."""
    lines = log.split("\n")
    titles = next(place for place, line in enumerate(lines) if not line.startswith("# "))
    head = "\n".join(lines[: titles + 1]).replace("{", "{{").replace("}", "}}") + "\n"
    return re.sub(r"(Showing [\d,]+ of )[\d,]+", r"\1{}", _with_through(head))


def _with_through(head: str) -> str:
    return re.sub(r"(data through ).*", r"\1{through}", head)
