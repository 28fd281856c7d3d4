"""Addresses of mail, as people type them."""

from __future__ import annotations

import re
from email.headerregistry import Address

from contactrep.errors import UsageProblem
from contactrep.render.text import visible

_NAMED = re.compile(r"(?P<name>.*?)\s*<(?P<address>[^<>]*)>")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SEVERAL = re.compile(r"\w@\w.*[,;<>]|[,;<>].*\w@\w|<[\w.+-]+>\s*[,;]")
"""In a display name without quotes: another recipient, whom a mail to one address would leave out."""
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


def mailbox(typed: str) -> Address:
    """One address: `ana@example.com`, `Ana Souza <ana@example.com>`, or `root` of this machine.

    Raises UsageProblem where it is none, or several; so no part of it can begin another header.
    """
    text = typed.strip()
    named = _NAMED.fullmatch(text)
    name, address = (named["name"], named["address"].strip()) if named else ("", text)
    local, at, domain = address.rpartition("@") if "@" in address else (address, "", "")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        domain = "?"
    known = _LOCAL.fullmatch(local) and (_DOMAIN.fullmatch(domain) if at else not domain)
    if not known or not text.isprintable() or (not _QUOTED.fullmatch(name) and _SEVERAL.search(name)):
        raise UsageProblem(
            f"'{visible(typed)}' is not an address: write ana@example.com or 'Ana Souza <ana@example.com>', "
            "each after an option of its own"
        )
    return Address(_unquoted(name), local, domain)


def _unquoted(name: str) -> str:
    """A display name without the quotes that a header would need."""
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if _QUOTED.fullmatch(name) else name


def subject_line(typed: str) -> str:
    """A subject as typed. Raises UsageProblem where it would end its line."""
    if not typed.isprintable():
        raise UsageProblem(f"the subject '{visible(typed)}' has a line break or another control character")
    return typed.strip()
