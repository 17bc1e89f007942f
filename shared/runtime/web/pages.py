"""Jinja2 for pages: autoescape, StrictUndefined, the shared base template, and a ready page app."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from shared.contracts.topics import ServiceName
from shared.kernel.local_time import TOKYO, local_date
from shared.runtime.web.body_limit import BodyLimit
from shared.runtime.web.csrf import CsrfCheck
from shared.runtime.web.errors import ErrorAnswers, ErrorBoundary
from shared.runtime.web.labels import HELP_CONTACTS, PRODUCT_NAME
from shared.runtime.web.maintenance import Maintenance, MaintenanceGate
from shared.runtime.web.security_headers import SecurityHeaders
from shared.runtime.web.sessions import ABSOLUTE, IDLE, SessionPolicy
from shared.runtime.web.tracing import Tracing

HERE = Path(__file__).parent
SHARED_TEMPLATES = HERE / "templates"
SHARED_STATIC = HERE / "static"
STATIC_CACHE = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What the web kit must know about where pages are served."""

    service: ServiceName
    base_url: str
    form_action_origins: tuple[str, ...] = ()
    """Other origins a form may be sent to: intake names provisioning's here (CSP form-action)."""
    foreign_post_paths: tuple[str, ...] = ()
    """Paths that alone accept a POST from a foreign Origin: provisioning's ticket route."""
    own_scripts: bool = False
    """Whether pages load scripts of ours that make them more comfortable; nothing may need one."""

    @property
    def https(self) -> bool:
        """Whether cookies are Secure and browsers are told to stay on https."""
        return self.base_url.startswith("https://")

    def session_policy(self, *, idle: timedelta = IDLE, absolute: timedelta = ABSOLUTE) -> SessionPolicy:
        """The service's session cookie: names differ per service, because cookies ignore ports."""
        return SessionPolicy(f"nss-{self.service}", self.https, idle, absolute)


def build_environment(templates: Path, filters: Mapping[str, Any] | None = None) -> Environment:
    """The service's templates in front of the shared ones; filters `ymd`, `ymd_hm`, `ymd_hms` are always there."""
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(templates), FileSystemLoader(SHARED_TEMPLATES)]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=refuse_enum_members,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update({"ymd": ymd, "ymd_hm": ymd_hm, "ymd_hms": ymd_hms, **(filters or {})})
    environment.globals.update(
        product_name=PRODUCT_NAME, help_contacts=HELP_CONTACTS, static_url=static_url, maintenance_ahead=lambda: None
    )
    return environment


def build_page_app(
    settings: PageSettings, environment: Environment, *, maintenance: Maintenance | None = None
) -> FastAPI:
    """A FastAPI app with CSRF check, security headers, Japanese error pages and /static, no docs routes."""
    answers = ErrorAnswers(environment)
    gate = []
    if maintenance is not None:
        environment.globals["maintenance_ahead"] = maintenance.ahead
        gate = [Middleware(MaintenanceGate, maintenance=maintenance, environment=environment)]
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Telemetry of the framework would carry refused input values out of the process.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
        exception_handlers=answers.handlers,
        middleware=[
            Middleware(Tracing),
            Middleware(
                SecurityHeaders,
                https=settings.https,
                form_action_origins=settings.form_action_origins,
                own_scripts=settings.own_scripts,
            ),
            Middleware(ErrorBoundary, answers=answers),
            *gate,
            Middleware(
                CsrfCheck, base_url=settings.base_url, foreign_post_paths=settings.foreign_post_paths, answers=answers
            ),
            Middleware(BodyLimit),
        ],
    )
    app.mount("/static", _HashedStaticFiles(directory=SHARED_STATIC), name="static")
    return app


def page(environment: Environment, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template of the environment."""
    return HTMLResponse(environment.get_template(template).render(context), status)


def ymd(value: date) -> str:
    """`YYYY/MM/DD`, as every screen shows dates; an instant gives its date in Japan."""
    day = local_date(value) if isinstance(value, datetime) else value
    return day.strftime("%Y/%m/%d")


def ymd_hm(value: datetime) -> str:
    """`YYYY/MM/DD HH:MM` in Japan."""
    return value.astimezone(TOKYO).strftime("%Y/%m/%d %H:%M")


def ymd_hms(value: datetime) -> str:
    """`YYYY/MM/DD HH:MM:SS` in Japan."""
    return value.astimezone(TOKYO).strftime("%Y/%m/%d %H:%M:%S")


def refuse_enum_members(value: Any) -> Any:
    """What a template prints, unchanged; raises TypeError for an enum member, which has no place before a reader."""
    if isinstance(value, Enum):
        raise TypeError(f"a page prints {value!r}: print its label, or .value in addresses and form fields")
    return value


@cache
def static_url(name: str) -> str:
    """The address of a shared static file; it changes with the content, so browsers may keep the file for ever."""
    digest = hashlib.sha256((SHARED_STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


class _HashedStaticFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = STATIC_CACHE
        return response
