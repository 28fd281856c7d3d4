"""The golden files: every answer in every format; `python -m tests.render.goldens` rewrites them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from contactrep.render import Look, render
from contactrep.report import Answer, Breakdown, ContactsReport, LogPage, Overview
from tests.render import samples

FOLDER = Path(__file__).parent / "golden"
ANSWERS: dict[str, Answer] = {
    "overview": samples.overview(),
    "overview-hours": samples.overview("today"),
    "overview-deleted-after-merge": samples.deleted_after_merge(samples.overview()),
    "added": samples.breakdown(),
    "added-twelve-weekly": samples.breakdown("last-90-days", parts=samples.TWELVE),
    "added-no-data": samples.no_data(samples.breakdown()),
    "overview-not-applicable": samples.not_applicable(samples.overview()),
    "log-connected": samples.log("connected", rows=8),
    "log-merged": samples.log("merged", rows=8),
    "log-hostile-cut": samples.log(names=samples.HOSTILE, rows=24, total=25_000),
    "page": samples.page(),
    "ranges": samples.ranges(),
    "user-list": samples.users(),
    "status": samples.status(),
    "rejects": samples.rejects(),
    **samples.SUMMARIES,
}
SUFFIXES = {"json": "json", "csv": "csv", "markdown": "md", "plain": "txt"}
PAGES = {
    "page-60": Look(60),
    "page-80": Look(80),
    "page-120": Look(120),
    "page-200": Look(200),
    "page-80-colour": Look(80, "truecolor"),
    "page-80-ascii": Look(80, unicode=False),
}


def bare_page() -> str:
    """An HTML page without its style, its script and the policy that has their hashes."""
    look = Look(with_logs=True, command="contactrep report --range last-7-days --with-logs")
    page = b"".join(render(samples.page(), "html", look=look)).decode()
    bare = re.sub(r"(<style>|<script>).*?(?=</style>|</script>)", r"\1", page, flags=re.DOTALL)
    return re.sub("sha256-[^&]*", "sha256-", bare)


def texts() -> dict[str, Callable[[], str]]:
    """Every golden file's name and what makes the text that belongs in it."""
    made: dict[str, Callable[[], str]] = {}
    for name, report in ANSWERS.items():
        for written, suffix in SUFFIXES.items():
            made[f"{name}.{suffix}"] = partial(text_of, report, written)
        if isinstance(report, Overview | Breakdown | ContactsReport):
            made[f"{name}.svg"] = partial(text_of, report, "svg")
        if isinstance(report, Overview | Breakdown | ContactsReport | LogPage):
            made[f"{name}.eml"] = partial(mail, report)
        made[f"{name}.80.txt"] = partial(text_of, report, "table", Look(80))
    made["page.html"] = bare_page
    for name, look in PAGES.items():
        made[f"{name}.ansi"] = partial(text_of, samples.page(), "table", look)
    return made


def text_of(report: Answer, written: str, look: Look = Look()) -> str:  # noqa: B008 - frozen
    """The report in a format."""
    return b"".join(render(report, written, look=look)).decode()


def mail(report: Answer) -> str:
    """The message without the pictures, whose bytes depend on the library that draws them."""
    text = b"".join(render(report, "eml", look=Look(command="contactrep demo"))).decode("ascii")
    return re.sub(r"(?<=\n\n)iVBOR[\w+/=\n]+\n(?=\n?--)", "(a picture)\n", text)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, text in texts().items():
        (FOLDER / file).write_bytes(text().encode("utf-8"))
