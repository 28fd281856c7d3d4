"""The HTML part of a mail in a real browser: legible for everyone, on a phone and in the dark.

Where there is no Chromium, or no Playwright to drive it, these tests are skipped.
"""

from __future__ import annotations

import base64
import email
import email.policy
from pathlib import Path
from typing import Any

import pytest

from contactrep.render import Look, render
from contactrep.report import Answer
from tests import test_browser
from tests.render import samples

axe = test_browser.axe
pytestmark = test_browser.pytestmark

MAILS: dict[str, Answer] = {
    "report": test_browser.noticed(),
    "hostile": test_browser.hostile_page(),
    "not-applicable": samples.not_applicable(samples.overview()),
    "log": samples.log("connected", rows=300, total=25_000),
}

OF_WHOLE_PAGES = {"landmark-one-main", "region"}
"""A mail is shown within the page of a mail program, which has the landmarks."""


def page_of(answer: Answer) -> str:
    """The HTML part with its pictures in it."""
    look = Look(with_logs=True, command=test_browser.COMMAND)
    message = email.message_from_bytes(
        b"".join(render(answer, "eml", look=look)), policy=email.policy.default
    )
    html = ""
    for part in message.walk():
        if part.get_content_type() == "text/html":
            html = part.get_content()
        elif part.get_content_type() == "image/png":
            data = f"data:image/png;base64,{base64.b64encode(part.get_content()).decode()}"
            html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", data)
    assert "cid:" not in html
    return html


@pytest.mark.parametrize("theme", test_browser.THEMES)
@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_legible_for_everyone(browser: Any, tmp_path: Path, name: str, theme: str) -> None:
    """Nothing that axe-core finds, nothing asked for, and no line beyond the edge, from phones on."""
    file = tmp_path / "mail.html"
    file.write_text(page_of(MAILS[name]), encoding="utf-8")
    context = browser.new_context(viewport={"width": 700, "height": 900}, color_scheme=theme)
    try:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
        found = axe.Axe().run(page).response
        assert {violation["id"] for violation in found["violations"]} <= OF_WHOLE_PAGES
        for width in (320, 390, 700, 1400):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        context.close()
