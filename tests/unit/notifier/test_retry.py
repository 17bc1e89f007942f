"""When a mail is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta

from services.notifier.domain.retry import (
    GiveUp,
    Refused,
    RefusedForNow,
    ReplyLost,
    RetryPolicy,
    Tries,
    TryAgain,
    next_attempt,
)
from shared.contracts.notifier_events import MailFailure

NOW = datetime(2026, 10, 16, tzinfo=UTC)
POLICY = RetryPolicy(most_attempts=4)


def test_refusal_for_good_is_given_up_at_once() -> None:
    assert next_attempt(Refused(550), Tries(1, NOW), POLICY, NOW, 0.0) == GiveUp(MailFailure.REFUSED, 550)


def test_waits_double_up_to_the_longest_delay() -> None:
    waits = [next_attempt(RefusedForNow(451), Tries(number, NOW), RetryPolicy(), NOW, 0.0) for number in range(1, 9)]

    assert [wait.at - NOW for wait in waits if isinstance(wait, TryAgain)] == [
        timedelta(seconds=seconds) for seconds in (30, 60, 120, 240, 480, 900, 900, 900)
    ]


def test_jitter_only_lengthens_the_wait() -> None:
    assert next_attempt(RefusedForNow(451), Tries(1, NOW), POLICY, NOW, 1.0) == TryAgain(
        NOW + timedelta(seconds=45), 451, ambiguous=False
    )


def test_lost_reply_is_ambiguous_and_waits_ten_minutes() -> None:
    assert next_attempt(ReplyLost(), Tries(1, NOW), POLICY, NOW, 0.5) == TryAgain(
        NOW + timedelta(minutes=10), None, ambiguous=True
    )


def test_last_attempt_is_given_up() -> None:
    tries = Tries(4, NOW)
    assert next_attempt(RefusedForNow(451), tries, POLICY, NOW, 0.0) == GiveUp(MailFailure.GAVE_UP, 451)
    assert next_attempt(ReplyLost(), tries, POLICY, NOW, 0.0) == GiveUp(MailFailure.GAVE_UP, None)


def test_attempts_end_after_four_hours_whatever_their_number() -> None:
    policy, late = RetryPolicy(), NOW + timedelta(hours=4)

    assert isinstance(next_attempt(RefusedForNow(451), Tries(2, NOW), policy, late, 0.0), GiveUp)
    assert isinstance(
        next_attempt(RefusedForNow(451), Tries(2, NOW + timedelta(minutes=1)), policy, late, 0.0), TryAgain
    )
