"""The audit: who decided, who looked at personal data, who changed accounts. Written once, kept seven years."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.kernel.identifiers import ReceiptNumber


class AuditAction(StrEnum):
    """What was done; stable codes of the table."""

    LOGGED_IN = "logged_in"
    LOGIN_FAILED = "login_failed"
    ACCOUNT_LOCKED = "account_locked"
    LOGGED_OUT = "logged_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  the name of an action
    ACCOUNT_CREATED = "account_created"
    ROLES_CHANGED = "roles_changed"
    PASSWORD_RESET = "password_reset"  # noqa: S105  the name of an action
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    CONTACT_VIEWED = "contact_viewed"
    CLAIMED = "claimed"
    RELEASED = "released"
    NOTE_ADDED = "note_added"
    TELEPHONE_RECORDED = "telephone_recorded"
    DECIDED = "decided"
    SCHEDULE_PUBLISHED = "schedule_published"
    REPORT_EXPORTED = "report_exported"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line. `details` hold codes, dates, revisions and logins: no personal value, no secret."""

    audit_id: UUID
    occurred_at: datetime
    login: str
    action: AuditAction
    receipt_number: ReceiptNumber | None = None
    details: Mapping[str, str] = field(default_factory=dict)
