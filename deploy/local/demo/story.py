"""The demo's story, one function per step: from the contract's first mailbox to the end of the password window."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import httpx2

from deploy.errors import CommandError
from deploy.local.demo import manual_case
from deploy.local.demo.album import Album
from deploy.local.demo.clients import ApplicantClient, ReviewerClient, passwords_on, status_on
from deploy.local.demo.demo_clock import DemoClock
from deploy.local.demo.manual_case import Plan
from deploy.local.demo.page_forms import Page
from deploy.local.state import StackState
from deploy.progress import say
from shared.contracts.topics import SERVICES

T = TypeVar("T")
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.1
MAILS_PER_OCCASION = 2
DOCUMENTS = ("application-form", "approval-notice")
"""One to the contact, one to the administrator."""


@dataclass(slots=True)
class Story:
    """The stack it is played on, its days, what is kept of it, and the receipt number once there is one."""

    state: StackState
    clock: DemoClock
    plan: Plan
    album: Album = field(default_factory=Album)
    receipt_number: str = ""


async def tell(story: Story) -> None:
    """All of it, in order."""
    await applicant_looks_at_the_contract(story)
    await applicant_applies_for_one_mailbox(story)
    await center_takes_the_application_up(story)
    await receipt_is_mailed_to_both(story)
    await days_pass_until_the_decision(story)
    await reviewer_confirms_another_start_date(story)
    await mailbox_is_issued(story)
    await completion_is_mailed_to_both(story)
    await applicant_reads_the_password(story)
    await service_starts(story)
    await password_window_closes(story)


async def applicant_looks_at_the_contract(story: Story) -> None:
    """The office has one mailbox so far."""
    with story.album.step("contract", f"the applicant looks at the contract of {manual_case.OFFICE}"):
        async with applicant(story) as hanako:
            page = await hanako.open_contract()
            await story.album.keep("contract-before", page, hanako.browser)
            _expect(manual_case.OPENING_MAILBOX in page.text, f"{manual_case.OPENING_MAILBOX} on the contract page")


async def applicant_applies_for_one_mailbox(story: Story) -> None:
    """Form, check page, registration: a receipt number."""
    with story.album.step("application", f"she applies for one more mailbox from {story.plan.wished}"):
        async with applicant(story) as hanako:
            form = await hanako.open_form()
            await story.album.keep("application-form", form, hanako.browser)
            wished = {"start_date_choice": story.plan.wished.isoformat()}
            check = await hanako.fill_form(form, {**manual_case.TYPED, **wished})
            await story.album.keep("check-page", check, hanako.browser)
            story.receipt_number = await hanako.register(check)
            await story.album.keep("received", await hanako.open_received(story.receipt_number), hanako.browser)
    say(f"      receipt number {story.receipt_number}")


async def center_takes_the_application_up(story: Story) -> None:
    """Review has read the application from its topic and said so on another."""
    with story.album.step("review_opened", "review takes the application up, intake shows it"):
        async with applicant(story) as hanako:
            page = await status_page_says(hanako, story.receipt_number, manual_case.UNDER_REVIEW)
            await story.album.keep("status-under-review", page, hanako.browser)


async def receipt_is_mailed_to_both(story: Story) -> None:
    """M1 to the contact and to the administrator."""
    with story.album.step("receipt_mails", "the receipt is mailed to contact and administrator"):
        await mails_have_come(story, MAILS_PER_OCCASION)


async def days_pass_until_the_decision(story: Story) -> None:
    """Six business days, as in the manual."""
    await _time_passes(story, "decision_day", story.plan.decided_at, "the day of the decision")


async def reviewer_confirms_another_start_date(story: Story) -> None:
    """Another day than wished, so a note says why."""
    with story.album.step("approval", f"the reviewer confirms {story.plan.confirmed} instead, with a note"):
        async with reviewer(story) as sakurako:
            queue = await sakurako.open_queue()
            await story.album.keep("review-queue", queue, sakurako.browser)
            _expect(story.receipt_number in queue.text, f"{story.receipt_number} in the queue")
            case = await sakurako.open_case(story.receipt_number)
            await story.album.keep("review-case", case, sakurako.browser)
            decided = await sakurako.approve(case, story.plan.confirmed, manual_case.NOTE)
            await story.album.keep("review-decided", decided, sakurako.browser)


async def mailbox_is_issued(story: Story) -> None:
    """Provisioning has allocated the next id, review has ended, intake shows both dates."""
    with story.album.step("issue", f"{manual_case.NEW_MAILBOX} is issued, the review is over"):
        async with applicant(story) as hanako:
            page = await status_page_says(hanako, story.receipt_number, manual_case.REVIEW_COMPLETED)
            _expect(manual_case.NEW_MAILBOX in page.text, f"{manual_case.NEW_MAILBOX} on the status page")


async def completion_is_mailed_to_both(story: Story) -> None:
    """M2 to the contact and to the administrator; then the status page has all of it."""
    with story.album.step("completion_mails", "the result is mailed to contact and administrator"):
        await mails_have_come(story, 2 * MAILS_PER_OCCASION)
        async with applicant(story) as hanako:
            page = await status_page_tells_of_mails(hanako, story.receipt_number, 2 * MAILS_PER_OCCASION)
            await story.album.keep("status-completed", page, hanako.browser)


async def applicant_reads_the_password(story: Story) -> None:
    """Through the portal's ticket to provisioning's page: masked first, then in clear."""
    with story.album.step("id_notice", "she opens the ID notice and has the password shown"):
        async with applicant(story) as hanako:
            masked = await hanako.open_id_notice(story.receipt_number, password_of(story, manual_case.OFFICE))
            await story.album.keep("id-notice-masked", masked, hanako.browser)
            _expect(not passwords_on(masked), "the password masked at first")
            revealed = await hanako.reveal(masked)
            await story.album.keep("id-notice-revealed", revealed, hanako.browser)
            _expect(list(passwords_on(revealed)) == [manual_case.NEW_MAILBOX], "one password in clear")


async def service_starts(story: Story) -> None:
    """The start date has come: the mailbox is in use, and the approval notice can be printed."""
    await _time_passes(story, "start_date", story.plan.started_at, "the start date")
    with story.album.step("service_started", f"{manual_case.NEW_MAILBOX} is in service"):
        async with applicant(story) as hanako:
            page = await status_page_says(hanako, story.receipt_number, manual_case.IN_SERVICE)
            await story.album.keep("status-in-service", page, hanako.browser)
            contract = await hanako.open_contract()
            await story.album.keep("contract-after", contract, hanako.browser)
            _expect(manual_case.NEW_MAILBOX in contract.text, f"{manual_case.NEW_MAILBOX} on the contract page")
    with story.album.step("documents", "application form and approval notice are printed"):
        async with applicant(story) as hanako:
            for document in DOCUMENTS:
                story.album.documents[document] = await hanako.print_document(story.receipt_number, document)


async def password_window_closes(story: Story) -> None:
    """Two business days after the start the password can no longer be read by anybody."""
    await _time_passes(story, "window_over", story.plan.window_over_at, "the end of the password window")
    with story.album.step("window_closed", "the ID notice shows the password no more"):
        async with applicant(story) as hanako:
            page = await hanako.open_id_notice(story.receipt_number, password_of(story, manual_case.OFFICE))
            await story.album.keep("id-notice-closed", page, hanako.browser)
            _expect(manual_case.WINDOW_OVER in page.text and not passwords_on(page), "the window closed")


@asynccontextmanager
async def applicant(story: Story) -> AsyncIterator[ApplicantClient]:
    """通関 花子, logged in; anew in every step, because days pass between them."""
    urls = story.state.urls
    async with ApplicantClient(urls["intake"], urls["provisioning"]) as client:
        await client.log_in(manual_case.OFFICE, password_of(story, manual_case.OFFICE))
        yield client


@asynccontextmanager
async def reviewer(story: Story) -> AsyncIterator[ReviewerClient]:
    """審査 桜子, logged in."""
    async with ReviewerClient(story.state.urls["review"]) as client:
        await client.log_in(manual_case.REVIEWER, password_of(story, manual_case.REVIEWER))
        yield client


def password_of(story: Story, login: str) -> str:
    """The stack's own password for a login."""
    return next(str(each["password"]) for each in story.state.logins if each["login"] == login)


async def status_page_says(client: ApplicantClient, receipt_number: str, status: str) -> Page:
    """The status page once it shows that status."""

    async def look() -> Page | None:
        page = await client.open_application(receipt_number)
        return page if status in status_on(page) else None

    return await until(look, f"the status of {receipt_number}")


async def status_page_tells_of_mails(client: ApplicantClient, receipt_number: str, count: int) -> Page:
    """The status page once it tells of so many mails sent."""

    async def look() -> Page | None:
        page = await client.open_application(receipt_number)
        return page if page.text.count(manual_case.MAIL_SENT) >= count else None

    return await until(look, f"{count} mails on the status page of {receipt_number}")


async def mails_have_come(story: Story, count: int) -> list[dict[str, Any]]:
    """The mails of the mail server once there are so many."""
    async with httpx2.AsyncClient(trust_env=False) as client:

        async def look() -> list[dict[str, Any]] | None:
            mails = (await client.get(f"{story.state.urls['mails']}/mails.json")).json()
            return mails if len(mails) >= count else None

        return await until(look, f"{count} mails")


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """What `look` finds at last. Raises CommandError when it takes too long."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = await look()
                if found is not None:
                    return found
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise CommandError(f"waited {PATIENCE_SECONDS:.0f} s in vain for {what}") from error


async def _time_passes(story: Story, name: str, instant: datetime, told: str) -> None:
    with story.album.step(name, f"the clock moves to {instant:%Y-%m-%d %H:%M}, {told}"):
        await story.clock.move_to(instant, [story.state.urls[service] for service in SERVICES])


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise CommandError(f"the demo expected {what}")
