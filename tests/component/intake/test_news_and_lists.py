"""News with its unread marks, the list of applications, and what a sister office sees."""

import re
from datetime import timedelta

import pytest

from services.intake import store, workflows
from services.intake.domain.news import NewsCategory, NewsItem, NewsKind
from services.intake.workflows.refusals import NotFound
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import transaction
from tests.builders import (
    NOW,
    OFFICE,
    a_contract,
    an_event,
    numbered_id,
    review_completed,
)
from tests.builders.moving import (
    application_voided,
)
from tests.component.intake.conftest import Intake, post_step, register, start_draft


async def test_opening_the_page_makes_its_news_old(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await intake.consume(an_event(review_completed(receipt_number=number)))
    seen = [(await workflows.view_menu(intake.pool, OFFICE, NOW)).unread]

    await browser.get(f"/applications/{number}")
    seen.append((await workflows.view_menu(intake.pool, OFFICE, NOW)).unread)
    await intake.consume(an_event(application_voided(receipt_number=number)))
    seen.append((await workflows.view_menu(intake.pool, OFFICE, NOW)).unread)

    assert seen == [2, 0, 1]


async def test_news_come_in_pages_and_only_to_their_office(intake: Intake) -> None:
    items = [
        NewsItem(
            office, numbered_id(index), category, NewsKind.POSTED, None, NOW + timedelta(minutes=index), "お知らせ"
        )
        for index, category in enumerate([NewsCategory.CHARGE] * 60 + [NewsCategory.CERTIFICATE])
        for office in (OfficeCode("NAC001"), OfficeCode("XYZ001"))
    ]
    async with transaction(intake.pool) as db:
        await store.insert_news(db, items)
        await store.insert_news(db, items)

    first = await workflows.list_news(intake.pool, OFFICE)
    second = await workflows.list_news(intake.pool, OFFICE, after=first.next_after)
    charges = await workflows.list_news(intake.pool, OFFICE, NewsCategory.CHARGE)

    assert (len(first.items), len(second.items), second.next_after) == (50, 11, None)
    assert {item.category for item in charges.items} == {NewsCategory.CHARGE}
    assert {item.office_code for item in (*first.items, *second.items)} == {OFFICE}
    opened = await workflows.open_news_item(intake.pool, OFFICE, first.items[0].news_id, NOW)
    assert (opened.message, opened.read_at) == ("お知らせ", NOW)
    with pytest.raises(NotFound):
        await workflows.open_news_item(intake.pool, "ZZZ001", first.items[0].news_id, NOW)


async def test_a_list_shows_one_state_pages_and_finds_a_number(intake: Intake) -> None:
    browser = await intake.logged_in()
    numbers = []
    for _ in range(22):
        numbers.append(await register(browser))
        await intake.pool.execute("update applications set status = 'withdrawn'")
        intake.clock.advance(seconds=1)

    first = (await browser.get("/applications")).text
    older = re.search(r'href="(/applications\?status=&amp;after=[^"]+)"', first)
    assert older is not None
    second = (await browser.get(older.group(1).replace("&amp;", "&"))).text
    assert [number in first for number in numbers] == [False] * 2 + [True] * 20
    assert [number in second for number in numbers] == [True] * 2 + [False] * 20
    assert numbers[0] not in (await browser.get("/applications?status=received")).text
    found = await browser.get("/applications", params={"number": f" {numbers[0].lower()} "})
    assert found.headers["location"] == f"/applications/{numbers[0]}"
    assert "見つかりませんでした" in (await browser.get("/applications?number=180999Z")).text


async def test_a_sister_office_sees_what_was_applied_for_on_its_behalf(intake: Intake) -> None:
    await intake.register_office(a_contract(office_code="NAC002", contract_version=1))
    await intake.register_office(a_contract(sister_offices=["NAC002"]))
    browser, sister = await intake.logged_in(), await intake.logged_in("NAC002")

    number = await register(browser, office_code="nac002")

    assert number in (await sister.get("/applications")).text
    page = (await sister.get(f"/applications/{number}")).text
    assert "事業所コード（申込者）" in page
    assert "利用申込を受け付けました。" in (await sister.get("/menu")).text
    refused = await browser.get(await start_draft(browser))
    assert "NAC002" in refused.text
    foreign = await start_draft(sister)
    answer = await post_step(sister, foreign, {"office_code": "NAC001", "items": "mailbox_count"})
    assert (answer.status_code, "この事業所コードでは申込できません" in answer.text) == (422, True)
