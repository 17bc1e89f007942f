"""What an attempt makes of a mail: its next state, the line kept about the attempt, and the event that tells it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.notifier.domain.facts import Facts
from services.notifier.domain.mails import message_id
from services.notifier.domain.retry import (
    Accepted,
    Failed,
    GiveUp,
    HeldBack,
    Refused,
    RefusedForNow,
    ReplyLost,
    RetryPolicy,
    Tries,
    TryAgain,
    next_attempt,
)
from shared.contracts.event_data import EventData
from shared.contracts.notifier_events import Mail, MailDeferred, MailFailed, MailFailure, MailSent, RecipientRole
from shared.kernel.identifiers import ReceiptNumber

MailState = Literal["queued", "sent", "failed", "suppressed"]
OUTCOME_NAMES: Mapping[type, str] = {
    Accepted: "accepted",
    RefusedForNow: "refused_for_now",
    Refused: "refused",
    ReplyLost: "reply_lost",
    HeldBack: "held_back",
}


class UnreadableLetter(ValueError):
    """The key that a mail's address and text are kept under is gone."""


class Letter(NamedTuple):
    """What is kept sealed: to whom, from whom, and what it says."""

    address: str
    sender: str
    facts: Facts


class ClaimedMail(NamedTuple):
    """A mail whose next attempt is ours. `attempts` counts this one; `ambiguous` if it may have arrived before."""

    mail_id: int
    receipt_number: ReceiptNumber
    office_code: str
    event_id: UUID
    traceparent: str | None
    mail: Mail
    template_version: int
    role: RecipientRole
    letter: Letter | None
    message_key: str
    queued_at: datetime
    attempts: int
    tries: Tries
    ambiguous: bool
    suppressed: bool
    address_hash: bytes
    resend_id: UUID | None

    @property
    def opened(self) -> Letter:
        """Its letter. Raises UnreadableLetter."""
        if self.letter is None:
            raise UnreadableLetter
        return self.letter


class Fate(NamedTuple):
    """What is stored about a mail after an attempt: `due_at` while it is queued; without it, the mail has ended."""

    mail_id: int
    attempts: int
    state: MailState
    outcome: str
    due_at: datetime | None = None
    reply_code: int | None = None
    failure: MailFailure | None = None
    ambiguous: bool = False


def fate_of(
    mail: ClaimedMail, outcome: Accepted | HeldBack | Failed, policy: RetryPolicy, now: datetime, jitter: float
) -> tuple[Fate, EventData]:
    """The mail's fate and its event."""
    name = OUTCOME_NAMES[type(outcome)]
    match outcome:
        case Accepted():
            return _fate(mail, "sent", name), _sent(mail, now)
        case HeldBack():
            failure = MailFailure.BOUNCED
            held = _fate(mail, "suppressed", name, failure=failure)
            return held, failed_event(mail, failure, None, now)
    match next_attempt(outcome, mail.tries, policy, now, jitter):
        case TryAgain(at, code, ambiguous):
            later = _fate(mail, "queued", name, due_at=at, reply_code=code, ambiguous=ambiguous)
            return later, deferred_event(mail, at, code)
        case GiveUp(failure, code):
            ended = _fate(mail, "failed", name, reply_code=code, failure=failure)
            return ended, failed_event(mail, failure, code, now)


def _fate(mail: ClaimedMail, state: MailState, outcome: str, **more: Any) -> Fate:
    return Fate(mail.mail_id, mail.attempts, state, outcome, **more)


def deferred_event(mail: ClaimedMail, at: datetime, reply_code: int | None = None) -> MailDeferred:
    """Another attempt follows at `at`."""
    return MailDeferred(
        receipt_number=mail.receipt_number, mail=mail.mail, role=mail.role, reply_code=reply_code, next_attempt_at=at
    )


def failed_event(mail: ClaimedMail, failure: MailFailure, reply_code: int | None, now: datetime) -> MailFailed:
    """No further attempt."""
    return MailFailed(
        receipt_number=mail.receipt_number,
        mail=mail.mail,
        role=mail.role,
        failure_class=failure,
        reply_code=reply_code,
        failed_at=now,
    )


def _sent(mail: ClaimedMail, now: datetime) -> MailSent:
    return MailSent(
        receipt_number=mail.receipt_number,
        mail=mail.mail,
        template_version=mail.template_version,
        role=mail.role,
        message_id=message_id(mail.message_key, mail.opened.sender),
        attempts=mail.attempts,
        sent_at=now,
        ambiguous=mail.ambiguous,
    )
