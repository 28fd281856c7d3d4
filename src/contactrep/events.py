"""The domain: what an event is, which sources are standard, and what files may call the fields of an event.

Everything here is a pure value. An event has a kind, an instant and a contact, and may have a name, a
channel, a source and a user. A merge may also have the id of the contact that went away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ADDED, CONNECTED, DELETED, MERGED = KINDS = ("added", "connected", "deleted", "merged")
"""The kinds of events, in the order in which every report names them."""

ALL_EVENTS = "events"
"""What `export` calls the events of all kinds."""

MOST_LOG_ROWS = 10_000
"""A log shows no more rows than this, as the hosted report's tables do; `export` has no such end."""

USER_SOURCE = "User"

KNOWN_SOURCES = (
    USER_SOURCE,
    "Contact Import",
    "Developer API",
    "Incoming Message",
    "Echo Message",
    "Zapier",
    "Broadcast",
)
"""The sources with one spelling of their own; any other source is kept as a file writes it."""

COLUMNS = (
    *("timestamp", "event", "contact_id", "merged_contact_id"),
    *("contact_name", "channel", "source", "user_id", "user_name"),
)
"""The canonical columns of an event, in the order in which exports write them. Only merges have a
merged_contact_id."""

UNKNOWN = "Unknown"
"""How a null source or channel is shown, and the filter value that matches null."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet would run; CSV output puts `'` before it."""

HARMLESS_START = r"[+-][0-9 .()-]+|[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?"
"""A regular expression of texts that begin so and are only phone numbers and numbers (a full match)."""

_STARTS = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
FORMULA_SQL = f"""CASE WHEN unicode({{0}}) IN ({_STARTS})
            THEN NOT regexp_full_match({{0}}, '{HARMLESS_START}') ELSE false END"""
"""SQL for whether a spreadsheet would run the text `{0}`. CASE looks at the rest of few texts, AND of all."""

PRIMARY_CONTACT_ID = "Primary Contact ID"
"""The hosted merge log's name for contact_id; without an event column it makes a file's rows merges."""

MERGED_CONTACT_ID = "Merged Contact ID"
"""The merge log's title for merged_contact_id."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "timestamp": ("Activity Time", "Date", "Datetime", "Created At", "Time"),
    "event": ("Activity", "Activity Type", "Event Type", "Type"),
    "contact_id": (PRIMARY_CONTACT_ID,),
    "merged_contact_id": ("Merged Contact IDs",),
    "contact_name": ("Name",),
    "user_name": ("User", "Performed By"),
}
"""Other names for a field. `Username` is no alias: without its underscore it is `user_name` itself."""


INVISIBLE = (
    r"\x00-\x1f\x7f-\xa0\xad"
    + "\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
"""Every space but the plain one, every control character, and every character of no width (joiners, marks of
direction, variation selectors, fillers), as a class of a regular expression without its brackets.

Written out, for RE2 and Python name such classes differently.
"""

_IGNORED = re.compile(f"[ _{INVISIBLE}-]")


def match_key(text: str) -> str:
    """`text` as headers, sources and names of ranges are compared: no case, no spaces of any kind, no `_`, no
    `-`, and nothing invisible, such as the mark that Excel may leave within a line of headers."""
    return _IGNORED.sub("", text.casefold())


def is_storable(text: str) -> bool:
    """Whether a store can have `text`: not one with lone surrogates, which bytes that are no UTF-8 become."""
    return text.isascii() or not re.search("[\ud800-\udfff]", text)


SOURCE_BY_KEY = {match_key(source): source for source in KNOWN_SOURCES}
"""The spellings of the known sources, as `match_key` leaves them: files, filters and conditions use them."""

KIND_BY_KEY = {match_key(kind): kind for kind in KINDS}
"""The same of the kinds."""


def known_source(text: str) -> str | None:
    """The one spelling of a known source however it is written (`incoming_message`), else None."""
    return SOURCE_BY_KEY.get(match_key(text))


def source_key(text: str) -> str:
    """What is equal for all spellings of a source, be it known or not."""
    return match_key(known_source(text) or text)


def known_kind(text: str) -> str | None:
    """The event kind that `text` names, matched like headers, else None."""
    return KIND_BY_KEY.get(match_key(text))
