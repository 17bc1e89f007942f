"""When two people have to agree to an approval (off by default)."""

from dataclasses import dataclass

from services.review.domain.contract import Contract
from services.review.domain.review.record import Review, mailboxes_after, mailboxes_before
from shared.contracts.intake_events import ProcessingMode


@dataclass(frozen=True, slots=True)
class SecondApproverRule:
    """`above_mailboxes`: more additions than this need a second approver; None: no number does."""

    above_mailboxes: int | None = None
    for_last_mailbox: bool = False


NO_SECOND_APPROVER = SecondApproverRule()


def needs_second_approver(review: Review, contract: Contract | None, rule: SecondApproverRule) -> bool:
    """Whether one person alone may not approve this application."""
    change = review.mailbox_change
    if change is None:
        return False
    added = change.add_smtp_pop3 + change.add_edifact
    is_large = rule.above_mailboxes is not None and added > rule.above_mailboxes
    return is_large or (rule.for_last_mailbox and gives_up_last_mailbox(review, contract))


def gives_up_last_mailbox(review: Review, contract: Contract | None) -> bool:
    """Whether the last SMTP/POP3 mailbox goes while SMTP/POP3 users remain (E12)."""
    has_users = contract is not None and ProcessingMode.SMTP_POP3 in contract.processing_modes
    return has_users and mailboxes_before(review).smtp_pop3 > 0 and mailboxes_after(review).smtp_pop3 == 0
