"""Checks about what is wished and what follows: the day, a system setting, fees, and who can be asked."""

from datetime import date

from services.review.domain.checks.codes import CheckOutcome, CheckReason, Finding, not_concerned
from services.review.domain.checks.facts import CheckFacts
from services.review.domain.review.record import mailboxes_after, mailboxes_before
from services.review.domain.schedule import Schedule
from shared.kernel.business_days import DateNotCovered

_OK, _WARN, _FAIL = CheckOutcome.OK, CheckOutcome.WARN, CheckOutcome.FAIL


def schedule_day(facts: CheckFacts) -> Finding:
    """E15, E20: the wish is a registration day that can still be reached; without a table nothing is approved."""
    wished, schedule = facts.review.requested_start_date, facts.schedule
    if wished is None:
        return not_concerned()
    details = {"day": wished.isoformat()}
    if schedule is None or not schedule.reaches_month_of(wished):
        return Finding(_FAIL, CheckReason.SCHEDULE_MISSING, details)
    row = schedule.row_of(wished)
    if row is None:
        return Finding(_WARN, CheckReason.WISH_OFF_SCHEDULE, details)
    if row.application_deadline < facts.review.received_on:
        return Finding(_WARN, CheckReason.WISH_AFTER_DEADLINE, {"day": row.application_deadline.isoformat()})
    if _is_too_near(wished, schedule, facts.today):
        return Finding(_WARN, CheckReason.WISH_TOO_NEAR, details)
    return Finding(_OK, CheckReason.WISH_IS_REGISTRATION_DAY, details)


def system_setting(facts: CheckFacts) -> Finding:
    """B38: the first mailbox of a kind usually comes with a system setting; the reviewer says whether it does."""
    before, after = mailboxes_before(facts.review), mailboxes_after(facts.review)
    counts = ((before.smtp_pop3, after.smtp_pop3), (before.edifact, after.edifact))
    if not facts.additions:
        return not_concerned()
    if any(was == 0 and becomes > 0 for was, becomes in counts):
        return Finding(_WARN, CheckReason.FIRST_OF_KIND)
    return Finding(_OK, CheckReason.SETTING_NOT_EXPECTED)


def fee_effect(facts: CheckFacts) -> Finding:
    """Fees hang on mailboxes, each one charging unit: says from how many to how many; domain rules, section 2."""
    before, after = mailboxes_before(facts.review), mailboxes_after(facts.review)
    was, becomes = before.smtp_pop3 + before.edifact, after.smtp_pop3 + after.edifact
    if facts.review.mailbox_change is None:
        return not_concerned()
    details = {"before": str(was), "after": str(becomes)}
    if was == 0 and becomes > 0:
        return Finding(_WARN, CheckReason.FEE_BEGINS, details)
    if was > 0 and becomes == 0:
        return Finding(_WARN, CheckReason.FEE_MAY_END, details)
    return Finding(_OK, CheckReason.FEE_UNCHANGED if was == becomes else CheckReason.FEE_CHANGES, details)


def contact_reachable(facts: CheckFacts) -> Finding:
    """E27: mails about this application have reached the people they were for."""
    if not facts.has_contact:
        return Finding(_FAIL, CheckReason.CONTACT_ERASED)
    if facts.failed_mails:
        return Finding(_FAIL, CheckReason.MAIL_FAILED, {"mails": " ".join(facts.failed_mails)})
    if facts.deferred_mails:
        return Finding(_WARN, CheckReason.MAIL_DEFERRED, {"mails": " ".join(facts.deferred_mails)})
    return Finding(_OK, CheckReason.CONTACT_ANSWERED_FOR)


def _is_too_near(wished: date, schedule: Schedule, today: date) -> bool:
    try:
        return wished < schedule.calendar.add_business_days(today, 1)
    except DateNotCovered:
        return True
