"""Mail: a message that mail programs, servers and people take."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage, MIMEPart
from html import unescape
from html.parser import HTMLParser

import pytest

from contactrep.document import document
from contactrep.errors import UsageProblem
from contactrep.phrases import number
from contactrep.render import Look, render
from contactrep.render.look import MailHead
from contactrep.render.mail.addresses import mailbox, subject_line
from contactrep.render.mail.fields import field, written
from contactrep.render.mail.html import MOST_BYTES
from contactrep.render.plain import texts_of_blocks
from contactrep.report import Answer, ContactsReport, Notice
from tests import nasty
from tests.render import pixels, samples
from tests.render.test_picture import ANSWERS, FILTERED

VOID = {"meta", "img", "br"}
TO = ("Ana Souza <ana@example.com>", "Équipe des opérations du soir <ops@example.com>")
HEAD = MailHead(TO, "Réports <r@example.com>")
COMMAND = "contactrep report --range last-30-days"
PAGE = samples.page("last-30-days")


def sent(answer: Answer, look: Look = Look(mail=HEAD, command=COMMAND)) -> EmailMessage:  # noqa: B008 - frozen
    """The message as a mail program parses it, which finds no fault."""
    raw = b"".join(render(answer, "eml", look=look))
    assert raw.isascii()
    assert max(map(len, raw.split(b"\n"))) <= 78
    assert b"\r" not in raw
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert not part.defects
        assert not any(header.defects for header in part.values())
    return message


def parts(message: EmailMessage) -> tuple[str, str, list[MIMEPart]]:
    """The text, the HTML, and the pictures."""
    text, related = message.iter_parts()
    html, *pictures = related.iter_parts() if related.is_multipart() else (related,)
    return text.get_content(), html.get_content(), pictures


class Page(HTMLParser):
    """What an HTML part holds; an element that is not closed, or closed twice, fails."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        """The words, with single spaces."""
        return " ".join(" ".join(self.words).split())


def test_the_message_has_a_text_and_a_page_with_its_pictures() -> None:
    """multipart/alternative of text and multipart/related; the plain part is the plain report."""
    message = sent(PAGE)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        *["image/png"] * 3,
    ]
    text, _, _ = parts(message)
    made = document(PAGE, prose=True, logs=False, command=COMMAND)
    assert text == "".join(texts_of_blocks(made))
    assert text.endswith(f"\n\n{COMMAND}\n")


def test_the_head_says_what_and_for_whom() -> None:
    """Subject with the answer, addresses, the run's now in its zone, and no answer by machines."""
    message = sent(PAGE)
    assert message["Subject"] == (
        "Contacts 7 Oct – 5 Nov 2026: 5,989 added (▲ 12.4 %), net 5,011, 4,794 connected"
    )
    assert message["To"] == ", ".join(TO)
    assert message["From"].addresses[0].display_name == "Réports"
    assert message["Date"].datetime == samples.NOW
    assert str(message["Date"]).endswith("+0800")
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.com>", message["Message-ID"])
    assert message["X-Unsent"] is None


def test_without_a_recipient_it_opens_as_a_draft() -> None:
    """And gives the name of no machine away."""
    message = sent(PAGE, Look())
    assert message["X-Unsent"] == "1"
    assert message["To"] is message["From"] is None
    assert message["Message-ID"].endswith("@contactrep.invalid>")


@pytest.mark.parametrize(
    ("answer", "subject"),
    [
        (samples.overview(), "Contacts 30 Oct – 5 Nov 2026: 1,440 added (▲ 12.3 %), net 1,207"),
        (samples.overview(comparing="none"), "Contacts 30 Oct – 5 Nov 2026: 1,440 added, net 1,207"),
        (samples.breakdown(), "Contacts added 30 Oct – 5 Nov 2026: 1,439 (▲ 10.8 %)"),
        (samples.log("merged", rows=1), "Contact merged log 30 Oct – 5 Nov 2026: 1 event"),
        (samples.log(rows=8, total=25_000), "Contact added log 30 Oct – 5 Nov 2026: 25,000 events"),
        (
            samples.without_rows(samples.log()),
            "Contact added log 30 Oct – 5 Nov 2026: No events in this range",
        ),
        (samples.no_data(samples.overview()), "Contacts 30 Oct – 5 Nov 2026: No events in this range"),
        (
            ANSWERS["filtered"],
            "Contacts 7 Oct – 5 Nov 2026 (only channel WhatsApp): 4,794 connected (▲ 20.3 %)",
        ),
        (ANSWERS["empty page"], "Contacts 30 Oct – 5 Nov 2026: No events in this range"),
        (
            replace(FILTERED, added=samples.breakdown("last-30-days")),
            "Contacts 7 Oct – 5 Nov 2026 (only channel WhatsApp): 5,974 added (▲ 11.0 %), 4,794 connected",
        ),
    ],
)
def test_the_subject_is_the_answer(answer: Answer, subject: str) -> None:
    """The range and the headline figures, or why there are none."""
    assert sent(answer)["Subject"] == subject


def test_a_subject_of_ones_own() -> None:
    """`--subject` goes before."""
    look = Look(mail=MailHead(subject="Weekly – Überblick " + "long " * 30))
    assert sent(PAGE, look)["Subject"] == "Weekly – Überblick " + "long " * 30


def test_pictures_are_shown_by_their_content_id() -> None:
    """Opaque PNG of 1204 × 432 pixels, twice what they are shown at; each with the figures in words."""
    _, html, pictures = parts(sent(PAGE))
    images = [attributes for tag, attributes in Page(html).elements if tag == "img"]
    assert [f"<{(one['src'] or '').removeprefix('cid:')}>" for one in images] == [
        picture["Content-ID"] for picture in pictures
    ]
    for picture in pictures:
        assert pixels.size(picture.get_content()) == (1204, 432)
        assert picture.get_content_disposition() == "inline"
    assert {colour[3] for colour in pixels.colours(pictures[0].get_content())} == {255}
    assert images[0]["width"] == "602"
    assert images[0]["alt"] == (
        "Bars by day: Added 5,989, most Fri 23 Oct 2026 with 421; Deleted 673, most Fri 23 Oct 2026 with 42; "
        "Merged 305, most Tue 3 Nov 2026 with 21."
    )
    assert images[2]["alt"] == "Bars by day: All 4,794, most Fri 23 Oct 2026 with 309."


@pytest.mark.parametrize("name", ANSWERS)
def test_the_page_is_what_mail_programs_take(name: str) -> None:
    """Tables and inline styles, under 100 kB, and nothing that is fetched or run."""
    _, html, _ = parts(sent(ANSWERS[name]))
    assert len(html.encode()) < MOST_BYTES
    page = Page(html)
    assert not {tag for tag, _ in page.elements} & {"script", "link", "svg", "form", "iframe", "a"}
    for _, attributes in page.elements:
        assert all(not key.startswith("on") for key in attributes)
        assert (attributes.get("src") or "cid:").startswith("cid:")
        assert "url(" not in (attributes.get("style") or "")
    assert html.count('"presentation"') + html.count("<th") > 0


def test_figures_changes_notices_and_the_command_are_on_the_page() -> None:
    """With pictures off, the tables still say all."""
    page = replace(PAGE, notices=(Notice("the data starts on 3 Jan 2026"),))
    text = Page(parts(sent(page))[1]).text
    for figure in (*page.overview.metrics.values(), page.connected.total):
        assert f" {number(figure.count)} " in text
    assert "The data starts on 3 Jan 2026" in text
    assert "Deleted 673 ▼ 6.5 % was 720" in text
    assert "Incoming Message 2,515 42.1 % ▲ 42.9 % 1,760" in text
    assert f"Made by contactrep on Thu 5 Nov 2026 14:32 with {COMMAND} Hatched bars are not over yet." in text


def test_a_command_keeps_its_spaces() -> None:
    """Who copies it from a mail program must not filter another channel, or open another store."""
    command = "contactrep report --channel 'a  b' --store 'my  store.db'"
    page = samples.page()
    cut = samples.log(rows=900, total=25_000)
    logs = {**page.logs, "added": replace(cut, export_command="contactrep export added --user 'x  y'")}
    _, html, _ = parts(sent(replace(page, logs=logs), Look(with_logs=True, command=command)))
    kept = re.findall(r"<(?:p|span)[^>]*white-space:pre-wrap[^>]*>(contactrep [^<]*)<", html)
    assert {"contactrep export added --user 'x  y'", command} <= {unescape(text) for text in kept}


def test_a_command_is_whole_or_left_out() -> None:
    """A command that is too long for the page is only in the text."""
    command = f"contactrep report {' '.join(f'file-{place}.csv' for place in range(300))}"
    log = replace(samples.log(rows=3, total=9), export_command=command)
    text, page, _ = parts(sent(log, Look(command=command)))
    assert text.count(f"{command}\n") == 2
    words = Page(page).text
    assert "contactrep report" not in words
    assert "Showing 3 of 9 " in words


def test_the_largest_parts_are_shown_and_the_others_counted() -> None:
    """Ten rows, and how many more there are."""
    text = Page(parts(sent(samples.breakdown(parts=samples.TWELVE)))[1]).text
    assert "source j" in text
    assert "source k" not in text
    assert "and 2 more, with " in text


def test_logs_are_left_out_unless_they_are_asked_for() -> None:
    """They name people."""
    text, html, _ = parts(sent(PAGE))
    assert "Aisyah" not in text + html
    text, html, _ = parts(sent(PAGE, Look(with_logs=True)))
    assert "Aisyah" in text
    assert "Aisyah" in html


def test_a_log_is_cut_to_what_fits() -> None:
    """The rows that the page has room for, how many there are, and the command for all of them."""
    long_names = ["山" * 5_000, "&" * 5_000]
    text, html, pictures = parts(sent(samples.log(rows=900, names=long_names)))
    assert pictures == []
    assert len(html.encode()) < MOST_BYTES
    assert "The first 50 of 900 rows." in Page(html).text
    assert text.count("\n2026-11-") + text.count("\n2026-10-") == 400
    assert "\n… and 500 more rows; --format csv has all of them\n" in text
    cut = Page(parts(sent(samples.log(rows=900, total=25_000)))[1]).text
    assert "The first 100 rows. For all rows: contactrep export added --range last-7-days" in cut


@pytest.mark.parametrize("group", ["OURS", "PUBLIC", "LONG", "LONE"])
def test_hostile_names_stay_texts(group: str) -> None:
    """In the text, the page and the words of the charts nothing of a name acts."""
    names = getattr(nasty, group)
    for start in range(0, len(names), 100):
        some = names[start : start + 100]
        page = ContactsReport(
            samples.overview(),
            samples.breakdown(parts=dict.fromkeys(some[:10], 1.0)),
            samples.breakdown(parts=dict.fromkeys(some, 1.0), component="connected"),
            {"added": samples.log(names=some, rows=len(some))},
        )
        text, html, _ = parts(sent(page, Look(with_logs=True, mail=HEAD)))
        shown = Page(html)
        assert not {tag for tag, _ in shown.elements} & {"script", "a", "b", "object", "svg"}
        assert not any(key.startswith("on") for _, attributes in shown.elements for key in attributes)
        for part in (text, html):
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", part)


def test_no_name_or_number_of_parts_makes_a_message_too_large() -> None:
    """Servers refuse messages of some megabytes; the files of a report have no such limit."""
    names = [*nasty.LONG, *(f"part {place}" for place in range(20_000))]
    page = ContactsReport(
        samples.overview("2025-09-15..2026-11-05T15:00", by="hour"),
        samples.breakdown("last-90-days", by="day", parts=dict.fromkeys(names, 1.0)),
        samples.breakdown(
            "last-90-days", by="day", parts=dict.fromkeys(names[:200], 1.0), component="connected"
        ),
        {},
    )
    message = sent(page, Look(command=COMMAND))
    assert len(message.as_bytes()) < 1_500_000
    text, _, _ = parts(message)
    assert max(map(len, text.splitlines())) < 800


def test_the_same_report_is_the_same_message() -> None:
    """Byte for byte; another report has another id."""
    first, second = (list(render(PAGE, "eml", look=Look(mail=HEAD))) for _ in range(2))
    assert first == second
    assert sent(PAGE)["Message-ID"] != sent(samples.page())["Message-ID"]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("ana@example.com", "ana@example.com"),
        (" <ana@example.com> ", "ana@example.com"),
        ("root", "root"),
        ("Ana Souza <ana@example.com>", "Ana Souza <ana@example.com>"),
        ("Souza, Ana (EU) <ana@example.com>", '"Souza, Ana (EU)" <ana@example.com>'),
        (r'"Ana \"A\" Souza" <ana@example.com>', r'"Ana \"A\" Souza" <ana@example.com>'),
        ("ana@example.com <ana@example.com>", '"ana@example.com" <ana@example.com>'),
        ('"Ana, a@b <c>" <ana@example.com>', '"Ana, a@b <c>" <ana@example.com>'),
        ("Ana <o'neil+x@münchen.example>", "Ana <o'neil+x@xn--mnchen-3ya.example>"),
    ],
)
def test_addresses_as_people_type_them(typed: str, written: str) -> None:
    """Display names with commas and brackets, local users, domains of other scripts."""
    assert str(mailbox(typed)) == written


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a@b,c@d",
        "a@b;c@d",
        "A <a@b>, C <c@d>",
        "A <a@b>; C <c@d>",
        "<a@b> <c@d>",
        "a@b, C <c@d>",
        "root; a@b, C <c@d>",
        "A <root>, C <c@d>",
        '"A, B" <a@b>, C <c@d>',
        '"A" <a@b>; "C" <c@d>',
        "a@b c",
        "Ana ana@b.c",
        "<>",
        "Ana <a@b> x",
        "a@b\nBcc: c@d",
        "Ana\r\nBcc: c@d <a@b>",
        "Ana\x00 <a@b>",
        "\u202eAna <a@b>",
        "ä@b.c",
        "a@-b.c",
        "a@b..c",
        "a@[127.0.0.1]",
        "a..b@c.d",
        ".a@c.d",
    ],
)
def test_what_is_not_one_address_is_refused(typed: str) -> None:
    """Also what would begin another header."""
    with pytest.raises(UsageProblem, match=r"is not an address: write ana@example\.com or 'Ana Souza"):
        mailbox(typed)


@pytest.mark.parametrize("typed", ["a\nBcc: b@c", "a\r\n\r\nbody", "\x00", "a\u2028b", "\u202ea"])
def test_a_subject_is_one_line(typed: str) -> None:
    """Nothing in it begins another header."""
    with pytest.raises(UsageProblem, match="has a line break or another control character"):
        subject_line(typed)


def test_printable_texts_come_back_from_the_headers() -> None:
    """As subjects and as names of senders, also those that look as if they were encoded."""
    printable = [text.strip() for text in nasty.EVERY if text.strip() and text.isprintable()]
    for text in [*printable, "=?utf-8?q?x?=", "a =?utf-8?b?eA==?= b", "long " * 50 + "end", "x" * 900]:
        address = mailbox(f"{text} <a@b.c>")
        head = f"{field('Subject', text)}From: {written(address)}\n\n"
        assert head.isascii()
        assert max(map(len, head.split("\n"))) < 100  # 998 are allowed
        message = email.message_from_string(head, policy=email.policy.default)
        assert message["Subject"] == text
        [sender] = message["From"].addresses
        assert sender.addr_spec == "a@b.c"
        # Between two encoded words Python's parser leaves a space.
        assert "".join(sender.display_name.split()) == "".join(address.display_name.split())
