"""What the console shows: the queue, and one application with everything around it."""

from collections.abc import Sequence
from datetime import date, datetime

from services.review import store
from services.review.domain.audit import AuditAction, AuditEntry
from services.review.domain.case_file import CaseFile, OfficeHistory, PrivateFile, Queue, Viewer
from services.review.domain.checks import run_checks
from services.review.domain.review import Review, ReviewState, suggested_start
from services.review.domain.review_queue import (
    QueuePage,
    QueuePosition,
    QueueQuery,
    QueueRow,
    age_in_business_days,
    answer_by,
    flags_of,
    overdue_before,
    position_of,
)
from services.review.domain.schedule import Schedule
from services.review.domain.timeline import TimelineStep
from services.review.workflows.checking import gather_check_facts
from shared.kernel.identifiers import ReceiptNumber
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.ids import NewId

PAGE_ROWS = 50
HISTORY_ROWS = 20
AUDIT_ROWS = 50
COUNTED_STATES = (ReviewState.UNDER_REVIEW, ReviewState.CLARIFICATION, ReviewState.APPROVED)


async def read_queue(pool: Pool, query: QueueQuery, after: QueuePosition, viewer: Viewer, now: datetime) -> Queue:
    """At most PAGE_ROWS applications, the one promised first at the top, beginning after a position."""
    async with pool.acquire() as db:
        schedule = await store.find_schedule(db)
        frame = _frame(schedule, viewer, now)
        found = await store.find_queue(db, query, after, frame, PAGE_ROWS + 1)
        counts = await store.count_reviews(db, COUNTED_STATES)
        shown = found[:PAGE_ROWS]
        rows = await _rows(db, shown, schedule, viewer, now)
    following = position_of(shown[-1]) if len(found) > PAGE_ROWS else None
    return Queue(QueuePage(rows, following), counts, schedule)


async def read_case(pool: Pool, receipt_number: ReceiptNumber, viewer: Viewer, now: datetime) -> CaseFile | None:
    """Everything about one application but personal data and notes; None when there is no such number."""
    async with pool.acquire() as db:
        review = await store.find_review(db, receipt_number)
        return await _case(db, review, PrivateFile(), viewer, now) if review else None


async def view_case(
    pool: Pool, receipt_number: ReceiptNumber, viewer: Viewer, now: datetime, new_id: NewId
) -> CaseFile | None:
    """The application as a person sees it: counted as read, and audited where personal data is shown.

    None when there is no such number. Who may not see contacts gets the case without its private part.
    """
    async with transaction(pool) as db:
        review = await store.find_review(db, receipt_number)
        if review is None:
            return None
        private = await _private(db, review, viewer, now, new_id)
        case = await _case(db, review, private, viewer, now)
        await store.upsert_read(db, viewer.member.login, receipt_number, now)
        return case


async def _private(db: Connection, review: Review, viewer: Viewer, now: datetime, new_id: NewId) -> PrivateFile:
    if not viewer.member.may_see_contacts:
        return PrivateFile()
    number = review.receipt_number
    contact = await store.find_contact(db, number, review.revision)
    notes = await store.find_case_notes(db, number)
    if contact or notes:
        details = {"revision": str(review.revision)}
        look = AuditEntry(new_id(), now, viewer.member.login, AuditAction.CONTACT_VIEWED, number, details)
        await store.insert_audit_entries(db, [look])
    audit = await store.find_audit_of_application(db, number, AUDIT_ROWS) if viewer.member.is_lead else ()
    return PrivateFile(contact, notes, audit)


async def _case(db: Connection, review: Review, private: PrivateFile, viewer: Viewer, now: datetime) -> CaseFile:
    number = review.receipt_number
    schedule = await store.find_schedule(db)
    facts = (await gather_check_facts(db, [review], schedule, local_date(now)))[number]
    history = OfficeHistory(
        facts.mailboxes, await store.find_reviews_of_office(db, review.office_code, number, HISTORY_ROWS)
    )
    return CaseFile(
        row=(await _rows(db, [review], schedule, viewer, now))[0],
        contract=facts.contract,
        schedule=schedule,
        timeline=await store.find_timeline(db, number),
        checks=run_checks(facts),
        revisions=await store.find_revisions(db, number),
        history=history,
        private=private,
    )


def _frame(schedule: Schedule | None, viewer: Viewer, now: datetime) -> store.QueueFrame:
    days = [row.registration_date for row in schedule.registration_days] if schedule else []
    overdue = overdue_before(schedule, local_date(now), viewer.target_business_days)
    return store.QueueFrame(viewer.member.login, now, overdue, days)


async def _rows(
    db: Connection, reviews: Sequence[Review], schedule: Schedule | None, viewer: Viewer, now: datetime
) -> list[QueueRow]:
    numbers = [review.receipt_number for review in reviews]
    claims = await store.find_claims(db, numbers)
    unread = await store.find_unread(db, viewer.member.login, numbers)
    troubles = await store.find_mail_troubles(db, numbers)
    today, frame = local_date(now), _frame(schedule, viewer, now)
    return [
        QueueRow(
            review=review,
            age=age_in_business_days(review, schedule, today),
            answer_by=answer_by(review, schedule, viewer.target_business_days),
            suggested_start=_suggested(review, schedule, today),
            claim=claims.get(review.receipt_number),
            is_unread=review.receipt_number in unread,
            flags=flags_of(
                review,
                schedule,
                frame.overdue_before,
                mail_failed=(review.receipt_number, TimelineStep.MAIL_FAILED) in troubles,
            ),
        )
        for review in reviews
    ]


def _suggested(review: Review, schedule: Schedule | None, today: date) -> date | None:
    return suggested_start(schedule, review.requested_start_date, review.received_on, today)
