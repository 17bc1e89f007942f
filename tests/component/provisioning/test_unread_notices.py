"""Notices that nobody has opened while their window is about to close show at /metrics."""

from prometheus_client import REGISTRY

from services.provisioning import workflows
from tests.builders import OPENING_MAILBOX, RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import VISITOR, Provisioning, japan


async def unread(provisioning: Provisioning) -> float | None:
    """What a scrape shows after the window's end may have been announced."""
    await workflows.announce_closing_windows(provisioning.timetable)
    await workflows.watch_notice_views(provisioning.desk)
    return REGISTRY.get_sample_value("nss_id_notices_unread_closing", {"service": "provisioning"})


async def test_a_notice_counts_from_one_business_day_before_the_end_until_somebody_opens_it(
    provisioning: Provisioning,
) -> None:
    await provisioning.approve(an_event(an_approval(abolish=[OPENING_MAILBOX])))
    provisioning.clock.set(japan("2018-11-01T23:59:59"))
    assert await unread(provisioning) == 0
    provisioning.clock.set(japan("2018-11-02T00:00:00"))
    assert await unread(provisioning) == 1
    await workflows.view_id_notice(provisioning.desk, RECEIPT, VISITOR)
    assert await unread(provisioning) == 0
