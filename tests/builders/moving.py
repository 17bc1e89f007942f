"""What moves an application off the straight road: questions, withdrawals, void, other dates, reissue."""

from datetime import date
from typing import Any

from shared.contracts import provisioning_events as provisioning
from shared.contracts import review_events as review
from tests.builders.clock_and_ids import NEW_MAILBOX, NOW, OFFICE, OPENING_MAILBOX, RECEIPT, START_DATE, numbered_id
from tests.builders.valid_models import valid

QUESTION_ID = numbered_id(77)
MOVED_DATE = date(2018, 11, 15)


def clarification_requested(**fields: Any) -> review.ClarificationRequested:
    """The reviewer asks what the mailbox is for."""
    return valid(
        review.ClarificationRequested,
        fields,
        receipt_number=RECEIPT,
        revision=1,
        clarification_id=QUESTION_ID,
        question="追加するメールボックスの用途をお書きください。\n<b>必ず</b>ご記入ください。",
        reason_code="reason_unclear",
        requested_at=NOW,
        answer_by=date(2018, 11, 7),
    )


def clarification_cancel_requested(**fields: Any) -> review.ClarificationCancelRequested:
    """The reviewer would like that question back."""
    return valid(
        review.ClarificationCancelRequested,
        fields,
        receipt_number=RECEIPT,
        clarification_id=QUESTION_ID,
        requested_at=NOW,
    )


def clarification_reminded(**fields: Any) -> review.ClarificationReminded:
    """That question is still unanswered."""
    return valid(
        review.ClarificationReminded, fields, receipt_number=RECEIPT, clarification_id=QUESTION_ID, reminded_at=NOW
    )


def withdrawal_accepted(**fields: Any) -> review.WithdrawalAccepted:
    """Review lets the application go."""
    return valid(review.WithdrawalAccepted, fields, receipt_number=RECEIPT, decided_at=NOW)


def withdrawal_refused(**fields: Any) -> review.WithdrawalRefused:
    """The approval came first."""
    return valid(review.WithdrawalRefused, fields, receipt_number=RECEIPT, decided_at=NOW, reason_code="approved")


def application_voided(**fields: Any) -> review.ApplicationVoided:
    """Voided, because the system setting is missing."""
    return valid(
        review.ApplicationVoided,
        fields,
        receipt_number=RECEIPT,
        voided_at=NOW,
        reason_code="system_setting_missing",
        note="期日までに確認できませんでした。",
    )


def start_date_changed(**fields: Any) -> review.StartDateChanged:
    """Two weeks later."""
    return valid(
        review.StartDateChanged,
        fields,
        receipt_number=RECEIPT,
        old_start_date=START_DATE,
        new_start_date=MOVED_DATE,
        note="登録作業の都合によります。",
    )


def mailboxes_rescheduled(**fields: Any) -> provisioning.MailboxesRescheduled:
    """Provisioning has followed."""
    return valid(
        provisioning.MailboxesRescheduled,
        fields,
        receipt_number=RECEIPT,
        old_start_date=START_DATE,
        new_start_date=MOVED_DATE,
        viewable_until=date(2018, 11, 19),
    )


def mailboxes_voided(**fields: Any) -> provisioning.MailboxesVoided:
    """NAC00102 is retired unused."""
    return valid(
        provisioning.MailboxesVoided, fields, receipt_number=RECEIPT, mailbox_ids=[NEW_MAILBOX], was_active=False
    )


def passwords_reissued(**fields: Any) -> provisioning.PasswordsReissued:
    """NAC00101 has a new password."""
    return valid(
        provisioning.PasswordsReissued,
        fields,
        receipt_number=RECEIPT,
        office_code=OFFICE,
        mailbox_ids=[OPENING_MAILBOX],
        reissued_at=NOW,
        viewable_from=NOW,
        viewable_until=date(2018, 10, 26),
    )
