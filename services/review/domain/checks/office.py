"""Checks about the office: open, contracted, with serials left, its mailboxes in use, no second application."""

from collections.abc import Sequence

from services.review.domain.checks.codes import CheckOutcome, CheckReason, Finding, not_concerned
from services.review.domain.checks.facts import CheckFacts
from services.review.domain.ledger import MailboxCondition, highest_serial
from services.review.domain.review.record import Review, mailboxes_after, mailboxes_before
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ProcessingMode

MOST_SERIALS = 99
FEW_SERIALS = 10
"""With fewer left than this the reviewer is told, before the office runs out (E1)."""

_OK, _WARN, _FAIL = CheckOutcome.OK, CheckOutcome.WARN, CheckOutcome.FAIL


def office_open(facts: CheckFacts) -> Finding:
    """E33: the office stays open past the wished date."""
    contract, wished = facts.contract, facts.review.requested_start_date or facts.today
    if contract is None:
        return Finding(_FAIL, CheckReason.CONTRACT_UNKNOWN)
    if contract.closed_on is not None:
        return Finding(_FAIL, CheckReason.OFFICE_CLOSES, {"day": contract.closed_on.isoformat()})
    if contract.contract_ends_on is not None and contract.contract_ends_on < wished:
        return Finding(_FAIL, CheckReason.CONTRACT_ENDS, {"day": contract.contract_ends_on.isoformat()})
    return Finding(_OK, CheckReason.OFFICE_IS_OPEN)


def mode_contracted(facts: CheckFacts) -> Finding:
    """E6: adding a kind needs an active user with that processing mode."""
    asked = _modes_asked_for(facts.review)
    if not asked:
        return not_concerned()
    contracted = facts.contract.processing_modes if facts.contract else frozenset()
    lacking = [mode for mode in asked if mode not in contracted]
    if lacking:
        return Finding(_FAIL, CheckReason.MODE_NOT_CONTRACTED, {"modes": " ".join(lacking)})
    return Finding(_OK, CheckReason.MODES_CONTRACTED, {"modes": " ".join(asked)})


def serials_left(facts: CheckFacts) -> Finding:
    """E1: ever issued + pending + asked for must not pass 99."""
    asked = facts.additions
    if not asked:
        return not_concerned()
    left = MOST_SERIALS - highest_serial(facts.mailboxes) - facts.pending_additions
    details = {"left": str(max(left, 0)), "asked": str(asked)}
    if asked > left:
        return Finding(_FAIL, CheckReason.SERIALS_EXHAUSTED, details)
    few = left - asked < FEW_SERIALS
    return Finding(_WARN if few else _OK, CheckReason.SERIALS_RUN_OUT if few else CheckReason.SERIALS_SUFFICE, details)


def mailboxes_current(facts: CheckFacts) -> Finding:
    """E11: what is to be abolished or reissued is still in use, as far as provisioning has told."""
    named = _named_mailboxes(facts.review)
    if not named:
        return not_concerned()
    usable = {MailboxCondition.ACTIVE, MailboxCondition.NOT_STARTED}
    own = facts.review.receipt_number
    current = {
        box.mailbox_id
        for box in facts.mailboxes
        if box.condition_on(facts.today) in usable or (box.abolished_by == own and not box.is_voided)
    }
    gone = [mailbox_id for mailbox_id in named if mailbox_id not in current]
    if gone:
        return Finding(_FAIL, CheckReason.MAILBOXES_NOT_CURRENT, {"mailbox_ids": " ".join(gone)})
    return Finding(_OK, CheckReason.MAILBOXES_ARE_CURRENT)


def last_mailbox(facts: CheckFacts) -> Finding:
    """E12: the last SMTP/POP3 mailbox goes while SMTP/POP3 users remain; their results would have no home."""
    change = facts.review.mailbox_change
    if change is None or not change.abolish:
        return not_concerned()
    has_users = facts.contract is not None and ProcessingMode.SMTP_POP3 in facts.contract.processing_modes
    before, after = mailboxes_before(facts.review).smtp_pop3, mailboxes_after(facts.review).smtp_pop3
    if has_users and before > 0 and after == 0:
        return Finding(_FAIL, CheckReason.LAST_MAILBOX_GOES)
    return Finding(_OK, CheckReason.MAILBOXES_REMAIN)


def pending_twin(facts: CheckFacts) -> Finding:
    """E7: one mailbox change per office between receipt and approval."""
    if facts.review.kind is not ApplicationKind.MAILBOX_CHANGE:
        return not_concerned()
    if facts.twins:
        return Finding(_FAIL, CheckReason.TWIN_OPEN, {"receipt_numbers": " ".join(facts.twins)})
    return Finding(_OK, CheckReason.NO_TWIN)


def _modes_asked_for(review: Review) -> list[ProcessingMode]:
    change = review.mailbox_change
    if change is None:
        return []
    asked = ((change.add_smtp_pop3, ProcessingMode.SMTP_POP3), (change.add_edifact, ProcessingMode.EDIFACT))
    return [mode for count, mode in asked if count]


def _named_mailboxes(review: Review) -> Sequence[str]:
    change, reissue = review.mailbox_change, review.password_reissue
    return [*(change.abolish if change else ()), *(reissue.mailbox_ids if reissue else ())]
