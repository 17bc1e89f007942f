"""Issuing on a real database: once per application, no gap, no repeat, nothing without its facts or its keys."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

import asyncpg
import pytest

from services.provisioning import store, workflows
from services.provisioning.domain.ledger import LedgerEntry, MailboxCause, MailboxStatus
from services.provisioning.vault import DirectoryKeyStore, KeyStoreUnavailable
from shared.contracts.envelope import Event
from shared.contracts.event_data import MailboxKind
from shared.contracts.provisioning_events import IssueFailure, MailboxesIssued, MailboxIssueFailed
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber, receipt_number
from shared.runtime.database import transaction
from tests.builders import NOW, OPENING_MAILBOX, RECEIPT, START_DATE, a_contract, a_schedule, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning

OFFICES = [OfficeCode(f"ABC{number:03d}") for number in range(1, 4)]


async def ledger(provisioning: Provisioning) -> list[tuple[object, ...]]:
    return await provisioning.rows(
        "select mailbox_id, kind, cause, receipt_number, line, status, active_from from mailboxes order by mailbox_id"
    )


async def test_the_manuals_case_gives_nac00102_with_its_receipt_number_and_cause(provisioning: Provisioning) -> None:
    assert await provisioning.approve(an_event(an_approval())) == []
    assert await ledger(provisioning) == [
        ("NAC00101", "smtp_pop3", "opening_balance", None, None, "active", date(2017, 10, 8)),
        ("NAC00102", "smtp_pop3", "issued", RECEIPT, 1, "issued", START_DATE),
    ]
    (issued,) = await provisioning.published(MailboxesIssued)
    assert (issued.viewable_from, issued.viewable_until) == (NOW, date(2018, 11, 5))
    assert await provisioning.rows("select highest_serial from offices") == [(2,)]


async def test_the_answer_names_the_approval_that_caused_it(provisioning: Provisioning) -> None:
    approval = an_event(an_approval())
    await provisioning.approve(approval)
    (row,) = await provisioning.rows("select causationid, correlationid, subject, aggregateid from event_outbox")
    assert row == (str(approval.id), RECEIPT, RECEIPT, "NAC001")


async def test_a_hundred_deliveries_give_the_same_ids_and_one_credential_each(provisioning: Provisioning) -> None:
    approval = an_event(an_approval(add_smtp_pop3=2, add_edifact=1))
    await provisioning.approve(approval)
    first = await ledger(provisioning)
    hashes = await provisioning.rows("select mailbox_id, password_hash from mailbox_credentials order by 1")
    for number in range(99):
        repeated = approval if number % 2 else an_event(approval.data)
        assert await provisioning.approve(repeated) == []
    assert await ledger(provisioning) == first
    assert await provisioning.rows("select mailbox_id, password_hash from mailbox_credentials order by 1") == hashes
    assert len(hashes) == 3
    assert len(await provisioning.published(MailboxesIssued)) == 1
    assert await provisioning.rows("select count(*) from sealed_passwords") == [(3,)]


async def test_one_application_twice_in_one_batch_is_issued_once(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval()), an_event(an_approval()))
    assert len(await provisioning.published(MailboxesIssued)) == 1
    assert len(await ledger(provisioning)) == 2


async def test_two_applications_of_one_office_in_one_batch_share_no_id(provisioning: Provisioning) -> None:
    second = ReceiptNumber("180013A")
    await provisioning.approve(an_event(an_approval(add_smtp_pop3=2)), an_event(an_approval(receipt_number=second)))
    issued = await provisioning.published(MailboxesIssued)
    assert [[each.mailbox_id for each in event.mailboxes] for event in issued] == [
        ["NAC00102", "NAC00103"],
        ["NAC00104"],
    ]
    assert await provisioning.rows("select highest_serial from offices") == [(4,)]


async def test_eight_workflows_at_once_on_three_offices_leave_no_duplicate_and_no_gap(
    provisioning: Provisioning,
) -> None:
    await provisioning.publish_contracts(*(a_contract(office_code=code) for code in OFFICES))
    batches = [
        [
            an_event(
                an_approval(receipt_number=receipt_number(2018, 1 + worker * 9 + step), office_code=office),
                key=office,
            )
            for step in range(9)
            for office in [OFFICES[(worker + step) % len(OFFICES)]]
        ]
        for worker in range(8)
    ]
    await asyncio.gather(*(_approve_in_small_batches(provisioning, batch) for batch in batches))
    serials: dict[str, list[int]] = defaultdict(list)
    for office, serial in await provisioning.rows("select office_code, serial from mailboxes order by 1, 2"):
        serials[office].append(serial)
    assert {office: serials[office] for office in OFFICES} == {office: list(range(1, 26)) for office in OFFICES}
    assert len(await provisioning.published(MailboxesIssued)) == 72


async def _approve_in_small_batches(provisioning: Provisioning, events: Sequence[Event[ApplicationApproved]]) -> None:
    for start in range(0, len(events), 3):
        await _approve_as_the_runtime_does(provisioning, events[start : start + 3])


async def _approve_as_the_runtime_does(
    provisioning: Provisioning, events: Sequence[Event[ApplicationApproved]]
) -> None:
    """A lock that is not had in time is tried for again: a busy machine must not look like a wrong result."""
    for _ in range(20):
        with suppress(asyncpg.LockNotAvailableError):
            await provisioning.approve(*events)
            return
    pytest.fail("no lock in twenty tries")


async def test_exhausted_serials_give_nothing_and_say_how_many_are_left(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(add_smtp_pop3=97)))
    before = await ledger(provisioning)
    await provisioning.approve(an_event(an_approval(receipt_number="180013A", add_smtp_pop3=1, add_edifact=1)))
    assert await ledger(provisioning) == before
    (failed,) = await provisioning.published(MailboxIssueFailed)
    assert (failed.reason_code, failed.remaining, failed.receipt_number) == (IssueFailure.IDS_EXHAUSTED, 1, "180013A")
    await provisioning.approve(an_event(an_approval(receipt_number="180014A")))
    assert (await ledger(provisioning))[-1][0] == "NAC00199"


async def test_a_refused_application_can_be_approved_again(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(confirmed_start_date=date(2018, 10, 24))))
    (failed,) = await provisioning.published(MailboxIssueFailed)
    assert failed.reason_code is IssueFailure.START_DATE_PASSED
    await provisioning.approve(an_event(an_approval()))
    assert len(await provisioning.published(MailboxesIssued)) == 1


async def test_a_planned_abolition_cannot_be_planned_again(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(add_smtp_pop3=0, abolish=[OPENING_MAILBOX])))
    assert await provisioning.rows(
        "select status, abolition_receipt_number, abolished_on from mailboxes where mailbox_id = $1", OPENING_MAILBOX
    ) == [("active", RECEIPT, START_DATE)]
    (issued,) = await provisioning.published(MailboxesIssued)
    assert (issued.viewable_from, issued.viewable_until) == (None, None)
    again = an_approval(receipt_number="180013A", add_smtp_pop3=0, abolish=[OPENING_MAILBOX])
    await provisioning.approve(an_event(again))
    (failed,) = await provisioning.published(MailboxIssueFailed)
    assert failed.reason_code is IssueFailure.NOT_ACTIVE


async def test_an_approval_waits_for_the_contract_and_then_for_the_calendar(empty_provisioning: Provisioning) -> None:
    approval = an_event(an_approval(contract_version=2, calendar_version=2))
    await empty_provisioning.publish_contracts(a_contract(contract_version=1))
    (waiting,) = await empty_provisioning.approve(approval)
    assert (waiting.event, waiting.awaited_subject) == (approval, "NAC001")
    await empty_provisioning.publish_contracts(a_contract(contract_version=2))
    await empty_provisioning.publish_schedules(a_schedule())
    (waiting,) = await empty_provisioning.approve(approval)
    assert waiting.awaited_subject == "schedule"
    assert await empty_provisioning.rows("select 1 from event_outbox") == []
    await empty_provisioning.publish_schedules(a_schedule(schedule_version=2, calendar_version=2))
    assert await empty_provisioning.approve(approval) == []
    assert len(await empty_provisioning.published(MailboxesIssued)) == 1


async def test_one_waiting_office_does_not_hold_up_another(provisioning: Provisioning) -> None:
    waiting = await provisioning.approve(
        an_event(an_approval(receipt_number="180013A", office_code="XYZ001"), key="XYZ001"), an_event(an_approval())
    )
    assert [each.awaited_subject for each in waiting] == ["XYZ001"]
    assert len(await provisioning.published(MailboxesIssued)) == 1


async def test_an_older_contract_changes_nothing_and_no_counter_falls(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(add_smtp_pop3=4)))
    await provisioning.publish_contracts(a_contract(contract_version=3, customs="横浜税関"))
    await provisioning.publish_contracts(a_contract(contract_version=2, customs="神戸税関"))
    assert await provisioning.rows("select contract_version, customs, highest_serial from offices") == [
        (3, "横浜税関", 5)
    ]


async def test_the_newest_contract_of_a_batch_wins_whatever_its_place(provisioning: Provisioning) -> None:
    await provisioning.publish_contracts(
        a_contract(contract_version=3, customs="横浜税関"), a_contract(contract_version=2, customs="神戸税関")
    )
    assert await provisioning.rows("select customs from offices") == [("横浜税関",)]


async def test_opening_mailboxes_are_booked_once_and_raise_the_counter(provisioning: Provisioning) -> None:
    opening = [
        {"mailbox_id": "NAC00101", "kind": "smtp_pop3", "active_from": "2017-10-08"},
        {"mailbox_id": "NAC00107", "kind": "edifact", "active_from": "2018-01-01"},
    ]
    await provisioning.publish_contracts(a_contract(contract_version=2, opening_mailboxes=opening))
    assert [row[:3] for row in await ledger(provisioning)] == [
        ("NAC00101", "smtp_pop3", "opening_balance"),
        *((f"NAC0010{serial}", None, "opening_gap") for serial in range(2, 7)),
        ("NAC00107", "edifact", "opening_balance"),
    ]
    await provisioning.approve(an_event(an_approval(contract_version=2)))
    assert (await ledger(provisioning))[-1][0] == "NAC00108"


async def test_an_older_schedule_changes_nothing(provisioning: Provisioning) -> None:
    await provisioning.publish_schedules(a_schedule(schedule_version=5, calendar_version=4))
    await provisioning.publish_schedules(a_schedule(schedule_version=4, calendar_version=3))
    assert await provisioning.rows("select schedule_version, calendar_version from calendar") == [(5, 4)]


async def test_a_closure_moves_the_end_of_the_window(provisioning: Provisioning) -> None:
    closures = [{"date": "2018-11-02", "reason": "臨時休業"}]
    await provisioning.publish_schedules(a_schedule(schedule_version=2, calendar_version=2, closures=closures))
    await provisioning.approve(an_event(an_approval()))
    (issued,) = await provisioning.published(MailboxesIssued)
    assert issued.viewable_until == date(2018, 11, 6)


async def test_without_the_key_store_nothing_is_issued_and_the_error_asks_for_a_retry(
    provisioning: Provisioning,
) -> None:
    provisioning.key_directory.chmod(0o755)
    with pytest.raises(KeyStoreUnavailable) as error:
        await provisioning.approve(an_event(an_approval()))
    assert isinstance(error.value, OSError)
    assert len(await ledger(provisioning)) == 1
    assert await provisioning.rows("select 1 from event_outbox") == []
    assert await provisioning.rows("select highest_serial from offices") == [(1,)]
    provisioning.key_directory.chmod(0o700)
    await provisioning.approve(an_event(an_approval()))
    assert (await ledger(provisioning))[-1][0] == "NAC00102"


async def test_a_crash_before_the_commit_leaves_no_gap(provisioning: Provisioning) -> None:
    approval = an_event(an_approval())
    candidates = await workflows.prepare_credentials(provisioning.tools, [approval])
    async with provisioning.pool.acquire() as db:
        unfinished = db.transaction()
        await unfinished.start()
        await workflows.issue_mailboxes(db, [approval], candidates, provisioning.tools)
        await unfinished.rollback()
    await provisioning.approve(an_event(an_approval(receipt_number="180013A")))
    assert [row[0] for row in await ledger(provisioning)] == ["NAC00101", "NAC00102"]


def _entry(mailbox_id: str, line: int) -> LedgerEntry:
    return LedgerEntry(
        mailbox_id=MailboxId(mailbox_id),
        kind=MailboxKind.SMTP_POP3,
        cause=MailboxCause.ISSUED,
        status=MailboxStatus.ISSUED,
        active_from=START_DATE,
        entered_at=NOW,
        receipt_number=RECEIPT,
        line=line,
    )


@pytest.mark.parametrize("entry", [_entry("NAC00102", 9), _entry("NAC00109", 1)])
async def test_the_database_itself_refuses_an_id_or_a_line_twice(
    provisioning: Provisioning, entry: LedgerEntry
) -> None:
    await provisioning.approve(an_event(an_approval()))
    with pytest.raises(asyncpg.UniqueViolationError):
        async with transaction(provisioning.pool) as db:
            await store.insert_mailboxes(db, [entry])


async def test_replicas_that_make_the_same_days_key_at_once_agree_on_one(provisioning: Provisioning) -> None:
    await provisioning.publish_contracts(*(a_contract(office_code=code) for code in OFFICES))
    replicas = [replace(provisioning.tools, key_store=DirectoryKeyStore(provisioning.key_directory)) for _ in OFFICES]
    events = [
        an_event(an_approval(receipt_number=receipt_number(2018, 20 + index), office_code=code), key=code)
        for index, code in enumerate(OFFICES)
    ]
    await asyncio.gather(
        *(provisioning.approve(event, tools=tools) for event, tools in zip(events, replicas, strict=True))
    )
    assert [path.name for path in provisioning.key_directory.iterdir()] == ["2018-11-05.key"]
    for event in events:
        assert len(await provisioning.read_passwords(event.data.receipt_number)) == 1
