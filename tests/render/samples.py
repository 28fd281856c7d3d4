"""Report values made by hand, for looking at and for golden files: nothing here is read from a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from contactrep import period, report
from contactrep.filters import Filters
from contactrep.report import (
    Breakdown,
    BreakdownBucket,
    ContactsReport,
    Figure,
    Head,
    LoadRecord,
    LogPage,
    LogRow,
    Overview,
    OverviewBucket,
    RangeList,
    Reject,
    RejectList,
    Slice,
    Split,
    StoreStatus,
    User,
    UserList,
)
from contactrep.summary import (
    FileSummary,
    ForgetSummary,
    ForgetUndoSummary,
    LoadedFile,
    LoadSummary,
    Summary,
    UnloadSummary,
    UsersSummary,
)

ZONE = ZoneInfo("Asia/Kuala_Lumpur")
NOW = datetime(2026, 11, 5, 6, 32, 10, tzinfo=UTC)
SOURCES = {
    "Incoming Message": 0.42,
    "Contact Import": 0.21,
    "User": 0.14,
    "Developer API": 0.11,
    "Zapier": 0.07,
    "Echo Message": 0.05,
}
CHANNELS = {"WhatsApp": 0.55, "Instagram": 0.2, "LINE": 0.12, "電子メール": 0.08, "Unknown": 0.05}
TWELVE = {f"source {chr(97 + place)}": 0.9**place for place in range(12)}
HOSTILE = (
    "[bold red]x[/]",
    "[/nope]",
    ":smile:",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://x\x07link",
    "\x9b31m",
    "\u202egnp.exe",
    "a\tb",
    "a\nb\r\nc",
    "nul\x00nul",
    "\ud800lone",
    "=cmd|' /C calc'!A0",
    "+60 12-345 6789",
    "pipe | pipe",
    "`tick` *star* _under_ <b>html</b> [a](javascript:1)",
    "Z\u0351\u036b\u0343\u036a\u0302a\u0489lgo",
    "line\u2028sep",
    "'quoted' \"double\", comma",
    "  spaces  ",
)
NAMES = (
    "Aisyah binti Rahman",
    "山田 太郎",
    "김민준",
    "Zoë Müller-Łukasiewicz",
    "Chan Tai Man 陳大文",
    "🎉 Party Planner 🎂",
    "👩‍👩‍👧 The Lees",
    "María José de los Ángeles Fernández y García-Barbón",
    "Bob",
    "محمد",
)


def clock(now: datetime = NOW, zone: ZoneInfo = ZONE) -> period.Clock:
    """The moment at which every sample is made."""
    return period.Clock.at(now, zone)


def head(
    component: str,
    range_text: str = "last-7-days",
    *,
    by: str = "auto",
    comparing: period.Comparing = "previous",
    filters: Filters = Filters(),  # noqa: B008 - frozen
    at: period.Clock | None = None,
) -> Head:
    """A head whose range and comparison are resolved as the program does it."""
    at = at or clock()
    chosen = period.resolve(range_text, at)
    unit = period.bucket_unit(chosen, by)
    compared = period.compared_with(chosen, comparing, at)
    if component == "log":
        return Head(report.Component(component), "ok", None, chosen, None, None, filters, (), NOW, at.now)
    return Head(report.Component(component), "ok", None, chosen, unit, compared, filters, (), NOW, at.now)


def wave(places: int, level: float, *, phase: float = 0.0) -> list[int]:
    """Counts with a weekly rhythm and a spike, the same every time."""
    return [
        max(
            0,
            round(level * (1 + 0.35 * math.sin(place / 7 * 2 * math.pi + phase)) + level * (place % 11 == 5)),
        )
        for place in range(places)
    ]


def overview(range_text: str = "last-7-days", *, level: float = 180, **how: object) -> Overview:
    """An overview whose bars follow `wave`, each figure the sum of its bars."""
    made = head("overview", range_text, **how)  # type: ignore[arg-type]
    spans = period.buckets(made.range, made.by)  # type: ignore[arg-type]
    added, deleted, merged = (
        wave(len(spans), part, phase=place) for place, part in enumerate((level, level / 9, level / 20))
    )
    series = tuple(OverviewBucket(*entry) for entry in zip(spans, added, deleted, merged, strict=True))
    added_figure, deleted_figure, merged_figure = (
        Figure(sum(counts), _before(sum(counts), factor, made))
        for counts, factor in ((added, 0.89), (deleted, 1.07), (merged, 0))
    )
    return Overview(made, added_figure, deleted_figure, merged_figure, series)


def deleted_after_merge(made: Overview) -> Overview:
    """The same overview where 12 of the deleted contacts were merged away: 2 in each bucket but the last."""
    *series, last = made.series
    again = [entry._replace(deleted_after_merge=2) for entry in series]
    return replace(made, series=(*again, last), deleted_after_merge=Figure(2 * len(again), 9))


def _before(count: int, factor: float, made: Head) -> int | None:
    return round(count * factor) if made.compared else None


def breakdown(
    range_text: str = "last-7-days",
    *,
    level: float = 180,
    parts: Mapping[str, float] = SOURCES,
    component: str = "added",
    **how: object,
) -> Breakdown:
    """A breakdown in which each name has its part of `level`."""
    made = head(component, range_text, **how)  # type: ignore[arg-type]
    spans = period.buckets(made.range, made.by)  # type: ignore[arg-type]
    waves = {
        name: wave(len(spans), level * part, phase=place) for place, (name, part) in enumerate(parts.items())
    }
    ordered = sorted(waves, key=lambda name: (-sum(waves[name]), name))
    total = sum(map(sum, waves.values()))
    slices = tuple(
        Slice(
            name,
            Figure(sum(waves[name]), _before(sum(waves[name]), 0.7 + 0.15 * place, made)),
            sum(waves[name]) / total if total else None,
        )
        for place, name in enumerate(ordered)
    )
    series = tuple(
        BreakdownBucket(span, {name: waves[name][place] for name in ordered})
        for place, span in enumerate(spans)
    )
    before = sum(part.figure.previous or 0 for part in slices) if made.compared else None
    split = Split.CHANNEL if component == "connected" else Split.SOURCE
    return Breakdown(made, split, Figure(total, before), slices, series)


def log(
    event: str = "added",
    *,
    rows: int = 12,
    total: int | None = None,
    names: Sequence[str] = NAMES,
    range_text: str = "last-7-days",
    each: Callable[[int], LogRow] | None = None,
) -> LogPage:
    """A log with one row every 17 minutes, newest first; names in turn."""
    sources = list(SOURCES)

    def row(place: int) -> LogRow:
        source = sources[place % len(sources)] if event in ("added", "connected") else "User"
        return LogRow(
            NOW - timedelta(minutes=17 * place, microseconds=place % 2),
            f"{100200300 + place * 7}",
            names[place % len(names)] if place % 7 != 3 else None,
            source,
            "Ana Souza" if source == "User" else None,
            list(CHANNELS)[place % len(CHANNELS)] if event == "connected" else None,
            f"{100200304 + place * 7}" if event == "merged" and place % 5 else None,
        )

    made = [(each or row)(place) for place in range(rows)]
    total = rows if total is None else total
    command = f"contactrep export {event} --range {range_text}" if total > rows else None
    return LogPage(head("log", range_text), event, total, 10_000, made, command)


def page(range_text: str = "last-7-days", level: float = 180) -> ContactsReport:
    """The whole page."""
    return ContactsReport(
        overview(range_text, level=level),
        breakdown(range_text, level=level),
        breakdown(range_text, parts=CHANNELS, component="connected", level=level * 0.8),
        {kind: log(kind, rows=10, total=1234) for kind in ("added", "connected", "deleted", "merged")},
    )


def ranges() -> RangeList:
    """The presets as `contactrep ranges` lists them."""
    at = clock()
    found = [period.resolve(name, at) for name in period.PRESETS]
    return RangeList(
        NOW, "Asia/Kuala_Lumpur", tuple((one, period.compared_with(one, "previous", at)) for one in found)
    )


def users() -> UserList:
    """A list of user names, one of them hostile and one without a name."""
    return UserList((User("48101", "Mei Lampu"), User("48102", "=1+1[red]\x1b[31m"), User("Ω-3", None)))


OPTIONS = {
    "event": "added",
    "map": {"contact_id": "Record ID", "timestamp": "Created"},
    "input_timezone": "Asia/Tokyo",
    "timestamp_format": ["%d/%m/%Y %H:%M", "epoch-s"],
}


def status() -> StoreStatus:
    """A store with two loads."""
    return StoreStatus(
        "1.2.3",
        "/home/ana/.local/share/contactrep/store.duckdb",
        "/home/ana/.config/contactrep/config.toml",
        "Asia/Kuala_Lumpur",
        {"added": 12_345, "connected": 9_876, "deleted": 321, "merged": 45},
        datetime(2026, 8, 1, 1, 2, 3, tzinfo=UTC),
        NOW,
        3,
        2,
        12,
        (
            LoadRecord(1, datetime(2026, 11, 1, 18, 0, tzinfo=UTC), ("events/october.csv",), 22_000),
            LoadRecord(
                2, datetime(2026, 11, 4, 18, 0, 5, 250_000, tzinfo=UTC), ("a.csv", "b.parquet"), 587, OPTIONS
            ),
        ),
    )


def rejects() -> RejectList:
    """Two records that were not taken in."""
    return RejectList(
        2,
        (
            Reject(
                "events/october.csv",
                17,
                "timestamp '03/04/2026' needs --timestamp-format",
                "03/04/2026,added,7",
            ),
            Reject("b.parquet", None, "no contact_id", '{"event": "added\t"}'),
        ),
    )


def load(*, dry_run: bool = False) -> LoadSummary:
    """A load of two files into a new store."""
    files = (
        FileSummary("events/october.csv", 22_000, 1, 1, 0, 2, 1, {"Website form": 731}),
        FileSummary("=a.csv", 587, 0, 10, 3, future=3),
    )
    number = None if dry_run else 7
    store = Path("/home/ana/store.duckdb")
    return LoadSummary(store, number, "Asia/Kuala_Lumpur", True, files, {}, "from the system", dry_run)


SUMMARIES: dict[str, Summary] = {
    "load": load(),
    "load-dry-run": load(dry_run=True),
    "unload": UnloadSummary(
        Path("/home/ana/store.duckdb"), 7, NOW, 22_587, 1, (LoadedFile("a|b\x1b.csv", 22_587),), ("c.csv",)
    ),
    "forget": ForgetSummary(Path("/home/ana/store.duckdb"), "+60 12", 3, 1),
    "forget-undo": ForgetUndoSummary(Path("/home/ana/store.duckdb"), "*12*"),
    "users": UsersSummary(Path("/home/ana/store.duckdb"), "users.csv", 1),
}


def no_data(made: Overview | Breakdown) -> Overview | Breakdown:
    """The same component without any event."""
    blank = replace(made.head, status="no_data", message=report.NO_EVENTS)
    nothing = Figure(0, 0)
    if isinstance(made, Overview):
        series = tuple(OverviewBucket(entry.bucket, 0, 0, 0) for entry in made.series)
        return Overview(blank, nothing, nothing, nothing, series)
    return Breakdown(
        blank, made.split, nothing, (), tuple(BreakdownBucket(entry.bucket, {}) for entry in made.series)
    )


def not_applicable(made: Overview | Breakdown) -> Overview | Breakdown:
    """The same component under a channel filter that does not apply to it."""
    empty = no_data(made)
    stands = replace(
        empty.head,
        status="not_applicable",
        message=report.not_applicable_message(["channel"]),
        filters=Filters(channel=("WhatsApp",)),
        not_applicable=("channel",),
    )
    return replace(empty, head=stands)


def without_rows(made: LogPage) -> LogPage:
    """The same log of a range without any event."""
    empty = replace(made.head, status="no_data", message=report.NO_EVENTS)
    return replace(made, head=empty, rows=(), total=0)
