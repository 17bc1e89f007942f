"""The event registry: every event type of the catalogue and the model that reads and writes it."""

from collections.abc import Mapping

from shared.contracts import intake_events as intake
from shared.contracts import notifier_events as notifier
from shared.contracts import operation_events as operation
from shared.contracts import provisioning_events as provisioning
from shared.contracts import review_events as review
from shared.contracts.event_data import EventData
from shared.contracts.topics import SERVICES, Principal

PRODUCED_BY: Mapping[Principal, tuple[type[EventData], ...]] = {
    "intake": (
        intake.ContractPublished,
        intake.ApplicationReceived,
        intake.ApplicationCorrected,
        intake.ClarificationReturned,
        intake.WithdrawalRequested,
        intake.ApplicationWithdrawn,
    ),
    "review": (
        review.SchedulePublished,
        review.ReviewOpened,
        review.ClarificationRequested,
        review.ClarificationCancelRequested,
        review.ClarificationReminded,
        review.WithdrawalAccepted,
        review.WithdrawalRefused,
        review.ApplicationApproved,
        review.IssueFailedNoted,
        review.ReviewCompleted,
        review.ApplicationVoided,
        review.StartDateChanged,
        review.SystemSettingRecorded,
    ),
    "provisioning": (
        provisioning.MailboxesIssued,
        provisioning.PasswordsReissued,
        provisioning.MailboxIssueFailed,
        provisioning.ServiceStarted,
        provisioning.OfficeClosed,
        provisioning.MailboxesVoided,
        provisioning.MailboxesRescheduled,
        provisioning.NoticeViewed,
        provisioning.WindowClosing,
        provisioning.WindowClosed,
    ),
    "notifier": (notifier.MailSent, notifier.MailDeferred, notifier.MailFailed),
    "operator": (operation.PayloadRevealed, operation.RedriveRequested),
}
"""Each model once, under its producer; the letter events below are published by every service."""

LETTER_EVENTS: tuple[type[EventData], ...] = (operation.LetterReplayed, operation.LetterDiscarded)

EVENT_MODELS: Mapping[str, type[EventData]] = {
    model.ce_type: model for models in (*PRODUCED_BY.values(), LETTER_EVENTS) for model in models
}

KNOWN_MAJOR = 1


def producers_of(model: type[EventData]) -> tuple[Principal, ...]:
    """Who publishes events of the model."""
    if model in LETTER_EVENTS:
        return SERVICES
    return tuple(producer for producer, models in PRODUCED_BY.items() if model in models)
