"""Contacts reports for a messaging workspace, from event logs.

`contactrep` is a command; `contactrep.open` gives the same reports to Python (see docs/python.md).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from contactrep.errors import ContactrepError
    from contactrep.read.mapping import Mapping
    from contactrep.workspace import Workspace, arrow, dicts

PROGRAM = "contactrep"
__version__ = "0.1.0"
__all__ = ["ContactrepError", "Mapping", "Workspace", "arrow", "dicts", "open"]

_MODULES = {
    "ContactrepError": "errors",
    "Mapping": "read.mapping",
    "Workspace": "workspace",
    "arrow": "workspace",
    "dicts": "workspace",
}


def __getattr__(name: str) -> Any:
    """Import a name at its first use, so that importing contactrep takes no time."""
    if name in _MODULES:
        return getattr(import_module(f"contactrep.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'contactrep' has no attribute '{name}'")


def open(  # noqa: A001 - the word for it, as in gzip and wave
    store: str | Path | None = None,
    *,
    files: str | Path | Sequence[str | Path] | None = None,
    mapping: Mapping | None = None,
    timezone: str = "UTC",
    now: datetime | None = None,
    memory_limit: str | None = None,
    users: str | Path | None = None,
) -> Workspace:
    """Return the events of a store, or of files, to report on: a context manager.

        with contactrep.open("contacts.duckdb") as workspace:
            workspace.load("events.csv")
            print(workspace.overview(range="2026-10").added.count)

    Args:
        store: the store file, which `load` creates, or the address of a table on a cluster (`sc://…`, see
            docs/cluster.md). Default: the usual one of the command line. The config and the CONTACTREP_
            variables are not read.
        files: report on these files, folders or globs instead, without storing anything.
        mapping: how to read `files`, or the table.
        timezone: IANA name of the time zone of `files`, of a table, or of a new store.
        now: the instant to take for now (aware). Default: the time of this call.
        memory_limit: of each load or report, such as `1GB`; beyond it temporary files are used. Default: a
            quarter of the memory, at least 1GB.
        users: a file with the user names (columns id and name) of a table on a cluster.

    Raises:
        UsageProblem: `timezone` is unknown; `now` is not a datetime with a time zone; `memory_limit` is not
            a size, or less than 160MB; there are no `files`; or both a store and files are given.
        ConfigProblem: `store` is None, and the user has no home folder.
    """
    from collections.abc import Iterable
    from datetime import UTC, datetime
    from pathlib import Path

    from contactrep.cluster import ClusterTable
    from contactrep.errors import UsageProblem
    from contactrep.memory import HINT, is_memory
    from contactrep.opening import Cluster, Files, Source
    from contactrep.places import usual_store
    from contactrep.read.mapping import Mapping, require_mapping
    from contactrep.workspace import Workspace
    from contactrep.zones import find_zone

    if now is not None and (not isinstance(now, datetime) or now.tzinfo is None):
        raise UsageProblem(f"now is {now}, not a datetime with a time zone: use datetime.now(UTC)")
    if not isinstance(store, str | Path | None):
        raise UsageProblem(f"store is {store!r}: name a file")
    moment = now or datetime.now(UTC)
    zone = find_zone(timezone, moment)
    if store is not None and files is not None:
        raise UsageProblem("open a store or files, not both")
    if memory_limit is not None and not is_memory(str(memory_limit)):
        raise UsageProblem(f"memory_limit is {memory_limit}: {HINT}")
    if mapping is not None:
        require_mapping(mapping)
    source: Source
    if files is not None:
        given = [files] if isinstance(files, str | Path) else files
        paths = list(given) if isinstance(given, Iterable) else []
        if not paths or not all(isinstance(path, str | Path) for path in paths):
            raise UsageProblem(f"files is {files!r}: name a file, a folder or a glob, or a list of them")
        source = Files([str(path) for path in paths], mapping or Mapping(), zone, moment)
    elif isinstance(store, str) and (table := ClusterTable.of(store)):
        directory = Path(users) if users is not None else None
        source = Cluster(table, mapping or Mapping(), zone, directory)
    else:
        # The program may go to another folder before the store is opened, or opened again.
        source = Path(store).absolute() if store is not None else usual_store()[0]
    return Workspace(source, now=moment, zone=zone, memory_limit=memory_limit)
