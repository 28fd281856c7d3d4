"""The store: one DuckDB file, written by nobody else, replaced whole by every change.

A report that is open keeps the file it opened; the next one opens the new file. So nobody waits for a
load, and a load that dies leaves the store as it was.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from contactrep.store.layout import LAYOUT, Workspace, check

if TYPE_CHECKING:
    from contactrep.store.forgetting import forget, look_for, stop_forgetting
    from contactrep.store.loading import load
    from contactrep.store.refusing import USUAL_LIMIT, RejectLimit
    from contactrep.store.unloading import unload
    from contactrep.store.users import replace_users

__all__ = [
    "LAYOUT",
    "USUAL_LIMIT",
    "RejectLimit",
    "Workspace",
    "check",
    "forget",
    "load",
    "look_for",
    "replace_users",
    "stop_forgetting",
    "unload",
]

_WRITERS = {
    "forget": "forgetting",
    "load": "loading",
    "look_for": "forgetting",
    "replace_users": "users",
    "stop_forgetting": "forgetting",
    "unload": "unloading",
    "RejectLimit": "refusing",
    "USUAL_LIMIT": "refusing",
}
"""What only a change of the store needs, by the module that has it."""


def __getattr__(name: str) -> Any:
    """Import what writes when it is asked for: a report, which only checks, is 30 ms quicker without."""
    if name in _WRITERS:
        return getattr(import_module(f"contactrep.store.{_WRITERS[name]}"), name)
    raise AttributeError(name)
