"""Approving applications: by a reviewer, or by the automatic policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.review import store
from services.review.domain.review import (
    ApprovalForm,
    Approver,
    Grounds,
    Moved,
    MovedOn,
    Refused,
    Review,
    approve,
    approve_by_policy,
)
from services.review.domain.timeline import TimelineEntry, TimelineStep
from services.review.labels import POLICY_MOVED_NOTE, POLICY_NAME
from shared.contracts.envelope import new_event
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class Approval:
    """Who wants to approve which application how."""

    receipt_number: ReceiptNumber
    form: ApprovalForm
    approver: Approver


@dataclass(frozen=True, slots=True)
class Approved:
    """The approval stands; provisioning issues next."""

    review: Review


async def approve_application(
    pool: Pool, approval: Approval, now: datetime, new_id: NewId
) -> Approved | Refused | MovedOn | None:
    """Approve with a confirmed start date; of two who try at once the second gets MovedOn. None: no such number."""
    async with transaction(pool) as db:
        review = await store.lock_review(db, approval.receipt_number)
        if review is None:
            return None
        decision = approve(review, approval.form, approval.approver, await _grounds(db, review), now)
        if not isinstance(decision, Moved):
            return decision
        await _write_approvals(db, [decision], now, new_id)
        return Approved(decision.review)


async def approve_oldest(db: Connection, limit: int, now: datetime, new_id: NewId) -> int:
    """Let the automatic policy decide at most `limit` of the oldest; says how many it looked at.

    What the policy would not approve is left to a person, and not looked at again before the schedule changes.
    """
    schedule = await store.find_schedule(db)
    if schedule is None:
        return 0
    reviews = await store.lock_oldest_reviews(db, limit, schedule.schedule_version)
    contracts = await store.find_contracts(db, {review.office_code for review in reviews})
    decisions = [
        approve_by_policy(
            review, Grounds(schedule, contracts.get(review.office_code)), POLICY_MOVED_NOTE, POLICY_NAME, now
        )
        for review in reviews
    ]
    await _write_approvals(db, [decision for decision in decisions if isinstance(decision, Moved)], now, new_id)
    left = [
        review.receipt_number
        for review, decision in zip(reviews, decisions, strict=True)
        if not isinstance(decision, Moved)
    ]
    if left:
        await store.mark_left_to_person(db, left, schedule.schedule_version)
    return len(reviews)


async def _grounds(db: Connection, review: Review) -> Grounds:
    contracts = await store.find_contracts(db, [review.office_code])
    return Grounds(await store.find_schedule(db), contracts.get(review.office_code))


async def _write_approvals(db: Connection, moves: Sequence[Moved], now: datetime, new_id: NewId) -> None:
    told = [
        new_event(move.announces, event_id=new_id(), key=move.review.office_code, now=now)
        for move in moves
        if move.announces
    ]
    if not told:
        return
    await store.update_reviews(db, [move.review for move in moves])
    entries = [
        TimelineEntry(
            event.id,
            move.review.receipt_number,
            now,
            TimelineStep.APPROVED,
            move.review.moved_by,
            _details(move.review),
        )
        for event, move in zip(told, moves, strict=True)
    ]
    await store.insert_timeline_entries(db, entries)
    await append_events(db, told)


def _details(review: Review) -> dict[str, str]:
    terms = review.terms
    texts = {
        "confirmed_start_date": terms.confirmed_start_date.isoformat() if terms and terms.confirmed_start_date else "",
        "note": (terms.start_date_note or "") if terms else "",
    }
    return {name: text for name, text in texts.items() if text}
