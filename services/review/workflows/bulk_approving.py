"""Approving many clean applications at once: one result per row, each written with its decision, so that nothing is
decided twice and what a crash left open is finished later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.review import store
from services.review.domain.bulk_approval import (
    MOST_AT_ONCE,
    BulkCandidate,
    BulkItem,
    BulkOrder,
    BulkOutcome,
    refusal_of,
)
from services.review.domain.review import (
    ApprovalForm,
    Decider,
    DecisionProblem,
    Refused,
    SecondApproverRule,
    clean_approval,
)
from services.review.domain.staff import StaffMember
from services.review.labels import POLICY_MOVED_NOTE
from services.review.workflows.approving import Approval, approve_locked
from services.review.workflows.deciding import Decided, Outcome, Stamp
from services.review.workflows.grounds import find_bases
from shared.contracts.review_events import DecidedBy
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """Who wants to approve which rows; `bulk_id` came with the page, so that a second press finds the first."""

    bulk_id: UUID
    member: StaffMember
    orders: Sequence[BulkOrder]


async def find_bulk_candidates(pool: Pool, rule: SecondApproverRule, now: datetime) -> list[BulkCandidate]:
    """The oldest applications under review, each with the approval that suggests itself, if one does."""
    today = local_date(now)
    async with pool.acquire() as db:
        reviews = await store.find_oldest_under_review(db, MOST_AT_ONCE)
        bases = await find_bases(db, reviews, rule, today) if reviews else {}
    return [
        BulkCandidate(review, clean_approval(review, bases[review.receipt_number].grounds, POLICY_MOVED_NOTE, today))
        for review in reviews
    ]


async def order_bulk_approval(pool: Pool, request: BulkRequest, now: datetime) -> None:
    """Keep what was asked for, before anything is decided; the same request again changes nothing."""
    async with transaction(pool) as db:
        if await store.insert_bulk_approval(db, request.bulk_id, request.member, now):
            items = [BulkItem(request.bulk_id, position, order) for position, order in enumerate(request.orders)]
            await store.insert_bulk_items(db, items)


async def decide_next_bulk_item(
    pool: Pool, bulk_id: UUID | None, rule: SecondApproverRule, now: datetime, new_id: NewId
) -> bool:
    """Decide one open row, of one request or (None) of any; False when there is none that nobody else works on."""
    async with transaction(pool) as db:
        item = await store.lock_open_bulk_item(db, bulk_id)
        if item is None:
            return False
        member = await store.find_bulk_member(db, item.bulk_id)
        decider = Decider(member.display_name, member.is_lead, DecidedBy.REVIEWER, member.login)
        outcome = await _decide(db, item.order, rule, Stamp(decider, now, new_id))
        if isinstance(outcome, Decided):
            await store.record_bulk_result(db, item, (BulkOutcome.APPROVED, (), None), now)
        else:
            await store.record_bulk_result(db, item, refusal_of(outcome), now)
        return True


async def read_bulk_approval(pool: Pool, bulk_id: UUID) -> list[BulkItem]:
    """Every row with its result so far; empty for an unknown request."""
    async with pool.acquire() as db:
        return await store.find_bulk_items(db, bulk_id)


async def _decide(db: Connection, order: BulkOrder, rule: SecondApproverRule, stamp: Stamp) -> Outcome:
    """Judged again on the facts of the moment: what is no longer clean is left to a look of its own."""
    review = await store.lock_review(db, order.receipt_number)
    if review is None:
        return None
    today = local_date(stamp.now)
    bases = await find_bases(db, [review], rule, today)
    form = clean_approval(review, bases[review.receipt_number].grounds, POLICY_MOVED_NOTE, today)
    if form is None and review.revision == order.revision and review.proposal is None:
        return Refused([DecisionProblem.NOT_CLEAN])
    day = order.confirmed_start_date
    note = POLICY_MOVED_NOTE if day != review.requested_start_date else ""
    as_shown = ApprovalForm(order.revision, day.isoformat() if day else "", note)
    return await approve_locked(db, review, Approval(order.receipt_number, as_shown, rule), stamp)
