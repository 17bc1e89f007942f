"""The states of the portal's pages: each act brings one about and has it looked at."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx2
from playwright.async_api import Page

from services.intake import workflows
from services.intake.domain.news import NewsCategory
from services.intake.workflows import AccountOrder
from shared.contracts.event_data import EventData
from shared.contracts.notifier_events import RecipientRole
from shared.kernel.identifiers import OfficeCode
from tests.browser.kit import press
from tests.browser.portal_service import Portal
from tests.builders import (
    OPENING_MAILBOX,
    TYPED,
    a_contract,
    an_event,
    mail_failed,
    mail_sent,
    mailboxes_issued,
    review_completed,
    review_opened,
    service_started,
)
from tests.builders.moving import MOVED_DATE, application_voided, clarification_requested, passwords_reissued
from tests.component.intake.conftest import PASSWORD, fill_in, ready_to_register, register, start_draft
from tests.component.intake.test_menu import post_news, register_fields

NEWCOMER, WITHOUT_CONTRACT, SISTER = "NAC005", "NAC006", "NAC002"
FORWARD = "main form:not([action*='discard']) button[type=submit]"
TOO_LONG = "長" * 241
POSTED = "前月分の請求額が確定しました。請求情報の詳細画面から内容をご確認ください。"
FULL_CONTRACT = a_contract(contract_version=2, **register_fields())
FILLED_HOUR = """
insert into applications (receipt_number, form_token, kind, status, revision, applicant_office_code, office_code,
    received_at, received_on)
select '18' || (9000 + number) || 'Z', gen_random_uuid(), 'password_reissue', 'withdrawn', 1, applicant_office_code,
    office_code, received_at, received_on
from applications cross join generate_series(1, 60) as number where receipt_number = $1
"""
"""As many applications of the hour as one office may register."""
Look = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Walk:
    """A reader's page, the office's second window for what needs no looking at, and how a state is looked at."""

    portal: Portal
    page: Page
    office: httpx2.AsyncClient
    look: Look

    async def see(self, name: str, path: str) -> None:
        """Open the page and have it looked at."""
        await self.page.goto(self.portal.url + path)
        await self.look(name)

    async def send(self, name: str, selector: str = FORWARD) -> None:
        """Press the button and have the answer looked at."""
        await press(self.page, selector)
        await self.look(name)

    async def consume(self, *data: EventData) -> None:
        """Deliver what other services say."""
        await self.portal.intake.consume(*(an_event(each) for each in data))


async def before_the_login(walk: Walk) -> None:
    """The way in, and everything that stands in it."""
    intake, page = walk.portal.intake, walk.page
    await walk.see("login-deep-link", "/applications/new")
    await walk.send("login-empty")
    await walk.see("login-left", "/login?left=everywhere")
    await _log_in(walk, "KOB009", "wrong")
    await walk.look("login-wrong")
    for _ in range(6):
        await _log_in(walk, "KOB009", "wrong")
    await walk.look("login-locked")
    order = AccountOrder(OfficeCode(NEWCOMER), "operator", intake.clock.now())
    initial = await workflows.open_account(intake.pool, intake.parts.hasher, order)
    intake.clock.advance(days=15)
    await _log_in(walk, NEWCOMER, initial)
    await walk.look("login-initial-password-expired")
    intake.clock.set(order.at)
    await _log_in(walk, NEWCOMER, initial)
    await walk.look("password-first")
    await page.context.clear_cookies()
    for name in ("help", "examples", "contact", "accessibility", "privacy", "procedures", "password/forgotten"):
        await walk.see(name.replace("/", "-"), f"/{name}")
    await walk.see("not-found", "/nowhere")


async def _log_in(walk: Walk, office: str, password: str) -> None:
    await walk.page.goto(f"{walk.portal.url}/login")
    await walk.page.fill("#office_code", office)
    await walk.page.fill("#password", password)
    await press(walk.page, "main button[type=submit]")


async def at_home(walk: Walk) -> None:
    """Menu, contract, schedule, news, password."""
    portal, page = walk.portal, walk.page
    await portal.log_in(page)
    await walk.see("menu-empty", "/menu")
    await walk.see("list-empty", "/applications")
    await walk.see("news-empty", "/news?category=charge")
    for category in (NewsCategory.CHARGE, NewsCategory.CERTIFICATE, NewsCategory.SYSTEM_SETTING):
        await post_news(portal.intake, POSTED, category=category)
    intake = portal.intake
    await workflows.publish_contract(intake.pool, FULL_CONTRACT, intake.clock.now(), intake.parts.new_id)
    await register(walk.office)
    await start_draft(walk.office, "/password-reissue")
    await walk.see("menu", "/menu")
    await walk.see("news", "/news")
    await press(page, ".news__link a >> nth=-1")
    await walk.look("news-item")
    for tab in ("", "/office", "/net-naccs", "/general-naccs", "/billing"):
        await walk.see("contract" + tab.replace("/", "-"), f"/contract{tab}")
    await walk.see("schedule", "/schedule")
    await walk.see("procedure", "/procedures/billing")
    await walk.see("password", "/password")
    await page.fill("#new_password", "short")
    await walk.send("password-refused")
    await walk.see("list-nothing-found", "/applications?number=269999A")
    await walk.see("list", "/applications")
    await walk.see("password-changed", "/password/changed")


async def filling_in(walk: Walk) -> None:
    """Every page of the form, empty and wrong, to the check page, and what may bar the registration."""
    page, url = walk.page, walk.portal.url
    await _leave_nothing_open(walk)
    await walk.see("new", "/applications/new")
    await press(page, FORWARD)
    draft = page.url.removeprefix(url).rpartition("/")[0]
    await walk.look("items")
    await page.locator("input[type=checkbox]:checked").first.uncheck()
    await walk.send("items-refused")
    for step in ("start", "contact", "mailboxes"):
        await walk.see(f"step-{step}", f"{draft}/{step}")
        await walk.send(f"step-{step}-refused")
    wish = {**TYPED, "start_date_choice": "other", "requested_start_date": "20181103", "abolish": OPENING_MAILBOX}
    await fill_in(walk.office, f"{draft}/items", {**wish, "add_edifact": "1", "add_smtp_pop3": ""})
    await walk.see("check-with-warnings", f"{draft}/check")
    await walk.see("mailboxes-filled", f"{draft}/mailboxes?from=check")
    other = await ready_to_register(walk.office)
    await walk.page.goto(f"{url}{draft}/check")
    await walk.office.post("/applications", data=other)
    await walk.send("open-application", "form[action='/applications'] button")
    await walk.see("check-barred", f"{draft}/check")
    await walk.see("new-barred", "/applications/new")
    await walk.see("draft-gone", "/applications/drafts/00000000-0000-7000-8000-000000000000/check")
    await _leave_nothing_open(walk)
    await page.goto(f"{url}{draft}/check")
    await page.evaluate("document.querySelector('[name=diff_sha256]').value = 'outdated'")
    await walk.send("check-outdated", "form[action='/applications'] button")


async def in_review(walk: Walk) -> None:
    """From the receipt to a question and its exits, and who comes too late."""
    await _leave_nothing_open(walk)
    number = await register(walk.office)
    await walk.see("received", f"/applications/{number}/received")
    await walk.see("status-received", f"/applications/{number}")
    await walk.see("no-question", f"/applications/{number}/clarification")
    await walk.see("withdrawal", f"/applications/{number}/withdrawal")
    await walk.page.fill("#reason", TOO_LONG)
    await walk.send("withdrawal-refused")
    await walk.consume(review_opened(receipt_number=number), clarification_requested(receipt_number=number))
    await walk.see("status-question", f"/applications/{number}")
    await walk.see("question", f"/applications/{number}/clarification")
    await walk.send("correction-check", "form[action$='correction/draft'] button")
    correction = walk.page.url
    await walk.see("withdrawal-of-question", f"/applications/{number}/withdrawal")
    await walk.office.post(f"/applications/{number}/withdrawal", data={"reason": "計画が変わったため。"})
    await walk.page.goto(correction)
    await walk.look("correction-too-late")
    await walk.see("status-withdrawn", f"/applications/{number}")
    other = await register(walk.office)
    await walk.page.goto(f"{walk.portal.url}/applications/{other}/withdrawal")
    await walk.consume(mailboxes_issued(receipt_number=other), review_completed(receipt_number=other))
    await walk.send("withdrawal-too-late")


async def decided(walk: Walk) -> None:
    """Completed with another date and lost mails, its papers and its notice; in service; void; a reissue."""
    number, portal = await register(walk.office), walk.portal
    path = f"/applications/{number}"
    await walk.consume(
        mail_sent(receipt_number=number), mail_failed(receipt_number=number, role=RecipientRole.ADMINISTRATOR),
        mailboxes_issued(receipt_number=number),
        review_completed(receipt_number=number, confirmed_start_date=MOVED_DATE),
    )  # fmt: skip
    await walk.see("status-completed", path)
    await walk.see("documents", f"{path}/documents")
    await walk.see("document-not-open", f"{path}/documents/approval-notice")
    await walk.see("id-notice", f"{path}/id-notice")
    portal.intake.clock.advance(minutes=6)
    await walk.see("confirm-password", f"{path}/id-notice")
    await walk.send("confirm-password-refused")
    await walk.consume(service_started(receipt_number=number))
    await walk.see("status-in-service", path)
    void = await register(walk.office)
    await walk.consume(application_voided(receipt_number=void))
    await walk.see("status-void", f"/applications/{void}")
    await _reissue(walk)


async def _reissue(walk: Walk) -> None:
    await walk.see("reissue-new", "/password-reissue")
    await press(walk.page, FORWARD)
    draft = walk.page.url.removeprefix(walk.portal.url).rpartition("/")[0]
    await walk.look("reissue-passwords")
    await walk.send("reissue-passwords-refused")
    await walk.see("reissue-reason", f"{draft}/reason")
    await walk.send("reissue-reason-refused")
    await fill_in(walk.office, f"{draft}/passwords", {**TYPED, "mailbox_ids": OPENING_MAILBOX})
    await walk.see("reissue-check", f"{draft}/check")
    await walk.send("reissue-received", "form[action='/applications'] button")
    number = walk.page.url.split("/")[-2]
    done = {"kind": "password_reissue", "requested_start_date": None, "confirmed_start_date": None}
    await walk.consume(
        passwords_reissued(receipt_number=number),
        review_completed(
            receipt_number=number,
            **done,
            mailbox_ids_issued=[],
            mailbox_ids_reissued=[OPENING_MAILBOX],
            viewable_until="2018-10-26",
        ),
    )
    await walk.see("status-reissued", f"/applications/{number}")


async def out_of_the_ordinary(walk: Walk) -> None:
    """A lost grant, no contract, too much of everything, and maintenance."""
    intake = walk.portal.intake
    await _leave_nothing_open(walk)
    await intake.register_office(a_contract(office_code=SISTER))
    order = AccountOrder(OfficeCode("NAC001"), "operator", intake.clock.now())
    await workflows.grant_sister_office(intake.pool, order, OfficeCode(SISTER), intake.parts.new_id)
    number = await register(walk.office, office_code=SISTER)
    await walk.consume(clarification_requested(receipt_number=number, clarification_id=intake.parts.new_id()))
    await walk.page.goto(f"{walk.portal.url}/applications/{number}/clarification")
    await workflows.revoke_sister_office(intake.pool, order, OfficeCode(SISTER), intake.parts.new_id)
    await walk.send("left-to-office", "form[action$='correction/draft'] button")
    await walk.see("status-left-to-office", f"/applications/{number}")
    await walk.see("question-left-to-office", f"/applications/{number}/clarification")
    await walk.see("withdrawal-left-to-office", f"/applications/{number}/withdrawal")
    await walk.portal.intake.pool.execute(FILLED_HOUR, number)
    button = await ready_to_register(walk.office)
    await walk.page.goto(f"{walk.portal.url}/applications/drafts/{button['form_token']}/check")
    await walk.send("too-many-applications", "form[action='/applications'] button")
    await _log_in_without_contract(walk)
    await walk.see("no-contract", "/applications/new")
    file = intake.parts.maintenance and intake.parts.maintenance.file
    assert file
    begins = intake.clock.now() + timedelta(hours=12)
    window = {"begins_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=8)).isoformat()}
    file.write_text(json.dumps(window), encoding="utf-8")
    await walk.see("maintenance-ahead", "/menu")
    intake.clock.set(begins)
    await walk.see("maintenance", "/menu")


async def _log_in_without_contract(walk: Walk) -> None:
    intake = walk.portal.intake
    async with intake.pool.acquire() as db:
        now, hasher = intake.clock.now(), intake.parts.hasher
        await workflows.create_office_account(db, OfficeCode(WITHOUT_CONTRACT), PASSWORD, hasher, now)
    await walk.page.context.clear_cookies()
    await walk.portal.log_in(walk.page, WITHOUT_CONTRACT)


async def _leave_nothing_open(walk: Walk) -> None:
    await walk.portal.intake.pool.execute("update applications set status = 'withdrawn' where completed_on is null")


ACTS = (before_the_login, at_home, filling_in, in_review, decided, out_of_the_ordinary)
