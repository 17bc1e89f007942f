"""Loading what a form is checked against, for the office it is about."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.intake import store
from services.intake.domain.office_facts import HOUR, Corrected, FormRules, OfficeFacts
from services.intake.domain.sister_offices import office_applied_for, offices_named
from services.intake.store.register import OfficeRecord
from services.intake.workflows.refusals import OfficeNotRegistered, TooManyApplications
from shared.contracts.review_events import SchedulePublished
from shared.kernel.identifiers import OfficeCode
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Books:
    """The records of some offices, the schedule, and the day: all that forms are checked against."""

    offices: Mapping[OfficeCode, OfficeRecord]
    schedule: SchedulePublished | None
    today: date
    rules: FormRules

    def require_room(self, applicant: str) -> None:
        """Raises TooManyApplications where the office has registered as many as it may within an hour."""
        own = self.offices.get(OfficeCode(applicant))
        if own is not None and own.hour_filled_at is not None:
            raise TooManyApplications(self.rules.applications_per_hour, own.hour_filled_at + HOUR)

    def facts_for(self, applicant: str, typed_office_code: str, corrects: Corrected | None = None) -> OfficeFacts:
        """The facts of the office typed, if the applicant may apply for it, else its own.

        Raises OfficeNotRegistered.
        """
        own = self.offices.get(OfficeCode(applicant))
        if own is None:
            raise OfficeNotRegistered(applicant)
        record = self.offices[office_applied_for(own.contract, typed_office_code, self.offices)]
        return OfficeFacts(
            contract=record.contract,
            mailboxes=record.mailboxes,
            schedule=self.schedule,
            today=self.today,
            open_receipt_number=record.open_receipt_number,
            corrects=corrects,
            find_unprintable=self.rules.find_unprintable,
        )


async def open_books(
    db: Connection,
    offices: Collection[OfficeCode],
    rules: FormRules,
    now: datetime,
    keys: Mapping[OfficeCode, str] = store.NO_KEYS,
) -> Books:
    """The books of the offices as they stand, with the answers that these idempotency keys have led to."""
    records, schedule = await store.find_offices(db, offices, now - HOUR, rules.applications_per_hour, keys)
    return Books(records, schedule, local_date(now), rules)


async def load_form_facts(
    db: Connection,
    applicant: str,
    typed_office_code: str,
    rules: FormRules,
    now: datetime,
    corrects: Corrected | None = None,
) -> OfficeFacts:
    """The facts of the office typed, if the applicant may apply for it, else its own. Raises OfficeNotRegistered."""
    books = await open_books(db, offices_named(applicant, typed_office_code), rules, now)
    return books.facts_for(applicant, typed_office_code, corrects)
