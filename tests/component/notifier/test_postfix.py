"""A real Postfix: takes our mails over STARTTLS, delivers one, bounces another to our intake."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from deploy.local.ports import choose_ports, is_free
from services.notifier import workflows
from services.notifier.mailer import BounceIntake, LmtpReply, PoolLimits, SmtpMailer, SmtpServer
from services.notifier.main import TAKEN, UNKNOWN_MAIL
from services.notifier.workflows import BounceTaken, MailPress
from tests.builders import a_contact
from tests.component.notifier.bench import Bench, application
from tests.component.notifier.certificates import certificate

SECONDS, POLL_SECONDS = 90.0, 0.1
BOUNCED = "nobody@naccs.example"
"""Postfix takes it and hands it on to our intake, which knows nobody of that name: so it has to come back."""

SERVICES = (
    "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "rewrite unix - - n - - trivial-rewrite",
    "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce", "error unix - - n - - error",
    "virtual unix - n n - - virtual", "lmtp unix - - n - - lmtp", "smtp unix - - n - - smtp",
    "tlsmgr unix - - n 1000? 1 tlsmgr", "proxymap unix - - n - - proxymap", "anvil unix - - n - 1 anvil",
    "postlog unix-dgram n - n - 1 postlogd", "retry unix - - n - - error", "flush unix n - n 1000? 0 flush",
    "trace unix - - n - 0 bounce", "pickup unix n - n 60 1 pickup",
)  # fmt: skip
"""What runs behind the listener."""

pytestmark = pytest.mark.skipif(
    shutil.which("postfix") is None or os.geteuid() != 0,
    reason="postfix is missing (Debian: apt-get install postfix), or may not be started: it wants root",
)


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running one."""

    port: int
    mailbox: Path
    authority: Path


def configure(folder: Path, port: int, bounce_port: int) -> Path:
    """Its own configuration, queue and mailboxes below `folder`."""
    made = certificate(folder / "tls", "localhost")
    configuration = folder / "etc"
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", "nobody")
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "mail_owner": "postfix",
        "setgid_group": "postdrop",
        "myhostname": "mx.naccs.example",
        "mydestination": "",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "maillog_file": "/dev/stdout",
        "recipient_delimiter": "+",
        "virtual_mailbox_domains": "naccs.example",
        "virtual_mailbox_base": folder / "mail",
        "virtual_mailbox_maps": "static:all",
        "virtual_uid_maps": f"static:{number_of('nobody')}",
        "virtual_gid_maps": "static:65534",
        "virtual_minimum_uid": "1",
        "smtpd_recipient_restrictions": ", ".join(
            [f"check_recipient_access texthash:{configuration}/refused", "permit_mynetworks", "reject"]
        ),
        "transport_maps": f"texthash:{configuration}/transport",
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_cert_file": made.authority,
        "smtpd_tls_key_file": made.key,
        "lmtp_tls_security_level": "none",
    }
    (configuration / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    (configuration / "transport").write_text(
        "".join(f"{address} lmtp:[127.0.0.1]:{bounce_port}\n" for address in ("nss@naccs.example", BOUNCED))
    )
    (configuration / "refused").write_text("refused@naccs.example 550 5.1.1 no such user\n")
    (configuration / "master.cf").write_text("\n".join([f"127.0.0.1:{port} inet n - n - - smtpd", *SERVICES]) + "\n")
    return configuration


def number_of(name: str) -> int:
    """A user's number."""
    return int(subprocess.run(["id", "-u", name], capture_output=True, text=True, check=True).stdout)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the accounts of a mail server may go."""
    with tempfile.TemporaryDirectory(prefix="nss-postfix-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        print((Path(folder) / "log").read_text())  # noqa: T201  shown when the test fails


@asynccontextmanager
async def running_postfix(folder: Path, bounce_port: int) -> AsyncIterator[Postfix]:
    """Started in the foreground as a child of ours, and ended with the test."""
    port = choose_ports(["postfix"])["postfix"]
    configuration = configure(folder, port, bounce_port)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "postfix", "-c", str(configuration), "start-fg", stdout=log, stderr=log
        )
        try:
            await until_open(port)
            yield Postfix(port, folder / "mail", folder / "tls" / "cert.pem")
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def until_open(port: int) -> None:
    """Until somebody listens there."""
    async with asyncio.timeout(SECONDS):
        while is_free(port):  # noqa: ASYNC110  a foreign process
            await asyncio.sleep(POLL_SECONDS)


@pytest.fixture
async def intake(bench: Bench) -> AsyncIterator[BounceIntake]:
    """Where Postfix brings what it could not deliver."""

    async def take(recipient: str, content: bytes) -> LmtpReply:
        taken = await workflows.record_bounce(bench.bounce_desk, recipient, content)
        return UNKNOWN_MAIL if taken is BounceTaken.UNKNOWN_MAIL else TAKEN

    intake = BounceIntake("127.0.0.1", 0, take)
    await intake.listen()
    yield intake
    await intake.close()


async def test_real_mail_server_delivers_refuses_and_returns(bench: Bench, intake: BounceIntake, folder: Path) -> None:
    async with running_postfix(folder, intake.port) as postfix:
        server = SmtpServer("localhost", postfix.port, "starttls", ca_file=postfix.authority, timeout_seconds=10)
        mailer = SmtpMailer(server, PoolLimits(connections=1))
        press = MailPress(bench.delivery.press.templates, returns_to_sender=True)
        sending = bench.with_delivery(mailer=mailer, press=press)
        await sending.handle(
            application(1),
            application(2, contact=a_contact(email="refused@naccs.example")),
            application(3, contact=a_contact(email=BOUNCED)),
        )
        await sending.deliver()
        await until_bounced(bench)
        await until_arrived(postfix.mailbox, 4)
        await mailer.close()
        mails = arrived_in(postfix.mailbox)
    rows = await bench.pool.fetch("select receipt_number, role, state, failure_class from mails")
    states = {(row["receipt_number"], row["role"]): (row["state"], row["failure_class"]) for row in rows}
    assert states[("180001A", "contact")] == ("sent", None)
    assert states[("180002A", "contact")] == ("failed", "refused")
    assert states[("180003A", "contact")] == ("failed", "bounced")
    assert len((await workflows.list_suppressions(bench.delivery))["suppressions"]) == 2
    assert len({str(mail["Message-ID"]) for mail in mails}) == 4
    assert {mail["Content-Language"] for mail in mails} == {"ja"}


def arrived_in(folder: Path) -> list[Message]:
    """What stands in the mailbox file that everybody's mail goes to."""
    arrived = [path.read_bytes() for path in folder.iterdir() if path.name == "all"]
    return [message_from_bytes(b"From " + part) for part in b"".join(arrived).split(b"\nFrom ") if part]


async def until_arrived(folder: Path, count: int) -> None:
    """Until so many mails have been put into the mailbox."""
    async with asyncio.timeout(SECONDS):
        while len(arrived_in(folder)) < count:  # noqa: ASYNC110  a file
            await asyncio.sleep(POLL_SECONDS)


async def until_bounced(bench: Bench) -> None:
    """Until the returned mail has been taken."""
    async with asyncio.timeout(SECONDS):
        while not await bench.pool.fetchval("select count(*) from mails where failure_class = 'bounced'"):  # noqa: ASYNC110  a database
            await asyncio.sleep(POLL_SECONDS)
