"""What may still happen to an application after its issue: voided, moved, or cut off because its office closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.provisioning.domain.viewing_window import (
    OpenWindow,
    WindowChangeCause,
    WindowExtension,
    extension,
    is_open,
)
from shared.contracts.provisioning_events import MailboxesRescheduled, MailboxesVoided, OfficeClosed
from shared.contracts.review_events import StartDateChanged
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber


class UnknownIssue(LookupError):
    """A start date is moved that was never set: the application was not issued here."""


@dataclass(frozen=True, slots=True)
class IssuedApplication:
    """What an application has come to since its issue."""

    receipt_number: ReceiptNumber
    office_code: OfficeCode
    start_date: date | None
    """None for a password reissue, which starts nothing."""
    viewable_until: date | None
    window_closed: bool
    started: bool
    ended: bool
    """Voided, or its office closed before the start."""
    voided: bool


@dataclass(frozen=True, slots=True)
class StartDateMove:
    """A start date that moves, and what becomes of the password window."""

    receipt_number: ReceiptNumber
    old_start_date: date
    new_start_date: date
    was_started: bool
    """Too late to be unnoticed: what had become active waits again (design: deactivated)."""
    extension: WindowExtension | None


@dataclass(frozen=True, slots=True)
class DueClosure:
    """An office whose closing day has come."""

    office_code: OfficeCode
    closed_on: date


@dataclass(frozen=True, slots=True)
class VoidedMailbox:
    """A mailbox that a void has retired."""

    mailbox_id: MailboxId
    was_active: bool


def decide_move(
    change: StartDateChanged, issued: IssuedApplication, calendar: BusinessCalendar, now: datetime
) -> StartDateMove | None:
    """What moving the start date does; None where nothing can start any more. The window never becomes shorter (E18).

    Raises DateNotCovered.
    """
    if issued.ended or issued.start_date is None:
        return None
    return StartDateMove(
        receipt_number=issued.receipt_number,
        old_start_date=issued.start_date,
        new_start_date=change.new_start_date,
        was_started=issued.started,
        extension=_extension(issued, change.new_start_date, calendar, now),
    )


def rescheduled_data(
    change: StartDateChanged, move: StartDateMove, viewable_until: date | None
) -> MailboxesRescheduled:
    """The event's data; `viewable_until` is the last day the window had, which holds unless it was extended."""
    return MailboxesRescheduled(
        receipt_number=move.receipt_number,
        old_start_date=move.old_start_date,
        new_start_date=move.new_start_date,
        viewable_until=move.extension.new_until if move.extension else viewable_until,
        system_setting_deadline=change.system_setting_deadline,
    )


def voided_data(issued: IssuedApplication, retired: Sequence[VoidedMailbox]) -> MailboxesVoided:
    """The event's data. Late means that something of the application had taken effect."""
    return MailboxesVoided(
        receipt_number=issued.receipt_number,
        mailbox_ids=[mailbox.mailbox_id for mailbox in retired],
        was_active=issued.started or any(mailbox.was_active for mailbox in retired),
    )


def office_closed_data(closure: DueClosure, ended: Sequence[MailboxId]) -> OfficeClosed:
    """The event's data; `closed_on` is the day it was planned for, however late it is carried out."""
    return OfficeClosed(office_code=closure.office_code, closed_on=closure.closed_on, abolished=list(ended))


def _extension(
    issued: IssuedApplication, new_start_date: date, calendar: BusinessCalendar, now: datetime
) -> WindowExtension | None:
    if issued.viewable_until is None or issued.window_closed or not is_open(issued.viewable_until, now):
        return None
    window = OpenWindow(issued.receipt_number, new_start_date, issued.viewable_until)
    return extension(calendar, window, WindowChangeCause.START_DATE_MOVED)
