"""The mail that a decision leads to, as far as review knows it: which one, and what it says about the decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.review.domain.review import Moved, ProposedApproval, Review, as_stored, setting_deadline
from services.review.domain.schedule import Schedule
from shared.contracts.notifier_events import Mail
from shared.contracts.review_events import (
    ApplicationApproved,
    ApplicationVoided,
    ClarificationRequested,
    StartDateChanged,
)
from shared.kernel.business_days import DateNotCovered, viewing_window_end

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DecisionMail:
    """`facts` are what the text says beside names, number and address; dates are dates."""

    mail: Mail
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a mail says of an approval."""

    start: date | None
    note: str | None
    setting_deadline: date | None


def mail_of(review: Review, moved: Moved, schedule: Schedule | None, today: date) -> DecisionMail | None:
    """The mail that follows once the decision has been carried out; None where none does.

    `review` is the application before the decision. A proposal leads to the mail of its approval.
    """
    match moved.announces:
        case ApplicationApproved(confirmed_start_date=start, start_date_note=note):
            deadline = moved.review.terms.system_setting_deadline if moved.review.terms else None
            return _approval_mail(review, _Outcome(start, note, deadline), schedule, today)
        case ClarificationRequested(question=question, answer_by=answer_by):
            return DecisionMail(Mail.M3, {"question": question, "answer_by": answer_by})
        case ApplicationVoided(reason_code=reason, note=note):
            return DecisionMail(Mail.M6, {"reason_code": reason, "note": note or ""})
        case StartDateChanged():
            return _start_date_mail(review, moved.announces, schedule)
        case _:
            proposal = moved.review.proposal
            return mail_of_proposal(review, proposal, schedule, today) if proposal else None


def mail_of_proposal(
    review: Review, proposal: ProposedApproval, schedule: Schedule | None, today: date
) -> DecisionMail:
    """The mail that follows once a second person has agreed and the mailboxes are issued."""
    form, start = proposal.form, proposal.confirmed_start_date
    deadline = setting_deadline(schedule, start) if schedule and start and form.system_setting_required else None
    return _approval_mail(review, _Outcome(start, as_stored(form.note) or None, deadline), schedule, today)


def _approval_mail(review: Review, outcome: _Outcome, schedule: Schedule | None, today: date) -> DecisionMail:
    change = review.mailbox_change
    if change is None:
        return DecisionMail(Mail.M9, {"viewable_until": _window_end(schedule, today)})
    issues = change.add_smtp_pop3 + change.add_edifact > 0
    facts = {
        "confirmed_start_date": outcome.start,
        "start_date_changed": outcome.start != review.requested_start_date,
        "start_date_note": outcome.note or "",
        "viewable_until": _window_end(schedule, outcome.start) if issues else None,
        "system_setting_deadline": outcome.setting_deadline,
        "issued": issues,
        "abolished": len(change.abolish) > 0,
    }
    return DecisionMail(Mail.M2, facts)


def _start_date_mail(review: Review, changed: StartDateChanged, schedule: Schedule | None) -> DecisionMail:
    has_window = review.issued is not None and review.issued.viewable_until is not None
    facts = {
        "old_start_date": changed.old_start_date,
        "new_start_date": changed.new_start_date,
        "viewable_until": _window_end(schedule, changed.new_start_date) if has_window else None,
        "system_setting_deadline": changed.system_setting_deadline,
        "note": changed.note or "",
    }
    return DecisionMail(Mail.M7, facts)


def _window_end(schedule: Schedule | None, counted_from: date | None) -> date | None:
    """Until when passwords can be read if they are issued today; provisioning has the last word."""
    if schedule is None or counted_from is None:
        return None
    try:
        return viewing_window_end(schedule.calendar, counted_from)
    except DateNotCovered:
        return None
