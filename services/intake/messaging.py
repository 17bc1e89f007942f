"""Which events of the other services change what applicants see. No rule and no SQL here."""

from services.intake import workflows
from shared.contracts.notifier_events import MailDeferred, MailFailed, MailSent
from shared.contracts.provisioning_events import MailboxesIssued, ServiceStarted
from shared.contracts.review_events import IssueFailedNoted, ReviewCompleted, ReviewOpened, SchedulePublished
from shared.runtime.event_router import EventRouter


def build_router() -> EventRouter:
    """Intake's table of consumed events."""
    router = EventRouter("intake")
    router.on(SchedulePublished, workflows.keep_schedules)
    router.on(ReviewOpened, workflows.open_reviews)
    router.on(IssueFailedNoted, workflows.note_issue_failures)
    router.on(ReviewCompleted, workflows.complete_applications)
    router.on(MailboxesIssued, workflows.record_issued_mailboxes)
    router.on(ServiceStarted, workflows.start_services)
    router.on(MailSent, workflows.follow_sent_mails)
    router.on(MailDeferred, workflows.follow_deferred_mails)
    router.on(MailFailed, workflows.follow_failed_mails)
    return router
