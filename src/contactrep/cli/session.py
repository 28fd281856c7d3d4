"""From options to an open workspace, and from its answer to the screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast
from zoneinfo import ZoneInfo

from contactrep.cli.options import MaxAge, Paths, Query, ReadingOptions
from contactrep.cli.output import Writing, has_no_messages, notice, show, tasks_shown, warning
from contactrep.cli.rerun import report_command
from contactrep.cli.settings import Settings, read_settings, workspace_zone
from contactrep.cluster import ClusterTable
from contactrep.document import head_of, title
from contactrep.errors import OutdatedProblem, UsageProblem, listed
from contactrep.filters import NAMES, Filters
from contactrep.opening import Cluster, Files, is_there
from contactrep.period import canonical_name
from contactrep.phrases import said_age, said_moment
from contactrep.read.mapping import Feed, Mapping
from contactrep.read.sources import STANDARD_INPUT
from contactrep.report import Breakdown, Check, ContactsReport, Head, LogPage, Notice, Overview, Section
from contactrep.workspace import Options, Workspace
from contactrep.zones import zone_of_store

if TYPE_CHECKING:
    from contactrep.read.profiles import Profile
    from contactrep.store.refusing import RejectLimit

AnyReport = TypeVar("AnyReport", Overview, Breakdown, LogPage, ContactsReport)

_MOST_WORDS = 4
"""Words that a range without quotes can have: `2026-11-05 09:30 .. 2026-11-06`."""


def current_time() -> datetime:
    """Return now, an instant (UTC). A run reads the clock once."""
    return datetime.now(UTC)


# Opening


def stored_zone(settings: Settings) -> ZoneInfo | None:
    """Return the time zone of the store; None where there is no store, or a table, which has none."""
    store = settings.source()
    if isinstance(store, ClusterTable) or not is_there(store):
        return None
    with workspace_of(Query(Paths()), settings) as workspace:
        return zone_of_store(workspace.timezone())


def workspace_of(
    query: Query,
    settings: Settings | None = None,
    zone: ZoneInfo | None = None,
    *,
    zone_is_named: bool = False,
) -> Workspace:
    """Return the workspace of FILES, else of the store. `zone` is that of a new store, and, if the user has
    named it, of one without events. Without `settings`, those of the user are read."""
    paths = query.paths
    settings = settings or read_settings(paths.config, paths.store, paths.memory_limit)
    now = query.now or current_time()
    source: Path | Files | Cluster
    if query.files:
        _refuse_range_as_file(query.range, query.files)
        zone, _ = workspace_zone(query.timezone, settings)
        mapping = mapping_of(query.reading, settings)
        source = Files(query.files, mapping, zone, now, reject_limit(query.reading))
    elif isinstance(store := settings.source(), ClusterTable):
        source = _cluster(store, query, settings)
    elif query.reading != ReadingOptions():
        raise UsageProblem(
            "options for reading files, such as --map, --event and --max-rejects, go with FILES only"
        )
    else:
        source = store
    return Workspace(
        source,
        now=now,
        zone=zone or ZoneInfo("UTC"),
        zone_is_named=zone_is_named,
        defaults=replace(settings, filters=Filters()) if query.clear_all else settings,
        memory_limit=settings.memory_limit,
    )


def _cluster(table: ClusterTable, query: Query, settings: Settings) -> Cluster:
    """Return the table to report on. Raises UsageProblem where nothing says its time zone."""
    if not (query.timezone or settings.timezone):
        raise UsageProblem(
            f"{table}: a table has no time zone of its own: set timezone in the config or"
            " CONTACTREP_TIMEZONE, or use --timezone ZONE with a report"
        )
    if query.reading.max_rejects:
        raise UsageProblem("--max-rejects is for files: a table on a cluster has no rejected rows")
    zone, _ = workspace_zone(query.timezone, settings)
    return Cluster(table, mapping_of(query.reading, settings), zone, settings.users, tasks_shown())


def workspace_options(query: Query) -> Options:
    """Return the options of a report as the workspace takes them."""
    options = {name: getattr(query, name) for name in Options.__annotations__ if name not in NAMES}
    return cast(Options, options | {name: query.filters.values(name) or None for name in NAMES})


def mapping_of(reading: ReadingOptions, settings: Settings) -> Mapping:
    """Return how FILES are read: options override the profile of `--profile`, else the config's map."""
    if reading.profile:
        return reading.mapping.over(chosen_profile(reading.profile, settings).mapping)
    return reading.mapping.over(Mapping(map=settings.mapping))


def feeds_of(files: Sequence[str], reading: ReadingOptions, settings: Settings) -> list[Feed]:
    """Return the files to load: FILES, else those that the profile lists, else those of all profiles of the
    config. Raises UsageProblem, which says what to write, where there is none.
    """
    from contactrep.read.profiles import section

    profile = chosen_profile(reading.profile, settings) if reading.profile else None
    if files:
        return [Feed(files, mapping_of(reading, settings), profile.name if profile else None)]
    profiles = [profile] if profile else settings.profiles.values()
    listing = [it for it in profiles if it.files]
    if not listing:
        config, table = settings.path or "the config", section(profile.name if profile else "NAME")
        raise UsageProblem(
            f"no FILES to load: name some, or list those of a profile in {config}:"
            f' under [{table}], write files = ["events/*.csv"]'
        )
    return [Feed(it.files, reading.mapping.over(it.mapping), it.name) for it in listing]


def chosen_profile(name: str, settings: Settings) -> Profile:
    """Return the profile of the config, else the built-in one; UsageProblem, with the closest, if none."""
    from contactrep.read.profiles import find_profile  # takes 5 ms, which few runs need

    return find_profile(name, known_profiles(settings))


def known_profiles(settings: Settings) -> dict[str, Profile]:
    """Return all profiles by name: those of the config, then the built-in ones of other names."""
    from contactrep.read.profiles import built_in

    return {**settings.profiles, **{n: p for n, p in built_in().items() if n not in settings.profiles}}


def reject_limit(reading: ReadingOptions) -> RejectLimit | None:
    """Return the limit of `--max-rejects`, None without one."""
    from contactrep.store.refusing import RejectLimit

    return RejectLimit.parse(reading.max_rejects) if reading.max_rejects else None


def _refuse_range_as_file(chosen: str | None, files: Sequence[str]) -> None:
    """Raise UsageProblem if FILES that do not exist are a range, or the rest of the range `chosen`.

    So `overview yesterday` and `--range=last 7 days` are answered with the option that was meant.
    """
    missing = [file for file in files if file == ".." or not _exists(file)]
    for first in range(len(missing)):
        for end in range(min(len(missing), first + _MOST_WORDS), first, -1):
            words = " ".join(missing[first:end])
            for text in (f"{chosen or ''} {words}", words):
                if name := canonical_name(text):
                    raise UsageProblem(f"{words}: no such file: did you mean --range {name}?")


def _exists(file: str) -> bool:
    return file == STANDARD_INPUT or os.path.lexists(file)


# Showing


def tell(notices: Iterable[Notice]) -> None:
    """Print notices and warnings to stderr."""
    for one in notices:
        (warning if one.warning else notice)(one.text)


def show_report(
    query: Query,
    writing: Writing,
    words: Sequence[str],
    ask: Callable[[Workspace, Options], AnyReport],
    *,
    sample: Settings | None = None,
) -> AnyReport:
    """Ask, and show the answer after its notices and, where the format has no place for them, its messages.

    `words` are those of the command, for the command line that makes such an answer. `sample` are settings
    for a sample, in place of the user's. Raises OutdatedProblem, and shows nothing, where the data is older
    than `--max-age`.
    """
    with workspace_of(query, sample) as workspace:
        answer = ask(workspace, workspace_options(query))
    head = head_of(answer)
    require_fresh(head, query.max_age)
    if has_no_messages(writing):
        tell(_messages(answer.sections if isinstance(answer, ContactsReport) else [answer]))
    tell(head.notices)
    words = [*words, "--with-logs"] if writing.with_logs else words
    show(answer, writing, command=report_command(query, words, head.range))
    return answer


def require_fresh(answer: Head | Check, max_age: MaxAge | None) -> None:
    """Raise OutdatedProblem where the data of the answer is older than allowed, or there is none."""
    if max_age is None:
        return
    limit = f"--max-age is {max_age.text}: load newer events"
    if answer.data_through is None:
        raise OutdatedProblem(f"there is no event for this report, and {limit}")
    age = answer.now - answer.data_through
    if age > max_age.age:
        newest = said_moment(answer.data_through, answer.range.zone)
        raise OutdatedProblem(
            f"the newest event for this report is from {newest}, {said_age(age)} ago, and {limit}"
        )


def _messages(parts: Sequence[Section]) -> Iterator[Notice]:
    """Yield the messages of sections without data, each once, after the titles if there are several."""
    titles: dict[str, list[str]] = {}
    for part in parts:
        if part.head.message is not None:
            titles.setdefault(part.head.message, []).append(title(part))
    for message, names in titles.items():
        yield Notice(message if len(parts) == 1 else f"{listed(names)}: {message}")
