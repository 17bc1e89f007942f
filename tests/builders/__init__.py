"""Things for tests: a clock that stands still, ids in order, and event data that is valid by default.

Every builder takes the fields a test cares about as keywords; the rest is the same invented office and person.
"""

from tests.builders.answering import (
    an_issue_failure,
    mail_failed,
    mail_sent,
    mailboxes_issued,
    review_completed,
    review_opened,
    service_started,
    window_closing,
)
from tests.builders.asking import (
    TYPED,
    a_contact,
    a_contract,
    a_mailbox,
    a_registration_day,
    a_schedule,
    a_system_administrator,
    an_application_received,
    an_approval,
)
from tests.builders.clock_and_ids import (
    NEW_MAILBOX,
    NOW,
    OFFICE,
    OPENING_MAILBOX,
    RECEIPT,
    START_DATE,
    FixedClock,
    an_event,
    new_ids,
    numbered_id,
)

__all__ = [
    "NEW_MAILBOX",
    "NOW",
    "OFFICE",
    "OPENING_MAILBOX",
    "RECEIPT",
    "START_DATE",
    "TYPED",
    "FixedClock",
    "a_contact",
    "a_contract",
    "a_mailbox",
    "a_registration_day",
    "a_schedule",
    "a_system_administrator",
    "an_application_received",
    "an_approval",
    "an_event",
    "an_issue_failure",
    "mail_failed",
    "mail_sent",
    "mailboxes_issued",
    "new_ids",
    "numbered_id",
    "review_completed",
    "review_opened",
    "service_started",
    "window_closing",
]
