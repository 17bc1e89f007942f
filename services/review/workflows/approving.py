"""Approving applications: by a reviewer, by two, or by the automatic policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.review import store
from services.review.domain.approval_record import ApprovalRecord
from services.review.domain.review import (
    NO_SECOND_APPROVER,
    POLICY_VERSION,
    ApprovalForm,
    Decider,
    Moved,
    Review,
    SecondApproverRule,
    SecondForm,
    approve,
    approve_as_second,
    approve_by_policy,
    read_start_date,
)
from services.review.domain.timeline import TimelineStep
from services.review.labels import POLICY_MOVED_NOTE, POLICY_NAME
from services.review.workflows.deciding import Decided, Judgement, Outcome, Stamp
from services.review.workflows.grounds import Basis, find_bases
from services.review.workflows.moving import Step, write_steps
from shared.contracts.review_events import DecidedBy
from shared.kernel.identifiers import ReceiptNumber
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class Approval:
    """Which application is to be approved how, and when two have to agree."""

    receipt_number: ReceiptNumber
    form: ApprovalForm
    second_approver: SecondApproverRule


@dataclass(frozen=True, slots=True)
class Judged:
    """An approval or proposal that stands: who decided it, what was entered, and what it was based on."""

    move: Moved
    decider: Decider
    form: ApprovalForm
    basis: Basis


async def approve_application(pool: Pool, approval: Approval, stamp: Stamp) -> Outcome:
    """Approve with a confirmed start date; where two have to agree, keep the proposal for the second."""
    async with transaction(pool) as db:
        review = await store.lock_review(db, approval.receipt_number)
        return await approve_locked(db, review, approval, stamp) if review else None


async def approve_locked(db: Connection, review: Review, approval: Approval, stamp: Stamp) -> Outcome:
    """The same for an application that the caller's transaction has locked."""
    basis = await _basis_of(db, review, approval.second_approver, stamp.now)
    judgement = approve(review, approval.form, stamp.decider, basis.grounds, stamp.now)
    if not isinstance(judgement, Moved):
        return judgement
    await _write_approvals(db, [Judged(judgement, stamp.decider, approval.form, basis)], stamp.now, stamp.new_id)
    return Decided(judgement.review)


async def second_approval(
    pool: Pool, receipt_number: ReceiptNumber, form: SecondForm, rule: SecondApproverRule, stamp: Stamp
) -> Outcome:
    """Agree to what a first approver proposed, on the facts of today; never the same person."""
    async with transaction(pool) as db:
        review = await store.lock_review(db, receipt_number)
        if review is None:
            return None
        basis = await _basis_of(db, review, rule, stamp.now)
        judgement = approve_as_second(review, form.revision, stamp.decider, basis.grounds, stamp.now)
        if not isinstance(judgement, Moved):
            return judgement
        proposed = review.proposal.form if review.proposal else ApprovalForm(review.revision)
        await _write_approvals(db, [Judged(judgement, stamp.decider, proposed, basis)], stamp.now, stamp.new_id)
        return Decided(judgement.review)


async def preview_approval(pool: Pool, approval: Approval, stamp: Stamp) -> Judgement | None:
    """What the approval would do and tell, without doing it; None for an unknown number."""
    async with pool.acquire() as db:
        review = await store.find_review(db, approval.receipt_number)
        if review is None:
            return None
        basis = await _basis_of(db, review, approval.second_approver, stamp.now)
        return approve(review, approval.form, stamp.decider, basis.grounds, stamp.now)


async def approve_oldest(
    db: Connection, limit: int, now: datetime, new_id: NewId, rule: SecondApproverRule = NO_SECOND_APPROVER
) -> int:
    """Let the automatic policy decide at most `limit` of the oldest; says how many it looked at.

    What the policy would not approve is left to a person, and not looked at again before the schedule changes or the
    applicant corrects it.
    """
    schedule = await store.find_schedule(db)
    if schedule is None:
        return 0
    reviews = await store.lock_oldest_reviews(db, limit, schedule.schedule_version)
    bases = await find_bases(db, reviews, rule, local_date(now)) if reviews else {}
    policy = Decider(POLICY_NAME, False, DecidedBy.POLICY)
    judged: list[Judged] = []
    left: list[ReceiptNumber] = []
    for review in reviews:
        basis = bases[review.receipt_number]
        judgement = approve_by_policy(review, basis.grounds, POLICY_MOVED_NOTE, policy, now)
        if isinstance(judgement, Moved):
            judged.append(Judged(judgement, policy, ApprovalForm(review.revision), basis))
        else:
            left.append(review.receipt_number)
    if judged:
        await _write_approvals(db, judged, now, new_id)
    if left:
        await store.mark_left_to_person(db, left, schedule.schedule_version)
    return len(reviews)


async def _basis_of(db: Connection, review: Review, rule: SecondApproverRule, now: datetime) -> Basis:
    bases = await find_bases(db, [review], rule, local_date(now))
    return bases[review.receipt_number]


async def _write_approvals(db: Connection, judged: Sequence[Judged], now: datetime, new_id: NewId) -> None:
    entries = await write_steps(db, [_step(each) for each in judged], now, new_id)
    records = [
        _record(entry.event_id, each) for entry, each in zip(entries, judged, strict=True) if each.move.review.terms
    ]
    await store.insert_approval_records(db, records)


def _step(judged: Judged) -> Step:
    terms = judged.move.review.terms
    if terms is None:
        proposed = {"confirmed_start_date": _iso(read_start_date(judged.form.confirmed_start_date))}
        return Step(judged.move, TimelineStep.PROPOSED, judged.decider, proposed | {"note": judged.form.note})
    details = {"confirmed_start_date": _iso(terms.confirmed_start_date), "note": terms.start_date_note}
    return Step(judged.move, TimelineStep.APPROVED, judged.decider, details | {"proposed_by": terms.proposed_by})


def _record(event_id: UUID, judged: Judged) -> ApprovalRecord:
    return ApprovalRecord(event_id, judged.move.review, POLICY_VERSION, judged.form.acknowledged, judged.basis.checks)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
