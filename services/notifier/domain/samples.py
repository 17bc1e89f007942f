"""Invented mails made of example events: for previews, test mails and golden files."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.notifier.domain.contents import content_of, reschedule_content
from services.notifier.domain.mails import Letterhead, PlannedMail, contacts_of, plan_mails
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived
from shared.contracts.notifier_events import Mail
from shared.contracts.provisioning_events import MailboxesRescheduled

EXAMPLES: Mapping[Mail, tuple[str, str]] = {
    Mail.M1: ("nss.application.received.v1", "one_mailbox"),
    Mail.M2: ("nss.review.completed.v1", "start_date_moved"),
    Mail.M3: ("nss.review.clarification-requested.v1", "with_answer_day"),
    Mail.M4: ("nss.application.corrected.v1", "counts_and_date_corrected"),
    Mail.M5: ("nss.review.withdrawal-accepted.v1", "under_review"),
    Mail.M6: ("nss.review.voided.v1", "system_setting_missing"),
    Mail.M7: ("nss.mailbox.rescheduled.v1", "to_a_later_day"),
    Mail.M8: ("nss.mailbox.window-closing.v1", "never_viewed"),
    Mail.M9: ("nss.review.completed.v1", "password_reissue"),
    Mail.M10: ("nss.review.clarification-reminded.v1", "after_ten_business_days"),
    Mail.M11: ("nss.application.clarification-returned.v1", "unanswered"),
    Mail.M12: ("nss.review.withdrawal-refused.v1", "after_approval"),
}
"""The golden example that shows each mail best: event type and case."""


def sample_mails(
    event: Event[Any], applied: ApplicationReceived, reason: str, letterhead: Letterhead, now: datetime
) -> list[PlannedMail]:
    """The mails that the event would lead to, as if `applied` were the application it is about.

    `reason` is that of a start date that moves.
    """
    data: EventData = event.data
    content = reschedule_content(data, reason) if isinstance(data, MailboxesRescheduled) else content_of(data)
    if isinstance(data, ApplicationReceived | ApplicationCorrected):
        contacts = contacts_of(data)
    else:
        contacts = contacts_of(applied.model_copy(update={"receipt_number": event.subject}))
    return plan_mails(event, content, contacts, letterhead, now)
