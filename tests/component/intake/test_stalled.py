"""Applications that review does not take up show at /metrics."""

from prometheus_client import REGISTRY

from tests.builders import an_event, review_opened
from tests.component.intake.conftest import Intake, register


async def stalled(intake: Intake) -> float | None:
    """What a scrape shows after a measurement."""
    await intake.job("measure_stalled").run()
    return REGISTRY.get_sample_value("nss_stalled_applications", {"service": "intake", "awaits": "review"})


async def test_an_application_that_review_has_not_taken_up_for_two_minutes_is_counted(intake: Intake) -> None:
    number = await register(await intake.logged_in())
    intake.clock.advance(minutes=2)
    assert await stalled(intake) == 0
    intake.clock.advance(seconds=1)
    assert await stalled(intake) == 1
    await intake.consume(an_event(review_opened(receipt_number=number)))
    assert await stalled(intake) == 0
