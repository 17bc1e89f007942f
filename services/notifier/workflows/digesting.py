"""The digest of undelivered mails to the Center's desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifier import rendering, store
from services.notifier.domain import digests
from services.notifier.domain.mails import message_id
from services.notifier.domain.retry import Accepted, NotTried, Refused, SendOutcome, Tries, TryAgain, next_attempt
from services.notifier.rendering import Envelope
from services.notifier.workflows.delivering import Delivery
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, transaction

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
KEPT = timedelta(days=90)
ONE_MORE = digests.MOST_LINES + 1


@dataclass(frozen=True, slots=True)
class DigestDesk:
    """Where digests go, from whom, and where their readers look further."""

    delivery: Delivery
    address: str
    sender: str
    review_url: str


async def queue_digests(desk: DigestDesk) -> int:
    """Queue the digests that are due now; how many."""
    now = desk.delivery.clock.now()
    today = local_date(now)
    queued = 0
    async with transaction(desk.delivery.pool) as db:
        await store.lock_digests(db)
        covered = {cause: digests.Covered(*last) for cause, last in (await store.find_covered(db)).items()}
        for cause in digests.CAUSES:
            last, until = covered.get(cause), now - digests.SETTLES_WITHIN
            if not digests.is_due(last, today):
                continue
            rows = await _undelivered(db, cause, last, until)
            if rows:
                facts = digests.digest_facts(cause, today, rows, desk.review_url)
                await store.insert_digest(db, cause, today, facts, digests.digest_key(cause, today), now, until)
                queued += 1
        await store.delete_old_digests(db, digests.CAUSES, today - KEPT)
    return queued


async def send_digests(desk: DigestDesk) -> int:
    """Send the digests that are due; how many were tried."""
    delivery = desk.delivery
    if not await delivery.mailer.is_ready():
        return 0
    now = delivery.clock.now()
    async with transaction(delivery.pool) as db:
        claimed = await store.claim_digests(db, now, now + delivery.policy.after_lost_reply)
    for digest in claimed:
        outcome = await _send(desk, digest, now)
        state, due_at = _fate(desk, digest, outcome, now)
        async with transaction(delivery.pool) as db:
            await store.mark_digest(db, digest, state, due_at)
    return len(claimed)


async def _undelivered(db: Connection, cause: str, last: digests.Covered | None, until: datetime) -> Sequence[Any]:
    if cause == digests.OVERDUE:
        return await store.find_overdue(db, until + digests.SETTLES_WITHIN - digests.OVERDUE_AFTER, ONE_MORE)
    return await store.find_failures(db, cause, last.until if last else BEGINNING, until, ONE_MORE)


async def _send(desk: DigestDesk, digest: store.ClaimedDigest, now: datetime) -> SendOutcome:
    subject, body = desk.delivery.press.templates.render(digests.TEMPLATE, digests.TEMPLATE_VERSION, digest.facts)
    key = message_id(digest.message_key, desk.sender)
    envelope = Envelope(desk.sender, desk.address, key, f"digest.{digest.cause}", digest.covers_until)
    message = rendering.build_message(subject, body, envelope)
    return await desk.delivery.mailer.send_mail(desk.sender, desk.address, message)


def _fate(desk: DigestDesk, digest: store.ClaimedDigest, outcome: SendOutcome, now: datetime) -> tuple[str, datetime]:
    match outcome:
        case Accepted():
            return "sent", now
        case NotTried():
            return "queued", now + timedelta(minutes=1)
        case Refused():
            return "failed", now
    policy = desk.delivery.policy
    decided = next_attempt(outcome, Tries(digest.attempts, now), policy, now, desk.delivery.jitter())
    return ("queued", decided.at) if isinstance(decided, TryAgain) else ("failed", now)
