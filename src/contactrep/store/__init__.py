"""The store: one DuckDB file, written by nobody else, replaced whole by every change.

A report that is open keeps the file it opened; the next one opens the new file. So nobody waits for a
load, and a load that dies leaves the store as it was.
"""

from typing import TYPE_CHECKING, Any

from contactrep.store.layout import LAYOUT, Workspace, check
from contactrep.store.summary import FileSummary, LoadSummary, Progress

if TYPE_CHECKING:
    from contactrep.store.loading import load
    from contactrep.store.users import replace_users

__all__ = [
    "LAYOUT",
    "FileSummary",
    "LoadSummary",
    "Progress",
    "Workspace",
    "check",
    "load",
    "replace_users",
]


def __getattr__(name: str) -> Any:
    """Import what writes when it is asked for: a report, which only checks, is 30 ms quicker without."""
    if name == "load":
        from contactrep.store.loading import load

        return load
    if name == "replace_users":
        from contactrep.store.users import replace_users

        return replace_users
    raise AttributeError(name)
