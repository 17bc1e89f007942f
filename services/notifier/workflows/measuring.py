"""What notifier's metrics show of its mails and posts: totals counted as they end, the rest read from the database."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from services.notifier import store
from services.notifier.domain.bounces import BounceKind
from services.notifier.domain.hooks import Answer, NextStep
from shared.contracts.event_data import EventData
from shared.contracts.notifier_events import MailDeferred, MailFailed, MailFailure, MailSent
from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.database import Pool, transaction

SERVICE = "notifier"


async def measure_mails(pool: Pool, clock: Clock) -> int:
    """Set the gauges; it changes nothing, so it never counts a row."""
    now = clock.now()
    async with transaction(pool) as db:
        state = await store.find_mail_state(db)
    metrics.MAILS_WAITING.labels(SERVICE).set(state.waiting)
    metrics.MAIL_OLDEST_DUE_SECONDS.labels(SERVICE).set(_age(state.oldest_due, now))
    metrics.MAIL_SUPPRESSED_ADDRESSES.labels(SERVICE).set(state.suppressed_addresses)
    metrics.MAIL_ARCHIVE_OLDEST_SECONDS.labels(SERVICE).set(_age(state.oldest_archived, now))
    return 0


async def measure_hooks(pool: Pool, clock: Clock) -> int:
    """Set the gauges of the receivers of hooks; it changes nothing, so it never counts a row."""
    now = clock.now()
    async with transaction(pool) as db:
        backlogs = await store.find_hook_backlogs(db, now)
    for state, count in {"active": 0, "paused": 0, **Counter(each.state for each in backlogs)}.items():
        metrics.HOOKS.labels(SERVICE, state).set(count)
    metrics.HOOK_OLDEST_DUE_SECONDS.labels(SERVICE).set(max((_age(each.next_due, now) for each in backlogs), default=0))
    # A receiver that is removed or changes its state leaves no value behind.
    metrics.HOOK_POSTS_WAITING.clear()
    metrics.HOOK_OLDEST_WAITING_SECONDS.clear()
    for each in backlogs:
        metrics.HOOK_POSTS_WAITING.labels(SERVICE, each.name).set(each.waiting)
        age = _age(each.oldest_waiting, now)
        metrics.HOOK_OLDEST_WAITING_SECONDS.labels(SERVICE, each.name, each.state).set(age)
    return 0


def count_attempt(answer: Answer, step: NextStep) -> None:
    """One post to a receiver of hooks, and whether it was the last one of its event."""
    metrics.HOOK_ATTEMPTS.labels(SERVICE, answer.outcome).inc()
    if step.state == "failed":
        count_lost_post(answer.outcome)


def count_lost_post(outcome: str) -> None:
    """One event that a receiver was not told."""
    metrics.HOOK_POSTS_FAILED.labels(SERVICE, outcome).inc()


def count_fates(told: Sequence[EventData]) -> None:
    """Once the events are committed."""
    sent = Counter(data.mail.value for data in told if isinstance(data, MailSent))
    for mail, count in sent.items():
        metrics.MAILS_SENT.labels(SERVICE, mail).inc(count)
    for data in told:
        if isinstance(data, MailDeferred):
            metrics.MAILS_DEFERRED.labels(SERVICE, data.mail.value).inc()
        if isinstance(data, MailFailed):
            count_failure(data.failure_class)


def count_failure(failure: MailFailure) -> None:
    """One mail that will not arrive."""
    metrics.MAILS_FAILED.labels(SERVICE, failure.value).inc()


def count_bounce(kind: BounceKind) -> None:
    """One returned mail."""
    metrics.MAIL_BOUNCES.labels(SERVICE, kind.value).inc()


def _age(since: datetime | None, now: datetime) -> float:
    """Nothing is that old, or not due yet: 0."""
    return max((now - since).total_seconds(), 0.0) if since else 0.0
