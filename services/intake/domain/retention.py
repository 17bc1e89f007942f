"""How long intake keeps what is about people (domain rules, section 16)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.intake_events import SystemAdministrator
from shared.contracts.people import Contact, SystemAdministratorAddress
from shared.kernel.retention import AUDIT_YEARS, CONTACT_DAYS, MAIL_DAYS

DRAFT_BUSINESS_DAYS = 10
"""A form that is not registered, counted from when it was last saved."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Times are counted from the end of an application's course and from the audited act."""

    contact_days: int = CONTACT_DAYS
    audit_years: int = AUDIT_YEARS
    mail_days: int = MAIL_DAYS
    """Of the texts of mails, which notifier keeps and erases; told to applicants here."""

    def contacts_of_ended_before(self, now: datetime) -> datetime:
        """People in applications that ended before this instant are erased."""
        return now - timedelta(days=self.contact_days)

    def versions_superseded_before(self, now: datetime) -> datetime:
        """Of versions of contracts that were replaced before this instant nobody's name is kept (as of contacts)."""
        return now - timedelta(days=self.contact_days)

    def audited_before(self, now: datetime) -> datetime:
        """Audit entries older than this are deleted; a year has 366 days, so that none goes too early."""
        return now - timedelta(days=366 * self.audit_years)


def content_without_people() -> dict[str, Any]:
    """What takes the place of contact and system administrator: a content that can still be read, naming nobody."""
    nobody = Contact(family_name="", given_name="", family_name_kana="", given_name_kana="", phone="", email="")
    return {
        "contact": nobody.model_dump(mode="json", exclude_none=True),
        "system_administrator": SystemAdministratorAddress(name="", email="").model_dump(mode="json"),
    }


def register_without_people() -> dict[str, Any]:
    """What takes the place of people in a superseded version of a contract.

    The contract holder stays: documents of the version's applications name them, the same each time (B32, B33).
    """
    nobody = SystemAdministrator(name="", email="", phone="")
    return {
        "system_administrator": nobody.model_dump(mode="json", exclude_none=True),
        "default_contact": None,
        "representative": None,
        "billing_contact": None,
    }
