"""What happens after an approval: issue, completion, start, mails."""

from datetime import date
from typing import Any

from shared.contracts import notifier_events as notifier
from shared.contracts import provisioning_events as provisioning
from shared.contracts import review_events as review
from shared.contracts.event_data import ApplicationKind, MailboxKind
from tests.builders.asking import a_mailbox
from tests.builders.clock_and_ids import NEW_MAILBOX, NOW, OFFICE, RECEIPT, START_DATE
from tests.builders.valid_models import valid


def mailboxes_issued(**fields: Any) -> provisioning.MailboxesIssued:
    """NAC00102 was issued; its password can be read until 5 November 2018."""
    return valid(
        provisioning.MailboxesIssued,
        fields,
        receipt_number=RECEIPT,
        revision=1,
        office_code=OFFICE,
        issued_at=NOW,
        mailboxes=[
            provisioning.IssuedMailbox(mailbox_id=NEW_MAILBOX, kind=MailboxKind.SMTP_POP3, active_from=START_DATE)
        ],
        viewable_from=NOW,
        viewable_until=date(2018, 11, 5),
    )


def an_issue_failure(**fields: Any) -> provisioning.MailboxIssueFailed:
    """Nothing was issued: the office has used all its serials."""
    return valid(
        provisioning.MailboxIssueFailed,
        fields,
        receipt_number=RECEIPT,
        revision=1,
        office_code=OFFICE,
        reason_code=provisioning.IssueFailure.IDS_EXHAUSTED,
        remaining=0,
    )


def review_opened(**fields: Any) -> review.ReviewOpened:
    """Review has begun."""
    return valid(review.ReviewOpened, fields, receipt_number=RECEIPT, revision=1, opened_at=NOW)


def review_completed(**fields: Any) -> review.ReviewCompleted:
    """審査終了 with NAC00102 issued."""
    return valid(
        review.ReviewCompleted,
        fields,
        receipt_number=RECEIPT,
        revision=1,
        kind=ApplicationKind.MAILBOX_CHANGE,
        office_code=OFFICE,
        completed_at=NOW,
        completed_on=date(2018, 10, 24),
        requested_start_date=START_DATE,
        confirmed_start_date=START_DATE,
        mailbox_ids_issued=[NEW_MAILBOX],
        viewable_from=NOW,
        viewable_until=date(2018, 11, 5),
        mailboxes_after=review.MailboxCounts(smtp_pop3=2, edifact=0),
    )


def service_started(**fields: Any) -> provisioning.ServiceStarted:
    """NAC00102 is in use."""
    return valid(
        provisioning.ServiceStarted,
        fields,
        receipt_number=RECEIPT,
        office_code=OFFICE,
        started_on=START_DATE,
        activated=[a_mailbox(NEW_MAILBOX)],
    )


def window_closing(**fields: Any) -> provisioning.WindowClosing:
    """One business day is left, and nobody has looked."""
    return valid(
        provisioning.WindowClosing,
        fields,
        receipt_number=RECEIPT,
        viewable_until=date(2018, 11, 5),
        ever_viewed=False,
    )


def mail_sent(**fields: Any) -> notifier.MailSent:
    """M1 has gone to the contact."""
    return valid(
        notifier.MailSent,
        fields,
        receipt_number=RECEIPT,
        mail=notifier.Mail.M1,
        role=notifier.RecipientRole.CONTACT,
        template_version=1,
        message_id="<1@nss.example>",
        attempts=1,
        sent_at=NOW,
    )


def mail_failed(**fields: Any) -> notifier.MailFailed:
    """M1 to the contact was given up."""
    return valid(
        notifier.MailFailed,
        fields,
        receipt_number=RECEIPT,
        mail=notifier.Mail.M1,
        role=notifier.RecipientRole.CONTACT,
        failure_class=notifier.MailFailure.REFUSED,
        reply_code=550,
        failed_at=NOW,
    )
