"""Rules that the database keeps by itself, whatever code comes after ours; and approvals that come too late."""

from collections.abc import Sequence
from datetime import date

import asyncpg
import pytest

from services.provisioning import workflows
from shared.contracts.intake_events import ProcessingMode
from shared.contracts.provisioning_events import IssueFailure, MailboxesIssued, MailboxIssueFailed
from shared.kernel.identifiers import receipt_number
from shared.runtime.database import transaction
from tests.builders import NEW_MAILBOX, OPENING_MAILBOX, RECEIPT, a_contract, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning, japan

VOID = "update mailboxes set status = 'void', ended_at = changed_at, end_cause = 'voided_before_start'"
ROW = """
    insert into mailboxes (mailbox_id, office_code, serial, kind, cause, status, active_from, entered_at, change,
        changed_at)
    values ('NAC001{serial:02d}', 'NAC001', {serial}, 'smtp_pop3', 'opening_balance', 'active', '2018-01-01',
        '2018-01-01', 'entered', '2018-01-01')
"""


async def in_one_transaction(provisioning: Provisioning, statements: list[str]) -> None:
    async with transaction(provisioning.pool) as db:
        for statement in statements:
            await db.execute(statement)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["delete from mailboxes where mailbox_id = 'NAC00102'"], "keeps every row"),
        (["truncate mailboxes cascade"], "keeps every row"),
        (["delete from offices"], "keeps every row"),
        (["update mailboxes set mailbox_id = 'NAC00199', serial = 99 where serial = 2"], "identity"),
        (["update mailboxes set receipt_number = null, line = null where serial = 2"], "identity"),
        (["update mailboxes set kind = 'edifact' where serial = 2"], "kind"),
        (["update mailboxes set cause = 'opening_balance' where serial = 2"], "cause"),
        (
            [
                VOID + " where serial = 2",
                "update mailboxes set status = 'issued', ended_at = null, end_cause = null where serial = 2",
            ],
            "never used again",
        ),
        (["update offices set highest_serial = 1"], "never falls"),
        (["update offices set highest_serial = 3"], "without a ledger row"),
        ([ROW.format(serial=3)], "above its office's counter"),
        (["update offices set highest_serial = 4", ROW.format(serial=4)], "without a ledger row"),
        (["update mailboxes set status = 'abolished' where serial = 1"], "mailboxes_end_check"),
    ],
)
async def test_the_database_keeps_every_number_explained(
    provisioning: Provisioning, statements: list[str], said: str
) -> None:
    await provisioning.approve(an_event(an_approval()))
    with pytest.raises(asyncpg.PostgresError, match=said):
        await in_one_transaction(provisioning, statements)
    assert [row[0] for row in await provisioning.rows("select mailbox_id from mailboxes order by 1")] == [
        OPENING_MAILBOX,
        NEW_MAILBOX,
    ]


async def test_a_gap_below_an_opening_mailbox_has_a_row_until_the_register_explains_it(
    provisioning: Provisioning,
) -> None:
    opening = [
        {"mailbox_id": f"ABC001{serial:02d}", "kind": "edifact", "active_from": "2018-01-01"} for serial in (1, 2, 4)
    ]
    await provisioning.publish_contracts(a_contract(office_code="ABC001", opening_mailboxes=[opening[0], opening[2]]))
    causes = "select serial, cause, status, end_cause from mailboxes where office_code = 'ABC001' order by serial"
    gap = ("opening_gap", "void", "before_opening")
    assert [row[1:] for row in await provisioning.rows(causes)][1:3] == [gap, gap]
    await provisioning.publish_contracts(
        a_contract(office_code="ABC001", contract_version=2, opening_mailboxes=opening)
    )
    assert [row[1:] for row in await provisioning.rows(causes)][1:3] == [("opening_balance", "active", None), gap]


async def test_an_opening_mailbox_of_the_register_does_not_overwrite_one_that_was_issued(
    provisioning: Provisioning,
) -> None:
    await provisioning.approve(an_event(an_approval()))
    opening = [
        {"mailbox_id": mailbox, "kind": "edifact", "active_from": "2018-01-01"}
        for mailbox in (OPENING_MAILBOX, NEW_MAILBOX)
    ]
    await provisioning.publish_contracts(a_contract(contract_version=2, opening_mailboxes=opening))
    rows = await provisioning.rows("select cause, kind from mailboxes order by serial")
    assert rows == [("opening_balance", "smtp_pop3"), ("issued", "smtp_pop3")]


async def test_an_approval_of_an_older_revision_is_refused_with_a_code_of_its_own(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(revision=2, abolish=["NAC00199"])))
    await provisioning.approve(an_event(an_approval(revision=1)))
    failures = await provisioning.published(MailboxIssueFailed)
    assert [(each.revision, each.reason_code) for each in failures] == [
        (2, IssueFailure.NOT_ACTIVE),
        (1, IssueFailure.REVISION_SUPERSEDED),
    ]
    assert await provisioning.rows("select count(*) from issues") == [(0,)]


async def test_an_approval_older_than_what_was_issued_changes_nothing(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(revision=2)))
    await provisioning.approve(an_event(an_approval(revision=1, add_smtp_pop3=5)))
    assert len(await provisioning.published(MailboxesIssued)) == 1
    (failure,) = await provisioning.published(MailboxIssueFailed)
    assert (failure.reason_code, failure.remaining) == (IssueFailure.REVISION_SUPERSEDED, 97)
    assert await provisioning.rows("select highest_serial from offices") == [(2,)]


async def test_the_same_revision_may_be_approved_again_after_a_refusal(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(abolish=["NAC00199"])))
    await provisioning.approve(an_event(an_approval()))
    assert [event.receipt_number for event in await provisioning.published(MailboxesIssued)] == [RECEIPT]


REFUSED: Sequence[tuple[dict[str, object], IssueFailure]] = [
    ({"abolish": ["ABC00101"]}, IssueFailure.NOT_ACTIVE),
    ({"abolish": ["NAC00103"]}, IssueFailure.NOT_ACTIVE),
    ({"abolish": [NEW_MAILBOX]}, IssueFailure.NOT_ACTIVE),
    ({"abolish": [OPENING_MAILBOX, OPENING_MAILBOX]}, IssueFailure.NOT_ACTIVE),
    ({"add_smtp_pop3": 98}, IssueFailure.IDS_EXHAUSTED),
    ({"confirmed_start_date": "2018-10-24"}, IssueFailure.START_DATE_PASSED),
    ({"add_edifact": 1}, IssueFailure.MODE_NOT_CONTRACTED),
    ({"confirmed_start_date": "2018-12-03"}, IssueFailure.UNKNOWN_OFFICE),
]
"""Foreign, unknown, pending and repeated abolitions; too many, too late; a kind without contract; a closed office."""


async def test_what_cannot_be_issued_is_refused_as_a_whole_with_its_code(provisioning: Provisioning) -> None:
    """Each beside two mailboxes that could be had, of an office without EDIFACT that closes at the end of November."""
    smtp_alone = [user for user in a_contract().users if user.processing_mode is ProcessingMode.SMTP_POP3]
    await provisioning.publish_contracts(a_contract(contract_version=2, closed_on=date(2018, 11, 30), users=smtp_alone))
    await provisioning.approve(an_event(an_approval()))
    before = await provisioning.rows("select * from mailboxes")
    for serial, (asked, reason) in enumerate(REFUSED, start=20):
        number = receipt_number(2018, serial)
        await provisioning.approve(an_event(an_approval(**{"add_smtp_pop3": 2, "receipt_number": number, **asked})))
        failure = (await provisioning.published(MailboxIssueFailed))[-1]
        assert (failure.receipt_number, failure.reason_code, failure.remaining) == (number, reason, 97), asked
        assert await provisioning.rows("select * from mailboxes") == before, asked
    assert await provisioning.rows("select count(*) from sealed_passwords") == [(1,)]


async def test_an_abolished_mailbox_cannot_be_abolished_again(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(abolish=[OPENING_MAILBOX])))
    provisioning.clock.set(japan("2018-11-01T00:00:00"))
    await workflows.start_services(provisioning.timetable)
    again = an_approval(
        receipt_number="180013A", abolish=[OPENING_MAILBOX], confirmed_start_date="2018-11-15", add_smtp_pop3=0
    )
    await provisioning.approve(an_event(again))
    (failure,) = await provisioning.published(MailboxIssueFailed)
    assert failure.reason_code is IssueFailure.NOT_ACTIVE
