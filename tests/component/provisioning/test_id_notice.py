"""The ID notice page over HTTP: the five-minute session, masking, revealing, the window, the audit."""

import asyncio
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from services.provisioning import workflows
from services.provisioning.workflows import NoticeDesk
from shared.contracts.provisioning_events import NoticeViewed
from shared.kernel.identifiers import ReceiptNumber
from shared.kernel.local_time import TOKYO
from tests.builders import NEW_MAILBOX, OFFICE, RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning
from tests.component.provisioning.notice_browser import (
    FROM_INTAKE,
    INTAKE_URL,
    OWN_PAGE,
    PASSWORD,
    Browser,
)


async def audit(provisioning: Provisioning) -> list[tuple[object, ...]]:
    return await provisioning.rows(
        "select receipt_number, acting_office, action, window_open from notice_views order by id"
    )


async def test_a_ticket_opens_the_notice_with_every_field_and_the_password_masked(browser: Browser) -> None:
    answer = await browser.hand_in(browser.ticket())
    assert (answer.status_code, answer.headers["location"]) == (303, f"/id-notice/{RECEIPT}")
    page = await browser.open()
    assert page.status_code == 200
    for text in (
        "2018/11/01",
        "NAC",
        "NAC001",
        "*****",
        "共通",
        "東京税関",
        "1234567",
        "NAC00102",
        "メール（SMTP/POP3）",
        "すべて表示",
    ):
        assert text in page.text
    assert "2018/11/05 24:00 まで" in page.text
    assert "あと8営業日" in page.text
    assert f'href="{INTAKE_URL}/applications/{RECEIPT}"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert not PASSWORD.search(page.text)


async def test_revealing_shows_the_very_password_that_was_issued(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    page = await browser.reveal()
    (shown,) = PASSWORD.findall(page.text)
    assert page.headers["cache-control"] == "no-store"
    assert PASSWORD.findall((await browser.reveal()).text) == [shown]
    assert not PASSWORD.search((await browser.open()).text)


async def test_every_look_is_audited_and_the_first_one_told_apart(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    await browser.open()
    await browser.reveal()
    await browser.open()
    assert await audit(browser.provisioning) == [
        (RECEIPT, OFFICE, "opened", True),
        (RECEIPT, OFFICE, "revealed", True),
        (RECEIPT, OFFICE, "opened", True),
    ]
    assert [event.first_time for event in await browser.provisioning.published(NoticeViewed)] == [True, False]


async def test_twenty_looks_at_once_have_one_first_among_them(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    await asyncio.gather(*(browser.open() for _ in range(20)))
    viewed = await browser.provisioning.published(NoticeViewed)
    assert (len(viewed), sum(event.first_time for event in viewed)) == (20, 1)


async def test_the_session_serves_its_own_notice_alone_and_five_minutes_only(browser: Browser) -> None:
    other = ReceiptNumber("180013A")
    await browser.provisioning.approve(an_event(an_approval(receipt_number=other)))
    await browser.hand_in(browser.ticket())
    assert (await browser.open(other)).status_code == 401
    assert (await browser.reveal(other)).status_code == 401
    browser.provisioning.clock.advance(seconds=299)
    assert (await browser.open()).status_code == 200
    browser.provisioning.clock.advance(seconds=1)
    answer = await browser.open()
    assert answer.status_code == 401
    assert "有効期限が切れました" in answer.text


@pytest.mark.parametrize("path", [f"/id-notice/{RECEIPT}", "/id-notice/189999A"])
async def test_without_a_ticket_a_receipt_number_opens_nothing(browser: Browser, path: str) -> None:
    assert (await browser.client.get(path)).status_code == 401
    assert (await browser.client.post(f"{path}/reveal", headers=OWN_PAGE)).status_code == 401
    assert await audit(browser.provisioning) == []


async def test_a_foreign_page_cannot_make_the_browser_reveal(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    answer = await browser.client.post(
        f"/id-notice/{RECEIPT}/reveal", data={"shown": [NEW_MAILBOX]}, headers=FROM_INTAKE
    )
    assert answer.status_code == 403
    assert not PASSWORD.search(answer.text)


async def test_the_page_left_open_is_refused_at_24_o_clock_though_the_row_still_exists(browser: Browser) -> None:
    midnight = datetime(2018, 11, 6, tzinfo=TOKYO)
    browser.provisioning.clock.set(midnight - timedelta(seconds=1))
    await browser.hand_in(browser.ticket(now=browser.provisioning.clock.now()))
    assert "本日までです" in (await browser.open()).text
    assert PASSWORD.search((await browser.reveal()).text)
    browser.provisioning.clock.set(midnight)
    assert await browser.provisioning.rows("select count(*) from sealed_passwords") == [(1,)]
    for page in (await browser.reveal(), await browser.open()):
        assert page.status_code == 200
        assert "参照期間終了" in page.text
        assert "NAC00102" in page.text
        assert "パスワード再発行" in page.text
        assert "すべて表示" not in page.text
        assert not PASSWORD.search(page.text)
    assert (await audit(browser.provisioning))[-2:] == [
        (RECEIPT, OFFICE, "revealed", False),
        (RECEIPT, OFFICE, "opened", False),
    ]
    assert len(await browser.provisioning.published(NoticeViewed)) == 1


async def test_a_day_key_that_is_gone_reads_as_a_window_that_is_over(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    (key,) = browser.provisioning.key_directory.iterdir()
    key.unlink()
    page = await browser.reveal()
    assert page.status_code == 200
    assert "参照期間終了" in page.text


async def test_while_the_key_store_is_away_the_page_asks_to_try_again_and_audits_no_reveal(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    browser.provisioning.key_directory.chmod(0o755)
    page = await browser.reveal()
    assert page.status_code == 503
    assert "しばらく待ってから" in page.text
    assert await audit(browser.provisioning) == []
    browser.provisioning.key_directory.chmod(0o700)
    assert PASSWORD.search((await browser.reveal()).text)


async def test_ten_looks_within_an_hour_raise_the_alert_and_an_hour_later_it_is_over(browser: Browser) -> None:
    desk = browser.provisioning.desk
    await browser.hand_in(browser.ticket())
    for _ in range(9):
        await browser.open()
    assert await busy_offices(desk) == 0
    await browser.reveal()
    assert await busy_offices(desk) == 1
    browser.provisioning.clock.advance(minutes=61)
    assert await busy_offices(desk) == 0


async def busy_offices(desk: NoticeDesk) -> float | None:
    """What the alert's gauge shows after a look."""
    await workflows.watch_notice_views(desk)
    return REGISTRY.get_sample_value("nss_id_notice_busy_offices", {"service": "provisioning"})
