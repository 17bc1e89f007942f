"""When a mail is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.notifier_events import MailFailure


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how far apart. A lost reply waits longer, because the mail may have arrived (RFC 5321 4.5.3.2)."""

    most_attempts: int = 48
    first_delay: timedelta = timedelta(seconds=30)
    longest_delay: timedelta = timedelta(minutes=15)
    after_lost_reply: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The mail server has taken the mail."""


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """A 4xx reply, or no conversation at all (`reply_code` None)."""

    reply_code: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A 5xx reply: trying again is useless."""

    reply_code: int | None
    failure: MailFailure = MailFailure.REFUSED


@dataclass(frozen=True, slots=True)
class ReplyLost:
    """The connection ended after the content was sent: the mail may or may not have arrived."""


SendOutcome = Accepted | RefusedForNow | Refused | ReplyLost


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


def next_attempt(
    outcome: RefusedForNow | Refused | ReplyLost, attempts: int, policy: RetryPolicy, now: datetime, jitter: float
) -> TryAgain | GiveUp:
    """What follows an attempt that was not accepted; `attempts` counts it, `jitter` (0 to 1) lengthens the wait."""
    match outcome:
        case Refused(reply_code, failure):
            return GiveUp(failure, reply_code)
        case _ if attempts >= policy.most_attempts:
            return GiveUp(MailFailure.GAVE_UP, getattr(outcome, "reply_code", None))
        case ReplyLost():
            return TryAgain(now + policy.after_lost_reply, None, ambiguous=True)
        case RefusedForNow(reply_code):
            return TryAgain(now + _delay(attempts, policy) * (1 + jitter / 2), reply_code, ambiguous=False)


def _delay(attempts: int, policy: RetryPolicy) -> timedelta:
    doublings = min(attempts - 1, 16)
    delay: timedelta = policy.first_delay * (1 << doublings)
    return min(delay, policy.longest_delay)
