"""The mail sink: every mail becomes a file and a page that cannot run anything."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from deploy.local.ports import LOOPBACK, choose_ports
from deploy.local.probes import says_yes
from deploy.local.smtp_sink import serve


class Sink:
    """The running sink's addresses."""

    def __init__(self, folder: Path, smtp_port: int, viewer_port: int) -> None:
        self.folder, self.smtp_port, self.url = folder, smtp_port, f"http://{LOOPBACK}:{viewer_port}"

    async def send(self, mail: EmailMessage) -> None:
        await aiosmtplib.send(mail, hostname=LOOPBACK, port=self.smtp_port)

    async def page(self, path: str) -> tuple[str, dict[str, str]]:
        """A page's text and its headers, in lower case."""

        def fetch() -> tuple[str, dict[str, str]]:
            with urllib.request.urlopen(self.url + path) as answer:  # noqa: S310  the sink's own page
                return answer.read().decode(), {name.lower(): value for name, value in answer.headers.items()}

        return await asyncio.to_thread(fetch)


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    ports = choose_ports(["smtp", "viewer"])
    running = asyncio.create_task(serve(tmp_path, LOOPBACK, ports["smtp"], ports["viewer"]))
    sink = Sink(tmp_path, ports["smtp"], ports["viewer"])
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(says_yes, f"{sink.url}/"):
            assert not running.done(), running.exception()
            await asyncio.sleep(0.05)
    yield sink
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def a_mail(
    to: str = "tsukan-hanako@naccs.example", subject: str = "申込を受け付けました", text: str = "本文"
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "nss@naccs.example", to, subject
    mail.set_content(text)
    return mail


async def test_a_mail_becomes_a_file_and_shows_on_the_page(sink: Sink) -> None:
    await sink.send(a_mail(text="受付番号 260001A"))
    (file,) = sink.folder.glob("*.eml")
    listed, _ = await sink.page("/")
    shown, _ = await sink.page(f"/mails/{file.name}")
    assert "申込を受け付けました" in listed
    assert "受付番号 260001A" in shown
    (entry,) = json.loads((await sink.page("/mails.json"))[0])
    assert entry["to"] == "tsukan-hanako@naccs.example"
    assert entry["subject"] == "申込を受け付けました"


async def test_markup_in_a_mail_is_shown_and_never_interpreted(sink: Sink) -> None:
    await sink.send(a_mail(subject="<script>alert(1)</script>", text="<img src=x onerror=alert(2)>"))
    (file,) = sink.folder.glob("*.eml")
    for path in ("/", f"/mails/{file.name}"):
        text, headers = await sink.page(path)
        assert "<script" not in text
        assert "<img" not in text
        assert headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_recipient_that_asks_for_it_is_refused_with_its_code(sink: Sink) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await sink.send(a_mail(to="refuse-550@naccs.example"))
    assert refused.value.recipients[0].code == 550
    assert not list(sink.folder.glob("*.eml"))


@pytest.mark.parametrize("path", ["/mails/..%2Fstack.json", "/files/..%2Fstack.json", "/mails/none.eml"])
async def test_nothing_but_its_mails_is_shown(sink: Sink, path: str) -> None:
    (sink.folder.parent / "stack.json").write_text("secret")
    with pytest.raises(urllib.error.HTTPError) as refused:
        await sink.page(path)
    assert refused.value.code == 404
    refused.value.close()
