"""News items: what an office reads on its menu, and in the transaction that changes the page it links to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.intake.domain.application import Application
from shared.kernel.identifiers import OfficeCode, ReceiptNumber


class NewsCategory(StrEnum):
    """The category of a news item (B30)."""

    USE_APPLICATION = "use_application"
    SYSTEM_SETTING = "system_setting"
    CHARGE = "charge"
    CERTIFICATE = "certificate"


class NewsKind(StrEnum):
    """What a news item says; a posted one carries its own text."""

    RECEIVED = "received"
    CLARIFICATION_REQUESTED = "clarification_requested"
    CLARIFICATION_REMINDED = "clarification_reminded"
    CLARIFICATION_RETURNED = "clarification_returned"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    WITHDRAWAL_REFUSED = "withdrawal_refused"
    REVIEW_COMPLETED = "review_completed"
    PASSWORDS_REISSUED = "passwords_reissued"
    VOIDED = "voided"
    START_DATE_CHANGED = "start_date_changed"
    POSTED = "posted"


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One news line of one office, unique by event and office.

    `receipt_number` is that of an application of this portal, which the item links to, or for a posted item any number
    the reader may quote.
    """

    office_code: OfficeCode
    event_id: UUID
    category: NewsCategory
    kind: NewsKind
    receipt_number: ReceiptNumber | None
    occurred_at: datetime
    message: str | None = None
    news_id: int = 0
    """Given by the database."""
    read_at: datetime | None = None

    @property
    def links_to_application(self) -> bool:
        """Whether its page is that of an application."""
        return self.kind is not NewsKind.POSTED and self.receipt_number is not None


def news_of(application: Application, kind: NewsKind, event_id: UUID, occurred_at: datetime) -> list[NewsItem]:
    """The item for the office that applied and the office applied for, once if they are one."""
    offices = sorted({application.applicant_office_code, application.office_code})
    number, category = application.receipt_number, NewsCategory.USE_APPLICATION
    return [NewsItem(office, event_id, category, kind, number, occurred_at) for office in offices]
