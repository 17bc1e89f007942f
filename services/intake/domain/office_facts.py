"""What a form is checked against: contract, mailboxes, schedule and date of the office it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.intake.domain.form_errors import FindUnprintable
from services.intake.domain.mailboxes import OfficeMailbox
from services.intake.domain.retention import DRAFT_BUSINESS_DAYS
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ContractPublished
from shared.contracts.review_events import SchedulePublished
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.kernel.japanese_text import unprintable_characters

APPLICATIONS_PER_HOUR = 60
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction may not change: for another office or another kind one withdraws and applies anew (E36)."""

    office_code: OfficeCode
    kind: ApplicationKind


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """The contract is that of the office applied for, if the applicant may apply for it, else the applicant's own."""

    contract: ContractPublished
    mailboxes: Sequence[OfficeMailbox]
    schedule: SchedulePublished | None
    today: date
    """In Japan."""
    open_receipt_number: ReceiptNumber | None = None
    """The mailbox application that is on its way: no second one is registered meanwhile (E7)."""
    corrects: Corrected | None = None
    """Set where the form corrects an application."""
    find_unprintable: FindUnprintable = unprintable_characters


@dataclass(frozen=True, slots=True)
class FormRules:
    """What settings and fonts decide about forms."""

    find_unprintable: FindUnprintable = unprintable_characters
    draft_business_days: int = DRAFT_BUSINESS_DAYS
    """How long a draft is kept after it was last saved."""
    applications_per_hour: int = APPLICATIONS_PER_HOUR
    """How many applications one office may register within any hour, through pages and programs together."""
