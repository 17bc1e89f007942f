"""HTTP of intake: decode, call one workflow, render or redirect; no rule and no SQL."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.intake import labels
from services.intake.documents import DocumentPrinterBusy
from services.intake.domain.login import INITIAL_PASSWORD_LIVES
from services.intake.web.api import ApplicationsApi
from services.intake.web.api_answers import PREFIX
from services.intake.web.applications import ApplicationPages
from services.intake.web.clarifications import ClarificationPages, add_refusals
from services.intake.web.contracts import ContractPages
from services.intake.web.contracts_api import ContractsApi
from services.intake.web.documents import DocumentPages
from services.intake.web.drafts import DraftPages
from services.intake.web.guard import LoginRequired, PasswordChangeRequired, to_login, to_password
from services.intake.web.id_notice import IdNoticePages
from services.intake.web.information import InformationPages
from services.intake.web.login import LoginPages
from services.intake.web.menu import MenuPages
from services.intake.web.password import PasswordPages
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.desk import DeskFull
from services.intake.workflows.refusals import (
    DraftNotFound,
    NotFound,
    OfficeNotRegistered,
    TooManyApplications,
)
from shared.runtime.web.errors import ErrorAnswers
from shared.runtime.web.pages import build_page_app, page, ymd_hms

PAGES = (
    LoginPages,
    PasswordPages,
    MenuPages,
    ContractPages,
    InformationPages,
    DraftPages,
    IdNoticePages,
    ApplicationPages,
    ClarificationPages,
    DocumentPages,
    ContractsApi,
    ApplicationsApi,
)


def build_pages(intake: Dependencies) -> FastAPI:
    """The applicant portal and the operators' API."""
    app = build_page_app(intake.pages, intake.environment, maintenance=intake.maintenance)
    intake.environment.globals.update(_figures(intake))
    answers = ErrorAnswers(intake.environment)
    for pages in PAGES:
        pages(intake).add_to(app)

    async def not_found(request: Request, _: Exception) -> Response:
        return await answers.on_http_exception(request, HTTPException(404))

    async def draft_not_found(request: Request, _: Exception) -> Response:
        session = await intake.sessions.find(request)
        return page(intake.environment, "expired.html", status=404, session=session)

    async def no_contract(request: Request, _: Exception) -> Response:
        session = await intake.sessions.find(request)
        return page(intake.environment, "no_contract.html", status=409, session=session)

    async def too_many_applications(request: Request, refused: Exception) -> Response:
        assert isinstance(refused, TooManyApplications)
        text = labels.too_many_applications_text(refused.most, ymd_hms(refused.room_at))
        if not request.url.path.startswith(PREFIX):
            text += labels.FORM_IS_KEPT
        seconds = max(1, ceil((refused.room_at - intake.clock.now()).total_seconds()))
        headers = {"Retry-After": str(seconds)}
        return answers.answer(request.scope, 429, code="too_many_applications", detail=text, headers=headers)

    app.add_exception_handler(TooManyApplications, too_many_applications)
    app.add_exception_handler(LoginRequired, to_login)
    app.add_exception_handler(PasswordChangeRequired, to_password)
    app.add_exception_handler(DocumentPrinterBusy, answers.on_busy)
    app.add_exception_handler(DeskFull, answers.on_busy)
    app.add_exception_handler(NotFound, not_found)
    app.add_exception_handler(DraftNotFound, draft_not_found)
    app.add_exception_handler(OfficeNotRegistered, no_contract)
    add_refusals(app, intake)
    return app


def _figures(intake: Dependencies) -> Mapping[str, object]:
    """What pages tell of settings: the very ones that jobs and sessions go by."""
    return {
        "retention": intake.retention,
        "kept_days": intake.form_rules.draft_business_days,
        "idle_minutes": intake.pages.session_policy().idle // timedelta(minutes=1),
        "initial_password_days": INITIAL_PASSWORD_LIVES.days,
    }
