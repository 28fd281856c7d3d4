"""Sample data: invented events of an invented workspace, as one SQL query over `range(N)`.

The query rolls seeded dice, so the same arguments give the same events on every machine.
"""

from contactrep.demo.names import sample_users
from contactrep.demo.query import DAYS, sample_events, saved_events

__all__ = ["DAYS", "sample_events", "sample_users", "saved_events"]
