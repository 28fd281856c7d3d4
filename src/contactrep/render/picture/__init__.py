"""A report as a picture for a slide, in SVG; `png` draws the same picture as PNG."""

from __future__ import annotations

from collections.abc import Iterator

from contactrep.document import document
from contactrep.render.look import Look
from contactrep.render.outline import outline
from contactrep.render.picture.slide import slide_of
from contactrep.report import Answer


def write(answer: Answer, _: Look) -> Iterator[str]:
    """The picture of an overview, a breakdown or a whole report. It has no logs."""
    yield slide_of(outline(document(answer, prose=True, logs=False)))
