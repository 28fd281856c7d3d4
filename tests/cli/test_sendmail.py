"""Mail for real: reports through a pipe to `sendmail -t`, over SMTP, and back."""

from __future__ import annotations

import email
import email.policy
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from click.testing import Result

from tests.cli.conftest import AS_OF

Ask = Callable[..., Result]

SENDMAIL = """
import email, email.policy, smtplib, sys
message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
assert sys.argv[1:] == ["-t"]
with smtplib.SMTP("127.0.0.1", PORT) as server:
    server.send_message(message)
"""
"""What a machine's sendmail does with -t: the recipients are those of the message."""


class Letterbox:
    """Keeps what a server is given: the envelope's addresses, and the bytes."""

    def __init__(self) -> None:
        self.letters: list[Envelope] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        self.letters.append(envelope)
        return "250 OK"


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, int]]:
    """A mail server of this machine that knows 7 bits only, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    box = Letterbox()
    server = Controller(box, hostname="127.0.0.1", port=port, decode_data=False, enable_SMTPUTF8=False)
    server.start()
    try:
        yield box, port
    finally:
        server.stop()


def parsed(raw: bytes) -> EmailMessage:
    """The message without a fault."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def test_a_report_is_mailed_with_a_pipe(
    store: Path, letterbox: tuple[Letterbox, int], tmp_path: Path
) -> None:
    """`contactrep report --format eml --to … | sendmail -t` arrives as it was written."""
    box, port = letterbox
    script = tmp_path / "sendmail.py"
    script.write_text(SENDMAIL.replace("PORT", str(port)))
    python = shlex.quote(sys.executable)
    words = [
        *map(str, ("--store", store, *AS_OF)),
        "--format",
        "eml",
        "--from",
        "Reports <reports@example.com>",
    ]
    words += ["--to", "Ana Souza <ana@example.com>", "--to", "ops@example.com"]
    report = f"{python} -m contactrep report --quiet {shlex.join(words)}"
    done = subprocess.run(
        ["sh", "-c", f"{report} | tee sent.eml | {python} {shlex.quote(str(script))} -t"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "LANG": "C"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    [letter] = box.letters
    assert letter.mail_from == "reports@example.com"
    assert letter.rcpt_tos == ["ana@example.com", "ops@example.com"]
    assert isinstance(letter.content, bytes)
    arrived, sent = parsed(letter.content), parsed((tmp_path / "sent.eml").read_bytes())
    assert arrived.items() == sent.items()
    for one, other in zip(arrived.walk(), sent.walk(), strict=True):
        assert one.get_content_type() == other.get_content_type()
        if not one.is_multipart():
            got, wrote = one.get_content(), other.get_content()
            assert (got.replace("\r\n", "\n") if isinstance(got, str) else got) == wrote
    assert arrived["Subject"].startswith("Contacts ")
    assert arrived["Message-ID"].endswith("@example.com>")


def test_a_mail_is_a_file_too(ask: Ask, tmp_path: Path) -> None:
    """By its suffix; without a recipient as a draft, and a log without pictures."""
    for command in (["overview"], ["added"], ["connected"], ["report", "--with-logs"], ["log", "deleted"]):
        target = tmp_path / "mail.eml"
        assert ask(*command, *AS_OF, "-o", target, "--subject", "Für Ana").exit_code == 0
        message = parsed(target.read_bytes())
        assert message["X-Unsent"] == "1"
        assert message["Subject"] == "Für Ana"
        pictures = [part for part in message.walk() if part.get_content_type() == "image/png"]
        assert len(pictures) == {"report": 3, "log": 0}.get(command[0], 1)


@pytest.mark.parametrize("option", ["--to", "--from", "--subject"])
def test_the_head_of_a_mail_is_for_mail_only(ask: Ask, tmp_path: Path, option: str) -> None:
    """Who expects a mail does not get a table without a word."""
    for words in ([], ["-o", tmp_path / "x.html"], ["--format", "json", "-o", tmp_path / "x.eml"]):
        result = ask("report", *AS_OF, option, "ana@example.com", *words)
        assert result.exit_code == 2
    assert result.stderr == (
        "Error: --to, --from and --subject are for mail: add --format eml, or -o FILE.eml\n"
    )
    assert list(tmp_path.glob("x.*")) == []


@pytest.mark.parametrize("option", ["--to", "--from"])
def test_what_is_not_an_address_is_a_usage_error(ask: Ask, option: str) -> None:
    """Before anything is asked; a line break cannot begin another header."""
    result = ask("report", *AS_OF, "--format", "eml", option, "ana@example.com\nBcc: all@example.com")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: 'ana@example.com␊Bcc: all@example.com' is not an address: write ana@example.com or "
        "'Ana Souza <ana@example.com>', each after an option of its own\n"
    )
    assert ask("report", "--format", "eml", "--subject", "a\nBcc: b@c").exit_code == 2


def test_a_list_is_not_mailed(ask: Ask) -> None:
    """Reports and logs are; what a store holds is a table."""
    result = ask("status", "--format", "eml")
    assert result.exit_code == 2
    assert "'eml' is not one of 'table', 'json', 'csv', 'markdown'" in result.stderr


def test_charts_need_the_extra_and_a_log_does_not(store: Path, tmp_path: Path) -> None:
    """A mail without its charts would not be noticed for weeks, so the run fails and says what to install."""
    program = (
        "import sys; sys.modules['resvg_py'] = None\n"
        f"sys.argv = ['contactrep', *sys.argv[1:], '--store', {str(store)!r}, *{list(map(str, AS_OF))!r}]\n"
        "from contactrep.__main__ import run; run()"
    )

    def ask_without(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    done = ask_without("report", "--quiet", "-o", "report.eml")
    assert done.returncode == 1
    advice = "needs resvg_py: install it with python -m pip install 'contactrep[png]'"
    assert done.stderr == f"Error: a mail with charts {advice}\n"
    assert list(tmp_path.glob("*.eml")) == []
    assert ask_without("log", "added", "-o", "log.eml").returncode == 0
