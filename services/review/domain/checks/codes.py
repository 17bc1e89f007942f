"""What a check says: its id, its outcome, its reason; without any rule, so that everybody may name them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class CheckId(StrEnum):
    """The checks; stable codes of page and API, and what an acknowledgement names."""

    OFFICE_OPEN = "office_open"
    MODE_CONTRACTED = "mode_contracted"
    SERIALS_LEFT = "serials_left"
    MAILBOXES_CURRENT = "mailboxes_current"
    LAST_MAILBOX = "last_mailbox"
    PENDING_TWIN = "pending_twin"
    SCHEDULE_DAY = "schedule_day"
    SYSTEM_SETTING = "system_setting"
    FEE_EFFECT = "fee_effect"
    CONTACT_REACHABLE = "contact_reachable"


class CheckOutcome(StrEnum):
    """OK needs nothing; WARN is worth knowing; FAIL is acknowledged one by one, by a person."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class CheckReason(StrEnum):
    """Why a check came out as it did; the console has a sentence for each, with the finding's details in it."""

    NOT_CONCERNED = "not_concerned"
    OFFICE_IS_OPEN = "office_is_open"
    OFFICE_CLOSES = "office_closes"
    CONTRACT_ENDS = "contract_ends"
    CONTRACT_UNKNOWN = "contract_unknown"
    MODES_CONTRACTED = "modes_contracted"
    MODE_NOT_CONTRACTED = "mode_not_contracted"
    SERIALS_SUFFICE = "serials_suffice"
    SERIALS_RUN_OUT = "serials_run_out"
    SERIALS_EXHAUSTED = "serials_exhausted"
    MAILBOXES_ARE_CURRENT = "mailboxes_are_current"
    MAILBOXES_NOT_CURRENT = "mailboxes_not_current"
    MAILBOXES_REMAIN = "mailboxes_remain"
    LAST_MAILBOX_GOES = "last_mailbox_goes"
    NO_TWIN = "no_twin"
    TWIN_OPEN = "twin_open"
    WISH_IS_REGISTRATION_DAY = "wish_is_registration_day"
    WISH_OFF_SCHEDULE = "wish_off_schedule"
    WISH_AFTER_DEADLINE = "wish_after_deadline"
    WISH_TOO_NEAR = "wish_too_near"
    SCHEDULE_MISSING = "schedule_missing"
    SETTING_NOT_EXPECTED = "setting_not_expected"
    FIRST_OF_KIND = "first_of_kind"
    FEE_UNCHANGED = "fee_unchanged"
    FEE_CHANGES = "fee_changes"
    FEE_BEGINS = "fee_begins"
    FEE_MAY_END = "fee_may_end"
    CONTACT_ANSWERED_FOR = "contact_answered_for"
    MAIL_FAILED = "mail_failed"
    MAIL_DEFERRED = "mail_deferred"
    CONTACT_ERASED = "contact_erased"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `details` fill the blanks of the reason's sentence (counts, IDs, ISO dates)."""

    outcome: CheckOutcome
    reason: CheckReason
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line beside the application: which check, what it found, and the rule it comes from."""

    check: CheckId
    rule: str
    outcome: CheckOutcome
    reason: CheckReason
    details: Mapping[str, str]


def failed_checks(results: Sequence[CheckResult]) -> frozenset[CheckId]:
    """The checks that have to be acknowledged one by one."""
    return frozenset(result.check for result in results if result.outcome is CheckOutcome.FAIL)


def is_clean(results: Sequence[CheckResult]) -> bool:
    """Whether nothing calls for a person. An off-schedule wish does not: the earliest schedule day answers it (E15)."""
    return all(
        result.outcome is CheckOutcome.OK or (result.check, result.outcome) == _ANSWERED_BY_RULE for result in results
    )


_ANSWERED_BY_RULE = (CheckId.SCHEDULE_DAY, CheckOutcome.WARN)


def not_concerned() -> Finding:
    """The check has nothing to say about this application."""
    return Finding(CheckOutcome.OK, CheckReason.NOT_CONCERNED)
