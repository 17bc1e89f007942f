"""A real mail server against provisioning's view: who may log in follows the ledger at once."""

import asyncio
import poplib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from deploy.dovecot.mail_server import MailServer
from deploy.local import processes
from deploy.local.ports import choose_ports
from services.provisioning import workflows
from services.provisioning.vault import Argon2idHasher
from shared.contracts.event_data import ApplicationKind
from shared.kernel.local_time import TOKYO
from tests.builders import NEW_MAILBOX, OPENING_MAILBOX, RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning
from tests.component.provisioning.roles import Logins
from tests.conftest import stack_folder
from tests.pop3 import Pop3Door, needs_dovecot

MIDNIGHT = datetime(2018, 11, 1, tzinfo=TOKYO)

pytestmark = needs_dovecot


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of its own, which Dovecot's accounts may pass through."""
    with stack_folder() as made:
        made.mkdir(mode=0o711)
        yield made


@dataclass(frozen=True, slots=True)
class Office:
    """An office with one new mailbox, whose password stood on the page."""

    provisioning: Provisioning
    door: Pop3Door
    password: str

    async def session(self) -> poplib.POP3:
        """A POP3 session of the new mailbox. Raises poplib.error_proto when the login is refused."""
        return await self.door.session(NEW_MAILBOX, self.password)

    async def accepted(self, password: str | None = None) -> bool:
        """Whether the mail server lets the mailbox in; it follows the state at the first try and within a second."""
        return await self.door.accepts(NEW_MAILBOX, password or self.password)


@pytest.fixture
async def office(provisioning: Provisioning, logins: Logins, folder: Path) -> AsyncIterator[Office]:
    """NAC00102 issued with a real hash, and a Dovecot that reads the view through its own login."""
    tools = replace(provisioning.tools, hasher=Argon2idHasher())
    service = replace(provisioning, tools=tools)
    await service.approve(an_event(an_approval()))
    password = (await service.read_passwords(RECEIPT))[NEW_MAILBOX]
    server = MailServer(folder, choose_ports(["pop3"])["pop3"], logins.mail_server)
    part = server.start()
    yield Office(service, Pop3Door(server.port), password)
    processes.stop_part(part)


async def test_pending_is_refused_active_accepted_abolished_refused(office: Office) -> None:
    assert not await office.accepted()
    office.provisioning.clock.set(MIDNIGHT)
    await workflows.start_services(office.provisioning.timetable)
    assert await office.accepted()
    assert not await office.accepted("WRONGPASSWORD234")
    await office.provisioning.approve(
        an_event(
            an_approval(
                receipt_number="180013A", add_smtp_pop3=0, abolish=[NEW_MAILBOX], confirmed_start_date="2018-11-08"
            )
        )
    )
    assert await office.accepted()
    office.provisioning.clock.set(datetime(2018, 11, 8, tzinfo=TOKYO))
    await workflows.start_services(office.provisioning.timetable)
    assert not await office.accepted()


async def test_a_reissued_password_replaces_the_old_one_at_once(office: Office) -> None:
    office.provisioning.clock.set(MIDNIGHT)
    await workflows.start_services(office.provisioning.timetable)
    assert await office.accepted()
    reissue = an_approval(
        receipt_number="180014A",
        kind=ApplicationKind.PASSWORD_REISSUE,
        reissue=[NEW_MAILBOX],
        add_smtp_pop3=0,
        requested_start_date=None,
        confirmed_start_date=None,
    )
    await office.provisioning.approve(an_event(reissue))
    new_password = (await office.provisioning.read_passwords(reissue.receipt_number))[NEW_MAILBOX]
    assert not await office.accepted()
    assert await office.accepted(new_password)


async def test_a_session_that_is_open_lives_on_and_the_next_login_is_refused(office: Office) -> None:
    office.provisioning.clock.set(MIDNIGHT)
    await workflows.start_services(office.provisioning.timetable)
    session = await office.session()
    await office.provisioning.void(RECEIPT)
    assert (await asyncio.to_thread(session.stat)) == (0, 0)
    await asyncio.to_thread(session.quit)
    assert not await office.accepted()


async def test_a_moved_start_date_locks_out_until_the_new_day(office: Office) -> None:
    office.provisioning.clock.set(MIDNIGHT)
    await workflows.start_services(office.provisioning.timetable)
    await office.provisioning.move(RECEIPT, datetime(2018, 11, 15, tzinfo=TOKYO).date())
    assert not await office.accepted()
    office.provisioning.clock.set(datetime(2018, 11, 15, tzinfo=TOKYO))
    await workflows.start_services(office.provisioning.timetable)
    assert await office.accepted()


async def test_an_older_mailbox_in_the_mail_servers_own_list_is_shut_out_once_it_is_abolished(
    office: Office, logins: Logins, folder: Path
) -> None:
    older = folder / "older-accounts"
    older.write_text(f"{OPENING_MAILBOX}:{{PLAIN}}OLDPASSWORD234\n")
    older.chmod(0o644)
    own = folder / "other"
    own.mkdir(mode=0o711)
    server = MailServer(own, choose_ports(["pop3"])["pop3"], logins.mail_server, other_accounts=older)
    part = server.start()
    try:
        door = Pop3Door(server.port)
        assert await door.accepts(OPENING_MAILBOX, "OLDPASSWORD234")
        await office.provisioning.void(RECEIPT)
        await office.provisioning.approve(
            an_event(an_approval(receipt_number="180015A", add_smtp_pop3=0, abolish=[OPENING_MAILBOX]))
        )
        office.provisioning.clock.set(MIDNIGHT)
        await workflows.start_services(office.provisioning.timetable)
        assert not await door.accepts(OPENING_MAILBOX, "OLDPASSWORD234")
    finally:
        processes.stop_part(part)


async def test_a_login_name_that_is_no_mailbox_id_reaches_no_query(office: Office) -> None:
    for name in ("nac00102", "' OR '1'='1", "NAC00102'--"):
        with pytest.raises(poplib.error_proto):
            await office.door.session(name, office.password)


def test_no_secret_stands_in_the_configuration(folder: Path) -> None:
    server = MailServer(
        folder, choose_ports(["pop3"])["pop3"], "postgresql://reader:s3cret%40word@127.0.0.1:5432/provisioning"
    )
    server.configure()
    written = {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}
    assert [name for name, text in written.items() if "s3cret" in text] == ["passfile"]
    assert (folder / "passfile").stat().st_mode & 0o777 == 0o600
