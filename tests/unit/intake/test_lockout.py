"""The delay after wrong passwords."""

from datetime import timedelta

from services.intake.domain.login import ACCOUNT_RULE, ADDRESS_RULE, Failures
from tests.builders import NOW


def test_the_delay_doubles_from_the_fifth_failure_up_to_a_quarter_of_an_hour_and_ends_in_a_day() -> None:
    seconds = [ACCOUNT_RULE.delay_after(failures).total_seconds() for failures in range(1, 14)]

    assert seconds == [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900]
    assert ACCOUNT_RULE.delay_after(99) == timedelta(minutes=15)
    assert ACCOUNT_RULE.delay_after(100) == ACCOUNT_RULE.delay_after(5000) == timedelta(days=1)


def test_an_address_may_be_wrong_more_often_than_an_account() -> None:
    assert ADDRESS_RULE.delay_after(50) == timedelta(0)
    assert ADDRESS_RULE.delay_after(51) == timedelta(seconds=5)


def test_a_failure_counts_from_when_it_happened() -> None:
    assert Failures(4, NOW).one_more(ACCOUNT_RULE, NOW) == Failures(5, NOW + timedelta(seconds=5))
