"""The brake: more than half of twenty consecutive failures, a pause that doubles, healing by successes."""

import pytest

from shared.runtime.brake import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, WINDOW, Brake

MAIL, REVIEW = "nss.mail.v1", "nss.review.v1"


def fail(brake: Brake, times: int, now: float = 0.0) -> list[bool]:
    return [brake.record_failure(MAIL, now) for _ in range(times)]


def test_half_of_the_window_is_not_enough_and_one_more_is() -> None:
    brake = Brake()
    brake.record_successes(MAIL, 10)
    assert fail(brake, 11) == [False] * 10 + [True]
    assert brake.is_braked(MAIL)
    assert brake.braked_topics == (MAIL,)


def test_fewer_than_twenty_records_never_brake() -> None:
    assert not any(fail(Brake(), WINDOW - 1))


def test_one_topic_does_not_brake_another() -> None:
    brake = Brake()
    fail(brake, WINDOW)
    assert not brake.is_braked(REVIEW)


def test_failures_spread_among_successes_do_not_brake() -> None:
    brake = Brake()
    for _ in range(100):
        brake.record_successes(MAIL, 1)
        assert fail(brake, 1) == [False]


def test_a_long_run_of_successes_counts_as_a_full_window() -> None:
    brake = Brake()
    fail(brake, 10)
    brake.record_successes(MAIL, 5_000)
    assert fail(brake, 10) == [False] * 10


def test_a_single_failure_after_the_pause_brakes_again_for_twice_as_long() -> None:
    brake = Brake()
    fail(brake, WINDOW)
    assert brake.release_due(FIRST_PAUSE_SECONDS - 0.1) == []
    assert brake.release_due(FIRST_PAUSE_SECONDS) == [MAIL]
    assert not brake.is_braked(MAIL)
    assert fail(brake, 1, now=100.0) == [True]
    assert brake.release_due(100.0 + FIRST_PAUSE_SECONDS) == []
    assert brake.release_due(100.0 + 2 * FIRST_PAUSE_SECONDS) == [MAIL]


def test_the_pause_is_bounded() -> None:
    brake = Brake()
    now = 0.0
    fail(brake, WINDOW)
    for _ in range(20):
        now += LONGEST_PAUSE_SECONDS
        assert brake.release_due(now) == [MAIL]
        assert fail(brake, 1, now) == [True]


def test_a_window_of_successes_makes_the_next_pause_short_again() -> None:
    brake = Brake()
    fail(brake, WINDOW)
    brake.release_due(FIRST_PAUSE_SECONDS)
    brake.record_successes(MAIL, WINDOW)
    fail(brake, 11, now=1000.0)
    assert brake.release_due(1000.0 + FIRST_PAUSE_SECONDS) == [MAIL]


@pytest.mark.parametrize(
    ("before", "outcomes", "index"), [(0, [True] * 25, 19), (19, [False, True], None), (10, [True] * 30, 10)]
)
def test_it_foretells_the_record_that_brakes_and_changes_nothing(
    before: int, outcomes: list[bool], index: int | None
) -> None:
    brake = Brake()
    brake.record_successes(MAIL, before)
    assert brake.first_braking(MAIL, outcomes) == index
    assert brake.first_braking(MAIL, outcomes) == index
