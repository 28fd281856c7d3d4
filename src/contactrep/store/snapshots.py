"""Snapshots: loads whose files are all the contacts that a system has at a moment.

A contact that the store does not have is added at the time of its record. A contact of the previous snapshot
that is missing now is deleted at the time of the new one, unless the store already has its deletion or merge.
A contact that comes back is added again: at the time of its record if that is later than its deletion (of
several, the first such), else at the time of the snapshot. So if all events of contacts come from snapshots,
the added contacts without the deleted ones are those of the last snapshot. A log that tells later of a
deletion or an addition at the time of a snapshot repeats it.

The store keeps the differences between each snapshot and the previous one. So after a snapshot is undone, the
next one is compared with the one before it. The snapshots of each profile are a series of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from contactrep.duck import Relation, Session
from contactrep.errors import InputProblem, UsageProblem, counted
from contactrep.events import ADDED, DELETED, MERGED
from contactrep.identity import CONTACT, MERGED_CONTACT
from contactrep.read.mapping import Mapping
from contactrep.read.relations import GOOD, LATE
from contactrep.read.sources import Source
from contactrep.read.timestamps import FIRST, LAST
from contactrep.store.layout import CATALOG
from contactrep.store.refusing import RejectLimit, placed
from contactrep.store.state import ContentKey, FileResult, StoreState
from contactrep.summary import FileSummary
from contactrep.zones import to_instant

CHANGES: Final = "changes since the last snapshot"
"""The name, in place of a file, of the events that no record gives."""

SOURCE: Final = "Snapshot"
"""The source of these events."""


@dataclass(frozen=True)
class Snapshot:
    """That the files of a load are the contacts of a system, called `profile`, at a moment.

    A naive `at` is in the store's zone; None: when the newest of the files was last modified.
    """

    profile: str = ""
    at: datetime | None = None

    def taken_at(self, files: Sequence[Source], zone: ZoneInfo) -> datetime:
        """The moment (naive, UTC) of a snapshot in these files; UsageProblem outside the years of events."""
        at = self.at
        if at is None:
            at = max(modified for source in files if (modified := source.modified))
        with suppress(OverflowError):
            moment = (at.astimezone(UTC) if at.tzinfo else to_instant(at, zone)).replace(tzinfo=None)
            if FIRST <= moment.isoformat() < LAST:
                return moment
        raise UsageProblem(
            f"the snapshot's time {at} is outside the years 2 to 9998: give the right time with --at"
        )

    def check(self, files: Sequence[Source]) -> None:
        """Raise UsageProblem where the moment is unknown."""
        if self.at is None and any(source.is_stream or not source.modified for source in files):
            raise UsageProblem("the time of this snapshot is unknown: give it with --at")


def of_contacts(mapping: Mapping) -> Mapping:
    """The mapping of records that are contacts: without another rule, each is an added contact."""
    if mapping.kinds or mapping.has_event:
        return mapping
    return replace(mapping, event=mapping.event or ADDED, map={**mapping.map, "event": ""})


PREVIOUS: Final = Relation("previous", "contact, contact_id")
"""The contacts of the last snapshot."""

PRESENT: Final = Relation("present", "contact, contact_id, contact_name, created")
"""The contacts of this snapshot, with the time of their latest record."""

STANDING: Final = Relation("standing", "contact, added, added_before, gone, contact_name")
"""The contacts of PREVIOUS and of this load that the store knows: when each was last added, last added up to
the moment of this snapshot, and last deleted or merged into another."""

_IS_GONE: Final = "(gone IS NOT NULL AND (added IS NULL OR gone >= added))"

# A full export may say of a contact that it was deleted: then it is not there any more.
_CALLED_DELETED: Final = f"(SELECT {CONTACT} FROM {GOOD} WHERE event = '{DELETED}')"

_CHANGED: Final = f"""
    SELECT contact_id, true AS present FROM {PRESENT} ANTI JOIN {PREVIOUS} USING (contact)
    UNION ALL SELECT contact_id, false FROM {PREVIOUS} ANTI JOIN {PRESENT} USING (contact)
    """


class Comparison:
    """What the snapshot in the files of a load changes of the contacts that the store has."""

    def __init__(
        self, session: Session, state: StoreState, snapshot: Snapshot, files: Sequence[Source], now: datetime
    ) -> None:
        self._session = session
        self._state = state
        self._profile = snapshot.profile
        self._at = snapshot.taken_at(files, state.zone)
        self._is_future = self._at > now.replace(tzinfo=None)
        self._path = files[0].label
        self._file = len(files)
        self._missing = 0

    @property
    def moment(self) -> str:
        """The moment of the snapshot, in ISO 8601."""
        return _shown(self._at)

    def stage(self) -> list[FileResult]:
        """Stage the events that no record gives, once all files are staged; return their account, if any."""
        previous, present = self._previous(), self._present()
        standing = self._standing(previous)
        missing = f"""
            SELECT contact, contact_id, standing.contact_name
            FROM {previous} ANTI JOIN {present} USING (contact) LEFT JOIN {standing} USING (contact)
            WHERE contact NOT IN {_CALLED_DELETED}
                AND added IS NOT NULL AND (gone IS NULL OR gone < added_before)
            """
        returned = f"""
            SELECT contact, contact_id, coalesce(present.contact_name, standing.contact_name) AS contact_name
            FROM {present} JOIN {standing} USING (contact)
            WHERE {_IS_GONE} AND created <= gone AND gone < $at
            """
        self._missing = self._add(DELETED, missing)
        if not (count := self._missing + self._add(ADDED, returned, after=self._missing)):
            return []
        content = ContentKey(Source(CHANGES, None), "", "")
        summary = FileSummary(CHANGES, loaded=count, future=count if self._is_future else 0)
        return [FileResult(self._file, content, summary, fresh=True)]

    def _previous(self) -> Relation:
        if not self._state.exists:
            return self._session.make(PREVIOUS, f"SELECT contact_id, contact_id FROM {GOOD} WHERE false")
        sql = f"""
            SELECT {CONTACT} AS contact, arg_max(contact_id, load)
            FROM {CATALOG}.snapshot_contacts JOIN {CATALOG}.snapshots USING (load)
            WHERE profile = $profile GROUP BY contact HAVING arg_max(present, load)
            """
        return self._session.make(PREVIOUS, sql, {"profile": self._profile})

    def _present(self) -> Relation:
        sql = f"""
            SELECT {CONTACT} AS contact, contact_id, contact_name, max(ts) OVER (PARTITION BY contact)
            FROM {GOOD}
            WHERE event = '{ADDED}' AND {CONTACT} NOT IN {_CALLED_DELETED}
            QUALIFY row_number() OVER (PARTITION BY contact ORDER BY file, line, part) = 1
            """
        return self._session.make(PRESENT, sql)

    def _standing(self, previous: Relation) -> Relation:
        known = f"{CATALOG}.events" if self._state.exists else f"(FROM {GOOD} WHERE false)"
        sql = f"""
            SELECT contact, max(ts) FILTER (event = '{ADDED}'),
                max(ts) FILTER (event = '{ADDED}' AND ts <= $at), max(ts) FILTER (event <> '{ADDED}'),
                arg_max(contact_name, ts)
            FROM (
                SELECT {CONTACT} AS contact, event, ts, contact_name FROM {known} AS events
                WHERE event IN ('{ADDED}', '{DELETED}')
                UNION ALL
                SELECT {MERGED_CONTACT}, event, ts, NULL FROM {known} AS events WHERE event = '{MERGED}'
            )
            WHERE contact IN (
                SELECT {CONTACT} FROM {GOOD} WHERE event IN ('{ADDED}', '{DELETED}')
                UNION SELECT contact FROM {previous}
            )
            GROUP BY contact
            """
        return self._session.make(STANDING, sql, {"at": self._at})

    def _add(self, event: str, contacts: str, *, after: int = 0) -> int:
        """Add such an event, at the moment of the snapshot, of each contact (SQL); how many. The line of the
        first one comes `after` others."""
        sql = f"""
            INSERT INTO {LATE} BY NAME
            SELECT $file AS file, $after + row_number() OVER (ORDER BY contact) AS line, 0 AS part,
                $at::TIMESTAMP AS ts, '{event}' AS event, contact_id, contact_name, '{SOURCE}' AS source
            FROM ({contacts})
            """
        return int(self._session.value(sql, {"file": self._file, "at": self._at, "after": after}))

    def mark_known(self, repeated: Relation) -> None:
        """Add to the duplicates the records of what the store knows: a contact is not added or deleted again
        because its record has another time now.

        At most two records add a contact: the first up to its deletion, and the first after it. At most one
        record deletes it. A contact that is gone already is deleted only if a record adds it later.
        """
        sql = f"""
            INSERT INTO {repeated}
            SELECT file, line, part
            FROM (
                SELECT *, {CONTACT} AS contact FROM {GOOD} ANTI JOIN {repeated} USING (file, line, part)
                WHERE file < $file AND event IN ('{ADDED}', '{DELETED}')
            ) AS good
            LEFT JOIN {STANDING} USING (contact)
            QUALIFY row_number() OVER (
                PARTITION BY contact, event, event = '{ADDED}' AND ts <= gone ORDER BY file, line, part
            ) > 1 OR CASE event
                WHEN '{ADDED}' THEN added IS NOT NULL AND (NOT {_IS_GONE} OR ts <= gone)
                ELSE {_IS_GONE}
                    AND coalesce(max(ts) FILTER (event = '{ADDED}') OVER (PARTITION BY contact) <= gone, true)
            END
            """
        self._session.run(sql, {"file": self._file})

    @property
    def changes(self) -> bool:
        """Whether the contacts are others than those of the last snapshot."""
        return bool(self._session.value(f"SELECT EXISTS ({_CHANGED})"))

    @staticmethod
    def refuse_rejects(results: Sequence[FileResult]) -> None:
        """Raise InputProblem if a record is rejected, whose contact would count as missing; not where none is
        valid, which has another cause."""
        for one in (it.summary for it in results):
            if one.read > one.rejected > 0:
                raise InputProblem(
                    f"{one.path}: {placed(one.reasons[0])}; nothing was loaded, for contacts in invalid rows"
                    f" ({one.rejected:,}) would count as deleted: correct the file, or allow such rows with"
                    " --max-rejects"
                )

    def refuse(self, limit: RejectLimit) -> None:
        """Raise InputProblem if this snapshot is older than the last one, or lost more than `limit` of the
        contacts of that one."""
        if not self.changes:
            return
        load, last = self._last()
        # The last one itself may bring back what another load had that was undone.
        if last is not None and (self._at < last or (self._at == last and self._differs())):
            raise InputProblem(
                f"{self._path}: this snapshot is of {_shown(self._at)}, but load {load:,} is one of"
                f" {_shown(last)}: give the right time with --at, or load snapshots in order after"
                f" 'contactrep unload {load}'"
            )
        before = self._session.value(f"SELECT count(*) FROM {PREVIOUS}")
        if self._missing > limit.count and 100 * self._missing > limit.percent * before:
            raise InputProblem(
                f"{self._path}: {self._missing:,} of {counted(before, 'contact')} of the previous snapshot"
                f" {'is' if self._missing == 1 else 'are'} missing ({limit}): is it a full export?"
                " Nothing was loaded: allow more with --max-rejects"
            )

    def _differs(self) -> bool:
        """Whether this is another snapshot than the last one, of the same moment: that one had a contact that
        is missing here, or a contact of this one was deleted at that moment."""
        sql = f"""
            SELECT EXISTS (FROM {PREVIOUS} ANTI JOIN {PRESENT} USING (contact))
                OR EXISTS (FROM {PRESENT} JOIN {STANDING} USING (contact) WHERE {_IS_GONE} AND gone = $at)
            """
        return bool(self._session.value(sql, {"at": self._at}))

    def _last(self) -> tuple[int, datetime | None]:
        """The load of the latest snapshot of this profile and its moment; None without one."""
        if not self._state.exists:
            return 0, None
        rows = self._session.run(
            f"""
            SELECT load, "at" FROM {CATALOG}.snapshots WHERE profile = $profile
            ORDER BY "at" DESC, load DESC LIMIT 1
            """,
            {"profile": self._profile},
        )
        return rows[0] if rows else (0, None)

    def remember(self, load: int) -> None:
        """Note the changes in the store that is open as `store`, within its transaction."""
        self._session.run(
            "INSERT INTO store.snapshots VALUES ($load, $profile, $at)",
            {"load": load, "profile": self._profile, "at": self._at},
        )
        self._session.run(
            f"INSERT INTO store.snapshot_contacts SELECT $load, * FROM ({_CHANGED})", {"load": load}
        )


def mark_noticed(session: Session, state: StoreState, repeated: Relation) -> None:
    """Add to the duplicates the deletions and additions of a log that a snapshot of the store has noticed:
    the contact was missing in it, or was back, and nothing happened to the contact between the two."""
    if not state.exists or not session.value(f"SELECT EXISTS (FROM {CATALOG}.snapshots)"):
        return
    known, changes = f"{CATALOG}.events", f"event IN ('{ADDED}', '{DELETED}')"
    session.run(
        f"""
        INSERT INTO {repeated}
        SELECT file, line, part
        FROM (
            SELECT *, {CONTACT} AS contact FROM {GOOD} ANTI JOIN {repeated} USING (file, line, part)
            WHERE {changes} AND {CONTACT} IN (SELECT {CONTACT} FROM {known} WHERE source = '{SOURCE}')
        ) AS good
        JOIN (
            SELECT {CONTACT} AS contact, ts, event, coalesce(source, '') = '{SOURCE}' AS is_noticed
            FROM {known} WHERE {changes}
            UNION ALL SELECT {CONTACT}, ts, event, false FROM {GOOD} WHERE {changes}
        ) AS later ON good.contact = later.contact AND good.ts <= later.ts
        WHERE later.event <> good.event OR is_noticed
        GROUP BY file, line, part
        HAVING min({{'ts': later.ts, 'is_same': later.event = good.event}}).is_same
        """
    )


def _shown(at: datetime) -> str:
    return at.isoformat(timespec="auto") + "Z"
