"""What operators do with mails: look, resend, release, and send a test. Every change is kept with who and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.notifier import rendering, store
from services.notifier.domain.addresses import checked_address
from services.notifier.domain.filters import MailFilter
from services.notifier.domain.mails import PlannedMail, message_id
from services.notifier.domain.retry import Accepted, NotTried, Refused, RefusedForNow, ReplyLost, SendOutcome
from services.notifier.labels import TEST_PREFIX
from services.notifier.rendering import Envelope
from services.notifier.workflows.delivering import Delivery
from shared.runtime.database import transaction

MOST_ROWS = 200
RESEND_BATCH = 200


@dataclass(frozen=True, slots=True)
class Instruction:
    """Who asks for a change, why, and whether it is only to be told what would happen."""

    operator: str
    reason: str
    dry_run: bool = False


async def list_mails(delivery: Delivery, wanted: MailFilter, after: int, *, with_attempts: bool) -> Mapping[str, Any]:
    """One page of mails in the order of their ids; `next` is where the following page begins, None after the last."""
    async with transaction(delivery.pool) as db:
        mails = await store.find_mails(db, wanted, after, MOST_ROWS + 1)
        page = mails[:MOST_ROWS]
        answer: dict[str, Any] = {"mails": page, "next": page[-1]["mail_id"] if len(mails) > MOST_ROWS else None}
        if with_attempts:
            attempts = await store.find_attempts(db, [mail["mail_id"] for mail in page])
            answer["attempts"] = attempts
    return answer


async def resend_mails(
    delivery: Delivery, wanted: MailFilter, resend_id: UUID, order: Instruction
) -> Mapping[str, Any]:
    """Queue one batch of sent or failed mails again, as they were; `left` says how many more the filter finds.

    The same `resend_id` again goes on where it stopped and repeats nothing.
    """
    now = delivery.clock.now()
    async with transaction(delivery.pool) as db:
        queued = [] if order.dry_run else await store.queue_resends(db, wanted, resend_id, RESEND_BATCH, now)
        left = await store.count_resendable(db, wanted, resend_id)
        if queued:
            details = {"resend_id": str(resend_id), "mail_ids": [mail["mail_id"] for mail in queued]}
            await store.insert_operator_action(
                db, delivery.new_id(), order.operator, "resend", order.reason, details, now
            )
    return {"resend_id": resend_id, "queued": queued, "left": left}


async def list_suppressions(delivery: Delivery) -> Mapping[str, Any]:
    """The addresses that nothing is sent to, each told by the mail that bounced."""
    async with transaction(delivery.pool) as db:
        return {"suppressions": await store.find_suppressions(db)}


async def release_suppression(delivery: Delivery, suppression_id: UUID, order: Instruction) -> Mapping[str, Any] | None:
    """Write to the address again and let the held mails go; None if there is no such suppression in force."""
    now = delivery.clock.now()
    async with transaction(delivery.pool) as db:
        address_hash = await store.lock_suppression(db, suppression_id)
        if address_hash is None:
            return None
        if order.dry_run:
            return {"released": 0, "held": await store.count_held_mails(db, address_hash)}
        released = await store.release_address(db, address_hash, now)
        details = {"suppression_id": str(suppression_id), "released": released}
        await store.insert_operator_action(db, delivery.new_id(), order.operator, "release", order.reason, details, now)
    return {"released": released, "held": 0}


async def send_test_mail(delivery: Delivery, planned: PlannedMail, address: str, order: Instruction) -> str:
    """Send an invented mail, marked as a test, at once; what the mail server said. Raises UnsafeAddress."""
    now = delivery.clock.now()
    subject, body = delivery.press.templates.render(planned.mail.value, planned.template_version, planned.facts)
    key = message_id(f"test.{delivery.new_id().hex}", planned.sender)
    envelope = Envelope(planned.sender, checked_address(address), key, "test", now)
    message = rendering.build_message(TEST_PREFIX + subject, body, envelope)
    if order.dry_run:
        return "not sent"
    async with transaction(delivery.pool) as db:
        await store.insert_operator_action(
            db, delivery.new_id(), order.operator, "send_test", order.reason, {"mail": planned.mail.value}, now
        )
    return outcome_text(await delivery.mailer.send_mail(planned.sender, address, message))


def outcome_text(outcome: SendOutcome) -> str:
    """An outcome as operators read it."""
    match outcome:
        case Accepted():
            return "accepted"
        case NotTried():
            return "mail server away"
        case ReplyLost():
            return "reply lost: it may have arrived"
        case Refused(code) | RefusedForNow(code):
            return f"refused {code or 'without a reply'}"
