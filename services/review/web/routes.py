"""Which path leads to which page."""

from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from services.review.rendering import build_console_environment
from services.review.web import approval, login, reading
from services.review.web.api import build_api
from services.review.web.console import Console
from services.review.workflows import Dependencies
from shared.runtime.web.pages import PageSettings, build_page_app

Handler = Callable[[Console, Request], Awaitable[Response]]

PAGES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/", reading.get_root),
    ("GET", "/login", login.get_login),
    ("POST", "/login", login.post_login),
    ("POST", "/logout", login.post_logout),
    ("GET", "/queue", reading.get_queue),
    ("GET", "/schedule", reading.get_schedule),
    ("GET", "/applications/{receipt_number}", reading.get_case),
    ("POST", "/applications/{receipt_number}/approval", approval.post_approval),
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
