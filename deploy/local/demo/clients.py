"""The people at the pages: an applicant and a reviewer, who go through the real forms over HTTP. No business rule here.

Every method raises UnexpectedPage, with the page that came, when it does not end where its promise says.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx2

from deploy.errors import CommandError
from deploy.local.demo.browser import Browser, UnexpectedPage
from deploy.local.demo.page_forms import Page, PageForm, Values

OTHER_DAY = "other"

__all__ = ["ApplicantClient", "Browser", "Page", "ReviewerClient", "UnexpectedPage", "passwords_on", "status_on"]


class Visitor:
    """Somebody with a browser at one service's pages; an async context manager."""

    def __init__(self, base_url: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.browser = Browser(transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.browser.close()

    async def open(self, path: str) -> Page:
        """The page at that path of the service, whatever comes."""
        return await self.browser.open(self.base_url + path)

    async def _log_in(self, names: Mapping[str, str]) -> Page:
        login = _expect(await self.open("/login"), "/login")
        page = await self.browser.send(login, login.form("password"), names)
        if page.status != HTTPStatus.OK or urlsplit(page.url).path == "/login":
            raise UnexpectedPage(page, "to be logged in")
        return page


class ApplicantClient(Visitor):
    """An applicant of one office at the portal (intake), who reads the ID notice at provisioning."""

    def __init__(
        self, base_url: str, provisioning_url: str, *, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        super().__init__(base_url, transport=transport)
        self.provisioning_url = provisioning_url.rstrip("/")

    async def log_in(self, office_code: str, password: str) -> Page:
        """Log in; the menu."""
        return await self._log_in({"office_code": office_code, "password": password})

    async def open_menu(self) -> Page:
        """The menu with its news."""
        return _expect(await self.open("/menu"), "/menu")

    async def open_contract(self) -> Page:
        """The tab of the contract that lists the mailboxes."""
        return _expect(await self.open("/contract/general-naccs"), "/general-naccs")

    async def print_document(self, receipt_number: str, document: str) -> bytes:
        """A document of the application: `application-form` or `approval-notice`."""
        url = f"{self.base_url}/applications/{receipt_number}/documents/{document}"
        status, pdf = await self.browser.download(url)
        if status != HTTPStatus.OK or not pdf.startswith(b"%PDF"):
            raise CommandError(f"expected a PDF from {url}, got {status}")
        return pdf

    async def open_form(self) -> Page:
        """The guidance before a new application, under a new form token."""
        return _expect(await self.open("/applications/new"), "/new")

    async def begin(self, form_page: Page) -> Page:
        """Press its button: the first page of the form."""
        page = await self.browser.send(form_page, form_page.form("kind"))
        return _expect(page, "/passwords" if form_page.url.endswith("/password-reissue") else "/items")

    async def open_step(self, draft_page: Page, step: str) -> Page:
        """Another page of the same form."""
        path = urlsplit(draft_page.url).path.rpartition("/")[0]
        return _expect(await self.open(f"{path}/{step}"), f"/{step}")

    async def fill_form(self, form_page: Page, values: Values) -> Page:
        """Type into every page of the form and go on; the check page."""
        page = await self.begin(form_page)
        while not urlsplit(page.url).path.endswith("/check"):
            form = page.form("from")
            page = await self.browser.send(page, form, _typed_here(form, values))
            if page.status != HTTPStatus.OK:
                raise UnexpectedPage(page, "the next page of the form")
        return _expect(page, "/check")

    async def register(self, check_page: Page) -> str:
        """Press the register button of the check page; the receipt number."""
        page = await self.browser.send(check_page, check_page.form("diff_sha256"))
        path = urlsplit(_expect(page, "/received").url).path
        return path.split("/")[-2]

    async def apply(self, values: Values) -> str:
        """Every page of the form, check page, registration; the receipt number."""
        return await self.register(await self.fill_form(await self.open_form(), values))

    async def apply_for_reissue(self, values: Values) -> str:
        """The same for new passwords of mailboxes that exist."""
        guidance = _expect(await self.open("/password-reissue"), "/password-reissue")
        return await self.register(await self.fill_form(guidance, values))

    async def correct(self, receipt_number: str, values: Values) -> str:
        """Answer a clarification by changing the form; the receipt number."""
        page = _expect(await self.open(f"/applications/{receipt_number}/clarification"), "/clarification")
        check = _expect(await self.browser.send(page, page.form_to("/correction/draft")), "/check")
        for step in ("start", "contact", "mailboxes"):
            page = await self.open_step(check, step)
            form = page.form("from")
            page = await self.browser.send(page, form, _typed_here(form, values))
            if page.status != HTTPStatus.OK:
                raise UnexpectedPage(page, "the next page of the correction")
        return await self.register(await self.open_step(check, "check"))

    async def withdraw(self, receipt_number: str, reason: str = "") -> Page:
        """Give an application up, or ask for it; the page of the application."""
        page = _expect(await self.open(f"/applications/{receipt_number}/withdrawal"), "/withdrawal")
        page = await self.browser.send(page, page.form("reason"), {"reason": reason})
        return _expect(page, f"/{receipt_number}")

    async def open_received(self, receipt_number: str) -> Page:
        """The completion page."""
        return _expect(await self.open(f"/applications/{receipt_number}/received"), "/received")

    async def open_applications(self) -> Page:
        """The list of the office's applications."""
        return _expect(await self.open("/applications"), "/applications")

    async def open_application(self, receipt_number: str) -> Page:
        """The status page with its timeline."""
        return _expect(await self.open(f"/applications/{receipt_number}"), f"/{receipt_number}")

    async def status(self, receipt_number: str) -> str:
        """The status as the applicant reads it."""
        return status_on(await self.open_application(receipt_number))

    async def open_hand_over(self, receipt_number: str, password: str) -> Page:
        """The page with the button that carries the ticket; the password is given again if it is asked for."""
        path = f"/applications/{receipt_number}/id-notice"
        page = _expect(await self.open(path), "/id-notice")
        if any("password" in form.offers for form in page.forms()):
            page = _expect(await self.browser.send(page, page.form("password"), {"password": password}), "/id-notice")
        page.form("ticket")
        return page

    async def hand_over(self, hand_over_page: Page) -> Page:
        """Press that button; the ID notice, passwords masked."""
        page = await self.browser.send(hand_over_page, hand_over_page.form("ticket"))
        return _expect(page, f"/id-notice/{hand_over_page.url.split('/')[-2]}")

    async def open_id_notice(self, receipt_number: str, password: str) -> Page:
        """From the portal to the ID notice, passwords masked or their time over."""
        return await self.hand_over(await self.open_hand_over(receipt_number, password))

    async def reveal(self, id_notice_page: Page) -> Page:
        """Press the button that shows the passwords."""
        page = await self.browser.send(id_notice_page, id_notice_page.form_to("/reveal"))
        return _expect(page, "/reveal")

    async def read_passwords(self, receipt_number: str, password: str) -> Mapping[str, str]:
        """The whole way from the portal to the passwords, by mailbox id."""
        return passwords_on(await self.reveal(await self.open_id_notice(receipt_number, password)))


class ReviewerClient(Visitor):
    """A member of staff at the review console."""

    async def log_in(self, login: str, password: str) -> Page:
        """Log in; the queue."""
        return await self._log_in({"login": login, "password": password})

    async def open_queue(self) -> Page:
        """The queue of open reviews."""
        return _expect(await self.open("/queue"), "/queue")

    async def queued_numbers(self) -> Sequence[str]:
        """The receipt numbers of the queue, oldest first."""
        prefix = "/applications/"
        return [link.removeprefix(prefix) for link in (await self.open_queue()).links() if link.startswith(prefix)]

    async def open_case(self, receipt_number: str) -> Page:
        """One application with everything a reviewer needs."""
        return _expect(await self.open(f"/applications/{receipt_number}"), f"/{receipt_number}")

    async def approve(self, case_page: Page, confirmed_start_date: date, note: str = "") -> Page:
        """Approve with that start date, as a choice of the page or as another day; the page of the application."""
        form = case_page.form("confirmed_start_date")
        day = f"{confirmed_start_date:%Y%m%d}"
        is_offered = day in form.offers["confirmed_start_date"]
        chosen = (
            {"confirmed_start_date": day}
            if is_offered
            else {"confirmed_start_date": OTHER_DAY, "other_start_date": day}
        )
        check = _expect(await self.browser.send(case_page, form, {**chosen, "note": note}), "/approval/check")
        page = await self.browser.send(check, check.form_to("/approval"))
        return _expect(page, urlsplit(case_page.url).path)


def status_on(page: Page) -> str:
    """The status a page of one application shows first."""
    tags = page.texts_of("status-tag")
    if not tags:
        raise UnexpectedPage(page, "a page with a status")
    return tags[0]


def passwords_on(page: Page) -> Mapping[str, str]:
    """The revealed passwords by mailbox id; empty while they are masked or their time is over."""
    ids, passwords = page.texts_of("credentials__id"), page.texts_of("credentials__password")
    return dict(zip(ids, passwords, strict=True)) if passwords else {}


def _typed_here(form: PageForm, values: Values) -> Values:
    """What of it this page of the form asks for. A day that the page does not offer is typed as another one."""
    here = {name: value for name, value in values.items() if name in form.offers}
    offered, chosen = form.offers.get("start_date_choice", ()), values.get("start_date_choice")
    if "requested_start_date" in form.offers and isinstance(chosen, str) and chosen not in (*offered, OTHER_DAY):
        here["requested_start_date"] = chosen
        here |= {"start_date_choice": OTHER_DAY} if offered else {}
    return {name: value for name, value in here.items() if name != "start_date_choice" or offered}


def _expect(page: Page, ending: str) -> Page:
    if page.status == HTTPStatus.OK and urlsplit(page.url).path.endswith(ending):
        return page
    raise UnexpectedPage(page, f"a page at …{ending}")
