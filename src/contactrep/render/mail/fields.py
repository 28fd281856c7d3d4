"""Header fields in ASCII, folded (RFC 5322, RFC 2047).

`EmailMessage` folds them too, but loses spaces between words that it encodes one by one.
"""

from __future__ import annotations

from email.header import Header
from email.headerregistry import Address

FOLD = "\n "
_LONGEST = 60
"""Characters of a text that stays as it is; a longer one could make a line too long."""


def field(name: str, text: str) -> str:
    """The line or lines of a field whose value is text of one line."""
    return f"{name}: {_encoded(text, len(name) + 2)}\n"


def written(address: Address) -> str:
    """An address with its display name."""
    name = address.display_name
    if _is_plain(name):
        return str(address)
    return f"{_encoded(name, 10)}{FOLD}<{address.addr_spec}>"


def _encoded(text: str, before: int) -> str:
    """The text, whose first line has `before` characters in front."""
    if _is_plain(text):
        return text
    return Header(text, "utf-8", maxlinelen=76, header_name="x" * (before - 2)).encode()


def _is_plain(text: str) -> bool:
    return text.isascii() and len(text) <= _LONGEST and text.strip() == text and "=?" not in text
