"""The menu and the news."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.intake import workflows
from services.intake.domain.news import NewsCategory
from services.intake.web.guard import START_PAGE, require_session
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.refusals import NotFound
from shared.runtime.web.pages import page

LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class MenuPages:
    """S2."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route("/", self.get_start, methods=["GET"])
        app.add_api_route("/menu", self.get_menu, methods=["GET"])
        app.add_api_route("/news", self.get_news, methods=["GET"])
        app.add_api_route("/news/{news_id}", self.get_news_item, methods=["GET"])

    async def get_start(self) -> Response:
        """The site's address leads to the menu."""
        return RedirectResponse(START_PAGE, status_code=303)

    async def get_menu(self, request: Request) -> Response:
        """The newest news and the menu."""
        session = await require_session(self.intake, request)
        view = await workflows.view_menu(self.intake.pool, session.account, self.intake.clock.now())
        return page(self.intake.environment, "menu.html", session=session, view=view)

    async def get_news(self, request: Request) -> Response:
        """All news, newest first, of one category if one is chosen."""
        session = await require_session(self.intake, request)
        category = category_of(request.query_params.get("category", ""))
        after = number_of(request.query_params.get("after", ""))
        view = await workflows.list_news(self.intake.pool, session.account, category, after)
        context: dict[str, Any] = {"news": view, "category": category, "categories": list(NewsCategory), "after": after}
        return page(self.intake.environment, "news.html", session=session, **context)

    async def get_news_item(self, request: Request) -> Response:
        """One item, read from now on: its own page, or that of the application it is about."""
        session = await require_session(self.intake, request)
        news_id = number_of(request.path_params["news_id"])
        if news_id is None:
            raise NotFound("news")
        item = await workflows.open_news_item(self.intake.pool, session.account, news_id, self.intake.clock.now())
        if item.links_to_application:
            return RedirectResponse(f"/applications/{item.receipt_number}", status_code=303)
        return page(self.intake.environment, "news_item.html", session=session, item=item)


def category_of(text: str) -> NewsCategory | None:
    """The category chosen; anything else means all of them."""
    return NewsCategory(text) if text in set(NewsCategory) else None


def number_of(text: str) -> int | None:
    """A number out of an address, or None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None
