"""What is kept for years about an office account: who did what to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

BY_OFFICE = "office"
"""The actor of what an office does to its own account."""


class AccountAct(StrEnum):
    """What was done."""

    OPENED = "opened"
    LOGGED_IN = "logged_in"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  the name of an act
    PASSWORD_RESET = "password_reset"  # noqa: S105  the name of an act
    UNLOCKED = "unlocked"
    CLOSED = "closed"
    SISTER_GRANTED = "sister_granted"
    SISTER_REVOKED = "sister_revoked"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act; `concerns` names the sister office of a grant."""

    office_code: str
    act: AccountAct
    actor: str
    at: datetime
    concerns: str | None = None
