"""The story of a mail after it was queued: claimed, offered while no transaction is open, marked and told."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, pairwise

from jinja2 import TemplateError

from services.notifier import rendering, store
from services.notifier.domain.addresses import UnsafeAddress
from services.notifier.domain.bounces import return_path
from services.notifier.domain.fates import ClaimedMail, deferred_event, fate_of
from services.notifier.domain.mails import message_id
from services.notifier.domain.retry import (
    HeldBack,
    NotTried,
    Refused,
    RefusedForNow,
    RetryPolicy,
    SendOutcome,
)
from services.notifier.mailer import Mailer, OutgoingMail
from services.notifier.rendering import DkimSigner, Envelope, MailTemplates
from services.notifier.workflows.measuring import count_fates
from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import EventData
from shared.contracts.notifier_events import MailFailure
from shared.runtime.clock import Clock
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.failpoints import reach
from shared.runtime.ids import NewId
from shared.runtime.logs import get_log

SHARE_OF_CLAIM = 0.5
"""After this share of a claim's time no further mail of it is begun, so that the last one ends within the claim."""
BACK_AFTER = timedelta(seconds=5)
BATCHES_IN_A_ROW = 20
"""Then the job is seen to have run."""

log = get_log()


@dataclass(frozen=True, slots=True)
class MailPress:
    """From a mail to its bytes. `returns_to_sender`: what bounces comes back to the mail's own address (VERP)."""

    templates: MailTemplates
    signer: DkimSigner | None = None
    returns_to_sender: bool = False

    def message_of(self, mail: ClaimedMail) -> bytes:
        """The same bytes in every attempt. Raises UnsafeAddress, TemplateError, UnreadableLetter."""
        letter = mail.opened
        subject, body = self.templates.render(mail.mail.value, mail.template_version, letter.facts)
        envelope = Envelope(
            sender=letter.sender,
            to=letter.address,
            message_id=message_id(mail.message_key, letter.sender),
            thread=f"application.{mail.receipt_number}",
            date=mail.queued_at,
        )
        message = rendering.build_message(subject, body, envelope)
        return self.signer.sign(message, mail.queued_at) if self.signer else message

    def envelope_sender(self, sender: str, message_key: str) -> str:
        """What MAIL FROM says."""
        return return_path(sender, message_key) if self.returns_to_sender else sender


@dataclass(frozen=True, slots=True)
class Delivery:
    """What sending needs. `mails_per_minute` is shared by all replicas; None is no limit."""

    pool: Pool
    clock: Clock
    new_id: NewId
    mailer: Mailer
    press: MailPress
    seals: store.Seals
    policy: RetryPolicy
    jitter: Callable[[], float]
    batch_size: int = 50
    mails_per_minute: int | None = None


Tried = tuple[ClaimedMail, SendOutcome | HeldBack]
Pressed = OutgoingMail | HeldBack | Refused | RefusedForNow


async def deliver_due_mails(delivery: Delivery) -> int:
    """Send due mails one after the other, while a batch is full the next; how many were tried.

    No transaction is open while SMTP talks; the one that marks a batch takes the next.

    Replicas and the lanes of one process may run this at the same time. While the mail server is away nothing is
    claimed, so that an outage costs neither attempts nor writes.
    """
    if not await delivery.mailer.is_ready():
        return 0
    count = 0
    async with transaction(delivery.pool) as db:
        claimed = await _claim(db, delivery) if delivery.mails_per_minute is None else await _allowed(db, delivery)
    while claimed:
        reach("notifier.after-claim-before-smtp")
        tried: list[Tried] = []
        try:
            await _offer_in_turn(delivery, claimed, tried)
        except asyncio.CancelledError:
            # Told to stop: only the mail in hand stays claimed, as nobody knows whether it has arrived.
            await _settle(delivery, [*tried, *((mail, NotTried()) for mail in claimed[len(tried) + 1 :])], count)
            raise
        count += sum(not isinstance(outcome, NotTried) for _, outcome in tried)
        reach("notifier.after-smtp-accepted-before-marked")
        claimed = await _settle(delivery, tried, count)
        reach("notifier.after-marked")
    return count


async def _settle(delivery: Delivery, tried: Sequence[Tried], count: int) -> list[ClaimedMail]:
    """Mark a batch; the next one where that was full and `count`, the mails tried in this run, is not too many."""
    goes_on = _goes_on(delivery, tried, count)
    async with transaction(delivery.pool) as db:
        told = await _mark(db, delivery, tried)
        claimed = await _claim(db, delivery) if goes_on else []
    count_fates(told)
    return claimed


def _goes_on(delivery: Delivery, tried: Sequence[Tried], count: int) -> bool:
    """Whether the next batch is taken with the marks of this one.

    Not where a limit holds: waiting for its row, or failing to get it, must never cost a mark.
    """
    is_full = len(tried) == delivery.batch_size and not isinstance(tried[-1][1], NotTried)
    return is_full and delivery.mails_per_minute is None and count < delivery.batch_size * BATCHES_IN_A_ROW


async def _claim(db: Connection, delivery: Delivery, size: int | None = None) -> list[ClaimedMail]:
    now = delivery.clock.now()
    claimed_until = now + delivery.policy.after_lost_reply
    limit = delivery.batch_size if size is None else size
    return await store.claim_due_mails(db, limit, delivery.seals, now, claimed_until)


async def _allowed(db: Connection, delivery: Delivery) -> list[ClaimedMail]:
    """As many as this minute still allows."""
    minute = delivery.clock.now().replace(second=0, microsecond=0)
    left = (delivery.mails_per_minute or 0) - await store.lock_allowance(db, minute)
    claimed = await _claim(db, delivery, max(min(delivery.batch_size, left), 0))
    if claimed:
        await store.add_to_allowance(db, minute, len(claimed))
    return claimed


async def _offer_in_turn(delivery: Delivery, claimed: Sequence[ClaimedMail], tried: list[Tried]) -> None:
    """Adds to `tried`, which is worth something even where this is broken off."""
    no_more_at = time.monotonic() + delivery.policy.after_lost_reply.total_seconds() * SHARE_OF_CLAIM
    away = False
    pressed = (_pressed(delivery, mail) for mail in claimed)
    # Each mail is pressed while the one before it is not gone: the mail server is told ahead of it.
    for mail, (offered, following) in zip(claimed, pairwise(chain(pressed, [HeldBack()])), strict=True):
        away = away or time.monotonic() > no_more_at
        outcome = NotTried() if away else await _offer(delivery, offered, following)
        away = isinstance(outcome, NotTried)
        tried.append((mail, outcome))


async def _offer(delivery: Delivery, offered: Pressed, following: Pressed) -> SendOutcome | HeldBack:
    if not isinstance(offered, OutgoingMail):
        return offered
    return await delivery.mailer.send_mail(*offered, following if isinstance(following, OutgoingMail) else None)


def _pressed(delivery: Delivery, mail: ClaimedMail) -> Pressed:
    """The mail as it is handed over, or what becomes of it without that."""
    if mail.suppressed:
        return HeldBack()
    try:
        message = delivery.press.message_of(mail)
    except UnsafeAddress:
        return Refused(None, MailFailure.INVALID_ADDRESS)
    except (TemplateError, KeyError, ValueError) as error:
        # One mail that cannot be made must not keep the others; it is tried again, then visibly given up.
        log.error("mail cannot be rendered", mail_id=mail.mail_id, mail=mail.mail, error=type(error).__name__)
        return RefusedForNow()
    letter = mail.opened
    sender = delivery.press.envelope_sender(letter.sender, mail.message_key)
    return OutgoingMail(sender, letter.address, message)


async def _mark(db: Connection, delivery: Delivery, tried: Sequence[Tried]) -> list[EventData]:
    """Store and tell what became of them; what was told."""
    now = delivery.clock.now()
    decided = [
        (mail, outcome, *fate_of(mail, outcome, delivery.policy, now, delivery.jitter()))
        for mail, outcome in tried
        if not isinstance(outcome, NotTried)
    ]
    unoffered = [mail for mail, outcome in tried if isinstance(outcome, NotTried)]
    ours = await store.mark_tried(db, [fate for _, _, fate, _ in decided], now)
    kept = [entry for entry in decided if entry[0].mail_id in ours]
    await store.insert_suppressions(db, _dead_addresses(delivery, [(m, o) for m, o, _, _ in kept]), now)
    back = await store.put_back(db, unoffered, now + BACK_AFTER) if unoffered else set()
    told = [(mail, data) for mail, _, _, data in kept]
    told += [(mail, deferred_event(mail, now + BACK_AFTER)) for mail in unoffered if mail.mail_id in back]
    await append_events(db, [event_about(delivery.new_id, mail, data, now) for mail, data in told])
    return [data for _, data in told]


def _dead_addresses(delivery: Delivery, tried: Sequence[Tried]) -> list[tuple]:  # type: ignore[type-arg]
    return [
        (delivery.new_id(), mail.address_hash, mail.mail_id, outcome.address_status)
        for mail, outcome in tried
        if isinstance(outcome, Refused) and outcome.address_status is not None
    ]


def event_about(
    new_id: NewId, mail: "ClaimedMail | store.ReturnedMail", data: EventData, now: datetime
) -> Event[EventData]:
    """The event that tells what became of a mail."""
    return new_event(
        data,
        event_id=new_id(),
        key=mail.office_code,
        now=now,
        causation_id=mail.event_id,
        traceparent=getattr(mail, "traceparent", None),
    )
