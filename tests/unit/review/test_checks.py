"""The checks beside an application: one table, one row per rule, each with its outcomes."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.review.domain.checks import (
    CHECKS,
    CheckFacts,
    CheckId,
    CheckOutcome,
    CheckReason,
    CheckResult,
    failed_checks,
    is_clean,
    run_checks,
)
from services.review.domain.ledger import LedgerMailbox
from services.review.labels import CHECK_REASON_TEXTS
from services.review.rendering.desk import check_reason
from shared.contracts.event_data import ApplicationKind, MailboxKind
from shared.contracts.people import MailboxChange, PasswordReissue
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from tests.builders import OFFICE, OPENING_MAILBOX, RECEIPT, a_mailbox
from tests.unit.review.builders import a_registration_schedule, a_review, an_office_contract

TODAY = date(2018, 10, 24)
_OK, _WARN, _FAIL = CheckOutcome.OK, CheckOutcome.WARN, CheckOutcome.FAIL


def a_box(mailbox_id: str = OPENING_MAILBOX, **fields: Any) -> LedgerMailbox:
    box = LedgerMailbox(MailboxId(mailbox_id), OFFICE, MailboxKind.SMTP_POP3, date(2017, 10, 8))
    return replace(box, **fields)


def some_facts(**fields: Any) -> CheckFacts:
    """One mailbox more for an office with one, from a registration day that can be reached."""
    application = fields.pop("application", {})
    facts = CheckFacts(
        review=a_review(**application),
        contract=an_office_contract(),
        schedule=a_registration_schedule(),
        today=TODAY,
        mailboxes=[a_box()],
    )
    return replace(facts, **fields)


def result_of(check: CheckId, facts: CheckFacts) -> tuple[CheckOutcome, CheckReason]:
    found = next(result for result in run_checks(facts) if result.check is check)
    return found.outcome, found.reason


def change(**fields: Any) -> dict[str, Any]:
    return {"mailbox_change": MailboxChange(**{"mailboxes_before": [a_mailbox()], **fields})}


REISSUE = {
    "kind": ApplicationKind.PASSWORD_REISSUE,
    "mailbox_change": None,
    "password_reissue": PasswordReissue(mailbox_ids=[OPENING_MAILBOX]),
    "requested_start_date": None,
}


def test_a_plain_application_passes_every_check() -> None:
    assert {result.outcome for result in run_checks(some_facts())} == {_OK}
    assert is_clean(run_checks(some_facts()))


def test_a_reissue_passes_and_most_checks_have_nothing_to_say() -> None:
    results = run_checks(some_facts(application=REISSUE))
    assert {result.outcome for result in results} == {_OK}
    assert sum(result.reason is CheckReason.NOT_CONCERNED for result in results) == 7


CASES: list[tuple[CheckId, dict[str, Any], CheckOutcome, CheckReason]] = [
    (CheckId.OFFICE_OPEN, {"contract": None}, _FAIL, CheckReason.CONTRACT_UNKNOWN),
    (
        CheckId.OFFICE_OPEN,
        {"contract": an_office_contract(closed_on=date(2018, 12, 1))},
        _FAIL,
        CheckReason.OFFICE_CLOSES,
    ),
    (
        CheckId.OFFICE_OPEN,
        {"contract": an_office_contract(contract_ends_on=date(2018, 10, 31))},
        _FAIL,
        CheckReason.CONTRACT_ENDS,
    ),
    (
        CheckId.OFFICE_OPEN,
        {"contract": an_office_contract(contract_ends_on=date(2018, 11, 1))},
        _OK,
        CheckReason.OFFICE_IS_OPEN,
    ),
    (CheckId.MODE_CONTRACTED, {"contract": an_office_contract(users=[])}, _FAIL, CheckReason.MODE_NOT_CONTRACTED),
    (
        CheckId.MODE_CONTRACTED,
        {"application": change(abolish=[OPENING_MAILBOX])},
        _OK,
        CheckReason.NOT_CONCERNED,
    ),
    (CheckId.SERIALS_LEFT, {"mailboxes": [a_box("NAC00199")]}, _FAIL, CheckReason.SERIALS_EXHAUSTED),
    (CheckId.SERIALS_LEFT, {"mailboxes": [a_box("NAC00198")]}, _WARN, CheckReason.SERIALS_RUN_OUT),
    (
        CheckId.SERIALS_LEFT,
        {"mailboxes": [a_box("NAC00198")], "pending_additions": 1},
        _FAIL,
        CheckReason.SERIALS_EXHAUSTED,
    ),
    (CheckId.SERIALS_LEFT, {"mailboxes": [a_box("NAC00188")]}, _OK, CheckReason.SERIALS_SUFFICE),
    (CheckId.SERIALS_LEFT, {"mailboxes": [a_box("NAC00199", is_voided=True)]}, _FAIL, CheckReason.SERIALS_EXHAUSTED),
    (
        CheckId.MAILBOXES_CURRENT,
        {
            "application": change(abolish=[OPENING_MAILBOX], add_smtp_pop3=1),
            "mailboxes": [a_box(abolished_on=date(2018, 10, 1))],
        },
        _FAIL,
        CheckReason.MAILBOXES_NOT_CURRENT,
    ),
    (
        CheckId.MAILBOXES_CURRENT,
        {
            "application": change(abolish=[OPENING_MAILBOX], add_smtp_pop3=1),
            "mailboxes": [a_box(abolished_on=date(2018, 11, 1), abolished_by=RECEIPT)],
        },
        _OK,
        CheckReason.MAILBOXES_ARE_CURRENT,
    ),
    (CheckId.MAILBOXES_CURRENT, {"application": REISSUE, "mailboxes": []}, _FAIL, CheckReason.MAILBOXES_NOT_CURRENT),
    (CheckId.LAST_MAILBOX, {"application": change(abolish=[OPENING_MAILBOX])}, _FAIL, CheckReason.LAST_MAILBOX_GOES),
    (
        CheckId.LAST_MAILBOX,
        {"application": change(abolish=[OPENING_MAILBOX], add_smtp_pop3=1)},
        _OK,
        CheckReason.MAILBOXES_REMAIN,
    ),
    (
        CheckId.LAST_MAILBOX,
        {"application": change(abolish=[OPENING_MAILBOX]), "contract": an_office_contract(users=[])},
        _OK,
        CheckReason.MAILBOXES_REMAIN,
    ),
    (CheckId.PENDING_TWIN, {"twins": [ReceiptNumber("180013A")]}, _FAIL, CheckReason.TWIN_OPEN),
    (CheckId.SCHEDULE_DAY, {"schedule": None}, _FAIL, CheckReason.SCHEDULE_MISSING),
    (
        CheckId.SCHEDULE_DAY,
        {"application": {"requested_start_date": date(2019, 1, 10)}},
        _FAIL,
        CheckReason.SCHEDULE_MISSING,
    ),
    (
        CheckId.SCHEDULE_DAY,
        {"application": {"requested_start_date": date(2018, 11, 2)}},
        _WARN,
        CheckReason.WISH_OFF_SCHEDULE,
    ),
    (
        CheckId.SCHEDULE_DAY,
        {"application": {"received_on": date(2018, 11, 1)}},
        _WARN,
        CheckReason.WISH_AFTER_DEADLINE,
    ),
    (CheckId.SCHEDULE_DAY, {"today": date(2018, 11, 1)}, _WARN, CheckReason.WISH_TOO_NEAR),
    (CheckId.SYSTEM_SETTING, {"application": change(add_edifact=1)}, _WARN, CheckReason.FIRST_OF_KIND),
    (
        CheckId.FEE_EFFECT,
        {"application": change(mailboxes_before=[], add_smtp_pop3=1)},
        _WARN,
        CheckReason.FEE_BEGINS,
    ),
    (CheckId.FEE_EFFECT, {"application": change(abolish=[OPENING_MAILBOX])}, _WARN, CheckReason.FEE_MAY_END),
    (
        CheckId.FEE_EFFECT,
        {"application": change(abolish=[OPENING_MAILBOX], add_edifact=1)},
        _OK,
        CheckReason.FEE_UNCHANGED,
    ),
    (CheckId.FEE_EFFECT, {}, _OK, CheckReason.FEE_CHANGES),
    (CheckId.CONTACT_REACHABLE, {"failed_mails": ["M1"]}, _FAIL, CheckReason.MAIL_FAILED),
    (CheckId.CONTACT_REACHABLE, {"deferred_mails": ["M1"]}, _WARN, CheckReason.MAIL_DEFERRED),
    (CheckId.CONTACT_REACHABLE, {"has_contact": False}, _FAIL, CheckReason.CONTACT_ERASED),
]


@pytest.mark.parametrize(("check", "fields", "outcome", "reason"), CASES)
def test_each_rule_has_its_outcome(
    check: CheckId, fields: dict[str, Any], outcome: CheckOutcome, reason: CheckReason
) -> None:
    facts = some_facts(**fields)
    assert result_of(check, facts) == (outcome, reason)
    assert (check in failed_checks(run_checks(facts))) == (outcome is _FAIL)


def test_every_check_is_in_the_table_once_and_is_tested() -> None:
    assert [row.check for row in CHECKS] == list(CheckId)
    assert {check for check, *_ in CASES} == set(CheckId)


def test_an_off_schedule_wish_alone_needs_no_person_and_anything_else_does() -> None:
    assert is_clean(run_checks(some_facts(application={"requested_start_date": date(2018, 11, 2)})))
    assert not is_clean(run_checks(some_facts(application=change(add_edifact=1))))
    assert not is_clean(run_checks(some_facts(twins=[ReceiptNumber("180013A")])))


@pytest.mark.parametrize("facts", [some_facts(**fields) for _, fields, *_ in CASES])
def test_every_finding_can_be_said_as_a_sentence(facts: CheckFacts) -> None:
    def said(result: CheckResult) -> str:
        return check_reason(result.reason, result.details)

    texts = [said(result) for result in run_checks(facts)]
    assert all(text.endswith("。") and "{" not in text for text in texts)


def test_every_reason_has_a_sentence() -> None:
    assert set(CHECK_REASON_TEXTS) == set(CheckReason)
