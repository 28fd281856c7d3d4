"""Write a report, or the summary of a load, as bytes in one of `formats`. Pure.

No writer reads the clock or the environment, or asks whether stdout is a terminal: `Look` tells how the
page is to look. A format is imported when it is asked for, so that JSON never loads a terminal's colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from contactrep.render.formats import BY_NAME
from contactrep.render.look import Colour, Look

if TYPE_CHECKING:
    from contactrep.report import Answer

__all__ = ["Colour", "Look", "render"]

_ANYWHERE = Look()


def render(answer: Answer, format: str, *, look: Look = _ANYWHERE) -> Iterator[bytes]:  # noqa: A002 - `--format`; frozen
    """The report or summary in a format, by its name in `formats`, in chunks.

    Text is UTF-8 and ends in a newline. Raises OutputProblem where a needed extra is not installed.
    """
    write = BY_NAME[format].writer()
    return (chunk if isinstance(chunk, bytes) else chunk.encode() for chunk in write(answer, look))
