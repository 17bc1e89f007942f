"""The ID notice page over HTTP. No rule and no SQL here."""

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
from services.provisioning.domain.notice import ShownNotice
from services.provisioning.domain.ticket import TicketFault
from services.provisioning.rendering import render_id_notice, render_refusal
from services.provisioning.vault import KeyStoreUnavailable
from services.provisioning.workflows import NoticeDesk
from shared.kernel.identifiers import InvalidIdentifier, OfficeCode, ReceiptNumber, parse_receipt_number
from shared.runtime.notice_tickets import TICKET_FIELD, InvalidNoticeTicket, NoticeTicket, verify_notice_ticket
from shared.runtime.web.forms import read_form
from shared.runtime.web.pages import PageSettings, build_page_app
from shared.runtime.web.sessions import Session, Sessions

TICKET_PATH = "/id-notice/ticket"
SESSION_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NoticePages:
    """What the pages need besides the workflows' desk."""

    settings: PageSettings
    environment: Environment
    sessions: Sessions
    ticket_keys_dir: Path
    intake_url: str
    static: Path

    def back_url(self, receipt_number: str | None) -> str:
        """Intake's page of the application, or its list where the application is not known."""
        path = f"/applications/{receipt_number}" if receipt_number else "/applications"
        return self.intake_url.rstrip("/") + path

    def refuse(self, fault: TicketFault, receipt_number: str | None) -> Response:
        """The page that says why the notice is not shown."""
        return render_refusal(self.environment, fault, self.back_url(receipt_number))


def build_pages(desk: NoticeDesk, pages: NoticePages) -> FastAPI:
    """Provisioning's pages: a ticket opens a session of five minutes, in which one notice can be read."""
    app = build_page_app(pages.settings, pages.environment)
    app.mount("/id-notice-static", StaticFiles(directory=pages.static), name="id-notice-static")

    @app.post(TICKET_PATH)
    async def post_ticket(request: Request) -> Response:
        form = await read_form(request)
        ticket = _verified(form.text(TICKET_FIELD), desk, pages)
        if isinstance(ticket, TicketFault):
            return pages.refuse(ticket, None)
        fault = await workflows.accept_ticket(desk, ticket)
        if fault is not None:
            return pages.refuse(fault, ticket.claims.receipt_number)
        return await _open_session(request, ticket, pages)

    @app.get("/id-notice/{receipt_number}")
    async def get_id_notice(request: Request, receipt_number: str) -> Response:
        number = _receipt_number(receipt_number)
        session = await _session_for(request, number, pages)
        if session is None:
            return pages.refuse(TicketFault.SESSION_OVER, number)
        shown = await workflows.view_id_notice(desk, number, _acting_office(session))
        return _answer(shown, session, number, pages)

    @app.post("/id-notice/{receipt_number}/reveal")
    async def post_reveal(request: Request, receipt_number: str) -> Response:
        number = _receipt_number(receipt_number)
        session = await _session_for(request, number, pages)
        if session is None:
            return pages.refuse(TicketFault.SESSION_OVER, number)
        shown = await _revealed(desk, number, session)
        return _answer(shown, session, number, pages)

    return app


def _verified(token: str, desk: NoticeDesk, pages: NoticePages) -> NoticeTicket | TicketFault:
    try:
        return verify_notice_ticket(token, pages.ticket_keys_dir, desk.clock.now())
    except InvalidNoticeTicket as problem:
        return TicketFault.EXPIRED if problem.code == "expired" else TicketFault.UNREADABLE


async def _open_session(request: Request, ticket: NoticeTicket, pages: NoticePages) -> Response:
    claims = ticket.claims
    response = RedirectResponse(f"/id-notice/{claims.receipt_number}", 303)
    attributes = {"receipt_number": claims.receipt_number, "acting_office": claims.acting_office}
    await pages.sessions.open(response, claims.office_code, attributes, replacing=request)
    return response


async def _session_for(request: Request, receipt_number: ReceiptNumber, pages: NoticePages) -> Session | None:
    """The session, if it was opened for this very notice; another notice looks the same as no session."""
    session = await pages.sessions.find(request)
    if session is None or session.attributes.get("receipt_number") != receipt_number:
        return None
    return session


async def _revealed(desk: NoticeDesk, receipt_number: ReceiptNumber, session: Session) -> ShownNotice | None:
    try:
        return await workflows.reveal_id_notice(desk, receipt_number, _acting_office(session))
    except KeyStoreUnavailable:
        raise HTTPException(503) from None


def _answer(shown: ShownNotice | None, session: Session, receipt_number: ReceiptNumber, pages: NoticePages) -> Response:
    back_url = pages.back_url(receipt_number)
    if shown is None:
        return render_refusal(pages.environment, TicketFault.NOT_FOUND, back_url)
    return render_id_notice(pages.environment, shown, back_url, session.authenticated_at + SESSION_LIFETIME)


def _acting_office(session: Session) -> OfficeCode:
    return OfficeCode(session.attributes["acting_office"])


def _receipt_number(text: str) -> ReceiptNumber:
    try:
        return parse_receipt_number(text)
    except InvalidIdentifier:
        raise HTTPException(404) from None
