"""Makes the pictures of pages and mail in this folder again: `python docs/screenshots.py`.

Needs Playwright and Chromium. LibreOffice (`soffice`) and pdftoppm draw the workbook, if they are there.
"""

from __future__ import annotations

import email
import shutil
import subprocess
import sys
import tempfile
from email import policy
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
REPORT = [
    *("report", "examples/events.csv", "--range", "last-30-days", "--as-of", "2026-11-04T18:20"),
    *("--timezone", "Asia/Kuala_Lumpur"),
]
PAGES = {
    "page-light": (1280, 1900, "light"),
    "page-dark": (1280, 1900, "dark"),
    "phone-light": (390, 1900, "light"),
    "phone-dark": (390, 1900, "dark"),
}
"""Width and height in pixels, and the colours."""


def make(folder: Path) -> None:
    """Write all pictures into `folder`."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        work = Path(name)
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = report(work / "report.html")
        for picture, (width, height, colours) in PAGES.items():
            shoot(browser, page, folder / f"{picture}.png", width, height, colours)
        shoot(browser, mail(work), folder / "mail.png", 720, 1900, "light")
        browser.close()
        workbook(work, folder / "workbook")


def report(path: Path, *options: str) -> Path:
    """Write the report of the example data to `path`, in the format of its extension."""
    program = Path(sys.executable).with_name("contactrep")
    subprocess.run([program, *REPORT, "--quiet", *options, "-o", path], check=True, cwd=DOCS.parent)
    return path


def mail(work: Path) -> Path:
    """The HTML part of the mailed report, with its pictures beside it."""
    message = email.message_from_bytes(
        report(work / "report.eml", "--to", "team@example.com").read_bytes(), policy=policy.default
    )
    html = ""
    for part in message.walk():
        if not isinstance(part, EmailMessage):
            continue
        if part.get_content_type() == "text/html":
            html = part.get_content()
        elif part.get_content_maintype() == "image":
            (work / picture_name(part)).write_bytes(part.get_content())
            html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", picture_name(part))
    page = work / "mail.html"
    page.write_text(html, encoding="utf-8")
    return page


def picture_name(part: EmailMessage) -> str:
    """The file name of an inline picture."""
    return Path(part["Content-ID"].strip("<>")).with_suffix(".png").name


def shoot(browser: Browser, page: Path, picture: Path, width: int, height: int, colours: str) -> None:
    """Save what a window of this size shows."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if colours == "dark" else "light",
    )
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.screenshot(path=picture)
    context.close()


def workbook(work: Path, picture: Path) -> None:
    """Save the first sheet of the report's workbook."""
    if not (shutil.which("soffice") and shutil.which("pdftoppm")):
        return
    book = report(work / "report.xlsx")
    convert = ["soffice", f"-env:UserInstallation=file://{work}/office", "--headless", "--convert-to", "pdf"]
    subprocess.run([*convert, "--outdir", work, book], check=True, capture_output=True)
    first = ["-f", "1", "-l", "1", "-singlefile", "-r", "120", "-x", "0", "-y", "0", "-W", "990", "-H", "850"]
    subprocess.run(["pdftoppm", "-png", *first, work / "report.pdf", picture], check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
