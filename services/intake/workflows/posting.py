"""News that operators post: what the four services do not produce themselves (charges, certificates, settings)."""

from dataclasses import dataclass
from datetime import datetime

from services.intake import store
from services.intake.domain.news import NewsCategory, NewsItem, NewsKind
from services.intake.workflows.refusals import OfficeNotRegistered
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.database import Pool, transaction
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class NewsPost:
    """What is posted to which office; `number` is any number the reader may quote."""

    office_code: OfficeCode
    category: NewsCategory
    message: str
    number: str | None = None


async def post_news(pool: Pool, post: NewsPost, now: datetime, new_id: NewId) -> None:
    """Put the item on the office's menu. Raises OfficeNotRegistered."""
    number = ReceiptNumber(post.number) if post.number else None
    item = NewsItem(post.office_code, new_id(), post.category, NewsKind.POSTED, number, now, post.message)
    async with transaction(pool) as db:
        if await store.find_contract(db, post.office_code) is None:
            raise OfficeNotRegistered(post.office_code)
        await store.insert_news(db, [item])
