"""Which path leads to which page, and who may use it: the one table that is enforced and tested, cell by cell."""

from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from services.review.domain.staff import DECIDING, EVERYBODY, StaffRole
from services.review.rendering import build_console_environment
from services.review.web import (
    after_completion,
    approval,
    bulk,
    case_notes,
    clarification,
    flow,
    login,
    password,
    reading,
    report,
    schedule,
)
from services.review.web.api import build_api
from services.review.web.console import Console, Handler, Page, guard
from services.review.web.decision_page import DecisionPage
from services.review.workflows import Dependencies
from shared.runtime.web.pages import PageSettings, build_page_app

STATIC = Path(__file__).parents[1] / "static"
LEADS = frozenset({StaffRole.LEAD})
OPERATORS = frozenset({StaffRole.OPERATOR})
ANSWERABLE = frozenset({StaffRole.LEAD, StaffRole.OPERATOR})
APPLICATION = "/applications/{receipt_number}"


def decision_pages(path: str, page: DecisionPage[Any], roles: frozenset[StaffRole]) -> tuple[Page, ...]:
    """Check, change and make one kind of decision."""
    own = f"{APPLICATION}/{path}"
    handlers = ((f"{own}/check", page.post_check), (f"{own}/edit", page.post_edit), (own, page.post))
    return tuple(Page("POST", address, handler, roles) for address, handler in handlers)


PAGES: tuple[Page, ...] = (
    Page("GET", "/", reading.get_root, None),
    Page("GET", "/login", login.get_login, None),
    Page("POST", "/login", login.post_login, None),
    Page("GET", "/login/provider", login.get_provider_login, None),
    Page("GET", login.CALLBACK, login.get_provider_callback, None),
    Page("POST", "/logout", login.post_logout, EVERYBODY),
    Page("GET", "/password", password.get_password, EVERYBODY),
    Page("POST", "/password", password.post_password, EVERYBODY),
    Page("GET", "/queue", reading.get_queue, EVERYBODY),
    Page("GET", APPLICATION, reading.get_case, EVERYBODY),
    Page("POST", f"{APPLICATION}/claim", case_notes.post_claim, DECIDING),
    Page("POST", f"{APPLICATION}/release", case_notes.post_release, DECIDING),
    Page("POST", f"{APPLICATION}/notes", case_notes.post_note, DECIDING),
    *decision_pages("approval", approval.APPROVAL, DECIDING),
    Page("POST", f"{APPLICATION}/second-approval", approval.post_second_approval, LEADS),
    Page("POST", f"{APPLICATION}/second-approval/refusal", approval.post_second_refusal, DECIDING),
    Page("GET", f"{APPLICATION}/clarification", clarification.get_clarification, DECIDING),
    *decision_pages("clarification", clarification.CLARIFICATION, DECIDING),
    Page("POST", f"{APPLICATION}/clarification/template", clarification.post_template, DECIDING),
    Page("POST", f"{APPLICATION}/clarification/cancellation", clarification.post_cancellation, DECIDING),
    Page("GET", f"{APPLICATION}/void", after_completion.get_void, ANSWERABLE),
    *decision_pages("void", after_completion.VOID, ANSWERABLE),
    Page("GET", f"{APPLICATION}/start-date", after_completion.get_start_date, LEADS),
    *decision_pages("start-date", after_completion.START_DATE, LEADS),
    Page("POST", f"{APPLICATION}/system-setting", after_completion.post_system_setting, ANSWERABLE),
    Page("GET", "/bulk-approval", bulk.get_bulk_approval, DECIDING),
    Page("POST", "/bulk-approval", bulk.post_bulk_approval, DECIDING),
    Page("GET", "/bulk-approvals/{bulk_id}", bulk.get_bulk_result, DECIDING),
    Page("GET", "/schedule", schedule.get_schedule, EVERYBODY),
    Page("GET", "/schedule.csv", schedule.get_schedule_table, EVERYBODY),
    Page("GET", "/schedule/edit", schedule.get_edit, OPERATORS),
    Page("POST", "/schedule/check", schedule.post_check, OPERATORS),
    Page("POST", "/schedule/day", schedule.post_day, OPERATORS),
    Page("POST", "/schedule/publication", schedule.post_publication, OPERATORS),
    Page("GET", "/report", report.get_report, ANSWERABLE),
    Page("GET", "/report.csv", report.get_report_table, ANSWERABLE),
    Page("GET", "/operate/flow", flow.get_flow, OPERATORS),
)


def build_pages(deps: Dependencies, settings: PageSettings, *, target_business_days: int, portal_url: str) -> FastAPI:
    """The console and the staff API as one ASGI app."""
    environment = build_console_environment()
    console = Console(deps, environment, target_business_days, portal_url.rstrip("/"))
    app = build_page_app(settings, environment)
    app.mount("/console-static", StaticFiles(directory=STATIC), name="console-static")
    for page in PAGES:
        app.router.add_route(page.path, guarded(console, page), methods=[page.method])
    app.include_router(build_api(deps, target_business_days))
    return app


def guarded(console: Console, page: Page) -> Any:
    """The page's handler behind its guard."""
    return partial(_handle, console, page)


async def _handle(console: Console, page: Page, request: Request) -> Response:
    await guard(console, page, request)
    handler: Handler = page.handler
    return await handler(console, request)
