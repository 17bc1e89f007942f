"""What is about people does not stay: drafts, people of old applications and contracts; and pages say for how long."""

import re
from dataclasses import replace
from datetime import timedelta

from services.intake import workflows
from services.intake.domain.office_facts import FormRules
from services.intake.domain.retention import Retention
from services.intake.rendering import TEMPLATES, build_page_environment
from services.intake.web import build_pages
from shared.contracts.event_data import ApplicationKind
from shared.runtime.web.sessions import IDLE
from tests.builders import NOW, a_contact, a_contract, an_event
from tests.builders.moving import application_voided, clarification_requested
from tests.component.intake.conftest import Intake, register, start_draft
from tests.component.intake.test_api import post, program

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


async def test_the_audit_of_accounts_goes_after_seven_years_and_not_before(intake: Intake) -> None:
    await intake.logged_in()
    first = await intake.pool.fetchval("select min(at) from account_audit")
    job = intake.job("forget_account_audit")
    intake.clock.set(first + timedelta(days=7 * 366))
    assert await job.run() == 0
    intake.clock.advance(seconds=1)

    assert await job.run() >= 1
    assert await intake.pool.fetchval("select count(*) from account_audit") == await job.run() == 0
    assert job.irreversible


async def test_ended_sessions_wrong_passwords_and_old_answers_go_by_their_jobs(intake: Intake) -> None:
    await post(await program(intake))
    await intake.browser().post("/login", data={"office_code": "NAC001", "password": "wrong"})
    await intake.logged_in()
    jobs = ("delete_ended_sessions", "forget_login_failures", "forget_address_failures", "forget_answers")
    await intake.browser().post("/login", data={"office_code": "ZZZ999", "password": "wrong"})
    assert [await intake.job(name).run() for name in jobs] == [0, 0, 0, 0]

    intake.clock.advance(days=8)

    assert [await intake.job(name).run() >= 1 for name in jobs] == [True, True, True, True]
    assert [await intake.job(name).run() for name in jobs] == [0, 0, 0, 0]


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


async def superseded(intake: Intake, versions: int) -> None:
    """The register of NAC001 changes so often, each time a day later."""
    for version in range(2, versions + 2):
        intake.clock.advance(days=1)
        contract = a_contract(contract_version=version, default_contact=a_contact(), price_plan=f"プラン{version}")
        await workflows.publish_contract(intake.pool, contract, intake.clock.now(), intake.parts.new_id)


async def kept_versions(intake: Intake) -> dict[int, str]:
    """Every version of NAC001's contract that is kept, as text."""
    rows = await intake.pool.fetch(
        "select contract_version, register::text from contract_versions where office_code = 'NAC001'"
    )
    return {row["contract_version"]: row["register"] for row in rows}


async def test_a_superseded_contract_that_nothing_was_made_on_goes_after_its_days_and_not_before(
    intake: Intake,
) -> None:
    await superseded(intake, versions=2)
    job = intake.job("forget_contract_versions")
    replaced_at = NOW + timedelta(days=1)
    intake.clock.set(replaced_at + timedelta(days=400))
    assert (await job.run(), sorted(await kept_versions(intake))) == (0, [1, 2, 3])
    intake.clock.advance(seconds=1)

    assert [await job.run(), await job.run()] == [1, 0]

    assert sorted(await kept_versions(intake)) == [2, 3]
    intake.clock.advance(days=4000)
    assert await job.run() == 1
    assert sorted(await kept_versions(intake)) == [3], "the contract in force stays"
    assert job.irreversible


async def test_a_contract_that_an_application_was_made_on_loses_its_people_with_the_application(
    intake: Intake,
) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await intake.consume(an_event(application_voided(receipt_number=number)))
    await superseded(intake, versions=1)
    intake.clock.advance(days=1000)
    browser = await intake.logged_in()
    forget = intake.job("forget_contract_versions")
    assert await forget.run() == 0, "the application's people are still known, so are those of its contract"
    form = f"/applications/{number}/documents/application-form"
    before = (await browser.get(form)).content

    assert await intake.job("erase_contacts").run() == 1
    assert [await forget.run(), await forget.run()] == [1, 0]

    kept = await kept_versions(intake)
    assert [word for word in PEOPLE if word in kept[1].replace("通関業", "")] == []
    assert [word for word in ("管理 太郎", "kanri-taro", "通関", "花子") if word not in kept[2]] == []
    assert (await browser.get(form)).content == before, "the document is the same, byte for byte"


async def test_pages_tell_the_very_figures_that_jobs_and_sessions_go_by(intake: Intake) -> None:
    unusual = replace(
        intake.parts,
        environment=build_page_environment(),
        retention=Retention(contact_days=411, audit_years=13, mail_days=97),
        form_rules=FormRules(draft_business_days=17),
    )
    other = replace(intake, app=build_pages(unusual), parts=unusual)
    browser = other.browser()

    privacy, help_page = (await browser.get("/privacy")).text, (await browser.get("/help")).text
    expired = (await (await other.logged_in()).get(f"/applications/drafts/{unusual.new_id()}/contact")).text

    for words in ("10営業日", "400日", "90日", "7年"):
        assert words not in privacy + help_page + expired
    for words in ("17営業日", "411日", "97日", "13年"):
        assert words in privacy
    assert "17営業日" in help_page
    assert "17営業日" in expired
    assert f"{IDLE.seconds // 60}分" in help_page


def test_no_template_repeats_a_figure_of_the_settings() -> None:
    figures = re.compile(r"(?<![0-9])(10営業日|400日|90日|7年|30分|14日|240文字)")

    assert [path.name for path in TEMPLATES.glob("*.html") if figures.search(path.read_text(encoding="utf-8"))] == []
