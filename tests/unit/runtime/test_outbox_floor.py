"""The floor never passes a number that an open transaction may still hold."""

from shared.runtime.outbox_floor import FORGET_SECONDS, OutboxFloor


def floor() -> OutboxFloor:
    new = OutboxFloor()
    new.forget_when_old(0.0)
    return new


def test_it_rises_once_everybody_who_was_writing_has_ended() -> None:
    rising = floor()
    rising.follow(500, oldest_open=70, next_opened=75)
    assert rising.seq == 0
    rising.follow(1000, oldest_open=75, next_opened=80)
    assert rising.seq == 500
    rising.follow(1500, oldest_open=80, next_opened=85)
    assert rising.seq == 1000


def test_a_transaction_that_stays_open_keeps_it_down() -> None:
    held_down = floor()
    for batch in range(1, 20):
        held_down.follow(500 * batch, oldest_open=70, next_opened=75 + batch)
    assert held_down.seq == 0
    held_down.follow(10_000, oldest_open=76, next_opened=100)
    assert held_down.seq == 500


def test_it_stays_below_late_rows_that_one_batch_could_not_hold() -> None:
    late = floor()
    late.follow(5000, oldest_open=70, next_opened=75)
    late.follow(900, oldest_open=75, next_opened=76)
    assert late.seq == 900


def test_everything_is_looked_at_again_after_a_second() -> None:
    forgetful = floor()
    forgetful.follow(500, oldest_open=70, next_opened=70)
    forgetful.follow(900, oldest_open=71, next_opened=71)
    forgetful.forget_when_old(FORGET_SECONDS)
    assert forgetful.seq == 500
    forgetful.forget_when_old(FORGET_SECONDS + 0.1)
    assert forgetful.seq == 0
    forgetful.follow(950, oldest_open=90, next_opened=90)
    assert forgetful.seq == 0
