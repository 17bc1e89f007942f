"""How long intake keeps what is about people (domain rules, section 16)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.people import Contact, SystemAdministratorAddress


@dataclass(frozen=True, slots=True)
class Retention:
    """Times are counted from the end of an application's course and from the audited act."""

    contact_days: int = 400
    audit_years: int = 7

    def contacts_of_ended_before(self, now: datetime) -> datetime:
        """People in applications that ended before this instant are erased."""
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
