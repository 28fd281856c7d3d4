"""Documents as one HTML page that opens from disk and fetches nothing.

The page is whole without its script, which adds tooltips, toggles, sorting and search. A content security
policy with the hashes of the one style and the one script keeps anything else from running. `view` supplies
the content, the templates the layout.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files

from contactrep.document import document
from contactrep.render.brief import parts_left_out
from contactrep.render.geometry.axis import MOST_TICKS, ROUND
from contactrep.render.geometry.plot import GROUP, WIDEST
from contactrep.render.geometry.ring import arcs_of
from contactrep.render.look import Look
from contactrep.render.page.drawing import LOWEST, drawings_of, spark_of
from contactrep.render.page.tables import MOST_PARTS, SEARCHED, buckets_table, table_of
from contactrep.render.page.view import page_of
from contactrep.render.palette import INKS, METRIC_INKS, OTHER_INK, TONES
from contactrep.render.templates import template
from contactrep.report import Answer


def write(answer: Answer, look: Look) -> Iterator[str]:
    """The report as a page, in chunks."""
    made = document(answer, prose=True, logs=look.with_logs, command=look.command)
    style, script = _style(), _script()
    yield from template(__name__, "page.html.j2").generate(
        page=page_of(made),
        policy=_policy(style, script),
        style=style,
        script=script,
        inks=list(INKS),
        metric_inks=METRIC_INKS,
        other_ink=OTHER_INK,
        drawings_of=drawings_of,
        spark_of=spark_of,
        arcs_of=arcs_of,
        parts_left_out=parts_left_out,
        most_parts=MOST_PARTS,
        searched=SEARCHED,
        buckets_table=buckets_table,
        table_of=table_of,
    )


def _policy(style: str, script: str) -> str:
    """The page may only use its own script and style; nothing may be fetched. Its icon is a `data:` URL."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _style() -> str:
    """The colours of the palette as variables and classes, and the page's own rules."""
    shades = {**INKS, **TONES}
    light = "".join(f"--{name}:{shade.light};" for name, shade in shades.items())
    dark = "".join(f"--{name}:{shade.dark};" for name, shade in shades.items())
    fills = "".join(
        f".{name}{{fill:var(--{name})}}.unfinished .{name}{{fill:url(#hatch-{name})}}\n" for name in INKS
    )
    dark_rule = f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return f":root{{{light}}}\n{dark_rule}\n{fills}{_compact('page.css')}"


def _script() -> str:
    """The page's own script, after the numbers by which both it and `geometry` place bars."""
    rules = {"round": ROUND, "most_ticks": MOST_TICKS, "group": GROUP, "widest": WIDEST, "lowest": LOWEST}
    return f"const rules={json.dumps(rules)};\n{_compact('page.js')}"


def _compact(name: str) -> str:
    """One of our files without indents and lines of comments."""
    lines = files(__name__).joinpath(name).read_text("utf-8").splitlines()
    kept = (line.strip() for line in lines)
    return "\n".join(line for line in kept if line and not line.startswith(("//", "/*")))
