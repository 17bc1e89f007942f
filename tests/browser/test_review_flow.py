"""The live view in a real browser: on a control room's screen and on a desk's, without scripts, axe 0."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from services.review.domain.review import NO_SECOND_APPROVER
from shared.runtime.ids import new_uuid7
from tests.browser.conftest import NewPage
from tests.browser.decision_desk import DecisionDesk, served_desk
from tests.browser.kit import DESKTOP, expect_accessible, take_picture
from tests.builders import NOW, RECEIPT, an_event, mail_failed
from tests.component.review.desk import OPERATOR
from tests.conftest import CreateDatabase

CONTROL_ROOM, HEIGHT = 1920, 1080
WIDTHS = (CONTROL_ROOM, DESKTOP, 800, 320)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[DecisionDesk]:
    """Applications on their way, a dead letter, a mail that failed."""
    async with served_desk(await service_database("review"), tmp_path, NO_SECOND_APPROVER) as served:
        await served.desk.set_schedule()
        await served.desk.receive(RECEIPT, "180013A", "180014A")
        await served.desk.approve(RECEIPT)
        await served.desk.deliver(an_event(mail_failed()))
        await served.desk.pool.execute(
            "insert into held_events (subject, topic, source, event_id, reason, record_headers, record_partition,"
            " record_offset, held_at)"
            " values ('180015A', 'nss.application.v1', '/nss/intake', $1, 'dead', '[]', 0, 0, $2)",
            new_uuid7(), NOW,
        )  # fmt: skip
        served.desk.clock.advance(minutes=12)
        yield served


async def test_the_flow_fits_every_screen_and_is_accessible(new_page: NewPage, desk: DecisionDesk) -> None:
    page = await new_page(width=DESKTOP, scripts=False)
    await desk.log_in(page, OPERATOR)
    await page.goto(f"{desk.url}/operate/flow?paused")
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        await expect_accessible(page)
        await take_picture(page, f"flow-{width}")
    for width in (CONTROL_ROOM, DESKTOP):
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        stations = page.locator(".flow__station")
        boxes = [box for number in range(await stations.count()) if (box := await stations.nth(number).bounding_box())]
        assert len({round(box["y"]) for box in boxes}) == 1, "side by side"
        assert sum(box["width"] for box in boxes) > width * 0.8, "the screen is used"
        table = await page.locator(".table-scroll").bounding_box()
        assert table is not None
        assert table["y"] + table["height"] <= HEIGHT, "one screen"
