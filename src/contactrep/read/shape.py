"""What the beginning of a JSON file tells of its shape: an object per line, or a document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from contactrep.read.broken import is_cut
from contactrep.read.sources import PACKED

_NAMES = tuple(suffix + packed for suffix in (".jsonl", ".ndjson", ".json") for packed in ("", *PACKED))
_JSON = re.compile(r"\s*(?:\{|\[\s*[{\]])")
_ARRAY = re.compile(r"\[\s*[\[{\]]")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[\[\]{}]', re.DOTALL)
_KEY = re.compile(r"[^.\[\]]+")
_SPACE = re.compile(r"[ \t\n\r]*")
_MOST_STEPS = 4


def is_json(name: str, head: str) -> bool:
    """Whether a file is JSON, by its name, else by its first text: no header begins with a brace, or a
    bracket and a brace."""
    return name.lower().endswith(_NAMES) or bool(_JSON.match(head))


def is_document(head: str) -> bool:
    """Whether the JSON text that begins so is a document rather than one object per line: an array, an object
    over several lines, or several objects on a line."""
    head = (head if "\n" in head else head.replace("\r", "\n")).lstrip()
    if head.startswith("["):
        return _is_array(head) or _goes_on_later(head)
    return head.startswith("{") and (_goes_on(head) or _goes_on_later(head))


def _is_array(head: str) -> bool:
    """Whether the text is an array, rather than lines of which the first is a bad one."""
    end = _end_of_value(head)
    if end is None:
        return bool(_ARRAY.match(head))
    return "\n" in head[:end] or head[end:].lstrip()[:1] in ("", "[")


def _goes_on(head: str) -> bool:
    """Whether the first object goes on after its line, or another one follows on it; an object that is cut or
    broken does so where its next line begins like one of an object over several lines."""
    end = _end_of_value(head)
    if end is not None:
        return "\n" in head[:end] or head[end:].lstrip(" \t\r")[:1] in ("{", "[")
    first, _, rest = head.partition("\n")
    begun = '"}{[' if first.rstrip().endswith("[") else '"}'
    return first.rstrip().endswith(("{", ",", "[")) and rest.lstrip()[:1] in set(begun)


def _goes_on_later(head: str) -> bool:
    """Whether some value goes on after its line, and none is broken, except that the last one may be cut."""
    if head.count("\n") == head.count("}\n") + head.count("}\r\n"):  # each line ends like an object
        return False
    parse, place, goes_on = json.JSONDecoder().raw_decode, 0, False
    try:
        while place < len(head):
            end = parse(head, place)[1]
            goes_on = goes_on or "\n" in head[place:end]
            place = _SPACE.match(head, end).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError) as error:
        return goes_on and isinstance(error, json.JSONDecodeError) and is_cut(error)
    return goes_on


def _end_of_value(text: str) -> int | None:
    """Where the JSON value ends with which a text begins; None if it is cut or broken."""
    try:
        return json.JSONDecoder().raw_decode(text)[1]
    except (ValueError, RecursionError):
        return None


def arrays_of_objects(head: str) -> list[str]:
    """The paths to arrays of objects in the first object of a text, which may be cut, as `--records` takes
    them; the shortest first."""
    return sorted(dict.fromkeys(_arrays(head)), key=lambda path: (path.count("."), len(path)))


def has_key(head: str, path: str) -> bool:
    """Whether the first object of a text, which may be cut, has the key with which a path begins."""
    first = _KEY.match(path)
    depth = 0
    for token in _TOKEN.finditer(head):
        depth += token[0] == "{"
        depth -= token[0] == "}"
        if depth == 1 and token[2] and first and token[1] == first[0]:
            return True
        if token[0] == "}" and not depth:
            break
    return False


def _arrays(head: str) -> Iterator[str]:
    stack: list[tuple[str, str]] = []  # the open brackets and braces, each with the key before it
    key = ""
    for token in _TOKEN.finditer(head):
        text = token[0]
        if text in ("{", "["):
            if text == "{" and stack and stack[-1][0] == "[":
                names = [name for kind, name in stack if kind == "["]
                path = [name for _, name in stack[1:]]
                if len(names) == 1 and len(path) <= _MOST_STEPS and all(map(_KEY.fullmatch, path)):
                    yield ".".join(path)
            stack.append((text, key))
        elif text in ("}", "]"):
            del stack[-1:]
            if not stack:
                return
        key = token[1] if token[2] else ""
