"""Registering at the same moment: one form one application, one office one open application, every number once."""

import asyncio
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from services.intake import store, workflows
from services.intake.workflows.refusals import OpenApplicationExists
from shared.contracts.intake_events import ApplicationReceived
from shared.kernel.identifiers import ReceiptNumbersExhausted
from shared.runtime.database import transaction
from tests.builders import a_contract, an_event, review_completed, review_opened
from tests.component.intake.conftest import Intake, ready_to_register, register


async def test_a_form_posted_fifty_times_at_once_is_one_application(intake: Intake) -> None:
    browser = await intake.logged_in()
    fields = await ready_to_register(browser)

    answers = await asyncio.gather(*(browser.post("/applications", data=fields) for _ in range(50)))

    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
        (303, "/applications/180001A/received")
    }
    assert len(await intake.events_of(ApplicationReceived)) == 1
    assert await intake.pool.fetchval("select count(*) from applications") == 1
    assert await intake.pool.fetchval("select count(*) from news_items") == 1


async def test_of_two_forms_of_one_office_the_second_to_register_loses(intake: Intake) -> None:
    browser = await intake.logged_in()
    forms = [await ready_to_register(browser) for _ in range(6)]

    answers = await asyncio.gather(*(browser.post("/applications", data=form) for form in forms))

    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409, 409, 409]
    (event,) = await intake.events_of(ApplicationReceived)
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert f'受付中の申込【<span class="code">{event["receipt_number"]}</span>】があります' in lost.text
    assert await intake.pool.fetchval("select count(*) from drafts") == 5


async def test_the_database_itself_refuses_a_second_open_application(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)

    with pytest.raises(Exception, match="applications_one_open"):
        await intake.pool.execute(
            "insert into applications (receipt_number, form_token, kind, status, revision, applicant_office_code,"
            " office_code, received_at, received_on) select '180099A', gen_random_uuid(), kind, status, revision,"
            " applicant_office_code, office_code, received_at, received_on from applications"
            " where receipt_number = $1",
            number,
        )


async def test_after_the_review_a_new_application_is_free(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await intake.consume(an_event(review_opened(receipt_number=number)))
    assert (await browser.post("/applications", data=await ready_to_register(browser))).status_code == 409
    await intake.consume(an_event(review_completed(receipt_number=number)))

    assert await register(browser) != number


async def test_offices_take_numbers_side_by_side(intake: Intake) -> None:
    offices = [f"AAA{index:03d}" for index in range(5)]
    for office in offices:
        await intake.register_office(a_contract(office_code=office))
    browsers = [await intake.logged_in(office) for office in offices]
    forms = [
        await ready_to_register(browser, office_code=office) for browser, office in zip(browsers, offices, strict=True)
    ]

    answers = await asyncio.gather(
        *(browser.post("/applications", data=form) for browser, form in zip(browsers, forms, strict=True))
    )

    numbers = {answer.headers["location"].split("/")[2] for answer in answers}
    assert numbers == {f"18000{serial}A" for serial in range(1, 6)}


async def test_the_serial_starts_anew_with_the_year_in_japan(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await intake.consume(an_event(review_completed(receipt_number=number)))
    intake.clock.advance(days=68, hours=13, minutes=59)  # 2018-12-31 23:59 in Japan
    browser = await intake.logged_in()
    fields = await ready_to_register(browser, start_date_choice="2019-02-01")
    intake.clock.advance(minutes=1)

    answer = await browser.post("/applications", data=fields)

    assert answer.headers["location"] == "/applications/190001A/received"


async def test_after_the_last_number_of_the_year_nothing_is_registered(intake: Intake) -> None:
    browser = await intake.logged_in()
    fields = await ready_to_register(browser)
    await intake.pool.execute("select setval('receipt_numbers_2018', $1)", 9999 * 26)

    with pytest.raises(ReceiptNumbersExhausted):
        await _post_directly(intake, fields)

    assert await intake.events_of(ApplicationReceived) == []


async def test_the_end_of_the_numbers_is_announced_early(intake: Intake) -> None:
    fields = await ready_to_register(await intake.logged_in())
    await intake.pool.execute("select setval('receipt_numbers_2018', $1)", 9999 * 26 - 1)

    with capture_logs() as lines:
        await _post_directly(intake, fields)

    assert {"event": "receipt_numbers_running_out", "year": 2018, "left": 0, "log_level": "warning"} in lines
    assert await intake.pool.fetchval("select receipt_number from applications") == "189999Z"


async def test_an_office_that_has_an_open_application_learns_its_number(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    fields = await ready_to_register(browser)

    with pytest.raises(OpenApplicationExists) as refused:
        await _post_directly(intake, fields)

    assert refused.value.receipt_number == number


async def test_serials_of_a_year_come_from_its_sequence(intake: Intake) -> None:
    async with transaction(intake.pool) as db:
        assert await store.next_receipt_numbers(db, 2030, 2) == [1, 2]
        assert await store.next_receipt_numbers(db, 2030, 1) == [3]


async def _post_directly(intake: Intake, fields: dict[str, str]) -> None:
    registration = workflows.Registration("NAC001", UUID(fields["form_token"]), fields["diff_sha256"])
    await workflows.receive_application(
        intake.pool, registration, intake.parts.form_rules, intake.clock.now(), intake.parts.new_id
    )
