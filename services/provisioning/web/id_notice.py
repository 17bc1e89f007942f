"""The ID notice page: a ticket opens a session of five minutes, in which one notice can be read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from services.provisioning import workflows
from services.provisioning.domain.notice import ShownNotice, Visitor
from services.provisioning.domain.ticket import NoticeFault
from services.provisioning.rendering import NoticeLinks, render_id_notice, render_refusal
from services.provisioning.vault import KeyStoreUnavailable
from services.provisioning.workflows import NoticeDesk
from shared.kernel.identifiers import InvalidIdentifier, MailboxId, OfficeCode, ReceiptNumber, parse_receipt_number
from shared.runtime import metrics
from shared.runtime.logs import get_log
from shared.runtime.notice_tickets import TICKET_FIELD, InvalidNoticeTicket, NoticeTicket, verify_notice_ticket
from shared.runtime.web.forms import PostedForm, read_form
from shared.runtime.web.pages import PageSettings
from shared.runtime.web.sessions import Session, Sessions

TICKET_PATH = "/id-notice/ticket"
NOTICE_PATH = "/id-notice/{receipt_number}"
REVEAL_PATH = NOTICE_PATH + "/reveal"
SESSION_LIFETIME = timedelta(minutes=5)
TICKET_FAULTS = {
    "expired": NoticeFault.TICKET_EXPIRED,
    "forged": NoticeFault.TICKET_FORGED,
    "malformed": NoticeFault.TICKET_UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class NoticePages:
    """What the pages need besides the workflows' desk."""

    settings: PageSettings
    environment: Environment
    sessions: Sessions
    ticket_keys_dir: Path
    intake_url: str
    static: Path

    def links(self, receipt_number: str | None) -> NoticeLinks:
        """Where the page leads: intake's page of the application, or its list, and the application for a reissue."""
        intake = self.intake_url.rstrip("/")
        path = f"/applications/{receipt_number}" if receipt_number else "/applications"
        return NoticeLinks(back=intake + path, reissue=intake + "/applications/new/reissue")

    def refuse(self, fault: NoticeFault, receipt_number: str | None) -> Response:
        """The page that says why the notice is not shown; told in the log and counted by its code."""
        metrics.ID_NOTICE_REFUSALS.labels("provisioning", fault.value).inc()
        get_log().warning("id notice refused", code=fault.value, receipt_number=receipt_number)
        return render_refusal(self.environment, fault, self.links(receipt_number))


@dataclass(frozen=True, slots=True)
class IdNotice:
    """The page's routes."""

    desk: NoticeDesk
    pages: NoticePages

    def add_to(self, app: FastAPI) -> None:
        """Register the routes and the page's style sheet."""
        app.mount("/id-notice-static", StaticFiles(directory=self.pages.static), name="id-notice-static")
        app.add_api_route(TICKET_PATH, self.post_ticket, methods=["POST"])
        app.add_api_route(NOTICE_PATH, self.get_id_notice, methods=["GET"])
        app.add_api_route(REVEAL_PATH, self.get_reveal, methods=["GET"])
        app.add_api_route(REVEAL_PATH, self.post_reveal, methods=["POST"])

    async def post_ticket(self, request: Request) -> Response:
        """Intake's ticket, handed over by the browser: used up, and a session opened for what it names."""
        form = await read_form(request)
        ticket = _verified(form.text(TICKET_FIELD), self.desk, self.pages)
        if isinstance(ticket, NoticeFault):
            return self.pages.refuse(ticket, None)
        fault = await workflows.accept_ticket(self.desk, ticket)
        if fault is not None:
            return self.pages.refuse(fault, ticket.claims.receipt_number)
        return await _open_session(request, ticket, self.pages)

    async def get_id_notice(self, request: Request, receipt_number: str) -> Response:
        """The notice, masked."""
        number = _receipt_number(receipt_number)
        session = await _session_for(request, number, self.pages)
        if session is None:
            return self.pages.refuse(NoticeFault.SESSION_OVER, number)
        shown = await workflows.view_id_notice(self.desk, number, _visitor(session))
        return _answer(shown, session, number, self.pages)

    async def get_reveal(self, receipt_number: str) -> Response:
        """The address that a revealed page leaves in the browser: opened anew, it shows the masked one."""
        return _to_notice(_receipt_number(receipt_number))

    async def post_reveal(self, request: Request, receipt_number: str) -> Response:
        """The notice with the chosen rows in clear; with none chosen, masked."""
        number = _receipt_number(receipt_number)
        session = await _session_for(request, number, self.pages)
        if session is None:
            return self.pages.refuse(NoticeFault.SESSION_OVER, number)
        form = await read_form(request)
        chosen = _chosen(form)
        if not chosen:
            return _to_notice(number)
        try:
            shown = await workflows.reveal_id_notice(self.desk, number, _visitor(session), chosen)
        except KeyStoreUnavailable:
            return self.pages.refuse(NoticeFault.KEYS_AWAY, number)
        return _answer(shown, session, number, self.pages, form.text("show") or form.text("hide"))


def _verified(token: str, desk: NoticeDesk, pages: NoticePages) -> NoticeTicket | NoticeFault:
    try:
        return verify_notice_ticket(token, pages.ticket_keys_dir, desk.clock.now())
    except InvalidNoticeTicket as problem:
        return TICKET_FAULTS[problem.code]


def _to_notice(receipt_number: ReceiptNumber) -> Response:
    return RedirectResponse(NOTICE_PATH.format(receipt_number=receipt_number), 303)


async def _open_session(request: Request, ticket: NoticeTicket, pages: NoticePages) -> Response:
    claims = ticket.claims
    response = _to_notice(claims.receipt_number)
    attributes = {"receipt_number": claims.receipt_number, "acting_office": claims.acting_office}
    await pages.sessions.open(response, claims.office_code, attributes, replacing=request)
    return response


async def _session_for(request: Request, receipt_number: ReceiptNumber, pages: NoticePages) -> Session | None:
    """The session, if it was opened for this very notice; another notice looks the same as no session."""
    session = await pages.sessions.find(request)
    if session is None or session.attributes.get("receipt_number") != receipt_number:
        return None
    return session


def _chosen(form: PostedForm) -> Collection[MailboxId]:
    """The rows to be shown in clear: those that are already, the one whose button was pressed, less the hidden one."""
    wanted = {*form.texts("shown"), *form.texts("show")} - set(form.texts("hide"))
    return {MailboxId(text) for text in wanted}


def _answer(
    shown: ShownNotice | None, session: Session, receipt_number: ReceiptNumber, pages: NoticePages, pressed: str = ""
) -> Response:
    if shown is None:
        return pages.refuse(NoticeFault.NOT_FOUND, receipt_number)
    usable_until = session.authenticated_at + SESSION_LIFETIME
    return render_id_notice(pages.environment, shown, pages.links(receipt_number), usable_until, pressed)


def _visitor(session: Session) -> Visitor:
    return Visitor(OfficeCode(session.account), OfficeCode(session.attributes["acting_office"]))


def _receipt_number(text: str) -> ReceiptNumber:
    try:
        return parse_receipt_number(text)
    except InvalidIdentifier:
        raise HTTPException(404) from None
