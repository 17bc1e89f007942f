"""Repairing a restored ledger: what the topic says is written back, and what was missed is handled once more.

Secrets cannot be won back, because they were in the lost database alone: the mailboxes concerned are named, and their
offices must ask for a reissue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.provisioning import store
from services.provisioning.domain.book_comparison import BookFinding
from services.provisioning.domain.book_repair import REPAIRABLE, Restoration, plan_restoration
from services.provisioning.domain.books import BookApplication
from services.provisioning.workflows.topic_parts import TopicContent, TopicPart, find_parts, read_part
from services.provisioning.workflows.verifying import MOST_FINDINGS, BookKeeping, compare, verify_ledger
from shared.contracts.event_data import ApplicationKind
from shared.contracts.topics import Topic
from shared.kernel.business_days import BusinessCalendar, DateNotCovered
from shared.kernel.identifiers import MailboxId, office_of_mailbox
from shared.runtime.database import Connection, transaction
from shared.runtime.event_router import EventRouter
from shared.runtime.missed_events import count_missed, queue_missed


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


@dataclass(frozen=True, slots=True)
class RepairedPart:
    """The same for some offices."""

    mailboxes: Sequence[MailboxId]
    applications: int
    without_password: Sequence[MailboxId]
    left: Sequence[BookFinding]


async def repair_ledger(keeping: BookKeeping, router: EventRouter, operator: str) -> RepairReport:
    """Replay into the ledger what the topic says and it lacks; then compare again, and issue on if nothing is left.

    Can be done as often as one likes. Raises KafkaUnreachable, TimeoutError.
    """
    parts = await find_parts(keeping.reader, keeping.part_records)
    repaired = [await _repair_part(keeping, part, operator) for part in parts]
    missed = sum([await _queue_missed(keeping, topic, router) for topic in _inputs(router)])
    if missed:
        async with transaction(keeping.pool) as db:
            detail = {"missed_events": missed}
            await store.write_audit_entry(db, keeping.clock.now(), "ledger.events_queued", operator, detail)
    left = (await verify_ledger(keeping)).findings
    return _report(repaired, missed, left)


async def plan_repair(keeping: BookKeeping, router: EventRouter) -> RepairReport:
    """What `repair_ledger` would do; changes nothing."""
    parts = await find_parts(keeping.reader, keeping.part_records)
    planned = [await _plan_part(keeping, part) for part in parts]
    missed = sum([await _count_missed(keeping, topic, router) for topic in _inputs(router)])
    return _report(planned, missed, [finding for part in planned for finding in part.left])


async def _repair_part(keeping: BookKeeping, part: TopicPart, operator: str) -> RepairedPart:
    """One transaction with its entry in the audit: after an interruption whole offices are repaired, others not yet."""
    content = await read_part(keeping.reader, part)
    async with transaction(keeping.pool) as db:
        findings = await compare(db, content)
        restoration = plan_restoration(content.books, findings)
        if findings:
            await _restore(db, keeping, content, restoration)
            await _forget_passwords(db, restoration.without_password)
            await _tell(db, keeping, restoration, operator)
    return _repaired(restoration, findings)


async def _plan_part(keeping: BookKeeping, part: TopicPart) -> RepairedPart:
    content = await read_part(keeping.reader, part)
    async with transaction(keeping.pool) as db:
        findings = await compare(db, content)
    return _repaired(plan_restoration(content.books, findings), findings)


def _repaired(restoration: Restoration, findings: Sequence[BookFinding]) -> RepairedPart:
    return RepairedPart(
        mailboxes=[line.mailbox_id for line in restoration.lines],
        applications=len(restoration.applications),
        without_password=restoration.without_password,
        left=[finding for finding in findings if finding.fault not in REPAIRABLE][:MOST_FINDINGS],
    )


def _report(parts: Sequence[RepairedPart], missed: int, left: Sequence[BookFinding]) -> RepairReport:
    return RepairReport(
        mailboxes=tuple(mailbox_id for part in parts for mailbox_id in part.mailboxes),
        applications=sum(part.applications for part in parts),
        without_password=tuple(sorted(mailbox_id for part in parts for mailbox_id in part.without_password)),
        missed_events=missed,
        left=tuple(left),
    )


async def _tell(db: Connection, keeping: BookKeeping, restoration: Restoration, operator: str) -> None:
    detail = {
        "mailboxes": len(restoration.lines),
        "applications": len(restoration.applications),
        "without_password": list(restoration.without_password),
    }
    await store.write_audit_entry(db, keeping.clock.now(), "ledger.repaired", operator, detail)


async def _restore(db: Connection, keeping: BookKeeping, content: TopicContent, restoration: Restoration) -> None:
    lines, applications = restoration.lines, restoration.applications
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
