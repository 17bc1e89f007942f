"""Which path leads to which page."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from services.review.rendering import build_console_environment
from services.review.web import after_completion, approval, bulk, clarification, login, reading
from services.review.web.api import build_api
from services.review.web.console import Console
from services.review.web.decision_page import DecisionPage
from services.review.workflows import Dependencies
from shared.runtime.web.pages import PageSettings, build_page_app

Handler = Callable[[Console, Request], Awaitable[Response]]


def decision_routes(path: str, page: DecisionPage[Any]) -> tuple[tuple[str, str, Handler], ...]:
    """Check, change and make one kind of decision."""
    own = f"/applications/{{receipt_number}}/{path}"
    return (("POST", f"{own}/check", page.post_check), ("POST", f"{own}/edit", page.post_edit), ("POST", own, page.post))


PAGES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/", reading.get_root),
    ("GET", "/login", login.get_login),
    ("POST", "/login", login.post_login),
    ("POST", "/logout", login.post_logout),
    ("GET", "/queue", reading.get_queue),
    ("GET", "/schedule", reading.get_schedule),
    ("GET", "/applications/{receipt_number}", reading.get_case),
    *decision_routes("approval", approval.APPROVAL),
    ("POST", "/applications/{receipt_number}/second-approval", approval.post_second_approval),
    ("POST", "/applications/{receipt_number}/second-approval/refusal", approval.post_second_refusal),
    ("GET", "/applications/{receipt_number}/clarification", clarification.get_clarification),
    *decision_routes("clarification", clarification.CLARIFICATION),
    ("POST", "/applications/{receipt_number}/clarification/template", clarification.post_template),
    ("POST", "/applications/{receipt_number}/clarification/cancellation", clarification.post_cancellation),
    ("GET", "/applications/{receipt_number}/void", after_completion.get_void),
    *decision_routes("void", after_completion.VOID),
    ("GET", "/applications/{receipt_number}/start-date", after_completion.get_start_date),
    *decision_routes("start-date", after_completion.START_DATE),
    ("POST", "/applications/{receipt_number}/system-setting", after_completion.post_system_setting),
    ("GET", "/bulk-approval", bulk.get_bulk_approval),
    ("POST", "/bulk-approval", bulk.post_bulk_approval),
    ("GET", "/bulk-approvals/{bulk_id}", bulk.get_bulk_result),
)


def build_pages(deps: Dependencies, settings: PageSettings, *, target_business_days: int) -> FastAPI:
    """The console and the staff API as one ASGI app."""
    environment = build_console_environment()
    console = Console(deps, environment, target_business_days)
    app = build_page_app(settings, environment)
    for method, path, handler in PAGES:
        app.router.add_route(path, partial(handler, console), methods=[method])
    app.include_router(build_api(deps))
    return app
