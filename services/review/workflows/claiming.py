"""Claiming applications and letting go of them."""

from datetime import datetime, timedelta

from services.review import store
from services.review.domain.audit import AuditAction, AuditEntry
from services.review.domain.claims import Claim, HeldBy, claim_application
from services.review.domain.staff import StaffMember
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Pool, transaction
from shared.runtime.ids import NewId

OLD_CLAIM = timedelta(days=7)
CLAIM_BATCH = 1000


async def claim_review(
    pool: Pool, receipt_number: ReceiptNumber, member: StaffMember, now: datetime, new_id: NewId
) -> Claim | HeldBy | None:
    """Work on the application for a while, or learn who does. None: no such number."""
    async with transaction(pool) as db:
        if await store.find_review(db, receipt_number) is None:
            return None
        outcome = claim_application(await store.lock_claim(db, receipt_number), receipt_number, member, now)
        if isinstance(outcome, Claim):
            await store.upsert_claim(db, outcome)
            entry = AuditEntry(new_id(), now, member.login, AuditAction.CLAIMED, receipt_number)
            await store.insert_audit_entries(db, [entry])
        return outcome


async def release_review(
    pool: Pool, receipt_number: ReceiptNumber, member: StaffMember, now: datetime, new_id: NewId
) -> bool:
    """End one's own claim; whether there was one."""
    async with transaction(pool) as db:
        released = await store.delete_claim(db, receipt_number, member.login)
        if released:
            entry = AuditEntry(new_id(), now, member.login, AuditAction.RELEASED, receipt_number)
            await store.insert_audit_entries(db, [entry])
        return released


async def forget_old_claims(pool: Pool, now: datetime) -> int:
    """Delete claims that ran out long ago; says how many: the batch of a scheduled job."""
    async with transaction(pool) as db:
        return await store.delete_old_claims(db, now - OLD_CLAIM, CLAIM_BATCH)
