"""Which events of the other services change what applicants see. No rule and no SQL here."""

from collections.abc import Sequence

from services.intake import workflows
from services.intake.workflows.dependencies import Dependencies
from shared.contracts import notifier_events as notifier
from shared.contracts import provisioning_events as provisioning
from shared.contracts import review_events as review
from shared.contracts.envelope import Event
from shared.runtime.database import Connection
from shared.runtime.event_router import EventRouter


def build_router(intake: Dependencies) -> EventRouter:
    """Intake's table of consumed events."""
    router = EventRouter("intake")
    clock, new_id = intake.clock, intake.new_id

    async def on_clarification_requested(
        db: Connection, events: Sequence[Event[review.ClarificationRequested]]
    ) -> None:
        await workflows.take_questions(db, events, clock.now(), new_id)

    async def on_clarification_cancel_requested(
        db: Connection, events: Sequence[Event[review.ClarificationCancelRequested]]
    ) -> None:
        await workflows.give_questions_back(db, events, clock.now(), new_id)

    async def on_office_closed(db: Connection, events: Sequence[Event[provisioning.OfficeClosed]]) -> None:
        await workflows.close_offices(db, events, clock.now(), new_id)

    router.on(review.ClarificationRequested, on_clarification_requested)
    router.on(review.ClarificationCancelRequested, on_clarification_cancel_requested)
    router.on(provisioning.OfficeClosed, on_office_closed)
    _follow_review(router)
    _follow_provisioning(router)
    _follow_notifier(router)
    return router


def _follow_review(router: EventRouter) -> None:
    router.on(review.SchedulePublished, workflows.keep_schedules)
    router.on(review.ReviewOpened, workflows.open_reviews)
    router.on(review.ClarificationReminded, workflows.remind_of_questions)
    router.on(review.WithdrawalAccepted, workflows.accept_withdrawals)
    router.on(review.WithdrawalRefused, workflows.refuse_withdrawals)
    router.on(review.IssueFailedNoted, workflows.note_issue_failures)
    router.on(review.ReviewCompleted, workflows.complete_applications)
    router.on(review.ApplicationVoided, workflows.void_applications)
    router.on(review.StartDateChanged, workflows.change_start_dates)
    router.on(review.SystemSettingRecorded, workflows.record_system_settings)


def _follow_provisioning(router: EventRouter) -> None:
    router.on(provisioning.MailboxesIssued, workflows.record_issued_mailboxes)
    router.on(provisioning.PasswordsReissued, workflows.record_reissued_passwords)
    router.on(provisioning.ServiceStarted, workflows.start_services)
    router.on(provisioning.MailboxesRescheduled, workflows.reschedule_mailboxes)
    router.on(provisioning.MailboxesVoided, workflows.void_mailboxes)
    router.on(provisioning.NoticeViewed, workflows.note_viewed_notices)
    router.on(provisioning.WindowClosing, workflows.note_closing_windows)
    router.on(provisioning.WindowClosed, workflows.close_windows)


def _follow_notifier(router: EventRouter) -> None:
    router.on(notifier.MailSent, workflows.follow_sent_mails)
    router.on(notifier.MailDeferred, workflows.follow_deferred_mails)
    router.on(notifier.MailFailed, workflows.follow_failed_mails)
