"""Warnings of the check page: none refuses anything, all travel with the application so that the reviewer sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.intake.domain.schedule import StartDateWarning, next_open_day, start_date_warning
from shared.contracts.event_data import MailboxKind, MailboxRef
from shared.contracts.intake_events import ContractPublished, ProcessingMode
from shared.contracts.review_events import SchedulePublished
from shared.kernel.identifiers import MailboxId


class FormWarningCode(StrEnum):
    """Stable codes, part of `nss.application.received.v1`."""

    OFF_SCHEDULE = "off_schedule"
    DEADLINE_PASSED = "deadline_passed"
    NO_SCHEDULE = "no_schedule"
    ADDED_NOT_TOTAL = "added_not_total"
    LAST_MAILBOX = "last_mailbox"


@dataclass(frozen=True, slots=True)
class FormWarning:
    """One warning; `next_date` is the next registration day that can still be met, where one is known."""

    code: FormWarningCode
    next_date: date | None = None


def warnings_for(
    start: FormWarning | None, contract: ContractPublished, before: Sequence[MailboxRef], wish: "MailboxWish"
) -> tuple[FormWarning, ...]:
    """Every warning of a form without errors, in the order of the page."""
    found = [start]
    if wish.may_mean_total(before):
        found.append(FormWarning(FormWarningCode.ADDED_NOT_TOTAL))
    if wish.leaves_none(before) and _has_smtp_pop3_user(contract):
        found.append(FormWarning(FormWarningCode.LAST_MAILBOX))
    return tuple(warning for warning in found if warning is not None)


def start_warning(schedule: SchedulePublished | None, wished: date, today: date) -> FormWarning | None:
    """The wished date's warning (B12, E15, E20, T7)."""
    reason = start_date_warning(schedule, wished, today)
    if reason is None:
        return None
    offered = next_open_day(schedule, wished, today) if reason is StartDateWarning.DEADLINE_PASSED else None
    return FormWarning(FormWarningCode(reason.value), offered)


@dataclass(frozen=True, slots=True)
class MailboxWish:
    """What is asked for: additions per kind and IDs to give up."""

    added: dict[MailboxKind, int]
    abolish: tuple[MailboxId, ...]

    def may_mean_total(self, before: Sequence[MailboxRef]) -> bool:
        """More are to be added of a kind than there are: the applicant may have typed the new total (B20)."""
        return any(0 < _count(before, kind) < added for kind, added in self.added.items())

    def leaves_none(self, before: Sequence[MailboxRef]) -> bool:
        """The last mailbox by SMTP/POP3 goes and none comes: the results of those users would have no home (E12)."""
        kind = MailboxKind.SMTP_POP3
        kept = [box for box in before if box.mailbox_id not in self.abolish]
        return _count(before, kind) > _count(kept, kind) + self.added.get(kind, 0) == 0


def _count(mailboxes: Sequence[MailboxRef], kind: MailboxKind) -> int:
    return sum(1 for box in mailboxes if box.kind is kind)


def _has_smtp_pop3_user(contract: ContractPublished) -> bool:
    return any(user.processing_mode is ProcessingMode.SMTP_POP3 for user in contract.users)
