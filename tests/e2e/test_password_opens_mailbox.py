"""The password an office reads from its ID notice page opens the mailbox over POP3: from its day on, and no longer.

One office's life, told in the order of the tests: a mailbox added; one added and one given up; a new password; an
application voided; the rest of its IDs used up; the office closed. Beside the stack stands a Dovecot with the
configuration of `deploy/dovecot`, which reads provisioning's view through its own login.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from deploy.dovecot.mail_server import MailServer
from deploy.local import processes
from deploy.local.demo.clients import UnexpectedPage
from deploy.local.ports import choose_ports
from deploy.operate.services import call
from shared.kernel.local_time import TOKYO, local_date
from tests.conftest import stack_folder
from tests.pop3 import Pop3Door, needs_dovecot
from tests.town import PASSWORD, Town, register_of, staff_token, until

pytestmark = needs_dovecot

OFFICE = "TST011"
OLDER, FIRST, SECOND = f"{OFFICE}01", f"{OFFICE}02", f"{OFFICE}03"
COMPLETED, IN_SERVICE, VOIDED = "審査終了", "審査終了（利用開始済み）", "無効"
MOST_IDS = 99


@dataclass(slots=True)
class Walk:
    """What one step hands to the next."""

    door: Pop3Door
    passwords: dict[str, str] = field(default_factory=dict)
    """The newest password by mailbox, as it was read from the page."""

    async def lets_in(self, mailbox: str) -> bool:
        """Whether the mailbox's newest password opens it now."""
        return await self.door.accepts(mailbox, self.passwords[mailbox])


@pytest.fixture(scope="module")
def walk(town: Town) -> Iterator[Walk]:
    """A mail server beside the stack."""
    with stack_folder() as folder:
        folder.mkdir(mode=0o711)
        reader = town.stack.state.databases["provisioning"].reader_urls["mail_server"]
        server = MailServer(folder, choose_ports(["pop3"])["pop3"], reader)
        part = server.start()
        yield Walk(Pop3Door(server.port))
        processes.stop_part(part)


async def read_notice(town: Town, walk: Walk, number: str) -> Mapping[str, str]:
    """The passwords of the application's ID notice, as the office reads them; noted as the newest ones."""
    async with town.applicant(OFFICE) as client:
        passwords = await client.read_passwords(number, PASSWORD)
    walk.passwords.update(passwords)
    return passwords


async def day_comes(town: Town, day: date) -> None:
    """It is midnight in Japan."""
    await town.move_clock(datetime.combine(day, time(), TOKYO))


async def decide(town: Town, number: str, login: str, decision: str, **body: Any) -> None:
    """A decision of the Center, as soon as review knows the application."""
    async with town.reviewer() as sakurako:
        await town.case(sakurako, number)
    token = await asyncio.to_thread(staff_token, town, login)
    url = f"{town.urls['review']}/api/v1/reviews/{number}/{decision}"
    await asyncio.to_thread(call, "POST", url, token=token, body={"revision": 1, **body})


async def status_in_ledger(town: Town, mailbox: str, status: str) -> None:
    """The ledger has come to say so of the mailbox. From now on the mail server has a second."""

    async def look() -> bool | None:
        query = "select 1 from mailboxes where mailbox_id = $1 and status = $2"
        return bool(await town.rows("provisioning", query, mailbox, status)) or None

    await until(look, f"{mailbox} to be {status}", every=0.02)


async def test_a_mailbox_that_is_added_opens_on_its_start_date(town: Town, walk: Walk) -> None:
    start = town.registration_day()
    number = await town.issue(OFFICE)
    assert list(await read_notice(town, walk, number)) == [FIRST]
    assert not await walk.lets_in(FIRST)
    await day_comes(town, start)
    await status_in_ledger(town, FIRST, "active")
    assert await walk.lets_in(FIRST)
    assert not await walk.door.accepts(FIRST, walk.passwords[FIRST][::-1])
    assert not await walk.door.accepts(OLDER, walk.passwords[FIRST])


async def test_one_that_is_given_up_closes_on_the_day_its_successor_opens(town: Town, walk: Walk) -> None:
    start = town.registration_day()
    number = await town.issue(OFFICE, abolish=FIRST)
    assert list(await read_notice(town, walk, number)) == [SECOND]
    assert (await walk.lets_in(FIRST), await walk.lets_in(SECOND)) == (True, False)
    open_session = await walk.door.session(FIRST, walk.passwords[FIRST])
    await day_comes(town, start)
    await status_in_ledger(town, FIRST, "abolished")
    assert (await walk.lets_in(FIRST), await walk.lets_in(SECOND)) == (False, True)
    assert (await asyncio.to_thread(open_session.stat))[0] == 0, "a session that is open ends in peace"
    await asyncio.to_thread(open_session.quit)


async def test_a_new_password_replaces_the_old_one_as_soon_as_it_can_be_read(town: Town, walk: Walk) -> None:
    old_password = walk.passwords[SECOND]
    async with town.applicant(OFFICE) as client:
        number = await client.apply_for_reissue({**town.typed(OFFICE), "mailbox_ids": SECOND})
    town.shown.append(number)
    await decide(town, number, "reviewer", "approval")
    await town.status_becomes(OFFICE, number, COMPLETED)
    assert list(await read_notice(town, walk, number)) == [SECOND]
    assert not await walk.door.accepts(SECOND, old_password)
    assert await walk.lets_in(SECOND)


async def test_a_voided_application_opens_nothing_and_its_passwords_cannot_be_read(town: Town, walk: Walk) -> None:
    start = town.registration_day()
    number = await town.issue(OFFICE)
    (mailbox,) = await read_notice(town, walk, number)
    await decide(town, number, "lead", "void", reason="system_setting_missing", note="設定が間に合わないため。")
    await town.status_becomes(OFFICE, number, VOIDED)
    await status_in_ledger(town, mailbox, "void")
    async with town.applicant(OFFICE) as client:
        assert (await client.open(f"/applications/{number}/id-notice")).status == 404
    sealed = "select 1 from sealed_passwords where receipt_number = $1"
    assert await town.rows("provisioning", sealed, number) == []
    await day_comes(town, start)
    assert not await walk.lets_in(mailbox)


@pytest.mark.full
async def test_the_ninety_ninth_id_is_the_last(town: Town, walk: Walk) -> None:
    left = MOST_IDS - len(await town.rows("provisioning", "select 1 from mailboxes where office_code = $1", OFFICE))
    number = await town.issue(OFFICE, add_smtp_pop3=str(left))
    passwords = await read_notice(town, walk, number)
    assert (len(passwords), len(set(passwords.values())), max(passwords)) == (left, left, f"{OFFICE}{MOST_IDS}")
    async with town.applicant(OFFICE) as client:
        with pytest.raises(UnexpectedPage) as refused:
            await client.fill_form(await client.open_form(), town.typed(OFFICE))
    assert refused.value.page.status == 422
    assert "残り" in refused.value.page.text


async def test_when_the_office_closes_every_door_is_shut(town: Town, walk: Walk) -> None:
    closing = local_date(town.clock.now()) + timedelta(days=1)
    document = register_of(town.offices)
    for company in document["companies"]:
        for office in company["offices"]:
            if office["office_code"] == OFFICE:
                office["closed_on"] = closing.isoformat()
    token = await asyncio.to_thread(staff_token, town, "operator")
    await asyncio.to_thread(call, "PUT", f"{town.urls['intake']}/api/v1/contracts", token=token, body=document)
    assert await walk.lets_in(SECOND)
    await day_comes(town, closing)
    await status_in_ledger(town, SECOND, "abolished")
    assert [mailbox for mailbox in (SECOND, max(walk.passwords)) if await walk.lets_in(mailbox)] == []
