"""An office registers so many applications within any hour, through pages and programs; others do not wait for it."""

from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from structlog.testing import capture_logs

from services.intake.domain.office_facts import APPLICATIONS_PER_HOUR, FormRules
from services.intake.store.tokens import ApiAnswer
from services.intake.workflows.receiving import Post
from services.intake.workflows.refusals import TooManyApplications
from shared.contracts.intake_events import ApplicationReceived
from tests.component.intake.conftest import Intake, ready_to_register, register, with_rules
from tests.component.intake.test_api import BODY, CONTACT, post, program
from tests.component.intake.test_posting_desk import a_post, receive, token_of

MOST = 3
REISSUE = {
    "office_code": "NAC001",
    "kind": "password_reissue",
    "reason": "控えを紛失したため。",
    "contact": CONTACT,
    "password_reissue": {"mailbox_ids": ["NAC00101"]},
}
"""The one kind of application that no other one bars."""


@pytest.fixture
def strict(intake: Intake) -> Intake:
    """The same service with room for three applications an hour."""
    return with_rules(intake, applications_per_hour=MOST)


async def fill_the_hour(strict: Intake) -> httpx2.AsyncClient:
    """Two applications of a program and one through the pages, ten minutes apart; the program."""
    client = await program(strict)
    for number in range(MOST - 1):
        assert (await post(client, body=REISSUE, key=f"key-{number}")).status_code == 201
        strict.clock.advance(minutes=10)
    await register(await strict.logged_in())
    strict.clock.advance(minutes=10)
    return client


def a_reissue(token: str) -> Post:
    """Of NAC001."""
    sent = a_post(token, key="again")
    return replace(sent, form=replace(sent.form, kind="password_reissue", mailbox_ids=("NAC00101",)))


def test_sixty_an_hour_are_the_default() -> None:
    assert FormRules().applications_per_hour == APPLICATIONS_PER_HOUR == 60


async def test_a_program_is_told_when_there_is_room_again_and_then_there_is(strict: Intake) -> None:
    client = await fill_the_hour(strict)

    refused = await post(client, body=REISSUE, key="one-more")

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_applications"
    assert "1時間に登録できる申込は3件まで" in refused.json()["detail"]
    assert refused.headers["retry-after"] == str(30 * 60)
    assert len(await strict.events_of(ApplicationReceived)) == MOST
    assert (await post(client, body=REISSUE, key="key-0")).status_code == 201, "what is sent again gets its answer"
    strict.clock.advance(minutes=30)
    assert (await post(client, body=REISSUE, key="one-more")).status_code == 201
    assert (await post(client, body=REISSUE, key="and-more")).status_code == 429, "the hour moves on with the clock"


async def test_a_page_says_so_and_keeps_what_was_typed(strict: Intake) -> None:
    browser = await strict.logged_in()
    for _ in range(MOST):
        number = await register(browser)
        await strict.pool.execute("update applications set status = 'withdrawn' where receipt_number = $1", number)
    button = await ready_to_register(browser)

    refused = await browser.post("/applications", data=button)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 3600
    assert "2018/10/24 11:00:00以降に、もう一度登録してください。" in refused.text
    strict.clock.advance(hours=1)
    browser = await strict.logged_in()
    answer = await browser.post("/applications", data=button)
    assert answer.headers["location"].endswith("/received"), "the draft was kept"


async def test_whoever_has_reached_the_limit_is_nobody_elses_burden(strict: Intake) -> None:
    await fill_the_hour(strict)
    full, free = await token_of(strict), await token_of(strict, "KOB002")

    with capture_logs() as lines:
        refused, taken = await receive(strict, a_reissue(full), a_post(free, "KOB002"))

    assert isinstance(refused, TooManyApplications)
    assert refused.room_at - strict.clock.now() == timedelta(minutes=30)
    assert isinstance(taken, ApiAnswer)
    assert lines == [], "both were decided in one transaction"


async def test_a_form_with_mistakes_is_told_its_mistakes_first(strict: Intake) -> None:
    client = await fill_the_hour(strict)

    answer = await post(client, body={**BODY, "reason": ""}, key="wrong")

    assert answer.status_code == 422
