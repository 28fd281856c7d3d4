"""What a command that changed a store says, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from contactrep.errors import listed
from contactrep.phrases import counted
from contactrep.summary import (
    FileSummary,
    ForgetSummary,
    ForgetUndoSummary,
    LoadSummary,
    Summary,
    UnloadSummary,
    UsersSummary,
)


def sentences(summary: Summary) -> Iterator[str]:
    """What the command did, one sentence per line."""
    match summary:
        case LoadSummary():
            yield from _load(summary)
        case UnloadSummary():
            files = listed([file.path for file in summary.files])
            events, rejects = counted(summary.events, "event"), counted(summary.rejects, "reject")
            yield f"Removed load {summary.load} ({files}): {events}, {rejects}"
        case ForgetSummary():
            yield f"Removed {contact_counts(summary)} of contact {summary.contact_id} from {summary.store}"
        case ForgetUndoSummary():
            yield f"Later loads into {summary.store} take contact {summary.contact_id} again"
        case UsersSummary():
            yield f"{summary.file}: {counted(summary.users, 'user')} in the directory"
        case _:
            assert_never(summary)


def contact_counts(found: ForgetSummary) -> str:
    """How much there is of a contact: `3 events and 1 reject`."""
    return f"{counted(found.events, 'event')} and {counted(found.rejects, 'reject')}"


def _load(summary: LoadSummary) -> Iterator[str]:
    """The account of each file, their sum, and the store."""
    for file in summary.files:
        yield f"{file.path}: {_account(file)}"
    if len(summary.files) > 1:
        yield f"{len(summary.files):,} files: {_account(summary)}"
    if summary.dry_run:
        yield "Dry run: nothing was loaded"
        return
    origin = f" ({summary.zone_origin})" if summary.created and summary.zone_origin else ""
    zone = f"time zone {summary.timezone}{origin}"
    if summary.load is not None:
        yield f"Load {summary.load} into {summary.store}, {zone}"
    elif summary.created or any(file.reasons for file in summary.files):  # their rejects may be new
        yield f"No new events in {summary.store}, {zone}"
    else:
        yield f"No new events; {summary.store} unchanged, {zone}"


def _account(of: FileSummary | LoadSummary) -> str:
    skipped = f" + {of.skipped:,} skipped" if of.skipped else ""
    return (
        f"{of.read:,} read = {of.loaded:,} loaded"
        f" + {of.duplicate:,} duplicate + {of.rejected:,} rejected{skipped}"
    )
