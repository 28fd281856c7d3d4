"""The templates of pages and mails, with our words for figures as filters."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from contactrep.phrases import capitalised, change, number
from contactrep.render.geometry.axis import axis_number
from contactrep.render.palette import tone_of
from contactrep.render.text import legible, visible


def template(package: str, name: str) -> Template:
    """The template of that name in a package. It escapes texts for HTML."""
    environment = Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "axis_number": axis_number,
        "capitalised": capitalised,
        "change": change,
        "legible": legible,
        "number": number,
        "per_cent": per_cent,
        "tenths": tenths,
        "tone": tone_of,
        "visible": visible,
    }
    return environment.get_template(name)


def per_cent(fraction: float) -> str:
    """`12.5%`, to a hundredth."""
    return f"{round(fraction * 100, 2):g}%"


def tenths(length: float) -> str:
    """`12.5`, to a tenth."""
    return f"{round(length, 1):g}"
