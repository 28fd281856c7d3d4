"""A report as a complete message: text, HTML and charts, for `sendmail -t` or to open in a mail program.

    multipart/alternative
        text/plain                 the plain report
        multipart/related
            text/html              tables and inline styles, without the pictures under 100 kB
            image/png …            a chart each, shown by its Content-ID

Nothing in it depends on chance: the ids and boundaries come from the content, so that the same report is the
same message, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from hashlib import sha256

from contactrep.document import document, head_of
from contactrep.render.look import Look, MailHead
from contactrep.render.mail.addresses import mailbox
from contactrep.render.mail.charts import MailChart, charts_of
from contactrep.render.mail.fields import FOLD, field, written
from contactrep.render.mail.html import html_of
from contactrep.render.mail.subject import subject_of
from contactrep.render.mail.text import text_of
from contactrep.render.outline import Outline, outline
from contactrep.report import Answer, ContactsReport, Section

_POLICY = default.clone(cte_type="7bit", max_line_length=76)
"""Lines end in LF, as `sendmail` takes them."""

_NO_DOMAIN = "contactrep.invalid"
"""The domain of ids if there is no sender. The host name is never used, because it would reveal the
machine."""


def write(answer: Answer, look: Look) -> Iterator[bytes]:
    """The message. Raises OutputProblem where there are charts and the extra `png` is missing."""
    if not isinstance(answer, Section | ContactsReport):
        raise TypeError(f"no mail of {type(answer).__name__}")
    blocks = list(document(answer, prose=True, logs=look.with_logs, command=look.command))
    report = outline(blocks)
    text = text_of(blocks)
    head = look.mail
    top = "".join(_head(answer, head, head.subject or subject_of(answer, report)))
    name = sha256(f"{top}{text}".encode()).hexdigest()[:32]
    charts = charts_of(report, f"{name}@{_NO_DOMAIN}", look.tell)
    domain = mailbox(head.sender).domain if head.sender else ""
    top += f"Message-ID: <{name}@{domain or _NO_DOMAIN}>\n"
    yield top.encode() + _content(text, report, charts, name).as_bytes()


def _head(answer: Section | ContactsReport, head: MailHead, subject: str) -> Iterator[str]:
    yield field("Subject", subject)
    if head.sender:
        yield f"From: {written(mailbox(head.sender))}\n"
    if head.to:
        yield f"To: {f',{FOLD}'.join(written(mailbox(one)) for one in head.to)}\n"
    else:
        yield "X-Unsent: 1\n"  # Outlook opens it as a draft
    yield "Auto-Submitted: auto-generated\n"  # nobody's absence is answered
    moment = head_of(answer)
    yield f"Date: {format_datetime(moment.now.astimezone(moment.range.zone))}\n"


def _content(text: str, report: Outline, charts: list[MailChart], name: str) -> EmailMessage:
    """The parts; `name` makes their boundaries."""
    message = EmailMessage(policy=_POLICY)
    message.set_content(text, cte="quoted-printable")
    page = html_of(report, {chart.title: chart for chart in charts})
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    [_, html] = message.iter_parts()
    for place, chart in enumerate(charts, 1):
        cid, file = f"<{chart.cid}>", f"chart-{place}.png"
        html.add_related(chart.png, "image", "png", cid=cid, filename=file, disposition="inline")
    message.set_boundary(f"=_alternative_{name}")
    if charts:
        html.set_boundary(f"=_related_{name}")
    return message
