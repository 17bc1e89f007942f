"""Reissues on a real database: same ID, new password, the old one dead, one readable password per mailbox (E22-E24)."""

import asyncio
from datetime import date

import asyncpg
import pytest

from services.provisioning import store, workflows
from services.provisioning.domain.notice import PasswordDisplay
from services.provisioning.vault import KeyStoreUnavailable
from services.provisioning.workflows import IssuingTools
from shared.contracts.envelope import Event
from shared.contracts.event_data import ApplicationKind
from shared.contracts.provisioning_events import IssueFailure, MailboxIssueFailed, PasswordsReissued, WindowClosed
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import transaction
from tests.builders import NEW_MAILBOX, OFFICE, OPENING_MAILBOX, RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import VISITOR, Provisioning, japan

REISSUE = ReceiptNumber("180020A")


def a_reissue(
    *mailboxes: str, receipt: ReceiptNumber = REISSUE, office: str = OFFICE, **fields: object
) -> Event[ApplicationApproved]:
    """The approval of new passwords for these mailboxes."""
    approval = an_approval(
        receipt_number=receipt,
        kind=ApplicationKind.PASSWORD_REISSUE,
        office_code=office,
        add_smtp_pop3=0,
        requested_start_date=None,
        confirmed_start_date=None,
        reissue=list(mailboxes),
        **fields,
    )
    return an_event(approval, key=office)


async def logins(provisioning: Provisioning) -> dict[str, str]:
    """What the mail server compares passwords with, by mailbox."""
    rows = await provisioning.rows("select mailbox_id, password_hash from mail_server_logins")
    return {str(mailbox): str(password_hash) for mailbox, password_hash in rows}


async def test_the_same_id_gets_a_new_password_and_a_window_of_its_own(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval()))
    provisioning.clock.set(japan("2018-11-20T10:00:00"))
    await workflows.start_services(provisioning.timetable)
    await workflows.close_windows(provisioning.timetable)
    before = await logins(provisioning)
    await provisioning.approve(a_reissue(NEW_MAILBOX))
    assert await provisioning.published(PasswordsReissued) == [
        PasswordsReissued(
            receipt_number=REISSUE,
            office_code=OFFICE,
            mailbox_ids=[NEW_MAILBOX],
            reissued_at=provisioning.clock.now(),
            viewable_from=provisioning.clock.now(),
            viewable_until=date(2018, 11, 22),
        )
    ]
    assert list(await provisioning.read_passwords(REISSUE)) == [NEW_MAILBOX]
    after = await logins(provisioning)
    assert after.keys() == before.keys() == {NEW_MAILBOX}
    assert after != before
    assert await provisioning.rows("select count(*) from mailboxes") == [(2,)]


async def test_inside_the_older_window_that_window_is_over_at_once(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval()))
    old = await provisioning.read_passwords()
    await provisioning.approve(a_reissue(NEW_MAILBOX))
    new = await provisioning.read_passwords(REISSUE)
    assert old.keys() == new.keys()
    assert old != new
    assert await provisioning.read_passwords() == {}
    shown = await workflows.view_id_notice(provisioning.desk, RECEIPT, VISITOR)
    assert shown is not None
    assert [(row.display, row.mailbox.reissued_by) for row in shown.rows] == [(PasswordDisplay.WINDOW_OVER, REISSUE)]
    (closed,) = await provisioning.published(WindowClosed)
    assert (closed.receipt_number, closed.closed_at) == (RECEIPT, provisioning.clock.now())
    assert (RECEIPT, "window.reissued") in await provisioning.rows("select subject, action from audit_entries")
    assert (NEW_MAILBOX, "password.reissued") in await provisioning.rows("select subject, action from audit_entries")


async def test_the_other_mailboxes_of_the_older_application_stay_readable(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(add_smtp_pop3=2)))
    await provisioning.approve(a_reissue(NEW_MAILBOX))
    assert list(await provisioning.read_passwords()) == ["NAC00103"]
    assert await provisioning.published(WindowClosed) == []
    await provisioning.approve(a_reissue("NAC00103", receipt=ReceiptNumber("180021A")))
    assert [closed.receipt_number for closed in await provisioning.published(WindowClosed)] == [RECEIPT]


async def test_before_the_start_the_new_password_waits_and_works_from_the_start_date(
    provisioning: Provisioning,
) -> None:
    await provisioning.approve(an_event(an_approval()))
    await provisioning.approve(a_reissue(NEW_MAILBOX))
    assert await logins(provisioning) == {}
    ((_, newest),) = await provisioning.rows("select mailbox_id, password_hash from mailbox_credentials")
    provisioning.clock.set(japan("2018-11-01T00:00:00"))
    await workflows.start_services(provisioning.timetable)
    assert await logins(provisioning) == {NEW_MAILBOX: newest}


async def test_an_opening_mailbox_gets_its_first_password_here(provisioning: Provisioning) -> None:
    await provisioning.approve(a_reissue(OPENING_MAILBOX))
    assert list(await provisioning.read_passwords(REISSUE)) == [OPENING_MAILBOX]
    assert list(await logins(provisioning)) == [OPENING_MAILBOX]


async def test_two_reissues_of_one_mailbox_in_one_batch_leave_the_later_password(provisioning: Provisioning) -> None:
    later = ReceiptNumber("180021A")
    await provisioning.approve(a_reissue(OPENING_MAILBOX), a_reissue(OPENING_MAILBOX, receipt=later))
    assert len(await provisioning.published(PasswordsReissued)) == 2
    assert await provisioning.read_passwords(REISSUE) == {}
    assert list(await provisioning.read_passwords(later)) == [OPENING_MAILBOX]
    assert [closed.receipt_number for closed in await provisioning.published(WindowClosed)] == [REISSUE]


async def test_a_hundred_deliveries_reissue_once(provisioning: Provisioning) -> None:
    event = a_reissue(OPENING_MAILBOX)
    await provisioning.approve(event)
    password = await provisioning.read_passwords(REISSUE)
    for _ in range(99):
        assert await provisioning.approve(event) == []
    assert await provisioning.read_passwords(REISSUE) == password
    assert len(await provisioning.published(PasswordsReissued)) == 1


@pytest.mark.parametrize("named", ["XYZ00101", "NAC00109"])
async def test_a_foreign_or_unknown_mailbox_fails_with_its_code(provisioning: Provisioning, named: str) -> None:
    await provisioning.approve(a_reissue(OPENING_MAILBOX, named))
    (failed,) = await provisioning.published(MailboxIssueFailed)
    assert failed.reason_code is IssueFailure.NOT_ACTIVE
    assert await provisioning.rows("select 1 from sealed_passwords") == []


async def test_an_abolished_mailbox_fails_with_its_code(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(add_smtp_pop3=0, abolish=[OPENING_MAILBOX])))
    provisioning.clock.set(japan("2018-11-01T00:00:00"))
    await workflows.start_services(provisioning.timetable)
    await provisioning.approve(a_reissue(OPENING_MAILBOX))
    (failed,) = await provisioning.published(MailboxIssueFailed)
    assert failed.reason_code is IssueFailure.NOT_ACTIVE
    assert await logins(provisioning) == {}


async def test_a_reissue_waits_for_its_offices_contract_and_for_the_calendar(
    empty_provisioning: Provisioning,
) -> None:
    (waiting,) = await empty_provisioning.approve(a_reissue(OPENING_MAILBOX))
    assert waiting.awaited_subject == OFFICE


async def test_without_the_key_store_the_old_password_lives_on(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval()))
    before = await provisioning.rows("select * from mailbox_credentials")
    provisioning.key_directory.chmod(0o755)
    with pytest.raises(KeyStoreUnavailable):
        await provisioning.approve(a_reissue(NEW_MAILBOX))
    assert await provisioning.rows("select * from mailbox_credentials") == before
    assert await provisioning.published(PasswordsReissued) == []
    provisioning.key_directory.chmod(0o700)


async def test_four_reissues_of_one_mailbox_at_once_leave_one_readable_password(provisioning: Provisioning) -> None:
    numbers = [ReceiptNumber(f"1800{number}A") for number in range(20, 24)]
    await asyncio.gather(*(provisioning.approve(a_reissue(OPENING_MAILBOX, receipt=number)) for number in numbers))
    readable = [number for number in numbers if await provisioning.read_passwords(number)]
    assert len(readable) == 1
    assert len(await provisioning.published(WindowClosed)) == 3


async def test_the_database_itself_keeps_one_readable_password_per_mailbox(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval()))
    with pytest.raises(asyncpg.UniqueViolationError):
        await provisioning.pool.execute("insert into sealed_passwords select * from sealed_passwords")


async def test_the_database_itself_refuses_a_day_whose_key_would_be_forgotten(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval()))
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await provisioning.pool.execute("update sealed_passwords set closing_day = '2018-12-01'")


async def test_a_change_and_a_reissue_in_one_batch_are_both_done(provisioning: Provisioning) -> None:
    tools: IssuingTools = provisioning.tools
    events = [an_event(an_approval()), a_reissue(OPENING_MAILBOX)]
    candidates = await workflows.prepare_credentials(tools, events)
    async with transaction(provisioning.pool) as db:
        assert await workflows.act_on_approvals(db, events, candidates, tools) == []
        assert len(await store.find_sealed_passwords(db, REISSUE)) == 1
    assert len(await provisioning.published(PasswordsReissued)) == 1
    assert list(await provisioning.read_passwords()) == [NEW_MAILBOX]
