"""What `load` and reports over files share: their options as values, and what a load has to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from contactrep.cli.options import Reading
from contactrep.cli.settings import Settings, chosen_zone
from contactrep.errors import listed

if TYPE_CHECKING:
    from contactrep.read import LoadOptions
    from contactrep.store import FileSummary, RejectLimit


def load_options(reading: Reading, settings: Settings) -> LoadOptions:
    """How files are read: `--map` overrides the config's map, field by field."""
    from contactrep.read import LoadOptions

    return LoadOptions(
        mapping={**settings.mapping, **dict(reading.mapping)},
        event=reading.event,
        input_timezone=chosen_zone(reading.input_timezone) if reading.input_timezone else None,
        timestamp_formats=reading.timestamp_formats,
    )


def reject_limit(reading: Reading) -> RejectLimit:
    """How many rejects a file may have: what `--max-rejects` says, else the usual limit."""
    from contactrep.store import USUAL_LIMIT, RejectLimit

    return RejectLimit.parse(reading.max_rejects) if reading.max_rejects else USUAL_LIMIT


def warnings(files: Iterable[FileSummary], *, kept: bool) -> Iterator[str]:
    """What even `--quiet` does not hide: the rejected rows of each file that was read.

    `kept` says that `contactrep rejects` shows them; otherwise the line of the most common reason is named.
    """
    from contactrep.store.refusing import brief

    for file in files:
        if file.reasons:
            most = file.reasons[0]
            where = "" if kept or most.line is None else f", line {most.line}"
            advice = ": see 'contactrep rejects'" if kept else ""
            yield f"{file.path}: {_rejected(file)} (mostly: {brief(most.text)}{where}){advice}"


def notices(
    files: Iterable[FileSummary], left_out: Mapping[str, str], *, future: bool = False
) -> Iterator[str]:
    """What a load decided or left out, a line for each kind of thing and the files that it concerns.

    `left_out` says of entries of folders why they are not read. `future` names the events later than now,
    too; reports do that themselves, for their own now and range.
    """
    entries: dict[str, list[str]] = {}
    for path, reason in left_out.items():
        entries.setdefault(reason, []).append(path)
    for reason, paths in entries.items():
        yield f"{listed(paths)} {'is' if len(paths) == 1 else 'are'} skipped: {reason}"
    said: dict[str, list[str]] = {}
    for file in files:
        for text in _decisions(file, future=future):
            said.setdefault(text, []).append(file.path)
    for text, (path, *others) in said.items():
        more = f" and {len(others):,} more {'file' if len(others) == 1 else 'files'}" if others else ""
        yield f"{path}{more}: {text}"


def _decisions(file: FileSummary, *, future: bool) -> Iterator[str]:
    if file.rejected and not file.reasons:  # an earlier load has warned of them
        yield f"{_rejected(file)}: see 'contactrep rejects'"
    yield from file.notes
    if file.ignored_columns:
        yield f"columns not used: {listed(file.ignored_columns)}"
    if file.ambiguous_times:
        times = _were(file.ambiguous_times, "ambiguous time (clock change)", "ambiguous times (clock change)")
        yield f"{times} read as the first occurrence"
    if file.missing_times:
        times = _were(
            file.missing_times,
            "time that does not exist (clock change)",
            "times that do not exist (clock change)",
        )
        yield f"{times} moved forward"
    if future and file.future:
        events = "1 event is" if file.future == 1 else f"{file.future:,} events are"
        yield f"{events} in the future"
    if file.unknown_sources:
        sources = [f"{source} ({count:,})" for source, count in file.unknown_sources.items()]
        yield f"non-standard sources: {listed(sources)}"


def _were(count: int, one: str, many: str) -> str:
    return f"1 {one} was" if count == 1 else f"{count:,} {many} were"


def _rejected(file: FileSummary) -> str:
    return f"{file.rejected:,} of {file.read:,} rows rejected"
