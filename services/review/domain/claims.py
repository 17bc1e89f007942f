"""Claiming an application: one person works on it for a while, and everybody else is told who.

A claim is a courtesy, not a lock: what makes a decision final is the application's row lock and its revision (E29).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.review.domain.staff import StaffMember
from shared.kernel.identifiers import ReceiptNumber

LEASE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on an application, and until when nobody else may take it over."""

    receipt_number: ReceiptNumber
    login: str
    display_name: str
    claimed_at: datetime
    expires_at: datetime

    def is_held(self, now: datetime) -> bool:
        """Whether the lease still runs."""
        return now < self.expires_at

    def keeps_out(self, login: str, now: datetime) -> bool:
        """Whether that person has to leave the application alone."""
        return self.login != login and self.is_held(now)


@dataclass(frozen=True, slots=True)
class HeldBy:
    """Somebody else holds the claim; it can be taken over when it has run out."""

    claim: Claim


def claim_application(
    current: Claim | None, receipt_number: ReceiptNumber, member: StaffMember, now: datetime
) -> Claim | HeldBy:
    """The member's claim, new, renewed or taken over after its end; or who holds it."""
    if current is not None and current.keeps_out(member.login, now):
        return HeldBy(current)
    renews = current is not None and current.login == member.login and current.is_held(now)
    since = current.claimed_at if current is not None and renews else now
    return Claim(receipt_number, member.login, member.display_name, since, now + LEASE)
