"""What comes back to a mail's return path: told on the timelines, and a dead address is not written to again."""

from dataclasses import dataclass
from enum import StrEnum

from services.notifier import store
from services.notifier.domain.bounces import Bounce, BounceKind, classify_bounce, message_key_of
from services.notifier.workflows.delivering import event_about
from services.notifier.workflows.measuring import count_bounce, count_failure
from shared.contracts.notifier_events import MailFailed, MailFailure
from shared.runtime.clock import Clock
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId
from shared.runtime.logs import get_log

log = get_log()


class BounceTaken(StrEnum):
    """What was done with a returned mail."""

    RECORDED = "recorded"
    IGNORED = "ignored"
    UNKNOWN_MAIL = "unknown_mail"


@dataclass(frozen=True, slots=True)
class BounceDesk:
    """What taking bounces needs."""

    pool: Pool
    clock: Clock
    new_id: NewId


async def record_bounce(desk: BounceDesk, recipient: str, content: bytes) -> BounceTaken:
    """Take one returned mail. The same one again changes nothing."""
    key = message_key_of(recipient)
    bounce = classify_bounce(content)
    async with transaction(desk.pool) as db:
        mail = await store.lock_returned_mail(db, key) if key else None
        if mail is None:
            log.info("bounce of no known mail", kind=bounce.kind)
            return BounceTaken.UNKNOWN_MAIL
        log.info("bounce", mail_id=mail.mail_id, kind=bounce.kind, status=bounce.status)
        taken = await _record(db, desk, mail, bounce)
    count_bounce(bounce.kind)
    if taken is BounceTaken.RECORDED and bounce.is_final:
        count_failure(MailFailure.BOUNCED)
    return taken


async def _record(db: Connection, desk: BounceDesk, mail: store.ReturnedMail, bounce: Bounce) -> BounceTaken:
    now = desk.clock.now()
    if bounce.kind is BounceKind.DELAYED:
        await store.insert_report(db, mail, "delayed", bounce.status, now)
        return BounceTaken.RECORDED
    # Only a mail that counts as delivered can still turn out not to be.
    if not bounce.is_final or mail.state != "sent":
        return BounceTaken.IGNORED
    await store.insert_report(db, mail, "bounced", bounce.status, now)
    await store.mark_bounced(db, mail.mail_id, now)
    if bounce.kind is BounceKind.HARD and mail.address_hash is not None:
        suppressed = (desk.new_id(), mail.address_hash, mail.mail_id, bounce.status)
        await store.insert_suppressions(db, [suppressed], now)
    failed = MailFailed(
        receipt_number=mail.receipt_number,
        mail=mail.mail,
        role=mail.role,
        failure_class=MailFailure.BOUNCED,
        failed_at=now,
    )
    await append_events(db, [event_about(desk.new_id, mail, failed, now)])
    return BounceTaken.RECORDED
