"""What the other services' events make of an application. No move goes back, whatever comes late or twice.

Topics are not ordered among themselves: every function gives the same end, in whatever order their events come.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from services.intake.domain.application import OPEN_STATUSES, Application, ApplicationStatus
from shared.contracts.event_data import ApplicationKind
from shared.contracts.provisioning_events import MailboxesRescheduled, PasswordsReissued, ServiceStarted, WindowClosed
from shared.contracts.review_events import ApplicationVoided, ReviewCompleted, StartDateChanged
from shared.kernel.identifiers import MailboxId
from shared.kernel.local_time import start_of_day

FINAL_STATUSES = frozenset({ApplicationStatus.WITHDRAWN, ApplicationStatus.VOIDED})
"""Nothing moves an application on from these."""

DayT = TypeVar("DayT", date, datetime)


def opened(application: Application) -> Application:
    """Review has it, or has it again; whatever has gone further stays."""
    if application.status is not ApplicationStatus.RECEIVED:
        return application
    return replace(application, status=ApplicationStatus.UNDER_REVIEW)


def completed(application: Application, event: ReviewCompleted) -> Application:
    """Review completed, with its outcome. The start of service, or another date, may be known already."""
    has_moved = application.completed_on is not None
    moved = replace(
        application,
        status=ApplicationStatus.REVIEW_COMPLETED if application.status in OPEN_STATUSES else application.status,
        confirmed_start_date=_latest(application.confirmed_start_date, event.confirmed_start_date),
        start_date_note=application.start_date_note if has_moved else event.start_date_note,
        completed_on=application.completed_on or event.completed_on,
        system_setting_deadline=_latest(application.system_setting_deadline, event.system_setting_deadline),
        viewable_from=application.viewable_from or event.viewable_from,
        viewable_until=_latest(application.viewable_until, event.viewable_until),
        mailbox_ids_issued=tuple(MailboxId(each) for each in event.mailbox_ids_issued),
        mailbox_ids_abolished=tuple(MailboxId(each) for each in event.mailbox_ids_abolished),
        mailbox_ids_reissued=tuple(MailboxId(each) for each in event.mailbox_ids_reissued),
    )
    is_end = event.kind is ApplicationKind.PASSWORD_REISSUE and moved.status is ApplicationStatus.REVIEW_COMPLETED
    return replace(moved, ended_at=moved.ended_at or event.completed_at) if is_end else moved


def reissued(application: Application, event: PasswordsReissued) -> Application:
    """The new passwords can be read; that review is completed follows from its own event."""
    return replace(
        application,
        viewable_from=application.viewable_from or event.viewable_from,
        viewable_until=_latest(application.viewable_until, event.viewable_until),
        mailbox_ids_reissued=tuple(MailboxId(each) for each in event.mailbox_ids),
    )


def started(application: Application, event: ServiceStarted) -> Application:
    """The start date has come; a start before the confirmed date is that of a date which has moved since."""
    confirmed = application.confirmed_start_date
    if application.status in FINAL_STATUSES or (confirmed is not None and event.started_on < confirmed):
        return application
    return replace(
        application,
        status=ApplicationStatus.IN_SERVICE,
        started_on=event.started_on,
        ended_at=application.ended_at or start_of_day(event.started_on),
    )


def start_date_changed(application: Application, event: StartDateChanged) -> Application:
    """A later start date (E18); an application that had started already goes back to REVIEW_COMPLETED."""
    moved = _start_moved(application, event.new_start_date)
    if moved is application or moved.confirmed_start_date != event.new_start_date:
        return moved
    deadline = _latest(moved.system_setting_deadline, event.system_setting_deadline)
    return replace(moved, start_date_note=event.note, system_setting_deadline=deadline)


def rescheduled(application: Application, event: MailboxesRescheduled) -> Application:
    """Provisioning has followed: the mailboxes start later, and the window ends no earlier than it did (E18)."""
    return replace(
        _start_moved(application, event.new_start_date),
        viewable_until=_latest(application.viewable_until, event.viewable_until),
        system_setting_deadline=_latest(application.system_setting_deadline, event.system_setting_deadline),
    )


def voided(application: Application, event: ApplicationVoided) -> Application:
    """No effect any more, also after the start; only a withdrawal came before it."""
    if application.status in FINAL_STATUSES:
        return application
    return replace(
        application,
        status=ApplicationStatus.VOIDED,
        voided_at=event.voided_at,
        void_reason_code=event.reason_code,
        void_note=event.note,
        withdrawal_requested_at=None,
        ended_at=event.voided_at,
    )


def window_closed(application: Application, event: WindowClosed) -> Application:
    """The passwords have been destroyed."""
    return replace(application, window_closed_at=application.window_closed_at or event.closed_at)


def _start_moved(application: Application, new_start_date: date) -> Application:
    if application.status in FINAL_STATUSES:
        return application
    confirmed = application.confirmed_start_date
    if confirmed is not None and new_start_date < confirmed:
        return application
    moved = replace(application, confirmed_start_date=new_start_date)
    has_started_before = application.started_on is not None and application.started_on < new_start_date
    if application.status is not ApplicationStatus.IN_SERVICE or not has_started_before:
        return moved
    return replace(moved, status=ApplicationStatus.REVIEW_COMPLETED, started_on=None, ended_at=None)


def _latest(known: DayT | None, told: DayT | None) -> DayT | None:
    if known is None or told is None:
        return told if known is None else known
    return max(known, told)
