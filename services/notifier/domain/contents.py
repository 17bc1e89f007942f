"""Which event leads to which mail (M1 to M12), and what that mail says. Never an ID issued, never a password (B28)."""

from datetime import date
from functools import singledispatch

from services.notifier.domain import facts
from services.notifier.domain.mails import MailContent
from shared.contracts.event_data import ApplicationKind, EventData
from shared.contracts.intake_events import (
    ApplicationCorrected,
    ApplicationReceived,
    ApplicationWithdrawn,
    ClarificationReturned,
)
from shared.contracts.notifier_events import Mail
from shared.contracts.provisioning_events import MailboxesRescheduled, ServiceStarted, WindowClosing
from shared.contracts.review_events import (
    ApplicationVoided,
    ClarificationReminded,
    ClarificationRequested,
    ReviewCompleted,
    WithdrawalAccepted,
    WithdrawalRefused,
)

ENDS: tuple[type[EventData], ...] = (ApplicationWithdrawn, WithdrawalAccepted, ApplicationVoided, ServiceStarted)
"""What ends an application; a reissue ends with its completion."""


@singledispatch
def content_of(data: EventData) -> MailContent | None:
    """The mail that follows from the event, None where none does."""
    return None


@content_of.register
def _(data: ApplicationReceived) -> MailContent:
    return MailContent(Mail.M1, _asked(data))


@content_of.register
def _(data: ApplicationCorrected) -> MailContent:
    return MailContent(Mail.M4, facts.CorrectionFacts(**_asked(data), revision=data.revision))


@content_of.register
def _(data: ReviewCompleted) -> MailContent:
    if data.kind is ApplicationKind.PASSWORD_REISSUE:
        return MailContent(Mail.M9, facts.WindowFacts(viewable_until=_iso(data.viewable_until)))
    completed = facts.CompletionFacts(
        confirmed_start_date=_iso(data.confirmed_start_date),
        start_date_changed=data.start_date_changed,
        start_date_note=data.start_date_note or "",
        viewable_until=_iso(data.viewable_until),
        system_setting_deadline=_iso(data.system_setting_deadline),
        issued=len(data.mailbox_ids_issued) > 0,
        abolished=len(data.mailbox_ids_abolished) > 0,
    )
    return MailContent(Mail.M2, completed)


@content_of.register
def _(data: ClarificationRequested) -> MailContent:
    asked = facts.ClarificationFacts(question=data.question, answer_by=_iso(data.answer_by))
    return MailContent(Mail.M3, asked)


@content_of.register
def _(data: ApplicationWithdrawn | WithdrawalAccepted) -> MailContent:
    return MailContent(Mail.M5, facts.NumberFacts())


@content_of.register
def _(data: ApplicationVoided) -> MailContent:
    return MailContent(Mail.M6, facts.VoidFacts(reason_code=data.reason_code, note=data.note or ""))


@content_of.register
def _(data: WindowClosing) -> MailContent | None:
    if data.ever_viewed:
        return None
    return MailContent(Mail.M8, facts.WindowFacts(viewable_until=_iso(data.viewable_until)))


@content_of.register
def _(data: ClarificationReminded) -> MailContent:
    return MailContent(Mail.M10, facts.ReminderFacts(answer_by=_iso(data.answer_by)))


@content_of.register
def _(data: ClarificationReturned) -> MailContent:
    return MailContent(Mail.M11, facts.NumberFacts())


@content_of.register
def _(data: WithdrawalRefused) -> MailContent:
    return MailContent(Mail.M12, facts.NumberFacts())


def reschedule_content(data: MailboxesRescheduled, reason: str) -> MailContent:
    """M7. The reason stands in the event of review that provisioning answers."""
    moved = facts.RescheduleFacts(
        old_start_date=data.old_start_date.isoformat(),
        new_start_date=data.new_start_date.isoformat(),
        note=reason,
        viewable_until=_iso(data.viewable_until),
        system_setting_deadline=_iso(data.system_setting_deadline),
    )
    return MailContent(Mail.M7, moved)


def ends_application(data: EventData) -> bool:
    """Whether nothing more will happen to the application, as far as its contacts are concerned."""
    reissued = isinstance(data, ReviewCompleted) and data.kind is ApplicationKind.PASSWORD_REISSUE
    return reissued or isinstance(data, ENDS)


def _asked(data: ApplicationReceived | ApplicationCorrected) -> facts.ContentFacts:
    change, reissue = data.mailbox_change, data.password_reissue
    return facts.ContentFacts(
        add_smtp_pop3=change.add_smtp_pop3 if change else 0,
        add_edifact=change.add_edifact if change else 0,
        abolish=list(change.abolish) if change else [],
        reissue=list(reissue.mailbox_ids) if reissue else [],
        requested_start_date=_iso(data.requested_start_date),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
