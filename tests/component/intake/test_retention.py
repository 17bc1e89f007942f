"""What is about people does not stay: drafts, and the people of applications that ended long ago."""

from datetime import timedelta

from services.intake import workflows
from services.intake.domain.office_facts import FormRules
from services.intake.domain.retention import Retention
from shared.contracts.event_data import ApplicationKind
from tests.builders import NOW, an_event
from tests.builders.moving import application_voided, clarification_requested
from tests.component.intake.conftest import Intake, register, start_draft

PEOPLE = ("通関", "花子", "ツウカン", "ハナコ", "0120794550", "tsukan-hanako", "管理 太郎", "kanri-taro")


async def ended_and_running(intake: Intake) -> tuple[str, str]:
    """Two applications of one office: the first was voided on 24 October 2018, the second goes on."""
    browser = await intake.logged_in()
    ended = await register(browser)
    await intake.consume(an_event(clarification_requested(receipt_number=ended)))
    draft = (await browser.post(f"/applications/{ended}/correction/draft")).headers["location"]
    await browser.post(
        draft.replace("/check", "/start"), data={"reason": "二版の理由", "start_date_choice": "2018-11-01"}
    )
    await intake.consume(an_event(application_voided(receipt_number=ended)))
    return ended, await register(browser)


async def test_people_of_an_ended_application_are_erased_on_the_day_and_not_before(intake: Intake) -> None:
    ended, running = await ended_and_running(intake)
    job = intake.job("erase_contacts")
    intake.clock.set(NOW + timedelta(days=400))
    assert await job.run() == 0
    intake.clock.advance(seconds=1)

    assert [await job.run(), await job.run()] == [1, 0]

    stored = await intake.pool.fetch("select receipt_number, content::text from application_revisions")
    texts = {row["receipt_number"]: row["content"] for row in stored}
    assert [word for word in PEOPLE if word in texts[ended]] == []
    assert [word for word in PEOPLE if word not in texts[running]] == []
    browser = await intake.logged_in()
    page = (await browser.get(f"/applications/{ended}")).text
    assert "保存期間が過ぎたため" in page
    shown = page.partition("<main")[2].partition('id="office"')[0].replace("通関士", "")
    assert [word for word in PEOPLE if word in shown] == []
    assert job.irreversible


async def test_the_next_form_starts_with_people_that_are_still_known(intake: Intake) -> None:
    ended, running = await ended_and_running(intake)
    await intake.pool.execute("update applications set contact_erased_at = $1 where receipt_number = $2", NOW, running)
    browser = await intake.logged_in()

    contact = (await start_draft(browser)).replace("/items", "/contact")

    assert 'value="花子"' in (await browser.get(contact)).text
    await intake.pool.execute("update applications set contact_erased_at = $1 where receipt_number = $2", NOW, ended)
    contact = (await start_draft(browser)).replace("/items", "/contact")
    assert 'value="花子"' not in (await browser.get(contact)).text


async def test_an_application_that_was_taken_back_from_its_end_keeps_its_people(intake: Intake) -> None:
    await ended_and_running(intake)
    await intake.pool.execute("update applications set ended_at = null")
    intake.clock.advance(days=4000)

    assert await intake.job("erase_contacts").run() == 0


async def test_how_long_is_a_setting(intake: Intake) -> None:
    await ended_and_running(intake)
    intake.clock.set(NOW + timedelta(days=30, seconds=1))

    assert await workflows.erase_contacts(intake.pool, Retention(contact_days=31), intake.clock.now()) == 0
    assert await workflows.erase_contacts(intake.pool, Retention(contact_days=30), intake.clock.now()) == 1


async def test_drafts_go_after_the_business_days_of_the_setting(intake: Intake) -> None:
    rules = FormRules(draft_business_days=1)
    owner = workflows.DraftOwner("NAC001", intake.parts.new_id())
    await workflows.start_draft(intake.pool, owner, ApplicationKind.MAILBOX_CHANGE, rules, NOW)
    job = intake.job("expire_drafts")
    intake.clock.set(NOW + timedelta(days=1, hours=13))  # 25 October, 23:00 in Japan
    assert await job.run() == 0
    intake.clock.advance(hours=1)

    assert [await job.run(), await job.run()] == [1, 0]
    assert await intake.pool.fetchval("select count(*) from drafts") == 0
