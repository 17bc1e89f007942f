"""Repairing a restored ledger: what the topic says is written back, and what was missed is handled once more.

Secrets cannot be won back, because they were in the lost database alone: the mailboxes concerned are named, and their
offices must ask for a reissue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.provisioning import store
from services.provisioning.domain.book_comparison import BookFault, BookFinding
from services.provisioning.domain.books import LIVING, BookApplication, BookLine, Books
from services.provisioning.workflows.verifying import BookKeeping, TopicContent, compare, read_books, verify_ledger
from shared.contracts.event_data import ApplicationKind
from shared.contracts.topics import Topic
from shared.kernel.business_days import BusinessCalendar, DateNotCovered
from shared.kernel.identifiers import MailboxId, office_of_mailbox
from shared.runtime.database import Connection, transaction
from shared.runtime.event_router import EventRouter
from shared.runtime.missed_events import count_missed, queue_missed

REPAIRABLE = (BookFault.BEHIND, BookFault.MISSING, BookFault.OUTDATED)


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair has done, or would do."""

    mailboxes: tuple[MailboxId, ...]
    """Rows entered or moved on."""
    applications: int
    without_password: tuple[MailboxId, ...]
    """Of those, the ones whose password is lost: they need a reissue."""
    missed_events: int
    """Events of other services queued to be handled again."""
    left: tuple[BookFinding, ...]
    """What a repair does not touch, because neither side can be believed without a person's look."""


async def repair_ledger(keeping: BookKeeping, router: EventRouter, operator: str) -> RepairReport:
    """Replay into the ledger what the topic says and it lacks; then compare again, and issue on if nothing is left.

    Can be done as often as one likes. Raises KafkaUnreachable, TimeoutError.
    """
    content = await read_books(keeping)
    async with transaction(keeping.pool) as db:
        findings = await compare(db, content)
        lines, applications = _to_restore(content.books, findings)
        lost = _without_password(content.books, lines, applications)
        await _restore(db, keeping, content, lines, applications)
        await _forget_passwords(db, lost)
        now = keeping.clock.now()
        detail = {"mailboxes": len(lines), "applications": len(applications), "without_password": list(lost)}
        await store.write_audit_entry(db, now, "ledger.repaired", operator, detail)
    missed = sum([await _queue_missed(keeping, topic, router) for topic in _inputs(router)])
    left = (await verify_ledger(keeping)).findings
    return RepairReport(tuple(line.mailbox_id for line in lines), len(applications), lost, missed, left)


async def plan_repair(keeping: BookKeeping, router: EventRouter) -> RepairReport:
    """What `repair_ledger` would do; changes nothing."""
    content = await read_books(keeping)
    async with transaction(keeping.pool) as db:
        findings = await compare(db, content)
    lines, applications = _to_restore(content.books, findings)
    lost = _without_password(content.books, lines, applications)
    missed = sum([await _count_missed(keeping, topic, router) for topic in _inputs(router)])
    left = tuple(finding for finding in findings if finding.fault not in REPAIRABLE)
    return RepairReport(tuple(line.mailbox_id for line in lines), len(applications), lost, missed, left)


def _to_restore(books: Books, findings: Sequence[BookFinding]) -> tuple[list[BookLine], list[BookApplication]]:
    """The IDs that are missing or outdated, and the applications of which events were lost or whose IDs those are."""
    ids = sorted(finding.subject for finding in findings if finding.fault in (BookFault.MISSING, BookFault.OUTDATED))
    behind = {finding.subject for finding in findings if finding.fault is BookFault.BEHIND}
    # An office's closing is told under the office's code.
    ids += [mailbox_id for mailbox_id in books.lines if office_of_mailbox(mailbox_id) in behind]
    for application in books.applications.values():
        if application.receipt_number in behind:
            ids += application.mailbox_ids + books.abolitions.get(application.receipt_number, [])
    lines = [books.lines[MailboxId(mailbox_id)] for mailbox_id in dict.fromkeys(ids) if mailbox_id in books.lines]
    numbers = behind | {line.receipt_number for line in lines} | {line.abolition_receipt_number for line in lines}
    applications = [
        each for number, each in books.applications.items() if number in numbers or each.office_code in behind
    ]
    return lines, applications


def _without_password(
    books: Books, lines: Sequence[BookLine], applications: Sequence[BookApplication]
) -> tuple[MailboxId, ...]:
    """Living mailboxes that got a password which the restored database has never had."""
    reissued = {
        mailbox_id
        for application in applications
        if application.kind is ApplicationKind.PASSWORD_REISSUE
        for mailbox_id in application.mailbox_ids
    }
    issued = {line.mailbox_id for line in lines if line.kind is not None}
    living = {line.mailbox_id for line in books.lines.values() if line.status in LIVING}
    return tuple(sorted((issued | reissued) & living))


async def _restore(
    db: Connection,
    keeping: BookKeeping,
    content: TopicContent,
    lines: Sequence[BookLine],
    applications: Sequence[BookApplication],
) -> None:
    offices = sorted(
        {office_of_mailbox(line.mailbox_id) for line in lines} | {each.office_code for each in applications}
    )
    await store.insert_unknown_offices(db, offices)
    await store.lock_offices(db, offices)
    calendar = await store.find_calendar(db)
    await store.restore_issues(db, applications, [_notice_day(application, calendar) for application in applications])
    await store.raise_highest_serials(db, [line.mailbox_id for line in lines])
    await store.restore_mailboxes(db, lines, keeping.content_grace_days, keeping.clock.now())
    await store.insert_opening_gaps(db, offices, keeping.clock.now())
    for application in applications:
        if application.kind is ApplicationKind.PASSWORD_REISSUE:
            await store.restore_reissued_mailboxes(db, application.receipt_number, application.mailbox_ids)
    await store.raise_sequences(db, content.sequences)


async def _forget_passwords(db: Connection, mailbox_ids: Sequence[MailboxId]) -> None:
    """An older password that the restored database still has is dead: it must not work again."""
    await store.delete_sealed_passwords(db, mailbox_ids)
    await store.close_mail_server_accounts(db, mailbox_ids)
    await store.delete_credentials(db, mailbox_ids)


async def _queue_missed(keeping: BookKeeping, topic: Topic, router: EventRouter) -> int:
    missed, wanted = 0, frozenset(model.ce_type for model in router.models)
    async with keeping.reader.read(topic, {}) as stretch:
        async for records in stretch.batches:
            async with transaction(keeping.pool) as db:
                missed += await queue_missed(db, topic, records, wanted, keeping.clock.now())
    return missed


async def _count_missed(keeping: BookKeeping, topic: Topic, router: EventRouter) -> int:
    missed, wanted = 0, frozenset(model.ce_type for model in router.models)
    async with keeping.reader.read(topic, {}) as stretch:
        async for records in stretch.batches:
            async with keeping.pool.acquire() as db:
                missed += await count_missed(db, topic, records, wanted)
    return missed


def _inputs(router: EventRouter) -> list[Topic]:
    """The topics this service acts on, without the operators' instructions, which are given again by hand."""
    return list({model.topic.name: model.topic for model in router.models}.values())


def _notice_day(application: BookApplication, calendar: BusinessCalendar | None) -> date:
    """One business day before the window's end; the last day itself where that cannot be told."""
    if application.viewable_until is None or calendar is None:
        return application.viewable_until or application.issued_at.date()
    try:
        return calendar.add_business_days(application.viewable_until, -1)
    except DateNotCovered:
        return application.viewable_until
