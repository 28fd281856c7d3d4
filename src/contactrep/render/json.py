"""Reports as JSON: `"schema": 1`, the same keys in the same order whether or not there is data.

Times are ISO 8601 with the offset of the run's zone, with microseconds only where there are any;
counts, shares and changes are plain numbers. Text is exact: it is written as it is, except for what a
terminal would act on or UTF-8 cannot hold, which JSON can escape without changing its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from json import JSONEncoder
from operator import attrgetter
from zoneinfo import ZoneInfo

from contactrep import filters, report
from contactrep.events import CONNECTED, MERGED
from contactrep.period import Bucket, Span
from contactrep.phrases import iso
from contactrep.render.look import Look
from contactrep.render.text import chunks
from contactrep.summary import ForgetUndoSummary, LoadSummary, Summary, UnloadSummary
from contactrep.zones import find_zone, zone_of_store

SCHEMA = 1
_PIECES_A_CHUNK = 10_000
_FIELD_OF = {CONNECTED: "channel", MERGED: "merged_contact_id"}  # of the rows of one log only
_ENCODER = JSONEncoder(ensure_ascii=False, indent=2)
_TO_ESCAPE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
Json = Mapping[str, object]


def write(answer: report.Answer, _: Look) -> Iterator[str]:
    """The report as JSON text with a newline at its end, in chunks, indented by two."""
    yield from map(_escaped, chunks(_ENCODER.iterencode(as_value(answer)), _PIECES_A_CHUNK))
    yield "\n"


class _Lazy(list[object]):
    """A list whose members are made when they are written: all of them may be more than memory holds."""

    def __init__(self, members: Iterable[object]) -> None:
        self._members = iter(members)
        # An encoder asks whether the list is empty, so its first member is made now.
        super().__init__(islice(self._members, 1))

    def __iter__(self) -> Iterator[object]:
        return chain(super().__iter__(), self._members)


def _escaped(text: str) -> str:
    """JSON with escapes for characters that a terminal would act on; they occur only inside strings."""
    return text if text.isascii() else _TO_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_value(answer: report.Answer) -> Json:
    """The report as dicts and lists, as they are in its JSON."""
    match answer:
        case report.Overview():
            return _overview(answer)
        case report.Breakdown():
            return _breakdown(answer)
        case report.LogPage():
            cut = [answer.cut.text] if answer.cut else []
            return {**_log(answer), "notices": [*(one.text for one in answer.head.notices), *cut]}
        case report.ContactsReport():
            sections = {
                "overview": _overview(answer.overview),
                "added": _breakdown(answer.added),
                "connected": _breakdown(answer.connected),
                "logs": {kind: _log(log) for kind, log in answer.logs.items()},
            }
            return {"schema": SCHEMA, "component": "report", **sections}
        case report.Check():
            return {"schema": SCHEMA, "component": "check", **_check(answer)}
        case report.RangeList():
            return {"schema": SCHEMA, **_ranges(answer)}
        case report.StoreStatus():
            return {"schema": SCHEMA, **_status(answer)}
        case report.RejectList():
            rows = _Lazy(row._asdict() for row in answer.rows)
            return {"schema": SCHEMA, "total": answer.total, "rows": rows}
        case report.UserList():
            users = [user._asdict() for user in answer.rows]
            return {"schema": SCHEMA, "total": len(users), "rows": users}
        case _:
            return {"schema": SCHEMA, **_summary(answer)}


def _head(head: report.Head) -> dict[str, object]:
    chosen, zone = head.range, head.range.zone
    return {
        "schema": SCHEMA,
        "component": head.component,
        "status": head.status,
        "message": head.message,
        "range": {"name": chosen.name, **_span(chosen, zone), "timezone": zone.key, "by": head.by},
        "previous": _span(head.compared, zone) if head.compared else None,
        "filters": {name: list(head.filters.values(name)) for name in filters.NAMES},
        "not_applicable": list(head.not_applicable),
        "data_through": iso(head.data_through, zone),
        "notices": [notice.text for notice in head.notices],
    }


def _span(span: Span, zone: ZoneInfo) -> dict[str, object]:
    return {"start": iso(span.start.instant, zone), "end": iso(span.end.instant, zone)}


def _bucket(bucket: Bucket, head: report.Head) -> dict[str, object]:
    zone = head.range.zone
    ends = {"start": iso(bucket.start, zone), "end": iso(bucket.end, zone)}
    return {**ends, "partial": head.unfinished(bucket)}


def _figure(figure: report.Figure) -> dict[str, object]:
    return {"count": figure.count, "previous": figure.previous, "change": figure.change}


def _overview(overview: report.Overview) -> Json:
    metrics = {name: _figure(figure) for name, figure in overview.metrics.items()}
    metrics["net"]["deleted_after_merge"] = overview.deleted_after_merge.count
    return {
        **_head(overview.head),
        "metrics": metrics,
        "series": [{**_bucket(one.bucket, overview.head), **one.counts} for one in overview.series],
    }


def _breakdown(breakdown: report.Breakdown) -> Json:
    return {
        **_head(breakdown.head),
        "total": _figure(breakdown.total),
        "breakdown": _Lazy(breakdown.rows),
        "series": _Lazy(
            {**_bucket(bucket, breakdown.head), "counts": counts} for bucket, counts in breakdown.series
        ),
    }


def _log(log: report.LogPage) -> Json:
    zone = log.head.range.zone
    # Only connecting has a channel, and only merging a second contact.
    others = {"channel", "merged_contact_id"} - {_FIELD_OF.get(log.event)}
    fields = [field for field in report.LogRow._fields if field not in others]
    values = map(attrgetter(*fields), log.rows)
    rows = [dict(zip(fields, (iso(at, zone), *texts), strict=True)) for at, *texts in values]
    figures = {"event": log.event, "total": log.total, "limit": log.limit, "truncated": log.truncated}
    return {**_head(log.head), **figures, "rows": rows}


def _check(check: report.Check) -> Json:
    chosen, zone = check.range, check.range.zone
    return {
        "range": {"name": chosen.name, **_span(chosen, zone), "timezone": zone.key, "by": None},
        "data_through": iso(check.data_through, zone),
        "notices": [*(one.text for one in check.notices), *check.doubtful, *check.unjudged],
        "conditions": [
            {"text": one.text, "holds": one.holds, "value": one.value, "limit": one.limit}
            for one in check.conditions
        ],
    }


def _ranges(ranges: report.RangeList) -> Json:
    zone = find_zone(ranges.timezone)
    spans = [
        {"name": chosen.name, **_span(chosen, zone), "previous": _span(compared, zone) if compared else None}
        for chosen, compared in ranges.ranges
    ]
    return {"as_of": iso(ranges.as_of, zone), "timezone": ranges.timezone, "ranges": spans}


def _status(status: report.StoreStatus) -> Json:
    zone = zone_of_store(status.timezone)
    loads = [{**vars(load), "at": iso(load.at, zone)} for load in status.loads]
    times = {"first": iso(status.first, zone), "last": iso(status.last, zone)}
    return {**vars(status), **times, "loads": loads}


_PARTS = ("read", "loaded", "duplicate", "rejected", "skipped")
_FILE_KEYS = ("path", *_PARTS, "future", "ambiguous_times", "missing_times", "unknown_sources")


def _summary(summary: Summary) -> Json:
    fields = {**vars(summary), "store": str(summary.store)}
    match summary:
        case LoadSummary():
            files = [
                {key: getattr(file, key) for key in _FILE_KEYS}
                | ({"more_unknown_sources": file.more_sources} if file.more_sources else {})
                for file in summary.files
            ]
            total = {part: getattr(summary, part) for part in _PARTS}
            return {"store": fields["store"], "load": summary.load, "files": files, "total": total}
        case UnloadSummary():
            del fields["at"]
            return {**fields, "files": list(map(vars, summary.files))}
        case ForgetUndoSummary():
            return {**fields, "forgotten": False}
        case _:
            return fields
