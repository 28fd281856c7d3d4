"""What the store holds before a load, and what the load takes from files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from contactrep.duck import Error, first_line
from contactrep.errors import StoreProblem
from contactrep.events import field_folders
from contactrep.read import LoadOptions
from contactrep.read.bench import Bench
from contactrep.read.sources import Source
from contactrep.store.layout import LAYOUT, check
from contactrep.store.replacing import exists
from contactrep.store.summary import FileSummary
from contactrep.zones import find_zone

CATALOG: Final = "held"
"""The name under which the store is attached while files are read: read-only, so that no report must wait."""


@dataclass(frozen=True)
class Held:
    """The store before a load: `catalog` is None if there is none yet.

    `zone` is that of its naive times; it is `unsettled`, and may still change, as long as there is no event.
    `known` has what was read of each fingerprint, `rejects` how many there are by origin.
    """

    catalog: str | None
    layout: int
    zone: ZoneInfo
    unsettled: bool
    known: Mapping[str, FileSummary] = field(default_factory=dict)
    rejects: Mapping[str, int] = field(default_factory=dict)

    def has_rejects_of(self, source: Source, before: FileSummary) -> bool:
        """Whether the rejects kept for this path are those of the content read `before`.

        Another content may have been at the same path since; then it must be read again for its rejects.
        """
        kept = self.rejects.get(source.origin, 0)
        return kept == before.rejected or (kept == 0 and before.path != source.label)


@dataclass(frozen=True)
class Taken:
    """One file of a load: `fresh` if its records are staged, else its content is known already."""

    position: int
    source: Source
    fingerprint: str
    summary: FileSummary
    fresh: bool


def fingerprint(digest: str, options: LoadOptions, source: Source) -> str:
    """What tells that the bytes of this digest were loaded with the same meaning before (hex).

    The same bytes in another folder may be other events: `channel=LINE` is not `channel=WhatsApp`.
    """
    folders = sorted(field_folders(source.folders, options.mapping).items())
    meaning = f"{digest} {options.meaning}{folders or ''}"
    return hashlib.sha256(meaning.encode("utf-8", "surrogatepass")).hexdigest()


def hold(work: Bench, store: Path, zone: ZoneInfo | None, requested_zone: str | None) -> Held:
    """Attach the store read-only and look at what a load must know; StoreProblem if none may go there.

    `zone` is what a store without events gets, None to leave it.
    """
    if not exists(store):
        return Held(None, LAYOUT, zone or ZoneInfo("UTC"), unsettled=True)
    try:
        work.run(f"ATTACH $path AS {CATALOG} (READ_ONLY)", {"path": str(store)})
    except Error as error:
        raise StoreProblem(
            f"{store} cannot be opened as a store ({first_line(error)}): see --store"
        ) from None
    workspace = check(work, store, catalog=CATALOG)
    settled = find_zone(workspace.timezone)
    if not work.value(f"SELECT EXISTS (FROM {CATALOG}.events)"):
        # Files are known even so where every event of theirs was forgotten.
        return Held(
            CATALOG,
            workspace.layout,
            zone or settled,
            unsettled=True,
            known=_known(work),
            rejects=_rejects(work),
        )
    if requested_zone not in (None, workspace.timezone):
        raise StoreProblem(
            f"the times in {store} are kept for {workspace.timezone}, not {requested_zone}:"
            " leave --timezone out, or say --input-timezone for the files' own zone"
        )
    return Held(
        CATALOG, workspace.layout, settled, unsettled=False, known=_known(work), rejects=_rejects(work)
    )


def _known(work: Bench) -> dict[str, FileSummary]:
    rows = work.run(
        f"""
        SELECT fingerprint, path, read, rejected, ambiguous_times, missing_times, unknown_sources
        FROM {CATALOG}.files WHERE fingerprint IS NOT NULL
        """
    )
    return {
        mark: FileSummary(path, read, 0, read - rejected, rejected, twice, never, json.loads(sources))
        for mark, path, read, rejected, twice, never, sources in rows
    }


def _rejects(work: Bench) -> dict[str, int]:
    return dict(work.run(f"SELECT origin, count(*) FROM {CATALOG}.rejects GROUP BY origin"))
