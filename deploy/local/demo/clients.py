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

from deploy.local.demo.browser import Browser, UnexpectedPage
from deploy.local.demo.page_forms import Page, Values

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
        """The contract with its mailboxes."""
        return _expect(await self.open("/contract"), "/contract")

    async def open_form(self) -> Page:
        """A new application form under a new form token."""
        return _expect(await self.open("/applications/new"), "/new")

    async def fill_form(self, form_page: Page, values: Values) -> Page:
        """Type into the form and go on; the check page."""
        page = await self.browser.send(form_page, form_page.form("form_token"), values)
        return _expect(page, "/check")

    async def register(self, check_page: Page) -> str:
        """Press the register button of the check page; the receipt number."""
        page = await self.browser.send(check_page, check_page.form("diff_sha256"))
        path = urlsplit(_expect(page, "/received").url).path
        return path.split("/")[-2]

    async def apply(self, values: Values) -> str:
        """Form, check page, registration; the receipt number."""
        return await self.register(await self.fill_form(await self.open_form(), values))

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
        page = await self.browser.send(case_page, form, {**chosen, "note": note})
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


def _expect(page: Page, ending: str) -> Page:
    if page.status == HTTPStatus.OK and urlsplit(page.url).path.endswith(ending):
        return page
    raise UnexpectedPage(page, f"a page at …{ending}")
