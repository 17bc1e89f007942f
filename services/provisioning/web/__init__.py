"""HTTP of provisioning: decode, call one workflow, render or redirect; no rule and no SQL."""

from fastapi import FastAPI

from services.provisioning.web.id_notice import SESSION_LIFETIME as SESSION_LIFETIME
from services.provisioning.web.id_notice import TICKET_PATH as TICKET_PATH
from services.provisioning.web.id_notice import IdNotice
from services.provisioning.web.id_notice import NoticePages as NoticePages
from services.provisioning.web.ledger_api import LedgerDesk as LedgerDesk
from services.provisioning.web.ledger_api import build_ledger_api
from services.provisioning.web.operating import build_operate_routes as build_operate_routes
from services.provisioning.workflows import NoticeDesk
from shared.runtime.web.pages import build_page_app


def build_pages(desk: NoticeDesk, pages: NoticePages, ledger: LedgerDesk) -> FastAPI:
    """The ID notice page, and the staff API on the books."""
    app = build_page_app(pages.settings, pages.environment)
    IdNotice(desk, pages).add_to(app)
    app.include_router(build_ledger_api(ledger))
    return app
