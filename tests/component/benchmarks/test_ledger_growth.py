"""P10: a ledger of a million IDs issues and reads like one of a thousand."""

import pytest

from tests.benchmarks.ledger_growth import AIM, LARGE, SMALL, measure

NOISE_ALLOWED = 1.25


@pytest.mark.full
@pytest.mark.parametrize(("small", "large"), [(SMALL, 10 * SMALL), (SMALL, LARGE)])
async def test_a_batch_costs_the_same_however_many_ids_there_are(postgres_dsn: str, small: int, large: int) -> None:
    measured = await measure(small, large, postgres_dsn, rounds=6 if large < LARGE else 20)
    if measured["noise"] > NOISE_ALLOWED:
        pytest.skip(f"too noisy: the small ledger alone varied by {measured['noise']:.2f}")
    assert measured["issuing"] <= AIM
    assert measured["reading"] <= AIM
