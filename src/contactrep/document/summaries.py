"""What a command that changed a store says, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from contactrep import summary
from contactrep.errors import counted, listed


def sentences(done: summary.Summary) -> Iterator[str]:
    """What the command did, one sentence per line."""
    match done:
        case summary.LoadSummary():
            yield from _load(done)
        case summary.UnloadSummary():
            files = listed([file.path for file in done.files])
            events, rejects = counted(done.events, "event"), counted(done.rejects, "reject")
            yield f"Removed load {done.load} ({files}): {events}, {rejects}"
        case summary.ForgetSummary():
            yield f"Removed {contact_counts(done)} of contact {done.contact_id} from {done.store}"
        case summary.ForgetUndoSummary():
            yield f"Later loads into {done.store} take contact {done.contact_id} again"
        case summary.UsersSummary():
            yield f"{done.file}: {counted(done.users, 'user')} in the directory"
        case _:
            assert_never(done)


def contact_counts(found: summary.ForgetSummary) -> str:
    """How much there is of a contact: `3 events and 1 reject`."""
    if not found.events and not found.rejects:  # all its events were undone
        return "the entries in snapshots"
    return f"{counted(found.events, 'event')} and {counted(found.rejects, 'reject')}"


def _load(done: summary.LoadSummary) -> Iterator[str]:
    """The account of each file, their sum, and the store."""
    for file in done.files:
        yield f"{file.path}: {_account(file)}"
    if len(done.files) > 1:
        yield f"{len(done.files):,} files: {_account(done)}"
    if done.dry_run:
        yield "Dry run: nothing was loaded"
        return
    origin = f" ({done.zone_origin})" if done.created and done.zone_origin else ""
    zone = f"time zone {done.timezone}{origin}"
    if done.load is not None:
        yield f"Load {done.load} into {done.store}, {zone}"
    elif done.created or any(file.reasons for file in done.files):  # their rejects may be new
        yield f"No new events in {done.store}, {zone}"
    else:
        yield f"No new events; {done.store} unchanged, {zone}"


def _account(of: summary.FileSummary | summary.LoadSummary) -> str:
    skipped = f" + {of.skipped:,} skipped" if of.skipped else ""
    return (
        f"{of.read:,} read = {of.loaded:,} loaded"
        f" + {of.duplicate:,} duplicate + {of.rejected:,} rejected{skipped}"
    )
