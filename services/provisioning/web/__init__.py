"""HTTP of provisioning: decode, call one workflow, render or redirect; no rule and no SQL."""

from fastapi import FastAPI

from services.provisioning.web.id_notice import SESSION_LIFETIME as SESSION_LIFETIME
from services.provisioning.web.id_notice import TICKET_PATH as TICKET_PATH
from services.provisioning.web.id_notice import IdNotice
from services.provisioning.web.id_notice import NoticePages as NoticePages
from services.provisioning.workflows import NoticeDesk
from shared.runtime.web.pages import build_page_app


def build_pages(desk: NoticeDesk, pages: NoticePages) -> FastAPI:
    """The ID notice page."""
    app = build_page_app(pages.settings, pages.environment)
    IdNotice(desk, pages).add_to(app)
    return app
