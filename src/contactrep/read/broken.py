"""What is wrong with broken JSON, in plain words instead of those of Python's parser."""

from __future__ import annotations

import json
import re
from typing import Final

_SEEN: Final = 100  # characters before and after the place

_FAULTS: Final = (
    ("Illegal trailing comma", r"", "a comma before a closing bracket"),  # Python 3.13 and later
    ("Expecting ", r",\s*\0\s*[}\]]", "a comma before a closing bracket"),
    ("Expecting ", r"\0\s*\Z", "it ends too early"),
    ("Expecting ", r"\0(?://|/\*|#)", "JSON has no comments"),
    ("Expecting ", r"\0'", "single quotes instead of double quotes"),
    ("Expecting property name", r"\0,", "a comma too many"),
    ("Expecting property name", r"[0-9],\0[0-9]+\s*[,}]", "a comma within a number"),
    ("Expecting property name", r"", "a key without double quotes"),
    ("Expecting ':'", r"", "no colon after a key"),
    ("Expecting ','", r"(?<![\w.])-?0\0[0-9]", "a number that begins with 0, which needs double quotes"),
    ("Expecting ','", r'[0-9]\0[^\s,"{}\[\]]', "a value that is no number and has no double quotes"),
    ("Expecting ','", r"\0[}\]]", "a closing bracket that does not fit"),
    ("Expecting value", r"[}\]]\s*\0[}\]]", "a closing bracket that does not fit"),
    ("Expecting ','", r'"\0', "no comma, or a double quote in a text that needs a backslash before it"),
    ("Expecting ','", r"", "no comma between two values"),
    ("Expecting value", r"\0([^\s,:{}\[\]\"]{1,20})", "'{}' is not a JSON value"),
    ("Expecting value", r"\0(.)", "'{}' where a value is expected"),
    ("Extra data", r"", "more text after its end"),
    ("Unterminated string", r"", "a text without a closing quote"),
    ("Invalid control character", r"", "a tab, line break or other control character in a text"),
    (r"Invalid \u", r"", r"\u without four hexadecimal digits"),
    (r"Invalid \e", r"", r"a backslash that needs another one before it"),
)
"""What Python's message begins with, a pattern for the text around the place (`\\0`), and what is said then;
the first that fits."""

_CUT: Final = 16  # characters before the end of a text within which an error may be for want of more text


def is_cut(error: json.JSONDecodeError) -> bool:
    """Whether Python's parser may have stopped because the text is cut."""
    return error.msg.startswith("Unterminated") or error.pos >= len(error.doc) - _CUT


def fault(message: str, text: str, place: int) -> str:
    """What is wrong with JSON text at a place, where Python's parser has stopped with a message."""
    parts = text[max(place - _SEEN, 0) : place], text[place : place + _SEEN]
    around = "\0".join(part.replace("\0", " ") for part in parts)
    for begins, pattern, said in _FAULTS:
        if message.startswith(begins) and (found := re.search(pattern, around)):
            return said.format(*found.groups())
    return message
