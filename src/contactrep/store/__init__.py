"""The store: one DuckDB file, written by nobody else, replaced whole by every change.

A report that is open keeps the file it opened; the next one opens the new file. So nobody waits for a
load, and a load that dies leaves the store as it was.
"""

from contactrep.store.layout import LAYOUT, Workspace, check
from contactrep.store.loading import load
from contactrep.store.summary import FileSummary, LoadSummary, Progress

__all__ = ["LAYOUT", "FileSummary", "LoadSummary", "Progress", "Workspace", "check", "load"]
