"""What a reissue leads to: new passwords for mailboxes that exist, or a refusal that goes back to review (E23, E24)."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime

from services.provisioning.domain.issuing import UnfitApproval, refused
from services.provisioning.domain.office import Office
from services.provisioning.domain.viewing_window import ViewingWindow, reissue_window
from shared.contracts.event_data import ApplicationKind
from shared.contracts.provisioning_events import IssueFailure, MailboxIssueFailed, PasswordsReissued
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.kernel.local_time import local_date


@dataclass(frozen=True, slots=True)
class Reissue:
    """What one approval of a reissue gives: a new password for each mailbox, readable in one window."""

    receipt_number: ReceiptNumber
    revision: int
    office_code: OfficeCode
    reissued_at: datetime
    mailbox_ids: tuple[MailboxId, ...]
    window: ViewingWindow


def is_reissue(approval: ApplicationApproved) -> bool:
    """Whether the approval asks for new passwords rather than for a change of mailboxes."""
    return approval.kind is ApplicationKind.PASSWORD_REISSUE


def decide_reissue(
    approval: ApplicationApproved,
    office: Office,
    living: Set[MailboxId],
    calendar: BusinessCalendar,
    now: datetime,
) -> Reissue | MailboxIssueFailed:
    """New passwords for everything the approval names, or for nothing. `living` are the office's IDs in use or to be.

    A mailbox whose service has not started yet is as good as an active one (E24). Raises UnfitApproval, DateNotCovered.
    """
    if not approval.reissue:
        raise UnfitApproval(f"{approval.receipt_number}: a reissue that names no mailbox")
    reason = _refusal(approval, office, living, local_date(now))
    if reason is not None:
        return refused(approval, office, reason)
    return Reissue(
        receipt_number=approval.receipt_number,
        revision=approval.revision,
        office_code=approval.office_code,
        reissued_at=now,
        mailbox_ids=tuple(approval.reissue),
        window=reissue_window(calendar, now),
    )


def reissued_data(reissue: Reissue) -> PasswordsReissued:
    """The event's data: IDs and the window, never a password."""
    return PasswordsReissued(
        receipt_number=reissue.receipt_number,
        office_code=reissue.office_code,
        mailbox_ids=list(reissue.mailbox_ids),
        reissued_at=reissue.reissued_at,
        viewable_from=reissue.window.viewable_from,
        viewable_until=reissue.window.viewable_until,
    )


def _refusal(approval: ApplicationApproved, office: Office, living: Set[MailboxId], today: date) -> IssueFailure | None:
    if office.is_closed(today):
        return IssueFailure.UNKNOWN_OFFICE
    named = set(approval.reissue)
    if len(named) < len(approval.reissue) or not named <= living:
        return IssueFailure.NOT_ACTIVE
    return None
