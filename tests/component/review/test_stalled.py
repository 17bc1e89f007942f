"""Approvals that provisioning does not answer show at /metrics."""

from prometheus_client import REGISTRY

from services.review import workflows
from tests.builders import RECEIPT, an_event, mailboxes_issued
from tests.component.review.desk import Desk


async def stalled(desk: Desk) -> float | None:
    """What a scrape shows after a measurement."""
    await workflows.measure_stalled(desk.pool, desk.clock.now())
    return REGISTRY.get_sample_value("nss_stalled_applications", {"service": "review", "awaits": "issue"})


async def test_an_approval_that_nobody_has_issued_for_two_minutes_is_counted(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive(RECEIPT)
    await desk.approve(RECEIPT)
    desk.clock.advance(minutes=2)
    assert await stalled(desk) == 0
    desk.clock.advance(seconds=1)
    assert await stalled(desk) == 1
    await desk.deliver(an_event(mailboxes_issued()))
    assert await stalled(desk) == 0
