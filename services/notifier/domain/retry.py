"""What became of one attempt, when a mail is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.contracts.notifier_events import MailFailure


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, how far apart and how long.

    A lost reply waits longer, because the mail may have arrived (RFC 5321 4.5.3.2). A mail server that is away counts
    as no attempt at all, so an outage of any length gives up nothing.
    """

    most_attempts: int = 48
    give_up_after: timedelta = timedelta(hours=4)
    """From a mail's first attempt on; a lost reply may need one more wait than this."""
    first_delay: timedelta = timedelta(seconds=30)
    longest_delay: timedelta = timedelta(minutes=15)
    after_lost_reply: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The mail server has taken the mail."""


@dataclass(frozen=True, slots=True)
class NotTried:
    """The mail was not offered: the mail server is away, refuses TLS or login, or the turn did not come in time."""


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """A 4xx reply, or a conversation that broke off before the content was sent (`reply_code` None)."""

    reply_code: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A 5xx reply: trying again is useless. `address_status` is the enhanced status (RFC 3463) of a dead address."""

    reply_code: int | None
    failure: MailFailure = MailFailure.REFUSED
    address_status: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyLost:
    """The connection ended after the content was sent: the mail may or may not have arrived."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The address has bounced before and is suppressed: nothing is sent until somebody releases it."""


Failed = RefusedForNow | Refused | ReplyLost
SendOutcome = Accepted | NotTried | Failed


class Tries(NamedTuple):
    """What has been tried since the mail was queued or resent, the attempt in hand included."""

    attempts: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Another attempt at `at`."""

    at: datetime
    reply_code: int | None
    ambiguous: bool


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt."""

    failure: MailFailure
    reply_code: int | None


def next_attempt(outcome: Failed, tries: Tries, policy: RetryPolicy, now: datetime, jitter: float) -> TryAgain | GiveUp:
    """What follows an attempt that was not accepted; `jitter` (0 to 1) lengthens the wait."""
    match outcome:
        case Refused(reply_code, failure):
            return GiveUp(failure, reply_code)
        case _ if tries.attempts >= policy.most_attempts or now - tries.first_at >= policy.give_up_after:
            return GiveUp(MailFailure.GAVE_UP, getattr(outcome, "reply_code", None))
        case ReplyLost():
            return TryAgain(now + policy.after_lost_reply, None, ambiguous=True)
        case RefusedForNow(reply_code):
            return TryAgain(now + _delay(tries.attempts, policy) * (1 + jitter / 2), reply_code, ambiguous=False)


def _delay(attempts: int, policy: RetryPolicy) -> timedelta:
    doublings = min(attempts - 1, 16)
    delay: timedelta = policy.first_delay * (1 << doublings)
    return min(delay, policy.longest_delay)
