"""News: what an office reads on its menu, and marking it read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake import store
from services.intake.domain.news import NewsCategory, NewsItem
from services.intake.store.drafts import Draft
from services.intake.workflows.refusals import NotFound
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Pool, transaction

NEWS_LISTED = 10
NEWS_PER_PAGE = 50
DRAFTS_LISTED = 3


@dataclass(frozen=True, slots=True)
class MenuView:
    """The menu: newest news, the office's application that is on its way, and forms it has not registered yet."""

    news: Sequence[NewsItem]
    unread: int
    open_receipt_number: ReceiptNumber | None
    drafts: Sequence[Draft]


@dataclass(frozen=True, slots=True)
class NewsPage:
    """A page of news, newest first; `next_after` leads to older ones."""

    items: Sequence[NewsItem]
    next_after: int | None


async def view_menu(pool: Pool, office_code: str, now: datetime) -> MenuView:
    """The ten newest news items of the office (B30), and what it has begun."""
    async with pool.acquire() as db:
        return MenuView(
            news=await store.list_news(db, office_code, list(NewsCategory), None, NEWS_LISTED),
            unread=await store.count_unread_news(db, office_code),
            open_receipt_number=await store.find_open_receipt_number(db, office_code),
            drafts=await store.list_drafts(db, office_code, now, DRAFTS_LISTED),
        )


async def list_news(
    pool: Pool, office_code: str, category: NewsCategory | None = None, after: int | None = None
) -> NewsPage:
    """A page of the office's news; `after` is the last `news_id` of the page before."""
    categories = list(NewsCategory) if category is None else [category]
    async with pool.acquire() as db:
        found = await store.list_news(db, office_code, categories, after, NEWS_PER_PAGE + 1)
    page = found[:NEWS_PER_PAGE]
    return NewsPage(page, page[-1].news_id if len(found) > len(page) else None)


async def open_news_item(pool: Pool, office_code: str, news_id: int, now: datetime) -> NewsItem:
    """One item, which is read from now on. Raises NotFound for another office's as for none."""
    async with transaction(pool) as db:
        item = await store.mark_news_item_read(db, office_code, news_id, now)
    if item is None:
        raise NotFound(str(news_id))
    return item
